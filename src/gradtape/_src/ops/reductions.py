"""Reductions: values over axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_broadcast_to,
    apply_elementwise,
    apply_identity,
    apply_reduce,
    apply_reshape,
    apply_stop_gradient,
    apply_transpose,
    as_tensor,
    full_like,
    reduction,
    tensor_from,
    view,
)
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument, unequal_summands
from gradtape._src.core.operands import (
    NUMERIC,
    dims_text,
    index_dtype,
    not_allowed,
    one_axis,
    one_dtype,
    reduced_axes,
    scalar_of,
    wrong_dtype,
)
from gradtape._src.core.typing import Axes, DTypeLike, IntLike, ShapeLike, TensorLike
from gradtape._src.ops.indexed_slices import like, values_of
from gradtape._src.ops.scans import cumprod
from gradtape._src.table.rows import ALL, BOOL, NUMBERS, call, integer, op, real, values

SUM, PRODUCT, MAX, MIN, MEAN = 0, 1, 2, 3, 10  # the engine's numbers for its reductions
NAN, INF = math.nan, math.inf


def _samples() -> list[Any]:
    return [
        *(call(real(2, 3)), call(real(2, 3), 0), call(real(2, 3), axis=-1, keepdims=True)),
        *(call(real(2, 3, 2), [0, 2]), call(real(2, 3, 2), [-1, 1], True), call(real()), call(real(1, 3), [])),
    ]


def _edges() -> list[Any]:
    return [
        *(call(values([1.0, 1.0, 0.0])), call(values([0.0, 2.0, 0.0])), call(values([[0.0, 2.0], [3.0, 4.0]]), 0)),
        *_edges_without_zeros(),
    ]


def _edges_without_zeros() -> list[Any]:
    """Those of the product, whose second derivatives miss terms in TensorFlow where factors are 0."""
    return [
        *(call(values([NAN, 1.0, INF])), call(values([[-INF, INF], [1.0, NAN]]), 1), call(real(0, 3), 0)),
        *(call(real(0, 3)), call(real(2, 0), axis=1), call(integer([[1, 2], [3, -5]]), axis=[0])),
        *(call(integer([[1, 2], [3, 5]], "int64")), call([[1, 2], [3, 4]], 1), call([1.5, 2.5])),
    ]


@op("math.reduce_sum", "reduce_sum", dtypes=NUMBERS, samples=_samples, edges=_edges)
@reduction(SUM, "Sum")
def reduce_sum(  # type: ignore[empty-body]
    input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """Sums elements over axes.

    The sum of nothing is 0.

    Args:
      input_tensor: a tensor of numbers.
      axis: the axis or axes that are reduced; negative ones count from the last, None stands for all.
      keepdims: whether reduced axes stay, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the operand's dtype.

    Raises:
      InvalidArgumentError: an axis is out of range or named twice, or the operand is of bools.

    Example:
      >>> tf.reduce_sum([[1, 2, 3], [4, 5, 6]]).numpy()
      np.int32(21)
      >>> tf.reduce_sum([[1, 2, 3], [4, 5, 6]], axis=1).numpy()
      array([ 6, 15], dtype=int32)
    """


@op("math.reduce_mean", "reduce_mean", dtypes=NUMBERS, samples=_samples, edges=_edges)
@reduction(MEAN, "Mean")
def reduce_mean(  # type: ignore[empty-body]
    input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The mean of elements over axes.

    The mean of integers is rounded towards 0, and the mean of nothing is NaN.

    Args:
      input_tensor: a tensor of numbers.
      axis: the axis or axes that are reduced; negative ones count from the last, None stands for all.
      keepdims: whether reduced axes stay, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the operand's dtype.

    Raises:
      InvalidArgumentError: an axis is out of range or named twice, or the operand is of bools.

    Example:
      >>> tf.reduce_mean([[1.0, 2.0], [3.0, 6.0]], axis=0).numpy()
      array([2., 4.], dtype=float32)
    """


