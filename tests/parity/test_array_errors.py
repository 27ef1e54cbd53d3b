"""Invalid arguments of array functions: TensorFlow's errors and messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow
from compare import run

import gradtape

PROGRAMS = [
    line
    for line in """
tf.reduce_sum(x, 2)
tf.reduce_sum(x, [0, -2])
tf.reduce_prod(x, 2)
tf.reduce_any(v)
tf.reduce_all(x, 1)
tf.math.reduce_std(i)
tf.math.reduce_variance(i)
tf.cumsum(x, 2)
tf.cumsum(s)
tf.math.cumprod(x, -3)
tf.argmax(x, 2)
tf.argmax([])
tf.argmin(s)
tf.gather(v, [5])
tf.gather(v, -1)
tf.gather(x, [0, 1], axis=2)
tf.gather(x, [0, 1, 2], batch_dims=1)
tf.gather(s, 0)
tf.gather_nd(x, [0, 3])
tf.gather_nd(x, [[0, 1, 2]])
tf.gather_nd(x, [[0, -1]])
tf.boolean_mask(x, [True, False, True])
tf.boolean_mask(x, True)
tf.scatter_nd([[5]], [1.0], [4])
tf.scatter_nd([[0]], [[1.0, 2.0]], [4])
tf.scatter_nd([[0], [1]], [1.0], [4])
tf.tensor_scatter_nd_update(v, [[3]], [9.0])
tf.tensor_scatter_nd_add(v, [[0]], [9.0, 8.0])
tf.dynamic_stitch([[0]], [[1.0, 2.0]])
tf.reverse_sequence(x, [2, 4], seq_axis=1)
tf.concat([x, [[1.0, 2.0]]], 0)
tf.stack([v, v], 3)
tf.unstack(x, axis=2)
tf.unstack(s)
tf.split(x, c(3), axis=1)
tf.expand_dims(x, 3)
tf.squeeze(x, 0)
tf.squeeze(x, 5)
tf.tile(x, [2])
tf.tile(x, [-1, 2])
tf.repeat(x, [1, 2, 3], 0)
tf.repeat(x, 2, 5)
tf.pad(v, [[1, 3]], "REFLECT")
tf.pad(v, [[1, 4]], "SYMMETRIC")
tf.pad(v, [[1, 2]], "edge")
tf.pad(v, [[-1, 2]])
tf.pad(x, [[1, 2]])
tf.reverse(x, [2])
tf.reverse(x, [0, -2])
tf.reverse(x, 1)
tf.roll(x, 1, 2)
tf.roll(x, [1, 2], [0])
tf.roll(s, 1, 0)
tf.slice(x, [0, 1], [2, 3])
tf.slice(x, [0], [1])
tf.slice(x, [-1, 0], [1, 1])
tf.strided_slice(x, [0], [1, 2])
tf.one_hot(1, -3)
tf.one_hot([1], 3, axis=3)
tf.one_hot([1], 3, on_value=1, off_value=2.0)
tf.meshgrid([1, 2], indexing="zz")
tf.meshgrid([1, 2], foo=1)
tf.math.invert_permutation([2, 0, 0])
tf.math.invert_permutation([3, 0, 1])
tf.math.invert_permutation([[1]])
tf.ensure_shape(x, [3, 3])
tf.where(c(True))
tf.where(x > 2, x, [1.0, 2.0])
tf.where(x > 2, x)
tf.nn.space_to_depth(tf.zeros([1, 3, 3, 1]), 2)
tf.nn.depth_to_space(tf.zeros([1, 3, 3, 1]), 2)
tf.transpose(x, [0])
tf.transpose(x, [0, 0])
tf.reshape(x, [-1, -1])
tf.reshape(x, [4])
tf.reshape(x, [-1, 4])
tf.reshape(x, [-2, 3])
tf.broadcast_to(x, [3])
tf.broadcast_to(v, [2, 4])
tf.broadcast_to(v, [-1, 3])
tf.math.segment_sum(v, [1, 0, 2])
tf.math.segment_sum(v, [0, 0])
tf.math.segment_sum(v, [-1, 0, 1])
tf.math.segment_sum(s, [0])
tf.math.unsorted_segment_sum(v, [0, 3, 2], 3)
tf.math.unsorted_segment_sum(v, [0, 3], 3)
tf.math.unsorted_segment_sum(v, [0, 0, 0], -1)
tf.math.top_k(x, 4)
tf.math.top_k(x, -1)
tf.math.top_k(s, 1)
tf.sort(x, axis=2)
tf.sort(x, direction="foo")
tf.math.bincount([-1, 1])
tf.math.bincount([1, 2], weights=[1.0])
tf.histogram_fixed_width([np.nan], [0.0, 5.0], nbins=5)
tf.histogram_fixed_width([1.0], [5.0, 0.0], nbins=5)
tf.histogram_fixed_width([1.0], [0.0, 5.0], nbins=0)
tf.math.confusion_matrix([1, 5], [2, 2], num_classes=3)
tf.math.confusion_matrix([-1, 2], [2, 2])
tf.unique([[1]])
tf.searchsorted([1, 3], [2], side="x")
tf.searchsorted([[1, 3], [2, 4]], [[2]])
tf.cond(True, 1, 2)
tf.cond(v, lambda: v, lambda: s)
tf.case([(c(False), lambda: 1)])
tf.switch_case(1, [lambda: 1])
tf.switch_case(c(1), {1: lambda: 5, 3: lambda: 6})
tf.while_loop(lambda i: i < 3, lambda i: (i + 1,), [])
tf.while_loop(1, lambda i: (i + 1,), [c(0)])
tf.while_loop(lambda i: i < 3, lambda i: i + 1, [c(0)])
tf.map_fn(lambda t: tf.cast(t, tf.int32), v)
tf.map_fn(lambda t: t, s)
tf.map_fn(lambda t: t, (v, x))
tf.scan(lambda a, t: a + t, tf.zeros([0]))
tf.add_n([])
tf.add_n([v, x])
tf.scalar_mul(v, v)
tf.unravel_index(9, [2, 4])
tf.broadcast_dynamic_shape([2, 2], [1, 3])
""".splitlines()
    if line
]


def execute(line: str) -> Any:
    def program(tf: Any) -> Any:
        x = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        names = {"tf": tf, "np": np, "c": tf.constant, "x": x, "v": x[0]}
        names |= {"s": tf.constant(3.0), "i": tf.constant([1, 2])}
        return eval(line, names)

    return program


def sentence(message: str) -> str:
    """The message without the kernel's name before and the op's after it, which depend on how it was called."""
    message = message.split("}} ", 1)[-1]
    return message.split(" [Op:")[0]


@pytest.mark.parametrize("line", PROGRAMS)
def test_error(line: str) -> None:
    expected, actual = run(tensorflow, execute(line)), run(gradtape, execute(line))
    assert expected.exception
    assert (actual.exception, sentence(actual.message)) == (expected.exception, sentence(expected.message))
