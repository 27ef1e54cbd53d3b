"""Sources and targets that are variables, integers, or were read or assigned meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from programs import collector, compared

PROGRAMS, program = collector()


@program
def an_unwatched_target_that_is_a_source(tf):
    x, y = tf.constant(3.0), tf.constant([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        pass
    return tape.gradient(x, x), tape.gradient([y, y], y), tape.gradient(y, y, output_gradients=tf.constant([5.0, 6.0]))


@program
def variables_assigned_inside(tf):
    v = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = v * v
        v.assign(5.0)
        z = v * v
        u = v.assign_add(y)
        w = u * v
    return [tape.gradient(r, v) for r in (y, z, u, w)], v


@program
def variables_assigned_after(tf):
    v = tf.Variable([3.0, 4.0])
    with tf.GradientTape(persistent=True) as tape:
        y = v * v * v
    v.assign([10.0, 20.0])
    first = tape.gradient(y, v)
    v.assign_sub([1.0, 1.0])
    return first, tape.gradient(y, v), tape.gradient(v, v)


@program
def a_value_read_before_the_block(tf):
    v = tf.Variable(3.0)
    early = v.value()
    converted = tf.convert_to_tensor(v)
    with tf.GradientTape(persistent=True) as tape:
        y, z, u = early * early, converted * v, v.value() * v.read_value()
    return [tape.gradient(r, v) for r in (y, z, u)], tape.gradient(u, early)


@program
def a_value_read_inside_the_block_as_a_source(tf):
    v = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        value = tf.convert_to_tensor(v)
        y = value * value
    return tape.gradient(y, v), tape.gradient(y, value)


@program
def a_variable_as_a_target(tf):
    v = tf.Variable([3.0, 4.0])
    with tf.GradientTape(persistent=True) as tape:
        v * 2.0
    return tape.gradient(v, v), tape.jacobian(v, v)


@program
def an_unread_variable_as_a_target(tf):
    v, x = tf.Variable(3.0), tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        v.assign(x * x)
    return tape.gradient(v, x), tape.gradient(v, v)


@program
def integers_through_the_tape(tf):
    x, n = tf.constant(3.0), tf.constant(4)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, n])
        y = x * tf.cast(n, tf.float32)
        z = tf.cast(tf.cast(x, tf.int32), tf.float32) * x
        i = n * n
    return tape.gradient(y, [x, n]), tape.gradient(z, x), tape.gradient(i, n), tape.gradient(tf.cast(x, tf.int32), x)


# Errors of the same type, with gradtape's own message.
WORDED: dict[str, str] = {}
# Deliberate differences: the reason, and gradtape's outcome, a result or an exception's type.
DELIBERATE: dict[str, tuple[str, Any]] = {}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)


def test_differences_are_of_programs_that_exist() -> None:
    assert {*WORDED, *DELIBERATE} <= {*PROGRAMS}
