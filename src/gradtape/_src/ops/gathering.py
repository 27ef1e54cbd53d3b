"""Gathering: slices taken by index, by coordinates or by a mask.

All of them are the engine's `take_rows`, whose reverse is `add_rows`, over flat row numbers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_reshape, as_tensor, tensor_from, view
from gradtape._engine.ops.messages import refused
from gradtape._engine.ops.rows import (
    evaluate_adding,
    evaluate_taking,
    first_outside,
    gather_rows,
    out_of_range,
    take_rows,
)
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import int32, int64
from gradtape._src.core.errors import OpError, TextOperand, invalid_argument
from gradtape._src.core.operands import dims_text, index_array, int_attribute, int_of
from gradtape._src.core.steps import one_step
from gradtape._src.core.text_codes import moved
from gradtape._src.core.typing import IntLike, TensorLike
from gradtape._src.ops.indexed_slices import IndexedSlices
from gradtape._src.table.rows import ALL, call, integer, op, real, values

PLACES = "int16, int32, int64"  # the index dtypes that TensorFlow's messages list


@op(
    "gather",
    dtypes=ALL,
    samples=lambda: [
        *(
            call(real(3, 2), [2, 0, 2]),
            call(real(3, 2), 1),
            call(real(3), [[0, 1], [2, 2]]),
            call(real(3, 2), integer([], "int64")),
        ),
        *(call(real(2, 3), [2, 0], axis=1), call(real(2, 3, 2), [[1], [0]], axis=-2)),
        *(call(real(2, 3), [[1, 1], [0, 2]], batch_dims=1), call(real(2, 3, 4), [[1], [2]], axis=2, batch_dims=1)),
        call(real(2, 3), [[1, 1], [0, 2]], batch_dims=-1),
    ],
    edges=lambda: [call(integer([1, 2, 3]), [2, 0]), call([1, 2, 3], 2), call(values([math.nan, 1.0]), [0, 0])],
)
def gather(
    params: TensorLike,
    indices: TensorLike,
    validate_indices: Any = None,
    axis: IntLike | None = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Tensor:
    """Slices of params along an axis, by index.

    Args:
      params: a tensor of at least one axis.
      indices: a tensor of integers, indices into the axis.
      validate_indices: not used; indices are always checked.
      axis: the axis; None for batch_dims.
      batch_dims: the number of leading axes that params and indices share.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape params.shape[:axis] + indices.shape[batch_dims:] + params.shape[axis + 1:]. The gradient of a
      variable along axis 0 is IndexedSlices.

    Raises:
      InvalidArgumentError: an index is out of range, or the shapes do not fit.

    Example:
      >>> tf.gather([10, 20, 30], [2, 0]).numpy()
      array([30, 10], dtype=int32)
      >>> tf.gather([[1, 2], [3, 4]], [1], axis=1).numpy()
      array([[2],
             [4]], dtype=int32)
    """
    if type(batch_dims) is int and batch_dims == 0 and (axis is None or (type(axis) is int and axis == 0)):
        try:
            return gather_rows(params, indices, _GATHER)
        except TextOperand:
            return moved(gather, params, indices=indices)
    try:
        tensor, numbers = as_tensor(params), as_tensor(indices)
    except TextOperand:
        return moved(gather, params, indices=indices, axis=axis, batch_dims=batch_dims)
    if numbers.dtype not in (int32, int64):
        index_array(numbers, "GatherV2", allowed=PLACES)  # raises
    # With None, as with 0, TensorFlow gathers along the axis alone.
    batch = 0 if batch_dims is None else int_attribute(batch_dims, "batch_dims")
    if not -numbers.ndim <= batch <= numbers.ndim:
        raise invalid_argument("GatherV2", f"Shape must be at least rank {abs(batch)} but is rank {numbers.ndim}", None)
    batch += numbers.ndim if batch < 0 else 0
    if tensor.ndim == 0:
        raise refused("gather scalar")
    place = int_of(batch_dims if axis is None else axis, "GatherV2", "Taxis")
    if 0 <= place < batch:
        batch = 0  # TensorFlow matches no axes after the gathered one
    if not -tensor.ndim <= place < tensor.ndim:
        least = place + 1 if place >= 0 else -place
        raise invalid_argument("GatherV2", f"Shape must be at least rank {least} but is rank {tensor.ndim}", None)
    place %= tensor.ndim
    if not place and not batch:
        return gather_rows(params if isinstance(params, BaseVariable) else tensor, numbers, _GATHER)
    return slices_at(tensor, numbers, place, batch)


def _gather_vjp(call: Any, needs: Any, cotangent: Tensor) -> tuple[IndexedSlices, None]:
    """The gradient of rows is zero except in these rows."""
    (rows,), (shape,) = call.saved, call.attributes
    values = apply_reshape(cotangent, (math.prod(rows.shape), *shape[1:]))
    return IndexedSlices(values, apply_reshape(rows, [-1]), tensor_from(np.array(tuple(shape), np.int32))), None


def _gathered(params: Tensor, rows: Tensor, _: Any) -> Tensor:
    return gather_rows(params, rows, None)


_GATHER = Primitive("GatherV2", _gathered, _gather_vjp, saves=(1,), complexes=True, batch="gather_rows")


def slices_at(tensor: Tensor, rows: Tensor, axis: int, batch: int) -> Tensor:
    """The slices along an axis at positions given by a tensor."""
    return _TAKE(tensor, rows, attributes=(tuple(tensor.shape), axis, batch))


def _take(tensor: Tensor, rows: Tensor, shape: tuple[int, ...], *place: Any) -> Tensor:
    index, given = _numbers(shape, index_array(rows, "GatherV2"), *place)
    return evaluate_taking(tensor, index, shape, given)


def _take_vjp(call: Any, needs: Any, cotangent: Tensor) -> tuple[Tensor, None]:
    return _GIVE(cotangent, call.saved[0], attributes=call.attributes), None


def _give(cotangent: Tensor, rows: Tensor, shape: tuple[int, ...], *place: Any) -> Tensor:
    index, given = _numbers(shape, index_array(rows, "GatherV2"), *place)
    return evaluate_adding(cotangent, index, given, shape)


def _give_vjp(call: Any, needs: Any, cotangent: Tensor) -> tuple[Tensor, None]:
    return _TAKE(cotangent, call.saved[0], attributes=call.attributes), None


_TAKE = Primitive("GatherV2", _take, _take_vjp, saves=(1,), complexes=True, batch="take")
_GIVE = Primitive("gather_grad", _give, _give_vjp, saves=(1,), complexes=True, batch="give")


def along_axis(tensor: Tensor, index: np.ndarray, axis: int) -> Tensor:
    """The slices along an axis at positions that are not a tensor."""
    return take_rows("GatherV2", tensor, *_numbers(tuple(tensor.shape), index, axis, 0))


def _numbers(shape: tuple[int, ...], index: np.ndarray, axis: int, batch: int) -> tuple[np.ndarray, tuple[int, ...]]:
    """The numbers of the rows to gather from a tensor of this shape, and the result's shape."""
    rows = shape[axis]
    bad = first_outside(index, rows)
    if bad >= 0:
        raise out_of_range("GatherV2", index, bad, rows)
    for i in range(batch):
        if shape[i] != index.shape[i]:
            raise invalid_argument(
                "GatherV2",
                f"params.shape[{i}]: {shape[i]} should be equal to indices.shape[{i}]: {index.shape[i]}",
                None,
            )
    out_shape = shape[:axis] + index.shape[batch:] + shape[axis + 1 :]
    if axis:
        # Rows are numbered over all axes up to `axis`: the number so far, times the axis' size, plus the index.
        before = np.arange(math.prod(shape[:axis])).reshape(shape[:axis] + (1,) * (index.ndim - batch))
        aligned = index.reshape(index.shape[:batch] + (1,) * (axis - batch) + index.shape[batch:])
        index = np.asarray(before * rows + aligned, order="C")
    return index, out_shape


