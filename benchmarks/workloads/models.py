"""Training steps of small models: LSTM, transformer block, normalised layer, convolutions, perceptron, embedding.

A model is a function from a library's module to its loss, with its initial parameters; TensorFlow's source is one
program, JAX's another. Steps are gradient descent, or Keras' Adam, with dense moments for embeddings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.workload import Run, Workload, as_array, tensorflow_family
from benchmarks.workloads.compiled import EPSILON, jax_adam, jax_descent, torch_step

Loss = Callable[..., Callable[..., Any]]
"""From a module to the loss as a function of parameters and data."""
Data = tuple[list[np.ndarray], list[np.ndarray]]
"""Parameters and data."""

BATCH, HIDDEN, STEPS = 32, 32, 50
SENTENCES, WORDS, WIDTH, HEADS = 16, 32, 64, 4
VOCABULARY, DIMENSIONS = 10_000, 64


def normal(rng: np.random.Generator, *shape: int, over: float = 1.0) -> np.ndarray:
    """Normally distributed numbers of variance `over`⁻¹, float32."""
    return (rng.normal(size=shape) / over**0.5).astype(np.float32)


# An LSTM


def lstm_data() -> Data:
    rng = np.random.default_rng(0)
    weights = [normal(rng, HIDDEN, 4 * HIDDEN, over=HIDDEN), normal(rng, HIDDEN, 4 * HIDDEN, over=HIDDEN)]
    return [*weights, normal(rng, 4 * HIDDEN)], [
        normal(rng, STEPS, BATCH, HIDDEN),
        np.zeros((BATCH, HIDDEN), np.float32),
    ]


def lstm(tf: Any) -> Callable[..., Any]:
    def loss(parameters: Any, sequence: Any, first: Any) -> Any:
        wx, wh, b = parameters
        h = c = first
        for x in sequence:
            i, f, g, o = tf.split(x @ wx + h @ wh + b, 4, axis=1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            h = tf.sigmoid(o) * tf.tanh(c)
        return tf.reduce_mean(tf.square(h))

    return loss


def lstm_torch(torch: Any) -> Callable[..., Any]:
    def loss(parameters: Any, sequence: Any, first: Any) -> Any:
        wx, wh, b = parameters
        h = c = first
        for x in sequence.unbind(0):
            i, f, g, o = torch.chunk(x @ wx + torch.addmm(b, h, wh), 4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
        return torch.mean(torch.square(h))

    return loss


def lstm_jax(jax: Any) -> Callable[..., Any]:
    jnp = jax.numpy

    def loss(parameters: Any, sequence: Any, first: Any) -> Any:
        wx, wh, b = parameters

        def cell(state: Any, x: Any) -> Any:
            h, c = state
            i, f, g, o = jnp.split(x @ wx + h @ wh + b, 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        (h, _), _ = jax.lax.scan(cell, (first, first), sequence)
        return jnp.mean(jnp.square(h))

    return loss


# A transformer block: attention and two layers, each with pre-normalisation and a residual connection


def transformer_data() -> Data:
    rng = np.random.default_rng(0)
    square = [normal(rng, WIDTH, WIDTH, over=WIDTH) for _ in range(4)]
    scales = [np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)] * 2
    layers = [normal(rng, WIDTH, 4 * WIDTH, over=WIDTH), normal(rng, 4 * WIDTH)]
    layers += [normal(rng, 4 * WIDTH, WIDTH, over=4 * WIDTH), normal(rng, WIDTH)]
    return [*square, *scales, *layers], [normal(rng, SENTENCES, WORDS, WIDTH)]


def transformer(tf: Any) -> Callable[..., Any]:
    def normalised(x: Any, scale: Any, shift: Any) -> Any:
        mean = tf.reduce_mean(x, axis=-1, keepdims=True)
        variance = tf.reduce_mean(tf.square(x - mean), axis=-1, keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + 1e-5) * scale + shift

    def heads(x: Any) -> Any:
        return tf.transpose(tf.reshape(x, (SENTENCES, WORDS, HEADS, WIDTH // HEADS)), (0, 2, 1, 3))

    def loss(parameters: Any, x: Any) -> Any:
        wq, wk, wv, wo, scale1, shift1, scale2, shift2, w1, b1, w2, b2 = parameters
        n = normalised(x, scale1, shift1)
        q, k, v = heads(n @ wq), heads(n @ wk), heads(n @ wv)
        attention = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * (WIDTH // HEADS) ** -0.5)
        x = x + tf.reshape(tf.transpose(attention @ v, (0, 2, 1, 3)), (SENTENCES, WORDS, WIDTH)) @ wo
        x = x + tf.nn.gelu(normalised(x, scale2, shift2) @ w1 + b1, approximate=True) @ w2 + b2
        return tf.reduce_mean(tf.square(x))

    return loss


def transformer_torch(torch: Any) -> Callable[..., Any]:
    functional = torch.nn.functional

    def heads(x: Any) -> Any:
        return x.reshape(SENTENCES, WORDS, HEADS, WIDTH // HEADS).transpose(1, 2)

    def loss(parameters: Any, x: Any) -> Any:
        wq, wk, wv, wo, scale1, shift1, scale2, shift2, w1, b1, w2, b2 = parameters
        n = functional.layer_norm(x, (WIDTH,), scale1, shift1)
        attended = functional.scaled_dot_product_attention(heads(n @ wq), heads(n @ wk), heads(n @ wv))
        x = x + attended.transpose(1, 2).reshape(SENTENCES, WORDS, WIDTH) @ wo
        n = functional.layer_norm(x, (WIDTH,), scale2, shift2)
        return torch.mean(torch.square(x + functional.gelu(n @ w1 + b1, approximate="tanh") @ w2 + b2))

    return loss


def transformer_jax(jax: Any) -> Callable[..., Any]:
    jnp = jax.numpy

    def normalised(x: Any, scale: Any, shift: Any) -> Any:
        mean = jnp.mean(x, axis=-1, keepdims=True)
        variance = jnp.mean(jnp.square(x - mean), axis=-1, keepdims=True)
        return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * scale + shift

    def heads(x: Any) -> Any:
        return x.reshape(SENTENCES, WORDS, HEADS, WIDTH // HEADS).transpose(0, 2, 1, 3)

    def loss(parameters: Any, x: Any) -> Any:
        wq, wk, wv, wo, scale1, shift1, scale2, shift2, w1, b1, w2, b2 = parameters
        n = normalised(x, scale1, shift1)
        q, k, v = heads(n @ wq), heads(n @ wk), heads(n @ wv)
        attention = jax.nn.softmax(q @ k.swapaxes(2, 3) * (WIDTH // HEADS) ** -0.5)
        x = x + (attention @ v).transpose(0, 2, 1, 3).reshape(SENTENCES, WORDS, WIDTH) @ wo
        return jnp.mean(jnp.square(x + jax.nn.gelu(normalised(x, scale2, shift2) @ w1 + b1) @ w2 + b2))

    return loss


# A layer with batch normalisation


def batch_norm_data() -> Data:
    rng = np.random.default_rng(0)
    return [
        normal(rng, 128, 128, over=128),
        np.ones(128, np.float32),
        np.zeros(128, np.float32),
    ], [normal(rng, 256, 128)]


def batch_norm(tf: Any) -> Callable[..., Any]:
    def loss(parameters: Any, x: Any) -> Any:
        w, scale, shift = parameters
        h = x @ w
        mean, variance = tf.nn.moments(h, axes=[0])
        h = tf.nn.relu(tf.nn.batch_normalization(h, mean, variance, shift, scale, 1e-5))
        return tf.reduce_mean(tf.square(h - x))

    return loss


def batch_norm_torch(torch: Any) -> Callable[..., Any]:
    def loss(parameters: Any, x: Any) -> Any:
        w, scale, shift = parameters
        h = torch.nn.functional.batch_norm(x @ w, None, None, scale, shift, training=True)
        return torch.mean(torch.square(torch.relu(h) - x))

    return loss


def batch_norm_jax(jax: Any) -> Callable[..., Any]:
    jnp = jax.numpy

    def loss(parameters: Any, x: Any) -> Any:
        w, scale, shift = parameters
        h = x @ w
        mean, variance = jnp.mean(h, axis=0), jnp.var(h, axis=0)
        h = jax.nn.relu((h - mean) * jax.lax.rsqrt(variance + 1e-5) * scale + shift)
        return jnp.mean(jnp.square(h - x))

    return loss


# Two convolutions with pooling, and a dense layer


def cnn_data() -> Data:
    rng = np.random.default_rng(0)
    filters = [normal(rng, 3, 3, 1, 16, over=9), normal(rng, 16), normal(rng, 3, 3, 16, 32, over=144), normal(rng, 32)]
    layer = [normal(rng, 7 * 7 * 32, 10, over=7 * 7 * 32), normal(rng, 10)]
    return [*filters, *layer], [normal(rng, 64, 28, 28, 1), rng.integers(0, 10, 64).astype(np.int32)]


def cnn(tf: Any) -> Callable[..., Any]:
    def loss(parameters: Any, x: Any, y: Any) -> Any:
        k1, b1, k2, b2, w, b = parameters
        for kernel, bias in ((k1, b1), (k2, b2)):
            x = tf.nn.max_pool2d(tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME") + bias), 2, 2, "VALID")
        logits = tf.reshape(x, (64, 7 * 7 * 32)) @ w + b
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))

    return loss


def cnn_torch(torch: Any) -> Callable[..., Any]:
    functional = torch.nn.functional

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        k1, b1, k2, b2, w, b = parameters
        x = x.permute(0, 3, 1, 2)
        for kernel, bias in ((k1, b1), (k2, b2)):
            x = functional.max_pool2d(torch.relu(functional.conv2d(x, kernel.permute(3, 2, 0, 1), bias, padding=1)), 2)
        return functional.cross_entropy(x.permute(0, 2, 3, 1).reshape(64, 7 * 7 * 32) @ w + b, y.long())

    return loss


def cnn_jax(jax: Any) -> Callable[..., Any]:
    jnp = jax.numpy
    pool = (1, 2, 2, 1)

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        k1, b1, k2, b2, w, b = parameters
        for kernel, bias in ((k1, b1), (k2, b2)):
            x = jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            x = jax.lax.reduce_window(jax.nn.relu(x + bias), -jnp.inf, jax.lax.max, pool, pool, "VALID")
        logits = jax.nn.log_softmax(x.reshape(64, 7 * 7 * 32) @ w + b)
        return -jnp.mean(jnp.take_along_axis(logits, y[:, None], axis=1))

    return loss


# Three dense layers


def perceptron_data() -> Data:
    rng = np.random.default_rng(0)
    sizes = (784, 256, 128, 10)
    parameters = []
    for inputs, outputs in pairwise(sizes):
        parameters += [normal(rng, inputs, outputs, over=inputs), normal(rng, outputs)]
    return parameters, [normal(rng, 64, 784), rng.integers(0, 10, 64).astype(np.int32)]


def perceptron(tf: Any) -> Callable[..., Any]:
    def loss(parameters: Any, x: Any, y: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = parameters
        logits = tf.nn.relu(tf.nn.relu(x @ w1 + b1) @ w2 + b2) @ w3 + b3
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))

    return loss


def perceptron_torch(torch: Any) -> Callable[..., Any]:
    def loss(parameters: Any, x: Any, y: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = parameters
        h = torch.relu(torch.addmm(b2, torch.relu(torch.addmm(b1, x, w1)), w2))
        return torch.nn.functional.cross_entropy(torch.addmm(b3, h, w3), y.long())

    return loss


def perceptron_jax(jax: Any) -> Callable[..., Any]:
    jnp = jax.numpy

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = parameters
        logits = jax.nn.log_softmax(jax.nn.relu(jax.nn.relu(x @ w1 + b1) @ w2 + b2) @ w3 + b3)
        return -jnp.mean(jnp.take_along_axis(logits, y[:, None], axis=1))

    return loss


# An embedding


def embedding_data() -> Data:
    rng = np.random.default_rng(0)
    parameters = [normal(rng, VOCABULARY, DIMENSIONS), normal(rng, DIMENSIONS, 1, over=DIMENSIONS)]
    return parameters, [rng.integers(0, VOCABULARY, (64, 20)).astype(np.int32)]


def embedding(tf: Any) -> Callable[..., Any]:
    def loss(parameters: Any, words: Any) -> Any:
        table, w = parameters
        return tf.reduce_mean(tf.square(tf.reduce_mean(tf.gather(table, words), axis=1) @ w - 1.0))

    return loss


def embedding_torch(torch: Any) -> Callable[..., Any]:
    def loss(parameters: Any, words: Any) -> Any:
        table, w = parameters
        vectors = torch.nn.functional.embedding(words, table)
        return torch.mean(torch.square(torch.mean(vectors, 1) @ w - 1.0))

    return loss


def embedding_jax(jax: Any) -> Callable[..., Any]:
    jnp = jax.numpy

    def loss(parameters: Any, words: Any) -> Any:
        table, w = parameters
        return jnp.mean(jnp.square(jnp.mean(table[words], axis=1) @ w - 1.0))

    return loss


def taped(loss_of: Loss, data: Callable[[], Data]) -> Callable[..., Run]:
    """Training in TensorFlow, as a program of its module."""

    def program(tf: Any, rate: float, epsilon: float | None) -> Run:
        initial, arrays = data()
        parameters, loss = [tf.Variable(value) for value in initial], loss_of(tf)
        given = [tf.constant(array) for array in arrays]
        if loss_of is lstm:
            given[0] = tf.unstack(given[0])
        optimizer = None if epsilon is None else tf.optimizers.Adam(rate, epsilon=epsilon)
        if optimizer is not None:
            optimizer.build(parameters)

        def step() -> None:
            with tf.GradientTape() as tape:
                value = loss(parameters, *given)
            gradients = tape.gradient(value, parameters)
            if optimizer is not None:
                optimizer.apply_gradients(zip(gradients, parameters, strict=True))
            else:
                for parameter, gradient in zip(parameters, gradients, strict=True):
                    parameter.assign_sub(rate * gradient)

        return Run(step, lambda: [as_array(p) - value for p, value in zip(parameters, initial, strict=True)])

    return program


def with_jax(loss_of: Loss, data: Callable[[], Data]) -> Callable[..., Run]:
    def setup(rate: float, epsilon: float | None) -> Run:
        import jax

        initial, arrays = data()
        start, given = tuple(map(jax.numpy.asarray, initial)), map(jax.numpy.asarray, arrays)
        if epsilon is None:
            run = jax_descent(loss_of(jax), start, rate, *given)
        else:
            run = jax_adam(loss_of(jax), start, rate, epsilon, *given)
        return Run(run.step, lambda: [as_array(p) - value for p, value in zip(run.result(), initial, strict=True)])

    return setup


def with_torch(loss_of: Loss, data: Callable[[], Data], compiles: bool) -> Callable[..., Run]:
    def setup(rate: float, epsilon: float | None) -> Run:
        initial, arrays = data()
        run = torch_step(loss_of, initial, arrays, rate, epsilon, compiles)
        return Run(run.step, lambda: [as_array(p) - value for p, value in zip(run.result(), initial, strict=True)])

    return setup


Check = Mapping[str, float | None]
"""Rate and epsilon, None for a descent, with which peers are compared: what steps changed, and no rounding may decide.
With Keras' epsilon Adam makes the learning rate's size of any gradient, those of rounding alone included."""
DESCENT: Check = {"rate": 0.1, "epsilon": None}
ADAM: Check = {"rate": 0.01, "epsilon": 1e-3}
ADAM_OF_ROWS: Check = {"rate": 100.0, "epsilon": 1.0}
"""So that squares do not matter: Keras squares the gradients of a word that comes twice each, the others their sum."""


def workload(
    name: str, title: str, losses: tuple[Loss, Loss, Loss], data: Callable[[], Data], check: Check = DESCENT
) -> Workload:
    """The row of a model; its reference is gradtape's eager step, which the tests check against finite differences."""
    ours, torch, jax = losses
    peers = {
        **tensorflow_family(taped(ours, data)),
        "torch": with_torch(torch, data, False),
        "torch.compile": with_torch(torch, data, True),
        "jax": with_jax(jax, data),
    }
    return Workload(
        name,
        title,
        peers,
        arguments={"rate": 1e-6, "epsilon": None if check["epsilon"] is None else EPSILON},
        check=check,
        tolerance=1e-3,
        reference="gradtape",
    )


WORKLOADS = [
    workload("lstm", f"LSTM, {STEPS} steps, batch {BATCH}, hidden {HIDDEN}", (lstm, lstm_torch, lstm_jax), lstm_data),
    workload(
        "transformer",
        f"transformer block, {SENTENCES}×{WORDS}×{WIDTH}, {HEADS} heads",
        (transformer, transformer_torch, transformer_jax),
        transformer_data,
    ),
    workload(
        "batch-norm",
        "layer normalised over its batch, 256×128",
        (batch_norm, batch_norm_torch, batch_norm_jax),
        batch_norm_data,
    ),
    workload("cnn", "CNN, 64×28×28×1, two 3×3 convolutions and pools, Adam", (cnn, cnn_torch, cnn_jax), cnn_data, ADAM),
    workload(
        "mlp-adam",
        "MLP step, batch 64, 784→256→128→10, Adam",
        (perceptron, perceptron_torch, perceptron_jax),
        perceptron_data,
        ADAM,
    ),
    workload(
        "embedding",
        f"embedding {VOCABULARY:,}×{DIMENSIONS}, batch 64×20, Adam",
        (embedding, embedding_torch, embedding_jax),
        embedding_data,
        ADAM_OF_ROWS,
    ),
]
