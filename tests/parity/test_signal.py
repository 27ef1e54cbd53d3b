"""Programs with short-time transforms of signals, and errors of tf.signal."""

import functools

import numpy as np
import pytest
from compare import same

WAVE = np.sin(np.arange(64.0) * 0.7) + np.cos(np.arange(64.0) * 0.21)


def spectral_loss(tf):
    """The loss of differentiable synthesis: spectra of several sizes, linear and logarithmic, compared."""
    target = tf.constant(WAVE)
    gain, rate = tf.Variable(0.8, dtype=tf.float64), tf.Variable(0.65, dtype=tf.float64)
    times = tf.range(64.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        audio = gain * tf.sin(times * rate)
        loss = tf.constant(0.0, tf.float64)
        for size in (32, 16, 8):
            a, b = (tf.abs(tf.signal.stft(x, size, size // 4, size, pad_end=True)) for x in (target, audio))
            loss += tf.reduce_mean(tf.abs(a - b)) + tf.reduce_mean(
                tf.abs(tf.math.log(a + 1e-5) - tf.math.log(b + 1e-5))
            )
    return loss, tape.gradient(loss, [gain, rate])


def features(tf):
    """Mel spectra and their cepstral coefficients, differentiated with respect to the signal."""
    wave = tf.constant(WAVE[None])
    with tf.GradientTape() as tape:
        tape.watch(wave)
        spectra = tf.abs(tf.signal.stft(wave, 16, 8, window_fn=functools.partial(tf.signal.hann_window, periodic=True)))
        matrix = tf.signal.linear_to_mel_weight_matrix(5, 9, 8000, 80.0, 3600.0, tf.float64)
        mel = tf.tensordot(spectra, matrix, 1)
        mfccs = tf.signal.mfccs_from_log_mel_spectrograms(tf.math.log(mel + 1e-6))[..., :3]
    return mel, mfccs, tape.gradient(mfccs, wave)


def there_and_back(tf):
    wave = tf.constant(WAVE)
    spectra = tf.signal.stft(wave, 16, 4, window_fn=tf.signal.hamming_window)
    window = tf.signal.inverse_stft_window_fn(4, tf.signal.hamming_window)
    shorter = tf.signal.inverse_stft(spectra, 20, 5, fft_length=16, window_fn=None)
    codes = tf.signal.mdct(wave, 16, window_fn=tf.signal.kaiser_bessel_derived_window)
    again = tf.signal.inverse_mdct(codes, window_fn=tf.signal.kaiser_bessel_derived_window)
    return tf.signal.inverse_stft(spectra, 16, 4, window_fn=window), shorter, codes[:, :4], again


def cut_spectra(tf):
    """Transforms shorter than the windows, for which TensorFlow has no gradient."""
    return tf.abs(tf.signal.stft(tf.constant(WAVE), 8, 4, 6)), tf.signal.stft(tf.constant(WAVE), 8, 4, 5)


def lengths_as_tensors(tf):
    length, step = tf.constant(8), tf.constant(4)
    wave = tf.constant(WAVE)
    frames = tf.signal.frame(wave, length, step, True, tf.constant(1.0, tf.float64), tf.constant(0))
    return frames, tf.signal.overlap_and_add(frames, step), tf.signal.hann_window(length), tf.signal.stft(wave, 8, step)


@pytest.mark.parametrize(
    "program", [spectral_loss, features, there_and_back, cut_spectra, lengths_as_tensors], ids=lambda one: one.__name__
)
def test_programs(program):
    same(
        lambda tf: [tf.math.real(x) if x.dtype.is_complex else x for x in tf.nest.flatten(program(tf))],
        rtol=1e-5,
        atol=1e-5,
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_windows_of_half_precision(dtype):
    for name in ("hann_window", "hamming_window", "vorbis_window"):
        same(
            lambda tf, name=name: tf.cast(getattr(tf.signal, name)(8, dtype=getattr(tf, dtype)), tf.float32), atol=1e-2
        )


REFUSALS = """
tf.signal.frame(1.0, 2, 1)
tf.signal.frame([1.0, 2.0], [2], 1)
tf.signal.frame([1.0, 2.0], 2, [1])
tf.signal.overlap_and_add([1.0, 2.0], 1)
tf.signal.overlap_and_add([[1.0, 2.0]], 1.5)
tf.signal.overlap_and_add([[1.0, 2.0]], [1])
tf.signal.hann_window(4, dtype=tf.int32)
tf.signal.kaiser_window(4, dtype=tf.int32)
tf.signal.vorbis_window([4])
tf.signal.stft(1.0, 4, 2)
tf.signal.inverse_stft(tf.complex([1.0], [1.0]), 4, 2)
tf.signal.mdct(tf.zeros([16]), 6)
tf.signal.mdct(tf.zeros([16]), 8, norm="l2")
tf.signal.inverse_mdct(tf.zeros([4]))
tf.signal.dct(tf.zeros([4]), axis=0)
tf.signal.dct(tf.zeros([4]), n=0)
tf.signal.dct(tf.zeros([4]), 5)
tf.signal.dct(tf.zeros([1]), 1)
tf.signal.dct(tf.zeros([4]), 1, norm="ortho")
tf.signal.idct(tf.zeros([4]), norm="max")
tf.signal.linear_to_mel_weight_matrix(0)
tf.signal.linear_to_mel_weight_matrix(lower_edge_hertz=-1.0)
tf.signal.linear_to_mel_weight_matrix(lower_edge_hertz=4000.0)
tf.signal.linear_to_mel_weight_matrix(sample_rate=0)
tf.signal.linear_to_mel_weight_matrix(sample_rate=tf.constant(4000))
tf.signal.linear_to_mel_weight_matrix(dtype=tf.int32)
""".strip().splitlines()


@pytest.mark.parametrize("expression", REFUSALS)
def test_refusals(expression):
    assert same(lambda tf: eval(expression, {"tf": tf})).exception


def test_an_axis_that_there_is_not():
    assert same(lambda tf: tf.signal.frame([1.0, 2.0], 2, 1, axis=1), message=False).exception == "IndexError"
