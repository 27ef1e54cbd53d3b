"""Full derivatives: the Jacobian of tanh(Ax) and the Hessian of Σ tanh(Ax)², A 20×20; second derivatives in a step."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Run, Workload, tensorflow_family
from benchmarks.workloads.compiled import jax_descent

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


POINTS, WIDE = 256, 32


def pinn_data() -> tuple[np.ndarray, list[np.ndarray]]:
    """Points (256, 1) of an interval, and the parameters of 1→32→32→1, float32."""
    rng = np.random.default_rng(0)
    shapes = (1, WIDE), (WIDE,), (WIDE, WIDE), (WIDE,), (WIDE, 1), (1,)
    return rng.uniform(-1, 1, (POINTS, 1)).astype(np.float32), [
        (rng.normal(size=shape) / max(shape[0] if len(shape) > 1 else 1, 1) ** 0.5).astype(np.float32)
        for shape in shapes
    ]


def pinn(tf: Any, rate: float) -> Run:
    """A step towards u'' + u = 0: a perceptron's second derivative with respect to its input, then the gradient."""
    points, initial = pinn_data()
    x, parameters = tf.constant(points), [tf.Variable(value) for value in initial]
    w1, b1, w2, b2, w3, b3 = parameters

    def step() -> None:
        with tf.GradientTape() as tape:
            with tf.GradientTape() as second:
                second.watch(x)
                with tf.GradientTape() as first:
                    first.watch(x)
                    u = tf.tanh(tf.tanh(x @ w1 + b1) @ w2 + b2) @ w3 + b3
                du = first.gradient(u, x)
            loss = tf.reduce_mean(tf.square(second.gradient(du, x) + u))
        for parameter, gradient in zip(parameters, tape.gradient(loss, parameters), strict=True):
            if gradient is not None:
                parameter.assign_sub(rate * gradient)

    return Run(step, lambda: parameters)


def pinn_torch(rate: float) -> Run:
    import torch

    points, initial = pinn_data()
    x = torch.from_numpy(points).requires_grad_()
    parameters = w1, b1, w2, b2, w3, b3 = [torch.from_numpy(value).requires_grad_() for value in initial]

    def step() -> None:
        u = torch.addmm(b3, torch.tanh(torch.addmm(b2, torch.tanh(torch.addmm(b1, x, w1)), w2)), w3)
        (du,) = torch.autograd.grad(u.sum(), x, create_graph=True)
        (second,) = torch.autograd.grad(du.sum(), x, create_graph=True)
        gradients = torch.autograd.grad(torch.mean(torch.square(second + u)), parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.sub_(gradient, alpha=rate)

    return Run(step, lambda: parameters)


def pinn_jax(rate: float) -> Run:
    import jax
    import jax.numpy as jnp

    points, initial = pinn_data()

    def loss_of(parameters: Any, x: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = parameters

        def u(x: Any) -> Any:
            return (jnp.tanh(jnp.tanh(x @ w1 + b1) @ w2 + b2) @ w3 + b3)[0]

        second = jax.vmap(jax.grad(lambda x: jax.grad(u)(x)[0]))(x)
        return jnp.mean(jnp.square(second[:, 0] + jax.vmap(u)(x)))

    return jax_descent(loss_of, tuple(map(jnp.asarray, initial)), rate, jnp.asarray(points))


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
    """The peers that have a single function for the full derivative."""

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
    Workload(
        "pinn",
        f"step of a PINN with second derivatives, {POINTS} points, {WIDE} wide",
        {**tensorflow_family(pinn), "torch": pinn_torch, "jax": pinn_jax},
        arguments={"rate": 1e-6},
        check={"rate": 0.01},
        tolerance=1e-2,
        reference="gradtape",
    ),
]
