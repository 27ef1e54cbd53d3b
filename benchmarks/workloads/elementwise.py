"""Arithmetic beyond the caches: Σ x·tanh(x) + exp(−x²) and GELU over four million floats, with gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Run, Workload, tensorflow_family

COUNT = 4_000_000
SLOPE, CUBE = 0.7978845608, 0.044715  # of tanh's approximation of GELU


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


def gelu(tf: Any) -> Run:
    x = tf.constant(data())

    def step() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(0.5 * x * (1.0 + tf.tanh(SLOPE * (x + CUBE * x * x * x))))
        return tape.gradient(y, x)

    return Run(step, step)


def gelu_by_hand() -> Run:
    x = data()

    def step() -> Any:
        t = np.tanh(SLOPE * (x + CUBE * x * x * x))
        np.sum(0.5 * x * (1 + t))
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * SLOPE * (1 + 3 * CUBE * x * x)

    return Run(step, step)


def gelu_torch() -> Run:
    import torch

    x = torch.from_numpy(data()).requires_grad_()

    def step() -> Any:
        y = torch.sum(0.5 * x * (1.0 + torch.tanh(SLOPE * (x + CUBE * x * x * x))))
        return torch.autograd.grad(y, x)[0]

    return Run(step, step)


def gelu_jax() -> Run:
    import jax
    import jax.numpy as jnp

    x = jnp.asarray(data())
    gradient = jax.jit(jax.grad(lambda x: jnp.sum(0.5 * x * (1.0 + jnp.tanh(SLOPE * (x + CUBE * x * x * x))))))

    def step() -> Any:
        return gradient(x).block_until_ready()

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
    ),
    Workload(
        "gelu",
        "tanh-GELU written out, on 4M floats, gradient",
        {**tensorflow_family(gelu), "numpy": gelu_by_hand, "torch": gelu_torch, "jax": gelu_jax},
        check_steps=1,
        tolerance=1e-5,
    ),
]
