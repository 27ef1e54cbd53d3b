"""Random flips, rotations, translations and zooms of images in training."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras import random
from gradtape._src.keras.layers.image_base import Augmenting
from gradtape._src.keras.ops.warping import affine_transform
from gradtape._src.ops import elementwise as e
from gradtape._src.ops.joining import stack
from gradtape._src.ops.masking import where
from gradtape._src.ops.rearranging import reverse


class RandomFlip(Augmenting):
    """In training, flips half of the images.

    Args:
      mode: "horizontal", "vertical" or "horizontal_and_vertical", both at once.
      seed: an int to seed the random numbers, or None.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: unknown data_format or keyword, a seed that is not an integer, or the inputs have neither three nor
        four axes.

    Example:
      >>> layer = tf.keras.layers.RandomFlip("horizontal", seed=3)
      >>> layer(tf.constant([[[1.0], [2.0]]]), training=False)[0, :, 0].numpy()
      array([1., 2.], dtype=float32)
    """

    _order = ("data_format", "seed", ...)

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.mode = mode
        self._seeded(seed)
        self._of_images(data_format)

    def _draw(self, images: Tensor) -> Tensor:
        return e.less_equal(random.uniform((images.shape[0], 1, 1, 1), seed=self.generator), 0.5)

    def _change(self, images: Tensor, drawn: Any, nearest: bool) -> Tensor:
        vertical = images.ndim + self._height_axis
        axes = {
            "horizontal": [vertical + 1],
            "vertical": [vertical],
            "horizontal_and_vertical": [vertical, vertical + 1],
        }
        return where(drawn, reverse(images, axes[self.mode]), images) if self.mode in axes else images


class Moving(Augmenting):
    """A layer that applies random affine transformations."""

    fill_mode: str
    fill_value: float
    interpolation: str

    def _filled(self, fill_mode: str, fill_value: float, interpolation: str) -> None:
        """Stores the options of interpolation."""
        for name, value, known in (
            ("fill_mode", fill_mode, ("reflect", "wrap", "constant", "nearest")),
            ("interpolation", interpolation, ("nearest", "bilinear")),
        ):
            if value not in known:
                raise NotImplementedError(f"Unknown `{name}` {value}. Expected of one {known}.")
        self.fill_mode, self.fill_value, self.interpolation = fill_mode, fill_value, interpolation

    def _change(self, images: Tensor, drawn: Any, nearest: bool) -> Tensor:
        how = "nearest" if nearest else self.interpolation
        return affine_transform.__wrapped__(images, drawn, how, self.fill_mode, self.fill_value, self.data_format)

    def _size(self, images: Tensor) -> tuple[int, int]:
        return images.shape[self._height_axis], images.shape[self._height_axis + 1]

    def _uniform(self, images: Tensor, low: float, high: float) -> Tensor:
        """A number for each image."""
        return random.uniform((images.shape[0], 1), low, high, seed=self.generator)[:, 0]


def _transforms(*rows: Any) -> Tensor:
    """Transformations of six numbers for each image, some of which are the same for all."""
    example = next(part for part in rows if isinstance(part, Tensor))
    parts = [part if isinstance(part, Tensor) else example * 0.0 + part for part in (*rows, 0.0, 0.0)]
    return stack(parts, 1)


class RandomRotation(Moving):
    """In training, rotates each image around its center by a random angle.

    Args:
      factor: the largest angle as a fraction of a turn, counter-clockwise, or the least and the largest.
      fill_mode: the values outside of images: "reflect", "wrap", "nearest" or "constant".
      interpolation: "bilinear" or "nearest".
      seed: an int to seed the random numbers, or None.
      fill_value: the constant.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: the factor is not in [-1, 1].
      NotImplementedError: the fill_mode or interpolation is unknown.

    Example:
      >>> image = tf.reshape(tf.range(4.0), [2, 2, 1])
      >>> tf.keras.layers.RandomRotation((0.5, 0.5))(image)[:, :, 0].numpy().round(3)
      array([[3., 2.],
             [1., 0.]], dtype=float32)
    """

    _order = ("data_format", "factor", "fill_mode", "fill_value", ...)

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.factor: tuple[float, float] = self._range(factor or 0.0)
        self._seeded(seed)
        self._filled(fill_mode, fill_value, interpolation)
        self._of_images(data_format)

    def _draw(self, images: Tensor) -> Tensor:
        low, high = (bound * 360.0 for bound in self.factor)
        angle = random.uniform((images.shape[0],), low, high, seed=self.generator) * (math.pi / 180.0)
        height, width = self._size(images)
        x, y = 0.5 * (width - 1), 0.5 * (height - 1)
        cosine, sine = e.cos(angle), e.sin(angle)
        return _transforms(cosine, -sine, x - x * cosine + y * sine, sine, cosine, y - x * sine - y * cosine)


class TwoFactors(Moving):
    """A layer with a factor for each axis."""

    _range_told: ClassVar[str] = "[-1.0, 1.0]"
    _arguments_told: ClassVar[str] = "`factor` argument"

    def _within(self, number: float) -> bool:
        """Whether a factor may be so large."""
        return -1.0 <= number <= 1.0

    def _two(self, factor: Any, name: str) -> tuple[float, float]:
        message = (
            f"The {self._arguments_told} should be a number (or a list of two numbers) in the range "
            f"{self._range_told}. "
        )
        numbers = (factor,) if isinstance(factor, int | float) else factor
        if not isinstance(numbers, tuple | list) or (numbers is factor and len(numbers) != 2):
            raise ValueError(f"{message}Received: {name}={factor}")
        for number in numbers:
            if not self._within(number):
                raise ValueError(f"{message}Received: input_number={number}")
        if numbers is not factor:
            return -abs(factor), abs(factor)
        lower, upper = sorted(factor)
        return lower, upper


class RandomTranslation(TwoFactors):
    """In training, translates each image at random.

    Args:
      height_factor: how far down at most, as a fraction of the height, or the least and the largest fraction.
      width_factor: how far to the right, likewise.
      fill_mode: the values outside of images: "reflect", "wrap", "nearest" or "constant".
      interpolation: "bilinear" or "nearest".
      seed: an int to seed the random numbers, or None.
      fill_value: the constant.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: a factor is not in [-1, 1].
      NotImplementedError: the fill_mode or interpolation is unknown.

    Example:
      >>> image = tf.reshape(tf.range(4.0), [4, 1, 1])
      >>> tf.keras.layers.RandomTranslation((0.5, 0.5), 0.0, "constant")(image)[:, 0, 0].numpy()
      array([0., 0., 0., 1.], dtype=float32)
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.height_factor = height_factor
        self.width_factor = width_factor
        self._heights, self._widths = self._two(height_factor, "height_factor"), self._two(width_factor, "width_factor")
        self._filled(fill_mode, fill_value, interpolation)
        self._seeded(seed)
        self._of_images(data_format)

    def _draw(self, images: Tensor) -> Tensor:
        height, width = self._size(images)
        down = self._uniform(images, *self._heights) * float(height)
        right = self._uniform(images, *self._widths) * float(width)
        return _transforms(1.0, 0.0, -right, 0.0, 1.0, -down)


