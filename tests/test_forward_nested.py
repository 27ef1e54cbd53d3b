"""Forward accumulators within accumulators and tapes: every op of both tables, against reverse over reverse.

Reverse over reverse is itself compared with central differences in test_table.py and test_elementwise_gradients.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import gradtape as tf
from cases import cases, namespace_of, sample_of
from drawing import differentiable, drawn, leaves, run, sampled, scalar
from gradtape._engine.api.api import apply_elementwise
from gradtape._src.table import rows as table
from gradtape._src.table.elementwise import ROWS as ELEMENTWISE
from gradtape._src.table.samples import Op, Sample

Accumulator = tf.autodiff.ForwardAccumulator

Tensors = list[Any]


class Program(NamedTuple):
    """A function from tensors to a number, or None, and the operands by which it is differentiated."""

    function: Callable[[Tensors], Any]
    arrays: list[np.ndarray]
    differentiable: list[bool]


def of_elementwise(row: Any) -> Program:
    generator = np.random.default_rng(7)
    shapes = [(2, 3), (3,), (2, 1)]
    arrays = [generator.uniform(*bounds, shape) for bounds, shape in zip(row.domain, shapes, strict=False)]
    smooth = [low < high and row.derivatives.get(i, "derived") is not None for i, (low, high) in enumerate(row.domain)]
    return Program(lambda tensors: scalar(tf, [apply_elementwise(row.name, *tensors)]), arrays, smooth)


def of_table(row: Op, call: Sample, label: str) -> Program:
    return Program(
        lambda tensors: scalar(tf, run(tf, row, row.function, call, tensors)),
        drawn(call, "float64", label),
        [differentiable(leaf) for leaf in leaves(call)],
    )


CASES = [
    *(pytest.param(of_elementwise, (row,), id=row.name) for row in ELEMENTWISE if row.domain),
    *(
        pytest.param(of_table, case.values, id=case.id)
        for case in sampled([row for row in table.rows() if row.orders not in ("0", "1", "2")], "samples")
    ),
]


def directions(sources: Tensors, salt: int) -> Tensors:
    return [tf.constant(np.sin(np.arange(x.numpy().size) * 1.3 + salt).reshape(tuple(x.shape))) for x in sources]


def dotted(values: Tensors, vectors: Tensors) -> Any:
    return sum(tf.reduce_sum(value * vector) for value, vector in zip(values, vectors, strict=True))


def swept(level: Callable[[], Any], sources: Tensors, vectors: Tensors) -> Any:
    """The derivative of `level` along vectors, in reverse."""
    with tf.GradientTape() as tape:
        tape.watch(sources)
        value = level()
    return None if value is None else dotted(tape.gradient(value, sources, unconnected_gradients="zero"), vectors)


def pushed(level: Callable[[], Any], sources: Tensors, vectors: Tensors) -> Any:
    """The same, in forward mode."""
    with Accumulator(sources, vectors) as accumulator:
        value = level()
    return None if value is None else accumulator.jvp(value, unconnected_gradients="zero")


def composed(program: Program, modes: str, apart: bool = False) -> tuple[float, float]:
    """A derivative of as many orders as there are modes, the innermost last, F forward or R in reverse; and the same in
    reverse alone. `apart`: by the first operand on one level, by the last one on the next."""
    tensors = [tf.constant(array) for array in program.arrays]
    sources = [x for x, smooth in zip(tensors, program.differentiable, strict=True) if smooth]

    def derivative(modes: str) -> float:
        level = lambda: program.function(tensors)  # noqa: E731
        for salt, mode in enumerate(reversed(modes)):
            chosen = [sources[0 if salt % 2 else -1]] if apart else sources
            vectors = directions(chosen, salt)
            level = (lambda one, *rest: lambda: one(*rest))(pushed if mode == "F" else swept, level, chosen, vectors)
        value = level()
        return 0.0 if value is None else float(value)

    return (derivative(modes), derivative("R" * len(modes))) if sources else (0.0, 0.0)


@cases("make,arguments", CASES, group=sample_of)
def test_every_order_of_modes(make: Callable[..., Program], arguments: tuple[Any, ...]) -> None:
    program = make(*arguments)
    for modes in ("FF", "FR", "RF", "FRF", "FFF"):
        actual, expected = composed(program, modes)
        np.testing.assert_allclose(actual, expected, rtol=1e-7, atol=1e-7, err_msg=modes)


@cases("make,arguments", CASES, group=namespace_of)
def test_mixed_partials(make: Callable[..., Program], arguments: tuple[Any, ...]) -> None:
    actual, expected = composed(make(*arguments), "FF", apart=True)
    np.testing.assert_allclose(actual, expected, rtol=1e-8, atol=1e-8)


def test_a_mixed_partial_of_a_result_that_its_rule_reads() -> None:
    x, y, one = tf.constant(0.5), tf.constant(0.8), tf.constant(1.0)
    with Accumulator(x, one) as outer, Accumulator(y, one) as inner:
        z = tf.exp(x * y)
    np.testing.assert_allclose(outer.jvp(inner.jvp(z)), 1.4 * np.exp(np.float32(0.4)), rtol=1e-6)


@tf.custom_gradient
def _squared(x: Any) -> Any:
    return x * x, lambda dy: dy * 2.0 * x


@tf.custom_gradient
def _cubed(x: Any) -> Any:
    return _squared(x) * x, lambda dy: dy * 3.0 * x * x


READERS = {
    "a body that reads on": _cubed,
    "a read after the call": lambda x: _squared(x) * x,
    "map_fn": lambda x: tf.map_fn(lambda e: _squared(e) * e, x) + _squared(x) * x,
    "while_loop": lambda x: tf.while_loop(lambda i, y: i < 2, lambda i, y: (i + 1, _squared(y) * x), (0, x))[1],
}


@pytest.mark.parametrize("make", [tf.Variable, tf.constant])
@pytest.mark.parametrize("name", READERS)
def test_what_a_stated_rule_reads_of_a_variable_does_not_serve_what_reads_it_next(name: str, make: Any) -> None:
    """Rules read variables while tapes and accumulators are suspended, which would then miss later reads."""
    x, other, one = make([1.0, 2.0, 3.0]), tf.constant(1.0), tf.constant(1.0)
    tangent = np.array([1.0, 10.0, 100.0], np.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = READERS[name](x)
    gradient = tape.gradient(y, x).numpy()
    beside = {"nothing": [], "accumulator": [lambda: Accumulator(other, one)], "tape": [tf.GradientTape]}
    for outer in beside:
        for inner in beside:
            with contextlib.ExitStack() as blocks:
                for block in beside[outer]:
                    blocks.enter_context(block())
                accumulator = blocks.enter_context(Accumulator(x, tf.constant(tangent)))
                for block in beside[inner]:
                    blocks.enter_context(block())
                y = READERS[name](x)
            np.testing.assert_array_equal(accumulator.jvp(y), gradient * tangent, err_msg=f"{outer}, {inner}")


@pytest.mark.parametrize("name", READERS)
def test_tapes_see_what_is_read_of_a_variable_after_a_stated_rule_read_it(name: str) -> None:
    x, tangent = tf.Variable([1.0, 2.0, 3.0]), tf.constant([1.0, 10.0, 100.0])
    with tf.GradientTape() as outside, Accumulator(x, tangent), tf.GradientTape() as inside:
        y = READERS[name](x)
    with tf.GradientTape() as alone:
        again = READERS[name](x)
    expected = alone.gradient(again, x)
    for tape in (outside, inside):
        np.testing.assert_array_equal(tape.gradient(y, x), expected)
