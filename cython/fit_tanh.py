"""Fits the polynomials of tanh in kernels/exponentials.h, and prints them.

python cython/fit_tanh.py
"""

from __future__ import annotations

import itertools

import numpy as np

ENTRIES = 16
DEGREE = 6
# Two intervals for each power of two from 1/8 on; what is below is one, and so is what is left above 8.
POWERS = range(-3, 3)
FIRST = (
    127 - 3
) * 2 - 1  # the bits of an element of the first interval, or of what is clamped to it, without the lowest 22


def nodes(low: float, high: float, count: int = 400) -> np.ndarray:
    """Chebyshev's, where a least-squares fit is nearly a minimax one."""
    return (low + high) / 2 + (high - low) / 2 * np.cos((np.arange(count) + 0.5) / count * np.pi)


def fit(t: np.ndarray, values: np.ndarray, powers: range) -> np.ndarray:
    """Factors of the powers of t whose sum is next to the values."""
    columns = np.stack([t**power for power in powers], 1)
    scale = np.abs(columns).max(0)
    return np.linalg.lstsq(columns / scale, values, rcond=None)[0] / scale


def centre(low: float, high: float) -> float:
    """A float32 next to the middle whose tanh is nearly one too: then the first factor adds no error."""
    middle = np.float32((low + high) / 2)
    near = np.float64(middle + np.arange(-2000, 2000) * np.spacing(middle))
    value = np.tanh(near)
    error = np.abs(value - np.float32(value)) / np.spacing(np.float32(value))
    exact = near[error <= max(0.004, error.min())]
    return float(exact[np.argmin(np.abs(exact - middle))])


def tanh_table() -> np.ndarray:
    """Per entry a centre and the factors of the powers of the distance from it."""
    table = np.zeros((ENTRIES, DEGREE + 2))
    edges = [2.0**power * half for power in POWERS for half in (1.0, 1.5)] + [8.0, 10.0]
    x = nodes(0, edges[0])
    table[FIRST % ENTRIES, 2] = 1
    table[FIRST % ENTRIES, 3:] = fit(x, np.tanh(x) / x - 1, range(1, DEGREE))
    for place, (low, high) in enumerate(itertools.pairwise(edges), FIRST + 1):
        x, middle = nodes(low, high), centre(low, high)
        value = np.float64(np.float32(np.tanh(middle)))
        table[place % ENTRIES, :2] = middle, value
        table[place % ENTRIES, 2:] = fit(x - middle, np.tanh(x) - value, range(1, DEGREE + 1))
    return table


def main() -> None:
    for row in tanh_table().T:
        print(", ".join(f"{np.float32(value)!s}f" if value else "0" for value in row))


if __name__ == "__main__":
    main()
