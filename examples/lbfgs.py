"""A curve fitted by L-BFGS: eight parameters in some fifty steps, where gradient descent takes thousands.

L-BFGS only needs gradients: from their changes over the last steps it estimates the curvature of the loss.
"""

import numpy as np
from tqdm import trange

import gradtape as tf
from pictures import ORANGE, plt, save, short

# Two damped oscillations, measured with noise.
TRUE = np.array([2.0, 0.25, 3.0, 0.5, 1.0, 0.1, 7.0, -1.0])  # amplitude, decay, frequency and phase of each
times = tf.constant(np.linspace(0, 8, 150))


def curve(parameters):
    amplitude, decay, frequency, phase = tf.unstack(tf.reshape(parameters, [2, 4, 1]), axis=1)
    return tf.reduce_sum(amplitude * tf.exp(-decay * times) * tf.cos(frequency * times + phase), axis=0)


measured = curve(TRUE) + np.random.default_rng(0).normal(scale=0.15, size=150)


@tf.function
def loss_and_gradient(parameters):
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        loss = tf.reduce_mean(tf.square(curve(parameters) - measured))
    return loss, tape.gradient(loss, parameters)


def evaluate(parameters):
    loss, gradient = loss_and_gradient(tf.constant(parameters))
    return loss.numpy(), gradient.numpy()


def direction(gradient, pairs):
    """Minus the inverse Hessian times the gradient, as far as (step, change of gradient) pairs tell."""
    result, shares = -gradient, []
    for step, change in reversed(pairs):
        share = step @ result / (step @ change)
        shares.append(share)
        result = result - share * change
    if pairs:
        step, change = pairs[-1]
        result = result * (step @ change) / (change @ change)
    for (step, change), share in zip(pairs, reversed(shares)):
        result = result + (share - change @ result / (step @ change)) * step
    return result


def lbfgs(parameters, steps, memory=10):
    """The best parameters found, and the loss after each step."""
    loss, gradient = evaluate(parameters)
    losses, pairs = [loss], []
    for _ in trange(steps, desc="L-BFGS"):
        along = direction(gradient, pairs)
        slope, length = gradient @ along, 1.0 if pairs else 0.1 / np.abs(gradient).max()
        while True:  # halve the step until the loss falls by a fair part of what the slope promises
            there = parameters + length * along
            found, turned = evaluate(there)
            if found <= loss + 1e-4 * length * slope or length < 1e-10:
                break
            length /= 2
        step, change = there - parameters, turned - gradient
        if step @ change > 1e-12 * (change @ change):  # the loss bends upwards there
            pairs = [*pairs[1 - memory :], (step, change)]
        parameters, loss, gradient = there, found, turned
        losses.append(loss)
        if np.abs(gradient).max() < 1e-9:
            break
    return parameters, losses


def descent(parameters, steps, rate=0.01):
    losses = []
    for _ in trange(steps, desc="gradient descent"):
        loss, gradient = evaluate(parameters)
        losses.append(loss)
        parameters = parameters - rate * gradient
    return losses


start = np.array([1.0, 0.1, 2.8, 0.0, 0.5, 0.0, 7.2, 0.0])
fitted, losses = lbfgs(start, 10 if short else 200)
plain = descent(start, 10 if short else 5000)
print(f"L-BFGS: loss {losses[-1]:.6f} after {len(losses) - 1} steps")
print(f"gradient descent: loss {plain[-1]:.6f} after {len(plain)} steps")
print("fitted:", np.round(fitted, 2))
print("true:  ", TRUE)

figure, (left, right) = plt.subplots(1, 2)
left.plot(times, measured, ".", markersize=3, alpha=0.6, label="measured")
left.plot(times, curve(fitted), color=ORANGE, label="fitted")
left.set_xlabel("time")
left.legend()
right.loglog(np.arange(1, len(losses) + 1), losses, label="L-BFGS")
places = np.unique(np.geomspace(1, len(plain), 200).astype(int))
right.loglog(places, np.array(plain)[places - 1], label="gradient descent")
right.set(xlabel="step", ylabel="mean squared error")
right.legend()
save(
    figure,
    "lbfgs",
    "Left: the fitted curve through the measurements. Right: L-BFGS reaches in 60 steps what descent does in 5000.",
)
