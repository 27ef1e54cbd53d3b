"""A performance test that does not depend on the clock: instructions per recorded op and per op of the sweep.

The counts are in benchmarks/instructions.json. After a change that intends to alter them, record them again with
`python -m benchmarks.instructions --record` and state the reason in the commit. Without valgrind, or with another
Python or compiler, they are reported as not run; see conftest.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
RECORDED = json.loads((BENCHMARKS / "instructions.json").read_text())
TOLERANCE = 0.05


def test_instructions_are_as_recorded() -> None:
    command = [sys.executable, str(BENCHMARKS / "instructions.py"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    # The engine's own count is the same for every build of one version of Python; the total is not.
    kinds = ["engine", "all"] if found["interpreter"] == RECORDED["interpreter"] else ["engine"]
    assert selected(found, kinds) == pytest.approx(selected(RECORDED, kinds), rel=TOLERANCE)


def selected(measured: dict, kinds: list[str]) -> dict[str, float]:
    """The counts of these kinds by workload, phase and kind."""
    return {
        f"{workload}, {phase}, {kind}": counts[kind]
        for workload, phases in measured["counts"].items()
        for phase, counts in phases.items()
        for kind in kinds
    }
