"""vectorized_map computes for all slices at once what a loop computes for each, derivatives within and around it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import numpy as np
import pytest

import gradtape as tf
from drawing import drawn, run, sampled
from gradtape._src.ops.batch_rules import RULES
from gradtape._src.ops.elementwise import FUNCTIONS
from gradtape._src.table import rows as table

# The branches of cond give shapes that differ, which do not stack.
ROWS = [row for row in table.rows() if row.orders != "0" and row.name != "cond"]
SLICES = 3
ROOT = Path(__file__).parents[1]


def compare(function, operands, batched):
    """A function's results under vectorized_map, against those of a loop: `batched` operands are taken apart."""
    given = tuple(operand for operand, has in zip(operands, batched, strict=True) if has)

    def of_slice(slices):
        places = iter(slices)
        return function([next(places) if has else operand for operand, has in zip(operands, batched, strict=True)])

    tf.random.set_seed(3)
    together = tf.vectorized_map(of_slice, given)
    tf.random.set_seed(3)
    alone = [of_slice(tuple(operand[i] for operand in given)) for i in range(SLICES)]
    for one, *column in zip(together, *alone, strict=True):
        expected = tf.stack(column)
        assert one.dtype == expected.dtype and one.shape == expected.shape
        if one.dtype.is_floating or one.dtype.is_complex:
            np.testing.assert_allclose(one.numpy(), expected.numpy(), rtol=1e-9, atol=1e-11)
        else:
            np.testing.assert_array_equal(one.numpy(), expected.numpy())


def with_gradients(function):
    """A function's results, and the gradients of their sum."""

    def both(operands):
        sources = [operand for operand in operands if operand.dtype.is_floating]
        with tf.GradientTape() as tape:
            tape.watch(sources)
            results = [tf.convert_to_tensor(one) for one in tf.nest.flatten(function(operands)) if one is not None]
        gradients = tape.gradient(
            [one for one in results if one.dtype.is_floating], sources, unconnected_gradients="zero"
        )
        return results + [tf.convert_to_tensor(one) for one in gradients]

    return both


@pytest.mark.parametrize("row,call,label", sampled(ROWS, "samples"))
def test_every_row_and_its_gradient_as_in_a_loop(row, call, label):
    draws = [drawn(call, "float64", f"{label} {i}") for i in range(SLICES)]
    operands = [tf.constant(np.stack(column)) for column in zip(*draws, strict=True)]
    floating = [operand.dtype.is_floating or operand.dtype.is_complex for operand in operands]
    function = with_gradients(lambda arrays: run(tf, row, row.function, call, arrays))
    for alone in (None, *range(len(operands))):
        batched = floating if alone is None else [i == alone and has for i, has in enumerate(floating)]
        if any(batched) and (alone is None or sum(floating) > 1):
            fixed = [operand if has else operand[0] for operand, has in zip(operands, batched, strict=True)]
            compare(function, fixed, batched)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_elementwise_functions_align_slices(name):
    count = len(inspect.signature(FUNCTIONS[name]).parameters) - 1
    rng = np.random.default_rng(0)
    operands = [tf.constant(rng.uniform(0.1, 0.9, (SLICES, *(2, 3)[i:]))) for i in range(count)]
    if name.startswith("logical"):
        operands = [operand > 0.5 for operand in operands]
    if name in ("select", "where"):
        operands[0] = operands[0] > 0.5
    compare(with_gradients(lambda arrays: FUNCTIONS[name](*arrays)), operands, [True] * count)
    fixed = [operand if i == 0 else operand[0] for i, operand in enumerate(operands)]
    compare(with_gradients(lambda arrays: FUNCTIONS[name](*arrays)), fixed, [i == 0 for i in range(count)])


# Functions, against TensorFlow's loop and one call per slice


def mlp(weights, x):
    hidden = tf.nn.tanh(x @ weights[0] + weights[1])
    return hidden @ weights[2] + weights[3]


def members(count):
    rng = np.random.default_rng(1)
    shapes = [(4, 8), (8,), (8, 2), (2,)]
    return tuple(tf.constant(rng.standard_normal((count, *shape)), tf.float32) for shape in shapes)


X = tf.constant(np.random.default_rng(2).standard_normal((6, 4)), tf.float32)


def loss_and_gradients(weights):
    with tf.GradientTape() as tape:
        tape.watch(weights)
        loss = tf.reduce_mean(tf.square(mlp(weights, X)))
    return loss, tape.gradient(loss, weights)


def looped(function, operands):
    alone = [function(tf.nest.map_structure(lambda t, i=i: t[i], operands)) for i in range(len(operands[0]))]
    return tf.nest.map_structure(lambda *column: tf.stack(column), *alone)


def assert_close(one, other):
    tf.nest.assert_same_structure(one, other)
    for a, b in zip(tf.nest.flatten(one), tf.nest.flatten(other), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-6)


def test_a_function_is_called_once():
    calls = []
    tf.vectorized_map(lambda x: calls.append(1) or x * 2.0, tf.ones([5, 2]), fallback_to_while_loop=False)
    assert len(calls) == 1


