"""Caches of traversals of layers, invalidated when layers or variables change."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class _Changes:
    """The number of changes to any layer's parts or trainability."""

    count = 0


def changed() -> None:
    """Signals a change to a layer's parts or trainability."""
    _Changes.count += 1


def kept(method: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
    """Decorates a method of a layer that traverses its parts; its result is cached until a change."""
    name = method.__name__

    @functools.wraps(method)
    def found(self: Any) -> list[Any]:
        count, values = self._walks.get(name, (-1, None))
        if count != _Changes.count:
            values = method(self)
            self._walks[name] = (_Changes.count, values)
        return values[:]

    return found
