"""Functions of keras.ops that create tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_broadcast_to, apply_cast, apply_reshape, full as filled
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.ops.promotion import of_dtype, promoted, result_type, shape_list, wanted
from gradtape._src.keras.ops.shapes import moveaxis
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.ops import creation as c, elementwise as e, masking, shapes


@keras_op
def zeros(shape: Any, dtype: Any = None) -> Tensor:
    """A tensor of zeros.

    Args:
      shape: its shape.
      dtype: its dtype, `floatx` by default.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: a size is negative.
      TypeError: a size is not a number.
      ValueError: the dtype is unknown.

    Example:
      >>> tf.keras.ops.zeros((2,)).numpy()
      array([0., 0.], dtype=float32)
    """
    return filled(shape_list(shape), 0, wanted(dtype))


@keras_op
def ones(shape: Any, dtype: Any = None) -> Tensor:
    """A tensor of ones.

    Args:
      shape: its shape.
      dtype: its dtype, `floatx` by default.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: a size is negative.
      TypeError: a size is not a number.
      ValueError: the dtype is unknown.

    Example:
      >>> tf.keras.ops.ones((2,)).numpy()
      array([1., 1.], dtype=float32)
    """
    return filled(shape_list(shape), 1, wanted(dtype))


@keras_op
def empty(shape: Any, dtype: Any = None) -> Tensor:
    """A tensor of zeros.

    Args:
      shape: its shape.
      dtype: its dtype, `floatx` by default.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: a size is negative.
      TypeError: a size is not a number.
      ValueError: the dtype is unknown.

    Example:
      >>> tf.keras.ops.empty((2,)).shape
      TensorShape([2])
    """
    return filled(shape_list(shape), 0, wanted(dtype))


@keras_op
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """A tensor filled with one value.

    Args:
      shape: its shape.
      fill_value: the value, or a tensor that broadcasts to the shape.
      dtype: its dtype, `floatx` by default.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the value does not broadcast to the shape, or a size is negative.
      ValueError: the value cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.full((2,), 3.0).numpy()
      array([3., 3.], dtype=float32)
    """
    return apply_broadcast_to(tensor_of(fill_value, wanted(dtype)), shape_list(shape))


@keras_op
def zeros_like(x: Any, dtype: Any = None) -> Tensor:
    """A tensor of zeros with the shape of another.

    Args:
      x: a tensor.
      dtype: its dtype, by default that of x.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.zeros_like([1, 2]).shape
      TensorShape([2])
    """
    tensor = tensor_of(x)
    return filled(tensor.shape, 0, tensor.dtype if dtype is None else wanted(dtype))


@keras_op
def ones_like(x: Any, dtype: Any = None) -> Tensor:
    """A tensor of ones with the shape of another.

    Args:
      x: a tensor.
      dtype: its dtype, by default that of x.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.ones_like([1, 2]).shape
      TensorShape([2])
    """
    tensor = tensor_of(x)
    return filled(tensor.shape, 1, tensor.dtype if dtype is None else wanted(dtype))


@keras_op
def empty_like(x: Any, dtype: Any = None) -> Tensor:
    """A tensor of zeros with the shape of another.

    Args:
      x: a tensor.
      dtype: its dtype, by default that of x.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.empty_like([1, 2]).shape
      TensorShape([2])
    """
    tensor = tensor_of(x)
    return filled(tensor.shape, 0, tensor.dtype if dtype is None else wanted(dtype))


@keras_op
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """A tensor filled with one value, with the shape of another.

    Args:
      x: a tensor.
      fill_value: the value.
      dtype: its dtype, by default that of x.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the value does not broadcast to the shape of x.
      ValueError: x or the value cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.full_like([1, 2], 3).numpy()
      array([3, 3], dtype=int32)
    """
    tensor = tensor_of(x)
    return apply_broadcast_to(tensor_of(fill_value, tensor.dtype if dtype is None else wanted(dtype)), tensor.shape)


@keras_op
def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Tensor:
    """Evenly spaced numbers in a half-open interval.

    Args:
      start: the first number; if it is given alone, the end, and the first number is 0.
      stop: the end, excluded.
      step: the step, 1 by default.
      dtype: the dtype; by default int32, or `floatx` if an argument is floating.

    Returns:
      A vector.

    Raises:
      InvalidArgumentError: the step is 0, or does not lead from start to stop.
      ValueError: an argument is not a number, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.arange(2, 8, 3).numpy()
      array([2, 5], dtype=int32)
    """
    if dtype is None:
        kinds = [getattr(value, "dtype", type(value)) for value in (start, stop, step) if value is not None]
        dtype = result_type(*kinds)
    begin, end = (0, start) if stop is None else (start, stop)
    return c.range(begin, end, 1 if step is None else step, dtype=wanted(dtype))


@keras_op
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Evenly spaced numbers.

    Args:
      start: the first number.
      stop: the last number.
      num: the number of values.
      endpoint: whether to include stop.
      retstep: whether to return the step too.
      dtype: the dtype; floating by default.
      axis: the axis of the numbers, if start and stop are tensors.

    Returns:
      A tensor, or a pair of it and the step.

    Raises:
      InvalidArgumentError: the shapes do not broadcast.
      ValueError: num is negative, start or stop cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.linspace(0.0, 1.0, 3).numpy()
      array([0. , 0.5, 1. ], dtype=float32)
    """
    if num < 0:
        raise ValueError(f"`num` must be a non-negative integer. Received: num={num}")
    first, last = promoted(start, stop)
    if not first.dtype.is_floating:
        first, last = apply_cast(first, wanted(None)), apply_cast(last, wanted(None))
    parts = num - 1 if endpoint else num
    step = (last - first) / float(parts) if parts else last * float("nan")
    places = apply_reshape(c.range(num, dtype=first.dtype), [-1] + [1] * first.ndim)
    found = of_dtype(
        shapes.expand_dims(first, 0) + places * shapes.expand_dims(step if parts else last - last, 0), dtype
    )
    if axis % (first.ndim + 1):
        found = moveaxis.__wrapped__(found, 0, axis)
    return (found, step) if retstep else found


