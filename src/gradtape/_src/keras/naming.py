"""Names: default names of objects, and the paths of variables within layers."""

from __future__ import annotations

import re
from _thread import _local
from typing import Any

_counts: dict[str, int] = {}
_scopes = _local()


def to_snake_case(name: str) -> str:
    """A class's name in snake case: "BatchNormalization" is "batch_normalization", "Conv2D" "conv2d"."""
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()


def auto_name(prefix: str) -> str:
    """The prefix in snake case, numbered from its second use on."""
    return uniquify(to_snake_case(prefix))


def uniquify(name: str) -> str:
    """A name, numbered from its second use on."""
    count = _counts.get(name, -1) + 1
    _counts[name] = count
    return f"{name}_{count}" if count else name


def get_uid(prefix: str = "") -> int:
    """The next number for a name.

    Args:
      prefix: the name.

    Returns:
      An int, starting with 1.

    Raises:
      TypeError: the prefix is not hashable.

    Example:
      >>> tf.keras.backend.get_uid("an example of names")
      1
    """
    count = _counts.get(prefix, 0) + 1
    _counts[prefix] = count
    return count


def reset_uids() -> None:
    """Restarts the numbering of names.

    Example:
      >>> tf.keras.backend.reset_uids()
    """
    _counts.clear()


def check(name: Any) -> str:
    """The name, if it is valid in variables' paths; ValueError otherwise."""
    if not isinstance(name, str) or "/" in name:
        raise ValueError(
            "Argument `name` must be a string and cannot contain character `/`. "
            f"Received: name={name} (of type {type(name)})"
        )
    return name


class name_scope:
    """A context in which variables' paths begin with a name.

    Args:
      name: the name.
      caller: the object whose scope it is; nested scopes of the same object have no effect.
      parent: the path of the enclosing scope; by default the current one.

    Raises:
      ValueError: the name contains "/".

    Example:
      >>> with tf.keras.name_scope("block"):
      ...     v = tf.keras.Variable(1.0, name="v")
      >>> v.path
      'block/v'
    """

    __slots__ = ("caller", "name", "opened", "parent")

    def __init__(self, name: str, caller: Any = None, parent: str | None = None) -> None:
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                f"Argument `name` must be a string and cannot contain character `/`. Received: name={name}"
            )
        self.name: str = name
        self.caller: Any = caller
        self.parent: str | None = parent

    def __enter__(self) -> name_scope:
        stack = _stack()
        within = stack[-1] if stack else None
        self.opened: bool = not (
            within is not None and self.caller is not None and within.caller is self.caller and within.name == self.name
        )
        if self.opened:
            stack.append(self)
        return self

    def __exit__(self, *exception: Any) -> None:
        if self.opened:
            _stack().pop()


def _stack() -> list[name_scope]:
    try:
        return _scopes.stack
    except AttributeError:
        _scopes.stack = []
        return _scopes.stack


def current_path() -> str:
    """The path of the open scopes."""
    parts: list[str] = []
    for scope in _stack():
        if scope.parent is not None:
            parts = [part for part in scope.parent.split("/") if part]
        parts.append(scope.name)
    return "/".join(parts)
