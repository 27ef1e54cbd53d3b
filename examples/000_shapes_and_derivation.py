"""The gradients of a linear layer under mean squared output, by the tape and by the chain rule written out.

With y = x W + b and L = mean(y²), where y has n elements:
    dL/dy = 2 y / n        each element enters the mean once, squared
    dL/dW = xᵀ dL/dy       y is linear in W with coefficients x
    dL/db = dL/dy          y is b plus something; summed over the rows that shared b
"""

import numpy as np

import gradtape as tf

W = tf.Variable(tf.random.normal((3, 2)), name="weights")
b = tf.Variable(tf.zeros(2, dtype=tf.float32), name="biases")
x = [[1.0, 2.0, 3.0]]

with tf.GradientTape() as tape:
    y = x @ W + b
    loss = tf.reduce_mean(y**2)

dl_dW, dl_db = tape.gradient(loss, [W, b])
print(f"W.shape: {W.shape}, dW.shape: {dl_dW.shape}")
print(f"b.shape: {b.shape}, db.shape: {dl_db.shape}")

# The same by hand, in NumPy.
values = np.array(x) @ W.numpy() + b.numpy()
dl_dy = 2 * values / values.size
by_hand_W = np.array(x).T @ dl_dy
by_hand_b = dl_dy.sum(axis=0)
print("dL/dW by the tape:", *dl_dW.numpy().ravel())
print("dL/dW by hand:", *by_hand_W.ravel())
print("dL/db by the tape:", *dl_db.numpy())
print("dL/db by hand:", *by_hand_b)
