"""Data shared by the ranks of a machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._src.core import error_kinds
from gradtape._src.distributed.collectives import allgather_object, barrier
from gradtape._src.distributed.shared_memory import shared_folder
from gradtape._src.distributed.world import World, current


def shared_array(load: Callable[[], Any], folder: Any = None) -> np.ndarray:
    """Loads an array on one rank of each machine, and shares its memory with the others there.

    The array is in a file that is mapped read-only; it is unlinked once all ranks have mapped it, and
    the system frees the memory when the last one has unmapped it. All ranks call it.

    Args:
      load: a function without arguments that returns the array. One rank of each machine calls it.
      folder: folder of the file; by default in memory, if the system has such a folder.

    Returns:
      A read-only NumPy array.

    Raises:
      TypeError: `load` returns an array of Python objects.
      Whatever `load` raises, on all ranks.

    Example:
      >>> tf.distributed.init()
      >>> features = tf.distributed.shared_array(lambda: np.arange(6.0).reshape(2, 3))
      >>> features.sum(), features.flags.writeable
      (np.float64(15.0), False)
    """
    world = current()
    name, failure = None, None
    if world.local_rank == 0:
        try:
            name = _written(np.asarray(load()), folder)
        except Exception as error:
            failure = error
    name, failure = _of_first_here(world, (name, failure))
    try:
        array = None if name is None else np.load(name, mmap_mode="r")
    except OSError as error:
        failure = error
    told = allgather_object(failure)
    if name is not None and world.local_rank == 0:
        os.unlink(name)
    for rank, one in enumerate(told):
        if one is not None:
            raise one if not isinstance(one, OSError) else error_kinds.NotFoundError(None, None, f"Rank {rank}: {one}")
    barrier()
    assert array is not None
    return array


def _written(array: np.ndarray, folder: Any) -> str:
    """Writes the array to a file; returns its name."""
    if array.dtype.hasobject:
        raise TypeError(f"Arrays of Python objects are not shared, got dtype {array.dtype}.")
    file, name = tempfile.mkstemp(".npy", "gradtape-", shared_folder() if folder is None else folder)
    with os.fdopen(file, "wb") as stream:
        np.save(stream, array)
    return name


def _of_first_here(world: World, value: Any) -> Any:
    """Broadcasts a value of the first rank of this machine."""
    told = allgather_object((world.cross_rank, world.local_rank, value))
    return next(one for machine, place, one in told if (machine, place) == (world.cross_rank, 0))
