"""Conversions between dtypes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_elementwise, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.composite import CompositeTensor
from gradtape._src.core.errors import TextOperand, UnimplementedError
from gradtape._src.core.operands import dtype_word
from gradtape._src.core.string_tensor import StringTensor, holds_text
from gradtape._src.core.typing import DTypeLike, TensorLike
from gradtape._src.ops.indexed_slices import with_values
from gradtape._src.table.rows import ALL, call, integer, op, real, values


@op(
    *("cast", "dtypes.cast"),
    dtypes=ALL,
    orders="any",
    samples=lambda: [call(real(2, 3), "float64"), call(real(), "float64")],
    edges=lambda: [
        call(real(2), "float32"),
        call(values([1.7, -1.7]), "int32"),
        call(integer([0, 3]), "bool"),
        call([1, 2], "float64"),
    ],
    tolerance=1e-6,
)
def cast(x: Any, dtype: DTypeLike, name: str | None = None) -> Any:
    """Converts x to another dtype; floats are truncated to integers.

    Bools become 0 and 1, and numbers become True if they are not 0. Gradients flow between floating dtypes.

    Args:
      x: a tensor, or a value convertible to one, or IndexedSlices, whose values are converted.
      dtype: the dtype, or its name.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, or IndexedSlices; x itself if it has the dtype.

    Raises:
      TypeError: gradtape does not support the dtype.
      UnimplementedError: conversion between strings and numbers.

    Example:
      >>> tf.cast([1.8, -1.8], tf.int32).numpy()
      array([ 1, -1], dtype=int32)
    """
    if isinstance(x, CompositeTensor):
        return with_values(x, apply_cast(x.values, dtype))
    try:
        return apply_cast(x, dtype)
    except (TextOperand, TypeError):
        return _text_cast(x, dtypes.as_dtype(dtype))


def _text_cast(x: Any, wanted: dtypes.DType) -> Any:
    """Returns strings if the dtype is string; otherwise raises, the error in flight if it is not about strings."""
    given = dtypes.string if holds_text(x) else as_tensor(x).dtype
    if given is wanted:
        return StringTensor(x)
    if dtypes.string not in (given, wanted):
        raise
    message = f"Cast {dtype_word(given)} to {dtype_word(wanted)} is not supported"
    remedy = "tf.strings.to_number" if given is dtypes.string else "tf.strings.as_string"
    raise UnimplementedError(None, None, f"{message}. Use {remedy} [Op:Cast]") from None


@op(
    *("saturate_cast", "dtypes.saturate_cast"),
    dtypes=ALL,
    orders="0",
    edges=lambda: [
        call(values([-5.0, 7.5, 300.0]), "uint8"),
        call(integer([-1, 300]), "uint8"),
        call([1.5], "float64"),
        call(values([math.inf, -math.inf, 3e9, -3e9, 2.5]), "int32"),
        call(integer([2**40, -(2**40)], "int64"), "int32"),
        call(integer([2**40, -(2**40)], "int64"), "uint8"),
        call(integer([1e300, -1e300, math.inf, -math.inf, math.nan], "float64"), "float32"),
    ],
)
def saturate_cast(value: TensorLike, dtype: DTypeLike, name: str | None = None) -> Tensor:
    """Converts a tensor to another dtype, after clamping it to that dtype's range.

    Args:
      value: a tensor, or a value convertible to one.
      dtype: the dtype, or its name.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of `value`.

    Raises:
      TypeError: gradtape does not support the dtype.

    Example:
      >>> tf.saturate_cast([-5.0, 7.5, 300.0], tf.uint8).numpy()
      array([  0,   7, 255], dtype=uint8)
    """
    tensor, wanted = as_tensor(value), dtypes.as_dtype(dtype)
    given = tensor.dtype
    low, high = _exactly(max, given.min, wanted.min), _exactly(min, given.max, wanted.max)
    if given.is_floating:  # infinities are beyond every range
        # The float nearest to int32's maximum exceeds it.
        low, high = (_inwards(given.as_numpy_dtype(bound), bound) for bound in (low, high))
    else:
        low, high = int(low), int(high)
        if (low, high) == (given.min, given.max):
            return apply_cast(tensor, wanted)
    return apply_cast(apply_elementwise("clip_by_value", tensor, as_tensor(low, given), as_tensor(high, given)), wanted)


def _exactly(choose: Any, one: Any, other: Any) -> Any:
    """The larger or the smaller of two bounds, which may be an int and a float, compared exactly."""
    return choose(one, other, key=_number)


def _inwards(rounded: np.floating, bound: Any) -> np.floating:
    """A bound rounded to a float, or the next float towards 0 if rounding exceeded it."""
    return np.nextafter(rounded, rounded.dtype.type(0)) if abs(_number(rounded)) > abs(_number(bound)) else rounded


def _number(value: Any) -> int | float:
    """Converts to a Python number; these compare exactly."""
    return value if isinstance(value, int) else float(value)
