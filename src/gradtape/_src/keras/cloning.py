"""Copies of models, with new weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradtape._src.core import nest
from gradtape._src.keras.functional import Functional, _is_constructed_alike
from gradtape._src.keras.input_layer import Input, InputLayer
from gradtape._src.keras.inputs import mapped
from gradtape._src.keras.keras_tensor import KerasTensor
from gradtape._src.keras.sequential import Sequential
from gradtape._src.keras.serialization import deserialize_keras_object, serialize_keras_object


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Callable[[Any], Any] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
) -> Any:
    """A copy of a model with newly initialized weights.

    Args:
      model: the model.
      input_tensors: symbolic values to use as its inputs.
      clone_function: a function from a layer to its replacement; by default a layer of the same configuration.
      call_function: a function from a new layer and its arguments to its result; only for functional models.
      recursive: whether to clone nested models too.

    Returns:
      A model.

    Raises:
      ValueError: an argument does not apply to this kind of model.

    Example:
      >>> model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
      >>> clone = tf.keras.models.clone_model(model)
      >>> clone.set_weights(model.get_weights())
      >>> bool(tf.reduce_all(clone(tf.ones([1, 3])) == model(tf.ones([1, 3]))))
      True
    """
    if not isinstance(model, Sequential | Functional):
        for name, given in (("clone_function", clone_function), ("input_tensors", input_tensors)):
            if given is not None:
                raise ValueError(
                    "Arguments `clone_function` and `input_tensors` are only supported for Sequential models or "
                    f"Functional models. Received model of type '{type(model).__name__}', with {name}={given}"
                )
        if call_function is not None:
            raise ValueError(
                "Argument `call_function` is only supported for Functional models. Received model of type "
                f"'{type(model).__name__}', with call_function={call_function}"
            )
        data = serialize_keras_object(model)
        return deserialize_keras_object(data, custom_objects={type(model).__name__: type(model)})
    if isinstance(model, Sequential) and call_function is not None:
        raise ValueError(
            "`call_function` argument is not supported with Sequential models.  In a Sequential model, layers aren't "
            "called at model-construction time (they're merely listed). Use `call_function` with Functional models "
            f"only. Received model of type '{type(model).__name__}', with call_function={call_function}"
        )
    made: dict[int, Any] = {}

    def cloned(layer: Any) -> Any:
        if id(layer) not in made:
            if recursive and isinstance(layer, Functional):
                made[id(layer)] = clone_model(layer, None, clone_function, call_function, recursive=True)
            elif recursive and isinstance(layer, Sequential):
                made[id(layer)] = clone_model(layer, None, clone_function, recursive=True)
            elif clone_function is not None:
                made[id(layer)] = clone_function(layer)
            else:
                made[id(layer)] = type(layer).from_config(layer.get_config())
        return made[id(layer)]

    clone = (
        _sequential(model, cloned, input_tensors)
        if isinstance(model, Sequential)
        else _functional(model, cloned, input_tensors, call_function)
    )
    if model.compiled:
        clone.compile_from_config(model.get_compile_config())
    return clone


def _sequential(model: Sequential, cloned: Callable[[Any], Any], input_tensors: Any) -> Sequential:
    layers = [cloned(layer) for layer in model.layers]
    first = model._layers[0] if model._layers else None
    if input_tensors is not None:
        if isinstance(input_tensors, list | tuple):
            if len(input_tensors) != 1:
                raise ValueError("Argument `input_tensors` must contain a single tensor.")
            (input_tensors,) = input_tensors
        if not isinstance(input_tensors, KerasTensor):
            raise ValueError(
                f"Argument `input_tensors` must be a KerasTensor. Received invalid value: input_tensors={input_tensors}"
            )
        layers.insert(0, Input(tensor=input_tensors, name=first.name if isinstance(first, InputLayer) else None))
    elif isinstance(first, InputLayer):
        layers.insert(
            0, Input(batch_shape=first.batch_shape, dtype=first.dtype, name=first.name, optional=first.optional)
        )
    return Sequential(layers, name=model.name, trainable=model.trainable)


def _functional(
    model: Functional, cloned: Callable[[Any], Any], input_tensors: Any, call_function: Callable[..., Any] | None
) -> Any:
    if input_tensors is None:
        inputs = mapped(lambda value: Input(batch_shape=value.shape, dtype=value.dtype, name=value.name), model.input)
    else:
        if not all(isinstance(value, KerasTensor) for value in nest.flatten(input_tensors)):
            raise ValueError(
                "All entries in `input_tensors` must be KerasTensors. Received invalid values: "
                f"inputs_tensors={input_tensors}"
            )
        try:
            nest.assert_same_structure(input_tensors, model.input)
        except (TypeError, ValueError) as error:
            raise ValueError(
                "`input_tensors` must have the same structure as model.input\n"
                f"Reference structure: {model.input}\nReceived structure: {input_tensors}"
            ) from error
        inputs = input_tensors

    def called(operation: Any) -> Any:
        made = cloned(operation)
        return made if call_function is None else lambda *args, **kwargs: call_function(made, *args, **kwargs)

    outputs = model._graph.rebuilt(nest.flatten(inputs), called)
    kind = type(model) if _is_constructed_alike(type(model)) else Functional
    return kind(inputs, outputs, name=model.name)
