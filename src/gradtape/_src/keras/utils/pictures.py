"""Conversion of images between files, Pillow's images and arrays."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_transpose, as_tensor
from gradtape._engine.tensor.sequence import held
from gradtape._src.keras import settings


def _pillow(name: str) -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(
            f"Could not import PIL.Image. The use of `{name}` requires PIL: pip install gradtape[image]"
        ) from None
    return Image


def _format(data_format: str | None) -> str:
    found = settings.image_data_format() if data_format is None else str(data_format).lower()
    if found not in ("channels_first", "channels_last"):
        raise ValueError(
            'The `data_format` argument must be one of {"channels_first", "channels_last"}. '
            f"Received: data_format={data_format}"
        )
    return found


def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None) -> Any:
    """Converts an array to a Pillow image.

    Args:
      x: an array of three axes, of 1, 3 or 4 channels.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      scale: whether to rescale the values to [0, 255].
      dtype: the dtype of the computation, `floatx` by default.

    Returns:
      A PIL.Image.

    Raises:
      ValueError: invalid rank or number of channels.
      ImportError: Pillow is not installed.

    Example:
      >>> tf.keras.utils.array_to_img(np.zeros((4, 3, 1))).size
      (3, 4)
    """
    image = _pillow("array_to_img")
    first = _format(data_format) == "channels_first"
    pixels = np.asarray(held(x), dtype=dtype or settings.floatx())
    if pixels.ndim != 3:
        raise ValueError(f"Expected image array to have rank 3 (single image). Got array with shape: {pixels.shape}")
    if first:
        pixels = pixels.transpose(1, 2, 0)
    if scale:
        pixels = pixels - np.min(pixels)
        greatest = np.max(pixels)
        if greatest != 0:
            pixels = pixels / greatest
        pixels = pixels * 255
    channels = pixels.shape[2]
    if channels in (3, 4):
        return image.fromarray(pixels.astype("uint8"))
    if channels == 1:
        return image.fromarray(pixels[:, :, 0].astype("int32" if np.max(pixels) > 255 else "uint8"))
    raise ValueError(f"Unsupported channel number: {channels}")


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """Converts an image to an array.

    Args:
      img: a Pillow image, or an array of two or three axes.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      dtype: the array's dtype, `floatx` by default.

    Returns:
      An array of three axes.

    Raises:
      ValueError: invalid rank.

    Example:
      >>> tf.keras.utils.img_to_array(np.zeros((4, 3))).shape
      (4, 3, 1)
    """
    first = _format(data_format) == "channels_first"
    pixels = np.asarray(held(img), dtype=dtype or settings.floatx())
    if pixels.ndim == 2:
        return pixels[None] if first else pixels[..., None]
    if pixels.ndim != 3:
        raise ValueError(f"Unsupported image shape: {pixels.shape}")
    return pixels.transpose(2, 0, 1) if first else pixels


def save_img(
    path: Any,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Writes an array to an image file.

    Args:
      path: the file's path, or a file.
      x: an array of three axes, of 1, 3 or 4 channels.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      file_format: the file's format; that of its name's suffix by default.
      scale: whether to rescale the values to [0, 255].
      kwargs: further arguments of `PIL.Image.Image.save`.

    Raises:
      ValueError: invalid rank or number of channels.
      ImportError: Pillow is not installed.

    Example:
      >>> import io
      >>> file = io.BytesIO()
      >>> tf.keras.utils.save_img(file, np.zeros((4, 3, 1)), file_format="png")
      >>> tf.keras.utils.load_img(file).size
      (3, 4)
    """
    if file_format is None and isinstance(path, str | Path):
        file_format = Path(path).suffix[1:].lower()
    if file_format and file_format.lower() == "jpg":
        file_format = "jpeg"
    image = array_to_img(x, data_format, scale)
    if image.mode == "RGBA" and file_format == "jpeg":
        warnings.warn("The JPEG format does not support RGBA images, converting to RGB.", stacklevel=2)
        image = image.convert("RGB")
    image.save(path, format=file_format, **kwargs)


