"""Nodes that collect elements in nested datasets: windows, and groups by key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradtape._engine.api.api import as_tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.data import structure
from gradtape._src.data.errors import at_next, refused
from gradtape._src.data.functions import Function
from gradtape._src.data.node import END, Cursor, Node, State
from gradtape._src.data.sources import Elements

Wrap = Callable[[Node], Any]


class Window(Node):
    """Windows: for each component a dataset of `size` elements, in the element's structure.

    Args:
      node: the node whose elements are collected.
      size: number of elements per window.
      shift: the distance between the starts of windows.
      stride: the distance between a window's elements.
      drop_remainder: whether to drop windows that are not full.
      wrap: creates a dataset from a node.
    """

    label = "_WindowDataset"

    def __init__(self, node: Node, size: int, shift: int, stride: int, drop_remainder: bool, wrap: Wrap) -> None:
        for name, count in (("size", size), ("shift", shift), ("stride", stride)):
            if count <= 0:
                raise refused("WindowDataset", f"Window {name} must be greater than zero.")
        self.inputs = (node,)
        self.size, self.shift, self.stride = size, shift, stride
        self.drop_remainder, self.wrap = drop_remainder, wrap

    def find_spec(self) -> Any:
        specs = structure.leaves(self.inputs[0].spec)
        datasets = [self.window((), place)._type_spec for place in range(len(specs))]
        return structure.pack(self.inputs[0].spec, iter(datasets))

    def window(self, elements: Sequence[Any], place: int) -> Any:
        """The dataset of a component of some elements."""
        node = self.inputs[0]
        return self.wrap(Elements(elements, "_VariantDataset", lambda: structure.leaves(node.spec)[place]))

    def cardinality(self) -> int:
        count = self.inputs[0].cardinality()
        if count < 0:
            return count
        if self.drop_remainder:
            reach = (self.size - 1) * self.stride + 1
            return 0 if count < reach else (count - reach) // self.shift + 1
        return -(-count // self.shift)

    def cursor(self) -> Cursor:
        return _Windowing(self)


class _Windowing(Cursor):
    def __init__(self, node: Window) -> None:
        self.node = node
        self.cursor = node.inputs[0].cursor()
        self.elements: list[Any] = []  # from the next window's first element on
        self.ended = False
        self.passing = 0  # elements before the next window's first one

    def next(self) -> Any:
        node = self.node
        reach = (node.size - 1) * node.stride + 1
        while not self.ended and len(self.elements) < reach:
            element = self.cursor.next()
            if element is END:
                self.ended = True
            elif self.passing:
                self.passing -= 1
            else:
                self.elements.append(element)
        if not self.elements or (node.drop_remainder and len(self.elements) < reach):
            return END
        window = self.elements[: reach : node.stride]
        self.passing = max(node.shift - len(self.elements), 0)
        del self.elements[: node.shift]
        columns = zip(*[structure.leaves(element) for element in window], strict=True)
        return structure.pack(window[0], iter([node.window(column, place) for place, column in enumerate(columns)]))

    def save(self) -> State:
        elements = [structure.encode(element) for element in self.elements]
        state = {"elements": elements, "ended": self.ended, "passing": self.passing}
        return {**state, "input": self.cursor.save()}

    def load(self, state: State) -> None:
        spec = self.node.inputs[0].spec
        self.elements = [structure.decode(spec, arrays) for arrays in state["elements"]]
        self.ended, self.passing = state["ended"], state["passing"]
        self.cursor.load(state["input"])


class Group(Node):
    """The elements of the datasets that a function returns for groups of elements with the same key.

    Args:
      node: the node whose elements are grouped.
      key: a function of an element that returns an int64 scalar.
      reducer: a function of a key and a dataset of the elements that returns a dataset.
      size: a function of a key that returns the number of elements per call of the reducer.
      wrap: creates a dataset from a node.
    """

    label = "_GroupByWindowDataset"

    def __init__(
        self,
        node: Node,
        key: Callable[..., Any],
        reducer: Callable[..., Any],
        size: Callable[[Any], Any],
        wrap: Wrap,
    ) -> None:
        self.inputs = (node,)
        self.key = Function(key, "group_by_window")
        self.reducer = Function(reducer, "group_by_window")
        self.size, self.wrap = size, wrap

    def find_spec(self) -> Any:
        key = as_tensor(0, dtypes.int64)
        return self.reducer((key, self.window(())))._node.spec

    def window(self, elements: Sequence[Any]) -> Any:
        """The dataset of some elements."""
        return self.wrap(Elements(elements, "_VariantDataset", lambda: self.inputs[0].spec))

    def cursor(self) -> Cursor:
        return _Grouping(self)


class _Grouping(Cursor):
    def __init__(self, node: Group) -> None:
        self.node = node
        self.cursor = node.inputs[0].cursor()
        self.groups: dict[int, list[Any]] = {}
        self.sizes: dict[int, int] = {}
        self.ended = False
        self.key: int | None = None  # of the current group
        self.group: list[Any] = []
        self.current: Cursor | None = None

    def next(self) -> Any:
        while True:
            if self.current is not None:
                element = self.current.next()
                if element is not END:
                    return element
                self.current, self.key, self.group = None, None, []
            if not self.ended:
                self.read()
            elif self.groups:
                key = min(self.groups)
                self.give(key, self.groups.pop(key))
            else:
                return END

    def read(self) -> None:
        """Adds an element to its group, which is returned when it is full."""
        element = self.cursor.next()
        if element is END:
            self.ended = True
            return
        key = int(self.node.key(element))
        if key not in self.groups:
            self.groups[key] = []
            self.sizes[key] = int(self.node.size(as_tensor(key, dtypes.int64)))
            if self.sizes[key] <= 0:
                raise at_next(
                    InvalidArgumentError, "Window size must be greater than zero.", len(structure.leaves(element))
                )
        self.groups[key].append(element)
        if len(self.groups[key]) == self.sizes[key]:
            self.give(key, self.groups.pop(key))

    def give(self, key: int, group: list[Any]) -> None:
        self.key, self.group = key, group
        self.current = self.node.reducer((as_tensor(key, dtypes.int64), self.node.window(group)))._node.cursor()

    def save(self) -> State:
        groups = [[key, [structure.encode(element) for element in group]] for key, group in self.groups.items()]
        state: State = {"groups": groups, "sizes": list(self.sizes.items()), "ended": self.ended, "key": self.key}
        state["group"] = [structure.encode(element) for element in self.group]
        state["current"] = None if self.current is None else self.current.save()
        return {**state, "input": self.cursor.save()}

    def load(self, state: State) -> None:
        spec = self.node.inputs[0].spec
        groups = [*state["groups"], [None, state["group"]]]
        decoded = {key: [structure.decode(spec, arrays) for arrays in group] for key, group in groups}
        group = decoded.pop(None)
        self.groups, self.sizes, self.ended = decoded, dict(state["sizes"]), state["ended"]
        self.key = self.current = None
        if state["key"] is not None:
            self.give(state["key"], group)
            self.current.load(state["current"])  # type: ignore[attr-defined]
        self.cursor.load(state["input"])
