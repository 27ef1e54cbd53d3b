"""Segment reductions: rows with the same segment number are reduced together."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_elementwise, as_tensor, full, tensor_from, view
from gradtape._engine.ops.rows import add_rows, take_rows
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import (
    NUMERIC,
    ORDERED,
    check_memory,
    dims_text,
    index_array,
    index_dtype,
    not_allowed,
    scalar_of,
)
from gradtape._src.core.steps import one_step
from gradtape._src.core.typing import IntLike, TensorLike
from gradtape._src.ops.scans import HAS_NO_ZERO, linear_recurrence
from gradtape._src.table.rows import NUMBERS, call, integer, op, real, values

NAN = math.nan
PRODUCT_NOTES = "Derivatives of every order are right where factors are 0; TensorFlow's second derivatives lack terms"


def _samples() -> list[Any]:
    return [
        *(call(real(4), [0, 0, 2, 2]), call(real(3, 2), [0, 1, 1]), call(real(2, 2), integer([0, 0], "int64"))),
        *(call(real(0), integer([])), call(real(1), [3])),
    ]


def _edges() -> list[Any]:
    return [
        *(call(values([1.0, 1.0, 0.0]), [0, 0, 1]), call(values([0.0, 2.0, 0.0]), [0, 0, 0]), *_edges_without_zeros()),
    ]


def _edges_without_zeros() -> list[Any]:
    """Those of products; in TensorFlow their second derivatives lack terms where rows contain zeros."""
    return [
        call(integer([1, 2]), [0, 2]),
        *(call(values([NAN, 1.0]), [0, 0]), call([1.0, 2.0, 3.0], [0, 1, 1])),
    ]


def _unsorted_samples() -> list[Any]:
    return [
        *(call(real(4), [2, 0, 2, 0], 3), call(real(3, 2), [1, -1, 1], 2), call(real(2, 2), [[0, 1], [1, 0]], 2)),
        *(call(real(0), integer([]), 2), call(real(2, 2, 2), [[0, 1], [1, 1]], 3)),
    ]


def _full_samples() -> list[Any]:
    """Samples without empty segments, whose extreme values are too large for finite differences."""
    return [
        *(call(real(4), [1, 0, 1, 0], 2), call(real(3, 2), [1, -1, 0], 2), call(real(2, 2), [[0, 1], [1, 0]], 2)),
        call(real(2, 2, 2), [[0, 1], [1, 1]], 2),
    ]


def _unsorted_edges() -> list[Any]:
    return [
        *(call(values([1.0, 1.0, 0.0]), [0, 0, 1], 2), call(values([0.0, 2.0, 0.0]), [1, 1, 0], 2)),
        *_unsorted_edges_without_zeros(),
    ]


def _unsorted_edges_without_zeros() -> list[Any]:
    return [
        *(call(values([NAN, 1.0]), [0, 1], 2), call(integer([1, 2]), [0, 0], 2), call([1.0, 2.0], [1, 1], 3)),
    ]


def _numbers(op: str, segment_ids: Any) -> np.ndarray:
    tensor = as_tensor(segment_ids)
    index_dtype(op, tensor.dtype, "Tindices")
    return index_array(tensor, op)


def _sorted_ids(op: str, data: Tensor, segment_ids: Any) -> tuple[np.ndarray, int]:
    """Non-decreasing segment numbers, and the number of segments."""
    ids = _numbers(op, segment_ids)
    if data.dtype.is_bool:
        raise not_allowed(op, data.dtype, ORDERED if op.endswith(("Max", "Min")) else NUMERIC)
    if data.ndim == 0:
        raise invalid_argument(op, "input must be at least rank 1", None)
    if ids.ndim != 1:
        raise invalid_argument(op, "segment_ids should be a vector.", None)
    if data.shape[0] != ids.size:
        raise invalid_argument(op, "segment_ids should be the same size as dimension 0 of input.", None)
    if ids.size:
        if ids[0] < 0:
            bounds = f"out of range [0, {ids[-1] + 1})"
            message = f"Segment id {ids[0]} {bounds}, possibly because 'segment_ids' input is not sorted."
            raise invalid_argument(op, message, None)
        if (np.diff(ids) < 0).any():
            raise invalid_argument(op, "segment ids are not increasing", None)
    return ids, int(ids[-1]) + 1 if ids.size else 0


def _any_ids(op: str, data: Tensor, segment_ids: Any, num_segments: Any) -> tuple[np.ndarray, int]:
    """Segment numbers below num_segments; rows with negative ones are ignored."""
    ids = _numbers(op, segment_ids)
    segments = as_tensor(num_segments, hint=dtypes.int32)
    index_dtype(op, segments.dtype, "Tnumsegments")
    count = scalar_of(op, segments, "num_segments should be a scalar, not shape {shape}")
    if data.dtype.is_bool:
        raise not_allowed(op, data.dtype, ORDERED if op.endswith(("Max", "Min")) else NUMERIC)
    if count < 0:
        raise invalid_argument(op, f"Input num_segments == {count} must not be negative.", None)
    if tuple(data.shape)[: ids.ndim] != ids.shape:
        raise invalid_argument(
            op,
            f"data.shape = {dims_text(data.shape)} does not start with segment_ids.shape = {dims_text(ids.shape)}",
            None,
        )
    if ids.size and ids.max() >= count:
        place = int(np.argmax(ids >= count))
        text = dims_text(np.unravel_index(place, ids.shape)) if ids.ndim else ""
        raise invalid_argument(op, f"segment_ids{text} = {ids.flat[place]} is out of range [0, {count})", None)
    check_memory((count, *data.shape[ids.ndim :]), dtypes.int64)
    return ids, count


def _sums(data: Tensor, ids: np.ndarray, count: int) -> Tensor:
    return add_rows("SegmentSum", data, ids, (count, *data.shape[ids.ndim :]))


def _counts(ids: np.ndarray, count: int, rank: int) -> np.ndarray:
    """The number of rows of each segment, with `rank` trailing axes of size 1."""
    kept = ids[ids >= 0]
    return np.bincount(kept.reshape(-1), minlength=count).reshape((count,) + (1,) * rank)


def _means(data: Tensor, ids: np.ndarray, count: int, power: float) -> Tensor:
    """Sums divided, with the given operator, by a power of the number of rows; 0 for empty segments."""
    divisor = np.maximum(_counts(ids, count, data.ndim - ids.ndim), 1).astype(np.float64) ** power
    return _sums(data, ids, count) / tensor_from(divisor, data.dtype)


def _extremes(op: str, choose: np.ufunc, data: Tensor, ids: np.ndarray, count: int, empty: Any) -> Tensor:
    """The maximum or minimum of each segment; ties share the gradient."""
    return _EXTREMES[op](data, attributes=(choose, ids, count, empty))


def _accumulate(data: Tensor, choose: np.ufunc, ids: np.ndarray, count: int, empty: Any, absent: Any = None) -> Tensor:
    """Reduces each segment's rows; `absent` is the value of segments without rows, else `empty`."""
    array = view(data)
    out = np.full((count, *array.shape[ids.ndim :]), empty, array.dtype)
    kept = ids >= 0
    rows, numbers = array[kept], ids[kept]
    with np.errstate(all="ignore"):
        if choose is np.multiply or not np.isnan(rows).any():
            choose.at(out, numbers, rows)
        else:
            # A comparison with NaN is false and then the later value is used, as in TensorFlow.
            keeps = np.greater if choose is np.maximum else np.less
            for number, row in zip(numbers, rows, strict=True):
                out[number] = np.where(keeps(out[number], row), out[number], row)
    if absent is not None:
        out = np.where(_counts(ids, count, array.ndim - ids.ndim) == 0, out.dtype.type(absent), out)
    return tensor_from(out)


