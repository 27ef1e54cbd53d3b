"""Errors of iteration, with TensorFlow's messages."""

from __future__ import annotations

from typing import Any

from gradtape._src.core.errors import InvalidArgumentError, OpError, from_op


def at_next(kind: type[OpError], message: str, components: int) -> OpError:
    """An error raised when the next element, with this number of components, is requested."""
    return from_op(kind, "IteratorGetNext", message, "", kernel=f"IteratorGetNext_output_types_{components}")


def refused(op: str, message: str, kernel: str = "") -> OpError:
    """An error raised when a dataset is created."""
    return from_op(InvalidArgumentError, op, message, "", kernel=kernel or op)


def called(function: Any) -> str:
    """A function's name for messages."""
    return getattr(function, "__name__", type(function).__name__)
