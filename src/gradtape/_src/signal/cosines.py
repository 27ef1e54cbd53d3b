"""Discrete cosine transforms, computed by Fourier transforms of twice the length."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.typing import TensorLike
from gradtape._src.linalg.fourier import irfft, rfft
from gradtape._src.ops.complex_numbers import complex, real as real_part
from gradtape._src.ops.joining import concat
from gradtape._src.ops.padding import pad
from gradtape._src.signal.windows import scalar
from gradtape._src.table.rows import call, op, real

_COMPLEX = {dtypes.float32: dtypes.complex64, dtypes.float64: dtypes.complex128}


def _checked(input: TensorLike, type: int, n: int | None, axis: int, norm: str | None) -> Tensor:
    if axis != -1:
        raise NotImplementedError(f"axis must be -1. Got: {axis}")
    n = None if n is None else scalar(n, "n")
    if n is not None and n < 1:
        raise ValueError("n should be a positive integer or None")
    if type not in (1, 2, 3, 4):
        raise ValueError("Types I, II, III and IV (I)DCT are supported.")
    tensor = as_tensor(input, hint=dtypes.float32)
    if tensor.dtype not in _COMPLEX:
        raise TypeError(f"Transforms support tf.float32 and tf.float64, not {tensor.dtype!r}. Convert it with tf.cast.")
    tensor.shape.with_rank_at_least(1)
    if type == 1 and norm == "ortho":
        raise ValueError("Normalization is not supported for the Type-I DCT.")
    if type == 1 and tensor.shape[-1] < 2:
        raise ValueError("Type-I DCT requires the dimension to be greater than one.")
    if norm not in (None, "ortho"):
        raise ValueError(f"Unknown normalization. Expected None or 'ortho', got: {norm}")
    if n is not None and n <= tensor.shape[-1]:
        tensor = tensor[..., :n]
    elif n is not None:
        tensor = pad(tensor, [[0, 0]] * (tensor.ndim - 1) + [[0, n - tensor.shape[-1]]])
    return tensor


def _weighted(tensor: Tensor, first: float, rest: float) -> Tensor:
    """The tensor with factors along its last axis: one for the first value, one for all others."""
    factors = np.full(tensor.shape[-1], rest)
    factors[:1] = first
    return tensor * tensor_from(factors, tensor.dtype)


def _turns(size: int, sign: int, dtype: dtypes.DType) -> Tensor:
    """Twice the numbers of size 1 at multiples of a quarter of a turn divided by the size."""
    return tensor_from(2 * np.exp(sign * 0.5j * np.pi * np.arange(size) / max(size, 1)), _COMPLEX.get(dtype, dtype))


def _first(tensor: Tensor) -> Tensor:
    return real_part(rfft(concat([tensor, tensor[..., -2:0:-1]], -1)))


def _second(tensor: Tensor, ortho: bool) -> Tensor:
    size = tensor.shape[-1]
    spectrum = rfft(tensor, [2 * size])[..., :size]
    result = real_part(spectrum * _turns(size, -1, tensor.dtype))
    return _weighted(result, 0.5 / math.sqrt(size), math.sqrt(0.5 / size)) if ortho and size else result


def _third(tensor: Tensor, ortho: bool) -> Tensor:
    size = tensor.shape[-1]
    tensor = _weighted(tensor, math.sqrt(size), math.sqrt(0.5 * size)) if ortho else tensor * float(size)
    turned = _turns(size, 1, tensor.dtype) * complex(tensor, as_tensor(0.0, tensor.dtype))
    return irfft(turned, [2 * size])[..., :size]


def _fourth(tensor: Tensor, ortho: bool) -> Tensor:
    size = tensor.shape[-1]
    longer = pad(tensor, [[0, 0]] * (tensor.ndim - 1) + [[0, size]])
    result = _second(longer, False)[..., 1::2]
    return result * math.sqrt(0.5 / size) if ortho and size else result


def _transform(tensor: Tensor, type: int, ortho: bool) -> Tensor:
    if type == 1:
        return _first(tensor)
    return {2: _second, 3: _third, 4: _fourth}[type](tensor, ortho)


def _samples() -> list[Any]:
    return [
        *(call(real(2, 4), type) for type in (1, 2, 3, 4)),
        *(call(real(2, 5), type, norm="ortho") for type in (2, 3, 4)),
        *(call(real(4), type, n=n) for type in (1, 2, 3, 4) for n in (3, 6)),
    ]


@op("signal.dct", dtypes="float32, float64", samples=_samples)
def dct(
    input: TensorLike,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The discrete cosine transform of the last axis.

    Args:
      input: a tensor of float32 or float64.
      type: the type of the transform, 1 to 4.
      n: number of transformed values, truncated or padded with zeros; None for all.
      axis: -1, the last axis.
      norm: "ortho" for the orthonormal transform, None for plain sums.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that dtype whose last axis is n long.

    Raises:
      NotImplementedError: another axis is requested.
      TypeError: the numbers have another dtype.
      ValueError: it is a scalar, or type, n or norm are invalid or do not fit together.

    Example:
      >>> tf.signal.dct([1.0, 2.0]).numpy().round(4)
      array([ 6.    , -1.4142], dtype=float32)
    """
    return _transform(_checked(input, type, n, axis, norm), type, norm == "ortho")


@op("signal.idct", dtypes="float32, float64", samples=_samples)
def idct(
    input: TensorLike,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The inverse of `dct` of the same type: without a norm, 2 n times that (2 (n - 1) times for type 1).

    Args:
      input: a tensor of float32 or float64.
      type: the type of the transform to invert, 1 to 4.
      n: number of transformed values, truncated or padded with zeros; None for all.
      axis: -1, the last axis.
      norm: "ortho" for the inverse of the orthonormal transform, None for plain sums.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that dtype whose last axis is n long.

    Raises:
      NotImplementedError: another axis is requested.
      TypeError: the numbers have another dtype.
      ValueError: it is a scalar, or type, n or norm are invalid or do not fit together.

    Example:
      >>> tf.signal.idct(tf.signal.dct([3.0, 5.0], norm="ortho"), norm="ortho").numpy().round(4)
      array([3., 5.], dtype=float32)
    """
    tensor = _checked(input, type, n, axis, norm)
    return _transform(tensor, {1: 1, 2: 3, 3: 2, 4: 4}[type], norm == "ortho")