def _extremes_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    (data, out), (_, ids, *_) = call.saved, call.attributes
    chosen = apply_elementwise("equal", data, take_rows("GatherV2", out, ids, data.shape))
    if (ids < 0).any():
        present = tensor_from((ids >= 0).reshape(ids.shape + (1,) * (data.ndim - ids.ndim)))
        chosen = apply_elementwise("logical_and", chosen, present)
    # An empty segment has no ties; 1 keeps its unused share finite.
    ties = apply_elementwise("maximum", _sums(apply_cast(chosen, data.dtype), ids, out.shape[0]), 1.0)
    shares = take_rows("GatherV2", cotangent / ties, ids, data.shape)
    return apply_elementwise("select", chosen, shares, full(shares.shape, 0, shares.dtype))


_EXTREMES = {
    name: Primitive(name, _accumulate, _extremes_vjp, saves=(0, -1), batch="segments")
    for name in ("SegmentMax", "SegmentMin", "UnsortedSegmentMax", "UnsortedSegmentMin")
}


def _products(op: str, data: Tensor, ids: np.ndarray, count: int) -> Tensor:
    return _PRODUCTS[op](data, attributes=(np.multiply, ids, count, 1))


def _products_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    """The product divided by the row; with zeros, the product of the segment's rows before and after it."""
    (data, out), (_, ids, *_) = call.saved, call.attributes
    gathered = take_rows("GatherV2", cotangent, ids, data.shape)
    if HAS_NO_ZERO(data):
        return gathered * take_rows("GatherV2", out, ids, data.shape) / data
    numbers = ids.reshape(-1)
    order = np.argsort(numbers, kind="stable")
    order = order[numbers[order] >= 0]
    places = np.full(numbers.size, -1)
    places[order] = np.arange(order.size)
    shape = (order.size, *data.shape[ids.ndim :])
    starts = np.append(True, np.diff(numbers[order]) != 0)[: order.size]
    before = _running(data, order, starts, shape)
    behind = _running(data, order[::-1], np.roll(starts, -1)[::-1], shape)
    others = before * take_rows("GatherV2", behind, np.arange(order.size)[::-1], shape)
    return gathered * take_rows("GatherV2", others, places, data.shape)


