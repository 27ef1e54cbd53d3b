"""Sums, extremes, products and reductions of sparse tensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_cast,
    apply_elementwise,
    apply_reshape,
    apply_stop_gradient,
    as_tensor,
    tensor_from,
)
from gradtape._engine.ops.rows import add_rows, take_rows
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import InvalidArgumentError, invalid_argument
from gradtape._src.core.operands import ORDERED, dims_text, ints_of, not_allowed, wrong_dtype
from gradtape._src.core.steps import one_step
from gradtape._src.core.typing import TensorLike
from gradtape._src.ops.segments import unsorted_segment_max
from gradtape._src.sparse.sparse_tensor import (
    SparseTensor,
    check_within,
    checked,
    chosen,
    made,
    places_of,
    rows_of,
    sizes_of,
)


def add(a: SparseTensor | TensorLike, b: SparseTensor | TensorLike, threshold: Any = 0) -> Any:
    """The sum of two tensors, at least one of which is sparse.

    Args:
      a: a SparseTensor, or a tensor.
      b: the other, of the same shape and dtype.
      threshold: sums of two values that have a smaller magnitude are left out of the result of two sparse tensors.

    Returns:
      A SparseTensor with its positions in row-major order if both are sparse, else a tensor. Gradients flow to
      both.

    Raises:
      TypeError: neither is sparse.
      InvalidArgumentError: shapes or dtypes differ.

    Example:
      >>> total = tf.sparse.add(tf.sparse.eye(2), tf.SparseTensor([[0, 1]], [5.0], [2, 2]))
      >>> tf.sparse.to_dense(total).numpy()
      array([[1., 5.],
             [0., 1.]], dtype=float32)
    """
    if not isinstance(a, SparseTensor):
        a, b = b, a
    if not isinstance(a, SparseTensor):
        raise TypeError("At least one input should be SparseTensor; do you mean to use tf.add()?")
    if not isinstance(b, SparseTensor):
        return _add_dense(a, as_tensor(b))
    places, first, second, sizes, alone = _together("SparseAdd", a, b)
    total = SparseTensor(places, apply_elementwise("add", first, second), sizes)
    least = np.asarray(threshold)
    if not least > 0:
        return total
    index = np.flatnonzero((np.abs(np.asarray(total.values)) >= least) | alone)
    return chosen(total, index, places_of(total)[index], sizes_of(total))


def _add_dense(sparse: SparseTensor, dense: Tensor) -> Tensor:
    sizes, op = sizes_of(sparse), "SparseTensorDenseAdd"
    if dense.dtype is not sparse.dtype:
        raise wrong_dtype(op, 3, sparse.dtype, dense.dtype)
    if dense.ndim != len(sizes):
        raise invalid_argument(
            op,
            f"Rank of the sparse operand is {len(sizes)}, of the dense one {dense.ndim}; they must be equal",
            "",
        )
    for axis, (size, other) in enumerate(zip(sizes, dense.shape, strict=True)):
        if size != other:
            sides = f"sparse side {size} vs dense side {other}"
            message = f"Dimension {axis} does not equal (no broadcasting is supported): {sides}"
            raise invalid_argument(op, message, "")
    return apply_elementwise("add", dense, _summed(op, sparse.values, sparse.indices, sizes))


@one_step("indices", static=("sizes",))
def _summed(op: str, values: Tensor, indices: Tensor, sizes: Any) -> Tensor:
    return add_rows(op, values, rows_of(op, np.asarray(indices), tuple(sizes)), tuple(sizes))


def _together(op: str, a: SparseTensor, b: SparseTensor) -> tuple[Tensor, Tensor, Tensor, Tensor, np.ndarray]:
    """The positions of either of two tensors in order, both values at these, 0 if one has none, the shape, and at which
    positions one of them has none."""
    if a.dtype is not b.dtype:
        raise wrong_dtype(op, 4, a.dtype, b.dtype)
    sizes, others = sizes_of(a), sizes_of(b)
    if len(sizes) != len(others):
        raise invalid_argument(op, f"Operands' ranks do not match: got {len(sizes)} and {len(others)}", "")
    for axis, (size, other) in enumerate(zip(sizes, others, strict=True)):
        if size != other:
            raise invalid_argument(
                op, f"Operands' shapes do not match: got {size} and {other} for dimension {axis}", ""
            )
    every = np.concatenate([places_of(a), places_of(b)])
    check_within(op, every, sizes)
    places, where = np.unique(every, axis=0, return_inverse=True)
    of_a, of_b = np.split(where.reshape(-1), [len(places_of(a))])
    first, second = (add_rows(op, part.values, numbers, (len(places),)) for part, numbers in ((a, of_a), (b, of_b)))
    alone = np.isin(np.arange(len(places)), of_a) != np.isin(np.arange(len(places)), of_b)
    return tensor_from(np.ascontiguousarray(places)), first, second, a.dense_shape, alone


def maximum(sp_a: SparseTensor, sp_b: SparseTensor, name: str | None = None) -> SparseTensor:
    """The larger of two tensors' elements, wherever one of them stores a value.

    Args:
      sp_a: a SparseTensor.
      sp_b: another of the same shape and dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A SparseTensor with its positions in row-major order. Gradients flow to both; TensorFlow has none.

    Raises:
      TypeError: one is no SparseTensor.
      InvalidArgumentError: shapes or dtypes differ.

    Example:
      >>> tf.sparse.maximum(tf.sparse.eye(2), tf.SparseTensor([[0, 1]], [-5.0], [2, 2])).values.numpy()
      array([1., 0., 1.], dtype=float32)
    """
    places, first, second, sizes, _ = _together("SparseSparseMaximum", checked(sp_a), checked(sp_b))
    return SparseTensor(places, apply_elementwise("maximum", first, second), sizes)


def minimum(sp_a: SparseTensor, sp_b: SparseTensor, name: str | None = None) -> SparseTensor:
    """The smaller of two tensors' elements, wherever one of them stores a value.

    Args:
      sp_a: a SparseTensor.
      sp_b: another of the same shape and dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A SparseTensor with its positions in row-major order. Gradients flow to both; TensorFlow has none.

    Raises:
      TypeError: one is no SparseTensor.
      InvalidArgumentError: shapes or dtypes differ.

    Example:
      >>> tf.sparse.minimum(tf.sparse.eye(2), tf.SparseTensor([[0, 1]], [-5.0], [2, 2])).values.numpy()
      array([ 0., -5.,  0.], dtype=float32)
    """
    places, first, second, sizes, _ = _together("SparseSparseMinimum", checked(sp_a), checked(sp_b))
    return SparseTensor(places, apply_elementwise("minimum", first, second), sizes)


def multiply(sparse: SparseTensor, dense: Any) -> SparseTensor:
    """Each value times the element of a tensor, which may be broadcast, at its place."""
    dense = as_tensor(dense, hint=sparse.dtype)
    if dense.dtype is not sparse.dtype:
        raise wrong_dtype("SparseDenseCwiseMul", 3, sparse.dtype, dense.dtype)
    values = _beside("SparseDenseCwiseMul", dense, sparse.indices, sizes_of(sparse))
    return sparse.with_values(apply_elementwise("multiply", sparse.values, values))


def divide(sparse: SparseTensor, dense: Any) -> SparseTensor:
    """Each value divided by the element of a tensor, which may be broadcast, at its place; integers as float64."""
    op = "SparseDenseCwiseDiv"
    dense = as_tensor(dense, hint=sparse.dtype)
    if dense.dtype is not sparse.dtype:
        raise wrong_dtype(op, 3, sparse.dtype, dense.dtype)
    numerators = sparse.values
    if sparse.dtype.is_integer:
        wide = dtypes.float32 if sparse.dtype.size < 4 else dtypes.float64
        numerators, dense = apply_cast(numerators, wide), apply_cast(dense, wide)
    divisors = _divisors(op, dense, sparse.indices, sizes_of(sparse))
    return sparse.with_values(apply_elementwise("divide", numerators, divisors))


@one_step("dense", "indices", static=("sizes",))
def _divisors(op: str, dense: Tensor, indices: Tensor, sizes: Any) -> Tensor:
    found = _beside(op, dense, indices, sizes)
    if (np.asarray(found) == 0).any():
        message = f"{op} cannot divide by zero,but input dense tensor contains zero "
        raise invalid_argument(op, message, "")
    return found


@one_step("indices", static=("sizes",))
def _beside(op: str, dense: Tensor, indices: Tensor, sizes: Any) -> Tensor:
    """The elements of a tensor, broadcast to a shape, at positions of it."""
    shape, sizes = tuple(dense.shape), tuple(sizes)
    if len(shape) > len(sizes) or any(
        size not in (1, whole) for size, whole in zip(shape[::-1], sizes[::-1], strict=False)
    ):
        raise invalid_argument(
            op,
            "SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: "
            f"{dims_text(sizes)} vs. {dims_text(shape)}",
            "",
        )
    places = np.asarray(indices)
    rows_of(op, places, sizes)
    within = places[:, len(sizes) - len(shape) :] * (np.array(shape, np.int64) > 1)
    rows = np.ravel_multi_index(tuple(within.T), shape) if shape else np.zeros(len(places), np.int64)
    return take_rows(op, dense, rows, rows.shape)


def _kept(op: str, tensor: SparseTensor, axis: Any) -> list[int]:
    """The axes that a reduction keeps."""
    rank = len(sizes_of(tensor))
    if axis is None:
        return []
    reduced = ints_of(axis, op, "Tidx")
    for place in reduced:
        if not -rank <= place < rank:
            raise invalid_argument(op, f"Invalid reduction dimension {place}, for input with {rank} dimensions.", "")
    return [place for place in range(rank) if place not in {other % rank for other in reduced}]


def reduce_sum(
    sp_input: SparseTensor,
    axis: Any = None,
    keepdims: bool | None = None,
    output_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """The sums over axes of a sparse tensor.

    Args:
      sp_input: a SparseTensor; its positions may be in any order.
      axis: the axis or axes; all of them unless given.
      keepdims: whether these stay, with size 1.
      output_is_sparse: whether the result is sparse.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor, or a SparseTensor with its positions in row-major order. Gradients flow to the values.

    Raises:
      TypeError: it is no SparseTensor.
      InvalidArgumentError: there is no such axis, or a place is outside of the shape.

    Example:
      >>> tf.sparse.reduce_sum(tf.SparseTensor([[0, 1], [2, 0]], [1.0, 2.0], [3, 2]), axis=1).numpy()
      array([1., 0., 2.], dtype=float32)
    """

    def sums(values: Tensor, rows: np.ndarray, count: int) -> Tensor:
        return add_rows("SparseReduceSum", values, rows, (count,))

    return _reduce("SparseReduceSum", sums, sp_input, axis, keepdims, output_is_sparse)


def reduce_max(
    sp_input: SparseTensor,
    axis: Any = None,
    keepdims: bool | None = None,
    output_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """The largest values along axes of a sparse tensor; elements that are not stored do not count.

    Args:
      sp_input: a SparseTensor; its positions may be in any order.
      axis: the axis or axes; all of them unless given.
      keepdims: whether these stay, with size 1.
      output_is_sparse: whether the result is sparse.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor, 0 where no value is stored, or a SparseTensor with its positions in row-major order. Gradients flow to
      the values; TensorFlow has none.

    Raises:
      TypeError: it is no SparseTensor.
      InvalidArgumentError: there is no such axis, or a place is outside of the shape.

    Example:
      >>> tf.sparse.reduce_max(tf.SparseTensor([[0, 1], [2, 0]], [-1.0, 2.0], [3, 2]), axis=1).numpy()
      array([-1.,  0.,  2.], dtype=float32)
    """

    if checked(sp_input).dtype.is_complex:
        raise not_allowed("SparseReduceMax", sp_input.dtype, ORDERED)

    def largest(values: Tensor, rows: np.ndarray, count: int) -> Tensor:
        found = unsorted_segment_max(values, tensor_from(rows), count)
        some = tensor_from(np.bincount(rows, minlength=count) > 0)
        return apply_elementwise("select", some, found, as_tensor(0, values.dtype))

    return _reduce("SparseReduceMax", largest, sp_input, axis, keepdims, output_is_sparse)


def _reduce(
    op: str,
    reduction: Callable[[Tensor, np.ndarray, int], Tensor],
    tensor: SparseTensor,
    axis: Any,
    keepdims: bool | None,
    output_is_sparse: bool,
) -> Any:
    places, sizes = places_of(checked(tensor)), sizes_of(tensor)
    kept = _kept(op, tensor, axis)
    rows_of(op, places, sizes)
    shape = tuple(sizes[place] for place in kept)
    rows = np.ravel_multi_index(tuple(places[:, kept].T), shape) if kept else np.zeros(len(places), np.int64)
    final = tuple(size if place in kept else 1 for place, size in enumerate(sizes)) if keepdims else shape
    if not output_is_sparse:
        return apply_reshape(reduction(tensor.values, rows, math.prod(shape)), final)
    stored, index = np.unique(rows, return_inverse=True)
    where = np.zeros((stored.size, len(final)), np.int64)
    if kept:
        where[:, kept if keepdims else slice(None)] = np.column_stack(np.unravel_index(stored, shape))
    return made(where, reduction(tensor.values, index.reshape(-1), stored.size), final)


def softmax(sp_input: SparseTensor, name: str | None = None) -> SparseTensor:
    """Softmax along the last axis among the values that are stored.

    exp(x) / sum(exp(x)), where the sum is over the stored values of a row.

    Args:
      sp_input: a SparseTensor of a floating dtype and at least two axes.
      name: not used; TensorFlow names operations by it.

    Returns:
      A SparseTensor with the same positions. Gradients flow to the values.

    Raises:
      TypeError: it is no SparseTensor.
      InvalidArgumentError: it has fewer than two axes, or a place is outside of the shape.

    Example:
      >>> scores = tf.SparseTensor([[0, 0], [0, 2], [1, 1]], [1.0, 1.0, 5.0], dense_shape=[2, 3])
      >>> tf.sparse.softmax(scores).values.numpy()
      array([0.5, 0.5, 1. ], dtype=float32)
    """
    sizes = sizes_of(checked(sp_input))
    if not sp_input.dtype.is_floating:
        raise not_allowed("SparseSoftmax", sp_input.dtype, "half, bfloat16, float, double")
    if len(sizes) < 2:
        message = f"Input should have rank >= 2, but received shape: {','.join(map(str, sizes))}"
        raise invalid_argument("SparseSoftmax", message, "")
    return sp_input.with_values(_softmax(sp_input.values, sp_input.indices, sizes))


@one_step("indices", static=("sizes",))
def _softmax(values: Tensor, indices: Tensor, sizes: Any) -> Tensor:
    op, leading = "SparseSoftmax", tuple(sizes)[:-1]
    places = np.asarray(indices)
    rows_of(op, places, tuple(sizes))
    # Of rows only those that hold values.
    stored, groups = np.unique(np.ravel_multi_index(tuple(places[:, :-1].T), leading), return_inverse=True)
    groups, count = groups.reshape(-1), stored.size
    # The largest of a row keeps its powers finite, and changes nothing else: no gradient flows through it.
    largest = unsorted_segment_max(apply_stop_gradient(values), tensor_from(groups), count)
    powers = apply_elementwise("exp", values - take_rows(op, largest, groups, groups.shape))
    sums = add_rows(op, powers, groups, (count,))
    return powers / take_rows(op, sums, groups, groups.shape)


def map_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> SparseTensor:
    """Calls a function with the values in place of sparse tensors.

    Args:
      op: a function of tensors that returns a vector of as many values.
      *args: its arguments; SparseTensors among them have the same positions.
      **kwargs: the same by name.

    Returns:
      A SparseTensor of what the function gives.

    Raises:
      ValueError: there is no SparseTensor among the arguments, or the function gives no such vector.
      InvalidArgumentError: positions or shapes differ.

    Example:
      >>> tf.sparse.map_values(tf.math.square, tf.SparseTensor([[0, 1]], [3.0], [2, 2])).values.numpy()
      array([9.], dtype=float32)
    """
    sparse = [value for value in (*args, *kwargs.values()) if isinstance(value, SparseTensor)]
    if not sparse:
        raise ValueError("No SparseTensor in argument list of map_values")
    first = sparse[0]
    for other in sparse[1:]:
        if sizes_of(other) != sizes_of(first):
            raise InvalidArgumentError(None, None, f"Mismatched shapes! {sizes_of(first)} and {sizes_of(other)}")
        if not np.array_equal(places_of(other), places_of(first)):
            raise InvalidArgumentError(None, None, "Mismatched indices! All sparse tensors must have the same places.")

    def values(value: Any) -> Any:
        return value.values if isinstance(value, SparseTensor) else value

    return first.with_values(op(*map(values, args), **{name: values(value) for name, value in kwargs.items()}))
