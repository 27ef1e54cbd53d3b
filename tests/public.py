"""Every public name of gradtape: the contents of its public modules, and the members of its classes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import gradtape


def modules(module: ModuleType = gradtape) -> Iterator[ModuleType]:
    """The public modules, each once."""
    seen = {module.__name__}
    waiting = [module]
    while waiting:
        yield (found := waiting.pop())
        for name in dir(found):
            part = getattr(found, name)
            if not name.startswith("_") and inspect.ismodule(part) and part.__name__ not in seen:
                seen.add(part.__name__)
                waiting.append(part)


def is_ours(thing: Any) -> bool:
    return str(getattr(thing, "__module__", None) or "").startswith("gradtape")


def callables() -> dict[str, Callable[..., Any]]:
    """Functions and classes by the first name under which they are found, relative to `tf`."""
    found: dict[int, tuple[str, Callable[..., Any]]] = {}
    for module in sorted(modules(), key=lambda module: module.__name__):
        for name in sorted(dir(module)):
            thing = getattr(module, name)
            if not name.startswith("_") and callable(thing) and is_ours(thing):
                place = f"{module.__name__}.{name}".removeprefix("gradtape.")
                found.setdefault(id(thing), (place, thing))
    return dict(found.values())


def members(thing: Any) -> dict[str, Any]:
    """The public methods and properties of a class, including those inherited from gradtape's classes."""
    found: dict[str, Any] = {}
    for base in thing.__mro__ if isinstance(thing, type) else ():
        if is_ours(base):
            for name, member in vars(base).items():
                # scikit-learn adds methods to classes derived from its own.
                if not name.startswith("_") and not type(member).__module__.startswith("sklearn"):
                    found.setdefault(name, member)
    return found
