"""Branches, loops, maps and folds: results and errors as in TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compare import Program, same

ALIKE = """
tf.cond(c(True), lambda: 1, lambda: 2)
tf.cond(True, 1, 2)
tf.cond(True, lambda: 1, None)
tf.cond(c(1), lambda: 1, lambda: 2)
tf.cond(c([True]), lambda: 1, lambda: 2)
tf.cond(c([True, False]), lambda: 1, lambda: 2)
tf.cond(1, lambda: 1, lambda: 2)
tf.cond(None, lambda: 1, lambda: 2)
tf.cond("a", lambda: 1, lambda: 2)
tf.cond(c(True), lambda: (1, c(2.0)), lambda: 3)
tf.cond(c(True), lambda: None, lambda: 3)
tf.case([(c(True), lambda: 1)])
tf.case([(c(False), lambda: 1)])
tf.case([(True, lambda: 1)])
tf.case([c(True)])
tf.case({})
tf.case([])
tf.case(5)
tf.case([(c(True), lambda: 1), (c(True), lambda: 2)], exclusive=True)
tf.case([(c(True), lambda: 1), (c(True), lambda: 2)])
tf.case([(c(False), lambda: 1), (c(False), lambda: 2)], default=lambda: 7, exclusive=True)
tf.case([(c(False), lambda: 1)], default=7)
tf.case([(c([True]), lambda: 1)])
tf.switch_case(c(1), [lambda: 1, lambda: 2])
tf.switch_case(c(5), [lambda: 1, lambda: 2])
tf.switch_case(c(-1), [lambda: 1, lambda: 2])
tf.switch_case(c(-1), [lambda: 1, lambda: 2], default=lambda: 9)
tf.switch_case(1, [lambda: 1, lambda: 2])
tf.switch_case(c(1.0), [lambda: 1, lambda: 2])
tf.switch_case(c(1, tf.int64), [lambda: 1, lambda: 2])
tf.switch_case(c(1), {0: lambda: 1, 1: lambda: 2})
tf.switch_case(c(1), {0: lambda: 1, 2: lambda: 2})
tf.switch_case(c(1), [(1, lambda: 1), (0, lambda: 2)])
tf.switch_case(c(1), [])
tf.switch_case(c(1), [1])
tf.switch_case(c(1), 5)
tf.switch_case(c(1), [lambda: 1], default=5)
tf.switch_case(c(1), {"a": lambda: 1})
tf.while_loop(lambda i: i < 3, lambda i: i + 1, [c(0)])
tf.while_loop(lambda i: i < 3, lambda i: [i + 1], [0])
tf.while_loop(lambda i: i < 3, lambda i: (i + 1,), (0,))
tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0], maximum_iterations=-1)
tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0], maximum_iterations=c([1]))
tf.while_loop(lambda i, j: i < 3, lambda i, j: (i + 1, {"a": j["a"] * 2}), (c(0), {"a": c(1.0)}))
tf.while_loop(lambda i: i < 3, lambda i: None, [0])
tf.while_loop(1, lambda i: i, [0])
tf.while_loop(lambda i: False, 1, [0])
tf.while_loop(lambda i: i < 3, lambda i: i + 1, [])
tf.while_loop(lambda i: i < 3, lambda i: i + 1, 0)
tf.while_loop(lambda i: i < 3, lambda i: i + 1, c(0))
tf.while_loop(lambda i: i < 3, lambda i: i + 1, None)
tf.map_fn(lambda x: x * 2, v)
tf.map_fn(lambda x: x * 2, [v, v])
tf.map_fn(lambda x: x[0] * 2, (v, v), fn_output_signature=tf.float32)
tf.map_fn(lambda x: (x, x + 1), v, fn_output_signature=(tf.float32, tf.float32))
tf.map_fn(lambda x: (x, x + 1), v, dtype=(tf.float32, tf.float32))
tf.map_fn(lambda x: tf.cast(x, tf.int32), v)
tf.map_fn(lambda x: tf.cast(x, tf.int32), v, fn_output_signature=tf.int32)
tf.map_fn(lambda x: 1, v)
tf.map_fn(lambda x: 1, v, fn_output_signature=tf.int32)
tf.map_fn(lambda x: x, c(1.0))
tf.map_fn(lambda x: x, [v, c([1.0])], fn_output_signature=[tf.float32] * 2)
tf.map_fn(lambda x: x, [])
tf.map_fn(lambda x: x, tf.zeros((0, 3)))
tf.map_fn(lambda x: x, [[1, 2], [3, 4]])
tf.map_fn(lambda x: x, np.array([[1, 2], [3, 4]]))
tf.map_fn(lambda x: tf.range(x), c([1, 2]))
tf.map_fn(lambda x: None, v)
tf.map_fn(lambda x: x, None)
tf.map_fn(lambda x: x, v, parallel_iterations=3)
tf.vectorized_map(lambda x: x * 2, v)
tf.vectorized_map(lambda x: (x, 1.0), v)
tf.vectorized_map(lambda x: x[0] + x[1], (v, c([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])))
tf.vectorized_map(lambda x: x[0] + x[1], (v, c([1.0])))
tf.vectorized_map(lambda x: x, tf.zeros((0, 2)))
tf.vectorized_map(lambda x: None, v)
tf.vectorized_map(lambda x: c(5.0), v)
tf.scan(lambda a, x: a + x, v)
tf.scan(lambda a, x: a + x, v, initializer=c(1.0))
tf.scan(lambda a, x: a + x, v, initializer=1.0)
tf.scan(lambda a, x: a + x, v, reverse=True)
tf.scan(lambda a, x: (a[0] + x, a[1] * x), v, initializer=(0.0, 1.0))
tf.scan(lambda a, x: a + x, c(1.0))
tf.scan(lambda a, x: a + x, tf.zeros((0,)))
tf.scan(lambda a, x: a + x, tf.zeros((0,)), initializer=1.0)
tf.scan(lambda a, x: tf.cast(a, tf.int32), v)
tf.scan(lambda a, x: a + x[0] * x[1], (v, v), initializer=c(0.0))
tf.scan(lambda a, x: c([1.0, 2.0]), v, initializer=0.0)
tf.foldl(lambda a, x: a + x, v)
tf.foldl(lambda a, x: a * 2 + x, v, initializer=1.0)
tf.foldr(lambda a, x: a * 2 + x, v)
tf.foldr(lambda a, x: a * 2 + x, v, initializer=1.0)
tf.foldl(lambda a, x: a + x, c(1.0))
tf.foldl(lambda a, x: a + x, tf.zeros((0,)))
tf.foldr(lambda a, x: a + x, tf.zeros((0,)))
tf.foldl(lambda a, x: a + x, tf.zeros((0,)), initializer=1.0)
tf.foldl(lambda a, x: a + x[0], (v, v), initializer=1.0)
tf.foldl(lambda a, x: (a[0] + x, a[1]), v, initializer=(0.0, 1.0))
tf.group(), tf.no_op()
tf.tuple([v, v])
tf.tuple([])
tf.tuple(v)
"""

# The same exception with another message.
WORDED = """
tf.map_fn(lambda x: x[0] * 2, (v, v))
tf.map_fn(lambda x: {"a": x}, {"a": v})
tf.switch_case(c([1]), [lambda: 1, lambda: 2])
tf.while_loop(lambda i: i < 3, lambda i: (i + 1, i), [0])
tf.while_loop(lambda x: tf.shape(x)[0] < 5, lambda x: tf.concat([x, x], 0), [c([1.0])])
tf.map_fn(lambda x: (x, x + 1), v)
tf.vectorized_map(lambda x: x, c(1.0))
tf.vectorized_map(lambda x: x, [])
tf.vectorized_map(5, v)
tf.scan(lambda a, x: (a, x), v)
tf.foldl(lambda a, x: (a, x), v)
"""


def evaluate(statement: str) -> Program:
    def program(tf: Any) -> Any:
        return eval(statement, {"tf": tf, "np": np, "c": tf.constant, "v": tf.constant([1.0, 2.0, 3.0])})

    return program


@pytest.mark.parametrize("statement", ALIKE.strip().splitlines())
def test_alike(statement: str) -> None:
    same(evaluate(statement))


@pytest.mark.parametrize("statement", WORDED.strip().splitlines())
def test_worded(statement: str) -> None:
    same(evaluate(statement), message=False)


def test_nested_loops_and_branches_are_differentiated() -> None:
    def program(tf: Any) -> Any:
        x = tf.Variable([0.5, 1.5])
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:

                def body(i: Any, y: Any) -> Any:
                    scaled = tf.cond(i % 2 == 0, lambda: y * x, lambda: y + tf.foldl(lambda a, t: a * t, x))
                    return i + 1, tf.map_fn(tf.sin, scaled)

                _, y = tf.while_loop(lambda i, y: i < 4, body, (0, x * 1.0))
                total = tf.reduce_sum(tf.scan(lambda a, t: a * t, y))
            first = inner.gradient(total, x)
        return total, first, outer.gradient(first, x)

    same(program, rtol=1e-5, atol=1e-6)
