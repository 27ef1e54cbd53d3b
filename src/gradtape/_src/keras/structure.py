"""Caches of traversals of layers, invalidated when layers or variables change."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class _Changes:
    """The number of changes to any layer's parts or trainability."""

    count = 0


def changed() -> None:
    """Notifies of a change to a layer's parts or trainability."""
    _Changes.count += 1


def kept(method: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
    """A method without arguments of a layer that walks through its parts; it is called again after a change."""
    name = method.__name__

    @functools.wraps(method)
    def found(self: Any) -> list[Any]:
        count, values = self._walks.get(name, (-1, None))
        if count != _Changes.count:
            values = method(self)
            self._walks[name] = (_Changes.count, values)
        return values[:]

    return found
