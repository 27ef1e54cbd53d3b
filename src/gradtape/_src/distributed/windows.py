"""Shared memory through which the ranks of one machine reduce arrays.

Arrays are copied in once, whereas messages are also copied out. Every rank combines all data there, in the order of
ranks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradtape._src.distributed.folding import Fold
from gradtape._src.distributed.rings import Entered, Ring

PIECE = 1 << 21  # bytes per piece, so that they are still in a cache when the others read them
AHEAD = 2  # pieces written before the first is read: data just written is slow to read from another core's L2
MOST = 4  # ranks: each reads the data of all; by messages each reads two, which is less for more ranks


class Piece:
    """A part of a reduction, done in one round: this rank's data, the array for the result, and the fold of all
    ranks'."""

    def __init__(self, rank: int, own: np.ndarray, out: np.ndarray, fold: Fold) -> None:
        self.rank, self.own, self.out, self.fold = rank, own, out, fold

    def put(self, place: np.ndarray) -> None:
        np.copyto(self._of(place), self.own)

    def take(self, places: Sequence[np.ndarray]) -> None:
        values = [self._of(place) for place in places]
        values[self.rank] = self.own  # as no other core has read this memory
        self.fold(values, [self.out])

    def _of(self, place: np.ndarray) -> np.ndarray:
        return place[: self.own.nbytes].view(self.own.dtype)


class Window(Ring):
    """A ring buffer for the pieces of reductions."""

    def reduce(self, own: np.ndarray, out: np.ndarray, fold: Fold) -> Entered:
        """Starts to reduce flat arrays of all ranks, of the same size and dtype; `out` may be `own`."""
        length = PIECE // own.itemsize
        parts = [slice(start, start + length) for start in range(0, own.size, length)]
        return self.enter(*[Piece(self.rank, own[part], out[part], fold) for part in parts])
