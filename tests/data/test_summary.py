"""Event files: their contents, and when they are written."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradtape as tf
from gradtape._src.io.events import Event, histogram, png
from gradtape._src.io.records import read_records
from gradtape._src.io.tensors import parse_tensor


def events(directory: Path) -> list[Event]:
    (name,) = os.listdir(directory)
    return [Event.FromString(record) for record in read_records(directory / name)]


def values(directory: Path) -> list[tuple[int, str, str, Any]]:
    """Step, tag, plugin and tensor of each event after the first."""
    found = []
    for event in events(directory)[1:]:
        (value,) = event.summary.value
        plugin = value.metadata.plugin_data.plugin_name
        tensor = parse_tensor(value.tensor.SerializeToString(), value.tensor.dtype)
        found.append((event.step, value.tag, plugin, tensor.numpy()))
    return found


# Written by TensorBoard's own functions under TensorFlow: the bytes of the events' summaries.
WRITTEN = {
    "scalar": (
        lambda: tf.summary.scalar("b/c", tf.constant(2), step=4, description="hi"),
        b'\n"\n\x03b/cB\n\x08\x01\x12\x00"\x04\x00\x00\x00@J\x0f\n\t\n\x07scalars\x1a\x02hi',
    ),
    "text": (
        lambda: tf.summary.text("t", ["a", "b"], step=1),
        b"\n\x1d\n\x01tB\x0e\x08\x07\x12\x04\x12\x02\x08\x02B\x01aB\x01bJ\x08\n\x06\n\x04text",
    ),
    "histogram": (
        lambda: tf.summary.histogram("h1", [2.0, 2.0], step=1, buckets=3),
        b'\nl\n\x02h1BV\x08\x02\x12\x08\x12\x02\x08\x03\x12\x02\x08\x03"H'
        + b"".join(np.array([2.0, 2.0, last]).tobytes() for last in (0.0, 0.0, 2.0))
        + b"J\x0e\n\x0c\n\nhistograms",
    ),
    "write": (
        lambda: tf.summary.write("w", tf.constant([1, 2]), step=2),
        b'\n\x17\n\x01wB\x12\x08\x03\x12\x04\x12\x02\x08\x02"\x08\x01\x00\x00\x00\x02\x00\x00\x00',
    ),
    "scope": (
        lambda: in_scope(lambda: tf.summary.scalar("x", 1.0, step=1)),
        b'\n"\n\x07outer/xB\n\x08\x01\x12\x00"\x04\x00\x00\x80?J\x0b\n\t\n\x07scalars',
    ),
}


def in_scope(function: Any) -> Any:
    with tf.name_scope("outer"):
        return function()


@pytest.mark.parametrize("name", WRITTEN)
def test_the_bytes_are_tensorboard_s(name: str, tmp_path: Path) -> None:
    function, expected = WRITTEN[name]
    with tf.summary.create_file_writer(tmp_path).as_default():
        assert function().numpy()
    first, second = events(tmp_path)
    assert first.file_version == "brain.Event:2" and first.source_metadata.writer == "gradtape"
    assert second.summary.SerializeToString() == expected
    assert second.wall_time >= first.wall_time > 1.6e9


def test_histograms() -> None:
    assert histogram(np.array([1.0, 2.0, 2.5, 3.0]), 4).tolist() == [[1, 1.5, 1], [1.5, 2, 0], [2, 2.5, 1], [2.5, 3, 2]]
    assert histogram(np.array([]), 3).tolist() == [[0, 0, 0]] * 3
    assert histogram(np.array([1.0]), 0).shape == (0, 3)
    numbers = np.random.default_rng(1).standard_normal(1000)
    counted = histogram(numbers, 30)
    assert counted[:, 2].sum() == 1000 and counted[0, 0] == numbers.min() and counted[-1, 1] == numbers.max()
    np.testing.assert_array_equal(counted[:, 2], np.histogram(numbers, 30)[0])


@pytest.mark.parametrize("channels,color", [(1, 0), (2, 4), (3, 2), (4, 6)])
def test_images(channels: int, color: int, tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (3, 5, channels), np.uint8)
    data = png(pixels)
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR"
    assert data[16:29] == (5).to_bytes(4, "big") + (3).to_bytes(4, "big") + bytes([8, color, 0, 0, 0])
    size = int.from_bytes(data[33:37], "big")
    rows = np.frombuffer(zlib.decompress(data[41 : 41 + size]), np.uint8).reshape(3, -1)
    assert not rows[:, 0].any()
    np.testing.assert_array_equal(rows[:, 1:].reshape(pixels.shape), pixels)
    with tf.summary.create_file_writer(tmp_path).as_default(step=1):
        tf.summary.image("of bytes", np.stack([pixels] * 4), max_outputs=2)
        tf.summary.image("of floats", tf.reshape([-1.0, 0.0, 0.5, 2.0], [1, 2, 2, 1]))
    (_, _, plugin, of_bytes), (_, _, _, of_floats) = values(tmp_path)
    assert plugin == "images" and of_bytes.tolist() == [b"5", b"3", data, data]
    assert of_floats.tolist() == [b"2", b"2", png(np.array([[[0], [0]], [[127], [255]]], np.uint8))]


def test_steps_and_conditions(tmp_path: Path) -> None:
    step = tf.Variable(5, dtype=tf.int64)
    scalar = tf.summary.scalar
    assert not scalar("none", 1.0, step=1).numpy() and not tf.summary.should_record_summaries().numpy()
    writer = tf.summary.create_file_writer(str(tmp_path))
    writer.init()
    with writer.as_default(step=2) as found:
        assert found is writer and tf.summary.should_record_summaries().numpy()
        scalar("a", 1.0)
        tf.summary.experimental.set_step(step)
        scalar("b", 2.0)
        step.assign_add(1)
        scalar("c", 3.0)
        assert tf.summary.experimental.get_step() is step
        with tf.summary.record_if(lambda: tf.constant(False)):
            assert not scalar("d", 4.0).numpy()
        with tf.summary.create_noop_writer().as_default():
            assert not scalar("e", 5.0).numpy()
        tf.summary.write("f", lambda: tf.constant([True]), step=7)
    assert tf.summary.experimental.get_step() is None
    tf.summary.flush(writer)
    writer.close()
    assert [found[:2] for found in values(tmp_path)] == [(2, "a"), (5, "b"), (6, "c"), (7, "f")]


def test_refusals(tmp_path: Path) -> None:
    summary = tf.summary
    writer = summary.create_file_writer(tmp_path, max_queue=1, flush_millis=0, filename_suffix=".x")
    with writer.as_default():
        for wrong, kind, message in (
            (lambda: summary.scalar("a", 1.0), ValueError, r"^No step set. Please specify one"),
            (
                lambda: summary.scalar("a", [1.0, 2.0], step=1),
                ValueError,
                r"^Expected scalar shape, saw shape: \(2,\)\.$",
            ),
            (lambda: summary.image("a", [1.0], step=1), ValueError, r"^Tensor  must have rank 4"),
            (lambda: summary.image("a", tf.zeros([1, 2, 2, 5]), step=1), ValueError, "1 to 4 channels"),
            (lambda: summary.text("a", 3, step=1), TypeError, r"^tensor must be of type tf.string; got tf.int32$"),
            (lambda: summary.scalar("a", 1.0, step=tf.constant(3)), ValueError, "requested dtype int64"),
            (lambda: summary.flush("a"), ValueError, r"^Invalid argument to flush\(\): 'a'$"),
        ):
            with pytest.raises(kind, match=message):
                wrong()
    writer.close()
    writer.close()
    with pytest.raises(RuntimeError, match=r"is already closed$"), writer.as_default():
        pass
    with pytest.raises(RuntimeError, match=r"is already closed$"):
        writer.set_as_default()
    with pytest.raises(ValueError, match=r"^Argument `logdir` cannot be None$"):
        summary.create_file_writer(None)
    assert isinstance(writer, summary.SummaryWriter)
    assert [name.endswith(".x") for name in os.listdir(tmp_path)] == [True]
