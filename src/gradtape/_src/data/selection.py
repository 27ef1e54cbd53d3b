"""Nodes that select and order items of any kind: take, skip, shard, repeat, concatenate."""

from __future__ import annotations

from typing import Any

from gradtape._src.data import structure
from gradtape._src.data.errors import refused
from gradtape._src.data.node import (
    UNKNOWN,
    Block,
    Cursor,
    Gathered,
    Node,
    Source,
    State,
    least_of,
    product_of,
    sum_of,
)


class Selection(Node):
    """A node that selects among its input's items, which are elements or row indices."""

    def __init__(self, *inputs: Node) -> None:
        self.inputs = inputs
        first = inputs[0].source
        self.source: Source | None = first if all(each.source is first for each in inputs) else None

    def cursor(self) -> Cursor:
        if self.source is not None:
            return Gathered(self.source, self.rows())
        return self.chosen(False)

    def rows(self) -> Cursor:
        return self.chosen(True)

    def begin(self, place: int, rows: bool) -> Cursor:
        """A cursor over an input."""
        return self.inputs[place].rows() if rows else self.inputs[place].cursor()

    def chosen(self, rows: bool) -> Cursor:
        """The cursor that selects among an input's rows or elements."""
        raise NotImplementedError


class Take(Selection):
    """The first items; all of them for a negative count."""

    label = "_TakeDataset"

    def __init__(self, node: Node, count: int) -> None:
        super().__init__(node)
        self.count = count

    def cardinality(self) -> int:
        count = self.inputs[0].cardinality()
        if count == UNKNOWN:
            return UNKNOWN
        return count if self.count < 0 else least_of([count, self.count])

    def chosen(self, rows: bool) -> Cursor:
        return self.begin(0, rows) if self.count < 0 else _Taking(self.begin(0, rows), self.count)


class _Taking(Cursor):
    def __init__(self, cursor: Cursor, count: int) -> None:
        self.cursor = cursor
        self.left = count

    def take(self, count: int) -> Block:
        block = self.cursor.take(min(count, self.left)) if self.left else []
        self.left -= len(block)
        return block

    def save(self) -> State:
        return {"left": self.left, "input": self.cursor.save()}

    def load(self, state: State) -> None:
        self.left = state["left"]
        self.cursor.load(state["input"])


class Skip(Selection):
    """The items after the first ones; none for a negative count."""

    label = "_SkipDataset"

    def __init__(self, node: Node, count: int) -> None:
        super().__init__(node)
        self.count = count

    def cardinality(self) -> int:
        count = self.inputs[0].cardinality()
        if self.count < 0:
            return 0
        return max(count - self.count, 0) if count >= 0 else count

    def chosen(self, rows: bool) -> Cursor:
        if self.count < 0:
            return _Taking(self.begin(0, rows), 0)
        return _Skipping(self.begin(0, rows), self.count)


class _Skipping(Cursor):
    AT_ONCE = 4096

    def __init__(self, cursor: Cursor, count: int) -> None:
        self.cursor = cursor
        self.left = count

    def take(self, count: int) -> Block:
        while self.left:
            passed = self.cursor.take(min(self.left, self.AT_ONCE))
            if not len(passed):
                return passed
            self.left -= len(passed)
        return self.cursor.take(count)

    def save(self) -> State:
        return {"left": self.left, "input": self.cursor.save()}

    def load(self, state: State) -> None:
        self.left = state["left"]
        self.cursor.load(state["input"])


class Shard(Selection):
    """Every n-th item."""

    label = "_ShardDataset"

    def __init__(self, node: Node, shards: int, index: int) -> None:
        super().__init__(node)
        if shards <= 0:
            raise refused(
                "ShardDataset", f"Number of shards must be greater than zero (currently num_shards = {shards})."
            )
        if not 0 <= index < shards:
            raise refused("ShardDataset", f"Index must be between 0 and {shards - 1} (currently index = {index}).")
        self.shards, self.index = shards, index

    def cardinality(self) -> int:
        count = self.inputs[0].cardinality()
        return len(range(self.index, count, self.shards)) if count >= 0 else count

    def chosen(self, rows: bool) -> Cursor:
        return _Sharding(self.begin(0, rows), self.shards, self.index)