def row_numbers(indices: np.ndarray, sizes: tuple[int, ...], refused: Any) -> np.ndarray:
    """Row numbers of coordinates along the last axis.

    `refused(place, coordinates)` is the error for one out of range; if it is None those get -1, which means no row.
    """
    outside = ((indices < 0) | (indices >= np.asarray(sizes, np.int64))).any(-1)
    if refused is not None and outside.any():
        place = np.unravel_index(int(np.argmax(outside)), outside.shape)
        raise refused(dims_text(place) if outside.ndim else "", indices[place].tolist())
    numbers = np.zeros(indices.shape[:-1], np.int64)
    for i, size in enumerate(sizes):
        numbers = numbers * size + indices[..., i]
    return np.asarray(np.where(outside, -1, numbers), order="C")


@op(
    "gather_nd",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(2, 3), [[0, 1], [1, 2]]), call(real(2, 3), [[1], [1], [0]])),
        call(real(2, 3, 2), [[[0], [2]], [[1], [1]]], batch_dims=1),
    ],
    edges=lambda: [call(integer([[1, 2], [3, 4]]), [[0, 1]]), call([1, 2], [[0], [1]])],
)
@one_step("indices", static=("batch_dims",))
def gather_nd(
    params: TensorLike, indices: TensorLike, batch_dims: int = 0, name: str | None = None, bad_indices_policy: str = ""
) -> Tensor:
    """Slices of params at coordinates along the last axis of indices.

    Args:
      params: a tensor.
      indices: integers of shape [..., d]: coordinates along d axes of params.
      batch_dims: the number of leading axes that params and indices share.
      bad_indices_policy: "IGNORE" returns zeros for coordinates out of range, which otherwise raise.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape indices.shape[:-1] + params.shape[batch_dims + d:].

    Raises:
      InvalidArgumentError: a coordinate is out of range, or there are more coordinates than axes.

    Example:
      >>> tf.gather_nd([[1, 2], [3, 4]], [[0, 1], [1, 0]]).numpy()
      array([2, 3], dtype=int32)
    """
    ignoring = ignores_outside("GatherNd", bad_indices_policy)
    try:
        tensor, numbers = as_tensor(params), as_tensor(indices)
    except TextOperand:
        return moved(gather_nd, params, indices=indices, batch_dims=batch_dims, bad_indices_policy=bad_indices_policy)
    batch = int_attribute(batch_dims, "batch_dims")
    shape, index = tuple(tensor.shape), index_array(numbers, "GatherNd", allowed=PLACES)
    if batch < 0:
        raise ValueError("tf.gather_nd does not allow negative batch_dims.")
    for what, rank in (("indices", index.ndim), ("params", tensor.ndim)):
        if batch and batch >= rank:
            raise ValueError(f"Argument `batch_dims` = {batch} must be less than rank(`{what}`) = {rank}")
    if index.ndim == 0:
        raise invalid_argument("GatherNd", "indices must be at least a vector", "")
    if index.ndim == 2 and index.shape[1] == 1 and tensor.ndim and not batch and not ignoring:
        # The gradient is IndexedSlices, as for gather.
        return gather_rows(tensor, apply_reshape(numbers, [-1]), _GATHER)
    if batch:
        index = np.concatenate(
            [np.broadcast_to(grid[..., None], (*index.shape[:-1], 1)) for grid in grids(index.shape[:-1], batch)]
            + [index],
            -1,
        )
    depth = index.shape[-1]
    if depth > tensor.ndim:
        raise invalid_argument(
            "GatherNd",
            f"index innermost dimension length must be <= params rank; saw: {depth} vs. {tensor.ndim}",
            None,
        )

    def refused(place: str, coordinates: list[int]) -> OpError:
        return invalid_argument(
            "GatherNd",
            f"indices{place} = [{', '.join(map(str, coordinates))}] does not index into param shape "
            f"{dims_text(shape)}, node name: GatherNd",
            None,
        )

    rows = row_numbers(index, shape[:depth], None if ignoring else refused)
    return take_rows("GatherNd", tensor, rows, index.shape[:-1] + shape[depth:])


