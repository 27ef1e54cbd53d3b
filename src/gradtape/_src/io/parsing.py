"""Features of serialized tf.train.Example messages as dense tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import as_dtype
from gradtape._src.core.errors import InvalidArgumentError, from_op
from gradtape._src.core.operands import dtype_word
from gradtape._src.core.protobuf import DecodeError
from gradtape._src.core.string_tensor import StringTensor, as_any_tensor
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.io.example import Example

_KINDS = {"bytes_list": dtypes.string, "float_list": dtypes.float32, "int64_list": dtypes.int64}


class FixedLenFeature(NamedTuple):
    """A feature of as many values as a shape has positions.

    Args:
      shape: the shape.
      dtype: float32, int64 or string.
      default_value: the value if an example lacks the feature; it is an error if None.

    Example:
      >>> tf.io.FixedLenFeature([], tf.int64)
      FixedLenFeature(shape=[], dtype=tf.int64, default_value=None)
    """

    shape: Any
    dtype: Any
    default_value: Any = None


class FixedLenSequenceFeature(NamedTuple):
    """A feature of any number of parts of a shape; in batches they are padded to the longest.

    Args:
      shape: the shape of a part.
      dtype: float32, int64 or string.
      allow_missing: must be True: if an example lacks the feature there are no parts.
      default_value: the padding value; 0 or an empty string if None.

    Example:
      >>> tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True).shape
      []
    """

    shape: Any
    dtype: Any
    allow_missing: bool = False
    default_value: Any = None


class VarLenFeature(NamedTuple):
    """A feature of any number of values.

    TensorFlow makes a sparse tensor of it, which `tf.sparse.to_dense` makes dense. Here it is dense at once: a vector,
    or in batches rows padded with 0 or empty strings.

    Args:
      dtype: float32, int64 or string.

    Example:
      >>> tf.io.VarLenFeature(tf.int64)
      VarLenFeature(dtype=tf.int64)
    """

    dtype: Any


class _Column:
    """The specification of a feature."""

    def __init__(self, key: str, feature: Any, op: str) -> None:
        if not isinstance(feature, FixedLenFeature | FixedLenSequenceFeature | VarLenFeature):
            raise ValueError(f"Unsupported {type(feature).__name__} {feature} for key '{key}'")
        self.key, self.op = key, op
        self.dtype = as_dtype(feature.dtype)
        if self.dtype not in _KINDS.values():
            allowed = "float, int64, string"
            message = f"Value for attr 'Tdense' of {self.dtype.name} is not in the list of allowed values: {allowed}"
            raise from_op(InvalidArgumentError, "ParseExampleV2", message, "", kernel=None)
        self.fixed = isinstance(feature, FixedLenFeature)
        if isinstance(feature, FixedLenSequenceFeature) and not feature.allow_missing:
            raise ValueError("Unsupported: FixedLenSequenceFeature requires allow_missing to be True.")
        shape = () if isinstance(feature, VarLenFeature) else feature.shape
        self.shape = tuple(TensorShape(shape).as_list())
        self.count = int(np.prod(self.shape, dtype=np.int64))
        default = getattr(feature, "default_value", None)
        self.default: np.ndarray | None = None
        self.padding: Any = b"" if self.dtype is dtypes.string else 0
        if default is not None and self.fixed:
            given = np.asarray(as_any_tensor(default, self.dtype))
            if given.size != self.count:
                message = (
                    f"Input to reshape is a tensor with {given.size} values, but the requested shape has {self.count}"
                )
                raise from_op(InvalidArgumentError, "Reshape", message)
            self.default = given.reshape(self.shape)
        elif default is not None:
            self.padding = np.asarray(as_any_tensor(default, self.dtype)).item()

    def wrong(self, message: str) -> Exception:
        return from_op(InvalidArgumentError, "ParseExampleV2", message, kernel=self.op)

    def read(self, example: Example, place: int | None) -> np.ndarray:
        """The feature's values in an example at this position of a batch."""
        feature = example.features.feature.get(self.key)
        kind = None if feature is None else feature.WhichOneof("kind")
        name = "" if place is None else "Name: <unknown>, "
        if kind is None:
            if not self.fixed:
                return np.empty((0, *self.shape), self.dtype.as_numpy_dtype)
            if self.default is None:
                raise self.wrong(
                    f"{name}Feature: {self.key} (data type: {dtype_word(self.dtype)}) is required but could not be "
                    "found."
                )
            return self.default
        if _KINDS[kind] is not self.dtype:
            raise self.wrong(
                f"{name}Key: {self.key}{'' if place is None else f', Index: {place}'}.  Data types don't match. "
                f"Data type: {dtype_word(_KINDS[kind])} but expected type: {dtype_word(self.dtype)}"
            )
        values: np.ndarray = np.array(getattr(feature, kind).value, self.dtype.as_numpy_dtype)
        if not self.fixed:
            if self.count == 0 or len(values) % self.count:
                raise self.wrong(
                    f"{name}Key: {self.key}.  Number of values {len(values)} is no multiple of {self.count}"
                )
            return values.reshape(-1, *self.shape)
        if len(values) != self.count:
            if place is None:
                raise self.wrong(f"Key: {self.key}.  Can't parse serialized Example: Some {kind} slice was not parsed.")
            raise self.wrong(
                f"{name}Key: {self.key}, Index: {place}.  Number of {dtype_word(self.dtype)} values != expected.  "
                f"Values size: {len(values)} but output shape: [{','.join(map(str, self.shape))}]"
            )
        return values.reshape(self.shape)

    def tensor(self, array: np.ndarray) -> Any:
        return StringTensor(array) if self.dtype is dtypes.string else as_any_tensor(array, self.dtype)

    def joined(self, arrays: Sequence[np.ndarray]) -> Any:
        """The values of a batch's examples, padded if their numbers differ."""
        longest = () if self.fixed else (max((len(array) for array in arrays), default=0),)
        out = np.full((len(arrays), *longest, *self.shape), self.padding, self.dtype.as_numpy_dtype)
        for place, array in enumerate(arrays):
            # The ellipsis assigns the string, and not an array around it.
            corner: tuple[Any, ...] = (place, *map(slice, array.shape), ...)
            out[corner] = array
        return self.tensor(out)


