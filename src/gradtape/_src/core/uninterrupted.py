"""Runs what the program's own code must not interrupt: its signal handlers wait, and the cycle collector, too.

A handler that runs while modules are read finds some half read; and where it needs these, and signals come faster than
modules are read, handlers interrupt each other until the stack ends.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import gc
import sys
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def uninterrupted(act: Callable[[], T]) -> T:
    """The result of `act()`. Signals that come meanwhile, Ctrl-C among them, are handled once each as it has ended."""
    came: list[int] = []

    def note(number: int, frame: Any) -> None:
        if number not in came:
            came.append(number)

    handlers = _own_handlers()
    collects = gc.isenabled()
    try:
        for number in handlers:
            _signal.signal(number, note)
        gc.disable()
        return act()
    finally:
        if collects:
            gc.enable()
        _restore(handlers)
        _handle(came, handlers)


def _own_handlers() -> dict[int, Any]:
    """The program's handlers by their signals, as far as they run in this thread. Ctrl-C, which raises, is the last."""
    every = {number: _signal.getsignal(number) for number in reversed(range(1, _signal.NSIG))}
    found = {number: handler for number, handler in every.items() if callable(handler)}
    try:
        for number, handler in found.items():
            _signal.signal(number, handler)
            break
    except ValueError:  # not the main thread
        return {}
    return found


def _restore(handlers: dict[int, Any]) -> None:
    try:
        list(map(_signal.signal, handlers, handlers.values()))
    except BaseException:  # of a handler that is there again, and whose signal has come
        _restore(handlers)
        raise


def _handle(came: list[int], handlers: dict[int, Any]) -> None:
    if came:
        number = came.pop(0)
        try:
            handlers[number](number, sys._getframe())
        finally:
            _handle(came, handlers)
