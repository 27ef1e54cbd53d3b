"""Shapes: tensors reshaped, turned, joined, parted and padded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_broadcast_to,
    apply_cast,
    apply_elementwise,
    apply_identity,
    apply_reduce,
    apply_reshape,
    apply_transpose,
    as_tensor,
    empty,
    full,
    install_packing,
    tensor_from,
    view,
)
from gradtape._engine.ops.movement import assemble, expanded, join, part, part_alike, squeezed
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType, as_dtype
from gradtape._src.core.errors import InvalidArgumentError, invalid_argument
from gradtape._src.core.operands import (
    TENSORS,
    common_tensors,
    dims_text,
    index_array,
    int_attribute,
    int_of,
    ints_of,
    not_allowed,
    one_dtype,
    room,
)
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.typing import Axes, DTypeLike, IntLike, ShapeLike, TensorLike
from gradtape._src.ops.indexed_slices import IndexedSlices, like, values_of
from gradtape._src.table.rows import ALL, INTEGERS, NUMBERS, Leaf, call, integer, op, real, values


@op(
    *("cast", "dtypes.cast"),
    dtypes=ALL,
    orders="any",
    samples=lambda: [call(real(2, 3), "float64"), call(real(), "float64")],
    edges=lambda: [
        call(real(2), "float32"),
        call(values([1.7, -1.7]), "int32"),
        call(integer([0, 3]), "bool"),
        call([1, 2], "float64"),
    ],
    tolerance=1e-6,
)
def cast(x: Any, dtype: DTypeLike, name: str | None = None) -> Any:
    """Converts x to another dtype; floats become whole numbers by dropping their fractions.

    Bools become 0 and 1, and numbers become True where they are not 0. Gradients flow between floating dtypes.

    Args:
      x: a tensor, or what converts to one, or IndexedSlices, whose values are converted.
      dtype: the dtype, or its name.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, or IndexedSlices; x itself if it has the dtype.

    Raises:
      TypeError: gradtape does not have the dtype.

    Example:
      >>> tf.cast([1.8, -1.8], tf.int32).numpy()
      array([ 1, -1], dtype=int32)
    """
    if type(x) is IndexedSlices:
        return like(x, apply_cast(x.values, dtype))
    return apply_cast(x, dtype)


@op(
    *("saturate_cast", "dtypes.saturate_cast"),
    dtypes=ALL,
    orders="0",
    edges=lambda: [
        call(values([-5.0, 7.5, 300.0]), "uint8"),
        call(integer([-1, 300]), "uint8"),
        call([1.5], "float64"),
        call(values([math.inf, -math.inf, 3e9, -3e9, 2.5]), "int32"),
        call(integer([2**40, -(2**40)], "int64"), "int32"),
        call(integer([2**40, -(2**40)], "int64"), "uint8"),
        call(Leaf(values=[1e300, -1e300, math.inf, -math.inf, math.nan], integral=True, dtype="float64"), "float32"),
    ],
)
def saturate_cast(value: TensorLike, dtype: DTypeLike, name: str | None = None) -> Tensor:
    """Converts a tensor to another dtype, after limiting it to what that dtype holds.

    Args:
      value: a tensor, or what converts to one.
      dtype: the dtype, or its name.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of `value`.

    Raises:
      TypeError: gradtape does not have the dtype.

    Example:
      >>> tf.saturate_cast([-5.0, 7.5, 300.0], tf.uint8).numpy()
      array([  0,   7, 255], dtype=uint8)
    """
    tensor, wanted = as_tensor(value), dtypes.as_dtype(dtype)
    given = tensor.dtype
    low, high = _exactly(max, given.min, wanted.min), _exactly(min, given.max, wanted.max)
    # No float holds a whole number beyond any float: only a narrower dtype cuts values off.
    if (wanted.is_floating and not given.is_floating) or (low, high) == (given.min, given.max):
        return apply_cast(tensor, wanted)
    if given.is_floating:
        # The nearest float to int32's greatest is beyond it.
        low, high = (_inwards(given.as_numpy_dtype(bound), bound) for bound in (low, high))
    return apply_cast(apply_elementwise("clip_by_value", tensor, as_tensor(low, given), as_tensor(high, given)), wanted)


def _exactly(choose: Any, one: Any, other: Any) -> Any:
    """The greater or the smaller of two bounds, which may be an int and a float, compared as the numbers they are."""
    return choose(one, other, key=_number)


def _inwards(rounded: np.floating, bound: Any) -> np.floating:
    """A bound rounded to a float, or the next float nearer to 0 where rounding went beyond it."""
    return np.nextafter(rounded, rounded.dtype.type(0)) if abs(_number(rounded)) > abs(_number(bound)) else rounded


def _number(value: Any) -> int | float:
    """As one of Python's, which compare exactly."""
    return value if isinstance(value, int) else float(value)


@op(
    "identity",
    dtypes=ALL,
    samples=lambda: [call(real(2, 3)), call(real()), call(real(0))],
    edges=lambda: [call([1, 2])],
)
def identity(input: Any, name: str | None = None) -> Any:
    """The same value as a tensor of its own, which a tape can watch apart from the first.

    Args:
      input: a tensor, what converts to one, or IndexedSlices.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype, or IndexedSlices.

    Raises:
      TypeError, ValueError: the operand does not convert to a tensor.

    Example:
      >>> tf.identity([1.0, 2.0]).numpy()
      array([1., 2.], dtype=float32)
    """
    return like(input, apply_identity(values_of(input)))