@op("math.reduce_max", "reduce_max", dtypes=NUMBERS, samples=_samples, edges=_edges, notes="Ties share the gradient")
@reduction(MAX, "Max")
def reduce_max(  # type: ignore[empty-body]
    input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The largest element over axes.

    Elements that are equally large share the gradient. The maximum of nothing is the least value of the dtype.

    Args:
      input_tensor: a tensor of numbers.
      axis: the axis or axes that are reduced; negative ones count from the last, None stands for all.
      keepdims: whether reduced axes stay, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the operand's dtype.

    Raises:
      InvalidArgumentError: an axis is out of range or named twice, or the operand is of bools.

    Example:
      >>> tf.reduce_max([[1, 5, 3], [4, 2, 6]], axis=0).numpy()
      array([4, 5, 6], dtype=int32)
    """


@op("math.reduce_min", "reduce_min", dtypes=NUMBERS, samples=_samples, edges=_edges, notes="Ties share the gradient")
@reduction(MIN, "Min")
def reduce_min(  # type: ignore[empty-body]
    input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The smallest element over axes.

    Elements that are equally small share the gradient. The minimum of nothing is the greatest value of the dtype.

    Args:
      input_tensor: a tensor of numbers.
      axis: the axis or axes that are reduced; negative ones count from the last, None stands for all.
      keepdims: whether reduced axes stay, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the operand's dtype.

    Raises:
      InvalidArgumentError: an axis is out of range or named twice, or the operand is of bools.

    Example:
      >>> tf.reduce_min([[1, 5, 3], [4, 2, 6]], axis=0).numpy()
      array([1, 2, 3], dtype=int32)
    """


@op(
    *("math.reduce_prod", "reduce_prod"),
    dtypes=NUMBERS,
    samples=_samples,
    edges=_edges_without_zeros,
    notes="Derivatives of every order are right where factors are 0; TensorFlow's second ones miss terms",
)
def reduce_prod(input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """Multiplies elements over axes.

    The product of nothing is 1. The gradient is right where factors are 0.

    Args:
      input_tensor: a tensor of numbers.
      axis: the axis or axes that are reduced; negative ones count from the last, None stands for all.
      keepdims: whether reduced axes stay, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the operand's dtype.

    Raises:
      InvalidArgumentError: an axis is out of range or named twice, or the operand is of bools.

    Example:
      >>> tf.reduce_prod([[1, 2, 3], [4, 5, 6]], axis=1).numpy()
      array([  6, 120], dtype=int32)
    """
    tensor = as_tensor(input_tensor)
    if not (tensor.dtype.is_floating or tensor.dtype.is_complex):
        return apply_reduce(PRODUCT, tensor, axis, keepdims, "Prod")
    return _PROD(tensor, attributes=(reduced_axes(axis, tensor.ndim, "Prod"), bool(keepdims)))


def _prod(tensor: Tensor, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    with np.errstate(all="ignore"):
        return tensor_from(np.prod(view(tensor), axis=axes, keepdims=keepdims))


def _prod_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    """Each factor's derivative is the product of those before it and those behind it, so zeros need no division."""
    (x,), (axes, _) = call.saved, call.attributes
    kept = [1 if i in axes else size for i, size in enumerate(x.shape)]
    order = [*axes, *(i for i in range(x.ndim) if i not in axes)]
    turned = apply_transpose(x, order)
    factors = apply_reshape(turned, (math.prod(x.shape[i] for i in axes), math.prod(kept)))
    others = cumprod(factors, exclusive=True) * cumprod(factors, exclusive=True, reverse=True)
    others = apply_transpose(apply_reshape(others, turned.shape), np.argsort(order))
    return apply_broadcast_to(apply_reshape(cotangent, kept), x.shape) * others


_PROD = Primitive("Prod", _prod, _prod_vjp, saves=(0,), holomorphic=True)


def _truths(x: Any, op: str) -> Tensor:
    tensor = as_tensor(x, dtypes.bool) if isinstance(x, list | tuple) else as_tensor(x)
    if not tensor.dtype.is_bool:
        raise wrong_dtype(op, 0, dtypes.bool, tensor.dtype)
    return tensor


def _truth_edges() -> list[Any]:
    table = integer([[True, False], [True, True]], "bool")
    return [call(table), call(table, 0), call(table, axis=[-1], keepdims=True), call(integer([], "bool")), call([True])]


@op("math.reduce_all", "reduce_all", dtypes=BOOL, orders="0", edges=_truth_edges)
def reduce_all(input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """Whether all elements over axes are True.

    All of nothing is True.

    Args:
      input_tensor: a tensor of bools.
      axis: the axis or axes that are reduced; negative ones count from the last, None stands for all.
      keepdims: whether reduced axes stay, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor.

    Raises:
      TypeError: the operand does not convert to bools.
      InvalidArgumentError: an axis is out of range or named twice, or a tensor is of another dtype.

    Example:
      >>> tf.reduce_all([[True, True], [True, False]], axis=1).numpy()
      array([ True, False])
    """
    tensor = _truths(input_tensor, "All")
    return _ALL(tensor, attributes=(reduced_axes(axis, tensor.ndim, "All"), bool(keepdims)))


_ALL = Primitive("All", lambda truths, axes, keepdims: tensor_from(np.all(view(truths), axis=axes, keepdims=keepdims)))


@op("math.reduce_any", "reduce_any", dtypes=BOOL, orders="0", edges=_truth_edges)
def reduce_any(input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """Whether any element over axes is True.

    Any of nothing is False.

    Args:
      input_tensor: a tensor of bools.
      axis: the axis or axes that are reduced; negative ones count from the last, None stands for all.
      keepdims: whether reduced axes stay, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor.

    Raises:
      TypeError: the operand does not convert to bools.
      InvalidArgumentError: an axis is out of range or named twice, or a tensor is of another dtype.

    Example:
      >>> tf.reduce_any([[True, False], [False, False]], axis=1).numpy()
      array([ True, False])
    """
    tensor = _truths(input_tensor, "Any")
    return _ANY(tensor, attributes=(reduced_axes(axis, tensor.ndim, "Any"), bool(keepdims)))


_ANY = Primitive("Any", lambda truths, axes, keepdims: tensor_from(np.any(view(truths), axis=axes, keepdims=keepdims)))


def _spread_edges() -> list[Any]:
    return [
        *(call(values([2.0, 2.0])), call(values([NAN, 1.0])), call(values([INF, 1.0])), call(real(0))),
        *(call(real(0, 2), 0), call([1.0, 4.0])),
    ]


@op("math.reduce_variance", samples=_samples, edges=_spread_edges)
def reduce_variance(
    input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The variance over axes: the mean squared distance from the mean.

    It divides by the number of elements, not by one less.

    Args:
      input_tensor: a floating tensor.
      axis: the axis or axes that are reduced; negative ones count from the last, None stands for all.
      keepdims: whether reduced axes stay, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the operand's dtype.

    Raises:
      TypeError: the operand is of integers.
      InvalidArgumentError: an axis is out of range or named twice.

    Example:
      >>> tf.math.reduce_variance([1.0, 3.0, 5.0, 7.0]).numpy()
      np.float32(5.0)
    """
    tensor = as_tensor(input_tensor)
    if tensor.dtype.is_bool:
        raise not_allowed("Mean", tensor.dtype, NUMERIC)
    if not tensor.dtype.is_floating:
        raise TypeError(f"Input must be either real or complex. Received integer type {tensor.dtype}.")
    distance = tensor - apply_reduce(MEAN, tensor, axis, True, "Mean")
    return apply_reduce(MEAN, apply_elementwise("square", distance), axis, keepdims, "Mean")


@op(
    "math.reduce_std",
    samples=lambda: [
        *(call(real(2, 3)), call(real(2, 3), 0), call(real(2, 3), axis=-1, keepdims=True)),
        *(call(real(2, 3, 2), [0, 2]), call(real(2, 3, 2), [-1, 1], True)),
    ],
    edges=_spread_edges,
    notes="The gradient at 0 is NaN, as TensorFlow's",
)
def reduce_std(input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """The standard deviation over axes: the root of the variance.

    It divides by the number of elements, not by one less.

    Args:
      input_tensor: a floating tensor.
      axis: the axis or axes that are reduced; negative ones count from the last, None stands for all.
      keepdims: whether reduced axes stay, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the operand's dtype.

    Raises:
      TypeError: the operand is of integers.
      InvalidArgumentError: an axis is out of range or named twice.

    Example:
      >>> tf.math.reduce_std([1.0, 3.0, 1.0, 3.0]).numpy()
      np.float32(1.0)
    """
    return apply_elementwise("sqrt", reduce_variance(input_tensor, axis, keepdims))


@op(
    "math.reduce_logsumexp",
    "reduce_logsumexp",
    samples=_samples,
    edges=lambda: [
        *(call(values([-INF, -INF])), call(values([-INF, 0.0])), call(values([INF, 0.0])), call(values([NAN, 1.0]))),
        *(call(real(0)), call(real(0, 2), 0), call(values([1000.0, 1000.0])), call([1.0, 2.0])),
    ],
)
def reduce_logsumexp(
    input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """log(sum(exp(x))) over axes, without overflow.

    The greatest element is subtracted before, and added after.

    Args:
      input_tensor: a floating tensor.
      axis: the axis or axes that are reduced; negative ones count from the last, None stands for all.
      keepdims: whether reduced axes stay, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the operand's dtype.

    Raises:
      InvalidArgumentError: an axis is out of range or named twice, or the operand is not floating.

    Example:
      >>> tf.reduce_logsumexp([1000.0, 1000.0]).numpy().round(2)
      np.float32(1000.69)
    """
    tensor = as_tensor(input_tensor)
    if not tensor.dtype.is_floating:
        raise not_allowed("IsFinite", tensor.dtype, "bfloat16, half, float, double")
    largest = apply_stop_gradient(apply_reduce(MAX, apply_stop_gradient(tensor), axis, True, "Max"))
    largest = apply_elementwise("select", apply_elementwise("is_finite", largest), largest, 0.0)
    total = apply_reduce(SUM, apply_elementwise("exp", tensor - largest), axis, keepdims, "Sum")
    return apply_elementwise("log", total) + apply_reshape(largest, total.shape)


@op(
    "math.reduce_euclidean_norm",
    dtypes=NUMBERS,
    samples=_samples,
    edges=lambda: [*_edges(), call(values([0.0, 0.0])), call(integer([3, 4]))],
    notes="The gradient at 0 is NaN, as TensorFlow's",
)
def reduce_euclidean_norm(
    input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The Euclidean norm over axes: the root of the sum of squares.

    Args:
      input_tensor: a tensor of numbers.
      axis: the axis or axes that are reduced; negative ones count from the last, None stands for all.
      keepdims: whether reduced axes stay, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the operand's dtype.

    Raises:
      InvalidArgumentError: an axis is out of range or named twice, or the operand is of bools.

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
        return tensor_from(np.sqrt(np.sum(squares, axis=axes, keepdims=keepdims, dtype=squares.dtype)), tensor.dtype)


def _norm_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    (x, y), (axes, _) = call.saved, call.attributes
    kept = tuple(1 if i in axes else size for i, size in enumerate(x.shape))
    return x * apply_reshape(cotangent, kept) / apply_reshape(y, kept)


_NORM = Primitive("EuclideanNorm", _norm, _norm_vjp, saves=(0, -1))


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
    """The number of elements over axes that are not 0, or not False.

    Args:
      input: a tensor, or what converts to one.
      axis: the axis or axes that are counted along; None stands for all.
      keepdims: whether these axes stay, with size 1; None for no.
      dtype: the dtype of the result.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that dtype.

    Raises:
      InvalidArgumentError: an axis is out of range or named twice.

    Example:
      >>> tf.math.count_nonzero([[0, 1, 2], [0, 0, 3]], axis=1).numpy()
      array([2, 1])
    """
    tensor = as_tensor(input)
    axes = reduced_axes(axis, tensor.ndim, "Sum")
    return _COUNT(tensor, attributes=(axes, bool(keepdims), dtypes.as_dtype(dtype)))


def _count(tensor: Tensor, axes: tuple[int, ...], keepdims: bool, dtype: dtypes.DType) -> Tensor:
    return tensor_from(np.asarray(np.count_nonzero(view(tensor), axis=axes, keepdims=keepdims), np.int64), dtype)


_COUNT = Primitive("Sum", _count, complexes=True)


@op(
    *("math.zero_fraction", "nn.zero_fraction"),
    dtypes=ALL,
    orders="0",
    edges=lambda: [call(values([0.0, 1.0, 2.0])), call(integer([[0, 0], [0, 1]])), call([])],
)
def zero_fraction(value: TensorLike, name: str | None = None) -> Tensor:
    """The share of elements that are 0.

    Args:
      value: a tensor of numbers.
      name: not used; TensorFlow names operations by it.

    Returns:
      A float32 tensor without axes; NaN where there are no elements.

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


def _places(op: str, find: Any, worst: float, input: Any, axis: Any, dtype: dtypes.DType) -> Tensor:
    tensor = as_tensor(input)
    asked = scalar_of(op, 0 if axis is None else axis, "dim must be a scalar, but received tensor of shape: {shape}")
    place = one_axis(asked, tensor.ndim, op, "Expected dimension in the range [{low}, {high}), but got {axis}")
    return _FOUND(tensor, attributes=(op, find, worst, asked, place, dtype))


def _found(tensor: Tensor, op: str, find: Any, worst: float, asked: int, place: int, dtype: dtypes.DType) -> Tensor:
    array = view(tensor)
    if array.size == 0:
        others = array.shape[:place] + array.shape[place + 1 :]
        if array.shape[place] == 0 and math.prod(others):
            raise invalid_argument(op, f"Reduction axis {asked} is empty in shape {dims_text(array.shape)}", "")
        return tensor_from(np.zeros(others, np.int64), dtype)
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), worst, array)
    return tensor_from(find(array, axis=place), dtype)


_FOUND = Primitive("ArgMax", _found)


def _place_edges() -> list[Any]:
    return [
        *(call(values([1.0, 1.0, NAN])), call(values([NAN, 1.0, 0.0, 0.0])), call(real(2, 3)), call(real(0, 2), 1)),
        *(call(real(2, 3), -1, output_type="int32"), call(integer([[3, 1], [3, 5]]), axis=1), call([2, 1, 7])),
        *(call(values([NAN, NAN])), call(values([-INF, NAN])), call(values([[INF, INF]]), 1)),
        call(integer([True, True], "bool")),
    ]


@op("math.argmax", "argmax", dtypes=ALL, orders="0", edges=_place_edges)
def argmax(
    input: TensorLike, axis: IntLike | None = None, output_type: DTypeLike = dtypes.int64, name: str | None = None
) -> Tensor:
    """The place of the largest element along an axis; the first one where several are equally large.

    Args:
      input: a tensor of at least one axis.
      axis: the axis; None for axis 0.
      output_type: the dtype of the result.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with one axis less. No gradient flows through it.

    Raises:
      InvalidArgumentError: the axis is out of range or empty.

    Example:
      >>> tf.argmax([[1, 5, 3], [4, 2, 6]], axis=1).numpy()
      array([1, 2])
    """
    dtype = index_dtype("ArgMax", output_type, "output_type", "int16, uint16, int32, int64")
    return _places("ArgMax", np.argmax, -INF, input, axis, dtype)


@op("math.argmin", "argmin", dtypes=ALL, orders="0", edges=_place_edges)
def argmin(
    input: TensorLike, axis: IntLike | None = None, output_type: DTypeLike = dtypes.int64, name: str | None = None
) -> Tensor:
    """The place of the smallest element along an axis; the first one where several are equally small.

    Args:
      input: a tensor of at least one axis.
      axis: the axis; None for axis 0.
      output_type: the dtype of the result.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with one axis less. No gradient flows through it.

    Raises:
      InvalidArgumentError: the axis is out of range or empty.

    Example:
      >>> tf.argmin([[1, 5, 3], [4, 2, 6]], axis=1).numpy()
      array([0, 1])
    """
    return _places("ArgMin", np.argmin, INF, input, axis, index_dtype("ArgMin", output_type, "output_type"))


@op(
    *("math.add_n", "add_n"),
    dtypes=NUMBERS,
    samples=lambda: [call([real(2, 3), real(2, 3), real(2, 3)]), call([real()]), call([real(0), real(0)])],
    edges=lambda: [call([integer([1, 2]), integer([3, 4])])],
)
def add_n(inputs: Sequence[TensorLike], name: str | None = None) -> Tensor:
    """Adds tensors of one shape, from the first to the last.

    Args:
      inputs: a sequence of tensors of one shape and dtype, or of IndexedSlices, which become dense.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      ValueError: there are none, or one is None.
      InvalidArgumentError: shapes or dtypes differ.

    Example:
      >>> tf.add_n([[1, 2], [3, 4], [5, 6]]).numpy()
      array([ 9, 12], dtype=int32)
    """
    listed = list(inputs)
    if not listed or any(item is None for item in listed):
        raise ValueError(
            "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and shape."
        )
    total = apply_identity(listed[0])
    tensors = [as_tensor(item, hint=total.dtype) for item in listed[1:]]
    one_dtype("AddN", (total, *tensors))
    for i, tensor in enumerate(tensors, 1):
        if tensor.shape != total.shape:
            raise unequal_summands(dims_text(total.shape), i, dims_text(tensor.shape), len(listed))
    for tensor in tensors:
        total = total + tensor
    return total


@op(
    "math.accumulate_n",
    dtypes=NUMBERS,
    samples=lambda: [call([real(2, 3), real(2, 3)]), call([real()])],
)
def accumulate_n(
    inputs: Sequence[TensorLike],
    shape: ShapeLike | None = None,
    tensor_dtype: DTypeLike | None = None,
    name: str | None = None,
) -> Tensor:
    """Adds tensors of one shape; the same as `add_n`.

    Args:
      inputs: a list of tensors of one shape and dtype.
      shape: not used; it is that of the tensors.
      tensor_dtype: not used.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      ValueError: there are none, or their shapes differ.

    Example:
      >>> tf.math.accumulate_n([[1, 2], [3, 4]]).numpy()
      array([4, 6], dtype=int32)
    """
    if not isinstance(inputs, list | tuple) or not inputs:
        raise ValueError("inputs must be a list of at least one Tensor with the same dtype and shape")
    tensors = [as_tensor(item) for item in inputs]
    for tensor in tensors[1:]:
        if tensor.shape != tensors[0].shape:
            raise ValueError(f"Shapes {tensors[0].shape} and {tensor.shape} are not compatible")
    return add_n(tensors)


@op(
    *("math.scalar_mul", "scalar_mul"),
    dtypes=NUMBERS,
    samples=lambda: [call(2.0, real(3)), call(real(), real(2, 3))],
    edges=lambda: [call(2, integer([1, 2]))],
)
def scalar_mul(scalar: TensorLike, x: Any, name: str | None = None) -> Any:
    """Multiplies a tensor by a scalar.

    Args:
      scalar: a number or a tensor without axes.
      x: a tensor of the same dtype, or IndexedSlices, whose values are multiplied.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of x, or IndexedSlices.

    Raises:
      ValueError: `scalar` has axes.

    Example:
      >>> tf.scalar_mul(2.0, [1.0, 2.0]).numpy()
      array([2., 4.], dtype=float32)
    """
    tensor = values_of(x)
    factor = as_tensor(scalar, tensor.dtype)
    if factor.ndim:
        raise ValueError(f"The input scalar must be a 0-D value. Received shape {factor.shape}.")
    return like(x, factor * tensor)


@op(
    "math.polyval",
    dtypes=NUMBERS,
    samples=lambda: [
        *(call([real(), real(), real()], real(2, 2)), call([real(2, 1), real()], real(3)), call([real(3)], real(2))),
    ],
    edges=lambda: [call([], real(2)), call([1, 2, 3], 2), call([1, 2], integer([3, 4]))],
)
def polyval(coeffs: TensorLike, x: TensorLike, name: str | None = None) -> Tensor:
    """The value at x of a polynomial, by Horner's rule.

    Args:
      coeffs: a list of coefficients, from that of the highest power down; none give 0.
      x: a tensor, or what converts to one.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and the coefficients broadcast to.

    Raises:
      ValueError: `coeffs` is no list.

    Example:
      >>> tf.math.polyval([3.0, 0.0, 1.0], 2.0).numpy()
      np.float32(13.0)
    """
    if not isinstance(coeffs, list):
        raise ValueError(f"Argument coeffs must be list type. Received type {type(coeffs)}.")
    tensor = as_tensor(x)
    if not coeffs:
        return full_like(tensor, 0)
    value, *rest = map(as_tensor, coeffs)
    for coefficient in rest:
        value = coefficient + value * tensor
    return value
