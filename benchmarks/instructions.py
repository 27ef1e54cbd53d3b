"""Counts the instructions per recorded operation and per operation of the reverse sweep, with callgrind.

Times depend on the machine; instruction counts do not, so tests can check them. A workload runs at two lengths,
and the differences give the cost of one more operation; one-time costs cancel. It is a single run of valgrind: calls
of getppid, which nothing else makes, separate the parts of the profile.

    python -m benchmarks.instructions             count and print
    python -m benchmarks.instructions --record    count and write instructions.json
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RECORDED = HERE / "instructions.json"
ISA = "baseline"
SHORT, LONG = 50, 250
ENGINE = re.compile(r"/gradtape/_engine/[^/]+/[^/]+\.(so|pyd)$")

TITLES = {
    "multiply": "scalar multiplication",
    "elementwise": "tanh of 10 elements",
    "matmul": "product of 8×8 matrices",
    "variable": "variable read, added, and assigned",
    "tape": "tape entered, x * x, left, gradient",
    "regression": "the tutorial's regression step",
    "adam": "Adam's step of four 8×8 variables",
    "options": "AdamW's, clipped, scheduled, averaged",
}

Sweep = Callable[[], Any]
"""The rest of a workload after recording `count` operations: their sweep."""


def multiply(tf: Any, count: int) -> Sweep:
    x, factor = tf.Variable(1.0), tf.constant(1.0)
    with tf.GradientTape() as tape:
        y = x * factor
        for _ in range(count):
            y = y * factor
    return lambda: tape.gradient(y, x)


def elementwise(tf: Any, count: int) -> Sweep:
    x = tf.Variable([0.1 * i for i in range(10)])
    with tf.GradientTape() as tape:
        y = tf.tanh(x)
        for _ in range(count):
            y = tf.tanh(y)
    return lambda: tape.gradient(y, x)


def matmul(tf: Any, count: int) -> Sweep:
    x, factor = tf.Variable([[0.1] * 8] * 8), tf.constant([[0.1] * 8] * 8)
    with tf.GradientTape() as tape:
        y = x @ factor
        for _ in range(count):
            y = y @ factor
    return lambda: tape.gradient(y, x)


def variable(tf: Any, count: int) -> Sweep:
    x, step = tf.Variable(1.0), tf.constant(1.0)
    with tf.GradientTape() as tape:
        y = x + step
        for _ in range(count):
            y = y + x
            x.assign(step)
    return lambda: tape.gradient(y, x)


def tape(tf: Any, count: int) -> None:
    x = tf.Variable(1.0)
    for _ in range(count):
        with tf.GradientTape() as tape:
            y = x * x
        tape.gradient(y, x)


def regression(tf: Any, count: int) -> None:
    from benchmarks.workloads.regression import tutorial

    step = tutorial(tf).step
    for _ in range(count):
        step()


def steps(tf: Any, count: int, optimizer: Any) -> None:
    variables = [tf.Variable([[0.1] * 8] * 8) for _ in range(4)]
    gradients = [tf.constant([[0.1] * 8] * 8) for _ in range(4)]
    for _ in range(count):
        optimizer.apply_gradients(zip(gradients, variables))  # noqa: B905 (strict would be counted)


def adam(tf: Any, count: int) -> None:
    steps(tf, count, tf.optimizers.Adam())


def options(tf: Any, count: int) -> None:
    rate = tf.optimizers.schedules.ExponentialDecay(0.01, 1000, 0.9)
    steps(tf, count, tf.optimizers.AdamW(rate, clipnorm=1.0, use_ema=True))


WORKLOADS: dict[str, Callable[[Any, int], Sweep | None]] = {
    "multiply": multiply,
    "elementwise": elementwise,
    "matmul": matmul,
    "variable": variable,
    "tape": tape,
    "regression": regression,
    "adam": adam,
    "options": options,
}
STEPS = ("tape", "regression", "adam", "options")
PHASES = {name: ("step",) if name in STEPS else ("recorded", "swept") for name in WORKLOADS}
"""The phases counted for each workload: recording and sweep of an operation, or a whole step."""


def parts() -> Iterator[tuple[str, int, str]]:
    """The parts of the profile, in order."""
    for name, phases in PHASES.items():
        for count in (SHORT, LONG):
            for phase in phases:
                yield name, count, phase


def work() -> None:
    """The program run under valgrind: every workload once to fill pools and caches, and once, marking the parts."""
    import gc

    import gradtape as tf

    def run(mark: Callable[[], Any]) -> None:
        for workload in WORKLOADS.values():
            for count in (SHORT, LONG):
                mark()
                sweep = workload(tf, count)
                if sweep is not None:
                    mark()
                    sweep()
                del sweep

    run(lambda: None)
    gc.collect()
    gc.disable()
    run(os.getppid)
    os.getppid()


def totals(profile: Path) -> tuple[int, int]:
    """Instructions in one part of a profile: in total, and in gradtape's own shared objects."""
    everything = engine = 0
    inside = False
    after_call = False
    for line in profile.read_text().splitlines():
        if line.startswith("ob="):
            inside = ENGINE.search(line) is not None
        elif line.startswith("calls="):
            after_call = True  # the next line is the callee's cost, which is counted in the callee
        elif line[:1].isdigit():
            if not after_call:
                cost = int(line.split()[1])
                everything += cost
                engine += cost * inside
            after_call = False
    return everything, engine


