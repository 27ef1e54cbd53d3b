"""JAX's way to train: the whole step compiled, the parameters carried through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.workload import Run


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
