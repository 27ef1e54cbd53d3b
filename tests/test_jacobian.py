"""jacobian and batch_jacobian."""

import numpy as np
import pytest

import gradtape as tf
from gradtape._engine.record.primitive import Primitive

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


def test_a_target_too_large_for_one_sweep():
    x = tf.constant(np.linspace(-1.0, 1.0, 700))
    tape, y = taped(lambda x: tf.tanh(x) * tf.reverse(x, [0]), x, persistent=True)
    found = np.asarray(tape.jacobian(y, x))
    expected = np.diag((1 - np.tanh(x) ** 2) * x.numpy()[::-1]) + np.fliplr(np.diag(np.tanh(x)))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def test_rules_written_in_python_and_custom_gradients():
    @tf.custom_gradient
    def doubled(x):
        return x * x, lambda dy: dy * 3.0 * x

    x = tf.constant([0.5, -1.5, 2.0])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = doubled(x) + tf.cumsum(x) * x[::-1]
        found = inner.jacobian(y, x)
        total = tf.reduce_sum(found * found)
    v = x.numpy()
    expected = np.diag(3 * v) + np.tril(np.ones((3, 3))) * v[::-1][:, None] + np.fliplr(np.diag(np.cumsum(v)))
    np.testing.assert_allclose(found, expected, rtol=1e-6)

    def by_hand(v):
        rows = np.diag(3 * v) + np.tril(np.ones((3, 3))) * v[::-1][:, None] + np.fliplr(np.diag(np.cumsum(v)))
        return np.sum(rows * rows)

    steps = np.eye(3) * 1e-6
    differences = [(by_hand(v.astype(float) + h) - by_hand(v.astype(float) - h)) / 2e-6 for h in steps]
    np.testing.assert_allclose(outer.gradient(total, x), differences, rtol=1e-5)


def test_variables_matrices_and_batches_of_products():
    w = tf.Variable(np.arange(12.0).reshape(3, 4) / 7)
    x = tf.constant(np.arange(24.0).reshape(2, 4, 3) / 11)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = tf.matmul(w, x) + tf.matmul(x, w, transpose_a=True, transpose_b=True)[:, :3, :3]
    rows = tape.jacobian(y, [w, x])
    for place in np.ndindex(2, 3, 3):
        chosen = np.zeros((2, 3, 3))
        chosen[place] = 1
        one = tape.gradient(y, [w, x], tf.constant(chosen))
        np.testing.assert_allclose(rows[0].numpy()[place], one[0], rtol=1e-12)
        np.testing.assert_allclose(rows[1].numpy()[place], one[1], rtol=1e-12)


def _jacobian_of(made, x):
    """The Jacobian of an op by x, inside a tape whose gradient passes through it."""
    with tf.GradientTape() as outer:
        outer.watch(x)
        tape, y = taped(made, x)
        found = tape.jacobian(y, x)
    return found, outer.gradient(found, x)


def test_a_rule_is_asked_once_for_all_rows():
    asked = []

    def cubed(call, needs, cotangent):
        asked.append(cotangent.shape)
        (x,) = call.saved
        return cotangent * x * x * 3.0

    cube = Primitive("Cube", lambda x: tf.constant(x.numpy() ** 3), cubed, saves=(0,), batch="elementwise")
    x = tf.constant(np.arange(1.0, 17.0))
    found, slope = _jacobian_of(cube, x)
    np.testing.assert_array_equal(found, np.diag(3 * x.numpy() ** 2))
    np.testing.assert_array_equal(slope, 6 * x.numpy())
    assert asked == [x.shape]


def test_a_rule_that_looks_at_its_cotangent_is_asked_for_each_row():
    asked = []

    def looking(call, needs, cotangent):
        asked.append(float(tf.reduce_sum(cotangent)))
        (x,) = call.saved
        return cotangent * x * (2.0 if asked[-1] > 0 else 0.0)

    square = Primitive("Squared", lambda x: tf.constant(x.numpy() ** 2), looking, saves=(0,), batch="elementwise")
    x = tf.constant(np.arange(1.0, 17.0))
    found, slope = _jacobian_of(square, x)
    np.testing.assert_array_equal(found, np.diag(2 * x.numpy()))
    np.testing.assert_array_equal(slope, np.full(16, 2.0))
    assert asked == [1.0] * 17  # the first row was tried before


def test_in_a_function_the_jacobian_of_a_rule_is_part_of_its_trace():
    @tf.function
    def jacobian(x):
        tape, y = taped(lambda x: tf.cumsum(tf.sort(x)) * x, x)
        return tape.jacobian(y, x)

    x = tf.constant(np.sin(np.arange(20.0) * 2))
    tape, y = taped(lambda x: tf.cumsum(tf.sort(x)) * x, x)
    expected = tape.jacobian(y, x)
    jacobian(x * 2.0)
    np.testing.assert_array_equal(jacobian(x), expected)


def test_what_has_all_axes_that_there_can_be_gets_no_batch():
    x = tf.constant(np.arange(32.0))
    # The reverse of tile has twice its axes, 12.
    tape, y = taped(
        lambda x: tf.reshape(tf.tile(tf.reshape(x, (2, 2, 2, 2, 2, 1)), [1, 1, 1, 1, 1, 2]), [-1]) ** 2.0, x
    )
    np.testing.assert_array_equal(tape.jacobian(y, x), np.repeat(np.diag(2 * x.numpy()), 2, axis=0))
