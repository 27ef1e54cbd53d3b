"""Sources of elements: tensors, ranges, generators, lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.ops.rows import take_rows
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.hints import note
from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.core.tensor_spec import TensorSpec
from gradtape._src.data import structure
from gradtape._src.data.errors import at_next, refused
from gradtape._src.data.node import END, INFINITE, Cursor, Gathered, Node, RowNumbers, Source, State
from gradtape._src.data.seeds import SeedGenerator
from gradtape._src.random import philox


class SourceNode(Node):
    """The rows of a source in order."""

    source: Source

    def cardinality(self) -> int:
        return self.source.count

    def rows(self) -> Cursor:
        return RowNumbers(self.source.count)

    def cursor(self) -> Cursor:
        return Gathered(self.source, self.rows())


class Slices(Source):
    """The rows of tensors along their first axis."""

    def __init__(self, element: Any) -> None:
        self.tensors = structure.leaves(element)
        self.like = element
        self.alone = not structure.is_structure(element)
        self.count = structure.length(self.tensors[0])
        self.shapes = [tuple(tensor.shape)[1:] for tensor in self.tensors]

    def element(self, place: int) -> Any:
        return self._packed(np.array([place]), ())

    def batch(self, places: np.ndarray) -> Any:
        return self._packed(places, (len(places),))

    def _packed(self, places: np.ndarray, shape: tuple[int, ...]) -> Any:
        """The rows at these indices, with a shape before the rows' axes."""
        parts = [
            take_rows("gather", tensor, places, shape + rest)
            if type(tensor) is Tensor
            else StringTensor(np.asarray(tensor)[places].reshape(shape + rest))
            for tensor, rest in zip(self.tensors, self.shapes, strict=True)
        ]
        return parts[0] if self.alone else structure.pack(self.like, iter(parts))


class TensorSlices(SourceNode):
    """The slices of tensors along their first axis."""

    label = "_TensorSliceDataset"

    def __init__(self, tensors: Any) -> None:
        element = structure.element_of(tensors, structure.component_of)
        parts = structure.leaves(element)
        if not parts:
            raise ValueError("Invalid `element`. `element` should not be empty.")
        if not all(part.ndim for part in parts):
            raise ValueError("Unbatching a tensor is only supported for rank >= 1")
        for part in parts[1:]:
            if structure.length(part) != structure.length(parts[0]):
                raise ValueError(
                    f"Dimensions {structure.length(parts[0])} and {structure.length(part)} are not compatible"
                )
        self.source = Slices(element)
        self._spec = structure.of_rows(structure.element_spec_of(element))


class Arithmetic(Source):
    """Equally spaced numbers."""

    def __init__(self, start: int, step: int, count: int, dtype: DType) -> None:
        self.start, self.step, self.count, self.dtype = start, step, count, dtype

    def element(self, place: int) -> Any:
        return as_tensor(self.start + int(place) * self.step, self.dtype)

    def batch(self, places: np.ndarray) -> Any:
        return as_tensor((self.start + places * self.step).astype(self.dtype.as_numpy_dtype))


class Range(SourceNode):
    """The numbers of a range."""

    label = "_RangeDataset"

    def __init__(self, start: int, stop: int, step: int, dtype: DType) -> None:
        if step == 0:
            raise refused("RangeDataset", "step must be a non-zero integer.")
        self.source = Arithmetic(start, step, len(range(start, stop, step)), dtype)
        self._spec = TensorSpec((), dtype)


class Listed(Cursor):
    """The items of a sequence in order."""

    def __init__(self, items: Sequence[Any]) -> None:
        self.items = items
        self.at = 0

    def next(self) -> Any:
        if self.at >= len(self.items):
            return END
        self.at += 1
        return self.items[self.at - 1]

    def save(self) -> State:
        return {"at": self.at}

    def load(self, state: State) -> None:
        self.at = state["at"]


class Elements(Node):
    """Elements in memory: for from_tensors, from_list, and windows.

    `spec` computes their specification when it is requested.
    """

    def __init__(self, elements: Sequence[Any], label: str, spec: Callable[[], Any]) -> None:
        self.elements = elements
        self.label = label
        self.find_spec = spec  # type: ignore[method-assign]

    def cardinality(self) -> int:
        return len(self.elements)

    def cursor(self) -> Cursor:
        return Listed(self.elements)


class Counter(Node):
    """Infinitely many equally spaced numbers."""

    label = "_ScanDataset"

    def __init__(self, start: Any, step: Any, dtype: DType) -> None:
        self.start, self.step, self.dtype = start, step, dtype
        self._spec = TensorSpec((), dtype)

    def cardinality(self) -> int:
        return INFINITE

    def cursor(self) -> Cursor:
        return _Counting(self.start, self.step, self.dtype)


