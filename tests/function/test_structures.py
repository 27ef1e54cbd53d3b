"""Structures of arguments and results are flattened and rebuilt at every call, whatever their class."""

from __future__ import annotations

import gc
import sys
import weakref
from collections import OrderedDict, defaultdict, namedtuple

import attr
import numpy as np
import pytest

import gradtape as tf

Point = namedtuple("Point", "x y")


class Items(list):
    pass


class Pair:
    def __init__(self, value, note):
        self.value, self.note = value, note

    def __tf_flatten__(self):
        return (self.note,), (self.value,)

    @classmethod
    def __tf_unflatten__(cls, metadata, components):
        return cls(components[0], metadata[0])


@attr.s
class Both:
    x = attr.ib()
    y = attr.ib()


MAKERS = {
    "list": lambda a, b: [a, b],
    "tuple": lambda a, b: (a, b),
    "namedtuple": Point,
    "subclass of list": lambda a, b: Items([a, b]),
    "dict": lambda a, b: {"b": a, "a": b},
    "keys without order": lambda a, b: {"b": a, 1: b},
    "OrderedDict": lambda a, b: OrderedDict([("b", a), ("a", b)]),
    "defaultdict": lambda a, b: defaultdict(list, {"b": a, "a": b}),
    "protocol": lambda a, b: Pair([a, b], "note"),
    "attrs": Both,
    "IndexedSlices": lambda a, b: tf.IndexedSlices(a[None], tf.cast(b, tf.int32)[None], [4]),
    "TensorArray": lambda a, b: tf.TensorArray(tf.float32, 3, clear_after_read=False).write(0, a).write(2, b),
    "nested": lambda a, b: [{"a": (Point(a, [b]),)}, Pair(Both(a, b), 1), None],
}


def parts(value):
    """A structure's class and tensors' values."""
    if isinstance(value, tf.TensorArray):
        return "TensorArray", value.stack().numpy().tolist()
    if isinstance(value, tf.IndexedSlices):
        return "IndexedSlices", value.values.numpy().tolist(), value.indices.numpy().tolist()
    if isinstance(value, dict):
        return type(value).__name__, [(key, parts(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return type(value).__name__, [parts(item) for item in value]
    if isinstance(value, Pair | Both):
        return type(value).__name__, {name: parts(item) for name, item in vars(value).items()}
    return value.numpy().tolist() if isinstance(value, tf.Tensor) else value


@pytest.mark.parametrize("kind", MAKERS)
def test_results(kind):
    make = MAKERS[kind]
    f = tf.function(lambda a, b: make(a * 2.0, b + 1.0))
    for count in range(5):
        a, b = tf.constant(float(count)), tf.constant(1.0)
        expected = parts(make(a * 2.0, b + 1.0))
        assert parts(f(a, b)) == (("dict", expected[1]) if kind == "defaultdict" else expected)
    assert f.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("kind", MAKERS)
def test_arguments(kind):
    make, runs = MAKERS[kind], []

    @tf.function
    def f(value, scale):
        runs.append(1)
        return value, scale * 2.0

    for count in range(5):
        given = make(tf.constant(float(count)), tf.constant(2.0))
        found, doubled = f(given, tf.constant(3.0))
        expected = parts(given)
        assert parts(found) == (("dict", expected[1]) if kind == "defaultdict" else expected)
        assert doubled.numpy() == 6.0
    assert len(runs) == 1


def test_gradients_through_structures():
    f = tf.function(lambda pair: Both(pair.x * pair.y, {"y": pair.y**2}))
    for value in (1.0, 2.0, 3.0):
        x, y = tf.constant(value), tf.constant(2.0 * value)
        with tf.GradientTape() as tape:
            tape.watch([x, y])
            found = f(Both(x, y))
            total = found.x + found.y["y"]
        assert [g.numpy() for g in tape.gradient(total, [x, y])] == [2.0 * value, 5.0 * value]


def test_arrays_of_tensors_that_grow():
    @tf.function
    def f(array, x):
        return array.write(array.size(), x)

    array = tf.TensorArray(tf.float32, size=0, dynamic_size=True, clear_after_read=False)
    for count in range(4):
        array = f(array, tf.constant(float(count)))
    assert array.stack().numpy().tolist() == [0.0, 1.0, 2.0, 3.0]


def test_other_metadata_is_another_signature():
    f = tf.function(lambda pair: pair.value * len(pair.note))
    x = tf.constant(2.0)
    assert [f(Pair(x, note)).numpy() for note in ("a", "bb", "a", "bb")] == [2.0, 4.0, 2.0, 4.0]
    assert f.experimental_get_tracing_count() == 2


def test_a_first_call_under_a_tape_has_the_bits_of_every_other():
    """Arguments and variables that are also used outside the function: gradients are accumulated in the same order."""
    draw = np.random.default_rng(0)
    v = tf.Variable(draw.normal(size=7).astype(np.float32))

    def body(x):
        v.assign_add(0.01 * x)
        return tf.reduce_sum(tf.tanh(x * v) * x * x) + tf.reduce_sum(v * v)

    def bits(function, x, persistent):
        with tf.GradientTape(persistent=True) as outer:
            outer.watch(x)
            with tf.GradientTape(persistent=persistent) as tape:
                tape.watch(x)
                first = tf.reduce_sum(tf.sin(x) * v * x) + function(x)
                y = first + tf.reduce_sum(0.3 * x * x * v) + 1.3 * function(1.1 * x)
            slopes = tape.gradient(y, [x, v])
        found = [y, *slopes, *outer.gradient(slopes[0], [x, v]), outer.gradient(slopes[1], x)]
        return [tensor.numpy().tobytes() for tensor in found]

    start, compiled = v.numpy(), tf.function(body)
    for count in range(8):
        x, found = tf.constant(draw.normal(size=7), tf.float32), []
        for function in (compiled, body):
            v.assign(start)
            found.append(bits(function, x, bool(count % 2)))
        assert found[0] == found[1]


def test_an_argument_s_number_outlives_its_trace():
    """The log keeps how an argument was computed as long as the argument lives, not only while it is traced."""
    w = tf.Variable([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        x = w * 3.0
        for size in range(300):
            tf.function(lambda x, size: x * size)(x, size)  # traced, and dropped
            _ = [w * 1.0 for _ in range(20)]
        gc.collect()
        y = tf.reduce_sum(x * x)
    assert tape.gradient(y, w).numpy().tolist() == [18.0, 36.0]


def test_traces_are_freed_with_the_function_and_with_objects():
    class Thing:
        pass

    def used(thing):
        captured = tf.constant(np.ones(1000))
        f = tf.function(lambda x, thing: tf.reduce_sum(x * captured))
        for _ in range(4):
            f(tf.constant(np.ones(1000)), thing)
        return weakref.ref(f), weakref.ref(captured)

    thing = Thing()
    references = used(thing)
    gc.collect()
    assert [reference() for reference in references] == [None, None]

    f = tf.function(lambda x, thing: x * 2.0)
    for _ in range(200):
        f(tf.constant(1.0), Thing())
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(3000):
        f(tf.constant(1.0), Thing())
    gc.collect()
    assert len(f._plans) <= 1024
    assert sys.getallocatedblocks() - before < 400 * 1024