def _columns(features: Mapping[str, Any] | None) -> list[_Column]:
    if features is None:
        raise ValueError("Invalid argument: features cannot be None.")
    if not features:
        raise ValueError("Invalid argument: features cannot be empty.")
    dense = len(features)
    op = f"ParseExampleV2_Tdense_{dense}_num_sparse_0_ragged_split_types_0_ragged_value_types_0_sparse_types_0"
    return [_Column(key, features[key], op) for key in sorted(features)]


def _example(data: Any, column: _Column) -> Example:
    try:
        return Example.FromString(data)
    except DecodeError:
        raise column.wrong(f"Could not parse example input, value: '{data.decode('latin-1')}'") from None


def parse_single_example(
    serialized: Any, features: Mapping[str, Any], example_names: Any = None, name: str | None = None
) -> dict[str, Any]:
    """The features of a `tf.train.Example` that was serialized.

    Args:
      serialized: bytes, or a scalar string tensor.
      features: how to read them: a dict by name of `tf.io.FixedLenFeature` and the other kinds.
      example_names: not used.
      name: not used; TensorFlow names operations by it.

    Returns:
      A dict of tensors.

    Raises:
      InvalidArgumentError: it is not an example, or a feature is missing or has another dtype or number of values.
      ValueError: `features` is empty or holds something else.

    Example:
      >>> age = tf.train.Feature(int64_list=tf.train.Int64List(value=[29]))
      >>> example = tf.train.Example(features=tf.train.Features(feature={"age": age}))
      >>> read = tf.io.parse_single_example(example.SerializeToString(), {"age": tf.io.FixedLenFeature([], tf.int64)})
      >>> read["age"].numpy()
      np.int64(29)
    """
    columns = _columns(features)
    example = _example(as_any_tensor(serialized, dtypes.string).numpy(), columns[0])
    return {column.key: column.tensor(column.read(example, None)) for column in columns}


