"""The locations of Keras' data sets, and safe reading of their files."""

from __future__ import annotations

import io
import pickle
import zipfile
from typing import Any

import numpy as np

from gradtape._src.keras.utils.files import get_file

BASE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
Split = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

_ARRAYS = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
}


class ArraysOnly(pickle.Unpickler):
    """Reads pickles of arrays and plain data, and refuses any other."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ARRAYS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(
            f"Refusing to deserialize `{module}.{name}` while loading a Keras dataset. The file may be corrupted or "
            "malicious."
        )


def fetched(path: str, name: str, file_hash: str | None) -> str:
    """The path of a file of the collection."""
    return get_file(path, origin=BASE + name, file_hash=file_hash)


def arrays_of(path: str) -> dict[str, np.ndarray]:
    """The arrays of an npz file, also those of objects."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if member.endswith(".npy"):
                found[member.removesuffix(".npy")] = _array_of(io.BytesIO(archive.read(member)))
    return found


def _array_of(file: io.BytesIO) -> np.ndarray:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version[0] == 1 else np.lib.format.read_array_header_2_0
    _, _, dtype = read(file)
    if dtype.hasobject:
        return ArraysOnly(file).load()
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)


def shuffled(seed: int, *arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """Arrays in one random order, which follows from a seed."""
    order = np.arange(len(arrays[0]))
    np.random.RandomState(seed).shuffle(order)
    return tuple(array[order] for array in arrays)


def parted(x: np.ndarray, y: np.ndarray, test_split: float, seed: int) -> Split:
    """Examples in random order, the last ones as a test set."""
    if not 0 <= test_split < 1:
        raise ValueError(f"Invalid `test_split` argument: {test_split}. It must be between 0 and 1 (exclusive of 1).")
    x, y = shuffled(seed, x, y)
    first = int(len(x) * (1 - test_split))
    return (np.array(x[:first]), np.array(y[:first])), (np.array(x[first:]), np.array(y[first:]))
