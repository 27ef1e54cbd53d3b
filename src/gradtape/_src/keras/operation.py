"""Operations: the nodes of functional models, such as layers and the functions of keras.ops.

A call with a KerasTensor among its arguments computes nothing: it infers the shapes and dtypes of its results and
is recorded as a Node, from which functional models are built.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from types import MethodType
from typing import Any, ClassVar

from gradtape._engine.api.api import full
from gradtape._engine.record.log import Unrecorded
from gradtape._src.core import dtypes, nest
from gradtape._src.keras import dtype_policy
from gradtape._src.keras.inputs import TENSORS, dtype_name, leaves, mapped, shape_of
from gradtape._src.keras.keras_tensor import KerasHistory, KerasTensor, is_symbolic
from gradtape._src.keras.naming import auto_name, check


class Node:
    """One call of an operation with symbolic values.

    Attributes:
      operation: what was called.
      args, kwargs: its arguments.
      input_tensors: the symbolic values among them, in order.
      outputs: its results, flat.
    """

    def __init__(self, operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any) -> None:
        self.operation, self.args, self.kwargs = operation, args, kwargs
        self.input_tensors = [value for value in leaves([args, kwargs]) if isinstance(value, KerasTensor)]
        self.operation_outputs = outputs
        self.outputs = list(leaves(outputs))
        for value in self.outputs:
            if not isinstance(value, KerasTensor):
                raise ValueError(
                    f"All operation outputs must be tensors. Operation {operation} returned a non-tensor. "
                    f"Non-tensor received: {value}"
                )
        self.is_input = not self.input_tensors
        if not is_remembered(self.input_tensors):
            return
        operation._inbound_nodes.append(self)
        for value in self.input_tensors:
            if value._keras_history is None:
                value._keras_history = KerasHistory(None, 0, 0)
            elif value._keras_history.operation is not None:
                value._keras_history.operation._outbound_nodes.append(self)
        index = len(operation._inbound_nodes) - 1
        for place, value in enumerate(self.outputs):
            value._keras_history = KerasHistory(operation, index, place)

    @property
    def output_tensors(self) -> list[KerasTensor]:
        """Its results, flat."""
        return self.outputs

    @property
    def parent_nodes(self) -> list[Node]:
        """The calls whose results are arguments of this one."""
        histories = [value._keras_history for value in self.input_tensors]
        return [at.operation._inbound_nodes[at.node_index] for at in histories if at and at.operation is not None]

    def filled(self, values: Mapping[int, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with symbolic values replaced, given values by the ids of the symbolic ones."""

        def value_of(argument: Any) -> Any:
            return values.get(id(argument), argument) if isinstance(argument, KerasTensor) else argument

        return mapped(value_of, self.args), mapped(value_of, self.kwargs)

    def __repr__(self) -> str:
        return f"<Node operation={self.operation.name}, id={id(self)}>"


class _Signature:
    """Makes inspect.signature of a class show its constructor: Python 3.10 would show an inherited __new__."""

    def __get__(self, instance: object, owner: type) -> inspect.Signature:
        if instance is not None:
            raise AttributeError("__signature__")
        return inspect.signature(MethodType(owner.__init__, owner))  # type: ignore[misc]


class _Begun:
    """Objects that are initialized before their constructor runs, and that remember its arguments."""

    __signature__: ClassVar[_Signature] = _Signature()

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        made = object.__new__(cls)
        vars(made).update(cls._state())
        if cls.get_config in _OWN_CONFIGS:  # type: ignore[attr-defined]
            vars(made)["_given"] = (args, kwargs)
        return made

    @classmethod
    def _state(cls) -> dict[str, Any]:
        return {"_inbound_nodes": [], "_outbound_nodes": []}


