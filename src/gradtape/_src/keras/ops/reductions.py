"""keras.ops' reductions, counting and sorting functions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_reduce, apply_reshape, apply_transpose
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.operands import reduced_axes
from gradtape._src.keras.functions import KerasOp, keras_op
from gradtape._src.keras.ops.promotion import countable, of_dtype, promoted
from gradtape._src.keras.tensors import floating, tensor_of
from gradtape._src.ops import elementwise as e, extremes, reductions as r, scans, sorting, statistics
from gradtape._src.ops.joining import stack
from gradtape._src.ops.shapes import expand_dims

# Name, summary, implementation, and dtypes.
_ROWS = (
    ("sum", "The sum", lambda x, axis, keep: apply_reduce("Sum", x, axis, keep), countable),
    ("prod", "The product", r.reduce_prod, countable),
    ("mean", "The mean", lambda x, axis, keep: apply_reduce("Mean", x, axis, keep), floating),
    ("var", "The variance", statistics.reduce_variance, floating),
    ("std", "The standard deviation", statistics.reduce_std, floating),
    ("any", "Whether any value is true", r.reduce_any, lambda x: tensor_of(x, dtypes.bool)),
    ("all", "Whether all values are true", r.reduce_all, lambda x: tensor_of(x, dtypes.bool)),
)


def _reduction(name: str, sentence: str, compute: Any, convert: Any) -> Any:
    def function(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
        return compute(convert(x), axis, keepdims)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"{sentence} over axes.\n\nArgs:\n  x: a tensor.\n  axis: the axis or axes; None for all.\n  keepdims: whether "
        f"to keep the reduced axes, with size 1.\n\nReturns:\n  A tensor without these axes.\n\nRaises:\n"
        f"  InvalidArgumentError: an axis is out of range or repeated, or x has dtype string.\n"
        f"  ValueError: x cannot be converted to a tensor.\n\nExample:\n"
        f"  >>> x = [[1.0, 2.0], [3.0, 5.0]]\n"
        f"  >>> np.allclose(tf.keras.ops.{name}(x, axis=0), np.{name}(x, axis=0))\n  True\n"
    )
    return keras_op(function)


FUNCTIONS = {row[0]: _reduction(*row) for row in _ROWS}
globals().update(FUNCTIONS)

if TYPE_CHECKING:

    def __getattr__(name: str) -> KerasOp[...]:
        """The functions generated from rows."""


def _extreme(kernel: Literal["Max", "Min"], x: Any, axis: Any, keepdims: bool, initial: Any, choose: Any) -> Tensor:
    tensor = tensor_of(x)
    if tensor.dtype is dtypes.bool:
        reduce = r.reduce_any if kernel == "Max" else r.reduce_all
        return reduce(tensor, axis, keepdims)
    found = apply_reduce(kernel, tensor, axis, keepdims)
    return found if initial is None else choose(found, tensor_of(initial, tensor.dtype))


@keras_op
def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """The maximum over axes.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.
      initial: an additional value to compare with.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x has dtype string or complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.max([[1, 5], [3, 2]], axis=0).numpy()
      array([3, 5], dtype=int32)
    """
    return _extreme("Max", x, axis, keepdims, initial, e.maximum)


@keras_op
def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """The minimum over axes.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.
      initial: an additional value to compare with.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x has dtype string or complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.min([[1, 5], [3, 2]], axis=0).numpy()
      array([1, 2], dtype=int32)
    """
    return _extreme("Min", x, axis, keepdims, initial, e.minimum)


@keras_op
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The logarithm of the sum of exponentials over axes, without overflow.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.logsumexp([0.0, 0.0]).numpy().round(4)
      np.float32(0.6931)
    """
    return statistics.reduce_logsumexp(floating(x), axis, keepdims)


