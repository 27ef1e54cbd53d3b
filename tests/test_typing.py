"""gradtape for type checkers: a right program passes, and each mistake is reported."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gradtape

HERE = Path(__file__).parent
ROOT = HERE.parent
PROGRAMS = HERE / "typing"
CHECKERS = {
    "mypy": ("mypy", "--config-file=", "--strict", "--no-error-summary", f"--cache-dir={os.devnull}"),
    "pyright": ("basedpyright", "--level", "error"),
}


@pytest.fixture(scope="module", params=CHECKERS)
def marked(request: pytest.FixtureRequest) -> dict[str, set[int]]:
    """The lines in which a strict type checker finds errors, by file, for all programs in the directory."""
    command = [sys.executable, "-m", *CHECKERS[request.param]]
    found = subprocess.run([*command, "good.py", "bad.py"], cwd=PROGRAMS, capture_output=True, text=True)
    assert found.returncode == 1, found.stdout + found.stderr
    lines: dict[str, set[int]] = {}
    for path, line in re.findall(r"^\s*(\S+?\.pyi?):(\d+)(?::\d+)*(?: -)?:? error", found.stdout, re.MULTILINE):
        lines.setdefault(Path(path).name, set()).add(int(line))
    return lines


def test_only_mistakes_are_marked_and_every_one(marked: dict[str, set[int]]) -> None:
    """Neither lines of the right program nor of the package are."""
    mistakes = (PROGRAMS / "bad.py").read_text().splitlines()
    assert marked == {"bad.py": {i for i, line in enumerate(mistakes, 1) if line.endswith("# wrong")}}


def test_stubs_are_installed() -> None:
    source, package = ROOT / "src" / "gradtape", Path(gradtape.__file__).parent
    stubs = {path.relative_to(source) for path in source.rglob("*.pyi")}
    assert stubs and [path for path in (Path("py.typed"), *stubs) if not (package / path).exists()] == []


def test_every_public_name_is_exported():
    """Strict type checkers take `from m import a as a` and `b = a` for public, `from m import a as b` for private."""
    package = ROOT / "src" / "gradtape"
    private: list[str] = []
    for path in package.rglob("*.py"):
        place = path.relative_to(package)
        if any(part.startswith("_") and part != "__init__.py" for part in place.parts):
            continue
        imports = [
            node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        private += [
            f"{alias.asname or alias.name} of {place}"
            for node in imports
            for alias in node.names
            if alias.asname != alias.name and not (alias.asname or "").startswith("_")
        ]
    assert private == []


def test_the_right_program_runs():
    subprocess.run([sys.executable, str(PROGRAMS / "good.py")], check=True, capture_output=True)


def test_stubs_of_elementwise_functions_are_current():
    stub = ROOT / "src" / "gradtape" / "_src" / "ops" / "elementwise.pyi"
    command = [sys.executable, str(ROOT / "docs" / "generate_stubs.py"), "--print"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == stub.read_text()
