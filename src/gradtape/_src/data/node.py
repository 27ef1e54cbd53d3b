"""The nodes of a pipeline, and the cursors that iterate over them.

A `Node` describes a step: its elements' specification, their number, and how to start iterating. A `Cursor` is one
iteration. It returns items in blocks: elements in lists, or, as long as a pipeline only selects among the rows
of existing arrays, the rows' indices in arrays (`Node.rows`), from which a batch is gathered at once. Steps that only
select, such as take and shuffle, work on both kinds of blocks.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._src.data import structure

INFINITE = -1
UNKNOWN = -2

State = dict[str, Any]
Block = Any  # a list of elements, or an int64 array of row numbers


class _End:
    """Returned instead of an element at the end."""

    def __repr__(self) -> str:
        return "END"


END: Any = _End()
COMES_IN = "it takes elements of a dataset"  # why a function that takes them is not compiled


class Cursor:
    """An iteration over a node. Subclasses define `take` or `next`, and `save` and `load` unless they have no state."""

    def take(self, count: int) -> Block:
        """The next items, at least one and at most `count`; none at the end, then again none."""
        block: list[Any] = []
        while len(block) < count:
            item = self.next()
            if item is END:
                break
            block.append(item)
        return block

    def next(self) -> Any:
        """The next item, or END."""
        block = self.take(1)
        return block[0] if len(block) else END

    def save(self) -> State:
        """The state of the iteration: numbers, strings, NumPy arrays, and lists and dictionaries of them."""
        raise NotImplementedError

    def load(self, state: State) -> None:
        """Resumes from the state of an iteration over the same pipeline."""
        raise NotImplementedError


class Source:
    """Rows in memory, selected by index."""

    count: int

    def element(self, place: int) -> Any:
        raise NotImplementedError

    def batch(self, places: np.ndarray) -> Any:
        raise NotImplementedError


class Node:
    """A node of a pipeline.

    Attributes:
      label: the class that TensorFlow names in the dataset's representation.
      inputs: the steps whose elements it reads.
      source: the rows that the pipeline up to here selects from, or None if it does more than select.
    """

    label: str
    inputs: tuple[Node, ...] = ()
    source: Source | None = None
    _spec: Any = None

    @property
    def spec(self) -> Any:
        """The specification of the elements."""
        if self._spec is None:
            self._spec = self.find_spec()
        return self._spec

    def find_spec(self) -> Any:
        return self.inputs[0].spec

    @property
    def components(self) -> int:
        """The number of an element's components."""
        return len(structure.leaves(self.spec))

    def cardinality(self) -> int:
        return UNKNOWN

    def cursor(self) -> Cursor:
        """A new cursor over elements."""
        raise NotImplementedError

    def rows(self) -> Cursor:
        """A new cursor over indices of the source's rows."""
        raise NotImplementedError

    @property
    def element_bytes(self) -> int:
        """The size of an element as far as it is known."""
        specs = [leaf for leaf in structure.leaves(self.spec) if hasattr(leaf, "shape")]
        return sum(math.prod(size or 1 for size in leaf.shape or ()) * leaf.dtype.size for leaf in specs)


class RowNumbers(Cursor):
    """All rows of a source in order."""

    def __init__(self, count: int) -> None:
        self.at = 0
        self.count = count

    def take(self, count: int) -> np.ndarray:
        begin = self.at
        self.at = min(begin + count, self.count)
        return np.arange(begin, self.at)

    def save(self) -> State:
        return {"at": self.at}

    def load(self, state: State) -> None:
        self.at = state["at"]


class Gathered(Cursor):
    """The elements of a source by a cursor over its rows."""

    AHEAD = 256  # row indices that are read together

    def __init__(self, source: Source, rows: Cursor) -> None:
        self.source = source
        self.rows = rows
        self.numbers = np.empty(0, np.int64)
        self.at = 0

    def next(self) -> Any:
        if self.at == len(self.numbers):
            self.numbers = self.rows.take(self.AHEAD)
            self.at = 0
            if not len(self.numbers):
                return END
        self.at += 1
        return self.source.element(self.numbers[self.at - 1])

    def save(self) -> State:
        return {"numbers": self.numbers[self.at :], "rows": self.rows.save()}

    def load(self, state: State) -> None:
        self.numbers, self.at = np.asarray(state["numbers"]), 0
        self.rows.load(state["rows"])


def product_of(count: int, times: int) -> int:
    """The number of elements after this number of repetitions; negative numbers are special cardinalities."""
    if count == 0 or times == 0:
        return 0
    if times < 0 or count == INFINITE:
        return INFINITE
    return count * times if count > 0 else count


def sum_of(counts: list[int]) -> int:
    """The number of elements of concatenated datasets."""
    if INFINITE in counts:
        return INFINITE
    return UNKNOWN if UNKNOWN in counts else sum(counts)


def least_of(counts: list[int]) -> int:
    """The number of elements of zipped datasets."""
    known = [count for count in counts if count != INFINITE]
    return INFINITE if not known else UNKNOWN if UNKNOWN in known else min(known)
