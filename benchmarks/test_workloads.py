"""The same steps under pytest-benchmark: `pytest benchmarks/ --benchmark-group-by=group`.

All peers share this process and run one after the other, which is handy for a look at one workload; the ratios come
from `python -m benchmarks`, which keeps the peers apart and takes their rounds in turns.
"""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.harness import QUICK, warm
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
