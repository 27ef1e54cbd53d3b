"""A replay raises what eager execution raises, from the same place in the program, and leaves the same state."""

from __future__ import annotations

import contextlib
import signal
import threading
import traceback
from typing import Any

import numpy as np
import pytest

import gradtape as tf

V = tf.Variable(0.0)
GOOD, BAD = [[2.0, 1.0], [1.0, 3.0]], [[0.0, 0.0], [0.0, 0.0]]

# Expressions of a matrix m and an integer i that raise for some values; the values that do not, and those that do.
RAISING = {
    "tf.gather(m, i)": ((GOOD, 1), (GOOD, 5)),
    "tf.gather(m, [[0, 1], [1, i]])": ((GOOD, 1), (GOOD, -1)),
    "tf.gather_nd(m, [[0, i]])": ((GOOD, 1), (GOOD, 5)),
    "tf.linalg.inv(m)": ((GOOD, 1), (BAD, 1)),
    "tf.linalg.solve(m, m)": ((GOOD, 1), (BAD, 1)),
    "tf.range(4) // i": ((GOOD, 2), (GOOD, 0)),
    "tf.range(4) % i": ((GOOD, 2), (GOOD, 0)),
    "tf.range(1, 4) ** i": ((GOOD, 2), (GOOD, -1)),
    "tf.debugging.check_numerics(1.0 / m, 'inverse')": ((GOOD, 1), (BAD, 1)),
    "tf.debugging.assert_all_finite(1.0 / m, 'inverse')": ((GOOD, 1), (BAD, 1)),
    "tf.debugging.Assert(i > 0, [i])": ((GOOD, 1), (GOOD, 0)),
    "tf.debugging.assert_positive(m)": ((GOOD, 1), (BAD, 1)),
    "tf.debugging.assert_less(i, 3, message='less')": ((GOOD, 1), (GOOD, 4)),
    "tf.debugging.assert_equal(m, tf.transpose(m))": ((GOOD, 1), ([[1.0, 2.0], [3.0, 4.0]], 1)),
    "tf.scatter_nd([[i]], [1.0], [3])": ((GOOD, 1), (GOOD, 4)),
    "tf.tensor_scatter_nd_update(m, [[i]], m[:1])": ((GOOD, 1), (GOOD, 4)),
    "tf.math.unsorted_segment_sum(m, [0, i], 2)": ((GOOD, 1), (GOOD, 4)),
    "tf.math.segment_sum(m, [1, i])": ((GOOD, 1), (GOOD, 0)),
    "tf.nn.sparse_softmax_cross_entropy_with_logits([0, i], m)": ((GOOD, 1), (GOOD, 4)),
    "tf.nn.embedding_lookup(m, [i])": ((GOOD, 1), (GOOD, 4)),
    "tf.reshape(m, [i, -1])": ((GOOD, 2), (GOOD, 3)),
    "tf.random.uniform([2], 0, i, tf.int32)": ((GOOD, 2), (GOOD, 0)),
    "tf.TensorArray(tf.float32, 2).write(i, 1.0).stack()": ((GOOD, 1), (GOOD, 4)),
    "tf.one_hot([0, 1], i)": ((GOOD, 2), (GOOD, -1)),
    "m[i]": ((GOOD, 1), (GOOD, 4)),
    "tf.constant([1.0, 2.0][i])": ((GOOD, 1), (GOOD, 4)),
    "tf.constant(1.0 / float(i))": ((GOOD, 1), (GOOD, 0)),
    "tf.ensure_shape(tf.boolean_mask(m, m > 0.0), [4])": ((GOOD, 1), (BAD, 1)),
    "tf.py_function(lambda k: 1 // int(k), [i], tf.int32)": ((GOOD, 1), (GOOD, 0)),
}


def outcome(function: Any, given: Any) -> Any:
    matrix, i = tf.constant(given[0]), tf.constant(given[1])
    try:
        found = function(matrix, i)
        found = None if found is None else np.asarray(found).tobytes()
    except Exception as error:
        found = type(error), str(error)
    return found, V.numpy()


@pytest.mark.parametrize("text", RAISING)
def test_the_same_exception_from_the_same_state(text):
    expression = eval(f"lambda m, i: {text}", {"tf": tf})

    def body(m, i):
        V.assign_add(tf.reduce_max(m))
        found = expression(m, i)
        V.assign_add(1.0)
        return found

    good, bad = RAISING[text]
    histories = []
    for function in (tf.function(body), body):
        V.assign(0.0)
        tf.random.set_seed(1)
        histories.append([outcome(function, given) for given in (good, good, bad, good, good, good, bad, bad, good)])
    assert histories[0] == histories[1]
    assert isinstance(histories[0][2][0], tuple)


def test_the_first_call_may_raise_and_the_next_is_traced():
    f = tf.function(lambda x: tf.debugging.assert_positive(x) or x * 2.0)
    for value in (-1.0, -2.0):
        with pytest.raises(tf.errors.InvalidArgumentError):
            f(tf.constant(value))
    assert [f(tf.constant(value)).numpy() for value in (1.0, 2.0, 3.0)] == [2.0, 4.0, 6.0]
    assert not tf.inside_function()


