"""Errors of blocks, morphology, local response normalization and bits, and programs that differentiate them."""

import numpy as np
import pytest
from compare import same

IMAGE = np.random.default_rng(3).normal(size=(2, 6, 6, 4)).astype(np.float32)


def alexnet_block(tf):
    filters = tf.Variable(np.random.default_rng(4).normal(size=(3, 3, 4, 8)).astype(np.float32) / 6)
    with tf.GradientTape() as tape:
        x = tf.nn.relu(tf.nn.conv2d(IMAGE, filters, 1, "SAME"))
        x = tf.nn.local_response_normalization(x, depth_radius=2, bias=2.0, alpha=1e-4, beta=0.75)
        loss = tf.reduce_mean(tf.nn.max_pool2d(x, 3, 2, "VALID") ** 2)
    return loss, tape.gradient(loss, filters)


def atrous_by_blocks(tf):
    """A dilated convolution through blocks, the original implementation."""
    filters = tf.ones([2, 2, 4, 1])
    x = tf.constant(IMAGE)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.conv2d(tf.space_to_batch(x, [2, 2], [[0, 0], [0, 0]]), filters, 1, "VALID")
        y = tf.batch_to_space(y, [2, 2], [[0, 0], [0, 0]])
    return y, tape.gradient(y, x)


def ties_of_dilation(tf):
    """The first of equal sums gets the whole gradient."""
    x, filters = tf.ones([1, 3, 3, 1]), tf.zeros([2, 2, 1])
    with tf.GradientTape() as tape:
        tape.watch([x, filters])
        y = tf.nn.dilation2d(x, filters, [1, 1, 1, 1], "SAME", "NHWC", [1, 1, 1, 1])
    return tape.gradient(y, [x, filters])


def no_gradient_of_bits(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.bitcast(tf.bitcast(x, tf.int32), tf.float32)
    return y, tape.gradient(y, x)


@pytest.mark.parametrize(
    "program", [alexnet_block, atrous_by_blocks, ties_of_dilation, no_gradient_of_bits], ids=lambda one: one.__name__
)
def test_programs(program):
    same(program, rtol=1e-5, atol=1e-6)


REFUSALS = """
tf.nn.lrn(tf.zeros([2, 2]))
tf.nn.lrn(tf.zeros([1, 2, 2, 2]), -1)
tf.space_to_batch(tf.zeros([1, 4, 4, 1]), 2, [[0, 0], [0, 0]])
tf.nn.space_to_batch(tf.zeros([1, 5, 4, 1]), [2, 2], [[0, 0], [0, 0]])
tf.space_to_batch(tf.zeros([1, 5]), [2, 2], [[0, 1], [0, 0]])
tf.space_to_batch_nd(tf.zeros([1, 5]), [2], [[0, 1], [0, 0]])
tf.space_to_batch_nd(tf.zeros([1, 5]), [0], [[0, 1]])
tf.space_to_batch_nd(tf.zeros([1, 5]), [2], [[0, -1]])
tf.batch_to_space(tf.zeros([3, 2, 2, 1]), [2, 2], [[0, 1], [1, 0]])
tf.batch_to_space(tf.zeros([4, 2, 2, 1]), [2, 2], [[3, 2], [1, 0]])
tf.batch_to_space(tf.zeros([4, 2, 2, 1]), [2, 2], [[-1, 2], [1, 0]])
tf.batch_to_space(tf.zeros([4, 2, 2, 1]), [2, 0], [[0, 0], [1, 0]])
tf.batch_to_space(tf.zeros([4]), [2, 2], [[0, 0], [1, 0]])
tf.batch_to_space(tf.zeros([4, 2, 2, 1]), [2, 2], [[0, 0]])
tf.nn.dilation2d(tf.zeros([1, 3, 3, 2]), tf.zeros([2, 2, 2]), [1, 1, 1, 1], "VALID", "NCHW", [1, 1, 1, 1])
tf.nn.erosion2d(tf.zeros([1, 3, 3, 2]), tf.zeros([2, 2, 2]), [1, 1, 1, 1], "VALID", "NCHW", [1, 1, 1, 1])
tf.nn.dilation2d(tf.zeros([1, 3, 3, 2]), tf.zeros([2, 2, 2]), 2, "SAME", "NHWC", 1)
tf.nn.atrous_conv2d_transpose(tf.zeros([1, 7, 7, 2]), tf.zeros([3, 3, 4, 2]), [1, 7, 7, 4], 0, "SAME")
tf.nn.atrous_conv2d_transpose(tf.zeros([1, 7, 7, 2]), tf.zeros([3, 3, 4, 3]), [1, 7, 7, 4], 2, "SAME")
tf.nn.atrous_conv2d_transpose(tf.zeros([1, 7, 7, 2]), tf.zeros([3, 3, 4, 2]), [1, 7, 7, 4], 2, "FULL")
""".strip().splitlines()
# TensorFlow lists more in the message, starts it with a kernel's name, or counts the wrong channels.
TYPES = """
tf.bitcast(tf.constant([1, 2, 3], tf.uint8), tf.float32)
tf.bitcast(1.0, tf.complex64)
tf.bitcast([1.0], tf.bool)
tf.bitcast(["a"], tf.uint8)
tf.bitcast(True, tf.uint8)
tf.nn.dilation2d(tf.zeros([1, 3, 3, 2]), tf.zeros([2, 2, 1]), [1, 1, 1, 1], "VALID", "NHWC", [1, 1, 1, 1])
tf.nn.dilation2d(tf.zeros([3, 3, 2]), tf.zeros([2, 2, 2]), [1, 1, 1, 1], "SAME", "NHWC", [1, 1, 1, 1])
tf.nn.dilation2d(tf.zeros([1, 3, 3, 2]), tf.zeros([2, 2, 2]), [1, 1, 1, 1], "FULL", "NHWC", [1, 1, 1, 1])
tf.nn.dilation2d(tf.zeros([1, 3, 3, 2]), tf.zeros([5, 5, 2]), [1, 1, 1, 1], "VALID", "NHWC", [1, 1, 1, 1])
tf.nn.dilation2d(tf.zeros([1, 3, 3, 2]), tf.zeros([2, 2, 2]), [1, 2, 2, 2], "SAME", "NHWC", [1, 1, 1, 1])
tf.nn.lrn(tf.zeros([1, 2, 2, 2], tf.int32))
tf.nn.atrous_conv2d_transpose(tf.zeros([1, 7, 7, 2]), tf.zeros([3, 3, 4, 2]), [1, 7, 7, 3], 2, "SAME")
""".strip().splitlines()


@pytest.mark.parametrize("expression", [*REFUSALS, *TYPES])
def test_refusals(expression):
    assert same(lambda tf: eval(expression, {"tf": tf}), message=expression in REFUSALS).exception
