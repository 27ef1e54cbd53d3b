"""A training step of one 3×3 convolution, 32 images of 28×28×8 to 16 channels: relu, mean of squares, descent.

PyTorch's images are channels-first, its native order and its faster one here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Run, Workload, tensorflow_family
from benchmarks.workloads.compiled import jax_descent

BATCH, SIDE, INPUTS, OUTPUTS, KERNEL = 32, 28, 8, 16, 3


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images (batch, height, width, channels), filters (3, 3, in, out) and bias (out,), float32."""
    rng = np.random.default_rng(0)
    shapes = (BATCH, SIDE, SIDE, INPUTS), (KERNEL, KERNEL, INPUTS, OUTPUTS), (OUTPUTS,)
    images, filters, bias = (rng.normal(size=shape).astype(np.float32) for shape in shapes)
    return images, filters / np.float32((KERNEL * KERNEL * INPUTS) ** 0.5), bias


def taped(tf: Any, rate: float) -> Run:
    images, *initial = data()
    x = tf.constant(images)
    parameters = filters, bias = [tf.Variable(value) for value in initial]

    def step() -> None:
        with tf.GradientTape() as tape:
            h = tf.nn.relu(tf.nn.conv2d(x, filters, strides=1, padding="SAME") + bias)
            loss = tf.reduce_mean(tf.square(h))
        for parameter, gradient in zip(parameters, tape.gradient(loss, parameters), strict=True):
            parameter.assign_sub(rate * gradient)

    return Run(step, lambda: parameters)


def by_hand(rate: float) -> Run:
    images, filters, bias = data()
    border = KERNEL // 2
    padded = np.pad(images, ((0, 0), (border, border), (border, border), (0, 0)))
    flat = filters.reshape(-1, OUTPUTS)

    def step() -> None:
        windows = np.lib.stride_tricks.sliding_window_view(padded, (KERNEL, KERNEL), axis=(1, 2))
        patches = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, KERNEL * KERNEL * INPUTS)
        h = np.maximum(patches @ flat + bias, 0)
        np.mean(np.square(h))
        error = h * (2 / h.size)  # zero where relu's derivative is
        for parameter, gradient in ((flat, patches.T @ error), (bias, error.sum(axis=0))):
            parameter -= rate * gradient

    return Run(step, lambda: (filters, bias))


def with_torch(rate: float) -> Run:
    import torch

    images, weights, offset = data()
    x = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    filters = torch.from_numpy(weights).permute(3, 2, 0, 1).contiguous().requires_grad_()
    bias = torch.from_numpy(offset).requires_grad_()
    parameters = (filters, bias)

    def step() -> None:
        h = torch.relu(torch.nn.functional.conv2d(x, filters, bias, padding="same"))
        gradients = torch.autograd.grad(torch.mean(torch.square(h)), parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.sub_(gradient, alpha=rate)

    return Run(step, lambda: (filters.permute(2, 3, 1, 0), bias))


def with_jax(rate: float) -> Run:
    import jax
    import jax.numpy as jnp

    images, *initial = data()
    x, parameters = jnp.asarray(images), tuple(map(jnp.asarray, initial))

    def loss_of(parameters: Any, x: Any) -> Any:
        filters, bias = parameters
        h = jax.lax.conv_general_dilated(x, filters, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return jnp.mean(jnp.square(jax.nn.relu(h + bias)))

    return jax_descent(loss_of, parameters, rate, x)


WORKLOADS = [
    Workload(
        "conv",
        f"conv2d step, {BATCH}×{SIDE}×{SIDE}×{INPUTS}, {KERNEL}×{KERNEL}×{OUTPUTS}",
        {**tensorflow_family(taped), "numpy": by_hand, "torch": with_torch, "jax": with_jax},
        arguments={"rate": 1e-6},
        check={"rate": 0.1},
        tolerance=1e-3,
    )
]
