"""keras.ops.image's geometric transformations, blurring and distortion."""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_reduce, apply_reshape, apply_transpose, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.image.projection import projected
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.ops.images import batched, gaussian, of_rank, with_channels_last
from gradtape._src.keras.ops.promotion import promoted
from gradtape._src.keras.random import draw_seed
from gradtape._src.keras.settings import standardize_data_format
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.linalg.contractions import tensordot
from gradtape._src.linalg.systems import solve
from gradtape._src.nn import depthwise_convolution
from gradtape._src.ops import elementwise as e
from gradtape._src.ops.clipping import clip_by_value
from gradtape._src.ops.gathering import gather_nd
from gradtape._src.ops.joining import stack
from gradtape._src.ops.masking import where
from gradtape._src.ops.rearranging import tile
from gradtape._src.ops.reductions import reduce_all
from gradtape._src.ops.shapes import expand_dims, squeeze
from gradtape._src.random.stateless import stateless_normal

INTERPOLATIONS = ("nearest", "bilinear")
FILL_MODES = ("constant", "nearest", "wrap", "reflect")


def _check(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"Invalid value for argument `{name}`. Expected of one {allowed}. Received: {name}={value}")


@keras_op
def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Images whose pixel at (x, y) comes from ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k), where k is
    c0 x + c1 y + 1.

    Args:
      images: [height, width, channels] or a batch of them.
      transform: a0, a1, a2, b0, b1, b2, c0 and c1, one vector for all images or one for each.
      interpolation: "bilinear" or "nearest".
      fill_mode: the values outside of images: "constant", or their pixels by "nearest", "reflect" or "wrap".
      fill_value: the constant.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor of the images' shape and dtype.

    Raises:
      ValueError: an invalid argument or rank.

    Example:
      >>> image = tf.reshape(tf.range(4.0), [1, 4, 1])
      >>> moved = tf.keras.ops.image.affine_transform(image, tf.constant([1.0, 0, -1, 0, 1, 0, 0, 0]))
      >>> moved.numpy().ravel()
      array([0., 0., 1., 2.], dtype=float32)
    """
    chosen = standardize_data_format(data_format)
    _check("interpolation", interpolation, INTERPOLATIONS)
    _check("fill_mode", fill_mode, FILL_MODES)
    x, numbers = of_rank(images), tensor_of(transform)
    if numbers.ndim not in (1, 2):
        raise ValueError(
            "Invalid transform rank: expected rank 1 (single transform) or rank 2 (batch of transforms). "
            f"Received input with shape: transform.shape={numbers.shape}"
        )
    return _moved(
        x, numbers if numbers.ndim == 2 else expand_dims(numbers, 0), interpolation, fill_mode, fill_value, chosen
    )


def _moved(
    x: Tensor, numbers: Tensor, interpolation: str, fill_mode: str, fill_value: float, data_format: str
) -> Tensor:
    def compute(batch: Tensor) -> Tensor:
        return projected(batch, numbers, interpolation, fill_mode, fill_value)

    return batched(lambda batch: with_channels_last(compute, batch, data_format), x)


@keras_op
def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Applies the perspective transformations that move four points to others.

    Args:
      images: [height, width, channels] or a batch of them.
      start_points: x and y of four points, [4, 2] or [batch, 4, 2].
      end_points: their new positions.
      interpolation: "bilinear" or "nearest".
      fill_value: the value outside of images.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor of the images' shape and dtype.

    Raises:
      ValueError: an invalid argument or shape.

    Example:
      >>> corners = tf.constant([[0.0, 0.0], [0.0, 3.0], [3.0, 0.0], [3.0, 3.0]])
      >>> image = tf.reshape(tf.range(16.0), [4, 4, 1])
      >>> same = tf.keras.ops.image.perspective_transform(image, corners, corners)
      >>> np.allclose(same, image, atol=1e-4)
      True
    """
    chosen = standardize_data_format(data_format)
    start, end = (tensor_of(points, dtypes.float32) for points in (start_points, end_points))
    _check("interpolation", interpolation, INTERPOLATIONS)
    x = of_rank(images)
    for name, points in (("start_points", start), ("end_points", end)):
        if points.ndim not in (2, 3) or tuple(points.shape)[-2:] != (4, 2):
            raise ValueError(
                f"Invalid {name} shape: expected (4,2) for a single image or (N,4,2) for a batch. "
                f"Received shape: {points.shape}"
            )
    if start.shape != end.shape:
        raise ValueError(
            "start_points and end_points must have the same shape. "
            f"Received start_points.shape={start.shape}, end_points.shape={end.shape}"
        )
    if start.ndim == 2:
        start, end = expand_dims(start, 0), expand_dims(end, 0)
    return _moved(x, _homography(start, end), interpolation, "constant", fill_value, chosen)


