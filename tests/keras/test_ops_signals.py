"""keras.ops' functions of signals, bits and windows: values, gradients, errors and symbolic shapes, as in Keras."""

from __future__ import annotations

import numpy as np
import pytest
from beside import OURS, same

import gradtape
import keras
from gradtape._src.keras.ops import bits

R = np.random.default_rng(0)
WHOLE = np.array([[0, 1, 6], [3, 12, 5]])
PARTS = R.normal(size=(2, 3, 4, 8))
IMAGES = R.normal(size=(2, 3, 7, 6))
SIGNAL = R.normal(size=(2, 64))


def parts(dtype):
    return tuple(PARTS.astype(dtype))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
@pytest.mark.parametrize("name", [row[0] for row in bits._PAIRS])
def test_bits_of_two(name, dtype):
    x, y = WHOLE.astype(dtype), (WHOLE[::-1] % 5).astype(dtype)
    same(lambda tf, keras: getattr(keras.ops, name)(tf.constant(x), tf.constant(y)))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
@pytest.mark.parametrize("name", [row[0] for row in bits._SINGLES])
def test_bits_of_one(name, dtype):
    same(lambda tf, keras: getattr(keras.ops, name)(tf.constant(WHOLE.astype(dtype))))


CASES = {
    "fft": lambda o, d: o.fft(parts(d)),
    "fft2": lambda o, d: [o.fft2(parts(d)), o.ifft2(parts(d))],
    "rfft": lambda o, d: [o.rfft(o.convert_to_tensor(SIGNAL.astype(d)), length) for length in (None, 16, 80)],
    "irfft": lambda o, d: [o.irfft(parts(d)), o.irfft(parts(d), 10)],
    "sequences": lambda o, d: [o.extract_sequences(SIGNAL.astype(d), 8, 3), o.extract_sequences(WHOLE, 2, 1)],
    "stft": lambda o, d: [
        o.stft(SIGNAL.astype(d), 16, 8, 16),
        o.stft(SIGNAL.astype(d), 12, 5, 16, "hamming"),
        o.stft(SIGNAL.astype(d), 16, 8, 32, None, center=False),
        o.stft(SIGNAL[0].astype(d), 4, 2, 5, np.array([0.5, 1.0, 1.0, 0.25], d)),
    ],
    "transposed convolution": lambda o, d: [
        found
        for padding in ("valid", "same")
        for found in (
            o.conv_transpose(SIGNAL.reshape(2, 16, 4).astype(d), PARTS[0, :, :3, :4].astype(d), 2, padding),
            o.conv_transpose(IMAGES.astype(d), R2.astype(d), (2, 3), padding),
            o.conv_transpose(IMAGES.astype(d), R2.astype(d), 2, padding, 1),
            # TensorFlow dilates only in single precision.
            o.conv_transpose(IMAGES.astype("float32"), R2.astype("float32"), 1, padding, None, "channels_last", 2),
        )
    ],
    "unfold": lambda o, d: [
        o.unfold(IMAGES.astype(d), 2),
        o.unfold(IMAGES.astype(d), (3, 2), dilation=2, padding=(1, 2), stride=(2, 1)),
    ],
    "fold": lambda o, d: [
        o.fold(PARTS.reshape(2, 12, 8).astype(d)[:, :, :6], (3, 4), 2),
        o.fold(PARTS.reshape(2, 12, 8).astype(d)[:, :, :4], 4, (2, 3), 1, (0, 1), (2, 2)),
    ],
}
R2 = R.normal(size=(3, 2, 5, 6))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_values(name, dtype):
    tolerance = 1e-9 if dtype == "float64" and name != "transposed convolution" else 2e-4
    same(lambda tf, keras: CASES[name](keras.ops, dtype), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", ["real", "imag", "conj", "conjugate"])
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_parts_of_complex_numbers(name, dtype):
    z = PARTS[0] + 1j * PARTS[1]
    same(lambda tf, keras: getattr(keras.ops, name)(tf.constant(z.astype(dtype))))


DIFFERENTIABLE = {
    "fft": lambda o, x: o.fft((x, x * x))[0],
    "rfft": lambda o, x: o.rfft(x)[1],
    "irfft": lambda o, x: o.irfft((x, x * x)),
    "stft": lambda o, x: o.stft(x, 4, 2, 6)[0],
    "sequences": lambda o, x: o.extract_sequences(x, 4, 2),
    "transposed": lambda o, x: o.conv_transpose(x, R2[:2, :2, :, :].astype("float32"), 2),
    "unfold": lambda o, x: o.unfold(x, 2, padding=1),
    "fold": lambda o, x: o.fold(o.reshape(x[:, :, :4], (2, 12, 6)), (3, 4), 2),
}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients(name):
    def program(tf, keras):
        x = tf.constant(IMAGES.astype("float32"))
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.square(DIFFERENTIABLE[name](keras.ops, x)))
        return tape.gradient(loss, x)

    same(program, rtol=2e-4, atol=2e-4)


WRONG = {
    "one part": lambda o: o.fft(parts("float32")[:1]),
    "parts of other shapes": lambda o: o.fft(([1.0, 2.0], [1.0])),
    "short transform": lambda o: o.stft(SIGNAL.astype("float32"), 16, 8, 8),
    "window": lambda o: o.stft(SIGNAL.astype("float32"), 16, 8, 16, "flat"),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name):
    same(lambda tf, keras: WRONG[name](keras.ops))


SYMBOLIC = {
    "rfft": lambda o, x: o.rfft(x)[0],
    "stft": lambda o, x: o.stft(x, 4, 2, 6)[1],
    "sequences": lambda o, x: o.extract_sequences(x, 4, 2),
    "transposed": lambda o, x: o.conv_transpose(x, R2[:2, :2, :, :].astype("float32"), 2),
    "unfold": lambda o, x: o.unfold(x, 2),
}


@pytest.mark.parametrize("name", SYMBOLIC)
def test_in_models(name):
    found = []
    for library in (gradtape.keras, keras):
        library.utils.clear_session()
        inputs = library.Input((3, 7, 6))
        outputs = SYMBOLIC[name](library.ops, inputs)
        model = library.Model(inputs, outputs)
        found.append(([layer.name for layer in model.layers], tuple(outputs.shape)))
    assert found[0] == found[1]


def test_what_is_left_out_says_what_to_do():
    with pytest.raises(AttributeError, match=r"use tf\.linalg\.eig\."):
        _ = OURS.ops.eig
