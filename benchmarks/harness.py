"""Times a workload's peers in turns, each in its own process; one runs at a time, the others are stopped.

Libraries in one process compete for threads, and libraries timed one after the other see different states of the
machine. So every peer has its own process, rounds of the peers alternate, and a peer that is not being timed
is stopped by SIGSTOP, including its spinning threads.
"""

from __future__ import annotations

import gc
import os
import signal
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.workload import Workload

CAN_STOP = hasattr(signal, "SIGSTOP")


@dataclass(frozen=True)
class Effort:
    """How long to measure: `passes` over the peers, each of `rounds` rounds of about `seconds`."""

    passes: int = 3
    rounds: int = 9
    seconds: float = 0.02
    warm_up: float = 0.5


QUICK = Effort(passes=1, rounds=5, seconds=0.01, warm_up=0.1)


@dataclass(frozen=True)
class Timing:
    """The measurements of one peer, in seconds per step: the medians of its passes and all its rounds."""

    medians: list[float]
    rounds: list[float]

    @property
    def best(self) -> float:
        """The smallest median, from which all ratios are computed."""
        return min(self.medians)

    @property
    def spread(self) -> float:
        """Half the interquartile range of all rounds, relative to their median."""
        low, middle, high = statistics.quantiles(self.rounds, n=4)
        return (high - low) / 2 / middle


def seconds_per_step(step: Callable[[], Any], count: int) -> float:
    """The mean time of `count` steps."""
    start = time.perf_counter()
    for _ in repeat(None, count):
        step()
    return (time.perf_counter() - start) / count


def calibrate(step: Callable[[], Any], seconds: float) -> int:
    """The number of steps that take `seconds`."""
    count = 1
    while (spent := seconds_per_step(step, count) * count) < seconds / 4:
        count *= 4
    return max(1, round(count * seconds / spent))


def warm(step: Callable[[], Any], seconds: float) -> None:
    """Runs at least two steps for `seconds`, to exclude one-time work."""
    deadline = time.perf_counter() + seconds
    step()
    step()
    while time.perf_counter() < deadline:
        step()


def timing(step: Callable[[], Any], effort: Effort) -> Timing:
    """Times one step in this process."""
    warm(step, effort.warm_up)
    count = calibrate(step, effort.seconds)
    passes = [[seconds_per_step(step, count) for _ in range(effort.rounds)] for _ in range(effort.passes)]
    return Timing([statistics.median(rounds) for rounds in passes], [figure for rounds in passes for figure in rounds])


def hush() -> None:
    """Discards the libraries' output; errors are sent over the pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _serve(workload: Workload, peer: str, effort: Effort, pipe: Connection) -> None:
    """The main loop of a peer's process: compares, warms up, then runs a round per request."""
    hush()
    try:
        pipe.send(None if peer == "floor" else workload.values(peer))
        run = workload.setup(peer)
        warm(run.step, effort.warm_up)
        count = calibrate(run.step, effort.seconds)
        gc.collect()
        pipe.send(count)
        while pipe.recv():
            warm(run.step, effort.seconds / 4)
            pipe.send(seconds_per_step(run.step, count))
    except (EOFError, KeyboardInterrupt):
        pass
    except Exception as error:  # a peer's exception is one line of the report, and does not end it
        pipe.send(RuntimeError(f"{type(error).__name__}: {error}"))


class PeerProcess:
    """A peer in its own process, which runs only between `resume` and `halt`."""

    def __init__(self, workload: Workload, peer: str, effort: Effort) -> None:
        context = get_context("spawn")
        self.peer = peer
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve_by_name, args=(workload.name, peer, effort, theirs), daemon=True, name=peer
        )
        self._process.start()
        theirs.close()

    def receive(self) -> Any:
        """Receives the process' next message; raises its exceptions."""
        try:
            said = self._pipe.recv()
        except EOFError:
            raise RuntimeError(f"{self.peer}: the process ended") from None
        if isinstance(said, Exception):
            raise said
        return said

    def round(self) -> float:
        """One round, alone on the machine: seconds per step."""
        self.resume()
        self._pipe.send(True)
        figure: float = self.receive()
        self.halt()
        return figure

    def halt(self) -> None:
        """Stops every thread of the process."""
        if CAN_STOP and self._process.pid is not None:
            os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Lets the process run."""
        if CAN_STOP and self._process.pid is not None:
            os.kill(self._process.pid, signal.SIGCONT)

    def close(self) -> None:
        """Ends the process."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.join()
        self._pipe.close()


def _serve_by_name(workload: str, peer: str, effort: Effort, pipe: Connection) -> None:
    from benchmarks.workloads import WORKLOADS

    _serve(WORKLOADS[workload], peer, effort, pipe)


@contextmanager
def processes(workload: Workload, peers: Sequence[str], effort: Effort) -> Iterator[list[PeerProcess]]:
    """A process per peer; all are ended at exit, also after exceptions."""
    started: list[PeerProcess] = []
    try:
        for peer in peers:
            started.append(PeerProcess(workload, peer, effort))
        yield started
    finally:
        for process in started:
            process.close()


def compare(workload: Workload, peers: Sequence[str], effort: Effort) -> tuple[dict[str, Timing], dict[str, str]]:
    """Times the peers in turns; returns the timings, and the reasons for those that could not be timed.

    A peer whose results differ from the reference is not timed.
    """
    expected = workload.values(workload.reference)
    failures: dict[str, str] = {}
    figures: dict[str, list[list[float]]] = {}
    with processes(workload, peers, effort) as started:
        ready = []
        for process in started:
            process.halt()
        for process in started:
            process.resume()
            try:
                values = process.receive()
                wrong = values and workload.disagreement(values, expected)
                if wrong:
                    failures[process.peer] = f"disagrees with {workload.reference}: {wrong}"
                    continue
                process.receive()
            except RuntimeError as error:
                failures[process.peer] = str(error).strip()
                continue
            finally:
                process.halt()
            ready.append(process)
            figures[process.peer] = []
        for _ in range(effort.passes):
            for process in ready:
                figures[process.peer].append([])
            for _ in range(effort.rounds):
                for process in ready:
                    figures[process.peer][-1].append(process.round())
    return {
        peer: Timing([statistics.median(rounds) for rounds in passes], [f for rounds in passes for f in rounds])
        for peer, passes in figures.items()
    }, failures


def with_bytecode(folder: str) -> dict[str, str]:
    """An environment in which interpreters write bytecode to a folder, so that imports are as fast as if installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": folder}


def in_fresh_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """The result of `function(*arguments)` in a new process; raises its exceptions."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, function, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        answer = ours.recv()
    except EOFError:
        raise RuntimeError(f"{function.__name__}{arguments}: the process ended") from None
    finally:
        process.join()
        ours.close()
    if isinstance(answer, Exception):
        raise answer
    return answer


def _answer(pipe: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    hush()
    try:
        pipe.send(function(*arguments))
    except Exception as error:  # sent over the pipe and raised by the caller
        pipe.send(RuntimeError(f"{type(error).__name__}: {error}"))
