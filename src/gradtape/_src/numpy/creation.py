"""NumPy's functions that create tensors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_reshape, tensor_from, view
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.operands import TENSORS
from gradtape._src.linalg.diagonals import diag as _diag, diag_part
from gradtape._src.numpy.documented import DTYPE, documented
from gradtape._src.numpy.promotion import as_array, floating, supported
from gradtape._src.ops.creation import linspace as _linspace
from gradtape._src.ops.elementwise import FUNCTIONS
from gradtape._src.ops.shapes import broadcast_to as _broadcast_to


def _made(array: Any) -> Tensor:
    found = np.asarray(held(array))
    return tensor_from(found, supported(found.dtype))


def _shape(shape: Any) -> Any:
    return [int(size) for size in shape] if isinstance(shape, list | tuple) else np.asarray(held(shape)).tolist()


def _wanted(dtype: Any) -> Any:
    return None if dtype is None else supported(dtype)


@documented("Converts a value to a tensor.", "np.array([1, 2]).dtype", "tf.int64", raises=(DTYPE,))
def array(val: Any, dtype: Any = None, copy: bool = True, ndmin: int = 0) -> Tensor:
    tensor = as_array(val, _wanted(dtype))
    missing = ndmin - tensor.ndim
    return apply_reshape(tensor, (*[1] * missing, *tensor.shape)) if missing > 0 else tensor


@documented("Converts a value to a tensor.", "np.asarray([1.0]).dtype", "tf.float64", raises=(DTYPE,))
def asarray(a: Any, dtype: Any = None) -> Tensor:
    return as_array(a, _wanted(dtype))


@documented("Converts a value to a tensor.", "np.asanyarray([1.0]).dtype", "tf.float64", raises=(DTYPE,))
def asanyarray(a: Any, dtype: Any = None) -> Tensor:
    return as_array(a, _wanted(dtype))


@documented("Converts a value to a tensor.", "np.ascontiguousarray([1.0]).dtype", "tf.float64", raises=(DTYPE,))
def ascontiguousarray(a: Any, dtype: Any = None) -> Tensor:
    return as_array(a, _wanted(dtype))


@documented("Copies a tensor.", "np.copy([1.0]).numpy()", "array([1.])")
def copy(a: Any) -> Tensor:
    return as_array(a)


@documented(
    "A tensor of zeros.",
    "np.zeros(2).numpy()",
    "array([0., 0.])",
    raises=("ValueError: a size is negative.", "TypeError: shape is neither an integer nor a list.", DTYPE),
)
def zeros(shape: Any, dtype: Any = float) -> Tensor:
    return tensor_from(np.zeros(_shape(shape)), supported(dtype))


@documented(
    "A tensor of ones.",
    "np.ones(2).numpy()",
    "array([1., 1.])",
    raises=("ValueError: a size is negative.", "TypeError: shape is neither an integer nor a list.", DTYPE),
)
def ones(shape: Any, dtype: Any = float) -> Tensor:
    return tensor_from(np.ones(_shape(shape)), supported(dtype))


@documented(
    "A tensor of the given shape; zeros.",
    "np.empty(2).shape",
    "TensorShape([2])",
    raises=("ValueError: a size is negative.", "TypeError: shape is neither an integer nor a list.", DTYPE),
)
def empty(shape: Any, dtype: Any = float) -> Tensor:
    return tensor_from(np.zeros(_shape(shape)), supported(dtype))


@documented(
    "A tensor filled with one value.",
    "np.full(2, 3.0).numpy()",
    "array([3., 3.])",
    raises=(
        "InvalidArgumentError: a size is negative, or fill_value does not broadcast to shape.",
        "TypeError, ValueError: fill_value cannot be converted to a tensor.",
        DTYPE,
    ),
)
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    value = as_array(fill_value, _wanted(dtype))
    sizes = _shape(shape)
    return _broadcast_to(value, [sizes] if isinstance(sizes, int) else sizes)


@documented(
    "A tensor of zeros with the shape of another.", "np.zeros_like([1, 2]).numpy()", "array([0, 0])", raises=(DTYPE,)
)
def zeros_like(a: Any, dtype: Any = None) -> Tensor:
    tensor = as_array(a)
    return tensor_from(np.zeros(tuple(tensor.shape)), _wanted(dtype) or tensor.dtype)


@documented(
    "A tensor of ones with the shape of another.", "np.ones_like([1, 2]).numpy()", "array([1, 1])", raises=(DTYPE,)
)
def ones_like(a: Any, dtype: Any = None) -> Tensor:
    tensor = as_array(a)
    return tensor_from(np.ones(tuple(tensor.shape)), _wanted(dtype) or tensor.dtype)


@documented(
    "A tensor with the shape of another; zeros.", "np.empty_like([1, 2]).shape", "TensorShape([2])", raises=(DTYPE,)
)
def empty_like(a: Any, dtype: Any = None) -> Tensor:
    return zeros_like(a, dtype)


@documented(
    "A tensor filled with one value, with the shape of another.",
    "np.full_like([1, 2], 3).numpy()",
    "array([3, 3])",
    raises=("InvalidArgumentError: fill_value does not broadcast to the shape of a.", DTYPE),
)
def full_like(a: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    tensor = as_array(a)
    return _broadcast_to(as_array(fill_value, _wanted(dtype) or tensor.dtype), tensor.shape)


@documented(
    "The identity matrix.",
    "np.identity(2).numpy()",
    "array([[1., 0.],\n         [0., 1.]])",
    raises=("ValueError: n is negative.", "TypeError: n is not an integer.", DTYPE),
)
def identity(n: int, dtype: Any = float) -> Tensor:
    return tensor_from(np.identity(n), supported(dtype))


@documented(
    "A matrix with ones on a diagonal.",
    "np.eye(2, k=1).numpy()",
    "array([[0., 1.],\n         [0., 0.]])",
    raises=("ValueError: N or M is negative.", "TypeError: N, M or k is not an integer.", DTYPE),
)
def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = float) -> Tensor:
    return tensor_from(np.eye(N, M, k), supported(dtype))


@documented(
    "Evenly spaced numbers in a half-open interval.",
    "np.arange(3).numpy()",
    "array([0, 1, 2])",
    raises=("TypeError: start, stop or step is not a number.", "ZeroDivisionError: step is 0.", DTYPE),
)
def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Tensor:
    given = [part.numpy() if isinstance(part, TENSORS) else held(part) for part in (start, stop, step)]
    numbers = np.arange(given[0], step=given[2]) if stop is None else np.arange(*given)
    return tensor_from(numbers, _wanted(dtype) or supported(numbers.dtype))


@documented(
    "Evenly spaced numbers in an interval.",
    "np.linspace(0, 1, 3).numpy()",
    "array([0. , 0.5, 1. ])",
    raises=(
        "InvalidArgumentError: num is negative, axis is out of range, or start and stop do not broadcast.",
        "TypeError: num is not an integer.",
        "TypeError, ValueError: start or stop cannot be converted to a tensor.",
        DTYPE,
    ),
)
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    first, last = floating(start, stop)
    step = (last - first) / (num - endpoint if num > endpoint else math.nan)
    end = last if endpoint or num == 0 else last - step
    shape = np.broadcast_shapes(tuple(first.shape), tuple(end.shape))
    found = (
        _linspace(_broadcast_to(first, shape), _broadcast_to(end, shape), num, axis=axis)
        if num
        else zeros((0, *shape), first.dtype)
    )
    found = found if dtype is None else apply_cast(found, supported(dtype))
    return (found, step) if retstep else found


@documented(
    "Powers with evenly spaced exponents.",
    "np.logspace(0, 2, 3).numpy()",
    "array([  1.,  10., 100.])",
    raises=(
        "InvalidArgumentError: num is negative, or start and stop do not broadcast.",
        "TypeError: num is not an integer.",
        "TypeError, ValueError: start or stop cannot be converted to a tensor.",
        DTYPE,
    ),
)
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: float = 10.0, dtype: Any = None
) -> Tensor:
    powers = FUNCTIONS["pow"](
        as_array(base, supported(float)), as_array(linspace(start, stop, num, endpoint), supported(float))
    )
    return powers if dtype is None else apply_cast(powers, supported(dtype))


@documented(
    "A geometric sequence.",
    "np.geomspace(1, 4, 3).numpy().round(6)",
    "array([1., 2., 4.])",
    raises=(
        "InvalidArgumentError: num is negative, or start and stop do not broadcast.",
        "TypeError: num is not an integer.",
        "TypeError, ValueError: start or stop cannot be converted to a tensor.",
        DTYPE,
    ),
)
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None) -> Tensor:
    first, last = floating(start, stop)
    found = FUNCTIONS["exp"](linspace(FUNCTIONS["log"](first), FUNCTIONS["log"](last), num, endpoint))
    return found if dtype is None else apply_cast(found, supported(dtype))


@documented(
    "The coordinates of a grid's points.",
    "[part.shape for part in np.meshgrid([1, 2], [3])]",
    "[TensorShape([1, 2]), TensorShape([1, 2])]",
    "A list of tensors.",
    raises=("ValueError: indexing is neither 'xy' nor 'ij'.",),
)
def meshgrid(*xi: Any, indexing: str = "xy") -> list[Tensor]:
    parts = [as_array(part) for part in xi]
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    places = list(range(len(parts)))
    if indexing == "xy" and len(parts) > 1:
        places[:2] = [1, 0]
    sizes = [math.prod(part.shape) for part in parts]
    shape = [0] * len(parts)
    for place, size in zip(places, sizes, strict=True):
        shape[place] = size
    return [
        _broadcast_to(apply_reshape(part, [size if axis == place else 1 for axis in range(len(parts))]), shape)
        for part, place, size in zip(parts, places, sizes, strict=True)
    ]


@documented(
    "A diagonal of a matrix, or a matrix with a diagonal.",
    "np.diag([1, 2]).numpy()",
    "array([[1, 0],\n         [0, 2]])",
    raises=("ValueError: v has no axes, or more than two.", "InvalidArgumentError: v is a vector of bools."),
)
def diag(v: Any, k: int = 0) -> Tensor:
    tensor = as_array(v)
    if tensor.ndim == 1:
        return _diag(tensor, k=k)
    if tensor.ndim != 2:
        raise ValueError("Input must be 1- or 2-d.")
    return diagonal(tensor, k)


@documented(
    "A matrix with the flattened operand on a diagonal.",
    "np.diagflat([[1], [2]]).numpy()",
    "array([[1, 0],\n         [0, 2]])",
    raises=("InvalidArgumentError: v has dtype bool.",),
)
def diagflat(v: Any, k: int = 0) -> Tensor:
    return _diag(apply_reshape(as_array(v), (-1,)), k=k)


@documented(
    "Diagonals of matrices.",
    "np.diagonal([[1, 2], [3, 4]]).numpy()",
    "array([1, 4])",
    raises=("ValueError: an axis is out of range, or both are the same.",),
)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    from gradtape._src.numpy.shapes import moveaxis

    tensor = moveaxis(as_array(a), (axis1, axis2), (-2, -1))
    rows, columns = tensor.shape[-2:]
    if not -rows < offset < columns:
        return tensor[..., 0, :0] if rows else tensor[..., :0, 0]
    return diag_part(tensor, k=offset)


@documented(
    "A matrix with ones on and below a diagonal.",
    "np.tri(2).numpy()",
    "array([[1., 0.],\n         [1., 1.]])",
    raises=("TypeError: N, M or k is not a number.", DTYPE),
)
def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = float) -> Tensor:
    return tensor_from(np.tri(N, M, k), supported(dtype))


@documented(
    "Sets elements above a diagonal to 0.",
    "np.tril([[1, 2], [3, 4]]).numpy()",
    "array([[1, 0],\n         [3, 4]])",
    raises=("ValueError: m has no axes.", "TypeError: k is not a number."),
)
def tril(m: Any, k: int = 0) -> Tensor:
    return _masked(m, np.tri, k, True)


@documented(
    "Sets elements below a diagonal to 0.",
    "np.triu([[1, 2], [3, 4]]).numpy()",
    "array([[1, 2],\n         [0, 4]])",
    raises=("ValueError: m has no axes.", "TypeError: k is not a number."),
)
def triu(m: Any, k: int = 0) -> Tensor:
    return _masked(m, np.tri, k - 1, False)


def _masked(m: Any, ones_below: Any, k: int, below: bool) -> Tensor:
    from gradtape._src.numpy.picking import where

    tensor = as_array(m)
    if not tensor.ndim:
        raise ValueError("the operand has no axes")
    mask = ones_below(*tensor.shape[-2:], k=k, dtype=bool)
    return where(mask if below else ~mask, tensor, np.zeros((), tensor.dtype.as_numpy_dtype))


@documented(
    "A Vandermonde matrix.",
    "np.vander([1, 2], 3).numpy()",
    "array([[1, 1, 1],\n         [4, 2, 1]])",
    raises=("IndexError: x has no axes.", "InvalidArgumentError: x has dtype bool, or unsigned integers."),
)
def vander(x: Any, N: int | None = None) -> Tensor:
    tensor = as_array(x)
    count = tensor.shape[0] if N is None else held(N)
    exponents = tensor_from(np.arange(count)[::-1].copy(), tensor.dtype)
    return FUNCTIONS["pow"](tensor[:, None], exponents)


@documented(
    "The indices of a matrix' diagonal.",
    "[part.numpy() for part in np.diag_indices(2)]",
    "[array([0, 1]), array([0, 1])]",
    "A tuple of tensors.",
    raises=("TypeError: n is not a number.",),
)
def diag_indices(n: int) -> tuple[Tensor, Tensor]:
    return arange(n), arange(n)


@documented(
    "Indices of an open grid.",
    "[part.shape for part in np.ix_([0, 1], [2])]",
    "[TensorShape([2, 1]), TensorShape([1, 1])]",
    "A list of tensors.",
    raises=("ValueError: an operand is not a vector.",),
)
def ix_(*xi: Any) -> list[Tensor]:
    return [_made(part) for part in np.ix_(*(view(as_array(part)) for part in xi))]


@documented("Whether a value is a scalar.", "np.isscalar(3.0)", "True", "A bool.", raises=None)
def isscalar(val: Any) -> bool:
    return bool(np.isscalar(val) or (isinstance(val, TENSORS) and not val.shape.rank))
