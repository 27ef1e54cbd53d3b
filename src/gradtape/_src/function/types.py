"""Types of arguments and results: printing, matching and relaxing them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.core.tensor_spec import TensorSpec
from gradtape._src.function.structures import kind_of, parts_of


class VariableType(NamedTuple):
    """A variable among the arguments. place: its index among them, to distinguish one given twice from two."""

    spec: TensorSpec
    trainable: bool
    place: int

    def __repr__(self) -> str:
        return (
            f"VariableSpec(shape={self.spec.shape}, dtype={self.spec.dtype!r}, trainable={self.trainable}, "
            f"alias_id={self.place})"
        )


class Literal(NamedTuple):
    """A Python value, or an object by identity."""

    kind: type
    value: Any

    def __repr__(self) -> str:
        return f"Literal[{self.value!r}]" if self.kind in PLAIN else f"<{self.kind.__name__}>"


class StructureType(NamedTuple):
    """A structure of types."""

    kind: type
    names: Any
    items: tuple[Any, ...]

    def in_order(self, names: tuple[Any, ...]) -> StructureType:
        """The type of a mapping with its keys in another order, which is equal."""
        if names == self.names or set(names) != set(self.names):
            return self
        items = dict(zip(self.names, self.items, strict=True))
        return StructureType(self.kind, names, tuple([items[name] for name in names]))

    def __repr__(self) -> str:
        if issubclass(self.kind, list | tuple) and self.names is None:
            return f"{'List' if issubclass(self.kind, list) else 'Tuple'}[{', '.join(map(repr, self.items))}]"
        if issubclass(self.kind, Mapping | tuple) or hasattr(self.kind, "__attrs_attrs__"):
            shown = "Dict" if issubclass(self.kind, Mapping) else self.kind.__name__
            pairs = [f"[{name!r}, {item!r}]" for name, item in zip(self.names, self.items, strict=True)]
            return f"{shown}[{', '.join(pairs)}]"
        return f"CustomNestTraceType [metadata={self.names!r}, components={self.items!r}]"


PLAIN = (bool, int, float, str, bytes, complex, type(None))


def type_of(value: Any, variables: list[BaseVariable] | None = None) -> Any:
    """The type of an argument. Variables are identified by their index in a list; without one by value."""
    if isinstance(value, TensorSpec):
        return value
    if isinstance(value, BaseVariable) and variables is not None:
        place = next((place for place, known in enumerate(variables) if known is value), len(variables))
        if place == len(variables):
            variables.append(value)
        return VariableType(TensorSpec(value.shape, value.dtype), value.trainable, place)
    if isinstance(value, Tensor | BaseVariable | StringTensor):
        return TensorSpec(value.shape, value.dtype)
    if isinstance(value, np.ndarray | np.generic):
        return TensorSpec.from_tensor(as_tensor(value))
    parts = parts_of(value)
    if parts is not None:
        types = tuple([type_of(item, variables) for item in parts.items])
        made = StructureType(kind_of(value), parts.names, types)
        return made.in_order(tuple(value)) if isinstance(value, Mapping) else made
    return Literal(type(value), value if type(value) in PLAIN else id(value))


def common(one: Any, other: Any) -> Any:
    """The most specific type that includes both; None if there is none."""
    if isinstance(one, TensorSpec) and isinstance(other, TensorSpec):
        return one.most_specific_common_supertype([other])
    if isinstance(one, VariableType) and isinstance(other, VariableType):
        spec = common(one.spec, other.spec)
        return None if spec is None or one[1:] != other[1:] else VariableType(spec, one.trainable, one.place)
    if isinstance(one, StructureType) and isinstance(other, StructureType):
        if issubclass(other.kind, Mapping):
            other = other.in_order(one.names) if issubclass(one.kind, Mapping) else other
        if (one.kind, one.names) != (other.kind, other.names):
            return None
        items = all_common(one.items, other.items)
        return None if items is None else StructureType(one.kind, one.names, items)
    return one if one == other else None


def all_common(ones: Sequence[Any], others: Sequence[Any]) -> tuple[Any, ...] | None:
    """`common` of corresponding types; None if any is None or the lengths differ."""
    found = [common(one, other) for one, other in zip(ones, others, strict=False)]
    return None if len(ones) != len(others) or any(item is None for item in found) else tuple(found)


def covers(general: Sequence[Any], types: Sequence[Any]) -> bool:
    """Whether the general types include these."""
    return all_common(general, types) == tuple(general)


def relaxed(types: Sequence[Any], known: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    """Types relaxed to include the known ones if they have a common type."""
    return functools.reduce(lambda types, others: all_common(types, others) or types, known, tuple(types))
