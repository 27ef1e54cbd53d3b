"""Elementwise derivatives where operands are tiny, huge or at a kink: single precision against double.

If a result is finite in double precision and representable in single precision, it must not have overflowed,
underflowed or become NaN on the way.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import gradtape as tf
from cases import cases
from gradtape._engine.api.api import apply_elementwise
from gradtape._src.table.elementwise import ROWS, Row

SIZES = (1e-30, 1e-20, 1e-10, 1e-6, 1e-3, 0.1, 0.5, 0.9, 0.9999, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 88.0, 100.0)
SIZES = (*SIZES, 1e3, 1e6, 1e10, 1e15, 1e20, 1e30, 3e38)
FEW = (1e-30, 1e-10, 1e-3, 0.5, 1.0, 2.0, 30.0, 1e6, 1e20, 1e30)
POINTS = {1: (*(-x for x in SIZES), -0.0, 0.0, *SIZES), 2: (*(-x for x in FEW), -0.0, 0.0, *FEW)}

# Where an intermediate result inevitably leaves the range of single precision, or cancels as in TensorFlow.
LEFT_OUT = {
    # The second derivatives are quotients by squares, and differences that are 0 where the sides are equal.
    "atan2": lambda y, x: (np.maximum(np.abs(x), np.abs(y)) < 1e-15) | (np.abs(x) == np.abs(y)),
    "digamma": lambda x: (x < 0) & (x > -1e-9),  # its reflection's are quotients by fourth powers
    "floordiv": lambda x, y: np.abs(x / y) < 1e-30,
    "floormod": lambda x, y: np.abs(x / y) < 1e-30,
    "gelu_tanh": lambda x: (np.abs(x) > 4) & (np.abs(x) < 10),
    "pow": lambda x, y: (x <= 0) | (np.abs(np.log(np.maximum(np.abs(x), 1e-30))) * (np.abs(y) + 2) > 80),
    "silu": lambda x, beta: (np.abs(x * beta) > 8) | (np.abs(x * beta) < 1e-6) | (np.abs(x) > 1e6),
    "zeta": lambda x, q: np.abs(q) > 1e15,
}
ROWS_OF_FEW = [row for row in ROWS if row.domain and len(row.arguments) < 3]


def grid(row: Row) -> list[np.ndarray]:
    points: list[Any] = [POINTS[len(row.arguments)]] * len(row.arguments)
    if row.domain[0][0] == row.domain[0][1]:
        points[0] = (1.0, 2.0, 3.0)  # a small integer, as for polygamma and zeta
    operands = np.array(list(itertools.product(*points)), np.float32).T
    if row.name in LEFT_OUT:
        with np.errstate(all="ignore"):
            operands = operands[:, ~LEFT_OUT[row.name](*operands.astype(np.float64))]
    return list(operands)


def derivatives(row: Row, arrays: list[np.ndarray]) -> list[tuple[str, np.ndarray]]:
    tensors = [tf.constant(array) for array in arrays]
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(tensors)
        with tf.GradientTape(persistent=True) as inner:
            inner.watch(tensors)
            y = apply_elementwise(row.name, *tensors)
        first = [inner.gradient(y, x) for x in tensors]
    named = [("value", y), *((f"by {k}", g) for k, g in enumerate(first))]
    named += [(f"by {k} and {m}", outer.gradient(g, x)) for k, g in enumerate(first) if g is not None
              for m, x in enumerate(tensors)]  # fmt: skip
    return [(name, found.numpy()) for name, found in named if found is not None]


@cases("row", ROWS_OF_FEW, ids=lambda row: row.name)
def test_single_precision_is_double_precision_rounded(row: Row) -> None:
    singles = grid(row)
    found = derivatives(row, singles)
    expected = derivatives(row, [array.astype(np.float64) for array in singles])
    for (name, single), (_, double) in zip(found, expected, strict=True):
        with np.errstate(all="ignore"):
            rounded = double.astype(np.float32)
            held = np.isfinite(rounded) & (np.abs(double) < 1e38)
            near = np.abs(single - double) <= 2e-3 * np.abs(double) + 5e-7
        wrong = held & ~near
        assert not wrong.any(), [
            (name, *(array[k] for array in singles), single[k], double[k]) for k in np.flatnonzero(wrong)[:5]
        ]


TAILS = {
    "softplus": (tf.math.softplus, lambda x: np.exp(-np.abs(x))),
    "log_sigmoid": (tf.math.log_sigmoid, lambda x: -np.exp(-np.abs(x))),
    "sigmoid_cross_entropy_with_logits": (
        lambda x: tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(x > 0, x.dtype), x),
        lambda x: np.exp(-np.abs(x)),
    ),
}


@pytest.mark.parametrize("name", TAILS)
def test_derivatives_of_saturated_losses_keep_their_digits(name: str) -> None:
    function, expected = TAILS[name]
    x = tf.constant([20.0, 30.0, -20.0, -30.0])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = function(x)
        first = inner.gradient(y, x)
    np.testing.assert_allclose(outer.gradient(first, x), expected(x.numpy()), rtol=1e-6)
    if name.startswith("sigmoid"):
        np.testing.assert_allclose(first, -np.sign(x) * np.exp(-np.abs(x)), rtol=1e-6)
