"""Functions that stop gradients, pass them, or have none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from programs import call, collector, compared

PROGRAMS, program = collector()


@program
def grad_pass_through_of_several(tf):
    x = tf.constant(2.0)
    found = []
    for f in (lambda a, b: (a * 2.0, b * 3.0), lambda a, b: a * b):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.grad_pass_through(f)(x, x)
        try:
            found.append((y, tape.gradient(y, x)))
        except ValueError as error:
            found.append(str(error))
    return found


ZERO = ("argmax", "shape", "size", "rank", "zeros_like", "ones_like", "round", "floor", "sign")


UNDIFFERENTIABLE = {
    **{name: lambda tf, u, name=name: getattr(tf, name)(u) for name in ZERO},
    **{name: lambda tf, u, name=name: getattr(tf.math, name)(u) for name in ("ceil", "rint", "count_nonzero")},
    "comparison": lambda tf, u: u > 1.0,
    "whole division": lambda tf, u: u // 2.0,
    "remainder": lambda tf, u: u % 2.0,
    "to integers": lambda tf, u: tf.cast(u, tf.int32),
    "to integers and back": lambda tf, u: tf.cast(tf.cast(u, tf.int32), tf.float32) * 2.0,
    "one_hot": lambda tf, u: tf.one_hot(tf.cast(u, tf.int32), 3),
    "searchsorted": lambda tf, u: tf.searchsorted(u, u),
    "stop_gradient": lambda tf, u: tf.stop_gradient(u),
    "NumPy": lambda tf, u: tf.constant(u.numpy() * 2.0),
    "fill": lambda tf, u: tf.fill([2], u[0]),
}


@program
def what_has_no_gradient(tf):
    found = {}
    for name, f in UNDIFFERENTIABLE.items():
        u = tf.constant([1.0, 2.0, 3.0])
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(u)
            y = f(tf, u)
        found[name] = tape.gradient(y, u), tape.gradient(y, u, unconnected_gradients="zero")
    return found


@program
def stop_gradient_of_structures_and_integers(tf):
    return tf.stop_gradient([tf.constant(1.0), tf.constant(2.0)]), tf.stop_gradient(tf.constant([1, 2]), name="still")


@program
def grad_pass_through(tf):
    return call(tf, tf.grad_pass_through(lambda x: tf.round(x)), [1.4, 2.6])


@program
def grad_pass_through_with_a_variable(tf):
    v, x = tf.Variable(3.0), tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.grad_pass_through(lambda a: a * v)(x)
    return y, tape.gradient(y, [x, v])


@program
def stop_gradient(tf):
    return call(tf, lambda x: x * tf.stop_gradient(x * x), 3.0, order=2), call(tf, tf.stop_gradient, 3.0)


@program
def stop_gradient_of_numbers_and_variables(tf):
    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = tf.stop_gradient(v) * v
    return tf.stop_gradient(3), tf.stop_gradient(np.ones(2)), tape.gradient(y, v)


# Errors of the same type, with gradtape's own message.
WORDED: dict[str, str] = {}
# Deliberate differences: the reason, and gradtape's outcome, a result or an exception's type.
DELIBERATE: dict[str, tuple[str, Any]] = {}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)


def test_differences_are_of_programs_that_exist() -> None:
    assert {*WORDED, *DELIBERATE} <= {*PROGRAMS}
