"""keras.tree: functions of nested structures, whose leaves are in the order of tf.nest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradtape._src.core import nest

_DIFFERENT = "Structures don't have the same nested structure."


class MAP_TO_NONE:  # Keras' name
    """Returned by a function to `traverse` to replace its argument by None.

    Example:
      >>> tree = tf.keras.tree
      >>> tree.traverse(lambda x: tree.MAP_TO_NONE if x == 1 else None, [1, 2])
      [None, 2]
    """


def is_nested(structure: Any) -> bool:
    """Whether a value is a structure rather than a leaf.

    Args:
      structure: any object.

    Returns:
      A bool: True for lists, tuples and dicts.

    Example:
      >>> tf.keras.tree.is_nested([1]), tf.keras.tree.is_nested(None)
      (True, False)
    """
    return nest.is_nested(structure)


def flatten(structure: Any) -> list[Any]:
    """The leaves of a structure, as a list.

    Args:
      structure: a nested structure, or a leaf.

    Returns:
      A list, dicts in the order of their sorted keys.

    Raises:
      TypeError: the keys of a dict cannot be sorted.

    Example:
      >>> tf.keras.tree.flatten({"b": [1, 2], "a": 3})
      [3, 1, 2]
    """
    return nest.flatten(structure)


def _items(structure: Any) -> list[tuple[Any, Any]]:
    """The direct children of a structure, each with its key or index."""
    parts = list(nest.children(structure))
    return list(zip(sorted(structure) if isinstance(structure, Mapping) else range(len(parts)), parts, strict=True))


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """The leaves of a structure, each with its path of keys and indices.

    Args:
      structure: a nested structure, or a leaf.

    Returns:
      A list of pairs.

    Raises:
      TypeError: the keys of a dict cannot be sorted.

    Example:
      >>> tf.keras.tree.flatten_with_path({"b": [1, 2]})
      [(('b', 0), 1), (('b', 1), 2)]
    """
    if not nest.is_nested(structure):
        return [((), structure)]
    return [((key, *path), leaf) for key, part in _items(structure) for path, leaf in flatten_with_path(part)]


def _check_like(one: Any, other: Any) -> None:
    """Raises ValueError unless both have the same structure."""
    if not nest.is_nested(one):
        if nest.is_nested(other):
            raise ValueError(_DIFFERENT)
        return
    _check_level(one, other)
    for first, second in zip(nest.children(one), nest.children(other), strict=True):
        _check_like(first, second)


def _check_level(one: Any, other: Any) -> None:
    """Raises ValueError unless both have the same number of children, with the same keys."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if set(one) != set(other):
            message = f"dictionary key mismatch; expected key(s): {sorted(one)}, got key(s): {sorted(other)}"
            for what, keys in (("missing", set(one) - set(other)), ("extra", set(other) - set(one))):
                message += f", {what} key(s): {sorted(keys)}" if keys else ""
            raise ValueError(f"{message}; dict: {other}.")
    elif type(one) is not type(other):
        kinds = "dict, collections.OrderedDict, or collections.defaultdict"
        raise ValueError(
            f"Expected an instance of {kinds if isinstance(one, Mapping) else type(one).__name__}, got {other}."
        )
    elif len(one) != len(other):
        kind = type(one).__name__
        raise ValueError(f"{kind} arity mismatch; expected: {len(one)}, got: {len(other)}; {kind}: {other}.")


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """Applies a function to corresponding leaves of structures.

    Args:
      func: the function, which takes one leaf per structure.
      structures: structures of the same nesting.
      none_is_leaf: whether to call the function for None; else None is kept.

    Returns:
      A structure like the first.

    Raises:
      TypeError: the function is not callable.
      ValueError: structures differ, or there are none.

    Example:
      >>> tf.keras.tree.map_structure(lambda x, y: x + y, {"a": 1, "b": [2]}, {"a": 10, "b": [20]})
      {'a': 11, 'b': [22]}
    """
    if not callable(func):
        raise TypeError(f"`func` must be callable. Received: func={func}")
    if not structures:
        raise ValueError("Must provide at least one structure")
    for other in structures[1:]:
        _check_like(structures[0], other)

    def mapped(*leaves: Any) -> Any:
        return None if leaves[0] is None and not none_is_leaf else func(*leaves)

    leaves = zip(*(nest.flatten(structure) for structure in structures), strict=True)
    return nest.pack_sequence_as(structures[0], [mapped(*each) for each in leaves])


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """Applies a function to the parts of structures that correspond to the leaves of a shallower one.

    Args:
      shallow_structure: the shallower structure.
      func: the function, which takes one part per structure.
      structures: structures with the same nesting down to its leaves.

    Returns:
      A structure like the shallower one.

    Raises:
      ValueError: structures differ, or there are none.

    Example:
      >>> tf.keras.tree.map_structure_up_to([0, 0], lambda x: x, [[1, 2], 3])
      [[1, 2], 3]
    """
    if not structures:
        raise ValueError("Must provide at least one structure")
    if not nest.is_nested(shallow_structure):
        return func(*structures)
    for structure in structures:
        _check_level(shallow_structure, structure)
    parts = zip(nest.children(shallow_structure), *map(nest.children, structures), strict=True)
    found = [map_structure_up_to(shallow, func, *others) for shallow, *others in parts]
    return nest.with_children(shallow_structure, found)


