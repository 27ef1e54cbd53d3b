"""The storage of results: in a replay's arena, over dead operands, never over storage that is still referenced."""

from __future__ import annotations

import threading
import weakref
from typing import Any

import numpy as np
import pytest

import gradtape as tf
from gradtape._engine.base.buffer import statistics

SIDE = 8  # 8x8 floats do not fit into inline storage


def bits(value: Any) -> list[Any]:
    return [(part.dtype.name, tuple(part.shape), part.numpy().tobytes()) for part in tf.nest.flatten(value)]


def drawn(seed: int, dtype: Any = tf.float32) -> tf.Tensor:
    return tf.constant(np.random.default_rng(seed).normal(size=(SIDE, SIDE)), dtype)


def blocks_taken(call: Any) -> int:
    for _ in range(5):
        call()
    before = statistics()["blocks_acquired"]
    call()
    return statistics()["blocks_acquired"] - before


def test_a_replay_allocates_one_block_besides_results():
    x, w = drawn(0), drawn(1)

    @tf.function
    def layers(x):
        for _ in range(10):
            x = tf.tanh(x @ w) + w
        return x

    assert blocks_taken(lambda: layers(x)) == 2
    assert "held at once besides operands and variables: 512" in layers.explain_plan()


def test_of_more_than_three_operands_too():
    x, a, b, c = (drawn(seed) for seed in range(4))
    step = tf.function(lambda x: tf.where(x > 0.0, tf.transpose(x) * a, b) * c + x)
    assert bits([step(x) for _ in range(6)][-1]) == bits(step.python_function(x))
    assert blocks_taken(lambda: step(x)) == 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_operand_that_is_broadcast_stays(dtype):
    x, row = drawn(0, dtype), drawn(1, dtype)[:1]

    def step(x, row):
        narrow = tf.reverse(row, [1])  # dead where the wider result is computed
        return (
            narrow + x,
            tf.transpose(x) * tf.reverse(row, [1]),
            tf.transpose(x) > 0.0,
            tf.reverse(row, [1]) - x[:, :1],
        )

    compiled = tf.function(step)
    for _ in range(6):
        assert bits(compiled(x, row)) == bits(step(x, row))


def test_results_that_are_kept_keep_their_values():
    w = drawn(0)

    def step(x):
        y = x @ w
        z = tf.tanh(y)
        flat = tf.reshape(z, [-1])
        return y, tf.sin(z), flat, tf.reshape(tf.cos(flat), [SIDE, SIDE])

    compiled = tf.function(step)
    arguments = [drawn(seed) for seed in range(50)]
    before = bits(arguments)
    kept = [compiled(x) for x in arguments]
    assert [bits(result) for result in kept] == [bits(step(x)) for x in arguments]
    assert bits(arguments) == before


def test_an_argument_of_which_nobody_else_knows_is_not_overwritten():
    step = tf.function(lambda x: (tf.sin(x), tf.cos(tf.reshape(x, [-1]))))
    for seed in range(6):
        assert bits(step(drawn(seed) * 2.0)) == bits(step.python_function(drawn(seed) * 2.0))


def test_what_python_and_variables_were_given_stays_as_it_was():
    w, v = drawn(0), tf.Variable(tf.zeros([SIDE, SIDE]))
    seen: list[Any] = []
    names: list[Any] = []

    def look(t):
        seen.append((t, np.asarray(t), t.numpy()))
        names.append(weakref.ref(t))
        return t

    def step(x):
        y = x @ w
        tf.py_function(look, [y], tf.float32)
        v.assign(tf.transpose(y) @ w)
        z = tf.tanh(y) + tf.exp(v)
        tf.py_function(lambda t: names.append(weakref.ref(t)), [z], [])
        return tf.sin(z)

    compiled = tf.function(step)
    for seed in range(8):
        x = drawn(seed)
        y = compiled(x)
        stored = v.numpy().tobytes()
        assert bits(y) == bits(step(x))
        assert v.numpy().tobytes() == stored
    assert all(t.numpy().tobytes() == copy.tobytes() == view.tobytes() for t, view, copy in seen)
    seen.clear()
    assert not any(name() is not None for name in names)


def test_guards_that_lead_off_the_trace():
    w = drawn(0)

    def step(x):
        y = tf.tanh(x @ w)
        if tf.reduce_sum(y) > 0.0:
            z = tf.transpose(tf.exp(y) * 2.0)
            return y, tf.sin(z) if tf.reduce_max(z) > 4.0 else tf.cos(z)
        return tf.sin(y + 1.0)

    compiled = tf.function(step)
    arguments = [drawn(seed) * (0.1 + seed % 3) for seed in range(40)]
    kept = [compiled(x) for x in arguments]
    assert [bits(result) for result in kept] == [bits(step(x)) for x in arguments]


