"""Batch rules: how a primitive is evaluated on operands, some of which have a leading batch axis.

A primitive names its rule, a key of `RULES`. It is called as rule(primitive, count, operands,
batched, given): `batched` tells per operand whether it has the axis, of size `count`; `given` are the attributes for
one slice, as for `Primitive.again`, for a compiled primitive its number and its result's shape. It returns all results
with the axis, or None if it does not support the case: then, and for primitives without a rule, slices are taken one
by one. A rule is composed of recorded functions, so that tapes can differentiate it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_broadcast_to,
    apply_elementwise,
    apply_matmul,
    apply_reduce,
    apply_reshape,
    apply_sum_to,
    apply_transpose,
    as_tensor,
    tensor_from,
)
from gradtape._engine.ops.matmul import read_sides
from gradtape._engine.ops.movement import read_runs, runs_attribute
from gradtape._engine.ops.reductions import read_reduction
from gradtape._engine.ops.structural import read_permutation
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.ops.joining import stack

Rule = Callable[[Primitive, int, list[Tensor], list[bool], Any], "Sequence[Tensor] | None"]


def evaluate_batch(
    primitive: Primitive, count: int, operands: list[Tensor], batched: list[bool], given: Any
) -> Sequence[Tensor]:
    """The results of a primitive, with a leading batch axis."""
    results = None
    if primitive.batch is not None:
        results = RULES[primitive.batch](primitive, count, operands, batched, given)
    return _slice_by_slice(primitive, count, operands, batched, given) if results is None else results


def _slice_by_slice(
    primitive: Primitive, count: int, operands: list[Tensor], batched: list[bool], given: Any
) -> list[Tensor]:
    results = []
    for i in range(count):
        slices = (operand[i] if has else operand for operand, has in zip(operands, batched, strict=True))
        results.append(primitive.again(tuple(slices), given))
    return [stack(list(column)) for column in zip(*results, strict=True)]


# Axes


def _aligned(operands: list[Tensor], batched: list[bool], rank: int = 0) -> list[Tensor]:
    """Operands whose slices broadcast: slices of fewer axes get axes of size 1 after the batch axis."""
    ranks = [tensor.ndim - has for tensor, has in zip(operands, batched, strict=True)]
    rank = max(rank, *ranks)
    aligned = list(operands)
    for place, own in enumerate(ranks):
        if batched[place] and own < rank:
            count, *shape = operands[place].shape
            aligned[place] = apply_reshape(operands[place], (count, *(1,) * (rank - own), *shape))
    return aligned


def _all_batched(count: int, operands: list[Tensor], batched: list[bool]) -> list[Tensor]:
    return [
        tensor if has else apply_broadcast_to(tensor, (count, *tensor.shape))
        for tensor, has in zip(operands, batched, strict=True)
    ]


def _over(count: int, tensor: Tensor, shape: Any) -> Tensor:
    """Broadcasts each slice of a batch to a shape."""
    return apply_broadcast_to(_aligned([tensor], [True], len(shape))[0], (count, *shape))


def _summed(count: int, tensor: Tensor, shape: Any) -> Tensor:
    """Sums each slice of a batch to the shape from which it was broadcast."""
    wide = (count, *(1,) * (tensor.ndim - 1 - len(shape)), *shape)
    return apply_reshape(apply_sum_to(tensor, wide), (count, *shape))


# Rules of compiled primitives, and of those that the engine defines


def _elementwise(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    return primitive.again(tuple(_aligned(operands, batched)), given)


def _same_number(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """For primitives whose only attribute is the result's shape."""
    return primitive.again(tuple(operands), (given[0], (count, *given[1])))


