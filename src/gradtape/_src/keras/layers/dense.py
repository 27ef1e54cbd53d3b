"""Dense layers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradtape._engine.api.api import apply_reshape
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.activations import linear
from gradtape._src.keras.initializers import VarianceScaling
from gradtape._src.keras.input_spec import InputSpec
from gradtape._src.keras.layers.configured import Configured, ordered, product
from gradtape._src.linalg.contractions import einsum

if TYPE_CHECKING:
    from gradtape._src.keras.variable import Variable

Shape = tuple[int | None, ...]


class Multiplying(Configured):
    """A layer with a kernel, created when it is built."""

    _kernel: Any

    _by_example = True

    @property
    def kernel(self) -> Any:
        """The kernel."""
        if not self.built:
            raise AttributeError("You must build the layer before accessing `kernel`.")
        return self._kernel


def check_float(quantization_config: Any) -> None:
    """Raises ValueError for quantization options, which are not supported."""
    if quantization_config is not None:
        raise ValueError(
            "Layers are not quantized here: leave out `quantization_config` and compute in float32 or float64. "
            f"Received: quantization_config={quantization_config}"
        )


class Dense(Multiplying):
    """activation(inputs @ kernel + bias), over the last axis.

    Args:
      units: the size of the results' last axis.
      activation: a function of the sum, or its name; None for none.
      use_bias: whether to add a bias.
      kernel_initializer, bias_initializer: initializers of the weights: an initializer, its name or its configuration.
      kernel_regularizer, bias_regularizer, activity_regularizer: regularizers of weights and results.
      kernel_constraint, bias_constraint: constraints applied to the weights after each optimizer step.
      quantization_config: None.
      kwargs: `name`, `trainable` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: units that are not a positive int, or unknown names.

    Example:
      >>> layer = tf.keras.layers.Dense(3, activation="relu", kernel_initializer="ones")
      >>> layer(tf.constant([[1.0, 2.0], [-3.0, 0.0]])).numpy()
      array([[3., 3., 3.],
             [0., 0., 0.]], dtype=float32)
      >>> [weight.shape.as_list() for weight in layer.weights]
      [[2, 3], [3]]
    """

    activation: Any
    units: int
    use_bias: bool

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        quantization_config: None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(units, int) or units <= 0:
            raise ValueError(
                f"Received an invalid value for `units`, expected a positive integer. Received: units={units}"
            )
        check_float(quantization_config)
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._take(
            units=units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            quantization_config=quantization_config,
        )
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        """Creates the kernel and the bias."""
        self._kernel: Variable = self._weight("kernel", (input_shape[-1], self.units))
        self.bias: Variable | None = self._weight("bias", (self.units,)) if self.use_bias else None
        self.input_spec = InputSpec(min_ndim=2, axes={-1: input_shape[-1]})
        self.built = True

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Computes the layer's output."""
        if inputs.ndim > 2:
            # One product in place of one for each matrix.
            shape = inputs.shape.as_list()
            flat = apply_reshape(inputs, (product(shape[:-1]), shape[-1])) @ self._kernel
            outputs = apply_reshape(flat, (*shape[:-1], self.units))
        else:
            outputs = inputs @ self._kernel
        if self.bias is not None:
            outputs = outputs + self.bias
        activation = self.activation
        return outputs if activation is linear else activation(outputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        config = super().get_config()
        if config["activity_regularizer"] is None:
            del config["activity_regularizer"]
        return config


class EinsumDense(Multiplying):
    """activation(einsum(equation, inputs, kernel) + bias).

    Args:
      equation: such as "abc,cd->abd", with axes of the inputs, of the kernel and of the results. "..." stands for axes
        in front, or after, that inputs and results share.
      output_shape: the sizes of the results' axes without the first and those of "..."; None for an axis as long as
        the inputs'.
      activation: a function of the sum, or its name; None for none.
      bias_axes: the letters of the axes along which a bias is added; None for no bias.
      kernel_initializer, bias_initializer: initializers of the weights: an initializer, its name or its configuration.
      kernel_regularizer, bias_regularizer: regularizers of the weights.
      kernel_constraint, bias_constraint: constraints applied to the weights after each optimizer step.
      quantization_config: None.
      kwargs: `name`, `trainable`, `dtype` and `activity_regularizer`, see :class:`Layer`.

    Raises:
      ValueError: an equation that is not of this form, when the layer is built.

    Example:
      >>> layer = tf.keras.layers.EinsumDense("ab,bc->ac", output_shape=2, bias_axes="c", kernel_initializer="ones")
      >>> layer(tf.constant([[1.0, 2.0, 3.0]])).numpy()
      array([[6., 6.]], dtype=float32)
    """

    _order = ("output_shape", ...)

    activation: Any
    bias_axes: str | None
    equation: str
    kernel_constraint: Any
    kernel_initializer: Any
    kernel_regularizer: Any

    _by_example = False  # equations may sum over examples

    def __init__(
        self,
        equation: str,
        output_shape: int | Sequence[int | None],
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        quantization_config: None = None,
        **kwargs: Any,
    ) -> None:
        check_float(quantization_config)
        super().__init__(**kwargs)
        self.partial_output_shape: tuple[int | None, ...] = (
            (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        )
        self._take(
            equation=equation,
            activation=activation,
            bias_axes=bias_axes,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            quantization_config=quantization_config,
        )

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """The output sizes given to the constructor."""
        return self.partial_output_shape

    def build(self, input_shape: Shape) -> None:
        """Creates the kernel and the bias."""
        axes = Axes(self.equation, self.bias_axes, input_shape, self.partial_output_shape)
        self.input_spec = InputSpec(ndim=len(input_shape))
        initializer = self.kernel_initializer
        if isinstance(initializer, VarianceScaling) and None in (initializer.input_axes, initializer.output_axes):
            fans = {"seed": initializer.seed, "input_axes": axes.inputs, "output_axes": axes.outputs}
            initializer = type(initializer).from_config({**initializer.get_config(), **fans})
        self._kernel = self.add_weight(
            name="kernel",
            shape=axes.kernel,
            initializer=initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias: Variable | None = None if axes.bias is None else self._weight("bias", axes.bias)
        self._contracted = axes.contracted
        self.built = True

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Computes the layer's output."""
        count = self._contracted
        if count:
            # The last axes of the inputs meet the first ones of the kernel: one product of matrices.
            rows, kernel = inputs.shape.as_list()[:-count], self._kernel
            inner = product(kernel.shape[:count])
            outer = kernel.shape.as_list()[count:]
            flat = apply_reshape(inputs, (product(rows), inner)) @ apply_reshape(kernel, (inner, product(outer)))
            outputs = apply_reshape(flat, (*rows, *outer))
        else:
            outputs = einsum(self.equation, inputs, self._kernel)
        if self.bias is not None:
            outputs = outputs + self.bias
        activation = self.activation
        return outputs if activation is linear else activation(outputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        return Axes(self.equation, self.bias_axes, input_shape, self.partial_output_shape).result

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        config = super().get_config()
        config.setdefault("activity_regularizer", None)
        last = ("activity_regularizer", "kernel_constraint", "bias_constraint", "quantization_config")
        return {name: config[name] for name in ordered(config, (..., *last))}


class Axes:
    """What an equation says of the shapes that take part in it.

    Attributes:
      kernel: the kernel's shape.
      bias: the bias' shape, or None.
      result: the results' shape.
      inputs: the kernel's axes that are summed over.
      outputs: its others.
      contracted: the number of the inputs' last axes that are the kernel's first, in order, all others following; 0 if
        the equation is of another kind.
    """

    def __init__(
        self, equation: str, bias_axes: str | None, input_shape: Shape, output_shape: tuple[int | None, ...]
    ) -> None:
        found = re.match(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?", equation)
        parts: tuple[Any, ...] = found.groups() if found else (None,) * 7
        front, source, back, weight, front_too, target, back_too = parts
        if not found or front != front_too or back != back_too or (front and back) or (back and len(source) < 2):
            raise ValueError(
                f"Invalid einsum equation '{equation}'. Equations must be in the form [X],[Y]->[Z], "
                "...[X],[Y]->...[Z], or [X]...,[Y]->[Z]...."
            )
        elided = len(input_shape) - len(source)
        sizes = [input_shape[0], *output_shape]
        if front and elided > 0:
            sizes = [*input_shape[:elided], *output_shape]
        elif elided > 0:
            sizes += input_shape[len(source) :]
        skipped = elided if front else 0
        given = {letter: place + skipped for place, letter in enumerate(source)}
        wanted = {letter: place + skipped for place, letter in enumerate(target)}
        for letter in source:
            if letter in wanted and sizes[wanted[letter]] not in (None, input_shape[given[letter]]):
                raise ValueError(
                    f"Input shape and output shape do not match at shared dimension '{letter}'. Input shape is "
                    f"{input_shape[given[letter]]}, and output shape is {sizes[wanted[letter]]}."
                )
        for letter in target:
            if letter not in source and letter not in weight:
                raise ValueError(
                    f"Dimension '{letter}' was specified in the output '{target}' but has no corresponding dim in the "
                    f"input spec '{source}' or weight spec '{target}'"
                )
        kernel: list[Any] = []
        self.inputs: list[int] = []
        self.outputs: list[int] = []
        for place, letter in enumerate(weight):
            if letter not in wanted and letter not in given:
                raise ValueError(
                    f"Weight dimension '{letter}' did not have a match in either the input spec '{source}' or the "
                    f"output spec '{target}'. For this layer, the weight must be fully specified."
                )
            kernel.append(sizes[wanted[letter]] if letter in wanted else input_shape[given[letter]])
            (self.outputs if letter in wanted else self.inputs).append(place)
        self.kernel = tuple(kernel)
        self.result = tuple(sizes)
        self.bias: tuple[int | None, ...] | None = None
        if bias_axes is not None:
            for letter in bias_axes:
                if letter not in target:
                    raise ValueError(
                        f"Bias dimension '{letter}' was requested, but is not part of the output spec '{target}'"
                    )
            start = min(target.find(letter) for letter in bias_axes)
            bias = [sizes[wanted[letter]] if letter in bias_axes else 1 for letter in target[start:]]
            self.bias = tuple(bias + [1] * (0 if front else max(elided, 0)))
        summed = "".join(letter for letter in source if letter not in target)
        kept = source[: len(source) - len(summed)]
        plain = not back and source.endswith(summed) and weight.startswith(summed)
        self.contracted = len(summed) if plain and target == kept + weight[len(summed) :] else 0