def test_an_exception_behind_it_leaves_what_was_there():
    w, v = drawn(0), tf.Variable(tf.zeros([SIDE, SIDE]))

    def step(x, limit):
        y = tf.tanh(x @ w)
        v.assign_add(y)
        z = tf.exp(tf.transpose(y))
        tf.debugging.assert_less(tf.reduce_sum(z * 2.0), limit)
        return tf.sin(z)

    compiled = tf.function(step)
    high, low = tf.constant(1e9), tf.constant(-1e9)
    for seed in range(8):
        x = drawn(seed)
        for limit in (high, low, high):
            start = tf.identity(v)
            found = []
            for function in (compiled, step):
                v.assign(start)
                try:
                    found.append((bits(function(x, limit)), bits(v)))
                except tf.errors.InvalidArgumentError as error:
                    found.append((str(error).splitlines()[0], bits(v)))
            assert found[0] == found[1]


def test_threads_and_recursion():
    w = drawn(0)

    def step(x, depth):
        y = tf.exp(x @ w * 0.1)
        (called,) = tf.py_function(lambda t, left: [again(t, left)], [y, depth], [tf.float32])
        return tf.sin(tf.transpose(y)) + called

    def again(t, left):
        return compiled(t, left - 1) if left > 0 else t

    def expected(x, depth):
        y = tf.exp(x @ w * 0.1)
        return tf.sin(tf.transpose(y)) + (expected(y, depth - 1) if depth > 0 else y)

    compiled = tf.function(step)
    truth = [bits(expected(drawn(k), k % 3)) for k in range(12)]
    found: dict[tuple[int, int], Any] = {}

    def run(thread: int) -> None:
        for k in range(60):
            found[thread, k] = compiled(drawn(k % 12), tf.constant(k % 3))

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 240
    assert all(bits(result) == truth[k % 12] for (_, k), result in found.items())


def test_long_runs_that_are_cut_among_threads():
    x = tf.constant(np.random.default_rng(0).normal(size=(400, 500)), tf.float32)
    step = tf.function(lambda x: tf.exp(tf.sin(tf.transpose(x)) * x[0, 0]) - tf.reduce_sum(x, axis=0)[:, tf.newaxis])
    for _ in range(6):
        assert bits(step(x)) == bits(step.python_function(x))


UNARY = [tf.tanh, tf.exp, tf.square, tf.nn.relu, lambda x: x * 0.5, tf.transpose, tf.identity, lambda x: x[::-1]]
UNARY += [lambda x: tf.reshape(tf.reshape(x, [-1]), [SIDE, SIDE]), lambda x: tf.cast(x > 0.0, x.dtype)]
UNARY += [
    lambda x: tf.concat(tf.split(x, 2, axis=1)[::-1], axis=1),
    lambda x: x - tf.reduce_mean(x, axis=1, keepdims=True),
]
BINARY = [
    tf.add,
    tf.multiply,
    tf.subtract,
    tf.maximum,
    lambda x, y: tf.linalg.matmul(x, y) * 0.1,
    tf.math.divide_no_nan,
]
BINARY += [lambda x, y: x + y[0], lambda x, y: tf.where(x > y, x, y[:, :1]), lambda x, y: x * tf.reduce_sum(y)]


def random_program(seed: int) -> Any:
    draw = np.random.default_rng(seed)
    choices = draw.integers(0, 1 << 30, (12, 4))
    given = draw.choice(14, 3, replace=False)

    def program(x: Any, y: Any) -> list[Any]:
        values = [x, y]
        for kind, which, first, second in choices:
            recent = values[-4:]  # older ones are released
            a, b = recent[first % len(recent)], recent[second % len(recent)]
            values.append(UNARY[which % len(UNARY)](a) if kind % 2 else BINARY[which % len(BINARY)](a, b))
        return [values[place] for place in given]

    return program


@pytest.mark.parametrize("first", range(0, 1000, 100))
def test_random_programs(first):
    """All results are compared after the last call: none may have been overwritten."""
    for seed in range(first, first + 100):
        program = random_program(seed)
        compiled = tf.function(program)
        arguments = [
            (drawn(k, "float64" if seed % 4 == 0 else "float32"),) * 2
            if k == 2
            else tuple(drawn(10 * k + j, "float64" if seed % 4 == 0 else "float32") for j in (0, 1))
            for k in range(6)
        ]
        kept = [compiled(*pair) for pair in arguments]
        assert [bits(result) for result in kept] == [bits(program(*pair)) for pair in arguments], f"program {seed}"
