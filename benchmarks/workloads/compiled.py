"""How the peers train: JAX compiles the whole step and carries parameters through it; PyTorch updates in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.workload import Run

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7  # of Keras' Adam


def jax_descent(loss_of: Callable[..., Any], parameters: tuple[Any, ...], rate: float, *data: Any) -> Run:
    """Steps of p -= rate * dp for each of `parameters`, down `loss_of(parameters, *data)`, under jit."""
    import jax

    @jax.jit
    def update(parameters: Any, *data: Any) -> Any:
        loss, gradients = jax.value_and_grad(loss_of)(parameters, *data)
        return loss, tuple(p - rate * g for p, g in zip(parameters, gradients, strict=True))

    def step() -> None:
        nonlocal parameters
        loss, parameters = update(parameters, *data)
        loss.block_until_ready()  # cheaper than waiting for every output, and they are ready together

    return Run(step, lambda: parameters)


def jax_adam(loss_of: Callable[..., Any], parameters: tuple[Any, ...], rate: float, epsilon: float, *data: Any) -> Run:
    """Steps of Keras' Adam down `loss_of(parameters, *data)`, under jit, donating the old state's memory."""
    import functools

    import jax
    import jax.numpy as jnp

    @functools.partial(jax.jit, donate_argnums=0)
    def update(state: Any, *data: Any) -> Any:
        count, parameters, means, squares = state
        loss, gradients = jax.value_and_grad(loss_of)(parameters, *data)
        count = count + 1
        alpha = rate * jnp.sqrt(1 - BETA2**count) / (1 - BETA1**count)
        means = tuple(m + (g - m) * (1 - BETA1) for m, g in zip(means, gradients, strict=True))
        squares = tuple(v + (g * g - v) * (1 - BETA2) for v, g in zip(squares, gradients, strict=True))
        moved = zip(parameters, means, squares, strict=True)
        return loss, (count, tuple(p - alpha * m / (jnp.sqrt(v) + epsilon) for p, m, v in moved), means, squares)

    moments = [tuple(map(jnp.zeros_like, parameters)) for _ in range(2)]
    state: Any = (jnp.float32(0), parameters, *moments)

    def step() -> None:
        nonlocal state
        loss, state = update(state, *data)
        loss.block_until_ready()

    return Run(step, lambda: state[1])


def torch_step(
    loss_of: Callable[..., Any],
    initial: Sequence[Any],
    arrays: Sequence[Any],
    rate: float,
    epsilon: float | None,
    compiles: bool,
) -> Run:
    """Steps down `loss_of(torch)(parameters, *data)`, compiled or not, of PyTorch's SGD, or Adam with an epsilon."""
    import torch

    parameters = [torch.from_numpy(value.copy()).requires_grad_() for value in initial]
    data = [torch.from_numpy(array) for array in arrays]
    optimizer: Any = (
        torch.optim.SGD(parameters, rate)
        if epsilon is None
        else torch.optim.Adam(parameters, rate, (BETA1, BETA2), epsilon, foreach=True)
    )
    loss = loss_of(torch)
    if compiles:
        loss = torch.compile(loss)

    count = 0

    def step() -> None:
        nonlocal count
        count += 1
        optimizer.zero_grad()
        loss(parameters, *data).backward()
        if epsilon is not None:  # Keras adds it before the bias correction of the mean square
            optimizer.param_groups[0]["eps"] = epsilon / (1 - BETA2**count) ** 0.5
        optimizer.step()

    return Run(step, lambda: parameters)
