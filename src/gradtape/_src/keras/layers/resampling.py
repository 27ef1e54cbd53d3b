"""Cropping, zero padding and upsampling layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.input_spec import InputSpec
from gradtape._src.keras.layers.configured import Configured, pairs, several
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.keras.layers.reshaping import positive, repeated
from gradtape._src.keras.ops.images import resize
from gradtape._src.keras.settings import standardize_data_format
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.padding import pad


class Spatial(Configured):
    """A layer for inputs with a number of axes besides those of examples and channels.

    Attributes:
      rank: the number.
    """

    rank: ClassVar[int]
    data_format = "channels_last"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _first(self) -> int:
        """The first spatial axis."""
        return 2 if self.data_format == "channels_first" else 1

    def _resized(self, shape: Shape, sizes: Sequence[int | None]) -> Shape:
        """A shape with other sizes of its spatial axes."""
        return (*shape[: self._first], *sizes, *shape[self._first + self.rank :])

    def _spatial(self, shape: Shape) -> Shape:
        """The sizes of a shape's spatial axes."""
        return tuple(shape[self._first : self._first + self.rank])


class Cropping(Spatial):
    """Crops spatial axes."""

    cropping: tuple[Any, ...]

    @property
    def _ends(self) -> tuple[tuple[int, int], ...]:
        """The cropping before and after each axis."""
        return self.cropping

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        self._left(tuple(inputs.shape), "inputs.shape")
        sizes = inputs.shape.as_list()[self._first : self._first + self.rank]
        cuts = [slice(low, size - high) for size, (low, high) in zip(sizes, self._ends, strict=True)]
        before = (slice(None),) * self._first
        return inputs[before + tuple(cuts)]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        return self._resized(input_shape, self._left(input_shape, "input_shape"))

    def _left(self, shape: Shape, word: str) -> list[int | None]:
        """The remaining size of each axis. Raises ValueError if nothing remains."""
        sizes = [
            None if size is None else size - sum(pair)
            for size, pair in zip(self._spatial(shape), self._ends, strict=True)
        ]
        if any(size is not None and size <= 0 for size in sizes):
            what = "`cropping` parameter of `Cropping1D` layer must be smaller than the input length"
            if self.rank > 1:
                what = (
                    "Values in `cropping` argument should be smaller than the corresponding spatial dimension of the "
                )
                what += "input"
            raise ValueError(f"{what}. Received: {word}={shape}, cropping={self.cropping}")
        return sizes


