"""Initializers of tables: pairs of tensors, or the lines of a file."""

from __future__ import annotations

import os
from typing import Any, Protocol

import numpy as np

from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType, as_dtype
from gradtape._src.core.error_kinds import NotFoundError
from gradtape._src.core.errors import from_op, invalid_argument
from gradtape._src.core.string_tensor import as_any_tensor
from gradtape._src.core.typing import DTypeLike


class Initializer(Protocol):
    """Base class of initializers: dtypes of keys and values, and the pairs as arrays."""

    key_dtype: DType
    value_dtype: DType

    def pairs(self) -> tuple[np.ndarray, np.ndarray]: ...


def array_of(tensor: Any) -> np.ndarray:
    """The elements of a tensor of numbers or strings."""
    return np.asarray(tensor)


class KeyValueTensorInitializer:
    """Fills a table with keys and their values.

    Args:
      keys: a tensor of integers or strings, or a value convertible to one.
      values: the same number of numbers or strings.
      key_dtype: the dtype of the keys; None for their own.
      value_dtype: the dtype of the values; None for their own.
      name: not used; TensorFlow names operations by it.

    Attributes:
      key_dtype: the dtype of the keys.
      value_dtype: the dtype of the values.

    Raises:
      TypeError: key_dtype or value_dtype is unknown, or another than that of the keys or values.
      ValueError: keys or values cannot be converted to a tensor.

    Example:
      >>> pairs = tf.lookup.KeyValueTensorInitializer([7, 9], [1.0, 2.0])
      >>> tf.lookup.StaticHashTable(pairs, -1.0).lookup(tf.constant([9, 8])).numpy()
      array([ 2., -1.], dtype=float32)
    """

    def __init__(
        self,
        keys: Any,
        values: Any,
        key_dtype: DTypeLike | None = None,
        value_dtype: DTypeLike | None = None,
        name: str | None = None,
    ) -> None:
        self._keys = as_any_tensor(keys, None if key_dtype is None else as_dtype(key_dtype))
        self._values = as_any_tensor(values, None if value_dtype is None else as_dtype(value_dtype))
        self.key_dtype: DType = self._keys.dtype
        self.value_dtype: DType = self._values.dtype

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Keys and values.

        Returns:
          Two arrays.

        Raises:
          InvalidArgumentError: their numbers differ.

        Example:
          >>> tf.lookup.KeyValueTensorInitializer([7], [1.0]).pairs()
          (array([7], dtype=int32), array([1.], dtype=float32))
        """
        keys, values = array_of(self._keys), array_of(self._values)
        if keys.shape != values.shape:
            expected, found = (f"[{','.join(map(str, array.shape))}]" for array in (keys, values))
            raise invalid_argument("LookupTableImportV2", f"Expected shape {expected} for value, got {found}", "")
        return keys, values


class TextFileIndex:
    """Special column indices of keys and values: the whole line, or its number.

    Example:
      >>> tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
      (-2, -1)
    """

    WHOLE_LINE = -2
    LINE_NUMBER = -1


class TextFileInitializer:
    """Fills a table with the lines of a file, such as a vocabulary.

    Args:
      filename: the file's path.
      key_dtype: `tf.string` or `tf.int64`.
      key_index: the column of the keys, or `tf.lookup.TextFileIndex.WHOLE_LINE` or `LINE_NUMBER`.
      value_dtype: the dtype of the values.
      value_index: the column of the values, likewise.
      vocab_size: number of lines read; None for all.
      delimiter: the column separator.
      name: not used; TensorFlow names operations by it.
      value_index_offset: the offset added to line numbers used as values.

    Attributes:
      key_dtype: the dtype of the keys.
      value_dtype: the dtype of the values.

    Raises:
      ValueError: a whole line is not a string, or a line number not int64.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "words")
      >>> _ = open(path, "w").write("tape\\nwatch\\n")
      >>> Index = tf.lookup.TextFileIndex
      >>> lines = tf.lookup.TextFileInitializer(path, tf.string, Index.WHOLE_LINE, tf.int64, Index.LINE_NUMBER)
      >>> tf.lookup.StaticHashTable(lines, -1).size().numpy()
      np.int64(2)
    """

    def __init__(
        self,
        filename: str | os.PathLike[str],
        key_dtype: DTypeLike,
        key_index: int,
        value_dtype: DTypeLike,
        value_index: int,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = None,
        value_index_offset: int = 0,
    ) -> None:
        self.key_dtype: DType = as_dtype(key_dtype)
        self.value_dtype: DType = as_dtype(value_dtype)
        for word, index, dtype in (("key", key_index, self.key_dtype), ("value", value_index, self.value_dtype)):
            needed = {TextFileIndex.LINE_NUMBER: dtypes.int64, TextFileIndex.WHOLE_LINE: dtypes.string}.get(index)
            if needed is not None and dtype != needed:
                raise ValueError(
                    f"`{word}_dtype` must be {needed.name} for `{word}_index` {index}, received: {dtype!r}"
                )
            if index < TextFileIndex.WHOLE_LINE:
                raise ValueError(f"`{word}_index` must be -2, -1 or the number of a column, received: {index}")
        if vocab_size is not None and vocab_size <= 0:
            raise ValueError(f"`vocab_size` must be positive, received: {vocab_size}")
        self._path = os.fspath(filename)
        self._places = (key_index, value_index)
        self._lines, self._delimiter, self._offset = vocab_size, delimiter.encode(), value_index_offset

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Keys and values.

        Returns:
          Two arrays.

        Raises:
          NotFoundError: the file does not exist.
          InvalidArgumentError: a line has too few columns or an invalid number, or there are too few lines.

        Example:
          >>> import os, tempfile
          >>> path = os.path.join(tempfile.mkdtemp(), "words")
          >>> _ = open(path, "w").write("tape\\t3\\n")
          >>> tf.lookup.TextFileInitializer(path, tf.string, 0, tf.int64, 1).pairs()
          (array([b'tape'], dtype=object), array([3]))
        """
        try:
            with open(self._path, "rb") as file:
                lines = file.read().split(b"\n")
        except FileNotFoundError:
            message = f"{self._path}; No such file or directory"
            raise from_op(NotFoundError, "InitializeTableFromTextFileV2", message, "") from None
        if not lines[-1]:
            lines.pop()
        if self._lines is not None and len(lines) < self._lines:
            raise invalid_argument(
                "InitializeTableFromTextFileV2",
                f"Invalid vocab_size in {self._path}: expected {self._lines} but got {len(lines)}",
                "",
            )
        keys, values = (
            [self._part(number, line, index) for number, line in enumerate(lines[: self._lines])]
            for index in self._places
        )
        if self._places[1] == TextFileIndex.LINE_NUMBER:
            values = [number + self._offset for number in values]
        return self._array(keys, self.key_dtype), self._array(values, self.value_dtype)

    def _part(self, number: int, line: bytes, index: int) -> Any:
        line = line.removesuffix(b"\r")
        if index == TextFileIndex.LINE_NUMBER:
            return number
        if index == TextFileIndex.WHOLE_LINE:
            return line
        columns = line.split(self._delimiter)
        if index >= len(columns):
            raise invalid_argument(
                "InitializeTableFromTextFileV2",
                f"Invalid number of columns in {self._path} line {number} ({line.decode(errors='replace')}) : "
                f"expected at least {index + 1} got {len(columns)}",
                "",
            )
        return columns[index]

    def _array(self, parts: list[Any], dtype: DType) -> np.ndarray:
        out: np.ndarray = np.empty(len(parts), dtype.as_numpy_dtype)
        for place, part in enumerate(parts):
            try:
                out[place] = part if dtype == dtypes.string else (float if dtype.is_floating else int)(part)
            except ValueError:
                text = part.decode(errors="replace")
                raise invalid_argument(
                    "InitializeTableFromTextFileV2",
                    f"Field {text} in line {place} is not a valid {dtype.name}.",
                    "",
                ) from None
        return out
