"""Functions of keras.ops that gather, scatter and count values by position."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_broadcast_to, apply_cast, apply_reduce, apply_reshape, apply_transpose
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.keras_tensor import KerasTensor
from gradtape._src.keras.ops.promotion import axis_of, promoted, shape_list, wanted
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.linalg import diagonals
from gradtape._src.ops import elementwise as e, gathering as g, masking, scattering, segments
from gradtape._src.ops.counting import bincount as counted
from gradtape._src.ops.indexing import slice as sliced
from gradtape._src.ops.sorting import searchsorted as searched


@keras_op
def take(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Gathers slices along an axis.

    Args:
      x: a tensor.
      indices: the indices; negative ones count from the end.
      axis: the axis; None flattens the operand.

    Returns:
      A tensor of the same dtype.

    Raises:
      InvalidArgumentError: an index is out of range.
      IndexError: the axis is out of range.
      ValueError: an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.take([10, 20, 30], [2, 0]).numpy()
      array([30, 10], dtype=int32)
    """
    tensor, places = tensor_of(x), tensor_of(indices)
    if places.dtype.is_floating:
        places = apply_cast(places, dtypes.int32)
    if axis is None:
        tensor, axis = apply_reshape(tensor, (-1,)), 0
    places = masking.where(places < 0, places + tensor.shape[axis], places)
    return g.gather(tensor, places, axis=axis)


