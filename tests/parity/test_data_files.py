"""Data files: each library reads what the other has written, and reports the same errors for invalid files."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow
from compare import Program, same

import gradtape

LIBRARIES = (tensorflow, gradtape)
RECORDS = [b"", b"a", b"tape" * 100, bytes(range(256))]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Files written by TensorFlow, and some by hand."""
    for name, compression in (("plain", ""), ("gzip", "GZIP"), ("zlib", "ZLIB")):
        with tensorflow.io.TFRecordWriter(str(tmp_path / name), compression) as writer:
            for record in RECORDS:
                writer.write(record)
    (tmp_path / "lines").write_bytes(b"first\nsecond\r\n\nlast without an end")
    with gzip.open(tmp_path / "lines.gz", "wb") as file:
        file.write(b"one\ntwo\n")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "noise").write_bytes(b"there is no record in here")
    (tmp_path / "cut").write_bytes((tmp_path / "plain").read_bytes()[:-7])
    (tmp_path / "changed").write_bytes((tmp_path / "plain").read_bytes().replace(b"tape", b"trap", 1))
    (tmp_path / "some.csv").write_text('n,x,t\n1,1.5,a\n2,,"b, ""c"""\n3,2.5,\n')
    (tmp_path / "other.csv").write_text("n,x,t\n4,4.5,d\n5,5,e\n")
    (tmp_path / "latin.csv").write_bytes("größe,n\n1.5,1\n".encode("latin-1"))
    (tmp_path / "bad.csv").write_text("1,a\nx,b\n2,c,d\n3,e\n")
    return tmp_path


def listed(dataset: Any) -> Any:
    return list(dataset.as_numpy_iterator()), repr(dataset), int(dataset.cardinality())


