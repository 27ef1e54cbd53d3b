"""What functions make of their arguments before computing: tensors, axes, sizes and the errors of unsuitable ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, empty, view
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import OpError, invalid_argument

# What TensorFlow's messages list where arithmetic, and where an order, is asked of bools.
NUMERIC = (
    "float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, qint16, quint16, "
    "uint16, complex128, half, uint32, uint64"
)
ORDERED = "float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64"

WIDE = 2**63  # the first integer beyond int64

# Attributes of operands of integers that keep the dtype they come in, so that floats and bools are refused; others are
# asked for as int32, which Python's floats do not become.
AS_THEY_COME = frozenset({"Tindices", "Tshift", "Taxis", "Index"})

TENSORS = (Tensor, BaseVariable)  # what has a dtype of its own, which a number or list beside it takes


def common_tensors(values: Iterable[Any]) -> tuple[Tensor, ...]:
    """Values as tensors: what is none yet in the dtype of the first tensor or variable, or else of the first value.

    Raises TypeError or ValueError where a value does not convert to it. Tensors keep their dtypes: see `one_dtype`.
    """
    values = list(values)
    dtype = next((value.dtype for value in values if isinstance(value, TENSORS)), None)
    tensors: list[Tensor] = []
    for value in values:
        tensors.append(as_tensor(value) if isinstance(value, TENSORS) else as_tensor(value, dtype))
        dtype = dtype or tensors[0].dtype
    return tuple(tensors)


def one_dtype(op: str, tensors: tuple[Tensor, ...]) -> None:
    """InvalidArgumentError unless all tensors have the first one's dtype."""
    for place, tensor in enumerate(tensors):
        if tensor.dtype != tensors[0].dtype:
            raise wrong_dtype(op, place, tensors[0].dtype, tensor.dtype)


def wrong_dtype(op: str, place: int, expected: dtypes.DType, actual: dtypes.DType) -> OpError:
    """The error of an operand whose dtype is not the one that the others have."""
    return invalid_argument(
        op,
        f"cannot compute {op} as input #{place}(zero-based) was expected to be a {dtype_word(expected)} tensor but "
        f"is a {dtype_word(actual)} tensor",
        "",
        kernel=None,
    )


def not_allowed(op: str, actual: dtypes.DType, allowed: str, attribute: str = "T") -> OpError:
    """The error of an op that does not take this dtype."""
    return invalid_argument(
        op,
        f"Value for attr '{attribute}' of {dtype_word(actual)} is not in the list of allowed values: {allowed}",
        "",
        kernel=None,
    )


def dtype_word(dtype: dtypes.DType) -> str:
    """A dtype as TensorFlow's messages call it."""
    return {"float32": "float", "float64": "double"}.get(dtype.name, dtype.name)


def dims_text(shape: Iterable[Any]) -> str:
    """A shape as TensorFlow's messages print it: [2,3]."""
    return f"[{','.join(map(str, shape))}]"


def index_array(indices: Any, op: str, attribute: str = "Tindices", allowed: str = "int32, int64") -> np.ndarray:
    """Integers of a tensor, list or array as a contiguous int64 array that nobody else writes to.

    Args:
      indices: what the caller was given.
      op, attribute, allowed: TensorFlow's op, its name for the dtype of this operand, and the dtypes it takes there.

    Raises:
      InvalidArgumentError: they are of another dtype.
      TypeError or ValueError: they are no numbers, or a float where int32 is asked for.
    """
    if isinstance(indices, float) and attribute not in AS_THEY_COME and not isinstance(indices, np.generic):
        raise TypeError(f"Cannot convert {indices} to EagerTensor of dtype int32")
    tensor = as_tensor(indices) if attribute in AS_THEY_COME else as_tensor(indices, hint=dtypes.int32)
    if tensor.dtype.name not in allowed.split(", "):
        raise not_allowed(op, tensor.dtype, allowed, attribute)
    return np.asarray(view(tensor), np.int64, order="C")


