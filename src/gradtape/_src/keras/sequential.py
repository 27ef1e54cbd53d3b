"""Sequential: models defined by a list of layers."""

from __future__ import annotations

import copy
import inspect
from typing import Any

from gradtape._src.keras.functional import Functional
from gradtape._src.keras.input_layer import InputLayer
from gradtape._src.keras.inputs import get_mask, mapped
from gradtape._src.keras.keras_tensor import KerasTensor, standardize_shape
from gradtape._src.keras.layer import Layer
from gradtape._src.keras.model import Model
from gradtape._src.keras.serialization import deserialize_keras_object, serialize_keras_object
from gradtape._src.keras.signatures import signature_of
from gradtape._src.keras.structure import changed
from gradtape._src.state import tracking as checkpointed


class Sequential(Model):
    """A model defined by a list of layers, each applied to the output of the previous one.

    Args:
      layers: the layers; a result of `keras.Input` may be the first.
      trainable: whether its weights are trainable.
      name: its name; "sequential" with a number by default.

    Raises:
      ValueError: an element is not a layer, or two layers have the same name.

    Example:
      >>> model = tf.keras.Sequential([
      ...     tf.keras.Input((3,)),
      ...     tf.keras.layers.Dense(4, activation="relu"),
      ...     tf.keras.layers.Dense(2),
      ... ])
      >>> model(tf.ones([5, 3])).shape
      TensorShape([5, 2])
      >>> [tuple(weight.shape) for weight in model.weights]
      [(3, 4), (4,), (4, 2), (2,)]
    """

    _layers: Any

    _home = "keras"
    _locks = False
    _functional: Functional | None

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None) -> None:
        super().__init__(trainable=trainable, name=name)
        vars(self)["_functional"] = None
        for layer in layers or ():
            self.add(layer, rebuild=False)
        if layers:
            self._maybe_rebuild()

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Appends a layer.

        Args:
          layer: the layer, or a result of `keras.Input`.
          rebuild: whether to rebuild the model.

        Raises:
          ValueError: it is not a layer, its name is already used, or there is an input already.

        Example:
          >>> model = tf.keras.Sequential()
          >>> model.add(tf.keras.Input((3,)))
          >>> model.add(tf.keras.layers.Dense(2))
          >>> model.output_shape
          (None, 2)
        """
        own = self._layers
        if not own and getattr(layer, "_input_shape_arg", None) is not None:
            self.add(InputLayer(shape=layer._input_shape_arg), rebuild=False)
        if isinstance(layer, KerasTensor) and layer._keras_history is not None:
            origin = layer._keras_history.operation
            layer = origin if isinstance(origin, InputLayer) else layer
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Only instances of `keras.Layer` can be added to a Sequential model. Received: {layer} "
                f"(of type {type(layer)})"
            )
        if any(other.name == layer.name and other is not layer for other in own):
            raise ValueError(
                f"All layers added to a Sequential model should have unique names. Name '{layer.name}' is already the "
                "name of a layer in this model. Update the `name` argument to pass a unique name."
            )
        if isinstance(layer, InputLayer) and own and isinstance(own[0], InputLayer):
            raise ValueError(
                f"Sequential model '{self.name}' has already been configured to use input shape {own[0].batch_shape}. "
                "You cannot add a different Input layer to it."
            )
        own.append(layer)
        changed()
        if rebuild:
            self._maybe_rebuild()
        else:
            self._forget()

    def pop(self, rebuild: bool = True) -> Any:
        """Removes the last layer.

        Args:
          rebuild: whether to rebuild the model.

        Returns:
          The layer.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(3), tf.keras.layers.Dense(2)])
          >>> model.pop().units
          2
        """
        layer = self._layers[-1]
        self._layers.pop()
        changed()
        self._forget()
        if rebuild:
            self._maybe_rebuild()
        return layer

    def _forget(self) -> None:
        vars(self)["_functional"] = None
        self.built = False

    def _maybe_rebuild(self) -> None:
        self._forget()
        if len(self._layers) > 1:
            first = self._layers[0]
            if isinstance(first, InputLayer):
                self.build(first.batch_shape)
            elif hasattr(first, "input_shape"):
                self.build(first.input_shape)

    def build(self, input_shape: Any = None) -> None:
        """Builds the layers.

        Args:
          input_shape: the shape of the input.

        Raises:
          ValueError: there are no layers, or the model has an input of another shape.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(2)])
          >>> model.build((None, 3))
          >>> model.count_params()
          8
        """
        try:
            shape = standardize_shape(input_shape)
        except (TypeError, ValueError):
            return
        own = self._layers
        if not own:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no layers. Call `model.add(layer)`."
            )
        if not isinstance(own[0], InputLayer):
            own.insert(0, InputLayer(batch_shape=shape, dtype=own[0].compute_dtype))
            changed()
        elif own[0].batch_shape != shape:
            raise ValueError(
                f"Sequential model '{self.name}' has already been configured to use input shape {own[0].batch_shape}. "
                f"You cannot build it with input_shape {shape}"
            )
        inputs = value = own[0]._inbound_nodes[0].outputs[0]
        for layer in own[1:]:
            try:
                value = layer(value)
            except NotImplementedError:
                return
            except TypeError:
                _check_parameters(layer)
                raise
        vars(self)["_functional"] = Functional(inputs=inputs, outputs=value)
        checkpointed.attribute_added(self)

    def _trackable_children(self) -> dict[str, Any]:
        children = super()._trackable_children()
        return children if self._functional is not None else {**children, "_layers": self._layers}

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None, **kwargs: Any) -> Any:
        """Computes the output of the last layer.

        Args:
          inputs: the input.
          training: whether this is training.
          mask: the inputs' mask.
          kwargs: not used.

        Returns:
          Tensors.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Flatten()])
          >>> model.call(tf.ones([2, 2, 2])).shape
          TensorShape([2, 4])
        """
        if self._functional is not None:
            return self._functional.call(inputs, training=training, mask=mask)
        for layer in self.layers:
            signature = signature_of(type(layer).call)
            told: dict[str, Any] = {"mask": mask} if signature.takes_mask else {}
            inputs = layer(inputs, **told)
            mask = mapped(get_mask, inputs)
        return inputs

    @property
    def layers(self) -> list[Any]:
        """The layers, without the input."""
        own = self._layers
        return list(own[1:] if own and isinstance(own[0], InputLayer) else own)

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError(
            "`Sequential.layers` attribute is reserved and should not be used. Use `add()` and `pop()` to change the "
            "layers in this model."
        )

    def compute_output_spec(self, inputs: Any, training: bool | None = None, mask: Any = None, **kwargs: Any) -> Any:
        """The shape and dtype of the output.

        Args:
          inputs: a symbolic value.
          training, mask, kwargs: not used.

        Returns:
          A KerasTensor.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Flatten()])
          >>> model.compute_output_spec(tf.keras.KerasTensor((None, 2, 2))).shape
          (None, 4)
        """
        if self._functional is not None:
            return self._functional.compute_output_spec(inputs)
        for layer in self.layers:
            inputs = layer.compute_output_spec(inputs)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the output.

        Args:
          input_shape: the shape of the input.

        Returns:
          A shape.

        Example:
          >>> tf.keras.Sequential([tf.keras.layers.Flatten()]).compute_output_shape((None, 2, 2))
          (None, 4)
        """
        if self._functional is not None:
            return self._functional.compute_output_shape(input_shape)
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def _built_as(self, what: str) -> Functional:
        if self._functional is None:
            raise AttributeError(f"Sequential model '{self.name}' has no defined {what} yet.")
        return self._functional

    @property
    def input_shape(self) -> Any:
        """The shape of the input."""
        return self._built_as("input shape").input_shape

    @property
    def output_shape(self) -> Any:
        """The shape of the output."""
        return self._built_as("output shape").output_shape

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic input, in a list."""
        return self._built_as("inputs").inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic output, in a list."""
        return self._built_as("outputs").outputs

    @property
    def input_dtype(self) -> str:
        """The dtype to which floating inputs are cast, by name."""
        own = self._layers
        return own[0].dtype if own and isinstance(own[0], InputLayer) else super().input_dtype

    def get_config(self) -> dict[str, Any]:
        """The layers, as plain data.

        Returns:
          A dict.

        Example:
          >>> tf.keras.Sequential([tf.keras.layers.Flatten(name="flat")]).get_config()["layers"][0]["class_name"]
          'Flatten'
        """
        layers = [serialize_keras_object(layer) for layer in self._layers]
        config = Layer.get_config(self)
        config.update(name=self.name, layers=copy.deepcopy(layers))
        if self._functional is not None:
            config["build_input_shape"] = self._layers[0].batch_shape
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Creates a model from the result of `get_config`.

        Args:
          config: the result.
          custom_objects: additional classes and functions by name.

        Returns:
          A Sequential.

        Raises:
          ValueError: the configuration has no name.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Flatten()])
          >>> len(tf.keras.Sequential.from_config(model.get_config()).layers)
          1
        """
        if "name" not in config:
            raise ValueError(
                "A Sequential model configuration must be a dictionary containing the 'name' and 'layers' keys. "
                f"Received: config={config}"
            )
        model = cls(name=config["name"])
        for data in config["layers"]:
            model.add(deserialize_keras_object(data, custom_objects=custom_objects))
        shape = config.get("build_input_shape")
        if not model._functional and isinstance(shape, list | tuple) and shape:
            model.build(tuple(shape))
        return model


def _check_parameters(layer: Any) -> None:
    """Raises ValueError for a layer that does not take exactly one tensor."""
    named = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    positional = [p for p in inspect.signature(layer.call).parameters.values() if p.kind in named]
    required = [parameter for parameter in positional if parameter.default is parameter.empty]
    kind = type(layer).__name__
    if not positional:
        raise ValueError(
            "Layers added to a Sequential model should have a single positional argument, the input tensor. Layer "
            f"{kind} has no positional arguments."
        )
    if len(required) > 1:
        raise ValueError(
            "Layers added to a Sequential model can only have a single required positional argument, the input tensor. "
            f"Layer {kind} has multiple required positional arguments: {required}"
        )
