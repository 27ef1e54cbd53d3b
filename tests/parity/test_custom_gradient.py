"""Custom gradients, compared with TensorFlow."""

from __future__ import annotations

import collections
import functools
from typing import Any

import numpy as np
import pytest
from programs import call, collector, compared

PROGRAMS, program = collector()


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
def custom_gradient_of_a_number_for_an_intermediate(tf):
    x = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        y = tf.custom_gradient(lambda a: (a * a, lambda g: 2.0))(x * x)
    return tape.gradient(y, x)


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


GRADIENTS = {
    "a list": lambda tf, g: [g * 2.0, g * 3.0],
    "numbers and arrays": lambda tf, g: (7, np.float32(3.0)),
    "a double array": lambda tf, g: (np.float64(7.0), None),
    "doubles": lambda tf, g: (tf.constant(7.0, tf.float64), g),
    "a variable": lambda tf, g: (tf.Variable(4.0), g),
    "rows": lambda tf, g: (tf.IndexedSlices(tf.constant([5.0]), tf.constant([0]), tf.constant([1])), g),
    "nested": lambda tf, g: ((g, (g * 2.0,)),),
    "a dictionary": lambda tf, g: {"b": g, "a": g * 2.0},
    "three": lambda tf, g: (g, g, g),
}


@program
def custom_gradient_gradients_of_every_kind(tf):
    found = {}
    for name, grad in GRADIENTS.items():
        f = tf.custom_gradient(lambda a, b, grad=grad: (a * b, lambda g: grad(tf, g)))
        try:
            found[name] = call(tf, f, 2.0, 3.0)[1]
        except ValueError as error:
            found[name] = str(error)
    return found


RESULTS = {
    "a number": lambda tf, a: 3.0,
    "an array": lambda tf, a: np.float32(3.0),
    "nothing": lambda tf, a: None,
    "nothing in a list": lambda tf, a: [a, None],
    "no results": lambda tf, a: [],
    "a tuple": lambda tf, a: (a * 2.0,),
    "a set": lambda tf, a: {a.numpy()},
}


@program
def custom_gradient_results_of_every_kind(tf):
    found = {}
    for name, body in RESULTS.items():
        f = tf.custom_gradient(lambda a, body=body: (body(tf, a), lambda *g: 5.0 * g[0] if g else None))
        try:
            found[name] = call(tf, f, 2.0)
        except ValueError as error:
            found[name] = type(error).__name__, str(error)
    return found


ARGUMENTS = {"text": "mode", "a whole number": 3, "nothing": None, "a truth": True, "a list": [1.0, 2.0]}


@program
def custom_gradient_arguments_of_every_kind(tf):
    found = {}
    for name, argument in ARGUMENTS.items():
        f = tf.custom_gradient(lambda a, b: (a * 2.0, lambda g: (g * 7.0, *[None] * (2 if isinstance(b, list) else 1))))
        try:
            found[name] = call(tf, lambda a, f=f, argument=argument: f(a, argument), 2.0)
        except ValueError as error:
            found[name] = type(error).__name__, str(error)
    return found


VARIABLE_GRADIENTS = {
    "a list": lambda g: [g * 5.0],
    "none": lambda g: [None],
    "a tuple": lambda g: (g,),
    "a dictionary": lambda g: {"v": g},
    "a generator": lambda g: (g for _ in range(1)),
    "two": lambda g: [g, g],
    "no gradients": lambda g: [],
    "one that is no list": lambda g: g,
}


@program
def custom_gradient_gradients_of_variables_of_every_kind(tf):
    x, v, found = tf.constant(2.0), tf.Variable(3.0), {}
    for name, grad in VARIABLE_GRADIENTS.items():
        f = tf.custom_gradient(lambda a, grad=grad: (a * v, lambda g, variables: (g, grad(g))))
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        try:
            found[name] = tape.gradient(y, [x, v])
        except Exception as error:
            found[name] = type(error).__name__, str(error)
    return found