@keras_op
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Gathers values along an axis, each row by its own indices.

    Args:
      x: a tensor.
      indices: the indices, of x's shape except along the axis; negative ones count from the end.
      axis: the axis; None flattens the operand.

    Returns:
      A tensor of the shape of indices.

    Raises:
      InvalidArgumentError: an index is out of range, or indices are not integers.
      ValueError: the axis is out of range, the shapes do not broadcast except along it, or an operand cannot be
        converted to a tensor.

    Example:
      >>> tf.keras.ops.take_along_axis([[1, 2], [3, 4]], [[1], [0]], axis=1).numpy().tolist()
      [[2], [3]]
    """
    tensor, places = tensor_of(x), tensor_of(indices)
    if axis is None:
        return g.gather(apply_reshape(tensor, (-1,)), apply_reshape(places, (-1,)))
    last = axis_of(axis, tensor.ndim)
    order = [place for place in builtins.range(tensor.ndim) if place != last] + [last]
    back = np.argsort(order).tolist()
    shape = list(np.broadcast_shapes(*([*one.shape[:last], 1, *one.shape[last + 1 :]] for one in (tensor, places))))
    tensor = apply_broadcast_to(tensor, [*shape[:last], tensor.shape[last], *shape[last + 1 :]])
    places = apply_broadcast_to(places, [*shape[:last], places.shape[last], *shape[last + 1 :]])
    places = masking.where(places < 0, places + tensor.shape[last], places)
    tensor, places = apply_transpose(tensor, order), apply_transpose(places, order)
    found = g.gather(tensor, places, axis=-1, batch_dims=tensor.ndim - 1)
    return apply_transpose(found, back)


@keras_op
def get_item(x: Any, key: Any) -> Tensor:
    """The same as x[key].

    Args:
      x: a tensor.
      key: an index.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: an index is out of range, or there are more than axes.
      TypeError: the key is not an index.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.get_item([10, 20, 30], slice(1, None)).numpy()
      array([20, 30], dtype=int32)
    """
    return tensor_of(x)[key]


@keras_op
def slice(inputs: Any, start_indices: Any, shape: Any) -> Tensor:
    """A block of a tensor.

    Args:
      inputs: a tensor.
      start_indices: the first index along each axis.
      shape: its shape.

    Returns:
      A tensor of that shape.

    Raises:
      InvalidArgumentError: the block is not inside of the tensor, or has not as many axes.
      ValueError: inputs cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.slice([10, 20, 30], [1], [2]).numpy()
      array([20, 30], dtype=int32)
    """
    return sliced(tensor_of(inputs), shape_list(start_indices), shape_list(shape))


@keras_op
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Tensor:
    """Returns a tensor with a block replaced.

    Args:
      inputs: a tensor.
      start_indices: the first index of the block along each axis.
      updates: the block.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: the block is not inside of the tensor.
      ValueError: start_indices are not as many as the axes of updates, or an operand cannot be converted.

    Example:
      >>> tf.keras.ops.slice_update([10, 20, 30], [1], [7]).numpy()
      array([10,  7, 30], dtype=int32)
    """
    tensor = tensor_of(inputs)
    block = tensor_of(updates, tensor.dtype)
    ends = zip(shape_list(start_indices), block.shape, strict=True)
    grids = np.meshgrid(*(np.arange(start, start + size) for start, size in ends), indexing="ij")
    return scattering.tensor_scatter_nd_update(tensor, np.stack(grids, -1), block)


@keras_op
def scatter(indices: Any, values: Any, shape: Any) -> Tensor:
    """Adds values at positions to a tensor of zeros.

    Args:
      indices: the positions, of shape [..., axes].
      values: the values.
      shape: the shape.

    Returns:
      A tensor of the dtype of the values.

    Raises:
      InvalidArgumentError: a position is outside of the shape, is not of integers, or there are not as many values.
      ValueError: an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.scatter([[0], [2]], [5, 7], [3]).numpy()
      array([5, 0, 7], dtype=int32)
    """
    return scattering.scatter_nd(tensor_of(indices), tensor_of(values), shape_list(shape))


@keras_op
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Tensor:
    """Returns a tensor with values at positions replaced.

    Args:
      inputs: a tensor.
      indices: the positions, of shape [..., axes].
      updates: the values.
      reduction: None to replace, "add", "max", "min" or "mul" to combine with existing values.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.ops.scatter_update([1, 2, 3], [[0]], [9]).numpy()
      array([9, 2, 3], dtype=int32)
    """
    tensor = tensor_of(inputs)
    names = {None: "update", "add": "add", "max": "max", "min": "min"}
    if reduction not in names:
        raise ValueError(f"Unsupported reduction: {reduction}")
    change = getattr(scattering, f"tensor_scatter_nd_{names[reduction]}")
    return change(tensor, tensor_of(indices), tensor_of(updates, tensor.dtype))


@keras_op
def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Tensor:
    """The positions at which values can be inserted into a sorted sequence.

    Args:
      sorted_sequence: the sequence, a vector.
      values: the values.
      side: "left" or "right" of equal elements.

    Returns:
      An int32 tensor of the shape of the values.

    Raises:
      InvalidArgumentError: the sequence is not a vector.
      ValueError: the side is unknown, or an operand cannot be converted to a tensor of the common dtype.

    Example:
      >>> tf.keras.ops.searchsorted([1, 3, 5], [3]).numpy()
      array([1], dtype=int32)
    """
    sequence, wanted_values = promoted(sorted_sequence, values)
    found = searched(sequence, apply_reshape(wanted_values, (-1,)), side)
    return apply_reshape(found, tuple(wanted_values.shape))


@keras_op
def digitize(x: Any, bins: Any) -> Tensor:
    """The indices of the bins to which values belong.

    Args:
      x: a tensor.
      bins: the bounds, an ascending vector.

    Returns:
      An int32 tensor of the same shape.

    Raises:
      InvalidArgumentError: bins is not a vector.
      ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one.

    Example:
      >>> tf.keras.ops.digitize([0.5, 2.0], [1.0, 2.0]).numpy()
      array([0, 2], dtype=int32)
    """
    tensor, bounds = promoted(x, bins)
    flat = searched(bounds, apply_reshape(tensor, (-1,)), "right")
    return apply_reshape(flat, tuple(tensor.shape))


@keras_op
def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Tensor:
    """Counts the occurrences of nonnegative integers.

    Args:
      x: integers, a vector or rows.
      weights: the weight of each value.
      minlength: the minimum length of the result.
      sparse: not used; tensors are dense.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: a number is negative, the weights have another shape, or x has more than two axes.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.bincount([0, 2, 2]).numpy()
      array([1, 0, 2], dtype=int32)
    """
    tensor = apply_cast(tensor_of(x), dtypes.int32)
    return counted(tensor, weights=weights, minlength=minlength, axis=-1 if tensor.ndim > 1 else None)


@keras_op
def diag(x: Any, k: int = 0) -> Tensor:
    """The diagonal of a matrix, or a matrix with a diagonal.

    Args:
      x: a matrix, or the diagonal.
      k: the diagonal, 0 for the main one.

    Returns:
      A vector or a matrix.

    Raises:
      InvalidArgumentError: x is a scalar, or the diagonal is outside of the matrix.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.diag([[1, 2], [3, 4]]).numpy()
      array([1, 4], dtype=int32)
    """
    tensor = tensor_of(x)
    return diagonals.diag_part(tensor, k=k) if tensor.ndim == 2 else diagonals.diag(tensor, k=k)


@keras_op
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The diagonal of matrices in two axes.

    Args:
      x: a tensor.
      offset: the diagonal, 0 for the main one.
      axis1, axis2: the axes.

    Returns:
      A tensor whose last axis is the diagonal.

    Raises:
      InvalidArgumentError: the axes are the same, or the diagonal is outside of the matrices.
      ValueError: an axis is out of range, or x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.diagonal([[1, 2], [3, 4]]).numpy()
      array([1, 4], dtype=int32)
    """
    tensor = tensor_of(x)
    first, second = axis_of(axis1, tensor.ndim), axis_of(axis2, tensor.ndim)
    rest = [place for place in builtins.range(tensor.ndim) if place not in (first, second)]
    return diagonals.diag_part(apply_transpose(tensor, [*rest, first, second]), k=offset)


