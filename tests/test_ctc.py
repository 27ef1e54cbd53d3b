"""nn.ctc_loss against the sum over all paths, and its derivatives against finite differences."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import gradtape as tf


def by_all_paths(logits, label, blank):
    """Minus the log of the probability of all sequences of classes that collapse to the label."""
    frames, classes = logits.shape
    p = np.exp(logits - logits.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    total = 0.0
    for path in itertools.product(range(classes), repeat=frames):
        if [c for c, _ in itertools.groupby(path) if c != blank] == label:
            total += math.prod(p[t, c] for t, c in enumerate(path))
    return -math.log(total) if total else math.inf


CASES = [([1], 3, 0), ([1, 2], 4, 0), ([1, 1], 4, 0), ([], 3, 0), ([0, 1, 0], 5, 2), ([2, 2], 2, 0), ([1], 0, 0)]


@pytest.mark.parametrize("label,frames,blank", CASES)
def test_value_is_that_of_all_paths(label, frames, blank):
    logits = np.random.default_rng(0).normal(size=(6, 1, 3))
    padded = [label + [0] * (4 - len(label))]
    found = tf.nn.ctc_loss(padded, logits, [len(label)], [frames], blank_index=blank)
    np.testing.assert_allclose(found, [by_all_paths(logits[:frames, 0], label, blank)], rtol=1e-12)


def test_derivatives_of_a_batch():
    generator = np.random.default_rng(1)
    x, direction = generator.normal(size=(2, 5, 3, 4))
    labels, label_lengths, lengths = [[1, 2, 2], [3, 0, 0], [1, 1, 1]], [3, 1, 3], [5, 4, 4]

    def slope(at):
        at = tf.constant(at)
        with tf.GradientTape() as tape:
            tape.watch(at)
            loss = tf.nn.ctc_loss(labels, at, label_lengths, lengths)
            total = tf.reduce_sum(loss[:2] * [1.0, 2.0])
        return total.numpy(), tape.gradient(total, at).numpy(), loss.numpy()

    step = 1e-5
    up, down = slope(x + step * direction), slope(x - step * direction)
    _, gradient, losses = slope(x)
    np.testing.assert_allclose((gradient * direction).sum(), (up[0] - down[0]) / (2 * step), rtol=1e-8)
    # Three equal labels need two blanks between them.
    assert losses[2] == math.inf and not gradient[:, 2].any() and not gradient[4, 1].any()
    at = tf.constant(x)
    with tf.GradientTape() as outer:
        outer.watch(at)
        with tf.GradientTape() as tape:
            tape.watch(at)
            total = tf.reduce_sum(tf.nn.ctc_loss(labels, at, label_lengths, lengths)[:2] * [1.0, 2.0])
        projected = tf.reduce_sum(tape.gradient(total, at) * direction)
    np.testing.assert_allclose(outer.gradient(projected, at), (up[1] - down[1]) / (2 * step), rtol=1e-6, atol=1e-9)


def test_labels_may_change_in_a_compiled_function():
    traces = []

    @tf.function
    def loss(labels, logits):
        traces.append(1)
        return tf.nn.ctc_loss(labels, logits, [2], [4])

    logits = tf.constant(np.random.default_rng(2).normal(size=(4, 1, 3)))
    for labels in ([[1, 2]], [[2, 1]], [[1, 1]], [[2, 2]]):
        expected = tf.nn.ctc_loss(labels, logits, [2], [4])
        np.testing.assert_array_equal(loss(tf.constant(labels), logits), expected)
    assert len(traces) == 1


@pytest.mark.parametrize(
    "arguments,message",
    [
        (([[1, 3]], [2], [4]), "3 is no label among 3 classes"),
        (([[1, 0]], [2], [4]), "0 is no label among 3 classes with 0 for blanks"),
        (([[1, 2]], [3], [4]), r"label_length must lie in \[0, 2\]"),
        (([[1, 2]], [2], [5]), r"logit_length must lie in \[0, 4\]"),
        (([[1, 2]] * 2, [2], [4]), r"labels must have shape \[1, longest\]"),
        (([[1, 2]], [2, 2], [4]), r"label_length must have shape \[1\]"),
    ],
)
def test_refused(arguments, message):
    labels, label_length, logit_length = arguments
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        tf.nn.ctc_loss(labels, np.zeros((4, 1, 3)), label_length, logit_length)