def measure() -> dict[str, dict[str, dict[str, float]]]:
    """Counts per operation for every workload and phase, in total and in the engine; needs valgrind.

    Raises RuntimeError with the end of valgrind's output if it or the program fails.
    """
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "profile"
        command = [
            "valgrind",
            "--tool=callgrind",
            f"--callgrind-out-file={out}",
            "--compress-strings=no",
            "--compress-pos=no",
            "--dump-before=getppid",
            sys.executable,
            str(Path(__file__).resolve()),
            "--work",
        ]
        paths = [path for path in (os.environ.get("PYTHONPATH"), str(HERE.parent)) if path]
        fixed = {
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": os.pathsep.join(paths),
            "GRADTAPE_ISA": ISA,
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        done = subprocess.run(command, env={**os.environ, **fixed}, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        # Part 1 ends at the first mark; part i + 1 is entry i of parts().
        counted = {part: totals(Path(f"{out}.{number}")) for number, part in enumerate(parts(), start=2)}

    def slope(name: str, phase: str, kind: int) -> float:
        return (counted[name, LONG, phase][kind] - counted[name, SHORT, phase][kind]) / (LONG - SHORT)

    return {
        name: {phase: {"all": slope(name, phase, 0), "engine": slope(name, phase, 1)} for phase in phases}
        for name, phases in PHASES.items()
    }


def interpreter() -> str:
    """What the counts depend on besides gradtape and its compiler."""
    return f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}"


def compiler() -> str:
    """The compiler of the engine."""
    from gradtape._engine.kernels import dispatch

    return dispatch.compiler()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="write instructions.json")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.work:
        work()
        return
    counts = measure()
    found = {"interpreter": interpreter(), "compiler": compiler(), "counts": counts}
    if chosen.record:
        RECORDED.write_text(json.dumps(found, indent=2) + "\n")
    if chosen.json:
        print(json.dumps(found))
        return
    for name, phase, count, engine in lines(counts):
        print(f"{name:<40}{phase:<10}{count:>10.1f}{engine:>10.1f} in the engine")


def lines(counts: dict[str, dict[str, dict[str, float]]]) -> list[tuple[str, str, float, float]]:
    """The counts as rows: workload, phase, total instructions, instructions in the engine."""
    return [
        (TITLES[name], phase, kinds["all"], kinds["engine"])
        for name, phases in counts.items()
        for phase, kinds in phases.items()
    ]


if __name__ == "__main__":
    main()
