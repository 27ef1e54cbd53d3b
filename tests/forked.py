"""Runs programs in processes forked from one that has already imported what takes longest to import.

Run as a program, this module is the parent: it imports the given modules, then reads programs.
Where processes cannot be forked, each program starts an interpreter instead.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
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

    def run(self, path: Path, place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The outcome of a program run in a folder."""
        command = [str(path), *arguments]
        if self.forking is None:
            return subprocess.run(
                [sys.executable, *command],
                cwd=place,
                env=self.environment,
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
        self.forking.stdin.write(json.dumps([command, str(place)]) + "\n")
        self.forking.stdin.flush()
        status = int(self.forking.stdout.readline())
        printed = [place / "stdout", place / "stderr"]
        return subprocess.CompletedProcess(command, status, *(one.read_text("utf-8") for one in printed))

    def close(self) -> None:
        if self.forking is not None:
            self.forking.communicate()


def serve() -> None:
    """Forks a process for each program, which returns from here to run it."""
    for line in sys.stdin:
        command, place = json.loads(line)
        child = os.fork()
        if child == 0:
            os.chdir(place)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for number, name in enumerate(("stdout", "stderr"), 1):
                os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            sys.argv = command
            sys.path[0] = str(Path(command[0]).parent)
            runpy.run_path(command[0], run_name="__main__")
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        importlib.import_module(name)
    serve()
