"""Spectra on the mel scale."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.typing import DTypeLike, TensorLike
from gradtape._src.signal.cosines import dct
from gradtape._src.signal.windows import scalar
from gradtape._src.table.rows import call, op, real


def _mel(hertz: Any) -> Any:
    return 1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0)


@op(
    "signal.linear_to_mel_weight_matrix",
    orders="0",
    edges=lambda: [
        call(),
        call(4, 17, 16000, 0.0, 8000.0),
        call(num_mel_bins=3, num_spectrogram_bins=9, dtype="float64"),
    ],
    program=lambda tf, function, *arguments, **keywords: function(
        *arguments, **{**keywords, "dtype": tf.as_dtype(keywords.get("dtype", "float32"))}
    ),
)
def linear_to_mel_weight_matrix(
    num_mel_bins: int = 20,
    num_spectrogram_bins: int = 129,
    sample_rate: TensorLike = 8000,
    lower_edge_hertz: float = 125.0,
    upper_edge_hertz: float = 3800.0,
    dtype: DTypeLike = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """The matrix that converts spectra to bands of the mel scale.

    Args:
      num_mel_bins: number of bands.
      num_spectrogram_bins: number of frequencies per spectrum, from 0 to half the sample rate.
      sample_rate: samples of the signal per second.
      lower_edge_hertz, upper_edge_hertz: lower edge of the lowest and upper edge of the highest band.
      dtype: a floating dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor [num_spectrogram_bins, num_mel_bins] of that dtype: triangles that overlap by half on the mel scale.

    Raises:
      ValueError: there are no bands, the edges are not in order within half the sample rate, or the dtype is not
        floating.

    Example:
      >>> spectra = tf.abs(tf.signal.stft(tf.sin(tf.range(4000.0)), 256, 128))
      >>> tf.matmul(spectra, tf.signal.linear_to_mel_weight_matrix()).shape
      TensorShape([30, 20])
    """
    rate: Any = sample_rate.numpy().item() if isinstance(sample_rate, Tensor) else sample_rate
    kind = dtypes.as_dtype(dtype)
    num_mel_bins = scalar(num_mel_bins, "num_mel_bins")
    num_spectrogram_bins = scalar(num_spectrogram_bins, "num_spectrogram_bins", 0)
    if num_mel_bins <= 0:
        raise ValueError(f"num_mel_bins must be positive. Got: {num_mel_bins}")
    if lower_edge_hertz < 0.0:
        raise ValueError(f"lower_edge_hertz must be non-negative. Got: {lower_edge_hertz}")
    if lower_edge_hertz >= upper_edge_hertz:
        raise ValueError(f"lower_edge_hertz {lower_edge_hertz:.1f} >= upper_edge_hertz {upper_edge_hertz:.1f}")
    if rate <= 0.0:
        raise ValueError(f"sample_rate must be positive. Got: {rate}")
    if upper_edge_hertz > rate / 2:
        raise ValueError(
            "upper_edge_hertz must not be larger than the Nyquist frequency (sample_rate / 2). "
            f"Got {upper_edge_hertz} for sample_rate: {rate}"
        )
    if not kind.is_floating:
        raise ValueError(f"dtype must be a floating point type. Got: {kind}")
    frequencies = _mel(np.linspace(0, rate / 2, num_spectrogram_bins))[:, None]
    edges = np.linspace(_mel(lower_edge_hertz), _mel(upper_edge_hertz), num_mel_bins + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rising = (frequencies - lower) / (centre - lower)
    falling = (upper - frequencies) / (upper - centre)
    weights = np.maximum(0, np.minimum(rising, falling))
    weights[:1] = 0  # a constant is not audible
    return tensor_from(weights, kind)


@op(
    "signal.mfccs_from_log_mel_spectrograms",
    dtypes="float32, float64",
    samples=lambda: [call(real(3, 5)), call(real(4))],
)
def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: TensorLike, name: str | None = None) -> Tensor:
    """The cosine transform of logarithms of spectra in mel bands: mel-frequency cepstral coefficients.

    Args:
      log_mel_spectrograms: a tensor of float32 or float64, [..., bands].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype; programs mostly keep the first 13 of the last axis.

    Raises:
      ValueError: there are no bands, or the numbers have another dtype.

    Example:
      >>> tf.signal.mfccs_from_log_mel_spectrograms([1.0, 1.0]).numpy()
      array([2., 0.], dtype=float32)
    """
    tensor = as_tensor(log_mel_spectrograms, hint=dtypes.float32)
    tensor.shape.with_rank_at_least(1)
    bands = tensor.shape[-1]
    if bands == 0:
        raise ValueError(f"num_mel_bins must be positive. Got: {tensor}")
    return dct(tensor, type=2) * (1 / math.sqrt(2 * bands))
