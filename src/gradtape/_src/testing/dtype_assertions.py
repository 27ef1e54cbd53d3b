"""Assertions about dtypes and kinds of values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType, as_dtype
from gradtape._src.core.string_tensor import as_any_tensor
from gradtape._src.core.typing import DTypeLike, TensorLike
from gradtape._src.testing.messages import prefix


def assert_type(tensor: TensorLike, tf_type: DTypeLike, message: str | None = None, name: str | None = None) -> None:
    """Checks the dtype of a tensor.

    Args:
      tensor: a tensor, or a value convertible to one.
      tf_type: the dtype.
      message: the prefix of the error message.
      name: not used; TensorFlow names operations by it.

    Raises:
      TypeError: the dtype does not match.

    Example:
      >>> tf.debugging.assert_type(tf.constant(1.0), tf.float32)
    """
    actual, wanted = as_any_tensor(tensor).dtype, as_dtype(tf_type)
    if actual != wanted:
        raise TypeError(f"{prefix(message)}tensor must be of type {wanted!r}; got {actual!r}")


def assert_integer(x: TensorLike, message: str | None = None, name: str | None = None) -> None:
    """Checks that x is of an integer dtype.

    Args:
      x: a tensor, or a value convertible to one.
      message: the prefix of the error message.
      name: not used; TensorFlow names operations by it.

    Raises:
      TypeError: it has another dtype.

    Example:
      >>> tf.debugging.assert_integer([1, 2])
    """
    dtype = as_tensor(x).dtype
    if not dtype.is_integer:
        raise TypeError(f'{prefix(message)}Expected "x" to be integer type.  Found: tensor of dtype {dtype!s}')


def assert_same_float_dtype(
    tensors: Sequence[Tensor | BaseVariable | None] | None = None, dtype: DTypeLike | None = None
) -> DType:
    """The floating dtype that tensors share.

    Args:
      tensors: a sequence of tensors, in which None is skipped; None for none.
      dtype: a dtype that they must have; None for any.

    Returns:
      The DType; float32 where neither is given.

    Raises:
      ValueError: dtypes differ or are not floating.

    Example:
      >>> tf.debugging.assert_same_float_dtype([tf.constant(1.0), tf.constant([2.0])])
      tf.float32
    """
    expected = None if dtype is None else as_dtype(dtype)
    first = None
    for tensor in tensors or ():
        if tensor is None:
            continue
        if expected is None:
            expected, first = tensor.dtype, tensor
        elif tensor.dtype != expected:
            as_first = f" as {first!s}" if first is not None else ""
            raise ValueError(f"{tensor!s}, type={tensor.dtype!s}, must be of the same type ({expected!s}){as_first}.")
    expected = dtypes.float32 if expected is None else expected
    if not expected.is_floating:
        raise ValueError(f"Expected floating point type, got {expected!s}.")
    return expected


def assert_proper_iterable(values: Any) -> None:
    """Checks that a value is an iterable, but not a tensor, array or string.

    Args:
      values: any object.

    Raises:
      TypeError: it is not such an iterable.

    Example:
      >>> tf.debugging.assert_proper_iterable([tf.constant(1.0), tf.constant(2.0)])
    """
    if isinstance(values, Tensor | BaseVariable | np.ndarray | bytes | str):
        raise TypeError(f'Expected argument "values" to be a "proper" iterable.  Found: {type(values)}')
    if not hasattr(values, "__iter__"):
        raise TypeError(f'Expected argument "values" to be iterable.  Found: {type(values)}')


def is_numeric_tensor(tensor: Any) -> bool:
    """Whether a value is a tensor of numbers, but not of bools, nor a variable.

    Args:
      tensor: any object.

    Returns:
      A bool.

    Example:
      >>> tf.debugging.is_numeric_tensor(tf.constant(1)), tf.debugging.is_numeric_tensor(tf.constant(True))
      (True, False)
    """
    return isinstance(tensor, Tensor) and tensor.dtype != dtypes.bool
