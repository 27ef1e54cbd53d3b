"""tf.bitwise: bitwise functions of integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from, view
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import common_tensors, dims_text, not_allowed, one_dtype
from gradtape._src.core.typing import TensorLike
from gradtape._src.table.rows import INTEGERS, call, op

_ALLOWED = "int8, int16, int32, int64, uint8, uint16, uint32, uint64"


def _pairs() -> list[Any]:
    return [
        *(call([12, -5, 7], [10, 3, -1]), call([[1], [2]], [4, 5, 6]), call(6, 3)),
        call(np.array([200, 15], np.uint8), np.array([100, 85], np.uint8)),
        call(np.array([2**40, -1]), np.array([2**40 + 1, 5])),
    ]


def _shifts() -> list[Any]:
    return [
        *(call([1, -8, 7], [3, 1, 0]), call([[1], [2]], [4, 5, 6]), call(6, 1)),
        *(
            call(np.array([200, 15], np.uint8), np.array([1, 7], np.uint8)),
            call(np.array([2**40, -1]), np.array([2, 5])),
        ),
        # Shifts out of range are clamped to the nearest one in range.
        *(call([1, -8, 7], [40, -3, 32]), call(np.array([200, 15], np.uint8), np.array([9, 8], np.uint8))),
    ]


def _computed(kernel: str, function: Callable[..., Any]) -> Primitive:
    return Primitive(
        kernel,
        lambda *operands: tensor_from(np.asarray(function(*map(view, operands))), operands[0].dtype),
        None,
        batch="elementwise",
    )


def _within(shift: np.ndarray) -> np.ndarray:
    return np.clip(shift, 0, 8 * shift.dtype.itemsize - 1).astype(shift.dtype)


_AND = _computed("BitwiseAnd", np.bitwise_and)
_OR = _computed("BitwiseOr", np.bitwise_or)
_XOR = _computed("BitwiseXor", np.bitwise_xor)
_INVERT = _computed("Invert", np.invert)
_LEFT_SHIFT = _computed("LeftShift", lambda x, y: np.left_shift(x, _within(y)))
_RIGHT_SHIFT = _computed("RightShift", lambda x, y: np.right_shift(x, _within(y)))


def _applied(primitive: Primitive, kernel: str, x: TensorLike, y: TensorLike) -> Tensor:
    tensors = common_tensors((x, y))
    one_dtype(kernel, tensors)
    if not tensors[0].dtype.is_integer:
        raise not_allowed(kernel, tensors[0].dtype, _ALLOWED)
    try:
        np.broadcast_shapes(*(tuple(tensor.shape) for tensor in tensors))
    except ValueError:
        shapes = " vs. ".join(dims_text(tensor.shape) for tensor in tensors)
        raise invalid_argument(kernel, f"Incompatible shapes: {shapes}", "") from None
    return primitive(*tensors)


@op("bitwise.bitwise_and", dtypes=INTEGERS, orders="0", edges=_pairs)
def bitwise_and(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Bitwise AND.

    Args:
      x: a tensor of integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, or the shapes do not broadcast.

    Example:
      >>> tf.bitwise.bitwise_and([12, 7], [10, 3]).numpy()
      array([8, 3], dtype=int32)
    """
    return _applied(_AND, "BitwiseAnd", x, y)


@op("bitwise.bitwise_or", dtypes=INTEGERS, orders="0", edges=_pairs)
def bitwise_or(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Bitwise OR.

    Args:
      x: a tensor of integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, or the shapes do not broadcast.

    Example:
      >>> tf.bitwise.bitwise_or([12, 7], [10, 3]).numpy()
      array([14,  7], dtype=int32)
    """
    return _applied(_OR, "BitwiseOr", x, y)


@op("bitwise.bitwise_xor", dtypes=INTEGERS, orders="0", edges=_pairs)
def bitwise_xor(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Bitwise XOR.

    Args:
      x: a tensor of integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, or the shapes do not broadcast.

    Example:
      >>> tf.bitwise.bitwise_xor([12, 7], [10, 3]).numpy()
      array([6, 4], dtype=int32)
    """
    return _applied(_XOR, "BitwiseXor", x, y)


@op("bitwise.left_shift", dtypes=INTEGERS, orders="0", edges=_shifts)
def left_shift(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Shifts the bits of x left by y positions; bits beyond the word are lost.

    Args:
      x: a tensor of integers.
      y: the positions, in the dtype of x; clamped to [0, bits - 1].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, or the shapes do not broadcast.

    Example:
      >>> tf.bitwise.left_shift([1, 3], 2).numpy()
      array([ 4, 12], dtype=int32)
    """
    return _applied(_LEFT_SHIFT, "LeftShift", x, y)


@op("bitwise.right_shift", dtypes=INTEGERS, orders="0", edges=_shifts)
def right_shift(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Shifts the bits of x right by y positions, filling with the sign bit, or with 0 for unsigned integers.

    Args:
      x: a tensor of integers.
      y: the positions, in the dtype of x; clamped to [0, bits - 1].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, or the shapes do not broadcast.

    Example:
      >>> tf.bitwise.right_shift([16, -1], 2).numpy()
      array([ 4, -1], dtype=int32)
    """
    return _applied(_RIGHT_SHIFT, "RightShift", x, y)


@op(
    "bitwise.invert",
    dtypes=INTEGERS,
    orders="0",
    edges=lambda: [call([0, -1, 5]), call(7), call(np.array([0, 200], np.uint8)), call(np.array([2**40]))],
)
def invert(x: TensorLike, name: str | None = None) -> Tensor:
    """Flips every bit.

    Args:
      x: a tensor of integers.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of x.

    Raises:
      InvalidArgumentError: x has another dtype.

    Example:
      >>> tf.bitwise.invert([0, 5]).numpy()
      array([-1, -6], dtype=int32)
    """
    tensor = as_tensor(x)
    if not tensor.dtype.is_integer:
        raise not_allowed("Invert", tensor.dtype, _ALLOWED)
    return _INVERT(tensor)
