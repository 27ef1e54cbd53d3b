"""Grey-scale dilation and erosion: the largest sum, or smallest difference, of pixels and a filter in a window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradtape._engine.api.api import apply_cast, apply_elementwise, apply_reshape, apply_transpose, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import float64
from gradtape._src.core.operands import dims_text, one_dtype
from gradtape._src.core.typing import TensorLike
from gradtape._src.nn.windows import Kernel, lie, patches_of
from gradtape._src.ops.extremes import argmax
from gradtape._src.ops.gathering import take_along_last
from gradtape._src.ops.rearranging import reverse
from gradtape._src.table.rows import call, op, real

_KERNEL = Kernel("Dilation2D", ("SAME", "VALID"), native=False)


def _dilated(
    image: Tensor, filters: Tensor, strides: Any, padding: str, data_format: str, dilations: Any, name: str
) -> Tensor:
    if data_format != "NHWC":
        raise ValueError(
            f"`data_format` values other  than 'NHWC' are not supported. Received: data_format={data_format}"
        )
    for attribute, value in (("strides", strides), ("dilations", dilations)):
        if not isinstance(value, list | tuple):
            raise TypeError(f"Expected list for '{attribute}' argument to '{name}' Op, not {value}.")
    one_dtype("Dilation2D", (image, filters))
    if image.ndim != 4:
        raise _KERNEL.error(f"input must be 4-dimensional{dims_text(image.shape)}")
    if filters.ndim != 3:
        raise _KERNEL.error(f"filter must be 3-dimensional: {dims_text(filters.shape)}")
    if image.dtype.is_integer:
        exact = apply_cast(image, float64), apply_cast(filters, float64)
        return apply_cast(_dilated(*exact, strides, padding, data_format, dilations, name), image.dtype)
    depth = image.shape[3]
    if depth != filters.shape[2]:
        raise _KERNEL.error(f"input and filter must have the same depth: {depth} vs {filters.shape[2]}")
    window = tuple(filters.shape[:2])
    geometry = lie(tuple(image.shape[1:3]), window, strides, padding, dilations, _KERNEL)
    size = window[0] * window[1]
    patches = apply_reshape(patches_of(image, geometry, float("-inf")), (-1, size, depth))
    sums = patches + apply_reshape(filters, (size, depth))
    sums = apply_transpose(sums, [0, 2, 1])
    largest = take_along_last(sums, argmax(sums, -1)[..., None])
    return apply_reshape(largest, (image.shape[0], *geometry.places, depth))


def _samples() -> list[Any]:
    ones = [1, 1, 1, 1]
    return [
        call(real(1, 3, 4, 2), real(2, 2, 2), ones, "SAME", "NHWC", ones),
        call(real(2, 5, 4, 1), real(2, 3, 1), [1, 2, 1, 1], "VALID", "NHWC", [1, 2, 1, 1]),
    ]


@op(
    "nn.dilation2d",
    samples=_samples,
    orders_there="1",
)
def dilation2d(
    input: TensorLike,
    filters: TensorLike,
    strides: Sequence[int],
    padding: str,
    data_format: str,
    dilations: Sequence[int],
    name: str | None = None,
) -> Tensor:
    """The largest sum of pixels and filter values in each window: grey-scale dilation.

    Args:
      input: images of shape [batch, height, width, channels].
      filters: a tensor of shape [height, width, channels].
      strides: steps between windows along each of the four axes.
      padding: "SAME" or "VALID".
      data_format: "NHWC".
      dilations: the distance between elements of a window along each of the four axes.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, height, width, channels]. The gradient goes to the first of the largest sums.

    Raises:
      InvalidArgumentError: the operands have wrong ranks or different channels, or the window does not fit.
      ValueError: unknown format.
      TypeError: strides or dilations are not a list.

    Example:
      >>> image = tf.reshape([1.0, 5.0, 2.0], [1, 1, 3, 1])
      >>> steps = [1, 1, 1, 1]
      >>> tf.nn.dilation2d(image, tf.zeros([1, 2, 1]), steps, "SAME", "NHWC", steps)[0, 0, :, 0].numpy()
      array([5., 5., 2.], dtype=float32)
    """
    image, heights = as_tensor(input), as_tensor(filters)
    return _dilated(image, heights, strides, padding, data_format, dilations, "dilation2d")


@op(
    "nn.erosion2d",
    samples=_samples,
    orders_there="1",
)
def erosion2d(
    value: TensorLike,
    filters: TensorLike,
    strides: Sequence[int],
    padding: str,
    data_format: str,
    dilations: Sequence[int],
    name: str | None = None,
) -> Tensor:
    """The smallest difference of pixels and filter values, rotated by 180°, in each window: grey-scale erosion.

    Args:
      value: images of shape [batch, height, width, channels].
      filters: a tensor of shape [height, width, channels].
      strides: steps between windows along each of the four axes.
      padding: "SAME" or "VALID".
      data_format: "NHWC".
      dilations: the distance between elements of a window along each of the four axes.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, height, width, channels]. The gradient goes to the first of the smallest differences.

    Raises:
      InvalidArgumentError: the operands have wrong ranks or different channels, or the window does not fit.
      ValueError: unknown format.
      TypeError: strides or dilations are not a list.

    Example:
      >>> image = tf.reshape([1.0, 5.0, 2.0], [1, 1, 3, 1])
      >>> steps = [1, 1, 1, 1]
      >>> tf.nn.erosion2d(image, tf.zeros([1, 2, 1]), steps, "SAME", "NHWC", steps)[0, 0, :, 0].numpy()
      array([1., 2., 2.], dtype=float32)
    """
    image = apply_elementwise("negative", as_tensor(value))
    turned = reverse(as_tensor(filters), [0, 1])
    result = _dilated(image, turned, strides, padding, data_format, dilations, "dilation2d")
    return apply_elementwise("negative", result)
