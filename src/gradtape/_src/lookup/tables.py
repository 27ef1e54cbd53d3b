"""Static and mutable lookup tables.

They are Python dicts. Static tables are looked up by a primitive, so that compiled functions work with
other keys; mutable tables are read on every call.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from
from gradtape._engine.record.primitive import Primitive, as_effect, effect_kind
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType, as_dtype
from gradtape._src.core.errors import FailedPreconditionError, from_op, invalid_argument
from gradtape._src.core.fingerprints import fingerprint64
from gradtape._src.core.operands import dims_text
from gradtape._src.core.string_tensor import StringTensor, as_any_tensor
from gradtape._src.core.typing import DTypeLike
from gradtape._src.lookup.initializers import Initializer, array_of

_EXTERNAL = effect_kind("external")
_KEYS = (dtypes.int32, dtypes.int64, dtypes.string)


def _any_tensor(array: np.ndarray, dtype: DType) -> Any:
    return StringTensor(array) if dtype == dtypes.string else tensor_from(array, dtype)


class _Table:
    """Entries by key, with a default value."""

    def __init__(self, key_dtype: DTypeLike, value_dtype: DTypeLike, default: Any, name: str | None) -> None:
        self._key_dtype, self._value_dtype, self._name = as_dtype(key_dtype), as_dtype(value_dtype), name
        if self._key_dtype not in _KEYS:
            raise invalid_argument(
                "HashTableV2", f"keys are of int32, int64 or text, not of {self._key_dtype.name}", "", kernel=None
            )
        self._default = as_any_tensor(default, self._value_dtype)
        self._entries: dict[Any, Any] = {}

    @property
    def key_dtype(self) -> DType:
        """The dtype of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> DType:
        """The dtype of the values."""
        return self._value_dtype

    @property
    def name(self) -> str | None:
        """The table's name."""
        return self._name

    def size(self, name: str | None = None) -> Tensor:
        """The number of entries.

        Args:
          name: not used; TensorFlow names operations by it.

        Returns:
          A scalar, int64.

        Example:
          >>> pairs = tf.lookup.KeyValueTensorInitializer([7, 9], [1.0, 2.0])
          >>> tf.lookup.StaticHashTable(pairs, -1.0).size().numpy()
          np.int64(2)
        """
        return as_tensor(len(self._entries), dtypes.int64)

    def _keys_of(self, keys: Any) -> Any:
        tensor = as_any_tensor(keys, None if isinstance(keys, Tensor | StringTensor) else self._key_dtype)
        if tensor.dtype != self._key_dtype:
            raise TypeError(f"Dtype of argument `keys` must be {self._key_dtype}, received: {tensor.dtype}")
        return tensor

    def _found(self, keys: Any, defaults: Any = None) -> Any:
        """The values of keys. Defaults are one value for all, or one for each key."""
        array, entries = array_of(keys), self._entries
        inner = self._default.shape
        default = array_of(self._default if defaults is None else defaults)
        out = np.broadcast_to(default, (*array.shape, *inner)).copy().reshape((array.size, *inner))
        for place, key in enumerate(array.reshape(-1).tolist()):
            if key in entries:
                out[place] = entries[key]
        return _any_tensor(out.reshape((*array.shape, *inner)), self._value_dtype)

    def export(self, name: str | None = None) -> tuple[Any, Any]:
        """All entries, in no particular order.

        Args:
          name: not used; TensorFlow names operations by it.

        Returns:
          The keys and the values.

        Example:
          >>> keys, values = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer([7], [1.0]), 0.0).export()
          >>> keys.numpy(), values.numpy()
          (array([7], dtype=int32), array([1.], dtype=float32))
        """
        keys: np.ndarray = np.array(list(self._entries), self._key_dtype.as_numpy_dtype)
        values = np.empty((len(keys), *self._default.shape), self._value_dtype.as_numpy_dtype)
        for place, value in enumerate(self._entries.values()):
            values[place] = value
        return _any_tensor(keys, self._key_dtype), _any_tensor(values, self._value_dtype)


_FIND = Primitive("LookupTableFindV2", lambda keys, table: table._found(keys), None)


