"""Forward accumulation, compared with TensorFlow."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import numpy as np
import pytest
from programs import collector, compared

PROGRAMS, program = collector()
NAMED = "TensorFlow names an attribute, gradtape the argument"
WORDED = {"accumulator_asked_for_a_number": NAMED, "accumulator_asked_for_nothing": NAMED}
DELIBERATE: dict[str, tuple[str, Any]] = {
    "accumulator_of_a_tangent_of_another_shape": (
        "TensorFlow carries a tangent on that is no tangent of its primal",
        "InvalidArgumentError",
    ),
    "accumulator_through_recompute_grad": (
        "TensorFlow raises NotImplementedError, gradtape computes anew",
        [8.0, 12.0, 12.0, 12.0],
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


SQUARE = (lambda a: a * a, lambda a, g: g * 50.0)


def stated(tf: Any, body: Any = SQUARE[0], grad: Any = SQUARE[1]) -> Any:
    """A function with a custom gradient, wrong by default."""
    return tf.custom_gradient(lambda a: (body(a), lambda g: grad(a, g)))


def pushed(tf: Any, f: Any, primal: Any = 2.0) -> Any:
    """f's value and its derivative along ones, its gradient and the derivative of that."""
    x = tf.constant(primal)
    with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as acc:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        slope = tape.gradient(y, x)
    return y, acc.jvp(y), slope, acc.jvp(slope)


@program
def accumulator_through_a_custom_gradient(tf):
    f = stated(tf)
    return pushed(tf, f), pushed(tf, lambda x: f(x) * x), pushed(tf, lambda x: x * f(f(x)))


@program
def accumulator_through_a_body_that_captures(tf):
    x, z, v = tf.constant(2.0), tf.constant(5.0), tf.Variable(3.0)
    one = tf.constant(1.0)
    f = tf.custom_gradient(lambda a: (a * z, lambda g: g * 7.0))
    g = tf.custom_gradient(lambda a: (a * v, lambda g, variables: (g * 10.0, [g * 100.0])))
    with tf.autodiff.ForwardAccumulator(z, one) as of_z, tf.GradientTape() as tape:
        tape.watch(x)
        p = f(x)
    with tf.autodiff.ForwardAccumulator([x, v], [one, one]) as of_both:
        q = g(x)
    with tf.autodiff.ForwardAccumulator(v, one) as of_v:
        r, s = g(x), stated(tf)(v)
    return of_z.jvp(p), tape.gradient(p, x), of_both.jvp(q), of_v.jvp([r, s])


@program
def accumulator_through_a_body_that_tangents_do_not_pass(tf):
    bodies = [
        lambda a: tf.stop_gradient(a * a),
        lambda a: tf.constant(7.0),
        lambda a: tf.constant(np.asarray(a) ** 2),
        lambda a: a,
        lambda a: (a * a, tf.stop_gradient(a)),
        lambda a: (a * a, tf.cast(a, tf.int32)),
    ]
    found = []
    for body in bodies:
        x = tf.constant(2.0)
        f = tf.custom_gradient(lambda a, body=body: (body(a), lambda *g: g[0] * 7.0))
        with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
            y = f(x)
        found.append(acc.jvp(y))
    return found


@program
def accumulator_through_a_custom_gradient_of_several(tf):
    x, y = tf.constant(2.0), tf.constant(5.0)
    f = tf.custom_gradient(lambda a, b: ((a * b, a + b), lambda g, h: (g * 10.0, h * 20.0)))
    with tf.autodiff.ForwardAccumulator([x, y], [tf.constant(1.0), tf.constant(2.0)]) as acc:
        found = f(x, y)
    return found, acc.jvp(found)


@program
def accumulator_through_a_custom_gradient_that_raises(tf):
    def grad(a, g):
        raise KeyError("mine")

    x = tf.constant(2.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)):
        return stated(tf, grad=grad)(x)


@program
def accumulators_nested_through_a_custom_gradient(tf):
    x, one = tf.constant(3.0), tf.constant(1.0)
    with tf.autodiff.ForwardAccumulator(x, one) as outer:
        with tf.autodiff.ForwardAccumulator(x, one) as inner:
            y = stated(tf)(x)
        slope = inner.jvp(y)
    return outer.jvp(y), slope, outer.jvp(slope)


@program
def forward_over_reverse_through_values_captured_from_the_body(tf):
    @tf.custom_gradient
    def exp10(a):
        e = tf.exp(a)
        return a * a * a, lambda g: g * e * 10.0

    @tf.custom_gradient
    def softplus(a):
        e = tf.exp(a)
        return tf.math.log(1.0 + e), lambda g: g * (1.0 - 1.0 / (1.0 + e))

    return pushed(tf, exp10), pushed(tf, softplus, [1.0, 100.0])


