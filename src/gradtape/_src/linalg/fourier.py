"""Discrete Fourier transforms over the last one to three axes, computed by NumPy's FFT.

The complex transform, and its inverse without the division, are each other's adjoint. The transform of real numbers
keeps the first half of the last axis, as the rest are conjugates: its adjoint is the transform of that half
with zeros in place of the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_elementwise, as_tensor, tensor_from, view
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import dims_text, ints_of, not_allowed, reduced_axes
from gradtape._src.core.typing import TensorLike
from gradtape._src.ops.complex_numbers import real as real_part
from gradtape._src.ops.padding import pad
from gradtape._src.ops.rearranging import roll
from gradtape._src.table.rows import call, op, real

_REAL = {dtypes.complex64: dtypes.float32, dtypes.complex128: dtypes.float64}
_COMPLEX = {wide: narrow for narrow, wide in _REAL.items()}


def _axes(rank: int) -> tuple[int, ...]:
    return tuple(range(-rank, 0))


def _size(tensor: Tensor, rank: int) -> int:
    return math.prod(tensor.shape[-rank:])


def _scaled(tensor: Tensor, factor: float) -> Tensor:
    return apply_elementwise("multiply", tensor, as_tensor(factor, tensor.dtype))


def _transform(x: Tensor, rank: int, inverse: bool) -> Tensor:
    function: Callable[..., np.ndarray] = np.fft.ifftn if inverse else np.fft.fftn
    return tensor_from(function(view(x), axes=_axes(rank)), x.dtype) if 0 not in x.shape else x


def _transform_vjp(call: Any, needs: Any, g: Tensor) -> Tensor:
    rank, inverse = call.attributes
    size = max(1, _size(g, rank))
    return _scaled(_FFT(g, attributes=(rank, not inverse)), 1 / size if inverse else size)


def _of_real(x: Tensor, rank: int) -> Tensor:
    if 0 in x.shape:
        shape = (*x.shape[:-1], x.shape[-1] // 2 + 1)
        return tensor_from(np.zeros(shape), _COMPLEX[x.dtype])
    return tensor_from(np.fft.rfftn(view(x), axes=_axes(rank)), _COMPLEX[x.dtype])


def _of_real_vjp(call: Any, needs: Any, g: Tensor) -> Tensor:
    rank, length = call.attributes[0], call.saved[0].shape[-1]
    whole = pad(g, [[0, 0]] * (g.ndim - 1) + [[0, length - g.shape[-1]]])
    back = _FFT(whole, attributes=(rank, True))
    return _scaled(real_part(back), _size(whole, rank))


def _to_real(x: Tensor, rank: int, lengths: tuple[int, ...]) -> Tensor:
    kind = _REAL[x.dtype]
    if 0 in x.shape or 0 in lengths:
        return tensor_from(np.zeros((*x.shape[:-rank], *lengths)), kind)
    return tensor_from(np.fft.irfftn(view(x), s=lengths, axes=_axes(rank)), kind)


def _to_real_vjp(call: Any, needs: Any, g: Tensor) -> Tensor:
    rank, lengths = call.attributes
    kept = lengths[-1] // 2 + 1
    weights = np.full(kept, 2 / max(1, math.prod(lengths)))
    weights[0] /= 2
    if lengths[-1] % 2 == 0:
        weights[-1] = weights[0]
    return apply_elementwise("multiply", _RFFT(g, attributes=(rank,)), as_tensor(weights, _COMPLEX[g.dtype]))


_FFT = Primitive("FFT", _transform, _transform_vjp, linear=True, complexes=True, batch="leading")
_RFFT = Primitive("RFFT", _of_real, _of_real_vjp, saves=(0,), complexes=True, batch="leading")
_IRFFT = Primitive("IRFFT", _to_real, _to_real_vjp, linear=True, complexes=True, batch="leading")


def _complex_operand(kernel: str, input: TensorLike, rank: int) -> Tensor:
    tensor = as_tensor(input)
    if not tensor.dtype.is_complex:
        raise not_allowed(kernel, tensor.dtype, "complex64, complex128", "Tcomplex")
    if tensor.ndim < rank:
        message = f"Input must have rank of at least {rank} but got: {dims_text(tensor.shape)}"
        raise invalid_argument(kernel, message, "")
    return tensor


def _lengths(kernel: str, tensor: Tensor, fft_length: Any, rank: int, halved: bool) -> tuple[int, ...]:
    """The sizes of the real tensor's axes."""
    if tensor.ndim < rank:
        message = f"Input must have rank of at least {rank} but got: {dims_text(tensor.shape)}"
        raise invalid_argument(kernel, message, "")
    if fft_length is None:
        lengths = list(tensor.shape[-rank:])
        if halved:
            lengths[-1] = max(0, 2 * (lengths[-1] - 1))
        return tuple(lengths)
    lengths = ints_of(fft_length, kernel, "fft_length")
    if len(lengths) != rank:
        raise invalid_argument(kernel, f"fft_length must have shape [{rank}]", "")
    if min(lengths) < 0:
        raise invalid_argument(kernel, f"fft_length must be >= 0, but got: {dims_text(lengths)}", "")
    return tuple(lengths)


