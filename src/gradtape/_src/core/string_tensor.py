"""Tensors of text: what datasets and files yield where TensorFlow yields tensors of dtype string.

Ops compute with numbers alone, so this is a class of its own beside the engine's Tensor: an immutable array of `bytes`
that prints, compares, indexes and converts as TensorFlow's string tensors do, and holds for every one in gradtape.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes, formatting
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.text import as_bytes


class StringTensor:
    """An immutable array of bytes.

    ``numpy()`` of a scalar gives `bytes`, and ``==`` compares with text, bytes, lists and other string tensors.

    Args:
      value: text, bytes, a nested list or an array of them, or another string tensor.

    Attributes:
      shape: a `tf.TensorShape`.
      dtype: `tf.string`.
      ndim: the number of axes.

    Raises:
      TypeError: an item is neither text nor bytes.
      ValueError: lists are not rectangular.

    Example:
      >>> name = next(iter(tf.data.Dataset.from_tensor_slices(["tape", "watch"])))
      >>> name
      <tf.Tensor: shape=(), dtype=string, numpy=b'tape'>
      >>> name.numpy().decode(), bool(name == "tape")
      ('tape', True)
    """

    __slots__ = ("__weakref__", "_array")
    _array: np.ndarray
    __hash__ = None  # type: ignore[assignment]  # equality is of elements

    def __init__(self, value: Any) -> None:
        self._array = _bytes_array(value)

    @property
    def shape(self) -> TensorShape:
        """The sizes of the axes."""
        return TensorShape.from_tuple(self._array.shape)

    @property
    def dtype(self) -> dtypes.DType:
        """`tf.string`."""
        return dtypes.string

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._array.ndim

    def numpy(self) -> Any:
        """The value as NumPy holds it.

        Returns:
          `bytes` for a scalar, a new array of objects otherwise.

        Example:
          >>> next(iter(tf.data.Dataset.from_tensors(["a", "b"]))).numpy()
          array([b'a', b'b'], dtype=object)
        """
        return self._array.copy() if self._array.ndim else self._array.item()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self._array.astype(dtype or object)

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("Scalar tensor has no `len()`")
        return len(self._array)

    def __iter__(self) -> Iterator[StringTensor]:
        if not self._array.ndim:
            raise TypeError("Cannot iterate over a scalar tensor.")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> StringTensor:
        return StringTensor(self._array[key])

    def __bool__(self) -> bool:
        return bool(self._array.item())

    def __int__(self) -> int:
        return int(self._array.item())

    def __float__(self) -> float:
        return float(self._array.item())

    def __eq__(self, other: Any) -> Any:
        return self._compared(other, np.equal)

    def __ne__(self, other: Any) -> Any:
        return self._compared(other, np.not_equal)

    def _compared(self, other: Any, comparison: np.ufunc) -> Tensor:
        if not isinstance(other, StringTensor):
            try:
                other = StringTensor(other)
            except TypeError:
                raise TypeError(f"Cannot convert {other} to EagerTensor of dtype string") from None
        return as_tensor(np.asarray(comparison(self._array, other._array, dtype=object), bool))

    def __add__(self, other: Any) -> StringTensor:
        return StringTensor(self._array + StringTensor(other)._array)

    def __radd__(self, other: Any) -> StringTensor:
        return StringTensor(StringTensor(other)._array + self._array)

    def __repr__(self) -> str:
        return formatting.tensor_repr(self._array, self.dtype.name)

    def __str__(self) -> str:
        return formatting.tensor_str(self._array, self.dtype.name)

    def __format__(self, spec: str) -> str:
        return formatting.tensor_format(self._array, spec)

    def __reduce__(self) -> tuple[Any, ...]:
        return StringTensor, (self._array,)


def holds_text(value: Any) -> bool:
    """Whether a value is text, or lists or an array that begin with some."""
    for _ in range(64):  # no array has so many axes, but a list may hold itself
        if not (isinstance(value, list | tuple) and value):
            break
        value = value[0]
    if isinstance(value, np.ndarray | np.generic):
        kind = value.dtype.kind
        return kind in "SU" or (kind == "O" and value.size > 0 and isinstance(value.reshape(-1)[0], str | bytes))
    return isinstance(value, str | bytes | StringTensor)


def as_any_tensor(value: Any, dtype: dtypes.DType | None = None) -> Tensor | StringTensor:
    """The tensor of a value, of text or of numbers."""
    if type(value) is Tensor and (dtype is None or value.dtype is dtype):
        return value
    if dtype is dtypes.string or (dtype is None and holds_text(value)):
        return value if type(value) is StringTensor else StringTensor(value)
    return as_tensor(value, dtype)


def _bytes_array(value: Any) -> np.ndarray:
    """A read-only array of objects that are all bytes."""
    if isinstance(value, StringTensor):
        return value._array
    if isinstance(value, str | bytes | bytearray):
        array = np.empty((), object)
        array[()] = as_bytes(value)
    else:
        given = value if isinstance(value, np.ndarray) else np.array(_plain(value), object)
        array = np.empty(given.shape, object)
        for place, item in zip(np.ndindex(given.shape), given.reshape(-1), strict=True):
            if isinstance(item, list):
                raise ValueError("Can't convert non-rectangular Python sequence to Tensor.")
            array[place] = as_bytes(item)
    array.flags.writeable = False
    return array


def _plain(value: Any) -> Any:
    """Nested lists and tuples whose string tensors are arrays of what they hold."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.numpy().tolist() if isinstance(value, StringTensor) and value.ndim else _item(value)


def _item(value: Any) -> Any:
    return value.numpy() if isinstance(value, StringTensor) else value
