"""The overhead of keras' layers and training loops over the same arithmetic written out."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness import Effort, in_fresh_process, timing, with_bytecode
from benchmarks.peers import PEERS
from benchmarks.section import Section, Verdict, duration
from benchmarks.targets import KERAS_FIT, KERAS_FUNCTION, KERAS_IMPORT, KERAS_LAYER, KERAS_PEERS, KERAS_STEP

BATCH, INPUTS, HIDDEN, CLASSES, BATCHES = 32, 64, 64, 10, 100


def data() -> tuple[np.ndarray, np.ndarray]:
    """Examples and labels of an epoch."""
    random = np.random.default_rng(0)
    inputs = random.standard_normal((BATCH * BATCHES, INPUTS), np.float32)
    return inputs, random.integers(0, CLASSES, BATCH * BATCHES)


def step_of_keras(tf: Any) -> Callable[[], None]:
    """A step of a model of two layers, of gradtape or of TensorFlow."""
    keras = tf.keras
    inputs, labels = data()
    x, y = tf.constant(inputs[:BATCH]), tf.constant(labels[:BATCH])
    layers = [keras.layers.Dense(HIDDEN, activation="relu"), keras.layers.Dense(CLASSES)]
    model = keras.Sequential([keras.Input((INPUTS,)), *layers])
    loss_of, mean = keras.losses.SparseCategoricalCrossentropy(from_logits=True), keras.metrics.Mean()
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)

    def step() -> None:
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        weights = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        mean.update_state(loss)

    return step


def step_of_torch() -> Callable[[], None]:
    """The same with PyTorch's modules."""
    import torch

    inputs, labels = data()
    x, y = torch.from_numpy(inputs[:BATCH]), torch.from_numpy(labels[:BATCH])
    nn = torch.nn
    model, loss_of = (
        nn.Sequential(nn.Linear(INPUTS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES)),
        nn.CrossEntropyLoss(),
    )
    optimizer, total = torch.optim.Adam(model.parameters()), torch.zeros(())

    def step() -> None:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        total.add_(loss.detach())

    return step


def seconds_of_peer(peer: str, effort: Effort) -> float:
    """Seconds of a peer's step, eagerly."""
    if peer == "torch":
        return timing(step_of_torch(), effort).best
    import tensorflow

    return timing(step_of_keras(tensorflow), effort).best


def seconds_of_models(effort: Effort) -> dict[str, float]:
    """Seconds of a layer's call and of steps of a model of two layers, each with keras and written out."""
    import gradtape as tf

    keras = tf.keras
    inputs, labels = data()
    x, y = tf.constant(inputs[:BATCH]), tf.constant(labels[:BATCH])
    layers = [keras.layers.Dense(HIDDEN, activation="relu"), keras.layers.Dense(CLASSES)]
    model = keras.Sequential([keras.Input((INPUTS,)), *layers])
    w1, b1, w2, b2 = variables = [tf.Variable(weight.numpy()) for weight in model.weights]
    other = tf.optimizers.Adam()

    def written_out() -> None:
        with tf.GradientTape() as tape:
            logits = tf.nn.relu(x @ w1 + b1) @ w2 + b2
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
        other.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return {
        "Dense": timing(lambda: layers[0](x), effort).best,
        "relu(x @ w + b)": timing(lambda: tf.nn.relu(x @ w1 + b1), effort).best,
        "step": timing(step_of_keras(tf), effort).best,
        "step by tf.function": timing(tf.function(step_of_keras(tf)), effort).best,
        "step written out": timing(written_out, effort).best,
        "fit": timing(lambda: model.fit(inputs, labels, batch_size=BATCH, verbose=0), effort).best / BATCHES,
    }


def seconds_of_import(program: str) -> float:
    """Processor time of a new interpreter that runs a program, at best: with bytecode, as if installed."""
    best = float("inf")
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(6):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", program], check=True, env=with_bytecode(folder))
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def models(effort: Effort) -> Section:
    """Layers, steps and `fit` compared with their arithmetic."""
    found = in_fresh_process(seconds_of_models, effort)
    imported = seconds_of_import("import gradtape.keras; gradtape.keras.Model") - seconds_of_import("import gradtape")
    layer = found["Dense"] - found["relu(x @ w + b)"]
    rows = [[name, duration(seconds)] for name, seconds in found.items()]
    rows.append(["import gradtape.keras, beside gradtape", duration(imported)])
    verdicts = [
        Verdict(subject, f"≤ {duration(target)}", duration(seconds), seconds <= target)
        for subject, target, seconds in (
            ("Dense, beyond relu(x @ w + b)", KERAS_LAYER, layer),
            ("a step of two layers", KERAS_STEP, found["step"]),
            ("the same by tf.function", KERAS_FUNCTION, found["step by tf.function"]),
            ("the same by fit", KERAS_FIT, found["fit"]),
            ("import gradtape.keras, beyond gradtape", KERAS_IMPORT, imported),
        )
    ]
    for peer, (name, ratio) in KERAS_PEERS.items():
        if PEERS[peer].present:
            seconds = in_fresh_process(seconds_of_peer, peer, effort)
            rows.append([f"step of {name}", duration(seconds)])
            gain = seconds / found["step"]
            verdicts.append(
                Verdict("a step of two layers, eagerly", f"≥ {ratio} × {name}", f"{gain:.3g} ×", gain >= ratio)
            )
    title = f"keras: {INPUTS}→{HIDDEN}→{CLASSES}, {BATCH} examples, Adam"
    return Section(title, ["what", "time"], rows, [], verdicts)
