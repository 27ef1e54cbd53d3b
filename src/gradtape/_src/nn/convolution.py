"""Convolutions as matrix products: the patches under each window, as rows of a matrix, times the filters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_matmul, apply_reshape, apply_transpose, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import float64, int32
from gradtape._src.core.operands import dims_text, int_of, not_allowed, one_dtype
from gradtape._src.core.typing import TensorLike
from gradtape._src.nn.windows import (
    Kernel,
    either_strides_or_dilations,
    given,
    is_first,
    last,
    lie,
    patches_of,
)
from gradtape._src.table.rows import call, op, real, single
from gradtape._src.table.samples import Sample

FORMATS = {1: "NWC", 2: "NHWC", 3: "NDHWC"}
_KERNELS = {
    1: Kernel("Conv2D", whole=True),
    2: Kernel("Conv2D", whole=True),
    3: Kernel("Conv3D", ("SAME", "VALID")),
}


def operands_of(input: Any, filters: Any, rank: int, kernel: Kernel) -> tuple[Tensor, Tensor]:
    """Both as tensors of one dtype; checks that `input` has at least, `filters` exactly rank + 2 axes."""
    image = as_tensor(input)
    weights = as_tensor(filters) if isinstance(filters, Tensor) else as_tensor(filters, image.dtype)
    one_dtype(kernel.op, (image, weights))
    if not image.dtype.is_floating and not (kernel.whole and image.dtype == int32):
        raise not_allowed(kernel.op, image.dtype, "half, bfloat16, float, double" + ", int32" * kernel.whole)
    for name, tensor, fits in (("input", image, image.ndim >= rank + 2), ("filter", weights, weights.ndim == rank + 2)):
        if not fits:
            raise kernel.error(f"{name} must be {rank + 2}-dimensional: {dims_text(tensor.shape)}", image.dtype)
    return image, weights


def convolved(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    dilations: Any,
    data_format: str | None,
    rank: int,
    kernel: Kernel | None = None,
) -> Tensor:
    if rank not in _KERNELS:
        raise ValueError(f"`num_spatial_dims` must be 1, 2, or 3. Received: num_spatial_dims={rank}.")
    kernel = kernel or _KERNELS[rank]
    image, weights = operands_of(input, filters, rank, kernel)
    if image.dtype.is_integer:
        exact = apply_cast(image, float64), apply_cast(weights, float64)
        return apply_cast(convolved(*exact, strides, padding, dilations, data_format, rank, kernel), image.dtype)
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
        # A batch of products: the channels of a group are adjacent, and so are its outputs.
        rows = apply_transpose(apply_reshape(patches, (-1, size, groups, inputs)), (2, 0, 1, 3))
        rows = apply_reshape(rows, (groups, -1, size * inputs))
        columns = apply_transpose(apply_reshape(weights, (size * inputs, groups, -1)), (1, 0, 2))
        products = apply_transpose(apply_matmul(rows, columns, False, False), (1, 0, 2))
    result = given(apply_reshape(products, (shape[0], *geometry.places, outputs)), first)
    return result if len(batch) == 1 else apply_reshape(result, (*batch, *tuple(result.shape)[1:]))


def axes_text(rank: int) -> str:
    return ", ".join(("depth", "height", "width")[-rank:])


OPTIONS = """\
  padding: "SAME" for sizes divided by the stride, rounded up; "VALID" for windows entirely inside the images;
    or, for up to two spatial axes, a pair of numbers of zeros per axis.
  data_format: "{format}", or with channels (C) before the spatial axes."""

_RAISES = """Raises:
  InvalidArgumentError: wrong ranks, depths that do not divide each other, a window that does not fit, or an unknown
    padding or format.
  ValueError: a wrong number of strides, dilations or amounts."""


class Convolution(Protocol):
    """The type of `conv2d` and `conv3d`, for type checkers."""

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


def _forward(rank: int, example: str, samples: Callable[[], list[Sample]]) -> Convolution:
    """The convolution over this number of spatial axes, 2 or 3."""

    def convolve(
        input: TensorLike,
        filters: TensorLike,
        strides: int | Sequence[int],
        padding: str | Sequence[Any],
        data_format: str = FORMATS[rank],
        dilations: int | Sequence[int] | None = None,
        name: str | None = None,
    ) -> Tensor:
        return convolved(input, filters, strides, padding, dilations, data_format, rank)

    convolve.__name__ = convolve.__qualname__ = f"conv{rank}d"
    convolve.__doc__ = f"""Convolution over {rank} spatial axes, without mirroring the filters (cross-correlation).

