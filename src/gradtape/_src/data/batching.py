"""Combining elements into batches, and splitting batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import empty, tensor_from
from gradtape._src.core import dtypes
from gradtape._src.core.error_kinds import DataLossError
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.tensor_spec import TensorSpec
from gradtape._src.data import structure
from gradtape._src.data.errors import at_next, refused
from gradtape._src.data.mapping import Map
from gradtape._src.data.node import END, UNKNOWN, Cursor, Node, Source, State


def batches_of(count: int, size: int, drop_remainder: bool) -> int:
    """The number of batches."""
    return count if count < 0 else count // size if drop_remainder else -(-count // size)


class Batch(Node):
    """Batches of elements, gathered from the arrays if the pipeline so far only selects rows."""

    def __init__(self, node: Node, size: int, drop_remainder: bool, parallel: bool) -> None:
        if size <= 0:
            op = "ParallelBatchDataset" if parallel else "BatchDatasetV2"
            raise refused(op, "Batch size must be greater than zero.")
        self.label = "_ParallelBatchDataset" if parallel else "_BatchDataset"
        self.inputs = (node,)
        self.size, self.drop_remainder = size, drop_remainder
        self._mapped = isinstance(node, Map) and not parallel

    def find_spec(self) -> Any:
        return structure.batched(self.inputs[0].spec, self.size if self.drop_remainder else None)

    def cardinality(self) -> int:
        return batches_of(self.inputs[0].cardinality(), self.size, self.drop_remainder)

    @property
    def gathers(self) -> bool:
        """Whether batches are gathered from arrays."""
        return self.inputs[0].source is not None

    @property
    def bytes_at_once(self) -> int:
        """The size of a batch, if known."""
        return self.size * self.inputs[0].element_bytes

    def cursor(self) -> Cursor:
        node = self.inputs[0]
        if node.source is not None:
            return _Gathering(node.source, node.rows(), self.size, self.drop_remainder)
        return _Batching(node.cursor(), self.size, self.drop_remainder, self._mapped)


class _Batching(Cursor):
    def __init__(self, cursor: Cursor, size: int, drop_remainder: bool, mapped: bool = False) -> None:
        self.cursor = cursor
        self.size, self.drop_remainder, self.mapped = size, drop_remainder, mapped

    def next(self) -> Any:
        elements = self.cursor.take(self.size)
        while 0 < len(elements) < self.size:
            more = self.cursor.take(self.size - len(elements))
            if not more:
                break
            elements += more
        if not elements or (self.drop_remainder and len(elements) < self.size):
            return END
        return structure.batch_of(elements, self.mapped)

    def save(self) -> State:
        return {"input": self.cursor.save()}

    def load(self, state: State) -> None:
        self.cursor.load(state["input"])


class _Gathering(Cursor):
    """Batches of rows of a source."""

    AHEAD = 32  # batches whose row indices are read together

    def __init__(self, source: Source, rows: Cursor, size: int, drop_remainder: bool) -> None:
        self.source, self.rows = source, rows
        self.size, self.drop_remainder = size, drop_remainder
        self.numbers = np.empty(0, np.int64)
        self.at = 0

    def next(self) -> Any:
        begin, end = self.at, self.at + self.size
        if end > len(self.numbers):
            begin, end = self.read()
            if begin == end or (self.drop_remainder and end < self.size):
                return END
        self.at = end
        return self.source.batch(self.numbers[begin:end])

    def read(self) -> tuple[int, int]:
        """Reads row indices for the next batch; returns where it begins and ends."""
        parts = [self.numbers[self.at :]]
        count = len(parts[0])
        while count < self.size:
            block = self.rows.take(self.size * self.AHEAD - count)
            if not len(block):
                break
            parts.append(block)
            count += len(block)
        self.numbers, self.at = np.concatenate(parts), 0
        return 0, min(count, self.size)

    def save(self) -> State:
        return {"numbers": self.numbers[self.at :], "rows": self.rows.save()}

    def load(self, state: State) -> None:
        self.numbers, self.at = np.asarray(state["numbers"]), 0
        self.rows.load(state["rows"])


class PaddedBatch(Node):
    """Batches of elements, padded to a shape or to the largest."""

    label = "_PaddedBatchDataset"

    def __init__(self, node: Node, size: int, shapes: Any, values: Any, drop_remainder: bool) -> None:
        self.inputs = (node,)
        self.size, self.drop_remainder = size, drop_remainder
        specs = structure.leaves(node.spec)
        self.shapes = self._find_shapes(node.spec, specs, shapes)
        # To the largest, whatever is known about sizes.
        self.padded = self.shapes if shapes is not None else [TensorShape([None] * shape.rank) for shape in self.shapes]
        self.values = self._find_values(node.spec, specs, values)
        if size <= 0:
            raise refused("PaddedBatchDatasetV2", "Batch size must be greater than zero.")

    @staticmethod
    def _find_shapes(spec: Any, specs: list[Any], shapes: Any) -> list[TensorShape]:
        if shapes is None:
            for place, leaf in enumerate(specs):
                if leaf.shape.rank is None:
                    raise ValueError(
                        f"You must provide `padded_shapes` argument because component {place} has unknown rank."
                    )
            return [leaf.shape for leaf in specs]
        found = [_padded_shape(shape) for shape in structure.flatten_up_to(spec, shapes)]
        for shape, leaf in zip(found, specs, strict=True):
            if leaf.shape.rank is not None and (
                shape.rank != leaf.shape.rank
                or any(
                    padded is not None and size is not None and padded < size
                    for padded, size in zip(shape, leaf.shape, strict=True)
                )
            ):
                raise ValueError(
                    f"The padded shape {_tuple_text(shape)} is not compatible with the shape "
                    f"{_tuple_text(leaf.shape)} of the corresponding input component."
                )
        return found

    @staticmethod
    def _find_values(spec: Any, specs: list[Any], values: Any) -> list[Any]:
        given = (
            [values] * len(specs) if not structure.is_structure(values) else list(structure.flatten_up_to(spec, values))
        )
        found = []
        for value, leaf in zip(given, specs, strict=True):
            if value is None:
                found.append(b"" if leaf.dtype is dtypes.string else 0)
                continue
            tensor = structure.component_of(value)
            if tensor.ndim:
                raise ValueError(
                    f"Invalid `padding_values`. `padding_values` values should be scalars, but got {tensor.shape}."
                )
            if tensor.dtype is not leaf.dtype:
                raise TypeError(
                    f"Invalid `padding_values`. `padding_values` values type {structure.dtype_name(tensor.dtype)} does "
                    f"not match type {structure.dtype_name(leaf.dtype)} of the corresponding input component."
                )
            found.append(structure.to_numpy(tensor))
        return found

    def find_spec(self) -> Any:
        size = self.size if self.drop_remainder else None
        specs = structure.leaves(self.inputs[0].spec)
        parts = [
            TensorSpec(TensorShape([size]).concatenate(shape), leaf.dtype)
            for leaf, shape in zip(specs, self.shapes, strict=True)
        ]
        return structure.pack(self.inputs[0].spec, iter(parts))

    def cardinality(self) -> int:
        return batches_of(self.inputs[0].cardinality(), self.size, self.drop_remainder)

    def cursor(self) -> Cursor:
        return _PaddedBatching(self)

    def joined(self, elements: Sequence[Any]) -> Any:
        """The batch of these elements."""
        columns = zip(*[structure.leaves(element) for element in elements], strict=True)
        parts = [
            self._padded(column, shape, value)
            for column, shape, value in zip(columns, self.padded, self.values, strict=True)
        ]
        return structure.pack(elements[0], iter(parts))

    def _padded(self, column: Sequence[Any], shape: TensorShape, value: Any) -> Any:
        arrays = [structure.array_of(part) for part in column]
        for array in arrays:
            if array.ndim != shape.rank:
                raise at_next(
                    InvalidArgumentError,
                    "All elements in a batch must have the same rank as the padded shape for component: expected rank "
                    f"{shape.rank} but got element with rank {array.ndim}",
                    self.components,
                )
            if any(size is not None and size < given for size, given in zip(shape, array.shape, strict=True)):
                raise at_next(
                    DataLossError, "Attempted to pad to a smaller size than the input element.", self.components
                )
        sizes = [
            max(array.shape[axis] for array in arrays) if size is None else size for axis, size in enumerate(shape)
        ]
        if column[0].dtype is dtypes.string:
            out = np.full((len(arrays), *sizes), value, object)
        else:
            tensor, out = empty((len(arrays), *sizes), column[0].dtype)
            out[...] = value
        for place, array in enumerate(arrays):
            corner: tuple[int | slice, ...] = (place, *map(slice, array.shape))
            out[corner] = array
        out.flags.writeable = False
        return StringTensor(out) if column[0].dtype is dtypes.string else tensor


def _tuple_text(shape: TensorShape) -> str:
    return "<unknown>" if shape.rank is None else str(tuple(shape))


def _padded_shape(shape: Any) -> TensorShape:
    """A shape given by the user, in which -1 and None mean unknown sizes."""
    if isinstance(shape, TensorShape):
        return shape
    if hasattr(shape, "numpy"):
        shape = shape.numpy().tolist()
    return TensorShape([None if size is None or int(size) == -1 else int(size) for size in shape])


class _PaddedBatching(_Batching):
    def __init__(self, node: PaddedBatch) -> None:
        super().__init__(node.inputs[0].cursor(), node.size, node.drop_remainder)
        self.joined = node.joined

    def next(self) -> Any:
        elements: list[Any] = []
        while len(elements) < self.size and (more := self.cursor.take(self.size - len(elements))):
            elements += more
        if not elements or (self.drop_remainder and len(elements) < self.size):
            return END
        return self.joined(elements)


class Unbatch(Node):
    """The rows of each element."""

    label = "_UnbatchDataset"

    def __init__(self, node: Node) -> None:
        self.inputs = (node,)
        specs = [leaf for leaf in structure.leaves(node.spec) if isinstance(leaf, TensorSpec)]
        known = {leaf.shape[0] for leaf in specs if leaf.shape.rank}
        if any(leaf.shape.rank == 0 for leaf in specs):
            raise ValueError("Cannot unbatch an input with scalar components.")
        sizes = sorted(known - {None})
        if len(sizes) > 1:
            first = [leaf.shape[0] for leaf in specs if leaf.shape.rank and leaf.shape[0] is not None]
            other = next(size for size in first if size != first[0])
            raise ValueError(
                "`unbatch()` is only supported for datasets of elements whose components have a matching leading "
                f"dimension. Encountered both {first[0]} and {other}."
            )

    def find_spec(self) -> Any:
        return structure.of_rows(self.inputs[0].spec)

    def cardinality(self) -> int:
        count = self.inputs[0].cardinality()
        sizes = {leaf.shape[0] for leaf in structure.leaves(self.inputs[0].spec) if leaf.shape.rank} - {None}
        if count > 0 and sizes:
            return count * sizes.pop()
        return count if count <= 0 else UNKNOWN

    def cursor(self) -> Cursor:
        return _Unbatching(self)


class _Unbatching(Cursor):
    def __init__(self, node: Unbatch) -> None:
        self.node = node
        self.cursor = node.inputs[0].cursor()
        self.element: Any = None
        self.at = self.count = 0

    def next(self) -> Any:
        while self.at == self.count:
            element = self.cursor.next()
            if element is END:
                return END
            self.begin(element)
        self.at += 1
        return structure.map_leaves(lambda part: structure.row(part, self.at - 1), self.element)

    def begin(self, element: Any) -> None:
        parts = structure.leaves(element)
        if not all(part.ndim for part in parts):
            raise at_next(
                InvalidArgumentError,
                "Input element must have a non-scalar value in each component.",
                self.node.components,
            )
        sizes = [structure.length(part) for part in parts]
        for size in sizes:
            if size != sizes[0]:
                raise at_next(
                    InvalidArgumentError,
                    "Input element must have the same batch size in each component. Component 0 had size "
                    f"{sizes[0]} but component {sizes.index(size)} had size {size}.",
                    self.node.components,
                )
        self.element, self.at, self.count = element, 0, sizes[0]

    def save(self) -> State:
        rest = [] if self.at == self.count else [structure.encode(self.element)]
        return {"rest": rest, "at": self.at, "input": self.cursor.save()}

    def load(self, state: State) -> None:
        self.at = self.count = 0
        for arrays in state["rest"]:
            self.begin(structure.decode(self.node.inputs[0].spec, arrays))
            self.at = state["at"]
        self.cursor.load(state["input"])


class Rebatch(Node):
    """Rebatches to other sizes, which are cycled through."""

    label = "_RebatchDataset"

    def __init__(self, node: Node, sizes: list[int], drop_remainder: bool) -> None:
        self.inputs = (node,)
        self.sizes, self.drop_remainder = sizes, drop_remainder
        for leaf in structure.leaves(node.spec):
            if leaf.shape.rank == 0:
                raise ValueError(
                    "Invalid `batch_sizes`. Expected dataset with rank of >= 1 but found a dataset with scalar "
                    "elements. Fix the issue by adding the `batch` transformation to the dataset."
                )

    def find_spec(self) -> Any:
        size = self.sizes[0] if self.drop_remainder and len(set(self.sizes)) == 1 else None
        return structure.batched(structure.of_rows(self.inputs[0].spec), size)

    def cursor(self) -> Cursor:
        return _Rebatching(self)


class _Rebatching(Cursor):
    def __init__(self, node: Rebatch) -> None:
        self.node = node
        self.cursor = node.inputs[0].cursor()
        self.turn = 0
        self.rest: Any = None  # rows that were read and not returned yet

    def next(self) -> Any:
        size = self.node.sizes[self.turn % len(self.node.sizes)]
        parts, count = ([], 0) if self.rest is None else ([self.rest], self._length(self.rest))
        while count < size:
            element = self.cursor.next()
            if element is END:
                break
            parts.append(element)
            count += self._length(element)
        self.rest = None
        if not parts or (count < size and self.node.drop_remainder):
            return END
        whole = parts[0] if len(parts) == 1 else structure.map_leaves(_joined, *parts)
        if count > size:
            self.rest = structure.map_leaves(lambda part: structure.section(part, size, count), whole)
            whole = structure.map_leaves(lambda part: structure.section(part, 0, size), whole)
        self.turn += 1
        return whole

    @staticmethod
    def _length(element: Any) -> int:
        return structure.length(structure.leaves(element)[0])

    def save(self) -> State:
        rest = [] if self.rest is None else [structure.encode(self.rest)]
        return {"turn": self.turn, "rest": rest, "input": self.cursor.save()}

    def load(self, state: State) -> None:
        self.turn = state["turn"]
        self.rest = None
        for arrays in state["rest"]:
            self.rest = structure.decode(self.node.inputs[0].spec, arrays)
        self.cursor.load(state["input"])


def _joined(*parts: Any) -> Any:
    """Concatenates components along their first axis."""
    arrays = np.concatenate([structure.array_of(part) for part in parts])
    return StringTensor(arrays) if arrays.dtype == object else tensor_from(arrays)
