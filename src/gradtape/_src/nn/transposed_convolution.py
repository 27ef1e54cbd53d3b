"""Transposed convolutions: the product of each position with the filters, added to its window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_matmul, apply_reshape, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import float64
from gradtape._src.core.operands import dims_text, ints_of
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.typing import ShapeLike, TensorLike
from gradtape._src.nn.convolution import FORMATS, OPTIONS, axes_text, operands_of
from gradtape._src.nn.windows import Kernel, given, image_of, is_first, last, lie
from gradtape._src.table.rows import call, op, real, single
from gradtape._src.table.samples import Sample

_KERNELS = {
    1: Kernel("Conv2DBackpropInput", whole=True),
    2: Kernel("Conv2DBackpropInput", whole=True),
    3: Kernel("Conv3DBackpropInputV2", ("SAME", "VALID")),
}


class Transpose(Protocol):
    """The type of the transposed convolutions over one to three axes, for type checkers."""

    def __call__(
        self,
        input: TensorLike,
        filters: TensorLike,
        output_shape: ShapeLike,
        strides: int | Sequence[int],
        padding: str | Sequence[Any] = "SAME",
        data_format: str = ...,
        dilations: int | Sequence[int] | None = None,
        name: str | None = None,
    ) -> Tensor: ...


def _transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any,
    dilations: Any,
    data_format: str | None,
    rank: int,
) -> Tensor:
    if rank not in _KERNELS:
        raise ValueError(f"`output_shape` must be of length 3, 4 or 5. Received a length of {rank + 2}.")
    kernel = _KERNELS[rank]
    image, weights = operands_of(input, filters, rank, kernel)
    if image.dtype.is_integer:
        exact = apply_cast(image, float64), apply_cast(weights, float64)
        return apply_cast(_transpose(*exact, output_shape, strides, padding, dilations, data_format, rank), image.dtype)
    first = is_first(data_format, rank, kernel)
    shape = tuple(ints_of(output_shape, "Conv2DBackpropInput", "input_sizes"))
    if len(shape) != rank + 2 or image.ndim != rank + 2:
        raise kernel.error(
            f"`input` and `output_shape` must have rank {rank + 2}, not {image.ndim} and {len(shape)}", image.dtype
        )
    image = last(image, first)
    shape = (shape[0], *shape[2:], shape[1]) if first else shape
    *window, outputs, inputs = tuple(weights.shape)
    if shape[-1] != outputs:
        message = f"input depth must be evenly divisible by filter depth: {shape[-1]} vs {outputs}"
        raise kernel.error(message, image.dtype)
    geometry = lie(shape[1:-1], tuple(window), strides, padding, dilations, kernel, first)
    expected = (shape[0], *geometry.places, inputs)
    if tuple(image.shape) != expected:
        raise kernel.error(
            f"an output of shape {dims_text(shape)} with filters of shape {dims_text(weights.shape)} needs an input of "
            f"shape {dims_text(expected)}, not {dims_text(image.shape)}",
            image.dtype,
        )
    flat = apply_reshape(weights, (int(np.prod(window)) * outputs, inputs))
    rows = apply_reshape(image, (shape[0] * int(np.prod(geometry.places)), inputs))
    return given(image_of(apply_matmul(rows, flat, False, True), shape, geometry), first)


def _backward(rank: int, example: str, samples: Callable[[], list[Sample]]) -> Transpose:
    """The transposed convolution over this number of spatial axes."""

    def transpose(
        input: TensorLike,
        filters: TensorLike,
        output_shape: ShapeLike,
        strides: int | Sequence[int],
        padding: str | Sequence[Any] = "SAME",
        data_format: str = FORMATS[rank],
        dilations: int | Sequence[int] | None = None,
        name: str | None = None,
    ) -> Tensor:
        return _transpose(input, filters, output_shape, strides, padding, dilations, data_format, rank)

    transpose.__name__ = transpose.__qualname__ = f"conv{rank}d_transpose"
    transpose.__doc__ = f"""The transpose of conv{rank}d: the gradient of its images for the cotangent `input`.

Args:
  input: a floating tensor of shape [batch, {axes_text(rank)}, inputs].
  filters: a tensor of shape [{axes_text(rank)}, outputs, inputs].
  output_shape: the shape of the result.
  strides: the steps between windows, a number, one per spatial axis, or one per axis.
{OPTIONS.format(format=FORMATS[rank])}
  dilations: the steps between elements of a window, likewise; None for 1.
  name: not used; TensorFlow names operations by it.

Returns:
  A tensor of shape output_shape.

Raises:
  InvalidArgumentError: conv{rank}d of images of that shape would not have the shape of `input`.
  ValueError: a wrong number of strides, dilations or amounts.

