"""Activations: values, gradients, names and configurations compared with Keras'."""

from __future__ import annotations

import numpy as np
import pytest
from beside import OURS, same

import gradtape

# Deliberate differences from Keras; docs/compatibility.md lists them.
DELIBERATE = {
    "activations.sparsemax": "Keras' results do not sum to 1: it subtracts more than the support's surplus",
}

X = np.array(
    [[-1e4, -100.0, -7.0, -3.0, -1.5, -1.0], [-0.5, -0.2, 0.0, 0.2, 0.5, 1.0], [1.5, 3.0, 6.0, 7.0, 100.0, 1e4]]
)
MODERATE = X.clip(-20, 20) + 0.03

PLAIN = (
    *("linear", "relu", "leaky_relu", "relu6", "softmax", "log_softmax", "elu", "celu", "selu", "softplus"),
    *("softsign", "soft_shrink", "hard_shrink", "tanh_shrink", "sparse_plus", "silu", "swish", "squareplus", "gelu"),
    *(
        "glu",
        "tanh",
        "hard_tanh",
        "sigmoid",
        "hard_sigmoid",
        "log_sigmoid",
        "sparse_sigmoid",
        "hard_silu",
        "hard_swish",
    ),
    *("exponential", "mish"),
)
OPTIONS = {
    "relu": [
        {"negative_slope": 0.1},
        {"max_value": 6},
        {"max_value": 2.0},
        {"threshold": 0.7},
        {"negative_slope": 0.1, "max_value": 5.0},
        {"negative_slope": 0.1, "max_value": 5.0, "threshold": 0.7},
        {"negative_slope": 0.1, "threshold": 0.7},
    ],
    "leaky_relu": [{"negative_slope": 0.3}],
    "softmax": [{"axis": 0}, {"axis": None}],
    "log_softmax": [{"axis": 0}, {"axis": None}],
    "elu": [{"alpha": 0.5}],
    "celu": [{"alpha": 0.5}],
    "soft_shrink": [{"threshold": 1.2}],
    "hard_shrink": [{"threshold": 1.2}],
    "squareplus": [{"b": 2}],
    "gelu": [{"approximate": True}],
    "glu": [{"axis": 1}],
    "threshold": [{"threshold": 0.4, "default_value": 7.0}],
}
CASES = [(name, {}) for name in PLAIN] + [(name, options) for name, rows in OPTIONS.items() for options in rows]
CLOSE = {"float32": (3e-6, 1e-6), "float64": (2e-12, 1e-13)}
# Keras passes numbers such as slopes through float32 even for float64.
THROUGH_FLOAT32 = (1e-6, 1e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name,options", CASES, ids=str)
def test_values(name, options, dtype):
    x = MODERATE if name == "exponential" else X

    def program(tf, keras):
        return getattr(keras.activations, name)(tf.constant(x, dtype), **options)

    rtol, atol = THROUGH_FLOAT32 if dtype == "float64" and (options or name == "leaky_relu") else CLOSE[dtype]
    same(program, rtol=rtol, atol=atol)


@pytest.mark.parametrize("name,options", CASES, ids=str)
def test_gradients(name, options):
    def program(tf, keras):
        v = tf.Variable(MODERATE, dtype="float64")
        with tf.GradientTape() as tape:
            y = getattr(keras.activations, name)(v * 1.0, **options)
            loss = tf.reduce_sum(y * tf.cumsum(tf.ones_like(y), axis=1))
        return tape.gradient(loss, v)

    rtol, atol = THROUGH_FLOAT32 if options or name == "leaky_relu" else (1e-9, 1e-12)
    same(program, rtol=rtol, atol=atol)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_sparsemax_is_the_nearest_distribution(axis):
    """Keras' results do not sum to 1; this tests the definition."""
    x = np.random.default_rng(0).normal(size=(4, 5)) * 2
    v = gradtape.Variable(x)
    with gradtape.GradientTape() as tape:
        y = OURS.activations.sparsemax(v, axis)
        loss = gradtape.reduce_sum(y * y * gradtape.constant(x))
    p = y.numpy()
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis), 1.0, rtol=1e-12)
    # Where p is positive, x - p is the threshold, and no x elsewhere exceeds it.
    surplus = np.where(p > 0, x - p, -np.inf).max(axis, keepdims=True)
    np.testing.assert_allclose(p, np.maximum(x - surplus, 0), rtol=1e-10, atol=1e-12)
    inner = 2 * p * x
    support = p > 0
    mean = np.sum(inner * support, axis, keepdims=True) / support.sum(axis, keepdims=True)
    np.testing.assert_allclose(tape.gradient(loss, v), support * (inner - mean), rtol=1e-10, atol=1e-12)


OTHER = {
    "names": lambda a: [a.get(name).__name__ for name in PLAIN],
    "of None": lambda a: a.get(None) is a.linear,
    "of itself": lambda a: a.get(a.relu) is a.relu,
    "unknown": lambda a: a.get("unknown"),
    "a number": lambda a: a.get(3),
    "unknown data": lambda a: a.get({"class_name": "Unknown", "config": {}}),
    "serialize": lambda a: [a.serialize(getattr(a, name)) for name in PLAIN],
    "deserialize": lambda a: a.deserialize("relu") is a.relu,
    "odd glu": lambda a: a.glu(np.zeros((2, 3), "float32")),
}


@pytest.mark.parametrize("name", OTHER)
def test_names(name):
    same(lambda tf, keras: OTHER[name](keras.activations), message=name != "odd glu")


def test_own_functions():
    def program(tf, keras):
        @keras.utils.register_keras_serializable("mine")
        def doubled(x):
            return 2 * x

        data = keras.activations.serialize(doubled)
        return data["config"], data["registered_name"], keras.activations.deserialize(data) is doubled

    same(program)
