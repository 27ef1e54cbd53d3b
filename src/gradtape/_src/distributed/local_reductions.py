"""Reductions among a few ranks of one machine: in place, if tensors are in shared memory, else through a window."""

from __future__ import annotations

import itertools
from collections import deque
from typing import Any

import numpy as np

from gradtape._src.distributed.folding import Fold
from gradtape._src.distributed.rings import LINE, Entered, Meeting, Numbers, Ring
from gradtape._src.distributed.shared_memory import SharedMemory
from gradtape._src.distributed.storage import Storage, may_share
from gradtape._src.distributed.windows import AHEAD, PIECE, Window

# Of each ring: bytes of a slot, and the number of rounds that ranks may be ahead.
RINGS = ((LINE, 4), (LINE, 64), (0, 64), (PIECE, AHEAD))
GRAIN = 1 << 12  # bytes: ranks' parts of an array begin at multiples, so that they write to no line of each other's


class Request:
    """A pending reduction, with the interface of MPI's requests."""

    def __init__(self, reductions: LocalReductions, own: np.ndarray, out: np.ndarray, fold: Fold) -> None:
        self.reductions, self.own, self.out, self.fold = reductions, own, out, fold
        self.places: Numbers | None = None  # offsets of all ranks' arrays in the storage; -1 for none
        self.ended: Entered | None = None  # the request of the result

    def Test(self) -> bool:
        """Whether the result is complete; progresses as far as the other ranks allow."""
        self.reductions.advance()
        return self.ended is not None and self.ended.Test()


class LocalReductions:
    """Reductions of the ranks of a communicator, one after the other.

    Large tensors may be in memory that all ranks share: then they exchange the offsets, each combines its part of all
    ranks' and writes the sums to all results, and when all have done so the result is complete. It is the same as
    by the window, as each element is combined in the order of ranks. If one rank's tensor is elsewhere, all use
    the window. The way is decided in order, so that all ranks put pieces into the window in the same order.

    Attributes:
      agreements: rounds in which ranks agree on what they are about to do.

    Raises OSError on all ranks if they cannot share memory.
    """

    def __init__(self, communicator: Any) -> None:
        *starts, whole = itertools.accumulate((Ring.room(*size) for size in RINGS), initial=0)
        memory = SharedMemory(communicator, whole, claimed=True)
        agreements, places, endings, window = zip(starts, RINGS, strict=True)
        self.agreements, self.places, self.endings = [
            Ring(memory, start, *size) for start, size in (agreements, places, endings)
        ]
        self.window = Window(memory, window[0], *window[1])
        self.storage: Storage | None
        try:
            self.storage = Storage(communicator)
        except OSError:
            self.storage = None  # there is little room: only the window is used
        self.undecided: deque[Request] = deque()

    def reduce(self, own: np.ndarray, out: np.ndarray, fold: Fold, alone: bool) -> Request:
        """Starts to reduce contiguous arrays of all ranks, of the same size and dtype; `out` may be `own`.

        Args:
          own, out: this rank's array, and the array for the result.
          fold: the reduction.
          alone: whether `own` is the caller's tensor; on all ranks, or on none.
        """
        request = Request(self, own.reshape(-1), out.reshape(-1), fold)
        storage = self.storage
        if alone and storage is not None and may_share(own.nbytes):
            pair = [storage.place_of(array) for array in (own, out)]
            if min(pair) < 0:
                storage.share(own.nbytes)
            request.places = Numbers(*pair)
            self.places.enter(request.places)
        self.undecided.append(request)
        self.advance()
        return request

    def advance(self) -> None:
        """Progresses as far as the other ranks allow."""
        self.places.advance()
        self.endings.advance()
        while self.undecided:
            request = self.undecided[0]
            if request.places is not None and not request.places.of_all:
                break
            self.undecided.popleft()
            if request.places is not None and min(map(min, request.places.of_all)) >= 0:
                self._combine_part(request, request.places.of_all)
                # The others read and write these, even if the exchange is abandoned meanwhile.
                request.ended = self.endings.enter(Meeting(request.own, request.out))
            else:
                request.ended = self.window.reduce(request.own, request.out, request.fold)
        self.window.advance()

    def _combine_part(self, request: Request, places: list[tuple[int, ...]]) -> None:
        """Combines this rank's part of all ranks' arrays, and writes it to all results."""
        storage, own = self.storage, request.own
        assert storage is not None

        def arrays(column: int) -> list[np.ndarray]:
            return [
                storage.of_rank(rank, starts[column], own.nbytes).view(own.dtype) for rank, starts in enumerate(places)
            ]

        values, results = arrays(0), arrays(1)
        grain = GRAIN // own.itemsize
        share = -(-own.size // (len(values) * grain)) * grain
        part = slice(storage.rank * share, (storage.rank + 1) * share)
        if part.start < own.size:
            results[0], results[storage.rank] = results[storage.rank], results[0]
            request.fold([array[part] for array in values], [array[part] for array in results])

    def close(self) -> None:
        """Returns to private memory for tensors."""
        if self.storage is not None:
            self.storage.close()