@op(
    "identity_n",
    dtypes=ALL,
    samples=lambda: [call([real(2, 3), real(2)])],
    edges=lambda: [call([integer([1]), values([2.0])])],
)
def identity_n(input: Sequence[TensorLike], name: str | None = None) -> list[Tensor]:
    """The same values as tensors of their own.

    Args:
      input: a sequence of tensors, or of what converts to tensors.
      name: not used; TensorFlow names operations by it.

    Returns:
      A list of tensors.

    Raises:
      TypeError, ValueError: it is no sequence of what converts to tensors.

    Example:
      >>> [t.numpy() for t in tf.identity_n([[1, 2], [3.0]])]
      [array([1, 2], dtype=int32), array([3.], dtype=float32)]
    """
    return [apply_identity(value) for value in input]


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
        ),
    ],
    edges=lambda: [call([1, 2, 3, 4], [2, 2]), call([[True], [False]], [-1])],
)
def reshape(tensor: TensorLike, shape: ShapeLike, name: str | None = None) -> Tensor:
    """The same elements, in the same order, under another shape.

    Args:
      tensor: a tensor, or what converts to one.
      shape: the new shape; one size may be -1, which is worked out from the others.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape that shares the elements with the first; nothing is copied.

    Raises:
      InvalidArgumentError: the sizes do not multiply to the number of elements, or two of them are -1.

    Example:
      >>> tf.reshape([1, 2, 3, 4, 5, 6], [2, -1]).numpy()
      array([[1, 2, 3],
             [4, 5, 6]], dtype=int32)
    """
    return apply_reshape(tensor, shape)


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
      a: a tensor, or what converts to one.
      perm: the axes in their new order; None turns the order round.
      conjugate: not used; there are no complex dtypes.
      name: not used.

    Returns:
      A tensor of the same dtype.

    Raises:
      InvalidArgumentError: perm does not name every axis once.

    Example:
      >>> tf.transpose([[1, 2, 3], [4, 5, 6]]).numpy()
      array([[1, 4],
             [2, 5],
             [3, 6]], dtype=int32)
      >>> tf.transpose(tf.zeros([2, 3, 4]), perm=[0, 2, 1]).shape
      TensorShape([2, 4, 3])
    """
    return apply_transpose(a, perm)


@op(
    "broadcast_to",
    dtypes=ALL,
    samples=lambda: [call(real(3), [2, 3]), call(real(2, 1), [2, 4]), call(real(), [0, 2]), call(real(1, 2), [1, 2])],
    edges=lambda: [call([1, 2], [3, 2]), call(True, [2])],
)
def broadcast_to(input: TensorLike, shape: ShapeLike, name: str | None = None) -> Tensor:
    """Repeats a tensor along new leading axes and axes of size 1 until it has a given shape.

    Args:
      input: a tensor, or what converts to one.
      shape: the shape, to which the operand's must broadcast.
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


@op(
    "expand_dims",
    dtypes=ALL,
    samples=lambda: [call(real(2, 3), 0), call(real(2, 3), axis=-1), call(real(2, 3), 1), call(real(), -1)],
    edges=lambda: [call([1, 2], 1)],
)
def expand_dims(input: TensorLike, axis: IntLike, name: str | None = None) -> Tensor:
    """Inserts an axis of size 1.

    Args:
      input: a tensor, or what converts to one.
      axis: where the axis goes; negative places count from behind the last axis.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with the same elements and one axis more.

    Raises:
      InvalidArgumentError: the place is out of range.

    Example:
      >>> tf.expand_dims([1, 2, 3], axis=-1).shape
      TensorShape([3, 1])
    """
    out = expanded(input, axis)
    if out is not None:
        return out
    tensor = as_tensor(input)
    place, rank = int_of(axis, "ExpandDims", "Tdim"), tensor.ndim
    if not -rank - 1 <= place <= rank:
        raise invalid_argument(
            "ExpandDims", f"Tried to expand dim index {place} for tensor with {rank} dimensions.", ""
        )
    place += rank + 1 if place < 0 else 0
    sizes = list(tensor.shape)
    sizes.insert(place, 1)
    return apply_reshape(tensor, sizes)


def _squeezed_axes(axis: Any) -> list[int]:
    if isinstance(axis, (*TENSORS, np.ndarray)):
        return ints_of(axis, "Squeeze", "squeeze_dims")
    return [int_attribute(place, "axis") for place in (axis if isinstance(axis, list | tuple) else [axis])]


@op(
    "squeeze",
    dtypes=ALL,
    samples=lambda: [call(real(1, 3, 1)), call(real(1, 3, 1), 0), call(real(1, 3, 1), axis=[0, -1]), call(real())],
    edges=lambda: [call([[1, 2]]), call([[1], [2]], [1])],
)
def squeeze(input: TensorLike, axis: Axes = None, name: str | None = None) -> Tensor:
    """Drops axes of size 1.

    Args:
      input: a tensor, or what converts to one.
      axis: the axis or axes to drop; None for all of size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with the same elements and fewer axes.

    Raises:
      InvalidArgumentError: an axis is out of range or of another size than 1.

    Example:
      >>> tf.squeeze([[[1], [2], [3]]]).numpy()
      array([1, 2, 3], dtype=int32)
    """
    out = squeezed(input, axis)
    if out is not None:
        return out
    tensor = as_tensor(input)
    sizes = list(tensor.shape)
    dropped = set()
    for place in [] if axis is None else _squeezed_axes(axis):
        if not -len(sizes) <= place < len(sizes):
            raise invalid_argument(
                "Squeeze", f"Tried to squeeze dim index {place} for tensor with {len(sizes)} dimensions.", ""
            )
        place %= len(sizes)
        if sizes[place] != 1:
            raise invalid_argument(
                "Squeeze", f"Can not squeeze dim[{place}], expected a dimension of 1, got {sizes[place]}", ""
            )
        dropped.add(place)
    kept = [n for i, n in enumerate(sizes) if (i not in dropped if dropped else n != 1)]
    return apply_reshape(tensor, kept)


