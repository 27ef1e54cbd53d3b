"""Audio files of 16-bit samples, read and written by Python's wave."""

from __future__ import annotations

import io
import wave
from typing import Any, NamedTuple

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from
from gradtape._engine.record.primitive import fail_trace
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import dims_text
from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.core.typing import TensorLike
from gradtape._src.ops.strings import texts_of

_SCALE = 1 << 15


class DecodeWav(NamedTuple):
    """A sound.

    Attributes:
      audio: samples in [-1, 1], [samples, channels].
      sample_rate: samples per second.

    Args:
      audio, sample_rate: as the attributes.
    """

    audio: Tensor
    sample_rate: Tensor


def decode_wav(contents: Any, desired_channels: int = -1, desired_samples: int = -1, name: str | None = None) -> Any:
    """Decodes a WAV file.

    Args:
      contents: the file's bytes.
      desired_channels: number of channels, the last one repeated; -1 for the file's.
      desired_samples: number of samples, truncated or padded with zeros; -1 for the file's.
      name: not used; TensorFlow names operations by it.

    Returns:
      A named tuple: `audio`, float32 samples in [-1, 1] of shape [samples, channels], and `sample_rate`, an int32
      scalar.

    Raises:
      InvalidArgumentError: it is not a WAV file of 16-bit samples.

    Example:
      >>> sound, rate = tf.audio.decode_wav(tf.audio.encode_wav([[0.5], [-1.0]], 8000))
      >>> sound.numpy().tolist(), int(rate)
      ([[0.5], [-1.0]], 8000)
    """
    data = texts_of(contents)
    if data.ndim:
        raise invalid_argument("DecodeWav", f"contents must be scalar but got shape {dims_text(data.shape)}")
    try:
        with wave.open(io.BytesIO(bytes(data[()]))) as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise invalid_argument("DecodeWav", f"It is no WAV file: {error or 'too short'}") from None
    if width != 2:
        raise invalid_argument("DecodeWav", f"Can only read 16-bit WAV files, but received {8 * width}")
    samples = np.frombuffer(frames, "<i2").reshape(-1, channels) / np.float32(_SCALE)
    if desired_channels >= 0:
        samples = samples[:, np.minimum(np.arange(desired_channels), channels - 1)]
    if desired_samples >= 0:
        samples = samples[:desired_samples]
        samples = np.pad(samples, [(0, desired_samples - len(samples)), (0, 0)])
    return DecodeWav(tensor_from(samples, dtypes.float32), as_tensor(rate, dtypes.int32))


def encode_wav(audio: TensorLike, sample_rate: TensorLike, name: str | None = None) -> StringTensor:
    """Encodes a WAV file of 16-bit samples.

    Args:
      audio: float32 samples of shape [samples, channels]; those outside [-1, 1] are clipped.
      sample_rate: samples per second.
      name: not used; TensorFlow names operations by it.

    Returns:
      A scalar string tensor of the file's bytes.

    Raises:
      InvalidArgumentError: the samples have another rank, or the rate is not a scalar.

    Example:
      >>> tf.audio.encode_wav([[0.5], [-1.0]], 8000).numpy()[:4]
      b'RIFF'
    """
    fail_trace("it writes a file")
    tensor, rate = as_tensor(audio, dtypes.float32), as_tensor(sample_rate, dtypes.int32)
    if tensor.ndim != 2:
        raise invalid_argument("EncodeWav", f"audio must be 2-dimensional{dims_text(tensor.shape)}")
    if rate.ndim:
        message = f"Input sample_rate should be a scalar tensor, got {dims_text(rate.shape)} instead."
        raise invalid_argument("EncodeWav", message)
    scaled = tensor.numpy().astype(np.float64) * _SCALE
    rounded = np.trunc(scaled + np.copysign(0.5, scaled)).clip(-_SCALE, _SCALE - 1)
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(tensor.shape[1])
        sound.setsampwidth(2)
        sound.setframerate(int(rate))
        sound.writeframes(rounded.astype("<i2").tobytes())
    return StringTensor(file.getvalue())
