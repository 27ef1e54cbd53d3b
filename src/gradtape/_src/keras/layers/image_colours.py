"""Layers that change the colours of images at random in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradtape._engine.api.api import apply_cast, apply_reduce
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras import random, settings
from gradtape._src.keras.layers.image_base import Augmenting, two_values, values_between
from gradtape._src.keras.ops.images import hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv
from gradtape._src.ops import elementwise as e
from gradtape._src.ops.clipping import clip_by_value
from gradtape._src.ops.joining import concat, split
from gradtape._src.ops.masking import where


class Colouring(Augmenting):
    """A layer that transforms each value separately."""

    _moves = False

    value_range: Sequence[float]

    def _numbers(self, images: Tensor, low: float, high: float, dtype: Any = None) -> Tensor:
        """One random number per image, with axes to broadcast."""
        return random.uniform((images.shape[0], 1, 1, 1), low, high, dtype, seed=self.generator)

    def _clipped(self, images: Tensor) -> Tensor:
        """Clips values to their range."""
        return clip_by_value(images, float(self.value_range[0]), float(self.value_range[1]))

    def _channels(self, images: Tensor) -> tuple[list[Tensor], int]:
        """The three channels, and their axis."""
        axis = 3 if self.data_format == "channels_last" else 1
        return split(images, 3, axis), axis


def _rescaled(images: Tensor, old: Any, new: Any) -> Tensor:
    """Maps values from one range to another."""
    if tuple(old) == tuple(new):
        return images
    return (images - float(old[0])) / float(old[1] - old[0]) * float(new[1] - new[0]) + float(new[0])


class RandomBrightness(Colouring):
    """In training, changes the brightness of each image at random.

    Args:
      factor: the largest change as a fraction of the range of values, or the least and the largest.
      value_range: the least and the largest value of pixels.
      seed: an int to seed the random numbers, or None.
      data_format: not used: channels are alike.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: the factor is not in [-1, 1], or the range is not two numbers.

    Example:
      >>> layer = tf.keras.layers.RandomBrightness((0.5, 0.5), value_range=(0, 1))
      >>> layer(tf.constant([[[0.25], [0.75]]]))[0, :, 0].numpy()
      array([0.75, 1.  ], dtype=float32)
    """

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.factor: tuple[float, float] = self._range(factor or 0.0)
        self._seeded(seed)
        self.value_range: Sequence[float] = values_between(value_range)
        self._of_images(data_format)

    def _draw(self, images: Tensor) -> Tensor:
        return self._numbers(images, *self.factor) * float(self.value_range[1] - self.value_range[0])

    def _change(self, images: Tensor, drawn: Any, nearest: bool) -> Tensor:
        return self._clipped(images + apply_cast(drawn, images.dtype))


class RandomContrast(Colouring):
    """In training, changes the contrast of each image at random.

    Args:
      factor: the largest change, or how much less at most and how much more: values differ from their mean by 1 - the
        first to 1 + the second of what they did.
      value_range: the least and the largest value of pixels.
      seed: an int to seed the random numbers, or None.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: the factor is not in [0, 1], or the range is not two numbers.

    Example:
      >>> image = tf.constant([[[1.0], [3.0]]])
      >>> found = tf.keras.layers.RandomContrast((0.0, 1.0), seed=1)(image)
      >>> np.allclose(tf.reduce_mean(found), 2.0)
      True
    """

    _bounds = (0, 1)

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.factor: tuple[float, float] = self._range(factor)
        self.value_range: Sequence[float] = two_values(value_range)
        self._seeded(seed)
        self._of_images(data_format)

    def _draw(self, images: Tensor) -> Tensor:
        return self._numbers(images, 1.0 - self.factor[0], 1.0 + self.factor[1], self.compute_dtype)

    def _change(self, images: Tensor, drawn: Any, nearest: bool) -> Tensor:
        axis = self._height_axis
        mean = apply_reduce("Mean", apply_reduce("Mean", images, [axis], True), [axis + 1], True)
        return self._clipped((images - mean) * drawn + mean)


class RandomSaturation(Colouring):
    """In training, changes the saturation of each image at random.

    Args:
      factor: from 0 for gray by 0.5 for no change to 1 for the strongest: one number, or the least and the largest.
      value_range: the least and the largest value of pixels.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      seed: an int to seed the random numbers, or None.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: the factor is not in [-1, 1], or the range is not two numbers.

    Example:
      >>> tf.keras.layers.RandomSaturation((0.0, 0.0), value_range=(0, 1))(tf.constant([[[0.5, 0.25, 0.25]]])).numpy()
      array([[[0.5, 0.5, 0.5]]], dtype=float32)
    """

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.factor: tuple[float, float] = self._range(factor)
        self.value_range: Sequence[float] = values_between(value_range)
        self._seeded(seed)
        self._of_images(data_format)

    def _draw(self, images: Tensor) -> Tensor:
        factor = self._numbers(images, *self.factor)
        return factor / (1 - factor + settings.epsilon())

    def _change(self, images: Tensor, drawn: Any, nearest: bool) -> Tensor:
        (hue, saturation, value), axis = self._channels(rgb_to_hsv.__wrapped__(images, self.data_format))
        saturation = self._clipped(saturation * apply_cast(drawn, images.dtype))
        return hsv_to_rgb.__wrapped__(concat([hue, saturation, value], axis), self.data_format)


class RandomHue(Colouring):
    """In training, changes the hue of each image at random.

    Args:
      factor: the largest turn as a fraction of half the circle, or the least and the largest; each way as likely.
      value_range: the least and the largest value of pixels.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      seed: an int to seed the random numbers, or None.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: the factor is not in [0, 1], or the range is not two numbers.

    Example:
      >>> tf.keras.layers.RandomHue((1.0, 1.0), value_range=(0, 1))(tf.constant([[[1.0, 0.0, 0.0]]])).numpy()
      array([[[0., 1., 1.]]], dtype=float32)
    """

    _bounds = (0, 1)

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.factor: tuple[float, float] = self._range(factor)
        self.value_range: Sequence[float] = two_values(value_range)
        self._seeded(seed)
        self._of_images(data_format)

    def _draw(self, images: Tensor) -> Tensor:
        way = where(e.greater(self._numbers(images, 0.0, 1.0), 0.5), -1.0, 1.0)
        return way * self._numbers(images, *self.factor) * 0.5

    def _change(self, images: Tensor, drawn: Any, nearest: bool) -> Tensor:
        colours = rgb_to_hsv.__wrapped__(_rescaled(images, self.value_range, (0, 1)), self.data_format)
        (hue, saturation, value), axis = self._channels(colours)
        hue = hue + apply_cast(drawn, images.dtype)
        hue = where(hue > 1.0, hue - 1.0, hue)
        hue = where(hue < 0.0, hue + 1.0, hue)
        found = hsv_to_rgb.__wrapped__(concat([hue, saturation, value], axis), self.data_format)
        return _rescaled(clip_by_value(found, 0.0, 1.0), (0, 1), self.value_range)


class RandomGrayscale(Colouring):
    """In training, converts random images to grayscale.

    Args:
      factor: how likely each becomes so.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      seed: an int to seed the random numbers, or None.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: the factor is not in [0, 1].

    Example:
      >>> tf.keras.layers.RandomGrayscale(1.0)(tf.constant([[[1.0, 0.0, 0.0]]])).numpy()
      array([[[0.2989, 0.2989, 0.2989]]], dtype=float32)
    """

    def __init__(
        self, factor: float = 0.5, data_format: str | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if factor < 0 or factor > 1:
            raise ValueError(f"`factor` should be between 0 and 1. Received: factor={factor}")
        self.factor = factor
        self._seeded(seed)
        self._of_images(data_format)

    def _draw(self, images: Tensor) -> Tensor:
        return self._numbers(images, 0.0, 1.0) < self.factor

    def _change(self, images: Tensor, drawn: Any, nearest: bool) -> Tensor:
        return where(drawn, rgb_to_grayscale.__wrapped__(images, self.data_format), images)


class RandomInvert(Colouring):
    """In training, inverts random images: each value is replaced by the maximum minus it.

    Args:
      factor: how likely, at most, or at least and at most.
      value_range: the least and the largest value of pixels.
      seed: an int to seed the random numbers, or None.
      data_format: not used: channels are alike.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: the factor is not in [0, 1], or the range is not two numbers.

    Example:
      >>> tf.keras.layers.RandomInvert((1.0, 1.0))(tf.constant([[[0.0], [55.0]]]))[0, :, 0].numpy()
      array([255., 200.], dtype=float32)
    """

    _bounds = (0, 1)

    def __init__(
        self,
        factor: Any = 1.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.factor: tuple[float, float] = self._range(factor)
        self.value_range: Sequence[float] = two_values(value_range)
        self._seeded(seed)
        self._of_images(data_format)

    def _draw(self, images: Tensor) -> Tensor:
        likely = self._numbers(images, *self.factor)
        return self._numbers(images, 0.0, 1.0) < likely

    def _change(self, images: Tensor, drawn: Any, nearest: bool) -> Tensor:
        return where(drawn, float(self.value_range[1]) - images, images)
