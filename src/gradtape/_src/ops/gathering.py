"""Gathering and scattering: rows taken and put by index.

All of them are the engine's pair `take_rows` and `add_rows`, each the other's reverse, over flat row numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_elementwise, apply_reshape, as_tensor, full, tensor_from, view
from gradtape._engine.ops.messages import refused
from gradtape._engine.ops.rows import (
    add_rows,
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
from gradtape._src.core.operands import (
    check_memory,
    common_tensors,
    dims_text,
    index_array,
    int_attribute,
    int_of,
    ints_of,
    one_dtype,
    wrong_dtype,
)
from gradtape._src.core.steps import one_step
from gradtape._src.core.text_codes import moved
from gradtape._src.core.typing import IntLike, ShapeLike, TensorLike
from gradtape._src.ops.indexed_slices import IndexedSlices
from gradtape._src.table.rows import ALL, NUMBERS, call, integer, op, real, values

PLACES = "int16, int32, int64"  # what TensorFlow's messages allow indices to be


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
      indices: a tensor of whole numbers, which count along the axis.
      validate_indices: not used; indices are always checked.
      axis: the axis; None for batch_dims.
      batch_dims: how many leading axes params and indices share.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape params.shape[:axis] + indices.shape[batch_dims:] + params.shape[axis + 1:]. The gradient of a
      variable along axis 0 is IndexedSlices.

    Raises:
      InvalidArgumentError: an index is outside the axis, or the shapes do not fit.

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
        index_array(numbers, "GatherV2", allowed=PLACES)  # which refuses it
    # None has TensorFlow gather along the axis alone, as 0 does.
    batch = 0 if batch_dims is None else int_attribute(batch_dims, "batch_dims")
    if not -numbers.ndim <= batch <= numbers.ndim:
        raise invalid_argument("GatherV2", f"Shape must be at least rank {abs(batch)} but is rank {numbers.ndim}", None)
    batch += numbers.ndim if batch < 0 else 0
    if tensor.ndim == 0:
        raise refused("gather scalar")
    place = int_of(batch_dims if axis is None else axis, "GatherV2", "Taxis")
    if 0 <= place < batch:
        batch = 0  # TensorFlow matches no axes behind the gathered one
    if not -tensor.ndim <= place < tensor.ndim:
        least = place + 1 if place >= 0 else -place
        raise invalid_argument("GatherV2", f"Shape must be at least rank {least} but is rank {tensor.ndim}", None)
    place %= tensor.ndim
    if not place and not batch:
        return gather_rows(params if isinstance(params, BaseVariable) else tensor, numbers, _GATHER)
    return _taken(tensor, numbers, place, batch)


def _gather_vjp(call: Any, needs: Any, cotangent: Tensor) -> tuple[IndexedSlices, None]:
    """The gradient of rows is those rows and no others."""
    (rows,), (shape,) = call.saved, call.attributes
    values = apply_reshape(cotangent, (math.prod(rows.shape), *shape[1:]))
    return IndexedSlices(values, apply_reshape(rows, [-1]), tensor_from(np.array(tuple(shape), np.int32))), None


def _gathered(params: Tensor, rows: Tensor, _: Any) -> Tensor:
    return gather_rows(params, rows, None)


_GATHER = Primitive("GatherV2", _gathered, _gather_vjp, saves=(1,), complexes=True)


def _taken(tensor: Tensor, rows: Tensor, axis: int, batch: int) -> Tensor:
    """The slices along an axis at places that a tensor tells."""
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


_TAKE = Primitive("GatherV2", _take, _take_vjp, saves=(1,), complexes=True)
_GIVE = Primitive("gather_grad", _give, _give_vjp, saves=(1,), complexes=True)


def _gather(tensor: Tensor, index: np.ndarray, axis: int) -> Tensor:
    """The slices along an axis at places that are no tensor's."""
    return take_rows("GatherV2", tensor, *_numbers(tuple(tensor.shape), index, axis, 0))


