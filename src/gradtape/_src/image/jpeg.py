"""JPEG files: their header, parts of their images, and images after lossy encoding."""

from __future__ import annotations

import io
from typing import Any

from gradtape._engine.api.api import as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import index_array, int_of
from gradtape._src.core.typing import DTypeLike
from gradtape._src.image import codecs
from gradtape._src.image.checks import convert_image_dtype
from gradtape._src.random.stateful import uniform
from gradtape._src.random.stateless import stateless_uniform

_START = b"\xff\xd8\xff"


def is_jpeg(contents: Any, name: str | None = None) -> Tensor:
    """Whether bytes begin with the header of JPEG files.

    Args:
      contents: the file's bytes.
      name: not used; TensorFlow names operations by it.

    Returns:
      A scalar bool tensor.

    Raises:
      TypeError: contents is not a string.
      InvalidArgumentError: contents is not a scalar.

    Example:
      >>> bool(tf.image.is_jpeg(tf.image.encode_jpeg(tf.zeros([8, 8, 3], tf.uint8))))
      True
    """
    return as_tensor(codecs.contents_of(contents).startswith(_START))


def extract_jpeg_shape(contents: Any, output_type: DTypeLike = dtypes.int32, name: str | None = None) -> Tensor:
    """Reads the shape of a JPEG image from the file's header.

    Args:
      contents: the file's bytes.
      output_type: int32 or int64.
      name: not used; TensorFlow names operations by it.

    Returns:
      A vector of that dtype: height, width, channels.

    Raises:
      InvalidArgumentError: it is not a JPEG file.
      ImportError: Pillow is not installed.

    Example:
      >>> tf.image.extract_jpeg_shape(tf.image.encode_jpeg(tf.zeros([8, 4, 3], tf.uint8))).numpy()
      array([8, 4, 3], dtype=int32)
    """
    data = codecs.contents_of(contents)
    try:
        image = codecs.pillow().open(io.BytesIO(data), formats=("JPEG",))
    except OSError:
        raise invalid_argument("ExtractJpegShape", f"Invalid JPEG data, size {len(data)}") from None
    return as_tensor([image.height, image.width, len(image.getbands())], dtypes.as_dtype(output_type))


def decode_and_crop_jpeg(
    contents: Any,
    crop_window: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Tensor:
    """Decodes a part of a JPEG image.

    Args:
      contents: the file's bytes.
      crop_window: the first row, the first column, the height and the width of the part.
      channels: 1 for grey, 3 for colours, 0 for the file's.
      ratio: downscaling factor, applied before cropping.
      fancy_upscaling, try_recover_truncated, acceptable_fraction, dct_method: not used.
      name: not used; TensorFlow names operations by it.

    Returns:
      A uint8 tensor of shape [height, width, channels].

    Raises:
      InvalidArgumentError: it is not a JPEG file, or the part is not within the image.
      ImportError: Pillow is not installed.

    Example:
      >>> data = tf.image.encode_jpeg(tf.zeros([8, 8, 3], tf.uint8))
      >>> tf.image.decode_and_crop_jpeg(data, [1, 2, 3, 4]).shape
      TensorShape([3, 4, 3])
    """
    window = index_array(crop_window, "DecodeAndCropJpeg", "crop_window")
    if window.shape != (4,):
        raise invalid_argument("DecodeAndCropJpeg", f"crop_size must have four elements {list(window.shape)}")
    image = codecs.decode_jpeg(contents, channels, ratio)
    row, column, height, width = (int(number) for number in window)
    rows, columns, _ = image.shape
    if min(row, column) < 0 or min(height, width) < 1 or row + height > rows or column + width > columns:
        message = "jpeg::Uncompress failed. Invalid JPEG data or crop window."
        raise invalid_argument("DecodeAndCropJpeg", message)
    return image[row : row + height, column : column + width]


def adjust_jpeg_quality(image: Any, jpeg_quality: Any, dct_method: str = "", name: str | None = None) -> Tensor:
    """An image after encoding as JPEG with a given quality.

    Args:
      image: of shape [height, width, channels], of 1 or 3 channels; floating ones are in [0, 1].
      jpeg_quality: from 0 to 100.
      dct_method: not used.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: the image has another rank or number of channels, or the quality is invalid.
      ImportError: Pillow is not installed.

    Example:
      >>> tf.image.adjust_jpeg_quality(tf.ones([8, 8, 3]), 50).dtype
      tf.float32
    """
    tensor = as_tensor(image)
    quality = int_of(jpeg_quality, "EncodeJpegVariableQuality", "quality")
    if not 0 <= quality <= 100:
        raise invalid_argument("EncodeJpegVariableQuality", f"quality must be in [0,100], got {quality}", "")
    data = codecs.encode_jpeg(convert_image_dtype(tensor, dtypes.uint8, saturate=True), quality=quality)
    return convert_image_dtype(codecs.decode_jpeg(data.numpy(), tensor.shape[-1]), tensor.dtype, saturate=True)


def _checked(min_jpeg_quality: int, max_jpeg_quality: int) -> tuple[int, int]:
    if min_jpeg_quality < 0 or max_jpeg_quality < 0 or min_jpeg_quality > 100 or max_jpeg_quality > 100:
        raise ValueError("jpeg encoding range must be between 0 and 100.")
    if min_jpeg_quality >= max_jpeg_quality:
        raise ValueError("`min_jpeg_quality` must be less than `max_jpeg_quality`.")
    return min_jpeg_quality, max_jpeg_quality


def random_jpeg_quality(image: Any, min_jpeg_quality: int, max_jpeg_quality: int, seed: int | None = None) -> Tensor:
    """An image after encoding as JPEG with a random quality.

    Args:
      image: of shape [height, width, channels], of 1 or 3 channels; floating ones are in [0, 1].
      min_jpeg_quality, max_jpeg_quality: the bounds, from 0 to 100; the upper one is exclusive.
      seed: as for `tf.random.uniform`.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: the bounds are invalid.
      ImportError: Pillow is not installed.

    Example:
      >>> tf.image.random_jpeg_quality(tf.ones([8, 8, 3]), 50, 90, seed=1).shape
      TensorShape([8, 8, 3])
    """
    bounds = _checked(min_jpeg_quality, max_jpeg_quality)
    return adjust_jpeg_quality(image, uniform([], *bounds, dtypes.int32, seed))


def stateless_random_jpeg_quality(image: Any, min_jpeg_quality: int, max_jpeg_quality: int, seed: Any) -> Tensor:
    """An image after encoding as JPEG with a random quality.

    Args:
      image: of shape [height, width, channels], of 1 or 3 channels; floating ones are in [0, 1].
      min_jpeg_quality, max_jpeg_quality: the bounds, from 0 to 100; the upper one is exclusive.
      seed: two integers, which determine the result.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: the bounds are invalid.
      ImportError: Pillow is not installed.

    Example:
      >>> tf.image.stateless_random_jpeg_quality(tf.ones([8, 8, 3]), 50, 90, seed=[1, 2]).shape
      TensorShape([8, 8, 3])
    """
    bounds = _checked(min_jpeg_quality, max_jpeg_quality)
    return adjust_jpeg_quality(image, stateless_uniform([], seed, *bounds, dtypes.int32))
