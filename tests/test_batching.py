"""vectorized_map computes for all slices at once what a loop computes for each, with derivatives inside and outside."""

from __future__ import annotations

import gc
import inspect
import re
import weakref
from pathlib import Path

import numpy as np
import pytest

import gradtape as tf
from cases import cases, namespace_of
from drawing import drawn, run, sampled
from gradtape._src.ops.batch_rules import RULES
from gradtape._src.ops.elementwise import FUNCTIONS
from gradtape._src.table import rows as table

# The branches of cond return different shapes, which cannot be stacked.
ROWS = [row for row in table.rows() if row.orders != "0" and row.name != "cond"]
SLICES = 3
ROOT = Path(__file__).parents[1]


def compare(function, operands, batched):
    """A function's results under vectorized_map, against those of a loop: `batched` operands are sliced."""
    given = tuple(operand for operand, has in zip(operands, batched, strict=True) if has)

    def of_slice(slices):
        places = iter(slices)
        return function([next(places) if has else operand for operand, has in zip(operands, batched, strict=True)])

    tf.random.set_seed(3)
    alone = [of_slice(tuple(operand[i] for operand in given)) for i in range(SLICES)]
    for _ in range(3):  # traced, planned, replayed
        tf.random.set_seed(3)
        together = tf.vectorized_map(of_slice, given)
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


@cases("row,call,label", sampled(ROWS, "samples"), group=namespace_of)
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


@cases("name", FUNCTIONS)
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


@pytest.mark.parametrize("shared", [False, True])
def test_calls_after_the_first_have_the_same_bits_whatever_the_function_reads_of_python(shared):
    """A cached batch is used if the first slice's steps are the same: not those that depend on changed Python state."""
    w, x = tf.Variable(tf.random.normal([4, 3], seed=1)), tf.random.normal([5, 4], seed=2)
    other, calls, choice = (
        tf.random.normal([1 if shared else 5, 3], seed=3),
        [],
        {"scale": 2.0, "shift": None, "deep": False},
    )

    def function(slices):
        row, more = slices
        calls.append(float(choice["scale"]))
        with tf.GradientTape() as tape:
            tape.watch(row)
            y = tf.tanh(tf.linalg.matvec(w, row, transpose_a=True) * choice["scale"]) + more
            if choice["shift"] is not None:
                y = y + choice["shift"]
            if choice["deep"]:
                y = tf.nn.softmax(y)
            value = tf.reduce_sum(y * y)
        return {"value": value, "gradient": tape.gradient(value, row), "row": row}

    def compare_calls():
        seen = len(calls)
        for count in range(1, 5):
            result = tf.vectorized_map(function, (x, other), fallback_to_while_loop=False)
            assert len(calls) == seen + count
            with tf.GradientTape(persistent=True) as around:  # the cache is not used within a tape
                around.watch(x)
                expected = tf.vectorized_map(function, (x, other), fallback_to_while_loop=False)
            seen += 1
            assert expected.keys() == result.keys()
            for name in expected:
                np.testing.assert_array_equal(result[name].numpy(), expected[name].numpy(), strict=True)
        return result["value"].numpy()

    found = [compare_calls()]
    for change in (
        lambda: choice.update(scale=3.0),
        lambda: choice.update(scale=tf.constant(0.5)),
        lambda: choice.update(shift=tf.constant([1.0, 2.0, 3.0])),
        lambda: choice.update(shift=tf.constant([1.0, 2.0, 4.0])),
        lambda: choice.update(shift=tf.constant(4.0)),
        lambda: choice.update(deep=True),
        lambda: w.assign(w * 2.0),
    ):
        change()
        found.append(compare_calls())
    assert all(np.any(a != b) for i, a in enumerate(found) for b in found[:i])


def test_calls_after_the_first_draw_assign_decide_and_raise_as_the_first_did():
    x, count, limit = tf.constant([1.0, 2.0, 3.0]), tf.Variable(0.0), [1.5]

    def draws(row):
        return row + tf.random.normal([])

    def both(row):
        return row * 2.0 if limit[0] > 1.0 else row + tf.random.normal([])

    def counts(row):
        if limit[0] > 1.0:
            count.assign_add(row)
        return row * 3.0

    def raises(row):
        if limit[0] < 1.0:
            raise KeyError("no")
        return row * 4.0

    def decides(row):
        return row if limit[0] > 1.0 or float(row) > 1.5 else -row

    seen = set()
    for limit[0] in (1.5, 1.5, 1.5, 0.5, 0.5, 0.5, 1.5, 1.5):
        seen.update(tf.vectorized_map(draws, x).numpy().tolist())
        mapped = tf.vectorized_map(both, x).numpy()
        assert (mapped.tolist() == [2.0, 4.0, 6.0]) == (limit[0] > 1.0)
        assert tf.vectorized_map(counts, x).numpy().tolist() == [3.0, 6.0, 9.0]
        if limit[0] > 1.0:
            assert tf.vectorized_map(raises, x).numpy().tolist() == [4.0, 8.0, 12.0]
        else:
            with pytest.raises(KeyError, match="no"):
                tf.vectorized_map(raises, x)
        assert tf.vectorized_map(decides, x).numpy().tolist() == (
            [1.0, 2.0, 3.0] if limit[0] > 1.0 else [-1.0, 2.0, 3.0]
        )
    assert len(seen) == 24 and float(count) == 5 * 6.0


def test_what_is_kept_of_a_function_holds_no_tensor_and_no_variable():
    def calls():
        w, constant = tf.Variable([1.0, 2.0]), tf.constant([3.0, 4.0])
        for _ in range(4):
            tf.vectorized_map(lambda row: tf.reduce_sum(row * w + constant), tf.ones([3, 2]))
        return weakref.ref(w), weakref.ref(constant)

    held = calls()
    gc.collect()
    assert [reference() for reference in held] == [None, None]


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
