"""Nodes that call a function on each element: map, filter, take_while, scan; and ignore_errors."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from gradtape._engine.record.primitive import fail_trace
from gradtape._src.core.logger import get_logger
from gradtape._src.data import structure
from gradtape._src.data.errors import refused
from gradtape._src.data.functions import Function
from gradtape._src.data.node import COMES_IN, END, Cursor, Node, State
from gradtape._src.data.prefetching import Prefetcher

AUTOTUNE = -1


class Map(Node):
    """Applies a function to each element, in this thread or in several."""

    def __init__(
        self, node: Node, function: Callable[..., Any], parallel: int | None, ordered: bool, step: str = "map"
    ) -> None:
        self.function = Function(function, step)
        if parallel is not None and parallel < 1 and parallel != AUTOTUNE:
            raise refused(
                "ParallelMapDatasetV2",
                "num_parallel_calls must be greater than zero.",
                "ParallelMapDatasetV2_Targuments_0",
            )
        self.label = "_MapDataset" if parallel is None else "_ParallelMapDataset"
        self.inputs = (node,)
        self.parallel, self.ordered = parallel, ordered

    def find_spec(self) -> Any:
        return self.function.spec(self.inputs[0])

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()

    def cursor(self) -> Cursor:
        cursor = Numbered(self.inputs[0].cursor())
        if self.parallel is None:
            return _Mapping(cursor, self.function)
        tuned = self.parallel == AUTOTUNE
        threads = os.cpu_count() or 1 if tuned else self.parallel
        return Prefetcher(cursor, _call_numbered(self.function), self, threads, threads, self.ordered, tuned)


class Numbered(Cursor):
    """Pairs of index and element."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.count = 0

    def next(self) -> Any:
        element = self.cursor.next()
        if element is END:
            return END
        self.count += 1
        return self.count - 1, element

    def save(self) -> State:
        return {"count": self.count, "input": self.cursor.save()}

    def load(self, state: State) -> None:
        self.count = state["count"]
        self.cursor.load(state["input"])


def _call_numbered(function: Function) -> Callable[[Any], Any]:
    return lambda numbered: function(numbered[1], numbered[0])


class _Mapping(Cursor):
    def __init__(self, cursor: Cursor, function: Function) -> None:
        self.cursor, self.function = cursor, function

    def next(self) -> Any:
        numbered = self.cursor.next()
        return END if numbered is END else self.function(numbered[1], numbered[0])

    def save(self) -> State:
        return {"input": self.cursor.save()}

    def load(self, state: State) -> None:
        self.cursor.load(state["input"])


class Filter(Node):
    """The elements that satisfy a predicate; with `first`, those before the first that does not."""

    def __init__(self, node: Node, predicate: Callable[..., Any], stops: bool) -> None:
        self.function = Function(predicate, "take_while" if stops else "filter")
        self.label = "_TakeWhileDataset" if stops else "_FilterDataset"
        self.inputs = (node,)
        self.stops = stops

    def cursor(self) -> Cursor:
        return _Filtering(self)


class _Filtering(Cursor):
    def __init__(self, node: Filter) -> None:
        self.node = node
        self.cursor = Numbered(node.inputs[0].cursor())
        self.ended = False

    def next(self) -> Any:
        while not self.ended:
            numbered = self.cursor.next()
            if numbered is END:
                break
            place, element = numbered
            if self.holds(element, place):
                return element
            self.ended = self.node.stops
        return END

    def holds(self, element: Any, place: int) -> bool:
        found = self.node.function(element, place)
        spec = structure.element_spec_of(found)
        if not structure.is_predicate(spec):
            raise ValueError(
                "Invalid `predicate`. `predicate` must return a `tf.bool` scalar tensor, but its return type is "
                f"{spec}."
            )
        return bool(found)

    def save(self) -> State:
        return {"ended": self.ended, "input": self.cursor.save()}

    def load(self, state: State) -> None:
        self.ended = state["ended"]
        self.cursor.load(state["input"])


