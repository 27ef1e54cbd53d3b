"""Nested structures of lists, tuples, dicts, named tuples and classes that define how they flatten.

Everything that is none of these is a leaf: numbers, strings, arrays, tensors, sets and plain objects. Dictionaries
flatten in the order of their sorted keys. A class nests by defining ``__tf_flatten__(self) -> (metadata, components)``
and the class method ``__tf_unflatten__(cls, metadata, components)``; a plain dataclass, without them, is a leaf.
So are composite tensors, unless ``expand_composites`` requests their component tensors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, MappingView, Sequence
from typing import Any

import numpy as np

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.composite import CompositeTensor

# Types known to be leaves, so that the slower questions of is_nested are not asked.
_LEAVES: set[type] = {int, float, bool, complex, str, bytes, type(None), np.ndarray, Tensor}


def register_leaf(leaf_type: type) -> None:
    """Marks a type as a leaf, which only makes flattening it faster."""
    _LEAVES.add(leaf_type)


def is_nested(seq: Any) -> bool:
    """Whether a value is a structure rather than a leaf.

    Args:
      seq: any object.

    Returns:
      A bool: True for lists, tuples, dicts and classes that define how they flatten.

    Example:
      >>> tf.nest.is_nested([1, 2]), tf.nest.is_nested(tf.constant([1, 2]))
      (True, False)
    """
    kind = type(seq)
    if kind is list or kind is tuple or kind is dict:
        return True
    if kind in _LEAVES:
        return False
    return isinstance(seq, Mapping | MappingView) or _is_sequence(seq) or _has_protocol(seq)


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves of a structure in order; a leaf alone gives a list of one.

    Dictionaries flatten in the order of their sorted keys.

    Args:
      structure: a nested structure, or a leaf.
      expand_composites: whether IndexedSlices and SparseTensors are flattened to their components.

    Returns:
      A list.

    Raises:
      TypeError: a dictionary's keys cannot be sorted.

    Example:
      >>> tf.nest.flatten({"b": [1, 2], "a": (3, {"c": 4})})
      [3, 4, 1, 2]
    """
    if not _opens(structure, expand_composites):
        return [structure]
    leaves: list[Any] = []
    _collect(structure, leaves, expand_composites)
    return leaves


