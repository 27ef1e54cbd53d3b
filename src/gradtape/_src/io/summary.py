"""tf.summary: logging for TensorBoard."""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.record.primitive import as_effect, effect_kind
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.string_tensor import as_any_tensor
from gradtape._src.io.events import (
    Event,
    EventFile,
    PluginData,
    Summary,
    SummaryMetadata,
    Value,
    histogram as _histogram,
    png,
)
from gradtape._src.io.tensors import tensor_proto
from gradtape._src.state.naming import name_prefix

_SHOWS = effect_kind("shows")


class _Present(threading.local):
    """A thread's writer, step and condition."""

    writer: SummaryWriter | None = None
    step: Any = None
    condition: Any = True


_present = _Present()


class SummaryWriter:
    """A writer of summaries, created by `create_file_writer`.

    Example:
      >>> writer = tf.summary.create_noop_writer()
      >>> with writer.as_default():
      ...     tf.summary.scalar("loss", 0.5, step=1).numpy()
      np.False_
    """

    def __init__(self) -> None:
        self._closed = False

    @contextlib.contextmanager
    def as_default(self, step: Any = None) -> Iterator[SummaryWriter]:
        """A context in which summaries are written with this writer, which is flushed at its end.

        Args:
          step: the step within it; as it was before if None.

        Returns:
          A context manager that returns the writer.

        Raises:
          RuntimeError: the writer is closed.

        Example:
          >>> import tempfile
          >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default(step=3):
          ...     tf.summary.scalar("loss", 0.5).numpy()
          np.True_
        """
        self._check()
        before = _present.writer, _present.step
        _present.writer = self
        _present.step = before[1] if step is None else step
        try:
            yield self
            self.flush()
        finally:
            _present.writer, _present.step = before

    def set_as_default(self, step: Any = None) -> None:
        """Makes this writer the thread's default writer.

        Args:
          step: the step from now on; as it was before if None.

        Raises:
          RuntimeError: the writer is closed.

        Example:
          >>> one, two = tf.summary.create_noop_writer(), tf.summary.create_noop_writer()
          >>> with one.as_default():  # at whose end all is as it was
          ...     two.set_as_default(step=3)
        """
        self._check()
        _present.writer = self
        if step is not None:
            _present.step = step

    def init(self) -> None:
        """Does nothing: a writer is ready when it is made.

        Example:
          >>> tf.summary.create_noop_writer().init()
        """

    def flush(self) -> None:
        """Flushes buffered data to the operating system.

        Example:
          >>> tf.summary.create_noop_writer().flush()
        """

    def close(self) -> None:
        """Closes the writer.

        Example:
          >>> tf.summary.create_noop_writer().close()
        """
        self._closed = True

    def _check(self) -> None:
        if self._closed:
            raise RuntimeError(f"SummaryWriter {self!r} is already closed")

    def _write(self, event: Event) -> bool:
        """Writes an event; whether it did."""
        return False


