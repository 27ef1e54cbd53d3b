"""Iteration over new checkpoints of a folder, and options."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from gradtape._src.train.checkpoint_state import latest_checkpoint

_PAUSE = 1.0  # seconds between two looks at the folder


def _awaited(checkpoint_dir: Any, last: str | None, timeout: float | None) -> str | None:
    """The latest checkpoint once it is another than the last one; None where none comes in time."""
    stop = None if timeout is None else time.monotonic() + timeout
    while True:
        found = latest_checkpoint(checkpoint_dir)
        if found is not None and found != last:
            return found
        if stop is not None and time.monotonic() + _PAUSE > stop:
            return None
        time.sleep(_PAUSE)


def checkpoints_iterator(
    checkpoint_dir: Any,
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Callable[[], Any] | None = None,
) -> Iterator[str]:
    """The latest checkpoint of a folder, and each newer one.

    Args:
      checkpoint_dir: the folder.
      min_interval_secs: the minimum number of seconds between two.
      timeout: the number of seconds to wait for a newer one; None forever.
      timeout_fn: a function that is called after each one and where none came in time, and that ends the iteration by
        giving True; None to end it where none came in time.

    Returns:
      An iterator of prefixes, which `tf.train.Checkpoint.restore` takes.

    Raises:
      TypeError: on iteration, checkpoint_dir is not a path, timeout is not a number, or timeout_fn is not callable.

    Example:
      >>> import tempfile
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     path = tf.train.Checkpoint(w=tf.Variable(3.0)).save(f"{folder}/ckpt")
      ...     list(tf.train.checkpoints_iterator(folder, timeout=0)) == [path]
      True
    """
    last = None
    while True:
        found = _awaited(checkpoint_dir, last, timeout)
        if found is not None:
            began, last = time.monotonic(), found
            yield found
            time.sleep(max(0.0, began + min_interval_secs - time.monotonic()))
        elif timeout_fn is None:
            return
        if timeout_fn is not None and timeout_fn():
            return


class CheckpointOptions:
    """Options of `tf.train.Checkpoint`, which are kept and change nothing: they are about devices and file systems.

    Args:
      experimental_io_device, experimental_enable_async_checkpoint, experimental_write_callbacks: kept.
      enable_async, experimental_skip_slot_variables, experimental_sharding_callback: kept.

    Example:
      >>> tf.train.CheckpointOptions(enable_async=True).enable_async
      True
    """

    def __init__(
        self,
        experimental_io_device: str | None = None,
        experimental_enable_async_checkpoint: bool = False,
        experimental_write_callbacks: Any = None,
        enable_async: bool = False,
        experimental_skip_slot_variables: bool = False,
        experimental_sharding_callback: Any = None,
    ) -> None:
        self.experimental_io_device = experimental_io_device
        self.experimental_enable_async_checkpoint = experimental_enable_async_checkpoint
        self.experimental_write_callbacks = experimental_write_callbacks
        self.enable_async: bool = enable_async or experimental_enable_async_checkpoint
        self.experimental_skip_slot_variables = experimental_skip_slot_variables
        self.experimental_sharding_callback = experimental_sharding_callback
