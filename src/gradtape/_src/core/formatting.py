"""String representations of tensors and variables, identical to TensorFlow's.

``array`` is always the value as a NumPy array, of zero axes for a scalar.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def tensor_repr(array: np.ndarray, dtype_name: str) -> str:
    """``<tf.Tensor: shape=(), dtype=float32, numpy=36.0>``"""
    return f"<tf.Tensor: shape={array.shape}, dtype={dtype_name}, numpy={_value_repr(array)}>"


def tensor_str(array: np.ndarray, dtype_name: str) -> str:
    """``tf.Tensor([1. 2.], shape=(2,), dtype=float32)``"""
    return f"tf.Tensor({_own_line(str(array))}, shape={array.shape}, dtype={dtype_name})"


def tensor_format(array: np.ndarray, spec: str) -> str:
    """``format(tensor, spec)``: a scalar formats as the Python number, anything else accepts an empty spec alone."""
    return array.__format__(spec)


def variable_repr(array: np.ndarray, dtype_name: str, name: str, shape: Any = None) -> str:
    """``<tf.Variable 'Variable:0' shape=() dtype=float32, numpy=4.0>``, which is a variable's str too."""
    shape = array.shape if shape is None else shape
    return f"<tf.Variable '{name}' shape={shape} dtype={dtype_name}, numpy={_value_repr(array)}>"


def _value_repr(array: np.ndarray) -> str:
    return _own_line(repr(array)) if array.ndim else repr(array.item())


def _own_line(text: str) -> str:
    """Text of several lines starts on a new one, so that its columns align."""
    return "\n" + text if "\n" in text else text
