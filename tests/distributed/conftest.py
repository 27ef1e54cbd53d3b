"""Programs of several ranks need mpi4py and mpiexec; where they are absent they do not run, and the summary says so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from launch import hindrance

HINDRANCE = hindrance()

collect_ignore = ["test_ranks.py", "test_failures.py"] if HINDRANCE else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if HINDRANCE:
        terminalreporter.write_line(f"programs of several ranks: not run, {HINDRANCE}")
