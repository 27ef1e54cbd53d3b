"""Work in a child process: whatever ends it, its last action is known."""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Ended(NamedTuple):
    """How a child ended: its exit code (negative for a signal) and its output."""

    code: int
    output: str


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
    """Runs Python with these arguments until it ends."""
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            timeout=seconds,
            env={**os.environ, **debugging()},
            cwd=ROOT,
        )
        return Ended(done.returncode, done.stdout + done.stderr)
    except subprocess.TimeoutExpired as late:
        return Ended(-1, f"not done in {seconds} s\n{(late.stderr or b'')[-2000:]!r}")


def reporter(path: str | None) -> Callable[[str], None]:
    """In a child: overwrites its last report, in this file, with the present action."""
    faulthandler.enable()
    warnings.simplefilter("ignore")
    if path is None:
        return lambda text: None
    descriptor = os.open(path, os.O_WRONLY)

    def report(text: str) -> None:
        os.pwrite(descriptor, text.encode()[:200].ljust(200), 0)

    return report
