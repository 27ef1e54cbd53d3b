"""python -m tests.robustness [--steps N] [--seed S] [--only programs|hostile] [--processes N]

Runs random programs and hostile calls in child processes, N steps of each, and prints failures with their seeds.
To reproduce a child by its seed in this process: python -m tests.robustness --child programs SEED STEPS.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .child import ROOT, debugging, reporter

SHARE = {"programs": 500, "hostile": 500}  # steps per child


def child(kind: str, seed: int, steps: int, progress: str | None = None) -> None:
    import importlib
    import logging

    logging.disable(logging.CRITICAL)
    report = reporter(progress)
    importlib.import_module(f"tests.robustness.{kind}").run(seed, steps, report)
    report("the interpreter's end")


def campaign(kinds: list[str], seed: int, steps: int, processes: int) -> Iterator[str]:
    """Runs this number of steps of each kind; yields failures in words, in order, as soon as they are known.

    The children of a process are forked from one that has imported what they need.
    """
    from forked import Interpreter

    jobs = [
        (kind, seed + place, min(SHARE[kind], steps - place))
        for kind in kinds
        for place in range(0, steps, SHARE[kind])
    ]

    def run(job: tuple[str, int, int]) -> str:
        kind, first, count = job
        interpreter = idle.get()
        with tempfile.TemporaryDirectory() as folder:
            progress = Path(folder) / "progress"
            progress.touch()
            arguments = f"{kind!r}, {first}, {count}, {str(progress)!r}"
            code = f"from tests.robustness.__main__ import child; child({arguments})"
            ended = interpreter.run(["-c", code], Path(folder), 120 + count)
            last = progress.read_text().strip()
        idle.put(interpreter)
        if ended.returncode == 0:
            return ""
        command = f"python -m tests.robustness --child {kind} {first} {count}"
        return f"{command} ended with {ended.returncode} at: {last}\n{(ended.stdout + ended.stderr)[-3000:]}"

    idle: queue.SimpleQueue[Interpreter] = queue.SimpleQueue()
    with contextlib.ExitStack() as stack:
        for _ in range(min(processes, len(jobs))):
            interpreter = Interpreter(*(f"tests.robustness.{kind}" for kind in kinds), **debugging())
            stack.callback(interpreter.close)
            idle.put(interpreter)
        with ThreadPoolExecutor(processes) as pool:
            yield from filter(None, pool.map(run, jobs))


def main() -> int:
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        return 0
    parser = argparse.ArgumentParser(prog="python -m tests.robustness", description=__doc__)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=sorted(SHARE))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    sys.path.append(str(ROOT / "tests"))
    kinds = [options.only] if options.only else sorted(SHARE)
    begun = time.monotonic()
    failures = 0
    for failure in campaign(kinds, options.seed, options.steps, options.processes):
        print(failure, "\n", flush=True)
        failures += 1
    seconds = time.monotonic() - begun
    print(f"{options.steps} steps each of {' and '.join(kinds)} in {seconds:.0f} s: {failures or 'no'} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
