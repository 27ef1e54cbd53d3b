"""Products that a second thread computes while the first continues: the same bits, whatever happens meanwhile."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import gradtape as tf
from gradtape._engine.base.buffer import statistics
from gradtape._engine.base.threads import get_num_threads, set_num_threads

REPLAYS = 24  # before products are queued, and in both halves of a trial


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = get_num_threads()
    set_num_threads(2)
    yield
    set_num_threads(before)


def bits(value: Any) -> list[bytes | None]:
    return [None if part is None else part.numpy().tobytes() for part in tf.nest.flatten(value)]


def codes(function: Any) -> list[Any]:
    """The code of every node of a compiled function's plans."""

    def of(node: Any) -> list[Any]:
        return [node.code, *[code for child in node.children.values() for code in of(child)]]

    return [code for plan in function._plans.values() for code in of(plan.root)]


def queued(function: Any) -> int:
    """The number of products of a compiled function's plans that are queued."""
    return sum(len(code.queued_steps) for code in codes(function))


CELLS = {
    "tanh": lambda x, h, w: tf.tanh(x @ w[0] + h @ w[1]),
    "gates": lambda x, h, w: tf.tanh(h @ w[1]) * tf.sigmoid(x @ w[0]) + h * tf.sigmoid(x @ w[2]),
    "product of a product": lambda x, h, w: tf.tanh((x @ w[0]) @ w[2] + h @ w[1]),
    "the state twice": lambda x, h, w: tf.tanh(h @ w[1] + h @ w[2]) + x @ w[0],
    "transposed": lambda x, h, w: tf.tanh(
        tf.matmul(x, w[0], transpose_b=True) + tf.transpose(tf.matmul(w[1], h, transpose_a=True, transpose_b=True))
    ),
    "the same product twice": lambda x, h, w: tf.tanh(x @ w[0] + (x @ w[0]) * h + h @ w[1]),
    "parts": lambda x, h, w: tf.tanh(tf.concat([p @ w[1][:16] for p in tf.split(h, 2, axis=1)], 1)[:, 8:40] + x @ w[0]),
    "an operand of the sum": lambda x, h, w: tf.tanh(w[1] + x @ w[0]) + h @ w[2],
}
INPUTS = ("constants", "rows", "an argument's rows", "unstacked", "one for all")


