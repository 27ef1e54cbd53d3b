"""Tests of several ranks need mpi4py and mpiexec, the recipe for Dask needs it; the summary lists what is missing."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from launch import hindrance

HINDRANCE = hindrance()
DASK = importlib.util.find_spec("dask") is not None

collect_ignore = [
    *(["test_ranks.py", "test_failures.py"] if HINDRANCE else []),
    *([] if DASK else ["test_dask.py"]),
]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if HINDRANCE:
        terminalreporter.write_line(f"programs of several ranks: not run, {HINDRANCE}")
    if not DASK:
        terminalreporter.write_line("a sweep over Dask's workers: not run, Dask is absent")
