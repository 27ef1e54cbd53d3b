"""A variational autoencoder with its own train_step, trained by fit."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


class Sampling(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(7)

    def call(self, inputs):
        mean, log_var = inputs
        noise = keras.random.normal(tf.shape(mean), seed=self.seed_generator)
        return mean + tf.exp(0.5 * log_var) * noise


class VAE(keras.Model):
    def __init__(self, size, latent, **kwargs):
        super().__init__(**kwargs)
        inputs = keras.Input((size,))
        hidden = layers.Dense(16, activation="relu")(inputs)
        mean, log_var = layers.Dense(latent)(hidden), layers.Dense(latent)(hidden)
        self.encoder = keras.Model(inputs, [mean, log_var, Sampling()([mean, log_var])])
        self.decoder = keras.Sequential(
            [keras.Input((latent,)), layers.Dense(16, activation="relu"), layers.Dense(size)]
        )
        self.trackers = [keras.metrics.Mean(name=name) for name in ("loss", "reconstruction", "kl")]

    @property
    def metrics(self):
        return self.trackers

    def train_step(self, data):
        with tf.GradientTape() as tape:
            mean, log_var, code = self.encoder(data)
            reconstruction = tf.reduce_mean(tf.reduce_sum(tf.square(data - self.decoder(code)), 1))
            kl = tf.reduce_mean(tf.reduce_sum(-0.5 * (1 + log_var - tf.square(mean) - tf.exp(log_var)), 1))
            loss = reconstruction + kl
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights))
        for tracker, value in zip(self.trackers, (loss, reconstruction, kl)):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}


keras.utils.set_random_seed(3)
data = np.random.default_rng(0).normal(size=(128, 3)) @ np.random.default_rng(1).normal(size=(3, 10))
vae = VAE(10, 2)
vae.compile(optimizer=keras.optimizers.Adam(0.01))
history = vae.fit(data.astype("float32"), epochs=4, batch_size=32, verbose=0).history
result = [history, vae.decoder(tf.zeros([1, 2])).numpy().tolist()]
