"""Losses of predicted numbers: squared, absolute, relative and logarithmic errors, and cosines."""

from __future__ import annotations

import math
from typing import Any

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras import settings
from gradtape._src.keras.losses.base import KIND, LossFunctionWrapper, loss_function, mean, prepared, total
from gradtape._src.ops import elementwise
from gradtape._src.ops.clipping import l2_normalize
from gradtape._src.ops.masking import where


@loss_function("mse", "MSE")
def mean_squared_error(y_true: Any, y_pred: Any) -> Tensor:
    """The mean over the last axis of (y_true - y_pred)**2.

    Args:
      y_true: true values.
      y_pred: predicted values, of the same shape.

    Returns:
      A tensor without the last axis.

    Raises:
      InvalidArgumentError: the shapes do not broadcast or have no axes.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.losses.mean_squared_error([[0.0, 1.0]], [[1.0, 3.0]]).numpy()
      array([2.5], dtype=float32)
    """
    y_true, y_pred = prepared(y_true, y_pred)
    return mean(elementwise.squared_difference(y_true, y_pred))


@loss_function("mae", "MAE")
def mean_absolute_error(y_true: Any, y_pred: Any) -> Tensor:
    """The mean over the last axis of |y_true - y_pred|.

    Args:
      y_true: true values.
      y_pred: predicted values, of the same shape.

    Returns:
      A tensor without the last axis.

    Raises:
      InvalidArgumentError: the shapes do not broadcast or have no axes.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.losses.mean_absolute_error([[0.0, 1.0]], [[1.0, 3.0]]).numpy()
      array([1.5], dtype=float32)
    """
    y_true, y_pred = prepared(y_true, y_pred)
    return mean(elementwise.abs(y_true - y_pred))


@loss_function("mape", "MAPE")
def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Tensor:
    """100 times the mean over the last axis of |(y_true - y_pred) / y_true|, where true values count as `epsilon` at
    least.

    Args:
      y_true: true values.
      y_pred: predicted values, of the same shape.

    Returns:
      A tensor without the last axis.

    Raises:
      InvalidArgumentError: the shapes do not broadcast or have no axes.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.losses.mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 3.0]]).numpy()
      array([37.5], dtype=float32)
    """
    y_true, y_pred = prepared(y_true, y_pred)
    size = elementwise.maximum(elementwise.abs(y_true), settings.epsilon())
    return 100.0 * mean(elementwise.abs((y_true - y_pred) / size))


@loss_function("msle", "MSLE")
def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Tensor:
    """The mean over the last axis of (log(y_true + 1) - log(y_pred + 1))**2, where values count as `epsilon` at least.

    Args:
      y_true: true values.
      y_pred: predicted values, of the same shape.

    Returns:
      A tensor without the last axis.

    Raises:
      InvalidArgumentError: the shapes do not broadcast or have no axes.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.losses.mean_squared_logarithmic_error([[0.0, 1.0]], [[1.0, 3.0]]).numpy().round(4)
      array([0.4805], dtype=float32)
    """
    y_true, y_pred = prepared(y_true, y_pred)
    predicted, true = (
        elementwise.log(elementwise.maximum(values, settings.epsilon()) + 1.0) for values in (y_pred, y_true)
    )
    return mean(elementwise.squared_difference(predicted, true))


@loss_function()
def cosine_similarity(y_true: Any, y_pred: Any, axis: Any = -1) -> Tensor:
    """Minus the cosine of the angle between true and predicted vectors; 0 if one of them is 0.

    Args:
      y_true: true values.
      y_pred: predicted values, of the same shape.
      axis: the axis of vectors.

    Returns:
      A tensor without the axis, of values from -1 (the same direction) to 1 (the opposite one).

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or an axis is out of range.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.losses.cosine_similarity([[0.0, 1.0]], [[3.0, 4.0]]).numpy()
      array([-0.8], dtype=float32)
    """
    y_true, y_pred = prepared(y_true, y_pred)
    smallest = settings.epsilon() ** 2
    return -total(l2_normalize(y_true, axis, smallest) * l2_normalize(y_pred, axis, smallest), axis)