class _FileWriter(SummaryWriter):
    """A writer of an event file."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__()
        self._file = EventFile(*arguments)
        self._end = weakref.finalize(self, self._file.close)

    def flush(self) -> None:
        if not self._closed:
            self._file.flush()

    def close(self) -> None:
        self._end()
        super().close()

    def _write(self, event: Event) -> bool:
        self._check()
        self._file.write(event)
        return True


def create_file_writer(
    logdir: Any,
    max_queue: int | None = None,
    flush_millis: int | None = None,
    filename_suffix: str | None = None,
    name: str | None = None,
    experimental_trackable: bool = False,
    experimental_mesh: Any = None,
) -> SummaryWriter:
    """A writer that makes an event file, which TensorBoard reads.

    Args:
      logdir: the directory that the file is made in.
      max_queue: the number of summaries buffered before writing; 10 if None.
      flush_millis: how long they wait, in milliseconds; two minutes if None.
      filename_suffix: of the file's name; ``".v2"`` if None.
      name, experimental_trackable, experimental_mesh: not used.

    Returns:
      A `tf.summary.SummaryWriter`.

    Raises:
      ValueError: `logdir` is None.

    Example:
      >>> import os, tempfile
      >>> directory = tempfile.mkdtemp()
      >>> with tf.summary.create_file_writer(directory).as_default():
      ...     for step in range(3):
      ...         written = tf.summary.scalar("loss", 0.5 ** step, step=step)
      >>> len(os.listdir(directory))
      1
    """
    if logdir is None:
        raise ValueError("Argument `logdir` cannot be None")
    queue = 10 if max_queue is None else int(max_queue)
    seconds = 120.0 if flush_millis is None else int(flush_millis) / 1000
    return _FileWriter(logdir, queue, seconds, ".v2" if filename_suffix is None else filename_suffix)


def create_noop_writer() -> SummaryWriter:
    """A writer that writes nothing.

    Returns:
      A `tf.summary.SummaryWriter`.

    Example:
      >>> type(tf.summary.create_noop_writer()).__name__
      'SummaryWriter'
    """
    return SummaryWriter()


def flush(writer: SummaryWriter | None = None, name: str | None = None) -> None:
    """Flushes a writer.

    Args:
      writer: a writer; this thread's if None.
      name: not used; TensorFlow names operations by it.

    Raises:
      ValueError: writer is not a `tf.summary.SummaryWriter`.

    Example:
      >>> tf.summary.flush()
    """
    writer = _present.writer if writer is None else writer
    if isinstance(writer, SummaryWriter):
        writer.flush()
    elif writer is not None:
        raise ValueError(f"Invalid argument to flush(): {writer!r}")


def should_record_summaries() -> Tensor:
    """Whether summaries are written at present.

    Returns:
      A bool tensor.

    Example:
      >>> tf.summary.should_record_summaries().numpy()
      np.False_
    """
    return as_tensor(_recording())


def _recording() -> bool:
    condition = _present.condition
    return _present.writer is not None and bool(condition() if callable(condition) else condition)


@contextlib.contextmanager
def record_if(condition: Any) -> Iterator[None]:
    """A context in which summaries are written only if a condition is true.

    Args:
      condition: a bool, a bool tensor, or a function that returns one.

    Returns:
      A context manager.

    Example:
      >>> with tf.summary.record_if(False):
      ...     tf.summary.scalar("loss", 0.5, step=1).numpy()
      np.False_
    """
    before = _present.condition
    _present.condition = condition
    try:
        yield
    finally:
        _present.condition = before


def get_step() -> Any:
    """This thread's step, which summaries have that are given none.

    Returns:
      What was set, or None.

    Example:
      >>> tf.summary.experimental.get_step() is None
      True
    """
    return _present.step


def set_step(step: Any) -> None:
    """Sets this thread's step.

    Args:
      step: an integer, an int64 variable that is read when summaries are written, or None.

    Example:
      >>> tf.summary.experimental.set_step(3)
      >>> tf.summary.experimental.get_step()
      3
      >>> tf.summary.experimental.set_step(None)
    """
    _present.step = step


def write(tag: str, tensor: Any, step: Any = None, metadata: Any = None, name: str | None = None) -> Tensor:
    """Writes a tensor under a tag.

    Args:
      tag: the tag.
      tensor: a tensor, or a function that returns one and is called only if it is to be written.
      step: the step; the one that was set if None.
      metadata: metadata of the value, or None.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor, whether it was written.

    Raises:
      ValueError: there is no step.

    Example:
      >>> tf.summary.write("weights", [1.0, 2.0], step=1).numpy()
      np.False_
    """
    return _written(tag, step, (metadata,), _any, tensor)


def _written(
    tag: str, step: Any, about: tuple[Any, ...], make: Callable[..., Any], data: Any, *settings: Any
) -> Tensor:
    """Writes a function's result for the data, also at each replay of a compiled function."""
    if not _recording():
        return as_tensor(False)
    step = _present.step if step is None else step
    if step is None:
        raise ValueError(
            "No step set. Please specify one either through the `step` argument or through "
            "tf.summary.experimental.set_step()"
        )
    given = as_any_tensor(data() if callable(data) else data)
    step = step.value() if isinstance(step, BaseVariable) else step
    as_effect(_SHOWS, _put, _present.writer, name_prefix() + tag, step, about, make, given, *settings)
    return as_tensor(isinstance(_present.writer, _FileWriter))


def _put(
    writer: SummaryWriter, tag: str, step: Any, about: tuple[Any, ...], make: Callable[..., Any], *given: Any
) -> None:
    metadata = about[0] if len(about) == 1 else _about(*about)
    value = Value(tag=tag, tensor=tensor_proto(make(*given)), metadata=metadata)
    writer._write(Event(wall_time=time.time(), step=_number(step), summary=Summary(value=[value])))


def _any(data: Any) -> Any:
    return data


