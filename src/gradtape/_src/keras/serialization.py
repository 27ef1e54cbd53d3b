"""Serialization of layers, losses and their parts as plain data.

An object with `get_config` becomes ``{"module", "class_name", "config", "registered_name"}``; lists, dicts, tuples,
arrays and tensors are serialized by their parts. Deserialization looks classes up among those of keras and those that
the program registered or passed, and never imports names from the data, so that untrusted data runs no code.
"""

from __future__ import annotations

import contextlib
import importlib
import warnings
from _thread import _local
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import DType
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.keras.constructors import name_constructor
from gradtape._src.keras.keras_tensor import KerasTensor
from gradtape._src.keras.lambdas import is_lambda, read_lambda, written_lambda
from gradtape._src.keras.settings import standardize_dtype

T = TypeVar("T")

# Classes named in data that are in no namespace: those of keras.ops' functions, and functional models'.
INTERNAL: dict[str, Callable[[], type]] = {}

# Namespaces of functions that data may name: those of others open files and URLs.
_OF_FUNCTIONS = {
    f"keras.{name}"
    for name in (
        *("activations", "constraints", "initializers", "layers", "losses", "metrics", "ops", "optimizers"),
        *("random", "regularizers"),
    )
}

_custom: dict[str, Any] = {}
_names: dict[Any, str] = {}
_scopes = _local()


def get_custom_objects() -> dict[str, Any]:
    """Custom classes and functions for deserialization, by name; a dict that may be modified.

    Returns:
      The dict itself.

    Example:
      >>> def halved(x):
      ...     return x / 2
      >>> tf.keras.saving.get_custom_objects()["halved"] = halved
      >>> tf.keras.activations.get("halved") is halved
      True
    """
    return _custom


@contextlib.contextmanager
def custom_object_scope(objects: dict[str, Any]) -> Iterator[None]:
    """A context in which additional classes and functions are known to deserialization.

    Args:
      objects: the classes and functions, by name.

    Returns:
      A context manager.

    Raises:
      TypeError: objects is not a mapping.

    Example:
      >>> with tf.keras.saving.custom_object_scope({"twice": lambda x: 2 * x}):
      ...     twice = tf.keras.activations.get("twice")
      >>> twice(3)
      6
    """
    before = getattr(_scopes, "objects", {})
    _scopes.objects = {**before, **objects}
    try:
        yield
    finally:
        _scopes.objects = before


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[T], T]:
    """Registers a class or function for deserialization as "package>name".

    Args:
      package: a prefix that keeps names unique.
      name: the name, by default that of the class or function.

    Returns:
      A decorator.

    Raises:
      ValueError: a class without `get_config`.

    Example:
      >>> @tf.keras.saving.register_keras_serializable("mine")
      ... def thrice(x):
      ...     return 3 * x
      >>> tf.keras.saving.get_registered_name(thrice)
      'mine>thrice'
    """

    def register(thing: T) -> T:
        whole = f"{package}>{name or thing.__name__}"  # type: ignore[attr-defined]
        if isinstance(thing, type) and not hasattr(thing, "get_config"):
            raise ValueError(
                "Cannot register a class that does not have a get_config() method. "
                f"Give {thing.__name__} a get_config() that returns its constructor's arguments"
            )
        _custom[whole] = thing
        _names[thing] = whole
        return thing

    return register


def get_registered_name(obj: Any) -> str:
    """The registered name of a class or function, or its own name.

    Args:
      obj: a class or function.

    Returns:
      A str.

    Raises:
      AttributeError: obj has no name and is not registered.

    Example:
      >>> tf.keras.saving.get_registered_name(tf.keras.initializers.Zeros)
      'Zeros'
    """
    return _names.get(obj, obj.__name__)


def get_registered_object(name: str, custom_objects: Any = None, module_objects: Any = None) -> Any:
    """The class or function registered under a name, or None.

    Args:
      name: a result of `get_registered_name`.
      custom_objects, module_objects: additional dicts to search.

    Returns:
      The object, or None.

    Raises:
      TypeError: custom_objects or module_objects is not a dict.

    Example:
      >>> tf.keras.saving.get_registered_object("nobody>nothing") is None
      True
    """
    for place in (getattr(_scopes, "objects", {}), _custom, custom_objects or {}, module_objects or {}):
        if name in place:
            return place[name]
    return None


def enable_unsafe_deserialization() -> None:
    """Allows this thread to deserialize lambdas, which execute code, if `safe_mode` is not given.

    Example:
      >>> tf.keras.config.enable_unsafe_deserialization()
    """
    _scopes.safe = False


def in_safe_mode() -> bool | None:
    """Whether lambdas are currently rejected; None if not set."""
    return getattr(_scopes, "safe", None)