def _fitted(tensor: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """The tensor with its last axes cut or zero-padded to these sizes."""
    first = tensor.ndim - len(sizes)
    missing = [max(0, size - held) for size, held in zip(sizes, tensor.shape[first:], strict=True)]
    if any(missing):
        tensor = pad(tensor, [[0, 0]] * first + [[0, count] for count in missing])
    if tuple(tensor.shape[first:]) != sizes:
        corner = (..., *(slice(size) for size in sizes))
        tensor = tensor[corner]
    return tensor


def _real_operand(input_tensor: TensorLike) -> Tensor:
    tensor = as_tensor(input_tensor, hint=dtypes.float32)
    if tensor.dtype not in _COMPLEX:
        raise ValueError(f"RFFT requires tf.float32 or tf.float64 inputs, got: {tensor.dtype!r}")
    return tensor


def _rfft(input_tensor: TensorLike, fft_length: Any, rank: int) -> Tensor:
    kernel = "RFFT" if rank == 1 else f"RFFT{rank}D"
    tensor = _real_operand(input_tensor)
    return _RFFT(_fitted(tensor, _lengths(kernel, tensor, fft_length, rank, False)), attributes=(rank,))


def _irfft(input_tensor: TensorLike, fft_length: Any, rank: int) -> Tensor:
    kernel = "IRFFT" if rank == 1 else f"IRFFT{rank}D"
    tensor = as_tensor(input_tensor, hint=dtypes.complex64)
    if tensor.dtype not in _REAL:
        raise ValueError(f"IRFFT requires tf.complex64 or tf.complex128 inputs, got: {tensor.dtype!r}")
    lengths = _lengths(kernel, tensor, fft_length, rank, True)
    return _IRFFT(_fitted(tensor, (*lengths[:-1], lengths[-1] // 2 + 1)), attributes=(rank, lengths))


def _program(tf: Any, function: Any, x: Any) -> Any:
    """A real function of real numbers, composed with a complex transform."""
    return tf.math.real(function(tf.complex(x, x * x)) * tf.complex(x, 1 - x))


def _of_real_program(tf: Any, function: Any, x: Any, *arguments: Any) -> Any:
    y = function(x, *arguments)
    return tf.math.real(y) * 2 + tf.math.imag(y) ** 2


def _to_real_program(tf: Any, function: Any, x: Any, *arguments: Any) -> Any:
    return function(tf.complex(x, x * x), *arguments)


@op("signal.fft", dtypes="complex64, complex128", samples=lambda: [call(real(2, 4))], program=_program)
def fft(input: TensorLike, name: str | None = None) -> Tensor:
    """The discrete Fourier transform of complex numbers over the last axis.

    Args:
      input: a tensor of complex64 or complex128.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: the operand is not complex, or has too few axes.

    Example:
      >>> tf.signal.fft(tf.constant([1.0, 0.0, 0.0, 0.0], tf.complex128)).numpy()
      array([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    return _FFT(_complex_operand("FFT", input, 1), attributes=(1, False))


@op("signal.ifft", dtypes="complex64, complex128", samples=lambda: [call(real(2, 4))], program=_program)
def ifft(input: TensorLike, name: str | None = None) -> Tensor:
    """The inverse of `fft`: the inverse discrete Fourier transform over the last axis.

    Args:
      input: a tensor of complex64 or complex128.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: the operand is not complex, or has too few axes.

    Example:
      >>> tf.signal.ifft(tf.constant([1.0, 0.0, 0.0, 0.0], tf.complex128)).numpy()
      array([0.25+0.j, 0.25+0.j, 0.25+0.j, 0.25+0.j])
    """
    return _FFT(_complex_operand("IFFT", input, 1), attributes=(1, True))


@op("signal.fft2d", dtypes="complex64, complex128", samples=lambda: [call(real(3, 4))], program=_program)
def fft2d(input: TensorLike, name: str | None = None) -> Tensor:
    """The discrete Fourier transform of complex numbers over the last two axes.

    Args:
      input: a tensor of complex64 or complex128.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: the operand is not complex, or has too few axes.

    Example:
      >>> tf.signal.fft2d(tf.constant([[1.0, 0.0], [0.0, 0.0]], tf.complex128)).numpy()
      array([[1.+0.j, 1.+0.j],
             [1.+0.j, 1.+0.j]])
    """
    return _FFT(_complex_operand("FFT2D", input, 2), attributes=(2, False))


@op("signal.ifft2d", dtypes="complex64, complex128", samples=lambda: [call(real(3, 4))], program=_program)
def ifft2d(input: TensorLike, name: str | None = None) -> Tensor:
    """The inverse of `fft2d`: the inverse discrete Fourier transform over the last two axes.

    Args:
      input: a tensor of complex64 or complex128.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: the operand is not complex, or has too few axes.

    Example:
      >>> tf.signal.ifft2d(tf.constant([[1.0, 0.0], [0.0, 0.0]], tf.complex128)).numpy()
      array([[0.25+0.j, 0.25+0.j],
             [0.25+0.j, 0.25+0.j]])
    """
    return _FFT(_complex_operand("IFFT2D", input, 2), attributes=(2, True))


@op("signal.fft3d", dtypes="complex64, complex128", samples=lambda: [call(real(2, 3, 2))], program=_program)
def fft3d(input: TensorLike, name: str | None = None) -> Tensor:
    """The discrete Fourier transform of complex numbers over the last three axes.

    Args:
      input: a tensor of complex64 or complex128.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: the operand is not complex, or has too few axes.

    Example:
      >>> tf.signal.fft3d(tf.constant([[[1.0, 0.0]]], tf.complex128)).numpy()
      array([[[1.+0.j, 1.+0.j]]])
    """
    return _FFT(_complex_operand("FFT3D", input, 3), attributes=(3, False))


@op("signal.ifft3d", dtypes="complex64, complex128", samples=lambda: [call(real(2, 3, 2))], program=_program)
def ifft3d(input: TensorLike, name: str | None = None) -> Tensor:
    """The inverse of `fft3d`: the inverse discrete Fourier transform over the last three axes.

    Args:
      input: a tensor of complex64 or complex128.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: the operand is not complex, or has too few axes.

    Example:
      >>> tf.signal.ifft3d(tf.constant([[[1.0, 0.0]]], tf.complex128)).numpy()
      array([[[0.5+0.j, 0.5+0.j]]])
    """
    return _FFT(_complex_operand("IFFT3D", input, 3), attributes=(3, True))


@op(
    "signal.rfft",
    samples=lambda: [call(real(2, 5)), call(real(2, 4), [6])],
    program=_of_real_program,
)
def rfft(input_tensor: TensorLike, fft_length: Any = None, name: str | None = None) -> Tensor:
    """The discrete Fourier transform of real numbers over the last axis, without the redundant half.

    Args:
      input_tensor: a tensor of float32 or float64.
      fft_length: 1 integer: the sizes to which the axes are cut or zero-padded; None for their own.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of complex64, of complex128 for float64, whose last axis has half the length plus 1.

    Raises:
      ValueError: the operand has another dtype.
      InvalidArgumentError: there are too few axes, or fft_length has the wrong size.

    Example:
      >>> tf.signal.rfft([1.0, 0.0, 0.0, 0.0]).numpy()
      array([1.+0.j, 1.+0.j, 1.+0.j], dtype=complex64)
    """
    return _rfft(input_tensor, fft_length, 1)


@op(
    "signal.irfft",
    dtypes="complex64, complex128",
    samples=lambda: [call(real(2, 3)), call(real(2, 3), [5])],
    program=_to_real_program,
)
def irfft(input_tensor: TensorLike, fft_length: Any = None, name: str | None = None) -> Tensor:
    """The inverse of `rfft`: the inverse discrete Fourier transform to real numbers over the last axis.

    Args:
      input_tensor: a tensor of complex64 or complex128.
      fft_length: 1 integer: the sizes of the result's axes; None for those of the operand, with 2 (n - 1) for the last.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of float32, of float64 for complex128.

    Raises:
      ValueError: the operand has another dtype.
      InvalidArgumentError: there are too few axes, or fft_length has the wrong size.

    Example:
      >>> tf.signal.irfft(tf.signal.rfft([1.0, 0.0, 0.0, 0.0])).numpy()
      array([1., 0., 0., 0.], dtype=float32)
    """
    return _irfft(input_tensor, fft_length, 1)


@op("signal.rfft2d", samples=lambda: [call(real(3, 4))], program=_of_real_program)
def rfft2d(input_tensor: TensorLike, fft_length: Any = None, name: str | None = None) -> Tensor:
    """The discrete Fourier transform of real numbers over the last two axes, without the redundant half.

    Args:
      input_tensor: a tensor of float32 or float64.
      fft_length: 2 integers: the sizes to which the axes are cut or zero-padded; None for their own.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of complex64, of complex128 for float64, whose last axis has half the length plus 1.

    Raises:
      ValueError: the operand has another dtype.
      InvalidArgumentError: there are too few axes, or fft_length has the wrong size.

    Example:
      >>> tf.signal.rfft2d([[1.0, 0.0], [0.0, 0.0]]).numpy()
      array([[1.+0.j, 1.+0.j],
             [1.+0.j, 1.+0.j]], dtype=complex64)
    """
    return _rfft(input_tensor, fft_length, 2)


@op(
    "signal.irfft2d",
    dtypes="complex64, complex128",
    samples=lambda: [call(real(3, 3))],
    program=_to_real_program,
)
def irfft2d(input_tensor: TensorLike, fft_length: Any = None, name: str | None = None) -> Tensor:
    """The inverse of `rfft2d`: the inverse discrete Fourier transform to real numbers over the last two axes.

    Args:
      input_tensor: a tensor of complex64 or complex128.
      fft_length: 2 integers: the sizes of the result's axes; None for the operand's, with 2 (n - 1) for the last.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of float32, of float64 for complex128.

    Raises:
      ValueError: the operand has another dtype.
      InvalidArgumentError: there are too few axes, or fft_length has the wrong size.

    Example:
      >>> tf.signal.irfft2d(tf.signal.rfft2d([[1.0, 0.0], [0.0, 0.0]])).numpy()
      array([[1., 0.],
             [0., 0.]], dtype=float32)
    """
    return _irfft(input_tensor, fft_length, 2)


@op("signal.rfft3d", samples=lambda: [call(real(2, 3, 2))], program=_of_real_program, orders_there="0")
def rfft3d(input_tensor: TensorLike, fft_length: Any = None, name: str | None = None) -> Tensor:
    """The discrete Fourier transform of real numbers over the last three axes, without the redundant half.

    Args:
      input_tensor: a tensor of float32 or float64.
      fft_length: 3 integers: the sizes to which the axes are cut or zero-padded; None for their own.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of complex64, of complex128 for float64, whose last axis has half the length plus 1.

    Raises:
      ValueError: the operand has another dtype.
      InvalidArgumentError: there are too few axes, or fft_length has the wrong size.

    Example:
      >>> tf.signal.rfft3d([[[1.0, 0.0]]]).numpy()
      array([[[1.+0.j, 1.+0.j]]], dtype=complex64)
    """
    return _rfft(input_tensor, fft_length, 3)


@op(
    "signal.irfft3d",
    dtypes="complex64, complex128",
    samples=lambda: [call(real(2, 3, 2))],
    program=_to_real_program,
    orders_there="0",
)
def irfft3d(input_tensor: TensorLike, fft_length: Any = None, name: str | None = None) -> Tensor:
    """The inverse of `rfft3d`: the inverse discrete Fourier transform to real numbers over the last three axes.

    Args:
      input_tensor: a tensor of complex64 or complex128.
      fft_length: 3 integers: the sizes of the result's axes; None for the operand's, with 2 (n - 1) for the last.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of float32, of float64 for complex128.

    Raises:
      ValueError: the operand has another dtype.
      InvalidArgumentError: there are too few axes, or fft_length has the wrong size.

    Example:
      >>> tf.signal.irfft3d(tf.signal.rfft3d([[[1.0, 0.0]]])).numpy()
      array([[[1., 0.]]], dtype=float32)
    """
    return _irfft(input_tensor, fft_length, 3)


def _shifted(x: TensorLike, axes: Any, sign: int, kernel: str) -> Tensor:
    tensor = as_tensor(x)
    chosen = list(reduced_axes(axes, tensor.ndim, kernel))
    if not chosen:
        return tensor
    return roll(tensor, [sign * (tensor.shape[axis] // 2) for axis in chosen], chosen)


@op("signal.fftshift", samples=lambda: [call(real(3, 4)), call(real(5), axes=0)])
def fftshift(x: TensorLike, axes: Any = None, name: str | None = None) -> Tensor:
    """Shifts the zero-frequency element from the start of axes to their middle.

    Args:
      x: a tensor, or a value convertible to one.
      axes: the axes; None for all.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: an axis is out of range, or x is text.
      TypeError: an axis is not an integer.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.signal.fftshift([0, 1, 2, -2, -1]).numpy()
      array([-2, -1,  0,  1,  2], dtype=int32)
    """
    return _shifted(x, axes, 1, "Roll")


@op("signal.ifftshift", samples=lambda: [call(real(3, 4)), call(real(5), axes=0)])
def ifftshift(x: TensorLike, axes: Any = None, name: str | None = None) -> Tensor:
    """The inverse of `fftshift`.

    Args:
      x: a tensor, or a value convertible to one.
      axes: the axes; None for all.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: an axis is out of range, or x is text.
      TypeError: an axis is not an integer.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.signal.ifftshift([-2, -1, 0, 1, 2]).numpy()
      array([ 0,  1,  2, -2, -1], dtype=int32)
    """
    return _shifted(x, axes, -1, "Roll")
