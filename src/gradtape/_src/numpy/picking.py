"""NumPy's functions that select, sort and compare."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_reshape, tensor_from, view
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import as_dtype
from gradtape._src.numpy.documented import AXIS, SHAPES, documented
from gradtape._src.numpy.elementwise import NUMPY
from gradtape._src.numpy.promotion import alike, as_array, floating
from gradtape._src.numpy.reductions import all as _all
from gradtape._src.numpy.shapes import axes_of
from gradtape._src.ops import masking
from gradtape._src.ops.elementwise import FUNCTIONS
from gradtape._src.ops.gathering import boolean_mask, gather

INT64, BOOL = as_dtype("int64"), as_dtype("bool")


@documented(
    "Selects elements by a condition, or returns the indices where it holds.",
    "np.where([True, False], 1, 2).numpy()",
    "array([1, 2])",
    "A tensor; without x and y a list of indices for each axis.",
    raises=("ValueError: only one of x and y is given.", SHAPES),
)
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if (x is None) != (y is None):
        raise ValueError("either both or neither of x and y should be given")
    if x is None:
        return nonzero(condition)
    first, second = alike(x, y)
    return masking.where(apply_cast(as_array(condition), BOOL), first, second)


@documented(
    "The indices of nonzero elements.",
    "[part.numpy() for part in np.nonzero([0, 2])]",
    "[array([1])]",
    "A list of int64 tensors, one for each axis.",
    raises=("ValueError: a has no axes.",),
)
def nonzero(a: Any) -> list[Tensor]:
    return [tensor_from(part, INT64) for part in np.nonzero(view(as_array(a)))]


@documented(
    "Selects elements by the first condition that holds.",
    "np.select([[True, False]], [[1, 2]]).numpy()",
    "array([1, 0])",
    raises=(
        "ValueError: the numbers of conditions and values differ.",
        SHAPES,
        "TypeError: an argument cannot be converted to tensors.",
    ),
)
def select(condition: Any, values: Any, fill_value: Any = 0) -> Tensor:
    *parts, found = alike(*values, fill_value)
    for holds, part in zip(list(condition)[::-1], parts[::-1], strict=True):
        found = masking.where(apply_cast(as_array(holds), BOOL), part, found)
    return found


@documented(
    "Gathers elements by index.",
    "np.take([5, 6, 7], [2, 0]).numpy()",
    "array([7, 5])",
    raises=(
        "ValueError: axis is out of range, or mode is neither 'clip' nor 'wrap'.",
        "InvalidArgumentError: the indices are floating-point numbers.",
    ),
)
def take(a: Any, indices: Any, axis: int | None = None, mode: str = "clip") -> Tensor:
    tensor = as_array(a)
    tensor, place = (apply_reshape(tensor, (-1,)), 0) if axis is None else (tensor, axes_of((axis,), tensor.ndim)[0])
    places, length = as_array(indices), tensor.shape[place]
    if mode == "clip":
        places = FUNCTIONS["minimum"](FUNCTIONS["maximum"](places, 0), length - 1)
    elif mode == "wrap":
        places = FUNCTIONS["floormod"](places, length)
    else:
        raise ValueError("mode is 'clip' or 'wrap'")
    return gather(tensor, places, axis=place)


@documented(
    "Gathers elements by index along an axis.",
    "np.take_along_axis([[5, 6]], [[1, 0]], 1).numpy()",
    "array([[6, 5]])",
    raises=(
        "ValueError: axis is out of range, or the numbers of axes differ.",
        "IndexError: an index is out of range, or not an integer.",
    ),
)
def take_along_axis(arr: Any, indices: Any, axis: int | None) -> Tensor:
    tensor, places = as_array(arr), view(as_array(indices))
    if axis is None:
        tensor, axis = apply_reshape(tensor, (-1,)), 0
    numbers = np.arange(math.prod(tensor.shape)).reshape(tuple(tensor.shape))
    return gather(apply_reshape(tensor, (-1,)), np.take_along_axis(numbers, places, axis))


@documented(
    "The slices for which a condition holds.",
    "np.compress([True, False], [5, 6]).numpy()",
    "array([5])",
    raises=("ValueError: axis is out of range, or the condition has several axes or more elements than the axis.",),
)
def compress(condition: Any, a: Any, axis: int | None = None) -> Tensor:
    tensor = as_array(a)
    if axis is None:
        tensor, axis = apply_reshape(tensor, (-1,)), 0
    (place,) = axes_of((axis,), tensor.ndim)
    holds = view(apply_cast(as_array(condition), BOOL))
    mask = np.zeros(tensor.shape[place], bool)
    mask[: len(holds)] = holds
    return boolean_mask(tensor, mask, axis=place)


@documented("The indices that sort elements.", "np.argsort([3, 1, 2]).numpy()", "array([1, 2, 0])", raises=(AXIS,))
def argsort(a: Any, axis: int | None = -1) -> Tensor:
    array = view(as_array(a))
    return tensor_from(np.argsort(array, axis=axis, kind="stable"), INT64)


@documented("Sorts elements in ascending order.", "np.sort([3, 1, 2]).numpy()", "array([1, 2, 3])", raises=(AXIS,))
def sort(a: Any, axis: int | None = -1) -> Tensor:
    tensor = as_array(a)
    if axis is None:
        tensor, axis = apply_reshape(tensor, (-1,)), 0
    return take_along_axis(tensor, argsort(tensor, axis), axis)


@documented(
    "Clips values to an interval.",
    "np.clip([1, 5], 2, 4).numpy()",
    "array([2, 4])",
    raises=("InvalidArgumentError: an operand is complex, or the shapes do not broadcast.",),
)
def clip(a: Any, a_min: Any = None, a_max: Any = None) -> Tensor:
    found = as_array(a)
    if a_min is not None:
        found = NUMPY["maximum"](found if isinstance(a, Tensor) else a, a_min)
    return found if a_max is None else NUMPY["minimum"](found, a_max)


@documented("Rounds elements to a number of decimals, ties to even.", "np.round([1.5, 2.5]).numpy()", "array([2., 2.])")
def round(a: Any, decimals: int = 0) -> Tensor:
    tensor = as_array(a)
    if not tensor.dtype.is_floating:
        return tensor if decimals >= 0 else tensor_from(np.round(view(tensor), decimals), tensor.dtype)
    return FUNCTIONS["round"](tensor * 10.0**decimals) / 10.0**decimals if decimals else FUNCTIONS["round"](tensor)


@documented(
    "Whether elements are equal within a tolerance.",
    "np.isclose([1.0], [1.0 + 1e-9]).numpy()",
    "array([ True])",
    raises=("InvalidArgumentError: an operand is complex, or the shapes do not broadcast.",),
)
def isclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    x, y = floating(a, b)
    near = FUNCTIONS["abs"](x - y) <= FUNCTIONS["abs"](y) * rtol + atol
    finite = FUNCTIONS["is_finite"](y)
    found = FUNCTIONS["logical_or"](FUNCTIONS["logical_and"](near, finite), FUNCTIONS["equal"](x, y))
    if equal_nan:
        found = FUNCTIONS["logical_or"](found, FUNCTIONS["logical_and"](FUNCTIONS["is_nan"](x), FUNCTIONS["is_nan"](y)))
    return found


@documented(
    "Whether all elements are equal within a tolerance.",
    "np.allclose([1.0], [1.0 + 1e-9]).numpy()",
    "np.True_",
    raises=("InvalidArgumentError: an operand is complex, or the shapes do not broadcast.",),
)
def allclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    return _all(isclose(a, b, rtol, atol, equal_nan))


@documented("Whether shapes and elements are equal.", "np.array_equal([1, 2], [1, 3]).numpy()", "np.False_")
def array_equal(a1: Any, a2: Any) -> Tensor:
    x, y = alike(a1, a2)
    return _all(FUNCTIONS["equal"](x, y)) if x.shape == y.shape else tensor_from(np.asarray(False))
