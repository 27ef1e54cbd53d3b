"""Profiles of time and memory: every op with its time, its bytes, its line, and whether it ran forward or
backward.

An observer is notified of every finished evaluation. It repeats it, unobserved, to measure how long the op alone takes,
with its operands in cache. What is left of the time since the op before is between ops: Python, data, steps of
optimizers, memory that is touched for the first time, threads that wake up. What tensors hold is what the engine's pool
has given them; arrays that NumPy owns and tensors only share are not in it, nor are tensors of up to 16 elements.
"""

from __future__ import annotations

import ast
import functools
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any, NamedTuple

from gradtape._engine.base.buffer import reset_peak, statistics
from gradtape._engine.record.log import Unrecorded
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.explain.lines import Place, expression_at, short_file
from gradtape._src.testing import observers

_SWEEPS = {"gradient", "jacobian", "batch_jacobian", "_full_jacobians", "_jacobian_rows", "_jacobians"}
REST = "between ops"
_measuring: set[int] = set()  # threads that repeat an op


class Event(NamedTuple):
    """One evaluation.

    Attributes:
      op: the op's name.
      backward: whether a tape's sweep ran it.
      begin, seconds: its start, in seconds since that of the profile, and its duration.
      rest: duration before it in which no op ran.
      bytes: of its results.
      held: bytes that tensors held at its end.
      peak: the maximum since the previous op's end.
      shape: of its first result.
      stack: the program's functions, outermost first, as (name, file, line).
      thread: where it ran.
    """

    op: str
    backward: bool
    begin: float
    seconds: float
    rest: float
    bytes: int
    held: int
    peak: int
    shape: tuple[int, ...]
    stack: tuple[tuple[str, str, int], ...]
    thread: int


class Row(NamedTuple):
    """Statistics of one op.

    Attributes:
      op: the op's name; `between ops` for the rest.
      backward: whether tapes' sweeps ran it.
      calls: number of calls.
      seconds: their total duration.
      bytes: of its results.
      peak: maximum bytes that tensors held while it ran or just before.
      where: the line that took most of the time.
    """

    op: str
    backward: bool
    calls: int
    seconds: float
    bytes: int
    peak: int
    where: str


