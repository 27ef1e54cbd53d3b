"""Functions that are recomputed for their gradients."""

from __future__ import annotations

from typing import Any

import pytest
from programs import call, collector, compared

PROGRAMS, program = collector()


@program
def recompute_grad(tf):
    count = []

    def f(x, y):
        count.append(1)
        return tf.exp(x) * y

    found = call(tf, tf.recompute_grad(f), 0.5, 2.0, order=1)
    return found, len(count)


@program
def recompute_grad_of_variables_and_second_derivatives(tf):
    v = tf.Variable(3.0)
    x = tf.constant(2.0)
    f = tf.recompute_grad(lambda a: a * a * v)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return y, tape.gradient(y, [x, v]), f.__name__


@program
def recompute_grad_differentiated_twice(tf):
    return call(tf, tf.recompute_grad(lambda x: x * x * x), 2.0, order=2)


@program
def recompute_grad_of_a_function_of_its_argument(tf):
    return call(tf, lambda x: tf.recompute_grad(lambda a: a * a * a)(x * x), 3.0, order=2)


@program
def recompute_grad_whose_cotangent_depends_on_the_source(tf):
    f = tf.recompute_grad(lambda a: a * a * a)
    return call(tf, lambda x: f(f(x)) * x, 1.5, order=2)


@program
def recompute_grad_differentiated_three_times(tf):
    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        found = call_twice(tf, tf.recompute_grad(lambda a: a**4.0), x)
    return found, outer.gradient(found[1], x)


def call_twice(tf: Any, f: Any, x: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        slope = inner.gradient(y, x)
    return slope, tape.gradient(slope, x)


@program
def recompute_grad_of_several_and_structures(tf):
    two = call(
        tf, lambda a, b: tf.recompute_grad(lambda pair: {"p": pair[0] * pair[1], "q": pair[0]})([a, b]), 2.0, 3.0
    )
    one = call(tf, lambda a: tf.recompute_grad(lambda a: {"p": a * a, "q": a * 3.0})(a)["q"], 2.0)
    return two, one, call(tf, tf.recompute_grad(lambda a: (a * a, a * 3.0)), 2.0)


@program
def recompute_grad_of_other_arguments(tf):
    v = tf.Variable(3.0)
    f = tf.recompute_grad(lambda a, b: a * b)
    x, z = tf.constant(2.0), tf.constant(5.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, z])
        found = [
            f(x, 3.0),
            f(x, v),
            f(x, b=z),
            tf.recompute_grad(lambda a: a * z)(x),
            tf.recompute_grad(lambda: v * v)(),
        ]
        found += [tf.recompute_grad(lambda a, b: a * 2.0)(x, z)]
    return found, [tape.gradient(y, [x, v, z]) for y in found]


@program
def recompute_grad_of_nothing(tf):
    return tf.recompute_grad(lambda a: None)(tf.constant(2.0))


# Errors of the same type, with gradtape's own message.
WORDED: dict[str, str] = {}
# Deliberate differences: the reason, and gradtape's outcome, a result or an exception's type.
DELIBERATE: dict[str, tuple[str, Any]] = {
    "recompute_grad_whose_cotangent_depends_on_the_source": (
        "TensorFlow raises NotImplementedError, gradtape differentiates again",
        [1.5**10, [10 * 1.5**9], [90 * 1.5**8]],
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)


def test_differences_are_of_programs_that_exist() -> None:
    assert {*WORDED, *DELIBERATE} <= {*PROGRAMS}
