"""Arithmetic that outruns the caches: Σ x·tanh(x) + exp(−x²) over four million floats, with its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Run, Workload, tensorflow_family

COUNT = 4_000_000


def data() -> np.ndarray:
    """Four million standard normals, float32."""
    return np.random.default_rng(0).standard_normal(COUNT, np.float32)


def taped(tf: Any) -> Run:
    x = tf.constant(data())

    def step() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(x * tf.tanh(x) + tf.exp(-tf.square(x)))
        return tape.gradient(y, x)

    return Run(step, step)


def by_hand() -> Run:
    x = data()

    def step() -> Any:
        t, e = np.tanh(x), np.exp(-np.square(x))
        np.sum(x * t + e)
        return t + x * (1 - np.square(t)) - 2 * x * e

    return Run(step, step)


def with_torch() -> Run:
    import torch

    x = torch.from_numpy(data()).requires_grad_()

    def step() -> Any:
        y = torch.sum(x * torch.tanh(x) + torch.exp(-torch.square(x)))
        return torch.autograd.grad(y, x)[0]

    return Run(step, step)


def with_jax() -> Run:
    import jax
    import jax.numpy as jnp

    x = jnp.asarray(data())
    gradient = jax.jit(jax.grad(lambda x: jnp.sum(x * jnp.tanh(x) + jnp.exp(-jnp.square(x)))))

    def step() -> Any:
        return gradient(x).block_until_ready()

    return Run(step, step)


def with_autograd() -> Run:
    import autograd
    import autograd.numpy as anp

    x = data()
    gradient = autograd.grad(lambda x: anp.sum(x * anp.tanh(x) + anp.exp(-anp.square(x))))

    def step() -> Any:
        return gradient(x)

    return Run(step, step)


def with_mygrad() -> Run:
    import mygrad as mg

    mg.turn_memory_guarding_off()
    x = mg.tensor(data())

    def step() -> Any:
        mg.sum(x * mg.tanh(x) + mg.exp(-mg.square(x))).backward()
        return x.grad

    return Run(step, step)


WORKLOADS = [
    Workload(
        "elementwise",
        "Σ x·tanh(x) + exp(−x²) on 4M floats, gradient",
        {
            **tensorflow_family(taped),
            "numpy": by_hand,
            "torch": with_torch,
            "jax": with_jax,
            "autograd": with_autograd,
            "mygrad": with_mygrad,
        },
        check_steps=1,
        tolerance=1e-5,
    )
]
