"""Nodes that store elements, or check their number: cache, prefetch, unique, assert_cardinality."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from gradtape._src.core.errors import FailedPreconditionError
from gradtape._src.core.replacing import replacing
from gradtape._src.data import structure
from gradtape._src.data.batching import Batch
from gradtape._src.data.errors import at_next, refused
from gradtape._src.data.mapping import AUTOTUNE
from gradtape._src.data.node import END, Cursor, Node, State
from gradtape._src.data.prefetching import Prefetcher
from gradtape._src.data.selection import Passed
from gradtape._src.data.sources import SourceNode
from gradtape._src.io.files import Failing
from gradtape._src.io.records import framed, read_records
from gradtape._src.io.tensors import parse_tensor, serialize_tensor


def cache(node: Node, filename: str) -> Node:
    """The node that caches a node's elements: itself if these are rows of existing arrays."""
    if isinstance(node, SourceNode) and node.source is not None and not filename:
        return Passed(node, "CacheDataset")
    return Cache(node, filename)


class Cache(Node):
    """Caches the elements of the first complete iteration in memory or a file."""

    label = "CacheDataset"

    def __init__(self, node: Node, filename: str) -> None:
        self.inputs = (node,)
        self.filename = filename
        self.kept: list[Any] | None = None

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()

    def cursor(self) -> Cursor:
        if self.filename and self.kept is None and os.path.exists(self.filename):
            self.kept = list(self.read())
        return _Caching(self)

    def keep(self, elements: list[Any]) -> None:
        """Stores all elements."""
        if self.filename:
            with Failing(self.filename), replacing(self.filename, False) as file:
                for element in elements:
                    for component in structure.leaves(element):
                        file.write(framed(serialize_tensor(component).numpy()))
        self.kept = elements

    def read(self) -> Iterator[Any]:
        specs = structure.leaves(self.spec)
        records = read_records(self.filename)
        for record in records:
            parts = [record, *(next(records) for _ in specs[1:])]
            tensors = [parse_tensor(part, leaf.dtype) for part, leaf in zip(parts, specs, strict=True)]
            yield structure.pack(self.spec, iter(tensors))


class _Caching(Cursor):
    """Cached elements if there are any, otherwise those of the input, which are cached when it ends."""

    def __init__(self, node: Cache) -> None:
        self.node = node
        self.cursor: Cursor | None = None if node.kept is not None else node.inputs[0].cursor()
        self.elements: list[Any] = []
        self.count = node.inputs[0].cardinality()
        self.at = 0

    def next(self) -> Any:
        if self.cursor is None:
            kept = self.node.kept or []
            self.at += 1
            return kept[self.at - 1] if self.at <= len(kept) else END
        element = self.cursor.next()
        if element is not END:
            self.elements.append(element)
        # Consumers that know the number of elements may take them all without reaching the end.
        if self.node.kept is None and (element is END or len(self.elements) == self.count):
            self.node.keep(self.elements)
        return element

    def save(self) -> State:
        if self.cursor is None:
            return {"kept": [structure.encode(element) for element in self.node.kept or []], "at": self.at}
        elements = [structure.encode(element) for element in self.elements]
        return {"elements": elements, "input": self.cursor.save()}

    def load(self, state: State) -> None:
        def decoded(elements: list[Any]) -> list[Any]:
            return [structure.decode(self.node.spec, arrays) for arrays in elements]

        if "kept" in state:
            self.node.kept, self.cursor, self.at = decoded(state["kept"]), None, state["at"]
            return
        self.node.kept, self.elements = None, decoded(state["elements"])
        self.cursor = self.node.inputs[0].cursor()
        self.cursor.load(state["input"])


class Prefetch(Node):
    """Elements computed in advance by a thread.

    Batches that are gathered from rows are computed in this thread as long as they are small: that takes less time than
    handing them from one thread to another.
    """

    label = "_PrefetchDataset"
    LARGE = 1 << 20  # bytes per batch

    def __init__(self, node: Node, size: int) -> None:
        if size < 0 and size != AUTOTUNE:
            raise refused("PrefetchDataset", "buffer_size must be >= 0 or set buffer_size to be -1 for auto-tuning")
        self.inputs = (node,)
        self.size = size

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()

    def cursor(self) -> Cursor:
        node = self.inputs[0]
        cursor = node.cursor()
        if self.size == 0 or (isinstance(node, Batch) and node.gathers and node.bytes_at_once < self.LARGE):
            return cursor  # nothing is prefetched
        tuned = self.size == AUTOTUNE
        return Prefetcher(cursor, None, node, 1, 2 if tuned else self.size, tuned=tuned)


class Unique(Node):
    """Elements that are not equal to an earlier one."""

    label = "_UniqueDataset"

    def __init__(self, node: Node) -> None:
        self.inputs = (node,)
        for leaf in structure.leaves(node.spec):
            if leaf.dtype.name not in ("int32", "int64", "string"):
                raise TypeError(
                    f"Cannot apply `unique()` to dataset with element of type {structure.dtype_name(leaf.dtype)}; "
                    "the types are int32, int64 and string."
                )

    def cursor(self) -> Cursor:
        return _Unique(self.inputs[0].cursor())


class _Unique(Cursor):
    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.seen: set[Any] = set()

    def next(self) -> Any:
        while (element := self.cursor.next()) is not END:
            value = structure.array_of(element)
            key = (value.shape, tuple(value.reshape(-1).tolist()))
            if key not in self.seen:
                self.seen.add(key)
                break
        return element

    def save(self) -> State:
        return {"seen": [[list(shape), list(values)] for shape, values in self.seen], "input": self.cursor.save()}

    def load(self, state: State) -> None:
        self.seen = {(tuple(shape), tuple(values)) for shape, values in state["seen"]}
        self.cursor.load(state["input"])


class AssertCardinality(Node):
    """Elements whose number is checked."""

    label = "_AssertCardinalityDataset"

    def __init__(self, node: Node, count: int) -> None:
        self.inputs = (node,)
        self.count = count

    def cardinality(self) -> int:
        return self.count

    def cursor(self) -> Cursor:
        return _Counting(self)


class _Counting(Cursor):
    def __init__(self, node: AssertCardinality) -> None:
        self.node = node
        self.cursor = node.inputs[0].cursor()
        self.seen = 0

    def next(self) -> Any:
        element, expected = self.cursor.next(), self.node.count
        if element is not END:
            self.seen += 1
            if expected >= 0 and self.seen > expected:
                raise self.wrong(expected, f"contained at least {self.seen} elements")
        elif self.seen < expected or expected < 0:
            raise self.wrong(expected, f"contained only {self.seen} elements")
        return element

    def wrong(self, expected: int, found: str) -> Exception:
        number = f"{expected} elements" if expected >= 0 else "an infinite number of elements"
        message = f"Input dataset was expected to contain {number} but {found}."
        return at_next(FailedPreconditionError, message, self.node.components)

    def save(self) -> State:
        return {"seen": self.seen, "input": self.cursor.save()}

    def load(self, state: State) -> None:
        self.seen = state["seen"]
        self.cursor.load(state["input"])
