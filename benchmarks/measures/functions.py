"""The overhead of calling compiled functions: an empty one, ten small ops, and every first call."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

from benchmarks.harness import Effort, in_fresh_process, timing
from benchmarks.section import Section, Verdict, duration
from benchmarks.targets import EMPTY_CALL, FIRST_CALL_EAGER, FIRST_CALL_SECONDS, SMALL_CALL
from benchmarks.workloads import WORKLOADS

FIRST = (
    "regression",
    "chain",
    "mlp-32",
    "rnn-32",
    "lstm",
    "transformer",
    "batch-norm",
    "pinn",
    "cnn",
    "mlp-adam",
    "embedding",
)


def seconds_of_calls(effort: Effort) -> dict[str, float]:
    """Seconds of a call of each function."""
    import gradtape as tf

    x = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

    @tf.function
    def empty() -> None:
        return None

    def ten(x: Any) -> Any:
        for _ in range(5):
            x = tf.transpose(x * 1.01)  # which programs do not fuse
        return x

    @tf.function
    def fused(x: Any) -> Any:
        for _ in range(10):
            x = x * 1.01
        return x

    compiled = tf.function(ten)
    return {
        "empty function": timing(empty, effort).best,
        "ten small ops, five of them no arithmetic": timing(lambda: compiled(x), effort).best,
        "ten small ops, all arithmetic": timing(lambda: fused(x), effort).best,
        "the ten, eagerly": timing(lambda: ten(x), effort).best,
    }


def seconds_once(step: Callable[[], Any]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def seconds_of_first_call(name: str) -> tuple[float, float]:
    """Seconds of a workload's warm eager step, and of its first compiled call; the minimum of five functions."""
    import gradtape as tf

    step = WORKLOADS[name].setup("gradtape").step
    eager = min(seconds_once(step) for _ in range(20))
    first = float("inf")
    for _ in range(5):
        gc.collect()
        first = min(first, seconds_once(tf.function(step)))
    return eager, first


def calls(effort: Effort) -> Section:
    """Calls without arithmetic, and first calls."""
    found = in_fresh_process(seconds_of_calls, effort)
    rows = [[name, duration(seconds), ""] for name, seconds in found.items()]
    verdicts = [
        Verdict(f"compiled: {name}", f"≤ {duration(target)}", duration(found[name]), found[name] <= target)
        for name, target in (
            ("empty function", EMPTY_CALL),
            ("ten small ops, five of them no arithmetic", SMALL_CALL),
            ("ten small ops, all arithmetic", SMALL_CALL),
        )
    ]
    for name in FIRST:
        eager, first = in_fresh_process(seconds_of_first_call, name)
        most = FIRST_CALL_EAGER * eager + FIRST_CALL_SECONDS
        subject = f"first call: {WORKLOADS[name].title}"
        rows.append([subject, duration(first), duration(eager)])
        verdicts.append(Verdict(subject, f"≤ {duration(most)}", duration(first), first <= most))
    return Section("Calls of compiled functions", ["what", "time", "eager"], rows, [], verdicts)
