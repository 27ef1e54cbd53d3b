"""Reads checkpoints by the names of their values, without the objects that they were saved from."""

from __future__ import annotations

import os
from typing import Any

from gradtape._src.core.dtypes import DTYPES
from gradtape._src.train.bundle import NAMES, BundleReader
from gradtape._src.train.checkpoint_state import latest_checkpoint

_DTYPES = {dtype.name: dtype for dtype in DTYPES}


class CheckpointReader:
    """The values of a checkpoint, by name. `tf.train.load_checkpoint` makes it."""

    def __init__(self, bundle: BundleReader) -> None:
        self._bundle = bundle

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """The shapes of all values."""
        return {name: list(entry.shape) for name, entry in self._bundle.entries.items()}

    def get_variable_to_dtype_map(self) -> dict[str, Any]:
        """The dtypes of all values; their names where gradtape does not support the dtype."""
        names = {name: NAMES.get(entry.dtype, str(entry.dtype)) for name, entry in self._bundle.entries.items()}
        return {name: _DTYPES.get(dtype, dtype) for name, dtype in names.items()}

    def has_tensor(self, tensor_str: str) -> bool:
        """Whether there is a value of this name."""
        return tensor_str in self._bundle

    def get_tensor(self, tensor_str: str) -> Any:
        """A value as a NumPy array or scalar; bytes for strings.

        Raises:
          NotFoundError: there is no tensor with this name.
          DataLossError: the file is damaged.
        """
        value = self._bundle.read(tensor_str)
        return value if isinstance(value, bytes) else value[()]


def load_checkpoint(ckpt_dir_or_file: Any) -> CheckpointReader:
    """A reader of a checkpoint's values.

    Args:
      ckpt_dir_or_file: a checkpoint's prefix, or a folder, whose latest checkpoint it is.

    Returns:
      A CheckpointReader: `get_tensor(name)`, `has_tensor(name)`, `get_variable_to_shape_map()` and
      `get_variable_to_dtype_map()`.

    Raises:
      ValueError: the folder has no checkpoint.
      NotFoundError: there is no checkpoint of this prefix.
      DataLossError: its index is damaged.

    Example:
      >>> import tempfile
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     path = tf.train.Checkpoint(w=tf.Variable(3.0)).save(f"{folder}/ckpt")
      ...     tf.train.load_checkpoint(folder).get_tensor("w/.ATTRIBUTES/VARIABLE_VALUE")
      np.float32(3.0)
    """
    path = os.fspath(ckpt_dir_or_file)
    if os.path.isdir(path):
        latest = latest_checkpoint(path)
        if latest is None:
            raise ValueError(f"Couldn't find 'checkpoint' file or checkpoints in given directory {path}")
        path = latest
    return CheckpointReader(BundleReader(path.removesuffix(".index")))


def load_variable(ckpt_dir_or_file: Any, name: str) -> Any:
    """One value of a checkpoint.

    Args:
      ckpt_dir_or_file: as for `tf.train.load_checkpoint`.
      name: its name; an output's suffix ``:0`` is left out.

    Returns:
      A NumPy array or scalar; bytes for strings.

    Raises:
      ValueError, NotFoundError, DataLossError: as `tf.train.load_checkpoint`, or the value does not exist.

    Example:
      >>> import tempfile
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     path = tf.train.Checkpoint(w=tf.Variable(3.0)).save(f"{folder}/ckpt")
      ...     tf.train.load_variable(path, "w/.ATTRIBUTES/VARIABLE_VALUE")
      np.float32(3.0)
    """
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))


def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """The names and shapes of a checkpoint's values.

    Args:
      ckpt_dir_or_file: as for `tf.train.load_checkpoint`.

    Returns:
      Pairs, in the order of the names.

    Raises:
      ValueError, NotFoundError, DataLossError: as `tf.train.load_checkpoint`.

    Example:
      >>> import tempfile
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     path = tf.train.Checkpoint(w=tf.Variable([3.0, 4.0])).save(f"{folder}/ckpt")
      ...     tf.train.list_variables(path)[-1]
      ('w/.ATTRIBUTES/VARIABLE_VALUE', [2])
    """
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())
