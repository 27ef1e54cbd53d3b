"""jacobian and batch_jacobian."""

import numpy as np
import pytest

import gradtape as tf

A = np.arange(6.0).reshape(2, 3) / 10


def taped(f, *sources, persistent=False):
    with tf.GradientTape(persistent=persistent) as tape:
        tape.watch(sources)
        y = f(*sources)
    return tape, y


def test_shape_and_value_at_any_rank():
    x = tf.constant(A)
    tape, y = taped(lambda x: tf.tanh(x) * 2.0, x)
    found = np.asarray(tape.jacobian(y, x))
    expected = np.zeros((2, 3, 2, 3))
    for i, j in np.ndindex(2, 3):
        expected[i, j, i, j] = 2 * (1 - np.tanh(A[i, j]) ** 2)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def test_structures_unconnected_sources_and_a_scalar_target():
    x, y = tf.constant([1.0, 2.0]), tf.constant([[3.0]])
    tape, z = taped(lambda x, y: tf.reduce_sum(x * x), x, y, persistent=True)
    found = tape.jacobian(z, {"x": x, "y": y})
    np.testing.assert_array_equal(found["x"], [2, 4])
    assert found["y"] is None
    assert tape.jacobian(x * 1.0, [y], unconnected_gradients="zero")[0].shape == (2, 1, 1)


def test_inside_recording_tapes_and_nested():
    x = tf.constant([0.5, -0.3])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as middle:
            middle.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(x**4.0)
            slope = inner.gradient(y, x)
        hessian = middle.jacobian(slope, x)
    third = outer.jacobian(hessian, x)
    np.testing.assert_allclose(hessian, np.diag(12 * np.array([0.25, 0.09])), rtol=1e-5)
    np.testing.assert_allclose(np.asarray(third)[0, 0, 0], 12.0, rtol=1e-5)
    assert third.shape == (2, 2, 2)


def test_errors():
    x = tf.constant([[1.0, 2.0]])
    tape, y = taped(lambda x: x * x, x)
    with pytest.raises(RuntimeError, match="persistent=True to compute the jacobian"):
        tape.jacobian(y, x, experimental_use_pfor=False)
    with pytest.raises(RuntimeError, match="persistent=True to compute the batch_jacobian"):
        tape.batch_jacobian(y, x, experimental_use_pfor=False)
    with pytest.raises(ValueError, match="to match"):
        tape.batch_jacobian(y, tf.constant([[1.0], [2.0]]))
    tape.jacobian(y, x)
    with pytest.raises(RuntimeError, match="one set of gradients"):
        tape.jacobian(y, x)


def test_batch_jacobian_is_the_diagonal_of_the_jacobian():
    x = tf.constant(A)
    tape, y = taped(lambda x: tf.matmul(tf.sin(x), tf.constant(A.T)) * 2.0, x, persistent=True)
    whole = np.asarray(tape.jacobian(y, x))
    np.testing.assert_allclose(tape.batch_jacobian(y, x), np.stack([whole[i, :, i] for i in range(2)]), rtol=1e-12)
    np.testing.assert_array_equal(tape.batch_jacobian(y, tf.constant(A)), np.zeros((2, 2, 3)))


def test_an_empty_target_has_an_empty_jacobian():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x[:0] * 2.0
    assert tuple(tape.jacobian(y, x).shape) == (0, 2)
