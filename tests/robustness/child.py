"""Work in a child process: whatever ends it, its last action is known."""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Ended(NamedTuple):
    """How a child ended: its exit code (negative for a signal), its output, and its last reported action."""

    code: int
    output: str
    last: str


def debugging() -> dict[str, str]:
    import gradtape

    source = str(Path(gradtape.__file__).parents[1])
    # To detect reads of freed memory.
    malloc = os.environ.get("PYTHONMALLOC", "debug")
    return {
        "PYTHONFAULTHANDLER": "1",
        "PYTHONMALLOC": malloc,
        "PYTHONPATH": os.pathsep.join([source, str(ROOT)]),
    }


def start(arguments: list[str], seconds: float) -> Ended:
    """Runs Python with these arguments until it ends, with a file for its reports."""
    with tempfile.NamedTemporaryFile() as progress:
        try:
            done = subprocess.run(
                [sys.executable, *arguments],
                capture_output=True,
                text=True,
                timeout=seconds,
                env={**os.environ, **debugging(), "GRADTAPE_PROGRESS": progress.name},
                cwd=ROOT,
            )
            code, output = done.returncode, done.stdout + done.stderr
        except subprocess.TimeoutExpired as late:
            code, output = -1, f"not done in {seconds} s\n{(late.stderr or b'')[-2000:]!r}"
        return Ended(code, output, Path(progress.name).read_text().strip())


def reporter() -> Callable[[str], None]:
    """In a child: overwrites its last report with the present action."""
    faulthandler.enable()
    warnings.simplefilter("ignore")
    path = os.environ.get("GRADTAPE_PROGRESS")
    if path is None:
        return lambda text: None
    descriptor = os.open(path, os.O_WRONLY)

    def report(text: str) -> None:
        os.pwrite(descriptor, text.encode()[:200].ljust(200), 0)

    return report