def pack_sequence_as(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    """Arranges a flat sequence of leaves as a structure.

    Args:
      structure: the structure; its own leaves do not count.
      flat_sequence: the leaves, in the order of `flatten`.
      expand_composites: whether IndexedSlices and SparseTensors are made again of as many tensors as they have.

    Returns:
      A structure like the first. Dictionaries keep their own order of keys.

    Raises:
      TypeError: ``flat_sequence`` is not a sequence, or a dictionary's keys cannot be sorted.
      ValueError: the number of leaves differs.

    Example:
      >>> tf.nest.pack_sequence_as({"a": 0, "b": [0, 0]}, [1, 2, 3])
      {'a': 1, 'b': [2, 3]}
    """
    by_name = isinstance(flat_sequence, Mapping) and not all(map(flat_sequence.__contains__, range(len(flat_sequence))))
    if not is_nested(flat_sequence) or by_name:
        raise TypeError(
            f"Attempted to pack value:\n  {flat_sequence}\ninto a structure, but found incompatible type "
            f"`{type(flat_sequence)}` instead."
        )
    if not _opens(structure, expand_composites):
        if len(flat_sequence) != 1:
            raise ValueError(
                f"The target structure is of type `{type(structure)}`\n  {structure}\nHowever the input is a sequence "
                f"({type(flat_sequence)}) of length {len(flat_sequence)}.\n  {flat_sequence}\nnest cannot guarantee "
                "that it is safe to map one to the other."
            )
        return flat_sequence[0]
    try:
        atoms = len(flatten(structure, expand_composites))
    except TypeError:
        raise TypeError("nest only supports dicts with sortable keys.") from None
    if atoms != len(flat_sequence):
        raise ValueError(
            f"Could not pack sequence. Structure had {atoms} atoms, but flat_sequence had {len(flat_sequence)} items.  "
            f"Structure: {structure}, flat_sequence: {flat_sequence}."
        )
    return _build(structure, iter([flat_sequence[i] for i in range(atoms)]), expand_composites)


def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """Calls a function with corresponding leaves of structures and packs the results like the first.

    Args:
      func: a function of as many leaves as there are structures.
      *structure: structures that nest alike.
      **kwargs: `check_types`, True by default: whether sequences must be of the same type; `expand_composites`,
        False by default; whether the function is called with the tensors that IndexedSlices and SparseTensors are
        made of.

    Returns:
      A structure like the first.

    Raises:
      TypeError: ``func`` is not callable, or (unless ``check_types=False``) sequences differ in type.
      ValueError: structures differ, there are none, or a keyword is unknown.

    Example:
      >>> tf.nest.map_structure(lambda x, y: x + y, {"a": 1, "b": [2]}, {"a": 10, "b": [20]})
      {'a': 11, 'b': [22]}
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    check_types = kwargs.pop("check_types", True)
    expand = kwargs.pop("expand_composites", False)
    if kwargs:
        names = "`, `".join(kwargs)
        raise ValueError(f"Only valid keyword arguments are `check_types` and `expand_composites`, not: `{names}`")
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types=check_types, expand_composites=expand)
    results = map(func, *[flatten(each, expand) for each in structure])
    return _build(structure[0], results, expand) if _opens(structure[0], expand) else next(results)


def assert_same_structure(nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False) -> None:
    """Checks that two structures nest alike.

    Lists match lists, and mappings match mappings with the same keys; other types must be equal, or named tuples of
    one name and fields.

    Args:
      nest1: a structure.
      nest2: another.
      check_types: whether types count, or only the shape of the nesting.
      expand_composites: whether IndexedSlices and SparseTensors must match at their positions.

    Raises:
      ValueError: different nesting, lengths or keys.
      TypeError: different types.

    Example:
      >>> tf.nest.assert_same_structure([1, (2, 3)], [4, (5, 6)])
    """
    difference = _difference(nest1, nest2, check_types, expand_composites)
    if difference is None:
        return
    kind, reason = difference
    raise kind(
        "The two structures don't have the same nested structure.\n\n"
        f"First structure: {_described(nest1)}\n\nSecond structure: {_described(nest2)}\n\n"
        f"More specifically: {reason}\n"
        f"Entire first structure:\n{_outline(nest1)}\nEntire second structure:\n{_outline(nest2)}"
    )


class _Dot:
    def __repr__(self) -> str:
        return "."


def _outline(structure: Any) -> str:
    """The structure with a dot for each leaf."""
    return str(map_structure(lambda _: _Dot(), structure))


def _described(value: Any) -> str:
    return f"type={type(value).__name__} str={value}"


def _full_name(kind: type) -> str:
    """A type's name as C code prints it: types written in Python have no module in theirs."""
    on_heap, immutable = kind.__flags__ & 1 << 9, kind.__flags__ & 1 << 8  # C types may be on the heap, too
    written_in_python = on_heap and not immutable
    return kind.__name__ if written_in_python or kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _difference(one: Any, two: Any, check_types: bool, expand: bool) -> tuple[type[Exception], str] | None:
    """The first difference found depth first: the exception's class and reason."""
    nested = _opens(one, expand)
    if nested != _opens(two, expand):
        inner, leaf = (one, two) if nested else (two, one)
        return ValueError, (
            f'Substructure "{_described(inner)}" is a sequence, while substructure "{_described(leaf)}" is not'
        )
    if not nested:
        return None
    if isinstance(one, CompositeTensor) and isinstance(two, CompositeTensor):
        if _kinds(one) == _kinds(two):
            return None
        return ValueError, (
            f"Incompatible CompositeTensor TypeSpecs: {_described(_specification(one))} vs. "
            f"{_described(_specification(two))}"
        )
    if check_types or isinstance(one, CompositeTensor) or isinstance(two, CompositeTensor):
        if not _same_type(one, two):
            return TypeError, (
                "The two namedtuples don't have the same sequence type. "
                f"First structure {_described(one)} has type {_full_name(type(one))}, "
                f"while second structure {_described(two)} has type {_full_name(type(two))}"
            )
        if isinstance(one, Mapping) and set(one) != set(two):
            return ValueError, (
                "The two dictionaries don't have the same set of keys. "
                f"First structure has keys {_described(list(one))}, "
                f"while second structure has keys {_described(list(two))}"
            )
    ones, twos = list(children(one)), list(children(two))
    for first, second in zip(ones, twos, strict=False):
        difference = _difference(first, second, check_types, expand)
        if difference is not None:
            return difference
    if len(ones) != len(twos):
        return ValueError, (
            "The two structures don't have the same number of elements. "
            f"First structure: {_described(one)}. Second structure: {_described(two)}"
        )
    return None


def _same_type(one: Any, two: Any) -> bool:
    if type(one) is type(two) or (isinstance(one, list) and isinstance(two, list)):
        return True
    if isinstance(one, Mapping):
        return isinstance(two, Mapping)
    return (
        _is_namedtuple(one)
        and _is_namedtuple(two)
        and type(one).__name__ == type(two).__name__
        and one._fields == two._fields
    )


def _kinds(composite: CompositeTensor) -> tuple[Any, ...]:
    """What two composite tensors must have in common: the class, and the dtypes of their components."""
    return type(composite), *[part.dtype for part in children(composite)]


def _specification(composite: CompositeTensor) -> Any:
    return getattr(composite, "_type_spec", composite)


def _opens(value: Any, expand: bool) -> bool:
    """Whether there are leaves below a value."""
    return is_nested(value) or (expand and isinstance(value, CompositeTensor))


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _has_protocol(value: Any) -> bool:
    return hasattr(value, "__tf_flatten__") and hasattr(value, "__tf_unflatten__") and not isinstance(value, type)


def _is_namedtuple(value: Any) -> bool:
    return isinstance(value, tuple) and isinstance(getattr(value, "_fields", None), tuple)


def children(structure: Any) -> Iterable[Any]:
    """The direct items of a structure, in flattening order."""
    if isinstance(structure, list | tuple):
        return structure
    if isinstance(structure, Mapping):
        return [structure[key] for key in sorted(structure)]
    if isinstance(structure, CompositeTensor):
        return [part for part in structure._parts() if part is not None]
    if _has_protocol(structure):
        return structure.__tf_flatten__()[1]
    return structure


def _collect(structure: Any, leaves: list[Any], expand: bool) -> None:
    for child in children(structure):
        if _opens(child, expand):
            _collect(child, leaves, expand)
        else:
            leaves.append(child)


def _build(structure: Any, leaves: Any, expand: bool) -> Any:
    """A structure like this one that takes its leaves, in flattening order, from an iterator."""
    parts = [_build(child, leaves, expand) if _opens(child, expand) else next(leaves) for child in children(structure)]
    return with_children(structure, parts)


def with_children(structure: Any, parts: list[Any]) -> Any:
    """A structure like this one that holds these things directly, which are in flattening order."""
    kind = type(structure)
    if kind is list or kind is range or isinstance(structure, MappingView):
        return parts
    if isinstance(structure, Mapping):
        values = dict(zip(sorted(structure), parts, strict=True))
        pairs = [(key, values[key]) for key in structure]
        return defaultdict(structure.default_factory, pairs) if kind is defaultdict else kind(pairs)  # type: ignore
    if _is_namedtuple(structure) or isinstance(structure, CompositeTensor):
        return kind(*parts)
    if _has_protocol(structure):
        return kind.__tf_unflatten__(structure.__tf_flatten__()[0], tuple(parts))
    return kind(parts)
