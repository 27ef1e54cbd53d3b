"""Tensors from values, shapes and ranges."""

from __future__ import annotations

from typing import Any

from gradtape import dtypes
from gradtape._ops import apply_reshape, as_tensor, full
from gradtape._tensor import Tensor

__all__ = ["constant", "convert_to_tensor", "ones", "ones_like", "zeros", "zeros_like"]


def convert_to_tensor(value: Any, dtype: Any = None, dtype_hint: Any = None, name: str | None = None) -> Tensor:
    """A tensor of the value: itself if it is one, a variable's present value, or a copy of the data."""
    return as_tensor(value, dtype, dtype_hint)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str = "Const") -> Tensor:
    """A tensor with a copy of the value, optionally of a dtype and shape."""
    tensor = as_tensor(value, dtype)
    return tensor if shape is None else apply_reshape(tensor, shape)


def zeros(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """Zeros of a shape."""
    return full(shape, 0, dtype)


def ones(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """Ones of a shape."""
    return full(shape, 1, dtype)


def zeros_like(input: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Zeros of another tensor's shape and dtype."""
    tensor = as_tensor(input)
    return full(tensor.shape, 0, dtype or tensor.dtype)


def ones_like(input: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Ones of another tensor's shape and dtype."""
    tensor = as_tensor(input)
    return full(tensor.shape, 1, dtype or tensor.dtype)
