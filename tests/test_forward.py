"""ForwardAccumulator: alone, nested, over and under tapes."""

import gc
import weakref

import numpy as np
import pytest

import gradtape as tf

ONE = tf.constant(1.0)


def pushed(f, x, tangent):
    with tf.autodiff.ForwardAccumulator(x, tangent) as acc:
        y = f(x)
    return acc.jvp(y)


FUNCTIONS = {
    "elementwise": lambda x: tf.sin(x) * x + tf.exp(-x) / (x * x + 1.0),
    "broadcast": lambda x: x * x[0] + tf.reduce_sum(x),
    "matmul": lambda x: tf.matmul(tf.reshape(x, [2, 2]), tf.reshape(x * 2.0, [2, 2]), transpose_a=True),
    "reduce": lambda x: tf.reduce_mean(x * x, axis=0) + tf.reduce_max(x),
    "stack": lambda x: tf.transpose(tf.stack([x, x * x])),
    "cast": lambda x: tf.cast(x, tf.float64) * 2.0,
    "custom": tf.custom_gradient(lambda x: (tf.stop_gradient(x), lambda dy: dy * 3.0 * x)),
    "recomputed": tf.recompute_grad(lambda x: tf.sin(x) * x),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_forward_mode_is_the_jacobian_times_the_tangent(name):
    f = FUNCTIONS[name]
    x, t = tf.constant([1.0, 2.0, 0.5, 3.0]), np.array([1.0, -1.0, 2.0, 0.5], np.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    np.testing.assert_allclose(pushed(f, x, tf.constant(t)), np.asarray(tape.jacobian(y, x)) @ t, rtol=1e-5, atol=1e-6)


def test_tangents_pass_through_what_a_custom_gradients_body_computed():
    f = tf.custom_gradient(lambda x: (x * x, lambda dy: dy * 50.0))
    x = tf.constant(3.0)
    assert float(pushed(f, x, ONE)) == 6
    with tf.autodiff.ForwardAccumulator(x, ONE) as outer, tf.autodiff.ForwardAccumulator(x, ONE) as inner:
        y = f(x)
    assert float(outer.jvp(inner.jvp(y))) == 2


def test_variables_as_primals_and_forward_over_reverse():
    v = tf.Variable([1.0, 2.0])
    with tf.autodiff.ForwardAccumulator(v, tf.constant([1.0, 0.0])) as acc:
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(v**3.0)
        slope = tape.gradient(y, v)
    np.testing.assert_allclose(acc.jvp(slope), [6, 0])
    np.testing.assert_allclose(acc.jvp(v), [1, 0])


def test_nested_accumulators_and_their_order():
    x = tf.constant(1.1)
    with tf.autodiff.ForwardAccumulator(x, ONE) as outer, tf.autodiff.ForwardAccumulator(x, ONE) as inner:
        y = x**3.5
    np.testing.assert_allclose(outer.jvp(inner.jvp(y)), 3.5 * 2.5 * 1.1**1.5, rtol=1e-5)
    assert inner.jvp(outer.jvp(y)) is None


def test_reverse_over_forward_and_an_inner_tape_that_sees_no_tangents():
    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.autodiff.ForwardAccumulator(x, ONE) as acc:
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = x * x * x
            tangent = acc.jvp(y)
    assert inner.gradient(tangent, x) is None
    assert float(outer.gradient(tangent, x)) == 12


def test_perturbations_are_not_confused():
    grad, push = tf.gradient, lambda f: lambda x: tf.jvp(f, (x,), (1.0,))[1]
    for first in (grad, push):
        for second in (grad, push):
            assert float(first(lambda x, s=second: x * s(lambda y, x=x: x + y)(1.0))(1.0)) == 1
            assert float(first(lambda x, s=second: x * s(lambda y, x=x: x * y * y)(x))(2.0)) == 24


def test_unconnected_and_bad_arguments():
    x, y = tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])
    with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as acc:
        z = y * 2.0
        with pytest.raises(ValueError, match="already recording"):
            acc.__enter__()
    assert acc.jvp(z) is None
    np.testing.assert_array_equal(acc.jvp(z, unconnected_gradients="zero"), [0, 0])
    with pytest.raises(ValueError, match="not a valid UnconnectedGradients"):
        acc.jvp(z, unconnected_gradients="half")
    with pytest.raises(ValueError, match="multiple times"):
        tf.autodiff.ForwardAccumulator([x, x], [x, x])


def test_nothing_is_pushed_outside_the_block():
    x = tf.constant(2.0)
    with tf.autodiff.ForwardAccumulator(x, ONE) as acc:
        y = x * x
    assert acc.jvp(y * x) is None


def test_an_accumulator_in_a_cycle_is_collected():
    x = tf.constant(2.0)
    acc = tf.autodiff.ForwardAccumulator(x, ONE)
    cell = [acc]
    cell.append(cell)
    dead = weakref.ref(acc)
    del acc, cell
    gc.collect()
    assert dead() is None


def test_forward_over_reverse_through_an_operation_with_a_python_rule():
    x, u = tf.constant([1.0, 2.0, 3.0]), tf.constant([1.0, 0.0, -1.0])
    with tf.autodiff.ForwardAccumulator(x, u) as accumulator:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(x * x * x) * x[0]
        slope = tape.gradient(y, x)
    np.testing.assert_array_equal(accumulator.jvp(slope), [-15, 12, 9])


def test_results_that_die_as_an_exception_passes_take_their_tangents_along():
    x = tf.constant([1.0, 2.0])
    with tf.autodiff.ForwardAccumulator(x, tf.ones([2])) as accumulator:
        with pytest.raises(ZeroDivisionError, match="division by zero"):
            [x * x, x * x + x, 1 / 0]
        y = x * x
    np.testing.assert_array_equal(accumulator.jvp(y), [2, 4])
