"""Name scopes."""

from __future__ import annotations

from _thread import _local  # threading.local, without importing threading
from typing import Any


class _Current(_local):
    """The current scope of a thread, with its slash, and the enclosing ones."""

    scope = ""


_current = _Current()


class name_scope:
    """A context that prefixes the names of variables with its name, after those of enclosing scopes.

    A name that ends in a slash is absolute, and an empty one leaves all scopes. Entering
    returns the whole prefix.

    Args:
      name: the scope's name.

    Raises:
      ValueError: the name is not a string.

    Example:
      >>> with tf.name_scope("encoder"), tf.name_scope("first"):
      ...     print(tf.Variable(1.0, name="weight").name)
      encoder/first/weight:0
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise ValueError("name for name_scope must be a string.")
        self._name = name
        self._left: list[str] = []

    @property
    def name(self) -> str:
        """The name as given."""
        return self._name

    def __enter__(self) -> str:
        self._left.append(_current.scope)
        whole = not self._name or self._name.endswith("/")
        _current.scope = self._name if whole else f"{_current.scope}{self._name}/"
        return _current.scope

    def __exit__(self, *exception: Any) -> None:
        _current.scope = self._left.pop()


def get_current_name_scope() -> str:
    """The current scopes, joined by slashes.

    Returns:
      A str, empty outside of all scopes.

    Example:
      >>> with tf.name_scope("encoder"), tf.name_scope("first"):
      ...     tf.get_current_name_scope()
      'encoder/first'
    """
    return _current.scope.rstrip("/")


def name_prefix() -> str:
    """The prefix of the current scopes."""
    return _current.scope