def _kept(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    return operands


def _runs(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    number, shape = given
    outer, offset = read_runs(number)
    wide = runs_attribute(outer * count, offset)
    return None if wide is None else primitive.again(tuple(operands), (wide, (count, *shape)))


def _broadcast(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    return (_over(count, operands[0], given[1]),)


def _sum_to(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    return (_summed(count, operands[0], given[1]),)


def _transpose(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    order = read_permutation(given[0], operands[0].ndim - 1)
    return (apply_transpose(operands[0], [0, *(axis + 1 for axis in order)]),)


def _reduce(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    kernel, axes, keepdims = read_reduction(given[0])
    return (apply_reduce(kernel, operands[0], [axis + 1 for axis in axes], keepdims),)


def _even(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """Broadcasts the only value of each slice; for a mean, divided by the number of its elements."""
    number, shape = given
    value = apply_reshape(operands[0], (count,))
    kernel, axes, _ = read_reduction(number)
    if kernel == "Mean":
        elements = float(math.prod(shape[axis] for axis in axes))
        value = apply_elementwise("divide", value, as_tensor(elements, value.dtype))
    return (_over(count, value, shape),)


def _added(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    return (apply_elementwise("add", *_aligned(operands, batched)),)


def _matmul(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    return _product(count, operands, batched, *read_sides(given[0]))


def _product(count: int, operands: list[Tensor], batched: list[bool], left: bool, right: bool) -> Any:
    a, b = operands
    if not batched[1] and b.ndim == 2 and a.ndim == 3 and not left:
        # A matrix shared by all slices: their rows become rows of one product.
        rows = apply_matmul(apply_reshape(a, (-1, a.shape[2])), b, False, right) if a.shape[2] else None
        return rows if rows is None else (apply_reshape(rows, (*a.shape[:2], rows.shape[1])),)
    a, b = _aligned(operands, batched)
    return (apply_matmul(a, b, left, right),)


def _added_product(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    left, right = bool(given[0]), bool(given[1])
    product = _product(count, operands[:2], batched[:2], left, right) if any(batched[:2]) else None
    if product is None:
        product = (apply_matmul(operands[0], operands[1], left, right),)
    return (apply_elementwise("add", operands[2], product[0]),)


def _everywhere(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """A program whose operands have one value each, broadcast to a shape."""
    (value,) = primitive.evaluate.args[0].again(tuple(_aligned(operands, batched)), None)
    return (_over(count, value, given[0]),)


def _total(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """The same, summed to a second shape."""
    over, shape = given
    (wide,) = _everywhere(primitive, count, operands, batched, (over,))
    return (_summed(count, wide, shape),)


def _assembled(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    shapes, outer, shape = given
    wide = [(count, *one) for one in shapes]
    operands = _all_batched(count, operands, batched)
    return primitive.again(tuple(operands), (wide, outer * count, (count, *shape)))


# Rules of primitives in Python


def _leading(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """For primitives that accept any leading axes, the same for all operands."""
    return primitive.again(tuple(_all_batched(count, operands, batched)), given)


def _triangular(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    lower, adjoint, _, batch = given
    a, b = _aligned(operands, batched)
    return primitive.again((a, b), (lower, adjoint, tuple(b.shape), (count, *batch)))


def _axis_first(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """For primitives whose first attribute is an axis."""
    axis, *others = given
    operands = _all_batched(count, operands, batched)
    return primitive.again(tuple(operands), (axis + 1 if axis >= 0 else axis, *others))


def _axes_first(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """For primitives whose first attribute is axes; None means all."""
    axes, *others = given
    axes = range(operands[0].ndim - 1) if axes is None else axes
    axes = (axes,) if isinstance(axes, int) else axes
    return primitive.again(tuple(operands), (tuple(axis + 1 if axis >= 0 else axis for axis in axes), *others))


def _one_hot(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    return None if any(batched[1:]) else _axis_first(primitive, count, operands, batched, given)


def _gather_rows(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """Rows of a tensor that slices share are gathered from it; rows of one tensor per slice along its second axis."""
    if not batched[0]:
        return primitive.again(tuple(operands), given)
    from gradtape._src.ops.gathering import slices_at  # imported when first used

    return (slices_at(operands[0], operands[1], 1, int(batched[1])),)


def _take(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    shape, axis, batch, *others = given
    if batch and not all(batched):
        operands, batched = _all_batched(count, operands, batched), [True, True]
    if not batched[0]:
        return primitive.again(tuple(operands), given) if axis == 0 else None
    return primitive.again(tuple(operands), ((count, *shape), axis + 1, batch + batched[1], *others))


def _give(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    shape, axis, batch, *others = given
    operands = _all_batched(count, operands, batched)
    return primitive.again(tuple(operands), ((count, *shape), axis + 1, batch + 1, *others))


def _merged(tensor: Tensor) -> Tensor:
    return apply_reshape(tensor, (tensor.shape[0] * tensor.shape[1], *tensor.shape[2:]))


def _images(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """For primitives whose first axis is a batch already, and whose first attribute is the image's shape."""
    shape, *others = given
    results = primitive.again(tuple(_merged(tensor) for tensor in operands), ((count * shape[0], *shape[1:]), *others))
    return [apply_reshape(one, (count, one.shape[0] // count, *one.shape[1:])) for one in results]


def _key(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    key, shape = given
    return primitive.again(tuple(operands), ((slice(None), *key), (count, *shape)))


def _pad(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    pad_widths, sizes = given
    return None if any(batched[1:]) else primitive.again(tuple(operands), ([(0, 0), *pad_widths], (count, *sizes)))


def _mirror(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    pad_widths, mode = given
    return primitive.again(tuple(operands), ([(0, 0), *pad_widths], mode)) if pad_widths else operands


def _tile(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    _, counts = given
    return primitive.again(tuple(operands), (operands[0].shape, [1, *counts]))


def _roll(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    shifts, places = given
    return primitive.again(tuple(operands), (shifts, [place + 1 if place >= 0 else place for place in places]))


def _places(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    *others, place, dtype = given
    return primitive.again(tuple(operands), (*others, place + 1, dtype))


# Row numbers


def _of_slices(count: int, rows: np.ndarray, size: int) -> np.ndarray:
    """Row numbers of slices with `size` rows each, as row numbers of the batch; negative ones, for none, are kept."""
    places = np.arange(count).reshape(-1, *(1 for _ in rows.shape)) * size
    return np.where(rows < 0, -1, rows + places)


def _rows_taken(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    rows, source, shape = given
    wide = _of_slices(count, rows, _row_count(rows, source, shape))
    return primitive.again(tuple(operands), (wide, (count, *source), (count, *shape)))


def _rows_added(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    rows, source, shape = given
    wide = _of_slices(count, rows, _row_count(rows, shape, source))
    return primitive.again(tuple(operands), (wide, (count, *source), (count, *shape)))


def _rows_put(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """For primitives that change rows of another tensor; the second attribute is a shape or a function."""
    data, slices = _all_batched(count, operands, batched)
    rows, other = given
    wide = _of_slices(count, rows, _row_count(rows, data.shape[1:], slices.shape[1:]))
    return primitive.again((data, slices), (wide, other if callable(other) else (count, *other)))


def _row_count(rows: np.ndarray, shape: Any, taken: Any) -> int:
    """The number of rows of the tensor that these are taken from."""
    run = math.prod(taken) // rows.size if rows.size else 0
    return math.prod(shape) // run if run else 0


def _pooled(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """For values, their positions among an image's elements, and the pooled values."""
    *others, pooled = operands
    values, places = _all_batched(count, others, batched[:2])
    (shape,) = given
    size = math.prod(shape)
    if count * size > np.iinfo(np.int32).max:
        return None
    offsets = tensor_from((np.arange(count, dtype=np.int32) * size).reshape(-1, *(1 for _ in places.shape[1:])))
    places = apply_elementwise("add", places, offsets)
    (result,) = primitive.again((values, places, pooled), ((count * shape[0], *shape[1:]),))
    return (apply_reshape(result, (count, result.shape[0] // count, *result.shape[1:])),)


# The batch axis after the axes that a primitive works along


def _moved(tensor: Tensor, source: int, target: int) -> Tensor:
    order = [axis for axis in range(tensor.ndim) if axis != source]
    order.insert(target, source)
    return apply_transpose(tensor, order)


def _segments(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """The batch becomes a trailing axis of the rows that share a number."""
    _, numbers, *_ = given
    (result,) = primitive.again((_moved(operands[0], 0, numbers.ndim),), given)
    return (_moved(result, 1, 0),)


def _recurrence(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    terms, factors = _all_batched(count, operands, batched)
    (result,) = primitive.again((_moved(terms, 0, 1), _moved(factors, 0, 1)), given)
    return (_moved(result, 1, 0),)


def _solve(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """Right-hand sides of one matrix become columns of one."""
    matrix, sides = operands
    if batched[0]:
        return _leading(primitive, count, operands, batched, given)
    *others, size, columns = sides.shape[1:]
    columns_of_all = apply_reshape(_moved(sides, 0, sides.ndim - 2), (*others, size, count * columns))
    (result,) = primitive.again((matrix, columns_of_all), given)
    return (_moved(apply_reshape(result, (*others, size, count, columns)), sides.ndim - 2, 0),)


RULES: dict[str, Rule] = {
    "elementwise": _elementwise,
    "same_number": _same_number,
    "kept": _kept,
    "runs": _runs,
    "broadcast": _broadcast,
    "sum_to": _sum_to,
    "transpose": _transpose,
    "reduce": _reduce,
    "even": _even,
    "added": _added,
    "matmul": _matmul,
    "added_product": _added_product,
    "everywhere": _everywhere,
    "total": _total,
    "assembled": _assembled,
    "leading": _leading,
    "triangular": _triangular,
    "axis_first": _axis_first,
    "axes_first": _axes_first,
    "one_hot": _one_hot,
    "gather_rows": _gather_rows,
    "take": _take,
    "give": _give,
    "images": _images,
    "key": _key,
    "pad": _pad,
    "mirror": _mirror,
    "tile": _tile,
    "roll": _roll,
    "places": _places,
    "rows_taken": _rows_taken,
    "rows_added": _rows_added,
    "rows_put": _rows_put,
    "pooled": _pooled,
    "segments": _segments,
    "recurrence": _recurrence,
    "solve": _solve,
}
