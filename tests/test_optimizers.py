"""Optimizers: steps as Keras takes them, what they accept and what they refuse."""

import numpy as np
import pytest

import gradtape as tf


def test_sgd_step():
    w = tf.Variable([1.0, 2.0])
    optimizer = tf.optimizers.SGD(0.1)
    iterations = optimizer.apply_gradients([(tf.constant([1.0, -1.0]), w)])
    np.testing.assert_allclose(w.numpy(), [0.9, 2.1], rtol=1e-6)
    assert iterations is optimizer.iterations
    assert int(optimizer.iterations) == 1


def test_a_step_leaves_values_read_before_it_alone():
    w = tf.Variable(np.arange(10.0))
    before = w.value()
    tf.optimizers.SGD(1.0).apply_gradients([(tf.ones([10], tf.float64), w)])
    np.testing.assert_array_equal(before.numpy(), np.arange(10.0))
    np.testing.assert_array_equal(w.numpy(), np.arange(10.0) - 1)


def test_a_wrong_shape_names_the_variable_and_changes_nothing():
    a, b = tf.Variable([1.0]), tf.Variable([1.0, 2.0], name="weights")
    optimizer = tf.optimizers.SGD(0.1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="weights:0"):
        optimizer.apply_gradients([(tf.constant([1.0]), a), (tf.constant([1.0, 2.0, 3.0]), b)])
    np.testing.assert_array_equal(a.numpy(), [1.0])
