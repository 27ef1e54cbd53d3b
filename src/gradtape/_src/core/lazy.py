"""Namespaces that are read when a program first asks for something of theirs: importing gradtape takes less time so."""

from __future__ import annotations

import os
import sys
from _thread import RLock
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

from gradtape._src.core.missing import explain_in

_reading = RLock()
_unread: list[_Unread] = []


class _Unread(ModuleType):
    """A module of which nothing was asked yet. It becomes an ordinary one as it is read."""

    def __getattr__(self, name: str) -> Any:
        # What looks through all modules asks for what hardly any has.
        if name.startswith("__") and name != "__all__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)
        return ModuleType.__getattribute__(_read(self), name)

    def __setattr__(self, name: str, value: Any) -> None:
        ModuleType.__setattr__(_read(self), name, value)

    def __delattr__(self, name: str) -> None:
        ModuleType.__delattr__(_read(self), name)

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
            object.__setattr__(module, "__class__", ModuleType)
            explain_in({module.__name__: module})
    return module


def later(name: str) -> ModuleType:
    """The module gradtape.NAME, to be read later unless another thread is about to read it now."""
    whole = f"gradtape.{name}"
    if whole in sys.modules:
        return sys.modules[whole]
    module = _Unread(whole)
    home = os.path.join(*sys.modules["gradtape"].__path__, *name.split(".")[:-1])
    spec = PathFinder.find_spec(whole, [home])
    module.__dict__.update(
        __spec__=spec, __loader__=spec.loader, __file__=spec.origin, __cached__=spec.cached, __package__=spec.parent
    )
    if spec.submodule_search_locations is not None:
        module.__dict__["__path__"] = spec.submodule_search_locations
    sys.modules[whole] = module
    _unread.append(module)
    return module


def read_all() -> None:
    """Reads what nobody has asked for yet."""
    with _reading:
        while _unread:
            _read(_unread[0])