READ: dict[str, Any] = {
    "records": lambda tf, at: listed(tf.data.TFRecordDataset(at + "plain")),
    "compressed": lambda tf, at: [
        listed(tf.data.TFRecordDataset(at + name, compression_type=name.upper())) for name in ("gzip", "zlib")
    ],
    "several": lambda tf, at: listed(tf.data.TFRecordDataset([at + "plain", at + "empty", at + "plain"])),
    "side by side": lambda tf, at: list(
        tf.data.TFRecordDataset([at + "plain"] * 3, num_parallel_reads=2).as_numpy_iterator()
    ),
    "names of a dataset": lambda tf, at: listed(
        tf.data.TFRecordDataset(tf.data.Dataset.from_tensor_slices([at + "plain", at + "empty"]))
    ),
    "no names": lambda tf, at: list(tf.data.TFRecordDataset([])),
    "lines": lambda tf, at: listed(tf.data.TextLineDataset(at + "lines").batch(3)),
    "compressed lines": lambda tf, at: listed(tf.data.TextLineDataset([at + "lines.gz"], "GZIP")),
    "pieces": lambda tf, at: listed(tf.data.FixedLengthRecordDataset(at + "noise", 4, 5, 1)),
    "csv": lambda tf, at: listed(
        tf.data.experimental.CsvDataset(at + "some.csv", [tf.int32, [7.5], [""]], header=True)
    ),
    "csv columns": lambda tf, at: listed(
        tf.data.experimental.CsvDataset(at + "some.csv", [tf.int64, ["none"]], header=True, select_cols=[0, 2])
    ),
    "csv errors": lambda tf, at: list(
        tf.data.experimental.CsvDataset(at + "bad.csv", [tf.int32, tf.string])
        .apply(tf.data.experimental.ignore_errors())
        .as_numpy_iterator()
    ),
    "make csv": lambda tf, at: listed(
        tf.data.experimental.make_csv_dataset(at + "other.csv", 2, label_name="n", num_epochs=1, shuffle=False)
    ),
    "make csv of another encoding": lambda tf, at: listed(
        tf.data.experimental.make_csv_dataset(at + "latin.csv", 1, num_epochs=1, shuffle=False, encoding="latin-1")
    ),
    "make csv, shuffled": lambda tf, at: (
        tf.random.set_seed(3),
        list(
            tf.data.experimental.make_csv_dataset(
                at + "o*.csv", 2, num_epochs=3, shuffle_seed=5, shuffle_buffer_size=2, select_columns=["t", "x"]
            ).as_numpy_iterator()
        ),
    ),
    "file": lambda tf, at: (
        tf.io.read_file(at + "lines"),
        tf.io.matching_files(at + "*.csv") == [at + "other.csv"] * 3,
    )[0],
    "gfile": lambda tf, at: (
        tf.io.gfile.exists(at + "lines"),
        tf.io.gfile.isdir(at),
        sorted(tf.io.gfile.listdir(at)),
        sorted(tf.io.gfile.glob(at + "*.csv")),
        tf.io.gfile.GFile(at + "lines").readlines(),
        tf.io.gfile.GFile(at + "lines", "rb").read(7),
        tf.io.gfile.GFile(at + "lines").size(),
        tf.io.gfile.stat(at + "lines").length,
        tf.io.gfile.join(at, "a", "b"),
        [list(map(sorted, found[1:])) for found in tf.io.gfile.walk(at)],
    ),
    "no file": lambda tf, at: list(tf.data.TFRecordDataset(at + "none")),
    "no lines": lambda tf, at: list(tf.data.TextLineDataset(at + "none")),
    "no records": lambda tf, at: list(tf.data.TFRecordDataset(at + "noise")),
    "cut": lambda tf, at: list(tf.data.TFRecordDataset(at + "cut")),
    "changed": lambda tf, at: list(tf.data.TFRecordDataset(at + "changed")),
    "no pieces": lambda tf, at: list(tf.data.FixedLengthRecordDataset(at + "noise", 5)),
    "csv of another type": lambda tf, at: list(tf.data.experimental.CsvDataset(at + "bad.csv", [tf.int32, tf.string])),
    "csv without a value": lambda tf, at: list(
        tf.data.experimental.CsvDataset(at + "some.csv", [tf.int32, tf.float32, tf.string], header=True)
    ),
    "csv of more fields": lambda tf, at: list(tf.data.experimental.CsvDataset(at + "bad.csv", [tf.string, tf.string])),
    "read no file": lambda tf, at: tf.io.read_file(at + "none"),
    "gfile: no file": lambda tf, at: tf.io.gfile.GFile(at + "none").read(),
    "gfile: mode": lambda tf, at: tf.io.gfile.GFile(at + "lines", "x"),
    "gfile: no directory": lambda tf, at: tf.io.gfile.listdir(at + "none"),
    "gfile: remove": lambda tf, at: tf.io.gfile.remove(at + "none"),
    "gfile: mkdir": lambda tf, at: tf.io.gfile.mkdir(at + "none/new"),
    "gfile: makedirs": lambda tf, at: tf.io.gfile.makedirs(at + "lines"),
    "gfile: copy": lambda tf, at: tf.io.gfile.copy(at + "lines", at + "noise"),
    "gfile: rename": lambda tf, at: tf.io.gfile.rename(at + "none", at + "new"),
    "gfile: rmtree": lambda tf, at: tf.io.gfile.rmtree(at + "none"),
    "gfile: stat": lambda tf, at: tf.io.gfile.stat(at + "none"),
    "gfile: scheme": lambda tf, at: tf.io.gfile.GFile("foo://x").read(),
    "compression": lambda tf, at: tf.io.TFRecordOptions("FOO"),
}


@pytest.mark.parametrize("name", READ)
def test_reading(name: str, files: Path) -> None:
    same(lambda tf: READ[name](tf, f"{files}{os.sep}"))


@pytest.mark.parametrize("compression", [None, "GZIP", "ZLIB"])
def test_tensorflow_reads_the_records(tmp_path: Path, compression: Any) -> None:
    path = str(tmp_path / "records")
    with gradtape.io.TFRecordWriter(path, gradtape.io.TFRecordOptions(compression)) as writer:
        for record in RECORDS:
            writer.write(record)
        writer.flush()
    for tf in LIBRARIES:
        found = tf.data.TFRecordDataset(path, compression_type=compression or "")
        assert list(found.as_numpy_iterator()) == RECORDS


def written(tf: Any, path: Path) -> Any:
    """The contents of files after some writing."""
    at = str(path / tf.__name__)
    gfile = tf.io.gfile
    gfile.makedirs(at + "/a/b")
    tf.io.write_file(at + "/c/d.txt", "text")
    with gfile.GFile(at + "/a/one", "w") as file:
        file.write("first\n")
        file.write("second")
    with gfile.GFile(at + "/a/one", "a") as file:
        file.write("third")
    with gfile.GFile(at + "/a/none", "w"):
        pass
    gfile.copy(at + "/a/one", at + "/a/two")
    gfile.rename(at + "/a/two", at + "/a/three")
    gfile.remove(at + "/c/d.txt")
    gfile.rmtree(at + "/a/b")
    gfile.mkdir(at + "/a/b")
    return {str(found.relative_to(at)): found.is_file() and found.read_text() for found in sorted(Path(at).rglob("*"))}