class Scan(Node):
    """Applies a function of a state and each element, which returns the next state and an output."""

    label = "_ScanDataset"

    def __init__(self, node: Node, state: Any, function: Callable[..., Any]) -> None:
        self.inputs = (node,)
        self.state = structure.element_of(state, structure.component_of)
        self.function = Function(function, "scan")

    def find_spec(self) -> Any:
        step = self

        class Pairs(Node):
            """The specs of states and elements."""

            def find_spec(self) -> Any:
                return structure.element_spec_of(step.state), step.inputs[0].spec

            def cursor(self) -> Cursor:
                return _Pairing(step.state, step.inputs[0].cursor())

        return self.checked(self.function.spec(Pairs()), is_spec=True)[1]

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()

    def cursor(self) -> Cursor:
        return _Scanning(self)

    def checked(self, pair: Any, is_spec: bool = False) -> tuple[Any, Any]:
        """Checks that the function returned a state like the first, and an output."""
        spec = pair if is_spec else structure.element_spec_of(pair)
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(
                "Invalid `scan_func`. `scan_func` should return a pair consisting of new state and the output value "
                f"but its return type is {spec}."
            )
        check_state(structure.element_spec_of(self.state), spec[0], "scan_func")
        return pair


def check_state(first: Any, spec: Any, name: str) -> None:
    """Raises TypeError unless a new state has the structure and dtypes of the first one."""
    if not structure.same_structure(first, spec):
        raise TypeError(
            f"Invalid `{name}`. The element classes for the new state must match the initial state. Expected "
            f"{first}, got {spec}."
        )
    for one, two in zip(structure.leaves(first), structure.leaves(spec), strict=True):
        if one.dtype is not two.dtype:
            raise TypeError(
                f"Invalid `{name}`. The element types for the new state must match the initial state. Expected "
                f"{structure.dtype_name(one.dtype)}, got {structure.dtype_name(two.dtype)}."
            )


class _Pairing(Cursor):
    def __init__(self, state: Any, cursor: Cursor) -> None:
        self.state, self.cursor = state, cursor

    def next(self) -> Any:
        element = self.cursor.next()
        return END if element is END else (self.state, element)


class _Scanning(Cursor):
    def __init__(self, node: Scan) -> None:
        self.node = node
        self.cursor = Numbered(node.inputs[0].cursor())
        self.state = node.state

    def next(self) -> Any:
        numbered = self.cursor.next()
        if numbered is END:
            return END
        pair = self.node.function((self.state, numbered[1]), numbered[0])
        self.state, output = self.node.checked(pair)
        return output

    def save(self) -> State:
        return {"state": structure.encode(self.state), "input": self.cursor.save()}

    def load(self, state: State) -> None:
        self.state = structure.decode(structure.element_spec_of(self.node.state), state["state"])
        self.cursor.load(state["input"])


class IgnoreErrors(Node):
    """Skips elements that raise an exception."""

    label = "_IgnoreErrorsDataset"

    def __init__(self, node: Node, log: bool) -> None:
        self.inputs = (node,)
        self.log = log

    def cursor(self) -> Cursor:
        return _Ignoring(self.inputs[0].cursor(), self.log)


class _Ignoring(Cursor):
    def __init__(self, cursor: Cursor, log: bool) -> None:
        self.cursor, self.log = cursor, log

    def next(self) -> Any:
        while True:
            try:
                return self.cursor.next()
            except Exception as error:
                if self.log:
                    get_logger().warning("Dataset.ignore_errors leaves out an element: %s", error)

    def save(self) -> State:
        return {"input": self.cursor.save()}

    def load(self, state: State) -> None:
        self.cursor.load(state["input"])


def reduce(node: Node, initial: Any, function: Callable[..., Any]) -> Any:
    """Reduces the elements with a function of a state and an element that returns the next state."""
    reducer = Function(function, "reduce")
    state = structure.element_of(initial, structure.component_of)
    first = structure.element_spec_of(state)
    fail_trace(COMES_IN)
    cursor, place = node.cursor(), 0
    while (element := cursor.next()) is not END:
        state = reducer((state, element), place)
        spec = structure.element_spec_of(state)
        given, expected = len(structure.leaves(spec)), len(structure.leaves(first))
        if given != expected:
            raise refused(
                "ReduceDataset",
                "The number of components of the initial state and the reduce function output does not match. "
                f"(initial_state={expected}, output={given}).",
                f"ReduceDataset_Targuments_0_Tstate_{expected}_output_types_{expected}",
            )
        check_state(first, spec, "reduce_func")
        place += 1
    return state
