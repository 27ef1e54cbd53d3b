"""Resizing of images: along each axis every pixel is a weighted sum of pixels of the image."""

from __future__ import annotations

import enum
from typing import Any, NamedTuple

import numpy as np

from gradtape._engine.api.api import apply_cast, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.image.checks import batch_of, size_pair, unbatched
from gradtape._src.image.geometry import pad_to_bounding_box
from gradtape._src.linalg.contractions import tensordot
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.shapes import transpose


class ResizeMethod(str, enum.Enum):
    """Interpolation methods.

    Raises:
      ValueError: no member has the value.

    Example:
      >>> tf.image.ResizeMethod.BILINEAR.value
      'bilinear'
    """

    BILINEAR = "bilinear"
    NEAREST_NEIGHBOR = "nearest"
    BICUBIC = "bicubic"
    AREA = "area"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"
    GAUSSIAN = "gaussian"
    MITCHELLCUBIC = "mitchellcubic"


class Taps(NamedTuple):
    """The source pixels of each new pixel: their positions and weights, of shape [new size, pixels]."""

    places: np.ndarray
    weights: np.ndarray


_F = np.float32
# Up to this many pixels are gathered one by one; more are multiplied with a matrix.
_FEW = 4


def _centres(size: int, new: int) -> np.ndarray:
    """The centres of new pixels, in pixels of the image."""
    return (np.arange(new, dtype=_F) + _F(0.5)) * (_F(size) / _F(new))


def _bilinear(size: int, new: int) -> Taps:
    at = _centres(size, new) - _F(0.5)
    below = np.floor(at)
    part = at - below
    places = np.stack([np.maximum(below, 0), np.minimum(np.ceil(at), size - 1)], 1)
    return Taps(places.astype(np.int64), np.stack([1 - part, part], 1))


_STEPS = 1 << 10  # TensorFlow looks the cubic weights up in a table of this size


def _bicubic(size: int, new: int) -> Taps:
    at = _centres(size, new) - _F(0.5)
    below = np.floor(at)
    step = np.rint((at - below) * _STEPS) / _F(_STEPS)
    places = below.astype(np.int64)[:, None] + np.arange(-1, 3)
    distances = np.stack([1 + step, step, 1 - step, 2 - step], 1).astype(_F)
    weights = np.where((places >= 0) & (places < size), _keys(distances), 0).astype(_F)
    return Taps(places.clip(0, size - 1), weights / weights.sum(1, keepdims=True))


def _area(size: int, new: int) -> Taps:
    scale = _F(size) / _F(new)
    starts = np.arange(new, dtype=_F) * scale
    ends = (np.arange(new, dtype=_F) + 1) * scale
    first = np.floor(starts).astype(np.int64)
    count = int((np.ceil(ends).astype(np.int64) - first).max())
    places = first[:, None] + np.arange(count)
    overlap = np.minimum(places + 1, ends[:, None]) - np.maximum(places, starts[:, None])
    weights = np.maximum(overlap, 0).astype(_F) / scale
    return Taps(places.clip(0, size - 1), weights)


def _keys(x: np.ndarray) -> np.ndarray:
    near = ((1.5 * x - 2.5) * x) * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x >= 2, 0, np.where(x >= 1, far, near))


def _mitchell(x: np.ndarray) -> np.ndarray:
    near = (((7.0 / 6.0) * x - 2) * x) * x + 16.0 / 18.0
    far = (((-7.0 / 18.0) * x + 2) * x - 10.0 / 3.0) * x + 16.0 / 9.0
    return np.where(x >= 2, 0, np.where(x >= 1, far, near))


def _lanczos(radius: float) -> Any:
    def kernel(x: np.ndarray) -> np.ndarray:
        angle = np.pi * np.where(x <= 1e-3, 1, x)
        value = radius * np.sin(angle) * np.sin(angle / radius) / (angle * angle)
        return np.where(x > radius, 0, np.where(x <= 1e-3, 1, value))

    return kernel


def _gaussian(x: np.ndarray) -> np.ndarray:
    return np.where(x >= 1.5, 0, np.exp(-x * x / (2 * 0.5 * 0.5)))


# The reach of each kernel, and its values at distances.
_KERNELS = {
    "bilinear": (1.0, lambda x: np.maximum(1 - x, 0)),
    "bicubic": (2.0, _keys),
    "lanczos3": (3.0, _lanczos(3.0)),
    "lanczos5": (5.0, _lanczos(5.0)),
    "gaussian": (1.5, _gaussian),
    "mitchellcubic": (2.0, _mitchell),
}