@op(
    "tile",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(2, 3), [2, 2]), call(real(3), [3]), call(real(2, 3), [1, 2]), call(real(2), [0]), call(real(), [])),
        *(call(real(0, 2), [2, 3]), call(real(2, 1, 2), [2, 3, 1])),
    ],
    edges=lambda: [call([1, 2], [2]), call(integer([[True]], "bool"), [2, 1])],
)
def tile(input: TensorLike, multiples: TensorLike, name: str | None = None) -> Tensor:
    """Repeats a tensor along each of its axes.

    Args:
      input: a tensor, or what converts to one.
      multiples: how often it comes along each axis.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of as many times the size along each axis. The gradient sums over the copies.

    Raises:
      InvalidArgumentError: there is not one multiple per axis, or one is negative.

    Example:
      >>> tf.tile([[1, 2]], [2, 3]).numpy()
      array([[1, 2, 1, 2, 1, 2],
             [1, 2, 1, 2, 1, 2]], dtype=int32)
    """
    tensor, counts = as_tensor(input), ints_of(multiples, "Tile", "Tmultiples")
    if len(counts) != tensor.ndim:
        raise invalid_argument(
            "Tile",
            f"Expected multiples argument to be a vector of length {tensor.ndim} but got length {len(counts)}",
            None,
        )
    for i, count in enumerate(counts):
        if count < 0:
            raise invalid_argument("Tile", f"Expected multiples[{i}] >= 0, but got {count}", None)
    return _TILE(tensor, attributes=(tensor.shape, counts))


def _tile(tensor: Tensor, _: Any, counts: list[int]) -> Tensor:
    sizes = tensor.shape
    out, array = empty([size * count for size, count in zip(sizes, counts, strict=True)], tensor.dtype)
    copies = [n for pair in zip(counts, sizes, strict=True) for n in pair]
    array.reshape(copies)[...] = view(tensor).reshape([n for size in sizes for n in (1, size)])
    return out


def _tile_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    """The sum over the copies."""
    sizes, counts = call.attributes
    split_sizes: list[int] = []
    copies = []
    for size, count in zip(sizes, counts, strict=True):
        if count != 1:
            copies.append(len(split_sizes))
            split_sizes.append(count)
        split_sizes.append(size)
    return apply_reduce(0, apply_reshape(cotangent, split_sizes), copies, False, "Sum")


_TILE = Primitive("Tile", _tile, _tile_vjp, linear=True)


# Joining and parting


def _stretch(shape: tuple[int, ...], axis: int) -> int:
    return math.prod(shape[:axis])


@op(
    "concat",
    dtypes=ALL,
    samples=lambda: [
        *(call([real(2, 3), real(1, 3)], 0), call([real(2, 1), real(2, 3), real(2, 2)], axis=-1), call([real(2)], 0)),
        *(call([real(0, 2), real(1, 2)], 0), call([real(2, 1, 2), real(2, 2, 2)], 1), call(real(2, 2), 0)),
    ],
    edges=lambda: [call([[1, 2], [3]], 0), call([integer([[1]]), integer([[2]])], 1), call([[True], [False]], 0)],
)
def concat(values: TensorLike, axis: IntLike, name: str = "concat") -> Tensor:
    """Joins tensors along an axis.

    Args:
      values: a sequence of tensors of one dtype, of equal sizes along every other axis.
      axis: the axis; negative ones count from the last.
      name: shown in error messages.

    Returns:
      A tensor that has the elements of all.

    Raises:
      InvalidArgumentError: the shapes or dtypes differ, the axis is out of range, or there are no tensors.

    Example:
      >>> tf.concat([[[1, 2]], [[3, 4], [5, 6]]], axis=0).numpy()
      array([[1, 2],
             [3, 4],
             [5, 6]], dtype=int32)
    """
    joined = join("ConcatV2", values, axis, False)
    if joined is not None:
        return joined
    if not isinstance(values, list | tuple):
        values = [values]
    if not values:
        raise invalid_argument("ConcatV2", "List argument 'values' to 'concat' must hold at least one tensor", name)
    if len(values) == 1:
        int_of(axis, "ConcatV2", "Tidx")
        return apply_identity(values[0])
    tensors = common_tensors(values)
    one_dtype("ConcatV2", tensors)
    shapes = [tuple(tensor.shape) for tensor in tensors]
    first, place = shapes[0], int_of(axis, "ConcatV2", "Tidx")
    if not first:
        raise invalid_argument("ConcatV2", "ConcatOp : Can't concatenate scalars (use tf.stack instead)", name)
    if not -len(first) <= place < len(first):
        raise invalid_argument(
            "ConcatV2",
            f"ConcatOp : Expected concatenating dimensions in the range [-{len(first)}, {len(first)}), but got {place}",
            name,
        )
    place %= len(first)
    total = 0
    for i, other in enumerate(shapes):
        if len(other) != len(first):
            raise invalid_argument(
                "ConcatV2",
                f"ConcatOp : Ranks of all input tensors should match: shape[0] = {dims_text(first)} vs. shape[{i}] = "
                f"{dims_text(other)}",
                name,
            )
        for j, (a, b) in enumerate(zip(first, other, strict=True)):
            if a != b and j != place:
                raise invalid_argument(
                    "ConcatV2",
                    f"ConcatOp : Dimension {j} in both shapes must be equal: shape[0] = {dims_text(first)} vs. "
                    f"shape[{i}] = {dims_text(other)}",
                    name,
                )
        total += other[place]
    return assemble("ConcatV2", tensors, (*first[:place], total, *first[place + 1 :]), _stretch(first, place))


