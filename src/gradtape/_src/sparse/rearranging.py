"""Rearranging sparse tensors: order, axes, slices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import dims_text, int_of, ints_of
from gradtape._src.core.string_tensor import as_any_tensor
from gradtape._src.core.typing import IntLike, ShapeLike, TensorLike
from gradtape._src.ops.joining import concat as concat_dense
from gradtape._src.sparse.sparse_tensor import (
    SparseTensor,
    checked,
    chosen,
    made,
    ordering,
    places_of,
    rows_of,
    sizes_of,
    taken,
)


def reorder(sp_input: SparseTensor, name: str | None = None) -> SparseTensor:
    """Sorts the positions in row-major order.

    Args:
      sp_input: a SparseTensor.
      name: not used; TensorFlow names operations by it.

    Returns:
      A SparseTensor of the same shape and dtype. Gradients flow to the values.

    Raises:
      TypeError: it is not a SparseTensor.

    Example:
      >>> tf.sparse.reorder(tf.SparseTensor([[1, 0], [0, 1]], [5, 6], [2, 2])).values.numpy()
      array([6, 5], dtype=int32)
    """
    places = places_of(checked(sp_input))
    order = ordering(places)
    return chosen(sp_input, order, places[order], sizes_of(sp_input))


def transpose(sp_input: SparseTensor, perm: TensorLike | None = None, name: str | None = None) -> SparseTensor:
    """Permutes the axes of a sparse tensor.

    Args:
      sp_input: a SparseTensor.
      perm: the axes in their new order; reversed by default.
      name: not used; TensorFlow names operations by it.

    Returns:
      A SparseTensor with its positions in row-major order. Gradients flow to the values.

    Raises:
      TypeError: it is not a SparseTensor.
      ValueError: perm does not name each axis once.

    Example:
      >>> tf.sparse.transpose(tf.SparseTensor([[0, 1]], [5], [2, 3])).indices.numpy()
      array([[1, 0]])
    """
    places, sizes = places_of(checked(sp_input)), np.array(sizes_of(sp_input), np.int64)
    axes = list(range(sizes.size))[::-1] if perm is None else ints_of(perm, "Transpose", "Tperm")
    if len(axes) != sizes.size:
        raise ValueError(f"Dimensions {len(axes)} and {sizes.size} are not compatible")
    if sorted(axes) != list(range(sizes.size)):
        raise ValueError(f"perm must name each of {sizes.size} axes once, not {list(axes)}.")
    places = places[:, axes]
    order = ordering(places)
    return chosen(sp_input, order, places[order], sizes[axes])


def reshape(sp_input: SparseTensor, shape: ShapeLike, name: str | None = None) -> SparseTensor:
    """Changes the shape of a sparse tensor.

    Args:
      sp_input: a SparseTensor.
      shape: the new shape; one size may be -1, which is computed from the others.
      name: not used; TensorFlow names operations by it.

    Returns:
      A SparseTensor. Gradients flow to the values.

    Raises:
      TypeError: it is not a SparseTensor.
      InvalidArgumentError: the shape has another number of elements.

    Example:
      >>> tf.sparse.reshape(tf.sparse.eye(2), [-1]).indices.numpy()
      array([[0],
             [3]])
    """
    places, before = places_of(checked(sp_input)), sizes_of(sp_input)
    sizes = [int(size) for size in ints_of(shape, "SparseReshape", "T")]
    count, given = math.prod(before), sizes.copy()
    unknown = [axis for axis, size in enumerate(sizes) if size == -1]
    if len(unknown) > 1:
        message = f"only one output dimension may be -1, not both {unknown[0]} and {unknown[1]}"
        raise invalid_argument("SparseReshape", message, "")
    if unknown:
        others = math.prod(size for size in sizes if size != -1)
        given[unknown[0]] = sizes[unknown[0]] = count // others if others else 0
        if math.prod(sizes) != count:
            raise invalid_argument(
                "SparseReshape",
                f"Input to reshape is a SparseTensor with {count} dense values, but the requested shape requires a "
                f"multiple of {others}. input_shape={dims_text(before)} output_shape={dims_text(given)}",
                "",
            )
    if math.prod(sizes) != count:
        raise invalid_argument(
            "SparseReshape",
            f"Input to reshape is a tensor with {count} dense values, but the requested shape has {math.prod(sizes)}. "
            f"input_shape={dims_text(before)} output_shape={dims_text(given)}",
            "",
        )
    rows = rows_of("SparseReshape", places, before)
    return made(np.column_stack(np.unravel_index(rows, sizes)).reshape(len(rows), len(sizes)), sp_input.values, sizes)


def expand_dims(sp_input: SparseTensor, axis: IntLike | None = None, name: str | None = None) -> SparseTensor:
    """Adds an axis of size 1.

    Args:
      sp_input: a SparseTensor.
      axis: its position; last by default.
      name: not used; TensorFlow names operations by it.

    Returns:
      A SparseTensor. Gradients flow to the values.

    Raises:
      TypeError: it is not a SparseTensor.
      InvalidArgumentError: the position is out of range.

    Example:
      >>> tf.sparse.expand_dims(tf.sparse.eye(2), 0).shape
      TensorShape([1, 2, 2])
    """
    sizes = sizes_of(checked(sp_input))
    place = -1 if axis is None else int_of(axis, "ExpandDims", "Tdim")
    if not -len(sizes) - 1 <= place <= len(sizes):
        raise invalid_argument(
            "ExpandDims",
            f"axis {place} is not in [{-len(sizes) - 1}, {len(sizes) + 1}) of a sparse tensor",
            "",
            kernel=None,
        )
    place %= len(sizes) + 1
    places = np.insert(places_of(sp_input), place, 0, axis=1)
    return made(places, sp_input.values, (*sizes[:place], 1, *sizes[place:]))


def concat(
    axis: IntLike, sp_inputs: Sequence[SparseTensor], expand_nonconcat_dims: bool = False, name: str | None = None
) -> SparseTensor:
    """Concatenates sparse tensors along an axis.

    Args:
      axis: the axis.
      sp_inputs: SparseTensors of one dtype, of equal sizes along the other axes.
      expand_nonconcat_dims: whether sizes along the other axes may differ; the largest is used.
      name: not used; TensorFlow names operations by it.

    Returns:
      A SparseTensor with its positions in row-major order. Gradients flow to the values.

    Raises:
      TypeError: one is not a SparseTensor.
      InvalidArgumentError: the axis is out of range, or the shapes do not match.

    Example:
      >>> tf.sparse.concat(0, [tf.sparse.eye(1, 2), tf.sparse.eye(1, 2)]).indices.numpy()
      array([[0, 0],
             [1, 0]])
    """
    parts = [checked(part) for part in ([sp_inputs] if isinstance(sp_inputs, SparseTensor) else sp_inputs)]
    if not parts:
        raise invalid_argument("SparseConcat", "there is no tensor to concatenate; give at least one", "", kernel=None)
    kernel = f"SparseConcat_N_{len(parts)}"
    sizes = [np.array(sizes_of(part), np.int64) for part in parts]
    rank, place = sizes[0].size, int_of(axis, "SparseConcat", "T")
    if not -rank <= place < rank:
        message = f"Concat dimension must be in range [{-rank}, {rank}), got {place}"
        raise invalid_argument("SparseConcat", message, "", kernel=kernel)
    place %= rank
    for number, others in enumerate(sizes):
        if others.size != rank:
            message = (
                f"Ranks of all input tensors must match: expected {rank} but got {others.size} at position {number}"
            )
            raise invalid_argument("SparseConcat", message, "", kernel=kernel)
        unequal = np.flatnonzero((others != sizes[0]) & (np.arange(rank) != place))
        if unequal.size and not expand_nonconcat_dims:
            along = int(unequal[0])
            raise invalid_argument(
                "SparseConcat",
                f"Input shapes must match: expected {sizes[0][along]} for dimension {along} but got {others[along]} at "
                f"position {number}",
                "",
                kernel=kernel,
            )
    starts = np.cumsum([0, *(others[place] for others in sizes)])
    places = np.concatenate([places_of(part) for part in parts])
    places[:, place] += np.repeat(starts[:-1], [len(places_of(part)) for part in parts])
    whole = np.max(sizes, axis=0)
    whole[place] = starts[-1]
    order = ordering(places)
    return made(places[order], taken(concat_dense([part.values for part in parts], 0), order), whole)


def slice(sp_input: SparseTensor, start: TensorLike, size: TensorLike, name: str | None = None) -> SparseTensor:
    """A slice of a sparse tensor.

    Args:
      sp_input: a SparseTensor.
      start: its start along each axis.
      size: its size along each axis; the part beyond the end is omitted.
      name: not used; TensorFlow names operations by it.

    Returns:
      A SparseTensor. Gradients flow to the values.

    Raises:
      TypeError: it is not a SparseTensor.
      InvalidArgumentError: start or size do not have a number for each axis.

    Example:
      >>> tf.sparse.slice(tf.sparse.eye(3), [1, 1], [1, 5]).shape
      TensorShape([1, 2])
    """
    sizes = np.array(sizes_of(checked(sp_input)), np.int64)
    first, extent = (np.array(ints_of(value, "SparseSlice", "T"), np.int64) for value in (start, size))
    for word, vector in (("start", first), ("size", extent)):
        if vector.size != sizes.size:
            message = f"Expected {word} to be a vector of length {sizes.size} but got length {vector.size}"
            raise invalid_argument("SparseSlice", message, "")
    if (extent < 0).any():
        raise invalid_argument("SparseSlice", f"Expected a non-negative size, got {extent[extent < 0][0]}", "")
    return _part(sp_input, first, np.maximum(np.minimum(extent, sizes - first), 0))


def _part(tensor: SparseTensor, first: np.ndarray, extent: np.ndarray) -> SparseTensor:
    places = places_of(tensor) - first
    index = np.flatnonzero(((places >= 0) & (places < extent)).all(1))
    return chosen(tensor, index, places[index], extent)


def split(
    sp_input: SparseTensor | None = None,
    num_split: int | None = None,
    axis: IntLike | None = None,
    name: str | None = None,
) -> list[SparseTensor]:
    """Splits a sparse tensor along an axis; the first parts are larger by one if it does not divide evenly.

    Args:
      sp_input: a SparseTensor.
      num_split: number of parts.
      axis: the axis.
      name: not used; TensorFlow names operations by it.

    Returns:
      A list of SparseTensors. Gradients flow to the values.

    Raises:
      TypeError: it is not a SparseTensor.
      ValueError: num_split or axis is not given.
      InvalidArgumentError: the axis is out of range, or it is shorter than there are parts.

    Example:
      >>> [part.shape for part in tf.sparse.split(tf.sparse.eye(3), num_split=2, axis=0)]
      [TensorShape([2, 3]), TensorShape([1, 3])]
    """
    if num_split is None:
        raise ValueError("num_split is required")
    if axis is None:
        raise ValueError("axis is required")
    sizes = np.array(sizes_of(checked(sp_input)), np.int64)
    place, kernel = int_of(axis, "SparseSplit", "T"), f"SparseSplit_num_split_{num_split}"
    if not -sizes.size <= place < sizes.size:
        message = f"Input axis should be in range [{-sizes.size}, {sizes.size}), got {place}"
        raise invalid_argument("SparseSplit", message, "", kernel=kernel)
    if not 1 <= num_split <= sizes[place]:
        message = (
            f"Input num_split should be between 1 and the splitting dimension size ({sizes[place]}), got {num_split}"
        )
        raise invalid_argument("SparseSplit", message, "", kernel=kernel)
    whole, rest = divmod(int(sizes[place]), num_split)
    parts, first = [], np.zeros_like(sizes)
    for number in range(num_split):
        extent = sizes.copy()
        extent[place] = whole + (number < rest)
        parts.append(_part(sp_input, first, extent))  # type: ignore[arg-type]  # checked above
        first[place] += extent[place]
    return parts


def retain(sp_input: SparseTensor, to_retain: TensorLike) -> SparseTensor:
    """Keeps some of the values.

    Args:
      sp_input: a SparseTensor.
      to_retain: a bool for each value.

    Returns:
      A SparseTensor of the same shape. Gradients flow to the values.

    Raises:
      TypeError: it is not a SparseTensor.
      ValueError: the number of bools is not that of values.

    Example:
      >>> tf.sparse.retain(tf.sparse.eye(2), [False, True]).indices.numpy()
      array([[1, 1]])
    """
    kept = np.asarray(as_tensor(to_retain)).astype(bool)
    places = places_of(checked(sp_input))
    if kept.ndim != 1:
        raise ValueError(f"Shape {kept.shape} must have rank 1")
    if kept.size != len(places):
        raise ValueError(f"Dimensions {len(places)} and {kept.size} are not compatible")
    index = np.flatnonzero(kept)
    return chosen(sp_input, index, places[index], sizes_of(sp_input))


def reset_shape(sp_input: SparseTensor, new_shape: ShapeLike | None = None) -> SparseTensor:
    """Replaces the shape by a larger one, or by the smallest that contains all positions.

    Args:
      sp_input: a SparseTensor.
      new_shape: the shape; the smallest by default.

    Returns:
      A SparseTensor. Gradients flow to the values.

    Raises:
      TypeError: it is not a SparseTensor.
      ValueError: the shape has another rank, or is smaller.

    Example:
      >>> tf.sparse.reset_shape(tf.SparseTensor([[1, 0]], [5], [4, 4])).shape
      TensorShape([2, 1])
    """
    places, before = places_of(checked(sp_input)), np.array(sizes_of(sp_input), np.int64)
    if new_shape is None:
        sizes = places.max(0) + 1 if len(places) else np.zeros_like(before)
    else:
        sizes = np.array(ints_of(new_shape, "SparseTensor", "T"), np.int64)
        if sizes.size != before.size:
            raise ValueError(f"Dimensions {before.size} and {sizes.size} are not compatible")
        if (sizes < before).any():
            raise ValueError(
                "Requested new_shape should have dimension sizes >= sp_input.shape.  "
                f"Found new_shape ({sizes}), sp_input.shape ({before})."
            )
    return SparseTensor(sp_input.indices, sp_input.values, tensor_from(sizes))


def fill_empty_rows(sp_input: SparseTensor, default_value: Any, name: str | None = None) -> tuple[SparseTensor, Tensor]:
    """Adds a value at the first position of each empty row.

    Args:
      sp_input: a SparseTensor of at least one axis; along the first of them are its rows.
      default_value: a scalar.
      name: not used; TensorFlow names operations by it.

    Returns:
      A SparseTensor with its positions in row-major order, and a vector of bool: which rows were empty. Gradients flow
      to the values and to default_value.

    Raises:
      TypeError: it is not a SparseTensor.
      InvalidArgumentError: default_value has axes, or a position is outside the shape.

    Example:
      >>> filled, empty = tf.sparse.fill_empty_rows(tf.SparseTensor([[1, 0]], [5], [2, 2]), 7)
      >>> filled.values.numpy(), empty.numpy()
      (array([7, 5], dtype=int32), array([ True, False]))
    """
    places, sizes = places_of(checked(sp_input)), sizes_of(sp_input)
    default = as_any_tensor(default_value, sp_input.dtype)
    if default.ndim:
        message = f"default_value must be a scalar, saw: {dims_text(default.shape)}"
        raise invalid_argument("SparseFillEmptyRows", message, "")
    outside = (places[:, 0] < 0) | (places[:, 0] >= sizes[0])
    if outside.any():
        first = int(np.argmax(outside))
        row = places[first, 0]
        words = f"{row} < 0" if row < 0 else f"{row} >= {sizes[0]}"
        raise invalid_argument("SparseFillEmptyRows", f"indices({first}, 0) is invalid: {words}", "")
    empty = np.bincount(places[:, 0], minlength=sizes[0]) == 0
    further = np.zeros((int(empty.sum()), len(sizes)), np.int64)
    further[:, 0] = np.flatnonzero(empty)
    together = np.concatenate([places, further])
    order = np.argsort(together[:, 0], kind="stable")
    every = concat_dense([sp_input.values, as_any_tensor([default])], 0)
    index = np.minimum(order, len(places))
    return made(together[order], taken(every, index), sizes), tensor_from(empty)
