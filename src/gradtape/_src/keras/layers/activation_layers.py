"""Activation layers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradtape._engine.api.api import apply_elementwise
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras import activations
from gradtape._src.keras.input_spec import InputSpec
from gradtape._src.keras.layers.configured import Configured
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.keras.regularizers import L1L2
from gradtape._src.ops.statistics import reduce_logsumexp

if TYPE_CHECKING:
    from gradtape._src.keras.variable import Variable


class Elementwise(Configured):
    """A layer without weights whose outputs have the shape and mask of its inputs."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self._build_at_init()

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the inputs."""
        return input_shape


class Activation(Elementwise):
    """A function of each element, or of each row.

    Args:
      activation: the function, or its name.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: an unknown name.

    Example:
      >>> tf.keras.layers.Activation("relu")(tf.constant([-1.0, 2.0])).numpy()
      array([0., 2.], dtype=float32)
    """

    activation: Any

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._take(activation=activation)

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        return self.activation(inputs)


class ReLU(Elementwise):
    """Clips inputs above a threshold to a maximum; below it, a slope times the difference.

    Args:
      max_value: the largest value; None for no bound.
      negative_slope: the slope below the threshold.
      threshold: below it inputs count as negative.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: one of them is negative.

    Example:
      >>> tf.keras.layers.ReLU(max_value=3.0, negative_slope=0.5)(tf.constant([-2.0, 1.0, 5.0])).numpy()
      array([-1.,  1.,  3.], dtype=float32)
    """

    max_value: float | None
    negative_slope: float
    threshold: float

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if max_value is not None and max_value < 0.0:
            raise ValueError(f"max_value of a ReLU layer cannot be a negative value. Received: max_value={max_value}")
        for name, value in (("negative_slope", negative_slope), ("threshold", threshold)):
            if value is None or value < 0.0:
                raise ValueError(f"{name} of a ReLU layer cannot be None or a negative value. Received: {name}={value}")
        self._take(max_value=max_value, negative_slope=negative_slope, threshold=threshold)
        self._plain = max_value is None and not negative_slope and not threshold

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        if self._plain:
            return apply_elementwise("relu", inputs)
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(Elementwise):
    """The inputs if they are positive, else multiplied by a slope.

    Args:
      negative_slope: the slope.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: the slope is negative.

    Example:
      >>> tf.keras.layers.LeakyReLU(0.5)(tf.constant([-2.0, 1.0])).numpy()
      array([-1.,  1.], dtype=float32)
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn("Argument `alpha` is deprecated. Use `negative_slope` instead.", stacklevel=2)
        super().__init__(**kwargs)
        if negative_slope is None or negative_slope < 0:
            raise ValueError(
                "The negative_slope value of a Leaky ReLU layer cannot be None or negative value. Expected a float. "
                f"Received: negative_slope={negative_slope}"
            )
        self.negative_slope = negative_slope

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)


class ELU(Elementwise):
    """The inputs if they are positive, else alpha (exp(x) - 1).

    Clevert, Unterthiner and Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear Units (2016).

    Args:
      alpha: the factor.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: unknown keyword, or the input is not a tensor.
      InvalidArgumentError: the input is not floating.

    Example:
      >>> tf.keras.layers.ELU()(tf.constant([-1.0, 2.0])).numpy().round(3)
      array([-0.632,  2.   ], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        return activations.elu(inputs, alpha=self.alpha)


class PReLU(Configured):
    """The inputs if they are positive, else multiplied by a learned slope per position.

    He, Zhang, Ren and Sun, Delving Deep into Rectifiers (2015).

    Args:
      alpha_initializer: how the slopes begin: an initializer, its name or its configuration.
      alpha_regularizer: a regularizer of the slopes.
      alpha_constraint: a constraint on the slopes.
      shared_axes: the axes along which one slope serves all positions, such as [1, 2] for images.
      kwargs: `name`, `trainable` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: unknown initializer, regularizer, constraint or keyword.
      IndexError: a shared axis is out of range.

    Example:
      >>> layer = tf.keras.layers.PReLU(alpha_initializer="ones")
      >>> layer(tf.constant([[-2.0, 1.0]])).numpy()
      array([[-2.,  1.]], dtype=float32)
    """

    shared_axes: list[int] | None

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        if shared_axes is not None:
            shared_axes = [shared_axes] if isinstance(shared_axes, int) else list(shared_axes)
        self._take(
            alpha_initializer=alpha_initializer,
            alpha_regularizer=alpha_regularizer,
            alpha_constraint=alpha_constraint,
            shared_axes=shared_axes,
        )

    def build(self, input_shape: Shape) -> None:
        """Creates the slopes."""
        shape, shared = list(input_shape[1:]), self.shared_axes or ()
        for axis in shared:
            shape[axis - 1] = 1
        self.alpha: Variable = self._weight("alpha", tuple(shape))
        own = {axis: input_shape[axis] for axis in range(1, len(input_shape)) if shared and axis not in shared}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=own)
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        return apply_elementwise("relu", inputs) - self.alpha * apply_elementwise("relu", -inputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the inputs."""
        return input_shape


class Softmax(Elementwise):
    """exp(x) over its sum along an axis.

    Args:
      axis: the axis, or several.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: a mask that does not broadcast to the inputs, when the layer is called.

    Example:
      >>> layer = tf.keras.layers.Softmax()
      >>> layer(tf.constant([1.0, 1.0, 5.0]), mask=tf.constant([True, True, False])).numpy()
      array([0.5, 0.5, 0. ], dtype=float32)
    """

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Computes the layer's output; masked elements become 0."""
        if mask is not None:
            mask = _fitting(mask, inputs)
            inputs = apply_elementwise("select", mask, inputs, -1e9)
        axis = self.axis
        if isinstance(axis, list | tuple) and len(axis) > 1:
            outputs = apply_elementwise("exp", inputs - reduce_logsumexp(inputs, axis, keepdims=True))
        else:
            outputs = activations.softmax(inputs, axis=axis[0] if isinstance(axis, list | tuple) else axis)
        return outputs if mask is None else apply_elementwise("select", mask, outputs, 0.0)


def _fitting(mask: Tensor, inputs: Tensor) -> Tensor:
    """The mask as bools. ValueError unless it broadcasts to the inputs."""
    shapes = f"Received: inputs.shape={inputs.shape}, mask.shape={mask.shape}"
    if mask.ndim > inputs.ndim:
        raise ValueError(f"The `mask` must be broadcastable to `inputs` and must not have more dimensions. {shapes}")
    for size, other in zip(reversed(mask.shape.as_list()), reversed(inputs.shape.as_list()), strict=False):
        if size not in (1, other):
            message = "Each mask dimension must be 1 or match the corresponding input dimension."
            raise ValueError(f"The `mask` must be broadcastable to `inputs`. {message} {shapes}")
    return mask if mask.dtype is dtypes.bool else apply_elementwise("greater", mask, 0.5)


class ActivityRegularization(Elementwise):
    """The inputs unchanged; penalties on their absolute values and squares are added to the loss.

    Args:
      l1: the factor of the sum of absolute values.
      l2: the factor of the sum of squares.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: l1 or l2 is negative, or a keyword is unknown.

    Example:
      >>> layer = tf.keras.layers.ActivityRegularization(l2=0.5)
      >>> layer(tf.constant([[2.0]])).numpy(), layer.losses[0].numpy()
      (array([[2.]], dtype=float32), np.float32(2.0))
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=L1L2(l1=l1, l2=l2), **kwargs)
        self._take(l1=l1, l2=l2)

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs."""
        return inputs

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return config