An output is the sum over window and channels of the filter times the image at stride * position + dilation * offset.

Args:
  input: images of shape [batch, {axes_text(rank)}, inputs]; more leading axes are further batch axes.
  filters: a tensor of shape [{axes_text(rank)}, inputs, outputs]. If they have fewer inputs than the images,
    the images' channels are divided into groups that are convolved separately.
  strides: the steps between windows, a number, one per spatial axis, or one per axis.
{OPTIONS.format(format=FORMATS[rank])}
  dilations: the steps between elements of a window, likewise; None for 1.
  name: not used; TensorFlow names operations by it.

Returns:
  A tensor of shape [batch, {axes_text(rank)}, outputs], whose spatial sizes are the numbers of window positions.

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
    """Convolution over one spatial axis, without mirroring the filters (cross-correlation).

    Args:
      input: a floating tensor of shape [batch, width, inputs]; more leading axes are further batch axes.
      filters: a tensor of shape [width, inputs, outputs].
      stride: the step between windows.
      padding: "SAME", "VALID" or amounts, as for `conv2d`.
      data_format: "NWC", or "NCW" for channels before the spatial axis.
      dilations: the step between elements of a window; None for 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, width, outputs], where width is the number of window positions.

    Raises:
      InvalidArgumentError: wrong ranks, depths that do not divide each other, a window that does not fit, or an unknown
        padding or format.
      ValueError: a wrong number of strides, dilations or amounts.

    Example:
      >>> signal = tf.reshape([1.0, 2.0, 4.0, 8.0], [1, 4, 1])
      >>> tf.nn.conv1d(signal, tf.ones([2, 1, 1]), stride=1, padding="VALID")[0, :, 0].numpy()
      array([ 3.,  6., 12.], dtype=float32)
    """
    return convolved(input, filters, stride, padding, dilations, data_format, 1)


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
      padding: "SAME", "VALID" or amounts, as for `conv2d`.
      data_format: the order of the axes; channels come before the spatial axes if it starts with "NC". None for
        channels last.
      dilations: the steps between elements of a window, likewise; None for 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, spatial axes, outputs].

    Raises:
      ValueError: strides and dilations are both greater than 1.
      InvalidArgumentError: as for `conv2d`.

    Example:
      >>> signal = tf.reshape([1.0, 2.0, 4.0, 8.0], [1, 4, 1])
      >>> tf.nn.convolution(signal, tf.ones([2, 1, 1]), dilations=2)[0, :, 0].numpy()
      array([ 5., 10.], dtype=float32)
    """
    filters = as_tensor(filters)
    either_strides_or_dilations(strides, dilations)
    return convolved(input, filters, strides, padding, dilations, data_format, filters.ndim - 2)


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
      InvalidArgumentError: as for `conv2d`.

    Example:
      >>> image = tf.reshape(tf.range(9.0), [1, 3, 3, 1])
      >>> tf.nn.atrous_conv2d(image, tf.ones([2, 2, 1, 1]), rate=2, padding="VALID")[0, :, :, 0].numpy()
      array([[16.]], dtype=float32)
    """
    return convolved(value, filters, 1, padding, int_of(rate, "SpaceToBatchND", "Tblock_shape"), None, 2)
