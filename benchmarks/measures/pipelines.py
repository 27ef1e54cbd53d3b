"""The cost of data pipelines: a shuffled batch relative to copying its rows, a million rows relative to TensorFlow."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.harness import Effort, in_fresh_process, timing
from benchmarks.peers import PEERS
from benchmarks.section import Section, Verdict, duration
from benchmarks.targets import BATCH_OVER_COPY, SHUFFLE_TO_TENSORFLOW

ROWS, COLUMNS, SIZE = 6400, 784, 64
MANY = 1_000_000


def batches(tf: Any, data: np.ndarray) -> Any:
    """Batches of an array's rows, shuffled."""
    return tf.data.Dataset.from_tensor_slices(data).shuffle(len(data), seed=1).batch(SIZE)


def batch_and_copy(effort: Effort) -> tuple[float, float]:
    """Seconds per batch of the pipeline, and per batch of rows copied in a given order."""
    import gradtape as tf

    data = np.random.default_rng(0).random((ROWS, COLUMNS), np.float32)
    order = np.random.default_rng(1).permutation(ROWS)
    dataset, tensor = batches(tf, data), tf.constant(data)
    count = ROWS // SIZE

    def pipeline() -> None:
        for _ in dataset:
            pass

    def copies() -> None:
        for begin in range(0, ROWS, SIZE):
            tf.gather(tensor, order[begin : begin + SIZE])

    return timing(pipeline, effort).best / count, timing(copies, effort).best / count


def million(library: str) -> float:
    """Seconds to shuffle and batch a million rows of four floats."""
    import importlib

    tf = importlib.import_module(library)
    dataset = batches(tf, np.zeros((MANY, 4), np.float32))
    times = []
    for _ in range(3):
        start = time.perf_counter()
        for _ in dataset:
            pass
        times.append(time.perf_counter() - start)
    return min(times)


def pipelines(effort: Effort) -> Section:
    """Shuffled batches relative to copies, and to TensorFlow's."""
    batch, copy = in_fresh_process(batch_and_copy, effort)
    rows = [[f"batch of {SIZE} rows of {COLUMNS} floats", duration(batch), f"{duration(copy)} (copy)"]]
    over = batch - copy
    bound = f"≤ {duration(BATCH_OVER_COPY)}"
    verdicts = [Verdict("shuffled batch over its copy", bound, duration(over), over <= BATCH_OVER_COPY)]
    ours = in_fresh_process(million, "gradtape")
    theirs = in_fresh_process(million, "tensorflow") if PEERS["tensorflow"].present else None
    beside = "-" if theirs is None else f"{duration(theirs)} (TensorFlow)"
    rows.append(["a million rows, shuffled, in batches", duration(ours), beside])
    ratio = None if theirs is None else theirs / ours
    verdicts.append(
        Verdict(
            "a million rows to TensorFlow",
            f"≥ {SHUFFLE_TO_TENSORFLOW:.0f}×",
            "-" if ratio is None else f"{ratio:.1f}×",
            None if ratio is None else ratio >= SHUFFLE_TO_TENSORFLOW,
        )
    )
    return Section("Pipelines of data", ["pipeline", "gradtape", "beside"], rows, verdicts=verdicts)
