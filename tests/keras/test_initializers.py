"""Initializers and random numbers: Keras' values for the same seeds, configurations and errors."""

from __future__ import annotations

import numpy as np
import pytest
from beside import same

# Deliberate differences from Keras; docs/compatibility.md lists them.
DELIBERATE = {
    "initializers.Orthogonal": "another QR factorisation than TensorFlow's: equal to rounding, not to the bit",
}

DRAWN = (
    *("RandomNormal", "TruncatedNormal", "RandomUniform", "VarianceScaling", "GlorotUniform", "GlorotNormal"),
    *("LecunNormal", "LecunUniform", "HeNormal", "HeUniform"),
)
NAMES = (
    *("zeros", "zero", "ones", "one", "identity", "orthogonal", "normal", "uniform", "random_normal", "HeNormal"),
    *("glorot_uniform", "glorot_normal", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "Zeros"),
    *("truncated_normal", "variance_scaling", "OrthogonalInitializer", "IdentityInitializer"),
)
WINDOWS = (("hann", "density", False), ("hamming", "spectrum", True), (None, None, False))
SHAPES = ((), (3,), (4, 3), (5, 5, 2, 7), (0, 3), (300, 70))


@pytest.mark.parametrize("dtype", [None, "float32", "float64"])
@pytest.mark.parametrize("name", DRAWN)
def test_drawn_values_are_equal_bit_for_bit(name, dtype):
    def program(tf, keras):
        initializer = getattr(keras.initializers, name)(seed=1234)
        return [initializer(shape, dtype=dtype) for shape in SHAPES]

    # Uniform numbers are equal bit by bit; others to the last bit, if both use the same logarithm, sine and cosine.
    same(program, rtol=0.0 if "Uniform" in name else 3e-7 if dtype != "float64" else 1e-15)


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
@pytest.mark.parametrize("distribution", ["normal", "truncated_normal", "untruncated_normal", "uniform"])
def test_variance_scaling(mode, distribution):
    def program(tf, keras):
        make = keras.initializers.VarianceScaling
        ordinary = make(3.0, mode, distribution, seed=5)
        other = make(3.0, mode, distribution, seed=5, input_axes=[0], output_axes=[1, 2])
        return [ordinary((3, 4, 5)), ordinary((7,)), other((3, 4, 5)), ordinary.get_config(), other.get_config()]

    same(program, rtol=3e-7)


def test_seeds_follow_from_the_global_one():
    def program(tf, keras):
        keras.utils.set_random_seed(42)
        made = [getattr(keras.initializers, name)()((3, 4)) for name in DRAWN]
        again = [keras.initializers.get("glorot_uniform")((2, 2)) for _ in range(2)]
        drawn = [keras.random.normal((3,)), keras.random.uniform((2, 2)), keras.random.randint((4,), 0, 100)]
        generator = keras.random.SeedGenerator()
        own = [keras.random.uniform((3,), seed=generator) for _ in range(3)]
        return made, again, drawn, own, generator.state, np.random.rand(), tf.random.uniform([2])

    same(program, rtol=3e-7)


def test_seed_generators():
    def program(tf, keras):
        generator = keras.random.SeedGenerator(2**40 + 3)
        jumping = [generator.next(ordered=False) for _ in range(3)]
        counted = [generator.next() for _ in range(3)]
        drawn = keras.random.normal((2,), seed=generator)
        negative = keras.random.uniform((2,), seed=keras.random.SeedGenerator(-5))
        initializer = keras.initializers.RandomNormal(seed=keras.random.SeedGenerator(3))
        return jumping, counted, drawn, negative, initializer((2,)), initializer((2,)), generator.get_config()["seed"]

    same(program, rtol=3e-7)


RANDOM = {
    "normal": lambda tf, r: [r.normal((3, 2), 2.0, 0.5, seed=1), r.normal((2,), dtype="float64", seed=1)],
    "truncated_normal": lambda tf, r: r.truncated_normal((3, 2), 2.0, 0.5, seed=1),
    "uniform": lambda tf, r: [r.uniform((3, 2), -1, 7, seed=1), r.uniform((2,), dtype="float64", seed=1)],
    "uniform of integers": lambda tf, r: r.uniform((2,), dtype="int32"),
    "randint": lambda tf, r: [r.randint((5,), -3, 9, seed=1), r.randint((5,), 0, 9, "int64", seed=1)],
    "randint uint8": lambda tf, r: r.randint((5,), 0, 9, dtype="uint8", seed=1),
    "randint of floats": lambda tf, r: r.randint((5,), 0, 9, dtype="float32"),
    "categorical": lambda tf, r: r.categorical(tf.constant([[0.1, 0.5, 0.2], [3.0, 1.0, 0.0]]), 7, seed=1),
    "categorical of a vector": lambda tf, r: r.categorical(np.zeros(3, "float32"), 7).shape,
    "dropout": lambda tf, r: [r.dropout(tf.ones((4, 3)), rate, seed=1) for rate in (0.0, 0.3, 1.0)],
    "dropout of rows": lambda tf, r: r.dropout(tf.ones((4, 3)), 0.5, (None, 1), seed=1),
    "shuffle": lambda tf, r: [r.shuffle(tf.reshape(tf.range(12), (4, 3)), axis, seed=1) for axis in (0, 1)],
    "gamma": lambda tf, r: r.gamma((4, 2), [0.5, 3.0], seed=1),
    "binomial": lambda tf, r: r.binomial((4, 2), [50.0, 100.0], [0.5, 0.1], seed=1),
    "beta": lambda tf, r: r.beta((4, 2), [0.5, 3.0], 2.0, seed=1),
    "a seed that is none": lambda tf, r: r.normal((2,), seed="seven"),
}


