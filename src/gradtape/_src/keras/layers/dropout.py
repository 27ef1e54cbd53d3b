"""Dropout and noise layers, which are active only in training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from gradtape._engine.api.api import apply_cast
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras import random
from gradtape._src.keras.input_spec import InputSpec
from gradtape._src.keras.layers.activation_layers import Elementwise
from gradtape._src.keras.layers.configured import check_rate
from gradtape._src.keras.settings import standardize_data_format


class Disturbing(Elementwise):
    """A layer that draws random numbers in training.

    Attributes:
      _amount: the name of the argument that says how much; at 0 nothing is drawn.
    """

    _amount: ClassVar[str] = "rate"

    def _seeded(self, amount: float, seed: int | None) -> None:
        """Stores the rate, and creates the seed generator."""
        check_rate(amount, self._amount)
        setattr(self, self._amount, amount)
        self.seed = seed
        if amount > 0:
            self.seed_generator: random.SeedGenerator = random.SeedGenerator(seed)

    def call(self, inputs: Tensor, training: bool | None = False) -> Tensor:
        """The inputs, with noise in training."""
        return self._disturbed(inputs) if training and getattr(self, self._amount) > 0 else inputs

    def _disturbed(self, inputs: Tensor) -> Tensor:
        """The inputs with noise."""
        raise NotImplementedError


class Dropout(Disturbing):
    """In training, sets a random fraction of the inputs to 0 and scales the others to preserve the expected sum.

    Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting (2014).

    Args:
      rate: the fraction.
      noise_shape: the shape in which elements are drawn, which broadcasts to that of the inputs; None stands for their
        own size.
      seed: an int to seed the random numbers, or None.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: a rate outside of [0, 1], or an invalid noise_shape.

    Example:
      >>> layer = tf.keras.layers.Dropout(0.5, seed=1)
      >>> layer(tf.ones([2])).numpy()
      array([1., 1.], dtype=float32)
      >>> set(layer(tf.ones([9]), training=True).numpy().tolist()) <= {0.0, 2.0}
      True
    """

    _order = ("rate", "seed", ...)

    rate: float

    def __init__(
        self, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._seeded(rate, seed)
        self.noise_shape: tuple[int | None, ...] | None = _noise_shape(noise_shape)

    def _disturbed(self, inputs: Tensor) -> Tensor:
        """The inputs, some of them 0."""
        return random.dropout(inputs, self.rate, noise_shape=self._drawn(inputs), seed=self.seed_generator)

    def _drawn(self, inputs: Tensor) -> Sequence[int | None] | None:
        """The shape in which elements are drawn."""
        return self.noise_shape


def _noise_shape(shape: Any) -> tuple[int | None, ...] | None:
    if shape is None:
        return None
    message = "Invalid value received for argument `noise_shape`."
    if isinstance(shape, str):
        raise ValueError(f"{message} Expected a tuple or list of integers. Received: noise_shape={shape}")
    try:
        sizes = tuple(shape)
    except TypeError:
        raise ValueError(
            f"{message} Expected an iterable of integers (e.g., a tuple or list). Received: noise_shape={shape}"
        ) from None
    for place, size in enumerate(sizes):
        if size is not None and not isinstance(size, int):
            raise ValueError(
                f"{message} Expected all elements to be integers or None. Received element at index {place}: {size} "
                f"(type: {type(size).__name__})"
            )
        if size is not None and size <= 0:
            raise ValueError(
                f"{message} Expected all dimensions to be positive integers or None. Received negative or zero value "
                f"at index {place}: {size}"
            )
    return sizes


class SpatialDropout(Dropout):
    """Dropout of whole channels.

    Attributes:
      rank: the number of spatial axes.
    """

    rate: float

    rank: ClassVar[int]
    data_format = "channels_last"

    def __init__(
        self, rate: float, seed: int | None = None, name: str | None = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _drawn(self, inputs: Tensor) -> Sequence[int | None]:
        """One number for each example and channel."""
        ones = (1,) * self.rank
        return (None, *ones, None) if self.data_format == "channels_last" else (None, None, *ones)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        return {"rate": self.rate, "seed": self.seed, "name": self.name, "dtype": self.dtype}


class _DropoutOfImages(SpatialDropout):
    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(rate, seed, name, dtype)
        self.data_format: str = standardize_data_format(data_format)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        return {**super().get_config(), "data_format": self.data_format}


_DOC = """In training, sets whole channels to 0 at random and scales up the others.

Tompson et al., Efficient Object Localization Using Convolutional Networks (2015).

