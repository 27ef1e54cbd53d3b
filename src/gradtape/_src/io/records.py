"""Files of records, each with its length and checksums: TensorFlow's TFRecord format."""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import Any, BinaryIO

from gradtape._engine.base.checksum import masked_crc32c
from gradtape._src.core.error_kinds import DataLossError
from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.core.text import as_bytes
from gradtape._src.io.files import opened

_COMPRESSIONS = ("", "GZIP", "ZLIB")
_PIECE = 1 << 20  # bytes of compressed data that are read together


def compression_of(value: Any) -> str:
    """A compression as programs give it: None, a name, or options that have one."""
    value = getattr(value, "compression_type", value)
    name = "" if value is None else value.upper() if isinstance(value, str) else value
    if name == "NONE":
        name = ""
    if name not in _COMPRESSIONS:
        raise ValueError(f'Not a valid compression_type: "{value}"')
    return name


class RecordOptions:
    """Options of the compression of record files.

    Args:
      compression_type: None, ``""``, ``"GZIP"`` or ``"ZLIB"``.

    Raises:
      ValueError: another compression.

    Example:
      >>> tf.io.TFRecordOptions("GZIP").compression_type
      'GZIP'
    """

    def __init__(self, compression_type: Any = None) -> None:
        self.compression_type: str = compression_of(compression_type)


class _Deflating:
    """A file whose writes are compressed by zlib."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.packer = zlib.compressobj()

    def write(self, data: bytes) -> None:
        self.file.write(self.packer.compress(data))

    def flush(self) -> None:
        self.file.flush()

    def close(self) -> None:
        self.file.write(self.packer.flush())
        self.file.close()


class RecordWriter:
    """Writes records to a file, which TensorFlow reads as well.

    It is a context manager, and is to be closed.

    Args:
      path: the file's path.
      options: None, ``"GZIP"``, ``"ZLIB"`` or a `tf.io.TFRecordOptions`.

    Raises:
      ValueError: another compression.
      NotFoundError: the directory does not exist.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "some.tfrecord")
      >>> with tf.io.TFRecordWriter(path) as writer:
      ...     writer.write(b"first")
      ...     writer.write(b"second")
      >>> list(tf.data.TFRecordDataset(path).as_numpy_iterator())
      [b'first', b'second']
    """

    def __init__(self, path: Any, options: Any = None) -> None:
        compression = compression_of(options)
        file = opened(path, "wb")
        if compression == "GZIP":
            self._file: Any = gzip.GzipFile(fileobj=file, mode="wb")
            self._under: BinaryIO | None = file
        else:
            self._file = _Deflating(file) if compression == "ZLIB" else file
            self._under = None

    def write(self, record: Any) -> None:
        """Writes a record.

        Args:
          record: bytes, str, or a string tensor of one.

        Raises:
          TypeError: it is something else.

        Example:
          >>> import os, tempfile
          >>> writer = tf.io.TFRecordWriter(os.path.join(tempfile.mkdtemp(), "some.tfrecord"))
          >>> writer.write(b"first")
          >>> writer.close()
        """
        data = record.numpy() if isinstance(record, StringTensor) else as_bytes(record)
        self._file.write(framed(data))

    def flush(self) -> None:
        """Flushes buffered data to the operating system.

        Example:
          >>> import os, tempfile
          >>> with tf.io.TFRecordWriter(os.path.join(tempfile.mkdtemp(), "some.tfrecord")) as writer:
          ...     writer.flush()
        """
        self._file.flush()

    def close(self) -> None:
        """Closes the file.

        Example:
          >>> import os, tempfile
          >>> tf.io.TFRecordWriter(os.path.join(tempfile.mkdtemp(), "some.tfrecord")).close()
        """
        self._file.close()
        if self._under is not None:
            self._under.close()

    def __enter__(self) -> RecordWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def framed(data: bytes) -> bytes:
    """The encoding of a record in a file."""
    header = struct.pack("<Q", len(data))
    return b"".join((header, struct.pack("<I", masked_crc32c(header)), data, struct.pack("<I", masked_crc32c(data))))


class Inflating(io.RawIOBase):
    """The contents of a file compressed by zlib."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.unpacker = zlib.decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            data = self.unpacker.decompress(self.unpacker.unconsumed_tail or self.file.read(_PIECE), len(buffer))
            if data or self.unpacker.eof or not (self.unpacker.unconsumed_tail or self.file.peek(1)):  # type: ignore
                break
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self.file.close()
        super().close()


def reading(path: Any, compression: str) -> BinaryIO:
    """A file to be read, through its compression."""
    file = opened(path, "rb")
    if compression == "GZIP":
        return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]
    return io.BufferedReader(Inflating(file)) if compression == "ZLIB" else file


def read_records(path: Any, compression: str = "") -> Iterator[bytes]:
    """The records of a file; DataLossError if it is damaged or truncated."""
    with reading(path, compression) as file:
        offset = 0
        while header := _exactly(file, 12, offset, first=True):
            size, checksum = struct.unpack("<QI", header)
            if masked_crc32c(header[:8]) != checksum:
                raise corrupted(offset)
            # In pieces, as the size that a damaged file claims must not be allocated.
            data = b"".join(_pieces(file, size, offset))
            (checksum,) = struct.unpack("<I", _exactly(file, 4, offset))
            if masked_crc32c(data) != checksum:
                raise corrupted(offset + len(header))
            offset += size + 16
            yield data


def _pieces(file: BinaryIO, size: int, offset: int) -> Iterator[bytes]:
    while size > 0:
        piece = _exactly(file, min(size, 16 * _PIECE), offset)
        size -= len(piece)
        yield piece


def _exactly(file: BinaryIO, size: int, offset: int, first: bool = False) -> bytes:
    try:
        data = file.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise DataLossError(None, None, f"corrupted compressed data: {error}") from error
    if len(data) == size or (first and not data):
        return data
    raise DataLossError(None, None, f"truncated record at {offset}' failed with Read less bytes than requested")


def corrupted(offset: int) -> Exception:
    hint = " (Is this even a TFRecord file?)" if offset == 0 else ""
    return DataLossError(None, None, f"corrupted record at {offset}{hint}")
