"""Programs need TensorFlow and Keras; without them they are not collected, which is reported."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from references import without_keras

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

HINDRANCE = without_keras()

collect_ignore_glob = ["test_*.py"] if HINDRANCE else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if HINDRANCE:
        terminalreporter.write_line(f"programs: not run, {HINDRANCE}")