def test_writing(tmp_path: Path) -> None:
    same(lambda tf: written(tf, tmp_path))


def example(tf: Any) -> Any:
    train = tf.train
    return train.Example(
        features=train.Features(
            feature={
                "n": train.Feature(int64_list=train.Int64List(value=[1, -2, 2**40])),
                "x": train.Feature(float_list=train.FloatList(value=[0.1, 1.0, 1e10, 1 / 3])),
                "t": train.Feature(bytes_list=train.BytesList(value=[b"x\n\xff\"'", b""])),
                "none": train.Feature(),
            }
        )
    )


def test_examples_go_both_ways() -> None:
    theirs, ours = (example(tf) for tf in LIBRARIES)
    assert type(theirs).FromString(ours.SerializeToString()) == theirs
    assert type(ours).FromString(theirs.SerializeToString()) == ours
    assert ours.ByteSize() == theirs.ByteSize()


MESSAGES: dict[str, Program] = {
    "text": lambda tf: repr(tf.train.Features(feature={"x": example(tf).features.feature["x"]})),
    "text of bytes": lambda tf: str(example(tf).features.feature["t"]),
    "text of nothing": lambda tf: (str(tf.train.Example()), str(tf.train.Feature(int64_list=tf.train.Int64List()))),
    "kind": lambda tf: [example(tf).features.feature[key].WhichOneof("kind") for key in ("n", "x", "t", "none")],
    "presence": lambda tf: [example(tf).features.feature["n"].HasField(key) for key in ("int64_list", "float_list")],
    "asked for": lambda tf: list(example(tf).features.feature["n"].float_list.value),
    "keys": lambda tf: ("z" in example(tf).features.feature, sorted(example(tf).features.feature)),
    "appended": lambda tf: str(appended(tf)),
    "of arrays": lambda tf: str(tf.train.Int64List(value=np.arange(3))),
    "text for bytes": lambda tf: tf.train.BytesList(value=["a"]),
    "bytes for a list": lambda tf: tf.train.BytesList(value=b"abc"),
    "float for an integer": lambda tf: tf.train.Int64List(value=[1.5]),
    "text for a float": lambda tf: tf.train.FloatList(value=["a"]),
    "large": lambda tf: tf.train.Int64List(value=[2**63]),
    "unknown": lambda tf: tf.train.Feature(foo=1),
}


def appended(tf: Any) -> Any:
    message = tf.train.Example()
    message.features.feature["k"].int64_list.value.append(3)
    message.features.feature["k"].int64_list.value.extend([4, 5])
    return message


@pytest.mark.parametrize("name", MESSAGES)
def test_message(name: str) -> None:
    same(MESSAGES[name])


SERIAL = example(tensorflow).SerializeToString()
OTHER = (
    tensorflow.train.Example(
        features=tensorflow.train.Features(
            feature={"n": tensorflow.train.Feature(int64_list=tensorflow.train.Int64List(value=[5]))}
        )
    )
).SerializeToString()

