"""Functional: models defined by a graph of layers."""

from __future__ import annotations

import copy
import inspect
import warnings
from typing import Any

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes, nest
from gradtape._src.keras.graph import Graph, path_of
from gradtape._src.keras.input_layer import Input, InputLayer
from gradtape._src.keras.input_spec import InputSpec
from gradtape._src.keras.inputs import get_mask, leaves, mapped, mapped_shapes, set_mask, shape_of
from gradtape._src.keras.keras_tensor import KerasHistory, KerasTensor
from gradtape._src.keras.layer import Layer
from gradtape._src.keras.model import Model
from gradtape._src.keras.naming import check
from gradtape._src.keras.operation import Node, Operation, is_remembered
from gradtape._src.keras.serialization import INTERNAL, deserialize_keras_object, serialize_keras_object
from gradtape._src.keras.structure import changed
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.ops.shapes import expand_dims, squeeze


class Functional(Model):
    """A model defined by symbolic inputs and outputs, as created by `keras.Model(inputs, outputs)`.

    Args:
      inputs: KerasTensors, or a structure of them.
      outputs: what was computed from them.
      name: the model's name; "functional" with a number by default.
      kwargs: `trainable`.

    Raises:
      ValueError: a value that is not a KerasTensor, or outputs that do not come from the inputs.

    Example:
      >>> x, y = tf.keras.Input((3,)), tf.keras.Input((3,))
      >>> model = tf.keras.Model([x, y], x * y)
      >>> model([tf.ones([1, 3]), tf.fill([1, 3], 2.0)]).numpy()
      array([[2., 2., 2.]], dtype=float32)
    """

    _dtypes: Any
    _graph: Any
    _initialised: Any
    _inputs_struct: Any
    _layers: Any
    _only_dtype: Any
    _only_rank: Any
    _outputs_struct: Any

    _home = "keras.src.models.functional"
    _locks = False
    _convert_input_args = False
    _allow_non_tensor_positional_args = True

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any) -> None:
        trainable = kwargs.pop("trainable", None)
        if isinstance(inputs, dict):
            for key, value in inputs.items():
                if isinstance(value, KerasTensor) and key != value.name:
                    warnings.warn(
                        "When providing `inputs` as a dict, all keys in the dict must match the names of the "
                        f"corresponding tensors. Received key '{key}' mapping to value {value} which has name "
                        f"'{value.name}'. Change the tensor name to '{key}' (via `Input(..., name='{key}')`)",
                        stacklevel=3,
                    )
        for what, values in (("inputs", inputs), ("outputs", outputs)):
            for value in nest.flatten(values):
                if not isinstance(value, KerasTensor):
                    raise ValueError(
                        f"All `{what}` values must be KerasTensors. Received: {what}={values} including invalid value "
                        f"{value} of type {type(value)}"
                    )
        if not all(map(_begins, nest.flatten(inputs))):
            inputs, outputs = _with_inputs_of_its_own(inputs, outputs)
        if not self._initialised:
            Model.__init__(self, name=name, **kwargs)
        elif name is not None:
            self.name = check(name)
        graph = Graph(inputs, outputs)
        vars(self).update(_graph=graph, _inputs_struct=inputs, _outputs_struct=outputs)
        layers = [operation for operation in graph.operations if isinstance(operation, Layer)]
        self._layers[:] = [*layers, *[layer for layer in self._layers if layer not in layers]]
        changed()
        kinds = [dtypes.as_dtype(value.dtype) for value in graph.inputs]
        alone = (kinds[0], graph.inputs[0].ndim) if len(kinds) == 1 else (None, 0)
        vars(self).update(_dtypes=kinds, _only_dtype=alone[0], _only_rank=alone[1])
        self._finish_building({"input_shape": None})
        histories = [value._keras_history for value in graph.outputs]
        vars(self)["output_names"] = [history.operation.name for history in histories if history is not None]
        if trainable is not None:
            self.trainable = trainable

    # The graph

    def _trackable_children(self) -> dict[str, Any]:
        return {"_operations": self.operations, **super()._trackable_children()}

    @property
    def operations(self) -> list[Operation]:
        """The operations between inputs and outputs, each once."""
        return self._graph.operations[:]

    @property
    def layers(self) -> list[Any]:
        """The layers among `operations`."""
        return [operation for operation in self._graph.operations if isinstance(operation, Layer)]

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError("`Model.layers` attribute is reserved and should not be used. Please use another name.")

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic inputs, flat."""
        return self._graph.inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs, flat."""
        return self._graph.outputs

    @property
    def input(self) -> Any:
        """The symbolic inputs, in their structure."""
        return self._inputs_struct

    @property
    def output(self) -> Any:
        """The symbolic outputs, in their structure."""
        return self._outputs_struct

    @property
    def input_shape(self) -> Any:
        """The shapes of the inputs, or the shape if there is only one."""
        return _only([value.shape for value in self.inputs])

    @property
    def output_shape(self) -> Any:
        """The shapes of the outputs, or the shape if there is only one."""
        return _only([value.shape for value in self.outputs])

    @property
    def input_spec(self) -> Any:
        """The expected inputs. May be set."""
        given = vars(self).get("_input_spec")
        if given is not None:
            return given
        if isinstance(self._inputs_struct, dict):
            if not all(isinstance(value, KerasTensor) for value in self._inputs_struct.values()):
                return None
            return [_spec(self._inputs_struct[name], name) for name in sorted(self._inputs_struct)]
        return [_spec(value) for value in self.inputs]

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self._input_spec = value

    def add_loss(self, loss: Any) -> None:
        """Raises NotImplementedError: add losses in the layers of the model instead.

        Args:
          loss: not used.

        Raises:
          NotImplementedError: always.
        """
        raise NotImplementedError(
            "A functional model has no `call` of its own to add losses in: write a layer that calls `self.add_loss`."
        )

    # Calls

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None, **kwargs: Any) -> Any:
        """Computes the outputs.

        Args:
          inputs: tensors in the structure of `input`.
          training: whether this is training.
          mask: the inputs' masks.
          kwargs: not used.

        Returns:
          Tensors in the structure of `output`.

        Raises:
          ValueError: inputs have the wrong structure or shape.

        Example:
          >>> x = tf.keras.Input((3,))
          >>> tf.keras.Model(x, x + 1).call(tf.zeros([1, 3])).numpy()
          array([[1., 1., 1.]], dtype=float32)
        """
        graph = self._graph
        if (
            type(inputs) is Tensor
            and mask is None
            and inputs.dtype is self._only_dtype
            and inputs.ndim == self._only_rank
        ):
            if graph.chain is not None:
                for operation in graph.chain:
                    inputs = operation(inputs)
                return inputs
            flat = [inputs]
        else:
            flat = self._standardized(inputs)
            if mask is not None:
                for value, its in zip(flat, nest.flatten(mask), strict=False):
                    if its is not None:
                        set_mask(value, its)
        outputs = graph.run(flat)
        return outputs[0] if type(outputs) in (list, tuple) and len(outputs) == 1 else outputs

    def _standardized(self, inputs: Any) -> list[Any]:
        """The flattened inputs, converted to tensors of the expected dtypes and ranks."""
        struct, wrong = self._inputs_struct, False
        if isinstance(struct, list) and len(struct) == 1 and isinstance(inputs, (Tensor, KerasTensor)):
            inputs = [inputs]
        elif isinstance(inputs, dict) and not isinstance(struct, dict):
            if isinstance(struct, KerasTensor):
                wrong = struct.name not in inputs
                inputs = inputs if wrong else [inputs[struct.name]]
            elif all(isinstance(value, KerasTensor) for value in struct):
                wrong = not {value.name for value in struct} <= inputs.keys()
                inputs = inputs if wrong else [inputs[value.name] for value in struct]
            else:
                wrong = True
        if isinstance(struct, dict) and not isinstance(inputs, dict) and list(struct) != sorted(struct):
            wrong = True
        self._check_structure(inputs, wrong)
        return [
            self._adjusted(place, self._converted(place, value)) for place, value in enumerate(nest.flatten(inputs))
        ]

    def _check_structure(self, inputs: Any, wrong: bool) -> None:
        def as_tuples(structure: Any) -> Any:
            if isinstance(structure, list | tuple):
                return tuple(as_tuples(part) for part in structure)
            if isinstance(structure, dict):
                return {key: as_tuples(part) for key, part in structure.items()}
            return structure

        try:
            nest.assert_same_structure(as_tuples(inputs), as_tuples(self._inputs_struct))
            same = True
        except (TypeError, ValueError):
            same = False
        if same and not wrong:
            return
        expected = mapped(lambda value: "None" if value is None else value.name, self._inputs_struct)
        received = mapped(lambda value: "None" if value is None else f"Tensor(shape={value.shape})", inputs)
        message = (
            f"The structure of `inputs` doesn't match the expected structure.\nExpected: {expected}\n"
            f"Received: inputs={received}"
        )
        if wrong:
            raise ValueError(message)
        warnings.warn(message, stacklevel=6)

    def _converted(self, place: int, value: Any) -> Any:
        if place >= len(self._dtypes):
            return value
        if value is None:
            self._check_optional(place)
            return None
        if isinstance(value, KerasTensor):
            if value.dtype == self._dtypes[place].name:
                return value
            from gradtape._src.keras.functions import cast

            return cast(value, self._dtypes[place].name)
        made = tensor_of(value, self._dtypes[place])
        mask = get_mask(value)
        if mask is not None:
            set_mask(made, mask)
        return made

    def _check_optional(self, place: int) -> None:
        operation = self.inputs[place]._keras_history.operation  # type: ignore[union-attr]
        if isinstance(operation, InputLayer) and not operation.optional:
            raise ValueError(
                f"The input '{self.inputs[place].name}' is not optional, but None was passed. Please provide a valid "
                "tensor."
            )

    def _adjusted(self, place: int, value: Any) -> Any:
        if value is None or place >= len(self.inputs):
            return value
        wanted, shape = self.inputs[place].shape, shape_of(value)
        if len(shape) == len(wanted):
            return value
        if len(shape) == len(wanted) + 1 and shape[-1] == 1:
            adjusted = value.squeeze(-1) if isinstance(value, KerasTensor) else squeeze(value, -1)
        elif len(shape) == len(wanted) - 1 and wanted[-1] == 1 and not isinstance(value, KerasTensor):
            adjusted = expand_dims(value, -1)
        else:
            raise ValueError(
                f"Invalid input shape for input {value} with name '{self.inputs[place].name}' and path "
                f"'{path_of(self._inputs_struct, place)}'. "
                f"Expected shape {wanted}, but input has incompatible shape {value.shape}"
            )
        mask = get_mask(value)
        if mask is not None:
            set_mask(adjusted, mask)
        return adjusted

    def compute_output_spec(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The shapes and dtypes of the outputs.

        Args:
          inputs: symbolic values in the structure of `input`.
          training, mask: not used.

        Returns:
          KerasTensors in the structure of `output`.

        Example:
          >>> x = tf.keras.Input((3,))
          >>> tf.keras.Model(x, x + 1).compute_output_spec(tf.keras.KerasTensor((5, 3))).shape
          (5, 3)
        """
        flat = self._standardized(inputs)
        remembered = is_remembered(inputs)
        if all(value.shape == reference.shape for value, reference in zip(flat, self.inputs, strict=True)):
            found = self._outputs_struct
        else:
            unremembered = [KerasTensor(value.shape, value.dtype, record_history=False) for value in flat]
            found = self._graph.run(unremembered)
        outputs = mapped(lambda value: KerasTensor(value.shape, value.dtype, record_history=remembered), found)
        return outputs[0] if type(outputs) in (list, tuple) and len(outputs) == 1 else outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shapes of the outputs for shapes of the inputs.

        Args:
          input_shape: a shape, or shapes in the structure of `input`.

        Returns:
          A shape, or shapes in the structure of `output`.

        Example:
          >>> x = tf.keras.Input((3,))
          >>> tf.keras.Model(x, x + 1).compute_output_shape((5, 3))
          (5, 3)
        """
        inputs = mapped_shapes(lambda shape: KerasTensor(shape, record_history=False), input_shape)
        for value, reference in zip(leaves(inputs), self.inputs, strict=False):
            value._dtype = reference.dtype
        return mapped(lambda value: value.shape, self.compute_output_spec(inputs))

    # Configuration

    def get_config(self) -> dict[str, Any]:
        """The layers and their calls as plain data; for subclasses with their own constructor, its arguments.

        Returns:
          A dict.

        Example:
          >>> x = tf.keras.Input((3,), name="x")
          >>> sorted(tf.keras.Model(x, x + 1).get_config())
          ['input_layers', 'layers', 'name', 'output_layers', 'trainable']
        """
        if not _is_constructed_alike(type(self)):
            return super().get_config()
        graph = self._graph
        places: dict[int, int] = {}
        for operation in graph.operations:
            kept = 1 if isinstance(operation, Functional) else 0
            for node in operation._inbound_nodes:
                if node in graph:
                    places[id(node)] = kept
                    kept += 1
        layers = []
        for operation in graph.operations:
            nodes = [node for node in operation._inbound_nodes if node in graph and node.input_tensors]
            config = serialize_keras_object(operation)
            config["name"] = operation.name
            config["inbound_nodes"] = [_node_config(node, graph) for node in nodes]
            layers.append(config)

        def place_of(value: KerasTensor) -> list[Any]:
            operation, index, tensor = value._keras_history  # type: ignore[misc]
            return [operation.name, places[id(operation._inbound_nodes[index])], tensor]

        return copy.deepcopy(
            {
                "name": self.name,
                "trainable": self.trainable,
                "layers": layers,
                "input_layers": mapped(place_of, self._inputs_struct),
                "output_layers": mapped(place_of, self._outputs_struct),
            }
        )


INTERNAL["Functional"] = lambda: Functional


def _only(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _spec(value: KerasTensor, name: str | None = None) -> InputSpec:
    operation = value._keras_history.operation  # type: ignore[union-attr]
    return InputSpec(
        shape=(None, *value.shape[1:]) if value.shape else value.shape,
        allow_last_axis_squeeze=True,
        name=operation.name if name is None else name,
        optional=isinstance(operation, InputLayer) and operation.optional,
    )


def _is_constructed_alike(kind: type) -> bool:
    """Whether a class' constructor takes inputs and outputs."""
    spec = inspect.getfullargspec(kind.__init__)  # type: ignore[misc]
    alike = spec.args[1:] == inspect.getfullargspec(Functional.__init__).args[1:]
    return alike or (spec.varargs is not None and spec.varkw is not None)


def _begins(value: KerasTensor) -> bool:
    """Whether a symbolic value was returned by `Input`."""
    history = value._keras_history
    return bool(history and history.operation and history.operation._inbound_nodes[history.node_index].is_input)


def _with_inputs_of_its_own(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """Replaces intermediate values given as inputs by new inputs; returns these, and outputs from copied calls."""
    graph = Graph(inputs, outputs)
    copies: dict[int, KerasTensor] = {}
    begun = []
    for value in nest.flatten(inputs):
        made = value
        if not _begins(value):
            made = Input(batch_shape=value.shape, dtype=value.dtype, name=f"{value.name}CLONE")
        copies[id(value)] = made
        begun.append(made)

    def copied(value: Any) -> Any:
        if not isinstance(value, KerasTensor):
            return value
        if id(value) not in copies:
            copies[id(value)] = KerasTensor(value.shape, value.dtype, name=f"{value.name}_clone")
        return copies[id(value)]

    for node in graph.nodes:
        if not node.is_input:
            args, kwargs, results = mapped(copied, (node.args, node.kwargs, node.outputs))
            fresh = [value for value in results if value._keras_history is None]
            if fresh:
                Node(node.operation, args, kwargs, results)
    return nest.pack_sequence_as(inputs, begun), mapped(copied, outputs)


def _node_config(node: Node, graph: Graph) -> dict[str, Any]:
    """A call's arguments as plain data; calls that belong to other models are not counted in histories."""

    def relative(value: Any) -> Any:
        if not isinstance(value, KerasTensor):
            return value
        operation, index, tensor = value._keras_history  # type: ignore[misc]
        others = sum(earlier not in graph for earlier in operation._inbound_nodes[:index])
        shown = KerasTensor(value.shape, value.dtype, record_history=False)
        shown._keras_history = KerasHistory(operation, index - others, tensor)
        return shown

    return {
        "args": serialize_keras_object(mapped(relative, node.args)),
        "kwargs": serialize_keras_object(mapped(relative, node.kwargs)),
    }


def functional_from_config(cls: type, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """Creates a functional model from the result of `get_config`.

    Raises:
      ValueError: an argument of a call is not a result of another.
    """
    config = dict(config)
    described, input_layers, output_layers = (config.pop(key) for key in ("layers", "input_layers", "output_layers"))
    name, trainable = config.pop("name", None), config.pop("trainable", None)
    made: dict[str, Any] = {}
    waiting: list[tuple[Any, list[Any]]] = []
    for data in described:
        operation = deserialize_keras_object(data, custom_objects=custom_objects)
        if not isinstance(operation, Operation):
            raise ValueError(
                f"Unexpected object from deserialization, expected a layer or operation, got a {type(operation)}"
            )
        made[data["name"]] = operation
        if data["inbound_nodes"]:
            waiting.append((operation, list(data["inbound_nodes"])))
    while waiting:
        left, progress = [], False
        for operation, calls in waiting:
            while calls and (found := _arguments(calls[0], made)) is not None:
                operation(*found[0], **found[1])
                calls.pop(0)
                progress = True
            if calls:
                left.append((operation, calls))
        if not progress:
            raise ValueError(
                "Invalid Functional model configuration. The graph of the Functional model either has loops or "
                f"disconnected nodes. The following nodes failed to be resolved: {dict(left)}"
            )
        waiting = left

    def value_at(place: Any) -> Any:
        if isinstance(place, list | tuple) and len(place) == 3 and isinstance(place[0], str):
            operation = made[place[0]]
            index = place[1] - 1 if isinstance(operation, Functional) else place[1]
            return operation._inbound_nodes[index].outputs[place[2]]
        if isinstance(place, dict):
            return {key: value_at(value) for key, value in place.items()}
        return type(place)(value_at(value) for value in place)

    return cls(inputs=value_at(input_layers), outputs=value_at(output_layers), name=name, trainable=trainable, **config)


def _arguments(data: dict[str, Any], made: dict[str, Any]) -> tuple[Any, Any] | None:
    """A call's arguments, or None as long as one of them has not been computed."""
    missing = False

    def revived(value: Any) -> Any:
        nonlocal missing
        if not isinstance(value, KerasTensor) or value._pre_serialization_keras_history is None:
            return value
        name, index, tensor = value._pre_serialization_keras_history
        if name not in made:
            raise ValueError(f"Unknown layer: {name}")
        nodes = made[name]._inbound_nodes
        if len(nodes) <= index:
            missing = True
            return value
        return nodes[index].outputs[tensor]

    args = mapped(revived, deserialize_keras_object(data["args"]))
    kwargs = mapped(revived, deserialize_keras_object(data["kwargs"]))
    return None if missing else (args, kwargs)
