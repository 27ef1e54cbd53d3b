"""Window functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_elementwise, as_tensor, tensor_from
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.typing import DTypeLike, IntLike, TensorLike
from gradtape._src.ops.creation import ones
from gradtape._src.ops.joining import concat
from gradtape._src.ops.rearranging import reverse
from gradtape._src.ops.scans import cumsum
from gradtape._src.table.rows import call, op, values


def floating(dtype: DTypeLike, found: str = "Found") -> dtypes.DType:
    """The dtype of a window or matrix, which must be floating."""
    kind = dtypes.as_dtype(dtype)
    if not kind.is_floating:
        raise ValueError(f"dtype must be a floating point type. {found} {kind}")
    return kind


def scalar(value: IntLike, name: str, least: int = -(2**31)) -> int:
    """Converts a length, and checks that it is in range and fits int32."""
    tensor = as_tensor(value, hint=dtypes.int32)
    if tensor.ndim:
        raise ValueError(f"Shape {tensor.shape} must have rank 0")
    if not tensor.dtype.is_integer:
        raise TypeError(f"{name} must be an integer, got {value!r}")
    number = int(tensor)
    if not least <= number < 2**31:
        raise InvalidArgumentError(None, None, f"{name} must lie between {least} and {2**31 - 1}, got {number}")
    return number


def _raised_cosine(window_length: IntLike, periodic: bool, dtype: DTypeLike, level: float, height: float) -> Tensor:
    kind = floating(dtype)
    length = scalar(window_length, "window_length", 0)
    if length == 1:
        return ones([1], kind)
    # A period of odd length is its own reflection already.
    period = length - (0 if bool(periodic) and length % 2 == 0 else 1)
    angles = 2 * np.pi * np.arange(length) / max(period, 1)
    return tensor_from(level - height * np.cos(angles), kind)


def _edges() -> list[Any]:
    return [call(8), call(7), call(8, False), call(7, periodic=False), call(1), call(0), call(2)]


@op(
    "signal.hann_window",
    orders="0",
    edges=_edges,
)
def hann_window(
    window_length: IntLike, periodic: bool = True, dtype: DTypeLike = dtypes.float32, name: str | None = None
) -> Tensor:
    """The Hann window: one arch of a cosine that rises from 0.

    Args:
      window_length: its length.
      periodic: whether windows of even length are periodic, so that overlapping ones sum to a constant.
      dtype: a floating dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A vector of that length and dtype.

    Raises:
      ValueError: the dtype is not floating, or the length not a scalar.

    Example:
      >>> tf.signal.hann_window(4).numpy()
      array([0. , 0.5, 1. , 0.5], dtype=float32)
    """
    return _raised_cosine(window_length, periodic, dtype, 0.5, 0.5)


@op(
    "signal.hamming_window",
    orders="0",
    edges=_edges,
)
def hamming_window(
    window_length: IntLike, periodic: bool = True, dtype: DTypeLike = dtypes.float32, name: str | None = None
) -> Tensor:
    """The Hamming window: one arch of a cosine that rises from 0.08.

    Args:
      window_length: its length.
      periodic: whether windows of even length are periodic, so that overlapping ones sum to a constant.
      dtype: a floating dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A vector of that length and dtype.

    Raises:
      ValueError: the dtype is not floating, or the length not a scalar.

    Example:
      >>> tf.signal.hamming_window(4).numpy()
      array([0.08, 0.54, 1.  , 0.54], dtype=float32)
    """
    return _raised_cosine(window_length, periodic, dtype, 0.54, 0.46)


@op("signal.vorbis_window", orders="0", edges=lambda: [call(8), call(5), call(1), call(0)])
def vorbis_window(window_length: IntLike, dtype: DTypeLike = dtypes.float32, name: str | None = None) -> Tensor:
    """The window of the Vorbis format, whose squares sum to 1 where two halves overlap.

    Args:
      window_length: its length.
      dtype: a floating dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A vector of that length and dtype.

    Raises:
      ValueError: the dtype is not floating, or the length not a scalar.

    Example:
      >>> tf.signal.vorbis_window(2).numpy().round(4)
      array([0.7071, 0.7071], dtype=float32)
    """
    kind = floating(dtype)
    length = scalar(window_length, "window_length", 0)
    arch = np.sin(np.pi / max(length, 1) * (np.arange(length) + 0.5))
    return tensor_from(np.sin(np.pi / 2 * arch**2), kind)


@op(
    "signal.kaiser_window",
    samples=lambda: [call(5, values(3.0)), call(6, beta=values(12.0))],
    edges=lambda: [call(8), call(1), call(2)],
    tolerance=1e-6,
    notes="TensorFlow counts its steps in float32",
)
def kaiser_window(
    window_length: IntLike, beta: TensorLike = 12.0, dtype: DTypeLike = dtypes.float32, name: str | None = None
) -> Tensor:
    """The Kaiser window, which keeps most of its spectrum's energy near frequency 0.

    Args:
      window_length: its length.
      beta: shape parameter, larger for narrower windows; differentiable.
      dtype: a floating dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A vector of that length and dtype.

    Raises:
      ValueError: the dtype is not floating, or the length not a scalar.

    Example:
      >>> tf.signal.kaiser_window(3, 2.0).numpy().round(4)
      array([0.4387, 1.    , 0.4387], dtype=float32)
    """
    kind = floating(dtype)
    length = scalar(window_length, "window_length", 0)
    if length == 1:
        return ones([1], kind)
    half = (length - 1) / 2
    places = (np.arange(length) - half) / half
    narrow = apply_cast(as_tensor(beta), kind)
    heights = narrow * tensor_from(np.sqrt(np.maximum(0, 1 - places**2)), kind)
    bessel = apply_elementwise("bessel_i0e", heights) / apply_elementwise("bessel_i0e", narrow)
    return apply_elementwise("exp", heights - narrow) * bessel


@op(
    "signal.kaiser_bessel_derived_window",
    samples=lambda: [call(6, values(3.0)), call(8, beta=values(2.0))],
    edges=lambda: [call(8), call(2), call(0)],
    tolerance=1e-6,
    notes="TensorFlow counts its steps in float32",
)
def kaiser_bessel_derived_window(
    window_length: IntLike, beta: TensorLike = 12.0, dtype: DTypeLike = dtypes.float32, name: str | None = None
) -> Tensor:
    """The window of roots of a Kaiser window's running sums, whose squares sum to 1 where two halves overlap.

    Args:
      window_length: its length; twice the half, rounded down, if odd.
      beta: shape parameter of the Kaiser window; differentiable.
      dtype: a floating dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A vector of that length and dtype.

    Raises:
      ValueError: the dtype is not floating, or the length not a scalar.

    Example:
      >>> tf.signal.kaiser_bessel_derived_window(4, 2.0).numpy().round(4)
      array([0.4834, 0.8754, 0.8754, 0.4834], dtype=float32)
    """
    kind = floating(dtype)
    sums = cumsum(kaiser_window(scalar(window_length, "window_length", 0) // 2 + 1, beta, kind))
    rising = apply_elementwise("sqrt", sums[:-1] / sums[-1])
    return concat([rising, reverse(rising, [0])], 0)
