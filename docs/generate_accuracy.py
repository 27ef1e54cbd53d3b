"""Writes docs/accuracy.md: the worst errors of elementwise functions and of sums; with --print, to standard output.

Functions are compared with mpmath at pseudo-random points, sums with math.fsum. It takes about a minute.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import mpmath
import numpy as np
from generate_operations import heading, line

import gradtape
from gradtape._engine.api.api import apply_elementwise
from gradtape._engine.kernels.dispatch import isa
from gradtape._src.table.elementwise import ROWS
from gradtape._src.table.elementwise.activations import GELU_CUBIC, GELU_SQRT_HALF

HEAD = """# Accuracy

Written by `python docs/generate_accuracy.py`, which needs mpmath, on the machine and with the kernels named below.

## Elementwise functions

The largest error found among {points} pseudo-random points of each interval, half of them close to its ends or to 0, in
units in the last place (ULP) of the exact result: 0.5 is what rounding alone costs, and `at` is where it was found.
Arguments are taken to be exact. Where terms cancel, as in losses near 0 or on the negative side of gelu and silu, and
near zeros of digamma, the error is small beside the terms and large beside their sum. What is not listed (arithmetic,
comparisons, rounding) is what IEEE 754 says, rounded once.

"""

SUMS = """
## Sums

Errors of sums of n pseudo-random numbers, in the dtype's epsilon times the sum of their magnitudes: below 1 the result
is as good as rounding every summand once. Blocks of a run are added up in the dtype, their sums in double precision.
The number of threads changes none of them; `matmul` is NumPy's BLAS on processors for which that is the faster one.

