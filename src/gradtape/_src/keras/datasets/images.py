"""Data sets of small images."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np

from gradtape._src.keras import settings
from gradtape._src.keras.datasets.sources import BASE, ArraysOnly, Split, fetched
from gradtape._src.keras.utils.files import get_file

_CIFAR = "https://www.cs.toronto.edu/~kriz/"


def load_mnist(path: str = "mnist.npz") -> Split:
    """70000 handwritten digits, grey images of 28 × 28, 10000 of them for tests.

    LeCun, Cortes and Burges, The MNIST Database of Handwritten Digits.

    Args:
      path: the file's name in Keras' cache folder.

    Returns:
      ((x_train, y_train), (x_test, y_test)), arrays of uint8.

    Raises:
      ValueError: the file's hash does not match.
      Exception: the file is not in the cache and cannot be downloaded.

    Example:
      >>> (x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
      >>> x_train.shape
      (60000, 28, 28)
    """
    found = fetched(path, "mnist.npz", "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1")
    with np.load(found, allow_pickle=False) as file:
        return (file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])


def load_fashion_mnist() -> Split:
    """70000 pieces of clothing of ten kinds, grey images of 28 × 28, 10000 of them for tests.

    Xiao, Rasul and Vollgraf, Fashion-MNIST (2017).

    Returns:
      ((x_train, y_train), (x_test, y_test)), arrays of uint8.

    Raises:
      Exception: a file is not in the cache and cannot be downloaded.

    Example:
      >>> (x_train, y_train), (x_test, y_test) = tf.keras.datasets.fashion_mnist.load_data()
      >>> x_train.shape
      (60000, 28, 28)
    """

    def part(name: str, offset: int) -> np.ndarray:
        path = get_file(name, origin=BASE + name, cache_subdir=os.path.join("datasets", "fashion-mnist"))
        with gzip.open(path, "rb") as file:
            return np.frombuffer(file.read(), np.uint8, offset=offset)

    (x_train, y_train), (x_test, y_test) = (
        (part(f"{kind}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28), part(f"{kind}-labels-idx1-ubyte.gz", 8))
        for kind in ("train", "t10k")
    )
    return (x_train, y_train), (x_test, y_test)


def load_cifar10() -> Split:
    """60000 colour images of 32 × 32 of ten kinds of things, 10000 of them for tests.

    Krizhevsky, Learning Multiple Layers of Features from Tiny Images (2009).

    Returns:
      ((x_train, y_train), (x_test, y_test)), arrays of uint8; classes are of shape [images, 1].

    Raises:
      ValueError: the file's hash does not match.
      Exception: the file is not in the cache and cannot be downloaded.

    Example:
      >>> (x_train, y_train), (x_test, y_test) = tf.keras.datasets.cifar10.load_data()
      >>> x_train.shape
      (50000, 32, 32, 3)
    """
    path = get_file(
        "cifar-10-batches-py-target",
        _CIFAR + "cifar-10-python.tar.gz",
        extract=True,
        file_hash="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    )
    folder = Path(path) / "cifar-10-batches-py"
    parts = [_batch(folder / f"data_batch_{number}", "labels") for number in range(1, 6)]
    train = tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return _arranged(train, _batch(folder / "test_batch", "labels"))


def load_cifar100(label_mode: str = "fine") -> Split:
    """60000 colour images of 32 × 32 of a hundred kinds of things, 10000 of them for tests.

    Krizhevsky, Learning Multiple Layers of Features from Tiny Images (2009).

    Args:
      label_mode: "fine" for the hundred kinds, "coarse" for twenty groups of them.

    Returns:
      ((x_train, y_train), (x_test, y_test)), arrays of uint8 and int64; classes are of shape [images, 1].

    Raises:
      ValueError: unknown mode, or the file's hash does not match.
      Exception: the file is not in the cache and cannot be downloaded.

    Example:
      >>> (x_train, y_train), (x_test, y_test) = tf.keras.datasets.cifar100.load_data()
      >>> x_train.shape
      (50000, 32, 32, 3)
    """
    if label_mode not in ["fine", "coarse"]:
        raise ValueError(f'`label_mode` must be one of `"fine"`, `"coarse"`. Received: label_mode={label_mode}.')
    path = get_file(
        "cifar-100-python-target",
        _CIFAR + "cifar-100-python.tar.gz",
        extract=True,
        file_hash="85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
    )
    folder = Path(path) / "cifar-100-python"
    train, test = (_batch(folder / name, f"{label_mode}_labels") for name in ("train", "test"))
    return _arranged(train, test, np.int64)


def _batch(path: Path, labels: str) -> tuple[np.ndarray, np.ndarray]:
    with open(path, "rb") as file:
        found = ArraysOnly(file, encoding="bytes").load()
    return found[b"data"].reshape(-1, 3, 32, 32), np.array(found[labels.encode()])


def _arranged(train: Any, test: Any, dtype: Any = np.uint8) -> Split:
    if settings.image_data_format() == "channels_last":
        train, test = ((x.transpose(0, 2, 3, 1), y) for x, y in (train, test))
    (x_train, y_train), (x_test, y_test) = train, test
    return (x_train, y_train.reshape(-1, 1).astype(dtype)), (x_test, y_test.reshape(-1, 1).astype(dtype))
