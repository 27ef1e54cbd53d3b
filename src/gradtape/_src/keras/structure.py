"""What is found by walking through layers is kept until anything changes among layers and their variables."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class _Changes:
    """How often a layer got a part, or a part became trainable or not, anywhere."""

    count = 0


def changed() -> None:
    """Says that a layer has another part, or that one is trainable or not from now on."""
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
