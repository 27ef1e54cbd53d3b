"""keras.ops' window functions: transposed convolution, unfold and fold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_reshape, apply_transpose
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.settings import standardize_data_format
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.nn import transposed_convolution
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.padding import pad
from gradtape._src.ops.segments import unsorted_segment_sum


def transposed_sizes(axes: Iterable[tuple[int | None, int, int, int, int | None]], padding: str) -> list[int | None]:
    """The sizes of a transposed convolution's result; for each axis its size, window, stride, dilation
    and output padding, None for what fits."""
    results: list[int | None] = []
    for size, window, stride, dilation, extra in axes:
        reach = (window - 1) * dilation + 1
        if size is None:
            results.append(None)
        elif padding == "valid":
            results.append((size - 1) * stride + reach + (max(reach, stride) - reach if extra is None else extra))
        else:
            results.append(size * stride if extra is None else (size - 1) * stride + reach % 2 + extra)
    return results


@keras_op
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """The transposed convolution over one, two or three axes.

    Args:
      inputs: images of shape [batch, sizes, channels].
      kernel: of shape [sizes, outputs, channels].
      strides: steps between windows, one number or one for each axis.
      padding: "valid" or "same".
      output_padding: the padding added at the end of the result, likewise; None for what fits.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      dilation_rate: distances between the values of a window.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the channels or output_padding do not fit, a stride is 0, or the padding is unknown.
      ValueError: strides are not one for each axis, or an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.conv_transpose(tf.ones((1, 3, 2)), tf.ones((2, 4, 2)), strides=2).shape
      TensorShape([1, 6, 4])
    """
    x, weights = tensor_of(inputs), tensor_of(kernel)
    rank, last = x.ndim - 2, standardize_data_format(data_format) == "channels_last"
    steps, dilations = ((one,) * rank if isinstance(one, int) else tuple(one) for one in (strides, dilation_rate))
    extras = (output_padding,) * rank if isinstance(output_padding, int) or output_padding is None else output_padding
    windows = tuple(weights.shape)[:rank]
    sizes = tuple(x.shape)[1:-1] if last else tuple(x.shape)[2:]
    results = transposed_sizes(zip(sizes, windows, steps, dilations, extras, strict=True), padding.lower())
    outputs = weights.shape[-2]
    shape: list[Any] = [x.shape[0], *results, outputs] if last else [x.shape[0], outputs, *results]
    letters = "DHW"[3 - rank :]
    return transposed_convolution.conv_transpose(
        x, weights, shape, steps, padding.upper(), f"N{letters}C" if last else f"NC{letters}", dilations
    )


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def _places(sizes: tuple[int, int], kernel: Any, dilation: Any, stride: Any) -> tuple[np.ndarray, tuple[int, int]]:
    """The positions of windows' values in a padded image, [window values, windows], and the number of windows."""
    rows, columns = (
        np.arange(window)[:, None] * dilations + np.arange((size - (window - 1) * dilations - 1) // step + 1) * step
        for size, window, dilations, step in zip(sizes, _pair(kernel), _pair(dilation), _pair(stride), strict=True)
    )
    places = rows[:, None, :, None] * sizes[1] + columns[None, :, None, :]
    return places.reshape(rows.shape[0] * columns.shape[0], -1), (rows.shape[1], columns.shape[1])


@keras_op
def unfold(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """The windows of channels-first images, as in PyTorch.

    Args:
      x: images, [batch, channels, height, width].
      kernel_size: the height and width of windows, one number for both or two.
      dilation: distances between the values of a window, likewise.
      padding: zeros around images, likewise.
      stride: steps between windows, likewise.

    Returns:
      A tensor of shape [batch, channels * values of a window, windows].

    Raises:
      ValueError: x has not four axes, or cannot be converted to a tensor.
      ZeroDivisionError: a stride is 0.

    Example:
      >>> tf.keras.ops.unfold(tf.ones((1, 2, 4, 4)), 2, stride=2).shape
      TensorShape([1, 8, 4])
    """
    images, (down, along) = tensor_of(x), _pair(padding)
    images = pad(images, [[0, 0], [0, 0], [down, down], [along, along]]) if down or along else images
    batch, channels, height, width = images.shape
    places, _ = _places((height, width), kernel_size, dilation, stride)
    found = gather(apply_reshape(images, (batch, channels, height * width)), places, axis=2)
    return apply_reshape(found, (batch, channels * places.shape[0], places.shape[1]))


@keras_op
def fold(x: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Images with the given windows, where overlapping values are summed: the transpose of `unfold`.

    Args:
      x: windows, [batch, channels * values of a window, windows].
      output_size: the height and width of the images, one number for both or two.
      kernel_size: those of windows, likewise.
      dilation: distances between the values of a window, likewise.
      padding: zeros that were around images, likewise.
      stride: steps between windows, likewise.

    Returns:
      A tensor of shape [batch, channels, height, width].

    Raises:
      InvalidArgumentError: x is not of as many windows, or of as many values, as output_size and kernel_size give.
      ZeroDivisionError: a stride is 0.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.fold(tf.ones((1, 8, 4)), 4, 2, stride=2).shape
      TensorShape([1, 2, 4, 4])
    """
    values, (down, along), (height, width) = tensor_of(x), _pair(padding), _pair(output_size)
    high, wide = height + 2 * down, width + 2 * along
    places, _ = _places((high, wide), kernel_size, dilation, stride)
    batch, channels = values.shape[0], values.shape[1] // places.shape[0]
    rows = apply_reshape(values, (batch * channels, places.size))
    sums = unsorted_segment_sum(apply_transpose(rows, [1, 0]), places.reshape(-1), high * wide)
    images = apply_reshape(apply_transpose(sums, [1, 0]), (batch, channels, high, wide))
    return images[:, :, down : down + height, along : along + width]
