"""The same steps under pytest-benchmark: `pytest benchmarks/ --benchmark-group-by=group`.

All peers share this process and run one after the other, which is convenient for a single workload; the ratios are
computed by `python -m benchmarks`, which separates the peers and alternates their rounds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.harness import QUICK, warm
from benchmarks.measures.footprint import perceptrons, trainers
from benchmarks.peers import PEERS
from benchmarks.workloads import WORKLOADS

CASES = [
    (workload.name, peer)
    for workload in WORKLOADS.values()
    for peer in PEERS
    if peer in workload.peers and PEERS[peer].present
]


@pytest.mark.parametrize(("workload", "peer"), CASES)
def test_step(benchmark: Any, workload: str, peer: str) -> None:
    chosen = WORKLOADS[workload]
    if peer != "floor":
        assert not chosen.disagreement(chosen.values(peer), chosen.values(chosen.reference))
    benchmark.group = chosen.title
    step = chosen.setup(peer).step
    warm(step, QUICK.warm_up)
    benchmark(step)


def test_memory_is_measured_of_those_who_train_every_perceptron():
    assert {"gradtape", "gradtape.function", "numpy"} <= set(trainers())
    assert all(peer in row.peers for row in perceptrons() for peer in trainers())
    assert "floor" not in trainers()


@pytest.mark.parametrize(
    "row", [row for row in WORKLOADS.values() if row.arguments.get("epsilon")], ids=lambda row: row.name
)
def test_steps_of_adam_are_compared_where_rounding_of_gradients_does_not_decide(row):
    """Differences in the order of float32 sums alone change no parameter by more than a part of the tolerance."""
    assert row.check["epsilon"] > 1e3 * row.arguments["epsilon"]
    moved = row.values("gradtape")
    assert not row.disagreement(row.values("gradtape.function"), moved)
    assert all(np.abs(change).max() > 1e-3 for change in moved)
