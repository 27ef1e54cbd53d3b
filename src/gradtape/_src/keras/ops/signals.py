"""keras.ops' signal functions: parts of complex numbers, Fourier transforms, and windows of sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.linalg import fourier
from gradtape._src.ops import complex_numbers
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.padding import pad


@keras_op
def real(x: Any) -> Tensor:
    """The real part, elementwise.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape; real ones are returned unchanged.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.real(tf.constant([1 + 2j])).numpy()
      array([1.])
    """
    return complex_numbers.real(tensor_of(x))


@keras_op
def imag(x: Any) -> Tensor:
    """The imaginary part, elementwise.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.imag(tf.constant([1 + 2j])).numpy()
      array([2.])
    """
    return complex_numbers.imag(tensor_of(x))


@keras_op
def conjugate(x: Any) -> Tensor:
    """The complex conjugate, elementwise.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape and dtype; real ones are returned unchanged.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.conjugate(tf.constant([1 + 2j])).numpy()
      array([1.-2.j])
    """
    return complex_numbers.conj(tensor_of(x))


@keras_op
def conj(x: Any) -> Tensor:
    """The complex conjugate, elementwise.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape and dtype; real ones are returned unchanged.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.conj(tf.constant([1 + 2j])).numpy()
      array([1.-2.j])
    """
    return complex_numbers.conj(tensor_of(x))


def _complex_of(x: Any) -> Tensor:
    if not isinstance(x, tuple | list) or len(x) != 2:
        raise ValueError(f"Input `x` should be a tuple of two tensors - real and imaginary.Received: x={x}")
    parts = [tensor_of(part) for part in x]
    if parts[0].shape != parts[1].shape:
        raise ValueError(
            "Input `x` should be a tuple of two tensors - real and imaginary.Both the real and imaginary parts should "
            f"have the same shape. Received: x[0].shape = {parts[0].shape}, x[1].shape = {parts[1].shape}"
        )
    if not all(part.dtype.is_floating for part in parts):
        raise ValueError(f"At least one tensor in input `x` is not of type float.Received: x={x}.")
    return complex_numbers.complex(parts[0], parts[1])


def _parts(x: Tensor) -> tuple[Tensor, Tensor]:
    return complex_numbers.real(x), complex_numbers.imag(x)


@keras_op
def fft(x: Any) -> tuple[Tensor, Tensor]:
    """The discrete Fourier transform along the last axis.

    Args:
      x: the real and the imaginary part, floating tensors of one shape.

    Returns:
      Both parts of the transform.

    Raises:
      ValueError: x is not a pair of floating tensors of one shape.

    Example:
      >>> tf.keras.ops.fft(([1.0, 0.0], [0.0, 0.0]))[0].numpy()
      array([1., 1.], dtype=float32)
    """
    return _parts(fourier.fft(_complex_of(x)))


@keras_op
def fft2(x: Any) -> tuple[Tensor, Tensor]:
    """The discrete Fourier transform along the last two axes.

    Args:
      x: the real and the imaginary part, floating tensors of one shape.

    Returns:
      Both parts of the transform.

    Raises:
      ValueError: x is not a pair of floating tensors of one shape.

    Example:
      >>> tf.keras.ops.fft2(([[1.0, 0.0]], [[0.0, 0.0]]))[0].numpy()
      array([[1., 1.]], dtype=float32)
    """
    return _parts(fourier.fft2d(_complex_of(x)))


@keras_op
def ifft2(x: Any) -> tuple[Tensor, Tensor]:
    """The inverse discrete Fourier transform along the last two axes.

    Args:
      x: the real and the imaginary part, floating tensors of one shape.

    Returns:
      Both parts of the inverse transform.

    Raises:
      ValueError: x is not a pair of floating tensors of one shape.

    Example:
      >>> tf.keras.ops.ifft2(([[1.0, 1.0]], [[0.0, 0.0]]))[0].numpy()
      array([[1., 0.]], dtype=float32)
    """
    return _parts(fourier.ifft2d(_complex_of(x)))


@keras_op
def rfft(x: Any, fft_length: int | None = None) -> tuple[Tensor, Tensor]:
    """The discrete Fourier transform of real numbers along the last axis, without the redundant half.

    Args:
      x: a floating tensor.
      fft_length: the length of the transform, zero-padded if longer; None for the axis' length.

    Returns:
      The real and the imaginary part of the transform.

    Raises:
      InvalidArgumentError: x is a scalar, or fft_length is negative.
      ValueError: x is not floating, or cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.rfft([1.0, 0.0, 0.0, 0.0])[0].numpy()
      array([1., 1., 1.], dtype=float32)
    """
    return _parts(fourier.rfft(tensor_of(x), None if fft_length is None else [fft_length]))


@keras_op
def irfft(x: Any, fft_length: int | None = None) -> Tensor:
    """The inverse of `rfft`.

    Args:
      x: the real and the imaginary part, floating tensors of one shape.
      fft_length: the length of the result; None for the even length that fits.

    Returns:
      A floating tensor.

    Raises:
      ValueError: x is not a pair of floating tensors of one shape.

    Example:
      >>> tf.keras.ops.irfft(([1.0, 1.0, 1.0], [0.0, 0.0, 0.0])).numpy()
      array([1., 0., 0., 0.], dtype=float32)
    """
    return fourier.irfft(_complex_of(x), None if fft_length is None else [fft_length])


@keras_op
def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Tensor:
    """Extracts windows of the last axis, which may overlap.

    Args:
      x: a tensor.
      sequence_length: the length of the windows.
      sequence_stride: the distance between their starts.

    Returns:
      A tensor whose last two axes are the windows and their values.

    Raises:
      IndexError: x is a scalar.
      ZeroDivisionError: sequence_stride is 0.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.extract_sequences([1, 2, 3, 4, 5], 3, 2).numpy()
      array([[1, 2, 3],
             [3, 4, 5]], dtype=int32)
    """
    values = tensor_of(x)
    count = max(0, (values.shape[-1] - sequence_length) // sequence_stride + 1)
    places = np.arange(count)[:, None] * sequence_stride + np.arange(sequence_length)
    return gather(values, places, axis=values.ndim - 1)


_WINDOWS = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46)}


@keras_op
def stft(
    x: Any, sequence_length: int, sequence_stride: int, fft_length: int, window: Any = "hann", center: bool = True
) -> tuple[Tensor, Tensor]:
    """The short-time Fourier transform: the Fourier transforms of windows of the last axis.

    Args:
      x: a floating tensor.
      sequence_length: the length of the windows.
      sequence_stride: the distance between their starts.
      fft_length: the length of the transform, to which windows are zero-padded.
      window: the window function: "hann", "hamming", a vector, or None.
      center: whether to centre windows at their positions, padding the axis by reflection, instead of starting there.

    Returns:
      The real and the imaginary part, [..., frames, fft_length // 2 + 1].

    Raises:
      TypeError: the tensor is not floating.
      ValueError: fft_length is less than sequence_length, or the window is invalid.

    Example:
      >>> tf.keras.ops.stft(tf.ones([64]), 16, 8, 16)[0].shape
      TensorShape([9, 9])
    """
    values = tensor_of(x)
    if values.dtype not in (dtypes.float32, dtypes.float64):
        raise TypeError(f"Invalid input type. Expected `float32` or `float64`. Received: input type={values.dtype}")
    if fft_length < sequence_length:
        raise ValueError(
            "`fft_length` must equal or larger than `sequence_length`. "
            f"Received: sequence_length={sequence_length}, fft_length={fft_length}"
        )
    if isinstance(window, str) and window not in _WINDOWS:
        raise ValueError(
            f'If a string is passed to `window`, it must be one of `"hann"`, `"hamming"`. Received: window={window}'
        )
    if center:
        around = [[0, 0]] * (values.ndim - 1) + [[fft_length // 2, fft_length // 2]]
        values = pad(values, around, "REFLECT")
    before = (fft_length - sequence_length) // 2
    behind = fft_length - sequence_length - before
    frames = extract_sequences.__wrapped__(values, fft_length, sequence_stride)
    if window is not None:
        weights = _window(window, sequence_length, values)
        frames = frames * pad(weights, [[before, behind]])
    return _parts(fourier.rfft(frames, [fft_length]))


def _window(window: Any, length: int, values: Tensor) -> Tensor:
    if isinstance(window, str):
        level, height = _WINDOWS[window]
        weights = as_tensor(level - height * np.cos(2 * np.pi * np.arange(length) / max(length, 1)))
    else:
        weights = tensor_of(window)
    if weights.ndim != 1 or weights.shape[-1] != length:
        raise ValueError(
            f"The shape of `window` must be equal to [sequence_length].Received: window shape={weights.shape}"
        )
    return apply_cast(weights, values.dtype)
