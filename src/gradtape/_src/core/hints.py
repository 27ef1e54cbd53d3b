"""Where TensorFlow's messages go on with a sentence of gradtape's own: TensorFlow's text comes first, word for word."""

from __future__ import annotations

import sys
from typing import TypeVar

AnyError = TypeVar("AnyError", bound=Exception)

# Follows warnings of gradients that are None, in brackets since not all of TensorFlow's strings end in a full stop.
DIAGNOSE = (
    " (tape.diagnose(target, sources), called before gradient, says why a gradient is None and what to do about it.)"
)
# Stand below errors in tracebacks. An error's own text is TensorFlow's to the end: programs print it.
NO_GRADIENTS = "tape.diagnose(loss, variables), called before gradient, says why there are none."
SPENT = (
    "Take all gradients in one call, or make the tape with persistent=True. tape.explain and tape.diagnose, called "
    "before gradient, leave the tape as it is."
)


def note(error: BaseException, text: str) -> None:
    """Adds a sentence to an exception, which keeps its class, message and traceback.

    Python 3.10 has no notes and shows the error alone; what shows tracebacks there looks for them in the same place.
    """
    if sys.version_info >= (3, 11):
        error.add_note(text)
    else:
        error.__notes__ = [*getattr(error, "__notes__", []), text]  # type: ignore[attr-defined]


def pointed(error: AnyError, hint: str) -> AnyError:
    """The error, its traceback followed by a hint."""
    note(error, hint)
    return error
