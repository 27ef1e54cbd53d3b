"""custom_gradient, stop_gradient, recompute_grad and grad_pass_through."""

import numpy as np
import pytest

import gradtape as tf
from gradtape._engine.base.buffer import statistics


def slope(f, *sources):
    with tf.GradientTape() as tape:
        tape.watch([s for s in sources if not isinstance(s, tf.Variable)])
        y = f(*sources)
    return [None if g is None else np.asarray(g).tolist() for g in tape.gradient(y, list(sources))]


@tf.custom_gradient
def tenfold(x, scale=1.0):
    y = x * scale
    return y, lambda dy: dy * 10.0


def test_plain_with_keyword_and_numpy_arguments():
    assert slope(tenfold, tf.constant(3.0)) == [10]
    assert slope(lambda x: tenfold(x, scale=2.0), tf.constant(3.0)) == [10]
    assert tenfold(np.array([1.0, 2.0])).dtype == tf.float64


def test_a_decorated_method():
    class Layer:
        def __init__(self):
            self.factor = 5.0

        @tf.custom_gradient
        def call(self, x):
            return x * 2.0, lambda dy: dy * self.factor

    assert slope(Layer().call, tf.constant(3.0)) == [5]


def test_nested_structures_in_and_out_and_none_among_gradients():
    @tf.custom_gradient
    def f(pair, other):
        out = {"sum": pair["a"] + pair["b"], "rest": [other * 2.0]}
        return out, lambda rest, total: ({"a": total * 2.0, "b": rest * 3.0}, None)

    a, b, c = tf.constant(1.0), tf.constant(2.0), tf.constant(3.0)
    assert slope(lambda a, b, c: f({"a": a, "b": b}, c), a, b, c) == [2, 3, None]


def test_a_function_that_reads_variables():
    v = tf.Variable(2.0)

    @tf.custom_gradient
    def f(x):
        def grad(dy, variables=None):
            assert variables[0] is v
            return dy * 7.0, [dy * 9.0]

        return x * v, grad

    assert slope(lambda x, v: f(x), tf.constant(1.0), v) == [7, 9]


def test_variables_that_grad_fn_does_not_take_are_a_type_error():
    v = tf.Variable(2.0)
    with pytest.raises(TypeError, match="must accept keyword argument 'variables'"):
        tf.custom_gradient(lambda x: (x * v, lambda dy: dy))(tf.constant(1.0))


def test_a_wrong_number_of_gradients_is_reported():
    f = tf.custom_gradient(lambda x, y: (x * y, lambda dy: dy))
    with pytest.raises(ValueError, match="expected to return 2 gradients, but returned 1 instead"):
        slope(f, tf.constant(1.0), tf.constant(1.0))
    v = tf.Variable(1.0)
    g = tf.custom_gradient(lambda x: (x * v, lambda dy, variables: (dy, [])))
    with pytest.raises(ValueError, match="Must return gradient for each variable"):
        slope(g, tf.constant(1.0))


