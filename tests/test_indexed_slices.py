"""IndexedSlices."""

import numpy as np
import pytest

import gradtape as tf


def slices(values, indices, shape=(4, 2)):
    return tf.IndexedSlices(tf.constant(values), tf.constant(indices), shape)


def test_parts():
    s = slices([[1.0, 2.0]], [2])
    assert (s.dtype, tuple(s.shape), tuple(s.indices.shape)) == (tf.float32, (4, 2), (1,))
    np.testing.assert_array_equal((-s).values, [[-1, -2]])


def test_conversion_sums_rows_listed_twice():
    dense = tf.convert_to_tensor(slices([[1.0, 2.0], [3.0, 4.0], [10.0, 20.0]], [2, 0, 2]))
    np.testing.assert_array_equal(dense, [[3, 4], [0, 0], [11, 22], [0, 0]])
    with pytest.raises(ValueError, match="without dense_shape"):
        tf.convert_to_tensor(slices([[1.0, 2.0]], [2], None))


def test_conversion_and_aggregation_are_differentiated():
    values = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        tape.watch(values)
        s = tf.IndexedSlices(values * values, tf.constant([1, 1]), (3, 2))
        total = tf.reduce_sum(tf.convert_to_tensor(s._add_to(s)) ** 2.0)
    # Row 1 is 2 (v0² + v1²), so the derivative is 8 times that sum times v.
    np.testing.assert_allclose(tape.gradient(total, values), 8 * np.array([20.0, 40.0]) * np.asarray(values))


def test_a_rule_may_return_slices_and_they_meet_dense_cotangents():
    v = tf.Variable(np.ones((4, 2), np.float32))

    @tf.custom_gradient
    def rows(x):
        def grad(dy):
            return tf.IndexedSlices(dy, tf.constant([1, 3]), (4, 2))

        return tf.stack([x[1], x[3]]), grad

    with tf.GradientTape(persistent=True) as tape:
        alone = rows(v) * 2.0
        both = tf.reduce_sum(alone) + tf.reduce_sum(v)
    found = tape.gradient(alone, v)
    assert isinstance(found, tf.IndexedSlices)
    np.testing.assert_array_equal(found.indices, [1, 3])
    np.testing.assert_array_equal(tape.gradient(both, v), [[1, 1], [3, 3], [1, 1], [3, 3]])


def test_gathering_rows_of_a_variable_gives_slices_and_its_second_derivative():
    v = tf.Variable(np.arange(6.0).reshape(3, 2))
    with tf.GradientTape(persistent=True) as outer:
        with tf.GradientTape(persistent=True) as tape:
            y = tf.gather(v, [2, 0, 2]) ** 2.0
            both = tf.reduce_sum(y) + tf.reduce_sum(tf.gather(v, [1]))
        found = tape.gradient(y, v)
        dense = tf.convert_to_tensor(found)
    assert isinstance(found, tf.IndexedSlices) and found.indices.dtype == tf.int32
    np.testing.assert_array_equal(found.indices, [2, 0, 2])
    np.testing.assert_array_equal(found.values, 2 * np.arange(6.0).reshape(3, 2)[[2, 0, 2]])
    np.testing.assert_array_equal(tape.gradient(both, v).indices, [1, 2, 0, 2])
    np.testing.assert_array_equal(tf.convert_to_tensor(outer.gradient(dense, v)), [[2, 2], [0, 0], [4, 4]])
