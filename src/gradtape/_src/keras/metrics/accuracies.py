"""Accuracies: the fraction of right predictions."""

from __future__ import annotations

from typing import Any

from gradtape._engine.api.api import apply_cast, apply_reduce, apply_reshape
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras import settings
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.losses.base import same_rank
from gradtape._src.keras.metrics.base import metric
from gradtape._src.keras.metrics.reductions import MeanMetricWrapper
from gradtape._src.keras.tensors import floating, tensor_of
from gradtape._src.ops import elementwise
from gradtape._src.ops.extremes import argmax
from gradtape._src.ops.shapes import expand_dims
from gradtape._src.ops.sorting import in_top_k


def _hits(one: Tensor, other: Tensor) -> Tensor:
    return apply_cast(elementwise.equal(one, other), dtypes.as_dtype(settings.floatx()))


@keras_op
def accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where predicted values equal the true ones, else 0."""
    y_pred = tensor_of(y_pred)
    return _hits(*same_rank(tensor_of(y_true, y_pred.dtype), y_pred))


@keras_op
def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Tensor:
    """1 where predicted probabilities are on the true side of a threshold, else 0.

    Args:
      y_true: true values, 0 or 1.
      y_pred: predicted probabilities of a 1.
      threshold: the threshold.

    Returns:
      A floating tensor of their shape.

    Raises:
      InvalidArgumentError: the shapes do not broadcast.
      TypeError, ValueError: a value cannot be converted to a tensor, or the threshold is not a number.

    Example:
      >>> tf.keras.metrics.binary_accuracy([1, 0, 1], [0.9, 0.7, 0.2]).numpy()
      array([1., 0., 0.], dtype=float32)
    """
    y_true, y_pred = same_rank(tensor_of(y_true), floating(y_pred))
    return _hits(y_true, apply_cast(y_pred > threshold, y_true.dtype))


@keras_op
def categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 if the class of the largest prediction is the true one, else 0.

    Args:
      y_true: one-hot rows.
      y_pred: predictions of each class.

    Returns:
      A floating tensor without the last axis.

    Raises:
      InvalidArgumentError: the numbers of examples differ.
      ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.metrics.categorical_accuracy([[0, 1], [0, 1]], [[0.2, 0.8], [0.7, 0.3]]).numpy()
      array([1., 0.], dtype=float32)
    """
    return _hits(argmax(tensor_of(y_true), -1), argmax(tensor_of(y_pred), -1))


