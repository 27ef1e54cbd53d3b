"""Programs given as text, each run in its own process with Python's debugging of memory."""

from __future__ import annotations

import atexit
import functools
import tempfile
from pathlib import Path

from forked import Interpreter

from .child import debugging, start

HEAD = "import gradtape as tf, numpy as np, gc, sys, weakref\n"  # of most scripts


def script(code: str, *arguments: str, seconds: float = 300.0) -> str:
    """The output of a program's text in a new interpreter; AssertionError if it fails."""
    ended = start(["-c", code, *arguments], seconds)
    assert ended.code == 0, f"ended with {ended.code}\n{ended.output[-3000:]}"
    return ended.output


@functools.cache
def forking(imported: str) -> Interpreter:
    found = Interpreter(imported, **debugging())
    atexit.register(found.close)
    return found


def forked_script(code: str, *arguments: str, imported: str = "gradtape", seconds: float = 300.0) -> str:
    """Like `script`, but the process is forked from one that has done no more than import this module.

    A fork completes the names of gradtape: programs about their first reading are forked before its import.
    """
    with tempfile.TemporaryDirectory() as place:
        done = forking(imported).run(["-c", code, *arguments], Path(place), seconds)
    output = done.stdout + done.stderr
    assert done.returncode == 0, f"ended with {done.returncode}\n{output[-3000:]}"
    return output