def ignores_outside(op: str, policy: str) -> bool:
    """Whether slices at coordinates out of range are ignored, rather than raising."""
    if policy not in ("", "DEFAULT", "ERROR", "IGNORE"):
        raise invalid_argument(op, f"Unknown bad indices handling attribute: {policy}", None)
    return policy == "IGNORE"


def grids(shape: tuple[int, ...], count: int) -> list[np.ndarray]:
    """Coordinates along each of the first axes of a shape, ready to broadcast against it."""
    return [
        np.arange(shape[axis]).reshape([-1 if i == axis else 1 for i in range(len(shape))]) for axis in range(count)
    ]


@op(
    "boolean_mask",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(3), [True, False, True]), call(real(2, 3), [[True, False, True], [False, False, True]])),
        *(
            call(real(2, 3), [True, False, True], axis=1),
            call(real(2, 3, 2), [[True, True, False], [False, True, False]]),
        ),
        call(real(2), [False, False]),
    ],
    edges=lambda: [call([1, 2, 3], [True, False, True])],
)
def boolean_mask(
    tensor: TensorLike, mask: TensorLike, axis: IntLike | None = None, name: str = "boolean_mask"
) -> Tensor:
    """The slices of a tensor where a mask is True.

    Args:
      tensor: a tensor.
      mask: bools of at least one axis, with the tensor's sizes from `axis` on.
      axis: the first axis of the mask in the tensor; None for 0.
      name: not used.

    Returns:
      A tensor in which one axis replaces the mask's axes; its size is the number of True.

    Raises:
      ValueError: the mask has no axes, or its shape does not match.

    Example:
      >>> tf.boolean_mask([1, 2, 3], [True, False, True]).numpy()
      array([1, 3], dtype=int32)
    """
    try:
        data, chosen = as_tensor(tensor), as_tensor(mask)
    except TextOperand:
        return moved(boolean_mask, tensor, mask=mask, axis=axis)
    place = 0 if axis is None else int_of(axis, "GatherV2", "Taxis")
    if chosen.ndim == 0:
        raise ValueError("mask cannot be scalar.")
    shape = tuple(data.shape)
    place += data.ndim if place < 0 else 0
    covered = shape[place : place + chosen.ndim]
    if covered != chosen.shape:
        raise ValueError(f"Shapes {covered} and {chosen.shape} are incompatible")
    merged = apply_reshape(data, (*shape[:place], math.prod(covered), *shape[place + chosen.ndim :]))
    return slices_at(merged, _HELD(chosen), place, 0)


_HELD = Primitive("Where", lambda mask: tensor_from(np.flatnonzero(view(mask))), varies=True)


def take_along_last(tensor: Tensor, places: Tensor) -> Tensor:
    """Elements by their positions along the last axis, one vector of positions for each vector of the tensor."""
    return slices_at(tensor, places, tensor.ndim - 1, tensor.ndim - 1)
