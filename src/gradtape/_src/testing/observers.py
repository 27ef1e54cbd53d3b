"""Observers of all evaluations of primitives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from gradtape._engine.record.primitive import Primitive, install_observer
from gradtape._engine.tensor.tensor import Tensor

Observer = Callable[[Primitive, Sequence[Tensor], Any, Sequence[Tensor]], None]

_installed: tuple[Observer, ...] = ()


def install(observer: Observer) -> None:
    """Adds an observer of all evaluations, after existing ones."""
    _set((*_installed, observer))


def remove(observer: Observer) -> None:
    """Removes an observer, if it was installed."""
    _set(tuple(one for one in _installed if one != observer))


def _set(observers: tuple[Observer, ...]) -> None:
    global _installed
    _installed = observers
    install_observer(None if not observers else observers[0] if len(observers) == 1 else _all)


def _all(primitive: Primitive, operands: Sequence[Tensor], attributes: Any, results: Sequence[Tensor]) -> None:
    for observer in _installed:
        observer(primitive, operands, attributes, results)


@contextmanager
def observing(observer: Observer) -> Iterator[None]:
    """A context manager in which an observer sees every evaluation."""
    install(observer)
    try:
        yield
    finally:
        remove(observer)
