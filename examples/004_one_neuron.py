"""The squared error of one linear unit, and its gradients with respect to weight and bias."""

import gradtape as tf

x = tf.constant(2.0)
y = tf.constant(3.0)

w = tf.Variable(0.5)
b = tf.Variable(1.0)


def forward_pass(x):
    return w * x + b


def loss_fn(y_true, y_pred):
    return tf.square(y_true - y_pred)


with tf.GradientTape() as tape:
    y_pred = forward_pass(x)
    loss = loss_fn(y, y_pred)

gradients = tape.gradient(loss, [w, b])

print("Gradients of w: ", gradients[0].numpy())
print("Gradients of b: ", gradients[1].numpy())
