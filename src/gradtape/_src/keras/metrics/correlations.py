"""Correlations of true and predicted values."""

from __future__ import annotations

from typing import Any

from gradtape._engine.api.api import apply_reduce
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras import settings
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.losses.base import mean, prepared
from gradtape._src.keras.metrics.base import metric
from gradtape._src.keras.metrics.reductions import MeanMetricWrapper
from gradtape._src.ops import elementwise
from gradtape._src.ops.statistics import reduce_std, reduce_variance


def _mean(values: Tensor, axis: Any) -> Tensor:
    return apply_reduce("Mean", values, axis, True)


@keras_op
def pearson_correlation(y_true: Any, y_pred: Any, axis: Any = -1) -> Tensor:
    """Pearson's correlation of true and predicted values, NaN where either do not vary.

    Args:
      y_true: true values.
      y_pred: predicted values, of the same shape.
      axis: the axis along which they vary.

    Returns:
      A tensor without the axis, of values from -1 to 1.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or an axis is out of range.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.metrics.pearson_correlation([[0.0, 1.0, 2.0]], [[1.0, 3.0, 5.0]]).numpy().round(4)
      array([1.], dtype=float32)
    """
    true, predicted = (values - _mean(values, axis) for values in prepared(y_true, y_pred))
    true, predicted = (values / reduce_std(values, axis, True) for values in (true, predicted))
    return mean(true * predicted, axis)


@keras_op
def concordance_correlation(y_true: Any, y_pred: Any, axis: Any = -1) -> Tensor:
    """Lin's concordance of true and predicted values: their correlation, reduced if they differ in mean or scale.

    Lin, A Concordance Correlation Coefficient to Evaluate Reproducibility (1989).

    Args:
      y_true: true values.
      y_pred: predicted values, of the same shape.
      axis: the axis along which they vary.

    Returns:
      A tensor without the axis, of values from -1 to 1.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or an axis is out of range.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.metrics.concordance_correlation([[0.0, 1.0, 2.0]], [[1.0, 3.0, 5.0]]).numpy().round(4)
      array([0.3636], dtype=float32)
    """
    y_true, y_pred = prepared(y_true, y_pred)
    true_mean, predicted_mean = _mean(y_true, axis), _mean(y_pred, axis)
    variances = reduce_variance(y_true, axis, True) + reduce_variance(y_pred, axis, True)
    apart = elementwise.squared_difference(true_mean, predicted_mean)
    together = (y_true - predicted_mean) * (y_pred - predicted_mean)
    return mean(2 * together / (variances + apart + settings.epsilon()), axis)


@metric()
class PearsonCorrelation(MeanMetricWrapper):
    """Pearson's correlation of true and predicted values.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.
      axis: the axis along which they vary.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit, or an axis is out of range.

    Example:
      >>> metric = tf.keras.metrics.PearsonCorrelation()
      >>> metric.update_state([[0.0, 1.0, 2.0]], [[1.0, 3.0, 5.0]])
      >>> metric.result().numpy().round(4)
      np.float32(1.0)
    """

    _direction = "up"

    def __init__(self, name: str | None = "pearson_correlation", dtype: Any = None, axis: Any = -1) -> None:
        super().__init__(pearson_correlation, name, dtype, axis=axis)


@metric()
class ConcordanceCorrelation(MeanMetricWrapper):
    """Lin's concordance of true and predicted values.

    Lin, A Concordance Correlation Coefficient to Evaluate Reproducibility (1989).

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.
      axis: the axis along which they vary.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the shapes given to `update_state` do not fit, or an axis is out of range.

    Example:
      >>> metric = tf.keras.metrics.ConcordanceCorrelation()
      >>> metric.update_state([[0.0, 1.0, 2.0]], [[1.0, 3.0, 5.0]])
      >>> metric.result().numpy().round(4)
      np.float32(0.3636)
    """

    _direction = "up"

    def __init__(self, name: str | None = "concordance_correlation", dtype: Any = None, axis: Any = -1) -> None:
        super().__init__(concordance_correlation, name, dtype, axis=axis)
