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
HEAD = "import gradtape as tf, numpy as np, gc, sys, weakref\n"  # of most scripts


class Ended(NamedTuple):
    """How a child ended: its exit code (negative for a signal), its output, and its last reported action."""

    code: int
    output: str
    last: str


def environment() -> dict[str, str]:
    import gradtape

    source = str(Path(gradtape.__file__).parents[1])
    # To detect reads of freed memory.
    debugging = {"PYTHONFAULTHANDLER": "1", "PYTHONMALLOC": os.environ.get("PYTHONMALLOC", "debug")}
    return {**os.environ, **debugging, "PYTHONPATH": os.pathsep.join([source, str(ROOT)])}


def start(arguments: list[str], seconds: float) -> Ended:
    """Runs Python with these arguments until it ends, with a file for its reports."""
    with tempfile.NamedTemporaryFile() as progress:
        try:
            done = subprocess.run(
                [sys.executable, *arguments],
                capture_output=True,
                text=True,
                timeout=seconds,
                env={**environment(), "GRADTAPE_PROGRESS": progress.name},
                cwd=ROOT,
            )
            code, output = done.returncode, done.stdout + done.stderr
        except subprocess.TimeoutExpired as late:
            code, output = -1, f"not done in {seconds} s\n{(late.stderr or b'')[-2000:]!r}"
        return Ended(code, output, Path(progress.name).read_text().strip())


def script(code: str, *arguments: str, seconds: float = 300.0) -> str:
    """The output of a program's text; AssertionError if it fails."""
    ended = start(["-c", code, *arguments], seconds)
    assert ended.code == 0, f"ended with {ended.code}\n{ended.output[-3000:]}"
    return ended.output


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
