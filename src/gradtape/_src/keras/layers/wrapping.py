"""Wrappers of functions and layers, Identity and Masking."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from gradtape._engine.api.api import apply_elementwise, apply_reshape
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras import serialization
from gradtape._src.keras.inputs import leaves, mapped_shapes, set_mask, shape_of
from gradtape._src.keras.keras_tensor import KerasTensor, keras_ops
from gradtape._src.keras.lambdas import is_lambda, written_lambda
from gradtape._src.keras.layer import Layer
from gradtape._src.keras.layers.activation_layers import Elementwise
from gradtape._src.keras.layers.configured import Unchanging, is_ours
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.keras.operation import inferred
from gradtape._src.keras.signatures import signature_of
from gradtape._src.ops.joining import stack, unstack
from gradtape._src.ops.reductions import reduce_any


class Wrapper(Layer):
    """Base of layers that wrap another layer.

    Args:
      layer: the other.
      kwargs: `name`, `trainable` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: it is not a layer.

    Example:
      >>> class Twice(tf.keras.layers.Wrapper):
      ...     def call(self, inputs):
      ...         return 2 * self.layer(inputs)
      >>> Twice(tf.keras.layers.Identity())(tf.constant([1.0])).numpy()
      array([2.], dtype=float32)
    """

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Layer {layer} supplied to Wrapper isn't a supported layer type. Please ensure wrapped layer is a "
                "valid Keras layer."
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        """Builds the other layer."""
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True
        self.built = True

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        return {**super().get_config(), "layer": serialization.serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Creates a layer from the result of `get_config`."""
        config = dict(config)
        return cls(_layer_of(config.pop("layer"), custom_objects), **config)


def _layer_of(config: Any, custom_objects: dict[str, Any] | None) -> Any:
    """Deserializes a configuration; layers are returned unchanged."""
    return serialization.deserialize_keras_object(config, custom_objects) if isinstance(config, dict) else config


