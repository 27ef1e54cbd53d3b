"""Threads that compute elements in advance: prefetch, parallel map and parallel interleave.

The threads hold the work and not the cursor. When the cursor is dropped the work is cancelled, and they end.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from gradtape._src.data import structure
from gradtape._src.data.node import END, Cursor, Node, State


class _Slot:
    """A slot for an element computed by a thread: its result or its exception."""

    __slots__ = ("done", "error", "value")

    def __init__(self) -> None:
        self.done = False
        self.value: Any = None
        self.error: BaseException | None = None


class _Work:
    """State shared by the threads: the input cursor, which they read in turn, and the slots that they fill."""

    def __init__(self, cursor: Cursor, function: Callable[[Any], Any] | None, limit: int) -> None:
        self.cursor, self.function, self.limit = cursor, function, limit
        self.reading = threading.Lock()  # held while the cursor is read
        self.changed = threading.Condition()  # for all attributes below
        self.slots: deque[_Slot] = deque()  # in the order of reading
        self.claimed = 0  # slots, and reads that will become slots
        self.ended = self.called_off = False

    def run(self) -> None:
        """The main loop of a thread: reads and computes elements until the end."""
        try:
            while self.claim() and self.make():
                pass
        finally:
            # The frames of an exception lead to this one, which must not hold the work.
            del self

    def make(self) -> bool:
        """Reads and computes one element; False at the end."""
        slot = _Slot()
        element: Any = None
        with self.reading:
            try:
                element = END if self.ended else self.cursor.next()
            except BaseException as error:
                slot.error = error
            with self.changed:
                if element is END:
                    self.ended = True
                    self.claimed -= 1
                    self.changed.notify_all()
                    return False
                self.slots.append(slot)
        if slot.error is None and self.function is not None:
            try:
                element = self.function(element)
            except BaseException as error:
                slot.error = error
        with self.changed:
            slot.value, slot.done = element, True
            self.changed.notify_all()
        if slot.error is not None:
            del self, slot, element  # as above
        return True

    def claim(self) -> bool:
        """Waits until another element may be read; False at the end, or if the iteration was closed."""
        with self.changed:
            while not self.called_off and not self.ended and self.claimed >= self.limit:
                self.changed.wait()
            if self.called_off or self.ended:
                return False
            self.claimed += 1
            return True

    def call_off(self) -> None:
        with self.changed:
            self.called_off = True
            self.changed.notify_all()


class Prefetcher(Cursor):
    """Elements computed in advance by threads.

    Args:
      cursor: the cursor that the threads read, one at a time.
      function: the function that they call with the elements, in parallel; None to leave them unchanged.
      node: the node, whose specification the elements have.
      threads: their number.
      limit: the maximum number of elements computed or being computed, and not yet taken.
      ordered: whether elements are returned in the order in which they were read.
      tuned: whether to use threads only if computing an element takes long enough to be worth the handover, measured
        with the first elements.
    """

    TRIALS = 16  # elements computed without threads to measure the time
    WORTHWHILE = 2e-4  # seconds

    def __init__(
        self,
        cursor: Cursor,
        function: Callable[[Any], Any] | None,
        node: Node,
        threads: int,
        limit: int,
        ordered: bool = True,
        tuned: bool = False,
    ) -> None:
        self.cursor, self.function, self.node = cursor, function, node
        self.threads, self.limit, self.ordered = threads, limit, ordered
        self.alone = tuned  # without threads, at least until it is decided
        self.took: list[float] = []
        self.made: deque[Any] = deque()  # elements of a loaded state
        self.work: _Work | None = None

    def next(self) -> Any:
        if self.made:
            return self.made.popleft()
        if self.alone:
            return self.tried()
        if self.work is None:
            self.begin()
        return self.taken()

    def tried(self) -> Any:
        """Computes an element in this thread; after enough of them decides whether to start threads."""
        begun = time.perf_counter()
        element = self.cursor.next()
        if element is not END and self.function is not None:
            element = self.function(element)
        if len(self.took) < self.TRIALS:
            self.took.append(time.perf_counter() - begun)
            if len(self.took) == self.TRIALS and sorted(self.took)[self.TRIALS // 2] >= self.WORTHWHILE:
                self.alone = False
        return element

    def begin(self) -> None:
        work = self.work = _Work(self.cursor, self.function, self.limit)
        weakref.finalize(self, work.call_off)
        for _ in range(self.threads):
            threading.Thread(target=work.run, name="gradtape-data", daemon=True).start()

    def taken(self) -> Any:
        """The next element computed by the threads."""
        work = self.work
        assert work is not None
        with work.changed:
            while (slot := self.ready(work)) is None:
                if not work.slots and work.ended:
                    return END
                work.changed.wait()
            work.slots.remove(slot)
            work.claimed -= 1
            work.changed.notify_all()
        error, value = slot.error, slot.value
        del slot
        if error is None:
            return value
        try:
            raise error
        finally:
            del error, work  # the exception's traceback holds this frame

    def ready(self, work: _Work) -> _Slot | None:
        if self.ordered:
            return work.slots[0] if work.slots and work.slots[0].done else None
        return next((slot for slot in work.slots if slot.done), None)

    def save(self) -> State:
        if self.work is None:
            return {"made": [structure.encode(element) for element in self.made], "input": self.cursor.save()}
        with self.work.reading, self.work.changed:
            while not all(slot.done for slot in self.work.slots):
                self.work.changed.wait()
            for slot in self.work.slots:
                if slot.error is not None:
                    raise slot.error
            made = [structure.encode(slot.value) for slot in self.work.slots]
            return {"made": made, "input": self.cursor.save()}

    def load(self, state: State) -> None:
        if self.work is not None:
            raise RuntimeError("A state is loaded into a new iterator, before its first element.")
        self.made = deque(structure.decode(self.node.spec, arrays) for arrays in state["made"])
        self.cursor.load(state["input"])