def _filtered(method: str, size: int, new: int, antialias: bool) -> Taps:
    reach, kernel = _KERNELS[method]
    scale = _F(1.0) / (_F(new) / _F(size))
    # A kernel that shrinks an image is as wide as the pixels that become one.
    width = max(scale, _F(1.0)) if antialias else _F(1.0)
    at = (np.arange(new, dtype=_F) + _F(0.5)) * scale
    first = np.ceil(at - _F(reach) * width - _F(0.5)).clip(0, size - 1).astype(np.int64)
    last = np.floor(at + _F(reach) * width - _F(0.5)).clip(0, size - 1).astype(np.int64)
    places = first[:, None] + np.arange(int((last - first).max()) + 1)
    distances = np.abs((places + _F(0.5) - at[:, None]) / width)
    weights: Any = np.where(places <= last[:, None], kernel(distances), 0).astype(_F)
    sums = weights.sum(1, keepdims=True)
    weights = weights / np.where(np.abs(sums) < 1000 * np.finfo(_F).tiny, 1, sums)
    return Taps(places.clip(0, size - 1), weights)


def _taps(method: str, size: int, new: int, antialias: bool) -> Taps:
    if method == "area":
        return _area(size, new)
    if antialias or method not in ("bilinear", "bicubic"):
        return _filtered(method, size, new, antialias)
    return _bilinear(size, new) if method == "bilinear" else _bicubic(size, new)


def _resampled(images: Tensor, axis: int, taps: Taps) -> Tensor:
    """Resamples one axis of images by weighted sums."""
    places, weights = taps
    count = places.shape[1]
    if count <= _FEW:
        shape = [1] * images.ndim
        shape[axis] = -1
        columns = [as_tensor(weights[:, tap].reshape(shape)) for tap in range(count)]
        parts = [gather(images, places[:, tap], axis=axis) * columns[tap] for tap in range(count)]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total
    matrix = np.zeros((places.shape[0], images.shape[axis]), _F)
    np.add.at(matrix, (np.arange(places.shape[0])[:, None], places), weights)
    product = tensordot(as_tensor(matrix), images, [[1], [axis]])
    order = list(range(1, images.ndim))
    order.insert(axis, 0)
    return transpose(product, order)


def resize(
    images: Any,
    size: Any,
    method: Any = ResizeMethod.BILINEAR,
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: str | None = None,
) -> Tensor:
    """Resizes images.

    Args:
      images: of shape [height, width, channels] or [batch, height, width, channels].
      size: the new height and width.
      method: "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian" or "mitchellcubic".
      preserve_aspect_ratio: whether to fit images into the size without distortion.
      antialias: whether to low-pass filter when downscaling.
      name: not used; TensorFlow names operations by it.

    Returns:
      A float32 tensor; of "nearest" one of the images' dtype.

    Raises:
      ValueError: the images or the size have another rank, or the method is unknown.

    Example:
      >>> tf.image.resize(tf.constant([[[0.0], [4.0]]]), [1, 4]).numpy()[0, :, 0]
      array([0., 1., 3., 4.], dtype=float32)
    """
    batch, single = batch_of(images, "images")
    height, width = size_pair(size)
    _, rows, columns, _ = batch.shape
    kind = method.value if isinstance(method, ResizeMethod) else method
    if kind not in {known.value for known in ResizeMethod}:
        raise ValueError(f"Resize method is not implemented: {method}")
    if preserve_aspect_ratio:
        scale = min(height / rows, width / columns)
        height, width = round(scale * rows), round(scale * columns)
    if kind == "nearest":
        for axis, (old, new) in enumerate(((rows, height), (columns, width)), 1):
            places = np.minimum(np.floor(_centres(old, new)), old - 1).astype(np.int64)
            batch = gather(batch, places, axis=axis)
        return unbatched(batch, single)
    batch = apply_cast(batch, dtypes.float32)
    batch = _resampled(batch, 1, _taps(kind, rows, height, antialias))
    return unbatched(_resampled(batch, 2, _taps(kind, columns, width, antialias)), single)


def resize_with_pad(
    image: Any,
    target_height: int,
    target_width: int,
    method: Any = ResizeMethod.BILINEAR,
    antialias: bool = False,
) -> Tensor:
    """Resizes images to fit into a size without distortion, and pads them with zeros.

    Args:
      image: of shape [height, width, channels] or [batch, height, width, channels].
      target_height, target_width: the size.
      method: as for `tf.image.resize`.
      antialias: as for `tf.image.resize`.

    Returns:
      A float32 tensor.

    Raises:
      ValueError: the image has another rank, or the size is not positive.

    Example:
      >>> tf.image.resize_with_pad(tf.ones([2, 4, 1]), 4, 4).numpy()[:, 0, 0]
      array([0., 1., 1., 0.], dtype=float32)
    """
    batch, single = batch_of(image)
    if target_height <= 0 or target_width <= 0:
        raise ValueError("target_height and target_width must be > 0.")
    _, rows, columns, _ = batch.shape
    ratio = max(columns / target_width, rows / target_height)
    exact = _F(rows) / _F(ratio), _F(columns) / _F(ratio)
    height, width = (int(np.floor(side)) for side in exact)
    resized = apply_cast(resize(batch, [height, width], method, antialias=antialias), dtypes.float32)
    sides = zip((target_height, target_width), exact, strict=True)
    top, left = (max(int(np.floor((target - side) / 2)), 0) for target, side in sides)
    return unbatched(pad_to_bounding_box(resized, top, left, target_height, target_width), single)
