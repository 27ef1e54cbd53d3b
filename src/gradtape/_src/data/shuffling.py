"""Shuffling with a buffer, in the same order as TensorFlow for the same seeds."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.compute.batches import ShuffleBuffer
from gradtape._src.data import structure
from gradtape._src.data.errors import refused
from gradtape._src.data.node import Block, Cursor, Node, State
from gradtape._src.data.seeds import SeedGenerator
from gradtape._src.data.selection import Selection


class Shuffle(Selection):
    """The items shuffled with a buffer."""

    label = "_ShuffleDataset"

    def __init__(self, node: Node, capacity: int, seed: int | None, reshuffle: bool) -> None:
        super().__init__(node)
        if capacity == 0 or capacity == -1:
            raise refused("ShuffleDatasetV3", "buffer_size must be greater than zero or UNKNOWN_CARDINALITY")
        self.capacity = capacity
        self.seeds = SeedGenerator(seed, reshuffle)

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()

    def chosen(self, rows: bool) -> Cursor:
        return _Shuffling(self, rows)


class _Shuffling(Cursor):
    """The buffer holds row indices, or, if items are elements, keys of a dictionary of the elements in the buffer."""

    LONGEST = 1 << 16  # row indices that are read together

    def __init__(self, node: Shuffle, rows: bool) -> None:
        self.node, self.of_rows = node, rows
        self.buffer = ShuffleBuffer(node.capacity, *node.seeds.next())
        self.cursor = node.begin(0, rows)
        self.ended = False
        self.waiting: dict[int, Any] = {}
        self.arrived = 0

    def take(self, count: int) -> Block:
        while True:
            drawn = self.buffer.exchange(self.incoming(count), count, self.ended)
            if len(drawn) or (self.ended and not len(self.buffer)):
                break
        return drawn if self.of_rows else [self.waiting.pop(number) for number in drawn.tolist()]

    def incoming(self, count: int) -> np.ndarray:
        """Fills the buffer with row indices, enough to draw `count`."""
        wanted = self.buffer.capacity - len(self.buffer) + count - 1
        block: Block = []
        if not self.ended and wanted:
            # Elements are read one by one, so that an exception loses none that were read before.
            block = self.cursor.take(min(wanted, self.LONGEST) if self.of_rows else 1)
            self.ended = not len(block)
        if self.of_rows:
            return np.ascontiguousarray(block, np.int64)
        numbers = np.arange(self.arrived, self.arrived + len(block))
        self.waiting.update(zip(numbers.tolist(), block, strict=True))
        self.arrived += len(block)
        return numbers

    def save(self) -> State:
        waiting = self.buffer.waiting()
        return {
            "key": self.buffer.key,
            "high": self.buffer.high,
            "drawn": self.buffer.drawn,
            "seeds": self.node.seeds.drawn,
            "ended": self.ended,
            "rows": waiting if self.of_rows else None,
            "elements": [structure.encode(self.waiting[number]) for number in waiting.tolist()] if self.waiting else [],
            "input": self.cursor.save(),
        }

    def load(self, state: State) -> None:
        self.buffer = ShuffleBuffer(self.node.capacity, state["key"], state["high"], state["drawn"])
        self.node.seeds.drawn = state["seeds"]
        self.ended = state["ended"]
        elements = [structure.decode(self.node.spec, arrays) for arrays in state["elements"]]
        self.waiting, self.arrived = dict(enumerate(elements)), len(elements)
        self.buffer.refill(np.asarray(state["rows"]) if self.of_rows else np.arange(self.arrived))
        self.cursor.load(state["input"])
