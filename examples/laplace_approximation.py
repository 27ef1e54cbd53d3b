"""How certain is a fit? The Laplace approximation: a normal distribution at the maximum of the posterior.

Logarithms of doses, and deaths among twenty animals: the chance of death is sigmoid(a + b·dose), with a wide normal
prior on a and b. Newton's method finds the most probable pair, by gradient and Hessian; the inverse of the Hessian
there is the covariance. With two parameters the exact posterior can be computed on a grid, and compared.
"""

import numpy as np
from tqdm import trange

import gradtape as tf
from pictures import BLUE, ORANGE, plt, save, short

dose = tf.constant([-0.86, -0.30, -0.05, 0.73], tf.float64)
animals = tf.constant([5.0, 5.0, 5.0, 5.0], tf.float64)
deaths = tf.constant([0.0, 1.0, 3.0, 5.0], tf.float64)
PRIOR = tf.constant([2.0, 10.0], tf.float64)  # standard deviations of a and b


def energy(parameters):
    """Minus the logarithm of the posterior, up to a constant; parameters of shape [..., 2]."""
    logits = parameters[..., :1] + parameters[..., 1:] * dose
    # log(1 + e^z) - y z, summed over the animals of each dose
    misfit = tf.reduce_sum(animals * tf.math.softplus(logits) - deaths * logits, axis=-1)
    return misfit + 0.5 * tf.reduce_sum(tf.square(parameters / PRIOR), axis=-1)


gradient, hessian = tf.gradient(energy), tf.hessian(energy)
top = tf.zeros([2], tf.float64)
for _ in trange(3 if short else 12, desc="Newton"):
    top -= tf.linalg.solve(hessian(top), gradient(top)[:, tf.newaxis])[:, 0]

covariance = tf.linalg.inv(hessian(top)).numpy()
center, deviations = top.numpy(), np.sqrt(np.diag(covariance))
print(f"most probable: a = {center[0]:.3f} ± {deviations[0]:.3f}, b = {center[1]:.3f} ± {deviations[1]:.3f}")

a, b = np.linspace(-2.5, 4, 80), np.linspace(-4, 26, 80)
grid = np.stack(np.meshgrid(a, b), axis=-1)
exact = np.exp(energy(top).numpy() - energy(grid).numpy())
centred = grid - center
normal = np.exp(-0.5 * np.einsum("...i,ij,...j", centred, np.linalg.inv(covariance), centred))
mean = np.einsum("xy,xyi->i", exact, grid) / exact.sum()
print(f"means of the exact posterior: a = {mean[0]:.3f}, b = {mean[1]:.3f}")

figure, (left, right) = plt.subplots(1, 2)
levels = [0.05, 0.25, 0.5, 0.8]
left.contour(a, b, exact, levels, colors=BLUE)
left.contour(a, b, normal, levels, colors=ORANGE, linestyles="dashed")
left.plot(*center, "o", color=ORANGE)
left.set(xlabel="a", ylabel="b", title="posterior (lines), normal (dashed)")
doses = np.linspace(-1, 1, 100)
draws = np.random.default_rng(0).multivariate_normal(center, covariance, 2000)
curves = 1 / (1 + np.exp(-(draws[:, :1] + draws[:, 1:] * doses)))
right.fill_between(doses, *np.quantile(curves, [0.05, 0.95], axis=0), alpha=0.2, label="9 of 10 draws")
right.plot(doses, 1 / (1 + np.exp(-(center[0] + center[1] * doses))), label="most probable")
right.plot(dose, deaths / animals, "o", color=ORANGE, label="observed")
right.set(xlabel="logarithm of the dose", ylabel="chance of death")
right.legend()
save(
    figure,
    "laplace_approximation",
    "Left: contours of the posterior and of the normal. Right: the chance of death over the dose, with its band.",
)
