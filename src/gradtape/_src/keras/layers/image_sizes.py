"""Layers that make images of one size: cut out of their middle, cut out at random, or scaled."""

from __future__ import annotations

from typing import Any

from gradtape._engine.api.api import apply_cast
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras import random
from gradtape._src.keras.layers.image_base import Augmenting, Sized
from gradtape._src.keras.ops.images import resize
from gradtape._src.keras.utils.pictures import smart_resize


class CenterCrop(Sized):
    """The middle of images; those that are too small are scaled, and cut to the same proportions.

    Args:
      height, width: the size.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: unknown data_format or keyword, or the inputs have neither three nor four axes.

    Example:
      >>> image = tf.reshape(tf.range(16.0), [4, 4, 1])
      >>> tf.keras.layers.CenterCrop(2, 2)(image)[:, :, 0].numpy()
      array([[ 5.,  6.],
             [ 9., 10.]], dtype=float32)
    """

    _always = True

    def __init__(self, height: int, width: int, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.height = height
        self.width = width
        self._of_images(data_format)

    def _change(self, images: Tensor, drawn: Any, nearest: bool) -> Tensor:
        axis = self._height_axis
        high, wide = images.shape[axis] - self.height, images.shape[axis + 1] - self.width
        if high >= 0 and wide >= 0:
            return _cut(images, axis, high // 2, wide // 2, self.height, self.width)
        return self._cast(smart_resize(images, [self.height, self.width], data_format=self.data_format))


def _cut(images: Tensor, axis: int, top: int, left: int, height: int, width: int) -> Tensor:
    rows, columns = slice(top, top + height), slice(left, left + width)
    return images[:, rows, columns] if axis == -3 else images[:, :, rows, columns]


class Resizing(Sized):
    """Resizes images.

    Args:
      height, width: the size.
      interpolation: "bilinear", "nearest", "bicubic", "area", "lanczos3" or "lanczos5".
      crop_to_aspect_ratio: whether images are cut to the size's proportions before.
      pad_to_aspect_ratio: whether they get borders to have them.
      fill_mode: "constant".
      fill_value: what borders are filled with.
      antialias: whether to low-pass filter when downscaling.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: unknown interpolation, fill_mode, data_format or keyword, a size that is not positive, cropping with
        padding, or the inputs have neither three nor four axes.

    Example:
      >>> tf.keras.layers.Resizing(2, 3)(tf.ones([8, 8, 1])).shape
      TensorShape([2, 3, 1])
    """

    _always = True

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.height = height
        self.width = width
        self.interpolation = interpolation
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = fill_mode
        self.fill_value = fill_value
        self.antialias: bool = bool(antialias)
        self._of_images(data_format)

    def _change(self, images: Tensor, drawn: Any, nearest: bool) -> Tensor:
        return resize.__wrapped__(
            images,
            (self.height, self.width),
            "nearest" if nearest else self.interpolation,
            self.antialias,
            self.crop_to_aspect_ratio,
            self.pad_to_aspect_ratio,
            self.fill_mode,
            self.fill_value,
            self.data_format,
        )


class RandomCrop(Sized, Augmenting):
    """In training, images cut out at a random place, the same one for a whole batch; those that are too small are
    scaled, and cut to the same proportions at their middle.

    Args:
      height, width: the size.
      seed: an int to seed the random numbers, or None.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      name: the layer's name.
      kwargs: `dtype`, see :class:`Layer`.

    Raises:
      ValueError: unknown data_format or keyword, a seed that is not an integer, or the inputs have neither three nor
        four axes.

    Example:
      >>> tf.keras.layers.RandomCrop(2, 2, seed=1)(tf.ones([8, 8, 1])).shape
      TensorShape([2, 2, 1])
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.height = height
        self.width = width
        default = random.make_default_seed() if seed is None else seed
        self._seeded(seed)
        self.seed = default
        self._of_images(data_format)

    def _draw(self, images: Tensor) -> tuple[Any, Any]:
        axis = self._height_axis
        height, width = images.shape[axis], images.shape[axis + 1]
        if height > self.height and width > self.width:
            places = [
                random.uniform((), 0, float(size - new + 1), seed=self.generator)
                for size, new in ((height, self.height), (width, self.width))
            ]
            return apply_cast(places[0], dtypes.int32), apply_cast(places[1], dtypes.int32)
        high = max(min(height, int(float(width * self.height) / self.width)), 1)
        wide = max(min(width, int(float(height * self.width) / self.height)), 1)
        return int(float(height - high) / 2), int(float(width - wide) / 2)

    def _change(self, images: Tensor, drawn: Any, nearest: bool) -> Tensor:
        axis, (top, left) = self._height_axis, drawn
        found = _cut(images, axis, top, left, self.height, self.width)
        if (found.shape[axis], found.shape[axis + 1]) == (self.height, self.width):
            return found
        return self._cast(resize.__wrapped__(found, (self.height, self.width), data_format=self.data_format))
