"""Scalar steps, which are all overhead: descent on |a·x − y|, and a chain of a hundred multiplications."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Run, Workload, tensorflow_family

A, X, Y = 2.0, 10.0, 8.0
FACTOR, LINKS = 1.01, 100


def descent(tf: Any) -> Run:
    a, y, x = tf.constant(A), tf.constant(Y), tf.Variable(X)

    def step() -> Any:
        with tf.GradientTape() as tape:
            loss = tf.math.abs(a * x - y)
        return tape.gradient(loss, x)

    return Run(step, step)


def descent_numpy() -> Run:
    a, y, x = np.float32(A), np.float32(Y), np.float32(X)

    def step() -> Any:
        difference = a * x - y
        abs(difference)
        return np.sign(difference) * a

    return Run(step, step)


def descent_torch() -> Run:
    import torch

    a, y, x = torch.tensor(A), torch.tensor(Y), torch.tensor(X, requires_grad=True)

    def step() -> Any:
        x.grad = None
        loss = torch.abs(a * x - y)
        loss.backward()
        return x.grad

    return Run(step, step)


def descent_jax() -> Run:
    import jax
    import jax.numpy as jnp

    a, y, x = jnp.float32(A), jnp.float32(Y), jnp.float32(X)
    gradient = jax.jit(jax.grad(lambda x, a, y: jnp.abs(a * x - y)))

    def step() -> Any:
        return gradient(x, a, y).block_until_ready()

    return Run(step, step)


def descent_autograd() -> Run:
    import autograd
    import autograd.numpy as anp

    gradient = autograd.grad(lambda x: anp.abs(A * x - Y))

    def step() -> Any:
        return gradient(X)

    return Run(step, step)


def descent_mygrad() -> Run:
    import mygrad as mg

    mg.turn_memory_guarding_off()
    x = mg.tensor(X)

    def step() -> Any:
        loss = mg.abs(A * x - Y)
        loss.backward()
        return x.grad

    return Run(step, step)


def chain(tf: Any) -> Run:
    factor, x = tf.constant(FACTOR), tf.Variable(X)

    def step() -> Any:
        with tf.GradientTape() as tape:
            y = x * factor
            for _ in range(LINKS - 1):
                y = y * factor
        return tape.gradient(y, x)

    return Run(step, step)


def chain_numpy() -> Run:
    factor, x = np.float32(FACTOR), np.float32(X)

    def step() -> Any:
        y, gradient = x, np.float32(1)
        for _ in range(LINKS):
            y = y * factor
        for _ in range(LINKS):
            gradient = gradient * factor
        return gradient

    return Run(step, step)


def chain_torch() -> Run:
    import torch

    factor, x = torch.tensor(FACTOR), torch.tensor(X, requires_grad=True)

    def step() -> Any:
        x.grad = None
        y = x * factor
        for _ in range(LINKS - 1):
            y = y * factor
        y.backward()
        return x.grad

    return Run(step, step)


def chain_jax() -> Run:
    import jax
    import jax.numpy as jnp

    factor, x = jnp.float32(FACTOR), jnp.float32(X)

    @jax.jit
    @jax.grad
    def gradient(x: Any, factor: Any) -> Any:
        for _ in range(LINKS):
            x = x * factor
        return x

    def step() -> Any:
        return gradient(x, factor).block_until_ready()

    return Run(step, step)


def chain_autograd() -> Run:
    import autograd

    @autograd.grad
    def gradient(x: Any) -> Any:
        for _ in range(LINKS):
            x = x * FACTOR
        return x

    def step() -> Any:
        return gradient(X)

    return Run(step, step)


def chain_mygrad() -> Run:
    import mygrad as mg

    mg.turn_memory_guarding_off()
    x = mg.tensor(X)

    def step() -> Any:
        y = x * FACTOR
        for _ in range(LINKS - 1):
            y = y * FACTOR
        y.backward()
        return x.grad

    return Run(step, step)


WORKLOADS = [
    Workload(
        "scalar",
        "|a·x − y|, one scalar, gradient",
        {
            **tensorflow_family(descent),
            "numpy": descent_numpy,
            "torch": descent_torch,
            "jax": descent_jax,
            "autograd": descent_autograd,
            "mygrad": descent_mygrad,
        },
    ),
    Workload(
        "chain",
        f"chain of {LINKS} scalar multiplications, gradient",
        {
            **tensorflow_family(chain),
            "numpy": chain_numpy,
            "torch": chain_torch,
            "jax": chain_jax,
            "autograd": chain_autograd,
            "mygrad": chain_mygrad,
        },
    ),
]
