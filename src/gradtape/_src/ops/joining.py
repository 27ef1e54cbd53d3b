"""Tensors joined along an axis, and parted again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_broadcast_to,
    apply_cast,
    apply_identity,
    apply_reshape,
    as_tensor,
    full,
    install_packing,
)
from gradtape._engine.ops.movement import assemble, join, part, part_alike
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType, as_dtype
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import (
    TENSORS,
    common_tensors,
    dims_text,
    index_array,
    int_attribute,
    int_of,
    one_dtype,
)
from gradtape._src.core.typing import IntLike, TensorLike
from gradtape._src.table.rows import ALL, call, integer, op, real, values


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
            kernel, f"-input rank(-{len(shape)}) <= split_dim < input rank ({len(shape)}), but got {place}", name
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
