"""load: restores an object written by `save`. Nothing in a file is ever run as code, or trusted without checks."""

from __future__ import annotations

import inspect
import json
import keyword
import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gradtape._engine.record.primitive import fail_trace
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import error_kinds, errors
from gradtape._src.core.tensor_spec import TensorSpec
from gradtape._src.function.signature import Binding
from gradtape._src.saved_model.evaluation import Body, result_specs, structure
from gradtape._src.saved_model.saving import CONSTANT, FORMAT, MODEL, PREFIX, VERSION
from gradtape._src.state.module import Module
from gradtape._src.state.variable import Variable
from gradtape._src.train.bundle import NAMES, BundleReader, bundle_exists

# Exceptions raised by reading files that are not models.
_DAMAGE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, errors.OpError)


def contains_saved_model(export_dir: Any) -> bool:
    """Whether a folder holds a model that `save` wrote, or one of TensorFlow's.

    Args:
      export_dir: the folder.

    Returns:
      A bool.

    Raises:
      TypeError: export_dir is not a path.

    Example:
      >>> tf.saved_model.contains_saved_model("nowhere")
      False
    """
    folder = os.fspath(export_dir)
    if any(os.path.exists(os.path.join(folder, name)) for name in ("saved_model.pb", "saved_model.pbtxt")):
        return True
    prefix = os.path.join(folder, PREFIX)
    try:
        return bundle_exists(prefix) and MODEL in BundleReader(prefix)
    except errors.OpError:
        return False


def load(export_dir: Any, tags: Any = None, options: Any = None) -> Any:
    """Loads an object written by `save`: its attributes, variables and functions, without their code.

    Functions take the arguments they were saved for, have the original's gradients, and read and assign the object's
    variables. Files may be untrusted: nothing in them is run as code.

    Args:
      export_dir: the folder.
      tags, options: not used; gradtape writes one model, of no tags.

    Returns:
      A `tf.Module` with the attributes of the object that was saved, and `signatures`, functions by name that take
      tensors by name and return a dict of tensors. It can be called if the object had a `__call__` decorated with
      `tf.function`.

    Raises:
      OSError: there is no model.
      UnimplementedError: it is in TensorFlow's format.
      DataLossError: it is damaged.

    Example:
      >>> module = tf.Module()
      >>> module.w = tf.Variable([1.0, 2.0], name="w")
      >>> module.scaled = tf.function(lambda x: module.w * x, input_signature=[tf.TensorSpec([])])
      >>> import tempfile
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     tf.saved_model.save(module, folder)
      ...     loaded = tf.saved_model.load(folder)
      >>> with tf.GradientTape() as tape:
      ...     y = loaded.scaled(3.0)
      >>> tape.gradient(y, loaded.w).numpy()
      array([3., 3.], dtype=float32)
    """
    fail_trace("a model is loaded")
    folder = os.fspath(export_dir)
    prefix = os.path.join(folder, PREFIX)
    reader = BundleReader(prefix) if bundle_exists(prefix) else None
    if reader is None or MODEL not in reader:
        if os.path.exists(os.path.join(folder, "saved_model.pb")):
            raise errors.UnimplementedError(
                None,
                None,
                f"{folder} is a SavedModel of TensorFlow's, whose functions are graphs that gradtape cannot run. Its "
                f"variables can be read: tf.train.Checkpoint(model=...).restore({prefix!r}) sets those of an "
                "equally structured object, and tf.train.load_checkpoint reads them by name.",
            )
        raise OSError(f"SavedModel file does not exist at: {folder}: it has no {PREFIX}.index of a model.")
    try:
        model = json.loads(bytes(reader.read(MODEL)))
        if not isinstance(model, dict) or model.get("format") != FORMAT:
            raise ValueError("no model")
        if model["version"] != VERSION:
            raise errors.UnimplementedError(
                None, None, f"{folder} was written by a later gradtape, in version {model['version']} of its format."
            )
        return _Loader(model, reader).root
    except errors.UnimplementedError:
        raise
    except _DAMAGE as error:
        raise error_kinds.DataLossError(None, None, f"{folder}: the model is damaged: {error}") from error


class Restored(Module):
    """A loaded object, with the attributes of the saved one."""

    signatures: Any


class RestoredCallable(Restored):
    """A loaded object that had a `__call__` decorated with `tf.function`."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The result of the loaded function `__call__`."""
        return vars(self)["__call__"](*args, **kwargs)