@program
def custom_gradient_gradients_of_variables_in_an_array(tf):
    x, v = tf.constant(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.custom_gradient(lambda a: (a * v, lambda g, variables: (g, tf.ones([1]))))(x)
    return tape.gradient(y, [x, v])


@program
def custom_gradient_of_a_pair_without_gradients_of_variables(tf):
    x, v = tf.constant(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.custom_gradient(lambda a: (a * v, lambda g, variables: 5.0))(x)
    return tape.gradient(y, [x, v])


class Callable:
    def __call__(self, g, variables=None):
        return (g * 4.0, [g * 5.0]) if variables else g * 4.0


def with_factor(factor, g, *, variables=None):
    return g * factor, [g]


@program
def custom_gradient_functions_of_every_kind(tf):
    x, v = tf.constant(2.0), tf.Variable(3.0)
    rules = [Callable(), functools.partial(with_factor, 3.0), lambda variables: (variables * 2.0, [variables])]
    found = []
    for rule in rules:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.custom_gradient(lambda a, rule=rule: (a * v, rule))(x)
        try:
            found.append(tape.gradient(y, [x, v]))
        except Exception as error:
            found.append((type(error).__name__, str(error)))
    for rule in (Callable(), abs, tf.exp):
        found.append(call(tf, tf.custom_gradient(lambda a, rule=rule: (a * a, rule)), 2.0))
    return found


@program
def custom_gradient_of_many_variables(tf):
    x, variables = tf.constant(2.0), [tf.Variable(float(i)) for i in range(5)]

    @tf.custom_gradient
    def f(a):
        for i in (3, 1, 4, 0, 2):
            a = a * variables[i]
        return a, lambda g, variables: (g, [g * v for v in variables])

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, variables)


@program
def custom_gradient_that_returns_a_variable(tf):
    x, v = tf.constant(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.custom_gradient(lambda a: (v, lambda g, variables: (g * 5.0, [g * 6.0])))(x)
    return y, tape.gradient(y, [x, v])


@program
def custom_gradient_of_its_own_argument_captured(tf):
    v = tf.Variable(3.0)
    f = tf.custom_gradient(lambda a: (a * v, lambda g: g * 5.0))
    with tf.GradientTape() as tape:
        y = f(v)
    return y, tape.gradient(y, v)


@program
def custom_gradient_without_arguments(tf):
    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = tf.custom_gradient(lambda: (v * v, lambda g, variables: ([], [g * 5.0])))()
    return y, tape.gradient(y, v)


@program
def custom_gradient_of_one_tensor_twice(tf):
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.custom_gradient(lambda a, b: (a * b, lambda g: (g * 2.0, g * 3.0)))(x, x)
    return tape.gradient(y, x)


@program
def custom_gradient_with_a_variable_keyword(tf):
    x, v = tf.constant(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.custom_gradient(lambda a, b=None: (a * b, lambda g: g * 7.0))(x, b=v)
    return y, tape.gradient(y, [x, v])


@program
def custom_gradient_cotangents_of_unused_outputs(tf):
    x, seen = tf.constant(2.0), []
    f = tf.custom_gradient(lambda a: ((a * a, a * 3.0, tf.cast(a, tf.int32)), lambda *g: seen.append(g) or g[0]))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y, _, _ = f(x)
    return tape.gradient(y, x), seen


@program
def custom_gradient_that_nobody_asks_for(tf):
    x, asked = tf.constant(2.0), []
    f = tf.custom_gradient(lambda a: (a * a, lambda g: asked.append(g)))
    with tf.GradientTape() as tape:
        tape.watch(tf.constant(1.0))
        y = f(x)
    return tape.gradient(y, x), asked, f(x)


@program
def custom_gradient_of_a_named_tuple_and_names(tf):
    kind = collections.namedtuple("Pair", "first second")

    @tf.custom_gradient
    def f(a):
        """Both."""
        return kind(a * a, a * 2.0), lambda g, h: g * 5.0 + h

    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return type(y).__name__, y._fields, tape.gradient(y, x), f.__name__, f.__doc__, hasattr(f, "__wrapped__")


@program
def custom_gradient_of_static_and_class_methods(tf):
    class Model:
        @staticmethod
        @tf.custom_gradient
        def static(a):
            return a * a, lambda g: g * 5.0

        @tf.custom_gradient
        def method(self, a):
            return a * a, lambda g: (None, g * 6.0)

    return call(tf, Model.static, 2.0), call(tf, Model().static, 2.0), call(tf, Model().method, 2.0)


@program
def custom_gradient_that_differentiates(tf):
    @tf.custom_gradient
    def f(a):
        def grad(g):
            with tf.GradientTape() as tape:
                tape.watch(a)
                y = a**3.0
            return g * tape.gradient(y, a)

        return a * a, grad

    return call(tf, f, 2.0, order=2)


# Errors of the same type, with gradtape's own message.
WORDED: dict[str, str] = {}
# Deliberate differences: the reason, and gradtape's outcome, a result or an exception's type.
DELIBERATE: dict[str, tuple[str, Any]] = {}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)


def test_differences_are_of_programs_that_exist() -> None:
    assert {*WORDED, *DELIBERATE} <= {*PROGRAMS}
