"""Mirroring, rotating, cropping and padding of images."""

from __future__ import annotations

from typing import Any

from gradtape._engine.api.api import apply_transpose, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import invalid_argument
from gradtape._src.image.checks import batch_of, image_of, unbatched
from gradtape._src.ops import joining, padding as padding_ops, rearranging


def flip_left_right(image: Any) -> Tensor:
    """Mirrors images along their width.

    Args:
      image: of shape [..., height, width, channels].

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: the rank is too low.

    Example:
      >>> tf.image.flip_left_right([[[1], [2]]]).numpy().tolist()
      [[[2], [1]]]
    """
    tensor = image_of(image)
    return rearranging.reverse(tensor, [tensor.ndim - 2])


def flip_up_down(image: Any) -> Tensor:
    """Mirrors images along their height.

    Args:
      image: of shape [..., height, width, channels].

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: the rank is too low.

    Example:
      >>> tf.image.flip_up_down([[[1]], [[2]]]).numpy().tolist()
      [[[2]], [[1]]]
    """
    tensor = image_of(image)
    return rearranging.reverse(tensor, [tensor.ndim - 3])


def transpose(image: Any, name: str | None = None) -> Tensor:
    """Exchanges height and width of images.

    Args:
      image: of shape [..., height, width, channels].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: the rank is too low.

    Example:
      >>> tf.image.transpose([[[1], [2]]]).shape
      TensorShape([2, 1, 1])
    """
    tensor = image_of(image)
    order = list(range(tensor.ndim))
    order[-3], order[-2] = order[-2], order[-3]
    return apply_transpose(tensor, order)


def rot90(image: Any, k: Any = 1, name: str | None = None) -> Tensor:
    """Rotates images anticlockwise by multiples of 90 degrees.

    Args:
      image: of shape [..., height, width, channels].
      k: number of rotations by 90 degrees.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: the rank is too low.

    Example:
      >>> tf.image.rot90([[[1], [2]], [[3], [4]]]).numpy()[..., 0].tolist()
      [[2, 4], [1, 3]]
    """
    tensor = image_of(image)
    turns = int(as_tensor(k).numpy()) % 4
    if turns == 1:
        return transpose(flip_left_right(tensor))
    if turns == 2:
        return flip_up_down(flip_left_right(tensor))
    return flip_left_right(transpose(tensor)) if turns else tensor


def central_crop(image: Any, central_fraction: float) -> Tensor:
    """Crops images to their centre.

    Args:
      image: of shape [height, width, channels] or [batch, height, width, channels].
      central_fraction: the fraction of the height and of the width to keep.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: the fraction is outside (0, 1], or the image has another rank.

    Example:
      >>> tf.image.central_crop(tf.ones([4, 8, 1]), 0.5).shape
      TensorShape([2, 4, 1])
    """
    part = float(as_tensor(central_fraction).numpy())
    if part <= 0.0 or part > 1.0:
        raise ValueError("central_fraction must be within (0, 1]")
    if part == 1.0:
        return as_tensor(image)
    batch, single = batch_of(image)
    _, height, width, _ = batch.shape
    top, left = int((height - height * part) / 2.0), int((width - width * part) / 2.0)
    return unbatched(batch[:, top : height - top, left : width - left], single)


def crop_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Tensor:
    """Crops images to a box.

    Args:
      image: of shape [height, width, channels] or [batch, height, width, channels].
      offset_height, offset_width: the upper left corner.
      target_height, target_width: its size.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: the box is empty or not inside the image, or the image has an invalid rank.

    Example:
      >>> tf.image.crop_to_bounding_box(tf.ones([4, 8, 1]), 1, 2, 2, 3).shape
      TensorShape([2, 3, 1])
    """
    batch, single = batch_of(image)
    top, left, height, width = (
        int(as_tensor(value).numpy()) for value in (offset_height, offset_width, target_height, target_width)
    )
    _, rows, columns, _ = batch.shape
    _require(left >= 0, "offset_width must be >= 0.")
    _require(top >= 0, "offset_height must be >= 0.")
    _require(width > 0, "target_width must be > 0.")
    _require(height > 0, "target_height must be > 0.")
    _require(columns >= width + left, "width must be >= target + offset.")
    _require(rows >= height + top, "height must be >= target + offset.")
    return unbatched(batch[:, top : top + height, left : left + width], single)


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)


