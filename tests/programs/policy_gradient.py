"""REINFORCE on a two-armed bandit with a context, and an advantage over a baseline."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(5)
random = np.random.default_rng(0)
inputs = keras.Input((3,))
hidden = layers.Dense(16, activation="tanh")(inputs)
policy = keras.Model(inputs, [layers.Dense(2, activation="softmax")(hidden), layers.Dense(1)(hidden)])
optimizer = keras.optimizers.Adam(0.02)
result = []
for _ in range(25):
    contexts = random.normal(size=(32, 3)).astype("float32")
    chance = random.random(32)
    with tf.GradientTape() as tape:
        probabilities, values = policy(contexts)
        actions = (chance > probabilities[:, 0].numpy()).astype("int32")
        rewards = np.where((contexts[:, 0] > 0) == (actions == 1), 1.0, 0.0).astype("float32")
        advantages = rewards - values[:, 0]
        log_probabilities = tf.math.log(tf.gather(probabilities, actions, batch_dims=1))
        loss = -tf.reduce_mean(log_probabilities * tf.stop_gradient(advantages)) + tf.reduce_mean(advantages**2)
    weights = policy.trainable_variables
    gradients, norm = tf.clip_by_global_norm(tape.gradient(loss, weights), 1.0)
    optimizer.apply_gradients(zip(gradients, weights))
    result.append([float(loss), float(norm), float(rewards.mean())])
