"""Places in memory that the ranks of one machine share, used in turn: what all put in, all read, without messages."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from gradtape._engine.base.counters import Counters
from gradtape._src.distributed.shared_memory import SharedMemory

LINE = 128  # bytes that processors fetch together: what different ranks write lies in different ones


class Round(Protocol):
    """What the ranks do together once."""

    def put(self, place: np.ndarray) -> None:
        """Puts in what this rank has."""

    def take(self, places: Sequence[np.ndarray]) -> None:
        """Does something with what all ranks have put in, by ranks."""


class Entered:
    """Rounds that were entered, to be waited for as for MPI's requests."""

    def __init__(self, ring: Ring, last: int) -> None:
        self.ring, self.last = ring, last

    def Test(self) -> bool:
        """Whether they are over; goes on as far as the other ranks have come."""
        self.ring.advance()
        return self.ring.done >= self.last


class Ring:
    """Some places for each rank, used in turn, and a counter of each of how many it has filled.

    All ranks enter the same rounds in the same order, and none waits in doing so. A rank that fills its place in a
    round has taken from the one `ahead` before it, for which all had come; and they came to that after they had taken
    from the one `ahead` before that, of which the places are free therefore.

    Attributes:
      done: how many rounds are over for this rank.
    """

    def __init__(self, memory: SharedMemory, start: int, length: int, ahead: int) -> None:
        """`start`: of the room in each rank's memory; `length`: bytes of a place."""
        self.counters = Counters([array[start : start + LINE] for array in memory.of_rank], memory.rank)
        firsts = range(start + LINE, start + self.room(length, ahead), length) if length else [start] * 2 * ahead
        self.places = [[array[first : first + length] for array in memory.of_rank] for first in firsts]
        self.rank, self.ahead = memory.rank, ahead
        self.waiting: deque[Round] = deque()  # this rank is to fill its place
        self.filled: deque[Round] = deque()
        self.done = 0

    @staticmethod
    def room(length: int, ahead: int) -> int:
        """How many bytes of each rank a ring takes."""
        return LINE + 2 * ahead * length

    def enter(self, *rounds: Round) -> Entered:
        """Goes through rounds after those that were entered before."""
        self.waiting += rounds
        last = self.done + len(self.filled) + len(self.waiting)
        self.advance()
        return Entered(self, last)

    def advance(self) -> None:
        """Goes on as far as the other ranks have come."""
        while True:
            if self.waiting and len(self.filled) < self.ahead:
                number = self.done + len(self.filled)
                one = self.waiting.popleft()
                one.put(self.places[number % len(self.places)][self.rank])
                self.filled.append(one)
                self.counters.rise(number + 1)
            elif self.filled and self.counters.least() > self.done:
                self.filled.popleft().take(self.places[self.done % len(self.places)])
                self.done += 1
            else:
                return


class Numbers:
    """A round in which ranks tell each other some numbers.

    Attributes:
      of_all: them, by ranks, once the round is over.
    """

    def __init__(self, *own: int) -> None:
        self.own, self.format = own, f"={len(own)}q"
        self.of_all: list[tuple[int, ...]] = []

    def put(self, place: np.ndarray) -> None:
        struct.pack_into(self.format, place.data, 0, *self.own)

    def take(self, places: Sequence[np.ndarray]) -> None:
        self.of_all = [struct.unpack_from(self.format, place.data) for place in places]


class Meeting:
    """A round in which ranks only come together. It holds what is not to be released before they all have."""

    def __init__(self, *held: object) -> None:
        self.held = held

    def put(self, place: np.ndarray) -> None:
        pass

    def take(self, places: Sequence[np.ndarray]) -> None:
        pass
