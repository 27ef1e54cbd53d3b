"""Parity tests need TensorFlow; without it they are not collected, which the summary reports."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from references import without_keras, without_tensorflow

pytest.register_assert_rewrite("compare", "programs")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TENSORLESS, KERASLESS = without_tensorflow(), without_keras()

collect_ignore_glob = ["test_*.py"] if TENSORLESS else []
collect_ignore = ["test_names.py", "test_optimizers.py"] if KERASLESS else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TENSORLESS:
        terminalreporter.write_line(f"parity: not run, {TENSORLESS}")
    elif KERASLESS:
        terminalreporter.write_line(f"parity of names and optimizers: not run, {KERASLESS}")
