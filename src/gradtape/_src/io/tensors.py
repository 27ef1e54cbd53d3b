"""Tensors as bytes, in TensorFlow's format."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType, as_dtype
from gradtape._src.core.errors import InvalidArgumentError, from_op
from gradtape._src.core.operands import dtype_word
from gradtape._src.core.protobuf import DecodeError
from gradtape._src.core.string_tensor import StringTensor, as_any_tensor
from gradtape._src.io.wire import Field, Message


class Dim(Message):
    """A size."""

    FIELDS: ClassVar[dict[str, Field]] = {"size": Field(1, "int64"), "name": Field(2, "string")}


class TensorShapeProto(Message):
    """A shape."""

    FIELDS: ClassVar[dict[str, Field]] = {"dim": Field(2, Dim, repeated=True), "unknown_rank": Field(3, "bool")}


class TensorProto(Message):
    """A tensor: its dtype and shape with its bytes, or with lists of values, the last of which is repeated."""

    FIELDS: ClassVar[dict[str, Field]] = {
        "dtype": Field(1, "int64"),
        "tensor_shape": Field(2, TensorShapeProto),
        "tensor_content": Field(4, "bytes"),
        "float_val": Field(5, "float", repeated=True),
        "double_val": Field(6, "double", repeated=True),
        "int_val": Field(7, "int64", repeated=True),
        "string_val": Field(8, "bytes", repeated=True),
        "int64_val": Field(10, "int64", repeated=True),
        "bool_val": Field(11, "bool", repeated=True),
    }


_LISTS = {"float32": "float_val", "float64": "double_val", "int64": "int64_val", "bool": "bool_val"}


def tensor_proto(tensor: Tensor | StringTensor) -> TensorProto:
    """The message of a tensor."""
    shape = TensorShapeProto(dim=[Dim(size=size) for size in tensor.shape])
    proto = TensorProto(dtype=tensor.dtype.as_datatype_enum, tensor_shape=shape)
    array = np.asarray(tensor)
    if tensor.dtype is dtypes.string:
        proto.string_val.extend(array.reshape(-1).tolist())
    else:
        proto.tensor_content = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return proto


def serialize_tensor(tensor: Any, name: str | None = None) -> StringTensor:
    """A tensor as bytes, which `parse_tensor` and TensorFlow read.

    Args:
      tensor: a tensor, or a value convertible to one.
      name: not used; TensorFlow names operations by it.

    Returns:
      A scalar string tensor.

    Raises:
      ValueError: the operand cannot be converted to a tensor.

    Example:
      >>> tf.io.parse_tensor(tf.io.serialize_tensor([1.0, 2.0]), tf.float32)
      <tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>
    """
    return StringTensor(tensor_proto(as_any_tensor(tensor)).SerializeToString())


def parse_tensor(serialized: Any, out_type: Any, name: str | None = None) -> Tensor | StringTensor:
    """The tensor that `serialize_tensor` or TensorFlow wrote as bytes.

    Args:
      serialized: bytes, or a scalar string tensor.
      out_type: its dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: they are not the bytes of a tensor, or of one of another dtype.

    Example:
      >>> tf.io.parse_tensor(tf.io.serialize_tensor(3), tf.int32).numpy()
      np.int32(3)
    """
    dtype = as_dtype(out_type)
    data = serialized.numpy() if isinstance(serialized, StringTensor) else serialized
    try:
        proto = TensorProto.FromString(data)
        found = as_dtype(proto.dtype)
        shape = [dim.size for dim in proto.tensor_shape.dim]
        count = math.prod(shape)
        if min(shape, default=0) < 0:
            raise DecodeError("negative size")
    except (ValueError, TypeError):
        raise from_op(
            InvalidArgumentError, "ParseTensor", f"Could not parse `serialized` as TensorProto: {data!r}", ""
        ) from None
    if found is not dtype:
        raise from_op(
            InvalidArgumentError,
            "ParseTensor",
            f"Type mismatch between parsed tensor ({dtype_word(found)}) and dtype ({dtype_word(dtype)})",
            "",
        )
    return _tensor_of(proto, dtype, shape, count)


def _tensor_of(proto: TensorProto, dtype: DType, shape: list[int], count: int) -> Tensor | StringTensor:
    if dtype is dtypes.string:
        values = np.array(proto.string_val, object)
    elif proto.tensor_content:
        little = np.dtype(dtype.as_numpy_dtype).newbyteorder("<")
        content = proto.tensor_content
        values = np.frombuffer(content, little, len(content) // little.itemsize)
    else:
        values = np.array(getattr(proto, _LISTS.get(dtype.name, "int_val")), dtype.as_numpy_dtype)
    if 0 < len(values) < count and not proto.tensor_content:  # a list goes on with its last value
        values = np.concatenate([values, np.full(count - len(values), values[-1])])
    if len(values) != count:
        message = f"Could not parse `serialized` as TensorProto: {len(values)} values for a tensor of {count}"
        raise from_op(InvalidArgumentError, "ParseTensor", message, "")
    return as_any_tensor(values.reshape(shape), dtype)
