"""Model-agnostic meta-learning of sines: a training step is differentiated."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(10)
random = np.random.default_rng(0)
model = keras.Sequential([keras.Input((1,)), layers.Dense(16, activation="tanh"), layers.Dense(1)])
optimizer = keras.optimizers.Adam(0.01)


def network(weights, x):
    return tf.tanh(x @ weights[0] + weights[1]) @ weights[2] + weights[3]


def task():
    amplitude, phase = random.uniform(0.5, 2.0), random.uniform(0, np.pi)
    x = random.uniform(-3, 3, (20, 1)).astype("float32")
    return tf.constant(x), tf.constant((amplitude * np.sin(x + phase)).astype("float32"))


result = []
for _ in range(10):
    x, y = task()
    weights = model.trainable_variables
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            before = tf.reduce_mean((network(weights, x[:10]) - y[:10]) ** 2)
        moved = [weight - 0.05 * slope for weight, slope in zip(weights, inner.gradient(before, weights))]
        after = tf.reduce_mean((network(moved, x[10:]) - y[10:]) ** 2)
    optimizer.apply_gradients(zip(outer.gradient(after, weights), weights))
    result.append([float(before), float(after)])
