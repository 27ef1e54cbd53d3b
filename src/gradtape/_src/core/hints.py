"""Hints of gradtape's own, added below TensorFlow's error messages, which stay unchanged."""

from __future__ import annotations

import sys
from typing import TypeVar

AnyError = TypeVar("AnyError", bound=Exception)

# Follows warnings of gradients that are None, in brackets since not all of TensorFlow's strings end in a full stop.
DIAGNOSE = (
    " (tape.diagnose(target, sources), called before gradient, explains why a gradient is None and how to fix it.)"
)
# Shown below errors in tracebacks. The message itself stays TensorFlow's, as programs print it.
NO_GRADIENTS = "tape.diagnose(loss, variables), called before gradient, says why there are none."
SPENT = (
    "Compute all gradients in one call, or create the tape with persistent=True. tape.explain and tape.diagnose, "
    "called before gradient, leave the tape unchanged."
)


def note(error: BaseException, text: str) -> None:
    """Adds a sentence to an exception, which keeps its class, message and traceback.

    Python 3.10 has no notes and shows only the error; functions that show tracebacks there read the same attribute.
    """
    if sys.version_info >= (3, 11):
        error.add_note(text)
    else:
        error.__notes__ = [*getattr(error, "__notes__", []), text]  # type: ignore[attr-defined]


def pointed(error: AnyError, hint: str) -> AnyError:
    """The error, its traceback followed by a hint."""
    note(error, hint)
    return error
