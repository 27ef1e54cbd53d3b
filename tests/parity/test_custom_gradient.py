"""Gradients that the program states, and recomputed and stopped ones, side by side with TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from programs import collector, compared

PROGRAMS, program = collector()
WORDED: dict[str, str] = {}
DELIBERATE: dict[str, tuple[str, Any]] = {
    "recompute_grad_whose_cotangent_depends_on_the_source": (
        "TensorFlow raises NotImplementedError, gradtape differentiates again",
        [1.5**10, [10 * 1.5**9], [90 * 1.5**8]],
    ),
}


def call(tf: Any, f: Any, *values: Any, order: int = 1) -> Any:
    """f at these values, the gradients, and with order 2 the gradient of the first gradient's sum."""
    inputs = [tf.constant(value) for value in values]
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(inputs)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            result = f(*inputs)
        slopes = tape.gradient(result, inputs)
    return (result, slopes, outer.gradient(slopes[0], inputs)) if order == 2 else (result, slopes)


@program
def custom_gradient_of_one(tf):
    @tf.custom_gradient
    def f(x):
        return x * x, lambda g: g * 100.0

    return f.__name__, call(tf, f, [1.0, 2.0])


@program
def custom_gradient_with_parentheses(tf):
    @tf.custom_gradient()
    def f(x):
        return x * x, lambda g: g


@program
def custom_gradient_second_derivative_through_the_body(tf):
    @tf.custom_gradient
    def f(x):
        e = tf.exp(x)
        return tf.math.log(1.0 + e), lambda g: g * (1.0 - 1.0 / (1.0 + e))

    return call(tf, f, 0.5, order=2), call(tf, f, 100.0)


@program
def custom_gradient_nested_for_its_own_second_derivative(tf):
    @tf.custom_gradient
    def f(x):
        def first(g):
            @tf.custom_gradient
            def slope(y):
                return 2.0 * y, lambda h: h * 77.0

            return g * slope(x)

        return x * x, first

    return call(tf, f, 3.0, order=2)


@program
def custom_gradient_of_several_in_and_out(tf):
    @tf.custom_gradient
    def f(a, b):
        return (a * b, a + b), lambda g, h: (g * 10.0, h * 20.0)

    return call(tf, f, 2.0, 3.0)


@program
def custom_gradient_of_several_where_one_output_is_used(tf):
    @tf.custom_gradient
    def f(a, b):
        return (a * b, a + b), lambda g, h: (g * 10.0, h)

    return call(tf, lambda a, b: f(a, b)[1], 2.0, 3.0), call(tf, lambda a, b: f(a, b)[0], 2.0, 3.0)


@program
def custom_gradient_of_structures(tf):
    @tf.custom_gradient
    def f(inputs):
        a, b = inputs["a"], inputs["b"]
        return {"p": a * b, "q": [a]}, lambda g, h: {"a": g * 10.0, "b": h * 20.0}

    return call(tf, lambda a, b: f({"a": a, "b": b}), 2.0, 3.0)


@program
def custom_gradient_none_among_gradients(tf):
    @tf.custom_gradient
    def f(a, b):
        return a * b, lambda g: (None, g)

    return call(tf, f, 2.0, 3.0)


@program
def custom_gradient_one_none(tf):
    return call(tf, tf.custom_gradient(lambda x: (x * x, lambda g: None)), 2.0)


@program
def custom_gradient_too_few_gradients(tf):
    return call(tf, tf.custom_gradient(lambda a, b: (a * b, lambda g: g)), 2.0, 3.0)


@program
def custom_gradient_too_many_gradients(tf):
    return call(tf, tf.custom_gradient(lambda a: (a * a, lambda g: (g, g))), 2.0)


@program
def custom_gradient_of_the_wrong_shape(tf):
    return call(tf, tf.custom_gradient(lambda a: (a * a, lambda g: tf.ones(3))), 2.0)[0]


@program
def custom_gradient_as_python_numbers(tf):
    return call(tf, tf.custom_gradient(lambda a, b: (a * b, lambda g: (2.0, np.float32(3.0)))), 2.0, 3.0)


@program
def custom_gradient_without_a_pair(tf):
    return tf.custom_gradient(lambda a: a * a)(tf.constant(2.0))


@program
def custom_gradient_without_a_function(tf):
    return tf.custom_gradient(lambda a: (a * a, 3.0))(tf.constant(2.0))


