"""Images mirrored, turned, cut out and padded."""

from __future__ import annotations

from typing import Any

from gradtape._engine.api.api import apply_transpose, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import invalid_argument
from gradtape._src.image.checks import batch_of, image_of, unbatched
from gradtape._src.ops import joining, padding as padding_ops, rearranging


def flip_left_right(image: Any) -> Tensor:
    """Images mirrored along their width.

    Args:
      image: of shape [..., height, width, channels].

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: it has fewer axes.

    Example:
      >>> tf.image.flip_left_right([[[1], [2]]]).numpy().tolist()
      [[[2], [1]]]
    """
    tensor = image_of(image)
    return rearranging.reverse(tensor, [tensor.ndim - 2])


def flip_up_down(image: Any) -> Tensor:
    """Images mirrored along their height.

    Args:
      image: of shape [..., height, width, channels].

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: it has fewer axes.

    Example:
      >>> tf.image.flip_up_down([[[1]], [[2]]]).numpy().tolist()
      [[[2]], [[1]]]
    """
    tensor = image_of(image)
    return rearranging.reverse(tensor, [tensor.ndim - 3])


def transpose(image: Any, name: str | None = None) -> Tensor:
    """Images with height and width exchanged.

    Args:
      image: of shape [..., height, width, channels].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: it has fewer axes.

    Example:
      >>> tf.image.transpose([[[1], [2]]]).shape
      TensorShape([2, 1, 1])
    """
    tensor = image_of(image)
    order = list(range(tensor.ndim))
    order[-3], order[-2] = order[-2], order[-3]
    return apply_transpose(tensor, order)


def rot90(image: Any, k: Any = 1, name: str | None = None) -> Tensor:
    """Images turned anticlockwise by right angles.

    Args:
      image: of shape [..., height, width, channels].
      k: how many.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: it has fewer axes.

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
    """The middle of images.

    Args:
      image: of shape [height, width, channels] or [batch, height, width, channels].
      central_fraction: which part of the height, and of the width, it is.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: the part is outside (0, 1], or the image has other axes.

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
    """A box cut out of images.

    Args:
      image: of shape [height, width, channels] or [batch, height, width, channels].
      offset_height, offset_width: where it begins.
      target_height, target_width: its size.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: the box is empty or does not lie in the image, or the image has other axes.

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
    """Images put into larger ones that are 0 elsewhere.

    Args:
      image: of shape [height, width, channels] or [batch, height, width, channels].
      offset_height, offset_width: where they are put.
      target_height, target_width: the size of the larger ones.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: they do not fit, or the image has other axes.

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
    """The middle of images, or images in the middle of larger ones that are 0 elsewhere.

    Args:
      image: of shape [height, width, channels] or [batch, height, width, channels].
      target_height, target_width: the size.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: the size is not positive, or the image has other axes.

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
    """Patches of images, each as one long row of channels.

    Args:
      images: of shape [batch, height, width, channels].
      sizes: [1, height, width, 1] of a patch.
      strides: [1, rows, columns, 1] between patches.
      rates: [1, rows, columns, 1] between the pixels of a patch.
      padding: "VALID" for patches inside the images alone, "SAME" for all, 0 outside.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch, patches down, patches across, height * width * channels].

    Raises:
      InvalidArgumentError: the images have other axes.

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
