"""Statistics over axes: variance, norm, and the number of zeros."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_elementwise,
    apply_reduce,
    apply_reshape,
    apply_stop_gradient,
    as_tensor,
    tensor_from,
    view,
)
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.operands import NUMERIC, not_allowed, reduced_axes
from gradtape._src.core.typing import Axes, DTypeLike, TensorLike
from gradtape._src.ops.reductions import INF, NAN, axes_edges, axes_samples
from gradtape._src.table.rows import ALL, NUMBERS, call, integer, op, real, values


def _variance_edges() -> list[Any]:
    return [
        *(call(values([2.0, 2.0])), call(values([NAN, 1.0])), call(values([INF, 1.0])), call(real(0))),
        *(call(real(0, 2), 0), call([1.0, 4.0])),
    ]


@op("math.reduce_variance", samples=axes_samples, edges=_variance_edges)
def reduce_variance(
    input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The variance over axes: the mean squared distance from the mean.

    It divides by the number of elements n, not by n - 1.

    Args:
      input_tensor: a floating tensor.
      axis: the axis or axes to reduce; negative ones count from the last, None for all.
      keepdims: whether to keep the reduced axes, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the operand's dtype.

    Raises:
      TypeError: the operand has an integer dtype.
      InvalidArgumentError: an axis is out of range or repeated.

    Example:
      >>> tf.math.reduce_variance([1.0, 3.0, 5.0, 7.0]).numpy()
      np.float32(5.0)
    """
    tensor = as_tensor(input_tensor)
    if tensor.dtype.is_bool:
        raise not_allowed("Mean", tensor.dtype, NUMERIC)
    if not tensor.dtype.is_floating:
        raise TypeError(f"Input must be either real or complex. Received integer type {tensor.dtype}.")
    distance = tensor - apply_reduce("Mean", tensor, axis, True)
    return apply_reduce("Mean", apply_elementwise("square", distance), axis, keepdims)


