"""Files that appear whole or not at all: written beside their place, then renamed."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from typing import Any, BinaryIO


@contextlib.contextmanager
def replacing(path: Any, outlasts_power: bool = True) -> Iterator[BinaryIO]:
    """A file that takes the place of the one at a path when the block ends, and of none if it raises.

    Args:
      path: the path; its folder exists.
      outlasts_power: whether the block's end waits until the disk has the file, so that a loss of power leaves the
        old one or the new one too. A process that is killed leaves one of them in any case.

    Returns:
      A context manager that returns the file, to be read and written.

    Raises:
      IsADirectoryError: the path is a folder's.
      OSError: the file cannot be written; what was there before still is.
    """
    path = os.path.realpath(os.fspath(path))  # a link goes on to lead to the file
    if os.path.isdir(path):
        raise IsADirectoryError(f"'{path}' is a folder")
    unfinished = f"{path}.tempstate-{os.getpid()}-{uuid.uuid4().hex}"
    try:
        with open(unfinished, "x+b") as file:
            yield file
            if outlasts_power:
                file.flush()
                os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(unfinished)
        raise
    if outlasts_power:
        _put_on_disk(os.path.dirname(path))


def _put_on_disk(folder: str) -> None:
    """Makes a new name in a folder outlast a loss of power, where folders can be opened."""
    with contextlib.suppress(OSError):
        place = os.open(folder or ".", os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)
