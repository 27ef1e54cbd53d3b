"""The gradients of the five tutorials, explained by the tape: every step, with names, formulas and numbers."""

# %% [markdown]
# # Five tutorials, explained by the tape
# `tape.gradient` gives numbers. `tape.explain` says how they come about: each step from the target back to the sources,
# with the names of the program, the local derivative as a formula and as a number, and the cotangents that arrive and
# leave. Each explanation is checked against central differences.

# %%
from pathlib import Path

import numpy as np

import gradtape as tf
from pictures import show


def check_and_show(explanation):
    """Shows how a gradient comes about, every step of which has been compared with central differences."""
    assert explanation.check().passed
    show(explanation)


# %% [markdown]
# ## 000: shapes and derivation
# A linear layer under mean squared output. The tutorial derives dL/dW = xᵀ (2/n) y by hand; the tape finds it again.

# %%
W = tf.Variable([[0.5, -1.0], [1.5, 0.25], [-0.75, 1.0]], name="W")
b = tf.Variable(tf.zeros(2), name="b")
x = [[1.0, 2.0, 3.0]]
with tf.GradientTape() as tape:
    y = x @ W + b
    loss = tf.reduce_mean(y**2)
check_and_show(tape.explain(loss, [W, b]))

# %% [markdown]
# ## 001: descent and regression
# The derivative of x³ at 4, and the first step of a regression on ten points.

# %%
x = tf.Variable(4.0, name="x")
with tf.GradientTape() as tape:
    y = x**3
check_and_show(tape.explain(y, x))

# %%
x, y = np.arange(1, 11), np.arange(1, 11) * 10 + 13
w, b = tf.Variable(4.0, name="w"), tf.Variable(1.0, name="b")
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(tf.square(w * x + b - y))
check_and_show(tape.explain(loss, [w, b]))

# %% [markdown]
# ## 002: using the tape
# A function of two variables, of which one is used twice: what comes together at `w1` is added.

# %%
w1, w2 = tf.Variable(5.0, name="w1"), tf.Variable(3.0, name="w2")
with tf.GradientTape() as tape:
    z = 3 * w1**2 + 2 * w1 * w2
check_and_show(tape.explain(z, [w1, w2]))

# %% [markdown]
# ## 003: gradients by hand
# The tutorial recomputes TensorFlow's numbers with a calculator, by 2 (W x + b - y) x for one point. Here they are.

# %%
X, Y = np.array([3.3]), np.array([1.7])
W, b = tf.Variable(0.21318328, name="W"), tf.Variable(0.78609025, name="b")
with tf.GradientTape() as tape:
    pred = W * X + b
    loss = tf.reduce_mean(tf.square(pred - Y))
check_and_show(tape.explain(loss, [W, b]))

# %% [markdown]
# ## 004: one neuron
# One linear unit and its squared error, as a picture.

# %%
x, y = tf.constant(2.0), tf.constant(3.0)
w, b = tf.Variable(0.5, name="w"), tf.Variable(1.0, name="b")
with tf.GradientTape() as tape:
    y_pred = w * x + b
    loss = tf.square(y - y_pred)
explanation = tape.explain(loss, [w, b])
check_and_show(explanation)
Path("tutorials_explained.svg").write_text(explanation.svg(), "utf-8")
