"""Trackable objects: what holds variables, under names that checkpoints know them by.

A variable is trackable, and a list, tuple or dict; any other object is if its class has ``_trackable_children()``, what
it holds by name, or ``_serialize_to_tensors()``, arrays and texts by name, and ``_restore_from_tensors(values)``. What
a checkpoint has and an object has not yet is restored when the object gets it: it tells so by `attribute_added`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

from gradtape._engine.state.variable import BaseVariable

# Owners by id that wait for children which they do not have yet, and who is told when they may have got some.
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
    """What a trackable object holds that is trackable, with its names."""
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
    """The trackable ones among an object's attributes, for its `_trackable_children`."""
    return {name: part for name, part in vars(value).items() if is_trackable(part)}


def wait(owner: Any, told: Callable[[], None]) -> None:
    """Has `told` called whenever the owner may have got another child, as long as the owner lives."""
    at = id(owner)
    if at not in _waiting:
        _waiting[at] = weakref.ref(owner, lambda _: _waiting.pop(at, None)), []
    if told not in _waiting[at][1]:
        _waiting[at][1].append(told)


def stop_waiting(told: Callable[[], None]) -> None:
    """Ends what `wait` began, for all owners."""
    for at, (_, listeners) in list(_waiting.items()):
        if told in listeners:
            listeners.remove(told)
        if not listeners:
            _waiting.pop(at, None)


def attribute_added(owner: Any) -> None:
    """To be called when an owner got a child; it costs next to nothing while nothing waits for an attribute."""
    if _waiting and id(owner) in _waiting:
        for told in list(_waiting[id(owner)][1]):
            told()