@contextlib.contextmanager
def safe_mode_scope(safe_mode: bool) -> Iterator[None]:
    """A context in which lambdas are rejected, or allowed."""
    before = in_safe_mode()
    _scopes.safe = safe_mode
    try:
        yield
    finally:
        _scopes.safe = before


@contextlib.contextmanager
def sharing_scope() -> Iterator[None]:
    """A context in which an object that is serialized or deserialized repeatedly remains one object."""
    _scopes.written, _scopes.read = {}, {}
    try:
        yield
    finally:
        _scopes.written = _scopes.read = None


def namespaces() -> dict[str, dict[str, Any]]:
    """The contents of keras and its namespaces, by dotted name; "keras" itself last."""
    keras = importlib.import_module("gradtape.keras")
    found = {}
    # dir() triggers lazy imports.
    for name in dir(keras):
        part = getattr(keras, name)
        if isinstance(part, ModuleType) and dir(part):
            found[f"keras.{name}"] = vars(part)
    return {**found, "keras": vars(keras)}


def home_of(kind: type) -> tuple[str, str]:
    """The namespace of keras in which a class is, such as "keras.losses", and its name there.

    For a class of the program, its module and name.
    """
    name = kind.__name__
    if not kind.__module__.startswith("gradtape."):
        return kind.__module__, name
    declared = vars(kind)
    name = declared.get("_title", name)
    if "_home" in declared:
        return declared["_home"], name
    for place, members in namespaces().items():
        if members.get(name) is kind:
            return place, name
    return "keras", name


def serialize_keras_object(obj: Any) -> Any:
    """Serializes an object to plain data for `deserialize_keras_object`.

    Args:
      obj: None, a number, a string, a list, tuple or dict of these, an array, a tensor, a dtype, a shape, a named
        function, or an object with `get_config`.

    Returns:
      A value that json can write.

    Raises:
      TypeError: the object cannot be serialized.

    Example:
      >>> tf.keras.saving.serialize_keras_object(tf.keras.initializers.Constant(3.0))["config"]
      {'value': 3.0}
    """
    if obj is None or isinstance(obj, bool | int | float | str):
        return obj
    if isinstance(obj, TensorShape):
        return None if obj.rank is None else list(obj)
    if isinstance(obj, list):
        return [serialize_keras_object(item) for item in obj]
    if isinstance(obj, tuple):
        return tuple(serialize_keras_object(item) for item in obj)
    if isinstance(obj, dict):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    if isinstance(obj, bytes):
        return {"class_name": "__bytes__", "config": {"value": obj.decode("utf-8")}}
    if isinstance(obj, slice):
        ends = {"start": obj.start, "stop": obj.stop, "step": obj.step}
        return {"class_name": "__slice__", "config": serialize_keras_object(ends)}
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(obj, np.ndarray) and obj.ndim:
        return {"class_name": "__numpy__", "config": {"value": obj.tolist(), "dtype": obj.dtype.name}}
    if isinstance(obj, np.ndarray | np.generic):
        return obj.item()
    if isinstance(obj, KerasTensor):
        config = {"shape": obj.shape, "dtype": obj.dtype}
        if obj._keras_history is not None:
            operation, node, place = obj._keras_history
            config["keras_history"] = [operation.name, node, place]
        return {"class_name": "__keras_tensor__", "config": config}
    if isinstance(obj, Tensor):
        return {"class_name": "__tensor__", "config": {"value": obj.numpy().tolist(), "dtype": obj.dtype.name}}
    if isinstance(obj, DType):
        return obj.name
    if is_lambda(obj):
        warnings.warn(
            "The object being serialized includes a `lambda`. This is unsafe. In order to reload the object, you will "
            "have to pass `safe_mode=False` to the loading function. Please avoid using `lambda` in the future, and "
            "use named Python functions instead.",
            stacklevel=2,
        )
        return {"class_name": "__lambda__", "config": {"value": written_lambda(obj)}}
    if isinstance(obj, type):
        return {
            "module": "builtins",
            "class_name": "type",
            "config": get_registered_name(obj),
            "registered_name": "type",
        }
    if hasattr(obj, "get_config"):
        return _serialize_instance(obj)
    if callable(obj) and hasattr(obj, "__name__"):
        name = get_registered_name(obj)
        return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
    raise TypeError(
        f"Cannot serialize object {obj} of type {type(obj)}. To be serializable, a class must implement the "
        "`get_config()` method."
    )


