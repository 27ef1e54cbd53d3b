"""Normalization: standardizes data by mean and variance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradtape._engine.api.api import apply_elementwise, apply_reshape
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras import settings
from gradtape._src.keras.inputs import TENSORS
from gradtape._src.keras.layer import Layer
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.keras.layers.preprocessing import Preparing

if TYPE_CHECKING:
    from gradtape._src.keras.variable import Variable


class Normalization(Preparing):
    """(inputs - mean) / sqrt(variance), with the mean and variance of data that the layer was shown by `adapt`.

    Args:
      axis: the axes that have a mean each, the others being averaged over; None for one mean of all.
      mean: the mean, in place of `adapt`.
      variance: the variance, likewise.
      invert: whether inputs * sqrt(variance) + mean is computed instead.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: one of mean and variance without the other, or shapes that do not fit.

    Example:
      >>> layer = tf.keras.layers.Normalization()
      >>> layer.adapt(np.array([[1.0, 10.0], [3.0, 30.0]]))
      >>> layer(tf.constant([[3.0, 10.0]])).numpy()
      array([[ 1., -1.]], dtype=float32)
    """

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis: tuple[int, ...] = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.input_mean = mean
        self.input_variance = variance
        self.invert = invert
        self.supports_masking = True
        self.mean: Any = None
        self.variance: Any = None
        if (mean is None) != (variance is None):
            raise ValueError(
                "When setting values directly, both `mean` and `variance` must be set. "
                f"Received: mean={mean} and variance={variance}"
            )
        if mean is not None:
            shapes = np.shape(held(mean)), np.shape(held(variance))
            if shapes[0] != shapes[1]:
                raise ValueError(
                    "When setting values directly, `mean` and `variance` must have the same shape. "
                    f"Received: mean shape {shapes[0]} and variance shape {shapes[1]}"
                )
            if len(shapes[0]) > len(self.axis):
                raise ValueError(
                    f"The rank of `mean` must be less than or equal to the number of axes ({len(self.axis)}). "
                    f"Received: mean shape {shapes[0]} for axis {self.axis}"
                )

    def build(self, input_shape: Shape) -> None:
        """Makes the mean, the variance and the count."""
        rank = len(input_shape)
        if any(axis < -rank or axis >= rank for axis in self.axis):
            raise ValueError(
                f"All `axis` values must be in the range [-ndim, ndim). Received inputs with ndim={rank}, while "
                f"axis={self.axis}"
            )
        kept = sorted(axis % rank for axis in self.axis)
        for axis in kept:
            if input_shape[axis] is None:
                raise ValueError(
                    f"All `axis` values to be kept must have a known shape. Received axis={self.axis}, "
                    f"inputs.shape={input_shape}, with unknown axis at index {axis}"
                )
        self._averaged = tuple(axis for axis in range(rank) if axis not in kept)
        self._wide = tuple(input_shape[axis] if axis in kept else 1 for axis in range(rank))
        sizes = tuple(input_shape[axis] for axis in kept)
        if self.input_mean is None:
            self.adapt_mean: Variable = self.add_weight(name="mean", shape=sizes, initializer="zeros", trainable=False)
            self.adapt_variance: Variable = self.add_weight(
                name="variance", shape=sizes, initializer="ones", trainable=False
            )
            self.count: Variable = self.add_weight(
                name="count", shape=(), dtype="int", initializer="zeros", trainable=False
            )
        else:
            given = np.asarray(self.input_mean), np.asarray(self.input_variance)
            lined_up, wide = [1] * rank, [1 if size is None else size for size in self._wide]
            for place in range(1, given[0].ndim + 1):
                lined_up[kept[-place]] = given[0].shape[-place]
            self.mean, self.variance = (
                self._cast(np.broadcast_to(value.reshape(lined_up) if value.ndim else value, wide)) for value in given
            )
        self.built = True
        self.finalize_state()

    def adapt(self, data: Any) -> None:
        """Computes mean and variance from data.

        Args:
          data: an array, a tensor, or an iterable of batches of these; of a tuple the first counts.

        Raises:
          ValueError: no batches, or batches that do not fit each other.
          TypeError: batches that are not arrays.

        Example:
          >>> layer = tf.keras.layers.Normalization(axis=None)
          >>> layer.adapt(np.array([1.0, 3.0]))
          >>> layer(tf.constant([5.0])).numpy()
          array([3.], dtype=float32)
        """
        batches = [data] if isinstance(data, (np.ndarray, *TENSORS)) else map(_inputs_of, data)
        mean = variance = np.zeros(())
        count = 0
        for batch in batches:
            shape = getattr(batch, "shape", None)
            if shape is None:
                raise TypeError(
                    "adapt() expects an iterable that yields arrays or tensors with a `.shape` attribute (e.g. numpy "
                    f"arrays or backend tensors). Got an element of type {type(batch).__name__}. Ensure each yielded "
                    "element is array-like with a `.shape` attribute."
                )
            if not self.built:
                self.build(tuple(shape))
            values = np.asarray(held(batch), np.float64)
            if any(size not in (1, values.shape[axis]) for axis, size in enumerate(self._wide)):
                raise ValueError(
                    f"adapt() yielded a batch with incompatible shape. Expected {self._wide}, got {tuple(shape)}."
                )
            own_mean, own_variance = values.mean(self._averaged), values.var(self._averaged)
            own = int(np.prod([values.shape[axis] for axis in self._averaged]))
            count += own
            share = own / count
            moved = mean * (1 - share) + own_mean * share
            variance = (variance + (mean - moved) ** 2) * (1 - share) + (own_variance + (own_mean - moved) ** 2) * share
            mean = moved
        if not count:
            raise ValueError(
                "adapt() received an empty iterable (no batches). Expected at least one batch. Pass a non-empty "
                "iterable of arrays or tensors, e.g. layer.adapt([x]) or layer.adapt(list_of_batches)."
            )
        if self.input_mean is None:
            self.adapt_mean.assign(mean)
            self.adapt_variance.assign(variance)
            self.finalize_state()

    def finalize_state(self) -> None:
        """Uses the current values of the weights as mean and variance.

        Example:
          >>> layer = tf.keras.layers.Normalization()
          >>> layer.build((None, 1))
          >>> _ = layer.adapt_mean.assign([2.0])
          >>> layer.finalize_state()
          >>> layer(tf.constant([[5.0]])).numpy()
          array([[3.]], dtype=float32)
        """
        if self.input_mean is None and self.built:
            self.mean = self._cast(apply_reshape(self.adapt_mean, self._wide))
            self.variance = self._cast(apply_reshape(self.adapt_variance, self._wide))

    def set_weights(self, weights: Any) -> None:
        """Sets the weights, and takes mean and variance from them."""
        super().set_weights(weights)
        self.finalize_state()

    def call(self, inputs: Any) -> Tensor:
        """Computes the layer's output."""
        inputs = self._cast(inputs)
        deviation = apply_elementwise("maximum", apply_elementwise("sqrt", self.variance), settings.epsilon())
        return self.mean + inputs * deviation if self.invert else (inputs - self.mean) / deviation

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the inputs."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        values = {"mean": self.input_mean, "variance": self.input_variance}
        plain = {name: np.array(held(value)).tolist() for name, value in values.items()}
        return {**Layer.get_config(self), "axis": self.axis, "invert": self.invert, **plain}


def _inputs_of(batch: Any) -> Any:
    return batch[0] if isinstance(batch, tuple) else batch
