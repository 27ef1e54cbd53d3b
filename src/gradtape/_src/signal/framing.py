"""Framing of signals: overlapping frames, and their sum."""

from __future__ import annotations

import math

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.typing import IntLike, TensorLike
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.padding import pad
from gradtape._src.ops.reductions import reduce_sum
from gradtape._src.ops.shapes import reshape, transpose
from gradtape._src.signal.windows import scalar
from gradtape._src.table.rows import call, integer, op, real


@op(
    "signal.frame",
    dtypes="any",
    samples=lambda: [
        call(real(7), 3, 2),
        call(real(2, 9), 4, 2, pad_end=True),
        call(real(7, 2), 3, 3, True, 0.5, 0),
        call(real(2, 7, 2), 2, 4, axis=-2),
        call(real(2), 3, 1),
    ],
    edges=lambda: [
        call(integer([1, 2, 3, 4, 5]), 3, 2),
        call(integer([1, 2, 3, 4, 5], "int64"), 4, 3, pad_end=True, pad_value=9),
        call(real(0), 3, 1),
        call(real(0), 3, 1, pad_end=True),
    ],
)
def frame(
    signal: TensorLike,
    frame_length: IntLike,
    frame_step: IntLike,
    pad_end: bool = False,
    pad_value: TensorLike = 0,
    axis: int = -1,
    name: str | None = None,
) -> Tensor:
    """Splits an axis into frames, which overlap if the step is less than their length.

    Args:
      signal: a tensor with at least one axis.
      frame_length: length of the frames.
      frame_step: distance between the starts of consecutive frames.
      pad_end: whether frames start at every step within the axis, padded beyond its end.
      pad_value: the padding value.
      axis: the axis.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that dtype, with two axes at that position: the frames, and the values of each.

    Raises:
      ValueError: the signal is a scalar, or a length is invalid.
      InvalidArgumentError: a length is negative, or the step less than 1.
      IndexError: the axis is out of range.

    Example:
      >>> tf.signal.frame([1, 2, 3, 4, 5], 3, 2).numpy()
      array([[1, 2, 3],
             [3, 4, 5]], dtype=int32)
    """
    tensor = as_tensor(signal)
    tensor.shape.with_rank_at_least(1)
    length, step = scalar(frame_length, "frame_length", 0), scalar(frame_step, "frame_step", 1)
    place = scalar(axis, "axis")
    if not -tensor.ndim <= place < tensor.ndim:
        raise IndexError(f"axis {place} is none of {tensor.ndim} axes")
    place %= tensor.ndim
    shape = list(tensor.shape)
    if pad_end:
        count = -(-shape[place] // step)
        behind = max(0, length + step * (count - 1) - shape[place])
        if behind:
            paddings = [[0, 0]] * place + [[0, behind]] + [[0, 0]] * (tensor.ndim - place - 1)
            tensor = pad(tensor, paddings, constant_values=pad_value)
            shape[place] += behind
    else:
        count = max(0, 1 + (shape[place] - length) // step)
    # Values are moved in blocks whose size divides both length and step.
    block = math.gcd(length, step)
    blocks = shape[place] // block
    corner = (slice(None),) * place + (slice(blocks * block),)
    cut = tensor[corner] if blocks * block < shape[place] else tensor
    before, behind_it = shape[:place], shape[place + 1 :]
    rows = np.arange(count)[:, None] * (step // block) + np.arange(length // block)
    taken = gather(reshape(cut, [*before, blocks, block, *behind_it]), rows, axis=place)
    return reshape(taken, [*before, count, length, *behind_it])


@op(
    "signal.overlap_and_add",
    dtypes="any",
    samples=lambda: [
        call(real(4, 3), 2),
        call(real(2, 3, 4), 1),
        call(real(3, 2), 2),
        call(real(2, 3), 5),
    ],
    edges=lambda: [call(integer([[1, 2, 3], [4, 5, 6]]), 2), call(real(1, 3), 2)],
)
def overlap_and_add(signal: TensorLike, frame_step: IntLike, name: str | None = None) -> Tensor:
    """Sums overlapping frames to a signal.

    Args:
      signal: a tensor whose last two axes are the frames and the values of each.
      frame_step: distance between the starts of consecutive frames.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that dtype with one axis for the two, of size (frames - 1) * frame_step + values.

    Raises:
      ValueError: the tensor has fewer than two axes, or the step is not an integer.
      InvalidArgumentError: the step is less than 1.

    Example:
      >>> tf.signal.overlap_and_add([[1, 2, 3], [10, 20, 30]], 2).numpy()
      array([ 1,  2, 13, 20, 30], dtype=int32)
    """
    tensor = as_tensor(signal)
    tensor.shape.with_rank_at_least(2)
    given = as_tensor(frame_step)
    if not given.ndim and not given.dtype.is_integer:
        raise ValueError(f"frame_step must be an integer. Got {given.dtype}")
    step = scalar(given, "frame_step", 1)
    *outer, count, length = tensor.shape
    whole = step * (count - 1) + length
    if step == length:
        return reshape(tensor, [*outer, whole])
    # A stretch is a row of parts, of which the one numbered p lies p rows lower. Parts come first, and each has as many
    # rows of zeros behind it as there are parts: cut again, a row shorter each, it has moved down by its number.
    parts = -(-length // step)
    rows = count + parts
    ahead = [[0, 0]] * len(outer)
    tensor = reshape(pad(tensor, [*ahead, [0, 0], [0, parts * step - length]]), [*outer, count, parts, step])
    rank = len(outer)
    tensor = transpose(tensor, [*range(rank), rank + 1, rank, rank + 2])
    tensor = reshape(pad(tensor, [*ahead, [0, 0], [0, parts], [0, 0]]), [*outer, parts * rows, step])
    tensor = reshape(tensor[..., : parts * (rows - 1), :], [*outer, parts, rows - 1, step])
    return reshape(reduce_sum(tensor, -3), [*outer, (rows - 1) * step])[..., :whole]
