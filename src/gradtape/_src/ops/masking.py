"""One-hot vectors, masks, and selection by a condition."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_elementwise, as_tensor, tensor_from, view
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import InvalidArgumentError, TextOperand, invalid_argument
from gradtape._src.core.operands import TENSORS, check_memory, dims_text, int_attribute, int_of, not_allowed
from gradtape._src.core.text_codes import moved
from gradtape._src.core.typing import DTypeLike, IntLike, TensorLike
from gradtape._src.table.rows import ALL, INTEGERS, NUMBERS, call, integer, op, real, values


@op(
    "one_hot",
    dtypes=INTEGERS,
    orders="0",
    edges=lambda: [
        *(
            call([0, 2, -1, 5], 3),
            call([[0, 1]], 2, axis=0),
            call(1, 3, on_value=5, off_value=2),
            call([0, 1], 2, axis=1),
        ),
        *(call(1, 3, on_value=5.0, off_value=2.0, dtype="float64"), call([1], 3, True, False), call([], 2)),
    ],
)
def one_hot(
    indices: TensorLike,
    depth: TensorLike,
    on_value: TensorLike | None = None,
    off_value: TensorLike | None = None,
    axis: IntLike | None = None,
    dtype: DTypeLike | None = None,
    name: str | None = None,
) -> Tensor:
    """Vectors with on_value at a given index and off_value elsewhere.

    An index outside [0, depth) gives off_value throughout.

    Args:
      indices: a tensor of integers.
      depth: the size of the new axis.
      on_value: the value at the index; None for 1.
      off_value: the value elsewhere; None for 0.
      axis: the position of the new axis; None and -1 for the last.
      dtype: the dtype; None for that of the values, or float32 if they are not given.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with one axis more than `indices`.

    Raises:
      TypeError: the dtypes of on_value, off_value and dtype differ.
      InvalidArgumentError: the indices are not integers, depth is negative, or the axis is out of range.

    Example:
      >>> tf.one_hot([0, 2], depth=3).numpy()
      array([[1., 0., 0.],
             [0., 0., 1.]], dtype=float32)
    """
    index, count = as_tensor(indices, hint=dtypes.int32), int_of(depth, "OneHot", "depth")
    if not index.dtype.is_integer and index.shape.num_elements():
        raise not_allowed("OneHot", index.dtype, "uint8, int8, int32, int64", "TI")
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    on = None if on_value is None else as_tensor(on_value, wanted)
    off = None if off_value is None else as_tensor(off_value, wanted)
    if on is not None and off is not None and on.dtype != off.dtype:
        raise TypeError(f"dtype {on.dtype} of on_value does not match dtype {off.dtype} of off_value")
    wanted = wanted or (on.dtype if on is not None else off.dtype if off is not None else dtypes.float32)
    if count < 0:
        raise invalid_argument("OneHot", f"depth must be non-negative, got: {count}", "")
    place = -1 if axis is None else int_attribute(axis, "axis")
    if not -1 <= place <= index.ndim:
        raise invalid_argument(
            "OneHot", f"Expected axis to be -1 or between [0, {index.ndim + 1}).  But received: {place}", None
        )
    check_memory((*index.shape, count), wanted)
    given = [value for value in (on, off) if value is not None]
    return _ONE_HOT(index, *given, attributes=(place, count, wanted, on is not None, off is not None))


def _one_hot(index: Tensor, *rest: Any) -> Tensor:
    *given, place, count, wanted, lit, unlit = rest
    hot = np.expand_dims(view(index), place)
    hot = hot == np.arange(count).reshape([-1 if i == place % hot.ndim else 1 for i in range(hot.ndim)])
    numpy_dtype = wanted.as_numpy_dtype
    yes = view(given[0]) if lit else numpy_dtype(1)
    no = view(given[-1]) if unlit else numpy_dtype(0)
    return tensor_from(np.where(hot, yes, no), wanted)


_ONE_HOT = Primitive("OneHot", _one_hot, batch="one_hot")


@op(
    "sequence_mask",
    dtypes=NUMBERS,
    orders="0",
    edges=lambda: [call([1, 3]), call([[1], [2]], 2, dtype="float32"), call(2), call([1, 2], maxlen=4, dtype="int32")],
)
def sequence_mask(
    lengths: TensorLike, maxlen: TensorLike | None = None, dtype: DTypeLike = dtypes.bool, name: str | None = None
) -> Tensor:
    """For each length, True at positions below it and False at the others.

    Args:
      lengths: a tensor of numbers.
      maxlen: number of positions; None for the largest length.
      dtype: the dtype of the mask.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [*lengths.shape, maxlen].

    Raises:
      TypeError, ValueError: `lengths` does not convert to a tensor.

    Example:
      >>> tf.sequence_mask([1, 3]).numpy()
      array([[ True, False, False],
             [ True,  True,  True]])
      >>> tf.sequence_mask([1, 3], maxlen=4, dtype=tf.int32).numpy()
      array([[1, 0, 0, 0],
             [1, 1, 1, 0]], dtype=int32)
    """
    longest = None if maxlen is None else int_of(maxlen, "Range", "Tidx")
    return _MASK(as_tensor(lengths), attributes=(longest, dtypes.as_dtype(dtype)))


def _mask(lengths: Tensor, longest: int | None, dtype: dtypes.DType) -> Tensor:
    array = view(lengths)
    if not np.isfinite(array).all():
        raise invalid_argument("Range", "Lengths that are not finite have no mask", "")
    if longest is None:
        longest = max(math.ceil(array.max()), 0) if array.size else 0
    check_memory((*array.shape, longest), dtype)
    return tensor_from(np.arange(longest) < array[..., None], dtype)


_MASK = Primitive("SequenceMask", _mask, varies=True)
_WHERE = Primitive("Where", lambda mask: tensor_from(np.argwhere(view(mask))), varies=True)


@op(
    "where",
    dtypes=ALL,
    samples=lambda: [
        *(
            call(integer([True, False], "bool"), real(2), real(2)),
            call(integer([[True], [False]], "bool"), real(2, 3), real()),
        ),
        *(call(True, real(3), real(3)), call(integer([True, False, True], "bool"), real(2, 1), real(3))),
        call(integer(np.zeros((0, 2)), "bool"), real(2), real(1)),
    ],
    edges=lambda: [
        *(call([True, False, True]), call(integer([[0, 1], [2, 0]])), call(values([0.0, math.nan, 2.0]))),
        *(call([True, False], [1.0, 2.0], 0.0), call([True, False], 1, integer([5, 6])), call(integer([], "bool"))),
        call([True, False], values([math.nan, 1.0]), values([1.0, math.inf])),
    ],
)
def where(
    condition: TensorLike, x: TensorLike | None = None, y: TensorLike | None = None, name: str | None = None
) -> Tensor:
    """Elements of x where a condition holds and of y elsewhere; without x and y, the positions where it holds.

    Args:
      condition: a tensor of bools; without x and y also of numbers, which count as True if they are not 0.
      x: a tensor that broadcasts with condition and y.
      y: another, of the same dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the broadcast shape, or without x and y an int64 matrix with one row of coordinates per position. The
      gradient of elements that are not selected is 0, even where it is not finite.

    Raises:
      ValueError: one of x and y is missing.
      TypeError: a Python value does not convert to the dtype of the other.
      InvalidArgumentError: the shapes do not broadcast, the dtypes of x and y differ, or a lone condition is a scalar.

    Example:
      >>> tf.where([True, False, True], [1, 2, 3], 0).numpy()
      array([1, 0, 3], dtype=int32)
      >>> tf.where([[True, False], [False, True]]).numpy()
      array([[0, 0],
             [1, 1]])
    """
    if x is None and y is None:
        mask = as_tensor(condition)
        if mask.ndim == 0:
            raise invalid_argument("Where", "WhereOp : Unhandled input dimensions: 0", "")
        return _WHERE(mask)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    mask = as_tensor(condition, dtypes.bool)
    try:
        first, second = _branches(x, y)
    except TextOperand:
        return moved(lambda first, second: where(mask, first, second), x, y)
    try:
        return apply_elementwise("select", mask, first, second)
    except InvalidArgumentError as error:
        if "Incompatible shapes" not in error.message:
            raise
        raise invalid_argument(
            "SelectV2",
            f"condition {dims_text(mask.shape)}, then {dims_text(first.shape)}, and else {dims_text(second.shape)} "
            "must be broadcastable",
            "",
        ) from None


def _branches(x: Any, y: Any) -> tuple[Tensor, Tensor]:
    """Both branches in the dtype of the one that is a tensor, or of the first."""
    if isinstance(y, TENSORS) and not isinstance(x, TENSORS):
        second = as_tensor(y)
        return as_tensor(x, second.dtype), second
    first = as_tensor(x)
    return first, (as_tensor(y) if isinstance(y, TENSORS) else as_tensor(y, first.dtype))
