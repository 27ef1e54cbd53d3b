"""An attention block that learns to sort, trained by fit with a callback."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


class Embedded(layers.Layer):
    def __init__(self, length, vocabulary, size, **kwargs):
        super().__init__(**kwargs)
        self.tokens = layers.Embedding(vocabulary, size)
        self.places = layers.Embedding(length, size)

    def call(self, x):
        return self.tokens(x) + self.places(tf.range(x.shape[-1]))


class Block(layers.Layer):
    def __init__(self, size, heads, hidden, rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.attention = layers.MultiHeadAttention(heads, size // heads)
        self.network = keras.Sequential([layers.Dense(hidden, activation="gelu"), layers.Dense(size)])
        self.norms = [layers.LayerNormalization(epsilon=1e-6) for _ in range(2)]
        self.dropouts = [layers.Dropout(rate) for _ in range(2)]

    def call(self, x, training=None):
        x = self.norms[0](x + self.dropouts[0](self.attention(x, x), training=training))
        return self.norms[1](x + self.dropouts[1](self.network(x), training=training))


keras.utils.set_random_seed(7)
numbers = np.random.default_rng(0).integers(0, 10, size=(96, 6))
inputs = keras.Input((6,), dtype="int32")
x = Embedded(6, 10, 16)(inputs)
x = Block(16, 2, 32, rate=0.0)(x)
model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
model.compile(keras.optimizers.AdamW(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
stopping = keras.callbacks.EarlyStopping("val_loss", patience=3)
history = model.fit(
    numbers, np.sort(numbers), epochs=3, batch_size=32, validation_split=0.25, verbose=0, callbacks=[stopping]
)
result = [history.history, [weight.path for weight in model.weights], model.count_params()]
