"""Elementwise operations at zeros, tiny and huge numbers, infinities and NaN, to second order.

Wherever TensorFlow gives a number, or an infinity, gradtape gives the same. Where TensorFlow gives NaN gradtape may
give a value, as it often does.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow

import gradtape
from gradtape._src.table.elementwise import ROWS, Row

INFINITY, NAN = float("inf"), float("nan")
MANY = (0.0, 1e-30, 1e-10, 0.5, 1.0, 2.0, 10.0, 100.0, 1e6, 1e10, 1e20, 1e30, 3e38, INFINITY)
FEW = (0.0, 1e-30, 0.5, 1.0, 2.0, 100.0, 1e20, 1e30, INFINITY)
POINTS = {1: (*MANY, *(-x for x in MANY), NAN), 2: (*FEW, *(-x for x in FEW), NAN)}
TESTED = [
    row
    for row in ROWS
    if row.tensorflow
    and len(row.arguments) in POINTS
    and not row.name.startswith("logical")
    and row.name != "leaky_relu"  # TensorFlow's slope must be a Python number
]
TOLERANCE = {np.float32: 2e-5, np.float64: 1e-9}

# Where TensorFlow is wrong: the reason, and the operands.
NEAR_0 = "TensorFlow's derivatives near 0 are differences that cancel"
VANISH = "TensorFlow's derivatives of tiny operands are quotients by squares that vanish"
TINY_BETA = "TensorFlow's derivative by a tiny beta is a difference that cancels"
ROUNDED = "TensorFlow's derivatives just below 0 are those above, as its rule looks at a result that is 0 there"
DELIBERATE: dict[str, tuple[str, Callable[..., Any]]] = {
    "atan2": (
        "TensorFlow's derivatives of tiny operands are quotients by squares that vanish",
        lambda y, x: (np.abs(y) == 1e-30) & (np.abs(x) == 1e-30),
    ),
    "bessel_i0": (NEAR_0, lambda x: np.abs(x) < 1e-6),
    "bessel_i1": (NEAR_0, lambda x: np.abs(x) < 1e-6),
    "bessel_i1e": (NEAR_0, lambda x: np.abs(x) < 1e-6),
    "elu": (ROUNDED, lambda x: (x < 0) & (x > -1e-6)),
    "selu": (ROUNDED, lambda x: (x < 0) & (x > -1e-6)),
    "silu": (
        "TensorFlow's derivative by a tiny beta is a difference that cancels",
        lambda x, beta: np.abs(beta) < 1e-20,
    ),
}
# Where there is no agreed value: poles that infinity is rounded to, orders that are not integers.
LEFT_OUT: dict[str, Callable[..., Any]] = {
    "digamma": lambda x: (x == -INFINITY) | ((x < 0) & (x > -1e-6)),
    "lgamma": lambda x: x == -INFINITY,
    "polygamma": lambda a, x: (a != np.rint(a)) | (np.abs(a) > 100) | (a < 1) | (x < 0),
}


def resolve(library: Any, path: str) -> Any:
    return functools.reduce(getattr, path.split("."), library)


def derivatives(library: Any, function: Callable[..., Any], arrays: list[np.ndarray]) -> dict[str, np.ndarray]:
    """The value, its derivatives by each operand, and the second derivatives."""

    def gradient(tape: Any, target: Any, source: Any) -> Any:
        try:
            return tape.gradient(target, source)
        except LookupError:  # TensorFlow has no gradient here
            return None

    tensors = [library.constant(array) for array in arrays]
    with library.GradientTape(persistent=True) as outer:
        outer.watch(tensors)
        with library.GradientTape(persistent=True) as inner:
            inner.watch(tensors)
            y = function(*tensors)
        first = [gradient(inner, y, x) for x in tensors]
    found = {"value": y} | {f"by {k}": g for k, g in enumerate(first)}
    for k, g in enumerate(first):
        if g is not None:
            found |= {f"by {k} and {m}": gradient(outer, g, x) for m, x in enumerate(tensors)}
    return {name: np.broadcast_to(np.array(g), arrays[0].shape) for name, g in found.items() if g is not None}


@pytest.mark.parametrize("dtype", TOLERANCE, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("row", TESTED, ids=lambda row: row.name)
def test_numbers_of_tensorflow_are_gradtapes(row: Row, dtype: type) -> None:
    points = POINTS[len(row.arguments)]
    operands = np.array(list(itertools.product(*[points] * len(row.arguments))), dtype).T
    with np.errstate(all="ignore"):
        for left_out in (LEFT_OUT.get(row.name), DELIBERATE.get(row.name, ("", None))[1]):
            if left_out is not None:
                operands = operands[:, ~left_out(*operands.astype(np.float64))]
        expected = derivatives(tensorflow, resolve(tensorflow, row.tensorflow[0]), list(operands))
        found = derivatives(gradtape, resolve(gradtape, row.tensorflow[0]), list(operands))
        for name, theirs in expected.items():
            ours = found[name]
            ours, theirs = ours.astype(np.float64), theirs.astype(np.float64)
            near = np.abs(ours - theirs) <= TOLERANCE[dtype] * np.abs(theirs) + TOLERANCE[dtype] / 10
            wrong = ~((ours == theirs) | near | np.isnan(theirs))
            assert not wrong.any(), [
                (name, *(array[k] for array in operands), "TensorFlow", theirs[k], "gradtape", ours[k])
                for k in np.flatnonzero(wrong)[:5]
            ]


@pytest.mark.parametrize("name", DELIBERATE)
def test_tensorflow_is_still_wrong(name: str) -> None:
    """The cases excluded above still differ; otherwise they need not be excluded."""
    row = next(row for row in TESTED if row.name == name)
    operands = np.array(list(itertools.product(*[POINTS[len(row.arguments)]] * len(row.arguments))), np.float64).T
    with np.errstate(all="ignore"):
        operands = operands[:, DELIBERATE[name][1](*operands)]
        expected = derivatives(tensorflow, resolve(tensorflow, row.tensorflow[0]), list(operands))
        found = derivatives(gradtape, resolve(gradtape, row.tensorflow[0]), list(operands))
        assert any((np.abs(found[key] - theirs) > 1e-9 * np.abs(theirs)).any() for key, theirs in expected.items())