def pad_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Tensor:
    """Pads images with zeros to a larger size.

    Args:
      image: of shape [height, width, channels] or [batch, height, width, channels].
      offset_height, offset_width: the position of the upper left corner.
      target_height, target_width: the new size.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: they do not fit, or the image has another rank.

    Example:
      >>> tf.image.pad_to_bounding_box(tf.ones([1, 1, 1]), 1, 0, 2, 2).numpy()[..., 0].tolist()
      [[0.0, 0.0], [1.0, 0.0]]
    """
    batch, single = batch_of(image)
    top, left, height, width = (
        int(as_tensor(value).numpy()) for value in (offset_height, offset_width, target_height, target_width)
    )
    _, rows, columns, _ = batch.shape
    below, right = height - top - rows, width - left - columns
    _require(top >= 0, "offset_height must be >= 0")
    _require(left >= 0, "offset_width must be >= 0")
    _require(right >= 0, "width must be <= target - offset")
    _require(below >= 0, "height must be <= target - offset")
    return unbatched(padding_ops.pad(batch, [[0, 0], [top, below], [left, right], [0, 0]]), single)


def resize_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Tensor:
    """Crops images to their centre, or pads them with zeros, to a given size.

    Args:
      image: of shape [height, width, channels] or [batch, height, width, channels].
      target_height, target_width: the size.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: the size is not positive, or the image has another rank.

    Example:
      >>> tf.image.resize_with_crop_or_pad(tf.ones([4, 4, 1]), 2, 6).shape
      TensorShape([2, 6, 1])
    """
    batch, single = batch_of(image)
    height, width = int(as_tensor(target_height).numpy()), int(as_tensor(target_width).numpy())
    _require(width > 0, "target_width must be > 0.")
    _require(height > 0, "target_height must be > 0.")
    _, rows, columns, _ = batch.shape
    across, down = width - columns, height - rows
    cropped = crop_to_bounding_box(
        batch, max(-down // 2, 0), max(-across // 2, 0), min(height, rows), min(width, columns)
    )
    padded = pad_to_bounding_box(cropped, max(down // 2, 0), max(across // 2, 0), height, width)
    return unbatched(padded, single)


def extract_patches(images: Any, sizes: Any, strides: Any, rates: Any, padding: str, name: str | None = None) -> Tensor:
    """Extracts patches of images, each as one row of channels.

    Args:
      images: of shape [batch, height, width, channels].
      sizes: [1, height, width, 1] of a patch.
      strides: [1, rows, columns, 1] between patches.
      rates: [1, rows, columns, 1] between the pixels of a patch.
      padding: "VALID" for patches within the images, "SAME" for all, padded with zeros.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, patches down, patches across, height * width * channels].

    Raises:
      InvalidArgumentError: the images have another rank.

    Example:
      >>> tf.image.extract_patches(tf.ones([1, 4, 4, 1]), [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID").shape
      TensorShape([1, 2, 2, 4])
    """
    tensor = as_tensor(images)
    if tensor.ndim != 4:
        raise invalid_argument("ExtractImagePatches", f"input must be 4-dimensional[{tensor.shape}]", "")
    (_, high, wide, _), (_, down, across, _), (_, rate_down, rate_across, _) = sizes, strides, rates
    _, rows, columns, _ = tensor.shape
    reach_down, reach_across = (high - 1) * rate_down + 1, (wide - 1) * rate_across + 1
    if padding.upper() == "SAME":
        widths = []
        for size, step, reach in ((rows, down, reach_down), (columns, across, reach_across)):
            missing = max((-(-size // step) - 1) * step + reach - size, 0)
            widths.append([missing // 2, missing - missing // 2])
        tensor = padding_ops.pad(tensor, [[0, 0], *widths, [0, 0]])
        rows, columns = tensor.shape[1], tensor.shape[2]
    count_down, count_across = (rows - reach_down) // down + 1, (columns - reach_across) // across + 1
    parts = [
        tensor[
            :,
            y * rate_down : y * rate_down + (count_down - 1) * down + 1 : down,
            x * rate_across : x * rate_across + (count_across - 1) * across + 1 : across,
        ]
        for y in range(high)
        for x in range(wide)
    ]
    return joining.concat(parts, 3)
