"""Shapes: querying, checking and changing them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_broadcast_to,
    apply_conjugate,
    apply_expand_dims,
    apply_identity,
    apply_reshape,
    apply_squeeze,
    apply_transpose,
    as_tensor,
    full,
    tensor_from,
    view,
)
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.composite import CompositeTensor
from gradtape._src.core.errors import TextOperand, invalid_argument
from gradtape._src.core.operands import common_tensors, dims_text, ints_of
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.text_codes import compared, moved
from gradtape._src.core.typing import Axes, DTypeLike, IntLike, ShapeLike, TensorLike
from gradtape._src.ops.indexed_slices import values_of, with_values
from gradtape._src.table.rows import ALL, INTEGERS, call, integer, op, real, values


@op(
    "identity",
    dtypes=ALL,
    samples=lambda: [call(real(2, 3)), call(real()), call(real(0))],
    edges=lambda: [call([1, 2])],
)
def identity(input: Any, name: str | None = None) -> Any:
    """A new tensor with the same value, which a tape can watch separately.

    Args:
      input: a tensor, a value convertible to one, or IndexedSlices.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype, or IndexedSlices.

    Raises:
      TypeError, ValueError: the operand does not convert to a tensor.

    Example:
      >>> tf.identity([1.0, 2.0]).numpy()
      array([1., 2.], dtype=float32)
    """
    try:
        return with_values(input, apply_identity(values_of(input)))
    except TextOperand:
        return moved(identity, input)


@op(
    "identity_n",
    dtypes=ALL,
    samples=lambda: [call([real(2, 3), real(2)])],
    edges=lambda: [call([integer([1]), values([2.0])])],
)
def identity_n(input: Sequence[TensorLike], name: str | None = None) -> list[Tensor]:
    """New tensors with the same values.

    Args:
      input: a sequence of tensors, or of values convertible to tensors.
      name: not used; TensorFlow names operations by it.

    Returns:
      A list of tensors.

    Raises:
      TypeError, ValueError: it is not a sequence of values convertible to tensors.

    Example:
      >>> [t.numpy() for t in tf.identity_n([[1, 2], [3.0]])]
      [array([1, 2], dtype=int32), array([3.], dtype=float32)]
    """
    return [identity(value) for value in input]


@op(
    "reshape",
    dtypes=ALL,
    samples=lambda: [
        *(
            call(real(2, 3), [3, 2]),
            call(real(2, 3), [-1]),
            call(real(1), []),
            call(real(0, 3), [3, -1]),
            call(real(6), 6),
        )
    ],
    edges=lambda: [call([1, 2, 3, 4], [2, 2]), call([[True], [False]], [-1])],
)
def reshape(tensor: TensorLike, shape: ShapeLike, name: str | None = None) -> Tensor:
    """The same elements, in the same order, with another shape.

    Args:
      tensor: a tensor, or a value convertible to one.
      shape: the new shape; one size may be -1, which is computed from the others.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape, which shares its storage with the operand; nothing is copied.

    Raises:
      InvalidArgumentError: the shape does not have the same number of elements, or two sizes are -1.

    Example:
      >>> tf.reshape([1, 2, 3, 4, 5, 6], [2, -1]).numpy()
      array([[1, 2, 3],
             [4, 5, 6]], dtype=int32)
    """
    try:
        return apply_reshape(tensor, shape)
    except TextOperand:
        return moved(reshape, tensor, shape=shape)


@op(
    "transpose",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(2, 3, 4)), call(real(2, 3, 4), [1, 0, 2]), call(real(2, 3), perm=[1, 0])),
        *(call(real(0, 2)), call(real())),
    ],
    edges=lambda: [call([[1, 2], [3, 4]])],
)
def transpose(
    a: TensorLike, perm: TensorLike | None = None, conjugate: bool = False, name: str = "transpose"
) -> Tensor:
    """Permutes the axes: axis i of the result is axis perm[i] of the operand.

    Args:
      a: a tensor, or a value convertible to one.
      perm: the axes in their new order; None reverses the order.
      conjugate: whether complex numbers are conjugated too.
      name: not used.

    Returns:
      A tensor of the same dtype.

    Raises:
      InvalidArgumentError: perm is not a permutation of the axes.

    Example:
      >>> tf.transpose([[1, 2, 3], [4, 5, 6]]).numpy()
      array([[1, 4],
             [2, 5],
             [3, 6]], dtype=int32)
      >>> tf.transpose(tf.zeros([2, 3, 4]), perm=[0, 2, 1]).shape
      TensorShape([2, 4, 3])
    """
    try:
        transposed = apply_transpose(a, perm)
        return apply_conjugate(transposed) if conjugate else transposed
    except TextOperand:
        return moved(transpose, a, perm=perm)


@op(
    "broadcast_to",
    dtypes=ALL,
    samples=lambda: [call(real(3), [2, 3]), call(real(2, 1), [2, 4]), call(real(), [0, 2]), call(real(1, 2), [1, 2])],
    edges=lambda: [call([1, 2], [3, 2]), call(True, [2])],
)
def broadcast_to(input: TensorLike, shape: ShapeLike, name: str | None = None) -> Tensor:
    """Broadcasts a tensor to a shape, by repeating it along new leading axes and axes of size 1.

    Args:
      input: a tensor, or a value convertible to one.
      shape: the shape, to which the operand must broadcast.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape. The gradient sums over the repeated axes.

    Raises:
      InvalidArgumentError: the operand does not broadcast to the shape.

    Example:
      >>> tf.broadcast_to([1, 2, 3], [2, 3]).numpy()
      array([[1, 2, 3],
             [1, 2, 3]], dtype=int32)
    """
    try:
        tensor, sizes = as_tensor(input), tuple(ints_of(shape, "BroadcastTo", "Tidx"))
        if len(sizes) < tensor.ndim:
            raise invalid_argument(
                "BroadcastTo",
                f"Rank of input ({tensor.ndim}) must be no greater than rank of output shape ({len(sizes)}).",
                None,
            )
        for size in sizes:
            if size < 0:
                raise invalid_argument("BroadcastTo", f"Dimension {size} must be >= 0", None)
        return apply_broadcast_to(tensor, sizes)
    except TextOperand:
        return moved(broadcast_to, input, shape=shape)


@op(
    "expand_dims",
    dtypes=ALL,
    samples=lambda: [call(real(2, 3), 0), call(real(2, 3), axis=-1), call(real(2, 3), 1), call(real(), -1)],
    edges=lambda: [call([1, 2], 1)],
)
def expand_dims(input: TensorLike, axis: IntLike, name: str | None = None) -> Tensor:
    """Inserts an axis of size 1.

    Args:
      input: a tensor, or a value convertible to one.
      axis: the position of the new axis; negative positions count from the end.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with the same elements and one axis more.

    Raises:
      InvalidArgumentError: the position is out of range.

    Example:
      >>> tf.expand_dims([1, 2, 3], axis=-1).shape
      TensorShape([3, 1])
    """
    try:
        return apply_expand_dims(input, axis)
    except TextOperand:
        return moved(expand_dims, input, axis=axis)


@op(
    "squeeze",
    dtypes=ALL,
    samples=lambda: [call(real(1, 3, 1)), call(real(1, 3, 1), 0), call(real(1, 3, 1), axis=[0, -1]), call(real())],
    edges=lambda: [call([[1, 2]]), call([[1], [2]], [1])],
)
def squeeze(input: TensorLike, axis: Axes = None, name: str | None = None) -> Tensor:
    """Removes axes of size 1.

    Args:
      input: a tensor, or a value convertible to one.
      axis: the axis or axes to remove; None for all of size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with the same elements and fewer axes.

    Raises:
      InvalidArgumentError: an axis is out of range or its size is not 1.

    Example:
      >>> tf.squeeze([[[1], [2], [3]]]).numpy()
      array([1, 2, 3], dtype=int32)
    """
    try:
        return apply_squeeze(input, axis)
    except TextOperand:
        return moved(squeeze, input, axis=axis)


@op("shape", dtypes=ALL, orders="0", edges=lambda: [call(real(2, 3)), call(real()), call(real(0, 2), out_type="int64")])
def shape(input: TensorLike, out_type: DTypeLike | None = None, name: str | None = None) -> Tensor:
    """The shape of a tensor, as a vector.

    `tensor.shape` is the same as a TensorShape, without creating a tensor.

    Args:
      input: a tensor, or a value convertible to one.
      out_type: the vector's dtype; None for int32.
      name: not used; TensorFlow names operations by it.

    Returns:
      A vector of the sizes.

    Raises:
      TypeError, ValueError: the operand does not convert to a tensor.

    Example:
      >>> tf.shape([[1, 2, 3], [4, 5, 6]]).numpy()
      array([2, 3], dtype=int32)
    """
    try:
        return as_tensor(tuple(_dense(input).shape), dtypes.int32 if out_type is None else out_type)
    except TextOperand:
        return compared(shape, input, out_type=out_type)


def _dense(input: Any) -> Any:
    """An object with a tensor's shape, also for sparse tensors and IndexedSlices."""
    return input if isinstance(input, CompositeTensor) else as_tensor(input)


