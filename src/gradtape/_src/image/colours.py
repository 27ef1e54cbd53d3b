"""Colour spaces, brightness, contrast, hue and saturation of images."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_reduce, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.image.checks import convert_image_dtype, image_of, through_floats
from gradtape._src.linalg.contractions import tensordot
from gradtape._src.ops import elementwise as e
from gradtape._src.ops.joining import stack, unstack
from gradtape._src.ops.masking import where
from gradtape._src.ops.rearranging import tile
from gradtape._src.ops.reductions import reduce_any
from gradtape._src.ops.shapes import expand_dims
from gradtape._src.ops.statistics import reduce_std

_GREY = (0.2989, 0.5870, 0.1140)
# Of red, green and blue: each row is the contribution of one of them to each channel.
_YIQ = (
    (0.299, 0.59590059, 0.2115),
    (0.587, -0.27455667, -0.52273617),
    (0.114, -0.32134392, 0.31119955),
)
_YUV = (
    (0.299, -0.14714119, 0.61497538),
    (0.587, -0.28886916, -0.51496512),
    (0.114, 0.43601035, -0.10001026),
)
_FROM_YIQ = ((1, 1, 1), (0.95598634, -0.27201283, -1.10674021), (0.6208248, -0.64720424, 1.70423049))
_FROM_YUV = ((1, 1, 1), (0, -0.394642334, 2.03206185), (1.13988303, -0.58062185, 0))


def rgb_to_grayscale(images: Any, name: str | None = None) -> Tensor:
    """Converts RGB images to perceived brightness.

    Args:
      images: of red, green and blue in the last axis.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of one channel, of the same dtype.

    Raises:
      ValueError: the number of channels is not three.

    Example:
      >>> tf.image.rgb_to_grayscale([[[1.0, 0.0, 0.0]]]).numpy()
      array([[[0.2989]]], dtype=float32)
    """
    floats, kind = through_floats(images)
    if not floats.ndim or floats.shape[-1] != 3:
        raise ValueError(f"A channel dimension of size 3 is required. Received: images.shape={floats.shape}")
    grey = tensordot(floats, as_tensor(list(_GREY), floats.dtype), [[-1], [-1]])
    return convert_image_dtype(expand_dims(grey, -1), kind)


def grayscale_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """Converts greyscale images to RGB.

    Args:
      images: of one channel in the last axis.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of three channels, of the same dtype.

    Raises:
      ValueError: the number of channels is not one.

    Example:
      >>> tf.image.grayscale_to_rgb([[[0.5]]]).numpy()
      array([[[0.5, 0.5, 0.5]]], dtype=float32)
    """
    tensor = as_tensor(images)
    if not tensor.ndim or tensor.shape[-1] != 1:
        raise ValueError(f"Last dimension of a grayscale image should be size 1. Received: {tensor.shape}")
    return tile(tensor, [1] * (tensor.ndim - 1) + [3])


def _three(images: Any) -> list[Tensor]:
    tensor = as_tensor(images)
    if not tensor.ndim or tensor.shape[-1] != 3:
        raise ValueError(f"images must have 3 channels but have shape {tensor.shape}")
    return unstack(tensor, axis=-1)


def rgb_to_hsv(images: Any, name: str | None = None) -> Tensor:
    """Converts RGB images to hue, saturation and value.

    Args:
      images: floating, of [0, 1].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: the number of channels is not three.

    Example:
      >>> tf.image.rgb_to_hsv([[[0.0, 1.0, 0.0]]]).numpy().round(4)
      array([[[0.3333, 1.    , 1.    ]]], dtype=float32)
    """
    red, green, blue = _three(images)
    value = e.maximum(red, e.maximum(green, blue))
    chroma = value - e.minimum(red, e.minimum(green, blue))
    saturation = e.divide_no_nan(chroma, value)
    unit = e.divide_no_nan(1.0, 6.0 * chroma)
    hue = where(
        e.equal(red, value),
        unit * (green - blue),
        where(e.equal(green, value), unit * (blue - red) + 2.0 / 6.0, unit * (red - green) + 4.0 / 6.0),
    )
    hue = where(chroma > 0, hue, 0.0)
    return stack([where(hue < 0, hue + 1.0, hue), saturation, value], -1)


def hsv_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """Converts hue, saturation and value to RGB images.

    Args:
      images: floating, of [0, 1].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: the number of channels is not three.

    Example:
      >>> tf.image.hsv_to_rgb([[[0.0, 1.0, 1.0]]]).numpy()
      array([[[1., 0., 0.]]], dtype=float32)
    """
    hue, saturation, value = _three(images)
    sixths = hue * 6.0
    parts = (e.abs(sixths - 3.0) - 1.0, 2.0 - e.abs(sixths - 2.0), 2.0 - e.abs(sixths - 4.0))
    return stack([(1.0 - saturation + saturation * e.clip_by_value(part, 0.0, 1.0)) * value for part in parts], -1)


def _mixed(images: Any, kernel: Any) -> Tensor:
    tensor = as_tensor(images)
    return tensordot(tensor, as_tensor(np.array(kernel), tensor.dtype), [[tensor.ndim - 1], [0]])


def rgb_to_yiq(images: Any) -> Tensor:
    """Converts RGB images to the brightness and the two colour differences of NTSC.

    Args:
      images: floating, of three channels.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: the last axis of images does not have size 3, or they are text.
      ValueError: images cannot be converted to a tensor.
      IndexError: images is a scalar.

    Example:
      >>> tf.image.rgb_to_yiq([[[1.0, 1.0, 1.0]]]).numpy().round(4) + 0.0
      array([[[1., 0., 0.]]], dtype=float32)
    """
    return _mixed(images, _YIQ)


def yiq_to_rgb(images: Any) -> Tensor:
    """Converts the brightness and the two colour differences of NTSC to RGB images.

    Args:
      images: floating, of three channels.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: the last axis of images does not have size 3, or they are text.
      ValueError: images cannot be converted to a tensor.
      IndexError: images is a scalar.

    Example:
      >>> tf.image.yiq_to_rgb([[[1.0, 0.0, 0.0]]]).numpy()
      array([[[1., 1., 1.]]], dtype=float32)
    """
    return _mixed(images, _FROM_YIQ)


def rgb_to_yuv(images: Any) -> Tensor:
    """Converts RGB images to the brightness and the two colour differences of PAL.

    Args:
      images: floating, of three channels.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: the last axis of images does not have size 3, or they are text.
      ValueError: images cannot be converted to a tensor.
      IndexError: images is a scalar.

    Example:
      >>> tf.image.rgb_to_yuv([[[1.0, 1.0, 1.0]]]).numpy().round(4) + 0.0
      array([[[1., 0., 0.]]], dtype=float32)
    """
    return _mixed(images, _YUV)


def yuv_to_rgb(images: Any) -> Tensor:
    """Converts the brightness and the two colour differences of PAL to RGB images.

    Args:
      images: floating, of three channels.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: the last axis of images does not have size 3, or they are text.
      ValueError: images cannot be converted to a tensor.
      IndexError: images is a scalar.

    Example:
      >>> tf.image.yuv_to_rgb([[[1.0, 0.0, 0.0]]]).numpy()
      array([[[1., 1., 1.]]], dtype=float32)
    """
    return _mixed(images, _FROM_YUV)


def adjust_brightness(image: Any, delta: Any) -> Tensor:
    """Adds a number to images.

    Args:
      image: a tensor; integers are scaled to [0, 1].
      delta: the number.

    Returns:
      A tensor of the same shape and dtype, integers clipped to their range.

    Raises:
      AttributeError: the dtype of image is neither floating nor integer.
      InvalidArgumentError: delta is text, or does not broadcast to the image.
      ValueError: image or delta cannot be converted to a tensor.

    Example:
      >>> tf.image.adjust_brightness([[[0.5]]], 0.25).numpy()
      array([[[0.75]]], dtype=float32)
    """
    floats, kind = through_floats(image)
    return convert_image_dtype(floats + apply_cast(as_tensor(delta), floats.dtype), kind, saturate=True)


def adjust_contrast(images: Any, contrast_factor: Any) -> Tensor:
    """Multiplies differences from the mean of each channel.

    Args:
      images: of shape [..., height, width, channels].
      contrast_factor: the factor.

    Returns:
      A tensor of the same shape and dtype, integers clipped to their range.

    Raises:
      ValueError: the rank is too low.

    Example:
      >>> tf.image.adjust_contrast([[[0.0], [1.0]]], 3.0).numpy()[0, :, 0]
      array([-1.,  2.], dtype=float32)
    """
    floats, kind = through_floats(image_of(images, "images"))
    means = apply_reduce("Mean", floats, [floats.ndim - 3, floats.ndim - 2], True)
    factor = apply_cast(as_tensor(contrast_factor), floats.dtype)
    return convert_image_dtype((floats - means) * factor + means, kind, saturate=True)


def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Tensor:
    """gain * image**gamma.

    Args:
      image: a tensor; integers are scaled to [0, 1].
      gamma: the exponent.
      gain: the factor.

    Returns:
      A tensor of the same shape and dtype, integers clipped to their range.

    Raises:
      ValueError: gamma is negative.

    Example:
      >>> tf.image.adjust_gamma([[[0.5]]], 2.0).numpy()
      array([[[0.25]]], dtype=float32)
    """
    floats, kind = through_floats(image)
    exponent = as_tensor(gamma)
    if reduce_any(exponent < 0):
        raise ValueError("Gamma should be a non-negative real number.")
    powered = e.pow(floats, apply_cast(exponent, floats.dtype))
    return convert_image_dtype(apply_cast(as_tensor(gain), floats.dtype) * powered, kind, saturate=True)


def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Tensor:
    """Rotates the hue of images.

    Args:
      image: of three channels.
      delta: rotation, in [-1, 1], where 1 is a full turn.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: the number of channels is not three, or delta is out of range.

    Example:
      >>> tf.image.adjust_hue([[[1.0, 0.0, 0.0]]], 1 / 3).numpy().round(4) + 0.0
      array([[[0., 1., 0.]]], dtype=float32)
    """
    turn = as_tensor(delta)
    if not e.abs(turn) <= 1.0:
        raise ValueError("delta must be in the range [-1, 1]")
    floats, kind = through_floats(image)
    hue, saturation, value = unstack(rgb_to_hsv(floats), axis=-1)
    turned = stack([e.floormod(hue + (apply_cast(turn, floats.dtype) + 1.0), 1.0), saturation, value], -1)
    return convert_image_dtype(hsv_to_rgb(turned), kind)


def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Tensor:
    """Multiplies the saturation of images.

    Args:
      image: of three channels.
      saturation_factor: the factor.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: the number of channels is not three.

    Example:
      >>> tf.image.adjust_saturation([[[1.0, 0.5, 0.5]]], 2.0).numpy()
      array([[[1., 0., 0.]]], dtype=float32)
    """
    floats, kind = through_floats(image)
    hue, saturation, value = unstack(rgb_to_hsv(floats), axis=-1)
    factor = apply_cast(as_tensor(saturation_factor), floats.dtype)
    stronger = e.clip_by_value(saturation * factor, 0.0, 1.0)
    return convert_image_dtype(hsv_to_rgb(stack([hue, stronger, value], -1)), kind)


def per_image_standardization(image: Any) -> Tensor:
    """Subtracts the mean of images and divides by their deviation, at least 1 / sqrt(values).

    Args:
      image: of shape [..., height, width, channels].

    Returns:
      A float32 tensor of the same shape.

    Raises:
      ValueError: the rank is too low.

    Example:
      >>> tf.image.per_image_standardization([[[0.0], [2.0]]]).numpy()[0, :, 0]
      array([-1.,  1.], dtype=float32)
    """
    tensor = convert_image_dtype(image_of(image), dtypes.float32)
    axes = [tensor.ndim - 3, tensor.ndim - 2, tensor.ndim - 1]
    count = float(np.prod([tensor.shape[axis] for axis in axes]))
    deviation = e.maximum(reduce_std(tensor, axes, True), 1.0 / np.sqrt(count) if count else 0.0)
    return (tensor - apply_reduce("Mean", tensor, axes, True)) / deviation
