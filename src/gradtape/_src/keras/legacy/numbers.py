"""Functions of tf.keras.backend for programs written for Keras 2: reductions and elementwise functions."""

from __future__ import annotations

import builtins
import math
from typing import Any

from gradtape._engine.api.api import apply_reduce, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras.legacy.defaults import numbers_of
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.ops import elementwise as e, extremes, reductions as r, scans, statistics


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The sum over axes.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x holds bools or text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.sum(tf.constant([1.0, 2.0])).numpy()
      np.float32(3.0)
    """
    return apply_reduce("Sum", as_tensor(x), axis, keepdims)


def prod(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The product over axes.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x holds bools or text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.prod(tf.constant([1.0, 2.0])).numpy()
      np.float32(2.0)
    """
    return r.reduce_prod(x, axis, keepdims)


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The largest value over axes.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x holds bools, complex numbers or text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.max(tf.constant([1.0, 2.0])).numpy()
      np.float32(2.0)
    """
    return apply_reduce("Max", as_tensor(x), axis, keepdims)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The smallest value over axes.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x holds bools, complex numbers or text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.min(tf.constant([1.0, 2.0])).numpy()
      np.float32(1.0)
    """
    return apply_reduce("Min", as_tensor(x), axis, keepdims)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean over axes.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x holds text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.mean(tf.constant([1.0, 2.0])).numpy()
      np.float32(1.5)
    """
    return apply_reduce("Mean", numbers_of(x), axis, keepdims)


def std(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The standard deviation over axes.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x holds text.
      TypeError: x holds integers or complex numbers.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.std(tf.constant([1.0, 3.0])).numpy()
      np.float32(1.0)
    """
    return statistics.reduce_std(numbers_of(x), axis, keepdims)


