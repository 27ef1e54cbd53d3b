"""A recurrent network that learns a text letter by letter, and continues it."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(9)
text = "the tape remembers what was done, and tells it backwards; " * 6
letters = sorted(set(text))
codes = np.array([letters.index(letter) for letter in text])
windows = np.stack([codes[start : start + 17] for start in range(0, len(codes) - 17, 4)])
model = keras.Sequential(
    [layers.Embedding(len(letters), 8), layers.GRU(24, return_sequences=True), layers.Dense(len(letters))]
)
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(0.01, clipnorm=1.0)


@tf.function(reduce_retracing=True)
def train(batch):
    with tf.GradientTape() as tape:
        loss = loss_of(batch[:, 1:], model(batch[:, :-1]))
    weights = model.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    return loss


result = []
for _ in range(6):
    for start in range(0, len(windows), 16):
        loss = train(tf.constant(windows[start : start + 16]))
    result.append(float(loss))
written = list(codes[:5])
for _ in range(5):
    written.append(int(tf.argmax(model(np.array([written]))[0, -1])))
result.append("".join(letters[code] for code in written))