class StaticHashTable(_Table):
    """An immutable table.

    Args:
      initializer: its initializer, such as `tf.lookup.KeyValueTensorInitializer`.
      default_value: the value of missing keys.
      name: its name.
      experimental_is_anonymous: not used.

    Attributes:
      key_dtype: the dtype of the keys.
      value_dtype: the dtype of the values.
      name: its name.
      default_value: the value of missing keys, a tensor.

    Raises:
      FailedPreconditionError: a key has two values.
      InvalidArgumentError: keys are neither integers nor strings, or the numbers of keys and values differ.
      TypeError: the default value is of a different dtype.

    Example:
      >>> table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["tape", "watch"], [4, 5]), -1)
      >>> table.lookup(["watch", "clock"]).numpy()
      array([ 5, -1], dtype=int32)
    """

    def __init__(
        self,
        initializer: Initializer,
        default_value: Any,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ) -> None:
        super().__init__(initializer.key_dtype, initializer.value_dtype, default_value, name)
        keys, values = initializer.pairs()
        for key, value in zip(keys.reshape(-1).tolist(), values.reshape(-1), strict=True):
            if self._entries.setdefault(key, value) != value:
                raise from_op(
                    FailedPreconditionError,
                    "LookupTableImportV2",
                    f"HashTable has different value for same key. Key {key} has {self._entries[key]} and trying to add "
                    f"value {value}",
                    "",
                )

    @property
    def default_value(self) -> Any:
        """The value of missing keys."""
        return self._default

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of keys.

        Args:
          keys: a tensor of the dtype of the keys, of any shape.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor of the shape of keys, of the dtype of the values.

        Raises:
          TypeError: the keys are of a different dtype.

        Example:
          >>> table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer([1, 2], [10, 20]), 0)
          >>> table.lookup([[2, 3]]).numpy()
          array([[20,  0]], dtype=int32)
        """
        tensor = self._keys_of(keys)
        if dtypes.string in (self._key_dtype, self._value_dtype):
            return self._found(tensor)
        return _FIND(tensor, attributes=(self,))

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)


class StaticVocabularyTable:
    """A vocabulary: the index of each word, and hash buckets for unknown words.

    Args:
      initializer: assigns indices from 0, int64, to words or int64 keys; None for buckets only.
      num_oov_buckets: number of buckets.
      lookup_key_dtype: the dtype of keys; None for that of the initializer, or string.
      name: its name.
      experimental_is_anonymous: not used.

    Attributes:
      key_dtype: the dtype of the keys.
      value_dtype: int64.
      name: its name.

    Raises:
      TypeError: keys are neither int64 nor strings, or indices are not int64.
      ValueError: there are no buckets.

    Example:
      >>> words = tf.lookup.KeyValueTensorInitializer(["tape", "watch"], np.array([0, 1]))
      >>> tf.lookup.StaticVocabularyTable(words, 2).lookup(["watch", "clock", "hand"]).numpy()
      array([1, 3, 3])
    """

    def __init__(
        self,
        initializer: Initializer | None,
        num_oov_buckets: int,
        lookup_key_dtype: DTypeLike | None = None,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ) -> None:
        if num_oov_buckets <= 0:
            raise ValueError("`num_oov_buckets` must be > 0; use StaticHashTable.")
        self._buckets, self._name = num_oov_buckets, name
        self._table: StaticHashTable | None = None
        self._key_dtype = dtypes.string
        if initializer is not None:
            if initializer.value_dtype != dtypes.int64:
                raise TypeError(f"Invalid `value_dtype`, expected {dtypes.int64} but got {initializer.value_dtype}.")
            if initializer.key_dtype not in (dtypes.int64, dtypes.string):
                raise TypeError(
                    f"Invalid `key_dtype`, expected one of (tf.int64, tf.string), but got {initializer.key_dtype}."
                )
            self._table, self._key_dtype = StaticHashTable(initializer, -1), initializer.key_dtype
        if lookup_key_dtype is not None:
            wanted = as_dtype(lookup_key_dtype)
            if self._table is not None and wanted != self._key_dtype:
                raise TypeError(f"Invalid `lookup_key_dtype`, expected {self._key_dtype} but got {wanted}.")
            self._key_dtype = wanted

    @property
    def key_dtype(self) -> DType:
        """The dtype of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> DType:
        """int64."""
        return dtypes.int64

    @property
    def name(self) -> str | None:
        """The table's name."""
        return self._name

    def _words(self) -> int:
        return 0 if self._table is None else len(self._table._entries)

    def size(self, name: str | None = None) -> Tensor:
        """The number of words and buckets.

        Args:
          name: not used; TensorFlow names operations by it.

        Returns:
          A scalar, int64.

        Example:
          >>> tf.lookup.StaticVocabularyTable(None, 3).size().numpy()
          np.int64(3)
        """
        return as_tensor(self._words() + self._buckets, dtypes.int64)

    def lookup(self, keys: Any, name: str | None = None) -> Tensor:
        """The indices of words; for unknown words those of their buckets.

        Args:
          keys: a tensor of the dtype of the keys, of any shape.
          name: not used; TensorFlow names operations by it.

        Returns:
          An int64 tensor of the shape of keys.

        Raises:
          TypeError: the keys are of a different dtype.

        Example:
          >>> tf.lookup.StaticVocabularyTable(None, 5).lookup(["a", "q"]).numpy()
          array([4, 3])
        """
        tensor: Any = as_any_tensor(keys, None if isinstance(keys, Tensor | StringTensor) else self._key_dtype)
        if tensor.dtype != self._key_dtype:
            raise TypeError(f"Dtype of argument `keys` must be {self._key_dtype}, received: {tensor.dtype}")
        if self._key_dtype == dtypes.string:
            return self._numbers(tensor)
        return _NUMBER(tensor, attributes=(self,))

    def _numbers(self, keys: Any) -> Tensor:
        array, words = array_of(keys), self._words()
        known = {} if self._table is None else self._table._entries
        out = np.empty(array.size, np.int64)
        for place, key in enumerate(array.reshape(-1).tolist()):
            if key in known:
                out[place] = known[key]
            else:
                text = key if isinstance(key, bytes) else str(key).encode()
                out[place] = words + fingerprint64(text) % self._buckets
        return tensor_from(out.reshape(array.shape), dtypes.int64)

    def __getitem__(self, keys: Any) -> Tensor:
        return self.lookup(keys)


