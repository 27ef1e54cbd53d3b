"""A network that solves Burgers' equation, from the equation alone: a physics-informed neural network.

    u_t + u u_x = ν u_xx    for 0 < x < 1 and 0 < t < 1

where u is known at t = 0 and is 0 at both ends. The network never sees a solution. It is trained until the derivatives
of its output, computed by nested tapes, satisfy the equation. For this initial value the exact solution is known.
"""

import itertools

import numpy as np
from tqdm import trange

import gradtape as tf
from pictures import plt, save, short

tf.keras.utils.set_random_seed(0)
VISCOSITY = 0.05


def solution(x, t):
    decay = np.exp(-(np.pi**2) * VISCOSITY * t)
    return 2 * np.pi * VISCOSITY * decay * np.sin(np.pi * x) / (1.2 + decay * np.cos(np.pi * x))


WIDTHS = [2, 24, 24, 24, 1]
initializer = tf.keras.initializers.GlorotNormal(seed=0)
weights = [tf.Variable(initializer([before, after])) for before, after in itertools.pairwise(WIDTHS)]
biases = [tf.Variable(tf.zeros([after])) for after in WIDTHS[1:]]
parameters = weights + biases


def network(x, t):
    """u at points of shape [n, 1]; the factor x(1 - x) makes it 0 at both ends."""
    h = tf.concat([x, t], axis=1)
    for w, b in zip(weights[:-1], biases[:-1]):
        h = tf.tanh(h @ w + b)
    return x * (1 - x) * (h @ weights[-1] + biases[-1])


def residual(x, t):
    """By how much the network misses the equation."""
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch([x, t])
            u = network(x, t)
        u_x, u_t = inner.gradient(u, [x, t])
    u_xx = outer.gradient(u_x, x)
    return u_t + u * u_x - VISCOSITY * u_xx


generator = np.random.default_rng(0)
inside_x, inside_t = (tf.constant(generator.uniform(size=[1000, 1]), tf.float32) for _ in range(2))
start_x = tf.constant(np.linspace(0, 1, 100)[:, None], tf.float32)
start_t = tf.zeros_like(start_x)
start_u = tf.constant(solution(start_x.numpy(), 0.0), tf.float32)

steps = 20 if short else 2000
optimizer = tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.CosineDecay(0.005, steps))


@tf.function
def step():
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(residual(inside_x, inside_t)))
        loss += 10.0 * tf.reduce_mean(tf.square(network(start_x, start_t) - start_u))
    optimizer.apply_gradients(zip(tape.gradient(loss, parameters), parameters))
    return loss


losses = []
for _ in (progress := trange(steps, desc="training")):
    losses.append(step().numpy())
    if len(losses) % 100 == 0:
        progress.set_postfix(loss=f"{losses[-1]:.1e}")

times, places = np.array([0.0, 0.25, 0.5, 1.0], np.float32), np.linspace(0, 1, 101, dtype=np.float32)
found = [network(places[:, None], np.full([101, 1], t)).numpy()[:, 0] for t in times]
exact = [solution(places, t) for t in times]
error = np.linalg.norm(np.subtract(found, exact)) / np.linalg.norm(exact)
print(f"relative error against the known solution: {error:.1e}")

figure, (left, right) = plt.subplots(1, 2)
for t, ours, theirs in zip(times, found, exact):
    (line,) = left.plot(places, ours, label=f"t = {t:g}")
    left.plot(places[::10], theirs[::10], "o", color=line.get_color(), markersize=4, markerfacecolor="none")
left.set(xlabel="x", ylabel="u", title="lines: network, circles: solution")
left.legend()
right.semilogy(np.arange(0, steps, max(1, steps // 400)), losses[:: max(1, steps // 400)])
right.set(xlabel="step", ylabel="loss")
save(
    figure,
    "burgers_equation",
    "Left: u over x at four times, the network on the known solution. Right: the loss over the steps.",
)
