"""RMS normalization, unit normalization and spectral normalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradtape._engine.api.api import (
    apply_cast,
    apply_elementwise,
    apply_reduce,
    apply_reshape,
    apply_stop_gradient,
    apply_transpose,
    as_tensor,
)
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.initializers import TruncatedNormal
from gradtape._src.keras.input_spec import InputSpec
from gradtape._src.keras.layers.configured import Configured, check_axes
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.keras.layers.normalization import Normalizing, axis_of
from gradtape._src.keras.layers.wrapping import Wrapper
from gradtape._src.ops.reductions import reduce_any

if TYPE_CHECKING:
    from gradtape._src.keras.variable import Variable


class RMSNormalization(Configured):
    """scale x / sqrt(mean(x²) + epsilon), the mean over some axes of each example.

    Zhang and Sennrich, Root Mean Square Layer Normalization (2019).

    Args:
      axis: the axis that is normalized, or several; the scale has their sizes.
      epsilon: a small number that keeps divisors away from 0.
      kwargs: `name`, `trainable` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: unknown keyword, or the input is not a tensor.
      IndexError: an axis is out of range.

    Example:
      >>> tf.keras.layers.RMSNormalization()(tf.constant([[1.0, 7.0]])).numpy().round(3)
      array([[0.2, 1.4]], dtype=float32)
    """

    axis: Any

    epsilon: float

    def __init__(self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._take(axis=axis, epsilon=epsilon)

    def build(self, input_shape: Shape) -> None:
        """Makes the scale."""
        self.axis = sorted(self.axis) if isinstance(self.axis, list | tuple) else [self.axis]
        shape = tuple(input_shape[axis] for axis in self.axis)
        self.scale: Variable = self.add_weight(name="scale", shape=shape, initializer="ones")
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        """Computes the layer's output."""
        squares = apply_reduce("Mean", apply_elementwise("square", x), self.axis, True)
        return x * apply_elementwise("rsqrt", squares + self.epsilon) * self.scale

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the inputs. ValueError if they do not have the axis."""
        check_axes(self.axis, input_shape)
        return input_shape


class UnitNormalization(Normalizing):
    """Normalizes inputs to length 1 along an axis.

    Args:
      axis: the axis, or several.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      TypeError: an axis that is not an int.

    Example:
      >>> tf.keras.layers.UnitNormalization()(tf.constant([[3.0, 4.0]])).numpy().round(3)
      array([[0.6, 0.8]], dtype=float32)
    """

    axis: Any

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        message = "Invalid value for `axis` argument: expected an int or a list/tuple of ints. Received: axis={}"
        self.axis = axis_of(axis, message)
        self._build_at_init()

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        squares = apply_reduce("Sum", apply_elementwise("square", inputs), self.axis, True)
        return inputs * apply_elementwise("rsqrt", apply_elementwise("maximum", squares, 1e-24))


class SpectralNormalization(Wrapper):
    """Wraps a layer and divides its kernel by its largest singular value in each training call.

    Miyato, Kataoka, Koyama and Yoshida, Spectral Normalization for Generative Adversarial Networks (2018).

    Args:
      layer: the layer, which has a kernel or embeddings.
      power_iterations: the number of power iterations per call that estimate the singular value.
      kwargs: `name`, `trainable` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: no positive number of steps, or a layer without a kernel when it is built.

    Example:
      >>> layer = tf.keras.layers.SpectralNormalization(tf.keras.layers.Dense(2, kernel_initializer="ones"))
      >>> _ = layer(tf.ones([1, 2]), training=True)
      >>> layer.layer.kernel.numpy().round(4)
      array([[0.5, 0.5],
             [0.5, 0.5]], dtype=float32)
    """

    def __init__(self, layer: Any, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        if power_iterations <= 0:
            raise ValueError(
                f"`power_iterations` should be greater than zero. Received: `power_iterations={power_iterations}`"
            )
        self.power_iterations = power_iterations

    def build(self, input_shape: Any = None) -> None:
        """Builds the layer and makes the vector that the iteration begins with."""
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        name = next((name for name in ("kernel", "embeddings") if hasattr(self.layer, name)), None)
        if name is None:
            raise ValueError(f"{type(self.layer).__name__} object has no attribute 'kernel' nor 'embeddings'")
        self.kernel: Variable = getattr(self.layer, name)
        self.vector_u: Variable = self.add_weight(
            shape=(1, self.kernel.shape[-1]),
            initializer=TruncatedNormal(stddev=0.02),
            trainable=False,
            name="vector_u",
            dtype=self.kernel.dtype,
        )
        self.built = True

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Computes the layer's output."""
        if training and reduce_any(apply_elementwise("not_equal", self.kernel, 0)):
            vector, kernel = self.normalized_weights()
            self.vector_u.assign(vector)
            self.kernel.assign(kernel)
        outputs = self.layer(inputs)
        return outputs if outputs.dtype == inputs.dtype else apply_cast(outputs, inputs.dtype)

    def normalized_weights(self) -> tuple[Tensor, Tensor]:
        """The vector after the iteration's steps and the kernel over its largest singular value.

        Returns:
          Two tensors.

        Example:
          >>> layer = tf.keras.layers.SpectralNormalization(tf.keras.layers.Dense(2, kernel_initializer="ones"))
          >>> layer.build((None, 2))
          >>> layer.normalized_weights()[1].numpy().round(3)
          array([[0.5, 0.5],
                 [0.5, 0.5]], dtype=float32)
        """
        shape = self.kernel.shape
        matrix = apply_reshape(self.kernel, (-1, shape[-1]))
        right = as_tensor(self.vector_u)
        for _ in range(self.power_iterations):
            left = _unit(right @ apply_transpose(matrix))
            right = _unit(left @ matrix)
        right, left = apply_stop_gradient(right), apply_stop_gradient(left)
        sigma = left @ matrix @ apply_transpose(right)
        return right, apply_reshape(matrix / sigma, shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the layer's results."""
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        return {**super().get_config(), "power_iterations": self.power_iterations}


def _unit(row: Tensor) -> Tensor:
    """Normalizes a row to length 1."""
    return row * apply_elementwise(
        "rsqrt", apply_elementwise("maximum", apply_reduce("Sum", row * row, None, True), 1e-14)
    )
