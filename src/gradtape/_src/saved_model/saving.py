"""save: writes an object's variables and functions, in one bundle of files.

The folder has a checkpoint as TensorFlow's SavedModels have it, ``variables/variables``, which `tf.train.Checkpoint`
reads. Under the key MODEL it also holds JSON: the objects by number, each with its children by name, and the
functions as lists of ops. No code is written. As one bundle it is written atomically.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradtape._engine.record.primitive import fail_trace
from gradtape._engine.state.variable import BaseVariable
from gradtape._src.core.tensor_spec import TensorSpec
from gradtape._src.function.function import ConcreteFunction, Function, Method
from gradtape._src.function.structures import leaves
from gradtape._src.function.types import PLAIN, Literal, StructureType
from gradtape._src.saved_model.tracing import ExportError, concrete_record, structure
from gradtape._src.state import tracking
from gradtape._src.train.bundle import write_bundle
from gradtape._src.train.checkpoint import GRAPH, escaped, gather

FORMAT, VERSION = "gradtape.saved_model", 1
MODEL, CONSTANT = "GRADTAPE_SAVED_MODEL", "GRADTAPE_CONSTANTS/"
PREFIX = os.path.join("variables", "variables")
DEFAULT = "serving_default"


class NestedError(ValueError):
    """A function cannot be a signature, as its arguments or results are nested or have no names."""


def save(obj: Any, export_dir: Any, signatures: Any = None, options: Any = None) -> None:
    """Writes an object's variables and functions to a folder, from which `load` restores them without its code.

    Saved are the variables, the objects that contain them (attributes, lists, tuples and dicts), and attributes and
    methods decorated with `tf.function`: for their input_signature, else for every signature that
    they were called with. Unknown sizes of a signature stay unknown if the function does the same for all sizes. A
    function is written as a list of ops; one that depends on values, draws random numbers or computes gradients
    is refused. A gradient defined by `tf.custom_gradient` is not written: if the loaded function is
    differentiated through it, UnimplementedError is raised. Variables that it assigns keep their values.

    The format is gradtape's own; the variables are also a checkpoint, `export_dir/variables/variables`.

    Args:
      obj: a tf.Module, a Keras model, or anything that a checkpoint can hold.
      export_dir: the folder, which is created; an existing model of gradtape is replaced.
      signatures: a function decorated with `tf.function` of one signature, a result of `get_concrete_function`, or a
        dict of such by name. None: the only function that has an input_signature, a Keras model's call, or none.
      options: not used; TensorFlow's concern devices and namespaces.

    Raises:
      ValueError: the object cannot be tracked, or a function cannot be written; the message gives reason and remedy.
      AssertionError: a function uses a variable that does not belong to the object.
      OSError: the files cannot be written; existing files are kept.

    Example:
      >>> class Scale(tf.Module):
      ...     def __init__(self):
      ...         super().__init__()
      ...         self.factor = tf.Variable(3.0)
      ...
      ...     @tf.function(input_signature=[tf.TensorSpec([None])])
      ...     def __call__(self, x):
      ...         return self.factor * x
      >>> import tempfile
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     tf.saved_model.save(Scale(), folder)
      ...     loaded = tf.saved_model.load(folder)
      >>> loaded([1.0, 2.0]).numpy(), loaded.factor.numpy()
      (array([3., 6.], dtype=float32), np.float32(3.0))
    """
    fail_trace("a model is saved")
    if isinstance(obj, BaseVariable | list | tuple | dict | Function) or not tracking.is_trackable(obj):
        raise ValueError(
            "Expected an object of type `Trackable`, such as `tf.Module` or a subclass of the `Trackable` class, for "
            f"export. Got {obj} with type {type(obj)}."
        )
    folder = os.fspath(export_dir)
    if os.path.exists(os.path.join(folder, "saved_model.pb")):
        raise ValueError(
            f"{folder} holds a SavedModel of TensorFlow's, which is not overwritten: save to another folder."
        )
    writer = _Writer(obj)
    model = writer.written(_by_name(obj, signatures), signatures is not None)
    tensors, graph = gather(obj)
    constants = {f"{CONSTANT}{name}": array for name, array in writer.constants.items()}
    text = json.dumps(model, separators=(",", ":")).encode()
    write_bundle(os.path.join(folder, PREFIX), {**tensors, **constants, GRAPH: graph, MODEL: text})


def _by_name(obj: Any, signatures: Any) -> dict[str, ConcreteFunction]:
    """The signatures passed to `save`, by name."""
    if signatures is None:
        default = getattr(type(obj), "_default_save_signature", None)
        if default is not None:
            found = [default(obj)]
        else:
            found = [function for _, function in _functions(obj) if _is_signature(function)]
        signatures = found[0] if len(found) == 1 and found[0] is not None else {}
    if not isinstance(signatures, Mapping):
        signatures = {DEFAULT: signatures}
    return {str(name): _concrete(name, function) for name, function in signatures.items()}


def _is_signature(function: Any) -> bool:
    if isinstance(function, ConcreteFunction):
        return True
    return function.input_signature is not None and all(
        isinstance(spec, TensorSpec) for spec in function.input_signature
    )


def _concrete(name: str, function: Any) -> ConcreteFunction:
    if isinstance(function, ConcreteFunction):
        return function
    if not isinstance(function, Function | Method):
        raise ValueError(
            f"Expected a TensorFlow function for which to generate a signature, but got {function}. Only "
            "`tf.functions` with an input signature or concrete functions can be used as a signature."
        )
    known = _signatures(_plain(function))
    if len(known) != 1:
        raise ValueError(
            f"The signature {name!r} is of a function with {len(known)} signatures: give it an input_signature, or "
            "use a result of its get_concrete_function."
        )
    return known[0]


def _plain(function: Any) -> Any:
    return function._function if isinstance(function, Method) else function


def _functions(value: Any) -> list[tuple[str, Any]]:
    """The functions among an object's attributes and methods, by name."""
    found: dict[str, Any] = {}
    if isinstance(value, list | tuple | dict | BaseVariable) or not hasattr(value, "__dict__"):
        return []
    for kind in reversed(type(value).__mro__):
        for name, attribute in vars(kind).items():
            if isinstance(attribute, Function):
                found[name] = getattr(value, name)
            else:
                found.pop(name, None)
    found.update(
        {name: own for name, own in vars(value).items() if isinstance(own, Function | ConcreteFunction | Method)}
    )
    return [
        (name, function if isinstance(function, ConcreteFunction) else _plain(function))
        for name, function in found.items()
    ]


