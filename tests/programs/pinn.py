"""A network that solves u'' = -pi^2 sin(pi x), u(0) = u(1) = 0, by the residual of its second derivative."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(6)
model = keras.Sequential([keras.Input((1,)), layers.Dense(16, "tanh"), layers.Dense(16, "tanh"), layers.Dense(1)])
optimizer = keras.optimizers.Adam(0.01)
points = tf.constant(np.linspace(0, 1, 32)[:, None], tf.float32)
ends = tf.constant([[0.0], [1.0]])


def loss_of():
    with tf.GradientTape() as outer:
        outer.watch(points)
        with tf.GradientTape() as inner:
            inner.watch(points)
            u = model(points)
        slope = inner.gradient(u, points)
    curvature = outer.gradient(slope, points)
    residual = curvature + np.pi**2 * tf.sin(np.pi * points)
    return tf.reduce_mean(residual**2) + 10.0 * tf.reduce_mean(model(ends) ** 2)


result = []
for _ in range(30):
    with tf.GradientTape() as tape:
        loss = loss_of()
    weights = model.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    result.append(float(loss))
