"""Where TensorFlow's messages go on with a sentence of gradtape's own: TensorFlow's text comes first, word for word."""

from __future__ import annotations

import sys
from typing import TypeVar

AnyError = TypeVar("AnyError", bound=Exception)

# Follows warnings of gradients that are None, in brackets since not all of TensorFlow's texts end in a full stop.
DIAGNOSE = (
    " (tape.diagnose(target, sources), called before gradient, says why a gradient is None and what to do about it.)"
)
# Stand below errors in tracebacks. An error's own text is TensorFlow's to the end: programs print it.
NO_GRADIENTS = "tape.diagnose(loss, variables), called before gradient, says why there are none."
SPENT = (
    "Take all gradients in one call, or make the tape with persistent=True. tape.explain and tape.diagnose, called "
    "before gradient, leave the tape as it is."
)


def pointed(error: AnyError, hint: str) -> AnyError:
    """The error, its traceback followed by a hint; Python 3.10 has no notes and shows the error alone."""
    if sys.version_info >= (3, 11):
        error.add_note(hint)
    return error