_FILTERS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
_MODES = {"grayscale": ("L", "I;16", "I"), "rgba": ("RGBA",), "rgb": ("RGB",)}


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: Any = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Reads an image from a file.

    Args:
      path: the file's path, or an io.BytesIO.
      color_mode: "rgb", "rgba" or "grayscale".
      target_size: the height and width to which it is resized.
      interpolation: the resizing method: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos".
      keep_aspect_ratio: whether to crop the image to keep its aspect ratio.

    Returns:
      A PIL.Image.

    Raises:
      ValueError: unknown mode or interpolation.
      TypeError: the path has an invalid type.
      ImportError: Pillow is not installed.

    Example:
      >>> import io
      >>> file = io.BytesIO()
      >>> tf.keras.utils.save_img(file, np.zeros((4, 3, 3)), file_format="png")
      >>> tf.keras.utils.load_img(file, target_size=(8, 8)).size
      (8, 8)
    """
    pillow = _pillow("load_img")
    if isinstance(path, io.BytesIO):
        image = pillow.open(path)
    elif isinstance(path, Path | bytes | str):
        with open(os.path.realpath(path), "rb") as file:
            image = pillow.open(io.BytesIO(file.read()))
    else:
        raise TypeError(f"path should be path-like or io.BytesIO, not {type(path)}")
    if color_mode not in _MODES:
        raise ValueError('color_mode must be "grayscale", "rgb", or "rgba"')
    if image.mode not in _MODES[color_mode]:
        image = image.convert(_MODES[color_mode][0])
    if target_size is None:
        return image
    height, width = target_size
    if image.size == (width, height):
        return image
    if interpolation not in _FILTERS:
        raise ValueError(
            f"Invalid interpolation method {interpolation} specified. Supported methods are {', '.join(_FILTERS)}"
        )
    resample = getattr(pillow.Resampling, interpolation.upper())
    if not keep_aspect_ratio:
        return image.resize((width, height), resample)
    across, down = image.size
    crop_height, crop_width = min(down, across * height // width), min(across, down * width // height)
    top, left = (down - crop_height) // 2, (across - crop_width) // 2
    return image.resize((width, height), resample, box=(left, top, left + crop_width, top + crop_height))


def smart_resize(
    x: Any, size: Any, interpolation: str = "bilinear", data_format: str = "channels_last", **kwargs: Any
) -> Any:
    """Resizes images, after centre cropping them to keep their aspect ratio.

    Args:
      x: an image, or images in a batch.
      size: the height and width.
      interpolation: the resizing method, as for `tf.image.resize`.
      data_format: "channels_last" or "channels_first".
      kwargs: none.

    Returns:
      An array or a tensor, like x; float32 unless the interpolation is "nearest".

    Raises:
      ValueError: it is not an image, or the size is not two numbers.
      TypeError: unknown arguments.

    Example:
      >>> tf.keras.preprocessing.image.smart_resize(np.ones((4, 8, 3)), (2, 2)).shape
      (2, 2, 3)
    """
    from gradtape._src.image.resizing import resize

    kwargs.pop("backend_module", None)
    if kwargs:
        raise TypeError(f"smart_resize() got unexpected keyword arguments: {list(kwargs)}")
    if len(size) != 2:
        raise ValueError(f"Expected `size` to be a tuple of 2 integers, but got: {size}.")
    image = as_tensor(x)
    if image.ndim not in (3, 4):
        raise ValueError(
            "Expected an image array with shape `(height, width, channels)`, or `(batch_size, height, width, "
            f"channels)`, but got input with incorrect rank, of shape {image.shape}."
        )
    first = data_format == "channels_first"
    if first:
        image = apply_transpose(image, (1, 2, 0) if image.ndim == 3 else (0, 2, 3, 1))
    height, width = image.shape[-3], image.shape[-2]
    rows = max(min(height, int(float(width * size[0]) / size[1])), 1)
    columns = max(min(width, int(float(height * size[1]) / size[0])), 1)
    top, left = int((height - rows) / 2), int((width - columns) / 2)
    resized = resize(image[..., top : top + rows, left : left + columns, :], size, interpolation)
    if first:
        resized = apply_transpose(resized, (2, 0, 1) if image.ndim == 3 else (0, 3, 1, 2))
    return resized.numpy() if isinstance(x, np.ndarray) else resized