def _serialize_instance(obj: Any) -> dict[str, Any]:
    config = obj.get_config()
    if not isinstance(config, dict):
        raise TypeError(f"The `get_config()` method of {obj} should return a dict. It returned: {config}")
    kind = type(obj)
    home, name = home_of(kind)
    data = {
        "module": None if home == "__main__" else home,
        "class_name": name,
        "config": serialize_keras_object(config),
        "registered_name": None if home.split(".")[0] == "keras" and ".src" not in home else get_registered_name(kind),
    }
    for key in ("build_config", "compile_config"):
        method = getattr(obj, f"get_{key}", None)
        found = method() if method else None
        if found is not None:
            data[key] = serialize_keras_object(found)
    written = getattr(_scopes, "written", None)
    if written is not None:
        # Keep the object alive, so that its address is not reused.
        number, _, first = written.setdefault(id(obj), (len(written), obj, data))
        if first is not data:
            first["shared_object_id"] = data["shared_object_id"] = number
    return data


def _read_lambda(config: Any) -> Any:
    return read_lambda(*config["value"]) if "value" in config else read_lambda(**config)


def _read_symbol(config: dict[str, Any]) -> KerasTensor:
    made = KerasTensor(config["shape"], config["dtype"])
    made._pre_serialization_keras_history = config.get("keras_history")
    return made


_OF_DATA: dict[str, Callable[[Any], Any]] = {
    "__bytes__": lambda config: config["value"].encode("utf-8"),
    "__numpy__": lambda config: np.array(config["value"], config["dtype"]),
    "__tensor__": lambda config: as_tensor(config["value"], standardize_dtype(config["dtype"])),
    "__ellipsis__": lambda config: Ellipsis,
    "__slice__": lambda config: slice(config["start"], config["stop"], config["step"]),
    "__keras_tensor__": _read_symbol,
}


UNSAFE = (
    "Requested the deserialization of a {}. This carries a potential risk of arbitrary code execution and thus it is "
    "disallowed by default. If you trust the source of the artifact, you can override this error by passing "
    "`safe_mode=False` to the loading function, or calling `keras.config.enable_unsafe_deserialization()."
)


def deserialize_keras_object(config: Any, custom_objects: dict[str, Any] | None = None, safe_mode: bool = True) -> Any:
    """Creates an object from the result of `serialize_keras_object`.

    Args:
      config: the data.
      custom_objects: additional classes and functions by name, besides keras' and registered ones.
      safe_mode: whether to reject lambdas, whose code is part of the data.

    Returns:
      The object.

    Raises:
      TypeError: it names an unknown class or function, or one without `from_config`; or a value has the wrong
        type.
      ValueError: it contains a lambda, which safe_mode rejects; or it is incomplete.

    Example:
      >>> data = tf.keras.saving.serialize_keras_object({"start": tf.keras.initializers.Constant(3.0)})
      >>> tf.keras.saving.deserialize_keras_object(data)["start"].value
      3.0
    """
    told = in_safe_mode()
    safe_mode = safe_mode if told is None else told
    if isinstance(config, str) and get_registered_object(config, custom_objects) is not None:
        return get_registered_object(config, custom_objects)
    if isinstance(config, list | tuple):
        return [deserialize_keras_object(item, custom_objects, safe_mode) for item in config]
    if not isinstance(config, dict):
        return config
    if "class_name" not in config or "config" not in config:
        return {key: deserialize_keras_object(value, custom_objects, safe_mode) for key, value in config.items()}
    name: Any = config["class_name"]
    inner: Any = config["config"]
    if not isinstance(name, str):
        raise _unknown("class", name, config)
    if name == "function":
        if not isinstance(inner, str):
            raise TypeError(
                f"Expected 'config' to be a non-null str for a function classname,\ninstead got {type(inner)}\n"
                f"Full config: {config}"
            )
        return _known("function", inner, config, custom_objects)
    must_hold = name in _OF_DATA or name == "__lambda__"
    if not isinstance(inner, dict) and (must_hold or inner is not None):
        raise TypeError(f"Expected 'config' to be a dict for {name},\ninstead got {type(inner)}\nFull config: {config}")
    if name == "__lambda__":
        if safe_mode:
            raise ValueError(UNSAFE.format("Python lambda"))
        return _read_lambda(inner)
    if name in _OF_DATA:
        try:
            return _OF_DATA[name](inner)
        except KeyError as error:
            raise ValueError(f"The 'config' of {name} lacks {error}.\nFull config: {config}") from None
        except AttributeError as error:
            raise TypeError(f"The 'config' of {name} is of another type: {error}.\nFull config: {config}") from None
    read, number = getattr(_scopes, "read", None) or {}, config.get("shared_object_id")
    if number in read:
        return read[number]
    kind = _known("class", name, config, custom_objects)
    if not isinstance(kind, type):
        return kind
    if not hasattr(kind, "from_config"):
        raise TypeError(
            f"Unable to reconstruct an instance of '{name}' because the class is missing a `from_config()` method. "
            f"Full object config: {config}"
        )
    with custom_object_scope(custom_objects or {}), safe_mode_scope(safe_mode):
        try:
            instance = kind.from_config(inner or {})
        except TypeError as error:
            raise TypeError(
                f"{kind} could not be deserialized properly. Please ensure that components that are Python object "
                "instances (layers, models, etc.) returned by `get_config()` are explicitly deserialized in the "
                f"model's `from_config()` method.\n\nconfig={config}.\n\nException encountered: {error}"
            ) from error
        if config.get("build_config") and not instance.built:
            instance.build_from_config(config["build_config"])
            instance.built = True
        if config.get("compile_config"):
            instance.compile_from_config(config["compile_config"])
    if number is not None and getattr(_scopes, "read", None) is not None:
        _scopes.read[number] = instance
    return instance


