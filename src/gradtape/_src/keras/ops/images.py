"""keras.ops.image: colours, sizes, patches and quality of images."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_reduce, apply_reshape, apply_transpose, full
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.image import colours, measures, resizing
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.ops.creation import eye
from gradtape._src.keras.ops.nn import conv
from gradtape._src.keras.ops.promotion import result_type
from gradtape._src.keras.settings import standardize_data_format
from gradtape._src.keras.tensors import floating, tensor_of
from gradtape._src.linalg.contractions import tensordot
from gradtape._src.nn import convolution
from gradtape._src.ops import elementwise as e
from gradtape._src.ops.casts import saturate_cast
from gradtape._src.ops.indexing import slice as slice_of
from gradtape._src.ops.joining import concat
from gradtape._src.ops.padding import pad
from gradtape._src.ops.shapes import expand_dims, squeeze

INTERPOLATIONS = ("bilinear", "nearest", "lanczos3", "lanczos5", "bicubic", "area")


def of_rank(images: Any, name: str = "images") -> Tensor:
    """One image or a batch of them; ValueError for other ranks."""
    tensor = tensor_of(images)
    if tensor.ndim not in (3, 4):
        raise ValueError(
            f"Invalid {name} rank: expected rank 3 (single image) or rank 4 (batch of images). "
            f"Received input with shape: {name}.shape={tensor.shape}"
        )
    return tensor


def with_channels_last(compute: Callable[[Tensor], Tensor], images: Tensor, data_format: str) -> Tensor:
    """Applies a function of channels-last images to images of either format; trailing axes stay last."""
    if data_format == "channels_last":
        return compute(images)
    batched = images.ndim == 4
    found = compute(apply_transpose(images, [0, 2, 3, 1] if batched else [1, 2, 0]))
    order = [0, 3, 1, 2] if batched else [2, 0, 1]
    return apply_transpose(found, [*order, *range(len(order), found.ndim)])


def batched(compute: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """Applies a function of batches to a batch, or to a single image."""
    return squeeze(compute(expand_dims(images, 0)), 0) if images.ndim == 3 else compute(images)


@keras_op
def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Tensor:
    """Converts RGB images to grayscale.

    Args:
      images: [height, width, channels] or a batch of them, of three channels or one.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      Images of one channel, of the same dtype.

    Raises:
      ValueError: invalid rank or number of channels.

    Example:
      >>> tf.keras.ops.image.rgb_to_grayscale([[[1.0, 0.0, 0.0]]]).numpy()
      array([[[0.2989]]], dtype=float32)
    """
    axis = -1 if standardize_data_format(data_format) == "channels_last" else -3
    x = of_rank(images)
    if x.shape[axis] not in (1, 3):
        raise ValueError(
            "Invalid channel size: expected 3 (RGB) or 1 (Grayscale). "
            f"Received input with shape: images.shape={x.shape}"
        )
    if x.shape[axis] == 1:
        return x
    weights = tensor_of(np.array([0.2989, 0.5870, 0.1140]), dtypes.as_dtype(result_type(x.dtype, float)))
    gray = expand_dims(tensordot(apply_cast(x, weights.dtype), weights, [[axis % x.ndim], [0]]), axis)
    return gray if gray.dtype is x.dtype else apply_cast(gray, x.dtype)


def _floating_images(images: Any) -> Tensor:
    x = of_rank(images)
    if not x.dtype.is_floating:
        raise ValueError(f"Invalid images dtype: expected float dtype. Received: images.dtype={x.dtype.name}")
    return x


@keras_op
def rgb_to_hsv(images: Any, data_format: str | None = None) -> Tensor:
    """Converts RGB images to hue, saturation and value.

    Args:
      images: floating, [height, width, 3] or a batch of them, with values in [0, 1].
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: invalid rank, or the dtype is not floating.

    Example:
      >>> tf.keras.ops.image.rgb_to_hsv([[[0.0, 1.0, 1.0]]]).numpy()
      array([[[0.5, 1. , 1. ]]], dtype=float32)
    """
    chosen = standardize_data_format(data_format)
    return with_channels_last(colours.rgb_to_hsv, _floating_images(images), chosen)


@keras_op
def hsv_to_rgb(images: Any, data_format: str | None = None) -> Tensor:
    """Converts hue, saturation and value to RGB images.

    Args:
      images: floating, [height, width, 3] or a batch of them, with values in [0, 1].
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: invalid rank, or the dtype is not floating.

    Example:
      >>> tf.keras.ops.image.hsv_to_rgb([[[0.5, 1.0, 1.0]]]).numpy()
      array([[[0., 1., 1.]]], dtype=float32)
    """
    chosen = standardize_data_format(data_format)
    return with_channels_last(colours.hsv_to_rgb, _floating_images(images), chosen)


@keras_op
def resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Tensor:
    """Resizes images.

    Args:
      images: [height, width, channels] or a batch of them.
      size: the new height and width.
      interpolation: "bilinear", "nearest", "bicubic", "area", "lanczos3" or "lanczos5".
      antialias: whether to low-pass filter when downscaling.
      crop_to_aspect_ratio: whether to crop images to the new size's aspect ratio first.
      pad_to_aspect_ratio: whether to pad them to it.
      fill_mode: "constant".
      fill_value: the value of the padding.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      Images of the same dtype.

    Raises:
      ValueError: an invalid argument or rank.

    Example:
      >>> tf.keras.ops.image.resize(tf.ones([8, 8, 3]), (2, 4)).shape
      TensorShape([2, 4, 3])
    """
    if len(size) != 2:
        raise ValueError(f"Expected `size` to be a tuple of 2 integers. Received: size={size}")
    if size[0] <= 0 or size[1] <= 0:
        raise ValueError(f"`size` must have positive height and width. Received: size={size}")
    chosen = standardize_data_format(data_format)
    if interpolation not in INTERPOLATIONS:
        raise ValueError(
            "Invalid value for argument `interpolation`. Expected of one "
            f"{INTERPOLATIONS}. Received: interpolation={interpolation}"
        )
    if fill_mode != "constant":
        raise ValueError(
            f"Invalid value for argument `fill_mode`. Only `'constant'` is supported. Received: fill_mode={fill_mode}"
        )
    if pad_to_aspect_ratio and crop_to_aspect_ratio:
        raise ValueError("Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`.")
    x = of_rank(images)

    def compute(batch: Tensor) -> Tensor:
        if crop_to_aspect_ratio:
            batch = _cut_to(batch, size)
        elif pad_to_aspect_ratio:
            batch = _bordered_to(batch, size, fill_value)
        return resizing.resize(batch, size, interpolation, antialias=antialias)

    found = with_channels_last(compute, x, chosen)
    if found.dtype is x.dtype:
        return found
    if x.dtype.is_integer:
        found = e.round(found)
    return saturate_cast(found, x.dtype)


def _of_proportions(height: int, width: int, size: Any) -> tuple[int, int]:
    """The height for a width, and the width for a height, in a size's aspect ratio."""
    wanted_height, wanted_width = size
    return (
        int(np.float32(width * wanted_height) / np.float32(wanted_width)),
        int(np.float32(height * wanted_width) / np.float32(wanted_height)),
    )


