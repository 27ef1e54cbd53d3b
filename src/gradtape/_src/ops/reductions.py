"""Reductions over axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_broadcast_to,
    apply_reduce,
    apply_reshape,
    apply_transpose,
    as_tensor,
    reduction,
    tensor_from,
    view,
)
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.operands import reduced_axes, wrong_dtype
from gradtape._src.core.typing import Axes, TensorLike
from gradtape._src.ops.scans import cumprod
from gradtape._src.table.rows import BOOL, NUMBERS, call, integer, op, real, values

NAN, INF = math.nan, math.inf


def axes_samples() -> list[Any]:
    return [
        *(call(real(2, 3)), call(real(2, 3), 0), call(real(2, 3), axis=-1, keepdims=True)),
        *(call(real(2, 3, 2), [0, 2]), call(real(2, 3, 2), [-1, 1], True), call(real()), call(real(1, 3), [])),
    ]


def axes_edges() -> list[Any]:
    return [
        *(call(values([1.0, 1.0, 0.0])), call(values([0.0, 2.0, 0.0])), call(values([[0.0, 2.0], [3.0, 4.0]]), 0)),
        *_edges_without_zeros(),
    ]


def _edges_without_zeros() -> list[Any]:
    """Those of the product; in TensorFlow its second derivatives lack terms where factors are 0."""
    return [
        *(call(values([NAN, 1.0, INF])), call(values([[-INF, INF], [1.0, NAN]]), 1), call(real(0, 3), 0)),
        *(call(real(0, 3)), call(real(2, 0), axis=1), call(integer([[1, 2], [3, -5]]), axis=[0])),
        *(call(integer([[1, 2], [3, 5]], "int64")), call([[1, 2], [3, 4]], 1), call([1.5, 2.5])),
    ]


@op("math.reduce_sum", "reduce_sum", dtypes=NUMBERS, samples=axes_samples, edges=axes_edges)
@reduction("Sum")
def reduce_sum(  # type: ignore[empty-body]
    input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """Sums elements over axes.

    An empty sum is 0.

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
      >>> tf.reduce_sum([[1, 2, 3], [4, 5, 6]]).numpy()
      np.int32(21)
      >>> tf.reduce_sum([[1, 2, 3], [4, 5, 6]], axis=1).numpy()
      array([ 6, 15], dtype=int32)
    """


@op("math.reduce_mean", "reduce_mean", dtypes=NUMBERS, samples=axes_samples, edges=axes_edges)
@reduction("Mean")
def reduce_mean(  # type: ignore[empty-body]
    input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The mean of elements over axes.

    The mean of integers is rounded towards 0, and the mean of no elements is NaN.

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
      >>> tf.reduce_mean([[1.0, 2.0], [3.0, 6.0]], axis=0).numpy()
      array([2., 4.], dtype=float32)
    """


@op(
    "math.reduce_max",
    "reduce_max",
    dtypes=NUMBERS,
    samples=axes_samples,
    edges=axes_edges,
    notes="Ties share the gradient",
)
@reduction("Max")
def reduce_max(  # type: ignore[empty-body]
    input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The largest element over axes.

    Equal elements share the gradient. The maximum of no elements is the smallest value of the dtype.

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
      >>> tf.reduce_max([[1, 5, 3], [4, 2, 6]], axis=0).numpy()
      array([4, 5, 6], dtype=int32)
    """


@op(
    "math.reduce_min",
    "reduce_min",
    dtypes=NUMBERS,
    samples=axes_samples,
    edges=axes_edges,
    notes="Ties share the gradient",
)
@reduction("Min")
def reduce_min(  # type: ignore[empty-body]
    input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The smallest element over axes.

    Equal elements share the gradient. The minimum of no elements is the largest value of the dtype.

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
      >>> tf.reduce_min([[1, 5, 3], [4, 2, 6]], axis=0).numpy()
      array([1, 2, 3], dtype=int32)
    """


@op(
    *("math.reduce_prod", "reduce_prod"),
    dtypes=NUMBERS,
    samples=axes_samples,
    edges=_edges_without_zeros,
    notes="Derivatives of every order are right where factors are 0; TensorFlow's second derivatives lack terms",
)
def reduce_prod(input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """Multiplies elements over axes.

    An empty product is 1. The gradient is right where factors are 0.

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
      >>> tf.reduce_prod([[1, 2, 3], [4, 5, 6]], axis=1).numpy()
      array([  6, 120], dtype=int32)
    """
    tensor = as_tensor(input_tensor)
    if not (tensor.dtype.is_floating or tensor.dtype.is_complex):
        return apply_reduce("Prod", tensor, axis, keepdims)
    return _PROD(tensor, attributes=(reduced_axes(axis, tensor.ndim, "Prod"), bool(keepdims)))


def _prod(tensor: Tensor, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    with np.errstate(all="ignore"):
        kept = np.prod(view(tensor), axis=axes, keepdims=True)
    return tensor_from(kept if keepdims else kept.squeeze(axes))


def _prod_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    """Each factor's derivative is the product of those before and after it, so zeros need no division."""
    (x,), (axes, _) = call.saved, call.attributes
    kept = [1 if i in axes else size for i, size in enumerate(x.shape)]
    order = [*axes, *(i for i in range(x.ndim) if i not in axes)]
    turned = apply_transpose(x, order)
    factors = apply_reshape(turned, (math.prod(x.shape[i] for i in axes), math.prod(kept)))
    others = cumprod(factors, exclusive=True) * cumprod(factors, exclusive=True, reverse=True)
    others = apply_transpose(apply_reshape(others, turned.shape), np.argsort(order))
    return apply_broadcast_to(apply_reshape(cotangent, kept), x.shape) * others


_PROD = Primitive("Prod", _prod, _prod_vjp, saves=(0,), holomorphic=True, batch="axes_first")


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

    True if there are no elements.

    Args:
      input_tensor: a tensor of bools.
      axis: the axis or axes to reduce; negative ones count from the last, None for all.
      keepdims: whether to keep the reduced axes, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor.

    Raises:
      TypeError: the operand cannot be converted to bools.
      InvalidArgumentError: an axis is out of range or repeated, or a tensor has another dtype.

    Example:
      >>> tf.reduce_all([[True, True], [True, False]], axis=1).numpy()
      array([ True, False])
    """
    tensor = _truths(input_tensor, "All")
    return _ALL(tensor, attributes=(reduced_axes(axis, tensor.ndim, "All"), bool(keepdims)))


_ALL = Primitive(
    "All",
    lambda truths, axes, keepdims: tensor_from(np.all(view(truths), axis=axes, keepdims=keepdims)),
    batch="axes_first",
)


@op("math.reduce_any", "reduce_any", dtypes=BOOL, orders="0", edges=_truth_edges)
def reduce_any(input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """Whether any element over axes is True.

    False if there are no elements.

    Args:
      input_tensor: a tensor of bools.
      axis: the axis or axes to reduce; negative ones count from the last, None for all.
      keepdims: whether to keep the reduced axes, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor.

    Raises:
      TypeError: the operand cannot be converted to bools.
      InvalidArgumentError: an axis is out of range or repeated, or a tensor has another dtype.

    Example:
      >>> tf.reduce_any([[True, False], [False, False]], axis=1).numpy()
      array([ True, False])
    """
    tensor = _truths(input_tensor, "Any")
    return _ANY(tensor, attributes=(reduced_axes(axis, tensor.ndim, "Any"), bool(keepdims)))


_ANY = Primitive(
    "Any",
    lambda truths, axes, keepdims: tensor_from(np.any(view(truths), axis=axes, keepdims=keepdims)),
    batch="axes_first",
)