class Identity(Elementwise, Unchanging):
    """Its inputs.

    Args:
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: unknown keyword, or the input is not a tensor.

    Example:
      >>> tf.keras.layers.Identity()(tf.constant([1.0, 2.0])).numpy()
      array([1., 2.], dtype=float32)
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def call(self, inputs: Any) -> Any:
        """The inputs."""
        return inputs


class Masking(Elementwise):
    """Masks time steps at which all features have a given value.

    Args:
      mask_value: the value.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: unknown keyword, or the input is not a tensor.
      InvalidArgumentError: the input has no axes.

    Example:
      >>> layer = tf.keras.layers.Masking(-1.0)
      >>> layer.compute_mask(tf.constant([[[1.0, -1.0], [-1.0, -1.0]]])).numpy()
      array([[ True, False]])
    """

    def __init__(self, mask_value: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs, 0 at steps that are masked."""
        differ = apply_elementwise("not_equal", inputs, self.mask_value)
        outputs = apply_elementwise("select", reduce_any(differ, -1, keepdims=True), inputs, 0.0)
        set_mask(outputs, reduce_any(differ, -1))
        return outputs

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Which steps are not masked."""
        ops = keras_ops()
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)


class Lambda(Layer):
    """Wraps a function as a layer. Variables that it creates are not tracked.

    Args:
      function: the function, called with the inputs; also with `mask` and `training` if it has such arguments.
      output_shape: the shape of its results without the axis of examples, or a function from the inputs' shape to the
        results'; determined by the function itself by default.
      mask: the mask of its results, or a function of inputs and their mask.
      arguments: further keyword arguments of the function.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      NotImplementedError: the results' shape is requested, and the function cannot say it.

    Example:
      >>> tf.keras.layers.Lambda(lambda x: x ** 2)(tf.constant([3.0])).numpy()
      array([9.], dtype=float32)
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.arguments: dict[str, Any] = arguments or {}
        self.function = function
        self.supports_masking = mask is not None
        self.mask = mask
        self._output_shape = output_shape
        taken = inspect.getfullargspec(function).args
        self._passed = {"mask": "mask" in taken, "training": "training" in taken}

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        """Calls the function."""
        keywords = dict(self.arguments)
        for name, value in (("mask", mask), ("training", training)):
            if self._passed[name]:
                keywords[name] = value
        return self.function(inputs, **keywords)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output shape for an input shape."""
        if self._output_shape is None:
            try:
                inputs = mapped_shapes(lambda shape: KerasTensor(shape, dtype=self.compute_dtype), input_shape)
                return shape_of(inferred(self.call, inputs))
            except Exception as error:
                raise NotImplementedError(
                    "We could not automatically infer the shape of the Lambda's output. Please specify the "
                    "`output_shape` argument for this Lambda layer."
                ) from error
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        batch = next(leaves(input_shape))
        return mapped_shapes(lambda shape: (batch, *shape), self._output_shape)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the results."""
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data. A lambda is written as its code."""
        config = {**super().get_config(), "function": _written(self.function)}
        if self._output_shape is not None:
            config["output_shape"] = _written(self._output_shape)
        if self.mask is not None:
            config["mask"] = _written(self.mask)
        config["arguments"] = serialization.serialize_keras_object(self.arguments)
        return config

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None, safe_mode: bool | None = None
    ) -> Any:
        """Creates a layer from the result of `get_config`. ValueError for a lambda, unless `safe_mode` is False."""
        told = serialization.in_safe_mode() if safe_mode is None else safe_mode
        read = {}
        for name in ("function", "output_shape", "mask", "arguments"):
            value = config.get(name)
            if isinstance(value, dict):
                if value.get("class_name") == "__lambda__" and told is not False:
                    raise ValueError(serialization.UNSAFE.format("`Lambda` layer whose `function` is a Python lambda"))
                read[name] = serialization.deserialize_keras_object(value, custom_objects, told is not False)
        if isinstance(config.get("output_shape"), list):
            read["output_shape"] = tuple(config["output_shape"])
        return cls(**{**config, **read})


def _written(value: Any) -> Any:
    if is_lambda(value):
        code, defaults, closure = written_lambda(value)
        return {"class_name": "__lambda__", "config": {"code": code, "defaults": defaults, "closure": closure}}
    return serialization.serialize_keras_object(value) if callable(value) else value


class TimeDistributed(Wrapper):
    """Applies a layer to each time step.

    Args:
      layer: the layer.
      kwargs: `name`, `trainable` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: it is not a layer, or a mask that does not fit.

    Example:
      >>> layer = tf.keras.layers.TimeDistributed(tf.keras.layers.Flatten())
      >>> layer(tf.ones([2, 5, 3, 4])).shape.as_list()
      [2, 5, 12]
    """

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Please initialize `TimeDistributed` layer with a `keras.layers.Layer` instance. Received: {layer}"
            )
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    @staticmethod
    def _step(input_shape: Any) -> tuple[int | None, ...]:
        """The shape of one step's inputs."""
        if not isinstance(input_shape, tuple | list) or len(input_shape) < 3:
            raise ValueError(
                "`TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions, "
                f"received: {input_shape}"
            )
        return (input_shape[0], *input_shape[2:])

    def build(self, input_shape: Any = None) -> None:
        """Builds the layer for one step's inputs."""
        super().build(self._step(input_shape))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        batch, *rest = self.layer.compute_output_shape(self._step(input_shape))
        return (batch, input_shape[1], *rest)

    def call(self, inputs: Tensor, training: bool | None = None, mask: Tensor | None = None) -> Tensor:
        """Computes the layer's output."""
        masks = None if mask is None else self._masks(inputs, mask)
        if getattr(self.layer, "_by_example", False) and is_ours(type(self.layer)):
            # The steps of all examples are examples: one call in place of one for each step.
            batch, count, *rest = inputs.shape.as_list()
            outputs = self.layer.call(apply_reshape(inputs, (batch * count, *rest)))
            return apply_reshape(outputs, (batch, count, *outputs.shape[1:]))
        steps: list[Any] = unstack(inputs, axis=1)
        kept: list[Any] = masks or [None] * len(steps)
        takes, results = signature_of(type(self.layer).call), []
        for step, of_step in zip(steps, kept, strict=True):
            keywords = {}
            if of_step is not None and takes.takes_mask:
                keywords["mask"] = of_step
            if takes.takes_training:
                keywords["training"] = training
            results.append(self.layer.call(step, **keywords))
        return stack(results, axis=1)

    @staticmethod
    def _masks(inputs: Tensor, mask: Tensor) -> list[Any]:
        """The mask of each step. ValueError if there is none."""
        if mask.ndim < 2:
            raise ValueError(
                "The `mask` passed to the `TimeDistributed` layer must be at least 2D (e.g., `(batch_size, "
                f"timesteps)`), but it has {mask.ndim} dimension(s) with shape {mask.shape}."
            )
        if tuple(mask.shape)[:2] != tuple(inputs.shape)[:2]:
            raise ValueError(
                f"The `mask` passed to the `TimeDistributed` layer has a shape {mask.shape} that is incompatible with "
                f"the input shape {inputs.shape}. The first two dimensions of the mask (batch size and timesteps) must "
                f"match the input's first two dimensions. Expected mask shape prefix: "
                f"({inputs.shape[0]}, {inputs.shape[1]})."
            )
        return unstack(mask, axis=1)
