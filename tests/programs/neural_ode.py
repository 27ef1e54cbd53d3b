"""A vector field learnt from a trajectory, integrated by Runge-Kutta steps within the tape."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(12)
field = keras.Sequential([keras.Input((2,)), layers.Dense(16, activation="tanh"), layers.Dense(2)])
times = np.linspace(0, 2, 21)
truth = tf.constant(np.stack([np.cos(times), -np.sin(times)], 1), tf.float32)
optimizer = keras.optimizers.Adam(0.02)


@tf.function
def step(y, h):
    k1 = field(y)
    k2 = field(y + h / 2 * k1)
    k3 = field(y + h / 2 * k2)
    k4 = field(y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


result = []
for _ in range(12):
    with tf.GradientTape() as tape:
        path = [truth[:1]]
        for _ in times[1:]:
            path.append(step(path[-1], 0.1))
        loss = tf.reduce_mean((tf.concat(path, 0) - truth) ** 2)
    weights = field.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    result.append(float(loss))
