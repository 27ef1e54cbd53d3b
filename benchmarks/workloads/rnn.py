"""A tanh recurrence over a hundred time steps, h = tanh(x[t] @ Wx + h @ Wh + b), and the gradients of its parameters.

JAX uses lax.scan and TensorFlow's compiled form unrolls the loop, as their users would.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Run, Workload, tensorflow_family

STEPS, INPUTS, HIDDEN = 100, 32, 32


def data(batch: int) -> tuple[Any, Any, list[Any]]:
    """The sequence (time, batch, inputs), the first state (batch, hidden), and the parameters Wx, Wh, b."""
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    wx, wh = normal(INPUTS, HIDDEN) / np.float32(INPUTS**0.5), normal(HIDDEN, HIDDEN) / np.float32(HIDDEN**0.5)
    return normal(STEPS, batch, INPUTS), np.zeros((batch, HIDDEN), np.float32), [wx, wh, normal(HIDDEN)]


def taped(tf: Any, batch: int) -> Run:
    sequence, first, initial = data(batch)
    steps, first = [tf.constant(x) for x in sequence], tf.constant(first)
    parameters = wx, wh, b = [tf.Variable(value) for value in initial]

    def step() -> Any:
        with tf.GradientTape() as tape:
            h = first
            for x in steps:
                h = tf.tanh(x @ wx + h @ wh + b)
            loss = tf.reduce_mean(tf.square(h))
        return tape.gradient(loss, parameters)

    return Run(step, step)


def by_hand(batch: int) -> Run:
    sequence, first, (wx, wh, b) = data(batch)

    def step() -> Any:
        states = [first]
        for x in sequence:
            states.append(np.tanh(x @ wx + states[-1] @ wh + b))
        np.mean(np.square(states[-1]))
        gradient = states[-1] * (2 / states[-1].size)
        wx_gradient, wh_gradient, b_gradient = np.zeros_like(wx), np.zeros_like(wh), np.zeros_like(b)
        for t in reversed(range(STEPS)):
            inner = gradient * (1 - np.square(states[t + 1]))
            wx_gradient += sequence[t].T @ inner
            wh_gradient += states[t].T @ inner
            b_gradient += inner.sum(axis=0)
            gradient = inner @ wh.T
        return wx_gradient, wh_gradient, b_gradient

    return Run(step, step)


def with_torch(batch: int) -> Run:
    import torch

    sequence, first, initial = data(batch)
    steps, first = torch.from_numpy(sequence).unbind(0), torch.from_numpy(first)
    parameters = wx, wh, b = [torch.from_numpy(value).requires_grad_() for value in initial]

    def step() -> Any:
        h = first
        for x in steps:
            h = torch.tanh(x @ wx + torch.addmm(b, h, wh))
        return torch.autograd.grad(torch.mean(torch.square(h)), parameters)

    return Run(step, step)


def with_jax(batch: int) -> Run:
    import jax
    import jax.numpy as jnp

    sequence, first, initial = data(batch)
    sequence, first, parameters = jnp.asarray(sequence), jnp.asarray(first), tuple(map(jnp.asarray, initial))

    def loss_of(parameters: Any, sequence: Any, first: Any) -> Any:
        wx, wh, b = parameters
        h, _ = jax.lax.scan(lambda h, x: (jnp.tanh(x @ wx + h @ wh + b), None), first, sequence)
        return jnp.mean(jnp.square(h))

    gradient = jax.jit(jax.grad(loss_of))

    def step() -> Any:
        gradients = gradient(parameters, sequence, first)
        gradients[0].block_until_ready()  # the outputs are ready together
        return gradients

    return Run(step, step)


def with_autograd(batch: int) -> Run:
    import autograd
    import autograd.numpy as anp

    sequence, first, parameters = data(batch)

    @autograd.grad
    def gradient(parameters: Any) -> Any:
        wx, wh, b = parameters
        h = first
        for x in sequence:
            h = anp.tanh(anp.dot(x, wx) + anp.dot(h, wh) + b)
        return anp.mean(anp.square(h))

    def step() -> Any:
        return gradient(parameters)

    return Run(step, step)


def with_mygrad(batch: int) -> Run:
    import mygrad as mg

    mg.turn_memory_guarding_off()
    sequence, first, initial = data(batch)
    parameters = wx, wh, b = [mg.tensor(value) for value in initial]

    def step() -> Any:
        h = first
        for x in sequence:
            h = mg.tanh(mg.matmul(x, wx) + mg.matmul(h, wh) + b)
        mg.mean(mg.square(h)).backward()
        return [parameter.grad for parameter in parameters]

    return Run(step, step)


WORKLOADS = [
    Workload(
        name,
        f"tanh RNN, {STEPS} steps, batch {batch}, hidden {HIDDEN}, gradient",
        {
            **tensorflow_family(taped),
            "numpy": by_hand,
            "torch": with_torch,
            "jax": with_jax,
            "autograd": with_autograd,
            "mygrad": with_mygrad,
        },
        arguments={"batch": batch},
        check_steps=1,
        tolerance=1e-3,
    )
    for name, batch in (("rnn", 16), ("rnn-32", 32))
]
