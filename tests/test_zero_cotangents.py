"""Elements with cotangent 0 have gradient 0 where a derivative is infinite or NaN, as in TensorFlow.

parity/test_zero_cotangents.py compares every op with TensorFlow; these are the singular points.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradtape as tf

# Functions, and where a cotangent of 0 meets an undefined derivative: at the first order, or at the second one.
FIRST = {
    "sqrt": (tf.sqrt, [0.0, -0.0, -1.0, np.nan]),
    "rsqrt": (tf.math.rsqrt, [0.0, -0.0, -1.0, np.nan]),
    "reciprocal": (tf.math.reciprocal, [0.0, -0.0, np.nan]),
}
SECOND = {
    "log": (tf.math.log, [0.0, -0.0]),
    "log1p": (tf.math.log1p, [-1.0]),
    "asin": (tf.asin, [1.0, -1.0, 2.0]),
    "acos": (tf.acos, [1.0, -1.0, 2.0]),
    "atanh": (tf.atanh, [1.0, -1.0]),
}


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
@pytest.mark.parametrize("name", FIRST)
def test_first_order(name: str, dtype: Any) -> None:
    function, points = FIRST[name]
    x = tf.constant([4.0, *points], dtype)
    zeros = tf.zeros_like(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
        chosen = y[0]
    assert not np.any(tape.gradient(chosen, x)[1:])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    np.testing.assert_array_equal(tape.gradient(y, x, zeros), zeros)
    with tf.autodiff.ForwardAccumulator(x, zeros) as accumulator:
        y = function(x)
    np.testing.assert_array_equal(accumulator.jvp(y), zeros)


@pytest.mark.parametrize("name", SECOND)
def test_second_order(name: str) -> None:
    function, points = SECOND[name]
    x = tf.constant(points)
    mask = tf.zeros_like(x)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = function(x)
        slope = inner.gradient(y, x, mask)
    np.testing.assert_array_equal(outer.gradient(slope, x), mask)


@pytest.mark.parametrize("name", FIRST)
def test_a_cotangent_of_zeros_is_no_constant(name: str) -> None:
    """The derivative with respect to a cotangent that happens to be 0 is the same as elsewhere."""
    function, _ = FIRST[name]
    x, cotangent = tf.constant([0.25, 4.0]), tf.constant([0.0, 1.0])
    with tf.GradientTape(persistent=True) as outer:
        outer.watch([x, cotangent])
        with tf.GradientTape(persistent=True) as inner:
            inner.watch(x)
            y = function(x)
        slope = inner.gradient(y, x, cotangent)
        whole = inner.gradient(y, x)
    np.testing.assert_allclose(outer.gradient(slope, cotangent), whole)


def distances(points: Any) -> Any:
    """The sum of a masked matrix of pairwise distances."""
    squares = tf.reduce_sum(tf.square(points[:, None] - points[None]), axis=-1)
    mask = tf.constant(1.0 - np.eye(points.shape[0], dtype=np.float32))
    return tf.reduce_sum(mask * tf.sqrt(squares))


def triplets(points: Any) -> Any:
    """A triplet loss in which every anchor is also its own positive."""
    squares = tf.reduce_sum(tf.square(points[:, None] - points[None]), axis=-1)
    distance = tf.where(squares > 0.0, tf.sqrt(squares), tf.zeros_like(squares))
    return tf.reduce_sum(tf.nn.relu(distance[:, :, None] - distance[:, None, :] + 0.5))


def masked_norms(points: Any) -> Any:
    norms = tf.norm(points, axis=-1)
    return tf.reduce_sum(tf.where(norms > 0.0, norms, 0.0))


def deviations(points: Any) -> Any:
    return tf.reduce_sum(tf.math.reduce_std(points, axis=1) * [1.0, 0.0, 1.0])


MET = {function.__name__: function for function in (distances, triplets, masked_norms, deviations)}
POINTS = {
    "distances": [[0.5, 1.0], [2.0, -1.0], [0.0, 3.0]],
    "triplets": [[0.5, 1.0], [2.0, -1.0], [0.0, 3.0]],
    "masked_norms": [[0.5, 1.0], [0.0, 0.0], [0.0, 3.0]],
    "deviations": [[0.5, 1.0], [2.0, 2.0], [0.0, 3.0]],
}


@pytest.mark.parametrize("name", MET)
def test_losses_that_mask_singular_points(name: str) -> None:
    function: Callable[[Any], Any] = MET[name]
    points = np.array(POINTS[name])
    step = 1e-3
    x = tf.constant(points, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    gradient = tape.gradient(y, x).numpy()
    assert np.all(np.isfinite(gradient))
    for place in np.ndindex(points.shape):
        if name == "masked_norms" and place[0] == 1:
            continue  # the masked row, whose neighbours are not masked
        ends = []
        for sign in (1, -1):
            moved = points.copy()
            moved[place] += sign * step
            ends.append(float(function(tf.constant(moved, tf.float32))))
        np.testing.assert_allclose(gradient[place], (ends[0] - ends[1]) / (2 * step), atol=2e-3)
