"""tf.io.gfile over the operating system's files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from gradtape._src.core.error_kinds import AlreadyExistsError, NotFoundError
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.text import as_bytes, as_text
from gradtape._src.io.files import Failing, path_of


def exists(path: Any) -> bool:
    """Whether a file or directory exists.

    Args:
      path: its path.

    Returns:
      A bool.

    Raises:
      TypeError: path is not a path.

    Example:
      >>> tf.io.gfile.exists("/no/such/file")
      False
    """
    return os.path.exists(path_of(path))


def isdir(path: Any) -> bool:
    """Whether a path is a directory.

    Args:
      path: its path.

    Returns:
      A bool.

    Raises:
      TypeError: path is not a path.

    Example:
      >>> tf.io.gfile.isdir("/")
      True
    """
    return os.path.isdir(path_of(path))


def mkdir(path: Any) -> None:
    """Creates a directory, unless it exists.

    Args:
      path: its path.

    Raises:
      NotFoundError: the parent directory does not exist.

    Example:
      >>> import os, tempfile
      >>> tf.io.gfile.mkdir(os.path.join(tempfile.mkdtemp(), "a"))
    """
    name = path_of(path)
    if os.path.isdir(name):
        return
    with Failing(name):
        os.mkdir(name)


def listdir(path: Any) -> list[str]:
    """The names in a directory.

    Args:
      path: its path.

    Returns:
      A list of str.

    Raises:
      NotFoundError: the directory does not exist.

    Example:
      >>> import tempfile
      >>> tf.io.gfile.listdir(tempfile.mkdtemp())
      []
    """
    name = path_of(path)
    if not os.path.isdir(name):
        raise NotFoundError(None, None, f"Could not find directory {name}")
    return os.listdir(name)


def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Copies a file.

    Args:
      src: its path.
      dst: the copy's path.
      overwrite: whether to replace an existing file.

    Raises:
      AlreadyExistsError: the file exists and is not to be replaced.
      NotFoundError: the source does not exist.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "a")
      >>> tf.io.write_file(path, "tape")
      >>> tf.io.gfile.copy(path, path + "2")
    """
    source, target = path_of(src), path_of(dst)
    _keep(target, overwrite)
    with Failing(source):
        shutil.copyfile(source, target)