Args:
  rate: the fraction of channels.
{data_format}  seed: an int from which the numbers drawn follow.
  name: the layer's name.
  dtype: the layer's dtype.

Raises:
  ValueError: a rate outside of [0, 1]{other}.

Example:
  >>> layer = tf.keras.layers.SpatialDropout{rank}D(0.5)
  >>> dropped = layer(tf.ones({shape}), training=True)
  >>> set(tf.reduce_mean(dropped, {axes}).numpy().ravel().tolist()) <= {{0.0, 2.0}}
  True
"""
_FORMAT = """  data_format: "channels_last" or "channels_first"; None for what `keras.config.image_data_format` says.
"""


class SpatialDropout1D(SpatialDropout):
    __doc__ = _DOC.format(rank=1, shape="[1, 4, 6]", axes="1", data_format="", other="")
    rank = 1

    def __init__(self, rate: float, seed: int | None = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(rate, seed, name, dtype)


class SpatialDropout2D(_DropoutOfImages):
    __doc__ = _DOC.format(
        rank=2, shape="[1, 4, 4, 6]", axes="[1, 2]", data_format=_FORMAT, other=", or another data_format"
    )
    rank = 2


class SpatialDropout3D(_DropoutOfImages):
    __doc__ = _DOC.format(
        rank=3, shape="[1, 2, 4, 4, 6]", axes="[1, 2, 3]", data_format=_FORMAT, other=", or another data_format"
    )
    rank = 3


class AlphaDropout(Disturbing):
    """Dropout that preserves mean and variance, for networks with `selu`.

    Klambauer, Unterthiner, Mayr and Hochreiter, Self-Normalizing Neural Networks (2017).

    Args:
      rate: the fraction that is dropped.
      noise_shape: the shape in which elements are drawn, which broadcasts to that of the inputs; None stands for their
        own size.
      seed: an int to seed the random numbers, or None.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: a rate outside of [0, 1].

    Example:
      >>> layer = tf.keras.layers.AlphaDropout(0.5)
      >>> len(set(layer(tf.ones([9]), training=True).numpy().tolist())) <= 2
      True
    """

    _order = ("rate", "seed", ...)

    rate: float

    def __init__(
        self, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._seeded(rate, seed)
        self.noise_shape = noise_shape

    def _disturbed(self, inputs: Tensor) -> Tensor:
        """The inputs, some of them replaced by selu's negative limit."""
        sizes = inputs.shape.as_list()
        if self.noise_shape is not None:
            sizes = [sizes[place] if size is None else size for place, size in enumerate(self.noise_shape)]
        lowest = -1.6732632423543772 * 1.0507009873554805
        kept = apply_cast(random.uniform(sizes, seed=self.seed_generator) >= self.rate, inputs.dtype)
        slope = ((1 - self.rate) * (1 + self.rate * lowest**2)) ** -0.5
        return slope * (inputs * kept + lowest * (1 - kept)) - slope * lowest * self.rate


class GaussianDropout(Disturbing):
    """In training, multiplies by normally distributed numbers of mean 1 and standard deviation sqrt(rate / (1 - rate)).

    Args:
      rate: the fraction that dropout of the same effect would drop.
      seed: an int to seed the random numbers, or None.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: a rate outside of [0, 1].

    Example:
      >>> layer = tf.keras.layers.GaussianDropout(0.5, seed=1)
      >>> layer(tf.zeros([2]), training=True).numpy()
      array([0., 0.], dtype=float32)
    """

    rate: float

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._seeded(rate, seed)

    def _disturbed(self, inputs: Tensor) -> Tensor:
        """The inputs times random numbers."""
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        return inputs * random.normal(
            tuple(inputs.shape), mean=1.0, stddev=stddev, dtype=self.compute_dtype, seed=self.seed_generator
        )


class GaussianNoise(Disturbing):
    """In training, adds normally distributed numbers of mean 0.

    Args:
      stddev: their standard deviation.
      seed: an int to seed the random numbers, or None.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: a standard deviation outside of [0, 1].

    Example:
      >>> layer = tf.keras.layers.GaussianNoise(0.1)
      >>> layer(tf.ones([2])).numpy()
      array([1., 1.], dtype=float32)
    """

    stddev: float

    _amount = "stddev"

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._seeded(stddev, seed)

    def _disturbed(self, inputs: Tensor) -> Tensor:
        """The inputs plus random numbers."""
        return inputs + random.normal(
            tuple(inputs.shape), stddev=self.stddev, dtype=self.compute_dtype, seed=self.seed_generator
        )
