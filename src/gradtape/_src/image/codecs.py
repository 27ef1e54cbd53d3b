"""Image files in memory, read and written by Pillow."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import InvalidArgumentError, invalid_argument
from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.image.checks import convert_image_dtype

# Pillow's modes by number of channels.
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_OWN = {"1": 1, "L": 1, "P": 3, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 3, "YCbCr": 3, "I;16": 1, "I": 1}


def pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise ImportError("Image files require Pillow: pip install gradtape[image]") from None
    return Image


def contents_of(contents: Any) -> bytes:
    """A file's bytes, passed as bytes or a scalar of strings."""
    if isinstance(contents, bytes | bytearray | memoryview):
        return bytes(contents)
    text = StringTensor(contents)
    if text.ndim:
        raise InvalidArgumentError(None, None, f"contents must be scalar, got shape {text.shape}")
    return bytes(text.numpy())


def _decoded(
    contents: Any, channels: int, dtype: Any, formats: tuple[str, ...], of_all: tuple[str, ...] = ()
) -> Tensor:
    """Decodes a file of these formats; all its frames for those of `of_all`."""
    wanted, data = dtypes.as_dtype(dtype), contents_of(contents)
    try:
        image = pillow().open(io.BytesIO(data), formats=formats)
        animated = image.format in of_all
        kept = channels or (3 if animated else _OWN.get(image.mode, 3))
        if kept not in _MODES:
            raise ValueError(f"channels must be 0, 1, 3 or 4, not {channels}")
        frames = []
        for number in range(image.n_frames if animated else 1):
            if animated:
                image.seek(number)
            array = np.asarray(image.convert(_MODES[kept]))
            frames.append(array[..., None] if array.ndim == 2 else array)
    except OSError as error:
        raise InvalidArgumentError(None, None, f"Invalid image data, size {len(data)}: {error}") from None
    return convert_image_dtype(as_tensor(np.stack(frames) if animated else frames[0]), wanted)


def decode_png(contents: bytes, channels: int = 0, dtype: Any = dtypes.uint8, name: str | None = None) -> Tensor:
    """Decodes a PNG file.

    Args:
      contents: the file's bytes.
      channels: 1 for grey, 3 for colours, 4 for colours and opacity, 0 for the file's.
      dtype: the dtype, uint8.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [height, width, channels].

    Raises:
      InvalidArgumentError: it is not a PNG file.
      ImportError: Pillow is not installed.

    Example:
      >>> tf.image.decode_png(tf.image.encode_png(tf.zeros([2, 3, 1], tf.uint8))).shape
      TensorShape([2, 3, 1])
    """
    return _decoded(contents, channels, dtype, ("PNG",))


