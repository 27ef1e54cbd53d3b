"""tf.nn: errors of image functions and losses, dropout's numbers, and results that the tables do not cover."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import tensorflow
from compare import run, same

import gradtape


def evaluate(statement: str) -> Any:
    """The program of a statement, where x1, x2 and x3 are images and f1, f2 and f3 filters by spatial axes."""

    def program(tf: Any) -> Any:
        random = np.random.default_rng(0)

        def draw(*shape: int) -> Any:
            return tf.constant(random.normal(size=shape), tf.float32)

        names = {"tf": tf, "np": np, "c": tf.constant, "ones": lambda *shape: tf.ones(shape)}
        names |= {"x1": draw(2, 5, 3), "x2": draw(2, 5, 6, 3), "x3": draw(1, 4, 4, 4, 2), "v": draw(2, 3)}
        names |= {"f1": draw(2, 3, 4), "f2": draw(2, 2, 3, 4), "f3": draw(2, 2, 2, 2, 3)}
        return eval(statement, names)

    return program


REFUSED = """
tf.nn.conv2d(x2, f2, 1, "VALID", data_format="foo")
tf.nn.conv2d(x2, f2, 1, "FULL")
tf.nn.conv2d(x2, f2, 1, "same")
tf.nn.conv2d(x2, f1, 1, "VALID")
tf.nn.conv2d(x2, ones(2, 2, 5, 4), 1, "VALID")
tf.nn.conv2d(ones(2, 5, 6, 4), ones(2, 2, 2, 3), 1, "VALID")
tf.nn.conv2d(x2, ones(9, 2, 3, 4), 1, "VALID")
tf.nn.conv2d(x2, ones(9, 2, 3, 4), 2, "VALID")
tf.nn.conv2d(x2, f2, [2, 1, 1, 1], "VALID")
tf.nn.conv2d(x2, f2, 0, "VALID")
tf.nn.conv2d(x2, f2, [1, 2, 3], "VALID")
tf.nn.conv2d(x2, f2, 1, [[0, 0], [1, 0], [1]])
tf.nn.conv2d(x2, ones(2, 2, 3, 0), 1, "VALID")
tf.nn.conv3d(x3, ones(2, 2, 2, 3, 4), [1] * 5, "SAME")
tf.nn.conv3d(x3, ones(2, 2, 2, 1, 4), [1] * 5, "SAME")
tf.nn.conv3d(x3, f3, [1] * 5, [[0, 0]] * 5)
tf.nn.conv3d(x3, f3, [2, 1, 1, 1, 1], "VALID")
tf.nn.convolution(x2, f2, strides=[2, 2], dilations=[2, 2])
tf.nn.convolution(x2, ones(2, 2, 4, 3))
tf.nn.depthwise_conv2d(x2, ones(2, 2, 4, 3), [1] * 4, "SAME")
tf.nn.separable_conv2d(x2, ones(2, 2, 3, 3), ones(1, 1, 8, 2), [1] * 4, "SAME")
tf.nn.separable_conv2d(x2, ones(2, 2, 3, 3), ones(2, 1, 9, 2), [1] * 4, "SAME")
tf.nn.max_pool2d(x2, 9, 1, "VALID")
tf.nn.max_pool2d(x2, 2, 1, "foo")
tf.nn.max_pool2d(x2, 0, 1, "VALID")
tf.nn.max_pool2d(x2, 2, 0, "VALID")
tf.nn.max_pool2d(x2, [1, 2, 3], 1, "VALID")
tf.nn.max_pool2d(x2, 2, 1, [[0, 0], [2, 1], [0, 1], [0, 0]])
tf.nn.max_pool2d(x2, 2, 1, [[0, 0], [1, 1], [0, 3], [0, 0]])
tf.nn.max_pool(ones(3), 2, 1, "VALID")
tf.nn.avg_pool2d(x2, 9, 1, "VALID")
tf.nn.avg_pool3d(x3, 9, 1, "VALID")
tf.nn.avg_pool2d(x2, 2, 1, [[0, 0], [1, 1], [1, 1], [0, 0]])
tf.nn.avg_pool2d(c([[[[1]]]]), 1, 1, "SAME")
tf.nn.max_pool_with_argmax(x2, 2, 2, "VALID", data_format="NCHW")
tf.nn.pool(x1, [2], "SUM")
tf.nn.pool(x2, [2], "AVG")
tf.nn.pool(x2, [2, 2], "MAX", strides=[2, 2], dilations=[2, 2])
tf.nn.pool(x2, [2, 2], "AVG", dilations=[2, 2], padding="SAME")
tf.nn.bias_add(x2, c([1.0, 2.0]))
tf.nn.bias_add(x2, c([[1.0, 2.0, 3.0]]))
tf.nn.bias_add(c([1.0, 2.0]), c([1.0, 2.0]))
tf.nn.bias_add(x2, c([1, 2, 3]))
tf.nn.bias_add(x2, c([1.0, 2.0, 3.0]), data_format="foo")
tf.nn.dropout(x2, 1.5)
tf.nn.dropout(x2, 1.0)
tf.nn.dropout(x2, -0.5)
tf.nn.dropout(x2, "a")
tf.nn.dropout(x2, None)
tf.nn.dropout(c([1, 2]), 0.5)
tf.nn.dropout(x2, c([0.5]))
tf.nn.dropout(x2, c(0.5, tf.float64))
tf.nn.experimental.stateless_dropout(x2, 0.5, 1)
tf.nn.softmax(c([[1, 2]]))
tf.nn.softmax(c([1.0, 2.0]), axis=2)
tf.nn.softmax(c([1.0, 2.0]), axis=-2)
tf.nn.log_softmax(c([1, 2]))
tf.nn.log_softmax(c(1.0))
tf.nn.log_softmax(c(1.0), axis=0)
tf.nn.softmax_cross_entropy_with_logits(labels=None, logits=c([1.0]))
tf.nn.softmax_cross_entropy_with_logits(labels=[[1.0, 0]], logits=[[1.0, 2, 3]])
tf.nn.softmax_cross_entropy_with_logits(labels=[[1.0, 0]], logits=c([[1, 2]]))
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 0], logits=tf.zeros([2, 0]))
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[5], logits=[[1.0, 2, 3]])
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1.0], logits=[[1.0, 2, 3]])
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1, 2], logits=[[1.0, 2, 3]])
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[[0]], logits=[[1.0, 2, 3]])
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=0, logits=1.0)
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=None, logits=[1.0])
tf.nn.sigmoid_cross_entropy_with_logits(labels=[1.0], logits=[1.0, 2.0])
tf.nn.sigmoid_cross_entropy_with_logits(labels=None, logits=1.0)
tf.nn.weighted_cross_entropy_with_logits(labels=[[1.0]], logits=[1.0], pos_weight=2.0)
tf.nn.log_poisson_loss([1.0], [1.0, 2.0])
tf.nn.l2_loss(c([1, 2]))
"""


@pytest.mark.parametrize("statement", REFUSED.strip().splitlines())
def test_refused(statement: str) -> None:
    expected, actual = run(tensorflow, evaluate(statement)), run(gradtape, evaluate(statement))
    assert actual.exception == expected.exception != ""
    # TensorFlow adds the op's definition.
    assert actual.message == re.sub(r"\n\t; NodeDef: .*> \[Op", " [Op", expected.message)


COMPUTED = """
tf.nn.conv1d(ones(3, 2, 5, 4), ones(2, 4, 3), 1, "VALID")
tf.nn.conv2d(ones(2, 5, 6, 4), ones(2, 2, 2, 4), 1, "VALID")
tf.nn.conv2d(tf.cast(x2, tf.int32), tf.cast(f2, tf.int32), 1, "VALID")
tf.nn.conv2d(tf.transpose(x2, [0, 3, 1, 2]), f2, [1, 1, 2, 1], "SAME", "NCHW")
tf.nn.conv2d(tf.transpose(x2, [0, 3, 1, 2]), f2, 1, [[0, 0], [0, 0], [1, 0], [2, 1]], "NCHW")
tf.nn.conv1d(tf.transpose(x1, [0, 2, 1]), f1, 1, "VALID", "NCHW")
tf.nn.convolution(x2, ones(2, 3, 3))
tf.nn.max_pool1d(tf.transpose(x1, [0, 2, 1]), 2, 1, "SAME", "NCW")
tf.nn.max_pool2d(tf.transpose(x2, [0, 3, 1, 2]), [1, 1, 2, 3], 1, "VALID", "NCHW")
tf.nn.max_pool2d(x2, 2, 1, [[0, 0], [1, 1], [0, 1], [0, 0]])
tf.nn.max_pool2d(tf.cast(x2 * 9, tf.int32), 2, 1, "SAME")
tf.nn.max_pool3d(tf.transpose(x3, [0, 4, 1, 2, 3]), 2, 1, "VALID", "NCDHW")
tf.nn.avg_pool3d(tf.transpose(x3, [0, 4, 1, 2, 3]), 2, 1, "SAME", "NCDHW")
tf.nn.pool(tf.transpose(x1, [0, 2, 1]), [2], "MAX", data_format="NCW")
tf.nn.pool(x2, [2, 2], "MAX", padding=[[0, 0], [1, 1], [1, 1], [0, 0]])
tf.nn.max_pool_with_argmax(x2, 2, 2, "VALID")
tf.nn.max_pool_with_argmax(x2, [3, 2], 1, "SAME", include_batch_in_index=True)
tf.nn.max_pool_with_argmax(x2, 2, 1, "SAME", output_dtype=tf.int32)
tf.nn.max_pool_with_argmax(tf.cast(x2 * 9, tf.int32), 2, 1, "SAME")
tf.nn.bias_add(tf.transpose(x2, [0, 3, 1, 2]), c([1.0, 2.0, 3.0]), data_format="NCHW")
tf.nn.bias_add(c([[1, 2, 3]]), [1, 2, 3])
tf.nn.dropout(x2, 0) is x2
tf.nn.dropout(x2, c(0.0))
(tf.random.set_seed(1), tf.nn.dropout(x2, 0.5), tf.nn.dropout(x2, 0.5, seed=3), tf.nn.dropout(x2, 0.3, seed=3))[1:]
(tf.random.set_seed(1), tf.nn.dropout(tf.cast(x2, tf.float64), c(0.3, tf.float64), [2, None, 1, 3]))[1]
tf.nn.softmax_cross_entropy_with_logits(labels=c([1.0, 0]), logits=ones(3, 2))
tf.nn.softmax_cross_entropy_with_logits(labels=c([1, 0]), logits=c([1.0, 2]))
tf.nn.moments(tf.cast(x2 * 9, tf.int32), [0])
"""


@pytest.mark.parametrize("statement", COMPUTED.strip().splitlines())
def test_computed(statement: str) -> None:
    same(evaluate(statement), rtol=1e-5, atol=1e-5)


def test_gradient_of_max_pool_with_argmax() -> None:
    def program(tf: Any) -> Any:
        x = tf.constant(np.random.default_rng(1).normal(size=(2, 4, 5, 3)))
        with tf.GradientTape() as tape:
            tape.watch(x)
            y, _ = tf.nn.max_pool_with_argmax(x, [2, 3], 1, "SAME")
            y = y * y
        return tape.gradient(y, x)

    same(program, rtol=1e-12)
