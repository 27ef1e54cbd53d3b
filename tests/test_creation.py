"""Creating tensors from values, shapes and ranges, tested without TensorFlow."""

import numpy as np
import pytest

import gradtape as tf


def test_linspace_is_differentiable_in_both_ends():
    start, stop = tf.Variable(1.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.linspace(start, stop, 5) * [1.0, 2.0, 3.0, 4.0, 5.0])
    first, last = tape.gradient(y, [start, stop])
    weights = np.arange(5) / 4
    np.testing.assert_allclose(first, (1 - weights) @ [1, 2, 3, 4, 5], rtol=1e-6)
    np.testing.assert_allclose(last, weights @ [1, 2, 3, 4, 5], rtol=1e-6)


def test_fill_is_differentiable_in_its_value():
    value = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.fill([2, 3], value.value()))
    assert tape.gradient(y, value).numpy() == 6.0


@pytest.mark.parametrize("integer", [300, -1, [1, 300]])
def test_integers_that_the_dtype_cannot_hold_are_refused(integer):
    with pytest.raises(ValueError, match="out-of-range integer"):
        tf.constant(integer, tf.uint8)


@pytest.mark.parametrize("shape", [(3,), (2, 3), ()])
def test_large_nested_sequences_are_read_whole(shape):
    array = np.random.default_rng(0).normal(size=(7, 5, *shape))
    np.testing.assert_array_equal(tf.constant(array.tolist(), tf.float64), array)
    np.testing.assert_array_equal(tf.constant([list(row) for row in array], tf.float64), array)
    np.testing.assert_array_equal(tf.constant([tuple(row) for row in array.astype("float32")]), array.astype("float32"))


def test_a_sequence_that_holds_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(ValueError, match="nested deeper"):
        tf.constant(endless)