@op("shape_n", dtypes=ALL, orders="0", edges=lambda: [call([real(2, 3), real()]), call([real(2)], "int64")])
def shape_n(input: Sequence[TensorLike], out_type: DTypeLike = dtypes.int32, name: str | None = None) -> list[Tensor]:
    """The shapes of several tensors, as vectors.

    Args:
      input: a sequence of tensors.
      out_type: the vectors' dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A list of vectors.

    Raises:
      TypeError, ValueError: it is not a sequence of values convertible to tensors.

    Example:
      >>> [s.numpy() for s in tf.shape_n([[1, 2], [[3.0]]])]
      [array([2], dtype=int32), array([1, 1], dtype=int32)]
    """
    return [shape(value, out_type) for value in input]


@op("size", dtypes=ALL, orders="0", edges=lambda: [call(real(2, 3)), call(real()), call(real(0, 2))])
def size(input: TensorLike, out_type: DTypeLike | None = None, name: str | None = None) -> Tensor:
    """The number of elements of a tensor.

    Args:
      input: a tensor, or a value convertible to one.
      out_type: the result's dtype; None for int32.
      name: not used; TensorFlow names operations by it.

    Returns:
      A scalar tensor.

    Raises:
      TypeError, ValueError: the operand does not convert to a tensor.

    Example:
      >>> tf.size([[1, 2, 3], [4, 5, 6]]).numpy()
      np.int32(6)
    """
    try:
        count, wanted = (
            math.prod(tuple(_dense(input).shape)),
            dtypes.as_dtype(dtypes.int32 if out_type is None else out_type),
        )
        if wanted.is_integer and count > wanted.max:
            raise invalid_argument(
                "Size", f"Number of elements was larger than representable by {wanted.size * 8}-bit output type", ""
            )
        return full((), count, wanted)
    except TextOperand:
        return compared(size, input, out_type=out_type)


