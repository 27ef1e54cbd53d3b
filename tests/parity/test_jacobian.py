"""Jacobians, full and per example, compared with TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from programs import collector, compared

PROGRAMS, program = collector()


@program
def hessian_by_jacobian_of_gradient(tf):
    x = tf.constant([1.0, 2.0, 3.0], tf.float64)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(x * x * x) * x[0]
        slope = inner.gradient(y, x)
    return outer.jacobian(slope, x)


@program
def jacobian_of_higher_rank(tf):
    x = tf.constant(np.arange(6.0).reshape(1, 2, 3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.transpose(x, (2, 0, 1)) ** 2.0
    found = tape.jacobian(y, x)
    return found.shape, found


@program
def jacobian_of_a_target_that_is_a_source(tf):
    x, w = tf.constant([1.0, 2.0]), tf.Variable([3.0, 4.0], trainable=False)
    with tf.GradientTape(persistent=True) as tape:
        w * 1.0
    unwatched = tape.jacobian(x, x), tape.jacobian(w, w)
    with tape:
        tape.watch([x, w])
    return unwatched, tape.jacobian(x, x), tape.jacobian(w, w), tape.jacobian([1.0, 2.0] * x, x)


@program
def jacobian_of_another_dtype(tf):
    x = tf.constant([[1.0, 2.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = tf.cast(x, tf.float64) * 2.0
    return tape.jacobian(y, x), tape.batch_jacobian(y, x)


@program
def jacobian_of_gathered_rows(tf):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.gather(v, [1, 0, 1]) ** 2.0
    return tape.jacobian(y, v)


@program
def jacobian_through_stated_gradients(tf):
    functions = [
        tf.custom_gradient(lambda a: (a * a, lambda g: g * 10.0)),
        tf.recompute_grad(lambda a: a * a),
        lambda a: tf.stop_gradient(a) * a,
    ]
    found = []
    for f in functions:
        x = tf.constant([1.0, 2.0])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        found.append(tape.jacobian(y, x))
    return found


@program
def jacobians_of_jacobians(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as outermost:
        outermost.watch(x)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = x**4.0
            first = tape.jacobian(y, x)
        second = outer.jacobian(first, x)
    return outermost.jacobian(second, x)


@program
def jacobian_under_an_accumulator(tf):
    x = tf.constant([1.0, 2.0])
    with tf.autodiff.ForwardAccumulator(x, tf.ones(2)) as acc:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x**3.0
        found = tape.jacobian(y, x)
    return found, acc.jvp(found)


@program
def jacobian_of_an_integer_target(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.cast(x, tf.int32)
    return tape.jacobian(y, x)


@program
def jacobian_of_an_unconnected_empty_target(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
    return tape.jacobian(tf.zeros([0]), x)


@program
def jacobian_of_an_empty_target(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x[:0] * 2.0
    return tape.jacobian(y, x)


@program
def batch_jacobian_of_higher_rank(tf):
    x = tf.constant(np.arange(12.0).reshape(2, 2, 3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x[:, :, :2] ** 2.0 * x[:, :, 2:]
    return tape.batch_jacobian(y, x)


@program
def batch_jacobian_of_a_variable(tf):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = v * v
    return tape.batch_jacobian(y, v)


@program
def batch_jacobian_of_an_empty_batch(tf):
    x = tf.zeros((0, 2))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    return tape.batch_jacobian(y, x)


@program
def jacobian_inside_a_recording_tape(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        return tape.jacobian(y, x)


@program
def jacobian_inside_a_persistent_recording_tape(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x * x
        first = tape.jacobian(y, x)
    return first, tape.gradient(first, x)


@program
def batch_jacobian_differentiated_again(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x * x
        first = tape.batch_jacobian(y, x)
    return first, outer.batch_jacobian(first, x)


# Errors of the same type, with gradtape's own message.
WORDED: dict[str, str] = {}
# Deliberate differences: the reason, and gradtape's outcome, a result or an exception's type.
DELIBERATE: dict[str, tuple[str, Any]] = {
    "jacobian_of_an_unconnected_empty_target": ("nothing is asked of an empty target but its shape", []),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)


def test_differences_are_of_programs_that_exist() -> None:
    assert {*WORDED, *DELIBERATE} <= {*PROGRAMS}
