"""Namespaces that are read when a program first asks for something of theirs: importing gradtape takes less time so.

A namespace that is not read to its end shows nothing of itself: who asks reads it, from the start again where an
earlier reading was interrupted, or waits for the thread that does. Each has a lock of its own, which is taken in the
order in which modules import each other, as the import system's are: there are no cycles, so there is no deadlock.
"""

from __future__ import annotations

import os
import sys
from _thread import RLock
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

from gradtape._src.core.missing import explain_in


class _Reading:
    """The lock of a namespace that is not read yet, and whether the thread that holds it is reading."""

    __slots__ = ("begun", "lock")

    def __init__(self) -> None:
        self.lock = RLock()
        self.begun = False


_unread: dict[str, _Reading] = {}
_PLACE = ("__spec__", "__loader__", "__file__", "__cached__", "__package__", "__path__")


class _Unread(ModuleType):
    """A module that has not been accessed yet. It becomes an ordinary one as it is imported."""

    def __getattribute__(self, name: str) -> Any:
        # Tools that look through all modules ask for attributes that hardly any has.
        if not name.startswith("__") or name in ("__all__", "__doc__"):
            _read(self)
        elif name in _PLACE or name == "__dict__":
            _find(self)
        return ModuleType.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        ModuleType.__setattr__(_read(self), name, value)

    def __delattr__(self, name: str) -> None:
        ModuleType.__delattr__(_read(self), name)

    def __dir__(self) -> list[str]:
        return sorted(vars(_read(self)))


def _find(module: ModuleType) -> None:
    """Sets a module's location, which accesses the file system."""
    known = ModuleType.__getattribute__(module, "__dict__")
    if known.get("__spec__") is None:
        whole = known["__name__"]
        home = os.path.join(*sys.modules["gradtape"].__path__, *whole.split(".")[1:-1])
        spec: Any = PathFinder.find_spec(whole, [home])
        if spec.submodule_search_locations is not None:
            known["__path__"] = spec.submodule_search_locations
        known.update(
            __loader__=spec.loader, __file__=spec.origin, __cached__=spec.cached, __package__=spec.parent, __spec__=spec
        )


def _read(module: ModuleType) -> ModuleType:
    reading = _unread.get(module.__name__)
    if reading is not None:
        with reading.lock:
            # Unless another thread has imported it meanwhile, or its own code accesses what it has not defined yet.
            if type(module) is _Unread and not reading.begun:
                reading.begun = True
                try:
                    spec: Any = module.__spec__
                    spec.loader.exec_module(module)
                    object.__setattr__(module, "__class__", ModuleType)
                finally:
                    reading.begun = False
                _unread.pop(module.__name__, None)
                explain_in({module.__name__: module})
    return module


def later(name: str) -> ModuleType:
    """The module gradtape.NAME, to be read later unless another thread is about to read it now."""
    whole = f"gradtape.{name}"
    if whole in sys.modules:
        return sys.modules[whole]
    module = _Unread(whole)
    _unread[whole] = _Reading()
    sys.modules[whole] = module
    return module


def read_all() -> None:
    """Reads what has not been used yet, but for what needs a package that is not installed."""
    for name in list(_unread):
        try:
            _read(sys.modules[name])
        except ModuleNotFoundError as error:
            if (error.name or "gradtape").split(".")[0] == "gradtape":
                raise