@keras_op
def average(x: Any, axis: Any = None, weights: Any = None) -> Tensor:
    """The weighted mean over an axis.

    Args:
      x: a tensor.
      axis: the axis; None for all.
      weights: a weight for each value, or for each position along the axis.

    Returns:
      A tensor without the axis.

    Raises:
      InvalidArgumentError: the axis is out of range, the weights do not broadcast to x, or x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.average([1.0, 2.0, 4.0], weights=[1.0, 0.0, 1.0]).numpy()
      np.float32(2.5)
    """
    if weights is None:
        return apply_reduce("Mean", floating(x), axis, False)
    values, factors = (floating(value) for value in promoted(x, weights))
    if factors.ndim == 1 and values.ndim != 1:
        shape = [1] * values.ndim
        shape[axis] = -1
        factors = apply_reshape(factors, shape)
    factors = factors + e.multiply(values, 0)
    over = apply_reduce("Sum", values * factors, axis, False)
    return over / apply_reduce("Sum", factors, axis, False)


@keras_op
def count_nonzero(x: Any, axis: Any = None) -> Tensor:
    """The number of nonzero values over axes.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.

    Returns:
      An int32 tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.count_nonzero([0, 1, 2]).numpy()
      np.int32(2)
    """
    return apply_reduce("Sum", apply_cast(tensor_of(x, dtypes.bool), dtypes.int32), axis, False)


def _place(find: Any, x: Any, axis: Any, keepdims: bool) -> Tensor:
    tensor = tensor_of(x)
    if tensor.dtype is dtypes.bool:
        tensor = apply_cast(tensor, dtypes.int32)
    found = find(apply_reshape(tensor, (-1,)) if axis is None else tensor, 0 if axis is None else axis, dtypes.int32)
    if not keepdims:
        return found
    return expand_dims(found, axis) if axis is not None else apply_reshape(found, [1] * tensor.ndim)


@keras_op
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the maximum along an axis.

    Args:
      x: a tensor.
      axis: the axis; None for an index into the flattened tensor.
      keepdims: whether to keep the reduced axis, with size 1.

    Returns:
      An int32 tensor without the axis.

    Raises:
      InvalidArgumentError: the axis is out of range or empty, or x has dtype string or complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.argmax([[1, 5], [3, 2]], axis=0).numpy()
      array([1, 0], dtype=int32)
    """
    return _place(extremes.argmax, x, axis, keepdims)


@keras_op
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the minimum along an axis.

    Args:
      x: a tensor.
      axis: the axis; None for an index into the flattened tensor.
      keepdims: whether to keep the reduced axis, with size 1.

    Returns:
      An int32 tensor without the axis.

    Raises:
      InvalidArgumentError: the axis is out of range or empty, or x has dtype string or complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.argmin([[1, 5], [3, 2]], axis=0).numpy()
      array([0, 1], dtype=int32)
    """
    return _place(extremes.argmin, x, axis, keepdims)


@keras_op
def sort(x: Any, axis: int | None = -1) -> Tensor:
    """Sorts values along an axis, ascending.

    Args:
      x: a tensor.
      axis: the axis; None flattens the operand.

    Returns:
      A tensor of the same dtype.

    Raises:
      InvalidArgumentError: the axis is out of range, or x has dtype string, bool or complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.sort([3, 1, 2]).numpy()
      array([1, 2, 3], dtype=int32)
    """
    tensor = tensor_of(x)
    return sorting.sort(apply_reshape(tensor, (-1,)), 0) if axis is None else sorting.sort(tensor, axis)


@keras_op
def argsort(x: Any, axis: int | None = -1) -> Tensor:
    """The indices that sort values along an axis, ascending.

    Args:
      x: a tensor.
      axis: the axis; None for indices into the flattened tensor.

    Returns:
      An int32 tensor.

    Raises:
      InvalidArgumentError: the axis is out of range, or x has dtype string or complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.argsort([3, 1, 2]).numpy()
      array([1, 2, 0], dtype=int32)
    """
    tensor = tensor_of(x)
    if tensor.dtype is dtypes.bool:
        tensor = apply_cast(tensor, dtypes.int32)
    return sorting.argsort(apply_reshape(tensor, (-1,)), 0) if axis is None else sorting.argsort(tensor, axis)


@keras_op
def top_k(x: Any, k: int, sorted: bool = True) -> Any:
    """The k largest values along the last axis, and their indices.

    Args:
      x: a tensor.
      k: the number of values.
      sorted: not used; they are in descending order.

    Returns:
      A pair of a tensor of values and an int32 tensor of indices.

    Raises:
      InvalidArgumentError: k is negative or exceeds the last axis, x is a scalar, or has dtype string, bool or complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.top_k([3.0, 1.0, 2.0], 2)[1].numpy()
      array([0, 2], dtype=int32)
    """
    return sorting.top_k(tensor_of(x), k)