def ints_of(value: Any, op: str, attribute: str, allowed: str = "int32, int64") -> list[int]:
    """A scalar or vector of integers as a list; see `index_array` for the other arguments and the errors."""
    if type(value) is int and -WIDE <= value < WIDE:
        return [value]
    if isinstance(value, list | tuple) and all(type(item) is int and -WIDE <= item < WIDE for item in value):
        return list(value)
    array = index_array(value, op, attribute, allowed)
    if array.ndim > 1:
        raise invalid_argument(op, f"expected a vector of integers, got shape {dims_text(array.shape)}", None)
    return array.reshape(-1).tolist()


def int_of(value: Any, op: str, attribute: str, allowed: str = "int32, int64") -> int:
    """A scalar integer: a Python int, or a tensor or array of one; see `index_array` for the rest."""
    if type(value) is int and -WIDE <= value < WIDE:
        return value
    array = index_array(value, op, attribute, allowed)
    if array.size != 1:
        raise invalid_argument(op, f"expected a scalar, got shape {dims_text(array.shape)}", "")
    return int(array.reshape(()))


def int_attribute(value: Any, attribute: str) -> int:
    """An integer that is no operand: whatever Python makes an int of, cut as it cuts; else TypeError."""
    if not isinstance(value, str):
        try:
            return int(value)
        except (TypeError, ValueError, OverflowError):
            pass
    raise TypeError(f"Expected int for argument '{attribute}' not {value!r}.")


def flag(value: Any, attribute: str) -> bool:
    """True or False; TypeError for anything else."""
    if isinstance(value, bool):
        return value
    raise TypeError(f"Expected bool for argument '{attribute}' not {value!r}.")


def scalar_of(op: str, value: Any, message: str, attribute: str = "Tidx") -> int:
    """A scalar integer; InvalidArgumentError, `message` with its {shape} filled in, where it has another shape."""
    if type(value) is int and -WIDE <= value < WIDE:
        return value
    tensor = as_tensor(value, dtypes.int32) if isinstance(value, float) else as_tensor(value, hint=dtypes.int32)
    if tensor.ndim:
        raise invalid_argument(op, message.format(shape=dims_text(tensor.shape)), "")
    return int_of(tensor, op, attribute)


def check_memory(shape: Iterable[int], dtype: dtypes.DType) -> None:
    """ResourceExhaustedError where there is no memory for a tensor of this shape, before NumPy is asked for it."""
    empty(tuple(shape), dtype)


def index_dtype(op: str, dtype: Any, attribute: str, allowed: str = "int32, int64") -> dtypes.DType:
    """The dtype asked for places or counts; InvalidArgumentError unless it is int32 or int64."""
    wanted = dtypes.as_dtype(dtype)
    if wanted not in (dtypes.int32, dtypes.int64):
        raise not_allowed(op, wanted, allowed, attribute)
    return wanted


def one_axis(axis: Any, rank: int, op: str, message: str) -> int:
    """An axis counted from the front; `message` words the error, with {axis}, {low} and {high} to fill in."""
    place = int_of(axis, op, "Tidx")
    if not -rank <= place < rank:
        raise invalid_argument(op, message.format(axis=place, low=-rank, high=rank), "")
    return place % rank


def reduced_axes(axis: Any, rank: int, op: str) -> tuple[int, ...]:
    """The axes that a reduction reduces, from the front and in order; all of them for None."""
    if axis is None:
        return tuple(range(rank))
    chosen: set[int] = set()
    for place in ints_of(axis, op, "Tidx"):
        if not -rank <= place < rank:
            raise invalid_argument(op, f"Invalid reduction dimension ({place} for input with {rank} dimension(s)", "")
        if place % rank in chosen:
            raise invalid_argument(
                op, f"Invalid reduction arguments: Axes contains duplicate dimension: {place % rank}", None
            )
        chosen.add(place % rank)
    return tuple(sorted(chosen))