class _Loader:
    """The objects and functions of a model."""

    def __init__(self, model: dict[str, Any], reader: BundleReader) -> None:
        self._nodes, self._reader = model["objects"], reader
        self._objects: dict[int, Any] = {}
        self._variables: dict[int, BaseVariable] = {}
        for place, node in enumerate(self._nodes):
            if node["kind"] != "tuple":  # which consists of its parts
                self._objects[place] = self._made(place, node)
        constants = {key.removeprefix(CONSTANT): reader.read(key) for key in reader.entries if key.startswith(CONSTANT)}
        arrays = {name: array for name, array in constants.items() if isinstance(array, np.ndarray)}
        functions = [RestoredFunction(node, self._variables, arrays) for node in model["functions"]]
        for place, value in self._objects.copy().items():
            self._fill(value, self._nodes[place], functions)
        self.root = self._objects[0]
        if not isinstance(self.root, Restored):
            raise ValueError("the first object is a container")
        self.root.signatures = Signatures(
            {str(name): Signature(str(name), node, functions) for name, node in model["signatures"].items()}
        )

    def _made(self, place: int, node: Any) -> Any:
        kind = node["kind"]
        if kind == "variable":
            self._variables[place] = self._variable(node)
            return self._variables[place]
        if kind == "object":
            return (RestoredCallable if "__call__" in node.get("functions", {}) else Restored)("restored")
        return {"list": list, "dict": dict}[kind]()

    def _variable(self, node: Any) -> Variable:
        entry = self._reader.entries[node["key"]]
        if NAMES.get(entry.dtype) != node["dtype"]:
            raise ValueError(f"{node['key']} is of another dtype than {node['dtype']}")
        name = node["name"]
        if not isinstance(name, str):
            raise ValueError(f"no name of a variable: {name!r}")
        return Variable(
            np.asarray(self._reader.read(node["key"])),
            node["trainable"] is True,
            name=name or None,
            dtype=node["dtype"],
        )

    def _object(self, place: Any) -> Any:
        if place not in self._objects:
            node = self._nodes[place]
            if type(place) is not int or place < 0 or node["kind"] != "tuple":
                raise ValueError(f"no object {place!r}")
            self._objects[place] = tuple(self._items(node))
        return self._objects[place]

    def _items(self, node: Any) -> list[Any]:
        """The items of a list or tuple; None for those that were not tracked."""
        return [None if place is None else self._object(place) for place in node["children"]]

    def _fill(self, value: Any, node: Any, functions: list[RestoredFunction]) -> None:
        if isinstance(value, list):
            value.extend(self._items(node))
            return
        if isinstance(value, tuple | BaseVariable):
            return
        children = {str(name): self._object(place) for name, place in node["children"].items()}
        if isinstance(value, dict):
            value.update(children)
        elif isinstance(value, Restored):
            held = {str(name): functions[number] for name, number in node.get("functions", {}).items()}
            # Not by setattr, which a class may override.
            vars(value).update({**children, **held})


