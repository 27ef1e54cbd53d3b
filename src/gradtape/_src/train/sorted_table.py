"""Sorted tables: files of keys and values, the container of a checkpoint's index.

The format is LevelDB's (https://github.com/google/leveldb/blob/main/doc/table_format.md) without compression: blocks of
entries whose keys are written without what they share with the key before; behind each block a byte for its compression
and a checksum; an index block with the blocks' offsets; a footer with the offset of that one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from gradtape._engine.base.checksum import crc32c, mask
from gradtape._src.core.protobuf import read_varint, varint

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
_BLOCK = 4096
_RESTART = 16  # this many entries share parts of their keys


class CorruptTable(ValueError):
    """The file is not a table, or incomplete."""


def write_table(entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The file of entries, (key, value) in the order of their keys."""
    out = bytearray()
    index: list[tuple[bytes, bytes]] = []
    block: list[tuple[bytes, bytes]] = []
    size = 0
    for key, value in entries:
        block.append((key, value))
        size += len(key) + len(value)
        if size >= _BLOCK:
            index.append((key, _append_block(out, block)))
            block, size = [], 0
    if block:
        index.append((block[-1][0], _append_block(out, block)))
    metaindex = _append_block(out, [])
    footer = metaindex + _append_block(out, index, restart=1)
    return bytes(out + footer.ljust(_FOOTER - 8, b"\0") + struct.pack("<Q", _MAGIC))


def _append_block(out: bytearray, entries: list[tuple[bytes, bytes]], restart: int = _RESTART) -> bytes:
    """Appends a block and returns its handle: offset and size."""
    block = bytearray()
    restarts = []
    before = b""
    for place, (key, value) in enumerate(entries):
        shared = 0
        if place % restart == 0:
            restarts.append(len(block))
        else:
            while shared < min(len(before), len(key)) and before[shared] == key[shared]:
                shared += 1
        block += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    restarts = restarts or [0]
    block += struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))
    handle = varint(len(out)) + varint(len(block))
    block += b"\0"  # not compressed
    out += block + struct.pack("<I", mask(crc32c(block)))
    return handle


def read_table(data: bytes) -> dict[bytes, bytes]:
    """The entries of a file that `write_table`, or TensorFlow, wrote.

    Raises:
      CorruptTable: it is not a table, is truncated, or a checksum does not match.
    """
    if len(data) < _FOOTER or struct.unpack("<Q", data[-8:])[0] != _MAGIC:
        raise CorruptTable("not an sstable (bad magic number)")
    try:
        footer = data[-_FOOTER:]
        _, at = read_varint(footer, 0)
        _, at = read_varint(footer, at)
        entries: dict[bytes, bytes] = {}
        for _, handle in _block_entries(_block(data, footer[at:])):
            entries.update(_block_entries(_block(data, handle)))
        return entries
    except CorruptTable:
        raise
    except (ValueError, struct.error) as error:
        raise CorruptTable(f"corrupted table: {error}") from None


def _block(data: bytes, handle: bytes) -> bytes:
    place, at = read_varint(handle, 0)
    size, _ = read_varint(handle, at)
    if place + size + 5 > len(data) - _FOOTER:
        raise CorruptTable(f"corrupted table: a block of {size} bytes at {place} in a file of {len(data)}")
    if data[place + size] != 0:
        raise CorruptTable("a compressed table, which is not supported")
    if struct.unpack_from("<I", data, place + size + 1)[0] != mask(crc32c(data[place : place + size + 1])):
        raise CorruptTable("block checksum mismatch")
    return data[place : place + size]


def _block_entries(block: bytes) -> list[tuple[bytes, bytes]]:
    (restarts,) = struct.unpack("<I", block[-4:])
    end = len(block) - 4 * (restarts + 1)
    if end < 0:
        raise CorruptTable(f"corrupted table: {restarts} restarts in a block of {len(block)} bytes")
    entries: list[tuple[bytes, bytes]] = []
    at, key = 0, b""
    while at < end:
        shared, at = read_varint(block, at)
        fresh, at = read_varint(block, at)
        size, at = read_varint(block, at)
        if shared > len(key) or fresh + size > end - at:
            raise CorruptTable("corrupted table: an entry reaches beyond its block")
        key = key[:shared] + block[at : at + fresh]
        entries.append((key, block[at + fresh : at + fresh + size]))
        at += fresh + size
    return entries
