"""Memory that the ranks of one machine share, through which they reduce arrays without messages.

MPI tells when all ranks have come to a place; arrays are copied in once, where a message is copied out again. Every
rank combines all that lies there, in the order of ranks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gradtape._src.distributed.shared_memory import SharedMemory

PIECE = 1 << 21  # bytes that a rank puts in at a time, so that they are still in a cache when the others read them
AHEAD = 2  # pieces that it puts in before it reads the first: what was just written comes slowly from another core's L2
MOST = 4  # ranks: each reads what all have put in, so that for more of them messages, of which each reads two, are less

Combine = Callable[[np.ndarray, np.ndarray, np.ndarray], object]  # of two arrays into a third, which may be the first
Refine = Callable[[np.ndarray], object]  # what is done to a result, in place


class Piece(NamedTuple):
    """A part of a reduction: what this rank puts in, where the result goes, how two ranks' become one, and what then is
    done to it."""

    own: np.ndarray
    out: np.ndarray
    combine: Combine
    refine: Refine


class Request:
    """A reduction on its way, to be waited for as for MPI's requests."""

    def __init__(self, window: Window, last: int) -> None:
        self.window, self.last = window, last

    def Test(self) -> bool:
        """Whether the result is there; goes on with it as far as the other ranks have come."""
        self.window.advance()
        return self.window.done >= self.last


class Window:
    """The shared memory of a communicator's ranks: some places for each, used in turn.

    A rank that puts in a piece has combined the one AHEAD before it, for which all ranks had come; and they came to
    that after they had combined the one AHEAD before that one, of which the place is free therefore.

    Attributes:
      done: how many pieces were combined so far.

    Raises OSError on all ranks where the memory cannot be had.
    """

    def __init__(self, communicator: Any) -> None:
        memory = SharedMemory(communicator, 2 * AHEAD * PIECE, claimed=True)
        self.places = [array.reshape(2 * AHEAD, PIECE) for array in memory.of_rank]
        self.meeting = communicator.Dup()
        self.rank = self.meeting.rank
        self.pieces: deque[Piece] = deque()  # that are to be put in
        # Those that are there, and requests: whether all ranks have put in theirs.
        self.put: deque[tuple[Piece, Any]] = deque()
        self.done = 0

    def reduce(self, own: np.ndarray, out: np.ndarray, combine: Combine, refine: Refine) -> Request:
        """Begins to reduce flat arrays of all ranks, which have the same size and dtype; `out` may be `own`."""
        length = PIECE // own.itemsize
        for start in range(0, own.size, length):
            self.pieces.append(Piece(own[start : start + length], out[start : start + length], combine, refine))
        last = self.done + len(self.put) + len(self.pieces)
        self.advance()
        return Request(self, last)

    def advance(self) -> None:
        """Goes on as far as the other ranks have come."""
        while True:
            if self.pieces and len(self.put) < AHEAD:
                self._put(self.pieces.popleft())
            elif self.put and self.put[0][1].Test():
                self._combine(self.put.popleft()[0])
            else:
                return

    # What a rank wrote is there for the others once they know that it came to the barrier: x86 keeps the order of
    # writes, elsewhere MPI's own messages within the machine order memory.
    def _put(self, piece: Piece) -> None:
        np.copyto(self._place(self.rank, self.done + len(self.put), piece), piece.own)
        self.put.append((piece, self.meeting.Ibarrier()))

    def _combine(self, piece: Piece) -> None:
        values = [self._place(rank, self.done, piece) for rank in range(len(self.places))]
        if self.rank < 2:  # before `out` is written to, which may be `own`; no other core reads this memory
            values[self.rank] = piece.own
        piece.combine(values[0], values[1], piece.out)
        for value in values[2:]:
            piece.combine(piece.out, value, piece.out)
        piece.refine(piece.out)
        self.done += 1

    def _place(self, rank: int, number: int, piece: Piece) -> np.ndarray:
        """Where a rank puts a piece of this number."""
        return self.places[rank][number % (2 * AHEAD), : piece.own.nbytes].view(piece.own.dtype)

    def free(self) -> None:
        """Gives the memory back; all ranks call it."""
        self.places.clear()
        self.meeting.Free()
