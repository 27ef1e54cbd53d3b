"""Keras' dtype promotion: Python numbers take the dtype of tensors."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, as_tensor
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType
from gradtape._src.keras import settings
from gradtape._src.keras.tensors import tensor_of

# What each dtype is promoted to, next; "int" and "float" are Python's numbers. Two dtypes have the first in common that
# both lead to.
_NEXT = {
    "bool": ("int",),
    "int": ("uint8", "int8"),
    "uint8": ("uint16", "int16"),
    "uint16": ("uint32", "int32"),
    "uint32": ("uint64", "int64"),
    "uint64": ("float",),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float",),
    "float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64",),
    "float64": ("complex64",),
    "complex64": ("complex128",),
    "complex128": (),
}
# By identity, as dtypes equal the Python types that they are of.
_NUMBERS = {id(kind): kind.__name__ for kind in (bool, int, float)}


@functools.cache
def _wider(kind: str) -> frozenset[str]:
    """All that a dtype is promoted to, itself included."""
    return frozenset((kind,)).union(*map(_wider, _NEXT[kind]))


@functools.cache
def _common(kinds: frozenset[str]) -> str:
    return max(frozenset.intersection(*map(_wider, kinds)), key=lambda kind: len(_wider(kind)))


def result_type(*dtypes: Any) -> str:
    """The dtype of the result of an op on operands of several dtypes.

    Args:
      dtypes: names, dtypes, or Python's bool, int and float for numbers, which take the dtype of the others.

    Returns:
      The dtype's name.

    Raises:
      ValueError: a dtype is unknown, or is string beside others.

    Example:
      >>> tf.keras.backend.result_type("int64", "float32")
      'float32'
      >>> tf.keras.backend.result_type("float64", int)
      'float64'
    """
    if not dtypes:
        return settings.floatx()
    kinds = frozenset(_NUMBERS.get(id(dtype)) or settings.standardize_dtype(dtype) for dtype in dtypes)
    if len(kinds) == 1 and not kinds.issubset(("int", "float")):
        return next(iter(kinds))
    if unknown := kinds.difference(_NEXT):
        raise ValueError(f"dtype={min(unknown)!r} is not a valid dtype for Keras type promotion.")
    found = _common(kinds)
    return {"int": "int32", "float": settings.floatx()}.get(found, found)


def promoted(*values: Any) -> list[Tensor]:
    """Converts values to tensors of one dtype."""
    if all(type(value) is Tensor and value.dtype is values[0].dtype for value in values):
        return list(values)
    kinds = [type(value) if isinstance(value, bool | int | float) else _dtype_of(value) for value in values]
    dtype = dtypes.as_dtype(result_type(*kinds))
    return [tensor_of(value, dtype) for value in values]


def _dtype_of(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        dtype = as_tensor(value).dtype
    return settings.standardize_dtype(dtype)


def of_dtype(value: Any, dtype: Any) -> Tensor:
    """Converts a value to a tensor of a dtype, its own for None."""
    tensor = tensor_of(value)
    return tensor if dtype is None else apply_cast(tensor, dtypes.as_dtype(settings.standardize_dtype(dtype)))


def wanted(dtype: Any) -> DType:
    """The requested dtype, `floatx` for None."""
    return dtypes.as_dtype(settings.standardize_dtype(dtype))


def countable(value: Any) -> Tensor:
    """Converts a value to a tensor that can be summed: bools and small integers become int32."""
    tensor = tensor_of(value)
    return apply_cast(tensor, dtypes.int32) if tensor.dtype.name in ("bool", "uint8") else tensor


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from the first; ValueError if it is out of range."""
    if not -rank <= axis < rank:
        raise ValueError(f"axis {axis} is out of bounds for an array with dimension {rank}.")
    return axis % rank


def shape_list(shape: Any) -> list[int]:
    """A shape as a list of ints."""
    return [int(size) for size in ([shape] if isinstance(shape, int) else np.asarray(held(shape)).reshape(-1).tolist())]
