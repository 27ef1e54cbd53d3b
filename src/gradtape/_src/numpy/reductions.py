"""NumPy's reductions and scans."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_elementwise, apply_reshape, tensor_from, view
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import as_dtype
from gradtape._src.numpy.documented import AXES, DTYPE, documented
from gradtape._src.numpy.promotion import alike, as_array, floating, supported
from gradtape._src.numpy.shapes import axes_of
from gradtape._src.ops import reductions as ops, scans, statistics
from gradtape._src.ops.elementwise import FUNCTIONS

INT64, FLOAT64 = as_dtype("int64"), as_dtype("float64")


def _summed(a: Any, dtype: Any) -> Tensor:
    """The operand of a sum or product: bools and small integers become NumPy's standard integers."""
    tensor = as_array(a)
    if dtype is None:
        whole = as_dtype("uint64") if tensor.dtype.is_unsigned else INT64
        dtype = whole if tensor.dtype.is_integer or tensor.dtype.is_bool else tensor.dtype
    return apply_cast(tensor, supported(dtype))


def _averaged(a: Any, dtype: Any) -> Tensor:
    tensor = as_array(a)
    if dtype is None:
        dtype = FLOAT64 if tensor.dtype.is_integer or tensor.dtype.is_bool else tensor.dtype
    return apply_cast(tensor, supported(dtype))


def _count(tensor: Tensor, axis: Any) -> int:
    return math.prod(tensor.shape[place] for place in axes_of(axis, tensor.ndim))


def _reduced(function: Any, tensor: Tensor, axis: Any, keepdims: Any) -> Tensor:
    return function(tensor, list(axes_of(axis, tensor.ndim)), bool(keepdims))


@documented("Sums.", "np.sum([1, 2]).numpy()", "np.int64(3)", raises=(AXES, DTYPE))
def sum(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool | None = None) -> Tensor:
    return _reduced(ops.reduce_sum, _summed(a, dtype), axis, keepdims)


@documented("Products.", "np.prod([2, 3]).numpy()", "np.int64(6)", raises=(AXES, DTYPE))
def prod(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool | None = None) -> Tensor:
    return _reduced(ops.reduce_prod, _summed(a, dtype), axis, keepdims)


@documented("Means.", "np.mean([1, 2]).numpy()", "np.float64(1.5)", raises=(AXES, DTYPE))
def mean(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool | None = None) -> Tensor:
    return _reduced(ops.reduce_mean, _averaged(a, dtype), axis, keepdims)


@documented("Variances.", "np.var([1, 3]).numpy()", "np.float64(1.0)", raises=(AXES, "TypeError: a is complex.", DTYPE))
def var(a: Any, axis: Any = None, dtype: Any = None, ddof: int = 0, keepdims: bool | None = None) -> Tensor:
    tensor = _averaged(a, dtype)
    found = _reduced(statistics.reduce_variance, tensor, axis, keepdims)
    count = _count(tensor, axis)
    return found if not ddof else found * (count / (count - ddof) if count > ddof else math.nan)


@documented(
    "Standard deviations.",
    "np.std([1, 3]).numpy()",
    "np.float64(1.0)",
    raises=(AXES, "TypeError: a is complex.", DTYPE),
)
def std(a: Any, axis: Any = None, dtype: Any = None, ddof: int = 0, keepdims: bool | None = None) -> Tensor:
    if not ddof:
        return _reduced(statistics.reduce_std, _averaged(a, dtype), axis, keepdims)
    return FUNCTIONS["sqrt"](var(a, axis, dtype, ddof, keepdims))


def _extreme(a: Any, axis: Any, keepdims: Any, function: Any, of_bools: Any, name: str) -> Tensor:
    tensor = as_array(a)
    if _count(tensor, axis) == 0:
        raise ValueError(f"zero-size array to reduction operation {name} which has no identity")
    return _reduced(of_bools if tensor.dtype.is_bool else function, tensor, axis, keepdims)


@documented(
    "The maximum over axes.",
    "np.max([1, 2]).numpy()",
    "np.int64(2)",
    raises=(
        "ValueError: an axis is out of range or repeated, or there are no elements.",
        "InvalidArgumentError: a is complex.",
    ),
)
def max(a: Any, axis: Any = None, keepdims: bool | None = None) -> Tensor:
    return _extreme(a, axis, keepdims, ops.reduce_max, ops.reduce_any, "maximum")


@documented(
    "The minimum over axes.",
    "np.min([1, 2]).numpy()",
    "np.int64(1)",
    raises=(
        "ValueError: an axis is out of range or repeated, or there are no elements.",
        "InvalidArgumentError: a is complex.",
    ),
)
def min(a: Any, axis: Any = None, keepdims: bool | None = None) -> Tensor:
    return _extreme(a, axis, keepdims, ops.reduce_min, ops.reduce_all, "minimum")


@documented(
    "Maximum minus minimum over axes.",
    "np.ptp([1, 4]).numpy()",
    "np.int64(3)",
    raises=(
        "ValueError: an axis is out of range or repeated, or there are no elements.",
        "InvalidArgumentError: a is complex, or has dtype bool.",
    ),
)
def ptp(a: Any, axis: Any = None, keepdims: bool | None = None) -> Tensor:
    return max(a, axis, keepdims) - min(a, axis, keepdims)


def _bools(a: Any) -> Tensor:
    return apply_cast(as_array(a), as_dtype("bool"))


