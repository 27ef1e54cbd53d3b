"""Files of tensors: compared with NumPy and the safetensors package, damaged, malicious, and interrupted."""

from __future__ import annotations

import builtins
import io
import json
import os
import struct
import zipfile

import numpy as np
import pytest
import safetensors
import safetensors.numpy

import gradtape as tf

FORMATS = {"safetensors": tf.interop.safetensors, "npz": tf.interop.npz}
DTYPES = ["float32", "float64", "int32", "int64", "uint8", "bool"]


def values():
    generator = np.random.default_rng(0)
    arrays = {dtype: generator.integers(0, 2, (2, 3)).astype(dtype) for dtype in DTYPES}
    return {**arrays, "scalar": np.float32(7.5), "nothing": np.zeros((2, 0)), "naïve/名": np.arange(3)}


def read_by_others(kind, path):
    return safetensors.numpy.load_file(path) if kind == "safetensors" else dict(np.load(path))


def written_by_others(kind, path, arrays):
    if kind == "safetensors":
        safetensors.numpy.save_file({name: np.asarray(array) for name, array in arrays.items()}, path)
    else:
        np.savez_compressed(path, **arrays)


@pytest.mark.parametrize("kind", FORMATS)
def test_files_go_both_ways(kind, tmp_path):
    path = tmp_path / f"values.{kind}"
    written_by_others(kind, path, values())
    for _ in range(2):
        found = FORMATS[kind].load(path)
        assert found.keys() == values().keys()
        for name, array in values().items():
            np.testing.assert_array_equal(found[name].numpy(), array, strict=True)
        FORMATS[kind].save(path, found)
        for name, array in read_by_others(kind, path).items():
            np.testing.assert_array_equal(array, np.asarray(values()[name]), strict=True)


def test_metadata(tmp_path):
    path = tmp_path / "values.safetensors"
    tf.interop.safetensors.save(path, {"w": [tf.constant(1.0)][0]}, {"step": "7", "by": "gradtape"})
    with safetensors.safe_open(path, "np") as file:
        assert file.metadata() == {"step": "7", "by": "gradtape"} == tf.interop.safetensors.load_metadata(path)
    with pytest.raises(TypeError, match="metadata are texts"):
        tf.interop.safetensors.save(path, {"w": tf.constant(1.0)}, {"step": 7})
    assert tf.interop.safetensors.load_metadata(path)["step"] == "7"


class Net(tf.Module):
    def __init__(self):
        self.w = tf.Variable([[1.0, 2.0]])
        self.layers = [tf.Variable(3), {"b": tf.Variable(np.array([4.0]))}]


@pytest.mark.parametrize("kind", FORMATS)
def test_objects(kind, tmp_path):
    path = tmp_path / f"net.{kind}"
    net, other = Net(), Net()
    net.w.assign([[7.0, 8.0]])
    FORMATS[kind].save(path, net)
    assert sorted(read_by_others(kind, path)) == ["layers/0", "layers/1/b", "w"]
    assert sorted(FORMATS[kind].load(path, into=other)) == ["layers/0", "layers/1/b", "w"]
    np.testing.assert_array_equal(other.w, [[7.0, 8.0]])
    FORMATS[kind].save(path, tf.train.Checkpoint(net=net))
    assert "net/layers/0" in read_by_others(kind, path)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    "change,message",
    [
        (lambda held: held.pop("w"), "no value for w"),
        (lambda held: held.update(v=np.zeros(1)), "no variable for v"),
        (
            lambda held: held.update(w=np.zeros((2, 1), np.float32)),
            r"w has shape \(1, 2\) and dtype float32, its",
        ),
        (lambda held: held.update(w=np.zeros((1, 2))), "its value has shape .* and dtype float64"),
    ],
)
def test_what_does_not_fit_changes_nothing(kind, change, message, tmp_path):
    path = tmp_path / f"net.{kind}"
    held = {"w": np.zeros((1, 2), np.float32), "layers/0": np.int32(0), "layers/1/b": np.zeros(1)}
    change(held)
    FORMATS[kind].save(path, held)
    net = Net()
    with pytest.raises(ValueError, match=message):
        FORMATS[kind].load(path, into=net)
    assert int(net.layers[0]) == 3


@pytest.mark.parametrize("kind", FORMATS)
def test_what_cannot_be_saved(kind, tmp_path):
    path = tmp_path / f"values.{kind}"
    for wrong in (3, {1: tf.constant(1.0)}, object(), tf.Module()):
        with pytest.raises(TypeError):
            FORMATS[kind].save(path, wrong)
    assert not list(tmp_path.iterdir())
    with pytest.raises(FileNotFoundError):
        FORMATS[kind].load(path)


