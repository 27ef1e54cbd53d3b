"""The cost of checkpoints: variables saved and restored, compared with NumPy files of the same size, in turns."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness import QUICK, Effort, in_fresh_process
from benchmarks.section import Section, Verdict, duration
from benchmarks.targets import CHECKPOINT_TO_NUMPY

VARIABLES = 16
SIZE, QUICK_SIZE = 1 << 30, 1 << 26  # bytes of all variables
TURNS = 5


def turns(size: int) -> dict[str, float]:
    """The median seconds of each way to write or read this many bytes, in turns.

    Earlier files are removed, so that writes do not wait for the disk to finish those of another library.
    """
    import gradtape as tf

    rng = np.random.default_rng(0)
    arrays = [rng.random(size // VARIABLES // 4, np.float32) for _ in range(VARIABLES)]
    checkpoint = tf.train.Checkpoint(variables=[tf.Variable(array) for array in arrays])
    with tempfile.TemporaryDirectory() as folder:
        prefix = os.path.join(folder, "state")
        paths = [os.path.join(folder, f"{place}.npy") for place in range(VARIABLES)]

        def numpy_save() -> None:
            for path, array in zip(paths, arrays, strict=True):
                np.save(path, array)

        pairs: list[dict[str, Callable[[], Any]]] = [
            {"numpy.save": numpy_save, "numpy.load": lambda: [np.load(path) for path in paths]},
            {
                "Checkpoint.write": lambda: checkpoint.write(prefix),
                "Checkpoint.read": lambda: checkpoint.read(prefix).assert_consumed(),
            },
        ]
        seconds: dict[str, list[float]] = {name: [] for pair in pairs for name in pair}
        for turn in range(TURNS):
            for pair in pairs[:: -1 if turn % 2 else 1]:
                for name in os.listdir(folder):
                    os.remove(os.path.join(folder, name))
                for name, way in pair.items():
                    start = time.perf_counter()
                    way()
                    seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in seconds.items()}


def checkpoints(effort: Effort) -> Section:
    """Variables of 1 GB, or of 64 MB for a quick run, written to a checkpoint and read from it."""
    size = QUICK_SIZE if effort is QUICK else SIZE
    medians = in_fresh_process(turns, size)
    rows = [[name, duration(seconds), f"{size / seconds / 1e9:.2f} GB/s"] for name, seconds in medians.items()]
    verdicts = []
    for name in ("Checkpoint.write", "Checkpoint.read"):
        ratio = medians["numpy.save"] / medians[name]
        subject = f"{name} of {size >> 20} MB to numpy.save's rate"
        verdicts.append(Verdict(subject, f"≥ {CHECKPOINT_TO_NUMPY:.0%}", f"{ratio:.0%}", ratio >= CHECKPOINT_TO_NUMPY))
    return Section("Checkpoints", ["way", "time", "rate"], rows, verdicts=verdicts)
