"""CheckpointManager: saves checkpoints in a folder and keeps the latest of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from gradtape._src.state.variable import Variable
from gradtape._src.train.bundle import bundle_exists, remove_bundle
from gradtape._src.train.checkpoint import Checkpoint
from gradtape._src.train.checkpoint_state import get_checkpoint_state, update_checkpoint_state


class CheckpointManager:
    """Saves checkpoints of one object in one folder, and removes old ones.

    Args:
      checkpoint: the Checkpoint to save.
      directory: the folder, which is created.
      max_to_keep: number of checkpoints to keep; None keeps all.
      keep_checkpoint_every_n_hours: one checkpoint per so many hours is kept permanently.
      checkpoint_name: the prefix of file names.
      step_counter: a variable that counts steps, for checkpoint_interval.
      checkpoint_interval: minimum number of steps between checkpoints.
      init_fn: called by `restore_or_initialize` if there is nothing to restore.

    Raises:
      ValueError: max_to_keep is below one, or an interval is given without a counter.

    Example:
      >>> import tempfile
      >>> checkpoint = tf.train.Checkpoint(w=tf.Variable(1.0))
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     manager = tf.train.CheckpointManager(checkpoint, folder, max_to_keep=2)
      ...     for _ in range(3):
      ...         path = manager.save()
      ...     [path[-6:] for path in manager.checkpoints]
      ['ckpt-2', 'ckpt-3']
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        directory: Any,
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
        step_counter: Variable | None = None,
        checkpoint_interval: int | None = None,
        init_fn: Callable[[], Any] | None = None,
    ) -> None:
        if max_to_keep is not None and max_to_keep <= 0:
            raise ValueError(f"Expected a positive integer or `None` for `max_to_keep`, got {max_to_keep}.")
        if checkpoint_interval is not None and step_counter is None:
            raise ValueError("`step_counter` should be passed if `checkpoint_interval` is not None.")
        self._checkpoint = checkpoint
        self._directory = os.fspath(directory)
        self._max_to_keep = max_to_keep
        self._keep_seconds = None if keep_checkpoint_every_n_hours is None else 3600.0 * keep_checkpoint_every_n_hours
        self._prefix = os.path.join(self._directory, checkpoint_name)
        self._step_counter = step_counter
        self._interval = checkpoint_interval
        self._last_step: int | None = None
        self._init_fn = init_fn
        self._saved: dict[str, float] = {}  # when, by path, the oldest first
        self._preserved = time.time()
        os.makedirs(self._directory, exist_ok=True)
        state = get_checkpoint_state(self._directory)
        if state is not None:
            paths, times = state.all_model_checkpoint_paths, state.all_model_checkpoint_timestamps
            if len(times) != len(paths):
                times = [self._preserved] * len(paths)
            self._saved = dict(zip(paths, times, strict=True))
            self._preserved = state.last_preserved_timestamp or self._preserved

    @property
    def directory(self) -> str:
        """The folder."""
        return self._directory

    @property
    def checkpoint(self) -> Checkpoint:
        """The object that is saved."""
        return self._checkpoint

    @property
    def checkpoint_interval(self) -> int | None:
        """The number of steps between checkpoints."""
        return self._interval

    @property
    def latest_checkpoint(self) -> str | None:
        """The checkpoint that was saved last, or None."""
        return next(reversed(self._saved), None)

    @property
    def checkpoints(self) -> list[str]:
        """The checkpoints that `save` may still remove, the oldest first."""
        return list(self._saved)

    def save(self, checkpoint_number: Any = None, check_interval: bool = True, options: Any = None) -> str | None:
        """Saves a checkpoint, then removes surplus ones.

        Args:
          checkpoint_number: the number at the end of its name; the checkpoint's `save_counter` by default.
          check_interval: whether to respect checkpoint_interval.
          options: not used.

        Returns:
          Its prefix; None if the interval is not over.

        Raises:
          OSError: it cannot be written; nothing is removed then.

        Example:
          >>> import tempfile
          >>> v = tf.Variable(1.0)
          >>> with tempfile.TemporaryDirectory() as folder:
          ...     manager = tf.train.CheckpointManager(tf.train.Checkpoint(v=v), folder, max_to_keep=3)
          ...     before = manager.restore_or_initialize()
          ...     path = manager.save()
          ...     before, manager.restore_or_initialize() == path
          (None, True)
        """
        step = None
        if self._step_counter is not None and self._interval is not None:
            step = int(self._step_counter)
            if check_interval and self._last_step is not None and step < self._last_step + self._interval:
                return None
        if checkpoint_number is None:
            number = int(self._checkpoint.save_counter) + 1
            self._checkpoint.save_counter.assign(number)
        else:
            number = int(checkpoint_number)
        path = f"{self._prefix}-{number}"
        try:
            self._checkpoint.write(path)
        except BaseException:
            if checkpoint_number is None:
                self._checkpoint.save_counter.assign(number - 1)
            raise
        self._last_step = step
        self._saved.pop(path, None)
        self._saved[path] = time.time()
        removed = self._surplus()
        update_checkpoint_state(
            self._directory,
            path,
            all_model_checkpoint_paths=list(self._saved),
            all_model_checkpoint_timestamps=list(self._saved.values()),
            last_preserved_timestamp=self._preserved,
        )
        for old in removed:
            remove_bundle(old)
        return path

    def _surplus(self) -> list[str]:
        """Forgets the oldest beyond the number that is kept; those to be removed, without the ones kept for good."""
        removed = []
        while self._max_to_keep is not None and len(self._saved) > self._max_to_keep:
            path, when = next(iter(self._saved.items()))
            del self._saved[path]
            if self._keep_seconds is not None and when - self._keep_seconds >= self._preserved:
                self._preserved = when
            else:
                removed.append(path)
        return removed

    def restore_or_initialize(self) -> str | None:
        """Restores the latest checkpoint, or calls `init_fn`.

        Returns:
          The checkpoint's prefix, or None if there was none.

        Raises:
          NotFoundError: its files have been removed.

        Example:
          >>> import tempfile
          >>> v = tf.Variable(1.0)
          >>> with tempfile.TemporaryDirectory() as folder:
          ...     manager = tf.train.CheckpointManager(tf.train.Checkpoint(v=v), folder, max_to_keep=3)
          ...     before = manager.restore_or_initialize()
          ...     path = manager.save()
          ...     before, manager.restore_or_initialize() == path
          (None, True)
        """
        latest = self.latest_checkpoint
        if latest is not None and bundle_exists(latest):
            self._checkpoint.restore(latest)
            if self._step_counter is not None:
                self._last_step = int(self._step_counter)
            return latest
        if self._init_fn is not None:
            self._init_fn()
        return None

    def sync(self) -> None:
        """Does nothing: `save` returns once files are written.

        Example:
          >>> import tempfile
          >>> with tempfile.TemporaryDirectory() as folder:
          ...     tf.train.CheckpointManager(tf.train.Checkpoint(), folder, max_to_keep=1).sync()
        """
