"""Gradients passed to a callback during the sweep: each once, final, as soon as nothing can be added to it."""

import numpy as np
import pytest

import gradtape as tf


def told_and_given(tape, target, sources):
    told = {}

    def tell(place, gradient):
        assert place not in told
        told[place] = gradient

    given = tape._gradient_with_callback(target, sources, None, tell)
    assert sorted(told) == list(range(len(sources)))
    return [told[place] for place in range(len(sources))], given, list(told)


def bits(gradients):
    return [None if one is None else tf.convert_to_tensor(one).numpy().tobytes() for one in gradients]


def layers(w, x):
    for weight in w:
        x = tf.tanh(x @ weight)
    return x


@pytest.mark.parametrize("persistent", [False, True])
def test_what_is_told_is_what_is_given(persistent):
    rng = np.random.default_rng(0)
    w = [tf.Variable(rng.standard_normal((8, 8)).astype("float32")) for _ in range(5)]
    unused, table = tf.Variable(1.0), tf.Variable(rng.standard_normal((9, 8)).astype("float32"))
    x = tf.constant(rng.standard_normal((3, 8)).astype("float32"))
    sources = [*w, unused, table, x]

    def record():
        with tf.GradientTape(persistent=persistent) as tape:
            tape.watch(x)
            y = layers(w, x + tf.gather(table, [1, 2, 1]))
            loss = tf.reduce_sum(y * y) + tf.reduce_sum(w[4] * w[0])
        return tape, loss

    tape, loss = record()
    wanted = bits(tape.gradient(loss, sources))
    tape, loss = record()
    told, given, order = told_and_given(tape, loss, sources)
    assert bits(told) == bits(given) == wanted
    # After the first use of a variable; unused ones come first.
    assert order == [5, 4, 3, 2, 1, 0, 7, 6]


def test_rules_below_run_after_a_gradient_is_told_of():
    events = []

    @tf.custom_gradient
    def watched(x):
        def gradient(cotangent):
            events.append("rule")
            return cotangent

        return tf.identity(x), gradient

    first, last = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = watched(first * first) * last
    tape._gradient_with_callback(
        y, [first, last], None, lambda place, gradient: events.append((place, float(gradient)))
    )
    assert events == [(1, 4.0), "rule", (0, 12.0)]


def test_variables_that_are_read_again_and_again():
    v = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        y = v * 2.0
        v.assign(3.0)
        y = y * v
        with tf.GradientTape() as inner:
            z = v * v
        y = y + inner.gradient(z, v) + v.read_value()
    wanted = 2.0 * 3.0 + 2.0 + 2.0 + 1.0
    assert float(told_and_given(tape, y, [v])[0][0]) == wanted


def test_targets_that_are_sources():
    v, x = tf.Variable(2.0), tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = v * x
    told, given, _ = told_and_given(tape, [v, y, x], [v, x, y])
    assert [float(one) for one in told] == [float(one) for one in given] == [4.0, 3.0, 1.0]


def test_slices_are_told_of_as_they_are():
    table = tf.Variable(np.ones((5, 2), np.float32))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.gather(table, [1, 3]))
    told, _, _ = told_and_given(tape, y, [table])
    assert isinstance(told[0], tf.IndexedSlices)


def test_what_the_teller_raises_ends_the_sweep():
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v * v

    def tell(place, gradient):
        raise KeyError("told")

    with pytest.raises(KeyError, match="told"):
        tape._gradient_with_callback(y, [v], None, tell)
    with tf.GradientTape() as tape:
        y = v * v
    assert float(tape.gradient(y, v)) == 4.0


def test_nothing_was_recorded():
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        pass
    assert told_and_given(tape, tf.constant(1.0), [v])[0] == [None]
