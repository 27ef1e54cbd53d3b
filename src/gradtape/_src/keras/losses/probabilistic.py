"""Losses of predicted distributions: cross entropies, focal ones, divergences."""

from __future__ import annotations

import warnings
from typing import Any

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import int64
from gradtape._src.keras import entropies, settings
from gradtape._src.keras.inputs import set_mask
from gradtape._src.keras.losses.base import KIND, LossFunctionWrapper, _as_tensors, loss_function, mean, prepared, total
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.nn.cross_entropies import softmax
from gradtape._src.ops import elementwise
from gradtape._src.ops.masking import one_hot, where
from gradtape._src.ops.shapes import expand_dims, squeeze

# The computations themselves: their arguments here are tensors.
_categorical = entropies.categorical_crossentropy.__wrapped__
_sparse = entropies.sparse_categorical_crossentropy.__wrapped__
_binary = entropies.binary_crossentropy.__wrapped__


def _smoothed(y_true: Tensor, label_smoothing: float, each: float) -> Tensor:
    """Labels mixed with others of the same weight `each`."""
    return y_true * (1.0 - label_smoothing) + label_smoothing * each if label_smoothing else y_true


def _one_of_several(y_true: Any, y_pred: Any, label_smoothing: float, axis: Any, name: str) -> tuple[Tensor, Tensor]:
    if isinstance(axis, bool):
        raise ValueError(f"`axis` must be of type `int`. Received: axis={axis} of type {type(axis)}")
    y_true, y_pred = prepared(y_true, y_pred, match=False)
    if y_pred.shape[-1] == 1:
        warnings.warn(
            f"In loss {name}, expected y_pred.shape to be (batch_size, num_classes) with num_classes > 1. Received: "
            f"y_pred.shape={y_pred.shape}. Consider using 'binary_crossentropy' if you only have 2 classes.",
            SyntaxWarning,
            stacklevel=4,
        )
    return _smoothed(y_true, label_smoothing, 1.0 / max(y_true.shape[-1], 1)), y_pred


@loss_function("kld", "KLD")
def kl_divergence(y_true: Any, y_pred: Any) -> Tensor:
    """The sum over the last axis of y_true * log(y_true / y_pred), values being clipped to [`epsilon`, 1].

    Kullback and Leibler, On Information and Sufficiency (1951).

    Args:
      y_true: true distributions.
      y_pred: predicted ones, of the same shape.

    Returns:
      A tensor without the last axis.

    Raises:
      InvalidArgumentError: the shapes do not broadcast or have no axes.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.losses.kl_divergence([[0.5, 0.5]], [[0.25, 0.75]]).numpy().round(4)
      array([0.1438], dtype=float32)
    """
    y_true, y_pred = (
        elementwise.clip_by_value(values, settings.epsilon(), 1.0) for values in prepared(y_true, y_pred, match=False)
    )
    return total(y_true * elementwise.log(y_true / y_pred))


@loss_function()
def poisson(y_true: Any, y_pred: Any) -> Tensor:
    """The mean over the last axis of y_pred - y_true * log(y_pred).

    Args:
      y_true: true counts.
      y_pred: predicted rates, of the same shape.

    Returns:
      A tensor without the last axis.

    Raises:
      InvalidArgumentError: the shapes do not broadcast or have no axes.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.losses.poisson([[2.0, 0.0]], [[1.0, 3.0]]).numpy().round(4)
      array([2.], dtype=float32)
    """
    y_true, y_pred = prepared(y_true, y_pred, match=False)
    return mean(y_pred - y_true * elementwise.log(y_pred + settings.epsilon()))