def _numbers(shape: tuple[int, ...], index: np.ndarray, axis: int, batch: int) -> tuple[np.ndarray, tuple[int, ...]]:
    """The numbers of the rows that are gathered from a tensor of this shape, and the result's shape."""
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
        # Rows are numbered over all axes up to `axis`: the number before it, times its size, plus the index.
        before = np.arange(math.prod(shape[:axis])).reshape(shape[:axis] + (1,) * (index.ndim - batch))
        spread = index.reshape(index.shape[:batch] + (1,) * (axis - batch) + index.shape[batch:])
        index = np.asarray(before * rows + spread, order="C")
    return index, out_shape


def _flat(indices: np.ndarray, sizes: tuple[int, ...], refused: Any) -> np.ndarray:
    """Row numbers of coordinates along the last axis.

    `refused(place, coordinates)` is the error of one outside; where it is None those get -1, which stands for no row.
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
    """Slices of params at coordinates, which the last axis of indices holds.

    Args:
      params: a tensor.
      indices: whole numbers of shape [..., d]: coordinates along d axes of params.
      batch_dims: how many leading axes params and indices share.
      bad_indices_policy: "IGNORE" gives slices of zeros for coordinates that are outside, which raise otherwise.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape indices.shape[:-1] + params.shape[batch_dims + d:].

    Raises:
      InvalidArgumentError: a coordinate is outside, or there are more coordinates than axes.

    Example:
      >>> tf.gather_nd([[1, 2], [3, 4]], [[0, 1], [1, 0]]).numpy()
      array([2, 3], dtype=int32)
    """
    ignoring = _ignores("GatherNd", bad_indices_policy)
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
        # The gradient is IndexedSlices, as of gather.
        gathered = gather_rows(tensor, apply_reshape(numbers, [-1]), _GATHER)
        if gathered is not None:
            return gathered
    if batch:
        index = np.concatenate(
            [np.broadcast_to(grid[..., None], (*index.shape[:-1], 1)) for grid in _grids(index.shape[:-1], batch)]
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

    rows = _flat(index, shape[:depth], None if ignoring else refused)
    return take_rows("GatherNd", tensor, rows, index.shape[:-1] + shape[depth:])


def _ignores(op: str, policy: str) -> bool:
    """Whether slices at coordinates outside are left out, rather than refused."""
    if policy not in ("", "DEFAULT", "ERROR", "IGNORE"):
        raise invalid_argument(op, f"Unknown bad indices handling attribute: {policy}", None)
    return policy == "IGNORE"


def _grids(shape: tuple[int, ...], count: int) -> list[np.ndarray]:
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
      mask: bools of at least one axis, of the tensor's sizes from `axis` on.
      axis: where the mask's axes begin; None for 0.
      name: not used.

    Returns:
      A tensor in which one axis takes the place of the mask's axes; its size is the number of True.

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
    return _taken(merged, _HELD(chosen), place, 0)


_HELD = Primitive("Where", lambda mask: tensor_from(np.flatnonzero(view(mask))), varies=True)


@op(
    "repeat",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(2, 3), 2), call(real(2, 3), [1, 2], 0), call(real(2, 3), 2, axis=-1), call(real(3), [0, 2, 1])),
        *(call(real(), 3), call(real(2), [2])),
    ],
    edges=lambda: [call([1, 2], 2), call(integer([3, 4], "int64"), [1, 2], 0)],
)
def repeat(input: TensorLike, repeats: TensorLike, axis: IntLike | None = None, name: str | None = None) -> Tensor:
    """Repeats each element, or each slice along an axis, several times in a row.

    Args:
      input: a tensor.
      repeats: how often, a number, or one for each slice.
      axis: the axis; None flattens the tensor first.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same dtype. The gradient sums over the copies.

    Raises:
      ValueError: the axis is out of range, or there is not one number per slice.

    Example:
      >>> tf.repeat([1, 2], repeats=[3, 1]).numpy()
      array([1, 1, 1, 2], dtype=int32)
      >>> tf.repeat([[1, 2], [3, 4]], repeats=2, axis=1).numpy()
      array([[1, 1, 2, 2],
             [3, 3, 4, 4]], dtype=int32)
    """
    try:
        data, counts = as_tensor(input), ints_of(repeats, "Repeat", "repeats")
    except TextOperand:
        return moved(repeat, input, repeats=repeats, axis=axis)
    scalar = isinstance(repeats, int) or as_tensor(repeats).ndim == 0
    if axis is None:
        data, place = apply_reshape(data, [-1]), 0
    else:
        if not isinstance(axis, int | np.integer):
            raise TypeError(f"Argument `axis` must be an int. Received `axis` = {axis} of type {type(axis).__name__}")
        place = int(axis)
        if not -data.ndim <= place < data.ndim:
            raise ValueError(f"axis={place} out of bounds: expected -{data.ndim}<=axis<{data.ndim}")
        place %= data.ndim
    size = data.shape[place]
    if not scalar and len(counts) not in (1, size):
        raise ValueError(f"Dimensions {size} and {len(counts)} are not compatible")
    counts = [max(count, 0) for count in counts]
    check_memory((size * counts[0] if len(counts) == 1 else sum(counts),), int64)
    return _gather(data, np.repeat(np.arange(size), counts[0] if len(counts) == 1 else counts), place)


@op(
    "reverse_sequence",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(2, 3), [2, 1], seq_axis=1), call(real(3, 2), [3, 0], seq_axis=0, batch_axis=1)),
        call(real(2, 2, 3), [3, 2], 2, 0),
    ],
    edges=lambda: [call(integer([[1, 2], [3, 4]]), [2, 1], seq_axis=1)],
)
@one_step("seq_lengths", static=("seq_axis", "batch_axis"))
def reverse_sequence(
    input: TensorLike,
    seq_lengths: TensorLike,
    seq_axis: IntLike | None = None,
    batch_axis: IntLike | None = None,
    name: str | None = None,
) -> Tensor:
    """Reverses the first seq_lengths[i] elements of each sequence and keeps the others in place.

    Args:
      input: a tensor.
      seq_lengths: a vector of lengths, one for each sequence.
      seq_axis: the axis along which sequences run.
      batch_axis: the axis along which they are counted; None for 0.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      TypeError: seq_axis is missing.
      InvalidArgumentError: a length is greater than the axis, or there is not one for each sequence.

    Example:
      >>> tf.reverse_sequence([[1, 2, 3], [4, 5, 6]], [2, 3], seq_axis=1).numpy()
      array([[2, 1, 3],
             [6, 5, 4]], dtype=int32)
    """
    if seq_axis is None:
        raise TypeError("Expected int for argument 'seq_dim' not None.")
    try:
        data, lengths = as_tensor(input), index_array(seq_lengths, "ReverseSequence", "Tlen")
    except TextOperand:
        axes = {"seq_axis": seq_axis, "batch_axis": batch_axis}
        return moved(reverse_sequence, input, seq_lengths=seq_lengths, **axes)
    along = int_attribute(seq_axis, "seq_dim")
    across = 0 if batch_axis is None else int_attribute(batch_axis, "batch_dim")
    _check_sequences(tuple(data.shape), lengths, along, across)
    size, shape = data.shape[along], tuple(data.shape)
    place = np.arange(size)
    picked = np.where(place < lengths[:, None], lengths[:, None] - 1 - place, place)
    picked = picked if across < along else picked.T
    picked = picked.reshape([n if i in (along, across) else 1 for i, n in enumerate(shape)])
    coordinates = _grids(shape, data.ndim)
    coordinates[along] = picked
    numbers = np.zeros((1,) * data.ndim, np.int64)
    for grid, n in zip(coordinates, shape, strict=True):
        numbers = numbers * n + grid
    return take_rows("ReverseSequence", data, np.array(np.broadcast_to(numbers, shape)), shape)


def _check_sequences(shape: tuple[int, ...], lengths: np.ndarray, along: int, across: int) -> None:
    """InvalidArgumentError unless both axes exist and there is a length, within the axis, for each sequence."""

    def refused(message: str) -> OpError:
        return invalid_argument("ReverseSequence", message, None)

    if along == across:
        raise refused(f"batch_dim == seq_dim == {along}")
    if lengths.ndim != 1:
        raise refused(f"seq_lengths must be 1-dim, not {lengths.ndim}")
    for name, axis in (("seq_dim", along), ("batch_dim", across)):
        if axis >= len(shape):
            raise refused(f"{name} must be < input rank ( {axis} vs. {len(shape)})")
        if axis < 0:
            raise refused(f"Invalid {name} {axis}")
    if lengths.size != shape[across]:
        raise refused(f"Length of seq_lengths != input.dims({across}), ({lengths.size} vs. {shape[across]})")
    for i, length in enumerate(lengths.tolist()):
        if length < 0:
            raise refused(f"seq_lens({i}) < 0")
        if length > shape[along]:
            raise refused(f"seq_lens({i}) > input.dims({along})")


def take_along_last(tensor: Tensor, places: Tensor) -> Tensor:
    """Elements by their places along the last axis, one vector of places for each vector of the tensor."""
    return _taken(tensor, places, tensor.ndim - 1, tensor.ndim - 1)


# Scattering


def _targets(op: str, indices: Any, updates: Tensor, shape: tuple[int, ...], policy: str = "") -> np.ndarray:
    """Row numbers of the slices of a tensor of this shape that updates go to; under "IGNORE" -1 for those outside."""
    index = index_array(indices, op, allowed=PLACES)
    if index.ndim == 0:
        raise invalid_argument(op, "Indices shape must have rank at least one. Found:[]", None)
    depth = index.shape[-1]
    outer, given = index.shape[:-1], tuple(updates.shape)
    if not given:
        raise invalid_argument(op, "Updates shape must have rank at least one. Found:[]", None)
    if op == "ScatterNd":
        if given[: len(outer)] != outer:
            count = len(outer)
            raise invalid_argument(
                op,
                f"Dimensions [0,{count}) of indices[shape={dims_text(index.shape)}] must match dimensions "
                f"[0,{count}) of updates[shape={dims_text(given)}]",
                None,
            )
        if given[len(outer) :] != shape[depth:]:
            raise invalid_argument(
                op,
                f"Dimensions [{depth},{len(shape)}) of input[shape={dims_text(shape)}] must match dimensions "
                f"[{len(outer)},{len(given)}) of updates[shape={dims_text(given)}]",
                None,
            )
    elif given[: len(outer)] != outer:
        raise invalid_argument(
            op,
            f"Outer dimensions of indices and update must match. Indices shape: {dims_text(index.shape)}, updates "
            f"shape:{dims_text(given)}",
            None,
        )
    elif given[len(outer) :] != shape[depth:]:
        raise invalid_argument(
            op,
            f"Inner dimensions of output shape must match inner dimensions of updates shape. Output: "
            f"{dims_text(shape)} updates: {dims_text(given)}",
            None,
        )

    def refused(place: str, coordinates: list[int]) -> OpError:
        text = ", ".join(map(str, coordinates))
        return invalid_argument(op, f"indices{place} = [{text}] does not index into shape {dims_text(shape)}", None)

    return _flat(index, shape[:depth], None if _ignores(op, policy) else refused)


@op(
    "scatter_nd",
    dtypes=NUMBERS,
    samples=lambda: [
        *(call([[0], [2], [0]], real(3), [4]), call([[1], [0]], real(2, 3), [2, 3]), call([[0, 1]], real(1), [2, 2])),
        *(call([[[0], [1]], [[1], [1]]], real(2, 2), [3]), call(integer(np.zeros((0, 1), np.int32)), real(0), [3])),
    ],
    edges=lambda: [call([[0], [0]], integer([1, 2]), [2]), call([[1]], [5.0], [2])],
)
@one_step("indices", static=("shape",))
def scatter_nd(
    indices: TensorLike, updates: TensorLike, shape: ShapeLike, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """Adds updates at coordinates to a tensor of zeros.

    Args:
      indices: whole numbers of shape [..., d]: coordinates along the first d axes of the result.
      updates: a tensor of shape indices.shape[:-1] + shape[d:].
      shape: the shape of the result.
      bad_indices_policy: "IGNORE" leaves out updates whose coordinates are outside, which raise otherwise.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape, in the dtype of `updates`. Updates of one place are summed.

    Raises:
      InvalidArgumentError: the shapes do not match, or a coordinate is outside.

    Example:
      >>> tf.scatter_nd([[1], [3], [1]], [10, 20, 30], shape=[5]).numpy()
      array([ 0, 40,  0, 20,  0], dtype=int32)
    """
    sizes = tuple(ints_of(shape, "ScatterNd", "Tindices"))
    slices = as_tensor(updates)
    return add_rows("ScatterNd", slices, _targets("ScatterNd", indices, slices, sizes, bad_indices_policy), sizes)


def _scatter_samples() -> list[Any]:
    return [
        *(
            call(real(4), [[0], [2]], real(2)),
            call(real(2, 3), [[1]], real(1, 3)),
            call(real(2, 3), [[1, 2], [0, 0]], real(2)),
        ),
        *(call(real(3), integer(np.zeros((0, 1), np.int32)), real(0)),),
    ]


def _scatter_edges() -> list[Any]:
    return [
        *(call(values([1.0, 2.0, 3.0]), [[0], [0]], values([9.0, 8.0])), call(integer([1, 2, 3]), [[1]], [5])),
        *(call(values([1.0, 2.0]), [[0], [0]], values([1.0, 1.0])), call([1.0, 2.0], [[1]], [5.0])),
    ]


def _scattered(op: str, tensor: Any, indices: Any, updates: Any, policy: str = "") -> tuple[Tensor, Tensor, np.ndarray]:
    data, slices = common_tensors([tensor, updates])
    one_dtype(op, (data, slices))
    return data, slices, _targets(op, indices, slices, tuple(data.shape), policy)


@op("tensor_scatter_nd_update", dtypes=ALL, samples=_scatter_samples, edges=_scatter_edges)
@one_step("indices")
def tensor_scatter_nd_update(
    tensor: TensorLike, indices: TensorLike, updates: TensorLike, name: str | None = None
) -> Tensor:
    """A copy of a tensor with slices at coordinates replaced.

    Args:
      tensor: a tensor, which stays as it is.
      indices: whole numbers of shape [..., d]: coordinates along the first d axes of `tensor`.
      updates: a tensor of shape indices.shape[:-1] + tensor.shape[d:].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of `tensor`. Of several updates of one place the last one counts.

    Raises:
      InvalidArgumentError: the shapes do not match, or a coordinate is outside.

    Example:
      >>> tf.tensor_scatter_nd_update([10, 20, 30], [[0], [2]], [1, 2]).numpy()
      array([ 1, 20,  2], dtype=int32)
    """
    try:
        data, slices, rows = _scattered("TensorScatterUpdate", tensor, indices, updates)
    except TextOperand:
        return moved(lambda data, slices: tensor_scatter_nd_update(data, indices, slices), tensor, updates)
    return _UPDATE(data, slices, attributes=(rows, slices.shape))


def _update(data: Tensor, slices: Tensor, rows: np.ndarray, _: Any) -> Tensor:
    array = np.array(view(data))
    if rows.size:
        array.reshape(-1, math.prod(slices.shape) // rows.size)[rows.reshape(-1)] = view(slices).reshape(rows.size, -1)
    return tensor_from(array)


def _update_vjp(call: Any, needs: Any, cotangent: Tensor) -> tuple[Tensor, Tensor]:
    rows, shape = call.attributes
    zeros = full(shape, 0, cotangent.dtype)
    return _UPDATE(cotangent, zeros, attributes=(rows, shape)), take_rows("GatherNd", cotangent, rows, shape)


_UPDATE = Primitive("TensorScatterUpdate", _update, _update_vjp, linear=True, complexes=True)


@op("tensor_scatter_nd_add", dtypes=NUMBERS, samples=_scatter_samples, edges=_scatter_edges)
@one_step("indices")
def tensor_scatter_nd_add(
    tensor: TensorLike, indices: TensorLike, updates: TensorLike, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """A copy of a tensor with updates added to slices at coordinates.

    Args:
      tensor: a tensor, which stays as it is.
      indices: whole numbers of shape [..., d]: coordinates along the first d axes of `tensor`.
      updates: a tensor of shape indices.shape[:-1] + tensor.shape[d:].
      bad_indices_policy: "IGNORE" leaves out updates whose coordinates are outside, which raise otherwise.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of `tensor`. Several updates of one place are all added.

    Raises:
      InvalidArgumentError: the shapes do not match, or a coordinate is outside.

    Example:
      >>> tf.tensor_scatter_nd_add([10, 20, 30], [[0], [2]], [1, 2]).numpy()
      array([11, 20, 32], dtype=int32)
    """
    data, slices, rows = _scattered("TensorScatterAdd", tensor, indices, updates, bad_indices_policy)
    return data + add_rows("ScatterNd", slices, rows, data.shape)


@op("tensor_scatter_nd_sub", dtypes=NUMBERS, samples=_scatter_samples, edges=_scatter_edges)
@one_step("indices")
def tensor_scatter_nd_sub(
    tensor: TensorLike, indices: TensorLike, updates: TensorLike, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """A copy of a tensor with updates subtracted from slices at coordinates.

    Args:
      tensor: a tensor, which stays as it is.
      indices: whole numbers of shape [..., d]: coordinates along the first d axes of `tensor`.
      updates: a tensor of shape indices.shape[:-1] + tensor.shape[d:].
      bad_indices_policy: "IGNORE" leaves out updates whose coordinates are outside, which raise otherwise.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of `tensor`. Several updates of one place are all subtracted.

    Raises:
      InvalidArgumentError: the shapes do not match, or a coordinate is outside.

    Example:
      >>> tf.tensor_scatter_nd_sub([10, 20, 30], [[0], [2]], [1, 2]).numpy()
      array([ 9, 20, 28], dtype=int32)
    """
    data, slices, rows = _scattered("TensorScatterSub", tensor, indices, updates)
    return data - add_rows("ScatterNd", slices, rows, data.shape)


def _extremes(data: Tensor, slices: Tensor, rows: np.ndarray, choose: np.ufunc) -> Tensor:
    array = np.array(view(data))
    if rows.size:
        flat = array.reshape(-1, math.prod(slices.shape) // rows.size)
        choose.at(flat, rows.reshape(-1), view(slices).reshape(rows.size, -1))
    return tensor_from(array)


def _extremes_vjp(call: Any, needs: Any, cotangent: Tensor) -> tuple[Tensor, Tensor]:
    """Ties share the cotangent, the tensor's own value being one of them."""
    (data, slices, out), (rows, _) = call.saved, call.attributes
    kept = apply_cast(apply_elementwise("equal", data, out), cotangent.dtype)
    chosen = apply_elementwise("equal", slices, take_rows("GatherNd", out, rows, slices.shape))
    chosen = apply_cast(chosen, cotangent.dtype)
    ties = kept + add_rows("ScatterNd", chosen, rows, data.shape)
    return cotangent * kept / ties, take_rows("GatherNd", cotangent / ties, rows, slices.shape) * chosen