def entry(shape=(2,), offsets=(0, 8), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def file_of(header, data=bytes(8), size=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if size is None else size) + text + data


HOSTILE = {
    "empty": b"",
    "seven bytes": bytes(7),
    "a header beyond the end": file_of({"a": entry()}, size=10**9),
    "a header of all memory": file_of({"a": entry()}, size=2**64 - 1),
    "no object": file_of(b"[]"),
    "no JSON": file_of(b"{"),
    "no text": file_of(b"{\xff}"),
    "nested deeply": file_of(b'{"a":' + b"[" * 200_000),
    "a name twice": file_of(b'{"a":%b,"a":%b}' % (json.dumps(entry()).encode(), json.dumps(entry()).encode())),
    "no entry": file_of({"a": 3}),
    "another key": file_of({"a": {**entry(), "code": "os.system"}}),
    "a negative size": file_of({"a": entry((-2, -1))}),
    "a size that is no integer": file_of({"a": entry((2.0,))}),
    "a size that is true": file_of({"a": entry((2, True))}),
    "a size too large": file_of({"a": entry((2**62, 4))}),
    "a product that overflows": file_of({"a": entry((2**32, 2**32, 2))}),
    "offsets the wrong way": file_of({"a": entry((2,), (8, 0))}),
    "three offsets": file_of({"a": entry((2,), (0, 8, 8))}),
    "offsets beyond the end": file_of({"a": entry((4,), (0, 16))}),
    "a gap": file_of({"a": entry((1,), (4, 8))}),
    "an overlap": file_of({"a": entry(), "b": entry()}),
    "bytes left over": file_of({"a": entry((1,), (0, 4))}),
    "metadata that is no text": file_of({"a": entry(), "__metadata__": {"a": 1}}),
    "metadata that is a list": file_of({"a": entry(), "__metadata__": []}),
    "bools of 2": file_of({"a": entry((8,), dtype="BOOL")}, b"\2" * 8),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_safetensors(name, tmp_path):
    path = tmp_path / "hostile.safetensors"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(ValueError):
        tf.interop.safetensors.load(path)
    if name not in ("bools of 2", "a name twice", "another key"):  # which the package accepts
        with pytest.raises(safetensors.SafetensorError):
            safetensors.numpy.load_file(path)


@pytest.mark.parametrize("dtype", ["F8_E5M2", "F4", "", 3])
def test_unknown_dtypes(dtype, tmp_path):
    path = tmp_path / "unknown.safetensors"
    path.write_bytes(file_of({"a": entry((8,), dtype=dtype)}))
    with pytest.raises(TypeError, match="there are no tensors of dtype"):
        tf.interop.safetensors.load(path)


class Trap:
    def __reduce__(self):
        return os.abort, ()


def npz_of(array=None, *, name="a.npy", data=None, shape=None):
    """An archive with one entry, of an array or of bytes after a header of another shape."""
    whole = io.BytesIO()
    if data is None:
        np.save(whole, array, allow_pickle=True)
    else:
        np.lib.format.write_array_header_1_0(whole, {"descr": "<f8", "fortran_order": False, "shape": shape})
        whole.write(data)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, whole.getvalue())
    return archive.getvalue()


HOSTILE_ARCHIVES = {
    "no archive": b"not at all",
    "cut short": npz_of(np.arange(100.0))[:-30],
    "pickled objects": npz_of(np.array([Trap()], object)),
    "a shape beyond its bytes": npz_of(data=bytes(16), shape=(10**12,)),
    "a shape that overflows": npz_of(data=bytes(16), shape=(2**63, 2)),
    "a shape below 0": npz_of(data=bytes(16), shape=(-1, -2)),
    "fewer elements than bytes": npz_of(data=bytes(16), shape=(1,)),
    "damaged": npz_of(np.arange(1000.0)).replace(b"\x00\x00", b"\x01\x7f", 40),
}


@pytest.mark.parametrize("name", HOSTILE_ARCHIVES)
def test_hostile_archives(name, tmp_path):
    path = tmp_path / "hostile.npz"
    path.write_bytes(HOSTILE_ARCHIVES[name])
    with pytest.raises(ValueError):
        tf.interop.npz.load(path)


def test_names_are_names_and_no_paths(tmp_path):
    path = tmp_path / "outside.npz"
    path.write_bytes(npz_of(np.arange(2), name="../../outside.npy"))
    assert list(tf.interop.npz.load(path)) == ["../../outside"]
    assert [found.name for found in tmp_path.iterdir()] == ["outside.npz"]


@pytest.mark.parametrize("kind", FORMATS)
def test_whoever_is_interrupted_leaves_the_old_file_or_the_new(kind, tmp_path, monkeypatch):
    path = tmp_path / f"values.{kind}"
    FORMATS[kind].save(path, {"w": tf.constant([1.0, 2.0]), "v": tf.constant(3)})
    before = path.read_bytes()
    operations = 0

    class Interrupted(Exception):
        pass

    class Counting:
        """A file that fails at one of its writes."""

        def __init__(self, file):
            self.file = file

        def write(self, data):
            nonlocal operations
            if operations == 0:
                raise Interrupted
            operations -= 1
            return self.file.write(data)

        def __getattr__(self, name):
            return getattr(self.file, name)

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            self.file.close()

    monkeypatch.setattr(builtins, "open", lambda *a, _open=open, **k: Counting(_open(*a, **k)))
    reached = 0
    while True:
        operations = reached
        try:
            FORMATS[kind].save(path, {"w": tf.constant([5.0, 6.0, 7.0])})
            break
        except Interrupted:
            reached += 1
            assert path.read_bytes() == before
            assert len(list(tmp_path.iterdir())) == 1
    assert reached >= 2
    monkeypatch.undo()
    assert list(FORMATS[kind].load(path)) == ["w"] and len(list(tmp_path.iterdir())) == 1
