"""Partitioning rows into several tensors by number, and the inverse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from, view
from gradtape._engine.ops.rows import first_outside, take_rows
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import int32, int64
from gradtape._src.core.errors import TextOperand, invalid_argument
from gradtape._src.core.operands import check_memory, common_tensors, dims_text, index_array, int_of, wrong_dtype
from gradtape._src.core.text_codes import moved
from gradtape._src.core.typing import TensorLike
from gradtape._src.table.rows import ALL, call, op, real, values


@op(
    "dynamic_partition",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(4), [0, 1, 0, 2], 3), call(real(2, 3), [1, 0], 2), call(real(2, 2), [[0, 1], [1, 1]], 3)),
        call(real(), 1, 2),
    ],
    edges=lambda: [call([1, 2, 3], [0, 1, 0], 2)],
)
def dynamic_partition(
    data: TensorLike, partitions: TensorLike, num_partitions: int, name: str | None = None
) -> list[Tensor]:
    """Partitions the slices of a tensor into several tensors.

    Args:
      data: a tensor.
      partitions: int32, of the leading sizes of `data`: the index of the output tensor of each slice.
      num_partitions: number of tensors.
      name: not used; TensorFlow names operations by it.

    Returns:
      A list of num_partitions tensors, in which slices keep their order.

    Raises:
      InvalidArgumentError: a number is not in [0, num_partitions), or the shapes do not match.

    Example:
      >>> [t.numpy() for t in tf.dynamic_partition([10, 20, 30, 40], [0, 1, 1, 0], 2)]
      [array([10, 40], dtype=int32), array([20, 30], dtype=int32)]
    """
    try:
        tensor, numbers = as_tensor(data), index_array(partitions, "DynamicPartition", "partitions", "int32")
    except TextOperand:
        return moved(dynamic_partition, data, partitions=partitions, num_partitions=num_partitions)
    shape = tuple(tensor.shape)
    if type(num_partitions) is not int:
        raise TypeError(f"Expected int for argument 'num_partitions' not {num_partitions!r}.")
    if num_partitions < 1:
        message = f"Value for attr 'num_partitions' of {num_partitions} must be at least minimum 1"
        raise invalid_argument("DynamicPartition", message, None, kernel=None)
    check_memory((int_of(num_partitions, "DynamicPartition", "num_partitions"),), int64)
    if shape[: numbers.ndim] != numbers.shape:
        raise invalid_argument(
            "DynamicPartition",
            f"data.shape must start with partitions.shape, got data.shape = {dims_text(shape)}, partitions.shape = "
            f"{dims_text(numbers.shape)}",
            None,
        )
    bad = first_outside(numbers, num_partitions)
    if bad >= 0:
        place = dims_text(np.unravel_index(bad, numbers.shape)) if numbers.ndim else ""
        raise invalid_argument(
            "DynamicPartition", f"partitions{place} = {numbers.flat[bad]} is not in [0, {num_partitions})", None
        )
    inner = shape[numbers.ndim :]
    rows = [np.flatnonzero(numbers.reshape(-1) == i) for i in range(num_partitions)]
    return [take_rows("DynamicPartition", tensor, index, (len(index), *inner)) for index in rows]


@op(
    "dynamic_stitch",
    dtypes=ALL,
    samples=lambda: [
        *(call([[0, 2], [1]], [real(2), real(1)]), call([1, [0, 2]], [real(2), real(2, 2)]), call([[0]], [real(1)])),
    ],
    edges=lambda: [
        *(call([[0, 2], [1, 2]], [values([1.0, 2.0]), values([3.0, 4.0])]), call([[3]], [values([1.0])])),
        call([[0], [1]], [[1], [2]]),
    ],
)
def dynamic_stitch(indices: Sequence[TensorLike], data: Sequence[TensorLike], name: str | None = None) -> Tensor:
    """Combines rows into one tensor whose row indices[m][i] is data[m][i]: the inverse of dynamic_partition.

    Args:
      indices: a list of int32 tensors.
      data: a list of tensors, each of the shape of its indices followed by that of a row.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with one row more than the largest index. If an index is repeated the last row is used; missing rows
      are 0.

    Raises:
      InvalidArgumentError: the shapes do not match.

    Example:
      >>> tf.dynamic_stitch([[0, 3], [1, 2]], [[10, 40], [20, 30]]).numpy()
      array([10, 20, 30, 40], dtype=int32)
    """
    numbers = [index_array(as_tensor(part, int32), "DynamicStitch") for part in indices]
    if len(data) != len(numbers):
        raise ValueError(
            f"List argument 'data' to 'dynamic_stitch' Op with length {len(data)} must match length {len(numbers)} of "
            "argument 'indices'."
        )
    if not numbers:
        raise invalid_argument("DynamicStitch", "there must be at least one list of indices", None, kernel=None)
    try:
        tensors = common_tensors(data)
    except TextOperand:
        return moved(lambda *texts: dynamic_stitch(indices, texts), *data)
    for i, tensor in enumerate(tensors):
        if tensor.dtype != tensors[0].dtype:
            raise wrong_dtype("DynamicStitch", len(numbers) + i, tensors[0].dtype, tensor.dtype)
    kernel = f"DynamicStitch_N_{len(numbers)}"
    inner = tuple(tensors[0].shape)[numbers[0].ndim :]
    for i, (part, tensor) in enumerate(zip(numbers, tensors, strict=True)):
        if tuple(tensor.shape)[: part.ndim] != part.shape:
            raise invalid_argument(
                "DynamicStitch",
                f"data[{i}].shape = {dims_text(tensor.shape)} does not start with indices[{i}].shape = "
                f"{dims_text(part.shape)}",
                None,
                kernel=kernel,
            )
        if tuple(tensor.shape)[part.ndim :] != inner:
            first = numbers[0]
            raise invalid_argument(
                "DynamicStitch",
                f"Need data[0].shape[{first.ndim}:] = data[{i}].shape[{part.ndim}:], got data[0].shape = "
                f"{dims_text(tensors[0].shape)}, data[{i}].shape = {dims_text(tensor.shape)}, indices[0].shape = "
                f"{dims_text(first.shape)}, indices[{i}].shape = {dims_text(part.shape)}",
                None,
                kernel=kernel,
            )
    for part in numbers:
        if part.size and part.min() < 0:
            where = dims_text(np.unravel_index(np.argmax(part < 0), part.shape)) if part.ndim else ""
            raise invalid_argument("DynamicStitch", f"indices{where} is out of range", None, kernel=kernel)
    rows = 1 + max((int(part.max()) for part in numbers if part.size), default=-1)
    places = [(part, tensor.shape) for part, tensor in zip(numbers, tensors, strict=True)]
    return _STITCH(*tensors, attributes=(places, (rows, *inner)))


def _stitch(*arguments: Any) -> Tensor:
    *tensors, places, shape = arguments
    array = np.zeros(shape, tensors[0].dtype.as_numpy_dtype)
    for (part, _), tensor in zip(places, tensors, strict=True):
        array[part] = view(tensor)
    return tensor_from(array)


def _stitch_vjp(call: Any, needs: Any, cotangent: Tensor) -> list[Tensor]:
    """TensorFlow's rule: overwritten data receives its row's cotangent too."""
    return [take_rows("GatherV2", cotangent, part, shape) for part, shape in call.attributes[0]]


_STITCH = Primitive("DynamicStitch", _stitch, _stitch_vjp, complexes=True)
