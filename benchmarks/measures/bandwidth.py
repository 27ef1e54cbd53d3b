"""The bandwidth of each pass of the elementwise chain, compared with STREAM's, or with its own rate in cache."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks.harness import Effort, in_fresh_process, timing
from benchmarks.measures.footprint import threads
from benchmarks.section import Section, Verdict
from benchmarks.targets import PASS_SHARE

LARGE, SMALL = 4_000_000, 4096
FLOAT = 4


def stream(count: int, workers: int) -> float:
    """Bytes per second of STREAM's add, c = a + b, on arrays of `count` doubles divided among `workers` threads."""
    a, b, c = np.ones(count), np.ones(count), np.ones(count)
    parts = [slice(count * i // workers, count * (i + 1) // workers) for i in range(workers)]
    with ThreadPoolExecutor(workers) as pool:

        def add() -> None:
            list(pool.map(lambda part: np.add(a[part], b[part], out=c[part]), parts))

        times = []
        for _ in range(20):
            start = time.perf_counter()
            add()
            times.append(time.perf_counter() - start)
    return 3 * a.itemsize * count / min(times)


def passes(effort: Effort) -> list[tuple[str, int, float, float]]:
    """Each operation of the chain: name, number of arrays, seconds on the large array, seconds in cache per element.

    The time of the operation on one element, which is call overhead, is subtracted from the time in cache.
    """
    import gradtape as tf

    rng = np.random.default_rng(0)

    def operands(size: int) -> tuple[Any, Any]:
        return tuple(tf.constant(rng.standard_normal(size, np.float32)) for _ in range(2))

    operations: list[tuple[str, int, Callable[[Any, Any], Any]]] = [
        ("x * y", 3, lambda x, y: x * y),
        ("x + y", 3, lambda x, y: x + y),
        ("-x", 2, lambda x, y: -x),
        ("square(x)", 2, lambda x, y: tf.square(x)),
        ("exp(x)", 2, lambda x, y: tf.exp(x)),
        ("tanh(x)", 2, lambda x, y: tf.tanh(x)),
        ("reduce_sum(x)", 1, lambda x, y: tf.reduce_sum(x)),
    ]
    large, small, single = operands(LARGE), operands(SMALL), operands(1)
    figures = []
    for name, arrays, operation in operations:

        def seconds(of: tuple[Any, Any], operation: Callable[[Any, Any], Any] = operation) -> float:
            return timing(lambda: operation(*of), effort).best

        call = seconds(single)
        figures.append((name, arrays, seconds(large), max(seconds(small) - call, 1e-12) / SMALL))
    return figures


def elementwise_passes(effort: Effort) -> Section:
    """Every pass of the chain on four million floats, against STREAM and against its own rate in cache."""
    workers = threads()
    alone, together = (in_fresh_process(stream, 8_000_000, count) / 1e9 for count in (1, workers))
    best = max(alone, together)
    rows, verdicts = [], []
    for name, arrays, large, cached in in_fresh_process(passes, effort):
        bandwidth = arrays * FLOAT * LARGE / large / 1e9
        # Where threads share a large pass, the bound is the rate in cache times the number of threads.
        of_stream, of_cache = bandwidth / best, cached * LARGE / large
        share = max(of_stream, of_cache)
        rows.append(
            [name, f"{large / LARGE * 1e9:.3f}", f"{cached * 1e9:.3f}", f"{bandwidth:.1f}", f"{of_stream:.0%}",
             f"{of_cache:.0%}"]
        )  # fmt: skip
        verdicts.append(
            Verdict(f"pass {name}, 4M floats", f"≥ {PASS_SHARE:.0%} of a bound", f"{share:.0%}", share >= PASS_SHARE)
        )
    header = ["pass", "ns per float, 4M", "ns per float, in cache", "GB/s", "of STREAM", "of the rate in cache"]
    remark = (
        f"STREAM add through NumPy: {alone:.1f} GB/s with one thread, {together:.1f} GB/s with {workers}; shares are "
        "of the larger. The rate in cache is one thread's on 4,096 floats, so threads on a pass bound by arithmetic "
        "can exceed it."
    )
    return Section("Passes over four million floats", header, rows, [remark], verdicts)
