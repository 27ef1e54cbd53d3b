"""Base classes of image layers, for batches or single images, alone or in a dict with labels and masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.keras.layers.preprocessing import Preparing
from gradtape._src.keras.random import SeedGenerator
from gradtape._src.keras.settings import standardize_data_format
from gradtape._src.ops.shapes import expand_dims, squeeze


class ImageLayer(Preparing):
    """A layer of images: [height, width, channels] or a batch of them, or a dict that has such as "images".

    Attributes:
      _moves: whether pixels move, so that masks go with their images.
      _always: whether images change outside of training too.
    """

    _order: ClassVar[tuple[Any, ...]] = ("data_format", ...)

    _moves: ClassVar[bool] = True
    _always: ClassVar[bool] = False

    data_format: str

    def _of_images(self, data_format: str | None) -> None:
        """Stores the data format."""
        self.data_format = standardize_data_format(data_format)
        self._height_axis = -3 if self.data_format == "channels_last" else -2

    def _taken(self, value: Any) -> Any:
        """Images as a tensor, alone or in a dict."""
        if isinstance(value, dict):
            return {key: self._taken(part) for key, part in value.items()}
        return super()._taken(value)

    def call(self, data: Any, training: bool | None = True) -> Any:
        """Transforms images in training."""
        images = data["images"] if isinstance(data, dict) else data
        if images.ndim not in (3, 4):
            raise ValueError(
                "Expected image tensor to have rank 3 (single image) or 4 (batch of images). "
                f"Received: data.shape={images.shape}"
            )
        changes = training or self._always
        drawn = self._draw(images if images.ndim == 4 else expand_dims(images, 0)) if changes else None

        def changed(value: Tensor, nearest: bool) -> Tensor:
            value = self._cast(value)
            if not changes:
                return value
            if value.ndim == 4:
                return self._change(value, drawn, nearest)
            return squeeze(self._change(expand_dims(value, 0), drawn, nearest), 0)

        if not isinstance(data, dict):
            return changed(images, False)
        if "bounding_boxes" in data:
            raise ValueError(
                f"{type(self).__name__} does not transform bounding boxes; transform them in a tf.keras.layers.Lambda."
            )
        found = {**data, "images": changed(images, False)}
        if self._moves and "segmentation_masks" in data:
            found["segmentation_masks"] = changed(data["segmentation_masks"], True)
        return found

    def _draw(self, images: Tensor) -> Any:
        """Draws the random parameters for a batch."""
        return None

    def _change(self, images: Tensor, drawn: Any, nearest: bool) -> Tensor:
        """Transforms a batch; `nearest` for class indices, which cannot be interpolated."""
        raise NotImplementedError

    def compute_output_spec(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        """The shapes and dtypes of the outputs."""
        if not isinstance(data, dict):
            return super().compute_output_spec(data, *args, **kwargs)
        moved = ("images", "segmentation_masks") if self._moves else ("images",)
        return {
            key: super(ImageLayer, self).compute_output_spec(value) if key in moved else value
            for key, value in data.items()
        }

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the inputs."""
        return input_shape


class Sized(ImageLayer):
    """A layer that produces images of one size."""

    height: int
    width: int

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the inputs, with the layer's height and width."""
        if len(input_shape) not in (3, 4) or isinstance(input_shape[0], list | tuple):
            raise ValueError(
                "`input_shape` must be a non-nested tuple or list of rank-1 with size 3 (unbatched) or 4 (batched). "
            )
        shape = list(input_shape)
        place = len(shape) + self._height_axis
        shape[place : place + 2] = [self.height, self.width]
        return tuple(shape)


class Augmenting(ImageLayer):
    """A layer that transforms each image at random in training.

    Attributes:
      _bounds: the bounds of its factor.
    """

    _bounds: ClassVar[tuple[float, float]] = (-1, 1)

    def _seeded(self, seed: int | None) -> None:
        """Stores the seed, and creates the seed generator."""
        self.seed = seed
        self.generator: SeedGenerator = SeedGenerator(seed)

    def _range(self, factor: Any) -> tuple[float, float]:
        """Normalizes a factor to bounds: two numbers, or plus and minus one number, limited to the layer's bounds."""
        low, high = self._bounds
        message = (
            "The `factor` argument should be a number (or a list of two numbers) in the range "
            f"[{low}, {high}]. Received: factor={factor}"
        )
        if isinstance(factor, tuple | list):
            if len(factor) != 2 or factor[0] > high or factor[1] < low:
                raise ValueError(message)
            lower, upper = sorted(factor)
            return lower, upper
        if not isinstance(factor, int | float) or factor < low or factor > high:
            raise ValueError(message)
        return max(-abs(factor), low), abs(factor)


def two_values(value_range: Any) -> Sequence[float]:
    """Checks that the range consists of two numbers."""
    if not isinstance(value_range, tuple | list) or len(value_range) != 2:
        raise ValueError(
            f"The `value_range` argument should be a list of two numbers. Received: value_range={value_range}"
        )
    return value_range


def values_between(value_range: Any) -> list[float]:
    """The least and the largest value of pixels."""
    return sorted(two_values(value_range))
