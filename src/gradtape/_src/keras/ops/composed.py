"""Functions of keras.ops that are composed of others: aliases, windows, set functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_reduce, apply_reshape
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.ops import creation, indexing, reductions, shapes
from gradtape._src.keras.ops.elementwise import isclose
from gradtape._src.keras.ops.promotion import promoted, wanted
from gradtape._src.keras.tensors import floating, tensor_of
from gradtape._src.linalg.spectra import matrix_rank as ranked
from gradtape._src.ops import elementwise as e, masking, shapes as shapes_ops

amax: Final = reductions.max
amin: Final = reductions.min


@keras_op
def allclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether all values are equal within a tolerance.

    Args:
      x1, x2: tensors.
      rtol: the relative tolerance, a factor of x2.
      atol: the absolute tolerance.
      equal_nan: whether NaN equals NaN.

    Returns:
      A bool scalar tensor.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or the common dtype is string.
      ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one.

    Example:
      >>> tf.keras.ops.allclose([1.0], [1.0 + 1e-7]).numpy()
      np.True_
    """
    return reductions.FUNCTIONS["all"](isclose.__wrapped__(x1, x2, rtol, atol, equal_nan))


@keras_op
def fmax(x1: Any, x2: Any) -> Tensor:
    """The elementwise maximum; if one operand is NaN, the other.

    Args:
      x1, x2: tensors.

    Returns:
      A tensor of their common shape.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or the common dtype is string, bool or complex.
      ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one.

    Example:
      >>> tf.keras.ops.fmax([1.0, 3.0], [2.0, float("nan")]).numpy()
      array([2., 3.], dtype=float32)
    """
    return _passing_nan(e.maximum, x1, x2)


@keras_op
def fmin(x1: Any, x2: Any) -> Tensor:
    """The elementwise minimum; if one operand is NaN, the other.

    Args:
      x1, x2: tensors.

    Returns:
      A tensor of their common shape.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or the common dtype is string, bool or complex.
      ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one.

    Example:
      >>> tf.keras.ops.fmin([1.0, 3.0], [2.0, float("nan")]).numpy()
      array([1., 3.], dtype=float32)
    """
    return _passing_nan(e.minimum, x1, x2)


def _passing_nan(choose: Callable[[Tensor, Tensor], Tensor], x1: Any, x2: Any) -> Tensor:
    x, y = promoted(x1, x2)
    if not x.dtype.is_floating:
        return choose(x, y)
    return masking.where(e.is_nan(x), y, masking.where(e.is_nan(y), x, choose(x, y)))


@keras_op
def heaviside(x1: Any, x2: Any) -> Tensor:
    """The Heaviside step function: 0 for negative values, 1 for positive ones, x2 for 0.

    Args:
      x1: a tensor.
      x2: the value at 0.

    Returns:
      A tensor of their common shape.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or the common dtype is string.
      ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one.

    Example:
      >>> tf.keras.ops.heaviside([-1.0, 0.0, 2.0], 0.5).numpy()
      array([0. , 0.5, 1. ], dtype=float32)
    """
    x, y = (floating(value) for value in promoted(x1, x2))
    return masking.where(e.less(x, 0), 0.0, masking.where(e.equal(x, 0), y, tensor_of(1.0, x.dtype)))


@keras_op
def logaddexp2(x1: Any, x2: Any) -> Tensor:
    """log2(2 ** x1 + 2 ** x2).

    Args:
      x1, x2: tensors.

    Returns:
      A tensor of their common shape.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or the common dtype is string.
      ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one.

    Example:
      >>> tf.keras.ops.logaddexp2([1.0], [1.0]).numpy()
      array([2.], dtype=float32)
    """
    x, y = (floating(value) for value in promoted(x1, x2))
    return e.maximum(x, y) + e.log1p(e.exp(-e.abs(x - y) * math.log(2.0))) / math.log(2.0)


@keras_op
def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The range of values over axes: maximum minus minimum.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.
      keepdims: whether to keep the reduced axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x has dtype string, bool or complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.ptp([1.0, 5.0, 2.0]).numpy()
      np.float32(4.0)
    """
    tensor = tensor_of(x)
    return amax(tensor, axis, keepdims) - amin(tensor, axis, keepdims)


@keras_op
def percentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """The q-th percentile of values over axes.

    Args:
      x: a tensor.
      q: the percentage, or a vector of percentages.
      axis: the axis or axes; None for all.
      method: the interpolation between two values: "linear", "lower", "higher", "midpoint" or "nearest".
      keepdims: whether to keep the axes, with size 1.

    Returns:
      A floating tensor.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, a percentage is above 100, or x is empty.
      ValueError: the method is unknown, or x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.percentile([1.0, 2.0, 3.0], 50).numpy()
      np.float32(2.0)
    """
    return reductions.quantile.__wrapped__(x, np.asarray(held(q), np.float64) / 100.0, axis, method, keepdims)


@keras_op
def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Whether values are contained in a set.

    Args:
      x1: the values.
      x2: the set.
      assume_unique: not used.
      invert: whether to negate the result.

    Returns:
      A bool tensor of the shape of x1.

    Raises:
      InvalidArgumentError: the dtype is string.
      ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one.

    Example:
      >>> tf.keras.ops.isin([1, 2, 3], [1, 3]).numpy()
      array([ True, False,  True])
    """
    x, y = promoted(x1, x2)
    among = e.equal(shapes_ops.expand_dims(x, -1), apply_reshape(y, (-1,)))
    found = reductions.FUNCTIONS["any"](among, -1)
    return e.logical_not(found) if invert else found


