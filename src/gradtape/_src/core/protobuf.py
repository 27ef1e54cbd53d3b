"""The wire format of protocol buffers, as far as checkpoints, records and event files need it.

A message is a run of fields, each a number, a wire type and a value
(https://protobuf.dev/programming-guides/encoding). Writers join encoded fields; readers ask `fields` for all of them,
or `extents` for their offsets, and use those that they know. Messages that programs see are described by tables in
`io.wire`, which writes and reads them by these functions.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class DecodeError(ValueError):
    """Bytes that are not a message."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Error parsing message: {why}")


def varint(value: int) -> bytes:
    """An integer, negative ones as their 64 bits, in groups of seven bits, the lowest first."""
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: bytes | memoryview, at: int, end: int | None = None) -> tuple[int, int]:
    """The unsigned integer at an offset, and the offset after it.

    Args:
      data: bytes.
      at: the offset.
      end: the end of the message; None for the end of the data.

    Raises:
      DecodeError: the message ends within it, or it has more than 64 bits.
    """
    end = len(data) if end is None else end
    value = shift = 0
    while True:
        if at >= end or shift > 63:
            raise DecodeError("an integer is cut short or too long")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7


def signed(value: int) -> int:
    """The signed integer with these 64 bits."""
    return value - (1 << 64) if value >> 63 else value


def integer(number: int, value: int) -> bytes:
    """A field that holds an integer, a bool or a value of an enumeration."""
    return varint(number << 3 | VARINT) + varint(value)


def text(number: int, value: str | bytes | bytearray | memoryview) -> bytes:
    """A field that holds a string, bytes or an encoded message."""
    value = value.encode() if isinstance(value, str) else bytes(value)
    return varint(number << 3 | BYTES) + varint(len(value)) + value


def fixed32(number: int, value: int) -> bytes:
    """A field that holds 32 bits."""
    return varint(number << 3 | FIXED32) + struct.pack("<I", value)


def float32(number: int, value: float) -> bytes:
    """A field that holds a float."""
    return varint(number << 3 | FIXED32) + struct.pack("<f", value)


def float64(number: int, value: float) -> bytes:
    """A field that holds a double."""
    return varint(number << 3 | FIXED64) + struct.pack("<d", value)


def extents(data: bytes | memoryview, at: int = 0, end: int | None = None) -> Iterator[tuple[int, int, int, int]]:
    """The fields of the message between two positions, in order, as (number, wire type, begin, end) of their values.

    Raises:
      DecodeError: this is not a message.
    """
    end = len(data) if end is None else end
    while at < end:
        key, begin = read_varint(data, at, end)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise DecodeError("a field of number 0")
        if wire == VARINT:
            _, at = read_varint(data, begin, end)
        elif wire == BYTES:
            size, begin = read_varint(data, begin, end)
            at = begin + size
        elif wire in (FIXED32, FIXED64):
            at = begin + (4 if wire == FIXED32 else 8)
        else:
            raise DecodeError(f"a field of wire type {wire}")
        if at > end:
            raise DecodeError(f"a field of {at - begin} bytes where {end - begin} are left")
        yield number, wire, begin, at


def fields(data: bytes | memoryview) -> Iterator[tuple[int, int, int | bytes]]:
    """The fields of a message in their order, as (number, wire type, value).

    Raises:
      DecodeError: this is not a message.
    """
    for number, wire, begin, end in extents(data):
        if wire == VARINT:
            yield number, wire, read_varint(data, begin)[0]
        else:
            part = bytes(data[begin:end])
            yield number, wire, part if wire == BYTES else int.from_bytes(part, "little")


def strings(data: bytes | memoryview, number: int) -> list[bytes]:
    """The values of a repeated field of strings, bytes or messages."""
    return [value for found, wire, value in fields(data) if found == number and wire == BYTES]  # type: ignore[misc]


def one(data: bytes | memoryview, number: int, otherwise: int = 0) -> int:
    """The value of a field of integers, the last one given."""
    for found, _, value in fields(data):
        if found == number and isinstance(value, int):
            otherwise = value
    return otherwise
