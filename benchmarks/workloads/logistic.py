"""Logistic regression on 569 rows of 30 features, from zero weights: a plain descent step, and a step of Adam."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Run, Workload, tensorflow_family
from benchmarks.workloads.compiled import jax_descent

ROWS, FEATURES = 569, 30
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features (569, 30), labels (569, 1) from a noisy linear rule, and zero weights (30, 1) and bias (1,)."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, FEATURES)).astype(np.float32)
    rule = rng.normal(size=(FEATURES, 1))
    y = (x @ rule + rng.normal(size=(ROWS, 1)) > 0).astype(np.float32)
    return x, y, np.zeros((FEATURES, 1), np.float32), np.zeros(1, np.float32)


def taped(tf: Any, rate: float, adam: bool) -> Run:
    features, labels, *initial = data()
    x, y = tf.constant(features), tf.constant(labels)
    parameters = w, b = [tf.Variable(value) for value in initial]
    if adam:
        optimizer = tf.optimizers.Adam(rate, BETA1, BETA2, EPSILON)
        optimizer.build(parameters)

    def step() -> None:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x @ w + b))
        gradients = tape.gradient(loss, parameters)
        if adam:
            optimizer.apply_gradients(zip(gradients, parameters))
        else:
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.assign_sub(rate * gradient)

    return Run(step, lambda: parameters)


def by_hand(rate: float, adam: bool) -> Run:
    x, y, w, b = data()
    slots = [(parameter, np.zeros_like(parameter), np.zeros_like(parameter)) for parameter in (w, b)]
    time = 0

    def step() -> None:
        nonlocal time
        time += 1
        z = x @ w + b
        np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z))))
        error = (1 / (1 + np.exp(-z)) - y) / ROWS
        gradients = (x.T @ error, error.sum(axis=0))
        if adam:
            scale = rate * (1 - BETA2**time) ** 0.5 / (1 - BETA1**time)
            for (parameter, m, v), gradient in zip(slots, gradients, strict=True):
                m += (gradient - m) * (1 - BETA1)
                v += (np.square(gradient) - v) * (1 - BETA2)
                parameter -= scale * m / (np.sqrt(v) + EPSILON)
        else:
            for (parameter, _, _), gradient in zip(slots, gradients, strict=True):
                parameter -= rate * gradient

    return Run(step, lambda: (w, b))


def with_torch(rate: float, adam: bool) -> Run:
    import torch

    features, labels, *initial = data()
    x, y = torch.from_numpy(features), torch.from_numpy(labels)
    parameters = w, b = [torch.from_numpy(value).requires_grad_() for value in initial]
    optimizer = torch.optim.Adam(parameters, lr=rate, betas=(BETA1, BETA2), eps=EPSILON)
    loss_of = torch.nn.functional.binary_cross_entropy_with_logits

    def descend() -> None:
        gradients = torch.autograd.grad(loss_of(torch.addmm(b, x, w), y), parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.sub_(gradient, alpha=rate)

    def optimize() -> None:
        optimizer.zero_grad()
        loss_of(torch.addmm(b, x, w), y).backward()
        optimizer.step()

    return Run(optimize if adam else descend, lambda: parameters)


def with_jax(rate: float, adam: bool) -> Run:
    import jax
    import jax.numpy as jnp

    features, labels, *initial = data()
    x, y, parameters = jnp.asarray(features), jnp.asarray(labels), tuple(map(jnp.asarray, initial))

    def loss_of(parameters: Any, x: Any, y: Any) -> Any:
        w, b = parameters
        z = x @ w + b
        return jnp.mean(jax.nn.softplus(z) - z * y)

    if not adam:
        return jax_descent(loss_of, parameters, rate, x, y)

    @jax.jit
    def update(state: Any, x: Any, y: Any) -> Any:
        parameters, first, second, time = state
        loss, gradients = jax.value_and_grad(loss_of)(parameters, x, y)
        time = time + 1
        first = tuple(m + (g - m) * (1 - BETA1) for m, g in zip(first, gradients, strict=True))
        second = tuple(v + (g * g - v) * (1 - BETA2) for v, g in zip(second, gradients, strict=True))
        scale = rate * jnp.sqrt(1 - BETA2**time) / (1 - BETA1**time)
        moved = tuple(
            p - scale * m / (jnp.sqrt(v) + EPSILON) for p, m, v in zip(parameters, first, second, strict=True)
        )
        return loss, (moved, first, second, time)

    zeros = tuple(map(jnp.zeros_like, parameters))
    state: Any = (parameters, zeros, zeros, 0)

    def step() -> None:
        nonlocal state
        loss, state = update(state, x, y)
        loss.block_until_ready()

    return Run(step, lambda: state[0])


def with_autograd(rate: float, adam: bool) -> Run:
    import autograd
    import autograd.numpy as anp

    x, y, *parameters = data()
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]
    time = 0

    @autograd.value_and_grad
    def loss_of(parameters: Any) -> Any:
        w, b = parameters
        z = anp.dot(x, w) + b
        return anp.mean(anp.logaddexp(0, z) - z * y)

    def step() -> None:
        nonlocal time
        time += 1
        _, gradients = loss_of(parameters)
        if adam:
            scale = rate * (1 - BETA2**time) ** 0.5 / (1 - BETA1**time)
            for parameter, gradient, (m, v) in zip(parameters, gradients, moments, strict=True):
                m += (gradient - m) * (1 - BETA1)
                v += (np.square(gradient) - v) * (1 - BETA2)
                parameter -= scale * m / (np.sqrt(v) + EPSILON)
        else:
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= rate * gradient

    return Run(step, lambda: parameters)


def with_mygrad(rate: float, adam: bool) -> Run:
    import mygrad as mg

    mg.turn_memory_guarding_off()
    x, y, *initial = data()
    parameters: list[Any] = [mg.tensor(value) for value in initial]
    w, b = parameters

    def step() -> None:
        z = mg.matmul(x, w) + b
        mg.mean(mg.logaddexp(0, z) - z * y).backward()
        for parameter in parameters:
            parameter.data -= rate * parameter.grad

    return Run(step, lambda: parameters)


WORKLOADS = [
    Workload(
        "logistic",
        f"logistic regression step, {ROWS}×{FEATURES}",
        {
            **tensorflow_family(taped),
            "numpy": by_hand,
            "torch": with_torch,
            "jax": with_jax,
            "autograd": with_autograd,
            "mygrad": with_mygrad,
        },
        arguments={"rate": 1e-6, "adam": False},
        check={"rate": 0.5},
        tolerance=1e-3,
    ),
    Workload(
        "logistic-adam",
        f"logistic regression step, {ROWS}×{FEATURES}, Adam",
        {
            **tensorflow_family(taped),
            "numpy": by_hand,
            "torch": with_torch,
            "jax": with_jax,
            "autograd": with_autograd,
        },
        arguments={"rate": 1e-3, "adam": True},
        check_steps=5,
        tolerance=1e-3,
    ),
]