def _signatures(function: Function) -> list[ConcreteFunction]:
    """A function for each of its signatures."""
    if function.input_signature is not None:
        return [function.get_concrete_function()]
    found = []
    for signature in function._signatures:
        args, kwargs = [], {}
        for (name, kind), of in zip(signature.names, signature.types, strict=True):
            if kind == "KEYWORD_ONLY":
                kwargs[name] = _template(function, of)
            else:
                args.append(_template(function, of))
        found.append(ConcreteFunction(function, tuple(args), kwargs))
    return found


def _template(function: Function, of: Any) -> Any:
    """An argument of a type."""
    if isinstance(of, TensorSpec):
        return of
    if isinstance(of, Literal) and of.kind in PLAIN:
        return of.value
    if isinstance(of, StructureType) and of.kind in (list, tuple):
        return of.kind([_template(function, item) for item in of.items])
    if isinstance(of, StructureType) and of.kind is dict:
        return {name: _template(function, item) for name, item in zip(of.names, of.items, strict=True)}
    raise ExportError(
        f"{function.name} cannot be exported for {of!r} among its arguments: those of exported functions are tensors, "
        "numbers, texts, None, and lists, tuples and dicts of them."
    )


class _Writer:
    """Converts the objects below a root and their functions to JSON."""

    def __init__(self, root: Any) -> None:
        self.constants: dict[str, np.ndarray] = {}
        self._objects = [root]
        self._numbers = {id(root): 0}
        self._paths = [""]
        self._nodes: list[dict[str, Any]] = []
        for place, value in enumerate(self._objects):
            children = {}
            for name, part in tracking.children(value):
                if id(part) not in self._numbers:
                    self._numbers[id(part)] = len(self._objects)
                    self._objects.append(part)
                    self._paths.append(f"{self._paths[place]}{escaped(name)}/")
                children[name] = self._numbers[id(part)]
            node = {**_kind(value, self._paths[place]), "children": children}
            if isinstance(value, list | tuple):  # in their order, None for untracked elements
                node["children"] = [children.get(str(i)) for i in range(len(value))]
            self._nodes.append(node)
        self._variables = {
            id(value): self._numbers[id(value)] for value in self._objects if isinstance(value, BaseVariable)
        }
        self._functions: list[Any] = []
        self._known: dict[int, int] = {}
        self._held: list[Any] = []  # so that no other object gets the id of a known one

    def written(self, signatures: Mapping[str, ConcreteFunction], asked: bool) -> dict[str, Any]:
        """The JSON of the model. asked: whether the signatures were requested, and must not be omitted."""
        held = [value for value in self._objects if isinstance(value, BaseVariable)]
        before = [(value, BaseVariable.read_value(value)) for value in held]
        try:
            for value, node in zip(self._objects, self._nodes, strict=True):
                found = {name: self._function(function) for name, function in _functions(value)}
                if found:
                    node["functions"] = found
            named = {}
            for name, concrete in signatures.items():
                try:
                    named[name] = self._signature(name, concrete)
                except NestedError:
                    if asked:  # else it was not requested as a signature
                        raise
        finally:
            for variable, tensor in before:  # which tracing assigned
                if BaseVariable.read_value(variable) is not tensor:
                    variable.assign(tensor)
        return {
            **{"format": FORMAT, "version": VERSION, "objects": self._nodes},
            **{"functions": self._functions, "signatures": named},
        }

    def _function(self, function: Any) -> int:
        """The number of a function."""
        if id(function) not in self._known:
            self._held.append(function)
            concretes = [function] if isinstance(function, ConcreteFunction) else _signatures(function)
            binding = (function._function if isinstance(function, ConcreteFunction) else function)._binding
            self._functions.append(
                {
                    "name": function.name,
                    "parameters": _parameters(binding.signature),
                    # An input_signature refuses other numbers of arguments itself.
                    "specified": 0 if isinstance(function, ConcreteFunction) else len(binding.specs or ()),
                    "bodies": [concrete_record(one, self._variables, self.constants) for one in concretes],
                }
            )
            self._known[id(function)] = len(self._functions) - 1
        return self._known[id(function)]

    def _signature(self, name: str, concrete: ConcreteFunction) -> dict[str, Any]:
        """A signature: a function of one body, and the names of its inputs."""
        names = []
        for given, _, template in concrete._named:
            specs = leaves(template)
            for place, spec in enumerate(specs):
                if isinstance(spec, TensorSpec):
                    names.append(spec.name or (given if specs == [template] else f"{given}_{place}"))
        if len(set(names)) != len(names):
            raise NestedError(f"Arguments of signature {name!r} have the same name: {names}")
        number = self._function(concrete)
        result = self._functions[number]["bodies"][0]["result"]
        if "slot" not in result:
            ((kind, parts),) = result.items()
            inner = [part for _, part in parts] if kind == "dict" else parts if kind in ("list", "tuple") else [result]
            if not all("slot" in part for part in inner):
                raise NestedError(
                    f"Got a non-flat result of signature {name!r}: signatures must return a tensor, or a list, tuple "
                    "or dict of them."
                )
        return {"function": number, "inputs": names}


def _kind(value: Any, path: str) -> dict[str, Any]:
    """The JSON of an object, without its children."""
    if isinstance(value, BaseVariable):
        key = f"{path}.ATTRIBUTES/VARIABLE_VALUE"
        name = value.name.removesuffix(":0")
        return {
            "kind": "variable",
            "key": key,
            "dtype": value.dtype.name,
            "name": name,
            "trainable": bool(value.trainable),
        }
    for kind in (list, tuple, dict):
        if isinstance(value, kind):
            return {"kind": kind.__name__}
    return {"kind": "object", "class": type(value).__name__}


def _parameters(signature: inspect.Signature | None) -> Any:
    """The JSON of a function's parameters: name, kind, and a plain default."""
    if signature is None:
        return None
    found = []
    for parameter in signature.parameters.values():
        node: dict[str, Any] = {"name": parameter.name, "kind": parameter.kind.name}
        if parameter.default is not parameter.empty:
            with contextlib.suppress(ExportError):  # then every call must give it
                node["default"] = _default(parameter.default)
        found.append(node)
    return found


def _default(value: Any) -> Any:
    return structure(value, _default)