@op(
    "stack",
    dtypes=ALL,
    samples=lambda: [
        *(call([real(2, 3), real(2, 3)]), call([real(2), real(2)], axis=-1), call([real(), real()])),
        *(call([real(2, 2), real(2, 2), real(2, 2)], 1), call([real(0), real(0)])),
    ],
    edges=lambda: [
        call([values([math.nan]), values([1.0])]),
        call([1, 2]),
        call([[1, 2], [3, 4]], 1),
        call([True, False]),
    ],
)
def stack(values: TensorLike, axis: IntLike = 0, name: str = "stack") -> Tensor:
    """Joins tensors of one shape along a new axis.

    Args:
      values: a sequence of tensors of one shape and dtype.
      axis: where the new axis goes.
      name: shown in error messages.

    Returns:
      A tensor with one axis more than each of the values.

    Raises:
      ValueError: the axis is out of range.
      InvalidArgumentError: the shapes or dtypes differ.

    Example:
      >>> tf.stack([[1, 2], [3, 4]], axis=1).numpy()
      array([[1, 3],
             [2, 4]], dtype=int32)
    """
    joined = join("Pack", values, axis, True)
    if joined is not None:
        return joined
    if not isinstance(values, list | tuple):
        values = list(as_tensor(values))
    # Numbers and lists of them have the dtype that they have together.
    together = _first_dtype(values) is None and bool(values)
    tensors = tuple(as_tensor(values)) if together else common_tensors(values)
    if not tensors:
        return full([0], 0, dtypes.float32)
    one_dtype("Pack", tensors)
    shape = tuple(tensors[0].shape)
    place, rank = int_attribute(axis, "axis"), len(shape) + 1
    if not -rank <= place < rank:
        raise ValueError(f"Argument `axis` = {place} not in range [-{rank}, {rank})")
    place %= rank
    for i, tensor in enumerate(tensors):
        if tensor.shape != shape:
            raise invalid_argument(
                "Pack",
                f"Shapes of all inputs must match: values[0].shape = {dims_text(shape)} != values[{i}].shape = "
                f"{dims_text(tensor.shape)}",
                name,
                kernel=f"Pack_N_{len(tensors)}",
            )
    return assemble("Pack", tensors, (*shape[:place], len(tensors), *shape[place:]), _stretch(shape, place))


def _pack(values: Any, dtype: Any) -> Tensor:
    """A nested sequence with tensors in it as one tensor, of the first one's dtype, or of `dtype` by casts.

    Numbers and sequences without tensors take that dtype if they can: TypeError otherwise.
    """
    first = _first_dtype(values)
    wanted = first if dtype is None else as_dtype(dtype)

    def packed(value: Any) -> Tensor:
        if isinstance(value, TENSORS):
            return as_tensor(value) if wanted is None or wanted == first else apply_cast(as_tensor(value), wanted)
        if isinstance(value, list | tuple) and _first_dtype(value) is not None:
            return stack([packed(item) for item in value], name="")
        return as_tensor(value, wanted)

    return packed(values)


def _first_dtype(values: Any) -> DType | None:
    """The dtype of the first tensor in a nested sequence, if there is one."""
    for value in values:
        if isinstance(value, TENSORS):
            return value.dtype
        found = _first_dtype(value) if isinstance(value, list | tuple) else None
        if found is not None:
            return found
    return None


install_packing(_pack)


@op(
    "unstack",
    dtypes=ALL,
    samples=lambda: [call(real(3, 2)), call(real(3, 2), axis=-1), call(real(2, 3, 2), 3, 1), call(real(2))],
    edges=lambda: [call([[1, 2], [3, 4]]), call(real(0, 2))],
)
def unstack(value: TensorLike, num: int | None = None, axis: IntLike = 0, name: str = "unstack") -> list[Tensor]:
    """The slices along an axis, without that axis.

    Args:
      value: a tensor of at least one axis.
      num: how many slices there must be; None for as many as there are.
      axis: the axis.
      name: shown in error messages.

    Returns:
      A list of tensors.

    Raises:
      ValueError: the axis is out of range.
      InvalidArgumentError: the axis does not have num slices.

    Example:
      >>> [t.numpy() for t in tf.unstack([[1, 2], [3, 4]])]
      [array([1, 2], dtype=int32), array([3, 4], dtype=int32)]
    """
    slices = part_alike("Unpack", value, axis, num, True)
    if slices is not None:
        return slices
    tensor = as_tensor(value)
    shape, place = tuple(tensor.shape), int_attribute(axis, "axis")
    if not -len(shape) <= place < len(shape):
        raise ValueError(f"Argument `axis` = {place} not in range [{-len(shape)}, {len(shape)})")
    place %= len(shape)
    if num is not None and (num := int_attribute(num, "num")) != shape[place]:
        raise invalid_argument(
            "Unpack", f"Input shape axis {place} must equal {num}, got shape {dims_text(shape)}", name
        )
    rest = (*shape[:place], *shape[place + 1 :])
    return list(part("Unpack", tensor, [rest] * shape[place], _stretch(shape, place)))