_MAX = Primitive("TensorScatterMax", _extremes, _extremes_vjp, saves=(0, 1, -1))
_MIN = Primitive("TensorScatterMin", _extremes, _extremes_vjp, saves=(0, 1, -1))


@op("tensor_scatter_nd_max", dtypes=NUMBERS, samples=_scatter_samples, edges=_scatter_edges)
@one_step("indices")
def tensor_scatter_nd_max(
    tensor: TensorLike, indices: TensorLike, updates: TensorLike, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """A copy of a tensor with slices at coordinates raised to the updates where they are less.

    Args:
      tensor: a tensor, which stays as it is.
      indices: whole numbers of shape [..., d]: coordinates along the first d axes of `tensor`.
      updates: a tensor of shape indices.shape[:-1] + tensor.shape[d:].
      bad_indices_policy: "IGNORE" leaves out updates whose coordinates are outside, which raise otherwise.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of `tensor`. Where both are equal they share the gradient.

    Raises:
      InvalidArgumentError: the shapes do not match, or a coordinate is outside.

    Example:
      >>> tf.tensor_scatter_nd_max([10, 20, 30], [[0], [2]], [15, 15]).numpy()
      array([15, 20, 30], dtype=int32)
    """
    data, slices, rows = _scattered("TensorScatterMax", tensor, indices, updates)
    return _MAX(data, slices, attributes=(rows, np.maximum))


@op("tensor_scatter_nd_min", dtypes=NUMBERS, samples=_scatter_samples, edges=_scatter_edges)
@one_step("indices")
def tensor_scatter_nd_min(
    tensor: TensorLike, indices: TensorLike, updates: TensorLike, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """A copy of a tensor with slices at coordinates lowered to the updates where they are greater.

    Args:
      tensor: a tensor, which stays as it is.
      indices: whole numbers of shape [..., d]: coordinates along the first d axes of `tensor`.
      updates: a tensor of shape indices.shape[:-1] + tensor.shape[d:].
      bad_indices_policy: "IGNORE" leaves out updates whose coordinates are outside, which raise otherwise.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of `tensor`. Where both are equal they share the gradient.

    Raises:
      InvalidArgumentError: the shapes do not match, or a coordinate is outside.

    Example:
      >>> tf.tensor_scatter_nd_min([10, 20, 30], [[0], [2]], [15, 15]).numpy()
      array([10, 20, 15], dtype=int32)
    """
    data, slices, rows = _scattered("TensorScatterMin", tensor, indices, updates)
    return _MIN(data, slices, attributes=(rows, np.minimum))


@op(
    "dynamic_partition",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(4), [0, 1, 0, 2], 3), call(real(2, 3), [1, 0], 2), call(real(2, 2), [[0, 1], [1, 1]], 3)),
        call(real(), 1, 2),
    ],
    edges=lambda: [call([1, 2, 3], [0, 1, 0], 2)],
)
def dynamic_partition(
    data: TensorLike, partitions: TensorLike, num_partitions: int, name: str | None = None
) -> list[Tensor]:
    """Sorts the slices of a tensor into several tensors by number.

    Args:
      data: a tensor.
      partitions: int32, of the leading sizes of `data`: the number of the tensor that each slice goes to.
      num_partitions: how many tensors there are.
      name: not used; TensorFlow names operations by it.

    Returns:
      A list of num_partitions tensors, in which slices keep their order.

    Raises:
      InvalidArgumentError: a number is not in [0, num_partitions), or the shapes do not match.

    Example:
      >>> [t.numpy() for t in tf.dynamic_partition([10, 20, 30, 40], [0, 1, 1, 0], 2)]
      [array([10, 40], dtype=int32), array([20, 30], dtype=int32)]
    """
    try:
        tensor, numbers = as_tensor(data), index_array(partitions, "DynamicPartition", "partitions", "int32")
    except TextOperand:
        return moved(dynamic_partition, data, partitions=partitions, num_partitions=num_partitions)
    shape = tuple(tensor.shape)
    if type(num_partitions) is not int:
        raise TypeError(f"Expected int for argument 'num_partitions' not {num_partitions!r}.")
    if num_partitions < 1:
        message = f"Value for attr 'num_partitions' of {num_partitions} must be at least minimum 1"
        raise invalid_argument("DynamicPartition", message, None, kernel=None)
    check_memory((int_of(num_partitions, "DynamicPartition", "num_partitions"),), int64)
    if shape[: numbers.ndim] != numbers.shape:
        raise invalid_argument(
            "DynamicPartition",
            f"data.shape must start with partitions.shape, got data.shape = {dims_text(shape)}, partitions.shape = "
            f"{dims_text(numbers.shape)}",
            None,
        )
    bad = first_outside(numbers, num_partitions)
    if bad >= 0:
        place = dims_text(np.unravel_index(bad, numbers.shape)) if numbers.ndim else ""
        raise invalid_argument(
            "DynamicPartition", f"partitions{place} = {numbers.flat[bad]} is not in [0, {num_partitions})", None
        )
    inner = shape[numbers.ndim :]
    rows = [np.flatnonzero(numbers.reshape(-1) == i) for i in range(num_partitions)]
    return [take_rows("DynamicPartition", tensor, index, (len(index), *inner)) for index in rows]


