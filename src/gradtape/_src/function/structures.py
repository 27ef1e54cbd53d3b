"""Structures of arguments and results: splitting objects into parts, and rebuilding them from others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gradtape._engine.function.trace import install_parts
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.composite import CompositeTensor
from gradtape._src.core.tensor_spec import CompositeSpec
from gradtape._src.ops.tensor_arrays import TensorArray

LEAVES = (Tensor, int, float, bool, str, bytes, complex, type(None))


class Make(NamedTuple):
    """Builds an object from a tuple of parts; equal to builders that do the same."""

    how: Callable[..., Any]
    known: tuple[Any, ...]

    def __call__(self, items: tuple[Any, ...]) -> Any:
        return self.how(*self.known, items)


class Parts(NamedTuple):
    """The parts of an object.

    Attributes:
      names: of the parts, or other things that it consists of besides them; None where there are no such.
      items: the parts.
      make: makes an object like it of a tuple of parts.
    """

    names: Any
    items: tuple[Any, ...]
    make: Make


def parts_of(value: Any) -> Parts | None:
    """The parts of an object; None if it is not a structure."""
    kind = type(value)
    if kind in LEAVES:
        return None
    if isinstance(value, list | tuple):
        fields = getattr(kind, "_fields", None)
        if isinstance(value, tuple) and fields is not None:
            return Parts(tuple(fields), tuple(value), Make(_call_with, (kind,)))
        return Parts(None, tuple(value), Make(kind, ()))
    if isinstance(value, Mapping):
        names = in_order(value)
        return Parts(
            tuple(names), tuple([value[name] for name in names]), Make(_mapping, (kind_of(value), list(value), names))
        )
    if isinstance(value, CompositeTensor | CompositeSpec):
        return Parts(None, value._parts(), Make(_call_with, (kind_of(value),)))
    if isinstance(value, TensorArray):
        known, items = value._parts()
        return Parts(known, items, Make(kind._of_parts, (known,)))
    if isinstance(value, type):
        return None
    if hasattr(value, "__tf_flatten__") and hasattr(value, "__tf_unflatten__"):
        metadata, items = value.__tf_flatten__()
        return Parts(metadata, tuple(items), Make(kind.__tf_unflatten__, (metadata,)))
    if hasattr(kind, "__attrs_attrs__"):
        names = [attribute.name for attribute in kind.__attrs_attrs__]
        return Parts(tuple(names), tuple([getattr(value, name) for name in names]), Make(_call_with, (kind,)))
    return None


install_parts(parts_of)


def kind_of(value: Any) -> type:
    """The class to rebuild an object with: default factories are dropped, as in TensorFlow."""
    if isinstance(value, CompositeSpec):
        return value.value_type
    return dict if type(value) is defaultdict else type(value)


def in_order(mapping: Mapping[Any, Any]) -> list[Any]:
    """A mapping's keys, sorted if possible, so that their order does not matter."""
    try:
        return sorted(mapping)
    except TypeError:
        return list(mapping)


def mapped(function: Callable[[Any], Any], value: Any) -> Any:
    """Applies a function to the leaves of a structure."""
    parts = parts_of(value)
    return function(value) if parts is None else parts.make(tuple([mapped(function, item) for item in parts.items]))


def leaves(value: Any) -> list[Any]:
    """The leaves of a structure, in order."""
    parts = parts_of(value)
    return [value] if parts is None else [leaf for item in parts.items for leaf in leaves(item)]


def _call_with(kind: Any, items: tuple[Any, ...]) -> Any:
    return kind(*items)


def _mapping(kind: Any, order: list[Any], names: list[Any], items: tuple[Any, ...]) -> Any:
    values = dict(zip(names, items, strict=True))
    return kind([(name, values[name]) for name in order])
