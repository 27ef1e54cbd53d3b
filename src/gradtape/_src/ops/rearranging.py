"""Repeating elements and moving them to other positions."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_reduce, apply_reshape, apply_transpose, as_tensor, empty, tensor_from, view
from gradtape._engine.ops.rows import take_rows
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import int64
from gradtape._src.core.errors import OpError, TextOperand, invalid_argument
from gradtape._src.core.operands import check_memory, index_array, int_attribute, ints_of
from gradtape._src.core.steps import one_step
from gradtape._src.core.text_codes import moved
from gradtape._src.core.typing import IntLike, TensorLike
from gradtape._src.ops.gathering import along_axis, grids
from gradtape._src.table.rows import ALL, call, integer, op, real


@op(
    "tile",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(2, 3), [2, 2]), call(real(3), [3]), call(real(2, 3), [1, 2]), call(real(2), [0]), call(real(), [])),
        *(call(real(0, 2), [2, 3]), call(real(2, 1, 2), [2, 3, 1])),
    ],
    edges=lambda: [call([1, 2], [2]), call(integer([[True]], "bool"), [2, 1])],
)
def tile(input: TensorLike, multiples: TensorLike, name: str | None = None) -> Tensor:
    """Repeats a tensor along each of its axes.

    Args:
      input: a tensor, or a value convertible to one.
      multiples: the number of copies along each axis.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor whose sizes are multiplied by these. The gradient sums over the copies.

    Raises:
      InvalidArgumentError: there is not one multiple per axis, or one is negative.

    Example:
      >>> tf.tile([[1, 2]], [2, 3]).numpy()
      array([[1, 2, 1, 2, 1, 2],
             [1, 2, 1, 2, 1, 2]], dtype=int32)
    """
    try:
        tensor, counts = as_tensor(input), ints_of(multiples, "Tile", "Tmultiples")
    except TextOperand:
        return moved(tile, input, multiples=multiples)
    if len(counts) != tensor.ndim:
        raise invalid_argument(
            "Tile",
            f"Expected multiples argument to be a vector of length {tensor.ndim} but got length {len(counts)}",
            None,
        )
    for i, count in enumerate(counts):
        if count < 0:
            raise invalid_argument("Tile", f"Expected multiples[{i}] >= 0, but got {count}", None)
    return _TILE(tensor, attributes=(tensor.shape, counts))


def _tile(tensor: Tensor, _: Any, counts: list[int]) -> Tensor:
    sizes = tensor.shape
    out, array = empty([size * count for size, count in zip(sizes, counts, strict=True)], tensor.dtype)
    copies = [n for pair in zip(counts, sizes, strict=True) for n in pair]
    array.reshape(copies)[...] = view(tensor).reshape([n for size in sizes for n in (1, size)])
    return out


def _tile_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    """The sum over the copies."""
    sizes, counts = call.attributes
    split_sizes: list[int] = []
    copies = []
    for size, count in zip(sizes, counts, strict=True):
        if count != 1:
            copies.append(len(split_sizes))
            split_sizes.append(count)
        split_sizes.append(size)
    return apply_reduce("Sum", apply_reshape(cotangent, split_sizes), copies, False)


_TILE = Primitive("Tile", _tile, _tile_vjp, linear=True, complexes=True, batch="tile")


@op(
    "reverse",
    dtypes=ALL,
    samples=lambda: [call(real(2, 3), [1]), call(real(2, 3), axis=[-1, 0]), call(real(3), []), call(real(0), [0])],
    edges=lambda: [call([1, 2, 3], [0])],
)
def reverse(tensor: TensorLike, axis: TensorLike, name: str | None = None) -> Tensor:
    """Reverses the order of elements along axes.

    Args:
      tensor: a tensor, or a value convertible to one.
      axis: a sequence of axes; a single number raises.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or `axis` is not a sequence.

    Example:
      >>> tf.reverse([[1, 2, 3], [4, 5, 6]], axis=[1]).numpy()
      array([[3, 2, 1],
             [6, 5, 4]], dtype=int32)
    """
    try:
        data, places = as_tensor(tensor), []
    except TextOperand:
        return moved(reverse, tensor, axis=axis)
    if isinstance(axis, int) or as_tensor(axis, hint=dtypes.int32).ndim == 0:
        raise invalid_argument("ReverseV2", "'dims' must be 1-dimension, not 0", "")
    for i, place in enumerate(ints_of(axis, "ReverseV2", "Tidx")):
        if not -data.ndim <= place < data.ndim:
            raise invalid_argument(
                "ReverseV2", f"'axis'[{i}] = {place} is out of valid range [0, {data.ndim - 1}", None
            )
        if place % data.ndim in places:
            raise invalid_argument("ReverseV2", f"axis {place % data.ndim} specified more than once.", None)
        places.append(place % data.ndim)
    return _REVERSE(data, attributes=(tuple(places),))


def _reverse_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    return _REVERSE(cotangent, attributes=call.attributes)


_REVERSE = Primitive(
    "ReverseV2",
    lambda data, axes: tensor_from(np.flip(view(data), axes)),
    _reverse_vjp,
    linear=True,
    complexes=True,
    batch="axes_first",
)


@op(
    "roll",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(3), 1, 0), call(real(2, 3), [1, -4], [0, 1]), call(real(2, 3), shift=[1, 1], axis=[1, 1])),
        call(real(2, 3), 2, -1),
    ],
    edges=lambda: [call([1, 2, 3], -1, 0), call(real(0), 2, 0)],
)
@one_step("shift", static=("axis",))
def roll(input: TensorLike, shift: TensorLike, axis: TensorLike, name: str | None = None) -> Tensor:
    """Rotates elements along axes; those moved beyond the end reappear at the start.

    Args:
      input: a tensor of at least one axis.
      shift: the number of positions, forward if positive; a number, or one per axis of `axis`.
      axis: the axis or axes.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: shift and axis differ in length, or an axis is out of range.

    Example:
      >>> tf.roll([1, 2, 3, 4], shift=1, axis=0).numpy()
      array([4, 1, 2, 3], dtype=int32)
    """
    try:
        tensor, shifts, places = as_tensor(input), ints_of(shift, "Roll", "Tshift"), ints_of(axis, "Roll", "Taxis")
    except TextOperand:
        return moved(roll, input, shift=shift, axis=axis)
    if tensor.ndim == 0:
        raise invalid_argument("Roll", "input must be 1-D or higher", "")
    if len(shifts) != len(places):
        raise invalid_argument("Roll", "shift and axis must have the same size", None)
    for place in places:
        if not -tensor.ndim <= place < tensor.ndim:
            raise invalid_argument("Roll", f"axis {place} is out of range", "")
    return _ROLL(tensor, attributes=(shifts, places))


def _roll(tensor: Tensor, shifts: list[int], places: list[int]) -> Tensor:
    return tensor_from(np.roll(view(tensor), tuple(shifts), tuple(places)))


def _roll_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    shifts, places = call.attributes
    return _ROLL(cotangent, attributes=([-shift for shift in shifts], places))


_ROLL = Primitive("Roll", _roll, _roll_vjp, linear=True, complexes=True, batch="roll")


def _image(tensor: Any, kernel: str, block_size: int, data_format: str) -> Tensor:
    data = as_tensor(tensor)
    if block_size < 2:
        raise invalid_argument(
            kernel, f"Value for attr 'block_size' of {block_size} must be at least minimum 2", "", kernel=None
        )
    if data_format != "NHWC":
        raise invalid_argument(kernel, f"Only NHWC data_format is supported on CPU, got {data_format}", "")
    if data.ndim != 4:
        mark = ":" if kernel == "DepthToSpace" else ""
        raise invalid_argument(kernel, f"Input rank should be{mark} 4 instead of{mark} {data.ndim}", "")
    return data


@op(
    "nn.space_to_depth",
    dtypes=ALL,
    samples=lambda: [call(real(1, 4, 2, 3), 2), call(real(2, 3, 3, 1), block_size=3)],
    edges=lambda: [call(integer([[[[1], [2]], [[3], [4]]]]), 2)],
)
def space_to_depth(input: TensorLike, block_size: int, data_format: str = "NHWC", name: str | None = None) -> Tensor:
    """Moves blocks of block_size × block_size pixels to channels.

    Args:
      input: images of shape [batch, height, width, channels].
      block_size: the size of a block, 2 or more, which divides height and width.
      data_format: "NHWC".
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, height / block_size, width / block_size, channels * block_size**2].

    Raises:
      InvalidArgumentError: the operand does not have four axes, block_size does not divide its sizes, or the format is
        unknown.

    Example:
      >>> tf.nn.space_to_depth([[[[1], [2]], [[3], [4]]]], 2).numpy()
      array([[[[1, 2, 3, 4]]]], dtype=int32)
    """
    block_size = int_attribute(block_size, "block_size")
    try:
        tensor = _image(input, "SpaceToDepth", block_size, data_format)
    except TextOperand:
        return moved(space_to_depth, input, block_size=block_size, data_format=data_format)
    batch, height, width, depth = tensor.shape
    if height % block_size or width % block_size:
        raise invalid_argument(
            "SpaceToDepth",
            f"Image width {width} and height {height} should be divisible by block_size: {block_size}",
            "",
        )
    rows, columns = height // block_size, width // block_size
    blocks = apply_reshape(tensor, (batch, rows, block_size, columns, block_size, depth))
    return apply_reshape(
        apply_transpose(blocks, [0, 1, 3, 2, 4, 5]), (batch, rows, columns, block_size * block_size * depth)
    )


@op(
    "nn.depth_to_space",
    dtypes=ALL,
    samples=lambda: [call(real(1, 2, 1, 8), 2), call(real(2, 1, 1, 9), block_size=3)],
    edges=lambda: [call(integer([[[[1, 2, 3, 4]]]]), 2)],
)
def depth_to_space(input: TensorLike, block_size: int, data_format: str = "NHWC", name: str | None = None) -> Tensor:
    """Moves the channels of each pixel to a block of block_size × block_size pixels: the inverse of space_to_depth.

    Args:
      input: images of shape [batch, height, width, channels].
      block_size: the size of a block, 2 or more, whose square divides channels.
      data_format: "NHWC".
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, height * block_size, width * block_size, channels / block_size**2].

    Raises:
      InvalidArgumentError: the operand does not have four axes, channels are not divisible, or the format is unknown.

    Example:
      >>> tf.nn.depth_to_space([[[[1, 2, 3, 4]]]], 2)[0, :, :, 0].numpy()
      array([[1, 2],
             [3, 4]], dtype=int32)
    """
    block_size = int_attribute(block_size, "block_size")
    try:
        tensor = _image(input, "DepthToSpace", block_size, data_format)
    except TextOperand:
        return moved(depth_to_space, input, block_size=block_size, data_format=data_format)
    batch, height, width, depth = tensor.shape
    if depth % (block_size * block_size):
        raise invalid_argument(
            "DepthToSpace", f"Input depth dimension {depth} should be divisible by: {block_size * block_size}", ""
        )
    left = depth // (block_size * block_size)
    blocks = apply_reshape(tensor, (batch, height, width, block_size, block_size, left))
    return apply_reshape(
        apply_transpose(blocks, [0, 1, 3, 2, 4, 5]), (batch, height * block_size, width * block_size, left)
    )


@op(
    "repeat",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(2, 3), 2), call(real(2, 3), [1, 2], 0), call(real(2, 3), 2, axis=-1), call(real(3), [0, 2, 1])),
        *(call(real(), 3), call(real(2), [2])),
    ],
    edges=lambda: [call([1, 2], 2), call(integer([3, 4], "int64"), [1, 2], 0)],
)
def repeat(input: TensorLike, repeats: TensorLike, axis: IntLike | None = None, name: str | None = None) -> Tensor:
    """Repeats each element, or each slice along an axis, several times in a row.

    Args:
      input: a tensor.
      repeats: the number of repetitions, one for all or one for each slice.
      axis: the axis; None flattens the tensor first.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same dtype. The gradient sums over the copies.

    Raises:
      ValueError: the axis is out of range, or there is not one number per slice.

    Example:
      >>> tf.repeat([1, 2], repeats=[3, 1]).numpy()
      array([1, 1, 1, 2], dtype=int32)
      >>> tf.repeat([[1, 2], [3, 4]], repeats=2, axis=1).numpy()
      array([[1, 1, 2, 2],
             [3, 3, 4, 4]], dtype=int32)
    """
    try:
        data, counts = as_tensor(input), ints_of(repeats, "Repeat", "repeats")
    except TextOperand:
        return moved(repeat, input, repeats=repeats, axis=axis)
    scalar = isinstance(repeats, int) or as_tensor(repeats).ndim == 0
    if axis is None:
        data, place = apply_reshape(data, [-1]), 0
    else:
        if not isinstance(axis, int | np.integer):
            raise TypeError(f"Argument `axis` must be an int. Received `axis` = {axis} of type {type(axis).__name__}")
        place = int(axis)
        if not -data.ndim <= place < data.ndim:
            raise ValueError(f"axis={place} out of bounds: expected -{data.ndim}<=axis<{data.ndim}")
        place %= data.ndim
    size = data.shape[place]
    if not scalar and len(counts) not in (1, size):
        raise ValueError(f"Dimensions {size} and {len(counts)} are not compatible")
    counts = [max(count, 0) for count in counts]
    check_memory((size * counts[0] if len(counts) == 1 else sum(counts),), int64)
    return along_axis(data, np.repeat(np.arange(size), counts[0] if len(counts) == 1 else counts), place)


@op(
    "reverse_sequence",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(2, 3), [2, 1], seq_axis=1), call(real(3, 2), [3, 0], seq_axis=0, batch_axis=1)),
        call(real(2, 2, 3), [3, 2], 2, 0),
    ],
    edges=lambda: [call(integer([[1, 2], [3, 4]]), [2, 1], seq_axis=1)],
)
@one_step("seq_lengths", static=("seq_axis", "batch_axis"))
def reverse_sequence(
    input: TensorLike,
    seq_lengths: TensorLike,
    seq_axis: IntLike | None = None,
    batch_axis: IntLike | None = None,
    name: str | None = None,
) -> Tensor:
    """Reverses the first seq_lengths[i] elements of each sequence and keeps the others in place.

    Args:
      input: a tensor.
      seq_lengths: a vector of lengths, one for each sequence.
      seq_axis: the axis along which sequences run.
      batch_axis: the axis that enumerates the sequences; None for 0.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      TypeError: seq_axis is missing.
      InvalidArgumentError: a length exceeds the axis, or there is not one for each sequence.

    Example:
      >>> tf.reverse_sequence([[1, 2, 3], [4, 5, 6]], [2, 3], seq_axis=1).numpy()
      array([[2, 1, 3],
             [6, 5, 4]], dtype=int32)
    """
    if seq_axis is None:
        raise TypeError("Expected int for argument 'seq_dim' not None.")
    try:
        data, lengths = as_tensor(input), index_array(seq_lengths, "ReverseSequence", "Tlen")
    except TextOperand:
        axes = {"seq_axis": seq_axis, "batch_axis": batch_axis}
        return moved(reverse_sequence, input, seq_lengths=seq_lengths, **axes)
    along = int_attribute(seq_axis, "seq_dim")
    across = 0 if batch_axis is None else int_attribute(batch_axis, "batch_dim")
    _check_sequences(tuple(data.shape), lengths, along, across)
    size, shape = data.shape[along], tuple(data.shape)
    place = np.arange(size)
    picked = np.where(place < lengths[:, None], lengths[:, None] - 1 - place, place)
    picked = picked if across < along else picked.T
    picked = picked.reshape([n if i in (along, across) else 1 for i, n in enumerate(shape)])
    coordinates = grids(shape, data.ndim)
    coordinates[along] = picked
    numbers = np.zeros((1,) * data.ndim, np.int64)
    for grid, n in zip(coordinates, shape, strict=True):
        numbers = numbers * n + grid
    return take_rows("ReverseSequence", data, np.array(np.broadcast_to(numbers, shape)), shape)


def _check_sequences(shape: tuple[int, ...], lengths: np.ndarray, along: int, across: int) -> None:
    """InvalidArgumentError unless both axes exist and there is a valid length for each sequence."""

    def refused(message: str) -> OpError:
        return invalid_argument("ReverseSequence", message, None)

    if along == across:
        raise refused(f"batch_dim == seq_dim == {along}")
    if lengths.ndim != 1:
        raise refused(f"seq_lengths must be 1-dim, not {lengths.ndim}")
    for name, axis in (("seq_dim", along), ("batch_dim", across)):
        if axis >= len(shape):
            raise refused(f"{name} must be < input rank ( {axis} vs. {len(shape)})")
        if axis < 0:
            raise refused(f"Invalid {name} {axis}")
    if lengths.size != shape[across]:
        raise refused(f"Length of seq_lengths != input.dims({across}), ({lengths.size} vs. {shape[across]})")
    for i, length in enumerate(lengths.tolist()):
        if length < 0:
            raise refused(f"seq_lens({i}) < 0")
        if length > shape[along]:
            raise refused(f"seq_lens({i}) > input.dims({along})")
