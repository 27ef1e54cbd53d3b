"""Opening, finding, reading and writing files."""

from __future__ import annotations

import glob as globbing
import os
from types import TracebackType
from typing import Any, BinaryIO

from gradtape._engine.record.primitive import as_effect, effect_kind, fail_trace
from gradtape._src.core.error_kinds import AlreadyExistsError, NotFoundError, PermissionDeniedError, UnknownError
from gradtape._src.core.errors import FailedPreconditionError, OpError, UnimplementedError, from_op
from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.core.text import as_bytes, as_text

_SHOWS = effect_kind("shows")

_KINDS: dict[type[OSError], type[OpError]] = {
    FileNotFoundError: NotFoundError,
    FileExistsError: AlreadyExistsError,
    PermissionError: PermissionDeniedError,
    IsADirectoryError: FailedPreconditionError,
    NotADirectoryError: FailedPreconditionError,
}


def path_of(value: Any) -> str:
    """Converts a path argument: str, bytes, a path object or a string tensor."""
    if isinstance(value, StringTensor):
        value = value.numpy()
    path = as_text(os.fspath(value))
    scheme, found, rest = path.partition("://")
    if not found:
        return path
    if scheme == "file":
        return rest
    message = f"File system scheme '{scheme}' not implemented (file: '{path}')"
    raise UnimplementedError(None, None, message)


class Failing:
    """A context manager that converts the operating system's errors to those of `tf.errors`."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, traceback: TracebackType | None) -> None:
        if isinstance(error, OSError):
            found = _KINDS.get(type(error), UnknownError)
            raise found(None, None, f"{self.path}; {error.strerror}") from error  # type: ignore[call-arg]


def opened(path: Any, mode: str) -> BinaryIO:
    """Opens a file, with the errors of `tf.errors`."""
    name = path_of(path)
    with Failing(name):
        return open(name, mode)  # type: ignore[return-value]


def read_file(filename: Any, name: str | None = None) -> StringTensor:
    """The contents of a file.

    Args:
      filename: its path.
      name: not used; TensorFlow names operations by it.

    Returns:
      A scalar string tensor.

    Raises:
      NotFoundError: the file does not exist.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "a.txt")
      >>> tf.io.write_file(path, "tape")
      >>> tf.io.read_file(path).numpy()
      b'tape'
    """
    fail_trace("a file is read")
    try:
        with opened(filename, "rb") as file:
            return StringTensor(file.read())
    except OpError as error:
        raise from_op(type(error), "ReadFile", error.message) from error


def write_file(filename: Any, contents: Any, name: str | None = None) -> None:
    """Writes a file, and creates its parent directories.

    Args:
      filename: its path.
      contents: bytes, str or a scalar string tensor.
      name: not used; TensorFlow names operations by it.

    Raises:
      TypeError: the contents are something else.

    Example:
      >>> import os, tempfile
      >>> tf.io.write_file(os.path.join(tempfile.mkdtemp(), "new", "a.txt"), "tape")
    """
    data = contents.numpy() if isinstance(contents, StringTensor) else as_bytes(contents)
    as_effect(_SHOWS, _write, path_of(filename), data)


def _write(path: str, data: bytes) -> None:
    if os.path.dirname(path):
        makedirs(os.path.dirname(path))
    with opened(path, "wb") as file:
        file.write(data)


def matching_files(pattern: Any, name: str | None = None) -> StringTensor:
    """The paths of the files that match patterns, in order.

    Args:
      pattern: a pattern with ``*``, ``?`` and ``[...]``, or a list of them.
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor of shape [files].

    Raises:
      TypeError: pattern is neither a path nor a list of paths.

    Example:
      >>> tf.io.matching_files("/no/such/*").shape
      TensorShape([0])
    """
    fail_trace("a directory is read")
    return StringTensor(sorted(set(glob(pattern))))


def glob(pattern: Any) -> list[str]:
    """The paths that match a pattern.

    Args:
      pattern: a pattern with ``*``, ``?`` and ``[...]``, or a list of them.

    Returns:
      A list of str, those of each pattern in order.

    Raises:
      TypeError: pattern is neither a path nor a list of paths.

    Example:
      >>> tf.io.gfile.glob("/no/such/*")
      []
    """
    if isinstance(pattern, StringTensor):
        pattern = pattern.numpy().tolist() if pattern.ndim else pattern.numpy()
    patterns = pattern if isinstance(pattern, list | tuple) else [pattern]
    return [path for each in patterns for path in sorted(globbing.glob(path_of(each)))]


def makedirs(path: Any) -> None:
    """Creates a directory and its parents, unless they exist.

    Args:
      path: its path.

    Raises:
      FailedPreconditionError: a file of that name exists.

    Example:
      >>> import os, tempfile
      >>> tf.io.gfile.makedirs(os.path.join(tempfile.mkdtemp(), "a", "b"))
    """
    name = path_of(path)
    if os.path.isdir(name):
        return
    try:
        with Failing(name):
            os.makedirs(name, exist_ok=True)
    except AlreadyExistsError as error:
        message = f"{name} is not a directory"
        raise FailedPreconditionError(None, None, message) from error