def _running(data: Tensor, order: np.ndarray, starts: np.ndarray, shape: Any) -> Tensor:
    """For rows in this order, the products of those before each one since the last start."""
    index = np.where(starts, -1, np.roll(order, 1))
    terms = np.where(starts.reshape(-1, *(1 for _ in shape[1:])), np.ones(shape), np.zeros(shape))
    return linear_recurrence(tensor_from(terms, data.dtype), take_rows("GatherV2", data, index, shape), starts)


_PRODUCTS = {
    name: Primitive(name, _accumulate, _products_vjp, saves=(0, -1), batch="segments")
    for name in ("SegmentProd", "UnsortedSegmentProd")
}


@op("math.segment_sum", dtypes=NUMBERS, samples=_samples, edges=_edges)
def segment_sum(data: TensorLike, segment_ids: TensorLike, name: str | None = None) -> Tensor:
    """Sums the rows of each segment.

    Args:
      data: a tensor of numbers of at least one axis.
      segment_ids: a non-decreasing vector of integers: the segment of each row.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with one row per segment, up to the largest number. Empty segments are 0.

    Raises:
      InvalidArgumentError: a number is negative or less than the one before, or there is not one per row.

    Example:
      >>> tf.math.segment_sum([[1, 2], [3, 4], [5, 6]], [0, 0, 2]).numpy()
      array([[4, 6],
             [0, 0],
             [5, 6]], dtype=int32)
    """
    tensor = as_tensor(data)
    return _sums(tensor, *_sorted_ids("SegmentSum", tensor, segment_ids))


@op("math.segment_mean", dtypes=NUMBERS, samples=_samples, edges=_edges)
def segment_mean(data: TensorLike, segment_ids: TensorLike, name: str | None = None) -> Tensor:
    """The mean of the rows of each segment.

    Args:
      data: a tensor of numbers of at least one axis.
      segment_ids: a non-decreasing vector of integers: the segment of each row.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with one row per segment, up to the largest number. Empty segments are 0.

    Raises:
      InvalidArgumentError: a number is negative or less than the one before, or there is not one per row.

    Example:
      >>> tf.math.segment_mean([[1, 2], [3, 4], [5, 6]], [0, 0, 2]).numpy()
      array([[2, 3],
             [0, 0],
             [5, 6]], dtype=int32)
    """
    tensor = as_tensor(data)
    return apply_cast(_means(tensor, *_sorted_ids("SegmentMean", tensor, segment_ids), 1.0), tensor.dtype)


@op("math.segment_max", dtypes=NUMBERS, samples=_samples, edges=_edges, notes="Ties share the gradient")
def segment_max(data: TensorLike, segment_ids: TensorLike, name: str | None = None) -> Tensor:
    """The largest elements of the rows of each segment.

    Args:
      data: a tensor of numbers of at least one axis.
      segment_ids: a non-decreasing vector of integers: the segment of each row.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with one row per segment, up to the largest number. Empty segments are 0. Equal elements share the
      gradient.

    Raises:
      InvalidArgumentError: a number is negative or less than the one before, or there is not one per row.

    Example:
      >>> tf.math.segment_max([[1, 2], [3, 4], [5, 6]], [0, 0, 2]).numpy()
      array([[3, 4],
             [0, 0],
             [5, 6]], dtype=int32)
    """
    return _sorted_extremes("SegmentMax", np.maximum, data, segment_ids)