class RandomZoom(TwoFactors):
    """In training, zooms into or out of the center of each image at random.

    Args:
      height_factor: how much is seen, beyond 1, at most: 0.2 for 0.8 to 1.2 of the height, or both bounds beyond 1.
      width_factor: likewise of the width; None for the height's.
      fill_mode: the values outside of images: "reflect", "wrap", "nearest" or "constant".
      interpolation: "bilinear" or "nearest".
      seed: an int to seed the random numbers, or None.
      fill_value: the constant.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: a factor is not in (-1, 1].
      NotImplementedError: the fill_mode or interpolation is unknown.

    Example:
      >>> image = tf.reshape(tf.range(3.0), [3, 1, 1])
      >>> tf.keras.layers.RandomZoom((-0.5, -0.5))(image)[:, 0, 0].numpy()
      array([0.5, 1. , 1.5], dtype=float32)
    """

    _range_told = "(-1.0, 1.0]"
    _arguments_told = "`height_factor` and `width_factor` arguments"

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.height_factor = height_factor
        self.width_factor = width_factor
        self._heights = self._two(height_factor, "height_factor")
        self._widths = None if width_factor is None else self._two(width_factor, "width_factor")
        self._filled(fill_mode, fill_value, interpolation)
        self._seeded(seed)
        self._of_images(data_format)

    def _within(self, number: float) -> bool:
        """Whether a factor may be so large."""
        return -1.0 < number <= 1.0

    def _draw(self, images: Tensor) -> Tensor:
        height, width = self._size(images)
        rows = self._uniform(images, 1.0 + self._heights[0], 1.0 + self._heights[1])
        columns = rows
        if self._widths is not None:
            columns = self._uniform(images, 1.0 + self._widths[0], 1.0 + self._widths[1])
        right, down = (width - 1.0) / 2.0 * (1.0 - columns), (height - 1.0) / 2.0 * (1.0 - rows)
        return _transforms(columns, 0.0, right, 0.0, rows, down)
