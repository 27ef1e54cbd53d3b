"""Whole derivatives: the Jacobian of tanh(Ax) and the Hessian of Σ tanh(Ax)², A 20×20."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Run, Workload, tensorflow_family

N = 20


def data() -> tuple[np.ndarray, np.ndarray]:
    """A (20, 20) and x (20,), float32."""
    rng = np.random.default_rng(0)
    return (rng.normal(size=(N, N)) / N**0.5).astype(np.float32), rng.normal(size=N).astype(np.float32)


def jacobian(tf: Any) -> Run:
    a, x = map(tf.constant, data())

    def step() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.tanh(tf.linalg.matvec(a, x))
        return tape.jacobian(y, x)

    return Run(step, step)


def jacobian_by_hand() -> Run:
    a, x = data()

    def step() -> Any:
        y = np.tanh(a @ x)
        return (1 - y * y)[:, None] * a

    return Run(step, step)


def hessian(tf: Any) -> Run:
    a, x = map(tf.constant, data())

    def step() -> Any:
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(tf.square(tf.tanh(tf.linalg.matvec(a, x))))
            gradient = inner.gradient(y, x)
        return outer.jacobian(gradient, x)

    return Run(step, step)


def hessian_by_hand() -> Run:
    a, x = data()

    def step() -> Any:
        # With t = tanh(u): d²(t²)/du² = 2 (1 - t²) (1 - 3 t²).
        square = np.square(np.tanh(a @ x))
        return (a.T * (2 * (1 - square) * (1 - 3 * square))) @ a

    return Run(step, step)


def with_torch(order: int) -> Run:
    import torch

    a, x = map(torch.from_numpy, data())
    if order == 1:
        derivative = torch.func.jacrev(lambda x: torch.tanh(a @ x))
    else:
        derivative = torch.func.hessian(lambda x: torch.sum(torch.square(torch.tanh(a @ x))))

    def step() -> Any:
        return derivative(x)

    return Run(step, step)


def with_jax(order: int) -> Run:
    import jax
    import jax.numpy as jnp

    a, x = map(jnp.asarray, data())
    if order == 1:
        derivative = jax.jit(jax.jacrev(lambda x, a: jnp.tanh(a @ x)))
    else:
        derivative = jax.jit(jax.hessian(lambda x, a: jnp.sum(jnp.square(jnp.tanh(a @ x)))))

    def step() -> Any:
        return derivative(x, a).block_until_ready()

    return Run(step, step)


def with_autograd(order: int) -> Run:
    import autograd
    import autograd.numpy as anp

    a, x = data()
    if order == 1:
        derivative = autograd.jacobian(lambda x: anp.tanh(anp.dot(a, x)))
    else:
        derivative = autograd.hessian(lambda x: anp.sum(anp.square(anp.tanh(anp.dot(a, x)))))

    def step() -> Any:
        return derivative(x)

    return Run(step, step)


def of_order(order: int) -> dict[str, Any]:
    """The peers that have one function for the whole derivative."""

    def bound(setup: Any) -> Any:
        return lambda: setup(order)

    return {"torch": bound(with_torch), "jax": bound(with_jax), "autograd": bound(with_autograd)}


WORKLOADS = [
    Workload(
        "jacobian",
        f"Jacobian of tanh(Ax), {N}×{N}",
        {**tensorflow_family(jacobian), "numpy": jacobian_by_hand, **of_order(1)},
        check_steps=1,
    ),
    Workload(
        "hessian",
        f"Hessian of Σ tanh(Ax)², {N}",
        {**tensorflow_family(hessian), "numpy": hessian_by_hand, **of_order(2)},
        check_steps=1,
    ),
]
