"""Type checkers see gradtape as it is: a right program passes, and each mistake is marked."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent
PROGRAMS = HERE / "typing"
CHECKERS = {
    "mypy": ("mypy", "--strict", "--no-incremental", "--no-error-summary"),
    "pyright": ("basedpyright", "--level", "error"),
}


def marked(checker: str, program: Path) -> set[int]:
    """The lines of a program in which a checker finds errors; any error elsewhere fails the test."""
    found = subprocess.run(
        [sys.executable, "-m", *CHECKERS[checker], str(program)], cwd=PROGRAMS, capture_output=True, text=True
    )
    lines = set()
    for line in found.stdout.splitlines():
        place = re.match(r"\s*(\S+?\.pyi?):(\d+)(?::\d+)*(?: -)?:? error", line)
        if place:
            assert Path(place[1]).name == program.name, line
            lines.add(int(place[2]))
    assert found.returncode in (0, 1), found.stdout + found.stderr
    return lines


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_right_program_passes(checker):
    assert marked(checker, PROGRAMS / "good.py") == set()


@pytest.mark.parametrize("checker", CHECKERS)
def test_every_mistake_is_marked(checker):
    program = PROGRAMS / "bad.py"
    wrong = {i for i, line in enumerate(program.read_text().splitlines(), 1) if line.endswith("# wrong")}
    assert marked(checker, program) == wrong


def test_the_right_program_runs():
    subprocess.run([sys.executable, str(PROGRAMS / "good.py")], check=True, capture_output=True)


def test_stubs_of_elementwise_functions_are_current():
    stub = ROOT / "src" / "gradtape" / "_src" / "ops" / "elementwise.pyi"
    command = [sys.executable, str(ROOT / "docs" / "generate_stubs.py"), "--print"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == stub.read_text()
