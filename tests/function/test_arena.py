"""The arena for a replay's intermediate results: its layout, when it is used, and its isolation from Python."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_storage import SIDE, bits, blocks_taken, drawn, random_program

import gradtape as tf
from gradtape._engine.base.buffer import statistics
from gradtape._engine.record.primitive import install_observer


def codes(function: Any) -> list[Any]:
    def of(node: Any) -> list[Any]:
        return [node.code, *[code for child in node.children.values() for code in of(child)]]

    return [code for plan in function._plans.values() for code in of(plan.root)]


def perceptron() -> Callable[..., Any]:
    x, w, v, b = drawn(0), *(tf.Variable(drawn(seed)) for seed in (1, 2)), tf.Variable(tf.zeros([SIDE]))

    def step() -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(tf.nn.relu(x @ w + b) @ v - x))
        for variable, gradient in zip((w, v, b), tape.gradient(loss, (w, v, b)), strict=True):
            variable.assign_sub(gradient * 0.01)
        return loss

    return step


def gated() -> Callable[..., Any]:
    """A recurrence with gates, splits and joins, and its gradients."""
    draw = np.random.default_rng(0)
    x = [tf.constant(draw.normal(size=(SIDE, SIDE)), tf.float32) for _ in range(12)]
    w = tf.Variable(draw.normal(size=(2 * SIDE, 4 * SIDE)) / 4, dtype=tf.float32)

    def step() -> Any:
        with tf.GradientTape() as tape:
            h = c = tf.zeros([SIDE, SIDE])
            for row in x:
                i, f, g, o = tf.split(tf.concat([row, h], 1) @ w, 4, axis=1)
                c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
                h = tf.sigmoid(o) * tf.tanh(c)
            loss = tf.reduce_mean(tf.square(h))
        w.assign_sub(tape.gradient(loss, w) * 0.1)
        return loss

    return step


@pytest.mark.parametrize("make", [perceptron, gated])
def test_a_training_step_takes_one_block(make):
    eager, compiled = make(), tf.function(make())
    assert [bits(compiled()) for _ in range(12)] == [bits(eager()) for _ in range(12)]
    assert blocks_taken(compiled) == 1
    (code,) = codes(compiled)
    assert code.arena_bytes > 0
    assert f"arena of intermediate results: {code.arena_bytes:,} bytes" in compiled.explain_plan()


def test_plans_that_rest_hold_no_storage():
    gc.collect()
    before = statistics()["in_use"]
    held = [tf.function(lambda x, k=k: tf.exp(tf.transpose(tf.tanh(x @ x) + float(k)))) for k in range(20)]
    x = tf.ones([64, 64])
    for function in held:
        for _ in range(5):
            function(x)
        assert codes(function)[0].arena_bytes > 0
    assert statistics()["in_use"] == before + 64 * 64 * 4
    held.clear()
    del function, x
    gc.collect()
    assert statistics()["in_use"] == before


def test_functions_that_end_leave_no_tensors():
    def blocks_after(calls: int) -> int:
        for _ in range(calls):
            step = tf.function(gated())
            for _ in range(4):
                step()
        gc.collect()
        return sys.getallocatedblocks()

    before = blocks_after(5)
    assert blocks_after(20) - before < 100


VIEWS = ("reshape", "identity", "stop_gradient")


def check_layout(code: Any) -> int:
    """Walks through a plan: a result may overlap others only as a view of them, or over an operand that is dead.

    The number of results in the arena.
    """
    places, live = code.arena_places, {}
    for step, ends in zip(code.steps, code.last_uses, strict=True):
        for slot in step.result_slots:
            if slot not in places:
                continue
            offset, size = places[slot]
            assert offset % 64 == 0 and offset + size <= code.arena_bytes
            for other, (start, length) in live.items():
                if offset < start + length and start < offset + size:
                    assert (start, length) == (offset, size)
                    assert step.name in VIEWS or (other in step.operand_slots and other in ends)
            live[slot] = places[slot]
        for slot in ends:
            live.pop(slot, None)
    return len(places)


@pytest.mark.parametrize("first", range(0, 300, 100))
def test_nothing_overlaps(first):
    placed = 0
    for seed in range(first, first + 100):
        compiled = tf.function(random_program(seed))
        for _ in range(4):
            compiled(drawn(0), drawn(1))
        for code in codes(compiled):
            placed += check_layout(code)
    assert placed > 300


def test_a_tape_that_python_opens_in_the_middle():
    """It records no tensors of the arena, which the next replay overwrites."""
    v, w = tf.Variable(drawn(0)), drawn(1)
    tapes: list[Any] = []

    def open_tape() -> None:
        tapes.append(tf.GradientTape())
        tapes[-1].__enter__()

    def step(x: Any) -> Any:
        y = tf.tanh(x @ w)
        early = tf.transpose(tf.exp(y) @ w)
        tf.py_function(open_tape, [], [])
        z = tf.sin(early * v) @ y
        return tf.cos(z) * early + tf.reshape(tf.reshape(y, [-1]), [SIDE, SIDE])

    def found(function: Any, x: Any) -> Any:
        result = function(x)
        tape = tapes.pop()
        tape.__exit__(None, None, None)
        return result, tape

    compiled = tf.function(step)
    kept = [found(compiled, drawn(seed)) for seed in range(8)]
    for seed, (result, tape) in enumerate(kept):
        expected, eager = found(step, drawn(seed))
        assert bits(result) == bits(expected)
        assert bits(tape.gradient(result, v)) == bits(eager.gradient(expected, v))


def test_an_observer_that_python_installs_in_the_middle():
    w = drawn(1)
    shown: list[Any] = []

    def observe(primitive: Any, operands: Any, attributes: Any, results: Any) -> None:
        shown.extend((t, t.numpy().tobytes()) for t in (*operands, *results) if isinstance(t, tf.Tensor))

    def step(x: Any) -> Any:
        y = tf.tanh(x @ w)
        early = tf.transpose(tf.exp(y) @ w)
        tf.py_function(lambda: install_observer(observe), [], [])
        return tf.cos(early @ y) * early + tf.reshape(tf.reshape(y, [-1]), [SIDE, SIDE])

    def found(function: Any, x: Any) -> Any:
        try:
            return bits(function(x))
        finally:
            install_observer(None)

    compiled = tf.function(step)
    expected = [found(step, drawn(seed)) for seed in range(8)]
    shown.clear()
    assert [found(compiled, drawn(seed)) for seed in range(8)] == expected
    assert shown and all(t.numpy().tobytes() == value for t, value in shown)


def test_exceptions_give_it_back():
    w = drawn(0)

    def step(x: Any, limit: Any) -> Any:
        y = tf.tanh(x @ w)
        tf.debugging.assert_less(tf.reduce_sum(tf.exp(y)), limit)
        return tf.sin(y @ w)

    compiled, high, low = tf.function(step), tf.constant(1e9), tf.constant(-1e9)
    x = drawn(1)
    taken = blocks_taken(lambda: compiled(x, high))
    before = statistics()["in_use"]
    for _ in range(5):
        with pytest.raises(tf.errors.InvalidArgumentError):
            compiled(x, low)
        assert bits(compiled(x, high)) == bits(step(x, high))
    assert blocks_taken(lambda: compiled(x, high)) == taken
    assert statistics()["in_use"] == before


def test_views_and_what_is_assigned():
    """A view that is returned, a variable of unknown shape that keeps its value, effects deferred for a guard."""
    w = drawn(0)
    grows = tf.Variable(tf.zeros([0, SIDE]), shape=tf.TensorShape([None, SIDE]))
    v = tf.Variable(tf.zeros([SIDE, SIDE]))

    def step(x: Any) -> Any:
        y = tf.tanh(x @ w)
        flat = tf.reshape(y @ w, [-1])
        grows.assign(tf.transpose(y))
        v.assign(tf.sin(y @ w))
        v.assign_add(y)
        more = tf.exp(tf.transpose(y) @ w)
        if tf.reduce_sum(more) > 60.0:
            more = tf.transpose(more) * y
        return flat, tf.identity(more), tf.square(tf.reshape(flat * 2.0, [SIDE, SIDE]) @ y), tf.add_n([y, y])

    compiled = tf.function(step)
    kept = []
    for seed in range(20):
        kept.append((compiled(drawn(seed)), tf.identity(grows), bits(tf.identity(v))))
    for seed, (results, grown, stored) in enumerate(kept):
        assert bits(step(drawn(seed))) == bits(results)
        assert (bits(tf.identity(grows)), bits(tf.identity(v))) == (bits(grown), stored)
