"""Shared constructors under the name of each class: errors about arguments name the class that was called."""

from __future__ import annotations

import types
from typing import Any


def name_constructor(kind: type) -> None:
    """Gives a class its own copy of the constructor that it inherits."""
    init: Any = kind.__init__  # type: ignore[misc]
    if "__init__" in vars(kind) or not isinstance(init, types.FunctionType):
        return
    own = types.FunctionType(init.__code__, init.__globals__, init.__name__, init.__defaults__, init.__closure__)
    own.__kwdefaults__, own.__annotations__, own.__doc__ = init.__kwdefaults__, init.__annotations__, init.__doc__
    own.__module__, own.__qualname__ = init.__module__, f"{kind.__qualname__}.__init__"
    kind.__init__ = own  # type: ignore[misc]