def decode_jpeg(
    contents: bytes,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Tensor:
    """Decodes a JPEG file.

    Args:
      contents: the file's bytes.
      channels: 1 for grey, 3 for colours, 0 for the file's.
      ratio: downscaling factor.
      fancy_upscaling, try_recover_truncated, acceptable_fraction, dct_method: not used.
      name: not used; TensorFlow names operations by it.

    Returns:
      A uint8 tensor of shape [height, width, channels].

    Raises:
      InvalidArgumentError: it is not a JPEG file.
      ImportError: Pillow is not installed.

    Example:
      >>> tf.image.decode_jpeg(tf.image.encode_jpeg(tf.zeros([8, 8, 3], tf.uint8))).shape
      TensorShape([8, 8, 3])
    """
    return _decoded(contents, channels, dtypes.uint8, ("JPEG",))[::ratio, ::ratio]


def decode_image(
    contents: bytes,
    channels: int | None = None,
    dtype: Any = dtypes.uint8,
    name: str | None = None,
    expand_animations: bool = True,
) -> Tensor:
    """Decodes a PNG, JPEG, GIF or BMP file.

    Args:
      contents: the file's bytes.
      channels: 1 for grey, 3 for colours, 4 for colours and opacity, 0 or None for the file's.
      dtype: the dtype; floating images are in [0, 1].
      name: not used; TensorFlow names operations by it.
      expand_animations: whether to return all frames of a GIF file, or the first one.

    Returns:
      A tensor of shape [height, width, channels], of a GIF file [frames, height, width, channels].

    Raises:
      InvalidArgumentError: it is not such a file.
      ImportError: Pillow is not installed.

    Example:
      >>> tf.image.decode_image(tf.image.encode_png(tf.zeros([2, 3, 3], tf.uint8)), dtype=tf.float32).dtype
      tf.float32
    """
    formats = ("PNG", "JPEG", "GIF", "BMP")
    return _decoded(contents, channels or 0, dtype, formats, ("GIF",) if expand_animations else ())


def decode_bmp(contents: Any, channels: int = 0, name: str | None = None) -> Tensor:
    """Decodes a BMP file.

    Args:
      contents: the file's bytes.
      channels: 3 for colours, 4 for colours and opacity, 0 for the file's.
      name: not used; TensorFlow names operations by it.

    Returns:
      A uint8 tensor of shape [height, width, channels].

    Raises:
      InvalidArgumentError: it is not a BMP file, or the number of channels is invalid.
      ImportError: Pillow is not installed.

    Example:
      >>> import io
      >>> file = io.BytesIO()
      >>> tf.keras.utils.array_to_img(np.zeros([2, 3, 3])).save(file, "BMP")
      >>> tf.image.decode_bmp(file.getvalue()).shape
      TensorShape([2, 3, 3])
    """
    if channels not in (0, 3, 4):
        raise invalid_argument("DecodeBmp", f"`channels` must be 0, 3 or 4 for BMP, but got {channels}")
    return _decoded(contents, channels, dtypes.uint8, ("BMP",))


def decode_gif(contents: Any, name: str | None = None) -> Tensor:
    """Decodes all frames of a GIF file; a PNG, JPEG or BMP file has one.

    Args:
      contents: the file's bytes.
      name: not used; TensorFlow names operations by it.

    Returns:
      A uint8 tensor of shape [frames, height, width, 3].

    Raises:
      InvalidArgumentError: it is not such a file.
      ImportError: Pillow is not installed.

    Example:
      >>> tf.image.decode_gif(tf.image.encode_png(tf.zeros([2, 3, 3], tf.uint8))).shape
      TensorShape([1, 2, 3, 3])
    """
    frames = _decoded(contents, 3, dtypes.uint8, ("GIF", "PNG", "JPEG", "BMP"), ("GIF",))
    return frames if frames.ndim == 4 else frames[None]


def _encoded(image: Any, form: str, **options: Any) -> StringTensor:
    tensor = as_tensor(image)
    if tensor.ndim != 3 or tensor.shape[-1] not in _MODES:
        raise InvalidArgumentError(
            None, None, f"image must be 3-dimensional, of 1, 2, 3 or 4 channels, got shape {tuple(tensor.shape)}"
        )
    pixels = apply_cast(tensor, dtypes.uint8).numpy()
    file = io.BytesIO()
    pillow().fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(file, form, **options)
    return StringTensor(file.getvalue())


def encode_png(image: Any, compression: int = -1, name: str | None = None) -> StringTensor:
    """Encodes an image as a PNG file.

    Args:
      image: a uint8 tensor of shape [height, width, channels], of 1 to 4 channels.
      compression: compression level, from 0 to 9; -1 for Pillow's default.
      name: not used; TensorFlow names operations by it.

    Returns:
      A scalar string tensor of the file's bytes.

    Raises:
      InvalidArgumentError: invalid rank or number of channels.
      ImportError: Pillow is not installed.

    Example:
      >>> tf.image.encode_png(tf.zeros([2, 3, 1], tf.uint8)).numpy()[1:4]
      b'PNG'
    """
    return _encoded(image, "PNG", **({} if compression < 0 else {"compress_level": compression}))


def encode_jpeg(image: Any, format: str = "", quality: int = 95, name: str | None = None) -> StringTensor:
    """Encodes an image as a JPEG file.

    Args:
      image: a uint8 tensor of shape [height, width, channels], of 1 or 3 channels.
      format: not used; the channels decide.
      quality: from 0 to 100.
      name: not used; TensorFlow names operations by it.

    Returns:
      A scalar string tensor of the file's bytes.

    Raises:
      InvalidArgumentError: invalid rank or number of channels.
      ImportError: Pillow is not installed.

    Example:
      >>> tf.image.encode_jpeg(tf.zeros([8, 8, 3], tf.uint8)).numpy()[:2].hex()
      'ffd8'
    """
    return _encoded(image, "JPEG", quality=quality)