@keras_op
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10,
    dtype: Any = None,
    axis: int = 0,
) -> Tensor:
    """Powers of a base with evenly spaced exponents.

    Args:
      start: the first exponent.
      stop: the last exponent.
      num: the number of values.
      endpoint: whether to include stop.
      base: the base.
      dtype: the dtype; floating by default.
      axis: the axis of the numbers, if start and stop are tensors.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the shapes do not broadcast.
      ValueError: num is negative, start or stop cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.logspace(0.0, 2.0, 3).numpy().round(2)
      array([  1.,  10., 100.], dtype=float32)
    """
    exponents = linspace.__wrapped__(start, stop, num, endpoint, False, None, axis)
    return of_dtype(e.pow(tensor_of(base, exponents.dtype), exponents), dtype)


@keras_op
def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """A matrix with ones on a diagonal and zeros elsewhere.

    Args:
      N: the number of rows.
      M: the number of columns, by default that of rows.
      k: the diagonal, 0 for the main one.
      dtype: its dtype, `floatx` by default.

    Returns:
      A matrix.

    Raises:
      TypeError: a number is not an int.
      ValueError: a size is negative, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.eye(2).numpy()
      array([[1., 0.],
             [0., 1.]], dtype=float32)
    """
    return tensor_of(np.eye(N, M, k), wanted(dtype))


@keras_op
def identity(n: int, dtype: Any = None) -> Tensor:
    """The identity matrix.

    Args:
      n: the number of rows.
      dtype: its dtype, `floatx` by default.

    Returns:
      A matrix.

    Raises:
      InvalidArgumentError: n is negative.
      TypeError: n is not an int.
      ValueError: the dtype is unknown.

    Example:
      >>> tf.keras.ops.identity(2).numpy()
      array([[1., 0.],
             [0., 1.]], dtype=float32)
    """
    return c.eye(n, dtype=wanted(dtype))


@keras_op
def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """A matrix with ones on and below a diagonal and zeros elsewhere.

    Args:
      N: the number of rows.
      M: the number of columns, by default that of rows.
      k: the diagonal, 0 for the main one.
      dtype: its dtype, `floatx` by default.

    Returns:
      A matrix.

    Raises:
      TypeError: N or k is not a number.
      ValueError: the dtype is unknown.

    Example:
      >>> tf.keras.ops.tri(2).numpy()
      array([[1., 0.],
             [1., 1.]], dtype=float32)
    """
    return tensor_of(np.tri(N, M, k), wanted(dtype))


@keras_op
def tril(x: Any, k: int = 0) -> Tensor:
    """Sets the elements of matrices above a diagonal to 0.

    Args:
      x: a tensor of matrices in its last two axes.
      k: the diagonal, 0 for the main one.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string.
      TypeError: x is a scalar, or k is not a number.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.tril([[1, 2], [3, 4]]).numpy().tolist()
      [[1, 0], [3, 4]]
    """
    tensor = tensor_of(x)
    kept = np.tril(np.ones(tuple(tensor.shape[-2:]), bool), k)
    return masking.where(kept, tensor, tensor_of(0, tensor.dtype))


@keras_op
def triu(x: Any, k: int = 0) -> Tensor:
    """Sets the elements of matrices below a diagonal to 0.

    Args:
      x: a tensor of matrices in its last two axes.
      k: the diagonal, 0 for the main one.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string.
      TypeError: x is a scalar, or k is not a number.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.triu([[1, 2], [3, 4]]).numpy().tolist()
      [[1, 2], [0, 4]]
    """
    tensor = tensor_of(x)
    kept = np.triu(np.ones(tuple(tensor.shape[-2:]), bool), k)
    return masking.where(kept, tensor, tensor_of(0, tensor.dtype))


@keras_op
def convert_to_tensor(x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None) -> Tensor:
    """Converts a value to a tensor.

    Args:
      x: an array, number, list, variable or tensor.
      dtype: its dtype.
      sparse, ragged: not used; tensors are dense.

    Returns:
      A tensor.

    Raises:
      TypeError: x cannot be converted to the dtype.
      ValueError: x cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.convert_to_tensor([1, 2], "float32").numpy()
      array([1., 2.], dtype=float32)
    """
    return tensor_of(x, None if dtype is None else wanted(dtype))


@keras_op
def array(x: Any, dtype: Any = None) -> Tensor:
    """Converts a value to a tensor.

    Args:
      x: an array, number, list, variable or tensor.
      dtype: its dtype.

    Returns:
      A tensor.

    Raises:
      TypeError: x cannot be converted to the dtype.
      ValueError: x cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.array([1, 2]).numpy()
      array([1, 2], dtype=int32)
    """
    return tensor_of(x, None if dtype is None else wanted(dtype))


@keras_op
def copy(x: Any) -> Tensor:
    """A copy of a tensor.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.copy([1, 2]).numpy()
      array([1, 2], dtype=int32)
    """
    return shapes.identity(tensor_of(x))
