"""Checks for NaN and infinity, and gradients checked against differences."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import pytest

import gradtape as tf


@pytest.fixture(autouse=True)
def examined() -> Iterator[None]:
    tf.debugging.enable_check_numerics()
    yield
    tf.debugging.disable_check_numerics()


def line_here(above: int = 1) -> str:
    """The text by which a message names a line of the calling test, the given number of lines above."""
    frame = inspect.currentframe().f_back
    return rf"test_debugging\.py, line {frame.f_lineno - above}: "


def test_message_names_op_and_line_of_the_program() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        tf.math.log(tf.constant([1.0, -1.0]))
    assert re.search(line_here() + r"tf\.math\.log", str(raised.value))
    assert 'op "Log"' in str(raised.value)


def test_gradient_names_the_line_that_was_differentiated_and_the_one_that_asked() -> None:
    x = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        y = tf.sqrt(x)
        made = line_here()
        y = y * 3.0
    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        tape.gradient(y, x)
    assert re.search(line_here() + r"tape\.gradient", str(raised.value))
    assert re.search('in the gradient of op "Sqrt", recorded at .*' + made, str(raised.value))


def test_gradient_of_a_sum_over_a_broadcast_operand_is_examined() -> None:
    x = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.constant([1.0, 2.0]) * tf.constant([3e38, 3e38]) ** 0.5 * tf.sqrt(x))
    with pytest.raises(tf.errors.InvalidArgumentError, match='gradient of op "Sqrt"'):
        tape.gradient(y, x)
    w = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(w * tf.constant([3e38, 3e38]))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r'op "Sum"[\s\S]*gradient of op "Mul"'):
        tape.gradient(y, w)


def test_gradient_of_a_function_of_ones_own_names_its_line() -> None:
    places = []

    @tf.custom_gradient
    def f(x: tf.Tensor) -> tuple[tf.Tensor, object]:
        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            places.append(line_here(-1))
            return upstream / 0.0

        return x, gradient

    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        tape.gradient(y, x)
    assert re.search(places[0] + "return upstream / 0.0", str(raised.value))


def test_second_derivative_is_examined() -> None:
    x = tf.constant(0.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x**1.5
        first = inner.gradient(y, x)
    with pytest.raises(tf.errors.InvalidArgumentError, match="in the gradient of op"):
        outer.gradient(first, x)


def test_limits_of_stack_and_path() -> None:
    tf.debugging.enable_check_numerics(stack_height_limit=1, path_length_limit=12)
    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        tf.math.log(0.0)
    assert re.findall("  at .*", str(raised.value)) == [
        "  at debugging.py, line " + re.search(r"line (\d+)", str(raised.value))[1] + ": tf.math.log(0.0)"
    ]


def test_nothing_is_examined_once_disabled() -> None:
    tf.debugging.disable_check_numerics()
    assert tf.math.log(0.0).numpy() == float("-inf")


def test_tape_is_usable_after_an_error() -> None:
    x = tf.Variable(4.0)
    with tf.GradientTape(persistent=True) as tape:
        with pytest.raises(tf.errors.InvalidArgumentError):
            tf.math.log(x - 4.0)
        y = tf.sqrt(x)
    assert tape.gradient(y, x).numpy() == 0.25


def test_check_gradients_accepts_right_gradients() -> None:
    x = tf.constant([[0.5, 1.5], [2.5, -0.5]], tf.float64)
    tf.test.check_gradients(lambda x, y: {"a": tf.sin(x) * y, "b": [tf.matmul(x, x)]}, [x, x + 1.0], order=3)
    tf.test.check_gradients(lambda x, rows: tf.gather(tf.exp(x), rows), [[0.5, 1.0], [1, 1]], order=1)
    tf.test.check_gradients(lambda x: tf.constant(1.0), [2.0])


def wrong(factor: float, order: int) -> object:
    """A function whose derivative of one order is wrong."""

    @tf.custom_gradient
    def f(x: tf.Tensor) -> tuple[tf.Tensor, object]:
        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            return upstream * (factor if order == 1 else inner(x))

        return x * x, gradient

    @tf.custom_gradient
    def inner(x: tf.Tensor) -> tuple[tf.Tensor, object]:
        return 2.0 * x, lambda upstream: upstream * factor

    return f


def test_check_gradients_names_argument_index_and_both_values() -> None:
    x = tf.constant([1.0, 2.0], tf.float64)
    said = r"order 1, argument 1 at index \(0,\): the gradient is 7\.0, central differences give 2\.0"
    with pytest.raises(AssertionError, match=said):
        tf.test.check_gradients(lambda y, x: wrong(7.0, 1)(x) + y, [x, x])
    with pytest.raises(AssertionError, match=r"order 2, argument 0 at index \(0,\)"):
        tf.test.check_gradients(wrong(5.0, 2), [x])
    tf.test.check_gradients(wrong(5.0, 2), [x], order=1)
    tf.debugging.disable_check_numerics()
    with pytest.raises(AssertionError, match="the gradient is nan"):
        tf.test.check_gradients(wrong(float("nan"), 1), [x], order=1)


def test_tolerances_and_step_of_check_gradients() -> None:
    x = tf.constant(1.0, tf.float64)
    tf.test.check_gradients(wrong(2.1, 1), [x], order=1, rtol=0.1)
    tf.test.check_gradients(wrong(2.1, 1), [x], order=1, atol=0.2)
    with pytest.raises(AssertionError):
        tf.test.check_gradients(lambda x: x**3, [x], order=1, delta=0.1)
