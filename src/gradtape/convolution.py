"""Convolutions and pooling: products over patches.

A convolution gathers what its window sees into the rows of a matrix and multiplies that by the filters. Gathering
and its
transpose, adding patches back to an image, are each other's reverse rule, so every derivative is made of these two and
products. Images are channels-last; axes that are missing for 1 or 2 dimensions are counted as 1.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from gradtape._ops import apply_matmul, apply_reduce, apply_reshape, as_tensor, empty, record, tensor_from, view
from gradtape._patches import gather, scatter
from gradtape._tensor import Tensor
from gradtape.table import call, op, real

__all__ = [
    "avg_pool",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "conv1d",
    "conv1d_transpose",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "conv3d_transpose",
    "convolution",
    "depthwise_conv2d",
    "max_pool",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "pool",
    "separable_conv2d",
]


class Geometry(NamedTuple):
    """A window over an image, each by spatial axis: its size, places, stride, dilation, and the padding before the
    axis."""

    window: tuple[int, ...]
    places: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    before: tuple[int, ...]

    def numbers(self) -> np.ndarray:
        """The 15 numbers of the compiled gather, axes that are missing in front."""
        fill = (1, 1, 1, 1, 0)
        rows = [(missing,) * (3 - len(row)) + row for row, missing in zip(self, fill, strict=True)]
        return np.array(rows, np.intp).ravel()


def _spread(value: Any, rank: int, name: str) -> tuple[int, ...]:
    """One number per spatial axis, from one for all, one each, or one for every axis of the image."""
    if value is None:
        return (1,) * rank
    numbers = [value] if isinstance(value, int) else [int(number) for number in np.asarray(value).reshape(-1)]
    if len(numbers) == 1:
        numbers *= rank
    elif len(numbers) == rank + 2:
        if numbers[0] != 1 or numbers[-1] != 1:
            raise ValueError(f"{name} along batch and channels must be 1. Received: {name}={value}.")
        numbers = numbers[1:-1]
    if len(numbers) != rank:
        raise ValueError(f"{name} should be of length 1, {rank} or {rank + 2} but was {len(numbers)}.")
    if min(numbers) < 1:
        raise ValueError(f"{name} must be positive. Received: {name}={value}.")
    return tuple(numbers)


def _geometry(
    sizes: tuple[int, ...], window: tuple[int, ...], strides: Any, padding: Any, dilations: Any, op: str
) -> Geometry:
    """How a window lies over an image of these sizes. Raises ValueError where it does not fit or padding is unknown."""
    rank = len(sizes)
    strides, dilations = _spread(strides, rank, "strides"), _spread(dilations, rank, "dilations")
    reach = [(size - 1) * dilation + 1 for size, dilation in zip(window, dilations, strict=True)]
    if isinstance(padding, str):
        if padding.upper() == "SAME":
            places = [-(-size // stride) for size, stride in zip(sizes, strides, strict=True)]
            needed = [
                max((place - 1) * stride + extent - size, 0)
                for place, stride, extent, size in zip(places, strides, reach, sizes, strict=True)
            ]
            return Geometry(window, tuple(places), strides, dilations, tuple(total // 2 for total in needed))
        if padding.upper() != "VALID":
            raise ValueError(f"{op}: `padding` must be 'SAME', 'VALID' or explicit amounts. Received: {padding!r}.")
        amounts = [(0, 0)] * rank
    else:
        amounts = [(int(low), int(high)) for low, high in padding]
        if len(amounts) == rank + 2:
            amounts = amounts[1:-1]
        if len(amounts) != rank:
            raise ValueError(f"{op}: explicit `padding` must have {rank + 2} pairs. Received: {padding!r}.")
    places = [
        (size + low + high - extent) // stride + 1
        for size, (low, high), extent, stride in zip(sizes, amounts, reach, strides, strict=True)
    ]
    if min(places, default=1) < 1:
        raise ValueError(
            f"{op}: computed output size would be negative: an image of {list(sizes)} with padding {amounts} under a "
            f"window "
            f"that reaches over {reach}."
        )
    return Geometry(window, tuple(places), strides, dilations, tuple(low for low, _ in amounts))


def _five(shape: tuple[int, ...]) -> np.ndarray:
    """An image's shape with three spatial axes."""
    return np.array((shape[0], *(1,) * (5 - len(shape)), *shape[1:]), np.intp)


