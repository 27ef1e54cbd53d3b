"""Nodes that read several datasets: zip, flat_map, interleave, and selection of a dataset for each element."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradtape._src.core import dtypes
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.tensor_spec import TensorSpec
from gradtape._src.data import structure
from gradtape._src.data.errors import at_next, refused
from gradtape._src.data.functions import Function
from gradtape._src.data.mapping import AUTOTUNE, Numbered
from gradtape._src.data.node import END, UNKNOWN, Cursor, Node, Source, State, least_of
from gradtape._src.data.prefetching import Prefetcher
from gradtape._src.data.seeds import SeedGenerator
from gradtape._src.data.sources import SourceNode
from gradtape._src.random import philox


class _Beside(Source):
    """Corresponding rows of several sources."""

    def __init__(self, like: Any, sources: Sequence[Source]) -> None:
        self.like, self.sources = like, sources
        self.count = min(source.count for source in sources)

    def element(self, place: int) -> Any:
        return structure.pack(self.like, iter([source.element(place) for source in self.sources]))

    def batch(self, places: np.ndarray) -> Any:
        return structure.pack(self.like, iter([source.batch(places) for source in self.sources]))


class Zip(SourceNode):
    """Corresponding elements of several datasets, up to the end of the shortest.

    Args:
      like: a structure of as many components as there are inputs.
      inputs: the datasets' steps.
    """

    label = "_ZipDataset"

    def __init__(self, like: Any, inputs: Sequence[Node]) -> None:
        self.like, self.inputs = like, tuple(inputs)
        # For rows in their order; after selection each input has its own order.
        whole = [node.source for node in inputs if isinstance(node, SourceNode) and node.source is not None]
        self.source = _Beside(like, whole) if len(whole) == len(inputs) else None  # type: ignore[assignment]

    def find_spec(self) -> Any:
        return structure.pack(self.like, iter([node.spec for node in self.inputs]))

    def cardinality(self) -> int:
        return least_of([node.cardinality() for node in self.inputs])

    def cursor(self) -> Cursor:
        return _Zipping(self) if self.source is None else super().cursor()


class _Zipping(Cursor):
    def __init__(self, node: Zip) -> None:
        self.like = node.like
        self.cursors = [each.cursor() for each in node.inputs]
        self.ended = False

    def next(self) -> Any:
        parts: list[Any] = []
        for cursor in [] if self.ended else self.cursors:
            part = cursor.next()
            if part is END:
                self.ended = True
                break
            parts.append(part)
        return END if self.ended else structure.pack(self.like, iter(parts))

    def save(self) -> State:
        return {"ended": self.ended, "inputs": [cursor.save() for cursor in self.cursors]}

    def load(self, state: State) -> None:
        self.ended = state["ended"]
        for cursor, saved in zip(self.cursors, state["inputs"], strict=True):
            cursor.load(saved)


class Interleave(Node):
    """Maps elements to datasets, and interleaves the elements of several of these.

    Args:
      node: the node whose elements are mapped to datasets.
      function: the function that returns datasets.
      cycle: the number of datasets that take turns.
      block: the number of elements per turn.
      parallel: the number of threads that prefetch elements, or None.
      step: the method's name, for messages.
    """

    def __init__(
        self, node: Node, function: Callable[..., Any], cycle: int, block: int, parallel: int | None, step: str
    ) -> None:
        self.inputs = (node,)
        self.function = Function(function, step)
        self.parallel = parallel
        op = "InterleaveDataset" if parallel is None else "ParallelInterleaveDatasetV4"
        self.label = "_FlatMapDataset" if step == "flat_map" else f"_{op.removesuffix('V4')}"
        processors = os.cpu_count() or 1
        if cycle == AUTOTUNE:
            if parallel is None:
                cycle = processors
            else:  # one thread per dataset, and two further datasets are prefetched, as in TensorFlow
                cycle = -(-processors // 3) if parallel == AUTOTUNE else min(parallel, processors)
        for name, count in (("cycle_length", cycle), ("block_length", block)):
            if count <= 0:
                raise refused(op, f"{name} must be greater than zero.", f"{op}_Targuments_0")
        if parallel is not None and parallel <= 0 and parallel != AUTOTUNE:
            raise refused(op, "num_parallel_calls must be greater than zero.", f"{op}_Targuments_0")
        if parallel is not None and parallel > cycle:
            raise refused(
                op,
                "If `cycle_length` is set to a fixed value, `num_parallel_calls` must be either `tf.data.AUTOTUNE` or "
                f"a value less than or equal to `cycle_length`. However, `num_parallel_calls` is {parallel} and "
                f"`cycle_length` is {cycle}",
                f"{op}_Targuments_0",
            )
        self.cycle, self.block = cycle, block

    def find_spec(self) -> Any:
        spec = self.function.spec(self.inputs[0])
        return self.checked(spec).element_spec

    def checked(self, found: Any) -> Any:
        """Checks that the function returned a dataset (or the spec of one)."""
        if structure.is_structure(found) or not (hasattr(found, "_node") or hasattr(found, "element_spec")):
            raise TypeError(f"The `map_func` argument must return a `tf.data.Dataset` object. Got {type(found)}.")
        return found

    def cardinality(self) -> int:
        return UNKNOWN if self.inputs[0].cardinality() else 0

    def cursor(self) -> Cursor:
        return _Interleaving(self)


class _Interleaving(Cursor):
    def __init__(self, node: Interleave) -> None:
        self.node = node
        self.cursor = Numbered(node.inputs[0].cursor())
        self.current: list[tuple[Any, int, Cursor] | None] = [None] * node.cycle
        self.turn = self.given = 0  # whose turn it is, and the number of its elements returned so far in this turn
        self.ended = False

    def next(self) -> Any:
        while True:
            current = self.current[self.turn]
            if current is not None:
                element = current[2].next()
                if element is not END:
                    self.given += 1
                    if self.given == self.node.block:
                        self.advance()
                    return element
                self.current[self.turn] = None
                self.advance()
            elif not self.ended:
                numbered = self.cursor.next()
                if numbered is END:
                    self.ended = True
                else:
                    self.current[self.turn] = self.begun(numbered[1], numbered[0])
            elif any(self.current):
                self.advance()
            else:
                return END

    def advance(self) -> None:
        self.turn, self.given = (self.turn + 1) % self.node.cycle, 0

    def begun(self, element: Any, place: int) -> tuple[Any, int, Cursor]:
        node = self.node.checked(self.node.function(element, place))._node
        cursor = node.cursor()
        if self.node.parallel is not None:
            cursor = Prefetcher(cursor, None, node, 1, max(self.node.block, 2), tuned=self.node.parallel == AUTOTUNE)
        return element, place, cursor

    def save(self) -> State:
        current = [
            [place, {"place": which, "element": structure.encode(element), "cursor": cursor.save()}]
            for place, (element, which, cursor) in self.open()
        ]
        state = {"turn": self.turn, "given": self.given, "ended": self.ended, "current": current}
        return {**state, "input": self.cursor.save()}

    def open(self) -> list[tuple[int, tuple[Any, int, Cursor]]]:
        return [(place, current) for place, current in enumerate(self.current) if current is not None]

    def load(self, state: State) -> None:
        self.turn, self.given, self.ended = state["turn"], state["given"], state["ended"]
        self.current = [None] * self.node.cycle
        for place, saved in state["current"]:
            element = structure.decode(self.node.inputs[0].spec, saved["element"])
            self.current[place] = begun = self.begun(element, saved["place"])
            begun[2].load(saved["cursor"])
        self.cursor.load(state["input"])


class Directed(Node):
    """Takes each element from the input whose index a selector gives.

    Args:
      selector: a step of int64 scalars.
      inputs: the nodes that it selects from.
      stops: whether to stop at the first input that has ended, or to skip it.
    """

    label = "_DirectedInterleaveDataset"

    def __init__(self, selector: Node, inputs: Sequence[Node], stops: bool) -> None:
        self.selector, self.inputs, self.stops = selector, tuple(inputs), stops
        spec = inputs[0].spec
        for place, node in enumerate(inputs[1:], 1):
            if not structure.same_structure(spec, node.spec):
                raise TypeError(
                    "Invalid `datasets`. `datasets` must have the same type and class, but `datasets[0].element_spec` "
                    f"is {inputs[0].spec} while `datasets[{place}].element_spec` is {node.spec}."
                )
            try:
                spec = structure.relaxed(spec, node.spec)
            except ValueError:
                raise TypeError(
                    f"Invalid `datasets`. `datasets[0].element_spec` is {inputs[0].spec} while "
                    f"`datasets[{place}].element_spec` is {node.spec}."
                ) from None
        self._spec = spec

    def cursor(self) -> Cursor:
        return _Directing(self)


class _Directing(Cursor):
    def __init__(self, node: Directed) -> None:
        self.node = node
        self.selector = node.selector.cursor()
        self.cursors: list[Cursor | None] = [each.cursor() for each in node.inputs]

    def next(self) -> Any:
        while any(cursor is not None for cursor in self.cursors):
            selected = self.selector.next()
            if selected is END:
                break
            place = int(selected)
            if not 0 <= place < len(self.cursors):
                raise at_next(
                    InvalidArgumentError,
                    f"Selector index out of range: {place} >= {len(self.cursors)}",
                    self.node.components,
                )
            cursor = self.cursors[place]
            if cursor is None:
                continue
            element = cursor.next()
            if element is not END:
                return element
            if self.node.stops:
                self.cursors = [None] * len(self.cursors)
            self.cursors[place] = None
        return END

    def save(self) -> State:
        inputs = [None if cursor is None else cursor.save() for cursor in self.cursors]
        return {"selector": self.selector.save(), "inputs": inputs}

    def load(self, state: State) -> None:
        self.selector.load(state["selector"])
        for place, saved in enumerate(state["inputs"]):
            if saved is None:
                self.cursors[place] = None
            else:
                self.cursors[place].load(saved)  # type: ignore[union-attr]


class Drawn(Node):
    """Indices drawn by weight, the same as TensorFlow's multinomial for the same seeds."""

    label = "_MapDataset"

    def __init__(self, weights: np.ndarray, seed: int | None, rerandomize: bool) -> None:
        with np.errstate(divide="ignore"):
            self.logits = np.log(weights)[None]
        self.seeds = SeedGenerator(seed, rerandomize)
        self._spec = TensorSpec((), dtypes.int64)

    def cursor(self) -> Cursor:
        return _Drawing(self)


class _Drawing(Cursor):
    def __init__(self, node: Drawn) -> None:
        self.node = node
        self.key, self.high = node.seeds.next()
        self.drawn = 0

    def next(self) -> Any:
        stream = philox.Stream(self.key, 0, self.high).skip(self.drawn // 2)
        words = philox.bits(stream, 4)
        seed = words[2 * (self.drawn % 2) :][:2]
        self.drawn += 1
        return philox.categorical(philox.stateless_stream(seed), self.node.logits, 1).item()

    def save(self) -> State:
        return {"key": self.key, "high": self.high, "drawn": self.drawn}

    def load(self, state: State) -> None:
        self.key, self.high, self.drawn = state["key"], state["high"], state["drawn"]
