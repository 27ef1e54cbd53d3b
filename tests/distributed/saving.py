"""Checkpoints that several ranks save and restore, and shared data."""

from __future__ import annotations

import mmap
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest

import gradtape as tf

hvd = tf.distributed


def folder() -> str:
    """A folder that all ranks know."""
    return hvd.broadcast_object(tempfile.mkdtemp() if hvd.rank() == 0 else None)


def check_the_first_rank_writes_and_all_restore():
    place = folder()
    w = tf.Variable([float(hvd.rank()), 2.0], name="w")
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(w=w), place, max_to_keep=2)
    path = hvd.save_checkpoint(manager)
    assert path == hvd.broadcast_object(path) and Path(f"{path}.index").exists()
    assert int(manager.checkpoint.save_counter) == 1
    w.assign([9.0, 9.0])
    other = tf.train.CheckpointManager(tf.train.Checkpoint(w=w), place, max_to_keep=2)
    hvd.restore_checkpoint(other).assert_consumed()
    np.testing.assert_array_equal(w.numpy(), [0.0, 2.0])
    assert (
        hvd.restore_checkpoint(tf.train.CheckpointManager(tf.train.Checkpoint(w=w), place + "/new", max_to_keep=1))
        is None
    )


def check_files_that_not_all_see_are_named():
    w = tf.Variable(float(hvd.rank()), name="w")
    checkpoint = tf.train.Checkpoint(w=w)
    path = hvd.broadcast_object(f"{folder()}/none-1")
    with pytest.raises(tf.errors.NotFoundError, match="Rank 0 cannot read the checkpoint"):
        hvd.restore_checkpoint(checkpoint, path)
    with pytest.raises(ZeroDivisionError):
        hvd.save_checkpoint(_Broken(w=w), path)
    hvd.barrier()


class _Broken(tf.train.Checkpoint):
    def save(self, *args, **kwargs):
        raise ZeroDivisionError


def check_arrays_are_shared():
    calls = []

    def load():
        calls.append(1)
        return np.arange(12.0).reshape(3, 4)

    array = hvd.shared_array(load)
    np.testing.assert_array_equal(array, np.arange(12.0).reshape(3, 4))
    assert sum(hvd.allgather_object(len(calls))) == 1 and not array.flags.writeable
    assert isinstance(array.base, mmap.mmap)
    assert float(tf.reduce_sum(tf.constant(array))) == 66.0
    with pytest.raises(KeyError, match="missing"):
        hvd.shared_array(lambda: {}["missing"])
    with pytest.raises(TypeError, match="Arrays of Python objects"):
        hvd.shared_array(lambda: np.array([None]))
    hvd.barrier()


def check_processors_are_shared_among_ranks():
    if not os.environ.get("OMP_NUM_THREADS"):
        assert tf.config.threading.get_num_threads() == max(1, len(os.sched_getaffinity(0)) // hvd.local_size())