@program
def reverse_over_forward_through_a_custom_gradient(tf):
    x, one = tf.constant(3.0), tf.constant(1.0)
    f = stated(tf, lambda a: a * a * a, lambda a, g: g * a * a * 10.0)
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        with tf.autodiff.ForwardAccumulator(x, one) as acc:
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = f(x)
            slope = acc.jvp(y)
    return slope, outer.gradient(y, x), outer.gradient(slope, x), inner.gradient(slope, x)


@program
def forward_over_reverse_over_forward_through_a_custom_gradient(tf):
    x, one = tf.constant(3.0), tf.constant(1.0)
    with tf.autodiff.ForwardAccumulator(x, one) as outer:
        with tf.GradientTape() as tape:
            tape.watch(x)
            with tf.autodiff.ForwardAccumulator(x, one) as inner:
                y = stated(tf)(x) * x
            first = inner.jvp(y)
        second = tape.gradient(first, x)
    return first, second, outer.jvp([first, second])


@program
def an_accumulator_inside_a_stated_gradient(tf):
    def grad(a, g):
        with tf.autodiff.ForwardAccumulator(g, tf.constant(1.0)) as acc:
            square = g * g
        return acc.jvp(square)

    return pushed(tf, stated(tf, grad=grad))[2]


@program
def accumulator_through_grad_pass_through(tf):
    v, x = tf.Variable(3.0), tf.constant(2.0)
    with tf.autodiff.ForwardAccumulator(v, tf.constant(1.0)) as acc:
        y = tf.grad_pass_through(lambda a: a * v)(x)
    cube = tf.grad_pass_through(lambda a: a * a * a)
    return acc.jvp(y), pushed(tf, cube), pushed(tf, lambda x: cube(x) * x), pushed(tf, tf.grad_pass_through(tf.round))


@program
def accumulator_through_recompute_grad(tf):
    return pushed(tf, tf.recompute_grad(lambda a: a * a * a))