def pack_sequence_as(structure: Any, flat_sequence: Any) -> Any:
    """Packs leaves into a structure like another one.

    Args:
      structure: the other structure.
      flat_sequence: the leaves, as many as it has.

    Returns:
      A structure.

    Raises:
      ValueError: the number of leaves does not match.

    Example:
      >>> tf.keras.tree.pack_sequence_as({"b": [1, 2], "a": 3}, [10, 20, 30])
      {'b': [20, 30], 'a': 10}
    """
    leaves, count = list(flat_sequence), len(nest.flatten(structure))
    if len(leaves) < count:
        raise ValueError(f"Too few leaves for PyTreeSpec; expected: {count}, got: {len(leaves)}.")
    if len(leaves) > count:
        raise ValueError(f"Too many leaves for PyTreeSpec; expected: {count}.")
    return nest.pack_sequence_as(structure, leaves)


def assert_same_structure(a: Any, b: Any, check_types: Any = None) -> None:
    """Raises unless two structures have the same nesting.

    Args:
      a, b: the structures.
      check_types: not used.

    Raises:
      ValueError: they differ.

    Example:
      >>> tf.keras.tree.assert_same_structure([1, {"a": 2}], [3, {"a": 4}])
    """
    _check_like(a, b)


def assert_same_paths(a: Any, b: Any) -> None:
    """Raises unless the leaves of two structures have the same paths, whatever the types of containers.

    Args:
      a, b: the structures.

    Raises:
      ValueError: they differ.

    Example:
      >>> tf.keras.tree.assert_same_paths([1, 2], (3, 4))
    """
    first, second = ({path for path, _ in flatten_with_path(structure)} for structure in (a, b))
    message = "`a` and `b` don't have the same paths."
    for (own, there), (other, missing) in (((first, "a"), (second, "b")), ((second, "b"), (first, "a"))):
        if own - other:
            message += f"\nPaths in `{there}` missing in `{missing}`:\n{own - other}"
    if first != second:
        raise ValueError(message)


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """Traverses a structure, replacing parts by a function's results.

    Args:
      func: the function; None keeps its argument, `MAP_TO_NONE` replaces it by None.
      structure: the structure.
      top_down: whether to visit a structure before its parts, which are not visited if it is replaced.

    Returns:
      A structure.

    Raises:
      TypeError: func is not callable, or the keys of a dict cannot be sorted.

    Example:
      >>> tf.keras.tree.traverse(lambda x: tuple(x) if isinstance(x, list) else None, [[1, 2], 3], top_down=False)
      ((1, 2), 3)
    """

    def within(value: Any) -> Any:
        if not nest.is_nested(value):
            return value
        return nest.with_children(value, [traverse(func, part, top_down) for part in nest.children(value)])

    given = structure if top_down else within(structure)
    found = func(given)
    if found is None:
        return within(structure) if top_down else given
    return None if found is MAP_TO_NONE else found


def lists_to_tuples(structure: Any) -> Any:
    """A structure with lists replaced by tuples.

    Args:
      structure: the structure.

    Returns:
      A structure.

    Raises:
      TypeError: the keys of a dict cannot be sorted.

    Example:
      >>> tf.keras.tree.lists_to_tuples([1, [2, {"a": [3]}]])
      (1, (2, {'a': (3,)}))
    """
    return traverse(lambda value: tuple(value) if isinstance(value, list) else None, structure, top_down=False)


def map_shape_structure(func: Callable[[Any], Any], structure: Any) -> Any:
    """Applies a function to the shapes in a structure.

    Args:
      func: the function.
      structure: a structure of tuples and lists of ints and None.

    Returns:
      A structure.

    Raises:
      TypeError: func is not callable, or the keys of a dict cannot be sorted.

    Example:
      >>> tf.keras.tree.map_shape_structure(len, {"a": (1, None), "b": [(2,), (3, 4)]})
      {'a': 2, 'b': [1, 2]}
    """
    shape = isinstance(structure, list | tuple) and all(size is None or isinstance(size, int) for size in structure)
    if shape or not nest.is_nested(structure):
        return func(structure)
    return nest.with_children(structure, [map_shape_structure(func, part) for part in nest.children(structure)])