def _gather(image: Tensor, geometry: Geometry, outside: float = 0.0) -> Tensor:
    """The patches, (batch · places, window · channels)."""
    shape = tuple(image.shape)
    batch, channels = shape[0], shape[-1]
    out, array = empty((batch * int(np.prod(geometry.places)), int(np.prod(geometry.window)) * channels), image.dtype)
    if array.size:
        if image.shape.num_elements():
            gather(view(image).ravel(), array.ravel(), _five(shape), geometry.numbers(), outside)
        else:
            array.fill(outside)
    return record("ExtractPatches", _gather_rule, (image,), out, (), (shape, geometry))


def _scatter(patches: Tensor, shape: tuple[int, ...], geometry: Geometry) -> Tensor:
    """The image of this shape to which the patches add up."""
    out, array = empty(shape, patches.dtype)
    array.fill(0)
    if array.size and patches.shape.num_elements():
        scatter(view(patches).ravel(), array.ravel(), _five(shape), geometry.numbers())
    return record("PatchesToImage", _scatter_rule, (patches,), out, (), (shape, geometry))


def _gather_rule(call: Any, needs: Any, g: Tensor) -> tuple[Tensor]:
    return (_scatter(g, *call.attributes),)


def _scatter_rule(call: Any, needs: Any, g: Tensor) -> tuple[Tensor]:
    return (_gather(g, call.attributes[1]),)


def _last(data_format: str | None, op: str) -> None:
    """Raises ValueError for channels-first images."""
    if data_format is not None and data_format.startswith("NC"):
        raise ValueError(
            f"{op}: images are channels-last here. Received: data_format={data_format!r}; transpose the image first."
        )


def _convolve(
    input: Any, filters: Any, strides: Any, padding: Any, dilations: Any, data_format: str | None, rank: int, op: str
) -> Tensor:
    _last(data_format, op)
    image = as_tensor(input)
    kernel = as_tensor(filters, image.dtype)
    if image.ndim != rank + 2 or kernel.ndim != rank + 2:
        raise ValueError(
            f"{op}: `input` and `filters` must have rank {rank + 2}. Received: input of shape {image.shape} and "
            f"filters of "
            f"shape {kernel.shape}."
        )
    shape, (*window, inputs, outputs) = tuple(image.shape), tuple(kernel.shape)
    if shape[-1] != inputs:
        raise ValueError(
            f"{op}: the depth of `input` ({shape[-1]}) must be that of `filters` ({inputs}). Received: input of shape "
            f"{image.shape} and filters of shape {kernel.shape}."
        )
    geometry = _geometry(shape[1:-1], tuple(window), strides, padding, dilations, op)
    flat = apply_reshape(kernel, (-1 if inputs and outputs else int(np.prod(window)) * inputs, outputs))
    return apply_reshape(
        apply_matmul(_gather(image, geometry), flat, False, False), (shape[0], *geometry.places, outputs)
    )


