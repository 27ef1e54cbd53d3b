"""TensorFlow's checkpoint files: named tensors in an index and shards of data.

``PREFIX.index`` is a sorted table of entries, one per tensor: dtype, shape, where its bytes are and their checksum
(protocol/tensor_bundle.proto). ``PREFIX.data-00000-of-00001`` holds the bytes, in the order of the names.

A bundle is written atomically: its data are written to a temporary file and renamed, then its index. If one of that
prefix exists its data are kept until the new index is in place, so the new data are a shard of another number.
Nothing in a file is trusted before it was compared with the file's size.
"""

from __future__ import annotations

import contextlib
import os
import re
import struct
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, NamedTuple

import numpy as np

from gradtape._engine.base.checksum import crc32c, mask
from gradtape._src.core import error_kinds, errors, protobuf
from gradtape._src.core.replacing import replacing
from gradtape._src.train.sorted_table import CorruptTable, read_table, write_table

_STRING, _BFLOAT16 = 7, 14
# By TensorFlow's numbers (framework/types.proto).
_DTYPES = {
    **{1: np.float32, 2: np.float64, 3: np.int32, 4: np.uint8, 5: np.int16, 6: np.int8, 8: np.complex64, 9: np.int64},
    **{10: np.bool_, 17: np.uint16, 18: np.complex128, 19: np.float16, 22: np.uint32, 23: np.uint64},
    _BFLOAT16: np.uint16,
}
NAMES = {number: np.dtype(kind).name for number, kind in _DTYPES.items()} | {_BFLOAT16: "bfloat16", _STRING: "string"}
_NUMBERS = {name: number for number, name in NAMES.items()}
_CHUNK = 1 << 22  # bytes that are read or written while the checksum of others, which caches still hold, is computed


