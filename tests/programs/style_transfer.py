"""An image is optimized until its features' Gram matrices match another's: the image is the variable."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(14)
random = np.random.default_rng(0)
content, style = (tf.constant(random.uniform(size=(1, 16, 16, 3)), tf.float32) for _ in range(2))
inputs = keras.Input((16, 16, 3))
first = layers.Conv2D(6, 3, activation="relu", padding="same")(inputs)
second = layers.Conv2D(8, 3, strides=2, activation="relu", padding="same")(first)
features = keras.Model(inputs, {"first": first, "second": second})
features.trainable = False


def gram(maps):
    size = tf.cast(maps.shape[1] * maps.shape[2], tf.float32)
    return tf.einsum("bijc,bijd->bcd", maps, maps) / size


targets = {name: gram(maps) for name, maps in features(style).items()}
wanted = features(content)["second"]
picture = tf.Variable(content)
optimizer = keras.optimizers.Adam(0.02)
result = []
for _ in range(12):
    with tf.GradientTape() as tape:
        found = features(picture)
        loss = tf.reduce_mean((found["second"] - wanted) ** 2)
        for name, target in targets.items():
            loss += tf.reduce_mean((gram(found[name]) - target) ** 2)
        loss += 1e-3 * tf.reduce_mean(tf.abs(picture[:, 1:] - picture[:, :-1]))
    optimizer.apply_gradients([(tape.gradient(loss, picture), picture)])
    picture.assign(tf.clip_by_value(picture, 0.0, 1.0))
    result.append(float(loss))
