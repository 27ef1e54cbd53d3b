"""Nested tapes: derivatives of derivatives."""

from __future__ import annotations

from typing import Any

import pytest
from programs import collector, compared

PROGRAMS, program = collector()


@program
def second_order(tf):
    x = tf.constant([3.0, -2.0])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x * x * x
        slope = inner.gradient(y, x)
    return slope, outer.gradient(slope, x)


@program
def fifth_order(tf):
    def derivative(f):
        def slope(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = f(x)
            return tape.gradient(y, x)

        return slope

    f = lambda x: x**6.0  # noqa: E731
    found = []
    for _ in range(5):
        f = derivative(f)
        found.append(f(tf.constant(2.0, tf.float64)))
    return found


@program
def an_inner_watch_leaves_the_outer_tape_both_paths(tf):
    v = tf.Variable(3.0)
    with tf.GradientTape() as outer:
        x = v * 2.0
        a = x * x
        with tf.GradientTape() as inner:
            inner.watch(x)
            b = x * x * x
        slope = inner.gradient(b, x)
        total = a + slope
    return slope, outer.gradient(total, v)


@program
def gradient_penalty(tf):
    w, x = tf.Variable([[1.0, 2.0], [3.0, 4.0]]), tf.constant([[0.5, -1.0]])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum((x @ w) ** 2.0)
        slope = inner.gradient(y, x)
        penalty = (tf.sqrt(tf.reduce_sum(slope**2.0)) - 1.0) ** 2.0
    return outer.gradient(penalty, [w, x])


# Errors of the same type, with gradtape's own message.
WORDED: dict[str, str] = {}
# Deliberate differences: the reason, and gradtape's outcome, a result or an exception's type.
DELIBERATE: dict[str, tuple[str, Any]] = {}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)


def test_differences_are_of_programs_that_exist() -> None:
    assert {*WORDED, *DELIBERATE} <= {*PROGRAMS}
