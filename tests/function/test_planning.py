"""The planning of traces: the same bits in fewer steps, in memory that does not grow."""

from __future__ import annotations

import gc
import re
import sys
from typing import Any

import numpy as np
import pytest

import gradtape as tf
from gradtape._engine.base.buffer import statistics


def bits(value: Any) -> Any:
    return [
        (part.dtype.name, tuple(part.shape), part.numpy().tobytes())
        for part in tf.nest.flatten(value)
        if part is not None
    ]


def gradient(function: Any) -> Any:
    def program(*operands: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(operands)
            y = function(*operands)
        return y, tape.gradient(y, operands)

    return program


PROGRAMS = {
    "a sum's cotangent is one everywhere": (lambda x, s: tf.reduce_sum(x * tf.tanh(x) + tf.exp(-tf.square(x)))),
    "of an operand that stands for all": (lambda x, s: tf.reduce_sum(tf.tanh(s) * tf.ones_like(x)) * s),
    "of one broadcast first": (lambda x, s: tf.reduce_sum(tf.sin(tf.broadcast_to(s, x.shape)))),
    "of both": (lambda x, s: tf.reduce_mean(tf.tanh(x * s) * s)),
    "parts joined in another order": (
        lambda x, s: tf.reduce_sum(tf.concat(tf.split(x * s, 2, axis=1)[::-1], axis=1) * x)
    ),
    "parts of unequal size": (lambda x, s: tf.add_n([tf.reduce_sum(p * s) for p in tf.split(x, [1, 0, 3], axis=1)])),
    "rows apart and stacked": (lambda x, s: tf.reduce_sum(tf.stack(tf.unstack(x)[::-1], axis=1) * s)),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("shape", [(3, 4), (200, 400)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_same_bits(name, shape, dtype):
    eager = gradient(PROGRAMS[name])
    compiled = tf.function(eager)
    draw = np.random.default_rng(0)
    if name == "parts of unequal size" and shape[1] != 4:
        shape = (shape[0], 4)
    for scale in (1.0, 1.0, 1.0, 0.5, -2.0, np.inf, np.nan):
        x, s = tf.constant(draw.normal(size=shape), dtype), tf.constant(scale, dtype)
        assert bits(compiled(x, s)) == bits(eager(x, s))


def test_products_with_one_are_left_out():
    compiled = tf.function(lambda x: gradient(lambda x: tf.reduce_sum(tf.tanh(x) * x))(x)[1])
    x = tf.constant(np.linspace(-2.0, 2.0, 20_000), tf.float32)
    for _ in range(4):
        compiled(x)
    assert "x1" not in compiled.explain_plan()  # the cotangent is no operand any more


@pytest.mark.parametrize(
    "source", ["a variable", "a primitive in Python", "a primitive of several results", "a product", "half of them"]
)
def test_products_with_one_are_left_out_whatever_made_the_operand(source):
    """Numbers become part of a program even if an operand is known only by its type and shape."""
    value = np.linspace(-2.0, 2.0, 400).reshape(20, 20)
    v, x = tf.Variable(value, dtype=tf.float32), tf.constant(value, tf.float32)
    made = {
        "a variable": lambda: v,
        "a primitive in Python": lambda: tf.reverse(v, [0]),
        "a primitive of several results": lambda: tf.linalg.qr(v)[1],
        "a product": lambda: tf.linalg.matmul(v, x),
        "half of them": lambda: tf.cast(v, tf.float64),
    }[source]

    def step():
        return gradient(lambda x: tf.reduce_sum(tf.tanh(x) * x))(tf.convert_to_tensor(made()))

    compiled = tf.function(step)
    for scale in (1.0, 1.0, 1.0, 0.5, np.inf, np.nan):
        v.assign(tf.constant(value * scale if source != "a primitive of several results" else value, tf.float32))
        assert bits(compiled()) == bits(step())
    assert not re.search(r"mul\(x1, \w+\(", compiled.explain_plan())


def test_regions_of_one_form_share_a_program():
    @tf.function
    def chain(x):
        for _ in range(20):
            x = tf.transpose(tf.tanh(x * 0.5) + 1.0)
        return x

    for _ in range(4):
        chain(tf.ones([3, 3]))
    (plan,) = chain._plans.values()
    assert len({id(step.primitive) for step in plan.root.plan if step.name.startswith("add")}) == 1


def test_explanations_count_bytes():
    @tf.function
    def double(x):
        return tf.transpose(tf.transpose(x) * 2.0)

    for _ in range(4):
        double(tf.ones([10, 20]))
    # Two transposes and a product each read and write 800 bytes, the product four more; two results are alive at once.
    assert "bytes read and written: 4,804; held at once besides operands and variables: 1,600" in double.explain_plan()
    assert "called in Python" not in double.explain_plan()


def test_explanations_name_what_python_does():
    flip = tf.function(lambda x: tf.reverse(x, [0]))
    flip(tf.ones([3]))
    assert re.search(r"called in Python: 1 x ReverseV2", flip.explain_plan())


def test_memory_is_constant_over_calls():
    w, optimizer = tf.Variable(tf.ones([4, 4])), tf.optimizers.Adam()
    x = tf.ones([2, 4])

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(tf.concat(tf.split(x @ w, 2, axis=1), axis=1)))
        if loss < 0:
            w.assign_add(tf.ones([4, 4]))
        optimizer.apply_gradients([(tape.gradient(loss, w), w)])
        return loss

    def blocks_after(calls: int) -> int:
        for _ in range(calls):
            step(x)
        gc.collect()
        return sys.getallocatedblocks()

    before = blocks_after(1_000)
    assert abs(blocks_after(100_000) - before) < 100


def test_functions_that_end_leave_nothing():
    """Fused programs, sums that absorb them, branches: all parts of a plan are released with it."""
    x, y = tf.ones([40_000]), tf.ones([6])

    def made():
        @tf.function
        def summed(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = tf.reduce_sum(tf.square(x * 2.0 - 1.0) + x) + tf.reduce_mean(tf.exp(-x) * x)
            return loss, tape.gradient(loss, x)

        @tf.function
        def branched(y):
            a, b = tf.split(y, 2)
            return tf.nn.softmax(a * b + 1.0) if tf.reduce_sum(a) > 0 else a

        for _ in range(4):
            summed(x)
            branched(y)

    def blocks_after(count: int) -> int:
        for _ in range(count):
            made()
        gc.collect()
        return sys.getallocatedblocks()

    before = blocks_after(5)
    assert blocks_after(40) - before < 40


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("labels", ["int32", "int64"])
def test_steps_of_classification_call_no_python(dtype, labels):
    x = tf.constant(np.random.default_rng(0).standard_normal((9, 5)), dtype)
    sparse, dense = tf.constant(np.arange(9) % 5, labels), tf.one_hot(np.arange(9) % 5, 5, dtype=dtype)

    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(sparse, tf.tanh(x)))
            loss += tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(dense, x, axis=-1))
            loss += tf.reduce_sum(tf.nn.softmax(x, axis=0) * tf.nn.log_softmax(x))
        return loss, tape.gradient(loss, x)

    compiled = tf.function(step)
    for _ in range(5):
        assert bits(compiled(x)) == bits(step(x))
    assert "called in Python" not in compiled.explain_plan()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_accuracy_calls_no_python(dtype):
    random = np.random.default_rng(0)
    y = tf.constant(random.integers(0, 5, 9))

    def hits(x):
        right = tf.cast(tf.equal(tf.argmax(x, 1), y), dtype)
        return tf.reduce_mean(right), tf.argmin(x, 0), tf.argmin(x, -1, tf.int32)

    compiled = tf.function(hits)
    for _ in range(5):
        x = tf.constant(random.standard_normal((9, 5)), dtype)
        assert bits(compiled(x)) == bits(hits(x))
    assert "called in Python" not in compiled.explain_plan()


def test_labels_are_checked_in_every_replay():
    logits = tf.constant([[0.0, 1.0, 2.0], [1.0, 0.0, 3.0]])
    compiled = tf.function(lambda labels: tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
    for _ in range(5):
        compiled(tf.constant([0, 2]))
    for wrong in ([0, 3], [-1, 0]):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"label value of (3|-1) which is outside .* \[0, 3\)"):
            compiled(tf.constant(wrong))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1 << 15, 33_001, 40_960, 262_144, 300_007])