@keras_op
def matrix_rank(x: Any, tol: Any = None) -> Tensor:
    """The ranks of matrices.

    Args:
      x: a tensor of matrices (its last two axes).
      tol: singular values up to this one count as 0.

    Returns:
      An int32 tensor without the last two axes.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x has fewer than two axes, or cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.matrix_rank([[1.0, 0.0], [0.0, 0.0]]).numpy()
      np.int32(1)
    """
    return ranked(floating(x), tol)


@keras_op
def hsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """Splits a tensor along axis 1; a vector along its only axis.

    Args:
      x: a tensor.
      indices_or_sections: the number of equal parts, or the indices at which to split.

    Returns:
      A list of tensors.

    Raises:
      InvalidArgumentError: the size of the axis is not a multiple of the number of parts, or x is a scalar.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> len(tf.keras.ops.hsplit(tf.zeros((2, 2, 2)), 2))
      2
    """
    tensor = tensor_of(x)
    return shapes.split.__wrapped__(tensor, indices_or_sections, 0 if tensor.ndim == 1 else 1)


@keras_op
def vsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """Splits a tensor along axis 0.

    Args:
      x: a tensor.
      indices_or_sections: the number of equal parts, or the indices at which to split.

    Returns:
      A list of tensors.

    Raises:
      InvalidArgumentError: the size of the axis is not a multiple of the number of parts, or x is a scalar.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> len(tf.keras.ops.vsplit(tf.zeros((2, 2, 2)), 2))
      2
    """
    tensor = tensor_of(x)
    return shapes.split.__wrapped__(tensor, indices_or_sections, 0)


@keras_op
def dsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """Splits a tensor along axis 2.

    Args:
      x: a tensor.
      indices_or_sections: the number of equal parts, or the indices at which to split.

    Returns:
      A list of tensors.

    Raises:
      InvalidArgumentError: x has fewer than three axes, or the size of axis 2 is not a multiple of the number of parts.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> len(tf.keras.ops.dsplit(tf.zeros((2, 2, 2)), 2))
      2
    """
    tensor = tensor_of(x)
    return shapes.split.__wrapped__(tensor, indices_or_sections, 2)


@keras_op
def diagflat(x: Any, k: int = 0) -> Tensor:
    """A matrix with the values of a tensor on a diagonal.

    Args:
      x: a tensor.
      k: the diagonal, 0 for the main one.

    Returns:
      A matrix.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.diagflat([[1, 2]]).numpy().tolist()
      [[1, 0], [0, 2]]
    """
    return indexing.diag.__wrapped__(apply_reshape(tensor_of(x), (-1,)), k)


@keras_op
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Tensor:
    """A geometric sequence.

    Args:
      start: the first number.
      stop: the last number.
      num: the number of values.
      endpoint: whether to include stop.
      dtype: the dtype; floating by default.
      axis: the axis of the numbers, if start and stop are tensors.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the shapes do not broadcast.
      ValueError: num is negative, the axis is out of range, start or stop cannot be converted to a tensor, or the dtype
        is unknown.

    Example:
      >>> tf.keras.ops.geomspace(1.0, 100.0, 3).numpy().round(2)
      array([  1.,  10., 100.], dtype=float32)
    """
    first, last = (floating(value) for value in promoted(start, stop))
    sign = e.sign(first)
    begin, end = e.log(e.abs(first)), e.log(e.abs(last))
    exponents = creation.linspace.__wrapped__(begin, end, num, endpoint, False, None, axis)
    found = e.exp(exponents) * (shapes_ops.expand_dims(sign, axis) if sign.ndim else sign)
    return found if dtype is None else apply_cast(found, wanted(dtype))


