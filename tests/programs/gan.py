"""A generator and a discriminator on points of a ring, each with its own optimizer."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(2)
angles = np.random.default_rng(0).uniform(0, 2 * np.pi, 64)
real = tf.constant(np.stack([np.cos(angles), np.sin(angles)], 1), tf.float32)

generator = keras.Sequential([keras.Input((8,)), layers.Dense(32), layers.LeakyReLU(0.2), layers.Dense(2)])
discriminator = keras.Sequential(
    [keras.Input((2,)), layers.Dense(32), layers.LeakyReLU(0.2), layers.Dropout(0.3), layers.Dense(1)]
)
crossentropy = keras.losses.BinaryCrossentropy(from_logits=True)
generator_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5)
discriminator_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5)


def step():
    noise = tf.random.normal([64, 8], seed=1)
    with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
        made = generator(noise, training=True)
        of_real, of_made = discriminator(real, training=True), discriminator(made, training=True)
        generator_loss = crossentropy(tf.ones_like(of_made), of_made)
        discriminator_loss = crossentropy(tf.ones_like(of_real), of_real) + crossentropy(
            tf.zeros_like(of_made), of_made
        )
    for tape, loss, network, optimizer in (
        (generator_tape, generator_loss, generator, generator_optimizer),
        (discriminator_tape, discriminator_loss, discriminator, discriminator_optimizer),
    ):
        weights = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    return [float(generator_loss), float(discriminator_loss)]


result = [step() for _ in range(12)]