@op("math.segment_min", dtypes=NUMBERS, samples=_samples, edges=_edges, notes="Ties share the gradient")
def segment_min(data: TensorLike, segment_ids: TensorLike, name: str | None = None) -> Tensor:
    """The smallest elements of the rows of each segment.

    Args:
      data: a tensor of numbers of at least one axis.
      segment_ids: a non-decreasing vector of integers: the segment of each row.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with one row per segment, up to the largest number. Empty segments are 0. Equal elements share the
      gradient.

    Raises:
      InvalidArgumentError: a number is negative or less than the one before, or there is not one per row.

    Example:
      >>> tf.math.segment_min([[1, 2], [3, 4], [5, 6]], [0, 0, 2]).numpy()
      array([[1, 2],
             [0, 0],
             [5, 6]], dtype=int32)
    """
    return _sorted_extremes("SegmentMin", np.minimum, data, segment_ids)


def _sorted_extremes(op: str, choose: np.ufunc, data: Any, segment_ids: Any) -> Tensor:
    tensor = as_tensor(data)
    ids, count = _sorted_ids(op, tensor, segment_ids)
    least, most = tensor.dtype.min, tensor.dtype.max
    return _EXTREMES[op](tensor, attributes=(choose, ids, count, least if choose is np.maximum else most, 0))


@op(
    "math.segment_prod",
    dtypes=NUMBERS,
    samples=_samples,
    edges=_edges_without_zeros,
    notes=PRODUCT_NOTES,
)
def segment_prod(data: TensorLike, segment_ids: TensorLike, name: str | None = None) -> Tensor:
    """Multiplies the rows of each segment.

    Args:
      data: a tensor of numbers of at least one axis.
      segment_ids: a non-decreasing vector of integers: the segment of each row.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with one row per segment, up to the largest number. Empty segments are 1.

    Raises:
      InvalidArgumentError: a number is negative or less than the one before, or there is not one per row.

    Example:
      >>> tf.math.segment_prod([[1, 2], [3, 4], [5, 6]], [0, 0, 2]).numpy()
      array([[3, 8],
             [1, 1],
             [5, 6]], dtype=int32)
    """
    tensor = as_tensor(data)
    return _products("SegmentProd", tensor, *_sorted_ids("SegmentProd", tensor, segment_ids))


@op("math.unsorted_segment_sum", dtypes=NUMBERS, samples=_unsorted_samples, edges=_unsorted_edges)
@one_step("segment_ids", static=("num_segments",))
def unsorted_segment_sum(
    data: TensorLike, segment_ids: TensorLike, num_segments: IntLike, name: str | None = None
) -> Tensor:
    """Sums the rows of each segment.

    Args:
      data: a tensor of numbers of at least one axis.
      segment_ids: integers in any order, of the leading sizes of `data`: the segment of each row. Rows with
        negative numbers are ignored.
      num_segments: number of segments.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [num_segments, ...]. Empty segments are 0.

    Raises:
      InvalidArgumentError: a number is not below num_segments, or the shapes do not match.

    Example:
      >>> tf.math.unsorted_segment_sum([10, 20, 30], [1, 0, 1], num_segments=2).numpy()
      array([20, 40], dtype=int32)
    """
    tensor = as_tensor(data)
    return _sums(tensor, *_any_ids("UnsortedSegmentSum", tensor, segment_ids, num_segments))


@op("math.unsorted_segment_mean", dtypes=NUMBERS, samples=_unsorted_samples, edges=_unsorted_edges)
@one_step("segment_ids", static=("num_segments",))
def unsorted_segment_mean(
    data: TensorLike, segment_ids: TensorLike, num_segments: IntLike, name: str | None = None
) -> Tensor:
    """The mean of the rows of each segment.

    Args:
      data: a tensor of numbers of at least one axis.
      segment_ids: integers in any order, of the leading sizes of `data`: the segment of each row. Rows with
        negative numbers are ignored.
      num_segments: number of segments.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [num_segments, ...]. Empty segments are 0. The means of uint8 are float32,
      those of other integers float64.

    Raises:
      InvalidArgumentError: a number is not below num_segments, or the shapes do not match.

    Example:
      >>> tf.math.unsorted_segment_mean([10.0, 20.0, 30.0], [1, 0, 1], num_segments=2).numpy()
      array([20., 20.], dtype=float32)
    """
    tensor = as_tensor(data)
    return _means(tensor, *_any_ids("UnsortedSegmentSum", tensor, segment_ids, num_segments), 1.0)


