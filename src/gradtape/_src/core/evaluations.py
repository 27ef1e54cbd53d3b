"""Primitives whose evaluation is made of other operations: what these compute on the way is nobody else's concern."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import TypeVar

Evaluate = TypeVar("Evaluate", bound=Callable[..., object])

CODES: set[CodeType] = set()


def made_of_others(evaluate: Evaluate) -> Evaluate:
    """A decorator for such an evaluation; it is given operands that no tape follows, or stops their gradients."""
    CODES.add(evaluate.__code__)
    return evaluate