class RestoredFunction:
    """A loaded function, for the signatures that it was saved for.

    Args:
      node: its description in the file.
      variables: the file's variables by number.
      constants: arrays by name.
    """

    def __init__(self, node: Any, variables: Mapping[int, BaseVariable], constants: Mapping[str, np.ndarray]) -> None:
        self.name = str(node["name"])
        self.results = [result_specs(body["result"]) for body in node["bodies"]]
        self.bodies = [Body(body, variables, constants) for body in node["bodies"]]
        specified = node["specified"]
        specs = self.bodies[0].args[:specified] if specified else None
        self._binding = Binding(_Parameters(node["parameters"]), specs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function's result. Raises ValueError or TypeError for other arguments."""
        if not self.bodies:
            raise ValueError(
                f"Found zero restored functions for caller function {self.name}: call it before it is saved, or "
                "give it an input_signature."
            )
        given, named = self._binding.bound(args, kwargs)
        for body in self.bodies:
            tensors = body.matched(given, named)
            if tensors is not None:
                return body(tensors)
        options = "\n\n".join(
            f"Option {place}:\n  {_shown(body.args, body.kwargs)}" for place, body in enumerate(self.bodies, 1)
        )
        raise ValueError(
            "Could not find matching concrete function to call loaded from the SavedModel. Got:\n  "
            f"{_shown(given, named)}\n\n Expected these arguments to match one of the following {len(self.bodies)} "
            f"option(s):\n\n{options}"
        )

    def __repr__(self) -> str:
        return f"<RestoredFunction {self.name} of {len(self.bodies)} signatures>"


def _shown(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    lines = "".join(f"\n    * {_spec(value)!r}" for value in args)
    named = {name: _spec(value) for name, value in kwargs.items()}
    return f"Positional arguments ({len(args)} total):{lines}\n  Keyword arguments: {named}"


def _spec(value: Any) -> Any:
    return TensorSpec(value.shape, value.dtype) if isinstance(value, Tensor | BaseVariable) else value


class _Parameters:
    """A placeholder for a function of these parameters."""

    def __init__(self, nodes: Any) -> None:
        if nodes is None:
            nodes = [{"name": "args", "kind": "VAR_POSITIONAL"}, {"name": "kwargs", "kind": "VAR_KEYWORD"}]
        self.__signature__ = inspect.Signature([self._parameter(node) for node in nodes])

    def _parameter(self, node: Any) -> inspect.Parameter:
        name, kind = node["name"], node["kind"]
        if not (isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name)):
            raise ValueError(f"no name of a parameter: {str(name)[:60]}")
        default = _default(node["default"]) if "default" in node else inspect.Parameter.empty
        return inspect.Parameter(name, inspect._ParameterKind[kind], default=default)

    def __call__(self) -> None:
        """Never called."""


def _default(node: Any) -> Any:
    return structure(node, _default)


class Signature:
    """A function of a model that takes tensors by name, and returns a dict of tensors.

    Args:
      name: its name in the model.
      node: its description in the file.
      functions: those of the model.
    """

    def __init__(self, name: str, node: Any, functions: list[RestoredFunction]) -> None:
        self.name = name
        function, self._inputs = functions[node["function"]], [str(one) for one in node["inputs"]]
        (self._body,), (self._results,) = function.bodies, function.results
        if len(self._inputs) != len(self._body.specs):
            raise ValueError(f"signature {name} has {len(self._inputs)} inputs and {len(self._body.specs)} tensors")

    @property
    def structured_input_signature(self) -> Any:
        """No positional arguments, and specs of the tensors by name."""
        specs = sorted(zip(self._inputs, self._body.specs, strict=True), key=lambda named: named[0])
        return (), {name: TensorSpec(spec.shape, spec.dtype, name) for name, spec in specs}

    @property
    def structured_outputs(self) -> dict[str, TensorSpec]:
        """Specs of the results by name."""
        return {name: TensorSpec(spec.shape, spec.dtype, name) for name, spec in _named(self._results)}

    def __call__(self, *args: Any, **kwargs: Any) -> dict[str, Tensor]:
        """The results by name. Raises TypeError for other arguments than the signature's."""
        if args and not kwargs and len(args) == len(self._inputs) == 1:
            kwargs = {self._inputs[0]: args[0]}
        elif args:
            raise TypeError(
                f"signature_wrapper(*, {', '.join(self._inputs)}) takes 0 positional arguments, got {len(args)}."
            )
        if kwargs.keys() != set(self._inputs):
            missing, unknown = set(self._inputs) - kwargs.keys(), kwargs.keys() - set(self._inputs)
            what = f"missing required arguments: {', '.join(sorted(missing))}"
            if unknown:
                what = f"got unexpected keyword arguments: {', '.join(sorted(unknown))}"
            raise TypeError(f"signature_wrapper(*, {', '.join(self._inputs)}) {what}.")
        tensors = self._body.fitted([kwargs[name] for name in self._inputs])
        return dict(_named(self._body(tensors)))

    def __repr__(self) -> str:
        return f"<Signature {self.name}: {self.structured_input_signature[1]} gives {self.structured_outputs}>"


def _named(results: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(results, dict):
        yield from results.items()
    elif results is not None:
        for place, result in enumerate(results if isinstance(results, list | tuple) else [results]):
            yield f"output_{place}", result


class Signatures(Mapping[str, Signature]):
    """The signatures of a model by name."""

    def __init__(self, known: dict[str, Signature]) -> None:
        self._known = known

    def __getitem__(self, name: str) -> Signature:
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __repr__(self) -> str:
        return f"_SignatureMap({self._known!r})"