PARSED: dict[str, Program] = {
    "one": lambda tf: tf.io.parse_single_example(
        SERIAL,
        {
            "n": tf.io.FixedLenFeature([3], tf.int64),
            "x": tf.io.FixedLenFeature([2, 2], tf.float32),
            "t": tf.io.FixedLenFeature([2], tf.string),
        },
    ),
    "defaults": lambda tf: tf.io.parse_single_example(
        SERIAL,
        {"y": tf.io.FixedLenFeature([2], tf.int64, [7, 8]), "z": tf.io.FixedLenFeature([], tf.string, "none")},
    ),
    "sequences": lambda tf: tf.io.parse_single_example(
        SERIAL,
        {
            "n": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
            "x": tf.io.FixedLenSequenceFeature([2], tf.float32, True),
            "z": tf.io.FixedLenSequenceFeature([], tf.float32, True),
        },
    ),
    "several": lambda tf: tf.io.parse_example([SERIAL, SERIAL], {"n": tf.io.FixedLenFeature([3], tf.int64)}),
    "several sequences": lambda tf: tf.io.parse_example(
        [SERIAL, OTHER],
        {
            "n": tf.io.FixedLenSequenceFeature([], tf.int64, True, -1),
            "t": tf.io.FixedLenSequenceFeature([], tf.string, True),
        },
    ),
    "in a dataset": lambda tf: list(
        tf.data.Dataset.from_tensor_slices([SERIAL, SERIAL])
        .map(lambda record: tf.io.parse_single_example(record, {"n": tf.io.FixedLenFeature([3], tf.int64)}))
        .batch(2)
        .as_numpy_iterator()
    ),
    "features": lambda tf: repr((tf.io.FixedLenFeature([2], tf.int64), tf.io.VarLenFeature(tf.int64))),
    "missing": lambda tf: tf.io.parse_single_example(SERIAL, {"z": tf.io.FixedLenFeature([2], tf.int64)}),
    "number": lambda tf: tf.io.parse_single_example(SERIAL, {"n": tf.io.FixedLenFeature([2], tf.int64)}),
    "dtype": lambda tf: tf.io.parse_single_example(SERIAL, {"n": tf.io.FixedLenFeature([3], tf.float32)}),
    "noise": lambda tf: tf.io.parse_single_example(b"garbage", {"n": tf.io.FixedLenFeature([3], tf.int64)}),
    "number in a batch": lambda tf: tf.io.parse_example([SERIAL, OTHER], {"n": tf.io.FixedLenFeature([3], tf.int64)}),
    "missing in a batch": lambda tf: tf.io.parse_example([OTHER, OTHER], {"x": tf.io.FixedLenFeature([], tf.float32)}),
    "default": lambda tf: tf.io.parse_single_example(SERIAL, {"z": tf.io.FixedLenFeature([2], tf.int64, 7)}),
    "no features": lambda tf: tf.io.parse_single_example(SERIAL, {}),
    "None": lambda tf: tf.io.parse_single_example(SERIAL, None),
    "no feature": lambda tf: tf.io.parse_single_example(SERIAL, {"a": 3}),
    "sequence": lambda tf: tf.io.parse_single_example(SERIAL, {"n": tf.io.FixedLenSequenceFeature([], tf.int64)}),
    "raw": lambda tf: (
        tf.io.decode_raw([b"\x01\x02\x03\x04", b"\x00\x00\x00\x01"], tf.int32),
        tf.io.decode_raw(b"\x01\x02\x03\x04", tf.uint8),
        tf.io.decode_raw(b"\x01\x02\x03\x04", tf.int32, little_endian=False),
    ),
    "csv": lambda tf: tf.io.decode_csv(["1,2.5,a", '2,,"b,"'], [[0], [0.5], [""]]),
    "csv of one": lambda tf: tf.io.decode_csv("1;;", [[0], [3.5], ["d"]], field_delim=";"),
    "csv columns": lambda tf: tf.io.decode_csv("1,2,3", [[0], [0.0]], select_cols=[0, 2]),
    "csv, required": lambda tf: tf.io.decode_csv("1,,a", [[0], tf.constant([], tf.float32), [""]]),
    "csv, fields": lambda tf: tf.io.decode_csv("1,2", [[0]]),
    "csv, value": lambda tf: tf.io.decode_csv("x", [[0]]),
    "tensor": lambda tf: [
        (tf.io.serialize_tensor(value), tf.io.parse_tensor(tf.io.serialize_tensor(value), value.dtype))
        for value in (tf.constant([1, 2]), tf.constant(2.5, tf.float64), tf.zeros([0, 3]), tf.constant([[True]]))
    ],
    "tensor of values": lambda tf: tf.io.parse_tensor(
        b"\x08\x01\x12\x04\x12\x02\x08\x03*\x08\x00\x00\x80?\x00\x00\x00@", tf.float32
    ),
    "tensor's dtype": lambda tf: tf.io.parse_tensor(tf.io.serialize_tensor([1.0]), tf.int32),
}


@pytest.mark.parametrize("name", PARSED)
def test_parsing(name: str) -> None:
    same(PARSED[name])