@op(
    "split",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(4, 2), 2), call(real(2, 3), 3, axis=-1), call(real(2, 3), [1, 2], 1), call(real(2, 3), [1, -1], 1)),
        *(call(real(3), [0, 3]), call(real(0, 2), 2)),
    ],
    edges=lambda: [call([1, 2, 3, 4], 2), call([[1, 2, 3]], [1, 2], axis=1)],
)
def split(
    value: TensorLike,
    num_or_size_splits: int | Sequence[Any] | Tensor | np.ndarray,
    axis: IntLike = 0,
    num: int | None = None,
    name: str = "split",
) -> list[Tensor]:
    """Parts a tensor along an axis, into equal parts or parts of given sizes.

    Args:
      value: a tensor of at least one axis.
      num_or_size_splits: the number of equal parts, or the size of each part, of which one may be -1 for what is left.
      axis: the axis.
      num: not used; the number of parts is known.
      name: shown in error messages.

    Returns:
      A list of tensors.

    Raises:
      ValueError: the sizes are a tensor without axes.
      InvalidArgumentError: the parts do not fill the axis, or the axis is out of range.

    Example:
      >>> [t.numpy() for t in tf.split([1, 2, 3, 4, 5], [2, -1])]
      [array([1, 2], dtype=int32), array([3, 4, 5], dtype=int32)]
    """
    if type(num_or_size_splits) is int:
        parts = part_alike("Split", value, axis, num_or_size_splits, False)
        if parts is not None:
            return parts
    tensor = as_tensor(value)
    shape, place = tuple(tensor.shape), int_of(axis, "Split", "split_dim")
    scalar = isinstance(num_or_size_splits, int)
    if not scalar and as_tensor(num_or_size_splits).ndim == 0:
        raise ValueError(
            "Rank-0 tensors are not supported as the num_or_size_splits argument to split. Argument provided: "
            f"{num_or_size_splits!s}"
        )
    kernel = "Split" if scalar else "SplitV"
    if not -len(shape) <= place < len(shape):
        raise invalid_argument(
            kernel,
            f"-input rank(-{len(shape)}) <= split_dim < input rank ({len(shape)}), but got {place}",
            name,
        )
    place %= len(shape)
    total = shape[place]
    if isinstance(num_or_size_splits, int):
        count = num_or_size_splits
        if count < 1:
            raise invalid_argument(
                kernel, f"Value for attr 'num_split' of {count} must be at least minimum 1", name, kernel=None
            )
        if total % count:
            raise invalid_argument(
                kernel,
                "Number of ways to split should evenly divide the split dimension, but got split_dim "
                f"{place} (size = {total}) and num_split {count}",
                name,
            )
        sizes = [total // count] * count
    else:
        lengths = index_array(num_or_size_splits, "SplitV", "Tlen", "int8, int32, int64")
        sizes = lengths.reshape(-1).tolist()
        if lengths.ndim != 1 or num not in (None, len(sizes)):
            raise invalid_argument(
                kernel,
                "size of the split_tensor must be 1-D and have the same elements as outputs got "
                f"{lengths.ndim} -D and {len(sizes)} elements",
                name,
            )
        if sizes.count(-1) > 1:
            raise invalid_argument(kernel, "There can only be one -1 in the input.", name)
        known = sum(size for size in sizes if size != -1)
        if known > total or (known != total and -1 not in sizes):
            raise invalid_argument(
                kernel,
                "Determined shape must either match input shape along split_dim exactly if fully specified, or be less "
                f"than the size of the input along split_dim if not fully specified.  Got: {known}",
                name,
            )
        sizes = [total - known if size == -1 else size for size in sizes]
    shapes = [(*shape[:place], size, *shape[place + 1 :]) for size in sizes]
    return list(part(kernel, tensor, shapes, _stretch(shape, place)))


# Padding, turning round


@op(
    "pad",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(3), [[1, 2]]), call(real(2, 3), [[0, 1], [2, 0]], constant_values=1.5), call(real(0), [[1, 1]])),
        *(call(real(3), [[1, 2]], "REFLECT"), call(real(3), [[1, 3]], "symmetric")),
        *(call(real(2, 3), [[1, 1], [0, 2]], mode="REFLECT"), call(real(2, 3), [[2, 1], [0, 3]], mode="SYMMETRIC")),
    ],
    edges=lambda: [call([1, 2, 3], [[1, 2]], constant_values=7), call(integer([[1, 2]]), [[0, 0], [1, 1]], "REFLECT")],
)
def pad(
    tensor: TensorLike,
    paddings: TensorLike,
    mode: str = "CONSTANT",
    constant_values: TensorLike = 0,
    name: str | None = None,
) -> Tensor:
    """Widens a tensor along each of its axes.

    Args:
      tensor: a tensor, or what converts to one.
      paddings: a pair for each axis: how many places are added before and behind.
      mode: "CONSTANT" fills them with constant_values, "REFLECT" with the mirror image that leaves out the border
        element, and "SYMMETRIC" with the one that repeats it; case does not matter.
      constant_values: the number that "CONSTANT" fills with.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: an unknown mode.
      InvalidArgumentError: there is not one pair per axis, a number is negative, or a mirror image is too short.

    Example:
      >>> tf.pad([1, 2, 3], [[1, 2]]).numpy()
      array([0, 1, 2, 3, 0, 0], dtype=int32)
      >>> tf.pad([1, 2, 3], [[1, 2]], mode="REFLECT").numpy()
      array([2, 1, 2, 3, 2, 1], dtype=int32)
    """
    data = as_tensor(tensor)
    mode = mode.upper()
    if mode not in ("CONSTANT", "REFLECT", "SYMMETRIC"):
        raise ValueError(
            'Value of argument `mode` expected to be one of "CONSTANT", "REFLECT", or "SYMMETRIC". Received '
            f"`mode` = {mode}"
        )
    # TensorFlow pads with zeros unless told otherwise, and bools take none but false.
    plain = isinstance(constant_values, int | float) and not constant_values
    kernel = "MirrorPad" if mode != "CONSTANT" else "Pad" if plain else "PadV2"
    sizes, widths = tuple(data.shape), index_array(paddings, kernel, "Tpaddings")
    if widths.shape[1:] != (2,):
        raise invalid_argument(kernel, f"paddings must be a matrix with 2 columns: {dims_text(widths.shape)}", None)
    if len(widths) != len(sizes):
        raise invalid_argument(
            kernel,
            f"The first dimension of paddings must be the rank of inputs{dims_text(widths.shape)} {dims_text(sizes)}",
            None,
        )
    spread: list[tuple[int, int]] = []
    for size, (before, behind) in zip(sizes, widths.tolist(), strict=True):
        if before < 0 or behind < 0:
            raise invalid_argument(kernel, f"Paddings must be non-negative: {before} {behind}", None)
        if mode == "REFLECT" and max(before, behind) >= size:
            raise invalid_argument(
                kernel, f"paddings must be less than the dimension size: {before}, {behind} not less than {size}", None
            )
        if mode == "SYMMETRIC" and max(before, behind) > size:
            raise invalid_argument(
                kernel,
                f"paddings must be no greater than the dimension size: {before}, {behind} greater than {size}",
                None,
            )
        spread.append((before, behind))
    if mode != "CONSTANT":
        return _MIRROR(data, attributes=(spread, mode))
    fill = full((), 0, data.dtype) if plain else as_tensor(constant_values, data.dtype)
    if fill.ndim:
        raise invalid_argument(kernel, f"constant_values must be a scalar. Found: {dims_text(fill.shape)}", None)
    return _PAD(data, fill, attributes=(spread, sizes))