@op(
    "nn.conv1d",
    samples=lambda: [call(real(2, 6, 2), real(3, 2, 2), 2, "SAME"), call(real(1, 6, 1), real(2, 1, 2), 1, "VALID")],
)
def conv1d(
    input: Any,
    filters: Any,
    stride: Any,
    padding: Any,
    data_format: str = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Convolution of (batch, width, inputs) with filters (size, inputs, outputs). Raises ValueError as
    :func:`conv2d`."""
    return _convolve(input, filters, stride, padding, dilations, data_format, 1, "conv1d")


@op(
    "nn.conv2d",
    notes="data_format NHWC",
    samples=lambda: [
        call(real(2, 4, 4, 2), real(3, 3, 2, 2), 1, "SAME"),
        call(real(1, 5, 4, 1), real(2, 3, 1, 2), [1, 2, 1, 1], "VALID"),
        call(real(1, 3, 3, 1), real(2, 2, 1, 1), 2, [[0, 0], [1, 0], [2, 1], [0, 0]]),
        call(real(1, 2, 2, 2), real(1, 1, 2, 3), 1, "VALID"),
    ],
)
def conv2d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Convolution (cross-correlation) of images (batch, height, width, inputs) with (height, width, inputs, outputs).

    strides, dilations: a number, one per spatial axis, or one per axis. padding: "SAME", "VALID" or a pair of
    amounts per
    axis. Raises ValueError for other ranks, unequal depths, or a window that does not fit.
    """
    return _convolve(input, filters, strides, padding, dilations, data_format, 2, "conv2d")


@op("nn.conv3d", samples=lambda: [call(real(1, 3, 3, 2, 1), real(2, 2, 1, 1, 2), [1, 1, 1, 1, 1], "SAME")])
def conv3d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Convolution of (batch, depth, height, width, inputs) with (depth, height, width, inputs, outputs)."""
    return _convolve(input, filters, strides, padding, dilations, data_format, 3, "conv3d")


@op("nn.convolution", samples=lambda: [call(real(1, 4, 4, 1), real(3, 3, 1, 1), data_format="NHWC")])
def convolution(
    input: Any,
    filters: Any,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Convolution over one, two or three spatial axes, as many as the filters have."""
    filters = as_tensor(filters)
    return _convolve(input, filters, strides, padding, dilations, data_format, filters.ndim - 2, "convolution")


def _transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any,
    dilations: Any,
    data_format: str | None,
    rank: int,
    op: str,
) -> Tensor:
    _last(data_format, op)
    image = as_tensor(input)
    kernel = as_tensor(filters, image.dtype)
    shape = tuple(int(size) for size in np.asarray(output_shape).reshape(-1))
    if image.ndim != rank + 2 or kernel.ndim != rank + 2 or len(shape) != rank + 2:
        raise ValueError(
            f"{op}: `input`, `filters` and `output_shape` must have rank {rank + 2}. Received: input of shape "
            f"{image.shape}, "
            f"filters of shape {kernel.shape} and output_shape {shape}."
        )
    *window, outputs, inputs = tuple(kernel.shape)
    geometry = _geometry(shape[1:-1], tuple(window), strides, padding, dilations, op)
    expected = (shape[0], *geometry.places, inputs)
    if tuple(image.shape) != expected or shape[-1] != outputs:
        raise ValueError(
            f"{op}: an output of shape {shape} with filters of shape {kernel.shape} needs an input of shape "
            f"{expected}. "
            f"Received: input of shape {image.shape}."
        )
    flat = apply_reshape(kernel, (int(np.prod(window)) * outputs, inputs))
    rows = apply_reshape(image, (shape[0] * int(np.prod(geometry.places)), inputs))
    return _scatter(apply_matmul(rows, flat, False, True), shape, geometry)


@op("nn.conv1d_transpose", samples=lambda: [call(real(1, 3, 2), real(3, 1, 2), [1, 6, 1], 2)])
def conv1d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """The transpose of :func:`conv1d`; filters (size, outputs, inputs)."""
    return _transpose(input, filters, output_shape, strides, padding, dilations, data_format, 1, "conv1d_transpose")


@op(
    "nn.conv2d_transpose",
    samples=lambda: [
        call(real(1, 2, 2, 2), real(3, 3, 1, 2), [1, 4, 4, 1], 2),
        call(real(1, 3, 3, 1), real(2, 2, 2, 1), [1, 4, 4, 2], 1, "VALID"),
    ],
)
def conv2d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """The transpose of :func:`conv2d`; filters (height, width, outputs, inputs). Raises ValueError for other shapes."""
    return _transpose(input, filters, output_shape, strides, padding, dilations, data_format, 2, "conv2d_transpose")


@op("nn.conv3d_transpose", samples=lambda: [call(real(1, 2, 2, 1, 1), real(2, 2, 1, 1, 1), [1, 2, 2, 1, 1], 1)])
def conv3d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """The transpose of :func:`conv3d`; filters (depth, height, width, outputs, inputs)."""
    return _transpose(input, filters, output_shape, strides, padding, dilations, data_format, 3, "conv3d_transpose")


