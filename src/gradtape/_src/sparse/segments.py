"""Segment reductions of rows selected by index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, as_tensor, tensor_from
from gradtape._engine.ops.rows import add_rows, take_rows
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import ORDERED, index_array, int_of, not_allowed
from gradtape._src.core.typing import IntLike, TensorLike


def segment_sum(
    data: TensorLike,
    indices: TensorLike,
    segment_ids: TensorLike,
    num_segments: IntLike | None = None,
    name: str | None = None,
    sparse_gradient: bool = False,
) -> Tensor:
    """Sums selected rows of data for each segment.

    Args:
      data: a tensor of numbers of at least one axis.
      indices: the indices of the rows, in the order of the segments.
      segment_ids: the segment of each, a sorted vector of integers.
      num_segments: number of segments; one more than the largest segment id by default.
      name: not used; TensorFlow names operations by it.
      sparse_gradient: not used; the gradient is a tensor.

    Returns:
      A tensor with a row for each segment, 0 for empty ones. Gradients flow to data.

    Raises:
      InvalidArgumentError: segment ids are not sorted or negative, or an index is out of range.

    Example:
      >>> tf.sparse.segment_sum([[1, 2], [3, 4], [5, 6]], indices=[0, 2], segment_ids=[0, 0]).numpy()
      array([[6, 8]], dtype=int32)
    """
    return _reduced("SparseSegmentSum", data, indices, segment_ids, num_segments, None)


def segment_mean(
    data: TensorLike,
    indices: TensorLike,
    segment_ids: TensorLike,
    num_segments: IntLike | None = None,
    name: str | None = None,
    sparse_gradient: bool = False,
) -> Tensor:
    """The mean of selected rows of data for each segment.

    Args:
      data: a floating tensor of at least one axis.
      indices: the indices of the rows, in the order of the segments.
      segment_ids: the segment of each, a sorted vector of integers.
      num_segments: number of segments; one more than the largest segment id by default.
      name: not used; TensorFlow names operations by it.
      sparse_gradient: not used; the gradient is a tensor.

    Returns:
      A tensor with a row for each segment, 0 for empty ones. Gradients flow to data.

    Raises:
      InvalidArgumentError: segment ids are not sorted or negative, or an index is out of range.

    Example:
      >>> tf.sparse.segment_mean([[1.0], [3.0], [5.0]], indices=[0, 2], segment_ids=[0, 0]).numpy()
      array([[3.]], dtype=float32)
    """
    return _reduced("SparseSegmentMean", data, indices, segment_ids, num_segments, lambda counts: counts)


def segment_sqrt_n(
    data: TensorLike,
    indices: TensorLike,
    segment_ids: TensorLike,
    num_segments: IntLike | None = None,
    name: str | None = None,
    sparse_gradient: bool = False,
) -> Tensor:
    """Sums of selected rows of data for each segment, divided by the square root of their number.

    Args:
      data: a floating tensor of at least one axis.
      indices: the indices of the rows, in the order of the segments.
      segment_ids: the segment of each, a sorted vector of integers.
      num_segments: number of segments; one more than the largest segment id by default.
      name: not used; TensorFlow names operations by it.
      sparse_gradient: not used; the gradient is a tensor.

    Returns:
      A tensor with a row for each segment, 0 for empty ones. Gradients flow to data.

    Raises:
      InvalidArgumentError: segment ids are not sorted or negative, or an index is out of range.

    Example:
      >>> data = [[1.0], [3.0], [5.0], [7.0]]
      >>> tf.sparse.segment_sqrt_n(data, indices=[0, 1, 2, 3], segment_ids=[0, 0, 0, 0]).numpy()
      array([[8.]], dtype=float32)
    """
    return _reduced("SparseSegmentSqrtN", data, indices, segment_ids, num_segments, np.sqrt)


def _reduced(
    op: str,
    data: TensorLike,
    indices: TensorLike,
    segment_ids: TensorLike,
    num_segments: IntLike | None,
    divisor: Callable[[Any], Any] | None,
) -> Tensor:
    op += "" if num_segments is None else "WithNumSegments"
    given = as_tensor(data)
    if divisor is not None and not given.dtype.is_floating:
        raise not_allowed(op, given.dtype, "bfloat16, half, float, double")
    if given.dtype.is_bool or given.dtype.is_complex:
        raise not_allowed(op, given.dtype, ORDERED)
    if not given.ndim:
        raise invalid_argument(op, "data must have at least one axis", None)
    tensor = _wide(given)
    numbers, ids = (index_array(as_tensor(value, hint=dtypes.int32), op) for value in (indices, segment_ids))
    if numbers.shape != ids.shape or ids.ndim != 1:
        raise invalid_argument(op, "segment_ids and indices should have same size.", None)
    if ids.size and ((np.diff(ids) < 0).any() or ids[0] < 0):
        raise invalid_argument(op, "segment ids are not increasing", None)
    count = (int(ids[-1]) + 1 if ids.size else 0) if num_segments is None else int_of(num_segments, op, "Tnumsegments")
    if ids.size and ids[-1] >= count:
        raise invalid_argument(op, "segment ids must be < num_segments", None)
    outside = (numbers < 0) | (numbers >= tensor.shape[0])
    if outside.any():
        first = int(np.argmax(outside))
        message = f"Bad: indices[{first}] == {numbers[first]} out of range [0, {tensor.shape[0]})"
        raise invalid_argument(op, message, None)
    rest = tuple(tensor.shape[1:])
    sums = add_rows(op, take_rows(op, tensor, numbers, (numbers.size, *rest)), ids, (count, *rest))
    if divisor is None:
        return apply_cast(sums, given.dtype)
    counts = np.maximum(np.bincount(ids, minlength=count), 1).reshape((count,) + (1,) * len(rest))
    return apply_cast(sums / apply_cast(tensor_from(divisor(counts.astype(np.float64))), tensor.dtype), given.dtype)


def _wide(tensor: Tensor) -> Tensor:
    """Converts half precision to a dtype in which sums do not overflow."""
    return apply_cast(tensor, dtypes.float32) if tensor.dtype.is_floating and tensor.dtype.size == 2 else tensor
