"""``python -m gradtape``: what is installed here, a linear regression trained with it, and how long its step takes.

``python -m gradtape NAME ...``: what each name is, or the alternative to a name that gradtape does not support.

``python -m gradtape run PROGRAM ...``: runs a program with gradtape under the names tensorflow and keras.

``python -m gradtape explain [--as text|markdown|latex|html] [--output FILE] PROGRAM ...``: runs a program so, and then
explains the gradients that it computes with tapes: the first one at each line.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import runpy
import sys
import time
from contextlib import redirect_stdout

import numpy as np

import gradtape as tf
from gradtape._engine.kernels import dispatch
from gradtape._src.core import missing


def blas() -> str:
    """The name and version of the BLAS that NumPy was built with, which multiplies large matrices."""
    try:
        found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{found['name']} {found['version']}"
    except (KeyError, TypeError):
        text = io.StringIO()
        with redirect_stdout(text):
            np.show_config()
        return text.getvalue().strip().splitlines()[0]


def threads() -> str:
    """The number of processors that BLAS may use, and what limits it."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    limits = ", ".join(f"{name}={os.environ[name]}" for name in names if name in os.environ)
    return f"{available} ({limits})" if limits else f"{available}"


def main() -> None:
    print(f"gradtape {tf.__version__} on Python {platform.python_version()}, NumPy {np.__version__}")
    print(f"kernels: {dispatch.isa()} (this processor runs {', '.join(dispatch.available())})")
    print(f"threads: {threads()}")
    print(f"BLAS: {blas()}")
    print()
    print("y = 10 x + 13 at ten points, fitted by gradient descent on the mean squared error:")

    x = np.arange(1, 11)
    y = x * 10 + 13
    w, b = tf.Variable(4.0), tf.Variable(1.0)
    optimizer = tf.optimizers.SGD(learning_rate=0.01)

    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(w * x + b - y))
        gradients = tape.gradient(loss, [w, b])
        optimizer.apply_gradients(zip(gradients, [w, b]))
        return loss

    print("epoch        w        b          loss")
    for i in range(501):
        loss = step()
        if i % 50 == 0:
            print(f"{i:5} {w.numpy():8.4f} {b.numpy():8.4f} {loss:13.6f}")

    rounds, steps = [], 500
    for _ in range(15):
        start = time.perf_counter()
        for _ in range(steps):
            step()
        rounds.append((time.perf_counter() - start) / steps)
    print()
    median = sorted(rounds)[len(rounds) // 2]
    print(f"time per step: {median * 1e6:.2f} µs (median of {len(rounds)} rounds of {steps} steps)")


def stand_in(program: str, arguments: list[str]) -> None:
    """Prepares to run a program: gradtape under the names of TensorFlow and Keras, its arguments and its folder."""
    tf.install_as_tensorflow()
    sys.argv = [program, *arguments]
    sys.path[0] = os.path.dirname(os.path.abspath(program))


def run(program: str, *arguments: str) -> None:
    """Runs a program as Python does."""
    stand_in(program, list(arguments))
    runpy.run_path(program, run_name="__main__")


def explain(*arguments: str) -> None:
    """Runs a program and explains its gradients."""
    from gradtape._src.explain import programs

    parser = argparse.ArgumentParser("python -m gradtape explain", description=explain.__doc__)
    parser.add_argument("--as", dest="form", choices=programs.FORMS, default="text", help="the form; text by default")
    parser.add_argument("--output", help="the file to write; standard output by default")
    parser.add_argument("--width", type=int, help="columns of text; the terminal's by default")
    parser.add_argument("program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the program's own")
    asked = parser.parse_args(arguments)
    stand_in(asked.program, asked.arguments)
    shown = programs.run(asked.program, asked.form, asked.width)
    if asked.output is None:
        print(f"\n{shown}")
    else:
        with open(asked.output, "w", encoding="utf-8") as file:
            file.write(shown)


def command(arguments: list[str]) -> None:
    """All commands but `run`, whose output is the program's own."""
    try:
        if arguments[:1] == ["explain"] and len(arguments) > 1:
            explain(*arguments[1:])
        elif {"-h", "--help"} & set(arguments):
            print((__doc__ or "").strip())
        elif arguments:
            print(*map(missing.describe, arguments), sep="\n")
        else:
            main()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has closed the pipe; at exit Python would flush the rest, and fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"] and len(sys.argv) > 2:
        run(*sys.argv[2:])
    else:
        command(sys.argv[1:])