@keras_op
def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 if the class of the largest prediction is the true one, else 0.

    Args:
      y_true: the indices of the true classes.
      y_pred: predictions of each class.

    Returns:
      A floating tensor without the last axis.

    Raises:
      InvalidArgumentError: the numbers of examples differ.
      ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.metrics.sparse_categorical_accuracy([1, 1], [[0.2, 0.8], [0.7, 0.3]]).numpy()
      array([1., 0.], dtype=float32)
    """
    y_true, y_pred = tensor_of(y_true), tensor_of(y_pred)
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        y_true = apply_reshape(y_true, tuple(y_true.shape[:-1]))
    found = argmax(y_pred, -1)
    hits = _hits(y_true, found if found.dtype is y_true.dtype else apply_cast(found, y_true.dtype))
    return apply_reshape(hits, tuple(hits.shape[:-1])) if hits.ndim > 1 and hits.shape[-1] == 1 else hits


def _rows(y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
    """True classes as a vector and predictions as rows."""
    if y_pred.ndim > 2:
        y_pred = apply_reshape(y_pred, (-1, y_pred.shape[-1]))
    return apply_reshape(y_true, (-1,)) if y_true.ndim > 1 else y_true, y_pred


@keras_op
def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """1 if the true class is among the k largest predictions, else 0.

    Args:
      y_true: one-hot rows.
      y_pred: predictions of each class.
      k: the number of largest predictions.

    Returns:
      A floating tensor without the last axis.

    Raises:
      InvalidArgumentError: the numbers of examples differ, or the predictions are not floating or have no axes.
      TypeError: k is not an integer.
      ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.metrics.top_k_categorical_accuracy([[0, 0, 1]], [[0.2, 0.5, 0.3]], k=2).numpy()
      array([1.], dtype=float32)
    """
    return sparse_top_k_categorical_accuracy.__wrapped__(argmax(tensor_of(y_true), -1), y_pred, k)


@keras_op
def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Tensor:
    """1 if the true class is among the k largest predictions, else 0.

    Args:
      y_true: the indices of the true classes.
      y_pred: predictions of each class, or numbers of classes, the likeliest first.
      k: the number of largest predictions.
      from_sorted_ids: whether predictions are numbers of classes.

    Returns:
      A floating tensor of the true classes' shape.

    Raises:
      InvalidArgumentError: the numbers of examples differ, or the predictions are not floating or have no axes.
      TypeError: k is not an integer.
      ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.metrics.sparse_top_k_categorical_accuracy([2], [[0.2, 0.5, 0.3]], k=2).numpy()
      array([1.], dtype=float32)
    """
    y_pred = tensor_of(y_pred)
    y_true = tensor_of(y_true, y_pred.dtype if from_sorted_ids else dtypes.int32)
    shape = tuple(y_true.shape)
    classes, predictions = _rows(y_true, y_pred)
    if from_sorted_ids:
        among = apply_cast(elementwise.equal(expand_dims(classes, 1), predictions[:, :k]), dtypes.int32)
        hits = apply_reduce("Max", among, 1, False)
    else:
        hits = in_top_k(classes, predictions, k)
    return apply_reshape(apply_cast(hits, dtypes.as_dtype(settings.floatx())), shape)


@metric()
class Accuracy(MeanMetricWrapper):
    """The fraction of predictions that equal the true values.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.Accuracy()
      >>> metric.update_state([1, 2, 3, 4], [0, 2, 3, 4])
      >>> metric.result().numpy()
      np.float32(0.75)
    """

    _direction = "up"

    def __init__(self, name: str | None = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, dtype)


@metric()
class BinaryAccuracy(MeanMetricWrapper):
    """The fraction of predicted probabilities on the right side of a threshold.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.
      threshold: the threshold.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.BinaryAccuracy()
      >>> metric.update_state([1, 1, 0, 0], [0.98, 0.4, 0.1, 0.6])
      >>> metric.result().numpy()
      np.float32(0.5)
    """

    _direction = "up"

    def __init__(self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


@metric()
class CategoricalAccuracy(MeanMetricWrapper):
    """The fraction of examples whose largest prediction is the true class, given as one-hot rows.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.CategoricalAccuracy()
      >>> metric.update_state([[0, 1], [0, 1]], [[0.2, 0.8], [0.7, 0.3]])
      >>> metric.result().numpy()
      np.float32(0.5)
    """

    _direction = "up"

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


@metric()
class SparseCategoricalAccuracy(MeanMetricWrapper):
    """The fraction of examples whose largest prediction is the true class, given by its index.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.SparseCategoricalAccuracy()
      >>> metric.update_state([1, 1], [[0.2, 0.8], [0.7, 0.3]])
      >>> metric.result().numpy()
      np.float32(0.5)
    """

    _direction = "up"

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)


@metric()
class TopKCategoricalAccuracy(MeanMetricWrapper):
    """The fraction of examples whose true class, given as one-hot rows, is among the k largest predictions.

    Args:
      k: the number of largest predictions.
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.TopKCategoricalAccuracy(k=2)
      >>> metric.update_state([[0, 0, 1]], [[0.2, 0.5, 0.3]])
      >>> metric.result().numpy()
      np.float32(1.0)
    """

    _direction = "up"

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)


@metric()
class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """The fraction of examples whose true class, given by its index, is among the k largest predictions.

    Args:
      k: the number of largest predictions.
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.
      from_sorted_ids: whether predictions are numbers of classes, the likeliest first.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit.

    Example:
      >>> metric = tf.keras.metrics.SparseTopKCategoricalAccuracy(k=2)
      >>> metric.update_state([2], [[0.2, 0.5, 0.3]])
      >>> metric.result().numpy()
      np.float32(1.0)
    """

    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if not config["from_sorted_ids"]:
            del config["from_sorted_ids"]
        return config
