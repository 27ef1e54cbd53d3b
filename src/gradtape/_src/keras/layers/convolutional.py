"""Convolutional layers over one, two or three spatial axes, and transposed ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from gradtape._engine.api.api import apply_reshape, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.activations import linear
from gradtape._src.keras.input_spec import InputSpec
from gradtape._src.keras.layers.configured import Configured, several
from gradtape._src.keras.layers.dense import Multiplying, Shape
from gradtape._src.keras.ops.windows import transposed_sizes
from gradtape._src.keras.settings import standardize_data_format
from gradtape._src.nn.convolution import conv1d, conv2d, conv3d
from gradtape._src.nn.transposed_convolution import conv_transpose
from gradtape._src.ops.joining import concat, split
from gradtape._src.ops.padding import pad

if TYPE_CHECKING:
    from gradtape._src.keras.variable import Variable

CONVOLUTIONS = {1: conv1d, 2: conv2d, 3: conv3d}
FORMATS = {
    "channels_last": {1: "NWC", 2: "NHWC", 3: "NDHWC"},
    "channels_first": {1: "NCW", 2: "NCHW", 3: "NCDHW"},
}
AXES = {1: "steps", 2: "height, width", 3: "depth, height, width"}
SIZES = """kernel_size: the size of the window, one number or one for each spatial axis.
  strides: the steps between windows, likewise."""
FORMAT = """data_format: "channels_last" or "channels_first"; None for what `keras.config.image_data_format` says."""
ACTIVATED = """activation: a function of the sum, or its name; None for none.
  use_bias: whether a bias is added."""
_OPTIONS = """kernel_initializer, bias_initializer: how weights begin: an initializer, its name or its configuration.
  kernel_regularizer, bias_regularizer, activity_regularizer: what is added to the loss for weights and for results.
  kernel_constraint, bias_constraint: what weights are put through after each step of an optimizer.
  kwargs: `name`, `trainable` and `dtype`, as :class:`Layer` takes them."""


class Convolving(Configured):
    """Base of convolutions: windows, bias and activation.

    Attributes:
      rank: the number of spatial axes.
    """

    activation: Any
    bias: Variable | None

    rank: ClassVar[int]
    _by_example = True

    def _geometry(
        self, kernel_size: Any, strides: Any, padding: Any, data_format: str | None, dilation_rate: Any
    ) -> None:
        """Stores the window's options. Raises ValueError if they are invalid."""
        self.kernel_size: tuple[int, ...] = several(kernel_size, self.rank, "kernel_size")
        self.strides: tuple[int, ...] = several(strides, self.rank, "strides")
        self.dilation_rate: tuple[int, ...] = several(dilation_rate, self.rank, "dilation_rate")
        allowed = ("valid", "same", "causal") if self._causal else ("valid", "same")
        self.padding: str = str(padding).lower()
        if self.padding not in allowed:
            raise ValueError(f"The `padding` argument must be one of {allowed}. Received: {self.padding}")
        self.data_format: str = standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=self.rank + 2)

    def _strides_or_dilations(self) -> None:
        """Raises ValueError if both are greater than 1."""
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
                f"Received: strides={self.strides} and dilation_rate={self.dilation_rate}"
            )

    @property
    def _causal(self) -> bool:
        """Whether padding may be "causal"."""
        return False

    @property
    def _channel_axis(self) -> int:
        """The axis of channels."""
        return -1 if self.data_format == "channels_last" else 1

    def _channels(self, input_shape: Shape) -> int:
        """The number of input channels, which all inputs must have."""
        axis = self._channel_axis
        count = input_shape[axis]
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={axis: count})
        return count  # type: ignore[return-value]

    def _convolve(self, inputs: Tensor, kernel: Any) -> Tensor:
        """The convolution; a kernel with fewer inputs than there are channels means groups."""
        first = self.data_format == "channels_first"
        padding = self.padding
        if padding == "causal":
            amounts = [(0, 0), (self.dilation_rate[0] * (self.kernel_size[0] - 1), 0), (0, 0)]
            inputs = pad(inputs, (amounts[0], amounts[2], amounts[1]) if first else amounts)
            padding = "valid"
        words = (padding.upper(), FORMATS[self.data_format][self.rank])
        convolution = CONVOLUTIONS[self.rank]
        groups = inputs.shape[self._channel_axis] // kernel.shape[-2]
        if self.rank == 3 and groups > 1:
            parts = zip(split(inputs, groups, self._channel_axis), split(kernel, groups, -1), strict=True)
            results = [convolution(part, weights, self.strides, *words, self.dilation_rate) for part, weights in parts]
            return concat(results, self._channel_axis)
        return convolution(inputs, kernel, self.strides, *words, self.dilation_rate)

    def _finished(self, outputs: Tensor) -> Tensor:
        """Adds the bias and applies the activation."""
        bias = self.bias
        if bias is not None:
            last = self.data_format == "channels_last"
            outputs = outputs + (bias if last else apply_reshape(bias, (-1, *(1,) * self.rank)))
        activation = self.activation
        return outputs if activation is linear else activation(outputs)

    def _windows(self, input_shape: Shape, filters: int) -> Shape:
        """The output shape for a number of filters. Raises ValueError if no window fits."""
        last = self.data_format == "channels_last"
        sizes = input_shape[1:-1] if last else input_shape[2:]
        kernel = (*self.kernel_size, input_shape[self._channel_axis], filters)
        if len(kernel) != len(input_shape):
            raise ValueError(
                "Kernel shape must have the same length as input, but received kernel of shape "
                f"{kernel} and input of shape {input_shape}."
            )
        places: list[int | None] = []
        for size, window, stride, dilation in zip(
            sizes, self.kernel_size, self.strides, self.dilation_rate, strict=True
        ):
            reach = dilation * (window - 1) + 1 if self.padding == "valid" else 1
            places.append(None if size is None else (size - reach) // stride + 1)
            if places[-1] is not None and places[-1] <= 0:
                rates = " ".join(map(str, self.dilation_rate))
                raise ValueError(
                    f"Computed output size would be zero or negative. Received `inputs shape={input_shape}`, "
                    f"`kernel shape={kernel}`, `dilation_rate=[{rates}]`, "
                    f"`strides={self.strides}`, `padding={self.padding}`."
                )
        return (input_shape[0], *places, filters) if last else (input_shape[0], filters, *places)

    def _check_positive(self, name: str) -> None:
        """Raises ValueError unless the argument of this name is positive."""
        value = getattr(self, name)
        if value is not None and value <= 0:
            raise ValueError(
                f"Invalid value for argument `{name}`. Expected a strictly positive value. Received {name}={value}."
            )


class Conv(Convolving, Multiplying):
    """A convolution over `rank` spatial axes."""

    filters: int
    groups: Any
    use_bias: bool

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._take(
            filters=filters,
            groups=groups,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )
        self._geometry(kernel_size, strides, padding, data_format, dilation_rate)
        self._check_positive("filters")
        if groups <= 0:
            raise ValueError(f"The number of groups must be a positive integer. Received: groups={groups}.")
        if filters is not None and filters % groups:
            raise ValueError(
                "The number of filters must be evenly divisible by the number of groups. "
                f"Received: groups={groups}, filters={filters}."
            )
        self._strides_or_dilations()

    @property
    def _causal(self) -> bool:
        """Whether padding may be "causal"."""
        return self.rank == 1

    def build(self, input_shape: Shape) -> None:
        """Creates the kernel and the bias."""
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise ValueError(
                "The number of input channels must be evenly divisible by the number of groups. Received "
                f"groups={self.groups}, but the input has {channels} channels (full input shape is {input_shape})."
            )
        self.compute_output_shape(input_shape)
        self._kernel: Variable = self._weight("kernel", (*self.kernel_size, channels // self.groups, self.filters))
        self.bias: Variable | None = self._weight("bias", (self.filters,)) if self.use_bias else None
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        return self._finished(self._convolve(inputs, self._kernel))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        return self._windows(input_shape, self.filters)


def _conv_doc(rank: int, example: str) -> str:
    causal = ', or "causal" for zeros in front alone' if rank == 1 else ""
    return f"""A convolution over {rank} spatial {"axis" if rank == 1 else "axes"}, a bias and an activation.

The kernel has the shape [{AXES[rank].replace("steps", "width")}, inputs / groups, filters].

Args:
  filters: the number of the results' channels.
  {SIZES}
  padding: "valid" for windows that lie within the inputs, "same" for zeros around them{causal}.
  {FORMAT}
  dilation_rate: the steps between elements of a window, likewise.
  groups: into how many groups channels are cut, each convolved with filters of its own.
  {ACTIVATED}
  {_OPTIONS}

Raises:
  ValueError: sizes that are not positive, do not divide each other or leave no window, or unknown words.

Example:
{example}
"""


class Conv1D(Conv):
    __doc__ = _conv_doc(
        1,
        """  >>> layer = tf.keras.layers.Conv1D(1, 2, padding="causal", kernel_initializer="ones")
  >>> layer(tf.reshape([1.0, 2.0, 4.0], [1, 3, 1]))[0, :, 0].numpy()
  array([1., 3., 6.], dtype=float32)""",
    )
    rank = 1


class Conv2D(Conv):
    __doc__ = _conv_doc(
        2,
        """  >>> layer = tf.keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")
  >>> layer(tf.ones([1, 5, 5, 3])).shape.as_list()
  [1, 3, 3, 8]""",
    )
    rank = 2


class Conv3D(Conv):
    __doc__ = _conv_doc(
        3,
        """  >>> layer = tf.keras.layers.Conv3D(2, (1, 2, 2))
  >>> layer(tf.ones([1, 3, 3, 3, 1])).shape.as_list()
  [1, 3, 2, 2, 2]""",
    )
    rank = 3


class ConvTranspose(Convolving):
    """The transpose of a convolution over `rank` spatial axes."""

    filters: int
    use_bias: bool

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        output_padding: int | Sequence[int] | None = None,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._take(
            filters=filters,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )
        self._geometry(kernel_size, strides, padding, data_format, dilation_rate)
        self.output_padding: tuple[int, ...] | None = None
        if output_padding is not None:
            self.output_padding = several(output_padding, self.rank, "output_padding", zero=True)
            for axis, (extra, stride) in enumerate(zip(self.output_padding, self.strides, strict=True)):
                if extra >= stride:
                    raise ValueError(
                        "`output_padding` must be strictly less than `strides` for all dimensions. At dimension "
                        f"{axis}, `output_padding` is {extra} but `strides` is {stride}. Received: "
                        f"output_padding={self.output_padding}, strides={self.strides}"
                    )
        self._check_positive("filters")
        self._strides_or_dilations()

    def build(self, input_shape: Shape) -> None:
        """Creates the kernel and the bias."""
        channels = self._channels(input_shape)
        self.kernel: Variable = self._weight("kernel", (*self.kernel_size, self.filters, channels))
        self.bias: Variable | None = self._weight("bias", (self.filters,)) if self.use_bias else None
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        return self._finished(
            conv_transpose(
                inputs,
                as_tensor(self.kernel),
                [size or 0 for size in self.compute_output_shape(tuple(inputs.shape))],
                self.strides,
                self.padding.upper(),
                FORMATS[self.data_format][self.rank],
                self.dilation_rate,
            )
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        last = self.data_format == "channels_last"
        sizes = input_shape[1:-1] if last else input_shape[2:]
        padding = self.output_padding or (None,) * self.rank
        axes = zip(sizes, self.kernel_size, self.strides, self.dilation_rate, padding, strict=True)
        results = transposed_sizes(axes, self.padding)
        return (input_shape[0], *results, self.filters) if last else (input_shape[0], self.filters, *results)


def _transpose_doc(rank: int, example: str) -> str:
    return f"""The transpose of a convolution over {rank} spatial {"axis" if rank == 1 else "axes"}, and a bias.

The kernel has the shape [{AXES[rank].replace("steps", "width")}, filters, inputs].

Args:
  filters: the number of the results' channels.
  {SIZES}
  padding: "valid", or "same" for results as long as the inputs times the strides.
  output_padding: how much longer results are at their end, one number or one for each axis; None for what fits.
  {FORMAT}
  dilation_rate: the steps between elements of a window, likewise.
  {ACTIVATED}
  {_OPTIONS}

Raises:
  ValueError: sizes that are not positive, or unknown words.

Example:
{example}
"""


class Conv1DTranspose(ConvTranspose):
    __doc__ = _transpose_doc(
        1,
        """  >>> layer = tf.keras.layers.Conv1DTranspose(1, 2, strides=2, kernel_initializer="ones")
  >>> layer(tf.reshape([1.0, 2.0], [1, 2, 1]))[0, :, 0].numpy()
  array([1., 1., 2., 2.], dtype=float32)""",
    )
    rank = 1


class Conv2DTranspose(ConvTranspose):
    __doc__ = _transpose_doc(
        2,
        """  >>> layer = tf.keras.layers.Conv2DTranspose(4, 3, strides=2, padding="same")
  >>> layer(tf.ones([1, 5, 5, 3])).shape.as_list()
  [1, 10, 10, 4]""",
    )
    rank = 2


class Conv3DTranspose(ConvTranspose):
    __doc__ = _transpose_doc(
        3,
        """  >>> layer = tf.keras.layers.Conv3DTranspose(2, 2)
  >>> layer(tf.ones([1, 2, 2, 2, 1])).shape.as_list()
  [1, 3, 3, 3, 2]""",
    )
    rank = 3
