"""One derivative, one descent by hand, and a linear regression trained with the tape."""

import numpy as np

import gradtape as tf

# The derivative of x³ is 3x², which is 48 at 4.
x = tf.Variable(4.0)

with tf.GradientTape() as tape:
    y = x**3

dy_dx = tape.gradient(y, x)
print(dy_dx.numpy())

# Solving 8 = 2x: the derivative of |ax - y| is a or -a, so every step moves x by 2 until it arrives at 4.
a = tf.constant(2.0)
y = tf.constant(8.0)
x = tf.Variable(10.0)

with tf.GradientTape() as tape:
    loss = tf.math.abs(a * x - y)

dx = tape.gradient(loss, x)
print(f"x값 : {x.numpy()}, 손실함수에 대해서 미분한 x값: {dx}")
x.assign(x - dx)
print(f"x-loss(x)의 값: {x.numpy()}")

x = tf.Variable(10.0)
for i in range(4):
    with tf.GradientTape() as tape:
        loss = tf.math.abs(a * x - y)

    dx = tape.gradient(loss, x)
    print(f"{i}-x값 : {x.numpy()}, 손실함수에 대해서 미분한 x값: {dx}")
    x.assign(x - dx)
    print(f"x-loss(x)의 값: {x.numpy()}")

# Regression: find the line behind the points, y = 10x + 13, by gradient descent on the mean squared error.
w = tf.Variable(4.0)
b = tf.Variable(1.0)


def hypothesis(x):
    return w * x + b


def mse_loss(y_pred, y):
    return tf.reduce_mean(tf.square(y_pred - y))


x = np.arange(1, 11)
y = x * 10 + 13
print(f"x: {x}")
print(f"y: {y}")

optimizer = tf.optimizers.SGD(learning_rate=0.01)

for i in range(501):
    with tf.GradientTape() as tape:
        y_pred = hypothesis(x)
        loss = mse_loss(y_pred, y)

    gradients = tape.gradient(loss, [w, b])
    optimizer.apply_gradients(zip(gradients, [w, b]))

    if i % 50 == 0:
        print(f"epoch : {i:3} | w의 값 : {w.numpy():5.4f} | b의 값 : {b.numpy():5.4} | loss : {loss:5.6f}")

x_test = np.array([3.5, 8.5, 11, 13])
y_true = x_test * 10 + 13
print(f"예측값: {hypothesis(x_test).numpy()}")
print(f"실제값: {y_true}")
