"""Depthwise and separable convolutional layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradtape._engine.api.api import apply_reshape, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.layers.convolutional import ACTIVATED, AXES, CONVOLUTIONS, FORMAT, FORMATS, SIZES, Convolving
from gradtape._src.keras.layers.dense import Shape

if TYPE_CHECKING:
    from gradtape._src.keras.variable import Variable

_DEPTHWISE = """depthwise_initializer, bias_initializer: how weights begin: an initializer, its name or configuration.
  depthwise_regularizer, bias_regularizer, activity_regularizer: what is added to the loss for weights and results.
  depthwise_constraint, bias_constraint: what weights are put through after each step of an optimizer."""


class DepthwiseConv(Convolving):
    """A convolution of each channel with separate filters."""

    _order = ("depth_multiplier", ...)

    depth_multiplier: Any
    use_bias: bool

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._take(
            depth_multiplier=depth_multiplier,
            activation=activation,
            use_bias=use_bias,
            depthwise_initializer=depthwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            bias_regularizer=bias_regularizer,
            depthwise_constraint=depthwise_constraint,
            bias_constraint=bias_constraint,
        )
        self._geometry(kernel_size, strides, padding, data_format, dilation_rate)
        self._check_positive("depth_multiplier")

    def build(self, input_shape: Shape) -> None:
        """Creates the kernel and the bias."""
        channels = self._channels(input_shape)
        self.compute_output_shape(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.kernel: Variable = self._weight("kernel", shape, option="depthwise")
        self.bias: Variable | None = (
            self._weight("bias", (channels * self.depth_multiplier,)) if self.use_bias else None
        )
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        return self._finished(self._convolve(inputs, apply_reshape(self.kernel, (*self.kernel_size, 1, -1))))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        return self._windows(input_shape, self.depth_multiplier * input_shape[self._channel_axis])


def _depthwise_doc(rank: int, example: str) -> str:
    return f"""A convolution of each channel with filters of its own, a bias and an activation.

The kernel has the shape [{AXES[rank].replace("steps", "width")}, inputs, depth_multiplier].

Args:
  {SIZES}
  padding: "valid" for windows that lie within the inputs, "same" for zeros around them.
  depth_multiplier: the number of filters of each channel.
  {FORMAT}
  dilation_rate: the steps between elements of a window, likewise.
  {ACTIVATED}
  {_DEPTHWISE}
  kwargs: `name`, `trainable` and `dtype`, as :class:`Layer` takes them.

Raises:
  ValueError: sizes that are not positive or leave no window, or unknown words.

Example:
{example}
"""


class DepthwiseConv1D(DepthwiseConv):
    __doc__ = _depthwise_doc(
        1,
        """  >>> layer = tf.keras.layers.DepthwiseConv1D(2, depth_multiplier=3)
  >>> layer(tf.ones([1, 5, 2])).shape.as_list()
  [1, 4, 6]""",
    )
    rank = 1


class DepthwiseConv2D(DepthwiseConv):
    __doc__ = _depthwise_doc(
        2,
        """  >>> layer = tf.keras.layers.DepthwiseConv2D(3, padding="same")
  >>> layer(tf.ones([1, 5, 5, 2])).shape.as_list()
  [1, 5, 5, 2]""",
    )
    rank = 2


class SeparableConv(Convolving):
    """A depthwise convolution, followed by a pointwise one."""

    _order = ("depth_multiplier", ...)

    depth_multiplier: Any
    filters: int
    use_bias: bool

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._take(
            filters=filters,
            depth_multiplier=depth_multiplier,
            activation=activation,
            use_bias=use_bias,
            depthwise_initializer=depthwise_initializer,
            pointwise_initializer=pointwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            pointwise_regularizer=pointwise_regularizer,
            bias_regularizer=bias_regularizer,
            depthwise_constraint=depthwise_constraint,
            pointwise_constraint=pointwise_constraint,
            bias_constraint=bias_constraint,
        )
        self._geometry(kernel_size, strides, padding, data_format, dilation_rate)
        self._check_positive("depth_multiplier")
        self._check_positive("filters")

    def build(self, input_shape: Shape) -> None:
        """Creates both kernels and the bias."""
        channels = self._channels(input_shape)
        self.compute_output_shape(input_shape)
        deep = (*self.kernel_size, channels, self.depth_multiplier)
        flat = (*(1,) * self.rank, channels * self.depth_multiplier, self.filters)
        self.depthwise_kernel: Variable = self._weight("depthwise_kernel", deep, option="depthwise")
        self.pointwise_kernel: Variable = self._weight("pointwise_kernel", flat, option="pointwise")
        self.bias: Variable | None = self._weight("bias", (self.filters,)) if self.use_bias else None
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        deep = self._convolve(inputs, apply_reshape(self.depthwise_kernel, (*self.kernel_size, 1, -1)))
        words = ("VALID", FORMATS[self.data_format][self.rank])
        return self._finished(CONVOLUTIONS[self.rank](deep, as_tensor(self.pointwise_kernel), 1, *words))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        return self._windows(input_shape, self.filters)


def _separable_doc(rank: int, example: str) -> str:
    return f"""A depthwise convolution, followed by a pointwise one.

Chollet, Xception: Deep Learning with Depthwise Separable Convolutions (2017).

Args:
  filters: the number of the results' channels.
  {SIZES}
  padding: "valid" for windows that lie within the inputs, "same" for zeros around them.
  {FORMAT}
  dilation_rate: the steps between elements of a window, likewise.
  depth_multiplier: the number of filters of each channel.
  {ACTIVATED}
  {
        _DEPTHWISE.replace("bias_initializer", "pointwise_initializer, bias_initializer")
        .replace("bias_regularizer", "pointwise_regularizer, bias_regularizer")
        .replace("bias_constraint", "pointwise_constraint, bias_constraint")
    }
  kwargs: `name`, `trainable` and `dtype`, as :class:`Layer` takes them.

Raises:
  ValueError: sizes that are not positive or leave no window, or unknown words.

Example:
{example}
"""


class SeparableConv1D(SeparableConv):
    __doc__ = _separable_doc(
        1,
        """  >>> layer = tf.keras.layers.SeparableConv1D(4, 2)
  >>> layer(tf.ones([1, 5, 2])).shape.as_list()
  [1, 4, 4]""",
    )
    rank = 1


class SeparableConv2D(SeparableConv):
    __doc__ = _separable_doc(
        2,
        """  >>> layer = tf.keras.layers.SeparableConv2D(4, 3, padding="same")
  >>> layer(tf.ones([1, 5, 5, 2])).shape.as_list()
  [1, 5, 5, 4]""",
    )
    rank = 2
