"""Programs are compared with TensorFlow's; where it is absent they are not collected, and the summary says so."""

from __future__ import annotations

import importlib.util

import pytest

TENSORFLOW = importlib.util.find_spec("tensorflow") is not None

collect_ignore_glob = [] if TENSORFLOW else ["test_*.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not TENSORFLOW:
        terminalreporter.write_line("programs: not run, TensorFlow is absent")
