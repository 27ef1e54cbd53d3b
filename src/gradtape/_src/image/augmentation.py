"""Random changes of images: by the global and the op's seed, or, stateless, by a seed alone."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, as_tensor
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.image import colours, geometry
from gradtape._src.image.checks import batch_of, unbatched
from gradtape._src.ops import elementwise as e
from gradtape._src.ops.indexing import slice as sliced
from gradtape._src.ops.shapes import reshape
from gradtape._src.random import stateful, stateless

Uniform = Callable[..., Tensor]  # of a shape and bounds


def _stateful(seed: Any) -> Uniform:
    return lambda shape, *bounds: functools.partial(stateful.uniform, seed=seed)(shape, *bounds)


def _stateless(seed: Any) -> Uniform:
    return lambda shape, *bounds: stateless.stateless_uniform(shape, seed, *bounds)


def _flipped(image: Any, flip: Callable[[Any], Tensor], uniform: Uniform) -> Tensor:
    tensor = as_tensor(image)
    if tensor.ndim == 3:
        return flip(tensor) if uniform([], 0, 1.0) < 0.5 else tensor
    batch, single = batch_of(tensor)
    chosen = apply_cast(reshape(e.round(uniform([batch.shape[0]])), (-1, 1, 1, 1)), batch.dtype)
    return unbatched(chosen * flip(batch) + (1 - chosen) * batch, single)


def _cropped(value: Any, size: Any, uniform: Callable[[list[int]], Tensor]) -> Tensor:
    tensor, wanted = as_tensor(value), as_tensor(size).numpy().astype(np.int64)
    shape = np.array(tuple(tensor.shape))
    if not (shape >= wanted).all():
        raise InvalidArgumentError(None, None, f"Need value.shape >= size, got {shape} and {wanted}")
    start = uniform([len(shape)]) % as_tensor(shape - wanted + 1, dtypes.int32)
    return sliced(tensor, start, wanted.tolist())


def _symmetric(max_delta: float) -> float:
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return max_delta


def _ordered(lower: float, upper: float) -> tuple[float, float]:
    if held(upper) <= held(lower):
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")
    return lower, upper


def _turn(max_delta: float) -> float:
    if max_delta > 0.5:
        raise ValueError("max_delta must be <= 0.5.")
    return _symmetric(max_delta)


def random_flip_left_right(image: Any, seed: int | None = None) -> Tensor:
    """Mirrors images along their width, each with probability 1/2.

    Args:
      image: of shape [height, width, channels] or [batch, height, width, channels].
      seed: as for `tf.random.uniform`.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: invalid rank.

    Example:
      >>> tf.image.random_flip_left_right(tf.ones([2, 3, 1]), seed=1).shape
      TensorShape([2, 3, 1])
    """
    return _flipped(image, geometry.flip_left_right, _stateful(seed))


def stateless_random_flip_left_right(image: Any, seed: Any) -> Tensor:
    """Mirrors images along their width, each with probability 1/2.

    Args:
      image: of shape [height, width, channels] or [batch, height, width, channels].
      seed: two integers, which determine the result.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: invalid rank.

    Example:
      >>> tf.image.stateless_random_flip_left_right(tf.ones([2, 3, 1]), seed=[1, 2]).shape
      TensorShape([2, 3, 1])
    """
    return _flipped(image, geometry.flip_left_right, _stateless(seed))


def random_flip_up_down(image: Any, seed: int | None = None) -> Tensor:
    """Mirrors images along their height, each with probability 1/2.

    Args:
      image: of shape [height, width, channels] or [batch, height, width, channels].
      seed: as for `tf.random.uniform`.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: invalid rank.

    Example:
      >>> tf.image.random_flip_up_down(tf.ones([2, 3, 1]), seed=1).shape
      TensorShape([2, 3, 1])
    """
    return _flipped(image, geometry.flip_up_down, _stateful(seed))


def stateless_random_flip_up_down(image: Any, seed: Any) -> Tensor:
    """Mirrors images along their height, each with probability 1/2.

    Args:
      image: of shape [height, width, channels] or [batch, height, width, channels].
      seed: two integers, which determine the result.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: invalid rank.

    Example:
      >>> tf.image.stateless_random_flip_up_down(tf.ones([2, 3, 1]), seed=[1, 2]).shape
      TensorShape([2, 3, 1])
    """
    return _flipped(image, geometry.flip_up_down, _stateless(seed))


def random_brightness(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """Adds a random number to images.

    Args:
      image: a tensor.
      max_delta: maximum that is added or subtracted.
      seed: as for `tf.random.uniform`.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: max_delta is negative.

    Example:
      >>> tf.image.random_brightness(tf.ones([2, 3, 1]), 0.2, seed=1).shape
      TensorShape([2, 3, 1])
    """
    return colours.adjust_brightness(image, _stateful(seed)([], -_symmetric(max_delta), max_delta))


def stateless_random_brightness(image: Any, max_delta: float, seed: Any) -> Tensor:
    """Adds a random number to images.

    Args:
      image: a tensor.
      max_delta: maximum that is added or subtracted.
      seed: two integers, which determine the result.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: max_delta is negative.

    Example:
      >>> tf.image.stateless_random_brightness(tf.ones([2, 3, 1]), 0.2, seed=[1, 2]).shape
      TensorShape([2, 3, 1])
    """
    return colours.adjust_brightness(image, _stateless(seed)([], -_symmetric(max_delta), max_delta))


def random_contrast(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """Multiplies differences from the mean of each channel by a random number.

    Args:
      image: of shape [..., height, width, channels].
      lower, upper: the bounds of the factor.
      seed: as for `tf.random.uniform`.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: the bounds are invalid.

    Example:
      >>> tf.image.random_contrast(tf.ones([2, 3, 1]), 0.5, 2.0, seed=1).shape
      TensorShape([2, 3, 1])
    """
    return colours.adjust_contrast(image, _stateful(seed)([], *_ordered(lower, upper)))


def stateless_random_contrast(image: Any, lower: float, upper: float, seed: Any) -> Tensor:
    """Multiplies differences from the mean of each channel by a random number.

    Args:
      image: of shape [..., height, width, channels].
      lower, upper: the bounds of the factor.
      seed: two integers, which determine the result.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: the bounds are invalid.

    Example:
      >>> tf.image.stateless_random_contrast(tf.ones([2, 3, 1]), 0.5, 2.0, seed=[1, 2]).shape
      TensorShape([2, 3, 1])
    """
    return colours.adjust_contrast(image, _stateless(seed)([], *_ordered(lower, upper)))


def random_hue(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """Rotates the hue of images by a random angle.

    Args:
      image: of three channels.
      max_delta: maximum rotation, in [0, 0.5].
      seed: as for `tf.random.uniform`.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: max_delta is out of range.

    Example:
      >>> tf.image.random_hue(tf.ones([2, 3, 3]), 0.2, seed=1).shape
      TensorShape([2, 3, 3])
    """
    return colours.adjust_hue(image, _stateful(seed)([], -_turn(max_delta), max_delta))


def stateless_random_hue(image: Any, max_delta: float, seed: Any) -> Tensor:
    """Rotates the hue of images by a random angle.

    Args:
      image: of three channels.
      max_delta: maximum rotation, in [0, 0.5].
      seed: two integers, which determine the result.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: max_delta is out of range.

    Example:
      >>> tf.image.stateless_random_hue(tf.ones([2, 3, 3]), 0.2, seed=[1, 2]).shape
      TensorShape([2, 3, 3])
    """
    return colours.adjust_hue(image, _stateless(seed)([], -_turn(max_delta), max_delta))


def random_saturation(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """Multiplies the saturation of images by a random number.

    Args:
      image: of three channels.
      lower, upper: the bounds of the factor.
      seed: as for `tf.random.uniform`.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: the bounds are invalid.

    Example:
      >>> tf.image.random_saturation(tf.ones([2, 3, 3]), 0.5, 2.0, seed=1).shape
      TensorShape([2, 3, 3])
    """
    return colours.adjust_saturation(image, _stateful(seed)([], *_ordered(lower, upper)))


def stateless_random_saturation(image: Any, lower: float, upper: float, seed: Any) -> Tensor:
    """Multiplies the saturation of images by a random number.

    Args:
      image: of three channels.
      lower, upper: the bounds of the factor.
      seed: two integers, which determine the result.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: the bounds are invalid.

    Example:
      >>> tf.image.stateless_random_saturation(tf.ones([2, 3, 3]), 0.5, 2.0, seed=[1, 2]).shape
      TensorShape([2, 3, 3])
    """
    return colours.adjust_saturation(image, _stateless(seed)([], *_ordered(lower, upper)))


def random_crop(value: Any, size: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """A block of a tensor at a random offset.

    Args:
      value: a tensor.
      size: the block's shape.
      seed: as for `tf.random.uniform`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape.

    Raises:
      InvalidArgumentError: the block is larger than the tensor.

    Example:
      >>> tf.image.random_crop(tf.ones([4, 5, 3]), [2, 2, 3], seed=1).shape
      TensorShape([2, 2, 3])
    """
    most = dtypes.int32.max
    return _cropped(value, size, lambda shape: stateful.uniform(shape, 0, most, dtypes.int32, seed))


def stateless_random_crop(value: Any, size: Any, seed: Any, name: str | None = None) -> Tensor:
    """A block of a tensor at an offset determined by a seed.

    Args:
      value: a tensor.
      size: the block's shape.
      seed: two integers.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape.

    Raises:
      InvalidArgumentError: the block is larger than the tensor.

    Example:
      >>> tf.image.stateless_random_crop(tf.ones([4, 5, 3]), [2, 2, 3], seed=[1, 2]).shape
      TensorShape([2, 2, 3])
    """
    most = dtypes.int32.max
    return _cropped(value, size, lambda shape: stateless.stateless_uniform(shape, seed, 0, most, dtypes.int32))
