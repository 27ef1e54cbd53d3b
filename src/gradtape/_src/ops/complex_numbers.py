"""Complex numbers and their parts.

Cotangents follow TensorFlow's convention: that of z = x + iy is the derivative by x plus i times that by y, so that a
holomorphic function multiplies the cotangent by the conjugate of its derivative. Other functions are defined here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_cast,
    apply_conjugate,
    apply_elementwise,
    apply_sum_to,
    as_tensor,
    tensor_from,
    view,
)
from gradtape._engine.ops.elementwise import install_composition
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import common_tensors, dims_text
from gradtape._src.core.steps import one_step
from gradtape._src.core.typing import TensorLike
from gradtape._src.table.rows import call, op, real as sample, values

_PARTS = {dtypes.float32: dtypes.complex64, dtypes.float64: dtypes.complex128}


def _parts_program(tf: Any, function: Any, x: Any) -> Any:
    """A real function of a real operand, computed by a complex one."""
    return function(tf.complex(x, tf.sin(x) + 0.5))


def _joined(real: Tensor, imag: Tensor) -> Tensor:
    one, other = view(real), view(imag)
    made = np.empty(np.broadcast_shapes(one.shape, other.shape), np.result_type(one.dtype, np.complex64))
    made.real, made.imag = one, other
    return tensor_from(made)


def _joined_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor, Tensor]:
    one, other = call.saved
    return apply_sum_to(real(g), one.shape), apply_sum_to(imag(g), other.shape)


_JOIN = Primitive("Complex", _joined, _joined_vjp, saves=(0, 1), batch="elementwise")
_REAL = Primitive(
    "Real",
    lambda z: tensor_from(np.real(view(z))),
    lambda call, needs, g: apply_cast(g, _PARTS[g.dtype]),
    linear=True,
    complexes=True,
    batch="elementwise",
)
_IMAG = Primitive(
    "Imag",
    lambda z: tensor_from(np.imag(view(z))),
    lambda call, needs, g: _JOIN(as_tensor(np.zeros((), g.dtype.as_numpy_dtype)), g),
    linear=True,
    complexes=True,
    batch="elementwise",
)


def _angle_vjp(call: Any, needs: Any, g: Tensor) -> Tensor:
    (z,) = call.saved
    turned = _JOIN(imag(z), real(z))
    return apply_elementwise("negative", apply_elementwise("divide", apply_cast(g, z.dtype), turned))


def _abs_vjp(call: Any, needs: Any, g: Tensor) -> Tensor:
    (z,) = call.saved
    return apply_elementwise("multiply", apply_cast(g, z.dtype), _sign(z))


_ANGLE = Primitive(
    "Angle", lambda z: tensor_from(np.angle(view(z))), _angle_vjp, saves=(0,), complexes=True, batch="elementwise"
)
_ABS = Primitive(
    "ComplexAbs", lambda z: tensor_from(np.abs(view(z))), _abs_vjp, saves=(0,), complexes=True, batch="elementwise"
)


def _sign(z: Tensor) -> Tensor:
    """z / |z|, and 0 for 0, with its own derivatives."""
    return apply_elementwise("divide_no_nan", z, apply_cast(_ABS(z), z.dtype))


def _squared_difference(x: Tensor, y: Tensor) -> Tensor:
    difference = apply_elementwise("subtract", x, y)
    return apply_elementwise("multiply", difference, apply_conjugate(difference))


install_composition("abs", _ABS)
install_composition("sign", _sign)
install_composition("squared_difference", _squared_difference)


@op(
    *("complex", "dtypes.complex"),
    orders="any",
    samples=lambda: [call(sample(2, 3), sample(2, 3)), call(sample(3), sample(2, 1))],
    program=lambda tf, function, x, y: tf.math.real(function(x, y)) * 2 + tf.math.imag(function(x, y)) ** 2,
)
def complex(real: TensorLike, imag: TensorLike, name: str | None = None) -> Tensor:
    """Complex numbers from real and imaginary parts.

    Args:
      real: a tensor, or a value convertible to one, of float32 or float64.
      imag: the same, in the dtype of `real`; the shapes broadcast.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of complex64, or complex128 if the parts are float64.

    Raises:
      TypeError: the parts have different or other dtypes.
      InvalidArgumentError: the shapes do not broadcast.

    Example:
      >>> tf.complex([1.0, 2.0], [0.5, -3.0]).numpy()
      array([1.+0.5j, 2.-3.j ], dtype=complex64)
    """
    one, other = common_tensors((real, imag))
    if one.dtype not in _PARTS or other.dtype != one.dtype:
        raise TypeError(
            f"The `real` and `imag` components have incompatible types: {one.dtype.name} {other.dtype.name}. They must "
            "be consistent, and one of [tf.float32, tf.float64]"
        )
    try:
        return _JOIN(one, other)
    except ValueError:
        message = f"Incompatible shapes: {dims_text(one.shape)} vs. {dims_text(other.shape)}"
        raise invalid_argument("Complex", message) from None


@op(
    "math.real",
    samples=lambda: [call(sample(2, 3))],
    edges=lambda: [call(values([1.0, -2.0]))],
    program=lambda tf, function, x: function(tf.complex(x, x) * tf.complex(x, -x)),
)
def real(input: TensorLike, name: str | None = None) -> Tensor:
    """The real parts of numbers.

    Args:
      input: a tensor, or a value convertible to one, of complex or real numbers.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape, float32 for complex64 and float64 for complex128; real numbers unchanged.

    Raises:
      TypeError: input has dtype bool.

    Example:
      >>> tf.math.real(tf.constant([1 + 2j, 3.5 - 1j])).numpy()
      array([1. , 3.5])
    """
    tensor = as_tensor(input)
    if tensor.dtype.is_complex:
        return _REAL(tensor)
    if tensor.dtype.is_numeric:
        return tensor
    raise TypeError(f"input must be a numeric tensor, but got tensor with dtype {tensor.dtype}")


@op(
    "math.imag",
    samples=lambda: [call(sample(2, 3))],
    edges=lambda: [call(values([1.0, -2.0]))],
    program=lambda tf, function, x: function(tf.complex(x, x) * tf.complex(x, -x + 1)),
)
@one_step("input")
def imag(input: TensorLike, name: str | None = None) -> Tensor:
    """The imaginary parts of numbers.

    Args:
      input: a tensor, or a value convertible to one, of complex or real numbers.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape, float32 for complex64 and float64 for complex128; zeros for real numbers.

    Raises:
      ValueError: input cannot be converted to a tensor.

    Example:
      >>> tf.math.imag(tf.constant([1 + 2j, 3.5 - 1j])).numpy()
      array([ 2., -1.])
    """
    tensor = as_tensor(input)
    return _IMAG(tensor) if tensor.dtype.is_complex else tensor_from(np.zeros_like(view(tensor)), tensor.dtype)


@op(
    "math.conj",
    samples=lambda: [call(sample(2, 3))],
    program=lambda tf, function, x: tf.math.imag(function(tf.complex(x, x * x)) * tf.complex(x, -x)),
)
def conj(x: TensorLike, name: str | None = None) -> Tensor:
    """The complex conjugates of numbers.

    Args:
      x: a tensor, or a value convertible to one, of complex or real numbers.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype; real numbers unchanged.

    Raises:
      TypeError: x has dtype bool.

    Example:
      >>> tf.math.conj(tf.constant([1 + 2j, 3.5 - 1j])).numpy()
      array([1. -2.j, 3.5+1.j])
    """
    tensor = as_tensor(x)
    if not tensor.dtype.is_numeric:
        raise TypeError(f"Expected numeric or variant tensor, got dtype {tensor.dtype!r}")
    return apply_conjugate(tensor)


@op(
    "math.angle",
    samples=lambda: [call(sample(2, 3))],
    edges=lambda: [call(values([1.0, -2.0]))],
    program=_parts_program,
)
@one_step("input")
def angle(input: TensorLike, name: str | None = None) -> Tensor:
    """The arguments of complex numbers, between -pi and pi.

    Args:
      input: a tensor, or a value convertible to one, of complex or floating numbers.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape, float32 for complex64 and float64 for complex128; for real numbers 0 if they are positive
      and pi if they are negative.

    Raises:
      TypeError: input has an integer dtype or bool.

    Example:
      >>> tf.math.angle(tf.constant([1j, -2 + 0j])).numpy().round(4)
      array([1.5708, 3.1416])
    """
    tensor = as_tensor(input)
    if tensor.dtype.is_complex:
        return _ANGLE(tensor)
    if not tensor.dtype.is_floating:
        raise TypeError(f"input must be a floating or complex tensor, but got tensor with dtype {tensor.dtype}")
    numbers = view(tensor)
    return tensor_from(np.where(numbers < 0, np.pi, np.zeros_like(numbers)), tensor.dtype)
