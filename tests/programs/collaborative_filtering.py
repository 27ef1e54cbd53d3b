"""Ratings as products of embeddings of users and films, with biases, in a subclassed model."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


class Ratings(keras.Model):
    def __init__(self, users, films, size, **kwargs):
        super().__init__(**kwargs)
        regularizer = keras.regularizers.l2(1e-4)
        self.users = layers.Embedding(users, size, embeddings_regularizer=regularizer)
        self.films = layers.Embedding(films, size, embeddings_regularizer=regularizer)
        self.user_bias, self.film_bias = layers.Embedding(users, 1), layers.Embedding(films, 1)

    def call(self, inputs):
        user, film = inputs[:, 0], inputs[:, 1]
        product = tf.reduce_sum(self.users(user) * self.films(film), 1, keepdims=True)
        return tf.sigmoid(product + self.user_bias(user) + self.film_bias(film))


keras.utils.set_random_seed(8)
random = np.random.default_rng(0)
pairs = np.stack([random.integers(0, 30, 400), random.integers(0, 20, 400)], 1)
ratings = ((pairs[:, 0] * 7 + pairs[:, 1] * 3) % 5 / 4).astype("float32")
model = Ratings(30, 20, 4)
model.compile(keras.optimizers.Adam(0.02), keras.losses.BinaryCrossentropy(), metrics=["mae"])
history = model.fit(pairs, ratings, epochs=3, batch_size=50, verbose=0, validation_data=(pairs, ratings))
result = [history.history, model.predict(pairs[:5], verbose=0).tolist()]
