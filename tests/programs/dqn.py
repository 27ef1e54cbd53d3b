"""A Q-network for a line of states, with a target network and a replay buffer."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(4)
random = np.random.default_rng(0)
STATES, GAMMA = 6, 0.9


def network():
    return keras.Sequential([keras.Input((STATES,)), layers.Dense(24, activation="relu"), layers.Dense(2)])


online, target = network(), network()
target.set_weights(online.get_weights())
optimizer = keras.optimizers.RMSprop(0.005)
huber = keras.losses.Huber()
store, state, losses = [], 0, []
for move in range(120):
    values = online(np.eye(STATES, dtype="float32")[state : state + 1])
    action = int(random.integers(2)) if random.random() < 0.3 else int(tf.argmax(values[0]))
    following = min(max(state + (1 if action else -1), 0), STATES - 1)
    done = following == STATES - 1
    store.append((state, action, float(done), following, done))
    state = 0 if done else following
    if len(store) < 32:
        continue
    picked = [store[place] for place in random.integers(len(store), size=16)]
    states, actions, rewards, followings, ends = map(np.array, zip(*picked))
    best = tf.reduce_max(target(np.eye(STATES, dtype="float32")[followings]), 1)
    wanted = rewards.astype("float32") + GAMMA * best * (1 - ends.astype("float32"))
    with tf.GradientTape() as tape:
        chosen = tf.reduce_sum(online(np.eye(STATES, dtype="float32")[states]) * tf.one_hot(actions, 2), 1)
        loss = huber(wanted, chosen)
    weights = online.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    losses.append(float(loss))
    if move % 20 == 0:
        target.set_weights(online.get_weights())
result = [losses[:20], online(np.eye(STATES, dtype="float32")).numpy().tolist()]