@program
def accumulator_beside_recompute_grad(tf):
    x, y = tf.constant(3.0), tf.constant(2.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        found = tf.recompute_grad(lambda a: a * x)(y)
    return found, acc.jvp(found)


@program
def accumulator_through_stop_gradient(tf):
    return pushed(tf, lambda a: tf.stop_gradient(a * a) * a)


@program
def accumulator_through_products_and_reductions(tf):
    a, b = tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant([[0.5], [-1.0]])
    with tf.autodiff.ForwardAccumulator(a, tf.ones((2, 2))) as acc:
        found = [a @ b, tf.reduce_sum(a), tf.reduce_max(a, axis=0), tf.transpose(a), tf.reshape(a, [4]), tf.exp(a[0])]
    return acc.jvp(found)


ASKED = {
    "zeros": lambda tf, acc, z: acc.jvp(z, unconnected_gradients="zero"),
    "nothing": lambda tf, acc, z: acc.jvp(z, "none"),
    "an enumeration": lambda tf, acc, z: acc.jvp([z], tf.UnconnectedGradients.ZERO),
    "a variable": lambda tf, acc, z: acc.jvp(tf.Variable(2.0)),
    "zeros of a variable": lambda tf, acc, z: acc.jvp(tf.Variable([2.0]), "zero"),
    "zeros of integers": lambda tf, acc, z: acc.jvp(tf.constant([1, 2]), "zero"),
    "keywords": lambda tf, acc, z: acc.jvp(primals=z, unconnected_gradients="none"),
    "an unknown word": lambda tf, acc, z: acc.jvp(z, "zeros"),
    "None": lambda tf, acc, z: acc.jvp(z, None),
}


@program
def what_an_accumulator_is_asked_for(tf):
    x, z, found = tf.constant(2.0), tf.constant([1.0, 2.0]), {}
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        x * x
    for name, ask in ASKED.items():
        try:
            found[name] = ask(tf, acc, z)
        except ValueError as error:
            found[name] = str(error)
    return found


@program
def accumulator_asked_for_a_number(tf):
    with tf.autodiff.ForwardAccumulator(tf.constant(2.0), tf.constant(1.0)) as acc:
        return acc.jvp(3.0)


@program
def accumulator_asked_for_nothing(tf):
    with tf.autodiff.ForwardAccumulator(tf.constant(2.0), tf.constant(1.0)) as acc:
        return acc.jvp(None)


@program
def tangents_of_every_kind(tf):
    x, u, found = tf.constant(2.0), tf.constant([1.0, 2.0]), []
    for primal, tangent in (
        *((x, 3.0), (x, 3), (x, tf.Variable(3.0)), (u, [1.0, 2.0]), (x, None)),
        *((u, tf.ones(2, tf.float64)), ([x, u], (tf.constant(1.0), u)), ([x, u], [tf.constant(1.0)])),
        *(({"a": x, "b": u}, {"b": u, "a": tf.constant(1.0)}), (np.ones(2, np.float32), tf.ones(2))),
    ):
        try:
            with tf.autodiff.ForwardAccumulator(primal, tangent) as acc:
                y = x * u
            found.append(acc.jvp(y))
        except Exception as error:
            found.append(type(error).__name__)
    return found


@program
def accumulator_before_its_block(tf):
    x = tf.constant(2.0)
    acc = tf.autodiff.ForwardAccumulator(x, tf.constant(1.0))
    y = x * x
    return acc.jvp([x, y])


@program
def accumulators_of_several_orders(tf):
    x, one = tf.constant(2.0), tf.constant(1.0)
    kind = tf.autodiff.ForwardAccumulator
    with kind(x, one) as a, kind(x, tf.constant(10.0)) as b, kind(x, one) as c:
        y = x**4.0
    return a.jvp(b.jvp(c.jvp(y))), a.jvp(c.jvp(y)), b.jvp(c.jvp(y)), c.jvp(b.jvp(y)), [one.jvp(y) for one in (a, b, c)]


@program
def accumulators_of_different_primals(tf):
    x, z, one = tf.constant(3.0), tf.constant(5.0), tf.constant(1.0)
    with tf.autodiff.ForwardAccumulator(x, one) as a, tf.autodiff.ForwardAccumulator(z, one) as b:
        y = x * x * z * z
    return a.jvp(y), b.jvp(y), a.jvp(b.jvp(y)), b.jvp(a.jvp(y))


@program
def accumulators_that_exit_in_any_order(tf):
    x, one = tf.constant(3.0), tf.constant(1.0)
    a, b = tf.autodiff.ForwardAccumulator(x, one), tf.autodiff.ForwardAccumulator(x, one)
    a.__enter__()
    b.__enter__()
    y = x * x
    a.__exit__(None, None, None)
    z = y * x
    b.__exit__(None, None, None)
    return a.jvp([y, z]), b.jvp([y, z])


@program
def products_asked_for_inside_and_after_the_tape(tf):
    x, one = tf.constant(3.0), tf.constant(1.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        with tf.autodiff.ForwardAccumulator(x, one) as acc:
            y = x**3.0
            inside = acc.jvp(y)
            z = inside * y
    after = acc.jvp(y)
    return tape.gradient(inside, x), tape.gradient(z, x), tape.gradient(after, x), acc.jvp(z)


@program
def a_tangent_that_a_tape_watches(tf):
    x, tangent = tf.constant(3.0), tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(tangent)
        with tf.autodiff.ForwardAccumulator(x, tangent) as acc:
            y = x**3.0
        product = acc.jvp(y)
    return tape.gradient(product, tangent)


@program
def accumulator_of_a_variable_read_before(tf):
    v = tf.Variable(2.0)
    before = v.value()
    with tf.autodiff.ForwardAccumulator(v, tf.constant(1.0)) as acc:
        y = before * v
    return acc.jvp([y, before])


@program
def accumulator_through_gathered_rows(tf):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.autodiff.ForwardAccumulator(v, tf.ones((2, 2))) as acc:
        with tf.GradientTape() as tape:
            y = tf.gather(v, [1, 1]) ** 3.0
        slope = tape.gradient(y, v)
    return acc.jvp(y), acc.jvp(slope.values)


@program
def accumulator_through_casts(tf):
    x = tf.constant([1.0, 2.0])
    with tf.autodiff.ForwardAccumulator(x, tf.ones(2)) as acc:
        y, i = tf.cast(x, tf.float64) * 2.0, tf.cast(x, tf.int32)
    return acc.jvp(y), acc.jvp(i), acc.jvp(i, "zero")


@program
def accumulator_while_a_tape_is_stopped(tf):
    x = tf.constant(3.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc, tf.GradientTape() as tape:
        tape.watch(x)
        with tape.stop_recording():
            y = x * x
        z = y * x
    return acc.jvp([y, z]), tape.gradient(z, x)


@program
def accumulator_in_another_thread(tf):
    x, found = tf.constant(3.0), []
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        thread = threading.Thread(target=lambda: found.append(x * x))
        thread.start()
        thread.join()
    return acc.jvp(found)


@program
def accumulator_left_by_an_exception(tf):
    x = tf.constant(3.0)
    with contextlib.suppress(KeyError), tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        y = x * x
        raise KeyError
    return acc.jvp(y), acc.jvp(x * x)


@program
def hessian_vector_product_of_a_model(tf):
    w, b = tf.Variable([[0.1, 0.2], [0.3, -0.4]]), tf.Variable([0.5, 0.5])
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    with tf.autodiff.ForwardAccumulator([w, b], [tf.ones((2, 2)), tf.ones(2)]) as acc:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.tanh(x @ w + b) ** 2.0)
        slopes = tape.gradient(loss, [w, b])
    # Sums of cancelling terms: the last digits depend on the library.
    return [tf.round(product * 1e4) for product in (*acc.jvp(slopes), acc.jvp(loss))]


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


def test_differences_are_of_programs_that_exist() -> None:
    assert {*WORDED, *DELIBERATE} <= {*PROGRAMS}
