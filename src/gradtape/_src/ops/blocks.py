"""Blocks of spatial axes moved to the batch axis and back, and bit casts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_reshape, apply_transpose, as_tensor, tensor_from, view
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import dims_text, index_array, not_allowed
from gradtape._src.core.typing import DTypeLike, TensorLike
from gradtape._src.ops.padding import pad
from gradtape._src.table.rows import ALL, NUMBERS, call, integer, op, real


def _blocks(op: str, tensor: Tensor, block_shape: Any, amounts: Any, name: str) -> tuple[list[int], list[list[int]]]:
    """The sizes of blocks and the pairs of amounts by axis, as the kernel requires them."""
    block = index_array(block_shape, op, "Tblock_shape")
    if block.ndim != 1:
        raise invalid_argument(op, f"block_shape rank should be 1 instead of {block.ndim}")
    if tensor.ndim < 1 + block.size:
        raise invalid_argument(op, f"input rank should be >= {1 + block.size} instead of {tensor.ndim}")
    pairs = index_array(amounts, op, f"T{name}")
    if pairs.shape != (block.size, 2):
        message = f"{name} should have shape [{block.size}, 2] instead of {dims_text(pairs.shape)}"
        raise invalid_argument(op, message)
    return block.tolist(), pairs.tolist()


def _to_batch(input: TensorLike, block_shape: Any, paddings: Any) -> Tensor:
    kernel = "SpaceToBatchND"
    tensor = as_tensor(input)
    block, pairs = _blocks(kernel, tensor, block_shape, paddings, "paddings")
    for place, size in enumerate(block):
        if size < 1:
            message = f"All values in block_shape must be positive, got value, {size} at index {place}."
            raise invalid_argument(kernel, message)
    if any(amount < 0 for pair in pairs for amount in pair):
        raise invalid_argument(kernel, "Paddings must be non-negative")
    rank = len(block)
    if any(map(any, pairs)):
        tensor = pad(tensor, [[0, 0], *pairs, *[[0, 0]] * (tensor.ndim - rank - 1)])
    batch, *sizes = tensor.shape
    for place, (size, side) in enumerate(zip(sizes, block, strict=False)):
        if size % side:
            message = f"padded_shape[{place}]={size} is not divisible by block_shape[{place}]={side}"
            raise invalid_argument(kernel, message)
    counts = [size // side for size, side in zip(sizes, block, strict=False)]
    rest = sizes[rank:]
    split = apply_reshape(tensor, (batch, *(n for pair in zip(counts, block, strict=True) for n in pair), *rest))
    order = [*range(2, 2 * rank + 1, 2), 0, *range(1, 2 * rank, 2), *range(2 * rank + 1, 2 * rank + 1 + len(rest))]
    return apply_reshape(apply_transpose(split, order), (math.prod(block) * batch, *counts, *rest))


_SPACE: dict[str, Any] = {
    "samples": lambda: [
        call(real(1, 4, 6, 2), [2, 3], [[0, 0], [0, 0]]),
        call(real(2, 3, 2), [2], [[1, 2]]),
    ],
    "edges": lambda: [
        call(integer([[[1], [2]], [[3], [4]]]), [2], [[0, 0]]),
        call(real(1, 2, 2, 1), [2, 2], [[2, 0], [1, 1]]),
    ],
}


@op("space_to_batch", "nn.space_to_batch", dtypes=ALL, **_SPACE)
def space_to_batch(input: TensorLike, block_shape: TensorLike, paddings: TensorLike, name: str | None = None) -> Tensor:
    """Divides axes into blocks, and moves the positions within a block to the batch axis.

    Args:
      input: a tensor: the batch axis, the axes that are divided, and further ones.
      block_shape: the size of a block along each of these axes.
      paddings: [before, after] of each such axis, the number of zeros that are added first.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor whose batch is larger by the number of elements of a block, and whose axes are shorter by its sizes.

    Raises:
      InvalidArgumentError: a size is not positive or does not divide its axis, an amount is negative, or their number
        is not that of the axes.

    Example:
      >>> tf.space_to_batch([[[1], [2], [3], [4]]], [2], [[0, 0]])[..., 0].numpy()
      array([[1, 3],
             [2, 4]], dtype=int32)
    """
    return _to_batch(input, block_shape, paddings)


@op("space_to_batch_nd", dtypes=ALL, **_SPACE)
def space_to_batch_nd(
    input: TensorLike, block_shape: TensorLike, paddings: TensorLike, name: str | None = None
) -> Tensor:
    """`space_to_batch` under another name.

    Args:
      input: a tensor: the batch axis, the axes that are divided, and further ones.
      block_shape: the size of a block along each of these axes.
      paddings: [before, after] of each such axis, the number of zeros that are added first.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor whose batch is larger by the number of elements of a block, and whose axes are shorter by its sizes.

    Raises:
      InvalidArgumentError: as for `space_to_batch`.

    Example:
      >>> tf.space_to_batch_nd([[1, 2, 3]], [2], [[0, 1]]).numpy()
      array([[1, 3],
             [2, 0]], dtype=int32)
    """
    return _to_batch(input, block_shape, paddings)


@op(
    "batch_to_space",
    dtypes=ALL,
    samples=lambda: [
        call(real(6, 2, 2, 1), [2, 3], [[0, 0], [0, 0]]),
        call(real(4, 3, 2), [2], [[1, 2]]),
        call(real(4, 1, 2, 1), 2, [[0, 0], [1, 0]]),
    ],
    edges=lambda: [call(integer([[[1], [2]], [[3], [4]]]), [2], [[0, 0]])],
)
def batch_to_space(input: TensorLike, block_shape: TensorLike, crops: TensorLike, name: str | None = None) -> Tensor:
    """Moves elements of the batch axis to blocks of spatial axes: the inverse of `space_to_batch`.

    Args:
      input: a tensor: the batch axis, the axes that grow, and further ones.
      block_shape: the size of a block along each axis that grows; a single number for two axes.
      crops: [before, after] of each such axis, the number of elements that are cut from the result.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor whose batch is smaller by the number of elements of a block, and whose axes are longer by its sizes.

    Raises:
      InvalidArgumentError: the block's size does not divide the batch, an amount is negative or exceeds the axis, or
        their number is not that of the axes.

    Example:
      >>> tf.batch_to_space([[[1], [3]], [[2], [4]]], [2], [[0, 0]])[..., 0].numpy()
      array([[1, 2, 3, 4]], dtype=int32)
    """
    kernel = "BatchToSpaceND"
    tensor = as_tensor(input)
    if as_tensor(block_shape).ndim == 0:
        block_shape = [block_shape, block_shape]
    block, pairs = _blocks(kernel, tensor, block_shape, crops, "crops")
    elements = math.prod(block)
    if elements < 1 or min(block, default=1) < 1:
        raise invalid_argument(kernel, f"Product of block sizes must be positive, got {elements}")
    batch, *sizes = tensor.shape
    if batch % elements:
        message = f"Input batch dimension ({batch}) is not divisible by product of block sizes ({elements})"
        raise invalid_argument(kernel, message)
    if any(amount < 0 for pair in pairs for amount in pair):
        raise invalid_argument(kernel, "Crops must be non-negative")
    rank = len(block)
    grown = [size * side for size, side in zip(sizes, block, strict=False)]
    for place, (size, pair) in enumerate(zip(grown, pairs, strict=True)):
        if size < sum(pair):
            raise invalid_argument(kernel, f"cropped_shape[{place}]={size - sum(pair)} must be non-negative")
    rest = sizes[rank:]
    split = apply_reshape(tensor, (*block, batch // elements, *sizes))
    order = [rank, *(n for i in range(rank) for n in (rank + 1 + i, i)), *range(2 * rank + 1, 2 * rank + 1 + len(rest))]
    whole = apply_reshape(apply_transpose(split, order), (batch // elements, *grown, *rest))
    corner = (slice(None), *(slice(pair[0], size - pair[1]) for size, pair in zip(grown, pairs, strict=True)))
    return whole[corner] if any(map(any, pairs)) else whole


_BITS = "bfloat16, half, float, double, int64, int32, uint8, uint16, uint32, uint64, int8, int16, complex64, complex128"


def _bits(tensor: Tensor, given: dtypes.DType, kind: dtypes.DType) -> Tensor:
    # Primitives in Python are called with half precision widened.
    array: np.ndarray = np.ascontiguousarray(view(tensor), given.as_numpy_dtype)
    wanted = np.dtype(kind.as_numpy_dtype)
    if wanted.itemsize > array.itemsize:
        return tensor_from(array.view(wanted).reshape(array.shape[:-1]), kind)
    parts = array.itemsize // wanted.itemsize
    return tensor_from(array.reshape(-1).view(wanted).reshape(tensor.shape + ((parts,) if parts > 1 else ())), kind)


_BITCAST = Primitive("Bitcast", _bits, complexes=True)


@op(
    "bitcast",
    dtypes=NUMBERS,
    orders="0",
    edges=lambda: [
        call(integer([1, -2]), "float32"),
        call(integer([[1, 1065353216]]), "complex64"),
        call(integer([[1, 2], [3, 4]], "uint8"), "int16"),
        call(integer([1, 2], "int64"), "uint8"),
        call(integer(3), "int16"),
    ],
)
def bitcast(input: TensorLike, type: DTypeLike, name: str | None = None) -> Tensor:
    """Reinterprets the bits of a tensor's elements as another dtype.

    Args:
      input: a tensor of numbers.
      type: the dtype. For a smaller one the elements are split along a new last axis; for a larger one the last axis
        is merged.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that dtype, without a gradient.

    Raises:
      InvalidArgumentError: an element's bits do not fill whole elements of the other dtype, or a dtype is not numeric.

    Example:
      >>> tf.bitcast(1.0, tf.int32).numpy()
      np.int32(1065353216)
    """
    tensor, kind = as_tensor(input), dtypes.as_dtype(type)
    for found, attribute in ((tensor.dtype, "T"), (kind, "type")):
        if found.is_bool or found == dtypes.string:
            raise not_allowed("Bitcast", found, f"{_BITS}, qint8, quint8, qint16, quint16, qint32", attribute)
    if kind.size > tensor.dtype.size and (not tensor.ndim or tensor.shape[-1] != kind.size // tensor.dtype.size):
        raise invalid_argument("Bitcast", f"Cannot bitcast from {tensor.dtype.size} to {kind.size}", "")
    return _BITCAST(tensor, attributes=(tensor.dtype, kind))
