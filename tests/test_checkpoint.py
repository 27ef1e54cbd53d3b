"""Checkpoints: saving, restoring now or later, errors, and the state after writes that fail half-way."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import random
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gradtape as tf
from gradtape._engine.base.checksum import crc32c, mask, reference_crc32c
from gradtape._src.core import protobuf
from gradtape._src.train import bundle
from gradtape._src.train.bundle import BundleReader, write_bundle
from gradtape._src.train.sorted_table import CorruptTable, read_table, write_table


class Model(tf.Module):
    def __init__(self, value: float = 0.0):
        super().__init__()
        self.w = tf.Variable(tf.fill([2, 3], value), name="w")
        self.parts = [tf.Variable(value), {"a": tf.Variable(value, dtype=tf.float64), "b": (tf.Variable(int(value)),)}]
        self.flag = tf.Variable(value > 0)


def all_values(model: Model) -> list[float]:
    first, rest = model.parts
    return [np.mean(v.numpy()) for v in (model.w, first, rest["a"], rest["b"][0], model.flag)]


# Checksums, wire format, tables


def test_checksums():
    assert crc32c(b"123456789") == reference_crc32c(b"123456789") == 0xE3069283  # RFC 3720, B.4 has the next
    assert crc32c(bytes(32)) == 0x8A9136AA and crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(b"") == reference_crc32c(b"") == 0
    data = random.Random(0).randbytes(1000)
    for begin in range(9):
        for end in range(990, 1000):
            assert (
                crc32c(data[begin:end])
                == reference_crc32c(data[begin:end])
                == crc32c(data[77:end], crc32c(data[begin:77]))
            )


def test_wire_format():
    message = protobuf.integer(1, -5) + protobuf.text(2, "é") + protobuf.fixed32(3, 7) + protobuf.float64(4, 1.5)
    fields = list(protobuf.fields(message))
    assert [number for number, _, _ in fields] == [1, 2, 3, 4]
    assert protobuf.signed(fields[0][2]) == -5 and fields[1][2] == "é".encode() and fields[2][2] == 7
    assert struct.unpack("<d", struct.pack("<Q", fields[3][2])) == (1.5,)
    for bad in (b"\x80", b"\x0a\x05abc", b"\x0b", b"\xff" * 11, b"\x0d\x01"):
        with pytest.raises(ValueError):
            list(protobuf.fields(bad))


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 1000])
def test_tables(count):
    entries = {f"key/{place:05d}".encode(): b"v" * (place % 50) for place in range(count)}
    assert read_table(write_table(sorted(entries.items()))) == entries


def test_no_damaged_table_is_read():
    entries = {f"key/{place:05d}".encode(): b"v" * (place % 50) for place in range(300)}
    table = write_table(sorted(entries.items()))
    for end in range(len(table)):
        with pytest.raises(CorruptTable):
            read_table(table[:end])
    for place in range(len(table)):
        damaged = bytearray(table)
        damaged[place] ^= 0x55
        with contextlib.suppress(CorruptTable):
            assert read_table(bytes(damaged)) == entries  # the unused end of the footer


# Saving and restoring


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (3,), (0, 2), (2, 3, 4)])
def test_every_dtype_and_shape_comes_back(tmp_path, dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    path = tf.train.Checkpoint(v=tf.Variable(array)).save(tmp_path / "ckpt")
    v = tf.Variable(np.zeros_like(array))
    tf.train.Checkpoint(v=v).restore(path).assert_consumed()
    np.testing.assert_array_equal(v.numpy(), array, strict=True)


def test_nested_objects_come_back(tmp_path):
    path = tf.train.Checkpoint(model=Model(3.0)).save(f"{tmp_path}/deep/er/ckpt")
    assert path == f"{tmp_path}/deep/er/ckpt-1" and tf.train.latest_checkpoint(f"{tmp_path}/deep/er") == path
    model = Model()
    tf.train.Checkpoint(model=model).restore(path).assert_consumed()
    assert all_values(model) == [3.0, 3.0, 3.0, 3, True]


def test_a_root_lends_its_attributes(tmp_path):
    path = tf.train.Checkpoint(Model(2.0), step=tf.Variable(7)).write(tmp_path / "here")
    assert path == str(tmp_path / "here") and tf.train.latest_checkpoint(tmp_path) is None
    model, step = Model(), tf.Variable(0)
    tf.train.Checkpoint(model, step=step).read(path).assert_consumed()
    assert all_values(model) == [2.0, 2.0, 2.0, 2, True] and int(step) == 7
    with pytest.raises(
        ValueError, match=r"Cannot create a Checkpoint with keyword argument w if root\.w already exists\."
    ):
        tf.train.Checkpoint(model, w=step)


def test_training_goes_on_as_if_it_had_not_been_interrupted(tmp_path):
    def training():
        model, optimizer = Model(1.0), tf.optimizers.Adam(0.1)
        generator = tf.random.Generator.from_seed(5)

        def step():
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(tf.square(model.w - generator.normal([2, 3])))
            optimizer.apply_gradients([(tape.gradient(loss, model.w), model.w)])

        return tf.train.Checkpoint(model=model, optimizer=optimizer, generator=generator), step, model

    checkpoint, step, model = training()
    for _ in range(3):
        step()
    path = checkpoint.save(tmp_path / "ckpt")
    step()
    again, step_again, model_again = training()
    status = again.restore(path)
    step_again()  # which creates the optimizer's slots
    status.assert_consumed()
    assert model.w.numpy().tobytes() == model_again.w.numpy().tobytes()


def test_what_is_made_after_restoring_is_restored_when_its_owner_gets_it(tmp_path):
    path = tf.train.Checkpoint(model=Model(4.0)).save(tmp_path / "ckpt")
    model = tf.Module()
    status = tf.train.Checkpoint(model=model).restore(path)
    gc.collect()
    model.w = tf.Variable(tf.zeros([2, 3]))
    assert np.all(model.w.numpy() == 4.0)
    model.parts = []
    model.parts.append(tf.Variable(0.0))
    with pytest.raises(AssertionError, match="Unresolved object in checkpoint: 3 values have no Python object"):
        status.assert_consumed()
    assert model.parts[0].numpy() == 4.0
    model.w.assign(tf.ones([2, 3]))
    model.parts.append({"a": tf.Variable(0.0, dtype=tf.float64), "b": (tf.Variable(0),)})
    model.flag = tf.Variable(False)
    assert all_values(model) == [1.0, 4.0, 4.0, 4, True]  # w was restored once
    status.assert_consumed()


def test_values_that_nothing_gets_are_told_of_once(tmp_path, caplog):
    path = tf.train.Checkpoint(model=Model(4.0)).save(tmp_path / "ckpt")
    with caplog.at_level(logging.WARNING, logger="gradtape"):
        tf.train.Checkpoint(model=tf.Module()).restore(path).expect_partial()
        gc.collect()
        assert not caplog.records
        tf.train.Checkpoint(model=tf.Module()).restore(path)
        gc.collect()
    (record,) = caplog.records
    assert "model/w/.ATTRIBUTES/VARIABLE_VALUE" in record.getMessage() and "expect_partial" in record.getMessage()


def test_statuses(tmp_path):
    x = tf.Module()
    x.a = tf.Variable(1.0)
    path = tf.train.Checkpoint(m=x).save(tmp_path / "ckpt")
    y = tf.Module()
    y.b = tf.Variable(3.0)
    status = tf.train.Checkpoint(m=y).restore(path).expect_partial()
    for check in (status.assert_consumed, status.assert_existing_objects_matched):
        with pytest.raises(AssertionError, match="Found 1 Python objects that were not bound to checkpointed values"):
            check()
    with pytest.raises(AssertionError, match="Nothing except the root object matched"):
        status.assert_nontrivial_match()
    y.a = tf.Variable(0.0)
    assert status.assert_nontrivial_match() is status
    nothing = tf.train.Checkpoint(m=y).restore(None)
    assert nothing.expect_partial() is nothing
    with pytest.raises(AssertionError, match=r"No checkpoint specified \(save_path=None\)"):
        nothing.assert_consumed()


def test_nothing_is_restored_where_one_value_does_not_fit(tmp_path):
    path = tf.train.Checkpoint(a=tf.Variable(1.0), b=tf.Variable([1.0, 2.0])).save(tmp_path / "ckpt")
    a = tf.Variable(0.0)
    message = r"Received incompatible tensor with shape \(2,\) when attempting to restore variable with shape \(3,\)"
    with pytest.raises(ValueError, match=message):
        tf.train.Checkpoint(a=a, b=tf.Variable([0.0, 0.0, 0.0])).restore(path)
    with pytest.raises(tf.errors.InvalidArgumentError, match="float64 does not equal original dtype float32"):
        tf.train.Checkpoint(a=a, b=tf.Variable([0.0, 0.0], dtype=tf.float64)).restore(path)
    assert a.numpy() == 0.0


def test_names_with_dots_and_slashes(tmp_path):
    path = tf.train.Checkpoint(v={"a.b/c": tf.Variable(1.0)}).save(tmp_path / "ckpt")
    assert [name for name, _ in tf.train.list_variables(path)][1] == "save_counter/.ATTRIBUTES/VARIABLE_VALUE"
    assert tf.train.load_variable(path, "v/a..b.Sc/.ATTRIBUTES/VARIABLE_VALUE:0") == 1.0
    v = {"a.b/c": tf.Variable(0.0)}
    tf.train.Checkpoint(v=v).restore(path).assert_consumed()
    assert v["a.b/c"].numpy() == 1.0


def test_objects_that_hold_each_other(tmp_path):
    a, b = tf.Module(), tf.Module()
    a.b, b.a, a.v, b.same = b, a, tf.Variable(1.0), None
    b.same = a.v
    path = tf.train.Checkpoint(a=a).save(tmp_path / "ckpt")
    a.v.assign(0.0)
    tf.train.Checkpoint(a=a).restore(path).assert_consumed()
    assert b.same.numpy() == 1.0


def test_an_object_with_a_state_of_its_own(tmp_path):
    class Position:
        place, text = np.int64(0), b""

        def _serialize_to_tensors(self):
            return {"place": self.place, "text": self.text}

        def _restore_from_tensors(self, values):
            self.place, self.text = values["place"], values["text"]

    position = Position()
    position.place, position.text = np.int64(41), b"\0state"
    path = tf.train.Checkpoint(position=position).save(tmp_path / "ckpt")
    again = Position()
    tf.train.Checkpoint(position=again).restore(path).assert_consumed()
    assert (again.place, again.text) == (41, b"\0state")


def test_what_cannot_be_saved():
    with pytest.raises(ValueError, match=r"`Checkpoint` was expecting m to be a trackable object .* got 3\."):
        tf.train.Checkpoint(m=3)


def test_waiting_costs_no_memory(tmp_path):
    from gradtape._src.state import tracking

    path = tf.train.Checkpoint(model=Model(4.0)).save(tmp_path / "ckpt")
    for _ in range(10):
        tf.train.Checkpoint(model=tf.Module()).restore(path).expect_partial()
    gc.collect()
    assert not tracking._waiting


# Missing, damaged and hostile files


def test_what_is_not_there(tmp_path):
    message = f"Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {tmp_path}/no"
    for read in (tf.train.load_checkpoint, tf.train.list_variables, tf.train.Checkpoint().read):
        with pytest.raises(tf.errors.NotFoundError) as caught:
            read(tmp_path / "no")
        assert str(caught.value) == message
    with pytest.raises(tf.errors.NotFoundError, match="You may be missing the checkpoint suffix"):
        tf.train.Checkpoint().restore(tmp_path / "no")
    with pytest.raises(ValueError, match="Couldn't find 'checkpoint' file or checkpoints in given directory"):
        tf.train.load_checkpoint(tmp_path)
    path = tf.train.Checkpoint(v=tf.Variable(1.0)).save(tmp_path / "ckpt")
    with pytest.raises(tf.errors.NotFoundError, match="Key w not found in checkpoint"):
        tf.train.load_variable(path, "w")
    os.remove(f"{path}.data-00000-of-00001")
    assert tf.train.list_variables(path)
    with pytest.raises(tf.errors.DataLossError, match="no such file"):
        tf.train.Checkpoint(v=tf.Variable(1.0)).restore(path)


def test_damage_is_found_before_anything_is_restored(tmp_path):
    path = tf.train.Checkpoint(v=tf.Variable(tf.range(100.0))).save(tmp_path / "ckpt")
    data = Path(f"{path}.data-00000-of-00001")
    whole = data.read_bytes()
    v = tf.Variable(tf.zeros([100]))
    for place in range(0, len(whole), 7):
        data.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(tf.errors.DataLossError):
            tf.train.Checkpoint(v=v).restore(path).assert_consumed()
            tf.train.load_variable(path, "save_counter/.ATTRIBUTES/VARIABLE_VALUE")
        data.write_bytes(whole[:place])
        with pytest.raises(tf.errors.DataLossError):
            tf.train.Checkpoint(v=v).restore(path).assert_consumed()
    assert not v.numpy().any()


def forge(prefix: Path, entry: bytes, data: bytes = b"", key: bytes = b"v") -> str:
    """A checkpoint with one entry and valid checksums."""
    header = protobuf.integer(1, 1) + protobuf.text(3, protobuf.integer(1, 1))
    Path(f"{prefix}.index").write_bytes(write_table([(b"", header), (key, entry)]))
    Path(f"{prefix}.data-00000-of-00001").write_bytes(data)
    return str(prefix)


def shape_of(*lengths: int) -> bytes:
    return protobuf.text(2, b"".join(protobuf.text(2, protobuf.integer(1, length)) for length in lengths))


@pytest.mark.parametrize(
    "entry",
    [
        protobuf.integer(1, 1) + shape_of(1 << 40) + protobuf.integer(5, 1 << 42),
        protobuf.integer(1, 1) + shape_of(1 << 40) + protobuf.integer(5, 8),
        protobuf.integer(1, 1) + shape_of(1 << 62, 1 << 62) + protobuf.integer(5, 8),
        protobuf.integer(1, 1) + shape_of(2) + protobuf.integer(4, 1 << 63) + protobuf.integer(5, 8),
        protobuf.integer(1, 7) + shape_of(1 << 40) + protobuf.integer(5, 8),
        protobuf.integer(1, 7) + shape_of() + protobuf.integer(5, 8),
        protobuf.integer(1, 1) + shape_of(2) + protobuf.integer(3, 99999) + protobuf.integer(5, 8),
    ],
)
def test_headers_that_lie_take_no_memory(tmp_path, entry):
    path = forge(tmp_path / "bad", entry, b"\xff" * 8)
    with pytest.raises(tf.errors.DataLossError):
        tf.train.load_variable(path, "v")


def test_a_shape_of_negative_lengths(tmp_path):
    path = forge(tmp_path / "bad", protobuf.integer(1, 1) + shape_of(-1))
    with pytest.raises(tf.errors.DataLossError, match=r"a shape of \[-1\]"):
        tf.train.load_checkpoint(path)


def test_what_is_not_read_says_so(tmp_path):
    for entry, message in [
        (protobuf.integer(1, 1) + shape_of(2) + protobuf.text(7, b""), "stored in slices"),
        (protobuf.integer(1, 21) + shape_of(), "TensorFlow's type 21"),
    ]:
        with pytest.raises(tf.errors.UnimplementedError, match=message):
            tf.train.load_variable(forge(tmp_path / "odd", entry), "v")
    with pytest.raises(tf.errors.UnimplementedError, match="no object graph"):
        tf.train.Checkpoint().read(forge(tmp_path / "odd", protobuf.integer(1, 1) + shape_of()))


def test_graphs_that_lie(tmp_path):
    reference = protobuf.text(1, protobuf.integer(1, 9) + protobuf.text(2, "v"))
    for graph in (b"", b"\xff", protobuf.text(1, reference), protobuf.text(1, protobuf.text(2, protobuf.text(1, "x")))):
        write_bundle(str(tmp_path / "bad"), {"_CHECKPOINTABLE_OBJECT_GRAPH": graph})
        with pytest.raises(tf.errors.DataLossError, match="the graph of objects is damaged"):
            tf.train.Checkpoint().read(tmp_path / "bad")


# Writes that fail half-way

CHILD = """
import os, sys
import gradtape as tf
import gradtape._src.train.checkpoint
path, limit, calls = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
v = tf.Variable(tf.fill([1000], 2.0))
checkpoint = tf.train.Checkpoint(v=v)
if limit:
    import resource, signal
    sys.dont_write_bytecode = True  # which would be cut off, too, and stay
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
def hook(event, arguments):
    global calls
    if event in ("open", "os.rename", "os.remove") and path in str(arguments[0]):
        calls -= 1
        if calls == 0:
            os._exit(9)
