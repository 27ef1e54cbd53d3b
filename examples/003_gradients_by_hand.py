"""What the tape computes for a linear regression, checked against the derivatives worked out on paper.

For pred = W x + b and loss = mean((pred - y)²) over n points:
    d loss / d W = Σ 2 (W x + b - y) x / n
    d loss / d b = Σ 2 (W x + b - y) / n
"""

import numpy as np

import gradtape as tf


def linear_regression(x):
    return W * x + b


def mean_square(y_pred, y_true):
    return tf.reduce_mean(tf.square(y_pred - y_true))


def gradients_at(w_value, b_value, x, y):
    W.assign(w_value)
    b.assign(b_value)
    with tf.GradientTape() as g:
        loss = mean_square(linear_regression(x), y)
    return [gradient.numpy() for gradient in g.gradient(loss, [W, b])]


rng = np.random
W = tf.Variable(rng.random(), name="weight")
b = tf.Variable(rng.random(), name="bias")

# One point: the mean does nothing, and the gradients are 2 (W x + b - y) x and 2 (W x + b - y).
print("one point:", *gradients_at(0.21318328, 0.78609025, np.array([3.3]), np.array([1.7])))

# Two points: the gradient of W is the mean of what each point gives alone.
X = np.array([3.3, 1])
Y = np.array([1.7, 2])
parts = [gradients_at(0.73290884, 0.436841, X[i : i + 1], Y[i : i + 1])[0] for i in range(2)]
print("each alone:", *parts)
print("their mean:", sum(parts) / 2)
print("two points:", gradients_at(0.73290884, 0.436841, X, Y)[0])

# Descent from a random start towards the line through the two points.
learning_rate = 0.01
training_steps = 1000
display_step = 50

W.assign(rng.random())
b.assign(rng.random())
optimizer = tf.optimizers.SGD(learning_rate)


def run_optimization(show):
    with tf.GradientTape() as g:
        pred = linear_regression(X)
        loss = mean_square(pred, Y)
    gradients = g.gradient(loss, [W, b])
    if show:
        print("\ngradient=", gradients, "\nloss=", loss, "\nW=", W, "\nb= ", b)
    optimizer.apply_gradients(zip(gradients, [W, b]))


for step in range(1, training_steps + 1):
    run_optimization(step == 1 or step % display_step == 0)
print("\ntrained:", W.numpy(), b.numpy())
