"""Namespaces and functions that are read when a program first asks for them: importing gradtape takes less time so.

Signal handlers wait while something is read (`uninterrupted`). A namespace that is not read to its end shows nothing of
itself: who asks reads it, from the start again where an earlier reading failed, or waits for the thread that does.
Each has a lock of its own, which is taken in the order in which modules import each other, as the import system's are:
there are no cycles, so there is no deadlock.

The names of gradtape itself whose modules are read later are found one by one (`names_later`). Python finds a module's
name where it was the last time only in modules of no class of their own (`missing`), so a program that has asked for
many, in a loop, has all of them read, and the class is gone.
"""

from __future__ import annotations

import contextlib
import os
import sys
from _thread import RLock, allocate_lock
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from gradtape._src.core.missing import explain_in
from gradtape._src.core.uninterrupted import uninterrupted


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
                uninterrupted(lambda: _execute(module, reading))
                _unread.pop(module.__name__, None)
                explain_in({module.__name__: module})
    return module


def _execute(module: ModuleType, reading: _Reading) -> None:
    if type(module) is _Unread:  # a signal handler may have read it before signals waited
        reading.begun = True
        try:
            spec: Any = module.__spec__
            spec.loader.exec_module(module)
            object.__setattr__(module, "__class__", ModuleType)
        finally:
            reading.begun = False


def later(name: str) -> ModuleType:
    """The module gradtape.NAME, to be read later unless another thread is about to read it now."""
    whole = f"gradtape.{name}"
    if whole in sys.modules:
        return sys.modules[whole]
    module = _Unread(whole)
    _unread[whole] = _Reading()
    sys.modules[whole] = module
    return module


class _Partial(ModuleType):
    """A module of which some names are not read yet. It becomes an ordinary one when all are."""

    def __getattribute__(self, name: str) -> Any:
        known = ModuleType.__getattribute__(self, "__dict__")
        if name in ("__all__", "__dict__"):
            _complete(self)
        elif name not in known and name in _homes:
            _fetch(known, name)
        elif name[0] != "_" and next(_asked, None) is None and _completing.acquire(blocking=False):
            # Once at a time: signal handlers ask for names, too, while this goes on.
            try:
                _complete_quietly()
            finally:
                _completing.release()
        return ModuleType.__getattribute__(self, name)

    def __delattr__(self, name: str) -> None:
        ModuleType.__delattr__(_complete(self), name)

    def __dir__(self) -> list[str]:
        return sorted(vars(_complete(self)))


_homes: dict[str, str] = {}  # by public name: the module it is from
_MANY = 100
_LONG = 10.0  # seconds; no reading takes as long, unless it waits for the thread that forks
_asked = iter(range(_MANY))
_completing = allocate_lock()


def _fetch(known: dict[str, Any], name: str) -> None:
    home = _homes[name]
    module: Any = sys.modules.get(home)
    if module is None or module.__spec__._initializing:
        module = uninterrupted(lambda: import_module(home))
    if name not in vars(module):
        module = uninterrupted(lambda: _import_apart(home))
    # What the program has put under the name meanwhile stays.
    known.setdefault(name, getattr(module, name))


def _import_apart(name: str) -> ModuleType:
    """A module of which this thread has begun an import, interrupted by a trace function, say, that asks for its names.

    It is imported with copies of all modules that are not complete, which the import goes on with when it resumes.
    """
    begun = {
        whole: module
        for whole, module in list(sys.modules.items())
        if whole.startswith("gradtape._src.") and getattr(module.__spec__, "_initializing", False)
    }
    for whole in begun:
        del sys.modules[whole]
    try:
        return import_module(name)
    finally:
        sys.modules.update(begun)


def _complete(module: ModuleType) -> ModuleType:
    if type(module) is _Partial:
        known = ModuleType.__getattribute__(module, "__dict__")
        for name in _homes:
            if name not in known:
                _fetch(known, name)
        object.__setattr__(module, "__class__", ModuleType)
    return module


def _complete_quietly() -> None:
    # As Python ends, or without file descriptors, nothing can be read, and need not be.
    with contextlib.suppress(ImportError, OSError):
        _complete(sys.modules["gradtape"])


def _await_readings() -> None:
    """Waits for what other threads read: in a process forked meanwhile, the locks of their modules would stay held."""
    for reading in list(_unread.values()):
        if reading.begun and reading.lock.acquire(timeout=_LONG):
            reading.lock.release()
    _complete_quietly()


def names_later(module: ModuleType, homes: dict[str, str]) -> None:
    """Gives gradtape the names that a table lists by module of `_src`, each to be read when it is asked for."""
    for home, names in homes.items():
        for name in names.split():
            _homes[name] = f"gradtape._src.{home}"
    module.__class__ = _Partial
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_await_readings)


def enter_folders(names: str) -> None:
    """Enters packages below gradtape whose `__init__` holds no code, without reading it."""
    for name in names.split():
        whole = f"gradtape.{name}"
        if whole not in sys.modules:
            parent, _, last = whole.rpartition(".")
            module = ModuleType(whole)
            spec = module.__spec__ = ModuleSpec(whole, None, is_package=True)
            spec.submodule_search_locations = module.__path__ = [os.path.join(sys.modules[parent].__path__[0], last)]
            sys.modules[whole] = module
            setattr(sys.modules[parent], last, module)


def read_all() -> None:
    """Reads what has not been used yet, but for what adapts gradtape to other packages, which would be imported."""
    _complete(sys.modules["gradtape"])
    for name in [name for name in _unread if not name.startswith("gradtape.interop")]:
        _read(sys.modules[name])