if calls:
    sys.addaudithook(hook)
checkpoint.write(path)
os._exit(0)
"""


def test_a_process_that_is_killed_at_any_write_leaves_the_old_checkpoint_or_the_new_one(tmp_path):
    path = tmp_path / "ckpt"
    seen = set()
    sizes = (100, 3000, 4003) if os.name == "posix" else ()  # where exceeding a file size limit kills the writer
    for limit, calls in [*((size, 0) for size in sizes), *((0, call) for call in range(8))]:
        tf.train.Checkpoint(v=tf.Variable(tf.fill([1000], 1.0))).write(path)
        ended = subprocess.run([sys.executable, "-c", CHILD, str(path), str(limit), str(calls)])
        v = tf.Variable(tf.zeros([1000]))
        tf.train.Checkpoint(v=v).read(path).assert_consumed()
        found = set(v.numpy())
        assert found in ({1.0}, {2.0}), (limit, calls)
        if ended.returncode == 0:
            assert found == {2.0}
            assert len([name for name in os.listdir(tmp_path) if "tempstate" not in name]) == 2
        seen.add((ended.returncode == 0, found.pop()))
    assert seen == {(False, 1.0), (False, 2.0), (True, 2.0)}


def test_arrays_of_several_pieces(tmp_path):
    sizes = [bundle._CHUNK // 4 - 1, bundle._CHUNK // 4, bundle._CHUNK // 2 + 3]
    arrays = {f"v{size}": np.arange(size, dtype=np.float32) for size in sizes}
    prefix = str(tmp_path / "ckpt")
    write_bundle(prefix, arrays)
    assert os.path.getsize(f"{prefix}.data-00000-of-00001") == 4 * sum(sizes)
    reader = BundleReader(prefix)
    for name, array in arrays.items():
        np.testing.assert_array_equal(reader.read(name), array)


def test_a_folder_that_cannot_be_written_keeps_the_counter(tmp_path):
    checkpoint = tf.train.Checkpoint(v=tf.Variable(1.0))
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        checkpoint.save(tmp_path / "file" / "ckpt")
    assert int(checkpoint.save_counter) == 0
    assert os.listdir(tmp_path) == ["file"]


def test_bundles_hold_text(tmp_path):
    write_bundle(str(tmp_path / "b"), {"t": b"x" * 300, "e": b""})
    reader = BundleReader(str(tmp_path / "b"))
    assert reader.read("t") == b"x" * 300 and reader.read("e") == b""
    assert mask(0) == 0xA282EAD8


# Managers


def test_managers_keep_the_latest(tmp_path):
    v = tf.Variable(0.0)
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(v=v), tmp_path, max_to_keep=2, checkpoint_name="at")
    assert manager.latest_checkpoint is None and manager.restore_or_initialize() is None
    for number in range(1, 5):
        v.assign(float(number))
        assert manager.save() == f"{tmp_path}/at-{number}"
    assert (
        manager.checkpoints == [f"{tmp_path}/at-3", f"{tmp_path}/at-4"]
        and manager.latest_checkpoint == f"{tmp_path}/at-4"
    )
    assert {name.split(".")[0] for name in os.listdir(tmp_path)} == {"at-3", "at-4", "checkpoint"}
    state = tf.train.get_checkpoint_state(tmp_path)
    assert state.all_model_checkpoint_paths == manager.checkpoints and len(state.all_model_checkpoint_timestamps) == 2
    v.assign(0.0)
    again = tf.train.CheckpointManager(tf.train.Checkpoint(v=v), tmp_path, max_to_keep=1)
    assert again.checkpoints == manager.checkpoints
    assert again.restore_or_initialize() == f"{tmp_path}/at-4" and v.numpy() == 4.0
    assert again.save() == f"{tmp_path}/ckpt-5" and again.checkpoints == [f"{tmp_path}/ckpt-5"]
    assert again.save(checkpoint_number=70) == f"{tmp_path}/ckpt-70"


def test_managers_with_intervals_and_functions(tmp_path):
    step, called = tf.Variable(0), []
    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(step=step),
        tmp_path,
        None,
        step_counter=step,
        checkpoint_interval=5,
        init_fn=lambda: called.append(1),
    )
    assert manager.restore_or_initialize() is None and called == [1]
    saved = []
    for number in range(12):
        step.assign(number)
        saved.append(manager.save() is not None)
    assert [number for number, done in enumerate(saved) if done] == [0, 5, 10]
    assert manager.save(check_interval=False) is not None and len(manager.checkpoints) == 4
    with pytest.raises(ValueError, match="`step_counter` should be passed"):
        tf.train.CheckpointManager(tf.train.Checkpoint(), tmp_path, None, checkpoint_interval=5)
    with pytest.raises(ValueError, match="Expected a positive integer or `None` for `max_to_keep`, got 0"):
        tf.train.CheckpointManager(tf.train.Checkpoint(), tmp_path, 0)


def test_checkpoints_kept_for_good(tmp_path):
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(), tmp_path, 1, keep_checkpoint_every_n_hours=0)
    paths = [manager.save() for _ in range(3)]
    assert manager.checkpoints == paths[-1:]
    assert all(tf.train.list_variables(path) for path in paths)


def test_state_files_of_other_names_and_hostile_text(tmp_path):
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "a\\"b\\\\c"\njunk ] {\n')
    assert tf.train.get_checkpoint_state(tmp_path).model_checkpoint_path == str(tmp_path / 'a"b\\c')
    assert tf.train.latest_checkpoint(tmp_path) is None
    (tmp_path / "checkpoint").write_bytes(b"\xff\xfe")
    assert tf.train.get_checkpoint_state(tmp_path) is None