def _homography(start: Tensor, end: Tensor) -> Tensor:
    """The transformations, [batch, 8], that read at `start` the pixel for `end`."""
    x, y = end[:, :, 0], end[:, :, 1]
    one, none = x * 0.0 + 1.0, x * 0.0
    rows = []
    for axis, parts in enumerate(((x, y, one, none, none, none), (none, none, none, x, y, one))):
        at = start[:, :, axis]
        rows.append(stack([*parts, -at * x, -at * y], -1))
    matrix = apply_reshape(stack(rows, 2), (-1, 8, 8))
    return squeeze(solve(matrix, apply_reshape(start, (-1, 8, 1))), -1)


def _reflected(index: Tensor, size: int, mode: str) -> Tensor:
    """Integer positions reflected into an axis, as in Keras with TensorFlow."""
    if mode == "wrap":
        return e.floormod(index, size)
    if mode == "mirror":  # dcb|abcd|cba
        last = max(size - 1, 1)
        return e.abs(e.floormod(index + last, 2 * last) - last) if size > 1 else index * 0
    within = e.floormod(e.abs(index), 2 * size)
    over = e.greater_equal(within, size)
    return where(over, 2 * size - 1 - within, within)


@keras_op
def map_coordinates(
    inputs: Any, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: float = 0.0
) -> Tensor:
    """Interpolates the values of a tensor at coordinates.

    Args:
      inputs: a tensor.
      coordinates: the coordinates; the first axis is as long as the tensor has axes.
      order: 0 for the nearest value, 1 for linear interpolation.
      fill_mode: the values outside: "constant", or by "nearest", "reflect", "mirror" or "wrap".
      fill_value: the constant.

    Returns:
      A tensor of the coordinates' shape without the first axis, of the inputs' dtype.

    Raises:
      ValueError: the number of coordinates is wrong, or the mode is invalid.
      NotImplementedError: the order is not supported.

    Example:
      >>> tf.keras.ops.image.map_coordinates(tf.range(4.0), tf.constant([[0.5, 2.25]]), order=1).numpy()
      array([0.5 , 2.25], dtype=float32)
    """
    x, places = tensor_of(inputs), tensor_of(coordinates)
    if places.shape[0] != x.ndim:
        raise ValueError(
            "First dim of `coordinates` must be the same as the rank of `inputs`. "
            f"Received inputs with shape: {x.shape} and coordinate leading dim of {places.shape[0]}"
        )
    if places.ndim < 2:
        raise ValueError(
            f"Invalid coordinates rank: expected at least rank 2. Received input with shape: {places.shape}"
        )
    if fill_mode not in ("constant", "nearest", "wrap", "mirror", "reflect"):
        raise ValueError(
            "Invalid value for argument `fill_mode`. Expected one of "
            f"{ {'constant', 'nearest', 'wrap', 'mirror', 'reflect'} }. Received: fill_mode={fill_mode}"
        )
    if order not in (0, 1):
        raise NotImplementedError("map_coordinates currently requires order<=1")
    axes = [_nodes(places[axis], x.shape[axis], order, fill_mode) for axis in range(x.ndim)]
    found = []
    for nodes in itertools.product(*axes):
        indices, valid, weights = zip(*nodes, strict=True)
        values = gather_nd(x, stack(list(indices), -1))
        values = apply_cast(values, weights[0].dtype) if values.dtype is not weights[0].dtype else values
        if fill_mode == "constant":
            values = where(reduce_all(stack(list(valid)), 0), values, apply_cast(as_tensor(fill_value), values.dtype))
        found.append(functools.reduce(operator.mul, weights) * values)
    result = functools.reduce(operator.add, found)
    if x.dtype.is_integer and result.dtype.is_floating:
        result = e.round(result)
    return result if result.dtype is x.dtype else apply_cast(result, x.dtype)


