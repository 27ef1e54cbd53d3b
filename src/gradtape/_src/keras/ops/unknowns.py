"""keras.ops' reductions that ignore NaN."""

from __future__ import annotations

import math
from typing import Any

from gradtape._engine.api.api import apply_cast, apply_reduce
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.ops import reductions
from gradtape._src.keras.tensors import floating, tensor_of
from gradtape._src.ops import elementwise as e, masking
from gradtape._src.ops.reductions import reduce_prod


def _known(x: Any, otherwise: float) -> tuple[Tensor, Tensor]:
    """Values with NaN replaced by another value, and the mask of NaN."""
    tensor = floating(x)
    known = e.logical_not(e.is_nan(tensor))
    return masking.where(known, tensor, tensor_of(otherwise, tensor.dtype)), known


@keras_op
def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The sum over axes, ignoring NaN.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> np.allclose(tf.keras.ops.nansum([1.0, float("nan"), 3.0]), np.nansum([1.0, np.nan, 3.0]))
      True
    """
    values, _ = _known(x, 0.0)
    return apply_reduce("Sum", values, axis, keepdims)


@keras_op
def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The product over axes, ignoring NaN.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> np.allclose(tf.keras.ops.nanprod([1.0, float("nan"), 3.0]), np.nanprod([1.0, np.nan, 3.0]))
      True
    """
    values, _ = _known(x, 1.0)
    return reduce_prod(values, axis, keepdims)


@keras_op
def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The maximum over axes, ignoring NaN.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> np.allclose(tf.keras.ops.nanmax([1.0, float("nan"), 3.0]), np.nanmax([1.0, np.nan, 3.0]))
      True
    """
    values, known = _known(x, -math.inf)
    return _nan_of_none(apply_reduce("Max", values, axis, keepdims), known, axis, keepdims)


@keras_op
def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The minimum over axes, ignoring NaN.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> np.allclose(tf.keras.ops.nanmin([1.0, float("nan"), 3.0]), np.nanmin([1.0, np.nan, 3.0]))
      True
    """
    values, known = _known(x, math.inf)
    return _nan_of_none(apply_reduce("Min", values, axis, keepdims), known, axis, keepdims)


@keras_op
def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean over axes, ignoring NaN.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> np.allclose(tf.keras.ops.nanmean([1.0, float("nan"), 3.0]), np.nanmean([1.0, np.nan, 3.0]))
      True
    """
    values, known = _known(x, 0.0)
    count = apply_reduce("Sum", apply_cast(known, values.dtype), axis, keepdims)
    return apply_reduce("Sum", values, axis, keepdims) / count


@keras_op
def nanvar(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The variance over axes, ignoring NaN.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> np.allclose(tf.keras.ops.nanvar([1.0, float("nan"), 3.0]), np.nanvar([1.0, np.nan, 3.0]))
      True
    """
    values, known = _known(x, 0.0)
    weights = apply_cast(known, values.dtype)
    count = apply_reduce("Sum", weights, axis, True)
    means = apply_reduce("Sum", values, axis, True) / count
    squares = weights * e.square(values - means)
    return apply_reduce("Mean", squares, axis, keepdims) / apply_reduce("Mean", weights, axis, keepdims)


@keras_op
def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The standard deviation over axes, ignoring NaN.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> np.allclose(tf.keras.ops.nanstd([1.0, float("nan"), 3.0]), np.nanstd([1.0, np.nan, 3.0]))
      True
    """
    return e.sqrt(nanvar.__wrapped__(x, axis, keepdims))


@keras_op
def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Cumulative sums along an axis, ignoring NaN.

    Args:
      x: a tensor.
      axis: the axis; None flattens the operand.
      dtype: the dtype of the results.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the axis is out of range, or x has dtype string.
      ValueError: x cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> np.allclose(tf.keras.ops.nancumsum([1.0, float("nan"), 3.0]), np.nancumsum([1.0, np.nan, 3.0]))
      True
    """
    values, _ = _known(x, 0.0)
    return reductions.cumsum.__wrapped__(values, axis, dtype)


@keras_op
def nancumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Cumulative products along an axis, ignoring NaN.

    Args:
      x: a tensor.
      axis: the axis; None flattens the operand.
      dtype: the dtype of the results.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the axis is out of range, or x has dtype string.
      ValueError: x cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> np.allclose(tf.keras.ops.nancumprod([1.0, float("nan"), 3.0]), np.nancumprod([1.0, np.nan, 3.0]))
      True
    """
    values, _ = _known(x, 1.0)
    return reductions.cumprod.__wrapped__(values, axis, dtype)


@keras_op
def nanargmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the maximum along an axis, ignoring NaN; -1 if all values are NaN.

    Args:
      x: a tensor.
      axis: the axis; None for an index into the flattened tensor.
      keepdims: whether to keep the reduced axis, with size 1.

    Returns:
      An int32 tensor without the axis.

    Raises:
      InvalidArgumentError: the axis is out of range or empty, or x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.nanargmax([1.0, float("nan"), 3.0]).numpy()
      np.int32(2)
    """
    values, known = _known(x, -math.inf)
    found = reductions.argmax.__wrapped__(values, axis, keepdims)
    return masking.where(reductions.FUNCTIONS["any"](known, axis, keepdims), found, -1)


@keras_op
def nanargmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the minimum along an axis, ignoring NaN; -1 if all values are NaN.

    Args:
      x: a tensor.
      axis: the axis; None for an index into the flattened tensor.
      keepdims: whether to keep the reduced axis, with size 1.

    Returns:
      An int32 tensor without the axis.

    Raises:
      InvalidArgumentError: the axis is out of range or empty, or x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.nanargmin([1.0, float("nan"), 3.0]).numpy()
      np.int32(0)
    """
    values, known = _known(x, math.inf)
    found = reductions.argmin.__wrapped__(values, axis, keepdims)
    return masking.where(reductions.FUNCTIONS["any"](known, axis, keepdims), found, -1)


def _nan_of_none(found: Tensor, known: Tensor, axis: Any, keepdims: bool) -> Tensor:
    """Replaces results without values by NaN."""
    return masking.where(reductions.FUNCTIONS["any"](known, axis, keepdims), found, tensor_of(math.nan, found.dtype))