@loss_function("bce", "BCE")
def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: Any = -1
) -> Tensor:
    """The mean over an axis of the cross entropy of true and predicted probabilities of a yes.

    Args:
      y_true: true probabilities.
      y_pred: predicted ones, or their logits.
      from_logits: whether predictions are logits.
      label_smoothing: how far true values are moved towards 0.5.
      axis: the axis.

    Returns:
      A tensor without the axis.

    Raises:
      ValueError: the shapes differ.

    Example:
      >>> tf.keras.losses.binary_crossentropy([[1.0, 0.0]], [[0.75, 0.75]]).numpy().round(4)
      array([0.837], dtype=float32)
    """
    y_true, y_pred = prepared(y_true, y_pred, match=False)
    return mean(_binary(_smoothed(y_true, label_smoothing, 0.5), y_pred, from_logits), axis)


@loss_function()
def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: Any = -1,
) -> Tensor:
    """Binary cross entropy times (1 - the probability of the true value)**gamma, to reduce the weight of easy cases.

    Lin, Goyal, Girshick, He and Dollár, Focal Loss for Dense Object Detection (2017).

    Args:
      y_true: true probabilities.
      y_pred: predicted ones, or their logits.
      apply_class_balancing: whether examples of a yes are weighted by alpha, others by 1 - alpha.
      alpha: that weight.
      gamma: the exponent.
      from_logits: whether predictions are logits.
      label_smoothing: how far true values are moved towards 0.5.
      axis: the axis over which the mean is taken.

    Returns:
      A tensor without the axis.

    Raises:
      ValueError: the shapes differ.

    Example:
      >>> tf.keras.losses.binary_focal_crossentropy([[1.0, 0.0]], [[0.75, 0.75]]).numpy().round(4)
      array([0.3989], dtype=float32)
    """
    y_true, y_pred = prepared(y_true, y_pred, match=False)
    y_true = _smoothed(y_true, label_smoothing, 0.5)
    if from_logits:
        y_pred = elementwise.sigmoid(y_pred)
    right = y_true * y_pred + (1 - y_true) * (1 - y_pred)
    loss = elementwise.pow(1.0 - right, gamma) * _binary(y_true, y_pred)
    if apply_class_balancing:
        loss = (y_true * alpha + (1 - y_true) * (1 - alpha)) * loss
    return mean(loss, axis)


@loss_function()
def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """Cross entropy of true and predicted distributions over classes.

    Args:
      y_true: true distributions, or one-hot rows.
      y_pred: predicted distributions, which are scaled to sum to 1; or their logits.
      from_logits: whether predictions are logits.
      label_smoothing: the fraction of the true distributions that is spread evenly over all classes.
      axis: the axis of classes.

    Returns:
      A tensor without the axis.

    Raises:
      ValueError: the shapes differ.

    Example:
      >>> tf.keras.losses.categorical_crossentropy([[0.0, 1.0]], [[0.25, 0.75]]).numpy().round(4)
      array([0.2877], dtype=float32)
    """
    y_true, y_pred = _one_of_several(y_true, y_pred, label_smoothing, axis, "categorical_crossentropy")
    return _categorical(y_true, y_pred, from_logits, axis)


@loss_function()
def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """alpha times the cross entropy of distributions over classes, each class times (1 - its probability)**gamma.

    Lin, Goyal, Girshick, He and Dollár, Focal Loss for Dense Object Detection (2017).

    Args:
      y_true: true distributions, or one-hot rows.
      y_pred: predicted distributions, which are scaled to sum to 1; or their logits.
      alpha: the weight, or one for each class.
      gamma: the exponent.
      from_logits: whether predictions are logits.
      label_smoothing: the fraction of the true distributions that is spread evenly over all classes.
      axis: the axis of classes.

    Returns:
      A tensor without the axis.

    Raises:
      ValueError: the axis is a bool.

    Example:
      >>> tf.keras.losses.categorical_focal_crossentropy([[0.0, 1.0]], [[0.25, 0.75]]).numpy().round(4)
      array([0.0045], dtype=float32)
    """
    y_true, y_pred = _one_of_several(y_true, y_pred, label_smoothing, axis, "categorical_focal_crossentropy")
    if from_logits:
        y_pred = softmax(y_pred, axis)
    epsilon = settings.epsilon()
    whole = expand_dims(total(y_pred, axis), axis)
    p = elementwise.clip_by_value(y_pred / whole, epsilon, 1.0 - epsilon)
    return total(elementwise.pow(1.0 - p, gamma) * alpha * (-y_true * elementwise.log(p)), axis)