def _cut_to(images: Tensor, size: Any) -> Tensor:
    height, width, _ = images.shape[-3:]
    sides = _of_proportions(height, width, size)
    high, wide = (max(min(own, side), 1) for own, side in zip((height, width), sides, strict=True))
    top, left = (height - high) // 2, (width - wide) // 2
    return images[..., top : top + high, left : left + wide, :]


def _bordered_to(images: Tensor, size: Any, fill_value: float) -> Tensor:
    height, width, _ = images.shape[-3:]
    sides = _of_proportions(height, width, size)
    for axis, own, side in ((-3, height, sides[0]), (-2, width, sides[1])):
        before = (max(own, side) - own) // 2
        if before:
            shape = list(images.shape)
            shape[axis] = before
            border = full(shape, fill_value, images.dtype)
            images = concat([border, images, border], axis)
    return images


def _check_borders(**sizes: Any) -> None:
    """Raises ValueError unless two of each three are given, none negative."""
    names = list(sizes)
    for three in (names[0::2], names[1::2]):
        if [sizes[name] for name in three].count(None) != 1:
            told = ", ".join(f"{name}={sizes[name]}" for name in three)
            raise ValueError(f"Must specify exactly two of {', '.join(three)}. Received: {told}")
    for three in (names[0::2], names[1::2]):
        for name in three:
            _check_size(name, sizes[name])


def _check_size(name: str, size: Any) -> None:
    if size is not None and size < 0:
        raise ValueError(f"{name} must be >= 0. Received: {name}={size}")


def _of_shape(images: Any, data_format: str | None) -> tuple[Tensor, int]:
    """Images, and the position of their height axis."""
    chosen = standardize_data_format(data_format)
    x = tensor_of(images)
    if x.ndim not in (3, 4):
        raise ValueError(
            "Invalid images rank: expected rank 3 (single image) or rank 4 (batch of images). "
            f"Received: images.shape={tuple(x.shape)}"
        )
    return x, x.ndim - (3 if chosen == "channels_last" else 2)


