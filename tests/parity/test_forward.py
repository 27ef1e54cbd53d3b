"""Forward accumulation, side by side with TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from programs import collector, compared

PROGRAMS, program = collector()
WORDED: dict[str, str] = {}
DELIBERATE: dict[str, tuple[str, Any]] = {
    "accumulator_of_a_tangent_of_another_shape": (
        "TensorFlow carries a tangent on that is no tangent of its primal",
        "InvalidArgumentError",
    ),
    "accumulator_through_a_custom_gradient": (
        "TensorFlow pushes tangents through the body and ignores what the function states",
        [8.0, 104.0],
    ),
}


@program
def accumulator(tf):
    x = tf.constant([2.0, 3.0])
    with tf.autodiff.ForwardAccumulator(x, tf.constant([1.0, 10.0])) as acc:
        y = x * x
        inside = acc.jvp(y)
    z = y * x
    return inside, acc.jvp(y), acc.jvp(x), acc.jvp(z), acc.jvp(tf.constant(1.0))


@program
def accumulator_of_structures(tf):
    x, y, v = tf.constant(2.0), tf.constant(3.0), tf.Variable(4.0)
    with tf.autodiff.ForwardAccumulator([x, y, v], [tf.constant(1.0), tf.constant(10.0), tf.constant(100.0)]) as acc:
        p, q = x * y * v, v * v
    return acc.jvp({"p": p, "q": (q, [p])}), acc.jvp([x, v, tf.constant(1.0)])


@program
def accumulator_unconnected(tf):
    x, z = tf.constant(2.0), tf.constant([1.0, 2.0])
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        y = z * z
    return [acc.jvp(y), acc.jvp(y, unconnected_gradients="zero"), acc.jvp(y, tf.UnconnectedGradients.ZERO)]


@program
def accumulator_unconnected_wrong(tf):
    x = tf.constant(2.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        return acc.jvp(x * x, unconnected_gradients="zeros")


@program
def accumulator_of_a_repeated_primal(tf):
    x = tf.constant(2.0)
    return tf.autodiff.ForwardAccumulator([x, x], [tf.constant(1.0), tf.constant(1.0)])


@program
def accumulator_of_different_structures(tf):
    x = tf.constant(2.0)
    return tf.autodiff.ForwardAccumulator([x], [tf.constant(1.0), tf.constant(1.0)])


@program
def accumulator_of_a_tangent_of_another_shape(tf):
    x = tf.constant(2.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant([1.0, 2.0])) as acc:
        y = x * x
    return acc.jvp(y)


@program
def accumulator_of_a_number(tf):
    return tf.autodiff.ForwardAccumulator(2.0, 1.0)


@program
def accumulator_of_python_tangents(tf):
    x = tf.constant([2.0, 3.0])
    with tf.autodiff.ForwardAccumulator(x, np.array([1.0, 2.0], np.float32)) as acc:
        y = x * x
    return acc.jvp(y)


@program
def accumulator_of_integers(tf):
    x = tf.constant(2)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1)) as acc:
        y = x * x
    return acc.jvp(y)


@program
def accumulator_re_entered_while_active(tf):
    acc = tf.autodiff.ForwardAccumulator(tf.constant(2.0), tf.constant(1.0))
    with acc, acc:
        pass


@program
def accumulator_re_entered(tf):
    x = tf.constant(2.0)
    acc = tf.autodiff.ForwardAccumulator(x, tf.constant(1.0))
    with acc:
        y = x * x
    between = y * x
    with acc:
        z = y * x
    return acc.jvp([y, z, between])


@program
def accumulators_nested(tf):
    x = tf.constant(2.0)
    with (
        tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as outer,
        tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as inner,
    ):
        y = x * x * x
    slope = inner.jvp(y)
    return outer.jvp(y), slope, outer.jvp(slope), inner.jvp(outer.jvp(y))


@program
def forward_over_reverse(tf):
    x, u = tf.constant([1.0, 2.0, 3.0]), tf.constant([1.0, 0.0, -1.0])
    with tf.autodiff.ForwardAccumulator(x, u) as acc:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(x * x * x) * x[0]
        slope = tape.gradient(y, x)
    return slope, acc.jvp(slope), acc.jvp(y)


@program
def reverse_over_forward(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        with tf.autodiff.ForwardAccumulator(x, tf.constant([1.0, 10.0])) as acc:
            y = x * x * x
        slope = acc.jvp(y)
    return slope, tape.gradient(slope, x)


@program
def accumulator_through_a_custom_gradient(tf):
    f = tf.custom_gradient(lambda a: (a * a, lambda g: g * 50.0))
    x = tf.constant(2.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        y = f(x) * x
    return y, acc.jvp(y)


@program
def accumulator_through_products_and_reductions(tf):
    a, b = tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant([[0.5], [-1.0]])
    with tf.autodiff.ForwardAccumulator(a, tf.ones((2, 2))) as acc:
        found = [a @ b, tf.reduce_sum(a), tf.reduce_max(a, axis=0), tf.transpose(a), tf.reshape(a, [4]), tf.exp(a[0])]
    return acc.jvp(found)


@program
def accumulator_of_an_assigned_variable(tf):
    v = tf.Variable(2.0)
    with tf.autodiff.ForwardAccumulator(v, tf.constant(1.0)) as acc:
        y = v * v
        v.assign(y * v)
        z = v * v
    return acc.jvp(y), acc.jvp(z), acc.jvp(v)


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)
