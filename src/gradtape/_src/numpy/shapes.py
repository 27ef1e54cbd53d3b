"""NumPy's functions that change shapes, join and split."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_reshape, apply_transpose
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.numpy.documented import AXES, AXIS, documented
from gradtape._src.numpy.promotion import alike, as_array
from gradtape._src.ops import joining, padding, rearranging, shapes
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.rearranging import repeat as _repeat


def _listed(axis: Any) -> list[Any]:
    """The given axes, read once: converting an item to a number may change the list that holds it."""
    axis = held(axis)
    return [axis] if np.ndim(axis) == 0 else list(axis)


def axes_of(axis: Any, rank: int) -> tuple[int, ...]:
    """Axes counted from the front; all for None. Raises ValueError for axes out of range or repeated."""
    if axis is None:
        return tuple(range(rank))
    found = []
    for place in map(int, _listed(axis)):
        if not -rank <= place < rank:
            raise ValueError(f"axis {place} is out of bounds for array of dimension {rank}")
        found.append(place % rank)
    if len(set(found)) != len(found):
        raise ValueError("repeated axis")
    return tuple(found)


@documented("The shape of a tensor.", "np.shape([[1, 2]])", "(1, 2)", "A tuple of ints.")
def shape(a: Any) -> tuple[int, ...]:
    return tuple(as_array(a).shape)


@documented("The number of axes.", "np.ndim([[1, 2]])", "2", "An int.")
def ndim(a: Any) -> int:
    return as_array(a).ndim


@documented("The number of elements.", "np.size([[1, 2]])", "2", "An int.", raises=(AXIS,))
def size(a: Any, axis: int | None = None) -> int:
    sizes = shape(a)
    return math.prod(sizes) if axis is None else sizes[axes_of((axis,), len(sizes))[0]]


@documented(
    "Reshapes a tensor.",
    "np.reshape([1, 2], (2, 1)).shape",
    "TensorShape([2, 1])",
    raises=(
        "InvalidArgumentError: the shape has another number of elements, or two sizes are -1.",
        "ValueError: order is not 'C'.",
    ),
)
def reshape(a: Any, newshape: Any, order: str = "C") -> Tensor:
    if order != "C":
        raise ValueError("elements are taken in the order 'C'")
    return apply_reshape(as_array(a), newshape if isinstance(newshape, list | tuple) else (newshape,))


@documented("Flattens a tensor.", "np.ravel([[1, 2]]).numpy()", "array([1, 2])")
def ravel(a: Any) -> Tensor:
    return apply_reshape(as_array(a), (-1,))


@documented(
    "Permutes the axes.",
    "np.transpose([[1, 2]]).shape",
    "TensorShape([2, 1])",
    raises=(AXES, "InvalidArgumentError: the number of axes is not that of the operand."),
)
def transpose(a: Any, axes: Any = None) -> Tensor:
    tensor = as_array(a)
    return apply_transpose(tensor, [*range(tensor.ndim)][::-1] if axes is None else list(axes_of(axes, tensor.ndim)))


@documented(
    "Moves axes to other positions.",
    "np.moveaxis([[1, 2]], 0, 1).shape",
    "TensorShape([2, 1])",
    raises=("ValueError: an axis is out of range or repeated, or there are not as many positions as axes.",),
)
def moveaxis(a: Any, source: Any, destination: Any) -> Tensor:
    tensor = as_array(a)
    moved, places = axes_of(source, tensor.ndim), axes_of(destination, tensor.ndim)
    if len(moved) != len(places):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    order = [axis for axis in range(tensor.ndim) if axis not in moved]
    for place, axis in sorted(zip(places, moved, strict=True)):
        order.insert(place, axis)
    return apply_transpose(tensor, order)


@documented(
    "Exchanges two axes.",
    "np.swapaxes([[1, 2]], 0, 1).shape",
    "TensorShape([2, 1])",
    raises=("ValueError: an axis is out of range.",),
)
def swapaxes(a: Any, axis1: int, axis2: int) -> Tensor:
    tensor = as_array(a)
    order = list(range(tensor.ndim))
    one, other = axes_of((axis1,), tensor.ndim)[0], axes_of((axis2,), tensor.ndim)[0]
    order[one], order[other] = order[other], order[one]
    return apply_transpose(tensor, order)


@documented("Inserts axes of size 1.", "np.expand_dims([1, 2], 0).shape", "TensorShape([1, 2])", raises=(AXES,))
def expand_dims(a: Any, axis: Any) -> Tensor:
    tensor = as_array(a)
    places = _listed(axis)
    rank = tensor.ndim + len(places)
    added = axes_of(places, rank)
    sizes = iter(tensor.shape)
    return apply_reshape(tensor, [1 if place in added else next(sizes) for place in range(rank)])


@documented(
    "Removes axes of size 1.",
    "np.squeeze([[1, 2]]).shape",
    "TensorShape([2])",
    raises=("ValueError: an axis is out of range, repeated, or of another size than 1.",),
)
def squeeze(a: Any, axis: Any = None) -> Tensor:
    tensor = as_array(a)
    dropped = axes_of(axis, tensor.ndim)
    if axis is not None and any(tensor.shape[place] != 1 for place in dropped):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    kept = [n for place, n in enumerate(tensor.shape) if n != 1 or place not in dropped]
    return apply_reshape(tensor, kept)


@documented(
    "Broadcasts a tensor to a shape.",
    "np.broadcast_to([1, 2], (2, 2)).shape",
    "TensorShape([2, 2])",
    raises=("InvalidArgumentError: a does not broadcast to the shape.",),
)
def broadcast_to(a: Any, shape: Any) -> Tensor:
    return shapes.broadcast_to(as_array(a), shape if isinstance(shape, list | tuple) else (shape,))


@documented(
    "Broadcasts tensors to a common shape.",
    "[part.shape for part in np.broadcast_arrays([1, 2], 3)]",
    "[TensorShape([2]), TensorShape([2])]",
    "A list of tensors.",
    raises=("ValueError: the shapes do not broadcast.",),
)
def broadcast_arrays(*arrays: Any) -> list[Tensor]:
    tensors = [as_array(array) for array in arrays]
    common = np.broadcast_shapes(*(tuple(tensor.shape) for tensor in tensors))
    return [shapes.broadcast_to(tensor, common) for tensor in tensors]


def _at_least(a: Any, rank: int) -> Tensor:
    tensor = as_array(a)
    sizes = list(tensor.shape)
    if rank == 3 and len(sizes) < 3:
        sizes = [[1, 1, 1], [1, *sizes, 1], [*sizes, 1]][len(sizes)]
    return apply_reshape(tensor, [*[1] * (rank - len(sizes)), *sizes])


@documented(
    "Tensors with at least one axis.",
    "np.atleast_1d(3).shape",
    "TensorShape([1])",
    "A tensor, or a list for several operands.",
)
def atleast_1d(*arys: Any) -> Any:
    found = [_at_least(array, 1) for array in arys]
    return found[0] if len(found) == 1 else found


@documented(
    "Tensors with at least two axes.",
    "np.atleast_2d(3).shape",
    "TensorShape([1, 1])",
    "A tensor, or a list for several operands.",
)
def atleast_2d(*arys: Any) -> Any:
    found = [_at_least(array, 2) for array in arys]
    return found[0] if len(found) == 1 else found


@documented(
    "Tensors with at least three axes.",
    "np.atleast_3d([3, 4]).shape",
    "TensorShape([1, 2, 1])",
    "A tensor, or a list for several operands.",
)
def atleast_3d(*arys: Any) -> Any:
    found = [_at_least(array, 3) for array in arys]
    return found[0] if len(found) == 1 else found


@documented(
    "Joins tensors along an axis.",
    "np.concatenate([[1], [2]]).numpy()",
    "array([1, 2])",
    raises=(
        "InvalidArgumentError: axis is out of range, or shapes differ along another axis.",
        "ValueError: there are no arrays.",
    ),
)
def concatenate(arys: Any, axis: int | None = 0) -> Tensor:
    tensors = alike(*list(arys))
    if axis is None:
        return joining.concat([apply_reshape(tensor, (-1,)) for tensor in tensors], axis=0)
    return joining.concat(list(tensors), axis=axis)


@documented(
    "Stacks tensors along a new axis.",
    "np.stack([[1], [2]]).shape",
    "TensorShape([2, 1])",
    raises=("InvalidArgumentError: the shapes differ.", "ValueError: axis is out of range, or there are no arrays."),
)
def stack(arrays: Any, axis: int = 0) -> Tensor:
    return joining.stack(list(alike(*list(arrays))), axis=axis)


@documented(
    "Appends values.",
    "np.append([1], [2]).numpy()",
    "array([1, 2])",
    raises=("InvalidArgumentError: axis is out of range, or shapes differ along another axis.",),
)
def append(arr: Any, values: Any, axis: int | None = None) -> Tensor:
    return concatenate([arr, values], axis)


@documented(
    "Joins tensors along the second axis.",
    "np.hstack([[1], [2]]).numpy()",
    "array([1, 2])",
    raises=("InvalidArgumentError: the shapes differ along another axis.", "ValueError: there are no arrays."),
)
def hstack(arrays: Any) -> Tensor:
    parts = [_at_least(array, 1) for array in arrays]
    return concatenate(parts, 0 if parts and parts[0].ndim == 1 else 1)


@documented(
    "Joins tensors along the first axis.",
    "np.vstack([[1], [2]]).shape",
    "TensorShape([2, 1])",
    raises=("InvalidArgumentError: the shapes differ along another axis.", "ValueError: there are no arrays."),
)
def vstack(arrays: Any) -> Tensor:
    return concatenate([_at_least(array, 2) for array in arrays], 0)


@documented(
    "Joins tensors along the third axis.",
    "np.dstack([[1], [2]]).shape",
    "TensorShape([1, 1, 2])",
    raises=("InvalidArgumentError: the shapes differ along another axis.", "ValueError: there are no arrays."),
)
def dstack(arrays: Any) -> Tensor:
    return concatenate([_at_least(array, 3) for array in arrays], 2)


def _part(tensor: Tensor, axis: int, begin: int | None, end: int | None) -> Tensor:
    """The slice between two positions of an axis."""
    return tensor[tuple([slice(None)] * axis + [slice(begin, end)])]


@documented(
    "Splits a tensor along an axis.",
    "[part.numpy() for part in np.split([1, 2], 2)]",
    "[array([1]), array([2])]",
    "A list of tensors.",
    raises=("ValueError: axis is out of range, or the parts would not be equal.",),
)
def split(a: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    tensor = as_array(a)
    place = axes_of((axis,), tensor.ndim)[0]
    length = tensor.shape[place]
    if np.ndim(held(indices_or_sections)) == 0:
        count = int(indices_or_sections)
        if count < 1 or length % count:
            raise ValueError("array split does not result in an equal division")
        ends = [length // count * part for part in range(count + 1)]
    else:
        ends = [0, *map(int, indices_or_sections), length]
    return [_part(tensor, place, begin, end) for begin, end in zip(ends[:-1], ends[1:], strict=True)]  # noqa: RUF007


@documented(
    "Splits a tensor along the second axis.",
    "[part.numpy() for part in np.hsplit([1, 2], 2)]",
    "[array([1]), array([2])]",
    "A list of tensors.",
    raises=("ValueError: a has no axes, or the parts would not be equal.",),
)
def hsplit(a: Any, indices_or_sections: Any) -> list[Tensor]:
    tensor = as_array(a)
    return split(tensor, indices_or_sections, 0 if tensor.ndim == 1 else 1)


@documented(
    "Splits a tensor along the first axis.",
    "len(np.vsplit([[1], [2]], 2))",
    "2",
    "A list of tensors.",
    raises=("ValueError: a has no axes, or the parts would not be equal.",),
)
def vsplit(a: Any, indices_or_sections: Any) -> list[Tensor]:
    return split(a, indices_or_sections, 0)


@documented(
    "Splits a tensor along the third axis.",
    "len(np.dsplit([[[1, 2]]], 2))",
    "2",
    "A list of tensors.",
    raises=("ValueError: a has less than three axes, or the parts would not be equal.",),
)
def dsplit(a: Any, indices_or_sections: Any) -> list[Tensor]:
    return split(a, indices_or_sections, 2)


@documented("Reverses the order of elements along axes.", "np.flip([1, 2]).numpy()", "array([2, 1])", raises=(AXES,))
def flip(m: Any, axis: Any = None) -> Tensor:
    tensor = as_array(m)
    places = axes_of(axis, tensor.ndim)
    return tensor[tuple(slice(None, None, -1) if axis in places else slice(None) for axis in range(tensor.ndim))]


@documented(
    "Reverses the order of columns.",
    "np.fliplr([[1, 2]]).numpy()",
    "array([[2, 1]])",
    raises=("ValueError: m has less than two axes.",),
)
def fliplr(m: Any) -> Tensor:
    return flip(m, 1)


@documented(
    "Reverses the order of rows.", "np.flipud([1, 2]).numpy()", "array([2, 1])", raises=("ValueError: m has no axes.",)
)
def flipud(m: Any) -> Tensor:
    return flip(m, 0)


@documented(
    "Rotates by 90° a number of times.",
    "np.rot90([[1, 2]]).numpy()",
    "array([[2],\n         [1]])",
    raises=("ValueError: the axes are out of range, repeated, or not two.",),
)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Tensor:
    tensor = as_array(m)
    first, second = axes_of(axes, tensor.ndim)
    turns = k % 4
    if turns in (0, 2):
        return flip(tensor, (first, second)) if turns else tensor
    return (
        swapaxes(flip(tensor, second), first, second) if turns == 1 else flip(swapaxes(tensor, first, second), second)
    )


@documented(
    "Rotates elements along axes.",
    "np.roll([1, 2, 3], 1).numpy()",
    "array([3, 1, 2])",
    raises=(
        "InvalidArgumentError: axis is out of range, or shift is not an integer.",
        "ValueError: one of several axes is out of range or repeated.",
    ),
)
def roll(a: Any, shift: Any, axis: Any = None) -> Tensor:
    tensor = as_array(a)
    if axis is None:
        return apply_reshape(rearranging.roll(apply_reshape(tensor, (-1,)), shift, 0), tensor.shape)
    return rearranging.roll(tensor, shift, list(axes_of(axis, tensor.ndim)) if np.ndim(held(axis)) else axis)


@documented(
    "Repeats each element.",
    "np.repeat([1, 2], 2).numpy()",
    "array([1, 1, 2, 2])",
    raises=("ValueError: axis is out of range, or its size is not the number of repeats.",),
)
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Tensor:
    tensor = as_array(a)
    return _repeat(apply_reshape(tensor, (-1,)) if axis is None else tensor, repeats, 0 if axis is None else axis)


@documented(
    "Repeats a tensor along its axes.",
    "np.tile([1, 2], 2).numpy()",
    "array([1, 2, 1, 2])",
    raises=("InvalidArgumentError: a number of copies is negative.",),
)
def tile(a: Any, reps: Any) -> Tensor:
    tensor = as_array(a)
    times = [int(reps)] if np.ndim(held(reps)) == 0 else [int(part) for part in reps]
    rank = max(tensor.ndim, len(times))
    tensor = apply_reshape(tensor, [*[1] * (rank - tensor.ndim), *tensor.shape])
    return rearranging.tile(tensor, [*[1] * (rank - len(times)), *times])


@documented(
    "Pads a tensor.",
    "np.pad([1, 2], 1, 'constant').numpy()",
    "array([0, 1, 2, 0])",
    raises=(
        "ValueError: there is no such mode, or pad_width does not fit the axes.",
        "InvalidArgumentError: a number of added elements is negative.",
    ),
)
def pad(a: Any, pad_width: Any, mode: str = "constant", **values: Any) -> Tensor:
    tensor = as_array(a)
    if mode == "constant":
        constant = values.get("constant_values", 0)
        widths = np.broadcast_to(np.asarray(held(pad_width)), (tensor.ndim, 2)).tolist()
        return padding.pad(tensor, widths, constant_values=constant)
    # The source of each element, computed by NumPy.
    numbers: Any = np.arange(builtins.max(size(tensor), 1)).reshape(tuple(tensor.shape))
    places = np.pad(numbers, held(pad_width), mode, **values)  # type: ignore[call-overload]
    return gather(apply_reshape(tensor, (-1,)), places)


@documented("Differences of consecutive elements.", "np.diff([1, 4, 9]).numpy()", "array([3, 5])", raises=(AXIS,))
def diff(a: Any, n: int = 1, axis: int = -1) -> Tensor:
    tensor = as_array(a)
    place = axes_of((axis,), tensor.ndim)[0]
    for _ in range(min(n, tensor.shape[place])):  # then nothing is left
        upper, lower = _part(tensor, place, 1, None), _part(tensor, place, None, -1)
        tensor = upper != lower if tensor.dtype.is_bool else upper - lower
    return tensor
