"""The tutorial's linear regression: ten integers from NumPy, two scalar variables, one SGD step.

The TensorFlow program takes the integer arrays unchanged and converts them on every step, because the
tutorial does; the peers convert once before the loop, as is usual there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Run, Workload, tensorflow_family
from benchmarks.workloads.compiled import jax_descent

X = np.arange(1, 11)
Y = X * 10 + 13
W, B, RATE = 4.0, 1.0, 0.01


def tutorial(tf: Any) -> Run:
    w, b = tf.Variable(W), tf.Variable(B)
    optimizer = tf.optimizers.SGD(learning_rate=RATE)
    optimizer.build([w, b])

    def hypothesis(x: Any) -> Any:
        return w * x + b

    def mse_loss(y_pred: Any, y: Any) -> Any:
        return tf.reduce_mean(tf.square(y_pred - y))

    def step() -> None:
        with tf.GradientTape() as tape:
            y_pred = hypothesis(X)
            loss = mse_loss(y_pred, Y)
        gradients = tape.gradient(loss, [w, b])
        optimizer.apply_gradients(zip(gradients, [w, b]))

    return Run(step, lambda: (w, b))


def by_hand() -> Run:
    w: Any = np.float32(W)
    b: Any = np.float32(B)
    x, y, rate = X.astype(np.float32), Y.astype(np.float32), np.float32(RATE)
    scale = np.float32(2 / len(x))

    def step() -> None:
        nonlocal w, b
        difference = w * x + b - y
        np.mean(np.square(difference))
        w -= rate * scale * (difference @ x)
        b -= rate * scale * difference.sum()

    return Run(step, lambda: (w, b))


def with_torch() -> Run:
    import torch

    w, b = (torch.tensor(value, requires_grad=True) for value in (W, B))
    x, y = torch.tensor(X, dtype=torch.float32), torch.tensor(Y, dtype=torch.float32)
    optimizer = torch.optim.SGD([w, b], lr=RATE)

    def step() -> None:
        loss = torch.mean(torch.square(w * x + b - y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return Run(step, lambda: (w, b))


def with_jax() -> Run:
    import jax.numpy as jnp

    x, y = jnp.asarray(X, jnp.float32), jnp.asarray(Y, jnp.float32)
    parameters = (jnp.float32(W), jnp.float32(B))

    def mse_loss(parameters: Any, x: Any, y: Any) -> Any:
        w, b = parameters
        return jnp.mean(jnp.square(w * x + b - y))

    return jax_descent(mse_loss, parameters, RATE, x, y)


def with_autograd() -> Run:
    import autograd
    import autograd.numpy as anp

    x, y = X.astype(np.float32), Y.astype(np.float32)
    parameters = (np.float32(W), np.float32(B))

    @autograd.value_and_grad
    def mse_loss(parameters: Any) -> Any:
        w, b = parameters
        return anp.mean(anp.square(w * x + b - y))

    def step() -> None:
        nonlocal parameters
        _, gradients = mse_loss(parameters)
        parameters = tuple(p - RATE * g for p, g in zip(parameters, gradients, strict=True))

    return Run(step, lambda: parameters)


def with_mygrad() -> Run:
    import mygrad as mg

    mg.turn_memory_guarding_off()
    parameters: list[Any] = [mg.tensor(np.full((), value, np.float32)) for value in (W, B)]
    w, b = parameters
    x, y = X.astype(np.float32), Y.astype(np.float32)

    def step() -> None:
        mg.mean(mg.square(w * x + b - y)).backward()
        for parameter in parameters:
            parameter.data -= RATE * parameter.grad

    return Run(step, lambda: parameters)


WORKLOADS = [
    Workload(
        "regression",
        "linear regression step, NumPy int data, SGD.apply_gradients",
        {
            **tensorflow_family(tutorial),
            "numpy": by_hand,
            "torch": with_torch,
            "jax": with_jax,
            "autograd": with_autograd,
            "mygrad": with_mygrad,
        },
        check_steps=51,
    )
]