_NUMBER = Primitive("LookupTableFindV2", lambda keys, table: table._numbers(keys), None)


class MutableHashTable(_Table):
    """A mutable table.

    It is not saved in checkpoints; save what `export` returns instead.

    Args:
      key_dtype: the dtype of the keys, int32, int64 or string.
      value_dtype: the dtype of the values.
      default_value: the value of missing keys, with the shape of all values.
      name: its name.
      checkpoint: not used.
      experimental_is_anonymous: not used.

    Attributes:
      key_dtype: the dtype of the keys.
      value_dtype: the dtype of the values.
      name: its name.

    Raises:
      InvalidArgumentError: keys cannot be of this dtype.
      TypeError: the default value is of a different dtype.

    Example:
      >>> table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
      >>> table.insert(["tape"], [4])
      >>> table.lookup(["tape", "watch"]).numpy()
      array([ 4, -1])
    """

    def __init__(
        self,
        key_dtype: DTypeLike,
        value_dtype: DTypeLike,
        default_value: Any,
        name: str = "MutableHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ) -> None:
        super().__init__(key_dtype, value_dtype, default_value, name)

    def insert(self, keys: Any, values: Any, name: str | None = None) -> None:
        """Inserts keys with values, replacing existing ones.

        Args:
          keys: a tensor of the dtype of the keys.
          values: a tensor of the shape of keys, followed by the axes of a value.
          name: not used; TensorFlow names operations by it.

        Raises:
          TypeError: keys or values are of a different dtype.
          InvalidArgumentError: the numbers of keys and values differ.

        Example:
          >>> table = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, [0.0, 0.0])
          >>> table.insert([3], [[1.0, 2.0]])
          >>> table.size().numpy()
          np.int64(1)
        """
        tensor, given = self._keys_of(keys), as_any_tensor(values, self._value_dtype)
        expected = (*tensor.shape, *self._default.shape)
        if tuple(given.shape) != expected:
            raise invalid_argument(
                "LookupTableInsertV2",
                f"Expected shape {dims_text(expected)} for value, got {dims_text(given.shape)}",
                "",
            )
        as_effect(_EXTERNAL, self._insert, tensor, given)

    def _insert(self, keys: Any, values: Any) -> None:
        # Copies, so that later writes to an array do not change an entry.
        rows = np.array(array_of(values)).reshape(-1, *self._default.shape)
        self._entries.update(zip(array_of(keys).reshape(-1).tolist(), rows, strict=True))

    def remove(self, keys: Any, name: str | None = None) -> None:
        """Removes keys with their values; missing keys are ignored.

        Args:
          keys: a tensor of the dtype of the keys.
          name: not used; TensorFlow names operations by it.

        Raises:
          TypeError: keys are of a different dtype.

        Example:
          >>> table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
          >>> table.insert(["tape"], [4])
          >>> table.remove(["tape", "watch"])
          >>> table.size().numpy()
          np.int64(0)
        """
        as_effect(_EXTERNAL, self._remove, self._keys_of(keys))

    def _remove(self, keys: Any) -> None:
        for key in array_of(keys).reshape(-1).tolist():
            self._entries.pop(key, None)

    def lookup(self, keys: Any, dynamic_default_values: Any = None, name: str | None = None) -> Any:
        """The values of keys.

        Args:
          keys: a tensor of the dtype of the keys, of any shape.
          dynamic_default_values: values of missing keys, one for each key or one for all; None for
            the table's default.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor of the shape of keys, followed by the axes of a value.

        Raises:
          TypeError: the keys are of a different dtype.

        Example:
          >>> table = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, 0.0)
          >>> table.lookup([1, 2], dynamic_default_values=[5.0, 6.0]).numpy()
          array([5., 6.], dtype=float32)
        """
        defaults = None
        if dynamic_default_values is not None:
            defaults = as_any_tensor(dynamic_default_values, self._value_dtype)
        return as_effect(_EXTERNAL, self._found, self._keys_of(keys), defaults)

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)
