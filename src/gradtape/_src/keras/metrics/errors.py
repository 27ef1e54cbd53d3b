"""Errors of predicted numbers and divergences of predicted distributions, as means over all examples."""

from __future__ import annotations

from typing import Any

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.losses import hinges, probabilistic, regression
from gradtape._src.keras.losses.base import same_rank
from gradtape._src.keras.metrics.base import metric
from gradtape._src.keras.metrics.reductions import Mean, MeanMetricWrapper
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.ops import elementwise


def cosine_similarity(y_true: Any, y_pred: Any, axis: Any = -1) -> Tensor:
    """The cosine of the angle between true and predicted vectors; 0 if one of them is 0."""
    return -regression.cosine_similarity.__wrapped__(y_true, y_pred, axis)


@metric("mse", "MSE")
class MeanSquaredError(MeanMetricWrapper):
    """The mean of (y_true - y_pred)**2.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.MeanSquaredError()
      >>> metric.update_state([[0.0, 1.0]], [[1.0, 3.0]])
      >>> metric.result().numpy().round(4)
      np.float32(2.5)
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(regression.mean_squared_error, name, dtype)


@metric("mae", "MAE")
class MeanAbsoluteError(MeanMetricWrapper):
    """The mean of |y_true - y_pred|.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.MeanAbsoluteError()
      >>> metric.update_state([[0.0, 1.0]], [[1.0, 3.0]])
      >>> metric.result().numpy().round(4)
      np.float32(1.5)
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(regression.mean_absolute_error, name, dtype)


@metric("mape", "MAPE")
class MeanAbsolutePercentageError(MeanMetricWrapper):
    """100 times the mean of |(y_true - y_pred) / y_true|, where true values count as `epsilon` at least.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.MeanAbsolutePercentageError()
      >>> metric.update_state([[2.0, 4.0]], [[1.0, 3.0]])
      >>> metric.result().numpy().round(4)
      np.float32(37.5)
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_absolute_percentage_error", dtype: Any = None) -> None:
        super().__init__(regression.mean_absolute_percentage_error, name, dtype)


@metric("msle", "MSLE")
class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """The mean of (log(y_true + 1) - log(y_pred + 1))**2, where values count as `epsilon` at least.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.MeanSquaredLogarithmicError()
      >>> metric.update_state([[0.0, 1.0]], [[1.0, 3.0]])
      >>> metric.result().numpy().round(4)
      np.float32(0.4805)
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_squared_logarithmic_error", dtype: Any = None) -> None:
        super().__init__(regression.mean_squared_logarithmic_error, name, dtype)


@metric()
class CosineSimilarity(MeanMetricWrapper):
    """The cosine of the angle between true and predicted vectors.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.
      axis: the axis of vectors.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit, or an axis is out of range.

    Example:
      >>> metric = tf.keras.metrics.CosineSimilarity()
      >>> metric.update_state([[0.0, 1.0]], [[3.0, 4.0]])
      >>> metric.result().numpy().round(4)
      np.float32(0.8)
    """

    _direction = "up"

    def __init__(self, name: str | None = "cosine_similarity", dtype: Any = None, axis: Any = -1) -> None:
        super().__init__(cosine_similarity, name, dtype, axis=axis)


@metric()
class LogCoshError(MeanMetricWrapper):
    """The mean of log(cosh(y_pred - y_true)).

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.LogCoshError()
      >>> metric.update_state([[0.0, 1.0]], [[1.0, 3.0]])
      >>> metric.result().numpy().round(4)
      np.float32(0.8794)
    """

    _direction = "down"

    def __init__(self, name: str | None = "logcosh", dtype: Any = None) -> None:
        super().__init__(regression.log_cosh, name, dtype)


@metric()
class Hinge(MeanMetricWrapper):
    """The mean of max(1 - y_true * y_pred, 0), true values being -1 or 1.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.Hinge()
      >>> metric.update_state([[-1.0, 1.0]], [[0.5, 2.0]])
      >>> metric.result().numpy().round(4)
      np.float32(0.75)
    """

    _direction = "down"

    def __init__(self, name: str | None = "hinge", dtype: Any = None) -> None:
        super().__init__(hinges.hinge, name, dtype)


@metric()
class SquaredHinge(MeanMetricWrapper):
    """The mean of max(1 - y_true * y_pred, 0)**2, true values being -1 or 1.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.SquaredHinge()
      >>> metric.update_state([[-1.0, 1.0]], [[0.5, 2.0]])
      >>> metric.result().numpy().round(4)
      np.float32(1.125)
    """

    _direction = "down"

    def __init__(self, name: str | None = "squared_hinge", dtype: Any = None) -> None:
        super().__init__(hinges.squared_hinge, name, dtype)


