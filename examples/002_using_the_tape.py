"""What a tape does, in one program: exact gradients, persistence, watching, stopping, custom gradients."""

import gradtape as tf


def f(w1, w2):
    return 3 * w1**2 + 2 * w1 * w2


# Finite differences call f once more per parameter, and are only nearly right.
w1, w2 = 5, 3
eps = 1e-6
print((f(w1 + eps, w2) - f(w1, w2)) / eps)
print((f(w1, w2 + eps) - f(w1, w2)) / eps)

# The tape gives every derivative in one sweep, exactly.
w1, w2 = tf.Variable(5.0), tf.Variable(3.0)
with tf.GradientTape() as tape:
    z = f(w1, w2)

gradients = tape.gradient(z, [w1, w2])
print(gradients)

# It is spent by that, unless it is persistent.
try:
    tape.gradient(z, [w1, w2])
except RuntimeError as error:
    print(error)

with tf.GradientTape(persistent=True) as tape:
    z = f(w1, w2)

dz_dw1 = tape.gradient(z, w1)
dz_dw2 = tape.gradient(z, w2)
print(repr(dz_dw1))
print(repr(dz_dw2))
del tape

# Variables are watched by themselves; constants have no gradient,
c1, c2 = tf.constant(5.0), tf.constant(3.0)
with tf.GradientTape() as tape:
    z = f(c1, c2)

print(tape.gradient(z, [c1, c2]))

# beside variables too,
c1, v2 = tf.constant(5.0), tf.Variable(3.0)
with tf.GradientTape() as tape:
    z = f(c1, v2)

print(tape.gradient(z, [c1, v2]))

# unless they are watched.
with tf.GradientTape() as tape:
    tape.watch(c1)
    tape.watch(c2)
    z = f(c1, c2)

print(tape.gradient(z, [c1, c2]))


# stop_gradient makes a constant of what it is given.
def f(w1, w2):
    return 3 * w1**2 + tf.stop_gradient(2 * w1 * w2)


with tf.GradientTape() as tape:
    z = f(w1, w2)

print(tape.gradient(z, [w1, w2]))


# exp overflows at 100, and the chain rule then divides infinity by infinity.
def my_softplus(z):
    return tf.math.log(tf.exp(z) + 1.0)


x = tf.Variable(100.0)
with tf.GradientTape() as tape:
    z = my_softplus(x)

print(tape.gradient(z, [x]))


# The derivative stated by hand is exp(z) / (exp(z) + 1) divided through by exp(z), and has no such trouble.
@tf.custom_gradient
def my_better_softplus(z):
    exp = tf.exp(z)

    def my_softplus_gradients(grad):
        return grad / (1 + 1 / exp)

    return tf.math.log(exp + 1), my_softplus_gradients


with tf.GradientTape() as tape:
    z = my_better_softplus(x)

print(z, tape.gradient(z, [x]))