def _known(what: str, name: str, config: Any, custom_objects: dict[str, Any] | None) -> Any:
    """A class or function by its registered name or its own; TypeError if neither is known."""
    registered = config.get("registered_name") or name
    found = get_registered_object(name if what == "function" else registered, custom_objects)
    if found is not None:
        return found
    module = config.get("module") or ""
    if not isinstance(module, str):
        raise TypeError(f"Expected 'module' to be a str for {name},\ninstead got {type(module)}\nFull config: {config}")
    if ".src" in module and name in INTERNAL:
        return INTERNAL[name]()
    places = namespaces()
    for place in (module,) if module in places else places if module in ("builtins", "") or ".src" in module else ():
        found = places[place].get(name) if what == "class" or place in _OF_FUNCTIONS else None
        if callable(found) and (what == "function" or (isinstance(found, type) and module not in ("builtins", ""))):
            return found
    raise _unknown(what, name, config)


def _unknown(what: str, name: Any, config: Any) -> TypeError:
    return TypeError(
        f"Could not locate {what} '{name}'. Make sure custom classes and functions are decorated with "
        "`@keras.saving.register_keras_serializable()`. If they are already decorated, make sure they are all imported "
        f"so that the decorator is run before trying to load them. Full object config: {config}"
    )


class Kind:
    """Implements `get`, `serialize` and `deserialize` of one namespace.

    Attributes:
      word: the name of its objects in messages.
      objects: classes and functions by the names that programs use.
      instantiated: whether a class that is found by name is called.
    """

    def __init__(self, word: str, instantiated: bool = True) -> None:
        self.word = word
        self.objects: dict[str, Any] = {}
        self.instantiated = instantiated

    def enter(self, *names: str) -> Callable[[T], T]:
        """Decorator that registers a class or function by its own name and these aliases."""

        def entered(thing: T) -> T:
            if isinstance(thing, type):
                name_constructor(thing)
            for name in (thing.__name__, *names):  # type: ignore[attr-defined]
                self.objects[name] = thing
            return thing

        return entered

    def serialize(self, thing: Any) -> Any:
        """An object of the namespace as plain data."""
        return serialize_keras_object(thing)

    def deserialize(self, config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
        """The object for a name or the result of `serialize`; unknown values are returned unchanged."""
        name = config
        arguments: Any = {}
        if isinstance(config, dict):
            if "class_name" not in config:
                raise ValueError(f"Unknown `config` as a `dict`, config={config}")
            name, arguments = config["class_name"], config.get("config")
            if name == "function":
                name = arguments
            custom = (config.get("registered_name"), config["class_name"])
            if any(key and get_registered_object(key, custom_objects) is not None for key in custom):
                return deserialize_keras_object(config, custom_objects)
            if name not in self.objects and config.get("module", "_") is None:
                raise TypeError(
                    f"Cannot deserialize object of type `{name}`. If `{name}` is a custom class, please register it "
                    "using the `@keras.saving.register_keras_serializable()` decorator."
                )
        found = get_registered_object(name, custom_objects, self.objects)
        if found is None:
            return config if isinstance(config, str) else name
        if not isinstance(found, type) or not self.instantiated:
            return found
        kind: Any = found
        return kind.from_config(arguments) if arguments else kind()

    def get(self, identifier: Any) -> Any:
        """The object for a name, a configuration or a class; callables and None are returned unchanged."""
        if identifier is None:
            return None
        found = identifier
        if isinstance(identifier, str | dict):
            found = self.deserialize(identifier)
        if isinstance(found, type) and self.instantiated:
            found = found()
        if callable(found):
            return found
        raise ValueError(f"Could not interpret {self.word} identifier: {identifier}")