class Operation(_Begun):
    """Base class of objects that can be called with symbolic values.

    Args:
      name: its name; the class's in snake case, numbered by default.

    Raises:
      ValueError: the name contains "/".

    Example:
      >>> class Double(tf.keras.Operation):
      ...     def call(self, x):
      ...         return 2 * x
      >>> Double()(tf.keras.Input((3,))).shape
      (None, 3)
    """

    _inbound_nodes: Any

    name: str
    _arguments: dict[str, Any] | None = None
    _has_uncounted_arguments = False
    _takes_masks_away = False  # whether calls remove the masks of operands

    def __init__(self, name: str | None = None) -> None:
        self.name = check(auto_name(type(self).__name__) if name is None else name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if is_symbolic(args) or is_symbolic(kwargs):
            return self.symbolic_call(*args, **kwargs)
        return self.call(*args, **kwargs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """The result for symbolic values; adds the call to the graph.

        Args:
          args, kwargs: its arguments.

        Returns:
          KerasTensors.

        Example:
          >>> tf.keras.layers.Dense(3).symbolic_call(tf.keras.Input((2,))).shape
          (None, 3)
        """
        outputs = self.compute_output_spec(*args, **kwargs)
        Node(self, args, kwargs, outputs)
        return outputs

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation; to be overridden by subclasses.

        Args:
          args, kwargs: its arguments.

        Returns:
          Tensors.

        Raises:
          NotImplementedError: always, unless a subclass overrides it.
        """
        raise NotImplementedError

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The shapes and dtypes of the results.

        Args:
          args, kwargs: its arguments, with symbolic values.

        Returns:
          KerasTensors in the structure of the result.

        Example:
          >>> tf.keras.layers.Dense(3).compute_output_spec(tf.keras.KerasTensor((None, 2))).shape
          (None, 3)
        """
        try:
            return inferred(self.call, *args, **kwargs)
        except Exception as error:
            kind = type(self).__name__
            message = (
                f"Could not automatically infer the output shape / dtype of '{self.name}' (of type {kind}). Either the "
                f"`{kind}.call()` method is incorrect, or you need to implement the `{kind}.compute_output_spec() / "
                f"compute_output_shape()` method. Error encountered:\n\n{error}"
            )
            try:
                told: Exception = type(error)(message)
            except TypeError:
                told = ValueError(message)
            raise told.with_traceback(error.__traceback__) from None

    @property
    def input(self) -> Any:
        """The symbolic inputs of the first call."""
        return self._of_first_call("input")

    @property
    def output(self) -> Any:
        """The symbolic outputs of the first call."""
        return self._of_first_call("output")

    def _of_first_call(self, what: str) -> Any:
        nodes = vars(self)["_inbound_nodes"]
        if not nodes:
            raise AttributeError(f"The layer {self.name} has never been called and thus has no defined {what}.")
        values = nodes[0].input_tensors if what == "input" else nodes[0].outputs
        return values[0] if len(values) == 1 else values

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data.

        Returns:
          A dict of plain data. By default the constructor's arguments if they are plain data.

        Raises:
          NotImplementedError: they are not.

        Example:
          >>> class Scale(tf.keras.layers.Layer):
          ...     def __init__(self, factor, name=None):
          ...         super().__init__(name=name)
          ...         self.factor = factor
          >>> Scale(2.0, name="double").get_config()["factor"]
          2.0
        """
        config: dict[str, Any] = {"name": self.name}
        if type(self).get_config in _OWN_CONFIGS:
            config.update(self._constructed_with())
            parameters = inspect.signature(type(self).__init__).parameters.values()
            names = [parameter.name for parameter in parameters]
            if "name" not in names and not any(p.kind is p.VAR_KEYWORD and p.name == "kwargs" for p in parameters):
                del config["name"]
        return config

    def _constructed_with(self) -> dict[str, Any]:
        """The constructor's arguments except the name; NotImplementedError if they are not plain data."""
        args, kwargs = self._given  # type: ignore[attr-defined]
        signature = inspect.signature(type(self).__init__)
        parameters = list(signature.parameters.values())[1:]
        kind = type(self).__name__
        given: dict[str, Any] | None = None
        try:
            bound = signature.bind(None, *args, **kwargs)
            bound.apply_defaults()
            given = dict(list(bound.arguments.items())[1:])
        except TypeError:
            pass
        many = False
        if given is not None:
            for parameter in parameters:
                if parameter.kind is parameter.VAR_KEYWORD:
                    given.update(given.pop(parameter.name))
                elif parameter.kind is parameter.VAR_POSITIONAL:
                    many = many or bool(given.pop(parameter.name))
                many = many or parameter.kind is parameter.POSITIONAL_ONLY
            given.pop("name", None)
            if isinstance(given.get("dtype"), dtype_policy.DTypePolicy):
                given["dtype"] = given["dtype"].name
        if many:
            raise NotImplementedError(_MANY.format(kind=kind, example=_EXAMPLE))
        if given is None or not all(isinstance(leaf, str | int | float | bool | type(None)) for leaf in leaves(given)):
            raise NotImplementedError(_NOT_PLAIN.format(kind=kind, example=_EXAMPLE))
        return given

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Creates an operation from the result of `get_config`.

        Args:
          config: the constructor's arguments.

        Returns:
          An operation.

        Raises:
          TypeError: the constructor does not accept these arguments.

        Example:
          >>> layer = tf.keras.layers.Dense(3, name="three")
          >>> tf.keras.layers.Dense.from_config(layer.get_config()).name
          'three'
        """
        if isinstance(config.get("dtype"), dict):
            config = {**config, "dtype": dtype_policy.deserialize(config["dtype"]).name}
        try:
            return cls(**config)
        except Exception as error:
            raise TypeError(
                f"Error when deserializing class '{cls.__name__}' using config={config}.\n\n"
                f"Exception encountered: {error}"
            ) from error

    def __repr__(self) -> str:
        return f"<Operation name={self.name}>"


# The default implementations of get_config, which return the constructor's arguments.
_OWN_CONFIGS: set[Callable[..., Any]] = {Operation.get_config}

_EXAMPLE = textwrap.dedent(
    """
    class CustomLayer(keras.layers.Layer):
        def __init__(self, arg1, arg2, **kwargs):
            super().__init__(**kwargs)
            self.arg1 = arg1
            self.arg2 = arg2

        def get_config(self):
            config = super().get_config()
            config.update({
                "arg1": self.arg1,
                "arg2": self.arg2,
            })
            return config
"""
)
_MANY = (
    "\nObject {kind} was created by passing\npositional only or variadic positional arguments (e.g.,\n`*args`) to "
    "`__init__()`, which is not supported by the\nautomatic config generation. Please remove all positional\nonly and "
    "variadic arguments from `__init__()`\nor override `get_config()` and `from_config()` to make\nthe object "
    "serializatble.\n\nExample:\n\n{example}"
)
_NOT_PLAIN = (
    "\nObject {kind} was created by passing\nnon-serializable argument values in `__init__()`,\nand therefore the "
    "object must override `get_config()` in\norder to be serializable. Please implement `get_config()`.\n\n"
    "Example:\n\n{example}"
)


def inferred(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The shapes and dtypes of a function's results for symbolic values, as KerasTensors.

    Functions composed of layers, keras.ops and operators infer them. Any other is called with zeros, twice, with two
    sizes for every unknown one; a size that changes is unknown in the result too.
    """

    def unremembered(value: Any) -> Any:
        if not isinstance(value, KerasTensor):
            return value
        copied = KerasTensor(value.shape, value.dtype, record_history=False)
        copied._keras_mask = value._keras_mask
        return copied

    remembered = is_remembered(args, kwargs)
    with Unrecorded():
        try:
            outputs = function(*mapped(unremembered, args), **mapped(unremembered, kwargs))
        except Exception:
            outputs = None
        if outputs is None or not all(isinstance(value, (KerasTensor, *TENSORS)) for value in leaves(outputs)):
            return evaluated(function, args, kwargs)

    def spec(value: Any) -> KerasTensor:
        made = KerasTensor(shape_of(value), dtype_name(value), record_history=remembered)
        made._keras_mask = getattr(value, "_keras_mask", None)
        return made

    return mapped(spec, outputs)


def is_remembered(*arguments: Any) -> bool:
    """Whether calls with these arguments are added to the graph: not while shapes are being inferred."""
    return all(value.record_history for value in leaves(arguments) if isinstance(value, KerasTensor))


# Substitutes for an unknown number of examples and for any other unknown size, in the two calls.
_TRIALS = ((2, 29), (3, 31))


def evaluated(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Implements `inferred` by calling the function with zeros."""
    varies = any(isinstance(value, KerasTensor) and None in value.shape for value in leaves([args, kwargs]))
    remembered = is_remembered(args, kwargs)
    found = []
    with Unrecorded():
        for batch, size in _TRIALS if varies else _TRIALS[:1]:

            def zeros(value: Any, batch: int = batch, size: int = size) -> Any:
                if not isinstance(value, KerasTensor):
                    return value
                shape = [
                    (size if axis else batch) if known is None else known for axis, known in enumerate(value.shape)
                ]
                return full(shape, 0, dtypes.as_dtype(value.dtype))

            found.append(function(*mapped(zeros, args), **mapped(zeros, kwargs)))

    def spec(one: Any, other: Any) -> Any:
        if not isinstance(one, TENSORS):
            return one
        shape = [a if a == b else None for a, b in zip(shape_of(one), shape_of(other), strict=True)]
        return KerasTensor(shape, dtype_name(one), record_history=remembered)

    return nest.map_structure(spec, found[0], found[-1])
