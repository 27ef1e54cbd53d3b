"""Reductions among a few ranks of one machine: where tensors lie, if all ranks share it, else through a window."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from gradtape._src.distributed.storage import Storage, may_share
from gradtape._src.distributed.windows import Combine, Refine, Window

# Bytes that are combined, refined and written at a time: calls cost little of it, and much is still in a cache.
PART = 1 << 20
GRAIN = 1 << 12  # bytes: ranks' parts of an array begin at multiples, so that they write to no line of each other's


class Request:
    """A reduction on its way, to be waited for as for MPI's requests."""

    def __init__(
        self, reductions: LocalReductions, own: np.ndarray, out: np.ndarray, combine: Combine, refine: Refine
    ) -> None:
        self.reductions, self.own, self.out, self.combine, self.refine = reductions, own, out, combine, refine
        self.places: np.ndarray | None = None  # of all ranks' arrays in the storage, each's two; -1 where one is not
        self.told: Any = None  # MPI's request for these
        self.ended: Any = None  # what tells of the result: the request of a barrier, or of the window

    def Test(self) -> bool:
        """Whether the result is there; goes on with it as far as the other ranks have come."""
        self.reductions.advance()
        return self.ended is not None and self.ended.Test()


class LocalReductions:
    """What the ranks of a communicator reduce, one after the other.

    Large tensors may lie in memory that all ranks share: then they tell each other where, each combines its part of all
    ranks' and writes the sums to where all want them, and when all have done so the result is there. It is the same as
    of the window, as each element is combined in the order of ranks. Where one rank's tensor does not lie there, all go
    through the window. What goes which way is decided in order, so that ranks put pieces into the window in one.

    Raises OSError on all ranks where they cannot share memory.
    """

    def __init__(self, communicator: Any) -> None:
        self.window = Window(communicator)
        self.storage: Storage | None
        try:
            self.storage = Storage(communicator)
        except OSError:
            self.storage = None  # there is little room: the window does it all
        # Ranks come to barriers and to the window in different orders, and only within a communicator in one.
        self.telling, self.ending = communicator.Dup(), communicator.Dup()
        self.undecided: deque[Request] = deque()

    def reduce(self, own: np.ndarray, out: np.ndarray, combine: Combine, refine: Refine, alone: bool) -> Request:
        """Begins to reduce contiguous arrays of all ranks, which have the same size and dtype; `out` may be `own`.

        Args:
          own, out: what this rank has, and where the result goes.
          combine, refine: how two ranks' arrays become one, and what is done to the result.
          alone: whether `own` is a tensor of the caller's; on all ranks, or on none.
        """
        request = Request(self, own.reshape(-1), out.reshape(-1), combine, refine)
        storage = self.storage
        if alone and storage is not None and may_share(own.nbytes):
            pair = np.array([storage.place_of(array) for array in (own, out)], np.int64)
            if pair.min() < 0:
                storage.share(own.nbytes)
            request.places = np.empty((self.telling.size, 2), np.int64)
            request.told = self.telling.Iallgather(pair, request.places)
        self.undecided.append(request)
        self.advance()
        return request

    def advance(self) -> None:
        """Goes on as far as the other ranks have come."""
        while self.undecided:
            request = self.undecided[0]
            if request.told is not None and not request.told.Test():
                break
            self.undecided.popleft()
            if request.places is not None and request.places.min() >= 0:
                self._combine_part(request, request.places)
                request.ended = self.ending.Ibarrier()
            else:
                request.ended = self.window.reduce(request.own, request.out, request.combine, request.refine)
        self.window.advance()

    def _combine_part(self, request: Request, places: np.ndarray) -> None:
        """Combines this rank's part of all ranks' arrays, and writes it to where each wants it."""
        storage, own = self.storage, request.own
        assert storage is not None

        def arrays(column: int) -> list[np.ndarray]:
            starts = places[:, column].tolist()
            return [storage.of_rank(rank, start, own.nbytes).view(own.dtype) for rank, start in enumerate(starts)]

        values, results = arrays(0), arrays(1)
        grain, length = GRAIN // own.itemsize, PART // own.itemsize
        share = -(-own.size // (len(values) * grain)) * grain
        first = storage.rank * share
        last = min(own.size, first + share)
        for start in range(first, last, length):
            part = slice(start, min(last, start + length))
            result = request.out[part]
            request.combine(values[0][part], values[1][part], result)
            for value in values[2:]:
                request.combine(result, value[part], result)
            request.refine(result)
            for rank, array in enumerate(results):
                if rank != storage.rank:
                    array[part] = result

    def free(self) -> None:
        """Gives the memory back; all ranks call it."""
        self.window.free()
        if self.storage is not None:
            self.storage.close()
        self.telling.Free()
        self.ending.Free()
