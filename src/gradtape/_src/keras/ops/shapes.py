"""Functions of keras.ops that change shapes, join tensors and split them."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_broadcast_to, apply_reshape, apply_transpose
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.ops.promotion import axis_of, promoted, shape_list
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.ops import joining, padding, rearranging, shapes


@keras_op
def reshape(x: Any, newshape: Any) -> Tensor:
    """Reshapes a tensor.

    Args:
      x: a tensor.
      newshape: the shape; one size may be -1, which is computed.

    Returns:
      A tensor of the same dtype.

    Raises:
      InvalidArgumentError: the shape does not have the same number of elements, or a second size is -1.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.reshape([1, 2, 3, 4], (2, -1)).shape
      TensorShape([2, 2])
    """
    return apply_reshape(tensor_of(x), tuple(shape_list(newshape)))


@keras_op
def ravel(x: Any) -> Tensor:
    """Flattens a tensor.

    Args:
      x: a tensor.

    Returns:
      A vector.

    Raises:
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.ravel([[1, 2], [3, 4]]).numpy()
      array([1, 2, 3, 4], dtype=int32)
    """
    return apply_reshape(tensor_of(x), (-1,))


@keras_op
def transpose(x: Any, axes: Any = None) -> Tensor:
    """Permutes the axes of a tensor.

    Args:
      x: a tensor.
      axes: the order; reversed by default.

    Returns:
      A tensor of the same dtype.

    Raises:
      InvalidArgumentError: axes is not a permutation of the axes of x.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.transpose([[1, 2], [3, 4]]).numpy().tolist()
      [[1, 3], [2, 4]]
    """
    return apply_transpose(tensor_of(x), axes)


@keras_op
def swapaxes(x: Any, axis1: int, axis2: int) -> Tensor:
    """Exchanges two axes of a tensor.

    Args:
      x: a tensor.
      axis1, axis2: the axes.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: an axis is out of range, or x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.swapaxes(tf.zeros((2, 3, 4)), 0, 2).shape
      TensorShape([4, 3, 2])
    """
    tensor = tensor_of(x)
    order = list(builtins.range(tensor.ndim))
    first, second = axis_of(axis1, tensor.ndim), axis_of(axis2, tensor.ndim)
    order[first], order[second] = order[second], order[first]
    return apply_transpose(tensor, order)


@keras_op
def moveaxis(x: Any, source: Any, destination: Any) -> Tensor:
    """Moves axes of a tensor to other positions.

    Args:
      x: a tensor.
      source: the axis or axes.
      destination: their new positions.

    Returns:
      A tensor of the same dtype.

    Raises:
      InvalidArgumentError: an axis is repeated.
      ValueError: an axis is out of range, source and destination differ in length, or x cannot be converted to a
        tensor.

    Example:
      >>> tf.keras.ops.moveaxis(tf.zeros((2, 3, 4)), 0, -1).shape
      TensorShape([3, 4, 2])
    """
    tensor = tensor_of(x)
    sources, goals = ([axes] if isinstance(axes, int) else list(axes) for axes in (source, destination))
    sources = [axis_of(axis, tensor.ndim) for axis in sources]
    order = [axis for axis in builtins.range(tensor.ndim) if axis not in sources]
    for goal, axis in sorted(zip((axis_of(goal, tensor.ndim) for goal in goals), sources, strict=True)):
        order.insert(goal, axis)
    return apply_transpose(tensor, order)


@keras_op
def expand_dims(x: Any, axis: Any) -> Tensor:
    """Inserts axes of size 1.

    Args:
      x: a tensor.
      axis: the position or positions of the new axes.

    Returns:
      A tensor of the same dtype.

    Raises:
      InvalidArgumentError: a position that is given alone is out of range.
      ValueError: one of several positions is out of range, or x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.expand_dims([1, 2], -1).shape
      TensorShape([2, 1])
    """
    tensor = tensor_of(x)
    if isinstance(axis, int):
        return shapes.expand_dims(tensor, axis)
    rank = tensor.ndim + len(axis)
    for place in sorted(axis_of(one, rank) for one in axis):
        tensor = shapes.expand_dims(tensor, place)
    return tensor


@keras_op
def squeeze(x: Any, axis: Any = None) -> Tensor:
    """Removes axes of size 1.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all of size 1.

    Returns:
      A tensor of the same dtype.

    Raises:
      InvalidArgumentError: an axis is out of range, or its size is not 1.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.squeeze([[1], [2]]).shape
      TensorShape([2])
    """
    return shapes.squeeze(tensor_of(x), axis)


@keras_op
def broadcast_to(x: Any, shape: Any) -> Tensor:
    """Broadcasts a tensor to a shape.

    Args:
      x: a tensor.
      shape: the shape.

    Returns:
      A tensor of the same dtype.

    Raises:
      InvalidArgumentError: x does not broadcast to the shape.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.broadcast_to([1, 2], (2, 2)).numpy().tolist()
      [[1, 2], [1, 2]]
    """
    return apply_broadcast_to(tensor_of(x), shape_list(shape))


@keras_op
def flip(x: Any, axis: Any = None) -> Tensor:
    """Reverses the order of values along axes.

    Args:
      x: a tensor.
      axis: the axis or axes; None for all.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.flip([1, 2, 3]).numpy()
      array([3, 2, 1], dtype=int32)
    """
    tensor = tensor_of(x)
    axes = list(builtins.range(tensor.ndim)) if axis is None else [axis] if isinstance(axis, int) else list(axis)
    return rearranging.reverse(tensor, axes)


@keras_op
def fliplr(x: Any) -> Tensor:
    """Reverses the order of values along axis 1.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has fewer than two axes.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.fliplr([[1, 2]]).numpy()
      array([[2, 1]], dtype=int32)
    """
    return rearranging.reverse(tensor_of(x), [1])


@keras_op
def flipud(x: Any) -> Tensor:
    """Reverses the order of values along axis 0.

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x is a scalar.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.flipud([1, 2]).numpy()
      array([2, 1], dtype=int32)
    """
    return rearranging.reverse(tensor_of(x), [0])


@keras_op
def rot90(array: Any, k: int = 1, axes: Any = (0, 1)) -> Tensor:
    """Rotates a tensor by 90° in the plane of two axes.

    Args:
      array: a tensor.
      k: the number of rotations, from the first axis towards the second.
      axes: the axes.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: axes are not two of the tensor's, or array cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.rot90([[1, 2], [3, 4]]).numpy().tolist()
      [[2, 4], [1, 3]]
    """
    tensor = tensor_of(array)
    first, second = (axis_of(axis, tensor.ndim) for axis in axes)
    if first == second:
        raise ValueError(f"Axes must be two different dimensions. Received: axes={axes}")
    turns = k % 4
    if turns == 2:
        return rearranging.reverse(tensor, [first, second])
    order = list(builtins.range(tensor.ndim))
    order[first], order[second] = order[second], order[first]
    if turns == 1:
        return apply_transpose(rearranging.reverse(tensor, [second]), order)
    return rearranging.reverse(apply_transpose(tensor, order), [second]) if turns else tensor


@keras_op
def roll(x: Any, shift: Any, axis: Any = None) -> Tensor:
    """Rotates values along axes; those moved beyond the end reappear at the start.

    Args:
      x: a tensor.
      shift: the number of positions, or one number per axis.
      axis: the axis or axes; None for all values in one.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: an axis is out of range, or shift and axis differ in length.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.roll([1, 2, 3], 1).numpy()
      array([3, 1, 2], dtype=int32)
    """
    tensor = tensor_of(x)
    if axis is not None:
        return rearranging.roll(tensor, shift, axis)
    return apply_reshape(rearranging.roll(apply_reshape(tensor, (-1,)), shift, 0), tuple(tensor.shape))


@keras_op
def tile(x: Any, repeats: Any) -> Tensor:
    """Repeats a tensor along its axes.

    Args:
      x: a tensor.
      repeats: the number of copies along each axis.

    Returns:
      A tensor of the same dtype.

    Raises:
      InvalidArgumentError: a number of copies is negative.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.tile([1, 2], 2).numpy()
      array([1, 2, 1, 2], dtype=int32)
    """
    tensor, times = tensor_of(x), shape_list(repeats)
    rank = builtins.max(tensor.ndim, len(times))
    tensor = apply_reshape(tensor, [1] * (rank - tensor.ndim) + list(tensor.shape))
    return rearranging.tile(tensor, [1] * (rank - len(times)) + times)


@keras_op
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Tensor:
    """Repeats each value of a tensor.

    Args:
      x: a tensor.
      repeats: the number of repetitions, or one number per value.
      axis: the axis; None flattens the operand.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: the numbers do not fit the axis, the axis is out of range, or x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.repeat([1, 2], 2).numpy()
      array([1, 1, 2, 2], dtype=int32)
    """
    return rearranging.repeat(tensor_of(x), repeats, axis)


@keras_op
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Tensor:
    """Pads a tensor along its axes.

    Args:
      x: a tensor.
      pad_width: a pair for each axis: the number of positions added before and after; one pair or number for all.
      mode: "constant", "reflect" (the mirror image without the border) or "symmetric" (with it).
      constant_values: the value of added positions, 0 by default.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: values are given for another mode.

    Example:
      >>> tf.keras.ops.pad([1, 2], 1).numpy()
      array([0, 1, 2, 0], dtype=int32)
    """
    tensor = tensor_of(x)
    if constant_values is not None and mode != "constant":
        raise ValueError(
            f"Argument `constant_values` can only be provided when `mode == 'constant'`. Received: mode={mode}"
        )
    widths = np.broadcast_to(np.asarray(held(pad_width)), (tensor.ndim, 2)).tolist()
    return padding.pad(tensor, widths, mode.upper(), 0 if constant_values is None else constant_values)


@keras_op
def concatenate(xs: Any, axis: int = 0) -> Tensor:
    """Joins tensors along an axis.

    Args:
      xs: the tensors.
      axis: the axis.

    Returns:
      A tensor of their common dtype.

    Raises:
      InvalidArgumentError: the shapes differ along another axis, the axis is out of range, or there are no tensors.
      TypeError: xs is not a sequence.
      ValueError: xs contains what cannot be converted to a tensor, or dtypes that have no common one.

    Example:
      >>> tf.keras.ops.concatenate([[1, 2], [3]]).numpy()
      array([1, 2, 3], dtype=int32)
    """
    return joining.concat(promoted(*xs), axis)


@keras_op
def stack(x: Any, axis: int = 0) -> Tensor:
    """Stacks tensors of one shape along a new axis.

    Args:
      x: the tensors.
      axis: the position of the new axis.

    Returns:
      A tensor of their common dtype.

    Raises:
      InvalidArgumentError: the shapes differ.
      TypeError: x is not a sequence.
      ValueError: the axis is out of range, or x contains what cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.stack([[1, 2], [3, 4]], axis=1).numpy().tolist()
      [[1, 3], [2, 4]]
    """
    return joining.stack(promoted(*x), axis)


@keras_op
def append(x1: Any, x2: Any, axis: int | None = None) -> Tensor:
    """Joins two tensors.

    Args:
      x1, x2: the tensors.
      axis: the axis; None flattens the operand.

    Returns:
      A tensor of their common dtype.

    Raises:
      InvalidArgumentError: the shapes differ along another axis, or the axis is out of range.
      ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one.

    Example:
      >>> tf.keras.ops.append([1, 2], [[3]]).numpy()
      array([1, 2, 3], dtype=int32)
    """
    both = promoted(x1, x2)
    return (
        joining.concat(both, axis)
        if axis is not None
        else joining.concat([apply_reshape(one, (-1,)) for one in both], 0)
    )


@keras_op
def hstack(xs: Any) -> Tensor:
    """Joins tensors along axis 1, vectors along their only axis.

    Args:
      xs: the tensors.

    Returns:
      A tensor of their common dtype.

    Raises:
      InvalidArgumentError: the shapes differ along another axis.
      TypeError: xs is not a sequence.
      ValueError: xs contains what cannot be converted to a tensor, or dtypes that have no common one.

    Example:
      >>> tf.keras.ops.hstack([[1, 2], [3]]).numpy()
      array([1, 2, 3], dtype=int32)
    """
    parts = promoted(*xs)
    parts = [part if part.ndim else apply_reshape(part, (1,)) for part in parts]
    return joining.concat(parts, 0 if parts[0].ndim == 1 else 1)


@keras_op
def vstack(xs: Any) -> Tensor:
    """Joins tensors along axis 0, vectors as rows.

    Args:
      xs: the tensors.

    Returns:
      A tensor of their common dtype.

    Raises:
      InvalidArgumentError: the shapes differ along another axis, or there are no tensors.
      TypeError: xs is not a sequence.
      ValueError: xs contains what cannot be converted to a tensor, or dtypes that have no common one.

    Example:
      >>> tf.keras.ops.vstack([[1, 2], [3, 4]]).numpy().tolist()
      [[1, 2], [3, 4]]
    """
    parts = promoted(*xs)
    return joining.concat([part if part.ndim > 1 else apply_reshape(part, (1, -1)) for part in parts], 0)


@keras_op
def dstack(xs: Any) -> Tensor:
    """Joins tensors along axis 2.

    Args:
      xs: the tensors.

    Returns:
      A tensor of their common dtype.

    Raises:
      InvalidArgumentError: the shapes differ along another axis, or there are no tensors.
      TypeError: xs is not a sequence.
      ValueError: xs contains what cannot be converted to a tensor, or dtypes that have no common one.

    Example:
      >>> tf.keras.ops.dstack([[1, 2], [3, 4]]).numpy().tolist()
      [[[1, 3], [2, 4]]]
    """
    shaped = []
    for part in promoted(*xs):
        shape = tuple(part.shape)
        shape = (1, *(shape or (1,)), 1) if len(shape) < 2 else (*shape, 1) if len(shape) == 2 else shape
        shaped.append(apply_reshape(part, shape))
    return joining.concat(shaped, 2)


@keras_op
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Splits a tensor along an axis.

    Args:
      x: a tensor.
      indices_or_sections: the number of equal parts, or the indices at which to split.
      axis: the axis.

    Returns:
      A list of tensors.

    Raises:
      InvalidArgumentError: the size of the axis is not a multiple of the number of parts, or the indices do not ascend.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> [part.numpy().tolist() for part in tf.keras.ops.split([1, 2, 3, 4], [1, 3])]
      [[1], [2, 3], [4]]
    """
    tensor = tensor_of(x)
    if isinstance(indices_or_sections, int):
        return list(joining.split(tensor, indices_or_sections, axis))
    size = tensor.shape[axis]
    ends = [builtins.min(place if place >= 0 else size + place, size) for place in indices_or_sections]
    starts = [0, *ends]
    sizes = [builtins.max(end - start, 0) for start, end in zip(starts, [*ends, size], strict=True)]
    return list(joining.split(tensor, sizes, axis))


