"""python -m tests.robustness [--steps N] [--seed S] [--only programs|hostile] [--processes N]

Runs random programs and hostile calls in child processes, N steps of each, and prints failures with their seeds.
To reproduce a child by its seed in this process: python -m tests.robustness --child programs SEED STEPS.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from .child import reporter, start

SHARE = {"programs": 500, "hostile": 500}  # steps per child


def child(kind: str, seed: int, steps: int) -> None:
    import importlib
    import logging

    logging.disable(logging.CRITICAL)
    report = reporter()
    importlib.import_module(f"tests.robustness.{kind}").run(seed, steps, report)
    report("the interpreter's end")


def campaign(kinds: list[str], seed: int, steps: int, processes: int) -> Iterator[str]:
    """Runs this number of steps of each kind; yields failures in words, in order, as soon as they are known."""
    jobs = [
        (kind, seed + place, min(SHARE[kind], steps - place))
        for kind in kinds
        for place in range(0, steps, SHARE[kind])
    ]

    def run(job: tuple[str, int, int]) -> str:
        kind, first, count = job
        arguments = ["-m", "tests.robustness", "--child", kind, str(first), str(count)]
        ended = start(arguments, 120 + count)
        if ended.code == 0:
            return ""
        return f"{' '.join(arguments)} ended with {ended.code} at: {ended.last}\n{ended.output[-3000:]}"

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