class Cropping1D(Cropping):
    """Crops sequences.

    Args:
      cropping: the number of steps cut off at both ends, or a pair of numbers.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: a wrong number of numbers, negative ones, or ones that exceed the size.

    Example:
      >>> tf.keras.layers.Cropping1D((1, 0))(tf.constant([[[1.0], [2.0], [3.0]]]))[0, :, 0].numpy()
      array([2., 3.], dtype=float32)
    """

    rank = 1

    def __init__(self, cropping: int | Sequence[int] = (1, 1), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        before, after = several(cropping, 2, "cropping", zero=True)
        self.cropping: tuple[int, int] = (before, after)

    @property
    def _ends(self) -> tuple[tuple[int, int], ...]:
        """The cropping before and after the axis."""
        return (self.cropping,)


class _CroppingOfImages(Cropping):
    def __init__(self, cropping: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format: str = standardize_data_format(data_format)
        if isinstance(cropping, int) and cropping < 0:
            raise ValueError(f"`cropping` cannot be negative. Received: cropping={cropping}.")
        self.cropping: tuple[tuple[int, int], ...] = pairs(cropping, self.rank, "cropping")


class Cropping2D(_CroppingOfImages):
    """Crops images.

    Args:
      cropping: the number of pixels cut off at all edges, a number for height and one for width, or a pair for each.
      data_format: "channels_last" or "channels_first"; None for `keras.config.image_data_format()`.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: a wrong number of numbers, negative ones, or ones that exceed the size.

    Example:
      >>> tf.keras.layers.Cropping2D(((1, 0), (2, 1)))(tf.ones([1, 4, 5, 2])).shape.as_list()
      [1, 3, 2, 2]
    """

    rank = 2

    def __init__(self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(cropping, data_format, **kwargs)


class Cropping3D(_CroppingOfImages):
    """Crops volumes.

    Args:
      cropping: how much is cut off at all sides, a number for each axis, or a pair for each.
      data_format: "channels_last" or "channels_first"; None for `keras.config.image_data_format()`.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: a wrong number of numbers, negative ones, or ones that exceed the size.

    Example:
      >>> tf.keras.layers.Cropping3D(1)(tf.ones([1, 4, 5, 3, 2])).shape.as_list()
      [1, 2, 3, 1, 2]
    """

    rank = 3

    def __init__(self, cropping: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(cropping, data_format, **kwargs)


class ZeroPadding(Spatial):
    """Pads spatial axes with zeros."""

    padding: tuple[Any, ...]

    @property
    def _ends(self) -> tuple[tuple[int, int], ...]:
        """The padding before and after each axis."""
        return self.padding

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        channels = ((0, 0),)
        first = self.data_format == "channels_first"
        amounts = ((0, 0), *channels, *self._ends) if first else ((0, 0), *self._ends, *channels)
        return pad(inputs, amounts)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        grown = [
            None if size is None else size + sum(pair)
            for size, pair in zip(self._spatial(input_shape), self._ends, strict=True)
        ]
        return self._resized(input_shape, grown)


class ZeroPadding1D(ZeroPadding):
    """Pads sequences with zeros.

    Args:
      padding: the number of zero steps at both ends, or a pair of numbers.
      data_format: "channels_last" or "channels_first"; None for `keras.config.image_data_format()`.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: another number of numbers, or negative ones.

    Example:
      >>> tf.keras.layers.ZeroPadding1D((2, 1))(tf.ones([1, 2, 1]))[0, :, 0].numpy()
      array([0., 0., 1., 1., 0.], dtype=float32)
    """

    rank = 1

    def __init__(self, padding: int | Sequence[int] = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format: str = standardize_data_format(data_format)
        before, after = several(padding, 2, "padding", zero=True)
        self.padding: tuple[int, int] = (before, after)

    @property
    def _ends(self) -> tuple[tuple[int, int], ...]:
        """The padding before and after the axis."""
        return (self.padding,)


class _PaddingOfImages(ZeroPadding):
    def __init__(self, padding: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format: str = standardize_data_format(data_format)
        self.padding: tuple[tuple[int, int], ...] = pairs(padding, self.rank, "padding")


class ZeroPadding2D(_PaddingOfImages):
    """Pads images with zeros.

    Args:
      padding: the number of pixels at all edges, a number for height and one for width, or a pair for each.
      data_format: "channels_last" or "channels_first"; None for `keras.config.image_data_format()`.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: another number of numbers, or negative ones.

    Example:
      >>> tf.keras.layers.ZeroPadding2D((1, 2))(tf.ones([1, 2, 2, 3])).shape.as_list()
      [1, 4, 6, 3]
    """

    rank = 2

    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(padding, data_format, **kwargs)


class ZeroPadding3D(_PaddingOfImages):
    """Pads volumes with zeros.

    Args:
      padding: the number of voxels at all sides, a number for each axis, or a pair for each.
      data_format: "channels_last" or "channels_first"; None for `keras.config.image_data_format()`.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: another number of numbers, or negative ones.

    Example:
      >>> tf.keras.layers.ZeroPadding3D(1)(tf.ones([1, 2, 2, 2, 3])).shape.as_list()
      [1, 4, 4, 4, 3]
    """

    rank = 3

    def __init__(self, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(padding, data_format, **kwargs)


class UpSampling(Spatial):
    """Repeats every element along spatial axes."""

    size: Any

    @property
    def _factors(self) -> tuple[int, ...]:
        """How often elements are repeated along each axis."""
        return self.size

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        for place, count in enumerate(self._factors):
            if count > 1:
                inputs = repeated(inputs, self._first + place, count)
        return inputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        grown = [
            None if size is None else size * count
            for size, count in zip(self._spatial(input_shape), self._factors, strict=True)
        ]
        return self._resized(input_shape, grown)


class UpSampling1D(UpSampling):
    """Repeats every time step.

    Args:
      size: how often.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      TypeError: size is not an int.
      ValueError: size is not positive.

    Example:
      >>> tf.keras.layers.UpSampling1D(2)(tf.constant([[[1.0], [2.0]]]))[0, :, 0].numpy()
      array([1., 1., 2., 2.], dtype=float32)
    """

    rank = 1

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size: int = positive(size, "size")

    @property
    def _factors(self) -> tuple[int, ...]:
        """How often elements are repeated along the axis."""
        return (self.size,)


class UpSampling2D(UpSampling):
    """Upsamples images by repetition or interpolation.

    Args:
      size: how often, one number or one for rows and one for columns.
      data_format: "channels_last" or "channels_first"; None for `keras.config.image_data_format()`.
      interpolation: "nearest" to repeat, or a method of `keras.ops.image.resize`: "bilinear", "bicubic", "area",
        "lanczos3" or "lanczos5".
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: sizes that are not positive; in a call, another interpolation.

    Example:
      >>> tf.keras.layers.UpSampling2D((1, 2))(tf.reshape([1.0, 2.0], [1, 1, 2, 1]))[0, :, :, 0].numpy()
      array([[1., 1., 2., 2.]], dtype=float32)
    """

    rank = 2

    def __init__(
        self,
        size: int | Sequence[int] = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.data_format: str = standardize_data_format(data_format)
        self.size: tuple[int, ...] = several(size, 2, "size")
        self.interpolation: str = interpolation.lower()

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        if self.interpolation == "nearest":
            return super().call(inputs)
        if self.interpolation != "bilinear":
            sides = inputs.shape[self._first : self._first + 2]
            larger = [side * count for side, count in zip(sides, self.size, strict=True)]
            return resize(inputs, larger, self.interpolation, data_format=self.data_format)
        for place, count in enumerate(self.size):
            inputs = _between(inputs, self._first + place, count)
        return inputs


def _between(inputs: Tensor, axis: int, count: int) -> Tensor:
    """Upsamples an axis by linear interpolation."""
    size = inputs.shape[axis]
    if count == 1 or not inputs.shape.num_elements():
        return inputs
    centres = (np.arange(size * count) + 0.5) / count - 0.5
    low = np.floor(centres)
    weights = (centres - low).reshape(-1, *(1,) * (inputs.ndim - axis - 1))
    ends = [gather(inputs, as_tensor(np.clip(low + step, 0, size - 1).astype(np.int32)), axis=axis) for step in (0, 1)]
    return ends[0] + (ends[1] - ends[0]) * as_tensor(weights, inputs.dtype)


class UpSampling3D(UpSampling):
    """Repeats every element of volumes along each spatial axis.

    Args:
      size: how often, one number or one for each axis.
      data_format: "channels_last" or "channels_first"; None for `keras.config.image_data_format()`.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: sizes that are not positive.

    Example:
      >>> tf.keras.layers.UpSampling3D(2)(tf.ones([1, 1, 2, 3, 1])).shape.as_list()
      [1, 2, 4, 6, 1]
    """

    rank = 3

    def __init__(self, size: int | Sequence[int] = (2, 2, 2), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format: str = standardize_data_format(data_format)
        self.size: tuple[int, ...] = several(size, 3, "size")