def test_its_own_second_derivative_through_values_captured_from_the_body():
    @tf.custom_gradient
    def exp10(x):
        y = tf.exp(x)
        return y, lambda dy: dy * y * 10.0

    x = tf.constant(1.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = exp10(x)
        first = inner.gradient(y, x)
    # grad_fn's y is the body's own value, so the body's true derivative is the factor.
    np.testing.assert_allclose(outer.gradient(first, x), 10 * np.exp(1.0), rtol=1e-6)


def test_a_gradient_that_states_its_own_gradient():
    @tf.custom_gradient
    def f(x):
        @tf.custom_gradient
        def first(dy):
            return dy * 3.0, lambda ddy: ddy * 11.0

        return x * 1.0, first

    dy = tf.constant(1.0)
    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(dy)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        g = inner.gradient(y, x, output_gradients=dy)
    assert (float(g), float(outer.gradient(g, dy))) == (3, 11)


def test_stop_gradient():
    assert slope(lambda x: tf.stop_gradient(x) * x, tf.constant(3.0)) == [3]


def test_grad_pass_through():
    assert slope(tf.grad_pass_through(lambda x: x * 0.0), tf.constant(3.0)) == [1]


def test_recompute_grad_gives_gradients_of_any_order_and_of_variables():
    v = tf.Variable(2.0)
    f = tf.recompute_grad(lambda x: x * x * x * v)
    assert slope(lambda x, v: f(x), tf.constant(3.0), v) == [54, 27]
    second = tf.gradient(tf.gradient(f))
    assert float(second(3.0)) == 36


def test_recompute_grad_frees_what_it_promises():
    x = tf.constant(np.ones(100_000, np.float32))

    def deep(x):
        for _ in range(20):
            x = tf.tanh(x)
        return x

    def held(f):
        before = statistics()["in_use"]
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        during = statistics()["in_use"] - before
        return during, tape.gradient(y, x)

    plain, expected = held(deep)
    less, actual = held(tf.recompute_grad(deep))
    assert plain > 8_000_000 and less < 1_000_000
    np.testing.assert_array_equal(actual, expected)


OPS = {
    "elementwise": lambda x: x * x,
    "broadcasting": lambda x: x + tf.ones((3, 1, 1), x.dtype),
    "sum": lambda x: tf.reduce_sum(x, axis=0),
    "max": lambda x: tf.reduce_max(x, axis=0),
    "reshape": lambda x: tf.reshape(x, [-1]),
    "transpose": lambda x: tf.transpose(x),
    "slice": lambda x: x[1:3],
    "concat": lambda x: tf.concat([x, x], 0),
    "unstack": lambda x: tf.unstack(x)[0],
    "product": lambda x: tf.matmul(x, x, transpose_b=True),
    "gather": lambda x: tf.gather(x * 1.0, [0, 1]),
    "identity": lambda x: tf.identity(x),
}


def stated(make):
    return tf.custom_gradient(lambda x: (x * 1.0, lambda dy: make(x)))


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_gradients_before_an_op_are_of_its_results_shape(op):
    x = tf.Variable(np.arange(12.0).reshape(4, 3))
    with tf.GradientTape(persistent=True) as tape:
        y = op(x)
        spread = stated(lambda h: 2.0)(y)
        doubled = y * 2.0
        total = tf.reduce_sum(spread)
        larger = stated(lambda h: tf.ones((7, *h.shape), h.dtype))(y)
        other = stated(lambda h: tf.ones(41, h.dtype))(y)
        single = stated(lambda h: tf.ones(h.shape, tf.float32))(y)
    np.testing.assert_array_equal(tape.gradient(spread, x), tape.gradient(doubled, x))
    np.testing.assert_array_equal(tape.jacobian(total, x), tape.gradient(doubled, x))
    wrong = [(larger, "float64 gradient of shape \\[7"), (other, "\\[41\\]"), (single, "float32 gradient .* float64")]
    for target, message in wrong:
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"'<lambda>' gave a .*{message}"):
            tape.gradient(target, x)


def test_gradients_of_a_leaf_pass_as_they_are_and_are_summed_if_they_can_be():
    v = tf.Variable(tf.ones((8, 8)))
    x = tf.ones((4, 8))
    with tf.GradientTape(persistent=True) as tape:
        row = tf.reduce_sum(stated(lambda h: tf.ones(8))(v))
        double = tf.reduce_sum(stated(lambda h: tf.ones((8, 8), tf.float64))(v))
        large = tf.reduce_sum(stated(lambda h: tf.ones((32, 32)))(v))
        square, product = tf.reduce_sum(v * v), tf.reduce_sum(tf.square(tf.matmul(x, v)))
    assert tape.gradient(row, v).shape == (8,)
    for others in ([square], [product], [product, square]):
        for wrong, message in ((row, "\\[8\\]"), (large, "\\[32,32\\]"), (double, "double")):
            for targets in ([wrong, *others], [*others, wrong]):
                with pytest.raises(tf.errors.InvalidArgumentError, match=f"AddN .*{message}"):
                    tape.gradient(targets, v)


@pytest.mark.parametrize("before", [1, 2, 509, 510, 511, 512, 513])
def test_an_integer_output_first_where_a_page_of_the_log_ends(before):
    f = tf.custom_gradient(lambda x: ((tf.cast(x, tf.int32), x * 2.0), lambda of_int, dy: dy * 3.0))
    x = tf.Variable(5.0)
    with tf.GradientTape() as tape:
        y = x
        for _ in range(before):
            y = y * 1.0
        _, z = f(y)
    assert float(tape.gradient(z, x)) == 3


@pytest.mark.parametrize("given", [2.0, np.float64(2.0), np.full(3, 2.0)], ids=["number", "scalar", "array"])
def test_numbers_and_arrays_for_a_leaf_are_summed_as_tensors(given):
    v = tf.Variable(np.arange(3.0))
    f = stated(lambda h: given)
    with tf.GradientTape(persistent=True) as tape:
        twice, beside = f(v) + f(v), f(v) + v * 3.0
    np.testing.assert_array_equal(tape.gradient(twice, v), 2 * given)
    if np.ndim(given):
        np.testing.assert_array_equal(tape.gradient(beside, v), given + 3.0)
    else:
        with pytest.raises(tf.errors.InvalidArgumentError, match="must have the same size and shape"):
            tape.gradient(beside, v)


@pytest.mark.parametrize("dtype", [tf.int32, tf.int64, tf.uint8])
def test_integer_gradients_of_a_leaf_are_summed_as_integers(dtype):
    f = stated(lambda h: tf.cast(h * 3.0, dtype))
    x = tf.ones(1001)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x) + f(x) + f(x) + f(x)
    found = tape.gradient(y, x)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, np.full(1001, 12))