def _nodes(at: Tensor, size: int, order: int, fill_mode: str) -> list[tuple[Tensor, Tensor, Tensor]]:
    """The positions of an axis from which a coordinate is interpolated, whether they are valid, and their weights."""
    if order == 0:
        nearest = e.round(at) if at.dtype.is_floating else at
        places = [(nearest, at * 0 + 1)]
    else:
        lower = e.floor(at) if at.dtype.is_floating else at
        places = [(lower, 1 - (at - lower)), (lower + 1, at - lower)]
    found = []
    for place, weight in places:
        index = apply_cast(place, dtypes.int32)
        valid = e.logical_and(e.greater_equal(index, 0), e.less(index, size))
        if fill_mode in ("constant", "nearest"):
            index = clip_by_value(index, 0, size - 1)
        else:
            index = _reflected(index, size, fill_mode)
        found.append((index, valid, weight))
    return found


@keras_op
def gaussian_blur(
    images: Any, kernel_size: Any = (3, 3), sigma: Any = (1.0, 1.0), data_format: str | None = None
) -> Tensor:
    """Blurs images by a Gaussian filter.

    Args:
      images: [height, width, channels] or a batch of them.
      kernel_size: the height and width of the kernel.
      sigma: the standard deviations.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: invalid rank.

    Example:
      >>> tf.keras.ops.image.gaussian_blur(tf.ones([5, 5, 1]))[2, 2].numpy().round(4)
      array([1.], dtype=float32)
    """
    x, chosen = of_rank(images), standardize_data_format(data_format)
    deviations = [tensor_of(one, x.dtype) for one in (sigma[0], sigma[1])]
    sizes = [int(one) for one in (kernel_size[0], kernel_size[1])]
    return _blurred(x, sizes, deviations, chosen)


def _blurred(x: Tensor, sizes: list[int], deviations: list[Tensor], data_format: str) -> Tensor:
    columns, rows = (gaussian(size, deviation, x.dtype) for size, deviation in zip(sizes, deviations, strict=True))
    # As in Keras: the first size is that of the kernel's second factor.
    weights = apply_reshape(tensordot(rows, columns, 0), (sizes[0], sizes[1], 1, 1))

    def compute(batch: Tensor) -> Tensor:
        kernel = tile(weights, [1, 1, batch.shape[-1], 1])
        return depthwise_convolution.depthwise_conv2d(batch, kernel, [1, 1, 1, 1], "SAME")

    return batched(lambda batch: with_channels_last(compute, batch, data_format), x)


@keras_op
def elastic_transform(
    images: Any,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Tensor:
    """Distorts images randomly by a smooth displacement field.

    Simard et al., Best Practices for Convolutional Neural Networks (2003).

    Args:
      images: [height, width, channels] or a batch of them.
      alpha: the strength of the displacement.
      sigma: its smoothness.
      interpolation: "bilinear" or "nearest".
      fill_mode: the values outside of images: "constant", or their pixels by "nearest", "reflect" or "wrap".
      fill_value: the constant.
      seed: an integer for the same numbers at each call, a SeedGenerator, or None for the global one.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: an invalid argument or rank.

    Example:
      >>> tf.keras.ops.image.elastic_transform(tf.ones([8, 8, 3]), seed=1).shape
      TensorShape([8, 8, 3])
    """
    chosen = standardize_data_format(data_format)
    _check("interpolation", interpolation, INTERPOLATIONS)
    _check("fill_mode", fill_mode, FILL_MODES)
    x = of_rank(images)
    drawn = draw_seed(seed)
    order, reach = INTERPOLATIONS.index(interpolation), 6 * int(sigma) | 1

    def compute(batch: Tensor) -> Tensor:
        count, height, width, channels = batch.shape
        noise = stateless_normal([count, height, width, 1], drawn, 0.0, 1.0, batch.dtype) * sigma
        deviation = as_tensor(sigma, batch.dtype)
        # Both directions use the same seed, as in Keras.
        shift = squeeze(_blurred(noise, [reach, reach], [deviation, deviation], "channels_last"), -1) * alpha
        rows = tensor_of(np.arange(height).reshape(1, -1, 1), batch.dtype) + shift
        columns = tensor_of(np.arange(width).reshape(1, 1, -1), batch.dtype) + shift
        moved = [
            stack(
                [
                    map_coordinates.__wrapped__(
                        batch[place, ..., channel], stack([rows[place], columns[place]]), order, fill_mode, fill_value
                    )
                    for channel in range(channels)
                ],
                -1,
            )
            for place in range(count)
        ]
        return stack(moved)

    return batched(lambda batch: with_channels_last(compute, batch, chosen), x)


def _triangle(x: Tensor) -> Tensor:
    return e.maximum(1 - x, 0)


def _keys(x: Tensor) -> Tensor:
    near, far = ((1.5 * x - 2.5) * x) * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return where(x >= 2.0, x * 0, where(x >= 1.0, far, near))


def _lanczos(radius: float, x: Tensor) -> Tensor:
    away = where(x > 1e-3, x, x * 0 + 1)
    value = radius * e.sin(math.pi * away) * e.sin(math.pi * away / radius) / (math.pi**2 * e.square(away))
    return where(x > radius, x * 0, where(x > 1e-3, value, x * 0 + 1))


_KERNELS: dict[str, Callable[[Tensor], Tensor]] = {
    **dict.fromkeys(("linear", "bilinear", "trilinear"), _triangle),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), _keys),
    "lanczos3": functools.partial(_lanczos, 3.0),
    "lanczos5": functools.partial(_lanczos, 5.0),
}