@op(
    "math.reduce_std",
    samples=lambda: [
        *(call(real(2, 3)), call(real(2, 3), 0), call(real(2, 3), axis=-1, keepdims=True)),
        *(call(real(2, 3, 2), [0, 2]), call(real(2, 3, 2), [-1, 1], True)),
    ],
    edges=_variance_edges,
    notes="The gradient at 0 is NaN, as TensorFlow's",
)
def reduce_std(input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """The standard deviation over axes: the square root of the variance.

    It divides by the number of elements n, not by n - 1.

    Args:
      input_tensor: a floating tensor.
      axis: the axis or axes to reduce; negative ones count from the last, None for all.
      keepdims: whether to keep the reduced axes, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the operand's dtype.

    Raises:
      TypeError: the operand has an integer dtype.
      InvalidArgumentError: an axis is out of range or repeated.

    Example:
      >>> tf.math.reduce_std([1.0, 3.0, 1.0, 3.0]).numpy()
      np.float32(1.0)
    """
    return apply_elementwise("sqrt", reduce_variance(input_tensor, axis, keepdims))


@op(
    "math.reduce_logsumexp",
    "reduce_logsumexp",
    samples=axes_samples,
    edges=lambda: [
        *(call(values([-INF, -INF])), call(values([-INF, 0.0])), call(values([INF, 0.0])), call(values([NAN, 1.0]))),
        *(call(real(0)), call(real(0, 2), 0), call(values([1000.0, 1000.0])), call([1.0, 2.0])),
    ],
)
def reduce_logsumexp(
    input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """log(sum(exp(x))) over axes, without overflow.

    The largest element is subtracted first, and added at the end.

    Args:
      input_tensor: a floating tensor.
      axis: the axis or axes to reduce; negative ones count from the last, None for all.
      keepdims: whether to keep the reduced axes, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the operand's dtype.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or the operand is not floating.

    Example:
      >>> tf.reduce_logsumexp([1000.0, 1000.0]).numpy().round(2)
      np.float32(1000.69)
    """
    tensor = as_tensor(input_tensor)
    if not tensor.dtype.is_floating:
        raise not_allowed("IsFinite", tensor.dtype, "bfloat16, half, float, double")
    largest = apply_stop_gradient(apply_reduce("Max", apply_stop_gradient(tensor), axis, True))
    largest = apply_elementwise("select", apply_elementwise("is_finite", largest), largest, 0.0)
    total = apply_reduce("Sum", apply_elementwise("exp", tensor - largest), axis, keepdims)
    return apply_elementwise("log", total) + apply_reshape(largest, total.shape)


@op(
    "math.reduce_euclidean_norm",
    dtypes=NUMBERS,
    samples=axes_samples,
    edges=lambda: [*axes_edges(), call(values([0.0, 0.0])), call(integer([3, 4]))],
    notes="The gradient at 0 is NaN, as TensorFlow's",
)
def reduce_euclidean_norm(
    input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The Euclidean norm over axes: the square root of the sum of squares.

    Args:
      input_tensor: a tensor of numbers.
      axis: the axis or axes to reduce; negative ones count from the last, None for all.
      keepdims: whether to keep the reduced axes, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the operand's dtype.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or the operand has dtype bool.

    Example:
      >>> tf.math.reduce_euclidean_norm([[3.0, 4.0], [0.0, 2.0]], axis=1).numpy()
      array([5., 2.], dtype=float32)
    """
    tensor = as_tensor(input_tensor)
    axes = reduced_axes(axis, tensor.ndim, "EuclideanNorm")
    if tensor.dtype.is_bool:
        raise not_allowed("EuclideanNorm", tensor.dtype, NUMERIC)
    return _NORM(tensor, attributes=(axes, bool(keepdims)))


def _norm(tensor: Tensor, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    with np.errstate(all="ignore"):
        squares = np.square(view(tensor))
        kept = np.sqrt(np.sum(squares, axis=axes, keepdims=True, dtype=squares.dtype))
    return tensor_from(kept if keepdims else kept.squeeze(axes), tensor.dtype)


def _norm_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    (x, y), (axes, _) = call.saved, call.attributes
    kept = tuple(1 if i in axes else size for i, size in enumerate(x.shape))
    return x * apply_reshape(cotangent, kept) / apply_reshape(y, kept)


_NORM = Primitive("EuclideanNorm", _norm, _norm_vjp, saves=(0, -1), batch="axes_first")


@op(
    "math.count_nonzero",
    dtypes=ALL,
    orders="0",
    edges=lambda: [
        *(call(values([[0.0, 1.0], [NAN, 2.0]])), call(values([[0.0, 1.0], [NAN, 2.0]]), axis=0, keepdims=True)),
        *(call(integer([1, 0, 3]), dtype="int32"), call(integer([True, False], "bool"), -1), call([])),
    ],
)
def count_nonzero(
    input: TensorLike,
    axis: Axes = None,
    keepdims: bool | None = None,
    dtype: DTypeLike = dtypes.int64,
    name: str | None = None,
) -> Tensor:
    """Counts the elements over axes that are not 0, or not False.

    Args:
      input: a tensor, or a value convertible to one.
      axis: the axis or axes to count along; None for all.
      keepdims: whether to keep these axes, with size 1; None for no.
      dtype: the dtype of the result.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that dtype.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated.

    Example:
      >>> tf.math.count_nonzero([[0, 1, 2], [0, 0, 3]], axis=1).numpy()
      array([2, 1])
    """
    tensor = as_tensor(input)
    axes = reduced_axes(axis, tensor.ndim, "Sum")
    return _COUNT(tensor, attributes=(axes, bool(keepdims), dtypes.as_dtype(dtype)))


def _count(tensor: Tensor, axes: tuple[int, ...], keepdims: bool, dtype: dtypes.DType) -> Tensor:
    return tensor_from(np.asarray(np.count_nonzero(view(tensor), axis=axes, keepdims=keepdims), np.int64), dtype)


_COUNT = Primitive("Sum", _count, complexes=True, batch="axes_first")


@op(
    *("math.zero_fraction", "nn.zero_fraction"),
    dtypes=ALL,
    orders="0",
    edges=lambda: [call(values([0.0, 1.0, 2.0])), call(integer([[0, 0], [0, 1]])), call([])],
)
def zero_fraction(value: TensorLike, name: str | None = None) -> Tensor:
    """The fraction of elements that are 0.

    Args:
      value: a tensor of numbers.
      name: not used; TensorFlow names operations by it.

    Returns:
      A float32 scalar tensor; NaN if there are no elements.

    Raises:
      TypeError, ValueError: the operand does not convert to a tensor.

    Example:
      >>> tf.math.zero_fraction([0.0, 1.0, 0.0, 3.0]).numpy()
      np.float32(0.5)
    """
    tensor = as_tensor(value)
    return _ZEROS(tensor)


def _zeros(tensor: Tensor) -> Tensor:
    size = math.prod(tensor.shape)
    zeros = size - int(np.count_nonzero(view(tensor)))
    return as_tensor(zeros / size if size else NAN, dtypes.float32)


_ZEROS = Primitive("ZeroFraction", _zeros, complexes=True)
