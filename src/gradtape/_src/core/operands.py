"""Conversion and validation of arguments: tensors, axes, sizes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gradtape._engine.api.api import as_tensor, empty
from gradtape._engine.ops.arguments import (
    common_tensors as common_tensors,
    index_array as index_array,
    int_attribute as int_attribute,
    int_of as int_of,
    ints_of as ints_of,
)
from gradtape._engine.ops.messages import (
    dtype_not_allowed,
    one_dtype as one_dtype,
    shape_text,
    unexpected_dtype,
)
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import OpError, invalid_argument

# The dtypes that TensorFlow's messages list for arithmetic, and for comparisons, of bools.
NUMERIC = (
    "float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, qint16, quint16, "
    "uint16, complex128, half, uint32, uint64"
)
ORDERED = "float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64"

WIDE = 2**63  # the first integer beyond int64

dims_text = shape_text  # a shape as TensorFlow's messages print it: [2,3]

TENSORS = (Tensor, BaseVariable)  # operands with a dtype, to which numbers and lists are converted


def wrong_dtype(op: str, place: int, expected: dtypes.DType, actual: dtypes.DType) -> OpError:
    """The error of an operand whose dtype is not the one that the others have."""
    return unexpected_dtype(op, place, dtype_word(expected), dtype_word(actual))


def not_allowed(op: str, actual: dtypes.DType, allowed: str, attribute: str = "T") -> OpError:
    """The error of an op that does not take this dtype."""
    return dtype_not_allowed(op, dtype_word(actual), allowed, attribute)


def dtype_word(dtype: dtypes.DType) -> str:
    """A dtype as TensorFlow's messages call it."""
    return {"float32": "float", "float64": "double", "float16": "half"}.get(dtype.name, dtype.name)


def flag(value: Any, attribute: str) -> bool:
    """True or False; TypeError for anything else."""
    if isinstance(value, bool):
        return value
    raise TypeError(f"Expected bool for argument '{attribute}' not {value!r}.")


def scalar_of(op: str, value: Any, message: str, attribute: str = "Tidx") -> int:
    """A scalar integer; InvalidArgumentError, `message` with its {shape} filled in, for any other shape."""
    if type(value) is int and -WIDE <= value < WIDE:
        return value
    tensor = as_tensor(value, dtypes.int32) if isinstance(value, float) else as_tensor(value, hint=dtypes.int32)
    if tensor.ndim:
        raise invalid_argument(op, message.format(shape=dims_text(tensor.shape)), "")
    return int_of(tensor, op, attribute)


def check_memory(shape: Iterable[int], dtype: dtypes.DType) -> None:
    """ResourceExhaustedError if a tensor of this shape exceeds the available memory, before NumPy allocates it."""
    empty(tuple(shape), dtype)


def index_dtype(op: str, dtype: Any, attribute: str, allowed: str = "int32, int64") -> dtypes.DType:
    """The dtype for positions or counts; InvalidArgumentError unless it is int32 or int64."""
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