@op(
    "nn.depthwise_conv2d",
    samples=lambda: [
        call(real(1, 4, 4, 2), real(3, 3, 2, 2), [1, 1, 1, 1], "SAME"),
        call(real(2, 3, 3, 1), real(2, 2, 1, 1), [1, 1, 1, 1], "VALID"),
    ],
)
def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Each channel convolved with filters of its own, (height, width, channels, multiplier).

    The outputs of one channel are neighbours. Raises ValueError as :func:`conv2d`.
    """
    _last(data_format, "depthwise_conv2d")
    image = as_tensor(input)
    kernel = as_tensor(filter, image.dtype)
    shape, (height, width, channels, multiplier) = tuple(image.shape), tuple(kernel.shape)
    if shape[-1] != channels:
        raise ValueError(
            f"depthwise_conv2d: the depth of `input` ({shape[-1]}) must be that of `filter` ({channels}). Received: "
            f"input of "
            f"shape {image.shape} and filter of shape {kernel.shape}."
        )
    geometry = _geometry(shape[1:-1], (height, width), strides, padding, dilations, "depthwise_conv2d")
    rows = shape[0] * int(np.prod(geometry.places))
    patches = apply_reshape(_gather(image, geometry), (rows, height * width, channels, 1))
    products = patches * apply_reshape(kernel, (height * width, channels, multiplier))
    return apply_reshape(
        apply_reduce(0, products, 1, False, "Sum"), (shape[0], *geometry.places, channels * multiplier)
    )


@op(
    "nn.separable_conv2d",
    samples=lambda: [call(real(1, 3, 3, 2), real(2, 2, 2, 1), real(1, 1, 2, 3), [1, 1, 1, 1], "SAME")],
)
def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """:func:`depthwise_conv2d`, then a convolution of its outputs place by place."""
    deep = depthwise_conv2d(input, depthwise_filter, strides, padding, data_format, dilations)
    return conv2d(deep, pointwise_filter, 1, "VALID")


# Pooling


def _pool(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
    rank: int | None,
    largest: bool,
    dilations: Any,
    op: str,
) -> Tensor:
    _last(data_format, op)
    image = as_tensor(input)
    rank = image.ndim - 2 if rank is None else rank
    if image.ndim != rank + 2:
        raise ValueError(f"{op}: `input` must have rank {rank + 2}. Received: input of shape {image.shape}.")
    shape = tuple(image.shape)
    geometry = _geometry(shape[1:-1], _spread(ksize, rank, "ksize"), strides, padding, dilations, op)
    size = int(np.prod(geometry.window))
    rows = shape[0] * int(np.prod(geometry.places))
    patches = apply_reshape(_gather(image, geometry, -np.inf if largest else 0.0), (rows, size, shape[-1]))
    if largest:
        pooled = _largest(patches)
    else:
        pooled = apply_reduce(0, patches, 1, False, "Sum") / _counts(shape, geometry, image.dtype)
    return apply_reshape(pooled, (shape[0], *geometry.places, shape[-1]))


@functools.lru_cache(64)
def _counts(shape: tuple[int, ...], geometry: Geometry, dtype: Any) -> Tensor:
    """How many of a window's elements lie inside the image, (batch · places, 1)."""
    plane = tensor_from(np.ones((1, *shape[1:-1], 1)), dtype)
    return tensor_from(np.tile(view(_gather(plane, geometry)).sum(axis=1, keepdims=True), (shape[0], 1)), dtype)


def _largest(patches: Tensor) -> Tensor:
    """The maximum along axis 1; the first of equals has the gradient, as in TensorFlow."""
    return _take(patches, view(patches).argmax(axis=1)[:, None, :])


def _take(patches: Tensor, places: np.ndarray) -> Tensor:
    out = tensor_from(np.take_along_axis(view(patches), places, axis=1)[:, 0, :], patches.dtype)
    return record("MaxPool", _take_rule, (patches,), out, (), (places, patches.shape[1]))


