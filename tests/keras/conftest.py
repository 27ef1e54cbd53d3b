"""Tests beside Keras need it and TensorFlow; where they are absent they are not collected, and the summary says so."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
pytest.register_assert_rewrite("beside")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

KERAS = all(importlib.util.find_spec(name) is not None for name in ("keras", "tensorflow"))

collect_ignore_glob = [] if KERAS else ["test_*.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not KERAS:
        terminalreporter.write_line("tests/keras: not run, Keras is absent")
