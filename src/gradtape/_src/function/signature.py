"""Signatures of calls: what of the arguments a trace depends on, and the tensors among them that it does not.

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
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.tensor_spec import TensorSpec

NUMBERS = (bool, int, complex, str, bytes, type(None))


class Same:
    """An object by identity; equal to no other once the object has ended."""

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
        """Whether the object has ended."""
        return self.reference() is None


class Tensors:
    """The place of a tensor in a key: its dtype and shape."""

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
    """What a trace depends on of an argument; its tensors are added to the list."""
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
    if isinstance(value, list | tuple):
        return kind, tuple([key_of(item, tensors) for item in value])
    if isinstance(value, Mapping):
        return kind, tuple([(key_of(key, tensors), key_of(item, tensors)) for key, item in value.items()])
    return Same(value)


def shown(key: Any) -> str:
    """A part of a key as text."""
    if not isinstance(key, tuple):
        return repr(key)
    kind, value = key
    if kind is float:
        return repr(float.fromhex(value))
    if isinstance(value, tuple) and kind not in NUMBERS:
        if issubclass(kind, list | tuple):
            return f"{kind.__name__}({', '.join(map(shown, value))})"
        return f"{kind.__name__}({', '.join(f'{shown(name)}: {shown(item)}' for name, item in value)})"
    return repr(value)


def with_tensors(value: Any, tensors: Iterator[Tensor]) -> Any:
    """An argument with other tensors in the places of its own, in the order of `key_of`."""
    if isinstance(value, Tensor | np.ndarray | np.generic):
        return next(tensors)
    if isinstance(value, list | tuple):
        items = [with_tensors(item, tensors) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, Mapping):
        changed = {key: with_tensors(item, tensors) for key, item in value.items()}
        kind: Any = type(value)
        return changed if kind is dict else kind(changed)
    return value


def ended(key: Any) -> bool:
    """Whether a key names an object that has ended, so that no call can have it any more."""
    if isinstance(key, tuple):
        return any(ended(item) for item in key)
    return isinstance(key, Same) and key.ended


class Binding:
    """How a function's arguments are named, and of which specs they must be.

    Args:
      function: the function.
      specs: a spec per argument, or a structure of them, or None.
      unbound: the function's first parameter is the instance that a method belongs to, which is no argument.
    """

    def __init__(self, function: Callable[..., Any], specs: Any = None, unbound: bool = False) -> None:
        self.specs = None if specs is None else tuple(specs)
        try:
            self.signature: inspect.Signature | None = inspect.signature(function)
        except (TypeError, ValueError):
            self.signature = None
        if unbound and self.signature is not None:
            self.signature = self.signature.replace(parameters=[*self.signature.parameters.values()][1:])
        if self.specs is not None and self.signature is not None:
            self._check_specs()

    def _check_specs(self) -> None:
        assert self.signature is not None and self.specs is not None
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        places = [parameter for parameter in self.signature.parameters.values() if parameter.kind in kinds]
        free = any(
            parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in self.signature.parameters.values()
        )
        if len(self.specs) > len(places) and not free:
            raise TypeError(
                f"input_signature contains {len(self.specs)} items, the function has {len(places)} positional arguments"
            )

    def bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments in one form, however they were given: by place where they have one, defaults filled in.

        Raises TypeError for arguments that the function does not take, or that do not fit their specs.
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
            fitted = [fit(value, spec) for value, spec in zip(found.args, self.specs, strict=False)]
        except (TypeError, ValueError) as error:
            raise self._misfit(error, args, kwargs) from None
        return (*fitted, *found.args[len(fitted) :]), found.kwargs

    def _misfit(self, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]) -> TypeError:
        return TypeError(
            f"Binding inputs to tf.function failed due to `{error}`. Received args: {args} and kwargs: {kwargs} for "
            f"signature: {self._text()}."
        )

    def bound_specs(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The same of arguments some of which are specs."""
        specs, self.specs = self.specs, None
        try:
            return self.bound(args, kwargs)
        finally:
            self.specs = specs

    def _text(self) -> str:
        assert self.signature is not None
        parts = []
        for place, parameter in enumerate(self.signature.parameters.values()):
            if self.specs is not None and place < len(self.specs):
                parts.append(f"{parameter.name}: {self.specs[place]!r}")
            elif parameter.default is not parameter.empty:
                parts.append(f"{parameter.name}=<captured_default_value>")
            else:
                parts.append(str(parameter))
            if parameter.kind is parameter.KEYWORD_ONLY and not any("*" in part for part in parts):
                parts.insert(-1, "*")
        return f"({', '.join(parts)})"

    def named(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[tuple[str, str, Any]]:
        """The name, kind and value of each argument, those that `*` and `**` take one by one."""
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


def fit(value: Any, spec: Any) -> Any:
    """An argument as tensors of a spec, or of a structure of specs. Raises TypeError where it does not fit."""
    if isinstance(spec, list | tuple) and isinstance(value, list | tuple):
        if len(spec) != len(value):
            raise TypeError(f"Can not cast {value!r} to {spec!r}")
        items = [fit(item, one) for item, one in zip(value, spec, strict=True)]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(spec, Mapping) and isinstance(value, Mapping):
        if spec.keys() != value.keys():
            raise TypeError(f"Can not cast {value!r} to {spec!r}")
        return {key: fit(item, spec[key]) for key, item in value.items()}
    if not isinstance(spec, TensorSpec):
        return value
    tensor = value if isinstance(value, Tensor | BaseVariable) else as_tensor(value, spec.dtype)
    if tensor.dtype != spec.dtype or not TensorShape(tensor.shape).is_subtype_of(spec.shape):
        raise TypeError(
            f"Can not cast {TensorSpec(tensor.shape, tensor.dtype)!r} to {TensorSpec(spec.shape, spec.dtype)!r}"
        )
    return as_tensor(tensor)
