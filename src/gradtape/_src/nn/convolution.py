"""Convolutions as products: the patches that a window sees, as rows of a matrix, times the filters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_matmul, apply_reshape, apply_transpose, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import float64, int32
from gradtape._src.core.operands import dims_text, int_of, ints_of, not_allowed, one_dtype
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.typing import ShapeLike, TensorLike
from gradtape._src.nn.windows import (
    Kernel,
    either_strides_or_dilations,
    given,
    image_of,
    is_first,
    last,
    lie,
    patches_of,
)
from gradtape._src.table.rows import call, op, real, single
from gradtape._src.table.samples import Sample

_FORMATS = {1: "NWC", 2: "NHWC", 3: "NDHWC"}
_FORWARD = {
    1: Kernel("Conv2D", whole=True),
    2: Kernel("Conv2D", whole=True),
    3: Kernel("Conv3D", ("SAME", "VALID")),
}
_BACKWARD = {
    1: Kernel("Conv2DBackpropInput", whole=True),
    2: Kernel("Conv2DBackpropInput", whole=True),
    3: Kernel("Conv3DBackpropInputV2", ("SAME", "VALID")),
}
_DEPTHWISE = Kernel("DepthwiseConv2dNative")


def _of_rank(kernels: dict[int, Kernel], rank: int) -> Kernel:
    if rank not in kernels:
        raise ValueError(f"`num_spatial_dims` must be 1, 2, or 3. Received: num_spatial_dims={rank}.")
    return kernels[rank]


def _operands(input: Any, filters: Any, rank: int, kernel: Kernel) -> tuple[Tensor, Tensor]:
    """Both as tensors of one dtype; `input` has at least, `filters` exactly two axes more than the rank."""
    image = as_tensor(input)
    weights = as_tensor(filters) if isinstance(filters, Tensor) else as_tensor(filters, image.dtype)
    one_dtype(kernel.op, (image, weights))
    if not image.dtype.is_floating and not (kernel.whole and image.dtype == int32):
        raise not_allowed(kernel.op, image.dtype, "half, bfloat16, float, double" + ", int32" * kernel.whole)
    for name, tensor, fits in (("input", image, image.ndim >= rank + 2), ("filter", weights, weights.ndim == rank + 2)):
        if not fits:
            raise kernel.error(f"{name} must be {rank + 2}-dimensional: {dims_text(tensor.shape)}", image.dtype)
    return image, weights


def _convolve(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    dilations: Any,
    data_format: str | None,
    rank: int,
    kernel: Kernel | None = None,
) -> Tensor:
    kernel = kernel or _of_rank(_FORWARD, rank)
    image, weights = _operands(input, filters, rank, kernel)
    if image.dtype.is_integer:
        exact = apply_cast(image, float64), apply_cast(weights, float64)
        return apply_cast(_convolve(*exact, strides, padding, dilations, data_format, rank, kernel), image.dtype)
    first = is_first(data_format, rank, kernel)
    batch = tuple(image.shape)[: -rank - 1]
    image = last(apply_reshape(image, (int(np.prod(batch)), *tuple(image.shape)[-rank - 1 :])), first)
    shape, (*window, inputs, outputs) = tuple(image.shape), tuple(weights.shape)
    if not weights.shape.num_elements():
        raise kernel.error("filter must not have zero elements (i.e. all dimensions must be non-zero)", image.dtype)
    groups = shape[-1] // inputs
    if (rank == 3 and groups * inputs != shape[-1]) or (rank == 3 and groups > 1):
        raise kernel.error(f"input and filter must have the same depth: {shape[-1]} vs {inputs}", image.dtype)
    if not groups or groups * inputs != shape[-1]:
        message = f"input depth must be evenly divisible by filter depth: {shape[-1]} vs {inputs}"
        raise kernel.error(message, image.dtype)
    if outputs % groups:
        message = f"output depth must be evenly divisible by number of groups: {outputs} vs {groups}"
        raise kernel.error(message, image.dtype)
    geometry = lie(shape[1:-1], tuple(window), strides, padding, dilations, kernel, first)
    patches, size = patches_of(image, geometry), int(np.prod(window))
    if groups == 1:
        products = apply_matmul(patches, apply_reshape(weights, (size * inputs, outputs)), False, False)
    else:
        # A batch of products: channels of a group are neighbours, and so are its outputs.
        rows = apply_transpose(apply_reshape(patches, (-1, size, groups, inputs)), (2, 0, 1, 3))
        rows = apply_reshape(rows, (groups, -1, size * inputs))
        columns = apply_transpose(apply_reshape(weights, (size * inputs, groups, -1)), (1, 0, 2))
        products = apply_transpose(apply_matmul(rows, columns, False, False), (1, 0, 2))
    result = given(apply_reshape(products, (shape[0], *geometry.places, outputs)), first)
    return result if len(batch) == 1 else apply_reshape(result, (*batch, *tuple(result.shape)[1:]))


def _sizes(rank: int) -> str:
    return ", ".join(("depth", "height", "width")[-rank:])


_OPTIONS = """\
  padding: "SAME" for as many places as the images have over the stride, "VALID" for those at which the whole
    window lies within them, or, for up to two spatial axes, a pair of amounts of zeros per axis.
  data_format: "{format}", or another order of the letters that puts channels (C) before the spatial axes."""

_RAISES = """Raises:
  InvalidArgumentError: other ranks, depths that do not divide each other, a window that does not fit, or an unknown
    padding or format.
  ValueError: another number of strides, dilations or amounts."""


class Convolution(Protocol):
    """To type checkers, `conv2d` and `conv3d`."""

    def __call__(
        self,
        input: TensorLike,
        filters: TensorLike,
        strides: int | Sequence[int],
        padding: str | Sequence[Any],
        data_format: str = ...,
        dilations: int | Sequence[int] | None = None,
        name: str | None = None,
    ) -> Tensor: ...


class Transpose(Protocol):
    """To type checkers, the transposes of convolutions over one to three axes."""

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


def _forward(rank: int, example: str, samples: Callable[[], list[Sample]]) -> Convolution:
    """The convolution over so many spatial axes, 2 or 3."""

    def convolve(
        input: TensorLike,
        filters: TensorLike,
        strides: int | Sequence[int],
        padding: str | Sequence[Any],
        data_format: str = _FORMATS[rank],
        dilations: int | Sequence[int] | None = None,
        name: str | None = None,
    ) -> Tensor:
        return _convolve(input, filters, strides, padding, dilations, data_format, rank)

    convolve.__name__ = convolve.__qualname__ = f"conv{rank}d"
    convolve.__doc__ = f"""Convolution over {rank} spatial axes, without the filters being mirrored (cross-correlation).