def test_the_user_s_line_is_named():
    def invert(x):
        return tf.linalg.inv(x)  # the line

    f = tf.function(lambda x: V.assign_add(1.0) * tf.reduce_sum(invert(x)))
    for _ in range(4):
        f(tf.constant(GOOD))
    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        f(tf.constant(BAD))
    # Python 3.10 stores notes without showing them.
    text = "".join([*traceback.format_exception(raised.value), *getattr(raised.value, "__notes__", [])])
    line = invert.__code__.co_firstlineno + 1
    assert f"traced at {__file__}, line {line}" in text or f'File "{__file__}", line {line}' in text


@pytest.mark.parametrize("name", ["a_module", None])
def test_steps_know_the_lines_of_code_that_need_not_be_a_module_s(name):
    source = "def f(x):\n    y = tf.sin(x)\n\n    for _ in range(2):\n        y = tf.cos(y)\n    return y * 3.0"
    namespace = {"tf": tf, "__name__": name}
    exec(compile(source, "typed.py", "exec"), namespace)
    f = tf.function(namespace["f"])
    f(tf.constant(1.0))
    (plan,) = f._plans.values()
    places = [step.place for step in plan.root.steps if step.name != "constant"]
    assert places == [("typed.py", line) for line in (2, 5, 5, 6)]


def test_an_interrupt_leaves_the_state_of_eager_execution():
    """A signal handler runs between two steps: earlier assignments are kept, later ones do not happen."""
    steps = [tf.Variable(0.0) for _ in range(2000)]

    @tf.function
    def f(x):
        for step in steps:
            step.assign_add(x)
        return x

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for delay in (0.001, 0.002, 0.003, 0.005, 0.008):
            thread = threading.Timer(delay, signal.raise_signal, [signal.SIGINT])
            with pytest.raises(KeyboardInterrupt):
                thread.start()
                while True:
                    f(tf.constant(1.0))
            thread.join()
            values = [step.numpy() for step in steps]
            assert sorted(values, reverse=True) == values
            assert values[0] - values[-1] <= 1.0
            for step in steps:
                step.assign(0.0)
    finally:
        signal.signal(signal.SIGINT, before)
    assert f(tf.constant(1.0)).numpy() == 1.0
    assert {step.numpy() for step in steps} == {np.float32(1.0)}


# Bodies that handle what an operation raises for some values: of a matrix m, an integer i, and a variable v.
HANDLING = {
    "evaluated in Python": ("found = tf.linalg.inv(m)", "found = -m"),
    "compiled": ("found = tf.gather(m, i)", "found = -m[0]"),
    "integers": ("found = tf.range(4) // (i - 5)", "found = tf.range(4)"),
    "without a result": ("tf.gather(m, i); found = m", "found = -m"),
    "a variable": ("v.scatter_update(tf.IndexedSlices([1.0], [i])); found = m", "found = -m"),
    "an assertion": ("tf.debugging.assert_less(i, 5); found = m", "found = -m"),
    "a function in Python": ("tf.py_function(lambda k: 1 // (int(k) - 5), [i], []); found = m", "found = -m"),
    "within with": ("with tf.name_scope('a'): found = tf.linalg.inv(m)", "found = -m"),
    "of another function": ("found = inverse(m)", "found = -m"),
}
WAYS = {
    "except": "try:\n    {body}\nexcept Exception:\n    v.assign_add([100.0, 0.0])\n    {instead}",
    "finally": "try:\n    {body}\nfinally:\n    v.assign_add([100.0, 0.0])",
    "suppress": "found = m\nwith contextlib.suppress(Exception):\n    {body}",
    "a loop": "for _ in range(2):\n    try:\n        {body}\n        break\n    except Exception:\n        {instead}",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", HANDLING)
@pytest.mark.parametrize("first", [0, 1], ids=["good", "bad"])
def test_exceptions_that_the_function_handles(kind, way, first):
    body, instead = HANDLING[kind]
    lines = WAYS[way].format(body=body, instead=instead).splitlines()
    text = "\n    ".join(
        ["def body(m, i):", "v.assign_add([1.0, 0.5])", *lines, "v.assign_add([10.0, 0.0])", "return found * 2"]
    )
    v = tf.Variable([0.0, 0.0])
    scope: dict[str, Any] = {
        "contextlib": contextlib,
        "tf": tf,
        "v": v,
        "inverse": tf.function(lambda m: tf.linalg.inv(m)),
    }
    exec(text, scope)
    good, bad = (GOOD, 1), (BAD, 5)
    calls = (bad, good, bad, good, good, good, good, bad, good)
    histories = []
    for function in (tf.function(scope["body"]), scope["body"]):
        v.assign([0.0, 0.0])
        found = []
        for given in calls[1 - first :]:
            found.append((outcome(function, given), v.numpy().tobytes()))
        histories.append(found)
    assert histories[0] == histories[1]


def test_a_trace_with_an_exception_that_ended_is_not_replayed():
    """Whoever ended it: that an op raised and the function returned all the same is seen whatever its code names."""

    class Ending:
        def __enter__(self):
            return self

        def __exit__(self, *exception):
            return True

    @tf.function
    def inverse(m):
        found = -m
        with Ending():
            found = tf.linalg.inv(m)
        return found

    good, bad = tf.constant(GOOD), tf.constant(BAD)
    assert inverse(bad).numpy().tolist() == (-bad).numpy().tolist()
    for _ in range(3):
        assert inverse(good).numpy().tolist() == tf.linalg.inv(good).numpy().tolist()
