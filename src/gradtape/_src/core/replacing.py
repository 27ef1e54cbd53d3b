"""Files that appear whole or not at all: written beside their place, put on the disk, then renamed."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from typing import Any, BinaryIO


@contextlib.contextmanager
def replacing(path: Any) -> Iterator[BinaryIO]:
    """A file that takes the place of the one at a path when the block ends, and of none if it raises.

    Args:
      path: the path; its folder exists.

    Returns:
      A context manager that gives the file, to be read and written.

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
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(unfinished)
        raise
    _put_on_disk(os.path.dirname(path))


def _put_on_disk(folder: str) -> None:
    """Makes a new name in a folder outlast a loss of power, where folders can be opened."""
    with contextlib.suppress(OSError):
        place = os.open(folder or ".", os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)
