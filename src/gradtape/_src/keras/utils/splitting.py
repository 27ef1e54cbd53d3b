"""split_dataset: splitting data in two."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from gradtape._src.core import nest
from gradtape._src.data.base import DatasetBase
from gradtape._src.data.batching import Batch
from gradtape._src.data.dataset import Dataset
from gradtape._src.data.mapping import AUTOTUNE


def split_dataset(
    dataset: Any,
    left_size: Any = None,
    right_size: Any = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: Any = None,
) -> tuple[Dataset, Dataset]:
    """Splits data in two parts, for training and testing.

    Args:
      dataset: a dataset, which is loaded into memory; an array; or a tuple or list of arrays of one length.
      left_size: number or fraction of samples in the first part; by default the rest.
      right_size: number or fraction of samples in the second part.
      shuffle: whether to shuffle the samples.
      seed: the seed of the order.
      preferred_backend: None or "tensorflow".

    Returns:
      Two Datasets, with batches if the dataset has batches.

    Raises:
      ValueError: no size, or invalid sizes, no samples, or samples of different shapes.
      TypeError: unsupported data, or sizes that are not numbers.

    Example:
      >>> left, right = tf.keras.utils.split_dataset(np.arange(10), left_size=0.8)
      >>> [int(x) for x in right]
      [8, 9]
    """
    if preferred_backend not in (None, "tensorflow"):
        raise ValueError(f"Datasets are those of tf.data here. Received: preferred_backend={preferred_backend}")
    if not isinstance(dataset, list | tuple | np.ndarray | DatasetBase):
        raise TypeError(f"Unsupported dataset type: {type(dataset)}")
    if right_size is None and left_size is None:
        raise ValueError(
            "At least one of the `left_size` or `right_size` must be specified. Received: left_size=None and "
            "right_size=None"
        )
    batch = None
    if isinstance(dataset, Dataset) and isinstance(dataset._node, Batch):
        batch, dataset = dataset._node.size, dataset.unbatch()
    samples = _samples(dataset)
    if shuffle:
        random.seed(random.randint(0, int(1e6)) if seed is None else seed)
        random.shuffle(samples)
    left, right = _sizes(left_size, right_size, len(samples))
    made = []
    for part in (samples[:left], samples[-right:]):
        columns = zip(*map(nest.flatten, part), strict=True)
        columns = nest.pack_sequence_as(part[0], [np.array(column) for column in columns])
        split = Dataset.from_tensor_slices(_as_tuples(columns))
        made.append((split if batch is None else split.batch(batch)).prefetch(AUTOTUNE))
    return made[0], made[1]


def _samples(dataset: Any) -> list[Any]:
    if isinstance(dataset, list | tuple):
        kind, space = ("list", " ") if isinstance(dataset, list) else ("tuple", "")  # Keras' wording
        if not dataset:
            raise ValueError(f"Received an empty list dataset.{space}Please provide a non-empty {kind} of arrays.")
        for place, array in enumerate(dataset):
            if not isinstance(array, np.ndarray):
                raise ValueError(
                    f"Expected a {kind} of `numpy.ndarray` objects,Received: {type(array)} at index {place}."
                )
            if array.shape[0] != dataset[0].shape[0]:
                raise ValueError(
                    f"Received a {kind} of NumPy arrays with different lengths.Mismatch found at index {place}, "
                    f"Expected shape={dataset[0].shape} Received shape={array.shape}.Please provide a {kind} of NumPy "
                    "arrays of the same length."
                )
        return list(zip(*dataset, strict=True))
    if isinstance(dataset, DatasetBase):
        samples = [nest.map_structure(np.asarray, element) for element in dataset]
    else:
        samples = list(dataset)
    if not samples:
        raise ValueError(
            "Received an empty dataset. Argument `dataset` must be a non-empty list/tuple of `numpy.ndarray` objects "
            "or `tf.data.Dataset` objects."
        )
    if isinstance(samples[0], np.ndarray):
        for place, sample in enumerate(samples[1:]):
            if sample.shape != samples[0].shape:
                raise ValueError(
                    f"All `dataset` samples must have same shape, Expected shape: {samples[0].shape} Received shape: "
                    f"{sample.shape} at index {place}."
                )
    return samples


def _as_tuples(structure: Any) -> Any:
    if isinstance(structure, list):
        return tuple(map(_as_tuples, structure))
    if isinstance(structure, dict):
        return {key: _as_tuples(value) for key, value in structure.items()}
    return structure


def _sizes(left: Any, right: Any, total: int) -> tuple[int, int]:
    """The number of samples in each part."""
    wrong = [value is not None and type(value) not in (int, float) for value in (left, right)]
    if all(wrong):
        raise TypeError(
            "Invalid `left_size` and `right_size` Types. Expected: integer or float or None, Received: "
            f"type(left_size)={type(left)} and type(right_size)={type(right)}"
        )
    if wrong[0]:
        raise TypeError(
            f"Invalid `left_size` Type. Expected: int or float or None, Received: type(left_size)={type(left)}.  "
        )
    if wrong[1]:
        raise TypeError(
            f"Invalid `right_size` Type. Expected: int or float or None,Received: type(right_size)={type(right)}."
        )
    if left == 0 and right == 0:
        raise ValueError(
            "Both `left_size` and `right_size` are zero. At least one of the split sizes must be non-zero."
        )
    for name, value, words in (
        ("left_size", left, f"smaller than {total}, or a float"),
        ("right_size", right, f"and smaller than {total} or a float"),
    ):
        if value is not None and not 0 < value < (total if type(value) is int else 1):
            raise ValueError(
                f"`{name}` should be either a positive integer {words} within the range `[0, 1]`. Received: "
                f"{name}={value}"
            )
    if type(left) is type(right) is float and left + right > 1:
        raise ValueError(
            "The sum of `left_size` and `right_size` is greater than 1. It must be less than or equal to 1."
        )
    one = total - _count(right, total) if left is None else _count(left, total)
    other = total - one if right is None else _count(right, total)
    if one + other > total:
        raise ValueError(
            f"The sum of `left_size` and `right_size` should be smaller than the {total}. Received: left_size + "
            f"right_size = {one + other}and total_length = {total}"
        )
    for size, side in ((one, "left"), (other, "right")):
        if size == 0:
            raise ValueError(
                f"With `dataset` of length={total}, `left_size`={one} and `right_size`={other}.Resulting {side} side "
                "dataset split will be empty. Adjust any of the aforementioned parameters"
            )
    return int(one), int(other)


def _count(value: Any, total: int) -> Any:
    # Keras' messages show integers that were given as floats.
    return round(value * total) if type(value) is float else float(value)
