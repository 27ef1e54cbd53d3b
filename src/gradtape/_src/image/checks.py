"""Checks and conversions of images: tensors of shape [height, width, channels], or batches of them."""

from __future__ import annotations

from typing import Any

from gradtape._engine.api.api import apply_cast, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType
from gradtape._src.ops.casts import saturate_cast
from gradtape._src.ops.shapes import expand_dims, squeeze


def image_of(value: Any, name: str = "image") -> Tensor:
    """Checks an image or a batch of them; ValueError if the rank is too low."""
    tensor = as_tensor(value)
    if tensor.ndim < 3:
        raise ValueError(f"'{name}' (shape {tensor.shape}) must be at least three-dimensional.")
    return tensor


def batch_of(value: Any, name: str = "image") -> tuple[Tensor, bool]:
    """A batch of images, and whether the argument was a single image."""
    tensor = as_tensor(value)
    if tensor.ndim not in (3, 4):
        raise ValueError(f"'{name}' (shape {tensor.shape}) must have either 3 or 4 dimensions.")
    return (expand_dims(tensor, 0), True) if tensor.ndim == 3 else (tensor, False)


def unbatched(tensor: Tensor, single: bool) -> Tensor:
    """A batch, or its image if the argument was a single one."""
    return squeeze(tensor, 0) if single else tensor


def convert_image_dtype(image: Any, dtype: Any, saturate: bool = False, name: str | None = None) -> Tensor:
    """Converts an image to another dtype, scaling its values: floating images are in [0, 1], others in their
    dtype's full range.

    Args:
      image: a tensor.
      dtype: the dtype.
      saturate: whether to clip values to the dtype's range.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape.

    Raises:
      AttributeError: the dtype of image, or dtype, is neither floating nor integer.
      TypeError: dtype is unknown.
      ValueError: image cannot be converted to a tensor.

    Example:
      >>> tf.image.convert_image_dtype(tf.constant([0, 255], tf.uint8), tf.float32).numpy()
      array([0., 1.], dtype=float32)
    """
    tensor, wanted = as_tensor(image), dtypes.as_dtype(dtype)
    kind = tensor.dtype
    for name, found in (("dtype", wanted), ("image dtype", kind)):
        if not (found.is_floating or found.is_integer):
            raise AttributeError(f"{name} must be either floating point or integer")
    if kind is wanted:
        return tensor
    cast = saturate_cast if saturate else apply_cast
    if kind.is_integer and wanted.is_integer:
        # Integral powers of two, so that no value is lost when converting back.
        before, behind = int(kind.max), int(wanted.max)
        if before > behind:
            return cast(tensor // ((before + 1) // (behind + 1)), wanted)
        return apply_cast(tensor, wanted) * ((behind + 1) // (before + 1))
    if kind.is_floating and wanted.is_floating:
        return apply_cast(tensor, wanted)
    if kind.is_integer:
        return apply_cast(tensor, wanted) * (1.0 / kind.max)
    return cast(tensor * (wanted.max + 0.5), wanted)


def through_floats(image: Any, dtype: DType = dtypes.float32) -> tuple[Tensor, DType]:
    """Converts an image to a floating dtype; returns it and its original dtype."""
    tensor = as_tensor(image)
    kind = tensor.dtype
    return (tensor if kind.is_floating else convert_image_dtype(tensor, dtype)), kind


def size_pair(size: Any) -> tuple[int, int]:
    """Converts a size to height and width; ValueError unless there are two numbers."""
    sizes = as_tensor(size).numpy()
    if sizes.shape != (2,):
        raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
    return int(sizes[0]), int(sizes[1])