An output is the sum over window and input channels of the filter times the image at stride * place + dilation * offset.

Args:
  input: images of shape [batch, {_sizes(rank)}, inputs]; with more axes in front these belong to the batch.
  filters: a tensor of shape [{_sizes(rank)}, inputs, outputs]. Where filters of images have fewer inputs than these,
    the images' channels are cut into groups that are convolved on their own.
  strides: the steps between windows, a number, one per spatial axis, or one per axis.
{_OPTIONS.format(format=_FORMATS[rank])}
  dilations: the steps between elements of a window, likewise; None for 1.
  name: not used; TensorFlow names operations by it.

Returns:
  A tensor of shape [batch, {_sizes(rank)}, outputs], of as many places as windows fit.

{_RAISES}

Example:
{example}
"""
    return op(f"nn.conv{rank}d", samples=samples)(convolve)


@op(
    "nn.conv1d",
    samples=lambda: [
        *(call(real(2, 6, 2), real(3, 2, 2), 2, "SAME"), call(real(1, 6, 1), real(2, 1, 2), 1, "VALID")),
        *(single(real(2, 3, 6), real(2, 3, 2), 1, "VALID", "NCW"), call(real(2, 1, 4, 1), real(2, 1, 1), 1, "SAME")),
    ],
)
def conv1d(
    input: TensorLike,
    filters: TensorLike,
    stride: int | Sequence[int],
    padding: str | Sequence[Any],
    data_format: str = "NWC",
    dilations: int | Sequence[int] | None = None,
    name: str | None = None,
) -> Tensor:
    """Convolution over one spatial axis, without the filters being mirrored (cross-correlation).

    Args:
      input: a floating tensor of shape [batch, width, inputs]; with more axes in front these belong to the batch.
      filters: a tensor of shape [width, inputs, outputs].
      stride: the step between windows.
      padding: "SAME", "VALID" or amounts, as `conv2d` takes it.
      data_format: "NWC", or "NCW" for channels before the spatial axis.
      dilations: the step between elements of a window; None for 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, width, outputs], of as many places as windows fit.

    Raises:
      InvalidArgumentError: other ranks, depths that do not divide each other, a window that does not fit, or an unknown
        padding or format.
      ValueError: another number of strides, dilations or amounts.

    Example:
      >>> signal = tf.reshape([1.0, 2.0, 4.0, 8.0], [1, 4, 1])
      >>> tf.nn.conv1d(signal, tf.ones([2, 1, 1]), stride=1, padding="VALID")[0, :, 0].numpy()
      array([ 3.,  6., 12.], dtype=float32)
    """
    return _convolve(input, filters, stride, padding, dilations, data_format, 1)


conv2d: Convolution = _forward(
    2,
    """  >>> image = tf.reshape(tf.range(9.0), [1, 3, 3, 1])
  >>> tf.nn.conv2d(image, tf.ones([2, 2, 1, 1]), strides=1, padding="VALID")[0, :, :, 0].numpy()
  array([[ 8., 12.],
         [20., 24.]], dtype=float32)""",
    lambda: [
        call(real(2, 4, 4, 2), real(3, 3, 2, 2), 1, "SAME"),
        call(real(1, 5, 4, 1), real(2, 3, 1, 2), [1, 2, 1, 1], "VALID"),
        call(real(1, 3, 3, 1), real(2, 2, 1, 1), 2, [[0, 0], [1, 0], [2, 1], [0, 0]]),
        call(real(1, 2, 2, 2), real(1, 1, 2, 3), 1, "VALID"),
        single(real(1, 2, 4, 3), real(2, 2, 2, 3), [1, 1, 2, 1], "SAME", "NCHW"),
        single(real(1, 3, 3, 4), real(2, 2, 2, 6), 1, "VALID"),
        single(real(1, 5, 5, 1), real(2, 2, 1, 1), 1, "VALID", dilations=2),
    ],
)
conv3d: Convolution = _forward(
    3,
    """  >>> volume = tf.ones([1, 3, 3, 3, 1])
  >>> tf.nn.conv3d(volume, tf.ones([2, 2, 2, 1, 1]), strides=[1, 1, 1, 1, 1], padding="VALID")[0, 0, 0, :, 0].numpy()
  array([8., 8.], dtype=float32)""",
    lambda: [
        call(real(1, 3, 3, 2, 1), real(2, 2, 1, 1, 2), [1, 1, 1, 1, 1], "SAME"),
        single(real(1, 2, 3, 3, 2), real(2, 2, 1, 2, 1), [1, 1, 2, 1, 1], "VALID", "NCDHW"),
    ],
)


@op(
    "nn.convolution",
    samples=lambda: [
        *(call(real(1, 4, 4, 1), real(3, 3, 1, 1), data_format="NHWC"), call(real(1, 5, 1), real(2, 1, 2), 2, "SAME")),
        single(real(1, 2, 4), real(2, 2, 1), data_format="NCW", dilations=2),
    ],
)
def convolution(
    input: TensorLike,
    filters: TensorLike,
    strides: int | Sequence[int] | None = None,
    padding: str | Sequence[Any] = "VALID",
    data_format: str | None = None,
    dilations: int | Sequence[int] | None = None,
    name: str | None = None,
) -> Tensor:
    """Convolution over one, two or three spatial axes, as many as the filters have.

    Args:
      input: a floating tensor of shape [batch, spatial axes, inputs].
      filters: a tensor of shape [spatial axes, inputs, outputs].
      strides: the steps between windows, a number or one per spatial axis; None for 1.
      padding: "SAME", "VALID" or amounts, as `conv2d` takes it.
      data_format: the order of the axes; channels come before the spatial axes where it starts with "NC". None for
        last.
      dilations: the steps between elements of a window, likewise; None for 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, spatial axes, outputs].

    Raises:
      ValueError: strides and dilations are both greater than 1.
      InvalidArgumentError: as `conv2d`.

    Example:
      >>> signal = tf.reshape([1.0, 2.0, 4.0, 8.0], [1, 4, 1])
      >>> tf.nn.convolution(signal, tf.ones([2, 1, 1]), dilations=2)[0, :, 0].numpy()
      array([ 5., 10.], dtype=float32)
    """
    filters = as_tensor(filters)
    either_strides_or_dilations(strides, dilations)
    return _convolve(input, filters, strides, padding, dilations, data_format, filters.ndim - 2)


@op("nn.atrous_conv2d", samples=lambda: [call(real(1, 4, 4, 1), real(2, 2, 1, 2), 2, "SAME")])
def atrous_conv2d(
    value: TensorLike, filters: TensorLike, rate: int, padding: str | Sequence[Any], name: str | None = None
) -> Tensor:
    """`conv2d` with stride 1 and the elements of windows `rate` pixels apart.

    Args:
      value: images of shape [batch, height, width, inputs].
      filters: a tensor of shape [height, width, inputs, outputs].
      rate: the distance between elements of a window.
      padding: "SAME" or "VALID".
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, height, width, outputs].

    Raises:
      InvalidArgumentError: as `conv2d`.

    Example:
      >>> image = tf.reshape(tf.range(9.0), [1, 3, 3, 1])
      >>> tf.nn.atrous_conv2d(image, tf.ones([2, 2, 1, 1]), rate=2, padding="VALID")[0, :, :, 0].numpy()
      array([[16.]], dtype=float32)
    """
    return _convolve(value, filters, 1, padding, int_of(rate, "SpaceToBatchND", "Tblock_shape"), None, 2)


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
    if rank not in _BACKWARD:
        raise ValueError(f"`output_shape` must be of length 3, 4 or 5. Received a length of {rank + 2}.")
    kernel = _BACKWARD[rank]
    image, weights = _operands(input, filters, rank, kernel)
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
    """The transpose of the convolution over so many spatial axes."""

    def transpose(
        input: TensorLike,
        filters: TensorLike,
        output_shape: ShapeLike,
        strides: int | Sequence[int],
        padding: str | Sequence[Any] = "SAME",
        data_format: str = _FORMATS[rank],
        dilations: int | Sequence[int] | None = None,
        name: str | None = None,
    ) -> Tensor:
        return _transpose(input, filters, output_shape, strides, padding, dilations, data_format, rank)

    transpose.__name__ = transpose.__qualname__ = f"conv{rank}d_transpose"
    transpose.__doc__ = f"""The transpose of conv{rank}d: the gradient of its images, if `input` is that of its result.