def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Renames or moves a file.

    Args:
      src: its path.
      dst: its new path.
      overwrite: whether to replace an existing file.

    Raises:
      AlreadyExistsError: the file exists and is not to be replaced.
      NotFoundError: the source does not exist.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "a")
      >>> tf.io.write_file(path, "tape")
      >>> tf.io.gfile.rename(path, path + "2")
    """
    source, target = path_of(src), path_of(dst)
    _keep(target, overwrite)
    with Failing(source):
        os.replace(source, target)


def _keep(target: str, overwrite: bool) -> None:
    if not overwrite and os.path.exists(target):
        raise AlreadyExistsError(None, None, "file already exists")


def remove(path: Any) -> None:
    """Deletes a file.

    Args:
      path: its path.

    Raises:
      NotFoundError: the path does not exist.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "a")
      >>> tf.io.write_file(path, "tape")
      >>> tf.io.gfile.remove(path)
    """
    name = path_of(path)
    with Failing(name):
        os.remove(name)


def rmtree(path: Any) -> None:
    """Deletes a directory and everything in it.

    Args:
      path: its path.

    Raises:
      NotFoundError: the path does not exist.

    Example:
      >>> import tempfile
      >>> tf.io.gfile.rmtree(tempfile.mkdtemp())
    """
    name = path_of(path)
    if not os.path.exists(name):
        raise NotFoundError(None, None, f"{name} not found")
    with Failing(name):
        shutil.rmtree(name)


def join(path: Any, *paths: Any) -> Any:
    """Joins parts of a path.

    Args:
      path: the first part, str or bytes.
      *paths: the others.

    Returns:
      A str or bytes, like the first part.

    Raises:
      TypeError: a part is not a path, or text and bytes are mixed.

    Example:
      >>> tf.io.gfile.join("a", "b", "c.txt")
      'a/b/c.txt'
    """
    return os.path.join(path, *paths)


def walk(top: Any, topdown: bool = True, onerror: Any = None) -> Iterator[tuple[str, list[str], list[str]]]:
    """The directories under one, each with its entries.

    Args:
      top: the directory's path.
      topdown: whether a directory precedes its subdirectories.
      onerror: a function called with errors, or None.

    Returns:
      An iterator of tuples: a path, the names of the directories in it, and those of the files.

    Raises:
      TypeError: top is not a path.

    Example:
      >>> import tempfile
      >>> [(directories, files) for _, directories, files in tf.io.gfile.walk(tempfile.mkdtemp())]
      [([], [])]
    """
    return os.walk(path_of(top), topdown, onerror)


class FileStatistics:
    """File statistics.

    Args:
      length: bytes.
      mtime_nsec: time of the last change, in nanoseconds since 1970.
      is_directory: whether it is a directory.

    Example:
      >>> tf.io.gfile.stat("/").is_directory
      True
    """

    def __init__(self, length: int, mtime_nsec: int, is_directory: bool) -> None:
        self.length = length
        self.mtime_nsec = mtime_nsec
        self.is_directory = is_directory


def stat(path: Any) -> FileStatistics:
    """File statistics.

    Args:
      path: its path.

    Returns:
      An object with `length`, `mtime_nsec` and `is_directory`.

    Raises:
      NotFoundError: the path does not exist.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "a")
      >>> tf.io.write_file(path, "tape")
      >>> tf.io.gfile.stat(path).length
      4
    """
    name = path_of(path)
    with Failing(name):
        found = os.stat(name)
    return FileStatistics(found.st_size, found.st_mtime_ns, os.path.isdir(name))


class GFile:
    """A file for reading or writing, like Python's; also a context manager, and an iterator over lines.

    Args:
      name: its path.
      mode: ``"r"``, ``"w"``, ``"a"``, or these with ``"+"`` and ``"b"``.

    Raises:
      InvalidArgumentError: another mode.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "a.txt")
      >>> with tf.io.gfile.GFile(path, "w") as file:
      ...     file.write("first\\nsecond\\n")
      >>> [line for line in tf.io.gfile.GFile(path)]
      ['first\\n', 'second\\n']
    """

    def __init__(self, name: Any, mode: str = "r") -> None:
        if mode.replace("b", "") not in ("r", "w", "a", "r+", "w+", "a+"):
            raise InvalidArgumentError(None, None, "mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+'")
        self._name, self._mode = name, mode
        self._opened: Any = None

    @property
    def name(self) -> Any:
        """The path."""
        return self._name

    @property
    def mode(self) -> str:
        """The mode."""
        return self._mode

    @property
    def _file(self) -> Any:
        if self._opened is None:
            path = path_of(self._name)
            with Failing(path):
                text = {} if "b" in self._mode else {"encoding": "utf-8", "newline": ""}
                self._opened = open(path, self._mode, **text)  # type: ignore[call-overload]  # noqa: SIM115
        return self._opened

    def read(self, n: int = -1) -> Any:
        """Reads up to a number of characters or bytes.

        Args:
          n: the number; -1 for everything.

        Returns:
          A str, or bytes in a binary mode.

        Raises:
          NotFoundError: the file does not exist.

        Example:
          >>> import os, tempfile
          >>> path = os.path.join(tempfile.mkdtemp(), "a")
          >>> tf.io.write_file(path, "tape")
          >>> tf.io.gfile.GFile(path).read(2)
          'ta'
        """
        return self._file.read(n)

    def readline(self) -> Any:
        """The next line with its line ending; empty at the end of the file.

        Returns:
          A str, or bytes in a binary mode.

        Example:
          >>> import os, tempfile
          >>> path = os.path.join(tempfile.mkdtemp(), "a")
          >>> tf.io.write_file(path, "tape")
          >>> tf.io.gfile.GFile(path).readline()
          'tape'
        """
        return _line(self._file.readline())

    def readlines(self) -> list[Any]:
        """The remaining lines, with their line endings.

        Returns:
          A list of str, or of bytes in a binary mode.

        Example:
          >>> import os, tempfile
          >>> path = os.path.join(tempfile.mkdtemp(), "a")
          >>> tf.io.write_file(path, "tape")
          >>> tf.io.gfile.GFile(path).readlines()
          ['tape']
        """
        return list(self)

    def write(self, file_content: Any) -> None:
        """Writes str, or bytes in a binary mode.

        Args:
          file_content: the contents to write.

        Example:
          >>> import os, tempfile
          >>> with tf.io.gfile.GFile(os.path.join(tempfile.mkdtemp(), "a"), "wb") as file:
          ...     file.write(b"tape")
        """
        self._file.write(as_bytes(file_content) if "b" in self._mode else as_text(file_content))

    def seek(self, offset: int, whence: int = 0) -> None:
        """Sets the current position.

        Args:
          offset: the offset.
          whence: 0 from the beginning, 1 from here, 2 from the end.

        Example:
          >>> import os, tempfile
          >>> path = os.path.join(tempfile.mkdtemp(), "a")
          >>> tf.io.write_file(path, "tape")
          >>> file = tf.io.gfile.GFile(path)
          >>> file.seek(2)
          >>> file.read()
          'pe'
        """
        self._file.seek(offset, whence)

    def tell(self) -> int:
        """The current position.

        Returns:
          An int.

        Example:
          >>> tf.io.gfile.GFile("/dev/null").tell()
          0
        """
        return self._file.tell()

    def size(self) -> int:
        """The number of bytes.

        Returns:
          An int.

        Example:
          >>> import os, tempfile
          >>> path = os.path.join(tempfile.mkdtemp(), "a")
          >>> tf.io.write_file(path, "tape")
          >>> tf.io.gfile.GFile(path).size()
          4
        """
        if self._opened is not None:
            self._opened.flush()
        return stat(self._name).length

    def flush(self) -> None:
        """Flushes buffered data to the operating system.

        Example:
          >>> import os, tempfile
          >>> with tf.io.gfile.GFile(os.path.join(tempfile.mkdtemp(), "a"), "w") as file:
          ...     file.flush()
        """
        self._file.flush()

    def close(self) -> None:
        """Closes the file; it is reopened if used again.

        Example:
          >>> tf.io.gfile.GFile("/dev/null").close()
        """
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def __enter__(self) -> GFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        return map(_line, self._file)


def _line(line: Any) -> Any:
    """A line of text as TensorFlow reads it, without carriage returns."""
    return line.replace("\r", "") if isinstance(line, str) else line.replace(b"\r", b"")
