"""Plain dataclasses as structures.

TensorFlow nests dataclasses that define flattening, by `__tf_flatten__` and `__tf_unflatten__`; any other is a leaf,
and is one to `tf.nest` here too. Tapes, accumulators and the functional forms open plain dataclasses besides. Of their
fields those count, in order, that hold a tensor, variable or array, or a structure with one in it; the others stay as
they are.
"""

from __future__ import annotations

from typing import Any

from gradtape._src.core import nest


class Record:
    """A plain dataclass under the names of those of its fields that count."""

    def __init__(self, template: Any, names: tuple[str, ...], values: tuple[Any, ...]) -> None:
        self.template = template
        self.names = names
        self.values = values

    def __tf_flatten__(self) -> tuple[Any, tuple[Any, ...]]:
        return (self.template, self.names), self.values

    @classmethod
    def __tf_unflatten__(cls, metadata: Any, components: tuple[Any, ...]) -> Any:
        """A copy of the dataclass with these values, without running its methods; frozen ones are copied too."""
        import copy  # few programs have dataclasses

        template, names = metadata
        made = copy.copy(template)
        for name, value in zip(names, components, strict=True):
            object.__setattr__(made, name, value)
        return made


def opened(structure: Any) -> Any:
    """The structure with its plain dataclasses replaced by Records."""
    if not any(_is_plain(leaf) for leaf in nest.flatten(structure)):
        return structure
    return nest.map_structure(lambda leaf: _opened(leaf) if _is_plain(leaf) else leaf, structure)


def opened_like(shape: Any, structure: Any) -> Any:
    """The structure with Records where `shape`, opened, has them, of the same fields, which may be None."""
    if isinstance(shape, Record) and type(structure) is type(shape.template):
        values = [
            opened_like(value, getattr(structure, name)) for name, value in zip(shape.names, shape.values, strict=True)
        ]
        return Record(structure, shape.names, tuple(values))
    if isinstance(shape, list | tuple) and isinstance(structure, list | tuple) and len(shape) == len(structure):
        return [opened_like(*pair) for pair in zip(shape, structure, strict=True)]
    if isinstance(shape, dict) and isinstance(structure, dict) and shape.keys() == structure.keys():
        return {key: opened_like(value, structure[key]) for key, value in shape.items()}
    return structure


def _is_plain(leaf: Any) -> bool:
    return hasattr(type(leaf), "__dataclass_fields__") and any(_counts(value) for value in _fields(leaf).values())


def _fields(leaf: Any) -> dict[str, Any]:
    """A dataclass's fields."""
    return {name: getattr(leaf, name) for name in type(leaf).__dataclass_fields__ if hasattr(leaf, name)}


def _counts(value: Any) -> bool:
    return any((hasattr(leaf, "dtype") and hasattr(leaf, "shape")) or _is_plain(leaf) for leaf in nest.flatten(value))


def _opened(leaf: Any) -> Record:
    fields = {name: opened(value) for name, value in _fields(leaf).items() if _counts(value)}
    return Record(leaf, tuple(fields), tuple(fields.values()))