def _number(step: Any) -> int:
    if isinstance(step, Tensor) and step.dtype is not dtypes.int64:
        raise ValueError(f"Tensor conversion requested dtype int64 for Tensor with dtype {step.dtype.name}: {step!r}")
    return int(step)


def _about(plugin: str, description: str | None) -> SummaryMetadata:
    return SummaryMetadata(plugin_data=PluginData(plugin_name=plugin), summary_description=description)


def scalar(name: str, data: Any, step: Any = None, description: str | None = None) -> Tensor:
    """Writes a number.

    Args:
      name: its tag.
      data: a scalar, which is written as float32.
      step: the step; the one that was set if None.
      description: description for TensorBoard.

    Returns:
      A bool tensor, whether it was written.

    Raises:
      ValueError: it is not a scalar, or there is no step.

    Example:
      >>> import tempfile
      >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default():
      ...     tf.summary.scalar("loss", 0.5, step=1).numpy()
      np.True_
    """
    return _written(name, step, ("scalars", description), _scalar, data)


def _scalar(tensor: Tensor) -> Tensor:
    if tensor.ndim:
        raise ValueError(f"Expected scalar shape, saw shape: {tuple(tensor.shape)}.")
    return as_tensor(tensor.numpy().astype(np.float32))


def histogram(
    name: str, data: Any, step: Any = None, buckets: int | None = None, description: str | None = None
) -> Tensor:
    """Writes how numbers are distributed.

    Args:
      name: the tag.
      data: numbers, of any shape.
      step: the step; the one that was set if None.
      buckets: the number of buckets; 30 if None.
      description: description for TensorBoard.

    Returns:
      A bool tensor, whether it was written.

    Raises:
      ValueError: there is no step.

    Example:
      >>> import tempfile
      >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default():
      ...     tf.summary.histogram("weights", tf.random.normal([100]), step=1).numpy()
      np.True_
    """
    return _written(name, step, ("histograms", description), _counted, data, 30 if buckets is None else int(buckets))


def _counted(tensor: Tensor, buckets: int) -> Tensor:
    values = tensor.numpy().astype(np.float64).reshape(-1)
    return as_tensor(_histogram(values, buckets))


def image(name: str, data: Any, step: Any = None, max_outputs: int = 3, description: str | None = None) -> Tensor:
    """Writes images.

    Args:
      name: the tag.
      data: images, [count, height, width, channels]: uint8, or floats from 0 to 1.
      step: the step; the one that was set if None.
      max_outputs: the maximum number of outputs.
      description: description for TensorBoard.

    Returns:
      A bool tensor, whether they were written.

    Raises:
      ValueError: there are not four axes or one to four channels, or there is no step.

    Example:
      >>> import tempfile
      >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default():
      ...     tf.summary.image("noise", tf.random.uniform([1, 8, 8, 3]), step=1).numpy()
      np.True_
    """
    return _written(name, step, ("images", description), _images, data, max_outputs)


def _images(tensor: Tensor, max_outputs: int) -> Any:
    if tensor.ndim != 4:
        raise ValueError(f"Tensor  must have rank 4.  Received rank {tensor.ndim}, shape {tuple(tensor.shape)}")
    pixels = tensor.numpy()
    if not 1 <= pixels.shape[3] <= 4:
        raise ValueError(f"Images have 1 to 4 channels, not {pixels.shape[3]}")
    if pixels.dtype.kind == "f":
        pixels = np.clip(pixels * (255 + 0.5), 0, 255).astype(np.uint8)
    head = [str(size).encode() for size in (pixels.shape[2], pixels.shape[1])]
    return as_any_tensor(head + [png(each) for each in pixels[:max_outputs].astype(np.uint8)])


def text(name: str, data: Any, step: Any = None, description: str | None = None) -> Tensor:
    """Writes strings, which TensorBoard shows as Markdown, or as a table if they have axes.

    Args:
      name: the tag.
      data: a string, a list of strings or a string tensor.
      step: the step; the one that was set if None.
      description: description for TensorBoard.

    Returns:
      A bool tensor, whether it was written.

    Raises:
      TypeError: it is not a string.
      ValueError: there is no step.

    Example:
      >>> import tempfile
      >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default():
      ...     tf.summary.text("remark", "it *learns*", step=1).numpy()
      np.True_
    """
    return _written(name, step, ("text", description), _text, data)


def _text(tensor: Any) -> Any:
    if tensor.dtype is not dtypes.string:
        raise TypeError(f"tensor must be of type {dtypes.string!r}; got {tensor.dtype!r}")
    return tensor
