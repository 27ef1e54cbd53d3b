"""Trackable objects: the object graph by which checkpoints name variables.

Variables, lists, tuples and dicts are trackable. Other objects are if their class defines ``_trackable_children()``,
a dict of children by name, or ``_serialize_to_tensors()``, arrays and strings by name, together with
``_restore_from_tensors(values)``. Values of a checkpoint for which an object has no attribute yet are restored when it
gets the attribute, which it signals by `attribute_added`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

from gradtape._engine.state.variable import BaseVariable

# Owners by id that wait for children which they do not have yet, with the callbacks to notify of new children.
_waiting: dict[int, tuple[weakref.ref[Any], list[Callable[[], None]]]] = {}


def is_trackable(value: Any) -> bool:
    """Whether a checkpoint can hold it."""
    kind = type(value)
    return (
        isinstance(value, BaseVariable | list | tuple | dict)
        or hasattr(kind, "_trackable_children")
        or hasattr(kind, "_serialize_to_tensors")
    )


def children(value: Any) -> Iterator[tuple[str, Any]]:
    """The trackable children of a trackable object, by name."""
    held: Any
    if isinstance(value, dict):
        held = ((str(key), part) for key, part in value.items() if isinstance(key, str | int))
    elif isinstance(value, list | tuple):
        held = ((str(place), part) for place, part in enumerate(value))
    elif hasattr(type(value), "_trackable_children"):
        held = value._trackable_children().items()
    else:
        held = ()
    for name, part in held:
        if is_trackable(part):
            yield name, part


def attributes(value: Any) -> dict[str, Any]:
    """An object's trackable attributes, to implement `_trackable_children`."""
    return {name: part for name, part in vars(value).items() if is_trackable(part)}


def wait(owner: Any, told: Callable[[], None]) -> None:
    """Registers `told` to be called whenever the owner may have a new child, as long as the owner exists."""
    at = id(owner)
    if at not in _waiting:
        _waiting[at] = weakref.ref(owner, lambda _: _waiting.pop(at, None)), []
    if told not in _waiting[at][1]:
        _waiting[at][1].append(told)


def stop_waiting(told: Callable[[], None]) -> None:
    """Unregisters for all owners."""
    for at, (_, listeners) in list(_waiting.items()):
        if told in listeners:
            listeners.remove(told)
        if not listeners:
            _waiting.pop(at, None)


def attribute_added(owner: Any) -> None:
    """To be called when an owner gets a child; cheap if nothing is registered."""
    if _waiting and id(owner) in _waiting:
        for told in list(_waiting[id(owner)][1]):
            told()