@loss_function()
def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Tensor:
    """Cross entropy of true classes and predicted distributions over classes.

    Args:
      y_true: the indices of the true classes.
      y_pred: predicted distributions, which are scaled to sum to 1; or their logits.
      from_logits: whether predictions are logits.
      ignore_class: a class to ignore.
      axis: the axis of classes, which must be the last.

    Returns:
      A tensor of the true classes' shape.

    Raises:
      ValueError: the shapes do not fit, or the axis is not the last.

    Example:
      >>> tf.keras.losses.sparse_categorical_crossentropy([1], [[0.25, 0.75]]).numpy().round(4)
      array([0.2877], dtype=float32)
    """
    y_true, y_pred = tensor_of(y_true), tensor_of(y_pred)
    if ignore_class is None:
        return _sparse(y_true, y_pred, from_logits, axis)
    if y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1:
        y_true = squeeze(y_true, axis)
    valid = elementwise.not_equal(y_true, ignore_class)
    y_true = where(valid, y_true, 0)
    y_pred = where(expand_dims(valid, axis), y_pred, 0.0)
    loss = where(valid, _sparse(y_true, y_pred, from_logits, axis), 0.0)
    set_mask(loss, valid)
    return loss


@loss_function()
def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Tensor:
    """(1 - p**q) / q of the probability p given to the true class: less moved by wrong labels than cross entropy.

    Zhang and Sabuncu, Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels (2018).

    Args:
      y_true: the indices of the true classes.
      y_pred: predicted distributions.
      q: a number of (0, 1): near 0 it is cross entropy, near 1 the absolute error.

    Returns:
      A tensor of the true classes' shape.

    Raises:
      InvalidArgumentError: there is not one class per row of predictions.
      ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.losses.categorical_generalized_cross_entropy([1], [[0.36, 0.64]], 0.5).numpy().round(4)
      array([0.4], dtype=float32)
    """
    y_pred = tensor_of(y_pred)
    right = one_hot(tensor_of(y_true, int64), y_pred.shape[-1], dtype=y_pred.dtype)
    return (1 - elementwise.pow(total(y_pred * right), q)) / q


@KIND.enter()
class KLDivergence(LossFunctionWrapper):
    """The sum of y_true * log(y_true / y_pred), values being clipped to [`epsilon`, 1].

    Kullback and Leibler, On Information and Sufficiency (1951).

    Args:
      {common}

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.losses.KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]).numpy().round(4)
      np.float32(0.1438)
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "kl_divergence", dtype: Any = None
    ) -> None:
        super().__init__(kl_divergence, reduction, name, dtype)


@KIND.enter()
class Poisson(LossFunctionWrapper):
    """The mean of y_pred - y_true * log(y_pred).

    Args:
      {common}

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.losses.Poisson()([[2.0, 0.0]], [[1.0, 3.0]]).numpy().round(4)
      np.float32(2.0)
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "poisson", dtype: Any = None
    ) -> None:
        super().__init__(poisson, reduction, name, dtype)


