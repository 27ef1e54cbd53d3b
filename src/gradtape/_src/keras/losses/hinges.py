"""Losses of classifiers that are to be right by a margin."""

from __future__ import annotations

from typing import Any

from gradtape._engine.api.api import apply_reduce
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.losses.base import KIND, LossFunctionWrapper, loss_function, mean, prepared, total
from gradtape._src.ops import elementwise
from gradtape._src.ops.masking import where
from gradtape._src.ops.reductions import reduce_all


def _signs(y_true: Tensor) -> Tensor:
    """True values as -1 and 1, if all are 0 or 1."""
    binary = reduce_all(elementwise.logical_or(elementwise.equal(y_true, 0), elementwise.equal(y_true, 1)))
    return where(binary, 2.0 * y_true - 1.0, y_true)


def _shortfall(y_true: Any, y_pred: Any) -> Tensor:
    y_true, y_pred = prepared(y_true, y_pred, match=False)
    return elementwise.maximum(1.0 - _signs(y_true) * y_pred, 0.0)


@loss_function()
def hinge(y_true: Any, y_pred: Any) -> Tensor:
    """The mean over the last axis of max(1 - y_true * y_pred, 0).

    Args:
      y_true: true values, -1 or 1; if all are 0 or 1, 0 means -1.
      y_pred: predicted values, of the same shape.

    Returns:
      A tensor without the last axis.

    Raises:
      InvalidArgumentError: the shapes do not broadcast or have no axes.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.losses.hinge([[-1.0, 1.0]], [[0.5, 2.0]]).numpy()
      array([0.75], dtype=float32)
    """
    return mean(_shortfall(y_true, y_pred))


@loss_function()
def squared_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """The mean over the last axis of max(1 - y_true * y_pred, 0)**2.

    Args:
      y_true: true values, -1 or 1; if all are 0 or 1, 0 means -1.
      y_pred: predicted values, of the same shape.

    Returns:
      A tensor without the last axis.

    Raises:
      InvalidArgumentError: the shapes do not broadcast or have no axes.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.losses.squared_hinge([[-1.0, 1.0]], [[0.5, 2.0]]).numpy()
      array([1.125], dtype=float32)
    """
    return mean(elementwise.square(_shortfall(y_true, y_pred)))


@loss_function()
def categorical_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """max(1 + the largest prediction of a wrong class - that of the right one, 0).

    Args:
      y_true: one-hot rows.
      y_pred: predicted values, of the same shape.

    Returns:
      A tensor without the last axis.

    Raises:
      InvalidArgumentError: the shapes do not broadcast or have no axes.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.losses.categorical_hinge([[0.0, 1.0]], [[0.25, 0.75]]).numpy()
      array([0.5], dtype=float32)
    """
    y_true, y_pred = prepared(y_true, y_pred, match=False)
    right = total(y_true * y_pred)
    wrong = apply_reduce("Max", (1.0 - y_true) * y_pred, -1, False)
    return elementwise.maximum(wrong - right + 1.0, 0.0)


@KIND.enter()
class Hinge(LossFunctionWrapper):
    """The mean of max(1 - y_true * y_pred, 0), true values being -1 or 1.

    Args:
      {common}

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.losses.Hinge()([[-1.0, 1.0]], [[0.5, 2.0]]).numpy()
      np.float32(0.75)
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "hinge", dtype: Any = None
    ) -> None:
        super().__init__(hinge, reduction, name, dtype)


@KIND.enter()
class SquaredHinge(LossFunctionWrapper):
    """The mean of max(1 - y_true * y_pred, 0)**2, true values being -1 or 1.

    Args:
      {common}

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.losses.SquaredHinge()([[-1.0, 1.0]], [[0.5, 2.0]]).numpy()
      np.float32(1.125)
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "squared_hinge", dtype: Any = None
    ) -> None:
        super().__init__(squared_hinge, reduction, name, dtype)


@KIND.enter()
class CategoricalHinge(LossFunctionWrapper):
    """max(1 + the largest prediction of a wrong class - that of the right one, 0).

    Args:
      {common}

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.losses.CategoricalHinge()([[0.0, 1.0]], [[0.25, 0.75]]).numpy()
      np.float32(0.5)
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "categorical_hinge", dtype: Any = None
    ) -> None:
        super().__init__(categorical_hinge, reduction, name, dtype)
