"""The derivations of two tutorials, as explained by the tape: the documents' formulas and numbers."""

from __future__ import annotations

import numpy as np
import pytest

import gradtape as tf


def shapes_and_derivation():
    """Tutorial 000: a linear layer under mean squared output."""
    W = tf.Variable(tf.random.normal((3, 2), seed=3), name="wieghts")
    b = tf.Variable(tf.zeros(2, dtype=tf.float32), name="biases")
    x = [[1.0, 2.0, 3.0]]
    with tf.GradientTape() as tape:
        y = x @ W + b
        loss = tf.reduce_mean(y**2)
    return tape, tape.explain(loss, [W, b]), loss, [W, b], np.array(x), y.numpy()


@pytest.mark.parametrize("lines", [False, True])
def test_shapes_and_derivation(lines):
    if lines:
        with tf.explain.lines():
            tape, explanation, loss, sources, x, y = shapes_and_derivation()
    else:
        tape, explanation, loss, sources, x, y = shapes_and_derivation()
    # dL/dW = xᵀ dL/dy and dL/db = dL/dy, where dL/dy = 2 y / n
    assert explanation.formulas == ["(2/n)·xᵀ @ y", "2·y/n"]
    assert explanation.count == 2
    assert [step.result for step in explanation.steps] == ["loss", "y²", "y", "x @ W"]
    dl_dy = 2 * y / y.size
    np.testing.assert_allclose(explanation.steps[2].arrives, dl_dy, rtol=1e-6)
    np.testing.assert_allclose(explanation.gradients[0], x.T @ dl_dy, rtol=1e-6)
    np.testing.assert_allclose(explanation.gradients[1], dl_dy.sum(axis=0), rtol=1e-6)
    assert [tuple(g.shape) for g in explanation.gradients] == [(3, 2), (2,)]
    # The tape is unchanged, and gives the same numbers.
    for gradient, told in zip(tape.gradient(loss, sources), explanation.gradients, strict=True):
        np.testing.assert_array_equal(gradient, told)
    if lines:
        assert explanation.steps[0].code == "loss = tf.reduce_mean(y**2)"
        assert [step.source for step in explanation.steps] == ["tf.reduce_mean(y ** 2)", "y ** 2", "x @ W + b", "x @ W"]
        assert explanation.steps[0].file == __file__


def linear_regression(x, W, b):
    return W * x + b


def mean_square(y_pred, y_true):
    return tf.reduce_mean(tf.square(y_pred - y_true))


def by_hand(w, bias, X, Y):
    """Tutorial 003's regression, computed from the values that it prints."""
    W, b = tf.Variable(w, name="weight"), tf.Variable(bias, name="bias")
    with tf.explain.lines(), tf.GradientTape() as g:
        pred = linear_regression(X, W, b)
        loss = mean_square(pred, Y)
        explanation = g.explain(loss, [W, b])
    return explanation


def test_one_point_by_hand():
    explanation = by_hand(0.21318328, 0.78609025, np.array([3.3]), np.array([1.7]))
    # 2 (W x + b - y) x, and with 1 instead of x
    assert explanation.formulas == ["2·X·(pred - Y)", "2·(pred - Y)"]
    text = str(explanation)
    assert "= -1.388673 " in text
    assert "= -0.42080998 " in text
    assert explanation.check().passed


def test_two_points_by_hand():
    explanation = by_hand(0.73290884, 0.436841, np.array([3.3, 1]), np.array([1.7, 2]))
    assert explanation.formulas == ["(2/n)·sum(X·(pred - Y))", "(2/n)·sum(pred - Y)"]
    assert explanation.count == 2
    # Each point alone, as in the document: 2 (W x + b - y) x.
    step = next(step for step in explanation.steps if step.result == "W·X")
    each = 2 * step.arrives * step.flows[0].slope_numbers
    np.testing.assert_allclose(each, [7.625905, -1.660500], rtol=1e-6)
    np.testing.assert_allclose(explanation.gradients[0], (7.625905 - 1.660500) / 2, rtol=1e-6)
    assert explanation.steps[0].code == "return tf.reduce_mean(tf.square(y_pred - y_true))"
    assert [step.result for step in explanation.steps] == ["loss", "(pred - Y)²", "pred - Y", "pred", "W·X"]
    assert explanation.check().passed
