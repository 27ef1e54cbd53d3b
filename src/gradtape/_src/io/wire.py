"""Messages in the wire format of Protocol Buffers, described by tables of fields; the format is `core.protobuf`'s.

Only what the messages of record and event files need: numbers, strings, bytes, messages, lists and maps of them. Fields
that a table does not list are passed over when a message is read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, NamedTuple

from gradtape._src.core.protobuf import (
    BYTES,
    FIXED32,
    FIXED64,
    VARINT,
    DecodeError,
    extents,
    integer,
    read_varint,
    signed,
    text,
    varint,
)

_FORMATS = {"float": "<f", "double": "<d", "fixed64": "<Q", "fixed32": "<I"}
_WIRE = {"float": FIXED32, "fixed32": FIXED32, "double": FIXED64, "fixed64": FIXED64}
_DEFAULTS: dict[Any, Any] = {"bytes": b"", "string": "", "float": 0.0, "double": 0.0, "bool": False}
_INT64 = 1 << 63


class Field(NamedTuple):
    """A field of a message.

    Attributes:
      number: its number in the encoding.
      kind: ``"int64"``, ``"bool"``, ``"float"``, ``"double"``, ``"fixed32"``, ``"fixed64"``, ``"bytes"``, ``"string"``,
        or a class of messages.
      repeated: whether it is a list.
      keyed: whether it is a map from strings.
      oneof: the name of the group of which one field is set, or "".
    """

    number: int
    kind: Any
    repeated: bool = False
    keyed: bool = False
    oneof: str = ""


def _checked(kind: Any, value: Any) -> Any:
    """The value of a field of this kind; TypeError or ValueError if it has another type or is out of range."""
    if isinstance(kind, type):
        if isinstance(value, dict):
            return kind(**value)
        if not isinstance(value, kind):
            raise TypeError(f"{value!r} has type {type(value).__name__}, but expected {kind.__name__}")
        return value
    if kind == "bytes":
        if not isinstance(value, bytes):
            raise TypeError(f"expected bytes, {type(value).__name__} found")
        return value
    if kind == "string":
        if not isinstance(value, str | bytes):
            raise TypeError(f"{value!r} has type {type(value).__name__}, but expected one of: bytes, str")
        return value.decode() if isinstance(value, bytes) else value
    if kind in ("float", "double"):
        if isinstance(value, str | bytes) or not hasattr(value, "__float__"):
            raise TypeError(f"must be real number, not {type(value).__name__}")
        return struct.unpack("<f", struct.pack("<f", value))[0] if kind == "float" else float(value)
    if kind == "bool":
        return bool(value)
    if isinstance(value, bool):
        raise TypeError("Expected an int, got a boolean.")
    if not hasattr(value, "__index__"):
        raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
    number = value.__index__()
    if not -_INT64 <= number < (2 * _INT64 if kind.startswith("fixed") else _INT64):
        raise ValueError(f"Value out of range: {number}")
    return number


class Repeated(list):  # type: ignore[type-arg]
    """The values of a repeated field."""

    def __init__(self, kind: Any, values: Iterable[Any] = ()) -> None:
        super().__init__(_checked(kind, value) for value in values)
        self.kind = kind

    def append(self, value: Any) -> None:
        super().append(_checked(self.kind, value))

    def extend(self, values: Iterable[Any]) -> None:
        super().extend([_checked(self.kind, value) for value in values])

    def insert(self, place: Any, value: Any) -> None:
        super().insert(place, _checked(self.kind, value))

    def __setitem__(self, place: Any, value: Any) -> None:
        if isinstance(place, slice):
            super().__setitem__(place, [_checked(self.kind, item) for item in value])
        else:
            super().__setitem__(place, _checked(self.kind, value))

    def add(self, **values: Any) -> Any:
        """Appends a new message and gives it."""
        message = self.kind(**values)
        super().append(message)
        return message


class Keyed(dict):  # type: ignore[type-arg]
    """The messages of a map field; requested a key that is not there it makes a message."""

    def __init__(self, kind: Any, values: Any = ()) -> None:
        super().__init__()
        self.kind = kind
        self.update(values)

    def __missing__(self, key: str) -> Any:
        message = self.kind()
        self[key] = message
        return message

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_checked("string", key), _checked(self.kind, value))

    def update(self, values: Any) -> None:  # type: ignore[override]
        for key, value in dict(values).items():
            self[key] = value


class Message:
    """A message; a subclass lists its fields by name.

    Values are attributes, and arguments of the constructor. A message within is made when it is first requested, and
    belongs to what is written once it is given or holds something.
    """

    FIELDS: ClassVar[dict[str, Field]] = {}

    def __init__(self, **values: Any) -> None:
        object.__setattr__(self, "_values", {})
        object.__setattr__(self, "_given", set())
        for name, value in values.items():
            if name not in self.FIELDS:
                raise ValueError(f'Protocol message {type(self).__name__} has no "{name}" field.')
            if value is not None:
                self._assign(name, value)

    def _assign(self, name: str, value: Any) -> None:
        field = self.FIELDS[name]
        if field.keyed:
            value = Keyed(field.kind, value)
        elif field.repeated:
            value = Repeated(field.kind, value)
        else:
            value = _checked(field.kind, value)
            for other, rival in self.FIELDS.items():
                if field.oneof and rival.oneof == field.oneof and other != name:
                    self._given.discard(other)
                    self._values.pop(other, None)
        self._values[name] = value
        self._given.add(name)

    def __getattr__(self, name: str) -> Any:
        field = type(self).FIELDS.get(name)
        if field is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name not in self._values:
            if not (field.repeated or field.keyed or isinstance(field.kind, type)):
                return _DEFAULTS.get(field.kind, 0)
            self._values[name] = (
                Keyed(field.kind) if field.keyed else Repeated(field.kind) if field.repeated else field.kind()
            )
        return self._values[name]

    def __setattr__(self, name: str, value: Any) -> None:
        field = self.FIELDS.get(name)
        if field is None or field.repeated or field.keyed or isinstance(field.kind, type):
            raise AttributeError(f"Assignment not allowed to field {name!r} of {type(self).__name__}.")
        self._assign(name, value)

    def _present(self) -> Iterator[tuple[str, Field, Any]]:
        """The fields that hold something, in the order of their numbers."""
        for name, field in sorted(self.FIELDS.items(), key=lambda item: item[1].number):
            if name in self._values:
                value = self._values[name]
                if isinstance(value, Message):
                    if name in self._given or any(True for _ in value._present()):
                        yield name, field, value
                elif ((field.repeated or field.keyed) and value) or (
                    not (field.repeated or field.keyed)
                    and (value != _DEFAULTS.get(field.kind, 0) or (field.oneof and name in self._given))
                ):
                    yield name, field, value

    def HasField(self, field_name: str) -> bool:
        """Whether a field is set.

        Args:
          field_name: its name.

        Returns:
          A bool.

        Example:
          >>> tf.train.Feature(int64_list=tf.train.Int64List(value=[1])).HasField("float_list")
          False
        """
        return any(name == field_name for name, _, _ in self._present())

    def WhichOneof(self, oneof_group: str) -> str | None:
        """The field of a group that is set.

        Args:
          oneof_group: the group's name, such as ``"kind"``.

        Returns:
          The field's name, or None.

        Example:
          >>> tf.train.Feature(int64_list=tf.train.Int64List(value=[1])).WhichOneof("kind")
          'int64_list'
        """
        return next((name for name, field, _ in self._present() if field.oneof == oneof_group), None)

    def SerializeToString(self, deterministic: bool | None = None) -> bytes:
        """The message in Protocol Buffers' wire format, the entries of maps in the order of their keys.

        Args:
          deterministic: not used: equal messages are always written as the same bytes.

        Returns:
          Bytes.

        Example:
          >>> tf.train.Int64List(value=[1, 300]).SerializeToString()
          b'\\n\\x03\\x01\\xac\\x02'
        """
        return b"".join(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        for _, field, value in self._present():
            if field.keyed:
                for key in sorted(value):
                    entry = _single(Field(1, "string"), key) + _single(Field(2, field.kind), value[key])
                    yield text(field.number, entry)
            elif not field.repeated:
                yield _single(field, value)
            elif field.kind in ("bytes", "string") or isinstance(field.kind, type):
                for item in value:
                    yield _single(field, item)
            elif field.kind in _FORMATS:
                yield text(field.number, struct.pack(f"<{len(value)}{_FORMATS[field.kind][1]}", *value))
            else:
                yield text(field.number, b"".join(map(varint, value)))

    @classmethod
    def FromString(cls, s: bytes) -> Any:
        """The message that bytes hold.

        Args:
          s: bytes in Protocol Buffers' wire format.

        Returns:
          A message.

        Raises:
          ValueError: they are not a valid message.

        Example:
          >>> tf.train.Int64List.FromString(b"\\n\\x03\\x01\\xac\\x02").value
          [1, 300]
        """
        message = cls()
        message.ParseFromString(s)
        return message

    def ParseFromString(self, serialized: bytes) -> int:
        """Becomes the message that bytes hold.

        Args:
          serialized: bytes in Protocol Buffers' wire format.

        Returns:
          The number of bytes.

        Raises:
          ValueError: they are not a valid message.

        Example:
          >>> numbers = tf.train.Int64List()
          >>> numbers.ParseFromString(b"\\n\\x03\\x01\\xac\\x02"), numbers.value
          (5, [1, 300])
        """
        self._values.clear()
        self._given.clear()
        data = memoryview(serialized).cast("B") if not isinstance(serialized, bytes) else memoryview(serialized)
        self._read(data, 0, len(data))
        return len(data)

    def _read(self, data: memoryview, begin: int, end: int) -> None:
        names = {field.number: name for name, field in self.FIELDS.items()}
        for number, wire, first, last in extents(data, begin, end):
            name = names.get(number)
            if name is not None:
                self._take(name, self.FIELDS[name], wire, data, first, last)

    def _take(self, name: str, field: Field, wire: int, data: memoryview, begin: int, end: int) -> None:
        """Merges the value between two offsets."""
        if field.keyed:
            key, message = "", field.kind()
            for number, inner, first, last in extents(data, begin, end):
                if number == 1 and inner == BYTES:
                    key = _text(data[first:last])
                elif number == 2 and inner == BYTES:
                    message._read(data, first, last)
            getattr(self, name)[key] = message
        elif field.repeated and wire == BYTES and field.kind not in ("bytes", "string") and type(field.kind) is str:
            list.extend(getattr(self, name), _packed(field.kind, data, begin, end))
        elif isinstance(field.kind, type) and not field.repeated:
            if wire == BYTES:
                message = getattr(self, name)
                message._read(data, begin, end)
                self._assign(name, message)
        else:
            value = _value(field.kind, wire, data, begin, end)
            if value is not None:
                list.append(getattr(self, name), value) if field.repeated else self._assign(name, value)

    def CopyFrom(self, other_msg: Any) -> None:
        """Becomes a copy of another message.

        Args:
          other_msg: a message of the same class.

        Example:
          >>> numbers = tf.train.Int64List()
          >>> numbers.CopyFrom(tf.train.Int64List(value=[1]))
          >>> numbers.value
          [1]
        """
        self.ParseFromString(other_msg.SerializeToString())

    def Clear(self) -> None:
        """Empties the message.

        Example:
          >>> numbers = tf.train.Int64List(value=[1])
          >>> numbers.Clear()
          >>> numbers.value
          []
        """
        self._values.clear()
        self._given.clear()

    def ByteSize(self) -> int:
        """The number of bytes that the message is written as.

        Returns:
          An int.

        Example:
          >>> tf.train.Int64List(value=[1]).ByteSize()
          3
        """
        return len(self.SerializeToString())

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.SerializeToString() == other.SerializeToString()

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # messages change

    def __repr__(self) -> str:
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        """Protocol Buffers' text format."""
        for name, field, value in self._present():
            if field.keyed:
                for key in sorted(value):
                    yield from _nested(name, [f"key: {_quoted(key)}", *_nested("value", value[key]._lines())])
            else:
                for item in value if field.repeated else [value]:
                    if isinstance(item, Message):
                        yield from _nested(name, item._lines())
                    else:
                        yield f"{name}: {_literal(field.kind, item)}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).FromString, (self.SerializeToString(),)