TEXT: dict[str, Program] = {
    "scalar": lambda tf: show(element(tf, "tape")),
    "vector": lambda tf: show(element(tf, ["tape", "a\nb", b"\xff"])),
    "matrix": lambda tf: show(element(tf, [["a", "bb"], ["ccc", ""]])),
    "empty": lambda tf: show(element(tf, np.array([], object).astype("S1"))),
    "compared": lambda tf: [
        element(tf, "tape") == "tape",
        element(tf, "tape") != b"tape",
        element(tf, ["a", "b"]) == ["a", "c"],
        element(tf, ["a", "b"]) == element(tf, "b"),
    ],
    "joined": lambda tf: [element(tf, "a") + "b", element(tf, ["a", "b"]) + element(tf, "c"), "x" + element(tf, "a")],
    "parts": lambda tf: [element(tf, ["a", "b", "c"])[1], element(tf, ["a", "b", "c"])[1:], list(element(tf, ["a"]))],
    "of Python": lambda tf: (
        int(element(tf, "12")),
        float(element(tf, "1.5")),
        len(element(tf, ["a"])),
        bool(element(tf, "a")),
        f"{element(tf, 'a')}",
        element(tf, "é").numpy().decode(),
    ),
    "arrays": lambda tf: np.asarray(element(tf, ["a", "b"])).tolist(),
    "attributes": lambda tf: (element(tf, ["a"]).shape, element(tf, ["a"]).dtype, element(tf, ["a"]).ndim),
    "length of a scalar": lambda tf: len(element(tf, "a")),
    "hash": lambda tf: hash(element(tf, "a")),
    "compared with a number": lambda tf: element(tf, "a") == 3,
    "specification": lambda tf: repr(tf.TensorSpec.from_tensor(element(tf, ["a"]))),
}


def element(tf: Any, value: Any) -> Any:
    return next(iter(tf.data.Dataset.from_tensors(value)))


def show(tensor: Any) -> Any:
    return repr(tensor), str(tensor), tensor.numpy()


@pytest.mark.parametrize("name", TEXT)
def test_text(name: str) -> None:
    same(TEXT[name], message=name != "hash")


SPECS: dict[str, Program] = {
    "text": lambda tf: repr([tf.TensorSpec([None, 3], tf.float64, "n"), tf.TensorSpec([2]), tf.TensorSpec(None)]),
    "attributes": lambda tf: (
        tf.TensorSpec([2]).shape,
        tf.TensorSpec([2]).dtype,
        tf.TensorSpec([], name="n").name,
    ),
    "equality": lambda tf: [
        tf.TensorSpec([1]) == other
        for other in (tf.TensorSpec([1]), tf.TensorSpec([1], name="a"), tf.TensorSpec([1], tf.int32), 3)
    ],
    "compatible": lambda tf: [
        tf.TensorSpec([None, 3]).is_compatible_with(other)
        for other in (
            tf.TensorSpec([4, 3]),
            tf.TensorSpec([4, 3], tf.int32),
            tf.zeros([2, 3]),
            tf.zeros([2, 4]),
            np.zeros((2, 3)),
            np.zeros((2, 3), np.float32),
        )
    ],
    "subtype": lambda tf: [
        one.is_subtype_of(two)
        for one, two in (
            (tf.TensorSpec([2, 3]), tf.TensorSpec([None, 3])),
            (tf.TensorSpec([None, 3]), tf.TensorSpec([2, 3])),
            (tf.TensorSpec([2]), tf.TensorSpec(None)),
            (tf.TensorSpec([2], name="a"), tf.TensorSpec([2])),
            (tf.TensorSpec([2]), tf.TensorSpec([2], name="a")),
            (tf.TensorSpec([2]), tf.TensorSpec([2], tf.int32)),
        )
    ],
    "of tensors and specifications": lambda tf: repr(
        (
            tf.TensorSpec.from_tensor(tf.zeros([2, 3]), "q"),
            tf.TensorSpec.from_spec(tf.TensorSpec([2], name="a")),
            tf.TensorSpec.from_spec(tf.TensorSpec([2]), "b"),
        )
    ),
    "common": lambda tf: repr(
        [
            tf.TensorSpec([2, 3], name="n").most_specific_common_supertype(others)
            for others in (
                [tf.TensorSpec([2, 4], name="n")],
                [tf.TensorSpec([2, 3]), tf.TensorSpec([5, 3])],
                [tf.TensorSpec([2])],
                [tf.TensorSpec([2, 3], tf.int32)],
            )
        ]
    ),
    "incompatible": lambda tf: tf.TensorSpec([2]).most_specific_compatible_type(tf.TensorSpec([2], tf.int32)),
    "of a list": lambda tf: tf.TensorSpec.from_tensor([1]),
    "dtype": lambda tf: tf.TensorSpec([2], "foo"),
    "types": lambda tf: isinstance(tf.TensorSpec([2]), tf.TypeSpec),
    "datasets": lambda tf: repr(tf.data.DatasetSpec.from_value(tf.data.Dataset.range(3))),
    "equal datasets": lambda tf: tf.data.DatasetSpec(tf.TensorSpec([])) == tf.data.DatasetSpec(tf.TensorSpec([])),
}


@pytest.mark.parametrize("name", SPECS)
def test_specification(name: str) -> None:
    same(SPECS[name])