class Profile:
    """A context manager that measures ops.

    Outside of it nothing is slower; within it ops run twice, and compiled functions run as Python. An op's time
    is that of the op alone, its operands in cache; all else is `between ops`.

    Attributes:
      events: the ops that ran, in order.
      seconds: duration of the block, without measuring.
      held_before, held_after: bytes that tensors held at its beginning and end.
      peak: maximum bytes that they held.

    Example:
      >>> x = tf.Variable([1.0, 2.0])
      >>> with tf.profiler.Profile() as profile:
      ...     with tf.GradientTape() as tape:
      ...         y = tf.reduce_sum(tf.exp(x))
      ...     _ = tape.gradient(y, x)
      >>> [(row.op, row.calls) for row in profile.rows() if not row.backward and row.op == "Exp"]
      [('Exp', 1)]
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.seconds: float = 0.0
        self.held_before: int = 0
        self.held_after: int = 0
        self.peak: int = 0
        self._last: dict[int, float] = {}
        self._start = self._measuring = 0.0

    def __enter__(self) -> Profile:
        """Starts measuring.

        Returns:
          The profile.

        Example:
          >>> with tf.profiler.Profile() as profile:
          ...     y = tf.exp([1.0, 2.0])
          >>> profile.events[0].bytes
          8
        """
        reset_peak()
        self.held_before = self.peak = statistics()["in_use"]
        self._start = time.perf_counter()
        self._last = {threading.get_ident(): self._start}
        observers.install(self._observe)
        return self

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        """Ends it.

        Args:
          kind, value, traceback: of the exception that ends the block, or None.

        Example:
          >>> with tf.profiler.Profile() as profile:
          ...     y = tf.exp([1.0, 2.0])
          >>> len(profile.events)
          1
        """
        observers.remove(self._observe)
        now = time.perf_counter()
        self.seconds = now - self._start - self._measuring
        memory = statistics()
        self.held_after = memory["in_use"]
        self.peak = max(self.peak, memory["peak"])

    def _observe(
        self, primitive: Primitive, operands: Sequence[Tensor], attributes: Any, results: Sequence[Tensor]
    ) -> None:
        now = time.perf_counter()
        thread = threading.get_ident()
        if thread in _measuring:
            return
        before = self._last.get(thread, now)
        memory = statistics()
        self.peak = max(self.peak, memory["peak"])
        _measuring.add(thread)
        try:
            seconds = min(_alone(primitive, tuple(operands), attributes), now - before)
            stack, backward = _stack(sys._getframe(1))
            sizes = [(result.shape.num_elements() or 0) * max(result.dtype.size, 1) for result in results]
            begin = now - seconds - self._start - self._measuring
            shape = tuple(results[0].shape)
            rest = now - before - seconds
            self.events.append(
                Event(
                    primitive.kernel,
                    backward,
                    begin,
                    seconds,
                    rest,
                    sum(sizes),
                    memory["in_use"],
                    memory["peak"],
                    shape,
                    stack,
                    thread,
                )
            )
        finally:
            reset_peak()  # memory of the repeated call is not the program's
            _measuring.discard(thread)
            self._last[thread] = time.perf_counter()
            self._measuring += self._last[thread] - now

    def rows(self) -> list[Row]:
        """The ops, sorted by decreasing time.

        Returns:
          A list of `Row`.

        Example:
          >>> with tf.profiler.Profile() as profile:
          ...     y = tf.exp([1.0, 2.0])
          >>> sorted(row.op for row in profile.rows())
          ['Exp', 'between ops']
        """
        calls: dict[tuple[str, bool], list[Event]] = {}
        for event in self.events:
            calls.setdefault((event.op, event.backward), []).append(event)
        found = [
            Row(
                op,
                backward,
                len(events),
                sum(event.seconds for event in events),
                sum(event.bytes for event in events),
                max(event.peak for event in events),
                _busiest(events),
            )
            for (op, backward), events in calls.items()
        ]
        rest = max(self.seconds - sum(row.seconds for row in found), 0.0)
        found.append(Row(REST, False, 0, rest, 0, 0, ""))
        return sorted(found, key=lambda row: -row.seconds)

    def table(self) -> str:
        """The ops as a table.

        Returns:
          A string.

        Example:
          >>> with tf.profiler.Profile() as profile:
          ...     y = tf.exp([1.0, 2.0])
          >>> profile.table().splitlines()[0].split()
          ['op', 'pass', 'calls', 'time', 'share', 'bytes', 'peak', 'mostly', 'at']
        """
        rows = self.rows()
        width = max(len(row.op) for row in rows)

        def line(*cells: str) -> str:
            op, way, calls, seconds, share, size, peak, where = cells
            found = f"{op:{width}}  {way:8}  {calls:>7}  {seconds:>10}  {share:>6}  {size:>9}  {peak:>9}  {where}"
            return found.rstrip()

        lines = [line("op", "pass", "calls", "time", "share", "bytes", "peak", "mostly at")]
        for row in rows:
            seconds, share = _time(row.seconds), f"{row.seconds / self.seconds if self.seconds else 0.0:.1%}"
            if row.op == REST:
                lines.append(line(row.op, "", "", seconds, share, "", "", ""))
                continue
            way = "backward" if row.backward else "forward"
            sizes = as_bytes(row.bytes), as_bytes(row.peak)
            lines.append(line(row.op, way, str(row.calls), seconds, share, *sizes, row.where))
        sizes = as_bytes(sum(row.bytes for row in rows)), as_bytes(self.peak)
        lines.append(line("all", "", str(len(self.events)), _time(self.seconds), "", *sizes, ""))
        lines.append(self.memory())
        return "\n".join(lines)

    def memory(self) -> str:
        """Describes the memory of tensors before, at the peak and after.

        Returns:
          A string.

        Example:
          >>> with tf.profiler.Profile() as profile:
          ...     y = tf.exp(tf.zeros(1000))
          >>> profile.memory().startswith("Tensors held")
          True
        """
        before, most, after = map(as_bytes, (self.held_before, self.peak, self.held_after))
        highest = max(self.events, key=lambda event: event.peak, default=None)
        where = ""
        if highest is not None and highest.peak == self.peak:
            place = _at(highest)
            where = f" ({highest.op} {'backward' if highest.backward else 'forward'}{place and f', {place}'})"
        return f"Tensors held {before} before, {most} at most{where}, {after} after."

    def __str__(self) -> str:
        return self.table()

    def chrome_trace(self, path: str | os.PathLike[str] | None = None) -> str:
        """The events in the format of chrome://tracing, Perfetto and speedscope, and what tensors held as a counter.

        Args:
          path: a file to write to.

        Returns:
          JSON.

        Example:
          >>> with tf.profiler.Profile() as profile:
          ...     y = tf.exp([1.0, 2.0])
          >>> import json
          >>> json.loads(profile.chrome_trace())["traceEvents"][0]["name"]
          'Exp'
        """
        process = os.getpid()
        events: list[dict[str, Any]] = [
            {
                "name": event.op,
                "cat": "backward" if event.backward else "forward",
                "ph": "X",
                "ts": round(event.begin * 1e6, 3),
                "dur": round(event.seconds * 1e6, 3),
                "pid": process,
                "tid": event.thread,
                "args": {"shape": list(event.shape), "bytes": event.bytes, "at": _at(event)},
            }
            for event in self.events
        ]
        events += [
            {
                "name": "memory",
                "ph": "C",
                "ts": round(when * 1e6, 3),
                "pid": process,
                "args": {"bytes that tensors hold": held},
            }
            for when, held in self.held()
        ]
        text = json.dumps({"traceEvents": events, "displayTimeUnit": "ms"})
        if path is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return text

    def held(self) -> list[tuple[float, int]]:
        """The memory of tensors over time.

        Returns:
          Pairs of a time, in seconds since the block began, and the bytes that they held from then on; while an op
          ran, the most that they held.

        Example:
          >>> with tf.profiler.Profile() as profile:
          ...     y = tf.exp([1.0, 2.0])
          >>> len(profile.held())  # at the beginning, from the op's begin and from its end on, at the end
          4
        """
        found = [(0.0, self.held_before)]
        for event in sorted(self.events, key=lambda event: event.begin):
            found += [(event.begin, event.peak), (event.begin + event.seconds, event.held)]
        return [*found, (self.seconds, self.held_after)]

    def flame_graph(self) -> str:
        """A flame graph of the program's functions and their ops, above the memory of tensors over time.

        Returns:
          SVG.

        Example:
          >>> with tf.profiler.Profile() as profile:
          ...     y = tf.exp([1.0, 2.0])
          >>> profile.flame_graph()[:4]
          '<svg'
        """
        from gradtape._src.explain.flames import draw

        return draw(self)

    def _repr_html_(self) -> str:
        return self.flame_graph()


def _alone(primitive: Primitive, operands: tuple[Tensor, ...], attributes: Any) -> float:
    """Measures an op by repeating it; infinity if it cannot be repeated."""
    if primitive.stateful or (primitive.vjp is not None and primitive.evaluate is None):
        return float("inf")
    try:
        with Unrecorded():
            begin = time.perf_counter()
            primitive.again(operands, attributes if attributes is not None else ())
            return time.perf_counter() - begin
    except Exception:
        return float("inf")


def _stack(frame: FrameType | None) -> tuple[tuple[tuple[str, str, int], ...], bool]:
    """The program's functions that are being called, outermost first, and whether a tape sweeps."""
    found = []
    backward = False
    while frame is not None:
        backward = backward or _sweeps(Place(frame.f_code, frame.f_lasti, frame.f_lineno))
        if frame.f_globals.get("__name__", "").partition(".")[0] != "gradtape":
            found.append((_title(frame), frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return tuple(found[::-1]), backward


def _title(frame: FrameType) -> str:
    return str(getattr(frame.f_code, "co_qualname", frame.f_code.co_name))


@functools.lru_cache(maxsize=4096)
def _sweeps(place: Place) -> bool:
    """Whether a frame is asking a tape for derivatives."""
    node = expression_at(place)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SWEEPS


def _at(event: Event) -> str:
    return f"{short_file(event.stack[-1][1])}:{event.stack[-1][2]}" if event.stack else ""


def _busiest(events: list[Event]) -> str:
    """The line on which events took the most time."""
    seconds: dict[str, float] = {}
    for event in events:
        seconds[_at(event)] = seconds.get(_at(event), 0.0) + event.seconds
    return max(seconds, key=lambda place: seconds[place])


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.3f} ms" if seconds < 1 else f"{seconds:.3f} s"


def as_bytes(count: float) -> str:
    """Formats a number of bytes with three digits."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"