@keras_op
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers of the values of a vector, as columns.

    Args:
      x: a vector.
      N: the number of powers; by default the length of x.
      increasing: whether powers increase.

    Returns:
      A matrix.

    Raises:
      InvalidArgumentError: x has dtype string or bool.
      IndexError: x is a scalar, and N is not given.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.vander([1, 2]).numpy().tolist()
      [[1, 1], [2, 1]]
    """
    tensor = tensor_of(x)
    count = tensor.shape[0] if N is None else held(N)
    powers = np.arange(count) if increasing else np.arange(count)[::-1]
    return e.pow(shapes_ops.expand_dims(tensor, -1), tensor_of(powers.copy(), tensor.dtype))


@keras_op
def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Tensor:
    """The integral of values along an axis, by the trapezoidal rule.

    Args:
      y: the values.
      x: the values' positions; equally spaced by default.
      dx: the spacing.
      axis: the axis.

    Returns:
      A tensor without the axis.

    Raises:
      InvalidArgumentError: y has dtype string.
      ValueError: the axis is out of range, or y cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.trapezoid([1.0, 2.0, 3.0]).numpy()
      np.float32(4.0)
    """
    values = shapes.moveaxis.__wrapped__(floating(y), axis, -1)
    steps: Any = dx
    if x is not None:
        at = tensor_of(x, values.dtype)
        steps = indexing.diff.__wrapped__(at if at.ndim == 1 else shapes.moveaxis.__wrapped__(at, axis, -1))
    return apply_reduce("Sum", steps * (values[..., 1:] + values[..., :-1]) / 2.0, -1, False)


@keras_op
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Tensor:
    """Selects, for each element, the value whose condition is the first to hold.

    Args:
      condlist: the conditions.
      choicelist: the values.
      default: the value if no condition holds.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the shapes do not broadcast.
      ValueError: the lists differ in length, or contain what cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.select([[True, False], [True, True]], [[1, 2], [3, 4]]).numpy()
      array([1, 4], dtype=int32)
    """
    *choices, found = promoted(*choicelist, default)
    for condition, choice in zip(reversed(condlist), reversed(choices), strict=True):
        found = masking.where(tensor_of(condition, dtypes.bool), choice, found)
    return found


@keras_op
def unravel_index(indices: Any, shape: Any) -> Any:
    """Converts flat indices to coordinates along the axes of a shape.

    Args:
      indices: the indices; negative ones count from the end.
      shape: the shape.

    Returns:
      A tuple of a tensor for each axis.

    Raises:
      TypeError: the shape is not a sequence.
      ValueError: the indices cannot be converted to a tensor.

    Example:
      >>> [int(place) for place in tf.keras.ops.unravel_index(5, (2, 3))]
      [1, 2]
    """
    tensor = tensor_of(indices)
    left = masking.where(tensor < 0, tensor + math.prod(shape), tensor)
    found = []
    for size in reversed(tuple(shape)):
        found.append(e.floormod(left, size))
        left = e.floordiv(left, size)
    return tuple(reversed(found))


@keras_op
def bartlett(x: Any) -> Tensor:
    """The Bartlett window, a triangle.

    Args:
      x: the number of values.

    Returns:
      A vector of `floatx`.

    Raises:
      TypeError: x is not a scalar.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> np.allclose(tf.keras.ops.bartlett(5), np.bartlett(5), atol=1e-6)
      True
    """
    return tensor_of(np.bartlett(int(tensor_of(x).numpy())), wanted(None))


@keras_op
def blackman(x: Any) -> Tensor:
    """The Blackman window.

    Args:
      x: the number of values.

    Returns:
      A vector of `floatx`.

    Raises:
      TypeError: x is not a scalar.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> np.allclose(tf.keras.ops.blackman(5), np.blackman(5), atol=1e-6)
      True
    """
    return tensor_of(np.blackman(int(tensor_of(x).numpy())), wanted(None))


@keras_op
def hamming(x: Any) -> Tensor:
    """The Hamming window.

    Args:
      x: the number of values.

    Returns:
      A vector of `floatx`.

    Raises:
      TypeError: x is not a scalar.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> np.allclose(tf.keras.ops.hamming(5), np.hamming(5), atol=1e-6)
      True
    """
    return tensor_of(np.hamming(int(tensor_of(x).numpy())), wanted(None))


@keras_op
def hanning(x: Any) -> Tensor:
    """The Hann window.

    Args:
      x: the number of values.

    Returns:
      A vector of `floatx`.

    Raises:
      TypeError: x is not a scalar.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> np.allclose(tf.keras.ops.hanning(5), np.hanning(5), atol=1e-6)
      True
    """
    return tensor_of(np.hanning(int(tensor_of(x).numpy())), wanted(None))


@keras_op
def kaiser(x: Any, beta: Any) -> Tensor:
    """The Kaiser window.

    Args:
      x: the number of values.
      beta: the shape parameter; larger ones give narrower windows.

    Returns:
      A vector of `floatx`.

    Raises:
      TypeError: x or beta is not a scalar.
      ValueError: x or beta cannot be converted to a tensor.

    Example:
      >>> np.allclose(tf.keras.ops.kaiser(5, 3.0), np.kaiser(5, 3.0), atol=1e-6)
      True
    """
    return tensor_of(np.kaiser(int(tensor_of(x).numpy()), float(tensor_of(beta).numpy())), wanted(None))