@keras_op
def pad_images(
    images: Any,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Pads images with zeros. Two of the three sizes of each axis determine the third.

    Args:
      images: [height, width, channels] or a batch of them.
      top_padding, left_padding, bottom_padding, right_padding: the number of pixels added at each side.
      target_height, target_width: the resulting sizes.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: not exactly two of three are given, a size is negative, or the rank is invalid.

    Example:
      >>> tf.keras.ops.image.pad_images(tf.ones([2, 2, 1]), 1, 0, target_height=4, target_width=3).shape
      TensorShape([4, 3, 1])
    """
    x, axis = _of_shape(images, data_format)
    height, width = x.shape[axis], x.shape[axis + 1]
    _check_borders(
        top_padding=top_padding,
        left_padding=left_padding,
        bottom_padding=bottom_padding,
        right_padding=right_padding,
        target_height=target_height,
        target_width=target_width,
    )
    top = target_height - bottom_padding - height if top_padding is None else top_padding  # type: ignore[operator]
    bottom = target_height - top - height if bottom_padding is None else bottom_padding  # type: ignore[operator]
    left = target_width - right_padding - width if left_padding is None else left_padding  # type: ignore[operator]
    right = target_width - left - width if right_padding is None else right_padding  # type: ignore[operator]
    for name, size in (("top", top), ("left", left), ("right", right), ("bottom", bottom)):
        _check_size(f"{name}_padding", size)
    widths = [[0, 0]] * x.ndim
    widths[axis : axis + 2] = [[top, bottom], [left, right]]
    return pad(x, widths)


@keras_op
def crop_images(
    images: Any,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Crops images. Two of the three sizes of each axis determine the third.

    Args:
      images: [height, width, channels] or a batch of them.
      top_cropping, left_cropping, bottom_cropping, right_cropping: number of pixels removed at each side.
      target_height, target_width: the resulting sizes.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: not exactly two of three are given, a size is negative, or the rank is invalid.

    Example:
      >>> tf.keras.ops.image.crop_images(tf.ones([4, 3, 1]), 1, 0, target_height=2, target_width=2).shape
      TensorShape([2, 2, 1])
    """
    x, axis = _of_shape(images, data_format)
    height, width = x.shape[axis], x.shape[axis + 1]
    _check_borders(
        top_cropping=top_cropping,
        left_cropping=left_cropping,
        bottom_cropping=bottom_cropping,
        right_cropping=right_cropping,
        target_height=target_height,
        target_width=target_width,
    )
    top = height - target_height - bottom_cropping if top_cropping is None else top_cropping  # type: ignore[operator]
    high = height - bottom_cropping - top if target_height is None else target_height  # type: ignore[operator]
    left = width - target_width - right_cropping if left_cropping is None else left_cropping  # type: ignore[operator]
    wide = width - right_cropping - left if target_width is None else target_width  # type: ignore[operator]
    sizes = {"top_cropping": top, "target_height": high, "left_cropping": left, "target_width": wide}
    for name, size in sizes.items():
        _check_size(name, size)
    starts, extent = [0] * x.ndim, list(x.shape)
    starts[axis : axis + 2], extent[axis : axis + 2] = [top, left], [high, wide]
    return slice_of(x, starts, extent)


def _patches(images: Any, size: Any, strides: Any, dilation_rate: Any, padding: str, data_format: str | None) -> Tensor:
    """Windows of images along as many axes as there are sizes, by a convolution with an identity kernel."""
    chosen, x = standardize_data_format(data_format), tensor_of(images)
    channels = x.shape[-1] if chosen == "channels_last" else x.shape[-len(size) - 1]
    values = math.prod(size) * channels
    kernel = apply_reshape(eye.__wrapped__(values, dtype=x.dtype.name), (*size, channels, values))
    single = x.ndim == len(size) + 1
    batch = expand_dims(x, 0) if single else x
    found = conv.__wrapped__(batch, kernel, strides or size, padding, chosen, dilation_rate)
    return squeeze(found, 0) if single else found


@keras_op
def extract_patches(
    images: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Extracts patches of images, with the values of each along one axis.

    Args:
      images: [height, width, channels] or a batch of them; with three sizes also volumes.
      size: the windows' size, one number or one for each axis.
      strides: steps between windows; their size by default.
      dilation_rate: distances between the values of a window.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor of the same dtype.

    Raises:
      TypeError: the size is neither a number nor a tuple.
      ValueError: an invalid number of sizes.

    Example:
      >>> tf.keras.ops.image.extract_patches(tf.ones([2, 20, 20, 3]), (5, 5)).shape
      TensorShape([2, 4, 4, 75])
    """
    if isinstance(size, int):
        size = (size, size)
    if not isinstance(size, tuple | list):
        raise TypeError(
            f"Invalid `size` argument. Expected an int or a tuple. Received: size={size} of type {type(size).__name__}"
        )
    if len(size) not in (2, 3):
        raise ValueError(
            f"Invalid `size` argument. Expected a tuple of length 2 or 3. Received: size={size} with length {len(size)}"
        )
    return _patches(images, size, strides, dilation_rate, padding, data_format)


@keras_op
def extract_patches_3d(
    volumes: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Extracts patches of volumes, with the values of each along one axis.

    Args:
      volumes: [depth, height, width, channels] or a batch of them.
      size: the windows' size, one number or one for each axis.
      strides: steps between windows; their size by default.
      dilation_rate: distances between the values of a window.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor of the same dtype.

    Raises:
      TypeError: the size is neither a number nor three of them.

    Example:
      >>> tf.keras.ops.image.extract_patches_3d(tf.ones([2, 9, 9, 9, 3]), 3).shape
      TensorShape([2, 3, 3, 3, 81])
    """
    sizes = (size,) * 3 if isinstance(size, int) else tuple(size)
    if len(sizes) != 3:
        raise TypeError(f"Invalid `size` argument. Expected an int or a tuple of length 3. Received: size={size}")
    return _patches(volumes, sizes, strides, dilation_rate, padding, data_format)


@keras_op
def sobel_edges(images: Any, data_format: str | None = None) -> Tensor:
    """The vertical and horizontal gradients of images, by Sobel filters.

    Args:
      images: a batch, [batch, height, width, channels].
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor with an additional last axis of size 2.

    Raises:
      InvalidArgumentError: images has not four axes, or is not floating.
      ValueError: the data_format is unknown, or images cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.image.sobel_edges(tf.zeros([1, 4, 4, 3])).shape
      TensorShape([1, 4, 4, 3, 2])
    """
    return with_channels_last(measures.sobel_edges, tensor_of(images), standardize_data_format(data_format))


def gaussian(size: int, sigma: Any, dtype: Any) -> Tensor:
    """Normalized weights of a normal distribution around the middle position."""
    places = tensor_of(np.arange(size) - (size - 1) / 2, dtype)
    weights = e.exp(-0.5 * e.square(places / sigma))
    return weights / apply_reduce("Sum", weights, None, False)


@keras_op
def ssim(
    image1: Any,
    image2: Any,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Tensor:
    """The structural similarity of images: 1 for equal ones.

    Wang et al., Image quality assessment: from error visibility to structural similarity (2004).

    Args:
      image1, image2: [height, width, channels] or batches of them.
      max_val: the largest possible pixel value.
      filter_size, filter_sigma: the size and standard deviation of the Gaussian window.
      k1, k2: constants that stabilise the quotients.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A number per image, of the first one's dtype.

    Raises:
      ValueError: invalid rank.

    Example:
      >>> image = tf.reshape(tf.range(256.0), [16, 16, 1]) / 256.0
      >>> tf.keras.ops.image.ssim(image, image).numpy()
      np.float32(1.0)
    """
    chosen, first = standardize_data_format(data_format), tensor_of(image1)
    kind = first.dtype
    one, other = floating(of_rank(image1, "image1")), floating(of_rank(image2, "image2"))
    other = apply_cast(other, one.dtype)
    weights = gaussian(filter_size, filter_sigma, one.dtype)
    kernel = apply_reshape(tensordot(weights, weights, 0), (filter_size, filter_size, 1, 1))

    def planes(images: Tensor) -> Tensor:
        """Every channel of every image as an image."""
        batch = expand_dims(images, 0) if images.ndim == 3 else images
        if chosen == "channels_last":
            batch = apply_transpose(batch, [0, 3, 1, 2])
        return apply_reshape(batch, (-1, *tuple(batch.shape)[2:], 1))

    x, y = planes(one), planes(other)
    mean = functools.partial(convolution.convolution, filters=kernel)
    mean_x, mean_y = mean(x), mean(y)
    low, high = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    square_x, square_y, product = mean_x * mean_x, mean_y * mean_y, mean_x * mean_y
    numerator = (2.0 * product + low) * (2.0 * (mean(x * y) - product) + high)
    denominator = (square_x + square_y + low) * (mean(x * x) - square_x + mean(y * y) - square_y + high)
    each = apply_reduce("Mean", numerator / denominator, [1, 2, 3], False)
    count = 1 if one.ndim == 3 else one.shape[0]
    found = apply_reduce("Mean", apply_reshape(each, (count, -1)), [-1], False)
    return apply_cast(squeeze(found, 0) if one.ndim == 3 else found, kind)
