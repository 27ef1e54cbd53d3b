"""Depthwise convolutions, and pointwise ones after them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradtape._engine.api.api import apply_reshape, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.typing import TensorLike
from gradtape._src.nn.convolution import convolved, operands_of
from gradtape._src.nn.windows import Kernel, is_first
from gradtape._src.table.rows import call, op, real, single

_KERNEL = Kernel("DepthwiseConv2dNative")


@op(
    "nn.depthwise_conv2d",
    samples=lambda: [
        call(real(1, 4, 4, 2), real(3, 3, 2, 2), [1, 1, 1, 1], "SAME"),
        call(real(2, 3, 3, 1), real(2, 2, 1, 1), [1, 1, 1, 1], "VALID"),
        single(real(1, 2, 3, 4), real(2, 2, 2, 2), [1, 1, 2, 2], "VALID", "NCHW"),
        call(real(1, 4, 4, 3), real(2, 2, 3, 1), [1, 1, 1, 1], "SAME", dilations=[2, 2]),
    ],
)
def depthwise_conv2d(
    input: TensorLike,
    filter: TensorLike,
    strides: int | Sequence[int],
    padding: str | Sequence[Any],
    data_format: str | None = None,
    dilations: int | Sequence[int] | None = None,
    name: str | None = None,
) -> Tensor:
    """Convolves each channel with its own filters.

    Args:
      input: images of shape [batch, height, width, channels].
      filter: a tensor of shape [height, width, channels, multiplier].
      strides: the steps between windows, one per axis.
      padding: "SAME", "VALID" or amounts, as for `conv2d`.
      data_format: "NHWC", or "NCHW" for channels before the spatial axes; None for the first.
      dilations: the steps between elements of a window, one per spatial axis; None for 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, height, width, channels * multiplier]; the outputs of one channel are adjacent.

    Raises:
      InvalidArgumentError: wrong ranks or depths, a window that does not fit, or an unknown padding or format.
      ValueError: a wrong number of strides, dilations or amounts.

    Example:
      >>> image = tf.reshape(tf.range(8.0), [1, 2, 2, 2])
      >>> tf.nn.depthwise_conv2d(image, tf.ones([2, 2, 2, 1]), [1, 1, 1, 1], "VALID").numpy()
      array([[[[12., 16.]]]], dtype=float32)
    """
    image, weights = operands_of(input, filter, 2, _KERNEL)
    height, width, channels, multiplier = tuple(weights.shape)
    depth = image.shape[1 if is_first(data_format, 2, _KERNEL) else 3]
    if depth != channels:
        message = f"input depth must be evenly divisible by filter depth: {depth} vs {channels}"
        raise _KERNEL.error(message, image.dtype)
    weights = apply_reshape(weights, (height, width, 1, channels * multiplier))
    return convolved(image, weights, strides, padding, dilations, data_format, 2, _KERNEL)


@op(
    "nn.separable_conv2d",
    samples=lambda: [
        call(real(1, 3, 3, 2), real(2, 2, 2, 1), real(1, 1, 2, 3), [1, 1, 1, 1], "SAME"),
        single(real(1, 2, 3, 3), real(2, 2, 2, 2), real(1, 1, 4, 1), [1, 1, 1, 1], "VALID", "NCHW"),
    ],
)
def separable_conv2d(
    input: TensorLike,
    depthwise_filter: TensorLike,
    pointwise_filter: TensorLike,
    strides: int | Sequence[int],
    padding: str | Sequence[Any],
    data_format: str | None = None,
    dilations: int | Sequence[int] | None = None,
    name: str | None = None,
) -> Tensor:
    """`depthwise_conv2d`, followed by a pointwise (1 × 1) convolution.

    Chollet, Xception: Deep Learning with Depthwise Separable Convolutions (2017).

    Args:
      input: images of shape [batch, height, width, channels].
      depthwise_filter: a tensor of shape [height, width, channels, multiplier].
      pointwise_filter: a tensor of shape [1, 1, channels * multiplier, outputs].
      strides: the steps between windows, one per axis.
      padding: "SAME", "VALID" or amounts, as for `conv2d`.
      data_format: "NHWC", or "NCHW" for channels before the spatial axes; None for the first.
      dilations: the steps between elements of a window, one per spatial axis; None for 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, height, width, outputs].

    Raises:
      ValueError: the pointwise filter is larger than 1 × 1.
      InvalidArgumentError: as for `depthwise_conv2d`.

    Example:
      >>> image = tf.reshape(tf.range(8.0), [1, 2, 2, 2])
      >>> depthwise, pointwise = tf.ones([2, 2, 2, 1]), tf.constant([[[[1.0], [10.0]]]])
      >>> tf.nn.separable_conv2d(image, depthwise, pointwise, [1, 1, 1, 1], "VALID").numpy()
      array([[[[172.]]]], dtype=float32)
    """
    pointwise = as_tensor(pointwise_filter)
    for size in tuple(pointwise.shape)[:2]:
        if size != 1:
            raise ValueError(f"Dimensions {size} and 1 are not compatible")
    deep = depthwise_conv2d(input, depthwise_filter, strides, padding, data_format, dilations)
    return convolved(deep, pointwise, 1, "VALID", None, data_format, 2)
