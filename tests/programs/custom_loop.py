"""A classifier trained by a custom loop, with metrics, a decaying rate and regularized weights."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(1)
random = np.random.default_rng(0)
x = random.normal(size=(256, 20)).astype("float32")
labels = (x[:, :5].sum(1) > 0).astype("int64") + (x[:, 5:9].sum(1) > 0).astype("int64")

model = keras.Sequential(
    [
        keras.Input((20,)),
        layers.Dense(32, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-3)),
        layers.BatchNormalization(),
        layers.Dropout(0.2),
        layers.Dense(3),
    ]
)
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
rate = keras.optimizers.schedules.ExponentialDecay(0.01, 8, 0.9)
optimizer = keras.optimizers.Adam(rate)
mean, accuracy = keras.metrics.Mean(), keras.metrics.SparseCategoricalAccuracy()


@tf.function
def step(x, y):
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss = loss_of(y, logits) + tf.add_n(model.losses)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    mean.update_state(loss)
    accuracy.update_state(y, logits)


result = []
for _ in range(4):
    mean.reset_state()
    accuracy.reset_state()
    for start in range(0, 256, 32):
        step(tf.constant(x[start : start + 32]), tf.constant(labels[start : start + 32]))
    result.append([float(mean.result()), float(accuracy.result())])
result.append(model(x[:4], training=False).numpy().tolist())
