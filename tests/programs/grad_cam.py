"""Grad-CAM of a small convolutional network: the gradient of a class with respect to its last feature maps."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(11)
random = np.random.default_rng(0)
images = random.normal(size=(64, 12, 12, 1)).astype("float32")
labels = random.integers(0, 3, 64)
for image, label in zip(images, labels):
    image[label * 4 : label * 4 + 3] += 2.0
inputs = keras.Input((12, 12, 1))
x = layers.Conv2D(8, 3, activation="relu", padding="same")(inputs)
x = layers.MaxPooling2D()(x)
x = layers.Conv2D(8, 3, activation="relu", name="last")(x)
x = layers.GlobalAveragePooling2D()(x)
model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(images, labels, epochs=3, batch_size=16, verbose=0)
looking = keras.Model(model.input, [model.get_layer("last").output, model.output])
with tf.GradientTape() as tape:
    maps, predictions = looking(images[:2])
    score = tf.reduce_max(predictions, 1)
weights = tf.reduce_mean(tape.gradient(score, maps), axis=(1, 2), keepdims=True)
heat = tf.nn.relu(tf.reduce_sum(weights * maps, -1))
result = [history.history, heat.numpy().tolist()]
