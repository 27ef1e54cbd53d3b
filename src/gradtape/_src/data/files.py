"""Datasets read from files: records, lines, records of fixed length."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import numpy as np

from gradtape._src.core import dtypes
from gradtape._src.core.errors import InvalidArgumentError, OpError
from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.core.tensor_spec import TensorSpec
from gradtape._src.data.base import DatasetBase, scalar, wrap
from gradtape._src.data.dataset import Dataset
from gradtape._src.data.errors import at_next
from gradtape._src.data.interleaving import Interleave
from gradtape._src.data.node import END, Cursor, Node, State
from gradtape._src.data.sources import TensorSlices
from gradtape._src.io.files import path_of
from gradtape._src.io.records import compression_of, read_records, reading

Read = Callable[[str], Iterator[Any]]


class FileNode(Node):
    """Items read from files, one file after the other.

    Args:
      names: a step of string tensors, the files' paths.
      read: a function of a path that yields the contents of the file in pieces.
      label: the class that TensorFlow names.
      spec: the elements' specification.
      parse: a function of a piece that returns an element. If it raises, the next piece is read.
    """

    def __init__(self, names: Node, read: Read, label: str, spec: Any, parse: Callable[[Any], Any]) -> None:
        self.inputs = (names,)
        self.read, self.label, self.parse = read, label, parse
        self._spec = spec

    def cursor(self) -> Cursor:
        return _Reading(self)


class _Reading(Cursor):
    def __init__(self, node: FileNode) -> None:
        self.node = node
        self.begin()

    def begin(self) -> None:
        self.names = self.node.inputs[0].cursor()
        self.waiting: list[str] = []  # names of an element that are still to be read
        self.elements: Iterator[Any] | None = None
        self.given = 0

    def next(self) -> Any:
        while True:
            if self.elements is None:
                name = self.next_name()
                if name is None:
                    return END
                self.elements = self.node.read(name)
            try:
                piece = next(self.elements, END)
                if piece is not END:
                    self.given += 1
                    return self.node.parse(piece)
            except OpError as error:
                raise at_next(type(error), error.message, self.node.components) from error
            self.elements = None

    def next_name(self) -> str | None:
        while not self.waiting:
            element = self.names.next()
            if element is END:
                return None
            self.waiting = [path_of(name) for name in np.asarray(element).reshape(-1).tolist()]
        return self.waiting.pop(0)

    def save(self) -> State:
        return {"given": self.given}

    def load(self, state: State) -> None:
        """Reads the files again up to the saved position."""
        self.begin()
        while self.given < state["given"]:
            with contextlib.suppress(OpError):
                if self.next() is END:
                    break


def names_of(filenames: Any) -> Node:
    """The node of file names, given as one, a list, or a dataset."""
    if isinstance(filenames, DatasetBase):
        return filenames._node
    if hasattr(filenames, "__fspath__"):
        filenames = filenames.__fspath__()
    names = (
        [name.__fspath__() if hasattr(name, "__fspath__") else name for name in filenames]
        if isinstance(filenames, list | tuple)
        else filenames
    )
    array = np.asarray(StringTensor(names if len(names) else np.empty(0, object)), object)
    return TensorSlices(StringTensor(array.reshape(-1)))


def reader(
    names: Node, read: Read, label: str, parallel: Any, spec: Any = None, parse: Callable[[Any], Any] = StringTensor
) -> Node:
    """The node that reads files one by one, or several in parallel."""
    spec = TensorSpec((), dtypes.string) if spec is None else spec
    if parallel is None:
        return FileNode(names, read, label, spec, parse)
    calls = scalar(parallel, "num_parallel_reads")

    def one(name: StringTensor) -> Any:
        return wrap(FileNode(TensorSlices(StringTensor([name.numpy()])), read, label, spec, parse))

    node = Interleave(names, one, calls, 1, calls, "interleave")
    node.label, node._spec = label, spec
    return node


class TFRecordDataset(Dataset):
    """A dataset of the records of TFRecord files, as written by `tf.io.TFRecordWriter`.

    Args:
      filenames: a path, a list of them, or a dataset of them.
      compression_type: None, ``""``, ``"GZIP"`` or ``"ZLIB"``.
      buffer_size: not used.
      num_parallel_reads: number of files read at the same time, records in turn; one after the other if None.
      name: not used; TensorFlow names operations by it.

    Raises:
      ValueError: unknown compression.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "some.tfrecord")
      >>> with tf.io.TFRecordWriter(path) as writer:
      ...     writer.write("tape")
      >>> list(tf.data.TFRecordDataset(path).as_numpy_iterator())
      [b'tape']
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: str | None = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        compression = compression_of(compression_type)

        def read(path: str) -> Iterator[Any]:
            return read_records(path, compression)

        self._node = reader(names_of(filenames), read, "TFRecordDatasetV2", num_parallel_reads)


