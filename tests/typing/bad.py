"""A user's mistakes: a type checker marks every line that ends in `# wrong`, and no other."""

import numpy as np

import gradtape as tf

w = tf.Variable([1.0, 2.0])
x = tf.constant([3.0, 4.0])

# Names that are not there
w.nonsense()  # wrong
x.assign(1.0)  # wrong
w.shape.as_lists()  # wrong
tf.sine(1.0)  # wrong
tf.nn.reluu(x)  # wrong
tf.optimizers.Adamm(0.1)  # wrong
tf.optimizers.Adam(0.1).apply_gradient([])  # wrong

# Arguments that are not there
tf.sin(1.0, nmae="s")  # wrong
tf.reduce_sum(w, axes=0)  # wrong
tf.optimizers.Adam(0.1, beta_3=0.9)  # wrong
tf.nn.conv2d(x, x, strides=1, pading="SAME")  # wrong

# Values of other types
tf.sin(None)  # wrong
tf.sin("one")  # wrong
tf.add(x, {"y": 1.0})  # wrong
w.assign(None)  # wrong
print(x + "one")  # wrong
tf.cast(x, 64.0)  # wrong
tf.reshape(x, "two")  # wrong
tf.stack([x, "one"])  # wrong
tf.optimizers.SGD(momentum="much")  # wrong
tf.random.normal([2], mean=None)  # wrong

# Results taken for something else
number: int = tf.sin(1.0)  # wrong
array: "np.ndarray" = x + 1.0  # wrong
name: int = w.name  # wrong
shape: list[int] = w.shape  # wrong

# Tapes
with tf.GradientTape(persistant=True) as misspelled:  # wrong
    y = w * w
with tf.GradientTape() as tape:
    y = w * w
tape.gradiant(y, w)  # wrong
tape.gradient(y)  # wrong
tape.gradient(y, w, unconnected_gradients="zeros")  # wrong
tape.batch_jacobian(y, [w])  # wrong

# Right, beside the wrong ones
print(tf.sin(x), tf.sin([1, 2.0]), tf.sin(np.ones(3)), tf.sin(w), tf.sin((x, [w])), tf.sin(np.float32(1)), tf.sin(True))
print(tf.reshape(x, (-1, 1)), tf.reshape(x, x.shape), tf.reshape(x, tf.shape(x)), tf.cast(x, int), tf.cast(x, np.int64))