def program(seed: int) -> tuple[Callable[[Any], Any], list[Any]]:
    """A recurrence with products on and off its critical path, its gradients, and optional code in the middle."""
    drawn, numbers = random.Random(seed), np.random.default_rng(seed)
    dtype = drawn.choice(["float32", "float32", "float64"])
    size, steps = 32, drawn.randint(64, 80)
    batch = size if seed % len(CELLS) in (4, 6, 7) else drawn.choice([24, 32, 41])
    cell, inputs = list(CELLS.values())[seed % len(CELLS)], drawn.choice(INPUTS)
    middle = drawn.choice(["nothing", "a guard", "an assignment", "random numbers", "a sum of a total"])
    w = [tf.Variable(numbers.normal(size=(size, size)) / 8, dtype=dtype) for _ in range(3)]
    state = tf.Variable(np.zeros((batch, size)), dtype=dtype)
    sequence = tf.constant(numbers.normal(size=(steps, batch, size)), dtype)
    constants = [tf.constant(row.numpy()) for row in sequence]

    def run(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            h, extra = tf.zeros([batch, size], dtype), tf.zeros([], dtype)
            for t in range(steps):
                rows = {"constants": constants[t], "rows": sequence[t], "one for all": constants[0]}
                row = rows[inputs] if inputs in rows else x[t] if inputs != "unstacked" else tf.unstack(x)[t]
                h = cell(row, h, w)
                if t == steps // 2:
                    if middle == "a guard" and tf.reduce_sum(h) > 0:
                        h = h * 0.5
                    elif middle == "an assignment":
                        state.assign_add(h * 0.1)
                        w[0].assign_sub(w[0] * 0.01)
                    elif middle == "random numbers":
                        h = h + tf.random.uniform([batch, size], dtype=dtype)
                    elif middle == "a sum of a total":
                        extra = tf.reduce_sum((row @ w[0]) * h)
            loss = tf.reduce_mean(tf.square(h)) + extra + tf.reduce_mean(state)
        gradients = tape.gradient(loss, [*w, x])
        w[1].assign_sub(gradients[1] * 0.1)
        return loss, gradients, h

    draws = np.random.default_rng(seed + 1)
    return run, [tf.constant(draws.normal(size=sequence.shape), dtype) for _ in range(3)]


def history(seed: int, compiled: bool, threads: int) -> list[Any]:
    """The results of replays in order, including the variables' values."""
    set_num_threads(threads)
    tf.random.set_seed(seed)
    run, arguments = program(seed)
    if compiled:
        run = tf.function(run)
    found = [bits(run(arguments[i % 3])) for i in range(REPLAYS)]
    if compiled:
        assert queued(run) > 10
    return found


@pytest.mark.parametrize("seed", range(24))
def test_the_same_bits(seed):
    eager = history(seed, False, 1)
    assert history(seed, True, 2) == eager
    assert history(seed, True, 1) == eager


def test_a_product_waits_for_all_that_it_follows():
    """A gradient's product has a factor and a sum so far that are results of other products, on either thread."""
    run, arguments = program(list(CELLS).index("product of a product"))
    run = tf.function(run)
    for i in range(REPLAYS):
        run(arguments[i % 3])
    found = [list(enumerate(code.waited_for, 1)) for code in codes(run)]
    assert any(len(earlier) == 2 for numbered in found for _, earlier in numbered)
    assert all(place < number for numbered in found for number, earlier in numbered for place in earlier)


def recurrence(steps: int = 40, size: int = 32) -> Callable[..., Any]:
    draw = np.random.default_rng(0)
    w = [tf.Variable(draw.normal(size=(size, size)) / 8, dtype=tf.float32) for _ in range(2)]
    x = [tf.constant(draw.normal(size=(size, size)), tf.float32) for _ in range(steps)]

    def run(meanwhile: Callable[..., Any] = lambda h: h) -> Any:
        with tf.GradientTape() as tape:
            h = x[0]
            for t, row in enumerate(x):
                h = tf.tanh(row @ w[0] + h @ w[1])
                if t == steps // 2:
                    h = meanwhile(h)
            loss = tf.reduce_mean(tf.square(h))
        return loss, tape.gradient(loss, w)

    return run


def test_a_program_in_python_in_the_middle():
    """It may throw, replay other functions, request one thread, open tapes, fork: products are deferred meanwhile."""
    other = tf.function(recurrence())
    expected_of_other = bits(recurrence()())
    happens = []

    def happen() -> None:
        for what in happens:
            what()

    def meanwhile(h: Any) -> Any:
        tf.py_function(happen, [], [])
        return h

    run = recurrence()
    run_of = tf.function(lambda: run(meanwhile))
    plain = bits(run())

    def throw(error: BaseException) -> Callable[[], None]:
        def thrown() -> None:
            raise error

        return thrown

    def fork() -> None:
        child = os.fork()
        children.append(child)
        if child == 0:
            happens.clear()

    children: list[int] = []
    for _ in range(REPLAYS):
        assert bits(run_of()) == plain
    assert queued(run_of) > 100
    for _ in range(REPLAYS):
        happens[:] = [lambda: other(), lambda: set_num_threads(1)]
        assert bits(run_of()) == plain
        set_num_threads(2)
        for error in (ZeroDivisionError, KeyboardInterrupt):
            happens[:] = [throw(error("here"))]
            with pytest.raises((error, tf.errors.UnknownError), match="here"):
                run_of()
        happens[:] = [lambda: tf.GradientTape().__enter__().__exit__(None, None, None)]
        assert bits(run_of()) == plain
        assert bits(other()) == expected_of_other
    for _ in range(8):
        happens[:] = [fork]
        same = bits(run_of()) == plain
        if children[-1] == 0:
            os._exit(0 if same and bits(other()) == expected_of_other and bits(run_of()) == plain else 1)
        assert same
        assert os.waitstatus_to_exitcode(os.waitpid(children[-1], 0)[1]) == 0


def test_several_threads_repeat_at_once():
    run = recurrence()
    shared, expected, wrong = tf.function(run), bits(run()), []

    def work() -> None:
        own = tf.function(recurrence())
        for _ in range(40):
            for function in (own, shared):
                if bits(function()) != expected:
                    wrong.append(function)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong and queued(shared) > 100


def test_long_loops_among_them_are_cut_as_before():
    """The worker that computes products is recalled for a loop."""
    run = recurrence()
    long = tf.constant(np.random.default_rng(0).normal(size=(600, 700)), tf.float32)

    def with_loops() -> Any:
        found = []

        def loops(h: Any) -> Any:
            y = tf.tanh(long) * long + 1.0
            found.extend([tf.reduce_sum(y, 0), tf.matmul(y, y, transpose_a=True)])
            return h + tf.reduce_mean(y)

        return run(loops), found

    compiled = tf.function(with_loops)
    expected = bits(with_loops())
    for _ in range(REPLAYS):
        assert bits(compiled()) == expected
    assert queued(compiled) > 100


def test_operands_are_let_go_of():
    run = recurrence()
    compiled = tf.function(run)
    for _ in range(REPLAYS):
        compiled()
    before = statistics()["in_use"]
    for _ in range(200):
        compiled()
    assert statistics()["in_use"] == before


def test_short_plans_and_tapes_around_keep_to_one_thread():
    v, x = tf.Variable(tf.ones([64, 64])), tf.ones([32, 64])

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(tf.nn.relu(x @ v) @ v))
        return tape.gradient(loss, v)

    run = recurrence()
    recorded = tf.function(run)
    for _ in range(REPLAYS):
        step()
        with tf.GradientTape():
            recorded()
    assert queued(step) == 0 and queued(recorded) == 0
    assert "second thread" not in step.explain_plan()


def test_explanations_tell_of_the_second_thread():
    compiled = tf.function(recurrence())
    for _ in range(REPLAYS):
        compiled()
    line = next(line for line in compiled.explain_plan().splitlines() if "second thread" in line)
    assert line.startswith(f"  products that a second thread may compute meanwhile: {queued(compiled)}; it does")
    assert " with it, " in line and line.endswith(" without")