@keras_op
def in_top_k(targets: Any, predictions: Any, k: int) -> Tensor:
    """Whether the predictions of the target classes are among the k largest.

    Args:
      targets: class indices, a vector.
      predictions: a tensor of shape [examples, classes].
      k: the number of largest predictions.

    Returns:
      A bool vector.

    Raises:
      InvalidArgumentError: targets is not a vector of int32 or int64, predictions not a float32 matrix, or their rows
        differ.
      ValueError: an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.in_top_k([2], [[0.2, 0.5, 0.3]], k=2).numpy()
      array([ True])
    """
    return sorting.in_top_k(tensor_of(targets), tensor_of(predictions), k)


def _scanned(scan: Any, x: Any, axis: Any, dtype: Any) -> Tensor:
    tensor = countable(x) if dtype is None else of_dtype(x, dtype)
    return scan(apply_reshape(tensor, (-1,)) if axis is None else tensor, 0 if axis is None else axis)


@keras_op
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Cumulative sums along an axis.

    Args:
      x: a tensor.
      axis: the axis; None flattens the operand.
      dtype: the dtype of the sums.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the axis is out of range, or x has dtype string.
      ValueError: x cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.cumsum([1, 2, 3]).numpy()
      array([1, 3, 6], dtype=int32)
    """
    return _scanned(scans.cumsum, x, axis, dtype)


@keras_op
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Cumulative products along an axis.

    Args:
      x: a tensor.
      axis: the axis; None flattens the operand.
      dtype: the dtype of the products.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the axis is out of range, or x has dtype string.
      ValueError: x cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.cumprod([1, 2, 3]).numpy()
      array([1, 2, 6], dtype=int32)
    """
    return _scanned(scans.cumprod, x, axis, dtype)


@keras_op
def median(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The median over axes.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A floating tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, x is empty, or has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.median([1.0, 5.0, 2.0, 4.0]).numpy()
      np.float32(3.0)
    """
    return quantile.__wrapped__(x, 0.5, axis, "linear", keepdims)


@keras_op
def quantile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """The q-quantile of values over axes.

    Args:
      x: a tensor.
      q: a number in [0, 1], or a vector of them.
      axis: the axis or axes; None for all.
      method: the interpolation between two values: "linear", "lower", "higher", "midpoint" or "nearest".
      keepdims: whether to keep the axes, with size 1.

    Returns:
      A floating tensor without these axes; for a vector q with a leading axis for its elements.

    Raises:
      ValueError: the method is unknown.

    Example:
      >>> tf.keras.ops.quantile([1.0, 2.0, 3.0, 5.0], 0.5).numpy()
      np.float32(2.5)
    """
    tensor = floating(x)
    axes = reduced_axes(axis, tensor.ndim, "Quantile")
    rest = [place for place in range(tensor.ndim) if place not in axes]
    count = math.prod(tensor.shape[place] for place in axes)
    rows = apply_reshape(apply_transpose(tensor, [*rest, *axes]), [*(tensor.shape[place] for place in rest), count])
    ordered = sorting.sort(rows, -1)

    def at(part: float) -> Tensor:
        place = part * (count - 1)
        low, high = math.floor(place), math.ceil(place)
        below, above = ordered[..., low], ordered[..., high]
        if method == "linear":
            return below + (above - below) * (place - low)
        if method == "midpoint":
            return (below + above) / 2.0
        if method not in ("lower", "higher", "nearest"):
            raise ValueError(f"Unknown method {method!r}: it is linear, lower, higher, midpoint or nearest")
        return {"lower": below, "higher": above, "nearest": ordered[..., int(np.rint(place))]}[method]

    parts = np.asarray(held(q), np.float64)
    found = at(float(parts)) if not parts.ndim else stack([at(float(part)) for part in parts])
    if not keepdims:
        return found
    kept = [1 if place in axes else tensor.shape[place] for place in range(tensor.ndim)]
    return apply_reshape(found, [*parts.shape, *kept])