Args:
  input: a floating tensor of shape [batch, {_sizes(rank)}, inputs].
  filters: a tensor of shape [{_sizes(rank)}, outputs, inputs].
  output_shape: the shape of the result.
  strides: the steps between windows, a number, one per spatial axis, or one per axis.
{_OPTIONS.format(format=_FORMATS[rank])}
  dilations: the steps between elements of a window, likewise; None for 1.
  name: not used; TensorFlow names operations by it.

Returns:
  A tensor of shape output_shape.

Raises:
  InvalidArgumentError: conv{rank}d would not make `input` of images of that shape.
  ValueError: another number of strides, dilations or amounts.

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
    """The transpose of a convolution over as many axes as output_shape has beside batch and channels.

    Args:
      input: a floating tensor of shape [batch, spatial axes, inputs].
      filters: a tensor of shape [spatial axes, outputs, inputs].
      output_shape: the shape of the result.
      strides: the steps between windows, a number, one per spatial axis, or one per axis.
      padding: "SAME", "VALID" or amounts, as `conv2d` takes it.
      data_format: the order of the axes; channels come before the spatial axes where it starts with "NC". None for
        last.
      dilations: the steps between elements of a window, likewise; None for 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape output_shape.

    Raises:
      InvalidArgumentError: the convolution would not make `input` of images of that shape.

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
    """The gradient of `atrous_conv2d` by its images, as a function: it takes images of outputs to images of inputs.

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
      ValueError: channels differ, the rate is less than 1, or the padding is another.
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
    """Convolves each channel with filters of its own.

    Args:
      input: images of shape [batch, height, width, channels].
      filter: a tensor of shape [height, width, channels, multiplier].
      strides: the steps between windows, one per axis.
      padding: "SAME", "VALID" or amounts, as `conv2d` takes it.
      data_format: "NHWC", or "NCHW" for channels before the spatial axes; None for the first.
      dilations: the steps between elements of a window, one per spatial axis; None for 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, height, width, channels * multiplier]; the outputs of one channel are neighbours.

    Raises:
      InvalidArgumentError: other ranks or depths, a window that does not fit, or an unknown padding or format.
      ValueError: another number of strides, dilations or amounts.

    Example:
      >>> image = tf.reshape(tf.range(8.0), [1, 2, 2, 2])
      >>> tf.nn.depthwise_conv2d(image, tf.ones([2, 2, 2, 1]), [1, 1, 1, 1], "VALID").numpy()
      array([[[[12., 16.]]]], dtype=float32)
    """
    image, weights = _operands(input, filter, 2, _DEPTHWISE)
    height, width, channels, multiplier = tuple(weights.shape)
    depth = image.shape[1 if is_first(data_format, 2, _DEPTHWISE) else 3]
    if depth != channels:
        message = f"input depth must be evenly divisible by filter depth: {depth} vs {channels}"
        raise _DEPTHWISE.error(message, image.dtype)
    weights = apply_reshape(weights, (height, width, 1, channels * multiplier))
    return _convolve(image, weights, strides, padding, dilations, data_format, 2, _DEPTHWISE)


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
    """`depthwise_conv2d`, then a convolution of its outputs place by place.

    Chollet, Xception: Deep Learning with Depthwise Separable Convolutions (2017).

    Args:
      input: images of shape [batch, height, width, channels].
      depthwise_filter: a tensor of shape [height, width, channels, multiplier].
      pointwise_filter: a tensor of shape [1, 1, channels * multiplier, outputs].
      strides: the steps between windows, one per axis.
      padding: "SAME", "VALID" or amounts, as `conv2d` takes it.
      data_format: "NHWC", or "NCHW" for channels before the spatial axes; None for the first.
      dilations: the steps between elements of a window, one per spatial axis; None for 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, height, width, outputs].

    Raises:
      ValueError: the pointwise filter reaches further than its place.
      InvalidArgumentError: as `depthwise_conv2d`.

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
    return _convolve(deep, pointwise, 1, "VALID", None, data_format, 2)