@program
def custom_gradient_of_none(tf):
    return tf.custom_gradient(None)(lambda a: (a * a, lambda g: g))(tf.constant(2.0))


@program
def custom_gradient_that_raises(tf):
    def grad(g):
        raise KeyError("mine")

    return call(tf, tf.custom_gradient(lambda a: (a * a, grad)), 2.0)


@program
def custom_gradient_of_the_identity(tf):
    return call(tf, tf.custom_gradient(lambda a: (a, lambda g: g * 5.0)), 2.0)


@program
def custom_gradient_of_a_constant(tf):
    return call(tf, tf.custom_gradient(lambda a: (tf.constant(7.0), lambda g: g * 5.0)), 2.0)


@program
def custom_gradient_of_arrays_and_numbers(tf):
    f = tf.custom_gradient(lambda a, b: (a * b, lambda g: (g, g * 3.0)))
    found = f(np.float32(2.0), 3.0)
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x, np.array([5.0, 6.0], np.float32))
    return found, y, tape.gradient(y, x)


@program
def custom_gradient_with_keywords(tf):
    @tf.custom_gradient
    def f(x, *, scale=1.0):
        return x * scale, lambda g: g * scale * 100.0

    return call(tf, lambda x: f(x, scale=3.0), 2.0)


@program
def custom_gradient_with_a_tensor_keyword(tf):
    @tf.custom_gradient
    def f(x, scale):
        return x * scale, lambda g: g * 100.0

    return call(tf, lambda x, s: f(x, scale=s), 2.0, 3.0)


@program
def custom_gradient_of_a_method(tf):
    class Model:
        def __init__(self):
            self.scale = 3.0

        @tf.custom_gradient
        def __call__(self, x):
            return x * self.scale, lambda g: (None, g * 7.0)

        @classmethod
        def make(cls):
            return cls()

    model = Model()
    bound = tf.custom_gradient(lambda x: (x * model.scale, lambda g: g * 7.0))
    return call(tf, bound, 2.0)


@program
def custom_gradient_of_a_decorated_method(tf):
    class Model:
        @tf.custom_gradient
        def f(self, x):
            return x * 2.0, lambda g: g * 7.0

    return call(tf, Model().f, 2.0)


@program
def custom_gradient_that_uses_a_variable(tf):
    v = tf.Variable(3.0)

    @tf.custom_gradient
    def f(x):
        def grad(g, variables=None):
            return g * 10.0, [g * 100.0 for _ in variables]

        return x * v, grad

    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return y, tape.gradient(y, [x, v])


@program
def custom_gradient_variables_in_any_keyword(tf):
    v = tf.Variable(3.0)

    @tf.custom_gradient
    def f(x):
        return x * v, lambda g, **keywords: (g, [g * len(keywords["variables"])])

    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return y, tape.gradient(y, [x, v])


@program
def custom_gradient_that_does_not_take_its_variables(tf):
    v = tf.Variable(3.0, name="mine")
    return tf.custom_gradient(lambda x: (x * v, lambda g: g))(tf.constant(2.0))


@program
def custom_gradient_that_takes_variables_but_uses_none(tf):
    return call(tf, tf.custom_gradient(lambda x: (x * x, lambda g, variables=None: g)), 2.0)


@program
def custom_gradient_too_few_gradients_of_variables(tf):
    v, w = tf.Variable(3.0), tf.Variable(4.0)
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.custom_gradient(lambda x: (x * v * w, lambda g, variables: (g, [g])))(x)
    return tape.gradient(y, [x, v])


@program
def custom_gradient_of_a_variable_argument(tf):
    v = tf.Variable(3.0)
    f = tf.custom_gradient(lambda a: (a * a, lambda g: g * 9.0))
    with tf.GradientTape() as tape:
        y = f(v)
    return y, tape.gradient(y, v)


@program
def custom_gradient_of_an_untrainable_variable(tf):
    v, x = tf.Variable(3.0, trainable=False), tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.custom_gradient(lambda a: (a * v, lambda g: g * 9.0))(x)
    return y, tape.gradient(y, [x, v])


@program
def custom_gradient_is_asked_once_per_call(tf):
    seen = []

    @tf.custom_gradient
    def f(x):
        return x * 1.0, lambda g: seen.append(g) or g

    call(tf, lambda x: f(x) * 2.0 + f(x) * 3.0, 1.0)
    return sorted(g.numpy() for g in seen)


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


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)
