"""Primitives are pure: every evaluation can be repeated from its operands and attributes, bit by bit."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import gradtape as tf
from cases import cases, namespace_of
from drawing import drawn, run, sampled
from gradtape._engine.record.primitive import Primitive, install_observer
from gradtape._src.ops.elementwise import FUNCTIONS
from gradtape._src.table import rows as table

ROWS = table.rows()


class Observed:
    """The evaluations of primitives within a context."""

    def __init__(self) -> None:
        self.evaluations: list = []

    def __enter__(self) -> list:
        install_observer(lambda *evaluation: self.evaluations.append(evaluation))
        return self.evaluations

    def __exit__(self, *_) -> None:
        install_observer(None)


def check_again(evaluations: list) -> None:
    for primitive, operands, attributes, results in evaluations:
        again = primitive.again(operands, attributes)
        assert len(again) == len(results), primitive
        for one, other in zip(again, results, strict=True):
            assert one.dtype == other.dtype and one.shape == other.shape, primitive
            assert one.numpy().tobytes() == other.numpy().tobytes(), primitive


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@cases("row,call,label", sampled([row for row in ROWS if row.orders != "0"], "samples"), group=namespace_of)
def test_everything_that_a_row_and_its_gradient_evaluate_can_be_evaluated_again(row, call, label, dtype):
    arrays = [tf.constant(array) for array in drawn(call, dtype, label)]
    with Observed() as evaluations, tf.GradientTape() as tape:
        tape.watch([array for array in arrays if array.dtype.is_floating])
        results = tf.nest.flatten(run(tf, row, row.function, call, arrays))
        tape.gradient([result for result in results if result is not None and result.dtype.is_floating], arrays)
    check_again(evaluations)


@cases("name", FUNCTIONS)
def test_elementwise_functions_can_be_evaluated_again(name):
    operands = [tf.constant([0.3, 0.6])] * (len(inspect.signature(FUNCTIONS[name]).parameters) - 1)
    if name.startswith("logical"):
        operands = [tf.constant([True, False])] * len(operands)
    with Observed() as evaluations:
        FUNCTIONS[name](*operands)
    assert len(evaluations) == 1
    check_again(evaluations)


def test_a_trace_of_a_training_step_gives_the_same_step():
    """The evaluations shown to an observer, run in order on the same initial values, give all values of the program."""
    x, w = tf.constant(np.arange(6.0, dtype=np.float32).reshape(3, 2)), tf.Variable([[0.5], [0.25]])
    with Observed() as evaluations, tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(tf.tanh(tf.matmul(x, w)) - 1.0))
        gradient = tape.gradient(loss, w)
    known: dict = {}
    for primitive, operands, attributes, results in evaluations:
        given = tuple(known.get(operand.ref(), operand) for operand in operands)
        for result, again in zip(results, primitive.again(given, attributes), strict=True):
            known[result.ref()] = again
    assert known[loss.ref()].numpy() == loss.numpy()
    assert known[gradient.ref()].numpy().tobytes() == gradient.numpy().tobytes()


def test_a_primitive_of_ones_own_is_evaluated_recorded_and_differentiated():
    def vjp(call, needs, g):
        return g * call.saved[0] ** 2 * 3.0

    cube = Primitive("Cube", lambda x: tf.constant(x.numpy() ** 3), vjp, saves=(0,))
    x = tf.constant(2.0)
    with tf.GradientTape() as outer, tf.GradientTape() as tape:
        outer.watch(x)
        tape.watch(x)
        y = cube(x)
        slope = tape.gradient(y, x)
    assert (y.numpy(), slope.numpy(), outer.gradient(slope, x).numpy()) == (8.0, 12.0, 12.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as accumulator:
        y = cube(x)
    assert accumulator.jvp(y).numpy() == 12.0


def test_an_observer_that_is_gone_sees_nothing():
    with Observed() as evaluations:
        tf.exp(1.0)
    before = len(evaluations)
    tf.exp(1.0)
    assert before == len(evaluations) == 1
