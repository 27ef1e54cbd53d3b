"""The stateful objects of a model and their paths in files, in Keras' order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradtape._src.keras.functional import Functional
from gradtape._src.keras.layer import Layer
from gradtape._src.keras.losses.base import Loss
from gradtape._src.keras.metrics.base import Metric
from gradtape._src.keras.model import Model
from gradtape._src.keras.naming import to_snake_case
from gradtape._src.keras.operation import Operation
from gradtape._src.keras.sequential import Sequential
from gradtape._src.optimizers.base import Optimizer

SAVEABLE = (Operation, Metric, Loss, Optimizer)

# Attributes that none of a kind's parts are found under: those that each has.
_COMMON: dict[type, frozenset[str]] = {}


def parts(saveable: Any) -> Iterator[tuple[str, Any]]:
    """The objects and containers of objects among an object's attributes, with the attributes' names.

    Private attributes come last, so that an object with two names is found under its public one.
    """
    if isinstance(saveable, (Sequential, Functional)):
        yield "layers", saveable.layers
    common = _common(saveable)
    for name in sorted(dir(saveable), key=lambda name: f"~{name}" if name.startswith("_") else name):
        if name.startswith("__") or name in common:
            continue
        try:
            value = getattr(saveable, name)
        except Exception:  # a property that cannot be read at present
            continue
        if isinstance(value, (*SAVEABLE, list, dict, tuple)):
            yield name, value


def _common(saveable: Any) -> frozenset[str]:
    if isinstance(saveable, Layer):
        kind: type = Layer
        more = {"_functional", "operations", "_operations", "_graph"} if isinstance(saveable, Model) else set()
    else:
        kind = next(base for base in SAVEABLE if isinstance(saveable, base))
        more = set()
    if kind not in _COMMON:
        _COMMON[kind] = frozenset(dir(kind() if kind is Layer else kind))
    return _COMMON[kind] | more


def named(container: Any) -> Iterator[tuple[str, Any]]:
    """The objects and containers in a list, tuple or dict, named after their classes and numbered."""
    used: dict[str, int] = {}
    for value in container.values() if isinstance(container, dict) else container:
        if isinstance(value, SAVEABLE):
            name = to_snake_case(type(value).__name__)
        elif isinstance(value, (list, dict, tuple)):
            name = "container"
        else:
            continue
        used[name] = number = used.get(name, -1) + 1
        yield f"{name}_{number}" if number else name, value