@loss_function()
def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Tensor:
    """The mean over the last axis of e**2 / 2, where errors e are at most delta, and of delta * |e| - delta**2 / 2
    where they are greater.

    Huber, Robust Estimation of a Location Parameter (1964).

    Args:
      y_true: true values.
      y_pred: predicted values, of the same shape.
      delta: the error from which on it grows linearly.

    Returns:
      A tensor without the last axis.

    Raises:
      InvalidArgumentError: the shapes do not broadcast or have no axes.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.losses.huber([[0.0, 1.0]], [[1.0, 3.0]]).numpy()
      array([1.], dtype=float32)
    """
    y_true, y_pred = prepared(y_true, y_pred)
    error = y_pred - y_true
    size = elementwise.abs(error)
    return mean(where(size <= delta, 0.5 * elementwise.square(error), delta * size - 0.5 * delta**2))


@loss_function()
def log_cosh(y_true: Any, y_pred: Any) -> Tensor:
    """The mean over the last axis of log(cosh(y_pred - y_true)): nearly e**2 / 2 for small errors, |e| - log(2) for
    large ones.

    Args:
      y_true: true values.
      y_pred: predicted values, of the same shape.

    Returns:
      A tensor without the last axis.

    Raises:
      InvalidArgumentError: the shapes do not broadcast or have no axes.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.losses.log_cosh([[0.0, 1.0]], [[1.0, 3.0]]).numpy().round(4)
      array([0.8794], dtype=float32)
    """
    y_true, y_pred = prepared(y_true, y_pred)
    error = y_pred - y_true
    return mean(error + elementwise.softplus(error * -2.0) - math.log(2.0))


@KIND.enter()
class MeanSquaredError(LossFunctionWrapper):
    """The mean of (y_true - y_pred)**2.

    Args:
      {common}

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.losses.MeanSquaredError()([[0.0, 1.0]], [[1.0, 3.0]]).numpy()
      np.float32(2.5)
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_squared_error, reduction, name, dtype)


@KIND.enter()
class MeanAbsoluteError(LossFunctionWrapper):
    """The mean of |y_true - y_pred|.

    Args:
      {common}

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.losses.MeanAbsoluteError()([[0.0, 1.0]], [[1.0, 3.0]]).numpy()
      np.float32(1.5)
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_absolute_error, reduction, name, dtype)


@KIND.enter()
class MeanAbsolutePercentageError(LossFunctionWrapper):
    """100 times the mean of |(y_true - y_pred) / y_true|, where true values count as `epsilon` at least.

    Args:
      {common}

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.losses.MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 3.0]]).numpy()
      np.float32(37.5)
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_absolute_percentage_error, reduction, name, dtype)


@KIND.enter()
class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """The mean of (log(y_true + 1) - log(y_pred + 1))**2, where values count as `epsilon` at least.

    Args:
      {common}

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.losses.MeanSquaredLogarithmicError()([[0.0, 1.0]], [[1.0, 3.0]]).numpy().round(4)
      np.float32(0.4805)
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_squared_logarithmic_error, reduction, name, dtype)


@KIND.enter()
class CosineSimilarity(LossFunctionWrapper):
    """Minus the cosine of the angle between true and predicted vectors.

    Args:
      axis: the axis of vectors.
      {common}

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.losses.CosineSimilarity()([[0.0, 1.0]], [[3.0, 4.0]]).numpy()
      np.float32(-0.8)
    """

    def __init__(
        self,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        super().__init__(cosine_similarity, reduction, name, dtype, axis=axis)


@KIND.enter()
class Huber(LossFunctionWrapper):
    """The mean of e**2 / 2, where errors e are at most delta, and of delta * |e| - delta**2 / 2 where they are greater.

    Huber, Robust Estimation of a Location Parameter (1964).

    Args:
      delta: the error from which on it grows linearly.
      {common}

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.losses.Huber()([[0.0, 1.0]], [[1.0, 3.0]]).numpy()
      np.float32(1.0)
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(huber, reduction, name, dtype, delta=delta)


@KIND.enter()
class LogCosh(LossFunctionWrapper):
    """The mean of log(cosh(y_pred - y_true)).

    Args:
      {common}

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.losses.LogCosh()([[0.0, 1.0]], [[1.0, 3.0]]).numpy().round(4)
      np.float32(0.8794)
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: Any = None,
    ) -> None:
        super().__init__(log_cosh, reduction, name, dtype)