class _Counting(Cursor):
    def __init__(self, at: Any, step: Any, dtype: DType) -> None:
        self.at, self.step, self.dtype = at, step, dtype

    def next(self) -> Any:
        self.at += self.step
        return as_tensor(self.at - self.step, self.dtype)

    def save(self) -> State:
        return {"at": self.at}

    def load(self, state: State) -> None:
        self.at = state["at"]


class Random(Node):
    """Infinitely many random 32-bit integers."""

    label = "_RandomDataset"

    def __init__(self, seed: int | None, rerandomize: bool) -> None:
        self.seeds = SeedGenerator(seed, rerandomize)
        self._spec = TensorSpec((), dtypes.int64)

    def cardinality(self) -> int:
        return INFINITE

    def cursor(self) -> Cursor:
        return _Random(*self.seeds.next())


class _Random(Cursor):
    AHEAD = 256

    def __init__(self, key: int, high: int) -> None:
        self.key, self.high = key, high
        self.drawn = 0
        self.words: list[int] = []

    def next(self) -> Any:
        place = self.drawn % self.AHEAD
        if not place or not self.words:
            stream = philox.Stream(self.key, 0, self.high).skip((self.drawn - place) // 4)
            self.words = philox.bits(stream, self.AHEAD).tolist()
        self.drawn += 1
        return as_tensor(self.words[place], dtypes.int64)

    def save(self) -> State:
        return {"key": self.key, "high": self.high, "drawn": self.drawn}

    def load(self, state: State) -> None:
        self.key, self.high, self.drawn = state["key"], state["high"], state["drawn"]
        self.words = []


class Generated(Node):
    """The values yielded by a generator."""

    label = "_FlatMapDataset"

    def __init__(self, generator: Callable[..., Any], spec: Any, arguments: tuple[Any, ...]) -> None:
        self.generator, self.arguments = generator, arguments
        self._spec = spec

    def cursor(self) -> Cursor:
        return _Generating(self)


class _Generating(Cursor):
    def __init__(self, node: Generated) -> None:
        self.node = node
        self.iterator: Iterator[Any] | None = None
        self.yielded = 0
        self.ended = False

    def next(self) -> Any:
        if self.ended:
            return END
        if self.iterator is None:
            self.iterator = iter(self.begun())
        try:
            value = next(self.iterator, END)
        except Exception as error:
            self.ended = True
            note(error, f"The generator of Dataset.from_generator raised this after {self.yielded} elements.")
            raise
        if value is END:
            self.ended, self.iterator = True, None
            return END
        self.yielded += 1
        return self.fitted(value)

    def begun(self) -> Any:
        found = self.node.generator(*self.node.arguments)
        if not hasattr(found, "__iter__") and not hasattr(found, "__getitem__"):
            raise self.wrong(f"{type(found).__name__!r} object is not iterable")
        return found

    def wrong(self, message: str) -> Exception:
        return at_next(InvalidArgumentError, f"TypeError: {message}", self.node.components)

    def fitted(self, value: Any) -> Any:
        """Converts a value to an element of the spec."""
        spec = self.node.spec
        try:
            values = list(structure.flatten_up_to(spec, value))
        except (TypeError, ValueError, KeyError):
            expected = structure.map_leaves(lambda leaf: leaf.dtype, spec)
            raise self.wrong(
                "`generator` yielded an element that did not match the expected structure. The expected structure was "
                f"{expected}, but the yielded element was {value}."
            ) from None
        parts = [self.component(leaf, part) for leaf, part in zip(structure.leaves(spec), values, strict=True)]
        return structure.pack(spec, iter(parts))

    def component(self, spec: TensorSpec, value: Any) -> Any:
        try:
            if spec.dtype is dtypes.string:
                tensor: Any = StringTensor(value)
            else:
                tensor = as_tensor(np.asarray(value).astype(spec.dtype.as_numpy_dtype, casting="unsafe"))
        except (TypeError, ValueError):
            raise self.wrong(
                "`generator` yielded an element that could not be converted to the expected type. The expected type "
                f"was {spec.dtype.name}, but the yielded element was {value}."
            ) from None
        if not spec.shape.is_compatible_with(tensor.shape):
            raise self.wrong(
                f"`generator` yielded an element of shape {tuple(tensor.shape)} where an element of shape "
                f"{_shape_text(spec)} was expected."
            )
        return tensor

    def save(self) -> State:
        return {"yielded": self.yielded}

    def load(self, state: State) -> None:
        """Restarts the generator, and skips what it had yielded."""
        self.__init__(self.node)  # type: ignore[misc]
        while self.yielded < state["yielded"] and self.next() is not END:
            pass


def _shape_text(spec: TensorSpec) -> str:
    return "<unknown>" if spec.shape.rank is None else str(tuple(spec.shape))
