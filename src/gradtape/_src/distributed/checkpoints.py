"""Checkpoints of several ranks: the first one writes, and all verify that they see the same files."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from gradtape._src.core import error_kinds, errors
from gradtape._src.distributed.collectives import allgather_object, broadcast_object
from gradtape._src.distributed.training import broadcast_variables
from gradtape._src.distributed.world import current
from gradtape._src.train.checkpoint_manager import CheckpointManager
from gradtape._src.train.checkpoint_reader import load_checkpoint


def save_checkpoint(checkpoint: Any, *args: Any, **kwargs: Any) -> Any:
    """Saves a checkpoint on the first rank, and verifies on all ranks that they can read it. All ranks call it.

    Args:
      checkpoint: a `tf.train.Checkpoint` or a `CheckpointManager`.
      args, kwargs: arguments of its `save`.

    Returns:
      The result of `save` on the first rank, a path; None if a manager decided not to save.

    Raises:
      FailedPreconditionError: ranks see different files at the path.
      NotFoundError: a rank sees none. Ranks on several machines need a file system that they share.
      Whatever `save` raises, on all ranks.

    Example:
      >>> import tempfile
      >>> tf.distributed.init()
      >>> checkpoint = tf.train.Checkpoint(w=tf.Variable([1.0, 2.0]))
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     path = tf.distributed.save_checkpoint(checkpoint, folder + "/ckpt")
      >>> path.endswith("ckpt-1")
      True
    """
    path, failure = None, None
    if current().rank == 0:
        try:
            path = checkpoint.save(*args, **kwargs)
        except Exception as error:
            failure = error
    path, failure = broadcast_object((path, failure))
    if failure is not None:
        raise failure
    if path is not None:
        _verify(path)
        saved = checkpoint.checkpoint if isinstance(checkpoint, CheckpointManager) else checkpoint
        broadcast_variables([saved.save_counter])
    return path


def restore_checkpoint(checkpoint: Any, path: Any = None) -> Any:
    """Restores a checkpoint on all ranks, and verifies that they have read the same. All ranks call it.

    The number of ranks may differ from when it was saved.

    Args:
      checkpoint: a `tf.train.Checkpoint` or a `CheckpointManager`.
      path: a result of `save_checkpoint`; the first rank's is used. A manager restores its latest by default.

    Returns:
      What `Checkpoint.restore` returns; None if there is nothing to restore.

    Raises:
      FailedPreconditionError: ranks see different files at the path.
      NotFoundError: a rank sees none.

    Example:
      >>> import tempfile
      >>> tf.distributed.init()
      >>> w = tf.Variable(1.0)
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     manager = tf.train.CheckpointManager(tf.train.Checkpoint(w=w), folder, max_to_keep=2)
      ...     _ = tf.distributed.save_checkpoint(manager)
      ...     _ = w.assign(5.0)
      ...     _ = tf.distributed.restore_checkpoint(manager)
      >>> float(w)
      1.0
    """
    if isinstance(checkpoint, CheckpointManager):
        path = checkpoint.latest_checkpoint if path is None else path
        checkpoint = checkpoint.checkpoint
    path = broadcast_object(None if path is None else str(path))
    if path is None:
        return None
    _verify(path)
    return checkpoint.restore(path)


def _verify(path: str) -> None:
    """Raises on all ranks if one does not read the same at a path as the others."""
    if current().size == 1:
        return
    try:
        reader = load_checkpoint(path)
        found: Any = {name: _sum(reader.get_tensor(name)) for name in sorted(reader.get_variable_to_shape_map())}
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
    read = allgather_object(found)
    for rank, one in enumerate(read):
        if isinstance(one, str):
            raise error_kinds.NotFoundError(None, None, f"Rank {rank} cannot read the checkpoint {path}: {one}")
    for rank, one in enumerate(read):
        if one != read[0]:
            name = next(name for name in (*one, *read[0]) if one.get(name) != read[0].get(name))
            message = f"'{name}' of the checkpoint {path} differs between rank {rank} and rank 0."
            raise errors.FailedPreconditionError(None, None, message)


def _sum(value: Any) -> int:
    return zlib.crc32(value if isinstance(value, bytes) else np.asarray(value).tobytes())
