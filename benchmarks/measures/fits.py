"""Networks trained by `fit`, compared with Keras on its backends and a PyTorch loop."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from benchmarks.harness import Effort, in_fresh_process, timing
from benchmarks.peers import PEERS
from benchmarks.section import Section, Verdict, duration
from benchmarks.targets import FITS

BATCHES = 20


class Network(NamedTuple):
    """A network, its batches' examples, and the same network in PyTorch, whose images are channels-first."""

    title: str
    batch: int
    inputs: tuple[int, ...]
    classes: int
    layers: Callable[[Any], list[Any]]
    modules: Callable[[Any], Any]

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Examples and labels of an epoch."""
        random, count = np.random.default_rng(0), self.batch * BATCHES
        return random.standard_normal((count, *self.inputs), np.float32), random.integers(0, self.classes, count)


def lenet_layers(layers: Any) -> list[Any]:
    """LeCun's network: two convolutions with pooling, three dense layers."""
    return [
        layers.Conv2D(6, 5, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(16, 5, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(120, activation="relu"),
        layers.Dense(84, activation="relu"),
        layers.Dense(10),
    ]


def lenet_modules(nn: Any) -> Any:
    """The same in PyTorch."""
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding="same"), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


def lstm_layers(layers: Any) -> list[Any]:
    """An LSTM whose last state is classified."""
    return [layers.LSTM(32), layers.Dense(10)]


def lstm_modules(nn: Any) -> Any:
    """The same in PyTorch."""

    class Classifier(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.dense = nn.LSTM(8, 32, batch_first=True), nn.Linear(32, 10)

        def forward(self, x: Any) -> Any:
            return self.dense(self.lstm(x)[0][:, -1])

    return Classifier()


NETWORKS = {
    "lenet": Network("LeNet on 28×28, 64 images", 64, (28, 28, 1), 10, lenet_layers, lenet_modules),
    "lstm": Network("LSTM(32) over 50 steps of 8, 32 sequences", 32, (50, 8), 10, lstm_layers, lstm_modules),
}


def epoch_of_keras(network: Network, keras: Any) -> Callable[[], Any]:
    """An epoch by `fit`, of gradtape or of Keras."""
    model = keras.Sequential([keras.Input(network.inputs), *network.layers(keras.layers)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    inputs, labels = network.data()
    return lambda: model.fit(inputs, labels, batch_size=network.batch, verbose=0)


def epoch_of_torch(network: Network) -> Callable[[], Any]:
    """An epoch of shuffled batches, accumulating the loss as `fit` does."""
    import torch

    inputs, labels = network.data()
    if len(network.inputs) == 3:
        inputs = np.ascontiguousarray(inputs.transpose(0, 3, 1, 2))
    x, y = torch.from_numpy(inputs), torch.from_numpy(labels)
    model, loss_of = network.modules(torch.nn), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters())

    def epoch() -> float:
        total = torch.zeros(())
        for chosen in torch.randperm(len(x)).split(network.batch):
            optimizer.zero_grad()
            loss = loss_of(model(x[chosen]), y[chosen])
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return total.item() / BATCHES

    return epoch


def seconds_of_fit(name: str, peer: str, effort: Effort) -> float:
    """Seconds per step of one of the networks, in its own process."""
    network = NETWORKS[name]
    if peer == "torch":
        return timing(epoch_of_torch(network), effort).best / BATCHES
    if peer == "gradtape":
        import gradtape

        return timing(epoch_of_keras(network, gradtape.keras), effort).best / BATCHES
    os.environ["KERAS_BACKEND"] = peer
    import keras

    return timing(epoch_of_keras(network, keras), effort).best / BATCHES


FITTED_BY = {"gradtape": "gradtape", "torch": "PyTorch", "jax": "Keras over JAX", "tensorflow": "Keras over TF"}


def fits(effort: Effort) -> Section:
    """Steps of realistic networks by `fit`, and the fastest peer over gradtape."""
    rows, verdicts = [], []
    present = [peer for peer in FITTED_BY if PEERS[peer].present]
    for name, network in NETWORKS.items():
        found = {peer: in_fresh_process(seconds_of_fit, name, peer, effort) for peer in present}
        rows.append([network.title, *(duration(found[peer]) if peer in found else "" for peer in FITTED_BY)])
        others = [seconds for peer, seconds in found.items() if peer != "gradtape"]
        ratio = min(others) / found["gradtape"] if others else None
        verdicts.append(
            Verdict(
                f"{network.title}, by fit",
                f"≥ {FITS[name]:.3g} × the best",
                "not measured" if ratio is None else f"{ratio:.2f} ×",
                None if ratio is None else ratio >= FITS[name],
            )
        )
    return Section("Networks by fit, Adam", ["a step", *FITTED_BY.values()], rows, [], verdicts)
