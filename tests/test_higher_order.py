"""Derivatives of derivatives."""

import math

import numpy as np

import gradtape as tf


def test_nested_tapes_to_the_fifth_order():
    f = tf.sin
    expected = [math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x), math.sin, math.cos]
    for derivative in expected:
        f = tf.gradient(f)
        np.testing.assert_allclose(f(0.7), derivative(0.7), rtol=1e-5)


def test_one_persistent_tape_inside_its_own_block():
    x = tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x**4.0
        first = tape.gradient(y, x)
        second = tape.gradient(first, x)
    np.testing.assert_allclose(tape.gradient(second, x), 48.0, rtol=1e-6)


def test_a_gradient_penalty_reaches_the_variables():
    w = tf.Variable(3.0)
    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = w * x * x
        slope = inner.gradient(y, x)
        penalty = (slope - 1.0) ** 2.0
    assert float(outer.gradient(penalty, w)) == 88
