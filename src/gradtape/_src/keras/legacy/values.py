"""Functions of tf.keras.backend for programs written for Keras 2: variables and constants."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_stop_gradient
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras.legacy.defaults import floatx_or
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.ops import creation, mapping
from gradtape._src.state.variable import Variable


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Variable:
    """Creates a variable.

    Args:
      value: its initial value.
      dtype: its dtype, `floatx` by default.
      name: its name.
      constraint: stored as an attribute.

    Returns:
      A tf.Variable.

    Raises:
      TypeError: unknown dtype, or the value is text.
      ValueError: the value cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.variable([1.0, 2.0]).numpy()
      array([1., 2.], dtype=float32)
    """
    return Variable(tensor_of(value, floatx_or(dtype)), name=name, constraint=constraint)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Tensor:
    """Creates a tensor.

    Args:
      value: the value.
      dtype: its dtype, `floatx` by default.
      shape: its shape.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor.

    Raises:
      TypeError: unknown dtype, or the value does not have that dtype or the number of elements of the shape.
      ValueError: the value cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.constant(3).numpy()
      np.float32(3.0)
    """
    return creation.constant(value, floatx_or(dtype), shape)


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Creates a variable of zeros.

    Args:
      shape: its shape.
      dtype: its dtype, `floatx` by default.
      name: its name.

    Returns:
      A tf.Variable; a tensor if it is empty.

    Raises:
      InvalidArgumentError: a size is negative.
      TypeError: unknown dtype, or a size is not an integer.

    Example:
      >>> tf.keras.backend.zeros((2,)).shape
      TensorShape([2])
    """
    value = creation.zeros(shape, floatx_or(dtype))
    return Variable(value, name=name) if 0 not in tuple(value.shape) else value


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Creates a variable of ones.

    Args:
      shape: its shape.
      dtype: its dtype, `floatx` by default.
      name: its name.

    Returns:
      A tf.Variable; a tensor if it is empty.

    Raises:
      InvalidArgumentError: a size is negative.
      TypeError: unknown dtype, or a size is not an integer.

    Example:
      >>> tf.keras.backend.ones((2,)).shape
      TensorShape([2])
    """
    value = creation.ones(shape, floatx_or(dtype))
    return Variable(value, name=name) if 0 not in tuple(value.shape) else value


def zeros_like(x: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """A tensor of zeros with the shape of another.

    Args:
      x: a tensor.
      dtype: its dtype, by default that of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor.

    Raises:
      TypeError: unknown dtype.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.zeros_like(tf.constant([5, 6])).shape
      TensorShape([2])
    """
    return creation.zeros_like(x, dtype)


def ones_like(x: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """A tensor of ones with the shape of another.

    Args:
      x: a tensor.
      dtype: its dtype, by default that of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor.

    Raises:
      TypeError: unknown dtype.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.ones_like(tf.constant([5, 6])).shape
      TensorShape([2])
    """
    return creation.ones_like(x, dtype)


def eye(size: int, dtype: Any = None, name: str | None = None) -> Variable:
    """Creates a variable with the identity matrix.

    Args:
      size: the number of rows.
      dtype: its dtype, `floatx` by default.
      name: its name.

    Returns:
      A tf.Variable.

    Raises:
      InvalidArgumentError: the size is negative.
      TypeError: unknown dtype, or the size is not an integer.

    Example:
      >>> tf.keras.backend.eye(2).numpy().tolist()
      [[1.0, 0.0], [0.0, 1.0]]
    """
    return Variable(creation.eye(size, dtype=floatx_or(dtype)), name=name)


def get_value(x: Any) -> Any:
    """The value of a variable or tensor.

    Args:
      x: the variable or tensor.

    Returns:
      An array; anything else unchanged.

    Example:
      >>> tf.keras.backend.get_value(tf.Variable(2.0))
      np.float32(2.0)
    """
    return x.numpy() if hasattr(x, "numpy") else x


def eval(x: Any) -> Any:
    """The value of a variable or tensor.

    Args:
      x: the variable or tensor.

    Returns:
      An array; anything else unchanged.

    Example:
      >>> tf.keras.backend.eval(tf.constant(2.0))
      np.float32(2.0)
    """
    return get_value(x)


def set_value(x: Any, value: Any) -> None:
    """Sets a variable's value.

    Args:
      x: the variable.
      value: the value.

    Raises:
      AttributeError: x is not a variable.
      TypeError, ValueError: the value has another shape, or cannot be converted to the dtype of x.

    Example:
      >>> v = tf.Variable(2.0)
      >>> tf.keras.backend.set_value(v, 3.0)
      >>> v.numpy()
      np.float32(3.0)
    """
    x.assign(np.asarray(held(value), x.dtype.as_numpy_dtype))


def batch_get_value(tensors: Sequence[Any]) -> list[Any]:
    """The values of several variables.

    Args:
      tensors: the variables.

    Returns:
      A list of arrays.

    Raises:
      AttributeError: one of them is neither a variable nor a tensor.
      TypeError: tensors is not a sequence.

    Example:
      >>> tf.keras.backend.batch_get_value([tf.Variable(2.0)])
      [np.float32(2.0)]
    """
    return [x.numpy() for x in tensors]


def batch_set_value(tuples: Sequence[Any]) -> None:
    """Sets the values of several variables.

    Args:
      tuples: pairs of variable and value.

    Raises:
      AttributeError: the first of a pair is not a variable.
      TypeError, ValueError: tuples does not hold pairs, or a value has another shape or cannot be converted.

    Example:
      >>> v = tf.Variable(2.0)
      >>> tf.keras.backend.batch_set_value([(v, 3.0)])
      >>> v.numpy()
      np.float32(3.0)
    """
    for x, value in tuples:
        set_value(x, value)


def update(x: Any, new_x: Any) -> Any:
    """Sets a variable's value.

    Args:
      x: the variable.
      new_x: the value.

    Returns:
      The variable.

    Raises:
      AttributeError: x is not a variable.
      TypeError, ValueError: the value has another shape or dtype, or cannot be converted to that of x.

    Example:
      >>> tf.keras.backend.update(tf.Variable(2.0), 3.0).numpy()
      np.float32(3.0)
    """
    return x.assign(new_x)


def update_add(x: Any, increment: Any) -> Any:
    """Adds to a variable.

    Args:
      x: the variable.
      increment: the summand.

    Returns:
      The variable.

    Raises:
      AttributeError: x is not a variable.
      InvalidArgumentError: the shapes differ.
      TypeError, ValueError: the operand has another dtype, or cannot be converted to that of x.

    Example:
      >>> tf.keras.backend.update_add(tf.Variable(2.0), 3.0).numpy()
      np.float32(5.0)
    """
    return x.assign_add(increment)


def update_sub(x: Any, decrement: Any) -> Any:
    """Subtracts from a variable.

    Args:
      x: the variable.
      decrement: the subtrahend.

    Returns:
      The variable.

    Raises:
      AttributeError: x is not a variable.
      InvalidArgumentError: the shapes differ.
      TypeError, ValueError: the operand has another dtype, or cannot be converted to that of x.

    Example:
      >>> tf.keras.backend.update_sub(tf.Variable(2.0), 3.0).numpy()
      np.float32(-1.0)
    """
    return x.assign_sub(decrement)


def moving_average_update(x: Any, value: Any, momentum: Any) -> Any:
    """Updates a moving average.

    Args:
      x: the variable.
      value: the value.
      momentum: the weight of the old value.

    Returns:
      The variable.

    Raises:
      AttributeError: x is not a variable.
      InvalidArgumentError: the shapes do not broadcast.
      TypeError, ValueError: value or momentum cannot be converted to the dtype of x.

    Example:
      >>> tf.keras.backend.moving_average_update(tf.Variable(2.0), 4.0, 0.5).numpy()
      np.float32(3.0)
    """
    target, kept = tensor_of(value, x.dtype), tensor_of(momentum, x.dtype)
    return x.assign_sub((x - target) * (1 - kept))


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = "int32") -> Tensor:
    """Evenly spaced integers in a half-open interval.

    Args:
      start: the first number; if it is given alone, the end, and the first number is 0.
      stop: the end, excluded.
      step: the step.
      dtype: their dtype.

    Returns:
      A vector.

    Raises:
      InvalidArgumentError: the step is 0 or leads away from stop.
      TypeError: unknown dtype, or a lone start is not a number.

    Example:
      >>> tf.keras.backend.arange(3).numpy()
      array([0, 1, 2], dtype=int32)
    """
    if stop is None:
        start, stop = 0, builtins.max(start, 0)
    return apply_cast(creation.range(start, stop, step), dtypes.as_dtype(dtype))


def stop_gradient(variables: Any) -> Any:
    """Treats values as constant in gradients.

    Args:
      variables: a tensor, or a list of them.

    Returns:
      A tensor, or a list of them.

    Raises:
      InvalidArgumentError: a tensor holds text.
      ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.stop_gradient(tf.constant(2.0)).numpy()
      np.float32(2.0)
    """
    if isinstance(variables, list | tuple):
        return [apply_stop_gradient(tensor_of(one)) for one in variables]
    return apply_stop_gradient(tensor_of(variables))


def map_fn(fn: Any, elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """Applies a function to each slice of a tensor along its first axis.

    Args:
      fn: the function.
      elems: the tensor.
      name: not used; TensorFlow names operations by it.
      dtype: the dtype of the results.

    Returns:
      The stacked results.

    Raises:
      TypeError: fn is not callable, or the dtype is unknown.
      ValueError: elems has no axes or cannot be converted to a tensor.
      InvalidArgumentError: fn returns another dtype.

    Example:
      >>> tf.keras.backend.map_fn(lambda x: x * x, tf.constant([1, 2])).numpy()
      array([1, 4], dtype=int32)
    """
    return mapping.map_fn(fn, elems, dtype=dtype)


def foldl(fn: Any, elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """Folds a tensor along its first axis, from the first slice to the last.

    Args:
      fn: the function.
      elems: the tensor.
      initializer: the initial value; the first slice by default.
      name: not used; TensorFlow names operations by it.

    Returns:
      The final value.

    Raises:
      TypeError: fn is not callable.
      OutOfRangeError: elems is empty and there is no initializer.
      ValueError: elems cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.foldl(lambda a, x: a + x, tf.constant([1, 2])).numpy()
      np.int32(3)
    """
    return mapping.foldl(fn, elems, initializer)


def foldr(fn: Any, elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """Folds a tensor along its first axis, from the last slice to the first.

    Args:
      fn: the function.
      elems: the tensor.
      initializer: the initial value; the last slice by default.
      name: not used; TensorFlow names operations by it.

    Returns:
      The final value.

    Raises:
      TypeError: fn is not callable.
      OutOfRangeError: elems is empty and there is no initializer.
      ValueError: elems cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.foldr(lambda a, x: a + x, tf.constant([1, 2])).numpy()
      np.int32(3)
    """
    return mapping.foldr(fn, elems, initializer)
