"""Samples from a distribution that is known up to a constant, by Hamiltonian Monte Carlo.

The distribution is bent: x is normal, and y is normal around x². Its moments are known: E[x] = 0, E[x²] = 1, E[y] = 1,
Var[y] = 2 + 1/4. Many chains run side by side, as rows of one tensor.
"""

import numpy as np
from tqdm import trange

import gradtape as tf
from pictures import BLUE, GREY, ORANGE, plt, save, short

WIDTH = 0.5
CHAINS, DRAWS, WARMUP, LEAPS, STEP = 64, 10 if short else 3000, 2 if short else 200, 24, 0.08


def energy(position):
    """Minus the logarithm of the density, of each row."""
    x, y = tf.unstack(position, axis=1)
    return 0.5 * tf.square(x) + 0.5 * tf.square((y - tf.square(x)) / WIDTH)


@tf.function
def force(position):
    with tf.GradientTape() as tape:
        tape.watch(position)
        total = tf.reduce_sum(energy(position))  # rows do not depend on each other
    return -tape.gradient(total, position)


def move(position):
    """One draw of every chain: a push, a flight of leapfrog steps, and its end is taken or refused."""
    momentum = tf.random.normal(position.shape, dtype=tf.float64)
    before = energy(position) + 0.5 * tf.reduce_sum(tf.square(momentum), axis=1)
    there = position
    momentum += 0.5 * STEP * force(there)
    for leap in range(LEAPS):
        there += STEP * momentum
        momentum += (STEP if leap < LEAPS - 1 else 0.5 * STEP) * force(there)
    after = energy(there) + 0.5 * tf.reduce_sum(tf.square(momentum), axis=1)
    taken = tf.math.log(tf.random.uniform([CHAINS], dtype=tf.float64)) < before - after
    return tf.where(taken[:, tf.newaxis], there, position), taken


tf.random.set_seed(0)
position = tf.random.normal([CHAINS, 2], dtype=tf.float64)
samples, accepted = [], []
for i in trange(WARMUP + DRAWS, desc="sampling"):
    position, taken = move(position)
    if i >= WARMUP:
        samples.append(position.numpy())
        accepted.append(taken.numpy())

samples = np.array(samples)  # draws, chains, 2
x, y = samples.reshape(-1, 2).T
moments = {"E[x]": (x.mean(), 0), "E[x²]": (np.mean(x**2), 1), "E[y]": (y.mean(), 1), "Var[y]": (y.var(), 2.25)}
print(f"accepted: {np.mean(accepted):.2f}")
for name, (found, known) in moments.items():
    print(f"{name} = {found:.3f} (known: {known})")

figure, (left, right) = plt.subplots(1, 2)
grid_x, grid_y = np.meshgrid(np.linspace(-3, 3, 40), np.linspace(-1.5, 8, 40))
grid = np.stack([grid_x.ravel(), grid_y.ravel()], axis=1)
density = np.exp(-energy(grid).numpy()).reshape(grid_x.shape)
left.contour(grid_x, grid_y, density, [0.05, 0.2, 0.5, 0.8], colors=GREY, linewidths=1)
left.plot(*samples[-1::-750, ::2].reshape(-1, 2).T, ".", color=BLUE, markersize=3)
left.plot(*samples[:12, 0].T, "-o", color=ORANGE, linewidth=0.8, markersize=3)
left.set(xlabel="x", ylabel="y", title="samples, and the start of one chain")
spread = np.linspace(-3.5, 3.5, 100)
right.hist(x, bins=50, range=(-3.5, 3.5), density=True, histtype="stepfilled", alpha=0.4, label="samples of x")
right.plot(spread, np.exp(-0.5 * spread**2) / np.sqrt(2 * np.pi), label="known density")
right.legend()
save(
    figure,
    "hamiltonian_monte_carlo",
    "Left: samples on a bent density, and the path of one chain. Right: samples of x match their density.",
)
