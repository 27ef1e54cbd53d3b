"""Every form of index against TensorFlow: value, gradient and second derivative, or the error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compare import same

KEYS = [
    *(
        "0",
        "-1",
        "1, 2",
        "1, 2, 3",
        "..., 0",
        "0, ...",
        "..., -1, 1",
        ":, 1",
        ":, :, 1",
        "1:",
        ":1",
        ":, 1:3",
        ":, :, 1:3",
    ),
    *(
        "0, 1:3",
        "0, :, 1",
        ":, 0, 1:3",
        ":, 1:2, 1:3",
        "1, ..., 1:",
        ":, 1:3, 2",
        "0:1, 1, 1:3",
        "...",
        ":",
        ":, :",
        "()",
    ),
    *("::2", "::-1", ":, ::-2", "1::-1", ":, 2:0:-1, ::2", "5:", ":, 9:1", ":, -2:", "-9:9", ":, 1:1", "0:0"),
    *("None", "None, 0", ":, None, 1:3", "..., None", "None, ..., None", "0, None, :, 1", "1, None, 2, None, 3"),
    *("tf.constant(1)", "tf.constant(1, tf.int64)", "tf.Variable(1)", "np.int64(1)", "np.array(1)", "np.uint8(1)"),
    *("tf.constant(0):tf.constant(1)", ":, tf.constant(2):0:-1", "..., tf.constant(1)", "[0, 1]", "(0, 1)"),
    *("x > 0", "np.array([True, False])", "tf.constant([[True, False, True], [False, False, True]])"),
]
WRONG = [
    *(
        "2",
        "-3",
        "0, 3",
        "0, 0, 4",
        "0, 0, 0, 0",
        ":, :, :, :",
        "'a'",
        "1.0",
        "np.array([0, 1])",
        "tf.constant([0, 1])",
    ),
    *("True", "tf.constant(True)", "tf.constant([True, False]), 0", "..., ...", "::0", "tf.constant(1.0)", "{}"),
    *("tf.constant(1, tf.uint8)", "tf.constant([0, 1]):2", "2 ** 40", "tf.constant([True, False, True])"),
]


def read(tf: Any, x: Any, key: str) -> Any:
    return eval(f"x[{key}]", {"x": x, "tf": tf, "np": np})


def program(key: str, kind: str) -> Any:
    """Reads at a key, and differentiates twice."""

    def run(tf: Any) -> Any:
        x = tf.constant(np.linspace(-1.0, 2.0, 24).reshape(2, 3, 4), tf.float32)
        if kind == "variable":
            x = tf.Variable(x)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                if kind == "tensor":
                    outer.watch(x)
                    inner.watch(x)
                y = read(tf, x, key)
                z = y * y * y
            first = inner.gradient(z, x)
        return y, first, outer.gradient(first, x)

    return run


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("kind", ["tensor", "variable"])
def test_key(key: str, kind: str) -> None:
    same(program(key, kind), rtol=1e-6)


@pytest.mark.parametrize("key", KEYS)
def test_key_of_integers(key: str) -> None:
    same(lambda tf: read(tf, tf.constant(np.arange(-12, 12).reshape(2, 3, 4), tf.int32), key))


@pytest.mark.parametrize("key", WRONG)
def test_wrong_key(key: str) -> None:
    same(lambda tf: read(tf, tf.constant(np.ones((2, 3, 4), np.float32)), key))


@pytest.mark.parametrize("key", ["...", "None", "()", "None, ...", "0", ":", "None, 0"])
def test_key_of_a_scalar(key: str) -> None:
    same(lambda tf: read(tf, tf.constant(3.0), key))


@pytest.mark.parametrize("key", ["0", ":, 0", "1:", ":, 1:", "...", "::-1", "None"])
def test_key_of_an_empty_tensor(key: str) -> None:
    same(lambda tf: read(tf, tf.zeros([0, 3]), key))
