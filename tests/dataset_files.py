"""Files in the formats and sizes of Keras' data sets, with arbitrary contents."""

from __future__ import annotations

import gzip
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np


def _texts(count: int) -> np.ndarray:
    found = np.empty(count, object)
    found[:] = [[1 + place % 50] for place in range(count)]
    return found


def _mnist(folder: Path) -> None:
    train, test = np.zeros((60000, 28, 28), np.uint8), np.zeros((10000, 28, 28), np.uint8)
    np.savez_compressed(folder / "mnist.npz", x_train=train, y_train=train[:, 0, 0], x_test=test, y_test=test[:, 0, 0])


def _fashion_mnist(folder: Path) -> None:
    (folder / "fashion-mnist").mkdir()
    for kind, count in (("train", 60000), ("t10k", 10000)):
        for part, size in (("images-idx3", 16 + 784 * count), ("labels-idx1", 8 + count)):
            with gzip.open(folder / "fashion-mnist" / f"{kind}-{part}-ubyte.gz", "wb", 1) as file:
                file.write(bytes(size))


def _cifar(folder: Path, name: str, parts: dict[str, int], labels: list[bytes]) -> None:
    place = folder / f"{name}-py-target".replace("100-py", "100-python").replace("10-py", "10-batches-py")
    place = place / place.name.removesuffix("-target")
    place.mkdir(parents=True)
    (folder / f"{place.parent.name}_archive").write_bytes(b"")
    for part, count in parts.items():
        data = {b"data": np.zeros((count, 3072), np.uint8), **{label: [0] * count for label in labels}}
        (place / part).write_bytes(pickle.dumps(data, protocol=3))


def _cifar10(folder: Path) -> None:
    batches = dict.fromkeys((*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"), 10000)
    _cifar(folder, "cifar-10", batches, [b"labels"])


def _cifar100(folder: Path) -> None:
    _cifar(folder, "cifar-100", {"train": 50000, "test": 10000}, [b"fine_labels", b"coarse_labels"])


def _imdb(folder: Path) -> None:
    (folder / "imdb_word_index.json").write_text(json.dumps({"the": 1}))
    texts, labels = _texts(25000), np.zeros(25000, np.int64)
    np.savez(folder / "imdb.npz", x_train=texts, y_train=labels, x_test=texts, y_test=labels)


def _reuters(folder: Path) -> None:
    (folder / "reuters_word_index.json").write_text(json.dumps({"the": 1}))
    np.savez(folder / "reuters.npz", x=_texts(11228), y=np.zeros(11228, np.int64))


def _boston_housing(folder: Path) -> None:
    np.savez(folder / "boston_housing.npz", x=np.zeros((506, 13)), y=np.zeros(506))


def _california_housing(folder: Path) -> None:
    x = np.zeros((20640, 8), np.float32)
    np.savez(folder / "california_housing.npz", x=x, y=x[:, 0])


WRITERS: dict[str, Callable[[Path], None]] = {
    "mnist": _mnist,
    "fashion_mnist": _fashion_mnist,
    "cifar10": _cifar10,
    "cifar100": _cifar100,
    "imdb": _imdb,
    "reuters": _reuters,
    "boston_housing": _boston_housing,
    "california_housing": _california_housing,
}
