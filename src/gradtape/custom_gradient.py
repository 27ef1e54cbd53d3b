"""Gradients that the program states itself."""

from __future__ import annotations

from typing import Any

from gradtape._ops import apply_stop_gradient
from gradtape._tensor import Tensor

__all__ = ["stop_gradient"]


def stop_gradient(input: Any, name: str | None = None) -> Tensor:
    """The value as a constant: no gradient flows through it."""
    return apply_stop_gradient(input)