@KIND.enter()
class BinaryCrossentropy(LossFunctionWrapper):
    """Cross entropy of true and predicted probabilities of a yes.

    Args:
      from_logits: whether predictions are logits.
      label_smoothing: how far true values are moved towards 0.5.
      axis: the axis over which the mean of an example is taken.
      {common}

    Raises:
      ValueError: unknown reduction; (when called) the shapes differ.

    Example:
      >>> tf.keras.losses.BinaryCrossentropy()([[1.0, 0.0]], [[0.75, 0.75]]).numpy().round(4)
      np.float32(0.837)
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            *(binary_crossentropy, reduction, name, dtype),
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


@KIND.enter()
class BinaryFocalCrossentropy(LossFunctionWrapper):
    """Binary cross entropy times (1 - the probability of the true value)**gamma, to reduce the weight of easy cases.

    Lin, Goyal, Girshick, He and Dollár, Focal Loss for Dense Object Detection (2017).

    Args:
      apply_class_balancing: whether examples of a yes are weighted by alpha, others by 1 - alpha.
      alpha: that weight.
      gamma: the exponent.
      from_logits: whether predictions are logits.
      label_smoothing: how far true values are moved towards 0.5.
      axis: the axis over which the mean of an example is taken.
      {common}

    Raises:
      ValueError: unknown reduction; (when called) the shapes differ.

    Example:
      >>> tf.keras.losses.BinaryFocalCrossentropy()([[1.0, 0.0]], [[0.75, 0.75]]).numpy().round(4)
      np.float32(0.3989)
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            *(binary_focal_crossentropy, reduction, name, dtype),
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
        )


@KIND.enter()
class CategoricalCrossentropy(LossFunctionWrapper):
    """Cross entropy of true and predicted distributions over classes.

    Args:
      from_logits: whether predictions are logits.
      label_smoothing: the fraction of the true distributions that is spread evenly over all classes.
      axis: the axis of classes.
      {common}

    Raises:
      ValueError: unknown reduction; (when called) the shapes differ.

    Example:
      >>> tf.keras.losses.CategoricalCrossentropy()([[0.0, 1.0]], [[0.25, 0.75]]).numpy().round(4)
      np.float32(0.2877)
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            *(categorical_crossentropy, reduction, name, dtype),
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


@KIND.enter()
class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """alpha times the cross entropy of distributions over classes, each class times (1 - its probability)**gamma.

    Lin, Goyal, Girshick, He and Dollár, Focal Loss for Dense Object Detection (2017).

    Args:
      alpha: the weight, or one for each class.
      gamma: the exponent.
      from_logits: whether predictions are logits.
      label_smoothing: the fraction of the true distributions that is spread evenly over all classes.
      axis: the axis of classes.
      {common}

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.losses.CategoricalFocalCrossentropy()([[0.0, 1.0]], [[0.25, 0.75]]).numpy().round(4)
      np.float32(0.0045)
    """

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            *(categorical_focal_crossentropy, reduction, name, dtype),
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
            alpha=alpha,
            gamma=gamma,
        )


@KIND.enter()
class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """Cross entropy of true classes and predicted distributions over classes.

    Args:
      from_logits: whether predictions are logits.
      ignore_class: a class to ignore.
      {common}
      axis: the axis of classes, which must be the last.

    Raises:
      ValueError: unknown reduction; (when called) the shapes do not fit.

    Example:
      >>> tf.keras.losses.SparseCategoricalCrossentropy()([1], [[0.25, 0.75]]).numpy().round(4)
      np.float32(0.2877)
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            *(sparse_categorical_crossentropy, reduction, name, dtype),
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )

    def _targets(self, y_true: Any, dtype: Any) -> Any:
        # Numbers of classes are not made floating on their way to integers.
        return y_true if type(y_true) is Tensor else _as_tensors(y_true, None)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        # The function itself sees to labels that have an axis too many.
        return self._computed(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["axis"]
        return config


@KIND.enter()
class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """(1 - p**q) / q of the probability p given to the true class: less moved by wrong labels than cross entropy.

    Zhang and Sabuncu, Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels (2018).

    Args:
      q: a number of (0, 1): near 0 it is cross entropy, near 1 the absolute error.
      {common}

    Raises:
      ValueError: q is outside (0, 1), or unknown reduction.

    Example:
      >>> tf.keras.losses.CategoricalGeneralizedCrossEntropy()([1], [[0.36, 0.64]]).numpy().round(4)
      np.float32(0.4)
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ) -> None:
        if not 0 < q < 1:
            raise ValueError("q must be in the interval (0, 1)")
        super().__init__(categorical_generalized_cross_entropy, reduction, name, dtype, q=q)