@keras_op
def scale_and_translate(
    images: Any,
    output_shape: Any,
    scale: Any,
    translation: Any,
    spatial_dims: Any,
    method: str,
    antialias: bool = True,
) -> Tensor:
    """Scales and translates images along axes: the value at x moves to x * scale + translation.

    Args:
      images: a tensor.
      output_shape: the shape of the result.
      scale: the scale of each axis.
      translation: the translation of each axis.
      spatial_dims: the axes.
      method: "linear", "cubic", "lanczos3" or "lanczos5".
      antialias: whether to low-pass filter when downscaling.

    Returns:
      A tensor of that shape and the images' dtype; 0 outside of the images.

    Raises:
      ValueError: the method is invalid.

    Example:
      >>> image = tf.reshape(tf.range(9.0), [3, 3])
      >>> scaled = tf.keras.ops.image.scale_and_translate(
      ...     image, (5, 5), tf.constant([2.0, 2.0]), tf.constant([-0.5, -0.5]), (0, 1), "linear"
      ... )
      >>> scaled[0].numpy()
      array([0. , 0.5, 1. , 1.5, 2. ], dtype=float32)
    """
    if method not in _KERNELS:
        raise ValueError(
            f"Invalid value for argument `method`. Expected of one {set(_KERNELS)}. Received: method={method}"
        )
    x = tensor_of(images)
    scales, shifts = promoted(tensor_of(scale), tensor_of(translation))
    found = x if x.dtype.is_floating else apply_cast(x, dtypes.float32)
    for place, dimension in enumerate(spatial_dims):
        axis = dimension % x.ndim
        weights = _weights(x.shape[axis], output_shape[axis], scales[place], shifts[place], _KERNELS[method], antialias)
        found = tensordot(found, apply_cast(weights, found.dtype), [[axis], [0]])
        order = list(range(found.ndim - 1))
        order.insert(axis, found.ndim - 1)
        found = apply_transpose(found, order)
    if x.dtype.is_floating:
        return found
    least, greatest = (apply_cast(apply_reduce(kernel, x, None, False), found.dtype) for kernel in ("Min", "Max"))
    return apply_cast(clip_by_value(e.round(found), least, greatest), x.dtype)


def _weights(size: int, new: int, scale: Tensor, shift: Tensor, kernel: Any, antialias: bool) -> Tensor:
    """The weight of each old position in each new one, [size, new]."""
    inverse = 1.0 / scale
    width = e.maximum(inverse, 1.0) if antialias else 1.0
    at = (tensor_of(np.arange(new) + 0.5, scale.dtype) - shift) * inverse - 0.5
    weights = kernel(e.abs(at[None, :] - tensor_of(np.arange(size)[:, None], scale.dtype)) / width)
    sums = apply_reduce("Sum", weights, [0], True)
    small = e.abs(sums) <= 1000.0 * float(np.finfo(np.float32).eps)
    weights = where(small, weights * 0, weights / where(small, sums * 0 + 1, sums))
    inside = e.logical_and(at >= -0.5, at <= size - 0.5)
    return where(inside[None, :], weights, weights * 0)
