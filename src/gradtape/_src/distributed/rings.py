"""Ring buffers in shared memory of the ranks of one machine, through which they exchange data without messages."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from gradtape._engine.base.counters import Counters
from gradtape._src.distributed.shared_memory import SharedMemory

LINE = 128  # size of cache lines: data of different ranks is in different ones


class Round(Protocol):
    """One round of an exchange."""

    def put(self, place: np.ndarray) -> None:
        """Writes this rank's data."""

    def take(self, places: Sequence[np.ndarray]) -> None:
        """Processes the data of all ranks, by ranks."""


class Entered:
    """Rounds that were entered, with the interface of MPI's requests."""

    def __init__(self, ring: Ring, last: int) -> None:
        self.ring, self.last = ring, last

    def Test(self) -> bool:
        """Whether they are complete; progresses as far as the other ranks allow."""
        self.ring.advance()
        return self.ring.done >= self.last


class Ring:
    """Slots of each rank, used in turn, and a counter per rank of the slots that it has filled.

    All ranks enter the same rounds in the same order, without waiting. A rank that fills its slot in a
    round has read the one `ahead` before it, which all had filled; and they filled that after they had read
    the one `ahead` before that, whose slots are therefore free.

    Attributes:
      done: number of rounds that this rank has completed.
    """

    def __init__(self, memory: SharedMemory, start: int, length: int, ahead: int) -> None:
        """`start`: offset of the ring in each rank's memory; `length`: bytes of a slot."""
        self.counters = Counters([array[start : start + LINE] for array in memory.of_rank], memory.rank)
        firsts = range(start + LINE, start + self.room(length, ahead), length) if length else [start] * 2 * ahead
        self.places = [[array[first : first + length] for array in memory.of_rank] for first in firsts]
        self.rank, self.ahead = memory.rank, ahead
        self.waiting: deque[Round] = deque()  # rounds in which this rank has yet to fill its slot
        self.filled: deque[Round] = deque()
        self.done = 0

    @staticmethod
    def room(length: int, ahead: int) -> int:
        """The bytes of each rank that a ring takes."""
        return LINE + 2 * ahead * length

    def enter(self, *rounds: Round) -> Entered:
        """Enters rounds, after those that were entered before."""
        self.waiting += rounds
        last = self.done + len(self.filled) + len(self.waiting)
        self.advance()
        return Entered(self, last)

    def advance(self) -> None:
        """Progresses as far as the other ranks allow."""
        while True:
            if self.waiting and len(self.filled) < self.ahead:
                number = self.done + len(self.filled)
                one = self.waiting.popleft()
                one.put(self.places[number % len(self.places)][self.rank])
                self.filled.append(one)
                self.counters.set(number + 1)
            elif self.filled and self.counters.least() > self.done:
                self.filled.popleft().take(self.places[self.done % len(self.places)])
                self.done += 1
            else:
                return


class Numbers:
    """A round in which ranks exchange integers.

    Attributes:
      of_all: the numbers by ranks, once the round is complete.
    """

    def __init__(self, *own: int) -> None:
        self.own, self.format = own, f"={len(own)}q"
        self.of_all: list[tuple[int, ...]] = []

    def put(self, place: np.ndarray) -> None:
        struct.pack_into(self.format, place.data, 0, *self.own)

    def take(self, places: Sequence[np.ndarray]) -> None:
        self.of_all = [struct.unpack_from(self.format, place.data) for place in places]


class Meeting:
    """A barrier round. It keeps a reference to what must not be released before all have reached it."""

    def __init__(self, *held: object) -> None:
        self.held = held

    def put(self, place: np.ndarray) -> None:
        pass

    def take(self, places: Sequence[np.ndarray]) -> None:
        pass
