"""A guard against getting slower that does not depend on the clock: instructions per recorded and per swept op.

The counts stand in benchmarks/instructions.json. After a change that means to alter them, record them anew with
`python -m benchmarks.instructions --record` and say in the commit what they bought. Without valgrind, or with another
Python or compiler than theirs, they are reported as not run; see conftest.py.
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


@pytest.fixture(scope="module")
def found() -> dict:
    """The counts of this build, from one run of valgrind."""
    command = [sys.executable, str(BENCHMARKS / "instructions.py"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("workload", "phase"),
    [(workload, phase) for workload, phases in RECORDED["counts"].items() for phase in phases],
)
def test_instructions_are_as_recorded(found: dict, workload: str, phase: str) -> None:
    counted, recorded = found["counts"][workload][phase], RECORDED["counts"][workload][phase]
    # What the engine itself executes is the same for every build of one version of Python; the whole is not.
    kinds = ["engine", "all"] if found["interpreter"] == RECORDED["interpreter"] else ["engine"]
    for kind in kinds:
        assert counted[kind] == pytest.approx(recorded[kind], rel=TOLERANCE), kind