@op(
    "dynamic_stitch",
    dtypes=ALL,
    samples=lambda: [
        *(call([[0, 2], [1]], [real(2), real(1)]), call([1, [0, 2]], [real(2), real(2, 2)]), call([[0]], [real(1)])),
    ],
    edges=lambda: [
        *(call([[0, 2], [1, 2]], [values([1.0, 2.0]), values([3.0, 4.0])]), call([[3]], [values([1.0])])),
        call([[0], [1]], [[1], [2]]),
    ],
)
def dynamic_stitch(indices: Sequence[TensorLike], data: Sequence[TensorLike], name: str | None = None) -> Tensor:
    """One tensor whose row indices[m][i] is data[m][i]: the reverse of dynamic_partition.

    Args:
      indices: a list of int32 tensors.
      data: a list of tensors, each of the shape of its indices followed by that of a row.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with one row more than the greatest index. Of several rows for one place the last one counts; rows
      without data are 0.

    Raises:
      InvalidArgumentError: the shapes do not match.

    Example:
      >>> tf.dynamic_stitch([[0, 3], [1, 2]], [[10, 40], [20, 30]]).numpy()
      array([10, 20, 30, 40], dtype=int32)
    """
    numbers = [index_array(as_tensor(part, int32), "DynamicStitch") for part in indices]
    if len(data) != len(numbers):
        raise ValueError(
            f"List argument 'data' to 'dynamic_stitch' Op with length {len(data)} must match length {len(numbers)} of "
            "argument 'indices'."
        )
    if not numbers:
        raise invalid_argument("DynamicStitch", "there must be at least one list of indices", None, kernel=None)
    try:
        tensors = common_tensors(data)
    except TextOperand:
        return moved(lambda *texts: dynamic_stitch(indices, texts), *data)
    for i, tensor in enumerate(tensors):
        if tensor.dtype != tensors[0].dtype:
            raise wrong_dtype("DynamicStitch", len(numbers) + i, tensors[0].dtype, tensor.dtype)
    kernel = f"DynamicStitch_N_{len(numbers)}"
    inner = tuple(tensors[0].shape)[numbers[0].ndim :]
    for i, (part, tensor) in enumerate(zip(numbers, tensors, strict=True)):
        if tuple(tensor.shape)[: part.ndim] != part.shape:
            raise invalid_argument(
                "DynamicStitch",
                f"data[{i}].shape = {dims_text(tensor.shape)} does not start with indices[{i}].shape = "
                f"{dims_text(part.shape)}",
                None,
                kernel=kernel,
            )
        if tuple(tensor.shape)[part.ndim :] != inner:
            first = numbers[0]
            raise invalid_argument(
                "DynamicStitch",
                f"Need data[0].shape[{first.ndim}:] = data[{i}].shape[{part.ndim}:], got data[0].shape = "
                f"{dims_text(tensors[0].shape)}, data[{i}].shape = {dims_text(tensor.shape)}, indices[0].shape = "
                f"{dims_text(first.shape)}, indices[{i}].shape = {dims_text(part.shape)}",
                None,
                kernel=kernel,
            )
    for part in numbers:
        if part.size and part.min() < 0:
            where = dims_text(np.unravel_index(np.argmax(part < 0), part.shape)) if part.ndim else ""
            raise invalid_argument("DynamicStitch", f"indices{where} is out of range", None, kernel=kernel)
    rows = 1 + max((int(part.max()) for part in numbers if part.size), default=-1)
    places = [(part, tensor.shape) for part, tensor in zip(numbers, tensors, strict=True)]
    return _STITCH(*tensors, attributes=(places, (rows, *inner)))


def _stitch(*arguments: Any) -> Tensor:
    *tensors, places, shape = arguments
    array = np.zeros(shape, tensors[0].dtype.as_numpy_dtype)
    for (part, _), tensor in zip(places, tensors, strict=True):
        array[part] = view(tensor)
    return tensor_from(array)


def _stitch_vjp(call: Any, needs: Any, cotangent: Tensor) -> list[Tensor]:
    """TensorFlow's rule: data that was replaced receives its row's cotangent too."""
    return [take_rows("GatherV2", cotangent, part, shape) for part, shape in call.attributes[0]]


_STITCH = Primitive("DynamicStitch", _stitch, _stitch_vjp, complexes=True)