"""

POINTS = 2000


class Reference(NamedTuple):
    """The exact function, and one interval per operand on which it is asked for."""

    function: Callable[..., Any]
    intervals: tuple[tuple[float, float], ...]


def _smoothed(x: Any) -> Any:
    return mpmath.log1p(mpmath.exp(-abs(x)))


def _poisson_loss(targets: Any, z: Any) -> Any:
    stirling = targets * mpmath.log(targets) - targets + mpmath.log(2 * mpmath.pi * targets) / 2
    return mpmath.exp(z) - z * targets + stirling


def _cross_entropy(labels: Any, z: Any) -> Any:
    return max(z, 0) - z * labels + _smoothed(z)


def _weighted_cross_entropy(labels: Any, z: Any, weight: Any) -> Any:
    return (1 - labels) * z + (1 + (weight - 1) * labels) * (_smoothed(z) + max(-z, 0))


SCALE, SCALE_ALPHA = mpmath.mpf(1.0507009873554805), mpmath.mpf(1.7580993408473768)
WIDE, UNIT, POSITIVE = (-1e4, 1e4), (-1.0, 1.0), (1e-30, 1e30)

REFERENCES = {
    "squared_difference": Reference(lambda x, y: (x - y) ** 2, (WIDE, WIDE)),
    "xdivy": Reference(lambda x, y: x / y, (WIDE, POSITIVE)),
    "sqrt": Reference(mpmath.sqrt, (POSITIVE,)),
    "rsqrt": Reference(lambda x: 1 / mpmath.sqrt(x), (POSITIVE,)),
    "reciprocal": Reference(lambda x: 1 / x, (POSITIVE,)),
    "pow": Reference(mpmath.power, ((1e-2, 1e2), (-8.0, 8.0))),
    "exp": Reference(mpmath.exp, ((-87.0, 88.0),)),
    "expm1": Reference(mpmath.expm1, ((-20.0, 88.0),)),
    "log": Reference(mpmath.log, (POSITIVE,)),
    "log1p": Reference(mpmath.log1p, ((-0.999, 1e30),)),
    "xlogy": Reference(lambda x, y: x * mpmath.log(y), (WIDE, POSITIVE)),
    "xlog1py": Reference(lambda x, y: x * mpmath.log1p(y), (WIDE, (-0.999, 1e30))),
    "sin": Reference(mpmath.sin, (WIDE,)),
    "cos": Reference(mpmath.cos, (WIDE,)),
    "tan": Reference(mpmath.tan, (WIDE,)),
    "asin": Reference(mpmath.asin, (UNIT,)),
    "acos": Reference(mpmath.acos, (UNIT,)),
    "atan": Reference(mpmath.atan, (WIDE,)),
    "atan2": Reference(mpmath.atan2, (WIDE, WIDE)),
    "sinh": Reference(mpmath.sinh, ((-88.0, 88.0),)),
    "cosh": Reference(mpmath.cosh, ((-88.0, 88.0),)),
    "tanh": Reference(mpmath.tanh, ((-20.0, 20.0),)),
    "asinh": Reference(mpmath.asinh, (WIDE,)),
    "acosh": Reference(mpmath.acosh, ((1.0, 1e4),)),
    "atanh": Reference(mpmath.atanh, (UNIT,)),
    "erf": Reference(mpmath.erf, ((-6.0, 6.0),)),
    "erfc": Reference(mpmath.erfc, ((-6.0, 9.0),)),
    "lgamma": Reference(mpmath.loggamma, ((1e-3, 1e4),)),
    "digamma": Reference(mpmath.digamma, ((1e-3, 1e4),)),
    "polygamma": Reference(lambda n, x: mpmath.polygamma(int(n), x), ((2.0, 2.0), (0.1, 100.0))),
    "zeta": Reference(mpmath.zeta, ((2.5, 2.5), (0.1, 100.0))),
    "erfinv": Reference(mpmath.erfinv, (UNIT,)),
    "erfcinv": Reference(lambda x: mpmath.erfinv(1 - x), ((1e-6, 1.999),)),
    "ndtri": Reference(lambda p: mpmath.sqrt(2) * mpmath.erfinv(2 * p - 1), ((1e-6, 0.999),)),
    "bessel_i0": Reference(lambda x: mpmath.besseli(0, x), ((-80.0, 80.0),)),
    "bessel_i1": Reference(lambda x: mpmath.besseli(1, x), ((-80.0, 80.0),)),
    "bessel_i0e": Reference(lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(0, x), ((-1e3, 1e3),)),
    "bessel_i1e": Reference(lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(1, x), ((-1e3, 1e3),)),
    "sigmoid": Reference(lambda x: 1 / (1 + mpmath.exp(-x)), ((-80.0, 80.0),)),
    "log_sigmoid": Reference(lambda x: -mpmath.log1p(mpmath.exp(-x)), ((-80.0, 80.0),)),
    "softplus": Reference(lambda x: mpmath.log1p(mpmath.exp(x)), ((-80.0, 80.0),)),
    "softsign": Reference(lambda x: x / (1 + abs(x)), (WIDE,)),
    "elu": Reference(lambda x: mpmath.expm1(x) if x < 0 else x, ((-20.0, 20.0),)),
    "selu": Reference(lambda x: SCALE_ALPHA * mpmath.expm1(x) if x < 0 else SCALE * x, ((-20.0, 20.0),)),
    "gelu": Reference(lambda x: x / 2 * mpmath.erfc(x * -mpmath.mpf(GELU_SQRT_HALF)), ((-5.0, 5.0),)),
    "gelu_tanh": Reference(
        lambda x: x / 2 * (1 + mpmath.tanh((x + mpmath.mpf(GELU_CUBIC) * x**3) * mpmath.sqrt(2 / mpmath.pi))),
        ((-3.0, 5.0),),
    ),
    "silu": Reference(lambda x, beta: x / (1 + mpmath.exp(-beta * x)), ((-20.0, 20.0), (0.5, 2.0))),
    "sigmoid_cross_entropy_with_logits": Reference(_cross_entropy, ((0.0, 1.0), (-20.0, 20.0))),
    "weighted_cross_entropy_with_logits": Reference(_weighted_cross_entropy, ((0.0, 1.0), (-20.0, 20.0), (0.5, 4.0))),
    "log_poisson_loss": Reference(lambda targets, z: mpmath.exp(z) - z * targets, ((0.0, 9.0), (-9.0, 9.0))),
    "log_poisson_full_loss": Reference(_poisson_loss, ((1.1, 9.0), (-9.0, 9.0))),
}


def drawn(interval: tuple[float, float], count: int, generator: np.random.Generator) -> np.ndarray:
    """Points of an interval: a half of them evenly, the others by the logarithm of their distance from an end or 0."""
    low, high = interval
    even, half = generator.uniform(low, high, count - count // 2), count // 2
    if low > 0:
        near = np.exp(generator.uniform(math.log(low), math.log(high), half))
    else:
        steps = (high - low) * 10.0 ** generator.uniform(-8, -0.3, half)
        places = np.array([low + steps, high - steps, steps, -steps])
        near = places[generator.integers(4, size=half), np.arange(half)]
    return np.clip(np.concatenate([even, near]), low, high)


def points(name: str, dtype: str, count: int) -> list[np.ndarray]:
    """One array per operand, the same ones for the same arguments."""
    generator = np.random.default_rng([count, *name.encode()])
    arrays = [drawn(interval, count, generator).astype(dtype) for interval in REFERENCES[name].intervals]
    return [np.clip(a, *np.array(i, dtype)) for a, i in zip(arrays, REFERENCES[name].intervals, strict=True)]


def errors(name: str, dtype: str, count: int) -> Iterator[tuple[float, tuple[float, ...]]]:
    """Errors in ULP with their operands, where the exact result is a normal number."""
    arrays = points(name, dtype, count)
    results = apply_elementwise(name, *(gradtape.constant(array) for array in arrays)).numpy()
    limits = np.finfo(dtype)
    for result, *operands in zip(results, *arrays, strict=True):
        exact = REFERENCES[name].function(*(mpmath.mpf(float(x)) for x in operands))
        if not mpmath.isfinite(exact) or not limits.tiny <= abs(exact) <= limits.max:
            continue
        _, exponent = mpmath.frexp(exact)
        unit = mpmath.ldexp(1, exponent - 1 - limits.nmant)
        error = abs(mpmath.mpf(float(result)) - exact) / unit if math.isfinite(result) else math.inf
        yield float(error), tuple(map(float, operands))


def worst(name: str, dtype: str, count: int = POINTS) -> tuple[float, tuple[float, ...]]:
    """The largest error, and where it was found."""
    with mpmath.workdps(40):
        return max(errors(name, dtype, count))


def sums(dtype: str, signs: bool) -> Iterator[tuple[str, list[float]]]:
    """Of each way to add up, the errors for 10², 10⁴ and 10⁶ numbers."""
    ways: dict[str, Callable[[np.ndarray], Any]] = {
        "reduce_sum": lambda a: gradtape.reduce_sum(gradtape.constant(a)),
        "reduce_sum, axis=0 of [n, 2]": lambda a: gradtape.reduce_sum(gradtape.constant(np.stack([a, a], 1)), 0)[0],
        "reduce_mean": lambda a: gradtape.cast(gradtape.reduce_mean(gradtape.constant(a)), "float64") * a.size,
        "cumsum": lambda a: gradtape.cumsum(gradtape.constant(a))[-1],
        "matmul": lambda a: gradtape.matmul(gradtape.constant(a[None]), gradtape.ones([a.size, 1], a.dtype))[0, 0],
    }
    summands = []
    for count in (10**2, 10**4, 10**6):
        array = np.random.default_rng(count).uniform(-1 if signs else 0, 1, count).astype(dtype)
        summands.append((array, math.fsum(array.tolist()), math.fsum(np.abs(array).tolist())))
    epsilon = float(np.finfo(dtype).eps)
    for name, add in ways.items():
        yield name, [abs(float(add(array)) - exact) / (size * epsilon) for array, exact, size in summands]


def lines_of_sums() -> Iterator[str]:
    for dtype in ("float32", "float64"):
        for signs in (False, True):
            for name, found in sums(dtype, signs):
                yield line(f"`{name}`", "both signs" if signs else "one sign", dtype, *(f"{e:.1e}" for e in found))


def page() -> str:
    """The whole document."""
    text = HEAD.format(points=POINTS)
    text += f"Kernels: {isa()}.\n\n"
    text += heading("function", "on", "float32", "at", "float64", "at")
    for row in sorted(ROWS, key=lambda row: row.name):
        if row.name not in REFERENCES:
            continue
        intervals = " × ".join(f"[{low:g}, {high:g}]" for low, high in REFERENCES[row.name].intervals)
        cells = []
        for dtype in ("float32", "float64"):
            error, place = worst(row.name, dtype)
            cells += [f"{error:.2f}" if error < 1000 else f"{error:.1e}", ", ".join(f"{x:.6g}" for x in place)]
        text += line(f"`{row.name}`", intervals, *cells)
    return text + SUMS + heading("sum", "of", "dtype", "n = 10²", "n = 10⁴", "n = 10⁶") + "".join(lines_of_sums())


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(page())
    else:
        Path(__file__).with_name("accuracy.md").write_text(page())