def _pad(data: Tensor, fill: Tensor, spread: list[tuple[int, int]], _: Any) -> Tensor:
    sizes = data.shape
    out, array = empty([size + sum(pair) for size, pair in zip(sizes, spread, strict=True)], data.dtype)
    array[...] = view(fill)
    array[tuple(slice(before, before + size) for (before, _), size in zip(spread, sizes, strict=True))] = view(data)
    return out


def _pad_vjp(call: Any, needs: Any, cotangent: Tensor) -> tuple[Tensor, None]:
    spread, sizes = call.attributes
    return cotangent[tuple(slice(before, before + size) for (before, _), size in zip(spread, sizes, strict=True))], None


def _mirror(tensor: Tensor, spread: list[tuple[int, int]], mode: str) -> Tensor:
    return tensor_from(np.pad(view(tensor), spread, mode.lower()) if spread else view(tensor))  # type: ignore[call-overload]


def _mirror_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    return _FOLD(cotangent, attributes=call.attributes)


def _fold(tensor: Tensor, spread: list[tuple[int, int]], mode: str) -> Tensor:
    """The borders added back onto the elements that they mirror: the reverse of `_mirror`."""
    array = np.array(view(tensor))
    skipped = 1 if mode == "REFLECT" else 0
    for axis, (before, behind) in enumerate(spread):
        lines = np.moveaxis(array, axis, 0)
        inner = lines[before : len(lines) - behind].copy()
        inner[skipped : before + skipped] += lines[:before][::-1]
        end = len(inner) - skipped
        inner[end - behind : end] += lines[len(lines) - behind :][::-1]
        array = np.moveaxis(inner, 0, axis)
    return tensor_from(array)


def _fold_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    return _MIRROR(cotangent, attributes=call.attributes)


_PAD = Primitive("Pad", _pad, _pad_vjp)
_MIRROR = Primitive("MirrorPad", _mirror, _mirror_vjp, linear=True)
_FOLD = Primitive("MirrorPadGrad", _fold, _fold_vjp, linear=True)


@op(
    "reverse",
    dtypes=ALL,
    samples=lambda: [call(real(2, 3), [1]), call(real(2, 3), axis=[-1, 0]), call(real(3), []), call(real(0), [0])],
    edges=lambda: [call([1, 2, 3], [0])],
)
def reverse(tensor: TensorLike, axis: TensorLike, name: str | None = None) -> Tensor:
    """Turns the order of elements along axes round.

    Args:
      tensor: a tensor, or what converts to one.
      axis: a sequence of axes; a single number is refused.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: an axis is out of range or named twice, or no sequence is given.

    Example:
      >>> tf.reverse([[1, 2, 3], [4, 5, 6]], axis=[1]).numpy()
      array([[3, 2, 1],
             [6, 5, 4]], dtype=int32)
    """
    data, places = as_tensor(tensor), []
    if isinstance(axis, int) or as_tensor(axis, hint=dtypes.int32).ndim == 0:
        raise invalid_argument("ReverseV2", "'dims' must be 1-dimension, not 0", "")
    for i, place in enumerate(ints_of(axis, "ReverseV2", "Tidx")):
        if not -data.ndim <= place < data.ndim:
            raise invalid_argument(
                "ReverseV2", f"'axis'[{i}] = {place} is out of valid range [0, {data.ndim - 1}", None
            )
        if place % data.ndim in places:
            raise invalid_argument("ReverseV2", f"axis {place % data.ndim} specified more than once.", None)
        places.append(place % data.ndim)
    return _REVERSE(data, attributes=(tuple(places),))


def _reverse_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    return _REVERSE(cotangent, attributes=call.attributes)


_REVERSE = Primitive("ReverseV2", lambda data, axes: tensor_from(np.flip(view(data), axes)), _reverse_vjp, linear=True)


@op(
    "roll",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(3), 1, 0), call(real(2, 3), [1, -4], [0, 1]), call(real(2, 3), shift=[1, 1], axis=[1, 1])),
        call(real(2, 3), 2, -1),
    ],
    edges=lambda: [call([1, 2, 3], -1, 0), call(real(0), 2, 0)],
)
def roll(input: TensorLike, shift: TensorLike, axis: TensorLike, name: str | None = None) -> Tensor:
    """Moves elements along axes; those pushed over an end come in at the other.

    Args:
      input: a tensor of at least one axis.
      shift: by how many places, forward where positive; a number, or one per axis of `axis`.
      axis: the axis or axes.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: shift and axis differ in length, or an axis is out of range.

    Example:
      >>> tf.roll([1, 2, 3, 4], shift=1, axis=0).numpy()
      array([4, 1, 2, 3], dtype=int32)
    """
    tensor, shifts, places = as_tensor(input), ints_of(shift, "Roll", "Tshift"), ints_of(axis, "Roll", "Taxis")
    if tensor.ndim == 0:
        raise invalid_argument("Roll", "input must be 1-D or higher", "")
    if len(shifts) != len(places):
        raise invalid_argument("Roll", "shift and axis must have the same size", None)
    for place in places:
        if not -tensor.ndim <= place < tensor.ndim:
            raise invalid_argument("Roll", f"axis {place} is out of range", "")
    return _ROLL(tensor, attributes=(shifts, places))


def _roll(tensor: Tensor, shifts: list[int], places: list[int]) -> Tensor:
    return tensor_from(np.roll(view(tensor), tuple(shifts), tuple(places)))


def _roll_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    shifts, places = call.attributes
    return _ROLL(cotangent, attributes=([-shift for shift in shifts], places))