@op("rank", dtypes=ALL, orders="0", edges=lambda: [call(real(2, 3)), call(real())])
def rank(input: TensorLike, name: str | None = None) -> Tensor:
    """The number of axes of a tensor; for a matrix' rank see `tf.linalg.matrix_rank`.

    Args:
      input: a tensor, or a value convertible to one.
      name: not used; TensorFlow names operations by it.

    Returns:
      An int32 scalar tensor.

    Raises:
      TypeError, ValueError: the operand does not convert to a tensor.

    Example:
      >>> tf.rank([[1, 2], [3, 4]]).numpy()
      np.int32(2)
    """
    try:
        return full((), _dense(input).shape.ndims, dtypes.int32)
    except TextOperand:
        return compared(rank, input)


@op(
    "ensure_shape",
    dtypes=ALL,
    samples=lambda: [call(real(2, 3), [None, 3]), call(real(2), None)],
    edges=lambda: [call([1, 2], [2])],
)
def ensure_shape(x: TensorLike, shape: ShapeLike | None, name: str | None = None) -> Tensor:
    """Returns the same value after checking its shape.

    Args:
      x: a tensor, or a value convertible to one.
      shape: the expected shape, in which None matches any size; None for any shape.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the value of x.

    Raises:
      InvalidArgumentError: the shape does not match.

    Example:
      >>> tf.ensure_shape([[1, 2, 3]], [None, 3]).numpy()
      array([[1, 2, 3]], dtype=int32)
    """
    try:
        tensor, wanted = as_tensor(x), TensorShape(shape)
        if not wanted.is_compatible_with(tensor.shape):
            sizes = dims_text(["?" if n is None else n for n in wanted])
            raise invalid_argument(
                "EnsureShape",
                f"Shape of tensor input {dims_text(tensor.shape)} is not compatible with expected shape {sizes}.",
                "",
            )
        return apply_identity(tensor)
    except TextOperand:
        return moved(ensure_shape, x, shape=shape)


def broadcast_static_shape(shape_x: TensorShape | Sequence[int], shape_y: TensorShape | Sequence[int]) -> TensorShape:
    """The shape that two shapes broadcast to, as a TensorShape.

    Args:
      shape_x: a TensorShape or sequence of sizes.
      shape_y: another.

    Returns:
      A TensorShape.

    Raises:
      ValueError: they do not broadcast.

    Example:
      >>> tf.broadcast_static_shape([2, 1], [3])
      TensorShape([2, 3])
    """
    try:
        return TensorShape(np.broadcast_shapes(tuple(shape_x), tuple(shape_y)))
    except ValueError:
        raise ValueError(f"Incompatible shapes for broadcasting: {shape_x} and {shape_y}") from None


@op("broadcast_dynamic_shape", dtypes=INTEGERS, orders="0", edges=lambda: [call([2, 1], [1, 3]), call([3], [2, 3])])
def broadcast_dynamic_shape(shape_x: ShapeLike, shape_y: ShapeLike) -> Tensor:
    """The shape that two shapes broadcast to, as a vector.

    Args:
      shape_x: a vector of sizes.
      shape_y: another, of the same dtype.

    Returns:
      A vector of sizes of that dtype.

    Raises:
      InvalidArgumentError: they do not broadcast.

    Example:
      >>> tf.broadcast_dynamic_shape([2, 1], [3]).numpy()
      array([2, 3], dtype=int32)
    """
    x, y = common_tensors([shape_x, shape_y])
    try:
        return tensor_from(np.array(np.broadcast_shapes(tuple(view(x)), tuple(view(y)))), x.dtype)
    except ValueError:
        raise invalid_argument(
            "BroadcastArgs", f"Incompatible shapes: {dims_text(view(x))} vs. {dims_text(view(y))}", ""
        ) from None


def guarantee_const(input: TensorLike, name: str | None = None) -> Tensor:
    """`identity`, by which TensorFlow programs promise the compiler that a value is constant.

    Args:
      input: a tensor, or a value convertible to one.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same value.

    Raises:
      ValueError: the operand cannot be converted to a tensor.

    Example:
      >>> tf.guarantee_const(3.0).numpy()
      np.float32(3.0)
    """
    return identity(input)
