"""Sorting, the largest elements, and searching in sorted sequences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_transpose, as_tensor, tensor_from, view
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import ORDERED, index_dtype, int_of, not_allowed, one_dtype, scalar_of, wrong_dtype
from gradtape._src.core.steps import one_step
from gradtape._src.core.typing import DTypeLike, IntLike, TensorLike
from gradtape._src.ops.gathering import take_along_last
from gradtape._src.table.rows import NUMBERS, call, integer, op, real, values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gradtape._src.ops.named_results import TopKV2

INF = math.inf


def _sortable(x: Any) -> Tensor:
    tensor = as_tensor(x)
    if tensor.dtype.is_bool:
        raise not_allowed("TopKV2", tensor.dtype, ORDERED)
    return tensor


def _order(tensor: Tensor, axis: int, descending: bool, count: int | None = None) -> Tensor:
    """The permutation that sorts an axis, or its first elements; equal elements keep their order."""
    return _ORDER(tensor, attributes=(axis, descending, count))


def _sorting(tensor: Tensor, axis: int, descending: bool, count: int | None) -> Tensor:
    array = np.swapaxes(view(tensor), axis, -1)
    if descending:
        places = array.shape[-1] - 1 - np.flip(np.argsort(np.flip(array, -1), -1, kind="stable"), -1)
    else:
        places = np.argsort(array, -1, kind="stable")
    return tensor_from(np.swapaxes(places if count is None else places[..., :count], axis, -1))


_ORDER = Primitive("TopKV2", _sorting, batch="axis_first")


@op(
    *("math.top_k", "nn.top_k"),
    dtypes=NUMBERS,
    samples=lambda: [
        call(real(4)),
        call(real(2, 3), 2),
        call(real(2, 2, 3), k=3),
        call(real(3), 0),
        call(real(0, 2), 1),
    ],
    edges=lambda: [
        *(call(values([1.0, 1.0, 0.0]), 2), call(integer([1, 3, 2]), 2, index_type="int64"), call([1.0, 5.0], 1)),
        call(values([-INF, INF, 0.0]), 2),
    ],
    notes="NaN counts as the largest; TensorFlow leaves its place to the algorithm",
)
def top_k(
    input: TensorLike,
    k: IntLike = 1,
    sorted: bool = True,
    index_type: DTypeLike = dtypes.int32,
    name: str | None = None,
) -> TopKV2:
    """The k largest elements along the last axis, from the largest down, and their positions.

    Args:
      input: a tensor of at least one axis.
      k: the number of elements.
      sorted: not used; the elements are always in order.
      index_type: the dtype of the positions.
      name: not used; TensorFlow names operations by it.

    Returns:
      A named tuple of `values` and `indices`, each of shape [..., k]. Equal elements keep their order. The
      gradient flows to the selected elements.

    Raises:
      InvalidArgumentError: the operand has no axes, or the last one has fewer than k elements.

    Example:
      >>> values, indices = tf.math.top_k([1, 9, 4, 7], k=2)
      >>> values.numpy(), indices.numpy()
      (array([9, 7], dtype=int32), array([1, 3], dtype=int32))
    """
    tensor, count = _sortable(input), scalar_of("TopKV2", k, "k must be scalar, got shape {shape}")
    dtype = index_dtype("TopKV2", index_type, "index_type", "int16, int32, int64")
    if tensor.ndim == 0:
        raise invalid_argument("TopKV2", "input must be >= 1-D, got shape []", "")
    if count < 0:
        raise invalid_argument("TopKV2", f"Need k >= 0, got {count}", "")
    if tensor.shape[-1] < count:
        raise invalid_argument(
            "TopKV2", f"input must have at least k columns. Had {tensor.shape[-1]}, needed {count}", ""
        )
    places = _order(tensor, -1, True, count)
    from gradtape._src.ops.named_results import TopKV2

    return TopKV2(take_along_last(tensor, places), apply_cast(places, dtype))


def _direction(direction: str) -> bool:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(
            f"Argument `direction` should be one of ASCENDING, DESCENDING. Received: direction={direction}"
        )
    return direction == "DESCENDING"


def _last_axis(tensor: Tensor, axis: Any) -> tuple[int, list[int]]:
    """The axis to sort along, and the permutation that exchanges it with the last one."""
    place, rank = int_of(axis, "TopKV2", "axis"), tensor.ndim
    if not -rank <= place < rank:
        place = place if place >= 0 else place + rank
        raise invalid_argument("StridedSlice", f"slice index {place} of dimension 0 out of bounds.", "strided_slice/")
    order = list(range(rank))
    order[place], order[-1] = order[-1], order[place]
    return place % rank, order


@op(
    "sort",
    dtypes=NUMBERS,
    samples=lambda: [
        *(call(real(4)), call(real(2, 3), axis=0), call(real(2, 3), direction="DESCENDING"), call(real(1))),
        call(real(2, 3, 2), 1, "DESCENDING"),
    ],
    edges=lambda: [
        call(integer([3, 1, 2])),
        call([3.0, 1.0]),
        call(values([INF, -INF, 0.0])),
        call(values([1.0, 1.0])),
    ],
    notes="NaN counts as the largest; TensorFlow leaves its place to the algorithm",
)
def sort(values: TensorLike, axis: IntLike = -1, direction: str = "ASCENDING", name: str | None = None) -> Tensor:
    """Sorts elements along an axis.

    Args:
      values: a tensor of at least one axis.
      axis: the axis.
      direction: "ASCENDING" or "DESCENDING".
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype; the gradient flows to the elements' original positions.

    Raises:
      ValueError: unknown direction.
      InvalidArgumentError: the operand has no axes, or the axis is out of range.

    Example:
      >>> tf.sort([3, 1, 2], direction="DESCENDING").numpy()
      array([3, 2, 1], dtype=int32)
    """
    descending, tensor = _direction(direction), _sortable(values)
    place, order = _last_axis(tensor, axis)
    if place == tensor.ndim - 1:
        return take_along_last(tensor, _order(tensor, -1, descending))
    turned = apply_transpose(tensor, order)
    return apply_transpose(take_along_last(turned, _order(turned, -1, descending)), order)


@op(
    "argsort",
    dtypes=NUMBERS,
    orders="0",
    edges=lambda: [
        *(call([3.0, 1.0, 2.0, 1.0]), call(integer([3, 1, 2, 1]), direction="DESCENDING"), call(real(2, 3), axis=0)),
        *(call(real(2, 3), -1, "DESCENDING"), call(real(0)), call(real(2, 2), stable=True)),
    ],
    notes="NaN counts as the largest; TensorFlow leaves its place to the algorithm",
)
def argsort(
    values: TensorLike, axis: IntLike = -1, direction: str = "ASCENDING", stable: bool = False, name: str | None = None
) -> Tensor:
    """The permutation that sorts elements along an axis.

    Args:
      values: a tensor of at least one axis.
      axis: the axis.
      direction: "ASCENDING" or "DESCENDING".
      stable: not used; equal elements always keep their order.
      name: not used; TensorFlow names operations by it.

    Returns:
      An int32 tensor of the same shape.

    Raises:
      ValueError: unknown direction.
      InvalidArgumentError: the operand has no axes, or the axis is out of range.

    Example:
      >>> tf.argsort([30, 10, 20]).numpy()
      array([1, 2, 0], dtype=int32)
    """
    descending, tensor = _direction(direction), _sortable(values)
    place, _ = _last_axis(tensor, axis)
    return apply_cast(_order(tensor, place, descending), dtypes.int32)


@op(
    "searchsorted",
    dtypes=NUMBERS,
    orders="0",
    edges=lambda: [
        *(
            call([1.0, 3.0, 5.0], [0.0, 3.0, 6.0]),
            call(values([1.0, 3.0]), values([math.nan, 3.0]), side="right"),
            call([1, 3], [2], out_type="int64"),
        ),
        *(call([[1, 3], [2, 4]], [[2], [2]]), call([[1, 3]], [2]), call([1, 3], integer([]))),
        call(values([1.0, 2.0]), values([-INF, INF, math.nan])),
    ],
)
@one_step("sorted_sequence", "values")
def searchsorted(
    sorted_sequence: TensorLike,
    values: TensorLike,
    side: str = "left",
    out_type: DTypeLike = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """The positions at which values can be inserted into sorted sequences, keeping them sorted.

    Args:
      sorted_sequence: a tensor whose last axis is in ascending order.
      values: a tensor of the same leading sizes.
      side: "left" for a position before equal elements, "right" for one after them.
      out_type: the dtype of the positions.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of `values`, with positions from 0 to the length of the sequence.

    Raises:
      ValueError: unknown side.
      InvalidArgumentError: the leading sizes differ.

    Example:
      >>> tf.searchsorted([1, 3, 5], [0, 3, 6]).numpy()
      array([0, 1, 3], dtype=int32)
    """
    if side not in ("left", "right"):
        raise ValueError(f"Argument `side` must be either 'right' or 'left'. Received: `side` = {side!r}.")
    kernel = "LowerBound" if side == "left" else "UpperBound"
    sequence, sought = as_tensor(sorted_sequence), as_tensor(values)
    dtype = index_dtype(kernel, out_type, "out_type")
    one_dtype(kernel, (sequence, sought))
    rows, wanted = view(sequence), view(sought)
    if rows.ndim == 0 or wanted.ndim == 0:
        raise invalid_argument("StridedSlice", "slice index -1 of dimension 0 out of bounds.", "strided_slice/")
    if math.prod(rows.shape[:-1]) != math.prod(wanted.shape[:-1]):
        raise invalid_argument(kernel, "Leading dim_size of both tensors must match.", "")
    found: NDArray[Any] = np.zeros((math.prod(wanted.shape[:-1]), wanted.shape[-1]), np.int64)
    for place, line in enumerate(rows.reshape(len(found), rows.shape[-1])):
        found[place] = np.searchsorted(line, wanted.reshape(found.shape)[place], side)  # type: ignore[call-overload]
    found = found.reshape(wanted.shape)
    if wanted.dtype.kind == "f":
        # Comparisons with NaN are false.
        found = np.where(np.isnan(wanted), 0 if side == "left" else rows.shape[-1], found)
    return tensor_from(found, dtype)


@op(
    *("math.in_top_k", "nn.in_top_k"),
    orders="0",
    edges=lambda: [
        *(call([1, 0], integer([[0.1, 0.8, 0.1], [0.3, 0.3, 0.4]], "float32"), 1),),
        *(call([1, 5], integer([[0.1, 0.8, 0.1], [0.3, 0.3, 0.4]], "float32"), 1),),
        *(call([0, 1], integer([[0.3, 0.3, 0.4], [0.3, 0.3, 0.4]], "float32"), 2),),
        *(call([1, 0], integer([[0.1, math.nan, 0.1], [0.3, 0.3, INF]], "float32"), k=2),),
    ],
    dtypes="float32",
)
@one_step("targets", "predictions", static=("k",))
def in_top_k(targets: TensorLike, predictions: TensorLike, k: IntLike, name: str | None = None) -> Tensor:
    """For each row, whether the prediction for its target is among the row's k largest.

    Args:
      targets: a vector of classes, int32 or int64.
      predictions: a float32 matrix with a row of scores for each target.
      k: the number of largest scores. Scores equal to the k-th are included; rows with an infinity or NaN give False.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool vector of the length of `targets`.

    Raises:
      InvalidArgumentError: the operands have wrong shapes or dtypes.

    Example:
      >>> tf.math.in_top_k([0, 1], [[0.1, 0.7, 0.2], [0.1, 0.7, 0.2]], k=1).numpy()
      array([False,  True])
    """
    predictions, targets = as_tensor(predictions), as_tensor(targets)
    if predictions.dtype != dtypes.float32:
        raise wrong_dtype("InTopKV2", 0, dtypes.float32, predictions.dtype)
    index_dtype("InTopKV2", targets.dtype, "T")
    scores, chosen, count = view(predictions), view(targets), int_of(k, "InTopKV2", "T")
    if scores.ndim != 2:
        raise invalid_argument("InTopKV2", "predictions must be 2-dimensional", "")
    if chosen.ndim != 1:
        raise invalid_argument("InTopKV2", "targets must be 1-dimensional", "")
    if len(chosen) != len(scores):
        raise invalid_argument(
            "InTopKV2",
            f"First dimension of predictions {len(scores)} must match length of targets {len(chosen)}",
            "",
        )
    inside = (chosen >= 0) & (chosen < scores.shape[1])
    score = np.take_along_axis(scores, np.where(inside, chosen, 0)[:, None], 1)
    larger = (scores > score).sum(1)
    with np.errstate(invalid="ignore"):
        certain = np.isfinite(score[:, 0]) & ~((~np.isfinite(scores)).any(1))
    return tensor_from(inside & certain & (larger < count))


@op(
    "math.invert_permutation",
    dtypes="int32, int64",
    orders="0",
    edges=lambda: [call([2, 0, 1]), call(integer([1, 0], "int64")), call(integer([]))],
)
def invert_permutation(x: TensorLike, name: str | None = None) -> Tensor:
    """The inverse of a permutation: y with y[x[i]] = i.

    Args:
      x: a vector with each number from 0 to its length - 1 once, int32 or int64.
      name: not used; TensorFlow names operations by it.

    Returns:
      A vector of the same dtype.

    Raises:
      InvalidArgumentError: x is not a vector, or not a permutation.

    Example:
      >>> tf.math.invert_permutation([2, 0, 1]).numpy()
      array([1, 2, 0], dtype=int32)
    """
    tensor = as_tensor(x, hint=dtypes.int32)
    index_dtype("InvertPermutation", tensor.dtype, "T")
    order = view(tensor)
    if order.ndim != 1:
        raise invalid_argument("InvertPermutation", "invert_permutation expects a 1D vector.", None)
    out = np.full(order.shape, -1, order.dtype)
    for place, target in enumerate(order.tolist()):
        if not 0 <= target < len(order):
            raise invalid_argument("InvertPermutation", f"{target} is not between 0 and {len(order)}", None)
        if out[target] != -1:
            raise invalid_argument("InvertPermutation", f"{target} is duplicated in the input.", None)
        out[target] = place
    return tensor_from(out)


def _steps(x: Any) -> np.ndarray:
    tensor = as_tensor(x)
    if tensor.dtype.is_bool:
        raise TypeError(f"Expected x to be numeric, instead found: {tensor!s}")
    flat = view(tensor).reshape(-1)
    return flat[1:] - flat[:-1] if flat.dtype.kind != "u" else np.diff(flat.astype(np.int64))


@op(
    "math.is_non_decreasing",
    dtypes=NUMBERS,
    orders="0",
    edges=lambda: [call([1, 1, 2]), call([2.0, 1.0]), call(values([1.0, math.nan])), call([]), call([[1, 2], [3, 4]])],
)
def is_non_decreasing(x: TensorLike, name: str | None = None) -> Tensor:
    """Whether no element is less than the previous one.

    Args:
      x: a tensor of numbers, in row-major order.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool scalar tensor; True for fewer than two elements.

    Raises:
      TypeError, ValueError: x does not convert to a tensor.

    Example:
      >>> tf.math.is_non_decreasing([1, 2, 2]).numpy()
      np.True_
    """
    return tensor_from((_steps(x) >= 0).all())


@op(
    "math.is_strictly_increasing",
    dtypes=NUMBERS,
    orders="0",
    edges=lambda: [call([1, 1, 2]), call([1.0, 2.0]), call([]), call(3)],
)
def is_strictly_increasing(x: TensorLike, name: str | None = None) -> Tensor:
    """Whether every element is greater than the previous one.

    Args:
      x: a tensor of numbers, in row-major order.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool scalar tensor; True for fewer than two elements.

    Raises:
      TypeError, ValueError: x does not convert to a tensor.

    Example:
      >>> tf.math.is_strictly_increasing([1, 2, 2]).numpy()
      np.False_
    """
    return tensor_from((_steps(x) > 0).all())
