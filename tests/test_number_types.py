"""Half precision, complex numbers and their gradients; mixed precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradtape as tf
from cases import cases
from complex_numbers import difference_quotients, weighed


def float16_numbers() -> np.ndarray:
    return np.arange(2**16, dtype=np.uint16).view(np.float16)


def test_every_half_becomes_a_float_and_back() -> None:
    numbers = float16_numbers()
    wide = tf.cast(tf.constant(numbers), tf.float32).numpy()
    np.testing.assert_array_equal(wide, numbers.astype(np.float32))
    again = tf.cast(tf.constant(wide), tf.float16).numpy()
    held = ~np.isnan(numbers)
    np.testing.assert_array_equal(again.view(np.uint16)[held], numbers.view(np.uint16)[held])
    assert np.isnan(again[~held]).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_floats_are_rounded_to_the_nearest_and_ties_to_even(dtype: str) -> None:
    kind = tf.as_dtype(dtype).as_numpy_dtype
    held = np.arange(2**16, dtype=np.uint16).view(kind)
    wide = held.astype(np.float32)
    with np.errstate(all="ignore"):
        between = ((wide[:-1].astype(np.float64) + wide[1:]) / 2).astype(np.float32)
    near = np.nextafter(between, np.float32(np.inf)), np.nextafter(between, np.float32(-np.inf))
    for numbers in (between, *near, np.float32([65519, 65520, 65536, 3.4e38, -3.4e38, 1e-8, -0.0, np.inf, np.nan])):
        with np.errstate(all="ignore"):
            expected = numbers.astype(kind)
        result = tf.cast(tf.constant(numbers), dtype).numpy()
        finite = ~np.isnan(numbers)
        np.testing.assert_array_equal(result[finite].view(np.uint16), expected[finite].view(np.uint16))
        assert np.isnan(result[~finite].astype(np.float32)).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_sums_are_added_up_in_float32(dtype: str) -> None:
    ones = tf.ones([5000], dtype)
    expected = tf.cast(5000.0, dtype)
    assert tf.reduce_sum(ones) == expected
    assert tf.reduce_sum(tf.ones([2, 5000], dtype), axis=1)[1] == expected
    assert tf.matmul(ones[None], ones[:, None])[0, 0] == expected
    assert tf.reduce_mean(ones) == tf.ones([], dtype)


PROGRAMS: dict[str, Callable[[Any, Any], Any]] = {
    "product and sum": lambda x, w: tf.reduce_sum(x * w + x),
    "broadcast": lambda x, w: tf.reduce_sum(x * w[0] - w[:, :1]),
    "matmul": lambda x, w: tf.reduce_sum(tf.tanh(tf.matmul(x, w, transpose_b=True))),
    "softmax": lambda x, w: tf.reduce_sum(tf.nn.softmax(x) * w),
    "max": lambda x, w: tf.reduce_max(x * w) + tf.reduce_mean(x),
    "gather": lambda x, w: tf.reduce_sum(tf.gather(x, [0, 1, 0]) * tf.gather(w, [1, 1, 0])),
    "pad and slice": lambda x, w: tf.reduce_sum(tf.pad(x, [[1, 0], [0, 1]])[:2, 1:] * w),
    "concat": lambda x, w: tf.reduce_sum(tf.concat([x, w, x], 0) ** 2),
    "norm": lambda x, w: tf.sqrt(tf.reduce_sum(x * x)) / tf.reduce_sum(tf.abs(w)),
    "where": lambda x, w: tf.reduce_sum(tf.where(x > w, x * w, w)),
}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_in_half_precision_are_those_of_float32(name: str, dtype: str) -> None:
    rng = np.random.default_rng(3)
    arrays = [rng.uniform(0.3, 2.0, (2, 3)), rng.uniform(0.3, 2.0, (2, 3))]
    found = {}
    for kind in (dtype, "float32"):
        x, w = (tf.cast(tf.cast(tf.constant(array), dtype), kind) for array in arrays)
        with tf.GradientTape() as tape:
            tape.watch((x, w))
            y = PROGRAMS[name](x, w)
        found[kind] = [y, *tape.gradient(y, (x, w))]
        assert all(value.dtype == kind for value in found[kind])
    tolerance = 1e-2 if dtype == "float16" else 6e-2
    for half, single in zip(
        *([tf.convert_to_tensor(value) for value in found[kind]] for kind in (dtype, "float32")), strict=True
    ):
        np.testing.assert_allclose(half.numpy().astype(np.float32), single.numpy(), rtol=tolerance, atol=tolerance)


def test_gradients_pass_between_precisions() -> None:
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.cast(tf.square(tf.cast(x, tf.float16)), tf.float32))
    gradient = tape.gradient(y, x)
    assert gradient.dtype == tf.float32
    np.testing.assert_array_equal(gradient.numpy(), [2.0, 4.0])


def test_jacobians_and_forward_accumulation_in_half_precision() -> None:
    x = tf.constant([1.0, 2.0, 3.0], tf.float16)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    np.testing.assert_array_equal(tape.jacobian(y, x).numpy(), np.diag([2.0, 4.0, 6.0]).astype(np.float16))
    with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as accumulator:
        y = x * x
    tangent = accumulator.jvp(y)
    assert tangent.dtype == tf.float16
    np.testing.assert_array_equal(tangent.numpy(), np.float16([2.0, 4.0, 6.0]))


def test_compiled_functions_take_every_number_type() -> None:
    @tf.function
    def program(x: Any) -> Any:
        return tf.reduce_sum(x * x + x)

    for dtype in ("float16", "bfloat16", "complex64", "int8", "uint16", "uint64"):
        x = tf.cast(tf.constant([1, 2, 3]), dtype)
        for _ in range(4):
            result = program(x)
            assert result.dtype == dtype and complex(tf.cast(result, tf.complex128)) == 20


# Complex numbers


COMPLEX_PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "square": tf.square,
    "product": lambda z: z * tf.math.conj(z) * z,
    "quotient": lambda z: (z + 1) / (z * z + 2),
    "reciprocal": tf.math.reciprocal,
    "broadcast": lambda z: z * z[0] + z[:, :1],
    "power": lambda z: z ** tf.constant(2.5 - 0.5j),
    "exponent": lambda z: tf.constant(1.5 + 0.5j) ** z,
    "exp": tf.exp,
    "log": tf.math.log,
    "log1p": tf.math.log1p,
    "expm1": tf.math.expm1,
    "sqrt": tf.sqrt,
    "rsqrt": tf.math.rsqrt,
    "sin": tf.sin,
    "cos": tf.cos,
    "tan": tf.tan,
    "asin": tf.asin,
    "acos": tf.acos,
    "atan": tf.atan,
    "sinh": tf.sinh,
    "cosh": tf.cosh,
    "tanh": tf.tanh,
    "asinh": tf.asinh,
    "acosh": tf.acosh,
    "atanh": tf.atanh,
    "sigmoid": tf.sigmoid,
    "abs": lambda z: tf.cast(tf.abs(z), z.dtype) * z,
    "angle": lambda z: tf.cast(tf.math.angle(z), z.dtype),
    "parts": lambda z: tf.complex(tf.math.imag(z) ** 2, tf.math.real(z) * tf.math.imag(z)),
    "squared difference": lambda z: tf.math.squared_difference(z, z[::-1] * 2),
    "sum": lambda z: tf.reduce_sum(z * z, 0),
    "mean": lambda z: tf.reduce_mean(z * z, 1, keepdims=True),
    "product of all": lambda z: tf.reduce_prod(z, 1),
    "running product": lambda z: tf.math.cumprod(z, 1),
    "running sum": lambda z: tf.cumsum(z * z, 1),
    "matmul": lambda z: tf.matmul(z, z, transpose_b=True),
    "matmul by constants": lambda z: tf.matmul(tf.constant([[1 + 1j, 2 - 1j]]), z),
    "transpose": lambda z: tf.transpose(z * z, conjugate=True),
    "adjoint": lambda z: tf.linalg.adjoint(z) * tf.sign(tf.transpose(z)),
    "matmul of adjoints": lambda z: tf.matmul(z, z * z, adjoint_a=True) + tf.matmul(z[:, :1], z * z, adjoint_a=True),
    "gather": lambda z: tf.gather(z * z, [0, 1, 0]),
    "index": lambda z: (z * z)[1, ::-1],
    "concat": lambda z: tf.concat([z, z * z], 1),
    "pad": lambda z: tf.pad(z * z, [[1, 0], [0, 1]]),
    "where": lambda z: tf.where([[True, False, True], [False, True, True]], z, z * z),
    "tile": lambda z: tf.tile(z * z, [1, 2]),
    "inverse": lambda z: tf.linalg.inv(z[:, :2] * z[:, 1:]),
    "determinant": lambda z: tf.linalg.det(z[:, :2]),
    "solve": lambda z: tf.linalg.solve(z[:, :2], z * z),
    "solve adjoint": lambda z: tf.linalg.solve(z[:, :2], z * z, adjoint=True),
    "fft": lambda z: tf.signal.fft(z * z),
    "ifft": lambda z: tf.signal.ifft(z * z),
    "fft2d": lambda z: tf.signal.fft2d(z * z),
    "ifft3d": lambda z: tf.signal.ifft3d((z * z)[None]),
    "rfft": lambda z: tf.signal.rfft(tf.math.real(z * z)),
    "irfft": lambda z: tf.cast(tf.signal.irfft(z * z), z.dtype),
    "rfft2d": lambda z: tf.signal.rfft2d(tf.math.real(z * z)),
    "irfft2d": lambda z: tf.cast(tf.signal.irfft2d(z * z), z.dtype),
    "rfft of parts": lambda z: tf.signal.rfft(tf.math.real(z * z), [2]),
    "rfft2d of parts": lambda z: tf.signal.rfft2d(tf.math.real(z * z), [1, 5]),
    "irfft2d of parts": lambda z: tf.cast(tf.signal.irfft2d(z * z, [3, 2]), z.dtype),
    "rfft3d": lambda z: tf.signal.rfft3d(tf.math.real(z * z)[None]),
    "irfft3d": lambda z: tf.cast(tf.signal.irfft3d((z * z)[:, None]), z.dtype),
    "irfft of odd length": lambda z: tf.cast(tf.signal.irfft(z * z, [5]), z.dtype),
}


def drawn() -> np.ndarray:
    rng = np.random.default_rng(5)
    return rng.uniform(0.4, 1.4, (2, 3)) + 1j * rng.uniform(0.2, 0.9, (2, 3))


@cases("name", COMPLEX_PROGRAMS)
def test_complex_gradients_are_difference_quotients(name: str) -> None:
    z = tf.constant(drawn())
    with tf.GradientTape() as tape:
        tape.watch(z)
        y = weighed(COMPLEX_PROGRAMS[name](z))
    gradient = tape.gradient(y, z)
    assert gradient.dtype == tf.complex128
    expected = difference_quotients(lambda v: weighed(COMPLEX_PROGRAMS[name](v)), drawn())
    np.testing.assert_allclose(gradient.numpy(), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    "name", ["product", "exp", "quotient", "abs", "matmul", "solve", "fft", "irfft", "product of all"]
)
def test_second_complex_gradients_are_difference_quotients(name: str) -> None:
    def slope(z: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(z)
            y = weighed(COMPLEX_PROGRAMS[name](z))
        gradient = tape.gradient(y, z)
        return tf.reduce_sum(tf.math.real(gradient) * 0.7 + tf.math.imag(gradient) ** 2)

    z = tf.constant(drawn())
    with tf.GradientTape() as tape:
        tape.watch(z)
        y = slope(z)
    np.testing.assert_allclose(tape.gradient(y, z).numpy(), difference_quotients(slope, drawn()), rtol=1e-5, atol=1e-6)


def test_what_complex_numbers_have_no_rule_for_says_so() -> None:
    z = tf.constant([[1 + 1j, 2.0], [0.5, 1j]])
    for function in (tf.nn.softmax, tf.nn.relu, tf.linalg.pinv, tf.sort, tf.math.erf, tf.floor, tf.reduce_max):
        with pytest.raises((tf.errors.InvalidArgumentError, TypeError)):
            function(z)


# Mixed precision


@pytest.fixture
def mixed() -> Any:
    tf.keras.mixed_precision.set_global_policy("mixed_float16")
    yield
    tf.keras.mixed_precision.set_global_policy("float32")


@pytest.mark.usefixtures("mixed")
def test_layers_compute_in_half_precision_and_keep_float32() -> None:
    layer = tf.keras.layers.Dense(4)
    x = tf.ones([2, 3])
    for _ in range(3):
        with tf.GradientTape() as tape:
            y = layer(x)
        assert y.dtype == tf.float16 and layer.kernel.dtype == tf.float32 and layer.compute_dtype == "float16"
    kernel, bias = tape.gradient(y, [layer.kernel, layer.bias])
    assert kernel.dtype == bias.dtype == tf.float32
    np.testing.assert_array_equal(kernel.numpy(), np.full((3, 4), 2.0))
    assert (layer.kernel + 0.0).dtype == tf.float32


@pytest.mark.usefixtures("mixed")
def test_models_train_in_mixed_precision() -> None:
    tf.keras.utils.set_random_seed(7)
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Dense(8, activation="relu"),
            tf.keras.layers.BatchNormalization(),
            tf.keras.layers.Dense(1, dtype="float32"),
        ]
    )
    model.compile(tf.keras.optimizers.Adam(0.02), "mse")
    assert isinstance(model.optimizer, tf.keras.mixed_precision.LossScaleOptimizer)
    x = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    y = x.sum(1, keepdims=True)
    losses = model.fit(x, y, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < 0.3 * losses[0]
    assert all(weight.dtype == tf.float32 for weight in model.weights)


@pytest.mark.parametrize("kind", [tf.float16, tf.bfloat16], ids=lambda kind: kind.name)
def test_bits_of_half_precision(kind):
    halves = tf.cast([1.0, -2.5], kind)
    bits = np.asarray(tf.bitcast(halves, tf.int16))
    assert bits.dtype == np.int16
    np.testing.assert_array_equal(bits, np.asarray(halves).view(np.int16))
    assert tf.bitcast(halves, tf.uint8).shape == (2, 2)
    assert tf.bitcast(halves, tf.float32).shape == ()
    np.testing.assert_array_equal(tf.cast(tf.bitcast(bits, kind), tf.float32), [1.0, -2.5])
