"""Deliberate differences of pipelines from TensorFlow's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from programs import collector, compared

PROGRAMS, program = collector()
WORDED: dict[str, str] = {}
OWN_CLASS = "exceptions of a program's functions keep their class and traceback; TensorFlow's become errors of ops"
DELIBERATE: dict[str, tuple[str, Any]] = {
    "calls_of_a_function": (
        "functions are called for each element, once their pipeline is iterated over; TensorFlow traces them, once",
        [0, 3],
    ),
    "exception_of_a_python_function": (OWN_CLASS, "ZeroDivisionError"),
    "exception_of_a_generator": (OWN_CLASS, "LookupError"),
    "random_numbers_of_a_function": (
        "random numbers that functions draw are those of eager calls; TensorFlow's depend on what it traced",
        [0.16513085365295410, 0.51010704040527344, 0.82927739620208740],
    ),
    "feature_of_any_length": ("VarLenFeature gives at once what to_dense would", [1, 2]),
    "rows_of_split_text": (
        "there are no ragged tensors: rows of one length are a tensor, and others are refused in a sentence",
        [[b"a", b"b"], [b"c", b"d"]],
    ),
    "variable_of_text": ("variables hold numbers", "UnimplementedError"),
}


@program
def calls_of_a_function(tf):
    calls = []
    dataset = tf.data.Dataset.range(3).map(lambda x: calls.append(1) or x)
    before = len(calls)
    return [before, len(list(dataset)) and len(calls)]


@program
def exception_of_a_python_function(tf):
    dataset = tf.data.Dataset.range(3).map(lambda x: tf.py_function(lambda v: 1 // (int(v) - 1), [x], tf.int64))
    return list(dataset)


@program
def exception_of_a_generator(tf):
    def generate():
        yield 1
        raise LookupError("no more")

    return list(tf.data.Dataset.from_generator(generate, tf.int32))


@program
def random_numbers_of_a_function(tf):
    tf.random.set_seed(1)
    return list(tf.data.Dataset.range(3).map(lambda x: tf.random.uniform([])))


@program
def feature_of_any_length(tf):
    feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[1, 2]))
    data = tf.train.Example(features=tf.train.Features(feature={"n": feature})).SerializeToString()
    return tf.io.parse_single_example(data, {"n": tf.io.VarLenFeature(tf.int64)})["n"]


@program
def rows_of_split_text(tf):
    return tf.strings.split(["a b", "c d"])


@program
def variable_of_text(tf):
    return tf.Variable("a")


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)


def test_listed_programs_are_there() -> None:
    assert {*WORDED, *DELIBERATE} <= {*PROGRAMS}


def test_numbers_are_those_of_eager_calls() -> None:
    import gradtape as tf

    tf.random.set_seed(1)
    eager = [tf.random.uniform([]).numpy() for _ in range(3)]
    np.testing.assert_array_equal(np.float32(DELIBERATE["random_numbers_of_a_function"][1]), eager)
