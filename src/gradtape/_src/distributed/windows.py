"""Memory that the ranks of one machine share, through which they reduce arrays.

Arrays are copied in once, where a message is copied out again. Every rank combines all that lies there, in the order of
ranks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradtape._src.distributed.folding import Fold
from gradtape._src.distributed.rings import Entered, Ring

PIECE = 1 << 21  # bytes that a rank puts in at a time, so that they are still in a cache when the others read them
AHEAD = 2  # pieces that it puts in before it reads the first: what was just written comes slowly from another core's L2
MOST = 4  # ranks: each reads what all have put in, so that for more of them messages, of which each reads two, are less


class Piece:
    """A part of a reduction, which ranks do in one round: what this one puts in, where the result goes, and how all
    ranks' become one."""

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
    """A ring of places in which ranks put pieces of what they reduce."""

    def reduce(self, own: np.ndarray, out: np.ndarray, fold: Fold) -> Entered:
        """Begins to reduce flat arrays of all ranks, which have the same size and dtype; `out` may be `own`."""
        length = PIECE // own.itemsize
        parts = [slice(start, start + length) for start in range(0, own.size, length)]
        return self.enter(*[Piece(self.rank, own[part], out[part], fold) for part in parts])