class TextLineDataset(Dataset):
    """A dataset of the lines of text files, without line endings.

    Args:
      filenames: a path, a list of them, or a dataset of them.
      compression_type: None, ``""``, ``"GZIP"`` or ``"ZLIB"``.
      buffer_size: not used.
      num_parallel_reads: number of files read at the same time, lines in turn; one after the other if None.
      name: not used; TensorFlow names operations by it.

    Raises:
      ValueError: unknown compression.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "some.txt")
      >>> tf.io.write_file(path, "first\\nsecond\\n")
      >>> list(tf.data.TextLineDataset(path).as_numpy_iterator())
      [b'first', b'second']
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: str | None = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        compression = compression_of(compression_type)

        def read(path: str) -> Iterator[Any]:
            with reading(path, compression) as file:
                for line in file:
                    yield line.removesuffix(b"\n").removesuffix(b"\r")

        self._node = reader(names_of(filenames), read, "TextLineDatasetV2", num_parallel_reads)


class FixedLengthRecordDataset(Dataset):
    """A dataset of records of fixed length.

    Args:
      filenames: a path, a list of them, or a dataset of them.
      record_bytes: the length.
      header_bytes, footer_bytes: the number of bytes to skip at the beginning and the end of a file; 0 if None.
      buffer_size: not used.
      compression_type: None, ``""``, ``"GZIP"`` or ``"ZLIB"``.
      num_parallel_reads: number of files read at the same time, pieces in turn; one after the other if None.
      name: not used; TensorFlow names operations by it.

    Raises:
      ValueError: unknown compression.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "some.bin")
      >>> tf.io.write_file(path, "abcd")
      >>> list(tf.data.FixedLengthRecordDataset(path, 2).as_numpy_iterator())
      [b'ab', b'cd']
    """

    def __init__(
        self,
        filenames: Any,
        record_bytes: Any,
        header_bytes: Any = None,
        footer_bytes: Any = None,
        buffer_size: Any = None,
        compression_type: str | None = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        compression = compression_of(compression_type)
        size = scalar(record_bytes, "record_bytes")
        header = 0 if header_bytes is None else scalar(header_bytes, "header_bytes")
        footer = 0 if footer_bytes is None else scalar(footer_bytes, "footer_bytes")

        def read(path: str) -> Iterator[Any]:
            with reading(path, compression) as file:
                yield from _pieces(file, path, size, header, footer)

        self._node = reader(names_of(filenames), read, "FixedLengthRecordDatasetV2", num_parallel_reads)


def _pieces(file: BinaryIO, path: str, size: int, header: int, footer: int) -> Iterator[bytes]:
    data = file.read()
    body = len(data) - header - footer
    if body % size:
        raise InvalidArgumentError(
            None,
            None,
            f'Excluding the header ({header} bytes) and footer ({footer} bytes), input file "{path}" has body length '
            f"{body} bytes, which is not an exact multiple of the record length ({size} bytes).",
        )
    for begin in range(header, header + body, size):
        yield data[begin : begin + size]