def _put(values: Tensor, places: np.ndarray, size: int) -> Tensor:
    out, array = empty((values.shape[0], size, values.shape[1]), values.dtype)
    array.fill(0)
    np.put_along_axis(array, places, view(values)[:, None, :], axis=1)
    return record("MaxPoolGrad", _put_rule, (values,), out, (), (places, size))


def _take_rule(call: Any, needs: Any, g: Tensor) -> tuple[Tensor]:
    return (_put(g, *call.attributes),)


def _put_rule(call: Any, needs: Any, g: Tensor) -> tuple[Tensor]:
    return (_take(g, call.attributes[0]),)


_images = (real(2, 4, 4, 2), real(1, 5, 3, 1))


@op(
    "nn.max_pool",
    samples=lambda: [
        *(call(_images[0], 2, 2, "VALID"), call(_images[1], [3, 2], [2, 1], "SAME")),
        call(real(1, 5, 1), 2, 1, "SAME"),
    ],
)
def max_pool(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str | None = None, name: str | None = None
) -> Tensor:
    """The largest of each window; the first of equals has the gradient. Raises ValueError for a window that does
    not fit."""
    return _pool(input, ksize, strides, padding, data_format, None, True, None, "max_pool")


@op("nn.max_pool1d", samples=lambda: [call(real(2, 6, 2), 2, 2, "VALID")])
def max_pool1d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NWC", name: str | None = None
) -> Tensor:
    """:func:`max_pool` over one axis."""
    return _pool(input, ksize, strides, padding, data_format, 1, True, None, "max_pool1d")


@op("nn.max_pool2d", samples=lambda: [call(_images[0], 2, 1, "SAME")])
def max_pool2d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NHWC", name: str | None = None
) -> Tensor:
    """:func:`max_pool` over two axes."""
    return _pool(input, ksize, strides, padding, data_format, 2, True, None, "max_pool2d")


def max_pool3d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NDHWC", name: str | None = None
) -> Tensor:
    """:func:`max_pool` over three axes."""
    return _pool(input, ksize, strides, padding, data_format, 3, True, None, "max_pool3d")


@op(
    "nn.avg_pool",
    samples=lambda: [
        *(call(_images[0], 2, 2, "VALID"), call(_images[1], [3, 2], [2, 1], "SAME")),
        call(real(1, 5, 1), 2, 1, "SAME"),
    ],
)
def avg_pool(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str | None = None, name: str | None = None
) -> Tensor:
    """The mean of what of each window lies inside the image. Raises ValueError for a window that does not fit."""
    return _pool(input, ksize, strides, padding, data_format, None, False, None, "avg_pool")


@op("nn.avg_pool1d", samples=lambda: [call(real(2, 6, 2), 2, 2, "VALID")])
def avg_pool1d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NWC", name: str | None = None
) -> Tensor:
    """:func:`avg_pool` over one axis."""
    return _pool(input, ksize, strides, padding, data_format, 1, False, None, "avg_pool1d")


@op("nn.avg_pool2d", samples=lambda: [call(_images[0], 2, 1, "SAME")])
def avg_pool2d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NHWC", name: str | None = None
) -> Tensor:
    """:func:`avg_pool` over two axes."""
    return _pool(input, ksize, strides, padding, data_format, 2, False, None, "avg_pool2d")


def avg_pool3d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NDHWC", name: str | None = None
) -> Tensor:
    """:func:`avg_pool` over three axes."""
    return _pool(input, ksize, strides, padding, data_format, 3, False, None, "avg_pool3d")


@op(
    "nn.pool",
    samples=lambda: [
        call(_images[0], [2, 2], "AVG"),
        call(_images[1], [2, 2], "MAX", dilations=[2, 1]),
    ],
)
def pool(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Pooling of a kind, "MAX" or "AVG", over all spatial axes. Raises ValueError for another kind."""
    if pooling_type not in ("MAX", "AVG"):
        raise ValueError(f"`pooling_type` must be 'MAX' or 'AVG'. Received: {pooling_type!r}.")
    return _pool(input, window_shape, strides, padding, data_format, None, pooling_type == "MAX", dilations, "pool")
