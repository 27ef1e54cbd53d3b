"""The logger's output, once and where."""

from __future__ import annotations

import os
import subprocess
import sys

from gradtape._src.core.hints import DIAGNOSE

# Counts of logged messages belong to the process, so both libraries are run in new ones. First the output and its
# stream in a program that configures nothing; then what a custom handler receives.
WARNINGS = """
import importlib, logging, sys
tf = importlib.import_module(sys.argv[1])
with tf.GradientTape() as tape:
    tape.watch(tf.constant(2))
tf.get_logger().setLevel("ERROR")
with tf.GradientTape() as tape:
    tape.watch(tf.constant(2))
print("end", file=sys.stderr)
tf.get_logger().setLevel("WARNING")
class Printer(logging.Handler):
    def emit(self, record):
        print(record.levelname, record.getMessage().replace("tensorflow", "gradtape").removesuffix(sys.argv[2]))
logger = tf.get_logger()
assert logger is logging.getLogger(sys.argv[1])
logger.handlers[:], logger.propagate = [Printer()], False
k, x, n = tf.constant(2), tf.constant([[2.0]]), tf.Variable(3)
with tf.GradientTape(persistent=True) as tape:
    tape.watch(x)
    print("watching")
    tape.watch(k)
    tape.watch([k, n, tf.constant(True)])
    for _ in range(7):
        tape.watch(n)
    y, i = x * x, tf.cast(x, tf.int32)
    print("gradients inside")
    for _ in range(3):
        tape.gradient(y, x)
    tape.gradient(y, x)
    print("jacobians inside")
    tape.jacobian(y, x)
    tape.batch_jacobian(y, x)
    tape.jacobian(y, x, experimental_use_pfor=False)
    print("one line, two warnings")
    for _ in range(3):
        tape.watch(k), tape.gradient(y, x)
print("sources and targets")
found = [tape.gradient(y, k), tape.gradient(i, x), tape.gradient([i, y], [x, n])]
found += [tape.jacobian(i, x), tape.jacobian(y, k)]
logger.setLevel(1)
found += [tape.gradient(y, k), tape.gradient([i, y], [x, n])]
logger.setLevel(logging.WARNING)
print(tf.nest.flatten(found))
print("primals")
for _ in range(4):
    tf.autodiff.ForwardAccumulator(k, tf.constant(1))
    tf.autodiff.ForwardAccumulator([x, n], [x, tf.constant(1)])
"""


def test_warnings() -> None:
    def said(library: str) -> tuple[list[str], list[str]]:
        command = [sys.executable, "-c", WARNINGS, library, DIAGNOSE]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
        errors = done.stderr.replace("tensorflow", "gradtape").splitlines()
        assert any(line.endswith(DIAGNOSE) for line in errors) == (library == "gradtape")
        errors = [line.removesuffix(DIAGNOSE) for line in errors]
        return done.stdout.splitlines(), [line for line in errors if line == "end" or line.startswith("WARNING:gra")]

    expected = said("tensorflow")
    assert said("gradtape") == expected
    assert len([line for line in expected[0] if line.startswith("WARNING")]) > 10
    assert expected[1] == [
        "WARNING:gradtape:The dtype of the watched tensor must be floating (e.g. tf.float32), got tf.int32",
        "end",
    ]