_ROLL = Primitive("Roll", _roll, _roll_vjp, linear=True)


# Blocks


def _image(tensor: Any, kernel: str, block_size: int, data_format: str) -> Tensor:
    data = as_tensor(tensor)
    if block_size < 2:
        raise invalid_argument(
            kernel, f"Value for attr 'block_size' of {block_size} must be at least minimum 2", "", kernel=None
        )
    if data_format != "NHWC":
        raise invalid_argument(kernel, f"Only NHWC data_format is supported on CPU, got {data_format}", "")
    if data.ndim != 4:
        mark = ":" if kernel == "DepthToSpace" else ""
        raise invalid_argument(kernel, f"Input rank should be{mark} 4 instead of{mark} {data.ndim}", "")
    return data


@op(
    "nn.space_to_depth",
    dtypes=ALL,
    samples=lambda: [call(real(1, 4, 2, 3), 2), call(real(2, 3, 3, 1), block_size=3)],
    edges=lambda: [call(integer([[[[1], [2]], [[3], [4]]]]), 2)],
)
def space_to_depth(input: TensorLike, block_size: int, data_format: str = "NHWC", name: str | None = None) -> Tensor:
    """Turns every block of block_size × block_size pixels into one pixel of as many times the channels.

    Args:
      input: images of shape [batch, height, width, channels].
      block_size: the side of a block, 2 or more; it divides height and width.
      data_format: "NHWC".
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, height / block_size, width / block_size, channels * block_size**2].

    Raises:
      InvalidArgumentError: the operand does not have four axes, block_size does not divide its sides, or the format is
        another.

    Example:
      >>> tf.nn.space_to_depth([[[[1], [2]], [[3], [4]]]], 2).numpy()
      array([[[[1, 2, 3, 4]]]], dtype=int32)
    """
    block_size = int_attribute(block_size, "block_size")
    tensor = _image(input, "SpaceToDepth", block_size, data_format)
    batch, height, width, depth = tensor.shape
    if height % block_size or width % block_size:
        raise invalid_argument(
            "SpaceToDepth",
            f"Image width {width} and height {height} should be divisible by block_size: {block_size}",
            "",
        )
    rows, columns = height // block_size, width // block_size
    blocks = apply_reshape(tensor, (batch, rows, block_size, columns, block_size, depth))
    return apply_reshape(
        apply_transpose(blocks, [0, 1, 3, 2, 4, 5]), (batch, rows, columns, block_size * block_size * depth)
    )


@op(
    "nn.depth_to_space",
    dtypes=ALL,
    samples=lambda: [call(real(1, 2, 1, 8), 2), call(real(2, 1, 1, 9), block_size=3)],
    edges=lambda: [call(integer([[[[1, 2, 3, 4]]]]), 2)],
)
def depth_to_space(input: TensorLike, block_size: int, data_format: str = "NHWC", name: str | None = None) -> Tensor:
    """Turns the channels of every pixel into a block of block_size × block_size pixels: the reverse of space_to_depth.

    Args:
      input: images of shape [batch, height, width, channels].
      block_size: the side of a block, 2 or more; its square divides channels.
      data_format: "NHWC".
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, height * block_size, width * block_size, channels / block_size**2].

    Raises:
      InvalidArgumentError: the operand does not have four axes, the channels do not divide, or the format is another.

    Example:
      >>> tf.nn.depth_to_space([[[[1, 2, 3, 4]]]], 2)[0, :, :, 0].numpy()
      array([[1, 2],
             [3, 4]], dtype=int32)
    """
    block_size = int_attribute(block_size, "block_size")
    tensor = _image(input, "DepthToSpace", block_size, data_format)
    batch, height, width, depth = tensor.shape
    if depth % (block_size * block_size):
        raise invalid_argument(
            "DepthToSpace", f"Input depth dimension {depth} should be divisible by: {block_size * block_size}", ""
        )
    left = depth // (block_size * block_size)
    blocks = apply_reshape(tensor, (batch, height, width, block_size, block_size, left))
    return apply_reshape(
        apply_transpose(blocks, [0, 1, 3, 2, 4, 5]), (batch, height * block_size, width * block_size, left)
    )


# What a shape is


@op("shape", dtypes=ALL, orders="0", edges=lambda: [call(real(2, 3)), call(real()), call(real(0, 2), out_type="int64")])
def shape(input: TensorLike, out_type: DTypeLike | None = None, name: str | None = None) -> Tensor:
    """The shape of a tensor, as a vector.

    `tensor.shape` is the same as a TensorShape, without a tensor being made.

    Args:
      input: a tensor, or what converts to one.
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
    return as_tensor(tuple(as_tensor(input).shape), dtypes.int32 if out_type is None else out_type)


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
      TypeError, ValueError: it is no sequence of what converts to tensors.

    Example:
      >>> [s.numpy() for s in tf.shape_n([[1, 2], [[3.0]]])]
      [array([2], dtype=int32), array([1, 1], dtype=int32)]
    """
    return [shape(value, out_type) for value in input]


@op("size", dtypes=ALL, orders="0", edges=lambda: [call(real(2, 3)), call(real()), call(real(0, 2))])
def size(input: TensorLike, out_type: DTypeLike | None = None, name: str | None = None) -> Tensor:
    """The number of elements of a tensor.

    Args:
      input: a tensor, or what converts to one.
      out_type: the result's dtype; None for int32.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor without axes.

    Raises:
      TypeError, ValueError: the operand does not convert to a tensor.

    Example:
      >>> tf.size([[1, 2, 3], [4, 5, 6]]).numpy()
      np.int32(6)
    """
    count, wanted = (
        math.prod(tuple(as_tensor(input).shape)),
        dtypes.as_dtype(dtypes.int32 if out_type is None else out_type),
    )
    if wanted.is_integer and count > wanted.max:
        raise invalid_argument(
            "Size", f"Number of elements was larger than representable by {wanted.size * 8}-bit output type", ""
        )
    return full((), count, wanted)


