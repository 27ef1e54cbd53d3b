"""Keras' dtype promotion: Python numbers take the dtype of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, as_tensor
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType
from gradtape._src.keras import settings
from gradtape._src.keras.tensors import tensor_of

# From the narrowest to the widest.
_ORDER = ("bool", "uint8", "int32", "int64", "float32", "float64")


def result_type(*dtypes: Any) -> str:
    """The dtype of the result of an op on operands of several dtypes.

    Args:
      dtypes: names, dtypes, or Python's bool, int and float for numbers, which take the dtype of the others.

    Returns:
      The dtype's name.

    Raises:
      ValueError: gradtape does not support the dtype, or does not promote it to another one.

    Example:
      >>> tf.keras.backend.result_type("int64", "float32")
      'float32'
      >>> tf.keras.backend.result_type("float64", int)
      'float64'
    """
    if not dtypes:
        return settings.floatx()
    strong = [settings.standardize_dtype(dtype) for dtype in dtypes if dtype not in (bool, int, float)]
    if len(set(strong)) > 1 and (unknown := set(strong).difference(_ORDER)):
        raise ValueError(f"dtype={min(unknown)!r} is not a valid dtype for Keras type promotion.")
    widest = strong[0] if len(set(strong)) == 1 else max(strong, key=_ORDER.index, default="bool")
    if float in dtypes and not widest.startswith("float"):
        return settings.floatx()
    if int in dtypes and widest == "bool":
        return "int32"
    return widest


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
