"""The state of a checkpoint folder: its text file ``checkpoint``."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

from gradtape._src.core.replacing import replacing
from gradtape._src.train.bundle import bundle_exists

_FILE = "checkpoint"
_FIELD = re.compile(r'(\w+): (?:"((?:[^"\\]|\\.)*)"|([-+.\w]+))')
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}


class CheckpointState:
    """The contents of a folder's file ``checkpoint``.

    Attributes:
      model_checkpoint_path: the latest checkpoint.
      all_model_checkpoint_paths: all that are kept, the oldest first.
      all_model_checkpoint_timestamps: when they were saved, in seconds since 1970.
      last_preserved_timestamp: when one was last kept for good.

    Args:
      model_checkpoint_path, all_model_checkpoint_paths: as the attributes.
      all_model_checkpoint_timestamps, last_preserved_timestamp: as the attributes.

    Example:
      >>> import tempfile
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     path = tf.train.Checkpoint(w=tf.Variable(3.0)).save(f"{folder}/ckpt")
      ...     tf.train.get_checkpoint_state(folder).model_checkpoint_path == path
      True
    """

    def __init__(
        self,
        model_checkpoint_path: str = "",
        all_model_checkpoint_paths: Sequence[str] = (),
        all_model_checkpoint_timestamps: Sequence[float] = (),
        last_preserved_timestamp: float = 0.0,
    ) -> None:
        self.model_checkpoint_path = model_checkpoint_path
        self.all_model_checkpoint_paths: list[str] = list(all_model_checkpoint_paths)
        self.all_model_checkpoint_timestamps: list[float] = list(all_model_checkpoint_timestamps)
        self.last_preserved_timestamp = last_preserved_timestamp

    def __str__(self) -> str:
        lines = [f"model_checkpoint_path: {_quoted(self.model_checkpoint_path)}"]
        lines += [f"all_model_checkpoint_paths: {_quoted(path)}" for path in self.all_model_checkpoint_paths]
        lines += [f"all_model_checkpoint_timestamps: {when!r}" for when in self.all_model_checkpoint_timestamps]
        if self.last_preserved_timestamp:
            lines.append(f"last_preserved_timestamp: {self.last_preserved_timestamp!r}")
        return "\n".join(lines) + "\n"

    __repr__ = __str__


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(letter, letter) for letter in text) + '"'


def _relative(folder: str, path: str) -> str:
    """A path as in the folder's file: relative to it, if it is inside."""
    below = os.path.relpath(path, folder or ".")
    return path if below.startswith("..") else below


def update_checkpoint_state(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Sequence[str] | None = None,
    latest_filename: str | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """Records the latest checkpoint in a folder.

    Args:
      save_dir: the folder.
      model_checkpoint_path: the latest checkpoint.
      all_model_checkpoint_paths: all existing ones, the oldest first; only the latest by default.
      latest_filename: the file's name, "checkpoint" by default.
      all_model_checkpoint_timestamps: when they were saved, in seconds since 1970.
      last_preserved_timestamp: when one was last kept for good.

    Raises:
      OSError: the file cannot be written; the one before is still there.
    """
    paths = list(all_model_checkpoint_paths or [])
    if model_checkpoint_path not in paths:
        paths.append(model_checkpoint_path)
    state = CheckpointState(
        _relative(save_dir, model_checkpoint_path),
        [_relative(save_dir, path) for path in paths],
        all_model_checkpoint_timestamps or (),
        last_preserved_timestamp or 0.0,
    )
    with replacing(os.path.join(save_dir, latest_filename or _FILE), False) as file:
        file.write(str(state).encode())


def get_checkpoint_state(checkpoint_dir: Any, latest_filename: str | None = None) -> CheckpointState | None:
    """Reads a folder's file ``checkpoint``.

    Args:
      checkpoint_dir: the folder.
      latest_filename: the file's name, "checkpoint" by default.

    Returns:
      A CheckpointState whose paths begin with the folder; None if there is no readable file.

    Raises:
      TypeError: checkpoint_dir or latest_filename is not a path.

    Example:
      >>> import tempfile
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     path = tf.train.Checkpoint(w=tf.Variable(3.0)).save(f"{folder}/ckpt")
      ...     tf.train.get_checkpoint_state(folder).model_checkpoint_path == path
      True
    """
    folder = os.fspath(checkpoint_dir)
    try:
        with open(os.path.join(folder, latest_filename or _FILE), encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return None
    state = CheckpointState()
    for name, quoted, number in _FIELD.findall(text):
        value = os.path.join(folder, re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), quoted))
        if name == "model_checkpoint_path":
            state.model_checkpoint_path = value
        elif name == "all_model_checkpoint_paths":
            state.all_model_checkpoint_paths.append(value)
        elif name == "all_model_checkpoint_timestamps":
            state.all_model_checkpoint_timestamps.append(float(number))
        elif name == "last_preserved_timestamp":
            state.last_preserved_timestamp = float(number)
    return state if state.model_checkpoint_path else None


def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """The checkpoint that was saved last in a folder.

    Args:
      checkpoint_dir: the folder.
      latest_filename: the name of the state file, "checkpoint" by default.

    Returns:
      Its prefix, for `tf.train.Checkpoint.restore`, or None if there is none.

    Raises:
      TypeError: checkpoint_dir or latest_filename is not a path.

    Example:
      >>> import tempfile
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     before = tf.train.latest_checkpoint(folder)
      ...     path = tf.train.Checkpoint(w=tf.Variable(3.0)).save(f"{folder}/ckpt")
      ...     tf.train.latest_checkpoint(folder) == path, before
      (True, None)
    """
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    return state.model_checkpoint_path if state and bundle_exists(state.model_checkpoint_path) else None