@keras_op
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The sum of the diagonal of matrices in two axes.

    Args:
      x: a tensor.
      offset: the diagonal, 0 for the main one.
      axis1, axis2: the axes.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: the axes are the same, or the diagonal is outside of the matrices.
      ValueError: an axis is out of range, or x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.trace([[1, 2], [3, 4]]).numpy()
      np.int32(5)
    """
    return apply_reduce("Sum", diagonal.__wrapped__(x, offset, axis1, axis2), -1, False)


@keras_op
def diff(a: Any, n: int = 1, axis: int = -1) -> Tensor:
    """The differences of consecutive values along an axis.

    Args:
      a: a tensor.
      n: the number of times the difference is taken.
      axis: the axis.

    Returns:
      A tensor of the same dtype.

    Raises:
      InvalidArgumentError: a has dtype string or bool.
      ValueError: the axis is out of range, or a cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.diff([1, 3, 6]).numpy()
      array([2, 3], dtype=int32)
    """
    tensor = tensor_of(a)
    before = [builtins.slice(None)] * tensor.ndim
    behind = list(before)
    axis = axis_of(axis, tensor.ndim)
    before[axis], behind[axis] = builtins.slice(None, -1), builtins.slice(1, None)
    for _ in builtins.range(builtins.min(n, tensor.shape[axis])):  # empty tensors have no differences
        tensor = e.subtract(tensor[tuple(behind)], tensor[tuple(before)])
    return tensor


@keras_op
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Tensor:
    """Converts class indices to one-hot rows.

    Args:
      x: integers; numbers out of range become rows of 0.
      num_classes: the number of classes.
      axis: the position of the axis of classes.
      dtype: the dtype, float32 by default.
      sparse: not used; tensors are dense.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: num_classes is negative, the axis is out of range, or x has dtype string.
      ValueError: x cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.one_hot([0, 2], 3).numpy()
      array([[1., 0., 0.],
             [0., 0., 1.]], dtype=float32)
    """
    made = wanted("float32" if dtype is None else dtype)
    return apply_cast(masking.one_hot(tensor_of(x, dtypes.int64), num_classes, axis=axis), made)


@keras_op
def multi_hot(inputs: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Tensor:
    """Converts rows of class indices to multi-hot rows.

    Args:
      inputs: integers.
      num_classes: the number of classes.
      axis: the position of the axis of classes.
      dtype: the dtype, float32 by default.
      sparse: not used; tensors are dense.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: num_classes is negative, the axis is out of range, or inputs has dtype string.
      ValueError: inputs cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.multi_hot([0, 2], 3).numpy()
      array([1., 0., 1.], dtype=float32)
    """
    tensor = tensor_of(inputs, dtypes.int64)
    rows = one_hot.__wrapped__(tensor, num_classes, axis, "float32" if dtype is None else dtype)
    kind = rows.dtype
    if kind is dtypes.bool:
        rows = apply_cast(rows, dtypes.int32)
    return apply_cast(apply_reduce("Max", rows, 1 if tensor.ndim > 1 else 0, False), kind)


def _reduced(reduce: Callable[..., Tensor], data: Any, segment_ids: Any, num_segments: int | None) -> Tensor:
    """The rows of each segment, reduced by a function of tf.math."""
    ids = tensor_of(segment_ids, dtypes.int32)
    count = int(ids.numpy().max(initial=-1)) + 1 if num_segments is None else num_segments
    return reduce(tensor_of(data), ids, count)


@keras_op
def segment_sum(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """The sums of rows of each segment.

    Args:
      data: a tensor.
      segment_ids: the segment of each row.
      num_segments: their number; by default the largest index plus one.
      sorted: not used.

    Returns:
      A tensor with one row per segment.

    Raises:
      InvalidArgumentError: a segment is not below num_segments, there is not one for each row, or data has dtype string
        or bool.
      ValueError: an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.segment_sum([1, 2, 3], [0, 1, 1]).numpy()
      array([1, 5], dtype=int32)
    """
    return _reduced(segments.unsorted_segment_sum, data, segment_ids, num_segments)


@keras_op
def segment_max(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """The maxima of rows of each segment.

    Args:
      data: a tensor.
      segment_ids: the segment of each row.
      num_segments: their number; by default the largest index plus one.
      sorted: not used.

    Returns:
      A tensor with one row per segment.

    Raises:
      InvalidArgumentError: a segment is not below num_segments, there is not one for each row, or data has dtype string
        or bool.
      ValueError: an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.segment_max([1, 2, 3], [0, 1, 1]).numpy()
      array([1, 3], dtype=int32)
    """
    return _reduced(segments.unsorted_segment_max, data, segment_ids, num_segments)


@keras_op
def segment_min(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """The minima of rows of each segment.

    Args:
      data: a tensor.
      segment_ids: the segment of each row.
      num_segments: their number; by default the largest index plus one.
      sorted: not used.

    Returns:
      A tensor with one row per segment.

    Raises:
      InvalidArgumentError: a segment is not below num_segments, there is not one for each row, or data has dtype string
        or bool.
      ValueError: an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.segment_min([1, 2, 3], [0, 1, 1]).numpy()
      array([1, 2], dtype=int32)
    """
    return _reduced(segments.unsorted_segment_min, data, segment_ids, num_segments)


@keras_op
def segment_prod(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """The products of rows of each segment.

    Args:
      data: a tensor.
      segment_ids: the segment of each row.
      num_segments: their number; by default the largest index plus one.
      sorted: not used.

    Returns:
      A tensor with one row per segment.

    Raises:
      InvalidArgumentError: a segment is not below num_segments, there is not one for each row, or data has dtype string
        or bool.
      ValueError: an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.segment_prod([1, 2, 3], [0, 1, 1]).numpy()
      array([1, 6], dtype=int32)
    """
    return _reduced(segments.unsorted_segment_prod, data, segment_ids, num_segments)


def shape(x: Any) -> tuple[Any, ...]:
    """A tensor's shape.

    Args:
      x: a tensor.

    Returns:
      A tuple of ints; for a symbolic value None means an unknown size.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.shape(tf.zeros((2, 3)))
      (2, 3)
    """
    return tuple(x.shape if isinstance(x, KerasTensor) else tensor_of(x).shape)


def ndim(x: Any) -> int:
    """The number of axes of a tensor.

    Args:
      x: a tensor.

    Returns:
      An int.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.ndim(tf.zeros((2, 3)))
      2
    """
    return len(shape(x))


def size(x: Any) -> int:
    """The number of elements of a tensor.

    Args:
      x: a tensor.

    Returns:
      An int.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.size(tf.zeros((2, 3)))
      6
    """
    return math.prod(shape(x))


def dtype(x: Any) -> str:
    """The name of a tensor's dtype.

    Args:
      x: a tensor.

    Returns:
      A str.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.dtype(tf.zeros((2, 3)))
      'float32'
    """
    return x.dtype if isinstance(x, KerasTensor) else tensor_of(x).dtype.name


def is_tensor(x: Any) -> bool:
    """Whether a value is a tensor.

    Args:
      x: the value.

    Returns:
      A bool.

    Example:
      >>> tf.keras.ops.is_tensor(tf.zeros(2)), tf.keras.ops.is_tensor([1])
      (True, False)
    """
    return isinstance(x, Tensor)


def convert_to_numpy(x: Any) -> np.ndarray:
    """Converts a tensor to an array.

    Args:
      x: a tensor, a variable, or a value convertible to a tensor.

    Returns:
      An array.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.convert_to_numpy(tf.constant([1, 2]))
      array([1, 2], dtype=int32)
    """
    return np.array(tensor_of(x))
