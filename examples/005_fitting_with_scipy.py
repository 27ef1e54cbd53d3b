"""A damped oscillation fitted to measurements by SciPy's L-BFGS, which takes its gradients from the tape.

`tf.interop.scipy.pack` flattens a structure of variables into one float64 vector, and turns a loss into a function that
returns value and gradient at such a vector. Needs SciPy: pip install gradtape[scipy]
"""

import numpy as np
from scipy.optimize import minimize

import gradtape as tf

times = tf.linspace(tf.constant(0.0, tf.float64), 6.0, 60)
noise = tf.random.stateless_normal([60], seed=[1, 2], stddev=0.02, dtype=tf.float64)
measured = 1.5 * tf.exp(-0.4 * times) * tf.cos(3.0 * times) + noise

parameters = {name: tf.Variable(np.float64(start)) for name, start in [("height", 1), ("decay", 0.2), ("turns", 2.8)]}


@tf.function
def loss():
    modelled = parameters["height"] * tf.exp(-parameters["decay"] * times) * tf.cos(parameters["turns"] * times)
    return tf.reduce_sum((modelled - measured) ** 2)


packing = tf.interop.scipy.pack(parameters)
found = minimize(packing.value_and_gradient(lambda _: loss()), packing.vector, jac=True, method="L-BFGS-B")
packing.assign(found.x)

print(f"{found.message} after {found.nit} steps; the loss is {found.fun:.4f}")
for name, variable in parameters.items():
    print(f"{name}: {variable.numpy():.2f}")
