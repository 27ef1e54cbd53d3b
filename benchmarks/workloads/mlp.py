"""A training step of a two-layer perceptron at four sizes, and its lower bound: the five products alone.

h = relu(x @ W1 + b1), loss = mean(square(h @ W2 + b2 - y)), gradients of the four parameters, p -= rate * g for each.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Run, Workload, tensorflow_family
from benchmarks.workloads.compiled import jax_descent

Size = tuple[int, int, int, int]
SIZES: dict[str, Size] = {
    "mlp-32": (32, 64, 64, 10),
    "mlp-128": (128, 784, 128, 10),
    "mlp-256": (256, 784, 512, 10),
    "mlp-1024": (1024, 1024, 1024, 1024),
}


def data(size: Size) -> tuple[Any, Any, list[Any]]:
    """Inputs (batch, inputs), targets (batch, outputs) and the parameters W1, b1, W2, b2, all float32."""
    batch, inputs, hidden, outputs = size
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    w1, w2 = normal(inputs, hidden) / np.float32(inputs**0.5), normal(hidden, outputs) / np.float32(hidden**0.5)
    return normal(batch, inputs), normal(batch, outputs), [w1, normal(hidden), w2, normal(outputs)]


def taped(tf: Any, size: Size, rate: float) -> Run:
    x, y, initial = data(size)
    x = tf.constant(x)  # arrays are released once they have been copied
    y = tf.constant(y)
    parameters = w1, b1, w2, b2 = [tf.Variable(initial.pop(0)) for _ in range(4)]

    def step() -> None:
        with tf.GradientTape() as tape:
            h = tf.nn.relu(x @ w1 + b1)
            loss = tf.reduce_mean(tf.square(h @ w2 + b2 - y))
        for parameter, gradient in zip(parameters, tape.gradient(loss, parameters), strict=True):
            parameter.assign_sub(rate * gradient)

    return Run(step, lambda: parameters)


def by_hand(size: Size, rate: float) -> Run:
    x, y, parameters = data(size)
    w1, b1, w2, b2 = parameters

    def step() -> None:
        h = np.maximum(x @ w1 + b1, 0)
        error = h @ w2 + b2 - y
        np.mean(np.square(error))
        error *= 2 / error.size
        hidden = error @ w2.T
        hidden *= h > 0
        gradients = (x.T @ hidden, hidden.sum(axis=0), h.T @ error, error.sum(axis=0))
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter -= rate * gradient

    return Run(step, lambda: parameters)


def products(size: Size, rate: float) -> Run:
    x, _, (w1, _, w2, _) = data(size)
    h, error = x @ w1, x @ w1 @ w2
    hidden, g1, g2 = np.empty_like(h), np.empty_like(w1), np.empty_like(w2)

    def step() -> None:
        np.matmul(x, w1, out=h)
        np.matmul(h, w2, out=error)
        np.matmul(error, w2.T, out=hidden)
        np.matmul(h.T, error, out=g2)
        np.matmul(x.T, hidden, out=g1)

    return Run(step, step)


def with_torch(size: Size, rate: float) -> Run:
    import torch

    inputs, targets, initial = data(size)
    x, y = torch.from_numpy(inputs), torch.from_numpy(targets)
    parameters = w1, b1, w2, b2 = [torch.from_numpy(value).requires_grad_() for value in initial]

    def step() -> None:
        h = torch.relu(torch.addmm(b1, x, w1))
        loss = torch.mean(torch.square(torch.addmm(b2, h, w2) - y))
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.sub_(gradient, alpha=rate)

    return Run(step, lambda: parameters)


def with_jax(size: Size, rate: float) -> Run:
    import jax
    import jax.numpy as jnp

    x, y, initial = data(size)
    x, y, parameters = jnp.asarray(x), jnp.asarray(y), tuple(jnp.asarray(value) for value in initial)

    def loss_of(parameters: Any, x: Any, y: Any) -> Any:
        w1, b1, w2, b2 = parameters
        return jnp.mean(jnp.square(jax.nn.relu(x @ w1 + b1) @ w2 + b2 - y))

    return jax_descent(loss_of, parameters, rate, x, y)


def with_autograd(size: Size, rate: float) -> Run:
    import autograd
    import autograd.numpy as anp

    x, y, parameters = data(size)

    @autograd.value_and_grad
    def loss_of(parameters: Any) -> Any:
        w1, b1, w2, b2 = parameters
        h = anp.maximum(anp.dot(x, w1) + b1, 0)
        return anp.mean(anp.square(anp.dot(h, w2) + b2 - y))

    def step() -> None:
        _, gradients = loss_of(parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter -= rate * gradient

    return Run(step, lambda: parameters)


def with_mygrad(size: Size, rate: float) -> Run:
    import mygrad as mg

    mg.turn_memory_guarding_off()
    x, y, initial = data(size)
    parameters: list[Any] = [mg.tensor(value) for value in initial]
    w1, b1, w2, b2 = parameters

    def step() -> None:
        h = mg.maximum(mg.matmul(x, w1) + b1, 0)
        mg.mean(mg.square(mg.matmul(h, w2) + b2 - y)).backward()
        for parameter in parameters:
            parameter.data -= rate * parameter.grad

    return Run(step, lambda: parameters)


WORKLOADS = [
    Workload(
        name,
        f"MLP step, batch {batch}, {inputs}→{hidden}→{outputs}",
        {
            **tensorflow_family(taped),
            "numpy": by_hand,
            "floor": products,
            "torch": with_torch,
            "jax": with_jax,
            "autograd": with_autograd,
            "mygrad": with_mygrad,
        },
        arguments={"size": (batch, inputs, hidden, outputs), "rate": 1e-6},
        check={"rate": 0.5},
        tolerance=1e-3,
    )
    for name, (batch, inputs, hidden, outputs) in SIZES.items()
]
