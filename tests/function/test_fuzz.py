"""Random programs give the same bits compiled and eagerly: results, gradients, variables, random numbers, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from random_programs import State, program

import gradtape as tf

PROGRAMS, BLOCK = 1000, 50


def bits(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [bits(item) for item in value]
    if isinstance(value, tf.IndexedSlices):
        return bits([value.values, value.indices])
    return None if value is None else (value.dtype.name, tuple(value.shape), np.asarray(value).tobytes())


def differentiated(function: Any, state: State, x: Any, s: Any) -> Any:
    """The results of a call, and their gradients from a tape around it."""
    with tf.GradientTape() as tape:
        tape.watch([x, s])
        results, loss, gradients = function(state, x, s)
        total = loss + tf.add_n([tf.reduce_sum(g) for g in gradients[:2] if isinstance(g, tf.Tensor)] or [0.0])
    return results, loss, gradients, tape.gradient(total, [x, s, *state.variables])


def history(function: Any, seed: int) -> list[Any]:
    """The results or exceptions of six calls on drawn operands, and the state after each."""
    state, draw, found = State(seed), np.random.default_rng(seed), []
    for _ in range(6):
        x = tf.constant(draw.uniform(-1.0, 1.0, (3, 4)), tf.float32)
        s = tf.constant(draw.choice([-1.0, 0.3, 0.9, 2.5]), tf.float32)
        try:
            if seed % 3:
                found.append(bits(function(state, x, s)))
            else:
                found.append(bits(differentiated(function, state, x, s)))
        except Exception as error:
            found.append((type(error), str(error)))
        found.append(state.values())
    return found


@pytest.mark.parametrize("first", range(0, PROGRAMS, BLOCK))
def test_programs(first):
    for seed in range(first, first + BLOCK):
        run = program(seed)
        assert history(tf.function(run), seed) == history(run, seed), f"program {seed}"
