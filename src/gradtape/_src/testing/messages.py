"""Parts of the error messages of assertions."""

from __future__ import annotations

from gradtape._engine.tensor.tensor import Tensor


def prefix(message: str | None) -> str:
    """The beginning of an error message."""
    return f"{message}.  " if message else ""


def described(tensor: Tensor) -> str:
    """A tensor's shape and dtype in an error message."""
    return f"shape={tensor.shape} dtype={tensor.dtype.name}"
