"""Runs programs in processes forked from one that has already imported what takes longest to import.

Run as a program, this module is the parent: it imports the given modules, then reads programs.
Where processes cannot be forked, each program starts an interpreter instead.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path


class Interpreter:
    """Runs programs after importing some modules.

    Args:
      modules: the modules to import before any program runs.
      environment: additional environment variables.
    """

    def __init__(self, *modules: str, **environment: str) -> None:
        self.environment = {**os.environ, "PYTHONIOENCODING": "utf-8", **environment}
        self.forking = None
        if hasattr(os, "fork"):
            command = [sys.executable, __file__, *modules]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            self.forking = subprocess.Popen(command, env=self.environment, text=True, **pipes)

    def run(self, command: list[str], place: Path, seconds: float = 3600) -> subprocess.CompletedProcess[str]:
        """The outcome of Python's command line, a file or ``-c`` and a text, run in a folder.

        A process that takes longer than these seconds is killed.
        """
        if self.forking is None:
            return subprocess.run(
                [sys.executable, *command],
                cwd=place,
                env=self.environment,
                capture_output=True,
                encoding="utf-8",
                check=False,
                timeout=seconds,
            )
        self.forking.stdin.write(json.dumps([command, str(place), seconds]) + "\n")
        self.forking.stdin.flush()
        status = int(self.forking.stdout.readline())
        printed = [place / "stdout", place / "stderr"]
        return subprocess.CompletedProcess(command, status, *(one.read_text("utf-8") for one in printed))

    def close(self) -> None:
        if self.forking is not None:
            self.forking.communicate()


def run(command: list[str]) -> None:
    """Runs a command line as Python would."""
    if command[0] == "-c":
        sys.argv, sys.path[0] = ["-c", *command[2:]], ""
        exec(compile(command[1], "<string>", "exec", dont_inherit=True), vars(sys.modules["__main__"]))
    else:
        sys.argv, sys.path[0] = command, str(Path(command[0]).parent)
        runpy.run_path(command[0], run_name="__main__")


def serve() -> None:
    """Forks a process for each program, which returns from here to end as interpreters do."""
    gc.freeze()  # collections in children look at their own objects
    for line in sys.stdin:
        command, place, seconds = json.loads(line)
        child = os.fork()
        if child == 0:
            os.chdir(place)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for number, name in enumerate(("stdout", "stderr"), 1):
                os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            run(command)
            return

        def kill(*_: object, late: int = child) -> None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(late, signal.SIGKILL)

        handler = signal.signal(signal.SIGALRM, kill)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        _, status = os.waitpid(child, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        importlib.import_module(name)
    serve()