def _single(field: Field, value: Any) -> bytes:
    kind = field.kind
    if isinstance(value, Message):
        return text(field.number, value.SerializeToString())
    if kind in ("bytes", "string"):
        return text(field.number, value if isinstance(value, bytes) else value.encode())
    if kind in _FORMATS:
        return varint(field.number << 3 | _WIRE[kind]) + struct.pack(_FORMATS[kind], value)
    return integer(field.number, int(value))


def _value(kind: Any, wire: int, data: memoryview, begin: int, end: int) -> Any:
    """A value of this kind; None if the bytes are of another wire type."""
    if isinstance(kind, type):
        if wire != BYTES:
            return None
        message = kind()
        message._read(data, begin, end)
        return message
    if kind in ("bytes", "string"):
        if wire != BYTES:
            return None
        return bytes(data[begin:end]) if kind == "bytes" else _text(data[begin:end])
    if kind in _FORMATS:
        return struct.unpack_from(_FORMATS[kind], data, begin)[0] if wire == _WIRE[kind] else None
    if wire != VARINT:
        return None
    number = signed(read_varint(data, begin, end)[0])
    return bool(number) if kind == "bool" else number


def _packed(kind: str, data: memoryview, begin: int, end: int) -> list[Any]:
    if kind in _FORMATS:
        size = struct.calcsize(_FORMATS[kind])
        if (end - begin) % size:
            raise DecodeError("packed numbers of another width")
        return list(struct.unpack_from(f"<{(end - begin) // size}{_FORMATS[kind][1]}", data, begin))
    values = []
    while begin < end:
        value, begin = read_varint(data, begin, end)
        values.append(bool(value) if kind == "bool" else signed(value))
    return values


def _text(data: memoryview) -> str:
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError:
        raise DecodeError("text that is not UTF-8") from None


def _nested(name: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"{name} {{"
    for line in lines:
        yield f"  {line}"
    yield "}"


_ESCAPES = {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t", ord('"'): '\\"', ord("'"): "\\'", ord("\\"): "\\\\"}


def _quoted(value: str | bytes) -> str:
    data = value if isinstance(value, bytes) else value.encode()
    return '"' + "".join(_ESCAPES.get(b, chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in data) + '"'


def _literal(kind: Any, value: Any) -> str:
    if kind in ("bytes", "string"):
        return _quoted(value)
    if kind == "bool":
        return "true" if value else "false"
    if kind in ("float", "double"):
        # Few digits if these determine the number, and otherwise as many as always do.
        short, long = (f"{value:.6g}", f"{value:.9g}") if kind == "float" else (f"{value:.15g}", f"{value:.17g}")
        form = _FORMATS[kind]
        return short if struct.pack(form, float(short)) == struct.pack(form, value) else long
    return str(value)
