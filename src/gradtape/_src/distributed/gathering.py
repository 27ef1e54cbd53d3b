"""Concatenated rows of all ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradtape._src.distributed.compression import bits_of

if TYPE_CHECKING:
    from gradtape._src.distributed.world import World


def counts_of(world: World, count: int, what: str) -> np.ndarray:
    """Gathers a number from every rank."""
    counts = np.zeros(world.size, np.int64)
    world.waiting.request(world.data.Iallgather(np.array([count], np.int64), counts), what)
    return counts


def gathered_rows(world: World, rows: np.ndarray, what: str, out: np.ndarray | None = None) -> np.ndarray:
    """Gathers the rows of all ranks in their order; ranks may have different numbers of rows.

    Raises OverflowError for more elements than MPI can count.
    """
    counts = counts_of(world, len(rows), what)
    total = int(counts.sum())
    width = int(np.prod(rows.shape[1:], dtype=np.int64))
    together = np.empty((total, *rows.shape[1:]), rows.dtype) if out is None else out
    if total * width == 0:
        return together
    lengths = counts * width
    places = np.cumsum(lengths) - lengths
    sent = bits_of(np.ascontiguousarray(rows))
    received = [bits_of(together), (lengths.tolist(), places.tolist())]
    world.waiting.request(world.data.Iallgatherv(sent, received), what, together.nbytes)
    return together
