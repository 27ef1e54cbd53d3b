"""A user's mistakes: a type checker marks every line that ends in `# wrong`, and no other."""

import gradtape as tf

w = tf.Variable(1.0)
w.nonsense()  # wrong
tf.sine(1.0)  # wrong
tf.sin(None)  # wrong
tf.sin(1.0, nmae="s")  # wrong
y: int = tf.sin(1.0)  # wrong
with tf.GradientTape(persistant=True) as tape:  # wrong
    y2 = w * w
tape.gradiant(y2, w)  # wrong
tape.gradient(y2, w, unconnected_gradients="zeros")  # wrong
w.assign(None)  # wrong
tf.reduce_sum(w, axes=0)  # wrong
w.shape.as_lists()  # wrong
tf.optimizers.Adamm(0.1)  # wrong
tf.optimizers.Adam(0.1).apply_gradient([])  # wrong
