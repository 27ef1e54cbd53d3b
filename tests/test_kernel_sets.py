"""Every kernel set gives the same results: one program of all kinds of work, run under each in its own process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradtape._engine.kernels import dispatch

PROGRAM = """
import json
import numpy as np
import gradtape as tf
from gradtape._engine.api.api import apply_elementwise
from gradtape._src.optimizers.rows import ROWS as OPTIMIZERS
from gradtape._src.table.elementwise import ROWS

generator = np.random.default_rng(1)
found = {}
for dtype in ("float32", "float64"):
    for row in ROWS:
        if not row.domain:
            continue
        for size in (1, 7, 100):
            operands = [tf.Variable(generator.uniform(low, high, size).astype(dtype)) for low, high in row.domain]
            with tf.GradientTape() as tape:
                y = apply_elementwise(row.name, *operands)
            gradients = tape.gradient(y, operands)
            results = [y, *(g for g in gradients if g is not None)]
            found[f"{row.name} {dtype} {size}"] = [np.asarray(r).tolist() for r in results]
    for m, k, n in ((1, 1, 1), (3, 5, 7), (17, 33, 9), (64, 64, 64)):
        a = tf.Variable(generator.normal(size=(m, k)).astype(dtype))
        b = tf.Variable(generator.normal(size=(k, n)).astype(dtype))
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.square(a @ b), axis=0)
        values = [y, *tape.gradient(y, [a, b])]
        found[f"matmul {dtype} {m} {k} {n}"] = [value.numpy().tolist() for value in values]
    x = tf.constant(generator.normal(size=(13, 11, 5)).astype(dtype))
    for name in ("reduce_sum", "reduce_mean", "reduce_max", "reduce_min"):
        for axis in (None, 0, 1, 2, (0, 2)):
            found[f"{name} {dtype} {axis}"] = [np.asarray(getattr(tf, name)(x, axis)).tolist()]
    for name in (row.__name__ for row in OPTIMIZERS):
        v, optimizer = tf.Variable(generator.normal(size=77).astype(dtype)), getattr(tf.optimizers, name)(0.1)
        for _ in range(2):
            optimizer.apply_gradients([(tf.constant(generator.normal(size=77).astype(dtype)), v)])
        found[f"{name} {dtype}"] = [v.numpy().tolist()]
print(json.dumps(found))
"""


def answers(isa):
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env={**os.environ, "GRADTAPE_ISA": isa}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def baseline():
    return answers("baseline")


@pytest.mark.parametrize("isa", [name for name in dispatch.available() if name != "baseline"])
def test_a_kernel_set_agrees_with_the_baseline(isa, baseline):
    found = answers(isa)
    assert list(found) == list(baseline)
    for name, results in found.items():
        single = "float32" in name
        for ours, theirs in zip(results, baseline[name], strict=True):
            scale = np.max(np.abs(theirs), initial=1.0)
            np.testing.assert_allclose(
                ours, theirs, 2e-5 if single else 1e-12, scale * (1e-6 if single else 1e-14), err_msg=name
            )


@pytest.mark.parametrize("isa", [name for name in dispatch.available() if name != dispatch.isa()])
def test_cutting_products_changes_no_bit_under_any_other_kernel_set(isa):
    tests = Path(__file__).parent / "test_threads_pool.py"
    command = [sys.executable, "-m", "pytest", "-q", tests, "-k", "cut_products"]
    done = subprocess.run(command, env={**os.environ, "GRADTAPE_ISA": isa}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
