"""A user's program: type checkers find nothing to say about it."""

import numpy as np

import gradtape as tf


def step(w: tf.Variable, x: tf.Tensor, optimizer: tf.optimizers.Optimizer) -> tf.Tensor:
    with tf.GradientTape(persistent=True) as tape:
        y = tf.nn.relu(tf.matmul(x, w) + 1.0)
        loss: tf.Tensor = tf.reduce_mean(tf.square(y - np.ones((2, 2), np.float32)))
    gradients = tape.gradient(loss, [w])
    optimizer.apply_gradients(zip(gradients, [w], strict=True))
    one = tape.gradient(loss, w)
    w.assign_sub(0.1 * one).assign([[1.0, 2.0], [3.0, 4.0]])
    return tf.math.sin(loss) + tf.exp(loss) / 2 - 3 * loss**2 + (-loss) @ w[0]


def second(x: tf.Variable) -> tf.Tensor:
    with tf.GradientTape() as outer, tf.GradientTape() as inner:
        y = x * x
    return outer.jacobian(inner.gradient(y, x), x)


w = tf.Variable(tf.random.normal([2, 2]), name="w", trainable=True)
print(step(w, tf.ones([3, 2]), tf.optimizers.SGD(0.1)).numpy(), w.shape.as_list(), w.dtype.name)
with tf.autodiff.ForwardAccumulator(w, tf.ones_like(w)) as accumulator:
    z = tf.linalg.det(w)
print(accumulator.jvp(z))
try:
    tf.reshape(w, [3])
except tf.errors.InvalidArgumentError as error:
    print(error.message)