@op("rank", dtypes=ALL, orders="0", edges=lambda: [call(real(2, 3)), call(real())])
def rank(input: TensorLike, name: str | None = None) -> Tensor:
    """The number of axes of a tensor; it is not a matrix' rank, which is `tf.linalg.matrix_rank`.

    Args:
      input: a tensor, or what converts to one.
      name: not used; TensorFlow names operations by it.

    Returns:
      An int32 tensor without axes.

    Raises:
      TypeError, ValueError: the operand does not convert to a tensor.

    Example:
      >>> tf.rank([[1, 2], [3, 4]]).numpy()
      np.int32(2)
    """
    return full((), as_tensor(input).ndim, dtypes.int32)


@op(
    "ensure_shape",
    dtypes=ALL,
    samples=lambda: [call(real(2, 3), [None, 3]), call(real(2), None)],
    edges=lambda: [call([1, 2], [2])],
)
def ensure_shape(x: TensorLike, shape: ShapeLike | None, name: str | None = None) -> Tensor:
    """The same value, once its shape is found to be as expected.

    Args:
      x: a tensor, or what converts to one.
      shape: the expected shape, in which None stands for any size; None for any shape.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the value of x.

    Raises:
      InvalidArgumentError: the shape is another.

    Example:
      >>> tf.ensure_shape([[1, 2, 3]], [None, 3]).numpy()
      array([[1, 2, 3]], dtype=int32)
    """
    tensor, wanted = as_tensor(x), TensorShape(shape)
    if not wanted.is_compatible_with(tensor.shape):
        sizes = dims_text(["?" if n is None else n for n in wanted])
        raise invalid_argument(
            "EnsureShape",
            f"Shape of tensor input {dims_text(tensor.shape)} is not compatible with expected shape {sizes}.",
            "",
        )
    return apply_identity(tensor)


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


# Tensors from indices


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
    """Vectors that have on_value at a given index and off_value elsewhere.

    An index outside [0, depth) gives off_value throughout.

    Args:
      indices: a tensor of integers.
      depth: the size of the new axis.
      on_value: the value at the index; None for 1.
      off_value: the value elsewhere; None for 0.
      axis: where the new axis goes; None and -1 make it the last.
      dtype: the dtype; None for that of the values, and float32 where they are not given either.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with one axis more than `indices`.

    Raises:
      TypeError: the dtypes of on_value, off_value and dtype differ.
      InvalidArgumentError: the indices are no integers, depth is negative, or the axis is out of range.

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
    room((*index.shape, count), wanted)
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


_ONE_HOT = Primitive("OneHot", _one_hot)


@op(
    "meshgrid",
    dtypes=ALL,
    samples=lambda: [
        call(real(2), real(3)),
        call(real(2), real(3), real(2), indexing="ij"),
        call(real(3)),
        call(real(), real(2)),
    ],
    edges=lambda: [call([1, 2], [3, 4, 5]), call(integer([1, 2]), integer([3]), indexing="ij")],
)
def meshgrid(*args: TensorLike, **kwargs: Any) -> list[Tensor]:
    """The coordinates of all points of a grid: one tensor per vector, each of the grid's shape.

    Args:
      *args: vectors, the coordinates along each axis.
      **kwargs: `indexing` is "xy" (the default), for which the first vector runs along axis 1 and the second along
        axis 0, or "ij", which keeps their order. `name` is not used.

    Returns:
      A list of tensors.

    Raises:
      ValueError: `indexing` is another.
      TypeError: an unknown keyword.

    Example:
      >>> x, y = tf.meshgrid([1, 2, 3], [10, 20])
      >>> x.numpy()
      array([[1, 2, 3],
             [1, 2, 3]], dtype=int32)
      >>> y.numpy()
      array([[10, 10, 10],
             [20, 20, 20]], dtype=int32)
    """
    indexing = kwargs.pop("indexing", "xy")
    kwargs.pop("name", None)
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError(f"Argument `indexing` parameter must be either 'xy' or 'ij', got '{indexing}'")
    vectors = [apply_reshape(vector, [-1]) for vector in args]
    axes = list(range(len(vectors)))
    if indexing == "xy" and len(axes) > 1:
        axes[:2] = [1, 0]
    sizes = [vectors[axis].shape[0] for axis in axes]
    return [
        apply_identity(apply_broadcast_to(apply_reshape(v, [-1 if i == axis else 1 for i in range(len(axes))]), sizes))
        for v, axis in zip(vectors, axes, strict=True)
    ]


@op(
    "sequence_mask",
    dtypes=NUMBERS,
    orders="0",
    edges=lambda: [call([1, 3]), call([[1], [2]], 2, dtype="float32"), call(2), call([1, 2], maxlen=4, dtype="int32")],
)
def sequence_mask(
    lengths: TensorLike, maxlen: TensorLike | None = None, dtype: DTypeLike = dtypes.bool, name: str | None = None
) -> Tensor:
    """For each length, True at places below it and False at the others.

    Args:
      lengths: a tensor of numbers.
      maxlen: how many places there are; None for the greatest length.
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
    room((*array.shape, longest), dtype)
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
    """Elements of x where a condition holds and of y elsewhere; without x and y, the places where it holds.

    Args:
      condition: a tensor of bools; without x and y also of numbers, which hold where they are not 0.
      x: a tensor that broadcasts with condition and y.
      y: another, of the same dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the broadcast shape, or without x and y an int64 matrix with a row of coordinates for each place. The
      gradient of what is not chosen is 0, even where it is not finite.

    Raises:
      ValueError: one of x and y is missing.
      TypeError: a Python value does not convert to the dtype of the other.
      InvalidArgumentError: the shapes do not broadcast, the dtypes of x and y differ, or a condition alone has no axes.

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
    first, second = _branches(x, y)
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