def var(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The variance over axes.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x holds text.
      TypeError: x holds integers or complex numbers.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.var(tf.constant([1.0, 5.0])).numpy()
      np.float32(4.0)
    """
    return statistics.reduce_variance(numbers_of(x), axis, keepdims)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether any value over axes is true.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x holds text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.any(tf.constant([True, False])).numpy()
      np.True_
    """
    return r.reduce_any(tensor_of(x, dtypes.bool), axis, keepdims)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether all values over axes are true.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x holds text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.all(tf.constant([True, False])).numpy()
      np.False_
    """
    return r.reduce_all(tensor_of(x, dtypes.bool), axis, keepdims)


def abs(x: Any) -> Tensor:
    """The absolute values.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x holds bools, unsigned integers or text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.abs(tf.constant([0.0, 1.0])).shape
      TensorShape([2])
    """
    return e.abs(x)


def exp(x: Any) -> Tensor:
    """The exponentials.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x is neither floating nor complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.exp(tf.constant([0.0, 1.0])).shape
      TensorShape([2])
    """
    return e.exp(x)


def log(x: Any) -> Tensor:
    """The logarithms.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x is neither floating nor complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.log(tf.constant([0.0, 1.0])).shape
      TensorShape([2])
    """
    return e.log(x)


def round(x: Any) -> Tensor:
    """Rounds values to integers, ties to even.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x holds bools, complex numbers or text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.round(tf.constant([0.0, 1.0])).shape
      TensorShape([2])
    """
    return e.round(x)


def sign(x: Any) -> Tensor:
    """-1, 0 or 1 for negative, zero or positive values.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x holds bools, unsigned integers or text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.sign(tf.constant([0.0, 1.0])).shape
      TensorShape([2])
    """
    return e.sign(x)


def square(x: Any) -> Tensor:
    """The squares.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x holds bools or text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.square(tf.constant([0.0, 1.0])).shape
      TensorShape([2])
    """
    return e.square(x)


def sin(x: Any) -> Tensor:
    """The sines.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x is neither floating nor complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.sin(tf.constant([0.0, 1.0])).shape
      TensorShape([2])
    """
    return e.sin(x)


def cos(x: Any) -> Tensor:
    """The cosines.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x is neither floating nor complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.cos(tf.constant([0.0, 1.0])).shape
      TensorShape([2])
    """
    return e.cos(x)


def tanh(x: Any) -> Tensor:
    """The hyperbolic tangents.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x is neither floating nor complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.tanh(tf.constant([0.0, 1.0])).shape
      TensorShape([2])
    """
    return e.tanh(x)


def sigmoid(x: Any) -> Tensor:
    """1 / (1 + exp(-x)).

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x is neither floating nor complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.sigmoid(tf.constant([0.0, 1.0])).shape
      TensorShape([2])
    """
    return e.sigmoid(x)


def softplus(x: Any) -> Tensor:
    """log(1 + exp(x)).

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x is not floating.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.softplus(tf.constant([0.0, 1.0])).shape
      TensorShape([2])
    """
    return e.softplus(x)


def softsign(x: Any) -> Tensor:
    """x / (1 + |x|).

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x is not floating.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.softsign(tf.constant([0.0, 1.0])).shape
      TensorShape([2])
    """
    return e.softsign(x)


def sqrt(x: Any) -> Tensor:
    """The square roots, 0 for negative values.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape.

    Raises:
      TypeError: x holds integers or bools.
      InvalidArgumentError: x holds complex numbers or text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.sqrt(tf.constant([-4.0, 4.0])).numpy()
      array([0., 2.], dtype=float32)
    """
    return e.sqrt(e.maximum(as_tensor(x), 0.0))


def hard_sigmoid(x: Any) -> Tensor:
    """0.2 * x + 0.5 clipped to [0, 1].

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape.

    Raises:
      TypeError: x holds integers or bools.
      InvalidArgumentError: x holds complex numbers or text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.hard_sigmoid(tf.constant([-9.0, 0.0])).numpy()
      array([0. , 0.5], dtype=float32)
    """
    return e.clip_by_value(as_tensor(x) * 0.2 + 0.5, 0.0, 1.0)


def equal(x: Any, y: Any) -> Tensor:
    """Whether both are equal, elementwise.

    Args:
      x, y: tensors.

    Returns:
      A tensor of their common shape.

    Raises:
      InvalidArgumentError: the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand cannot be converted to a tensor, or not to the dtype of the other.

    Example:
      >>> tf.keras.backend.equal(tf.constant([1.0, 2.0]), 1.0).shape
      TensorShape([2])
    """
    return e.equal(x, y)


def not_equal(x: Any, y: Any) -> Tensor:
    """Whether both differ, elementwise.

    Args:
      x, y: tensors.

    Returns:
      A tensor of their common shape.

    Raises:
      InvalidArgumentError: the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand cannot be converted to a tensor, or not to the dtype of the other.

    Example:
      >>> tf.keras.backend.not_equal(tf.constant([1.0, 2.0]), 1.0).shape
      TensorShape([2])
    """
    return e.not_equal(x, y)


def greater(x: Any, y: Any) -> Tensor:
    """Whether the first is greater, elementwise.

    Args:
      x, y: tensors.

    Returns:
      A tensor of their common shape.

    Raises:
      InvalidArgumentError: an operand holds bools, complex numbers or text, the dtypes differ, or the shapes do not
        broadcast.
      TypeError, ValueError: an operand cannot be converted to a tensor, or not to the dtype of the other.

    Example:
      >>> tf.keras.backend.greater(tf.constant([1.0, 2.0]), 1.0).shape
      TensorShape([2])
    """
    return e.greater(x, y)


def greater_equal(x: Any, y: Any) -> Tensor:
    """Whether the first is not less, elementwise.

    Args:
      x, y: tensors.

    Returns:
      A tensor of their common shape.

    Raises:
      InvalidArgumentError: an operand holds bools, complex numbers or text, the dtypes differ, or the shapes do not
        broadcast.
      TypeError, ValueError: an operand cannot be converted to a tensor, or not to the dtype of the other.

    Example:
      >>> tf.keras.backend.greater_equal(tf.constant([1.0, 2.0]), 1.0).shape
      TensorShape([2])
    """
    return e.greater_equal(x, y)


def less(x: Any, y: Any) -> Tensor:
    """Whether the first is less, elementwise.

    Args:
      x, y: tensors.

    Returns:
      A tensor of their common shape.

    Raises:
      InvalidArgumentError: an operand holds bools, complex numbers or text, the dtypes differ, or the shapes do not
        broadcast.
      TypeError, ValueError: an operand cannot be converted to a tensor, or not to the dtype of the other.

    Example:
      >>> tf.keras.backend.less(tf.constant([1.0, 2.0]), 1.0).shape
      TensorShape([2])
    """
    return e.less(x, y)


def less_equal(x: Any, y: Any) -> Tensor:
    """Whether the first is not greater, elementwise.

    Args:
      x, y: tensors.

    Returns:
      A tensor of their common shape.

    Raises:
      InvalidArgumentError: an operand holds bools, complex numbers or text, the dtypes differ, or the shapes do not
        broadcast.
      TypeError, ValueError: an operand cannot be converted to a tensor, or not to the dtype of the other.

    Example:
      >>> tf.keras.backend.less_equal(tf.constant([1.0, 2.0]), 1.0).shape
      TensorShape([2])
    """
    return e.less_equal(x, y)


def maximum(x: Any, y: Any) -> Tensor:
    """The elementwise maximum.

    Args:
      x, y: tensors.

    Returns:
      A tensor of their common shape.

    Raises:
      InvalidArgumentError: an operand holds bools, complex numbers or text, the dtypes differ, or the shapes do not
        broadcast.
      TypeError, ValueError: an operand cannot be converted to a tensor, or not to the dtype of the other.

    Example:
      >>> tf.keras.backend.maximum(tf.constant([1.0, 2.0]), 1.0).shape
      TensorShape([2])
    """
    return e.maximum(x, y)


def minimum(x: Any, y: Any) -> Tensor:
    """The elementwise minimum.

    Args:
      x, y: tensors.

    Returns:
      A tensor of their common shape.

    Raises:
      InvalidArgumentError: an operand holds bools, complex numbers or text, the dtypes differ, or the shapes do not
        broadcast.
      TypeError, ValueError: an operand cannot be converted to a tensor, or not to the dtype of the other.

    Example:
      >>> tf.keras.backend.minimum(tf.constant([1.0, 2.0]), 1.0).shape
      TensorShape([2])
    """
    return e.minimum(x, y)


def pow(x: Any, a: Any) -> Tensor:
    """Raises values to a power.

    Args:
      x: a tensor.
      a: the exponent.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: an operand holds bools or text, the dtypes differ, the shapes do not broadcast, or an
        integer has a negative exponent.
      TypeError, ValueError: an operand cannot be converted to a tensor, or not to the dtype of the other.

    Example:
      >>> tf.keras.backend.pow(tf.constant([2.0]), 3.0).numpy()
      array([8.], dtype=float32)
    """
    return e.pow(x, a)


def clip(x: Any, min_value: Any, max_value: Any) -> Tensor:
    """Clips values to [min_value, max_value].

    Args:
      x: a tensor.
      min_value, max_value: the bounds; None for none.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x holds complex numbers or text, a bound has another dtype, or the shapes do not broadcast.
      TypeError: a bound cannot be converted to the dtype of x.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.clip(tf.constant([-1.0, 5.0]), 0.0, 2.0).numpy()
      array([0., 2.], dtype=float32)
    """
    low = -math.inf if min_value is None else min_value
    high = math.inf if max_value is None else max_value
    if isinstance(low, int | float) and isinstance(high, int | float):
        high = builtins.max(low, high)
    return e.clip_by_value(as_tensor(x), low, high)


def argmax(x: Any, axis: int = -1) -> Tensor:
    """The index of the maximum along an axis.

    Args:
      x: a tensor.
      axis: the axis.

    Returns:
      An int64 tensor without the axis.

    Raises:
      InvalidArgumentError: the axis is out of range or empty, or x holds complex numbers or text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.argmax(tf.constant([1.0, 3.0])).numpy()
      np.int64(1)
    """
    return extremes.argmax(as_tensor(x), axis)


def argmin(x: Any, axis: int = -1) -> Tensor:
    """The index of the minimum along an axis.

    Args:
      x: a tensor.
      axis: the axis.

    Returns:
      An int64 tensor without the axis.

    Raises:
      InvalidArgumentError: the axis is out of range or empty, or x holds complex numbers or text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.argmin(tf.constant([1.0, 3.0])).numpy()
      np.int64(0)
    """
    return extremes.argmin(as_tensor(x), axis)


def cumsum(x: Any, axis: int = 0) -> Tensor:
    """Cumulative sums along an axis.

    Args:
      x: a tensor.
      axis: the axis.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: the axis is out of range, or x holds bools or text.
      ValueError: x or the axis cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.cumsum(tf.constant([1.0, 2.0])).shape
      TensorShape([2])
    """
    return scans.cumsum(as_tensor(x), axis)


def cumprod(x: Any, axis: int = 0) -> Tensor:
    """Cumulative products along an axis.

    Args:
      x: a tensor.
      axis: the axis.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: the axis is out of range, or x holds bools or text.
      ValueError: x or the axis cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.cumprod(tf.constant([1.0, 2.0])).shape
      TensorShape([2])
    """
    return scans.cumprod(as_tensor(x), axis)