def parse_example(
    serialized: Any, features: Mapping[str, Any], example_names: Any = None, name: str | None = None
) -> dict[str, Any]:
    """The features of a batch of `tf.train.Example` messages that were serialized.

    Args:
      serialized: a vector of string, or a list of bytes; a scalar is taken as `parse_single_example` does.
      features: how to read them: a dict by name of `tf.io.FixedLenFeature` and the other kinds.
      example_names: not used.
      name: not used; TensorFlow names operations by it.

    Returns:
      A dict of tensors, whose first axes are the batch's.

    Raises:
      InvalidArgumentError: one is not an example, or a feature is missing or has another dtype or number of values.
      ValueError: `features` is empty or holds something else.

    Example:
      >>> age = tf.train.Feature(int64_list=tf.train.Int64List(value=[29]))
      >>> data = tf.train.Example(features=tf.train.Features(feature={"age": age})).SerializeToString()
      >>> tf.io.parse_example([data, data], {"age": tf.io.FixedLenFeature([], tf.int64)})["age"].numpy()
      array([29, 29])
    """
    tensor = as_any_tensor(serialized, dtypes.string)
    if not tensor.ndim:
        return parse_single_example(tensor, features)
    columns = _columns(features)
    examples = [_example(data, columns[0]) for data in tensor.numpy().tolist()]
    return {
        column.key: column.joined([column.read(example, place) for place, example in enumerate(examples)])
        for column in columns
    }


def decode_raw(
    input_bytes: Any,
    out_type: Any,
    little_endian: bool = True,
    fixed_length: int | None = None,
    name: str | None = None,
) -> Any:
    """Decodes the bytes of strings to numbers.

    Args:
      input_bytes: a string tensor or bytes, all of one length.
      out_type: the numbers' dtype.
      little_endian: whether bytes are in little-endian order.
      fixed_length: the number of bytes to cut or pad each string to; None to leave them.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with an additional axis.

    Raises:
      InvalidArgumentError: lengths differ, or are not a multiple of a number's.

    Example:
      >>> tf.io.decode_raw(b"\\x01\\x00\\x02\\x00\\x00\\x00\\x00\\x00", tf.int32).numpy()
      array([131073,      0], dtype=int32)
    """
    tensor = as_any_tensor(input_bytes, dtypes.string)
    texts = np.asarray(tensor).reshape(-1).tolist()
    dtype = as_dtype(out_type)
    if fixed_length is not None:
        texts = [text[:fixed_length].ljust(fixed_length, b"\0") for text in texts]
    lengths = {len(text) for text in texts} or {0}
    size = dtype.size
    if len(lengths) > 1:
        first, other = len(texts[0]), next(len(text) for text in texts if len(text) != len(texts[0]))
        place = [len(text) for text in texts].index(other)
        message = (
            f"DecodeRaw requires input strings to all be the same size, but element {place} has size {first} != {other}"
        )
        raise from_op(InvalidArgumentError, "DecodeRaw", message, "")
    length = lengths.pop()
    if length % size:
        message = (
            f"Input to DecodeRaw has length {length} that is not a multiple of {size}, the size of {dtype_word(dtype)}"
        )
        raise from_op(InvalidArgumentError, "DecodeRaw", message, "")
    order = np.dtype(dtype.as_numpy_dtype).newbyteorder("<" if little_endian else ">")
    array = np.frombuffer(b"".join(texts), order).reshape(*tensor.shape, length // size)
    return as_any_tensor(array.astype(dtype.as_numpy_dtype), dtype)