class Entry(NamedTuple):
    """An index entry of a tensor."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int
    sliced: bool


def write_bundle(prefix: str, tensors: Mapping[str, np.ndarray | bytes]) -> None:
    """Writes tensors under a prefix, or replaces existing ones.

    Args:
      prefix: the path before ``.index`` and ``.data-00000-of-00001``; its folder is created.
      tensors: arrays, or bytes for a string scalar, by names.

    Raises:
      OSError: the files cannot be written; existing files are kept.
    """
    os.makedirs(os.path.dirname(prefix) or ".", exist_ok=True)
    before = _shards(prefix)
    shard = 0
    while _shard_name(prefix, shard, shard + 1) in before:
        shard += 1
    data_name = _shard_name(prefix, shard, shard + 1)
    header = protobuf.integer(1, shard + 1) + protobuf.text(3, protobuf.integer(1, 1))
    entries = [(b"", header)]
    # The data are renamed first: until the index is replaced, the bundle is the old one, of another shard.
    # As in TensorFlow there is no wait for the disk, which may take several times as long as writing.
    with replacing(f"{prefix}.index", False) as index, replacing(data_name, False) as file:
        at = 0
        for name in sorted(tensors, key=str.encode):
            value = tensors[name]
            kind, shape = (_STRING, ()) if isinstance(value, bytes) else (_NUMBERS[value.dtype.name], value.shape)
            size, checksum = _write_text(file, value) if isinstance(value, bytes) else _write_array(file, value)
            sizes = b"".join(protobuf.text(2, protobuf.integer(1, length)) for length in shape)
            entry = protobuf.integer(1, kind) + protobuf.text(2, sizes)
            for number, part in ((3, shard), (4, at), (5, size)):
                entry += protobuf.integer(number, part) if part else b""
            entries.append((name.encode(), entry + protobuf.fixed32(6, mask(checksum))))
            at += size
        index.write(write_table(entries))
    for name in before:
        os.remove(name)


def remove_bundle(prefix: str) -> None:
    """Removes the files of a bundle, the index first; does nothing without files."""
    for name in (f"{prefix}.index", *_shards(prefix)):
        with contextlib.suppress(FileNotFoundError):
            os.remove(name)


def bundle_exists(prefix: str) -> bool:
    """Whether a bundle of this prefix exists."""
    return os.path.exists(f"{prefix}.index")


def _shard_name(prefix: str, shard: int, shards: int) -> str:
    return f"{prefix}.data-{shard:05d}-of-{shards:05d}"


def _shards(prefix: str) -> list[str]:
    folder, base = os.path.split(prefix)
    pattern = re.compile(re.escape(base) + r"\.data-\d{5}-of-\d{5}")
    return [os.path.join(folder, name) for name in os.listdir(folder or ".") if pattern.fullmatch(name)]


class _Checksum:
    """The checksum of pieces of data, computed by a separate thread while the next piece is read or written."""

    def __init__(self) -> None:
        self._value = 0
        self._thread: ThreadPoolExecutor | None = None

    def add(self, data: memoryview) -> None:
        """The next piece, which must not change until `value` was called."""
        if len(data) < _CHUNK and self._thread is None:
            self._extend(data)
            return
        self._thread = self._thread or ThreadPoolExecutor(1)
        self._thread.submit(self._extend, data)

    def _extend(self, data: memoryview) -> None:
        self._value = crc32c(data, self._value)

    def value(self) -> int:
        """The checksum of all pieces; the thread ends."""
        if self._thread is not None:
            self._thread.shutdown()
        return self._value


def _write_array(file: BinaryIO, value: np.ndarray) -> tuple[int, int]:
    little = value.astype(value.dtype.newbyteorder("<"), order="C", copy=False)
    data = little.reshape(-1).view(np.uint8).data
    if len(data) >= _CHUNK:
        _reserve(file, len(data))
    checksum = _Checksum()
    try:
        for at in range(0, len(data), _CHUNK):
            part = data[at : at + _CHUNK]
            checksum.add(part)
            file.write(part)
    finally:
        total = checksum.value()
    return len(data), total


def _reserve(file: BinaryIO, size: int) -> None:
    """Preallocates a file, which makes writing a third faster."""
    with contextlib.suppress(OSError, AttributeError):  # if it cannot, or the disk is full, which writing reports
        os.posix_fallocate(file.fileno(), file.tell(), size)


def _write_text(file: BinaryIO, value: bytes) -> tuple[int, int]:
    """A scalar: its length, a checksum of the length, its bytes. The checksum takes the length as 32 bits."""
    checksum = crc32c(struct.pack("<I" if len(value) < 1 << 32 else "<Q", len(value)))
    guard = struct.pack("<I", mask(checksum))
    data = protobuf.varint(len(value)) + guard + value
    file.write(data)
    return len(data), crc32c(value, crc32c(guard, checksum))


class BundleReader:
    """Reads the tensors of a bundle on demand.

    Args:
      prefix: as for `write_bundle`.

    Raises:
      NotFoundError: the bundle does not exist.
      DataLossError: its index is damaged.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        try:
            with open(f"{prefix}.index", "rb") as file:
                table = read_table(file.read())
        except (FileNotFoundError, NotADirectoryError):
            message = f"Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {prefix}"
            raise error_kinds.NotFoundError(None, None, message) from None
        except CorruptTable as error:
            raise self._damaged(f"{prefix}.index: {error}") from None
        try:
            header = table.pop(b"", b"")
            self._shard_count = protobuf.one(header, 1)
            if protobuf.one(header, 2):
                raise errors.UnimplementedError(
                    None, None, f"{prefix}: written on a big-endian machine, which is not supported"
                )
            self.entries: dict[str, Entry] = {name.decode(): _entry(value) for name, value in sorted(table.items())}
        except (ValueError, TypeError) as error:
            raise self._damaged(f"{prefix}.index: {error}") from None

    def __contains__(self, name: object) -> bool:
        return name in self.entries

    def read(self, name: str, out: np.ndarray | None = None) -> np.ndarray | bytes:
        """Reads a tensor; bytes for a string scalar.

        Args:
          name: its name.
          out: a contiguous array of the tensor's dtype and shape for the values, instead of a new one.

        Raises:
          NotFoundError: it is not in the bundle.
          DataLossError: its data are missing, truncated or corrupt.
          UnimplementedError: it is stored in slices, or of a type that is not read.
        """
        entry = self.entries.get(name)
        if entry is None:
            raise error_kinds.NotFoundError(None, None, f"Key {name} not found in checkpoint")
        if entry.sliced:
            message = (
                f"{name} is stored in slices, which are not supported: save it from a variable without partitions."
            )
            raise errors.UnimplementedError(None, None, message)
        path = _shard_name(self.prefix, entry.shard, self._shard_count)
        try:
            with open(path, "rb") as file:
                there = os.fstat(file.fileno()).st_size
                if entry.offset + entry.size > there:
                    raise self._damaged(
                        f"{path}: {name} is at {entry.offset} to {entry.offset + entry.size} of a file of {there} bytes"
                    )
                file.seek(entry.offset)
                if entry.dtype == _STRING:
                    return self._text(name, entry, file.read(entry.size))
                return self._array(name, entry, file, out)
        except FileNotFoundError:
            raise self._damaged(f"{path}: no such file, which {self.prefix}.index names") from None

    def _array(self, name: str, entry: Entry, file: BinaryIO, out: np.ndarray | None) -> np.ndarray:
        if entry.dtype not in _DTYPES:
            message = f"{name} is of TensorFlow's type {entry.dtype}, which is not supported."
            raise errors.UnimplementedError(None, None, message)
        dtype = np.dtype(_DTYPES[entry.dtype]).newbyteorder("<")
        elements = 1
        for length in entry.shape:
            elements *= length
        if elements * dtype.itemsize != entry.size:
            raise self._damaged(f"{name}: {entry.size} bytes for {dtype.name} of shape {list(entry.shape)}")
        if out is None:
            out = np.empty(entry.shape, dtype)
        data = out.reshape(-1).view(np.uint8).data
        checksum = _Checksum()
        try:
            for at in range(0, entry.size, _CHUNK):
                part = data[at : at + _CHUNK]
                if file.readinto(part) != len(part):  # type: ignore[attr-defined]
                    raise self._damaged(f"{name}: the file ends within it")
                checksum.add(part)
        finally:
            total = checksum.value()
        self._check(name, entry, total)
        if entry.dtype == _BFLOAT16:
            return (out.astype(np.uint32) << 16).view(np.float32)
        return out.astype(dtype.newbyteorder("="), copy=False)

    def _text(self, name: str, entry: Entry, data: bytes) -> bytes | np.ndarray:
        lengths = []
        at = 0
        count = 1
        for length in entry.shape:
            count *= length
        try:
            if count > entry.size:
                raise ValueError(f"{count} strings in {entry.size} bytes")
            for _ in range(count):
                length, at = protobuf.read_varint(data, at)
                lengths.append(length)
        except ValueError as error:
            raise self._damaged(f"{name}: {error}") from None
        if at + 4 + sum(lengths) != entry.size:
            raise self._damaged(f"{name}: strings of {sum(lengths)} bytes in {entry.size}")
        packed = b"".join(struct.pack("<I" if length < 1 << 32 else "<Q", length) for length in lengths)
        self._check(name, entry, crc32c(data[at:], crc32c(packed)))
        at += 4
        values = []
        for length in lengths:
            values.append(data[at : at + length])
            at += length
        if not entry.shape:
            return values[0]
        array = np.empty(count, object)
        array[:] = values
        return array.reshape(entry.shape)

    def _check(self, name: str, entry: Entry, checksum: int) -> None:
        if mask(checksum) != entry.checksum:
            raise self._damaged(
                f"{name}: TensorBundle at {self.prefix} shard {entry.shard} ({entry.size} bytes): Checksum does not "
                f"match: stored {entry.checksum:08x} vs. calculated on the restored bytes {mask(checksum):08x}"
            )

    @staticmethod
    def _damaged(message: str) -> error_kinds.DataLossError:
        return error_kinds.DataLossError(None, None, message)


def _entry(data: bytes) -> Entry:
    values: dict[int, int] = {}
    shape: list[int] = []
    sliced = False
    for number, _, value in protobuf.fields(data):
        if number == 2 and isinstance(value, bytes):
            shape = [protobuf.signed(protobuf.one(part, 1)) for part in protobuf.strings(value, 2)]
        elif number == 7:
            sliced = True
        elif isinstance(value, int):
            values[number] = value
    if any(length < 0 for length in shape):
        raise ValueError(f"a shape of {shape}")
    return Entry(
        *(
            values.get(1, 0),
            tuple(shape),
            values.get(3, 0),
            values.get(4, 0),
            values.get(5, 0),
            values.get(6, 0),
            sliced,
        )
    )
