"""Logistic regression on scikit-learn's breast cancer data: 569 tumours, 30 measurements each, benign or malignant."""

# %% [markdown]
# # Which tumours are benign?
# A logistic regression, trained with a tape and an optimizer on three quarters of the data and judged on the rest.

# %%
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from tqdm import trange

import gradtape as tf
from pictures import plt, save, short

data = load_breast_cancer()
x_train, x_test, y_train, y_test = train_test_split(
    data.data.astype(np.float32), data.target.astype(np.float32), test_size=0.25, stratify=data.target, random_state=0
)
# Measurements are brought to one scale by what the training data says alone.
mean, deviation = x_train.mean(axis=0), x_train.std(axis=0)
x_train, x_test = (x_train - mean) / deviation, (x_test - mean) / deviation

# %% [markdown]
# The model is a weight per measurement and a bias. The loss is the cross entropy, and a penalty keeps weights small.

# %%
weights = tf.Variable(tf.zeros([x_train.shape[1]]), name="weights")
bias = tf.Variable(0.0, name="bias")
optimizer = tf.keras.optimizers.Adam(learning_rate=0.02)


def logits(x):
    return tf.linalg.matvec(x, weights) + bias


def cross_entropy(x, y):
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits(x)))


@tf.function
def step():
    with tf.GradientTape() as tape:
        loss = cross_entropy(x_train, y_train) + 0.005 * tf.reduce_sum(tf.square(weights))
    gradients = tape.gradient(loss, [weights, bias])
    optimizer.apply_gradients(zip(gradients, [weights, bias]))


history = []
for _ in trange(20 if short else 600, desc="training"):
    step()
    history.append((cross_entropy(x_train, y_train).numpy(), cross_entropy(x_test, y_test).numpy()))

correct = (logits(x_test).numpy() > 0) == (y_test > 0.5)
print(f"test accuracy: {correct.mean():.4f} ({correct.sum()} of {correct.size})")

# %% [markdown]
# What it learned: the loss on both parts of the data, and the ten measurements that weigh most.

# %%
figure, (left, right) = plt.subplots(1, 2)
left.plot(history, label=["training", "test"])
left.set(xlabel="step", ylabel="cross entropy", yscale="log")
left.legend()
strongest = np.argsort(np.abs(weights.numpy()))[-10:]
right.barh(data.feature_names[strongest], weights.numpy()[strongest])
right.set_xlabel("weight (above 0: benign)")
save(
    figure,
    "breast_cancer",
    "Left: the loss on training and test data over 600 steps. Right: the ten measurements that weigh most.",
)