@keras_op
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Splits a tensor along an axis, with larger parts first if they cannot be equal.

    Args:
      x: a tensor.
      indices_or_sections: the number of parts, or the indices at which to split.
      axis: the axis.

    Returns:
      A list of tensors.

    Raises:
      ValueError: the number of parts is 0.

    Example:
      >>> [part.numpy().tolist() for part in tf.keras.ops.array_split([1, 2, 3], 2)]
      [[1, 2], [3]]
    """
    tensor = tensor_of(x)
    if not isinstance(indices_or_sections, int):
        return split.__wrapped__(tensor, indices_or_sections, axis)
    if indices_or_sections <= 0:
        raise ValueError(f"array_split needs at least 1 part, got indices_or_sections={indices_or_sections}")
    each, more = divmod(tensor.shape[axis], indices_or_sections)
    return list(joining.split(tensor, [each + (place < more) for place in builtins.range(indices_or_sections)], axis))


@keras_op
def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Tensor]:
    """The slices of a tensor along an axis.

    Args:
      x: a tensor.
      num: their number.
      axis: the axis.

    Returns:
      A list of tensors.

    Raises:
      InvalidArgumentError: the size of the axis is not num.
      ValueError: the axis is out of range, or x cannot be converted to a tensor.

    Example:
      >>> [int(part) for part in tf.keras.ops.unstack([1, 2])]
      [1, 2]
    """
    return list(joining.unstack(tensor_of(x), num, axis))


@keras_op
def meshgrid(*x: Any, indexing: str = "xy") -> list[Tensor]:
    """The coordinates of a grid's points.

    Args:
      x: the coordinates along each axis, vectors.
      indexing: "xy", where the first vector counts columns, or "ij", where it counts rows.

    Returns:
      A list of tensors, one per axis.

    Raises:
      ValueError: the indexing is unknown, or an argument cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.meshgrid([1, 2], [3, 4, 5])[0].shape
      TensorShape([3, 2])
    """
    return list(joining.meshgrid(*(tensor_of(one) for one in x), indexing=indexing))
