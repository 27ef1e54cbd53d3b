"""Signatures of calls: the part of the arguments that a trace depends on, separated from the values of tensors.

A signature is a hashable key: structures and types, shapes and dtypes of tensors, Python values by type and value, any
other object by identity, weakly.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.string_tensor import StringTensor, as_any_tensor
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.tensor_spec import TensorSpec, TypeSpec
from gradtape._src.function.structures import in_order, kind_of, leaves, parts_of
from gradtape._src.function.types import PLAIN, Literal, type_of
from gradtape._src.ops.tensor_arrays import TensorArray

NUMBERS = (bool, int, complex, str, bytes, type(None))
BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Same:
    """An object by identity; not equal to anything once the object no longer exists."""

    __slots__ = ("identity", "reference")

    def __init__(self, value: Any) -> None:
        self.identity = id(value)
        try:
            self.reference: Callable[[], Any] = weakref.ref(value)
        except TypeError:
            self.reference = lambda: value

    def __hash__(self) -> int:
        return self.identity

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Same) or other.identity != self.identity:
            return False
        value = self.reference()
        return value is not None and value is other.reference()

    def __repr__(self) -> str:
        return f"<{type(self.reference()).__name__}>"

    @property
    def ended(self) -> bool:
        """Whether the object no longer exists."""
        return self.reference() is None


class Tensors:
    """A tensor in a key: its dtype and shape."""

    __slots__ = ("dtype", "shape")

    def __init__(self, tensor: Tensor) -> None:
        self.dtype, self.shape = tensor.dtype, tuple(tensor.shape)

    def __hash__(self) -> int:
        return hash((self.dtype, self.shape))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tensors) and self.dtype is other.dtype and self.shape == other.shape

    def __repr__(self) -> str:
        return repr(TensorSpec(self.shape, self.dtype))


def key_of(value: Any, tensors: list[Tensor]) -> Any:
    """The part of an argument that a trace depends on; appends its tensors to the list."""
    if type(value) is Tensor:
        tensors.append(value)
        return Tensors(value)
    if isinstance(value, np.ndarray | np.generic):
        tensor = as_tensor(value)
        tensors.append(tensor)
        return Tensors(tensor)
    kind = type(value)
    if kind is float:
        return kind, value.hex()
    if kind in NUMBERS:
        return kind, value
    if kind is list or kind is tuple:
        return kind, None, tuple([key_of(item, tensors) for item in value])
    if kind is dict:
        names = in_order(value)
        return kind, key_of(tuple(names), tensors), tuple([key_of(value[name], tensors) for name in names])
    parts = parts_of(value)
    if parts is None:
        return Same(value)
    return kind_of(value), _known(parts.names), tuple([key_of(item, tensors) for item in parts.items])


def _known(names: Any) -> Any:
    """The static part of a structure, for a key."""
    tensors: list[Tensor] = []
    key = key_of(names, tensors)
    return Same(names) if tensors else key


def fixed(key: Any) -> Any:
    """A key without the parts of arguments that a function may change: the tensors of a TensorArray."""
    if not isinstance(key, tuple) or len(key) != 3:
        return key
    return TensorArray if key[0] is TensorArray else (*key[:2], tuple([fixed(item) for item in key[2]]))


def shown(key: Any) -> str:
    """Formats a part of a key."""
    if not isinstance(key, tuple):
        return repr(key)
    if len(key) == 2:
        kind, value = key
        return repr(float.fromhex(value) if kind is float else value)
    kind, names, items = key
    texts = [shown(item) for item in items]
    if names is not None and isinstance(names, tuple) and len(names) == 3 and len(names[2]) == len(texts):
        texts = [f"{shown(name)}: {text}" for name, text in zip(names[2], texts, strict=True)]
    return f"{kind.__name__}({', '.join(texts)})"


def with_tensors(value: Any, tensors: Iterator[Tensor]) -> Any:
    """An argument with its tensors replaced by others, in the order of `key_of`."""
    if type(value) is Tensor or isinstance(value, np.ndarray | np.generic):
        return next(tensors)
    parts = parts_of(value)
    return value if parts is None else parts.make(tuple([with_tensors(item, tensors) for item in parts.items]))


def _checked(specs: Any) -> tuple[Any, ...]:
    """The specs of an input_signature."""
    if not isinstance(specs, list | tuple):
        raise TypeError(f"input_signature must be either a tuple or a list, got {type(specs)}.")
    found = leaves(tuple(specs))
    if not all(isinstance(leaf, TypeSpec) for leaf in found):
        raise TypeError(
            f"input_signature must be a possibly nested sequence of TensorSpec objects, got invalid args {specs} with "
            f"types {[type(leaf) for leaf in found]}."
        )
    return tuple(specs)


def ended(key: Any) -> bool:
    """Whether a key contains an object that no longer exists, so that no call can have it again."""
    if isinstance(key, tuple):
        return any(ended(item) for item in key)
    return isinstance(key, Same) and key.ended


class Binding:
    """The parameters of a function, and the specs of its arguments.

    Args:
      function: the function.
      specs: a spec per argument, or a structure of them, or None.
      unbound: the function's first parameter is the instance that a method belongs to, which is no argument.
    """

    def __init__(self, function: Callable[..., Any], specs: Any = None, unbound: bool = False) -> None:
        self.specs = None if specs is None else _checked(specs)
        try:
            self.signature: inspect.Signature | None = inspect.signature(function)
        except (TypeError, ValueError):
            self.signature = None
        if unbound and self.signature is not None:
            self.signature = self.signature.replace(parameters=[*self.signature.parameters.values()][1:])
        self.before = 0  # number of arguments before those with specs
        if self.specs is not None and self.signature is not None:
            self.before = int(next(iter(self.signature.parameters), None) == "self")
            self.signature = self._constrained(self.signature, self.before + len(self.specs))

    def _constrained(self, signature: inspect.Signature, count: int) -> inspect.Signature:
        """The signature of a function whose first arguments have specs. Raises TypeError if others have no default."""
        kept = [parameter for parameter in signature.parameters.values() if parameter.kind is not parameter.VAR_KEYWORD]
        places = [parameter for parameter in kept if parameter.kind in BY_PLACE]
        if count > len(places) and not any(parameter.kind is parameter.VAR_POSITIONAL for parameter in kept):
            raise TypeError(f"input_signature contains {count - len(places)} extra type constraints.")
        for parameter in places[count:]:
            if parameter.default is parameter.empty:
                raise TypeError(f"input_signature missing type constraint for {parameter.name}")
        for parameter in kept:
            if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty:
                raise TypeError(
                    f"Since input_signature is defined, keyword-only parameter `{parameter.name}` must have a default "
                    "value"
                )
        return signature.replace(parameters=kept)

    def bound(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], placeholders: bool = False
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Normalizes arguments: positional if possible, with defaults filled in.

        With placeholders, arguments may be specs, and specs of the function replace those that fit them. Raises
        TypeError for arguments that the function does not take, or that do not fit their specs.
        """
        if self.signature is None:
            return args, kwargs
        try:
            found = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise self._misfit(error, args, kwargs) from None
        found.apply_defaults()
        for parameter in self.signature.parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                found.arguments[parameter.name] = dict(sorted(found.arguments[parameter.name].items()))
        if self.specs is None:
            return found.args, found.kwargs
        try:
            before, given = found.args[: self.before], found.args[self.before :]
            fitted = [fit(value, spec, placeholders) for value, spec in zip(given, self.specs, strict=False)]
            self._check_defaults(found, self.before + len(fitted))
        except (TypeError, ValueError) as error:
            raise self._misfit(error, args, kwargs) from None
        return (*before, *fitted, *given[len(fitted) :]), found.kwargs

    def _check_defaults(self, found: inspect.BoundArguments, count: int) -> None:
        """Raises TypeError if a parameter without a spec is given a value other than its default."""
        assert self.signature is not None
        for place, parameter in enumerate(self.signature.parameters.values()):
            if (
                place >= count
                and type(parameter.default) in PLAIN
                and found.arguments[parameter.name] != parameter.default
            ):
                literal = Literal(type(parameter.default), parameter.default)
                raise TypeError(f"Can not cast {found.arguments[parameter.name]!r} to {literal!r}")

    def _misfit(self, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]) -> TypeError:
        return TypeError(
            f"Binding inputs to tf.function failed due to `{error}`. Received args: {args} and kwargs: {kwargs} for "
            f"signature: {self._text()}."
        )

    def _text(self) -> str:
        assert self.signature is not None
        parts = []
        for place, parameter in enumerate(self.signature.parameters.values()):
            if self.specs is not None and 0 <= place - self.before < len(self.specs):
                parts.append(f"{parameter.name}: {type_of(self.specs[place - self.before])!r}")
            elif self.specs is not None and type(parameter.default) in PLAIN:
                literal = Literal(type(parameter.default), parameter.default)
                parts.append(f"{parameter.name}: {literal!r} = <captured_default_value>")
            elif parameter.default is not parameter.empty:
                parts.append(f"{parameter.name}=<captured_default_value>")
            else:
                parts.append(str(parameter))
            if parameter.kind is parameter.KEYWORD_ONLY and not any("*" in part for part in parts):
                parts.insert(-1, "*")
        return f"({', '.join(parts)})"

    def named(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[tuple[str, str, Any]]:
        """The name, kind and value of each argument, including each one taken by `*` and `**`."""
        if self.signature is None:
            return [(str(place), "POSITIONAL_ONLY", value) for place, value in enumerate(args)]
        found = self.signature.bind(*args, **kwargs)
        parameters = self.signature.parameters
        any_number = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters.values())
        named: list[tuple[str, str, Any]] = []
        for name, value in found.arguments.items():
            kind = parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                named += [(f"{name}_{place}", "POSITIONAL_ONLY", item) for place, item in enumerate(value)]
            elif kind is inspect.Parameter.VAR_KEYWORD:
                named += [(key, "KEYWORD_ONLY", item) for key, item in sorted(value.items())]
            elif any_number and kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
                named.append((name, "POSITIONAL_ONLY", value))
            else:
                named.append((name, kind.name, value))
        return named


