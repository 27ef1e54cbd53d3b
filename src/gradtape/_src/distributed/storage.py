"""Shared memory for large tensors of the ranks of one machine, so that each can access those of the others.

The engine's pool takes slabs from it only for tensors of the sizes that are exchanged.
"""

from __future__ import annotations

import mmap
import os
import weakref
from typing import Any

import numpy as np

from gradtape._engine.base.buffer import LARGEST_CUT, provide, remove_provider, replace_pages
from gradtape._src.distributed.shared_memory import SharedMemory, free_bytes

# Only on Linux: files in memory, whose pages can be allocated and freed.
_CAN_CLAIM = hasattr(os, "posix_fallocate") and hasattr(mmap, "MADV_REMOVE") and hasattr(os, "register_at_fork")


def may_share(nbytes: int) -> bool:
    """Whether tensors of this size have their own slabs, as only these can be shared."""
    return nbytes > LARGEST_CUT


class Storage:
    """The shared memory: equal parts of the ranks, for slabs; half of what the machine provides for it.

    Raises OSError on all ranks if there is none.
    """

    def __init__(self, communicator: Any) -> None:
        half = free_bytes(communicator.size) // (2 * communicator.size) if _CAN_CLAIM else 0
        length = communicator.bcast(half) // mmap.PAGESIZE * mmap.PAGESIZE
        if length == 0:
            raise OSError("There is not enough room for tensors that ranks share.")
        self.memory = SharedMemory(communicator, length, claimed=False)
        self.rank, self.owner, self.length = communicator.rank, os.getpid(), length
        self.start = self.memory.of_rank[self.rank].__array_interface__["data"][0]
        self.gaps = [(0, length)]  # free ranges, in order: first and last bytes
        self.slabs: dict[int, int] = {}  # lengths by first bytes
        self.kept: list[tuple[np.ndarray, np.ndarray]] = []  # slabs and their contents, while the process forks
        self.full = False
        _storages.add(self)

    def share(self, nbytes: int) -> None:
        """Allocates tensors of this size here from now on, as long as there is room."""
        if not self.full:
            provide(self, nbytes)

    def slab(self, nbytes: int) -> np.ndarray | None:
        """Memory for a slab, or None if there is none left."""
        length = -(-nbytes // mmap.PAGESIZE) * mmap.PAGESIZE
        place = next((place for place, (start, stop) in enumerate(self.gaps) if stop - start >= length), None)
        if place is None:
            self.full = True
            return None
        start, stop = self.gaps[place]
        try:
            self.memory.claim(start, length)
        except OSError:
            self.full = True
            return None
        self.gaps[place : place + 1] = [(start + length, stop)] if start + length < stop else []
        self.slabs[start] = length
        array = self.of_rank(self.rank, start, nbytes)
        weakref.finalize(array, self._give_back, start).atexit = False
        return array

    def _give_back(self, start: int) -> None:
        length = self.slabs.pop(start)
        if os.getpid() != self.owner:
            return
        self.memory.give_back(start, length)
        joined: list[tuple[int, int]] = []
        for gap in sorted([*self.gaps, (start, start + length)]):
            if joined and joined[-1][1] == gap[0]:
                joined[-1] = joined[-1][0], gap[1]
            else:
                joined.append(gap)
        self.gaps = joined

    def place_of(self, array: np.ndarray) -> int:
        """The offset of a contiguous array in this rank's part, or -1 for other memory."""
        place = array.__array_interface__["data"][0] - self.start
        return place if 0 <= place < self.length else -1

    def of_rank(self, rank: int, start: int, nbytes: int) -> np.ndarray:
        """The memory of a rank."""
        return self.memory.of_rank[rank][start : start + nbytes]

    def close(self) -> None:
        """Returns to private memory for tensors. Those allocated here stay until they are released."""
        self.full = True
        remove_provider()

    # A forked process must neither change its parent's tensors nor see them change.

    def before_fork(self) -> None:
        """Before a fork: saves the contents."""
        if os.getpid() == self.owner:
            slabs = [self.of_rank(self.rank, start, length) for start, length in self.slabs.items()]
            self.kept = [(slab, slab.copy()) for slab in slabs]

    def after_fork_in_child(self) -> None:
        """In the child: copies the contents to private pages at the same addresses."""
        for slab, contents in self.kept:
            replace_pages(slab, contents)
        self.kept = []
        if os.getpid() != self.owner:
            self.close()

    def after_fork_in_parent(self) -> None:
        """In the parent: releases the saved contents."""
        self.kept = []


_storages: weakref.WeakSet[Storage] = weakref.WeakSet()


def _each(what: Any) -> Any:
    return lambda: [what(storage) for storage in list(_storages)]


if _CAN_CLAIM:
    os.register_at_fork(
        before=_each(Storage.before_fork),
        after_in_child=_each(Storage.after_fork_in_child),
        after_in_parent=_each(Storage.after_fork_in_parent),
    )
