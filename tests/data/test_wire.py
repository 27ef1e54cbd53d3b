"""Messages and records: round trips, and the detection of damage."""

from __future__ import annotations

import pickle
import random
import struct
from pathlib import Path
from typing import Any, ClassVar

import pytest

import gradtape as tf
from gradtape._src.core.protobuf import read_varint, varint
from gradtape._src.io.records import framed, read_records
from gradtape._src.io.wire import Field, Message


class Inner(Message):
    FIELDS: ClassVar[dict[str, Field]] = {"number": Field(1, "int64"), "names": Field(2, "string", repeated=True)}


class Outer(Message):
    FIELDS: ClassVar[dict[str, Field]] = {
        "number": Field(1, "int64"),
        "flag": Field(2, "bool"),
        "real": Field(3, "double"),
        "small": Field(4, "float"),
        "data": Field(5, "bytes"),
        "inner": Field(6, Inner, oneof="kind"),
        "other": Field(7, Inner, oneof="kind"),
        "many": Field(8, Inner, repeated=True),
        "reals": Field(9, "double", repeated=True),
        "flags": Field(10, "bool", repeated=True),
        "by_name": Field(11, Inner, keyed=True),
        "mark": Field(12, "fixed64"),
        "marks": Field(13, "fixed32", repeated=True),
    }


def full() -> Outer:
    return Outer(
        number=-5,
        flag=True,
        real=1 / 3,
        small=0.1,
        data=b"\x00\xff",
        other={"number": 2},
        many=[Inner(number=1), Inner(names=["a", "é"]), Inner()],
        reals=[1.5, -2.0],
        flags=[True, False],
        by_name={"x": Inner(number=3), "y": Inner()},
        mark=2**64 - 1,
        marks=[0, 2**32 - 1],
    )


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**31, 2**63 - 1, -1, -(2**63)])
def test_integers(value: int) -> None:
    data = varint(value)
    found, at = read_varint(data, 0, len(data))
    assert (found - (found >> 63 << 64), at) == (value, len(data))


def test_every_kind_of_field_comes_back() -> None:
    message = full()
    again = Outer.FromString(message.SerializeToString())
    assert again == message and repr(again) == repr(message)
    assert again.number == -5 and again.many[1].names == ["a", "é"] and again.by_name["x"].number == 3
    assert again.WhichOneof("kind") == "other" and not again.HasField("inner")
    assert pickle.loads(pickle.dumps(message)) == message
    copied = Outer()
    copied.CopyFrom(message)
    assert copied == message
    copied.Clear()
    assert copied == Outer() and copied.SerializeToString() == b"" and copied.ByteSize() == 0


def test_fields_of_one_group_exclude_each_other() -> None:
    message = Outer(inner=Inner(number=1))
    assert message.WhichOneof("kind") == "inner"
    both = message.SerializeToString() + Outer(other=Inner(number=2)).SerializeToString()
    assert Outer.FromString(both).WhichOneof("kind") == "other"
    assert Outer.FromString(both).inner.number == 0


def test_unknown_fields_are_passed_over() -> None:
    assert Inner.FromString(full().SerializeToString()).number == -5


def test_lists_that_are_not_packed_are_read_as_well() -> None:
    data = b"".join(b"\x49" + struct.pack("<d", value) for value in (1.5, -2.0))
    assert Outer.FromString(data).reals == [1.5, -2.0]
    assert Outer.FromString(b"\x50\x01\x50\x00").flags == [True, False]


def test_values_are_checked() -> None:
    message = Outer()
    for assign, kind in (
        (lambda: setattr(message, "number", 1.5), TypeError),
        (lambda: setattr(message, "number", 2**63), ValueError),
        (lambda: setattr(message, "data", "text"), TypeError),
        (lambda: setattr(message, "inner", Inner()), AttributeError),
        (lambda: setattr(message, "many", []), AttributeError),
        (lambda: setattr(message, "nothing", 1), AttributeError),
        (lambda: message.nothing, AttributeError),
        (lambda: message.many.append(3), TypeError),
        (lambda: message.reals.extend(["a"]), TypeError),
        (lambda: message.reals.insert(0, "a"), TypeError),
        (lambda: message.by_name.update({"x": 3}), TypeError),
        (lambda: Outer(nothing=1), ValueError),
    ):
        with pytest.raises(kind):
            assign()
    message.reals.append(1)
    message.reals[0] = 2
    message.reals[:] = [3, 4]
    message.many.add(number=7)
    assert message.reals == [3.0, 4.0] and message.many[0].number == 7


@pytest.mark.parametrize("seed", range(40))
def test_noise_is_refused_or_read_and_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(full().SerializeToString())
    for _ in range(chance.randrange(1, 6)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    for noise in (bytes(data), bytes(data[: chance.randrange(len(data))]), chance.randbytes(60)):
        for kind in (Outer, tf.train.Example):
            try:
                message = kind.FromString(noise)
            except ValueError:
                continue
            assert kind.FromString(message.SerializeToString()).SerializeToString() == message.SerializeToString()


@pytest.mark.parametrize("compression", ["", "GZIP", "ZLIB"])
def test_a_file_cut_anywhere(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "records"
    with tf.io.TFRecordWriter(path, compression) as writer:
        for record in (b"first", b"", b"third"):
            writer.write(record)
    whole = path.read_bytes()
    assert list(read_records(path, compression)) == [b"first", b"", b"third"]
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        found: list[bytes] = []
        try:
            for record in read_records(path, compression):
                found.append(record)
        except tf.errors.DataLossError:
            pass
        assert found == [b"first", b"", b"third"][: len(found)]


def test_every_byte_of_a_record_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "records"
    whole = framed(b"record")
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(tf.errors.DataLossError):
            list(read_records(path))


def test_a_length_is_not_believed(tmp_path: Path) -> None:
    from gradtape._engine.base.checksum import masked_crc32c

    header = struct.pack("<Q", 2**60)
    path = tmp_path / "records"
    path.write_bytes(header + struct.pack("<I", masked_crc32c(header)) + b"abc")
    with pytest.raises(tf.errors.DataLossError, match="truncated record at 0"):
        list(read_records(path))


def test_large_records(tmp_path: Path) -> None:
    record = random.Random(1).randbytes(3 << 20)
    for compression in ("", "GZIP", "ZLIB"):
        path = tmp_path / f"large{compression}"
        with tf.io.TFRecordWriter(path, compression) as writer:
            writer.write(record)
            writer.write(b"end")
        assert list(read_records(path, compression)) == [record, b"end"]


def test_tensors_whose_bytes_do_not_fit() -> None:
    data = tf.io.serialize_tensor([1.0, 2.0]).numpy()
    for wrong in (data[:-1], data[:-4], b"", b"garbage", data.replace(b"\x08\x02", b"\x08\x03", 1)):
        with pytest.raises(tf.errors.InvalidArgumentError):
            tf.io.parse_tensor(wrong, tf.float32)
    for value in ([[1.5, 2.5]], [True, False], 7, ["a", "b"], [[b"\xff"]]):
        tensor: Any = tf.io.parse_tensor(
            tf.io.serialize_tensor(value), tf.data.Dataset.from_tensors(value).element_spec.dtype
        )
        assert repr(tensor) == repr(next(iter(tf.data.Dataset.from_tensors(value))))
