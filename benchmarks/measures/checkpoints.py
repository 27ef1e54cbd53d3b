"""What checkpoints cost: variables saved and restored, beside NumPy's files of the same bytes, in turns."""

from __future__ import annotations

import os
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
    """The least seconds of each way to write or read so many bytes, each in turn for several rounds."""
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

        ways: dict[str, Callable[[], Any]] = {
            "numpy.save": numpy_save,
            "Checkpoint.write": lambda: checkpoint.write(prefix),
            "numpy.load": lambda: [np.load(path) for path in paths],
            "Checkpoint.read": lambda: checkpoint.read(prefix).assert_consumed(),
        }
        best = dict.fromkeys(ways, float("inf"))
        for _ in range(TURNS):
            for name in os.listdir(folder):
                os.remove(os.path.join(folder, name))
            for name, way in ways.items():
                start = time.perf_counter()
                way()
                best[name] = min(best[name], time.perf_counter() - start)
    return best


def checkpoints(effort: Effort) -> Section:
    """Variables of 1 GB, or of 64 MB where it is to be quick, written to a checkpoint and read from it."""
    size = QUICK_SIZE if effort is QUICK else SIZE
    best = in_fresh_process(turns, size)
    rows = [[name, duration(seconds), f"{size / seconds / 1e9:.2f} GB/s"] for name, seconds in best.items()]
    verdicts = []
    for name in ("Checkpoint.write", "Checkpoint.read"):
        ratio = best["numpy.save"] / best[name]
        subject = f"{name} of {size >> 20} MB to numpy.save's rate"
        verdicts.append(Verdict(subject, f"≥ {CHECKPOINT_TO_NUMPY:.0%}", f"{ratio:.0%}", ratio >= CHECKPOINT_TO_NUMPY))
    return Section("Checkpoints", ["way", "time", "rate"], rows, verdicts=verdicts)
