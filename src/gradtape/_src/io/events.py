"""Event files, which TensorBoard reads: records of messages, each with a time, a step and values."""

from __future__ import annotations

import itertools
import os
import socket
import struct
import time
import zlib
from typing import Any, ClassVar

import numpy as np

from gradtape._src.io.files import makedirs, path_of
from gradtape._src.io.records import RecordWriter
from gradtape._src.io.tensors import TensorProto
from gradtape._src.io.wire import Field, Message


class PluginData(Message):
    """The TensorBoard plugin that shows a value."""

    FIELDS: ClassVar[dict[str, Field]] = {"plugin_name": Field(1, "string"), "content": Field(2, "bytes")}


class SummaryMetadata(Message):
    """Metadata of a value."""

    FIELDS: ClassVar[dict[str, Field]] = {
        "plugin_data": Field(1, PluginData),
        "display_name": Field(2, "string"),
        "summary_description": Field(3, "string"),
    }


class Value(Message):
    """A tensor under a tag."""

    FIELDS: ClassVar[dict[str, Field]] = {
        "tag": Field(1, "string"),
        "tensor": Field(8, TensorProto),
        "metadata": Field(9, SummaryMetadata),
    }


class Summary(Message):
    """Values."""

    FIELDS: ClassVar[dict[str, Field]] = {"value": Field(1, Value, repeated=True)}


class SourceMetadata(Message):
    """The writer of a file."""

    FIELDS: ClassVar[dict[str, Field]] = {"writer": Field(1, "string")}


class Event(Message):
    """A record of an event file."""

    FIELDS: ClassVar[dict[str, Field]] = {
        "wall_time": Field(1, "double"),
        "step": Field(2, "int64"),
        "file_version": Field(3, "string"),
        "summary": Field(5, Summary),
        "source_metadata": Field(6, SourceMetadata),
    }


_numbers = itertools.count()


class EventFile:
    """A writer of event files.

    Args:
      directory: its directory.
      queue: number of events buffered before they are passed to the operating system.
      seconds: maximum time that events are buffered.
      suffix: of the file's name.
    """

    def __init__(self, directory: Any, queue: int, seconds: float, suffix: str) -> None:
        self.queue, self.seconds = queue, seconds
        makedirs(directory)
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{next(_numbers)}{suffix}"
        self._writer = RecordWriter(os.path.join(path_of(directory), name))
        self._waiting = 0
        self._flushed = time.monotonic()
        version = SourceMetadata(writer="gradtape")
        self.write(Event(wall_time=float(int(time.time())), file_version="brain.Event:2", source_metadata=version))
        self.flush()

    def write(self, event: Event) -> None:
        self._writer.write(event.SerializeToString())
        self._waiting += 1
        if self._waiting > self.queue or time.monotonic() - self._flushed > self.seconds:
            self.flush()

    def flush(self) -> None:
        self._writer.flush()
        self._waiting, self._flushed = 0, time.monotonic()

    def close(self) -> None:
        self._writer.close()


def png(pixels: np.ndarray) -> bytes:
    """An image of uint8, [height, width, channels], as a PNG file; channels are grey, grey and alpha, RGB or RGBA."""
    height, width, channels = pixels.shape
    color = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = np.zeros((height, 1 + width * channels), np.uint8)  # each begins with the number of its filter: none
    rows[:, 1:] = pixels.reshape(height, -1)
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows.tobytes())),
        (b"IEND", b""),
    )
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def histogram(values: np.ndarray, buckets: int) -> np.ndarray:
    """Left edge, right edge and count of each of a number of buckets of equal width, float64."""
    if buckets == 0 or not values.size:
        return np.zeros((buckets, 3))
    least, most = values.min(), values.max()
    if least == most:
        rows = np.tile([least, most, 0.0], (buckets, 1))
        rows[-1, 2] = values.size
        return rows
    edges = np.linspace(least, most, buckets + 1)
    places = np.minimum(np.floor((values - least) / ((most - least) / buckets)).astype(np.int64), buckets - 1)
    return np.stack([edges[:-1], edges[1:], np.bincount(places, minlength=buckets)], axis=1)
