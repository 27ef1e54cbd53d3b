"""Functions of tf.keras.backend for programs written for Keras 2: shapes, joining, gathering, padding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_reshape, apply_transpose, as_tensor
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.image.resizing import resize as resized
from gradtape._src.keras import settings
from gradtape._src.keras.inputs import is_tensor
from gradtape._src.keras.keras_tensor import KerasTensor
from gradtape._src.keras.legacy.defaults import floatx_or
from gradtape._src.ops import casts, gathering, joining, masking, padding as padding_ops, rearranging, shapes


def shape(x: Any) -> Tensor:
    """The shape of a tensor.

    Args:
      x: a tensor.

    Returns:
      An int32 vector.

    Raises:
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.shape(tf.zeros((2, 3))).numpy()
      array([2, 3], dtype=int32)
    """
    return shapes.shape(x)


def int_shape(x: Any) -> tuple[Any, ...]:
    """The shape of a tensor.

    Args:
      x: a tensor.

    Returns:
      A tuple; for a symbolic value None means an unknown size.

    Raises:
      AttributeError: x has no shape.

    Example:
      >>> tf.keras.backend.int_shape(tf.zeros((2, 3)))
      (2, 3)
    """
    return tuple(x.shape)


def ndim(x: Any) -> int:
    """The number of axes of a tensor.

    Args:
      x: a tensor.

    Returns:
      An int.

    Raises:
      AttributeError: x has no shape.

    Example:
      >>> tf.keras.backend.ndim(tf.zeros((2, 3)))
      2
    """
    return len(x.shape)


def dtype(x: Any) -> str:
    """The name of a tensor's dtype.

    Args:
      x: a tensor.

    Returns:
      A str.

    Raises:
      AttributeError: x has no dtype.

    Example:
      >>> tf.keras.backend.dtype(tf.zeros((2, 3)))
      'float32'
    """
    return x.dtype if isinstance(x, KerasTensor) else str(x.dtype.name)


def count_params(x: Any) -> int:
    """The number of elements of a variable.

    Args:
      x: a variable or tensor.

    Returns:
      An int.

    Raises:
      AttributeError: x has no shape.

    Example:
      >>> tf.keras.backend.count_params(tf.zeros((2, 3)))
      6
    """
    return math.prod(x.shape)


def reshape(x: Any, shape: Any) -> Tensor:
    """Reshapes a tensor.

    Args:
      x: a tensor.
      shape: the shape.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the shape does not have the same number of elements, or two sizes are -1.
      ValueError: x or the shape cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.reshape(tf.zeros((2, 3)), (6,)).shape
      TensorShape([6])
    """
    return shapes.reshape(x, shape)


def flatten(x: Any) -> Tensor:
    """Flattens a tensor.

    Args:
      x: a tensor.

    Returns:
      A vector.

    Raises:
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.flatten(tf.zeros((2, 3))).shape
      TensorShape([6])
    """
    return shapes.reshape(x, (-1,))


def batch_flatten(x: Any) -> Tensor:
    """Flattens all axes but the first.

    Args:
      x: a tensor.

    Returns:
      A matrix.

    Raises:
      InvalidArgumentError: x holds text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.batch_flatten(tf.zeros((2, 3, 4))).shape
      TensorShape([2, 12])
    """
    tensor = as_tensor(x)
    return apply_reshape(tensor, (-1, math.prod(tensor.shape[1:])))


def expand_dims(x: Any, axis: int = -1) -> Tensor:
    """Inserts an axis of size 1.

    Args:
      x: a tensor.
      axis: its position.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the axis is out of range.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.expand_dims(tf.zeros((2, 3))).shape
      TensorShape([2, 3, 1])
    """
    return shapes.expand_dims(x, axis)


def squeeze(x: Any, axis: int) -> Tensor:
    """Removes an axis of size 1.

    Args:
      x: a tensor.
      axis: the axis.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the axis is out of range or its size is not 1.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.squeeze(tf.zeros((2, 1)), 1).shape
      TensorShape([2])
    """
    return shapes.squeeze(x, [axis])


def permute_dimensions(x: Any, pattern: Any) -> Tensor:
    """Permutes the axes of a tensor.

    Args:
      x: a tensor.
      pattern: the order.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: pattern is not a permutation of the axes.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.permute_dimensions(tf.zeros((2, 3)), (1, 0)).shape
      TensorShape([3, 2])
    """
    return shapes.transpose(x, pattern)


def transpose(x: Any) -> Tensor:
    """Reverses the axes of a tensor.

    Args:
      x: a tensor.

    Returns:
      A tensor.

    Raises:
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.transpose(tf.zeros((2, 3))).shape
      TensorShape([3, 2])
    """
    return shapes.transpose(x)


def concatenate(tensors: Sequence[Any], axis: int = -1) -> Tensor:
    """Joins tensors along an axis.

    Args:
      tensors: the tensors.
      axis: the axis.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the shapes or dtypes differ, the axis is out of range, or there are no tensors.
      ValueError: one of them cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.concatenate([tf.zeros((2, 3)), tf.zeros((2, 1))]).shape
      TensorShape([2, 4])
    """
    return joining.concat(list(tensors), axis)


def stack(x: Sequence[Any], axis: int = 0) -> Tensor:
    """Stacks tensors of one shape along a new axis.

    Args:
      x: the tensors.
      axis: the position of the new axis.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the shapes or dtypes differ.
      ValueError: the axis is out of range, or a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.stack([tf.zeros(3), tf.zeros(3)]).shape
      TensorShape([2, 3])
    """
    return joining.stack(list(x), axis)


def repeat(x: Any, n: int) -> Tensor:
    """Repeats a matrix along a new second axis.

    Args:
      x: a matrix.
      n: the number of repetitions.

    Returns:
      A tensor of three axes.

    Raises:
      ValueError: x is not a matrix.

    Example:
      >>> tf.keras.backend.repeat(tf.zeros((2, 3)), 4).shape
      TensorShape([2, 4, 3])
    """
    tensor = as_tensor(x)
    if tensor.ndim != 2:
        raise ValueError(f"Expected input `x` to have rank 2. Received: rank(x)={tensor.ndim}")
    return rearranging.tile(shapes.expand_dims(tensor, 1), [1, n, 1])


def repeat_elements(x: Any, rep: int, axis: int) -> Tensor:
    """Repeats each value of a tensor along an axis.

    Args:
      x: a tensor.
      rep: the number of repetitions.
      axis: the axis.

    Returns:
      A tensor.

    Raises:
      ValueError: the axis is out of range, or x cannot be converted to a tensor.
      TypeError: rep or axis is not an integer.

    Example:
      >>> tf.keras.backend.repeat_elements(tf.constant([1, 2]), 2, 0).numpy()
      array([1, 1, 2, 2], dtype=int32)
    """
    return rearranging.repeat(as_tensor(x), rep, axis)


def tile(x: Any, n: Any) -> Tensor:
    """Repeats a tensor along its axes.

    Args:
      x: a tensor.
      n: the number of repetitions along each axis.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: there is not one number per axis, or one is negative.
      TypeError: n is a number but not an integer.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.tile(tf.constant([1, 2]), 2).numpy()
      array([1, 2, 1, 2], dtype=int32)
    """
    return rearranging.tile(x, [n] if isinstance(n, int) else n)


def reverse(x: Any, axes: Any) -> Tensor:
    """Reverses the order of values along axes.

    Args:
      x: a tensor.
      axes: the axis or axes.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.reverse(tf.constant([1, 2]), 0).numpy()
      array([2, 1], dtype=int32)
    """
    return rearranging.reverse(x, [axes] if isinstance(axes, int) else axes)


def gather(reference: Any, indices: Any) -> Tensor:
    """Gathers rows of a tensor.

    Args:
      reference: a tensor.
      indices: their indices.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: an index is out of range or not an integer, or reference has no axes.
      ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.gather(tf.constant([1, 2, 3]), [2, 0]).numpy()
      array([3, 1], dtype=int32)
    """
    return gathering.gather(reference, indices)


def one_hot(indices: Any, num_classes: int) -> Tensor:
    """Converts class indices to one-hot rows.

    Args:
      indices: the class indices.
      num_classes: the number of classes.

    Returns:
      A float32 tensor.

    Raises:
      InvalidArgumentError: the indices are not integers, or num_classes is negative.
      TypeError: num_classes is not an integer.

    Example:
      >>> tf.keras.backend.one_hot([1], 2).numpy()
      array([[0., 1.]], dtype=float32)
    """
    return masking.one_hot(indices, num_classes)


def cast(x: Any, dtype: Any) -> Tensor:
    """Casts a tensor to another dtype.

    Args:
      x: a tensor.
      dtype: the dtype.

    Returns:
      A tensor.

    Raises:
      TypeError: gradtape does not support the dtype.
      UnimplementedError: conversion between strings and numbers.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.cast(tf.constant([1.5]), "int32").numpy()
      array([1], dtype=int32)
    """
    return casts.cast(x, dtype)


def cast_to_floatx(x: Any) -> Any:
    """Casts a tensor or array to `floatx`.

    Args:
      x: a tensor, or a value convertible to an array.

    Returns:
      A tensor for a tensor, else an array.

    Raises:
      TypeError, ValueError: x cannot be converted to an array of floating numbers.
      UnimplementedError: x is a tensor of strings.

    Example:
      >>> tf.keras.backend.cast_to_floatx([1, 2])
      array([1., 2.], dtype=float32)
    """
    return casts.cast(x, floatx_or(None)) if is_tensor(x) else np.asarray(held(x), settings.floatx())


def temporal_padding(x: Any, padding: Any = (1, 1)) -> Tensor:
    """Pads sequences with zeros.

    Args:
      x: a tensor of three axes, of which the second is padded.
      padding: the number of zeros before and after.

    Returns:
      A tensor.

    Raises:
      ValueError: padding is not a pair of numbers.

    Example:
      >>> tf.keras.backend.temporal_padding(tf.ones((1, 2, 3))).shape
      TensorShape([1, 4, 3])
    """
    if len(padding) != 2:
        raise ValueError(f"Expected `padding` to be a tuple of 2 integers. Received: padding={padding}")
    return padding_ops.pad(x, [[0, 0], list(padding), [0, 0]])


def spatial_2d_padding(x: Any, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None) -> Tensor:
    """Pads images with zeros.

    Args:
      x: a tensor of four axes.
      padding: pairs of numbers of zeros before and after, for height and width.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor.

    Raises:
      ValueError: padding is not two pairs, or data_format is unknown.

    Example:
      >>> tf.keras.backend.spatial_2d_padding(tf.ones((1, 2, 2, 3))).shape
      TensorShape([1, 4, 4, 3])
    """
    if len(padding) != 2 or [len(pair) for pair in padding] != [2, 2]:
        raise ValueError(f"Expected `padding` to be a tuple of 2 tuples of 2 integers. Received: padding={padding}")
    widths = [list(pair) for pair in padding]
    first = settings.standardize_data_format(data_format) == "channels_first"
    return padding_ops.pad(x, [[0, 0], [0, 0], *widths] if first else [[0, 0], *widths, [0, 0]])


def is_float_dtype(dtype: Any) -> bool:
    """Whether a dtype is floating.

    Args:
      dtype: the dtype.

    Returns:
      A bool.

    Raises:
      ValueError: unknown dtype.

    Example:
      >>> tf.keras.backend.is_float_dtype("int32")
      False
    """
    return settings.standardize_dtype(dtype).startswith("float")


def is_int_dtype(dtype: Any) -> bool:
    """Whether a dtype is an integer dtype.

    Args:
      dtype: the dtype.

    Returns:
      A bool.

    Raises:
      ValueError: unknown dtype.

    Example:
      >>> tf.keras.backend.is_int_dtype("int32")
      True
    """
    return settings.standardize_dtype(dtype).startswith(("int", "uint"))


def is_sparse(tensor: Any) -> bool:
    """Whether a tensor is sparse: never.

    Args:
      tensor: a tensor.

    Returns:
      False.

    Example:
      >>> tf.keras.backend.is_sparse(tf.zeros(2))
      False
    """
    return False


def to_dense(tensor: Any) -> Any:
    """The tensor itself, as all are dense.

    Args:
      tensor: a tensor.

    Returns:
      The tensor.

    Example:
      >>> tf.keras.backend.to_dense(tf.zeros(2)).shape
      TensorShape([2])
    """
    return tensor


def spatial_3d_padding(x: Any, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None) -> Tensor:
    """Pads volumes with zeros.

    Args:
      x: a tensor of five axes.
      padding: pairs of numbers of zeros before and after, for each of three axes.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor.

    Raises:
      ValueError: padding is not three pairs, or data_format is unknown.

    Example:
      >>> tf.keras.backend.spatial_3d_padding(tf.ones((1, 2, 2, 2, 3))).shape
      TensorShape([1, 4, 4, 4, 3])
    """
    widths = [list(pair) for pair in padding]
    if [len(pair) for pair in widths] != [2, 2, 2]:
        raise ValueError(f"Expected `padding` to be a tuple of 3 tuples of 2 integers. Received: padding={padding}")
    first = settings.standardize_data_format(data_format) == "channels_first"
    return padding_ops.pad(x, [[0, 0], [0, 0], *widths] if first else [[0, 0], *widths, [0, 0]])


def resize_images(
    x: Any,
    height_factor: int,
    width_factor: int,
    data_format: str,
    interpolation: str = "nearest",
) -> Tensor:
    """Enlarges images by integer factors.

    Args:
      x: a tensor of four axes.
      height_factor, width_factor: the factors.
      data_format: "channels_last" or "channels_first".
      interpolation: the method, as for `tf.image.resize`.

    Returns:
      A tensor.

    Raises:
      ValueError: unknown format or interpolation.

    Example:
      >>> tf.keras.backend.resize_images(tf.ones((1, 2, 2, 3)), 2, 3, "channels_last").shape
      TensorShape([1, 4, 6, 3])
    """
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(f"Invalid `data_format` argument: {data_format}")
    first = data_format == "channels_first"
    images = apply_transpose(x, [0, 2, 3, 1]) if first else as_tensor(x)
    _, rows, columns, _ = images.shape
    images = resized(images, [rows * height_factor, columns * width_factor], interpolation)
    return apply_transpose(images, [0, 3, 1, 2]) if first else images