@documented("Whether all elements are nonzero.", "np.all([1, 0]).numpy()", "np.False_", raises=(AXES,))
def all(a: Any, axis: Any = None, keepdims: bool | None = None) -> Tensor:
    return _reduced(ops.reduce_all, _bools(a), axis, keepdims)


@documented("Whether any element is nonzero.", "np.any([1, 0]).numpy()", "np.True_", raises=(AXES,))
def any(a: Any, axis: Any = None, keepdims: bool | None = None) -> Tensor:
    return _reduced(ops.reduce_any, _bools(a), axis, keepdims)


@documented("The number of nonzero elements.", "np.count_nonzero([1, 0]).numpy()", "np.int64(1)", raises=(AXES,))
def count_nonzero(a: Any, axis: Any = None) -> Tensor:
    return _reduced(ops.reduce_sum, apply_cast(_bools(a), INT64), axis, False)


@documented(
    "Weighted means.",
    "np.average([1, 3], weights=[1, 0]).numpy()",
    "np.float64(1.0)",
    raises=(AXES, "TypeError: the shapes of a and weights differ, and axis is None or weights has several axes."),
)
def average(a: Any, axis: Any = None, weights: Any = None) -> Tensor:
    if weights is None:
        return mean(a, axis)
    tensor, weight = floating(a, weights)
    if weight.shape != tensor.shape:
        if axis is None or weight.ndim != 1:
            raise TypeError("Axis must be specified when shapes of a and weights differ.")
        (place,) = axes_of((axis,), tensor.ndim)
        weight = apply_reshape(weight, [-1 if place == other else 1 for other in range(tensor.ndim)])
        weight = weight + tensor_from(np.zeros(tuple(tensor.shape)), tensor.dtype)
    return sum(tensor * weight, axis) / sum(weight, axis)


def _without_nan(a: Any, instead: float) -> tuple[Tensor, Tensor]:
    """A tensor with NaN replaced by another value, and the mask of NaN."""
    (tensor,) = alike(a)
    if not tensor.dtype.is_floating:
        return tensor, tensor_from(np.ones(tuple(tensor.shape), bool))
    missing = FUNCTIONS["is_nan"](tensor)
    return apply_elementwise("select", missing, instead, tensor), FUNCTIONS["logical_not"](missing)


@documented("Sums ignoring NaN.", "np.nansum([1.0, float('nan')]).numpy()", "np.float64(1.0)", raises=(AXES, DTYPE))
def nansum(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool | None = None) -> Tensor:
    return sum(_without_nan(a, 0.0)[0], axis, dtype, keepdims)


@documented(
    "Products ignoring NaN.", "np.nanprod([3.0, float('nan')]).numpy()", "np.float64(3.0)", raises=(AXES, DTYPE)
)
def nanprod(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool | None = None) -> Tensor:
    return prod(_without_nan(a, 1.0)[0], axis, dtype, keepdims)


@documented("Means ignoring NaN.", "np.nanmean([3.0, float('nan')]).numpy()", "np.float64(3.0)", raises=(AXES, DTYPE))
def nanmean(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool | None = None) -> Tensor:
    tensor, there = _without_nan(_averaged(a, dtype), 0.0)
    return sum(tensor, axis, None, keepdims) / sum(apply_cast(there, tensor.dtype), axis, None, keepdims)


@documented(
    "Cumulative sums.",
    "np.cumsum([1, 2]).numpy()",
    "array([1, 3])",
    raises=("InvalidArgumentError: axis is out of range.", DTYPE),
)
def cumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    tensor = _summed(a, dtype)
    return scans.cumsum(apply_reshape(tensor, (-1,)) if axis is None else tensor, 0 if axis is None else axis)


@documented(
    "Cumulative products.",
    "np.cumprod([2, 3]).numpy()",
    "array([2, 6])",
    raises=("InvalidArgumentError: axis is out of range.", DTYPE),
)
def cumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    tensor = _summed(a, dtype)
    return scans.cumprod(apply_reshape(tensor, (-1,)) if axis is None else tensor, 0 if axis is None else axis)


def _placed(a: Any, axis: int | None, keepdims: Any, function: Any) -> Tensor:
    tensor = as_array(a)
    flat = apply_reshape(tensor, (-1,)) if axis is None else tensor
    if not _count(tensor, axis):
        raise ValueError("attempt to get the place of an extreme of an empty sequence")
    found = tensor_from(np.asarray(function(view(flat), axis=0 if axis is None else axis)), INT64)
    if keepdims:
        kept = axes_of(axis, tensor.ndim)
        found = apply_reshape(found, [1 if place in kept else size for place, size in enumerate(tensor.shape)])
    return found


@documented(
    "The indices of the maxima.",
    "np.argmax([1, 5, 2]).numpy()",
    "np.int64(1)",
    raises=("ValueError: axis is out of range, or there are no elements.",),
)
def argmax(a: Any, axis: int | None = None, keepdims: bool | None = None) -> Tensor:
    return _placed(a, axis, keepdims, np.argmax)


@documented(
    "The indices of the minima.",
    "np.argmin([5, 1, 2]).numpy()",
    "np.int64(1)",
    raises=("ValueError: axis is out of range, or there are no elements.",),
)
def argmin(a: Any, axis: int | None = None, keepdims: bool | None = None) -> Tensor:
    return _placed(a, axis, keepdims, np.argmin)