@metric()
class CategoricalHinge(MeanMetricWrapper):
    """max(1 + the largest prediction of a wrong class - that of the right one, 0).

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.CategoricalHinge()
      >>> metric.update_state([[0.0, 1.0]], [[0.25, 0.75]])
      >>> metric.result().numpy().round(4)
      np.float32(0.5)
    """

    _direction = "down"

    def __init__(self, name: str | None = "categorical_hinge", dtype: Any = None) -> None:
        super().__init__(hinges.categorical_hinge, name, dtype)


@metric()
class KLDivergence(MeanMetricWrapper):
    """The sum of y_true * log(y_true / y_pred), values being clipped to [`epsilon`, 1].

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.KLDivergence()
      >>> metric.update_state([[0.5, 0.5]], [[0.25, 0.75]])
      >>> metric.result().numpy().round(4)
      np.float32(0.1438)
    """

    _direction = "down"

    def __init__(self, name: str | None = "kl_divergence", dtype: Any = None) -> None:
        super().__init__(probabilistic.kl_divergence, name, dtype)


@metric()
class Poisson(MeanMetricWrapper):
    """The mean of y_pred - y_true * log(y_pred).

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.Poisson()
      >>> metric.update_state([[2.0, 0.0]], [[1.0, 3.0]])
      >>> metric.result().numpy().round(4)
      np.float32(2.0)
    """

    _direction = "down"

    def __init__(self, name: str | None = "poisson", dtype: Any = None) -> None:
        super().__init__(probabilistic.poisson, name, dtype)


@metric("bce", "BCE")
class BinaryCrossentropy(MeanMetricWrapper):
    """Cross entropy of true and predicted probabilities of a yes.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.
      from_logits: whether predictions are logits.
      label_smoothing: how far true values are moved towards 0.5.

    Raises:
      ValueError: unknown dtype, or the shapes given to `update_state` differ.
      InvalidArgumentError: the weights do not broadcast.

    Example:
      >>> metric = tf.keras.metrics.BinaryCrossentropy()
      >>> metric.update_state([[1.0, 0.0]], [[0.75, 0.75]])
      >>> metric.result().numpy().round(4)
      np.float32(0.837)
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(
            probabilistic.binary_crossentropy, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing
        )


@metric()
class CategoricalCrossentropy(MeanMetricWrapper):
    """Cross entropy of true and predicted distributions over classes.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.
      from_logits: whether predictions are logits.
      label_smoothing: the fraction of the true distributions that is spread evenly over all classes.
      axis: the axis of classes.

    Raises:
      ValueError: unknown dtype, or the shapes given to `update_state` differ.
      InvalidArgumentError: the axis is out of range, or the weights do not broadcast.

    Example:
      >>> metric = tf.keras.metrics.CategoricalCrossentropy()
      >>> metric.update_state([[0.0, 1.0]], [[0.25, 0.75]])
      >>> metric.result().numpy().round(4)
      np.float32(0.2877)
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(
            probabilistic.categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


@metric()
class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """Cross entropy of true classes and predicted distributions over classes.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.
      from_logits: whether predictions are logits.
      ignore_class: a class to ignore.
      axis: the axis of classes, which must be the last.

    Raises:
      ValueError: unknown dtype, the axis is not the last, or the shapes given to `update_state` do not fit.
      InvalidArgumentError: a class is out of range.

    Example:
      >>> metric = tf.keras.metrics.SparseCategoricalCrossentropy()
      >>> metric.update_state([1], [[0.25, 0.75]])
      >>> metric.result().numpy().round(4)
      np.float32(0.2877)
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(
            probabilistic.sparse_categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )


@metric()
class RootMeanSquaredError(Mean):
    """The square root of the mean of (y_true - y_pred)**2.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.RootMeanSquaredError()
      >>> metric.update_state([[0.0, 0.0]], [[1.0, 7.0]])
      >>> metric.result().numpy()
      np.float32(5.0)
    """

    _direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Updates the metric with a batch.

        Args:
          y_true: true values.
          y_pred: predicted values.
          sample_weight: weights of the examples, or of all values.

        Example:
          >>> metric = tf.keras.metrics.RootMeanSquaredError()
          >>> metric.update_state([0.0, 0.0], [1.0, 3.0], sample_weight=[0.0, 1.0])
          >>> metric.result().numpy()
          np.float32(3.0)
        """
        y_true, y_pred = same_rank(tensor_of(y_true, self._computed_in), tensor_of(y_pred, self._computed_in))
        super().update_state(elementwise.squared_difference(y_pred, y_true), sample_weight)

    def result(self) -> Any:
        return elementwise.sqrt(super().result())
