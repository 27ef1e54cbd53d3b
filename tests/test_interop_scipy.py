"""Structures packed for SciPy: its optimizers, root finders and integrators find known solutions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, optimize

import gradtape as tf


def structure():
    return {"w": tf.Variable([[1.0, 2.0], [3.0, 4.0]]), "b": [tf.Variable(np.array(5.0)), tf.constant([6.0])]}


def test_vectors_and_back():
    given = structure()
    packing = tf.interop.scipy.pack(given)
    # In the order of the keys, as nests are flattened.
    np.testing.assert_array_equal(packing.vector, [5.0, 6.0, 1.0, 2.0, 3.0, 4.0])
    assert packing.size == 6 and packing.vector.dtype == np.float64
    unpacked = packing.unpack(np.arange(6.0))
    assert unpacked["b"][0].dtype == tf.float64 and unpacked["w"].dtype == tf.float32
    np.testing.assert_array_equal(unpacked["w"], [[2.0, 3.0], [4.0, 5.0]])
    packing.assign(np.arange(6.0))
    np.testing.assert_array_equal(given["w"], unpacked["w"])
    np.testing.assert_array_equal(packing.pack(unpacked), np.arange(6.0))


def test_what_does_not_fit():
    packing = tf.interop.scipy.pack(structure())
    for vector in (np.zeros(5), np.zeros((6, 1)), 1.0):
        with pytest.raises(ValueError, match=r"where \(6,\) was packed"):
            packing.unpack(vector)
    with pytest.raises(ValueError, match="there are 1 values where 3 were packed"):
        packing.pack([1.0])
    with pytest.raises(ValueError, match=r"a value has shape \(2,\) where \(\) was packed"):
        packing.pack({"w": np.zeros((2, 2)), "b": [np.zeros(2), np.zeros(1)]})
    with pytest.raises(ValueError, match=r"a loss is a scalar, and this one has shape \(2, 2\)"):
        packing.value_and_gradient(lambda parts: parts["w"])(packing.vector)
    with pytest.raises(TypeError, match="packed tensors must be floating, not int32"):
        tf.interop.scipy.pack([tf.Variable(1)])


def loss(parts):
    return tf.reduce_sum(parts["w"] ** 3) + tf.reduce_sum(parts["w"]) * tf.cast(parts["b"][0], tf.float32)


def test_gradient_and_hessian():
    packing, function = tf.interop.scipy.pack(structure()), loss
    x = np.array([0.5, 9.0, 1.0, -2.0, 3.0, 0.25])
    value, gradient = packing.value_and_gradient(function)(x)
    w, b = x[2:], x[0]
    assert isinstance(value, float) and value == pytest.approx((w**3).sum() + w.sum() * b)
    np.testing.assert_allclose(gradient, [w.sum(), 0.0, *(3 * w**2 + b)], rtol=1e-6)
    along = np.array([1.0, 5.0, 1.0, 2.0, 0.0, -1.0])
    expected = [along[2:].sum(), 0.0, *(6 * w * along[2:] + along[0])]
    np.testing.assert_allclose(packing.hessian_product(function)(x, along), expected, rtol=1e-6)


def test_what_depends_on_nothing():
    packing = tf.interop.scipy.pack([tf.Variable(1.0), tf.Variable([2.0, 3.0])])
    for constant in (lambda parts: tf.constant(2.0), lambda parts: 2.0):
        value, gradient = packing.value_and_gradient(constant)(packing.vector)
        assert value == 2.0 and gradient.tolist() == [0.0, 0.0, 0.0]
    linear = packing.hessian_product(lambda parts: parts[0] * 3.0)
    assert linear(packing.vector, np.ones(3)).tolist() == [0.0, 0.0, 0.0]
    np.testing.assert_array_equal(packing.jacobian(lambda parts: parts[0])(packing.vector), [[1.0, 0.0, 0.0]])


def rosenbrock(x):
    return tf.reduce_sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


@pytest.mark.parametrize("method", ["L-BFGS-B", "BFGS", "Newton-CG", "trust-krylov"])
def test_minimize(method):
    packing = tf.interop.scipy.pack(tf.Variable(np.full(5, 1.3)))
    product = packing.hessian_product(rosenbrock) if method in ("Newton-CG", "trust-krylov") else None
    found = optimize.minimize(
        packing.value_and_gradient(rosenbrock), packing.vector, jac=True, hessp=product, method=method
    )
    np.testing.assert_allclose(found.x, np.ones(5), atol=1e-3)
    start = np.full(5, 1.3)
    mine, theirs = packing.value_and_gradient(rosenbrock)(start), optimize.rosen_der(start)
    np.testing.assert_allclose(mine[1], theirs, rtol=1e-12)
    np.testing.assert_allclose(
        packing.hessian_product(rosenbrock)(start, theirs), optimize.rosen_hess_prod(start, theirs), rtol=1e-12
    )


def test_least_squares_and_root():
    times = np.linspace(0.0, 2.0, 20)
    data = tf.constant(2.0 * np.exp(-1.5 * times))
    packing = tf.interop.scipy.pack({"scale": tf.Variable(np.array(1.0)), "rate": tf.Variable(np.array(1.0))})

    def residuals(parts):
        return parts["scale"] * tf.exp(-parts["rate"] * times) - data

    found = optimize.least_squares(
        packing.function(residuals), packing.vector, jac=packing.jacobian(residuals), xtol=1e-12
    )
    fitted = packing.unpack(found.x)
    np.testing.assert_allclose([fitted["scale"], fitted["rate"]], [2.0, 1.5], rtol=1e-8)


def test_solve_ivp():
    packing = tf.interop.scipy.pack([tf.Variable(np.array(1.0)), tf.Variable(np.array(0.0))])
    right = packing.function(lambda state: [state[1], -state[0]])
    jacobian = packing.jacobian(lambda state: [state[1], -state[0]])
    found = integrate.solve_ivp(
        lambda t, y: right(y), (0.0, 2.0), packing.vector, method="Radau", jac=lambda t, y: jacobian(y), rtol=1e-9
    )
    np.testing.assert_allclose(found.y[:, -1], [np.cos(2.0), -np.sin(2.0)], atol=1e-5)


def test_a_model_is_fitted():
    tf.random.set_seed(0)
    model = tf.keras.Sequential([tf.keras.layers.Dense(8, activation="tanh"), tf.keras.layers.Dense(1)])
    x = tf.linspace(-1.0, 1.0, 40)[:, None]
    y = tf.sin(3.0 * x)
    model(x)
    packing = tf.interop.scipy.pack(model.trainable_variables)
    compiled = tf.function(lambda: tf.reduce_mean((model(x) - y) ** 2))
    error = packing.value_and_gradient(lambda _: compiled())
    found = optimize.minimize(error, packing.vector, jac=True, method="L-BFGS-B", options={"maxiter": 300})
    packing.assign(found.x)
    assert float(tf.reduce_mean((model(x) - y) ** 2)) < 1e-4
