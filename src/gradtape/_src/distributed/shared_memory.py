"""Shared memory of the ranks of one machine: an unlinked file that all map.

MPI's own windows are such files too, but without room for them one rank fails and the others wait for it.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import shutil
import tempfile
import weakref
from typing import Any

import numpy as np

SPARE = 5 << 20  # bytes left for each rank: Open MPI's own 4 MB are there, and a missing page of those kills it


def shared_folder() -> str | None:
    """The folder of files in memory, or None if the system has none."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None


def free_bytes(ranks: int) -> int:
    """Free bytes in the folder of files in memory, except those left to MPI; 0 without such a folder."""
    folder = shared_folder()
    return 0 if folder is None else max(0, shutil.disk_usage(folder).free - ranks * SPARE)


class SharedMemory:
    """Memory of each rank that all of them can access, and that is allocated when claimed.

    Attributes:
      of_rank: an array of bytes for each rank.
      rank: the index of this one.

    Raises OSError on all ranks if the memory cannot be allocated.
    """

    map: Any
    of_rank: list[np.ndarray]

    def __init__(self, communicator: Any, length: int, claimed: bool) -> None:
        """`claimed`: allocates all of it, as touching a page that cannot be allocated kills the process."""
        self.rank, self.first, self.length = communicator.rank, communicator.rank * length, length
        whole = communicator.size * length
        name, failure, told = None, None, []
        try:
            if communicator.rank == 0:
                try:
                    file, name = tempfile.mkstemp(".shared", "gradtape-", shared_folder())
                    with os.fdopen(file, "wb") as stream:
                        stream.truncate(whole)
                    if claimed and shutil.disk_usage(os.path.dirname(name)).free < whole + communicator.size * SPARE:
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.path.dirname(name))
                except OSError as error:
                    failure = error
            name, failure = communicator.bcast((name, failure))
            if failure is None:
                try:
                    self._map(name, whole)
                    if claimed:
                        with open(self.file, "r+b", closefd=False) as stream:
                            stream.seek(self.first)
                            stream.write(bytes(length))
                except (OSError, MemoryError, ValueError) as error:  # whatever it is, the others wait for the outcome
                    failure = OSError(errno.ENOMEM, str(error))
            # At this point all have mapped it.
            told = [one for one in communicator.allgather(failure) if one is not None]
        finally:
            if name is not None and communicator.rank == 0:
                with contextlib.suppress(OSError):
                    os.unlink(name)
        if told:
            self.map, self.of_rank = None, []  # the error's traceback would keep them
            raise told[0]

    def _map(self, name: str, whole: int) -> None:
        self.file = os.open(name, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
        weakref.finalize(self, os.close, self.file)
        self.map = mmap.mmap(self.file, whole)
        self.of_rank = list(np.frombuffer(self.map, np.uint8).reshape(-1, self.length))

    def claim(self, start: int, length: int) -> None:
        """Allocates bytes of this rank. Raises OSError if there is no room."""
        os.posix_fallocate(self.file, self.first + start, length)

    def give_back(self, start: int, length: int) -> None:
        """Frees whole pages of this rank; they are zeros then."""
        self.map.madvise(mmap.MADV_REMOVE, self.first + start, length)