class _Sharding(Cursor):
    def __init__(self, cursor: Cursor, shards: int, index: int) -> None:
        self.cursor = cursor
        self.shards = shards
        self.ahead = index  # items before the next one of this shard

    def take(self, count: int) -> Block:
        while True:
            block = self.cursor.take(self.ahead + 1 + (count - 1) * self.shards)
            chosen = block[self.ahead :: self.shards]
            self.ahead += len(chosen) * self.shards - len(block)
            if len(chosen) or not len(block):
                return chosen

    def save(self) -> State:
        return {"ahead": self.ahead, "input": self.cursor.save()}

    def load(self, state: State) -> None:
        self.ahead = state["ahead"]
        self.cursor.load(state["input"])


class Repeat(Selection):
    """The items repeatedly, or forever; each repetition iterates over the input again."""

    label = "_RepeatDataset"

    def __init__(self, node: Node, count: int) -> None:
        super().__init__(node)
        self.count = count

    def cardinality(self) -> int:
        return product_of(self.inputs[0].cardinality(), self.count)

    def chosen(self, rows: bool) -> Cursor:
        return _Repeating(self, rows)


class _Repeating(Cursor):
    def __init__(self, node: Repeat, rows: bool) -> None:
        self.node, self.of_rows = node, rows
        self.times = 0  # number of times the input has ended
        self.cursor = node.begin(0, rows)
        self.empty = True

    def take(self, count: int) -> Block:
        while self.node.count < 0 or self.times < self.node.count:
            block = self.cursor.take(count)
            if len(block):
                self.empty = False
                return block
            if self.node.count < 0 and self.empty:
                break  # an empty input, forever
            self.times += 1
            if self.times != self.node.count:
                self.cursor = self.node.begin(0, self.of_rows)
        return []

    def save(self) -> State:
        return {"times": self.times, "empty": self.empty, "input": self.cursor.save()}

    def load(self, state: State) -> None:
        self.times, self.empty = state["times"], state["empty"]
        self.cursor.load(state["input"])


class Concatenate(Selection):
    """The items of one input, then those of another."""

    label = "_ConcatenateDataset"

    def __init__(self, first: Node, second: Node) -> None:
        super().__init__(first, second)
        one, two = first.spec, second.spec
        specs = structure.leaves(one), structure.leaves(two)
        if not structure.same_structure(one, two) or [type(leaf) for leaf in specs[0]] != [
            type(leaf) for leaf in specs[1]
        ]:
            raise _incompatible(one, two)
        try:
            self._spec = structure.relaxed(one, two)
        except ValueError:
            raise _incompatible(one, two) from None

    def cardinality(self) -> int:
        return sum_of([node.cardinality() for node in self.inputs])

    def chosen(self, rows: bool) -> Cursor:
        return _Concatenating(self, rows)


def _incompatible(one: Any, two: Any) -> TypeError:
    return TypeError(f"Incompatible dataset elements:\n  {one} vs.   {two}")


class _Concatenating(Cursor):
    def __init__(self, node: Concatenate, rows: bool) -> None:
        self.node, self.of_rows = node, rows
        self.place = 0
        self.cursor = node.begin(0, rows)

    def take(self, count: int) -> Block:
        block = self.cursor.take(count)
        if len(block) or self.place:
            return block
        self.place = 1
        self.cursor = self.node.begin(1, self.of_rows)
        return self.cursor.take(count)

    def save(self) -> State:
        return {"place": self.place, "input": self.cursor.save()}

    def load(self, state: State) -> None:
        if state["place"] != self.place:
            self.place = state["place"]
            self.cursor = self.node.begin(self.place, self.of_rows)
        self.cursor.load(state["input"])


class Passed(Selection):
    """All items unchanged: for options, and for transformations that only affect performance."""

    def __init__(self, node: Node, label: str) -> None:
        super().__init__(node)
        self.label = label

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()

    def chosen(self, rows: bool) -> Cursor:
        return self.begin(0, rows)
