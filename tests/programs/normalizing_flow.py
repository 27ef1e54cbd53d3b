"""Affine couplings that turn points of two moons into a normal distribution."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(13)
random = np.random.default_rng(0)
angle = random.uniform(0, np.pi, 128)
side = random.integers(0, 2, 128)
points = np.stack([np.cos(angle) * (1 - 2 * side) + side, np.sin(angle) * (1 - 2 * side) + side / 2], 1)
data = tf.constant(points + random.normal(size=(128, 2)) * 0.05, tf.float32)


class Coupling(layers.Layer):
    def __init__(self, first, **kwargs):
        super().__init__(**kwargs)
        self.first = first
        self.hidden, self.out = layers.Dense(16, activation="relu"), layers.Dense(2)

    def call(self, x):
        kept, moved = (x[:, :1], x[:, 1:]) if self.first else (x[:, 1:], x[:, :1])
        scale, shift = tf.split(self.out(self.hidden(kept)), 2, axis=1)
        scale = tf.tanh(scale)
        moved = moved * tf.exp(scale) + shift
        return tf.concat([kept, moved] if self.first else [moved, kept], 1), scale[:, 0]


couplings = [Coupling(place % 2 == 0) for place in range(4)]
optimizer = keras.optimizers.Adam(0.01)
result = []
for _ in range(20):
    with tf.GradientTape() as tape:
        x, log_determinant = data, tf.zeros([128])
        for coupling in couplings:
            x, more = coupling(x)
            log_determinant += more
        loss = tf.reduce_mean(0.5 * tf.reduce_sum(x**2, 1) + np.log(2 * np.pi) - log_determinant)
    weights = [weight for coupling in couplings for weight in coupling.trainable_variables]
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    result.append(float(loss))
