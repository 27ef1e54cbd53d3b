"""Embedding lookup."""

import numpy as np
import pytest

import gradtape as tf


def test_the_gradient_of_a_variable_is_its_rows():
    v = tf.Variable([[3.0, 4.0], [0.3, 0.4]])
    with tf.GradientTape() as tape:
        y = tf.nn.embedding_lookup(v, [[1, 0]], max_norm=1.0)
    np.testing.assert_allclose(y, [[[0.3, 0.4], [0.6, 0.8]]], rtol=1e-6)
    found = tape.gradient(y, v)
    assert isinstance(found, tf.IndexedSlices)
    np.testing.assert_array_equal(found.indices, [1, 0])


def test_no_params():
    with pytest.raises(ValueError, match="at least one param"):
        tf.nn.embedding_lookup([], [0])
