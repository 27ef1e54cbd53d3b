"""Namespaces that are read when a program first asks for something of theirs: importing gradtape takes less time so."""

from __future__ import annotations

import sys
from _thread import RLock
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

_reading = RLock()
_unread: list[_Unread] = []


class _Unread(ModuleType):
    """A module of which nothing was asked yet. It becomes an ordinary one as it is read."""

    def __getattr__(self, name: str) -> Any:
        return ModuleType.__getattribute__(_read(self), name)

    def __dir__(self) -> list[str]:
        return dir(_read(self))

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        return _read(self).__doc__


def _read(module: ModuleType) -> ModuleType:
    with _reading:
        # Not if another thread has read it meanwhile, or its own code asks for what it has not come to yet.
        if module in _unread:
            _unread.remove(module)
            try:
                module.__spec__.loader.exec_module(module)
            except BaseException:
                _unread.append(module)
                raise
            module.__class__ = ModuleType
    return module


def later(name: str) -> ModuleType:
    """The submodule of gradtape of this name, to be read later."""
    whole = f"gradtape.{name}"
    module = _Unread(whole)
    module.__spec__ = PathFinder.find_spec(whole, sys.modules["gradtape"].__path__)
    module.__loader__, module.__file__ = module.__spec__.loader, module.__spec__.origin
    module.__package__ = "gradtape"
    sys.modules[whole] = module
    _unread.append(module)
    return module


def read_all() -> None:
    """Reads what nobody has asked for yet."""
    while _unread:
        _read(_unread[0])
