"""The growth of gradtape's cost: per recorded operation, by accumulation, by watched variables, by nesting depth.

Also a recorded operation relative to a Python call, and the reverse sweep relative to the forward pass.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np

from benchmarks.harness import QUICK, Effort, in_fresh_process, seconds_per_step, timing
from benchmarks.peers import PEERS
from benchmarks.section import Section, Verdict, duration
from benchmarks.targets import GROWTH, REVERSE_TO_FORWARD, SCALAR_OP_NANOSECONDS

Case = Callable[[Any, int], Callable[[], Any]]
COUNTS = [10**exponent for exponent in range(1, 7)]
DEPTHS = COUNTS[:3]
CHAINS = [1_000, 10_000, 100_000, 1_000_000, 4_000_000]


def chain(tf: Any, count: int) -> Callable[[], Any]:
    """A chain of `count` multiplications and its sweep."""
    x, factor = tf.Variable(1.0), tf.constant(1.0)

    def step() -> Any:
        with tf.GradientTape() as tape:
            y = x * factor
            for _ in range(count - 1):
                y = y * factor
        return tape.gradient(y, x)

    return step


def accumulation(tf: Any, count: int) -> Callable[[], Any]:
    """One source used `count` times, so that its gradient is a sum of as many terms."""
    x = tf.constant(1.0)

    def step() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x
            for _ in range(count):
                y = y + x
        return tape.gradient(y, x)

    return step


def variables(tf: Any, count: int) -> Callable[[], Any]:
    """`count` variables, each read once and each a source."""
    sources = [tf.Variable(1.0) for _ in range(count)]
    zero = tf.constant(0.0)

    def step() -> Any:
        with tf.GradientTape() as tape:
            y = zero
            for source in sources:
                y = y + source
        return tape.gradient(y, sources)

    return step


def passing(tf: Any, count: int) -> Callable[[], Any]:
    """A loop over `count` variables that does nothing with them, to show memory's part of `variables`' growth."""
    sources = [tf.Variable(1.0) for _ in range(count)]

    def step() -> None:
        for _ in sources:
            pass

    return step


def nesting(tf: Any, depth: int) -> Callable[[], Any]:
    """`depth` nested tapes around one multiplication; the innermost is swept."""
    x, factor = tf.Variable(1.0), tf.constant(1.0)

    def step() -> Any:
        with ExitStack() as stack:
            for _ in range(depth):
                tape = stack.enter_context(tf.GradientTape())
            y = x * factor
        return tape.gradient(y, x)

    return step


def per_operation(case: Case, counts: list[int], rounds: int) -> list[float]:
    """Seconds per operation at each count, the median of `rounds`, after a first run that fills the pools."""
    import gradtape as tf

    figures = []
    for count in counts:
        step = case(tf, count)
        step()
        repeats = max(1, 10_000 // count)
        figures.append(statistics.median(seconds_per_step(step, repeats) for _ in range(rounds)) / count)
    return figures


def growth(effort: Effort) -> Section:
    """Cost per operation as the work grows; the target is a constant."""
    cases: list[tuple[str, Case, list[int]]] = [
        ("chain of n recorded ops, with gradient", chain, COUNTS),
        ("one source used n times", accumulation, COUNTS),
        ("n variables, each a source", variables, COUNTS),
        ("n variables in an empty loop", passing, COUNTS),
        ("n nested tapes", nesting, DEPTHS),
    ]
    rows, verdicts = [], []
    for title, case, counts in cases:
        figures = in_fresh_process(per_operation, case, counts, 3 if effort == QUICK else 7)
        rows.append([title, *(f"{figure * 1e9:.0f}" for figure in figures), *[""] * (len(COUNTS) - len(figures))])
        if case is passing:
            continue
        # The smallest counts include the cost of the tape itself, so growth is relative to the cheapest.
        ratio = figures[-1] / min(figures)
        verdicts.append(Verdict(f"growth: {title}", f"≤ {GROWTH:g} × the least", f"{ratio:.2f} ×", ratio <= GROWTH))
    header = ["ns per operation", *(f"n = {count:,}" for count in COUNTS)]
    return Section("Growth", header, rows, verdicts=verdicts)


def scalar_call_costs(effort: Effort) -> dict[str, float]:
    """Seconds of a call of an empty lambda, of one that multiplies unrecorded, and of one that is recorded."""
    import gradtape as tf

    x, factor = tf.constant(1.0), tf.constant(1.0)
    calls: dict[str, Callable[[Any, Any], Any]] = {
        "empty call": lambda a, b: None,
        "x * y, not recorded": lambda a, b: a * b,
        "x * y, recorded": lambda a, b: a * b,
    }
    count = 20_000
    costs = {}
    for name, call in calls.items():

        def loop(call: Callable[[Any, Any], Any] = call, recorded: bool = name.endswith(", recorded")) -> None:
            with tf.GradientTape() as tape:
                if recorded:
                    tape.watch(x)
                for _ in range(count):
                    call(x, factor)

        costs[name] = timing(loop, effort).best / count
    return costs


def operation_cost(effort: Effort) -> Section:
    """A recorded scalar operation relative to a Python call."""
    costs = in_fresh_process(scalar_call_costs, effort)
    empty = costs["empty call"]
    rows = [[name, duration(cost), duration(max(cost - empty, 0.0))] for name, cost in costs.items()]
    over = (costs["x * y, recorded"] - empty) * 1e9
    target = f"≤ {SCALAR_OP_NANOSECONDS:g} ns"
    verdict = Verdict("recorded scalar op over a call", target, f"{over:.0f} ns", over <= SCALAR_OP_NANOSECONDS)
    return Section("One scalar operation", ["call", "time", "over an empty call"], rows, verdicts=[verdict])


def forward_and_both(module: str, size: int, effort: Effort) -> tuple[float, float]:
    """Seconds of x·tanh(x) + exp(−x²) under a tape, and of the same with its gradient."""
    values = np.random.default_rng(0).standard_normal(size, np.float32)
    forward: Callable[[], Any]
    both: Callable[[], Any]
    if module == "gradtape":
        import gradtape as tf

        x = tf.constant(values)

        def taped(sweep: bool) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = x * tf.tanh(x) + tf.exp(-tf.square(x))
            return tape.gradient(y, x) if sweep else None

        forward, both = lambda: taped(False), lambda: taped(True)
    else:
        import torch

        z, ones = torch.from_numpy(values).requires_grad_(), torch.ones(size)

        def graphed(sweep: bool) -> Any:
            y = z * torch.tanh(z) + torch.exp(-torch.square(z))
            return torch.autograd.grad(y, z, ones) if sweep else None

        forward, both = lambda: graphed(False), lambda: graphed(True)
    return timing(forward, effort).best, timing(both, effort).best


def reverse_to_forward(effort: Effort) -> Section:
    """The reverse sweep of an elementwise chain relative to the forward pass."""
    rows, verdicts = [], []
    for peer in ("gradtape", "torch"):
        if not PEERS[peer].present:
            continue
        for size in CHAINS:
            forward, both = in_fresh_process(forward_and_both, peer, size, effort)
            ratio = (both - forward) / forward
            rows.append([PEERS[peer].title, f"{size:,}", duration(forward), duration(both - forward), f"{ratio:.2f}"])
            if peer == "gradtape":
                verdicts.append(
                    Verdict(
                        f"reverse ÷ forward, {size:,} floats", f"≤ {REVERSE_TO_FORWARD:g}", f"{ratio:.2f}",
                        ratio <= REVERSE_TO_FORWARD,
                    )
                )  # fmt: skip
    header = ["peer", "floats", "forward", "reverse", "reverse ÷ forward"]
    return Section("Reverse against forward, x·tanh(x) + exp(−x²)", header, rows, verdicts=verdicts)
