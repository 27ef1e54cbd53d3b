"""Waiting for other ranks, with a timeout, and without occupying a processor that others need."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from gradtape._src.core import error_kinds
from gradtape._src.core.logger import get_logger

if TYPE_CHECKING:
    from gradtape._src.distributed.world import World

EAGER = 25e-6  # seconds within which a peer with equal work should arrive
# Seconds within which it may arrive with slightly more work, if it runs. Naps take longer than they should: a rank that
# oversleeps keeps the next one waiting, which does too, in every step.
PATIENT = 1e-3
PER_BYTE = 4e-9  # and in addition per byte of a message, a few times what memory takes
# A rank that yields to another program gets its processor back when that has used up its time, some milliseconds; one
# that naps gets it as it awakes. If yielding took longer than SHORT, other programs run, and ranks nap for RESPITE.
SHORT, RESPITE = 5e-4, 0.1
SHORTEST_NAP, LONGEST_NAP = 20e-6, 1e-3
# time.sleep(0) takes as long as a timer's slack, some 60 µs on Linux, where yielding takes less than one.
_let_others_run: Callable[[], object] = getattr(os, "sched_yield", None) or (lambda: time.sleep(0))
_WAITS = 7  # the tag of messages that a rank waits at an exchange


def _seconds(name: str, default: float) -> float:
    """A number of seconds from the environment; 0 for never."""
    given = os.environ.get(name, "")
    try:
        return float(given) if given else default
    except ValueError:
        raise ValueError(f"{name} must be a number of seconds, got {given!r}") from None


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """A block in which ranks start: if that takes too long, the process ends and shows where it waits.

    MPI holds the GIL while it starts, so that nothing in Python could do so.
    """
    seconds, stream = _seconds("GRADTAPE_START_TIMEOUT_SECONDS", 600.0), sys.__stderr__
    if not seconds or stream is None:
        yield
        return
    faulthandler.dump_traceback_later(seconds, exit=True, file=stream)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _processors() -> int:
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Waiting:
    """Waits for requests.

    Attributes:
      warn_after: seconds after which a warning names the missing ranks.
      fail_after: seconds after which waiting ends in a DeadlineExceededError; 0 for never.
      exchanges: number of exchanges that this rank has started.
      yields_from: the time from which on this rank may yield.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.warn_after = _seconds("GRADTAPE_STALL_CHECK_TIME_SECONDS", 60.0)
        self.fail_after = _seconds("GRADTAPE_STALL_SHUTDOWN_TIME_SECONDS", 600.0)
        self.tell_after = min([1.0, *(limit / 4 for limit in (self.warn_after, self.fail_after) if limit)])
        self.exchanges = 0
        self.yields_from = 0.0
        self.processors = _processors()
        self.waits_at: dict[int, int] = {}  # the last exchange at which another rank was waiting
        self.told: list[Any] = []

    def until(self, done: Callable[[], bool], what: Any, length: int = 0) -> None:
        """Returns when `done()` is true. Polls without a pause at first, then yields between polls, or naps if other
        programs use the processor, for as long as peers and a message of this size should take, as MPI makes
        progress only when polled; then polls rarely.

        DeadlineExceededError if it takes longer than `fail_after`.
        """
        if done():
            return
        start = now = time.perf_counter()
        crowded = self.world.local_size > self.processors  # polling without pauses may keep the others from arriving
        soon = start + (EAGER if crowded else PATIENT) + PER_BYTE * length
        eager = start if crowded else start + EAGER
        while now < (soon if now >= self.yields_from else eager):
            if done():
                return
            if now >= eager:
                _let_others_run()
                if time.perf_counter() - now > SHORT:
                    self.yields_from = now + RESPITE
            now = time.perf_counter()
        nap, told, warned = SHORTEST_NAP, False, False
        while not done():
            time.sleep(nap)
            now = time.perf_counter()
            if now > soon:
                nap = min(LONGEST_NAP, nap * 1.5)
            passed = now - start
            if passed > self.tell_after and not told:
                told = True
                self._tell()
            if self.warn_after and passed > self.warn_after and not warned:
                warned = True
                get_logger().warning(self._stalled(what, passed))
            if self.fail_after and passed > self.fail_after:
                raise error_kinds.DeadlineExceededError(None, None, self._stalled(what, passed))

    def _stalled(self, what: Any, passed: float) -> str:
        missing = self._missing()
        who = f"rank {missing[0]} has" if len(missing) == 1 else f"ranks {', '.join(map(str, missing))} have"
        come = f"{who} not come" if missing else "all ranks are waiting, but messages do not arrive"
        return f"Rank {self.world.rank} has waited {passed:.1f} s for {what}: {come}."

    def _tell(self) -> None:
        """Notifies the other ranks that this one waits, so that they know which ranks are missing."""
        world = self.world
        own = np.array([self.exchanges], np.int64)
        others = [other for other in range(world.size) if other != world.rank]
        self.told = [(own, world.control.Isend(own, dest=other, tag=_WAITS)) for other in others]

    def _missing(self) -> list[int]:
        """The ranks that are not waiting too."""
        world = self.world
        theirs, status = np.empty(1, np.int64), world.mpi.Status()
        while world.control.Iprobe(tag=_WAITS, status=status):
            world.control.Recv(theirs, source=status.source, tag=_WAITS)
            self.waits_at[status.source] = int(theirs[0])
        return [
            other
            for other in range(world.size)
            if other != world.rank and self.waits_at.get(other, -1) < self.exchanges
        ]

    def request(self, request: Any, what: Any, length: int = 0) -> None:
        """Waits for an MPI request for a message of this size."""
        self.until(request.Test, what, length)
