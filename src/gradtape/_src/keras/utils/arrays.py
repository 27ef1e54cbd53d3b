"""Preprocessing of arrays: one-hot encoding, padding of sequences, normalization."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_reshape
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.ops.nn import normalize as normalize_tensors
from gradtape._src.ops.masking import one_hot


def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """Converts class indices to one-hot rows.

    Args:
      x: integers; a last axis of size 1 is dropped.
      num_classes: the number of classes; one more than the largest label by default.

    Returns:
      A float64 array, or for a tensor a float32 tensor, of the shape of x followed by an axis of classes.

    Raises:
      IndexError: a number is not a class.

    Example:
      >>> tf.keras.utils.to_categorical([0, 2])
      array([[1., 0., 0.],
             [0., 0., 1.]])
    """
    if isinstance(x, Tensor):
        if x.ndim > 1 and x.shape[-1] == 1:
            x = apply_reshape(x, tuple(x.shape[:-1]))
        depth: Any = num_classes
        return one_hot(x, depth)
    numbers = np.array(held(x), dtype="int64")
    shape = numbers.shape[:-1] if numbers.ndim > 1 and numbers.shape[-1] == 1 else numbers.shape
    numbers = numbers.reshape(-1)
    classes = num_classes or int(np.max(numbers)) + 1
    rows = np.zeros((numbers.size, classes))
    rows[np.arange(numbers.size), numbers] = 1
    return rows.reshape(*shape, classes)


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Pads or truncates sequences to one length.

    Args:
      sequences: a list of lists or arrays.
      maxlen: the length; by default that of the longest sequence.
      dtype: the dtype of the array.
      padding: where shorter sequences are padded: "pre" or "post".
      truncating: where longer ones are cut: "pre" or "post".
      value: the padding.

    Returns:
      An array of shape [sequences, length, ...].

    Raises:
      ValueError: the elements are not sequences, or of different shapes; padding or truncating are unknown.

    Example:
      >>> tf.keras.utils.pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
      array([[0, 1],
             [2, 3],
             [5, 6]], dtype=int32)
    """
    if not hasattr(sequences, "__len__"):
        raise ValueError("`sequences` must be iterable.")
    lengths: list[int] = []
    inner: tuple[int, ...] | None = None
    for sequence in sequences:
        try:
            lengths.append(len(sequence))
        except TypeError as error:
            raise ValueError(f"`sequences` must be a list of iterables. Found non-iterable: {sequence}") from error
        if inner is None and lengths[-1]:
            inner = np.asarray(held(sequence)).shape[1:]
    inner = inner or ()
    length = int(np.max(lengths)) if maxlen is None else maxlen
    if isinstance(value, str) and dtype is not object and np.dtype(dtype).kind not in "US":
        raise ValueError(
            f"`dtype` {dtype} is not compatible with `value`'s type: {type(value)}\n"
            "You should set `dtype=object` for variable length strings."
        )
    padded = np.full((len(lengths), length, *inner), held(value), dtype=dtype)
    for place, sequence in enumerate(sequences):
        if not lengths[place]:
            continue
        if truncating == "pre":
            kept = sequence[-length:]
        elif truncating == "post":
            kept = sequence[:length]
        else:
            raise ValueError(f'Truncating type "{truncating}" not understood')
        kept = np.asarray(held(kept), dtype=dtype)
        if kept.shape[1:] != inner:
            raise ValueError(
                f"Shape of sample {kept.shape[1:]} of sequence at position {place} is different from expected shape "
                f"{inner}"
            )
        if padding == "post":
            padded[place, : len(kept)] = kept
        elif padding == "pre":
            padded[place, -len(kept) :] = kept
        else:
            raise ValueError(f'Padding type "{padding}" not understood')
    return padded


def normalize(x: Any, axis: int = -1, order: int = 2) -> Any:
    """Scales vectors along an axis to length 1; zero vectors are unchanged.

    Args:
      x: an array or a tensor.
      axis: the axis.
      order: the order of the norm, 2 for the Euclidean one.

    Returns:
      An array or a tensor of the same shape.

    Raises:
      ValueError: the order is not a positive integer.

    Example:
      >>> tf.keras.utils.normalize(np.array([[3.0, 4.0]]))
      array([[0.6, 0.8]])
    """
    if isinstance(x, np.ndarray):
        lengths = np.atleast_1d(np.linalg.norm(x, held(order), held(axis)))
        lengths[lengths == 0] = 1
        return x / np.expand_dims(lengths, held(axis) or -1)
    return normalize_tensors(x, axis, order)
