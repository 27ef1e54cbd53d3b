"""Parity tests need TensorFlow beside gradtape; where it is absent they are not collected, and the summary says so."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
pytest.register_assert_rewrite("compare", "programs")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TENSORFLOW = importlib.util.find_spec("tensorflow") is not None

collect_ignore_glob = [] if TENSORFLOW else ["test_*.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not TENSORFLOW:
        terminalreporter.write_line("parity: not run, TensorFlow is absent")
