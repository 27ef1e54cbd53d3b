"""Nested lists that contain tensors become tensors, and parts of variables are assignable, as in TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compare import same

PACKED = """
[c(2.0), 3]
[c(2.0), 3.5]
[3, c(2.0)]
(c(2.0), 3)
[c(2.0), True]
[c([1.0, 2.0]), [3, 4]]
[c([1.0, 2.0]), [3, 4, 5]]
[c([1.0, 2.0]), 3]
[[c(1.0), 2], [3, c(4.0)]]
[[1, 2], [3, c(4.0)]]
[[c(1.0), 2], [3]]
[c(1.0), np.float64(2)]
[c(1.0), np.int64(2)]
[c(1), np.float32(2)]
[c(1.0), np.array([1.0, 2.0])]
[c(1.0), np.array(2.0)]
[tf.Variable(2.0), 3]
[tf.Variable(2.0), tf.Variable(3.0)]
[c(1.0), [2.0]]
[c(1.0), c([2.0])]
[[c(1.0), c(2.0)], [c(1.0), c([2.0])]]
[[c(1.0), c(2.0)], [c(1.0)]]
"""


@pytest.mark.parametrize("value", PACKED.strip().splitlines())
def test_packed(value: str) -> None:
    same(lambda tf: tf.convert_to_tensor(eval(value, {"tf": tf, "c": tf.constant, "np": np})))


@pytest.mark.parametrize(
    "program",
    [
        lambda tf: tf.convert_to_tensor([tf.constant(2), 3.5]),
        lambda tf: tf.convert_to_tensor([3.5, tf.constant(2)]),
        lambda tf: tf.convert_to_tensor([tf.constant(2), tf.constant(2.0)]),
        lambda tf: tf.convert_to_tensor([tf.constant(2.0), tf.constant(2.0, tf.float64)]),
        lambda tf: tf.convert_to_tensor([tf.constant(2.0), None]),
        lambda tf: tf.convert_to_tensor([tf.constant(2.0), "a"]),
    ],
)
def test_refused_in_other_words(program: Any) -> None:
    same(program, message=False)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_packed_in_a_dtype(dtype: str) -> None:
    same(lambda tf: tf.convert_to_tensor([tf.constant(2.0), 3], dtype=getattr(tf, dtype)))
    same(
        lambda tf: tf.convert_to_tensor([tf.constant(2.0), tf.constant(3)], dtype_hint=getattr(tf, dtype)),
        message=False,
    )


def test_packing_is_differentiated() -> None:
    def program(tf: Any) -> Any:
        x, y = tf.Variable(2.0), tf.Variable([3.0, 4.0])
        with tf.GradientTape() as tape:
            packed = tf.convert_to_tensor([[x, 1], y, [x * x, x]])
            cast = tf.convert_to_tensor([x, 5], dtype=tf.float64)
            total = tf.reduce_sum(packed * packed) + tf.cast(tf.reduce_prod(cast), tf.float32)
        return packed, tape.gradient(total, [x, y])

    same(program)


ASSIGNED = """
v[0].assign(9)
v[-1].assign(9.0)
v[1:].assign([7.0, 8.0])
v[1:].assign(0.0)
v[1:].assign([5.0])
v[::-1].assign([7.0, 8.0, 9.0])
v[0:2].assign([1.5, 2.5], name="x")
v[...].assign([7.0, 8.0, 9.0])
v[0].assign([1.0, 2.0])
v[5].assign(1.0)
v[c(1)].assign(4.0)
v[0].assign(c(1.0, tf.float64))
m[0].assign([9, 9, 9])
m[:, 1].assign([5, 6])
m[0, 0].assign(7)
m[..., tf.newaxis].assign(np.zeros((2, 3, 1), np.int32))
m[None].assign(np.ones((1, 2, 3), np.int32))
m[1].assign([1.5, 1, 1])
"""


@pytest.mark.parametrize("statement", ASSIGNED.strip().splitlines())
def test_assigned_parts(statement: str) -> None:
    def program(tf: Any) -> Any:
        names = {"tf": tf, "c": tf.constant, "np": np}
        names["v"] = tf.Variable([1.0, 2.0, 3.0])
        names["m"] = tf.Variable([[1, 2, 3], [4, 5, 6]])
        result = eval(statement, names)
        return result.numpy(), names["v"].numpy(), names["m"].numpy()

    same(program, message="c(1)" in statement or "1.5" not in statement)


def test_parts_of_several_variables() -> None:
    def program(tf: Any) -> Any:
        a, b = tf.Variable([1.0, 2.0]), tf.Variable(np.zeros((3, 40)))
        first, second = a[0], b[1]
        second.assign(np.ones(40))
        first.assign(5.0)
        return a.numpy(), b.numpy()

    same(program)


def test_what_was_read_before_an_assigned_part_is_a_constant() -> None:
    def program(tf: Any) -> Any:
        v = tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            before = v[0] * v[1]
            v[0].assign(5.0)
            after = v[0] * v[1]
        return before, after, tape.gradient(after, v)

    same(program)


def test_only_parts_of_variables_are_assigned_to() -> None:
    def program(tf: Any) -> Any:
        v = tf.Variable([1.0, 2.0])
        return [hasattr(value, "assign") for value in (v[0] + 0.0, tf.constant([1.0])[0], v.value(), v[0])]

    same(program)