Example:
{example}
"""
    return op(f"nn.conv{rank}d_transpose", samples=samples)(transpose)


conv1d_transpose: Transpose = _backward(
    1,
    """  >>> signal = tf.constant([[[1.0], [2.0]]])
  >>> tf.nn.conv1d_transpose(signal, tf.ones([2, 1, 1]), [1, 4, 1], strides=2)[0, :, 0].numpy()
  array([1., 1., 2., 2.], dtype=float32)""",
    lambda: [
        call(real(1, 3, 2), real(3, 1, 2), [1, 6, 1], 2),
        single(real(1, 2, 3), real(2, 1, 2), [1, 1, 4], 1, "VALID", "NCW"),
    ],
)
conv2d_transpose: Transpose = _backward(
    2,
    """  >>> image = tf.constant([[[[1.0], [2.0]]]])
  >>> tf.nn.conv2d_transpose(image, tf.ones([2, 2, 1, 1]), [1, 2, 4, 1], strides=2)[0, :, :, 0].numpy()
  array([[1., 1., 2., 2.],
         [1., 1., 2., 2.]], dtype=float32)""",
    lambda: [
        call(real(1, 2, 2, 2), real(3, 3, 1, 2), [1, 4, 4, 1], 2),
        call(real(1, 3, 3, 1), real(2, 2, 2, 1), [1, 4, 4, 2], 1, "VALID"),
        single(real(1, 1, 2, 3), real(2, 2, 2, 1), [1, 2, 3, 4], [1, 1, 1, 1], "VALID", "NCHW"),
    ],
)
conv3d_transpose: Transpose = _backward(
    3,
    """  >>> volume = tf.constant([[[[[1.0], [2.0]]]]])
  >>> tf.nn.conv3d_transpose(volume, tf.ones([1, 1, 2, 1, 1]), [1, 1, 1, 4, 1], [1, 1, 2])[0, 0, 0, :, 0].numpy()
  array([1., 1., 2., 2.], dtype=float32)""",
    lambda: [
        call(real(1, 2, 2, 1, 1), real(2, 2, 1, 1, 1), [1, 2, 2, 1, 1], 1),
        single(real(1, 1, 2, 2, 1), real(2, 1, 1, 2, 1), [1, 2, 3, 2, 1], 1, "VALID", "NCDHW"),
    ],
)


@op(
    "nn.conv_transpose",
    samples=lambda: [
        call(real(1, 3, 3, 1), real(2, 2, 2, 1), [1, 4, 4, 2], 1, "VALID"),
        single(real(1, 2, 3), real(2, 1, 2), [1, 1, 4], 1, "VALID", "NCW"),
    ],
)
def conv_transpose(
    input: TensorLike,
    filters: TensorLike,
    output_shape: TensorShape | Sequence[int],
    strides: int | Sequence[int],
    padding: str | Sequence[Any] = "SAME",
    data_format: str | None = None,
    dilations: int | Sequence[int] | None = None,
    name: str | None = None,
) -> Tensor:
    """The transposed convolution over the spatial axes of output_shape, all but batch and channels.

    Args:
      input: a floating tensor of shape [batch, spatial axes, inputs].
      filters: a tensor of shape [spatial axes, outputs, inputs].
      output_shape: the shape of the result.
      strides: the steps between windows, a number, one per spatial axis, or one per axis.
      padding: "SAME", "VALID" or amounts, as for `conv2d`.
      data_format: the order of the axes; channels come before the spatial axes if it starts with "NC". None for
        channels last.
      dilations: the steps between elements of a window, likewise; None for 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape output_shape.

    Raises:
      InvalidArgumentError: the convolution of images of that shape would not have the shape of `input`.

    Example:
      >>> signal = tf.constant([[[1.0], [2.0]]])
      >>> tf.nn.conv_transpose(signal, tf.ones([2, 1, 1]), [1, 4, 1], strides=2)[0, :, 0].numpy()
      array([1., 1., 2., 2.], dtype=float32)
    """
    return _transpose(input, filters, output_shape, strides, padding, dilations, data_format, len(output_shape) - 2)


@op(
    "nn.atrous_conv2d_transpose",
    samples=lambda: [
        call(real(1, 3, 3, 2), real(3, 3, 1, 2), [1, 7, 7, 1], 2, "VALID"),
        call(real(1, 4, 4, 1), real(2, 2, 2, 1), [1, 4, 4, 2], 2, "SAME"),
        call(real(1, 3, 3, 1), real(2, 2, 1, 1), [1, 3, 3, 1], 1, "SAME"),
    ],
)
def atrous_conv2d_transpose(
    value: TensorLike, filters: TensorLike, output_shape: ShapeLike, rate: int, padding: str, name: str | None = None
) -> Tensor:
    """The gradient of `atrous_conv2d` with respect to its images, as a function from outputs to images.

    Args:
      value: images of shape [batch, height, width, inputs].
      filters: a tensor of shape [height, width, outputs, inputs].
      output_shape: the result's shape, [batch, height, width, outputs].
      rate: the distance between elements of a window.
      padding: "SAME" or "VALID".
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape.

    Raises:
      ValueError: channels differ, the rate is less than 1, or the padding is unknown.
      InvalidArgumentError: the shapes do not fit.

    Example:
      >>> filters = tf.ones([2, 2, 1, 1])
      >>> tf.nn.atrous_conv2d_transpose(tf.ones([1, 1, 1, 1]), filters, [1, 3, 3, 1], 2, "VALID")[0, :, :, 0].numpy()
      array([[1., 0., 1.],
             [0., 0., 0.],
             [1., 0., 1.]], dtype=float32)
    """
    image, weights = as_tensor(value), as_tensor(filters)
    if image.ndim == weights.ndim == 4 and image.shape[3] != weights.shape[3]:
        raise ValueError(
            "`value` channel count must be compatible with `filters` input channel count. Received: "
            f"value.shape={image.shape} with channel count {image.shape[3]} and filters.shape={weights.shape} with "
            f"input channel count {weights.shape[3]}."
        )
    if rate < 1:
        raise ValueError(f"`rate` cannot be less than one. Received: rate={rate}")
    shape = ints_of(output_shape, "Conv2DBackpropInput", "input_sizes")
    if len(shape) == weights.ndim == 4 and shape[3] != weights.shape[2]:
        raise ValueError(
            "`output_shape` channel count must be compatible with `filters` output channel count. Received: "
            f"output_shape={shape} with channel count {shape[3]} and filters.shape={weights.shape} with output "
            f"channel count {weights.shape[2]}."
        )
    if padding not in ("SAME", "VALID"):
        raise ValueError(f"`padding` must be either 'VALID' or 'SAME'. Received: padding={padding}")
    return _transpose(image, weights, shape, 1, padding, rate, None, 2)