def test_tapes_within_and_around_it_and_within_compiled_functions():
    weights = members(5)
    expected = looped(loss_and_gradients, weights)
    assert_close(tf.vectorized_map(loss_and_gradients, weights, fallback_to_while_loop=False), expected)
    compiled = tf.function(lambda *given: tf.vectorized_map(loss_and_gradients, given, fallback_to_while_loop=False))
    for _ in range(3):
        assert_close(compiled(*weights), expected)

    def total(mapped):
        with tf.GradientTape() as outer:
            outer.watch(weights)
            losses, gradients = mapped()
            of_all = tf.reduce_sum(losses) + tf.add_n([tf.reduce_sum(g * g) for g in gradients])
        return outer.gradient(of_all, weights)

    assert_close(
        total(lambda: tf.vectorized_map(loss_and_gradients, weights)),
        total(lambda: looped(loss_and_gradients, weights)),
    )


def test_it_nests():
    x, y = tf.constant(np.arange(6.0).reshape(2, 3)), tf.constant(np.arange(4.0))

    def inner(a):
        return tf.vectorized_map(lambda b: tf.reduce_sum(a * b) + a, y, fallback_to_while_loop=False)

    expected = np.array([[np.sum(a * b) + a for b in y.numpy()] for a in x.numpy()])
    np.testing.assert_allclose(tf.vectorized_map(inner, x, fallback_to_while_loop=False).numpy(), expected)
    compiled = tf.function(lambda: tf.vectorized_map(inner, x, fallback_to_while_loop=False))
    for _ in range(3):
        np.testing.assert_allclose(compiled().numpy(), expected)


def test_variables_and_captured_tensors_are_shared_by_all_slices():
    w = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    x = tf.constant([[1.0, -1.0], [2.0, 0.5], [0.0, 3.0]])
    with tf.GradientTape() as tape:
        y = tf.vectorized_map(lambda row: tf.linalg.matvec(w, row) ** 2 + X[0, 0], x, fallback_to_while_loop=False)
    np.testing.assert_allclose(y.numpy(), (x.numpy() @ w.numpy().T) ** 2 + X.numpy()[0, 0])
    expected = 2 * np.einsum("ni,nj->ij", x.numpy() @ w.numpy().T, x.numpy())
    np.testing.assert_allclose(tape.gradient(y, w).numpy(), expected, rtol=1e-6)


def test_random_numbers_differ_from_slice_to_slice():
    function = tf.function(lambda x: tf.vectorized_map(lambda row: row + tf.random.normal([4]), x))
    for draw in (
        tf.vectorized_map(lambda row: row + tf.random.normal([4]), tf.zeros([3, 4])),
        function(tf.zeros([3, 4])),
    ):
        assert len(np.unique(draw.numpy())) == 12
    assert np.any(function(tf.zeros([3, 4])).numpy() != function(tf.zeros([3, 4])).numpy())


def test_what_cannot_go_together_goes_slice_by_slice():
    count = tf.Variable(0.0)

    def deciding(x):
        return x if float(x) > 1.5 else -x

    def counting(x):
        count.assign_add(1.0)
        return x * count

    x = tf.constant([1.0, 2.0, 3.0])
    assert tf.vectorized_map(deciding, x).numpy().tolist() == [-1.0, 2.0, 3.0]
    assert tf.vectorized_map(counting, x).numpy().tolist() == [1.0, 4.0, 9.0] and float(count) == 3.0
    compiled = tf.function(lambda x: (tf.vectorized_map(deciding, x), tf.vectorized_map(counting, x)))
    for calls in (2, 3):
        decided, counted = compiled(x)
        assert decided.numpy().tolist() == [-1.0, 2.0, 3.0] and float(count) == 3.0 * calls
        assert counted.numpy().tolist() == [3.0 * calls - 2, 2 * (3.0 * calls - 1), 9.0 * calls]
    for function in (deciding, counting):
        with pytest.raises(ValueError, match="fallback_to_while_loop=False: "):
            tf.vectorized_map(function, x, fallback_to_while_loop=False)


def test_gradients_per_example_of_a_classifier():
    w = tf.Variable(np.random.default_rng(0).standard_normal((4, 3)).astype("f"))
    labels = tf.constant([0, 2, 1, 1, 0, 2])

    def gradient(example):
        x, label = example
        with tf.GradientTape() as tape:
            logits = tf.linalg.matvec(w, x, transpose_a=True)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(label, logits)
        return tape.gradient(loss, w)

    together = tf.vectorized_map(gradient, (X, labels), fallback_to_while_loop=False)
    assert_close(together, looped(gradient, (X, labels)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="label value of 3"):
        tf.vectorized_map(gradient, (X, labels + 1))


def test_nested_structures_and_results_that_depend_on_no_slice():
    given = {"a": tf.constant([1.0, 2.0]), "b": (tf.constant([[3.0], [4.0]]),)}
    made = tf.vectorized_map(lambda one: {"sum": one["a"] + one["b"][0], "same": (X, 2.0)}, given)
    assert made["sum"].numpy().tolist() == [[4.0], [6.0]]
    assert made["same"][0].shape == (2, 6, 4) and made["same"][1].numpy().tolist() == [2.0, 2.0]


def test_primitives_name_every_rule_and_no_other():
    named = set()
    for path in [*(ROOT / "src" / "gradtape" / "_src").rglob("*.py"), *(ROOT / "cython").rglob("*.pyx")]:
        declared = re.findall(r"batch *= *\"(\w+)\"|(?:make_primitive|named)\([^\n]*, \"(\w+)\"\)", path.read_text())
        named |= {one or other for one, other in declared}
    assert named == set(RULES)