@pytest.mark.parametrize("name", RANDOM)
def test_random(name):
    same(lambda tf, keras: RANDOM[name](tf, keras.random), rtol=3e-7, message="of a vector" not in name)


CONSTANT = {
    "Zeros": lambda i: i.Zeros()((2, 3)),
    "Ones": lambda i: i.Ones()((2, 3), dtype="float64"),
    "integers": lambda i: i.Ones()((2, 3), dtype="int32"),
    "Constant": lambda i: [i.Constant(2.5)((2, 3)), i.Constant([1.0, 2.0])((3, 2)), i.Constant(np.ones(2))((3, 2))],
    "Constant config": lambda i: [i.Constant(2.5).get_config(), i.Constant([1.0, 2.0]).get_config()],
    "Identity": lambda i: [i.Identity(2.0)((2, 3)), i.Identity().get_config(), i.IdentityInitializer()((2, 2))],
    "Identity of a vector": lambda i: i.Identity()((3,)),
    "STFT": lambda i: [
        i.STFT(side, window, scaling, periodic)((16, 1, 9))
        for side in ("real", "imag")
        for window, scaling, periodic in (
            ("hann", "density", False),
            ("hamming", "spectrum", True),
            (None, None, False),
        )
    ],
    "STFT config": lambda i: i.STFT("imag", None).get_config(),
    "STFT side": lambda i: i.STFT("neither"),
    "STFT scaling": lambda i: i.STFT(scaling="neither"),
    "aliases": lambda i: [
        getattr(i, name) is getattr(i, alias)
        for name, alias in (("Zeros", "zeros"), ("RandomNormal", "random_normal"), ("GlorotUniform", "glorot_uniform"))
    ],
    "names": lambda i: [type(i.get(name)).__name__ for name in NAMES],
    "scale": lambda i: i.VarianceScaling(scale=0.0),
    "seed": lambda i: i.RandomNormal(seed="seven"),
    "get None": lambda i: i.get(None),
    "get class": lambda i: type(i.get(i.HeNormal)).__name__,
    "get unknown": lambda i: i.get("unknown"),
    "get number": lambda i: i.get(3),
    "get array": lambda i: i.get(np.ones((2, 2)))((2, 2)),
    "get array of another shape": lambda i: i.get(np.ones((2, 2)))((2, 3)),
    "get data": lambda i: i.get({"class_name": "HeNormal", "config": {"seed": 3}}).get_config(),
    "serialize": lambda i: [
        i.serialize(i.HeNormal(seed=3)),
        i.serialize(i.Constant(2.0)),
        i.serialize(i.Orthogonal(2.0, 7)),
    ],
    "deserialize": lambda i: i.deserialize(i.serialize(i.RandomUniform(-1.0, 2.0, seed=3))).get_config(),
    "clone": lambda i: i.TruncatedNormal(1.0, 2.0, seed=3).clone()((2,)),
    "base": lambda i: i.Initializer()((2,)),
}


@pytest.mark.parametrize("name", CONSTANT)
def test_initializer(name):
    same(lambda tf, keras: CONSTANT[name](keras.initializers), rtol=1e-6, atol=1e-6 if "STFT" in name else 0.0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 3), (5, 2), (2, 5), (3, 3, 2, 4), (32, 128)])
def test_orthogonal(shape, dtype):
    # The QR factorisation differs from TensorFlow's, so results are equal up to rounding.
    exact = dtype == "float64"
    same(
        lambda tf, keras: keras.initializers.Orthogonal(1.5, seed=3)(shape, dtype=dtype),
        rtol=1e-12 if exact else 1e-4,
        atol=1e-13 if exact else 1e-5,
    )


def test_orthogonal_of_a_vector():
    same(lambda tf, keras: keras.initializers.Orthogonal()((3,)))
