"""What cannot be run on this machine is not collected, and the summary says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from gradtape import _kernels

INSTRUCTIONS = Path(__file__).parents[1] / "benchmarks" / "instructions.json"


def hindrance() -> str:
    """Why instructions cannot be counted here and compared with the recorded counts, or nothing."""
    if shutil.which("valgrind") is None:
        return "valgrind is absent"
    recorded = json.loads(INSTRUCTIONS.read_text())["compiler"]
    if recorded != _kernels.compiler():
        return f"they are recorded of {recorded}, this is {_kernels.compiler()}"
    return ""


HINDRANCE = hindrance()

collect_ignore = ["test_instruction_counts.py"] if HINDRANCE else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if HINDRANCE:
        terminalreporter.write_line(f"instruction counts: not run, {HINDRANCE}")