@op("math.unsorted_segment_sqrt_n", samples=_unsorted_samples, edges=lambda: _unsorted_edges()[:3])
@one_step("segment_ids", static=("num_segments",))
def unsorted_segment_sqrt_n(
    data: TensorLike, segment_ids: TensorLike, num_segments: IntLike, name: str | None = None
) -> Tensor:
    """Sums the rows of each segment and divides by the square root of their number.

    Args:
      data: a floating tensor of at least one axis.
      segment_ids: integers in any order, of the leading sizes of `data`: the segment of each row. Rows with
        negative numbers are ignored.
      num_segments: number of segments.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [num_segments, ...]. Empty segments are 0.

    Raises:
      InvalidArgumentError: a number is not below num_segments, or the shapes do not match.

    Example:
      >>> tf.math.unsorted_segment_sqrt_n([10.0, 20.0, 10.0], [1, 0, 1], num_segments=2).numpy().round(4)
      array([20.    , 14.1421], dtype=float32)
    """
    tensor = as_tensor(data)
    ids, count = _any_ids("UnsortedSegmentSum", tensor, segment_ids, num_segments)
    if not tensor.dtype.is_floating:
        raise not_allowed("Sqrt", tensor.dtype, "bfloat16, half, float, double, complex64, complex128")
    return _means(tensor, ids, count, 0.5)


@op(
    "math.unsorted_segment_max",
    dtypes=NUMBERS,
    samples=_full_samples,
    edges=lambda: [*_unsorted_samples(), *_unsorted_edges()],
    notes="Ties share the gradient",
)
@one_step("segment_ids", static=("num_segments",))
def unsorted_segment_max(
    data: TensorLike, segment_ids: TensorLike, num_segments: IntLike, name: str | None = None
) -> Tensor:
    """The largest elements of the rows of each segment.

    Args:
      data: a tensor of numbers of at least one axis.
      segment_ids: integers in any order, of the leading sizes of `data`: the segment of each row. Rows with
        negative numbers are ignored.
      num_segments: number of segments.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [num_segments, ...]. Empty segments have the smallest value of the
      dtype. Equal elements share the gradient.

    Raises:
      InvalidArgumentError: a number is not below num_segments, or the shapes do not match.

    Example:
      >>> tf.math.unsorted_segment_max([10, 20, 30], [1, 0, 1], num_segments=2).numpy()
      array([20, 30], dtype=int32)
    """
    tensor = as_tensor(data)
    ids, count = _any_ids("UnsortedSegmentMax", tensor, segment_ids, num_segments)
    return _extremes("UnsortedSegmentMax", np.maximum, tensor, ids, count, tensor.dtype.min)


@op(
    "math.unsorted_segment_min",
    dtypes=NUMBERS,
    samples=_full_samples,
    edges=lambda: [*_unsorted_samples(), *_unsorted_edges()],
    notes="Ties share the gradient",
)
@one_step("segment_ids", static=("num_segments",))
def unsorted_segment_min(
    data: TensorLike, segment_ids: TensorLike, num_segments: IntLike, name: str | None = None
) -> Tensor:
    """The smallest elements of the rows of each segment.

    Args:
      data: a tensor of numbers of at least one axis.
      segment_ids: integers in any order, of the leading sizes of `data`: the segment of each row. Rows with
        negative numbers are ignored.
      num_segments: number of segments.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [num_segments, ...]. Empty segments have the largest value of the
      dtype. Equal elements share the gradient.

    Raises:
      InvalidArgumentError: a number is not below num_segments, or the shapes do not match.

    Example:
      >>> tf.math.unsorted_segment_min([10, 20, 30], [1, 0, 1], num_segments=2).numpy()
      array([20, 10], dtype=int32)
    """
    tensor = as_tensor(data)
    ids, count = _any_ids("UnsortedSegmentMin", tensor, segment_ids, num_segments)
    return _extremes("UnsortedSegmentMin", np.minimum, tensor, ids, count, tensor.dtype.max)


@op(
    "math.unsorted_segment_prod",
    dtypes=NUMBERS,
    samples=_unsorted_samples,
    edges=_unsorted_edges_without_zeros,
    notes=PRODUCT_NOTES,
)
def unsorted_segment_prod(
    data: TensorLike, segment_ids: TensorLike, num_segments: IntLike, name: str | None = None
) -> Tensor:
    """Multiplies the rows of each segment.

    Args:
      data: a tensor of numbers of at least one axis.
      segment_ids: integers in any order, of the leading sizes of `data`: the segment of each row. Rows with
        negative numbers are ignored.
      num_segments: number of segments.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [num_segments, ...]. Empty segments are 1. The gradient is right where
      elements are 0.

    Raises:
      InvalidArgumentError: a number is not below num_segments, or the shapes do not match.

    Example:
      >>> tf.math.unsorted_segment_prod([10, 20, 30], [1, 0, 1], num_segments=2).numpy()
      array([ 20, 300], dtype=int32)
    """
    tensor = as_tensor(data)
    return _products("UnsortedSegmentProd", tensor, *_any_ids("UnsortedSegmentProd", tensor, segment_ids, num_segments))
