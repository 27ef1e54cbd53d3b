"""Short-time transforms of signals, and their inverses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.typing import IntLike, TensorLike
from gradtape._src.linalg.fourier import irfft, rfft
from gradtape._src.ops.creation import zeros_like
from gradtape._src.ops.joining import concat, split
from gradtape._src.ops.masking import where
from gradtape._src.ops.padding import pad
from gradtape._src.ops.rearranging import reverse, tile
from gradtape._src.ops.reductions import reduce_sum
from gradtape._src.ops.shapes import reshape
from gradtape._src.signal.cosines import dct
from gradtape._src.signal.framing import frame, overlap_and_add
from gradtape._src.signal.windows import hann_window, scalar, vorbis_window
from gradtape._src.table.rows import call, op, real

WindowFunction = Callable[..., Any]


def _number(value: IntLike) -> Tensor:
    """A length as a tensor, for window functions."""
    return as_tensor(scalar(value, "frame_length", 1), dtypes.int32)


def _transform_length(length: int, fft_length: IntLike | None) -> int:
    """The length of transforms: the argument, or the next power of 2."""
    return 1 << max(0, length - 1).bit_length() if fft_length is None else scalar(fft_length, "fft_length", 1)


def _squared(tf: Any, function: Any, x: Any, *arguments: Any, **keywords: Any) -> Any:
    """Sizes and parts of a spectrum, which are real."""
    y = function(x, *arguments, **keywords)
    return tf.math.real(y) * 2 + tf.math.imag(y) ** 2


def _of_spectrum(tf: Any, function: Any, x: Any, *arguments: Any, **keywords: Any) -> Any:
    return function(tf.complex(x, x * x), *arguments, **keywords)


@op(
    "signal.stft",
    dtypes="float32, float64",
    samples=lambda: [
        call(real(12), 4, 2),
        call(real(2, 9), 5, 3, pad_end=True),
        call(real(10), 4, 2, fft_length=6, window_fn=None),
    ],
    edges=lambda: [call(real(3), 4, 2), call(real(1), 1, 1)],
    program=_squared,
)
def stft(
    signals: TensorLike,
    frame_length: IntLike,
    frame_step: IntLike,
    fft_length: IntLike | None = None,
    window_fn: WindowFunction | None = hann_window,
    pad_end: bool = False,
    name: str | None = None,
) -> Tensor:
    """The short-time Fourier transform of the last axis.

    Args:
      signals: a tensor of float32 or float64 with at least one axis.
      frame_length: length of the frames.
      frame_step: distance between the starts of consecutive frames.
      fft_length: length of the transforms, to which frames are truncated or padded; None for the power of 2 that is
        not less than their length.
      window_fn: a function of the length and `dtype` that returns a window; None for none.
      pad_end: whether frames start at every step within the axis, padded with zeros beyond its end.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of complex64, of complex128 for float64: [..., frames, fft_length // 2 + 1].

    Raises:
      ValueError: the operand has another dtype, the signal is a scalar, or a length is invalid.
      InvalidArgumentError: a length is less than 1.

    Example:
      >>> wave = tf.sin(tf.range(64.0) * (2 * 3.14159265 / 8))
      >>> tf.argmax(tf.abs(tf.signal.stft(wave, 32, 16)), axis=-1).numpy()  # 32 / 8 periods in each stretch
      array([4, 4, 4])
    """
    tensor = as_tensor(signals, hint=dtypes.float32)
    tensor.shape.with_rank_at_least(1)
    length = _number(frame_length)
    size = _transform_length(int(length), fft_length)
    frames = frame(tensor, length, frame_step, pad_end=pad_end)
    if window_fn is not None:
        frames = frames * window_fn(length, dtype=frames.dtype)
    return rfft(frames, [size])


@op(
    "signal.inverse_stft",
    dtypes="complex64, complex128",
    samples=lambda: [
        call(real(3, 3), 4, 2),
        call(real(2, 3, 5), 5, 2),
        call(real(3, 4), 4, 3, fft_length=6, window_fn=None),
        call(real(3, 2), 4, 2, fft_length=3),
    ],
    program=_of_spectrum,
)
def inverse_stft(
    stfts: TensorLike,
    frame_length: IntLike,
    frame_step: IntLike,
    fft_length: IntLike | None = None,
    window_fn: WindowFunction | None = hann_window,
    name: str | None = None,
) -> Tensor:
    """The signal of a short-time Fourier transform; the inverse of `stft` with `inverse_stft_window_fn`.

    Args:
      stfts: a tensor of complex64 or complex128, [..., frames, fft_length // 2 + 1].
      frame_length: length of the frames.
      frame_step: distance between the starts of consecutive frames.
      fft_length: length of the transforms; None for the power of 2 that is not less than frame_length.
      window_fn: a function of the length and `dtype` that returns a window for the frames before they are
        summed; None for none.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of float32, of float64 for complex128: [..., samples].

    Raises:
      ValueError: the operand has another dtype, the tensor has fewer than two axes, or a length is invalid.
      InvalidArgumentError: a length is less than 1.

    Example:
      >>> wave = tf.sin(tf.range(16.0))
      >>> spectra = tf.signal.stft(wave, 8, 4)
      >>> again = tf.signal.inverse_stft(spectra, 8, 4, window_fn=tf.signal.inverse_stft_window_fn(4))
      >>> bool(tf.reduce_max(tf.abs(again - wave)[4:12]) < 1e-6)  # but for the ends, where nothing overlaps
      True
    """
    tensor = as_tensor(stfts, hint=dtypes.complex64)
    tensor.shape.with_rank_at_least(2)
    length = _number(frame_length)
    frames = irfft(tensor, [_transform_length(int(length), fft_length)])
    held = frames.shape[-1]
    if held > int(length):
        frames = frames[..., : int(length)]
    elif held < int(length):
        frames = pad(frames, [[0, 0]] * (frames.ndim - 1) + [[0, int(length) - held]])
    if window_fn is not None:
        frames = frames * window_fn(length, dtype=frames.dtype)
    return overlap_and_add(frames, frame_step)


def inverse_stft_window_fn(
    frame_step: IntLike, forward_window_fn: WindowFunction = hann_window, name: str | None = None
) -> WindowFunction:
    """The window function with which `inverse_stft` inverts `stft` with another one.

    Args:
      frame_step: distance between the starts of consecutive frames, as for both.
      forward_window_fn: the window function of `stft`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A function of the length and `dtype`: the window, divided by the sum of the overlapping squares at each position.

    Raises:
      InvalidArgumentError: on call of the result, frame_step or the frame length is not positive.
      TypeError: on call of the result, frame_step is not an integer, or forward_window_fn is not callable.

    Example:
      >>> tf.signal.inverse_stft_window_fn(2)(4, dtype=tf.float32).numpy()
      array([0., 1., 1., 1.], dtype=float32)
    """

    def inverse_stft_window_fn_inner(frame_length: IntLike, dtype: Any) -> Tensor:
        length, step = _number(frame_length), scalar(frame_step, "frame_step", 1)
        size = int(length)
        window = forward_window_fn(length, dtype=dtype)
        overlaps = -(-size // step)
        squares = pad(window * window, [[0, overlaps * step - size]])
        sums = reduce_sum(reshape(squares, [overlaps, step]), 0)
        sums = tile(sums, [overlaps])[:size]
        return where(sums == 0.0, zeros_like(window), window / sums)

    return inverse_stft_window_fn_inner


def _unwindowed(frames: Tensor, window_fn: WindowFunction | None, length: Tensor) -> Tensor:
    return frames * (1 / np.sqrt(2) if window_fn is None else window_fn(length, dtype=frames.dtype))


@op(
    "signal.mdct",
    dtypes="float32, float64",
    samples=lambda: [
        call(real(16), 8),
        call(real(2, 13), 4, pad_end=True, norm="ortho"),
        call(real(12), 8, window_fn=None),
    ],
)
def mdct(
    signals: TensorLike,
    frame_length: IntLike,
    window_fn: WindowFunction | None = vorbis_window,
    pad_end: bool = False,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The modified discrete cosine transform of the last axis, of frames that overlap by half.

    Args:
      signals: a tensor of float32 or float64 with at least one axis.
      frame_length: length of the frames, a multiple of 4.
      window_fn: a function of the length and `dtype` that returns a window; None for a constant.
      pad_end: whether frames start at every step within the axis, padded with zeros beyond its end.
      norm: "ortho" for the orthonormal transform, None for plain sums.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that dtype: [..., frames, frame_length // 2].

    Raises:
      ValueError: the operand has another dtype, the signal is a scalar, the length not a multiple of 4, or there is no
        such norm.

    Example:
      >>> tf.signal.mdct(tf.ones([16]), 8).shape
      TensorShape([3, 4])
    """
    tensor = as_tensor(signals, hint=dtypes.float32)
    tensor.shape.with_rank_at_least(1)
    length = _number(frame_length)
    if int(length) % 4:
        raise ValueError("The frame length must be a multiple of 4.")
    frames = _unwindowed(frame(tensor, length, int(length) // 2, pad_end=pad_end), window_fn, length)
    a, b, c, d = split(frames, 4, axis=-1)
    folded = concat([-reverse(c, [-1]) - d, a - reverse(b, [-1])], -1)
    return dct(folded, type=4, norm=norm)


@op(
    "signal.inverse_mdct",
    dtypes="float32, float64",
    samples=lambda: [
        call(real(3, 4)),
        call(real(2, 3, 4), norm="ortho"),
        call(real(3, 2), window_fn=None),
    ],
)
def inverse_mdct(
    mdcts: TensorLike,
    window_fn: WindowFunction | None = vorbis_window,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The inverse of `mdct`, except at the ends.

    Args:
      mdcts: a tensor of float32 or float64, [..., frames, half the length of each].
      window_fn: a function of the length and `dtype` that returns a window; None for a constant.
      norm: the norm of `mdct`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that dtype: [..., samples].

    Raises:
      ValueError: the operand has another dtype, the tensor has fewer than two axes, or the norm is invalid.

    Example:
      >>> wave = tf.sin(tf.range(16.0))
      >>> again = tf.signal.inverse_mdct(tf.signal.mdct(wave, 8))
      >>> bool(tf.reduce_max(tf.abs(again - wave)[4:12]) < 1e-6)
      True
    """
    tensor = as_tensor(mdcts, hint=dtypes.float32)
    tensor.shape.with_rank_at_least(2)
    half = tensor.shape[-1]
    if half % 2 or not half:
        raise ValueError(f"the last axis of mdcts must have an even number of values, not {half}")
    unfolded = dct(tensor, type=4, norm=norm)
    if norm is None:
        unfolded = unfolded * (0.5 / half)
    first, second = split(unfolded, 2, axis=-1)
    frames = concat([second, -reverse(second, [-1]), -reverse(first, [-1]), -first], -1)
    return overlap_and_add(_unwindowed(frames, window_fn, as_tensor(2 * half)), half)