def fit(value: Any, spec: Any, placeholders: bool = False) -> Any:
    """Converts an argument to tensors matching a spec or a structure of specs. Raises TypeError on a mismatch.

    With placeholders, specs match, too, and the result is the spec that they match.
    """
    if isinstance(spec, TensorSpec):
        known = isinstance(value, Tensor | BaseVariable) or (placeholders and isinstance(value, TensorSpec))
        tensor = value if known else as_any_tensor(value, spec.dtype)
        if tensor.dtype != spec.dtype or not TensorShape(tensor.shape).is_subtype_of(spec.shape):
            raise TypeError(
                f"Can not cast {TensorSpec(tensor.shape, tensor.dtype)!r} to {TensorSpec(spec.shape, spec.dtype)!r}"
            )
        if placeholders:
            return spec
        return tensor if type(tensor) is StringTensor else as_tensor(tensor)
    parts = parts_of(spec)
    if parts is None:
        return value
    given = parts_of(value)
    if isinstance(spec, Mapping):
        if not isinstance(value, Mapping):
            raise TypeError(f"Can not cast {value!r} to a Dict type.")
        if given is None or given.names != parts.names:
            raise TypeError(f"{value!r} has different keys with the TraceType {type_of(spec)!r}.")
    elif isinstance(spec, list | tuple):
        kind = "list" if isinstance(spec, list) else "tuple"
        if not isinstance(value, type(spec)):
            raise TypeError(f"Can not cast {value!r} to {kind} type.")
        if given is None or len(given.items) != len(parts.items):
            raise TypeError(f"Can not cast {value!r} to {type_of(spec)!r}")
    elif given is None or type(value) is not kind_of(spec):
        raise TypeError(f"Can not cast {value!r} to {type_of(spec)!r}")
    return given.make(tuple([fit(item, one, placeholders) for item, one in zip(given.items, parts.items, strict=True)]))
