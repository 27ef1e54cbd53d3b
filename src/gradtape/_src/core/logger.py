"""The package's logger, and TensorFlow's way of saying a thing a few times only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging

_WARNING = 30

# How often a line of a program has come to a place that logs.
_counts: dict[Any, int] = {}
_configured = False


def get_logger() -> logging.Logger:
    """The logger of gradtape, an ordinary `logging.Logger`.

    It writes to standard error, and where Python is interactive to standard output from level INFO on, unless the
    program had given the root logger a handler when it was first asked for.
    """
    # Imported when needed: it would be a tenth or more of importing gradtape.
    import logging

    global _configured
    logger = logging.getLogger("gradtape")
    if not _configured:
        _configured = True
        if not logging.getLogger().handlers:
            interactive = hasattr(sys, "ps1") or sys.flags.interactive
            if interactive:
                logger.setLevel(logging.INFO)
            handler = logging.StreamHandler(sys.stdout if interactive else sys.stderr)
            handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
            logger.addHandler(handler)
    return logger


def warn_first(times: int, place: Any, message: str, *arguments: Any) -> None:
    """Logs a warning unless the place has logged so many times; a place of None is the line of the calling program."""
    if place is None:
        frame = sys._getframe(1)
        place = frame.f_code.co_filename, frame.f_lineno
    count = _counts.get(place, 0)
    _counts[place] = count + 1
    if count < times:
        get_logger().log(_WARNING, message, *arguments)


def note(message: str, *arguments: Any) -> None:
    """Logs at level 1, which is heard only by who has asked for it."""
    if "logging" in sys.modules:
        get_logger().log(1, message, *arguments)
