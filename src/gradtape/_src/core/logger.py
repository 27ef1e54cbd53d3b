"""The package's logger, and TensorFlow's way of saying a thing a few times only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging
    from typing import Protocol

    class _Log(Protocol):
        def __call__(self, msg: Any, *args: Any, **kwargs: Any) -> None: ...


# Python's own numbers of these levels.
DEBUG, INFO, WARN, ERROR, FATAL = 10, 20, 30, 40, 50

# How often each line of a program has reached a logging call.
_counts: dict[Any, int] = {}
_configured = False


def get_logger() -> logging.Logger:
    """The logger of gradtape, an ordinary `logging.Logger`.

    It writes to standard error, and where Python is interactive to standard output from level INFO on, unless the
    program had given the root logger a handler when it was first requested.

    Returns:
      A `logging.Logger`.

    Example:
      >>> tf.get_logger().name
      'gradtape'
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
    """Logs a warning at most this many times per location; a location of None is the calling line of the program."""
    if _times_before(place or _calling_line()) < times:
        get_logger().log(WARN, message, *arguments)


def note(message: str, *arguments: Any) -> None:
    """Logs at level 1, which is heard only by who has asked for it."""
    if "logging" in sys.modules:
        get_logger().log(1, message, *arguments)


def get_verbosity() -> int:
    """The level from which the package's logger speaks, as Python counts levels.

    Returns:
      An int, such as `tf.compat.v1.logging.WARN`.

    Example:
      >>> tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
      >>> tf.compat.v1.logging.get_verbosity()
      40
    """
    return get_logger().getEffectiveLevel()


def set_verbosity(v: int | str) -> None:
    """Sets the level from which the package's logger speaks.

    Args:
      v: a level, such as `tf.compat.v1.logging.ERROR`.

    Raises:
      ValueError: v is a name of no level.
      TypeError: v is neither an integer nor a name.

    Example:
      >>> tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    """
    get_logger().setLevel(v)


def log(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """Logs a message of a level.

    Args:
      level: such as `tf.compat.v1.logging.INFO`.
      msg: the message.
      args: the arguments of its % placeholders.
      kwargs: passed on to `logging.Logger.log`.

    Raises:
      TypeError: level is not an integer, or `logging.Logger.log` does not know a keyword of kwargs.

    Example:
      >>> tf.compat.v1.logging.log(tf.compat.v1.logging.DEBUG, "step %d", 1)
    """
    get_logger().log(level, msg, *args, **kwargs)


def vlog(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """Logs a message of a level, as `tf.compat.v1.logging.log` does.

    Args:
      level: such as `tf.compat.v1.logging.INFO`.
      msg: the message.
      args: the arguments of its % placeholders.
      kwargs: passed on to `logging.Logger.log`.

    Raises:
      TypeError: level is not an integer, or `logging.Logger.log` does not know a keyword of kwargs.

    Example:
      >>> tf.compat.v1.logging.vlog(tf.compat.v1.logging.DEBUG, "step %d", 1)
    """
    log(level, msg, *args, **kwargs)


def log_if(level: int, msg: Any, condition: Any, *args: Any) -> None:
    """Logs a message if a condition holds.

    Args:
      level: such as `tf.compat.v1.logging.INFO`.
      msg: the message.
      condition: whether it is logged.
      args: the arguments of its % placeholders.

    Raises:
      TypeError: level is not an integer.

    Example:
      >>> tf.compat.v1.logging.log_if(tf.compat.v1.logging.ERROR, "no data", False)
    """
    if condition:
        log(level, msg, *args)


def _calling_line() -> tuple[str, int]:
    """The line of the program that called the caller."""
    frame = sys._getframe(2)
    return frame.f_code.co_filename, frame.f_lineno


def _times_before(place: Any) -> int:
    """How often a location has come here before."""
    count = _counts.get(place, 0)
    _counts[place] = count + 1
    return count


def log_every_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Logs a message the first time that this line of a program is reached, and every n-th time from then on.

    Args:
      level: such as `tf.compat.v1.logging.INFO`.
      msg: the message.
      n: the interval, in calls.
      args: the arguments of its % placeholders.

    Raises:
      ValueError: n is 0.

    Example:
      >>> for step in range(10):
      ...     tf.compat.v1.logging.log_every_n(tf.compat.v1.logging.DEBUG, "step %d", 5, step)
    """
    if not n:
        raise ValueError("log_every_n takes an n of 1 or more, got 0; log_first_n logs a message the first n times.")
    log_if(level, msg, not _times_before(_calling_line()) % n, *args)


def log_first_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Logs a message the first n times that this line of a program is reached.

    Args:
      level: such as `tf.compat.v1.logging.INFO`.
      msg: the message.
      n: how often it is logged.
      args: the arguments of its % placeholders.

    Raises:
      TypeError: level is not an integer, or n is not a number.

    Example:
      >>> for step in range(10):
      ...     tf.compat.v1.logging.log_first_n(tf.compat.v1.logging.DEBUG, "step %d", 1, step)
    """
    log_if(level, msg, _times_before(_calling_line()) < n, *args)


def flush() -> None:
    """Flushes the log.

    Example:
      >>> tf.compat.v1.logging.flush()
    """
    for handler in get_logger().handlers:
        handler.flush()


def _of_level(name: str, level: int) -> _Log:
    def write(msg: Any, *args: Any, **kwargs: Any) -> None:
        log(level, msg, *args, **kwargs)

    write.__name__ = write.__qualname__ = name
    write.__doc__ = f"""Logs a message of level {level}, as `tf.compat.v1.logging.log` does.

    Args:
      msg: the message.
      args: the arguments of its %-placeholders.
      kwargs: passed on to `logging.Logger.log`.

    Raises:
      TypeError: `logging.Logger.log` does not know a keyword of kwargs.

    Example:
      >>> tf.compat.v1.logging.set_verbosity(100)
      >>> tf.compat.v1.logging.{name}("step %d", 1)
      >>> tf.compat.v1.logging.set_verbosity(30)
    """
    return write


debug: _Log = _of_level("debug", DEBUG)
info: _Log = _of_level("info", INFO)
warn: _Log = _of_level("warn", WARN)
warning: _Log = _of_level("warning", WARN)
error: _Log = _of_level("error", ERROR)
fatal: _Log = _of_level("fatal", FATAL)