@pytest.mark.parametrize("reduction", ["reduce_sum", "reduce_mean"])
def test_values_that_are_only_summed_are_not_stored(reduction, size, dtype):
    random = np.random.default_rng(size)
    x, s = (tf.constant(random.standard_normal(shape), dtype) for shape in ((1, size), ()))
    flags = x > 0.5
    rows = tf.constant(random.standard_normal((2, 1)), dtype)
    reduce = getattr(tf, reduction)

    def sums(x, s):
        wide = reduce(x * tf.tanh(x) + s, keepdims=True)
        chosen = reduce(tf.where(flags, x * s, tf.exp(-tf.square(x))))
        return wide, chosen, reduce(tf.sin(x)), reduce(rows * tf.tanh(x))

    def step(x, s):
        with tf.GradientTape() as tape:
            tape.watch((x, s))
            values = sums(x, s)
            total = values[0][0, 0] + values[1]
        return values, tape.gradient(total, (x, s))

    for function in (sums, step):
        compiled = tf.function(function)
        for _ in range(5):
            assert bits(compiled(x, s)) == bits(function(x, s))
    if size > 1 << 15:
        compiled = tf.function(sums)
        for _ in range(5):
            compiled(x, s)
        assert compiled.explain_plan().count("sum of ") >= 3
        assert "called in Python" not in compiled.explain_plan()


def test_replays_allocate_nothing_from_the_system():
    random = np.random.default_rng(0)
    x, labels = tf.constant(random.standard_normal((32, 64)), tf.float32), tf.constant(random.integers(0, 10, 32))
    shapes = (64, 64), (64,), (64, 10), (10,)
    variables = [tf.Variable(random.standard_normal(shape) * 0.1, dtype=tf.float32) for shape in shapes]
    w1, b1, w2, b2 = variables
    optimizer = tf.optimizers.Adam()

    @tf.function
    def step(x, labels):
        with tf.GradientTape() as tape:
            logits = tf.nn.relu(x @ w1 + b1) @ w2 + b2
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    for _ in range(10):
        step(x, labels)
    before = statistics()
    for _ in range(100):
        step(x, labels)
    after = statistics()
    assert after["system_allocations"] == before["system_allocations"]
    assert (after["in_use"], after["reserved"]) == (before["in_use"], before["reserved"])
