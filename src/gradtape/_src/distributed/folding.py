"""Reduction of the ranks' arrays: by the engine in one pass over memory, else by NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from gradtape._engine.base.sums import add_up
from gradtape._src.distributed.compression import bits_of

Combine = Callable[[np.ndarray, np.ndarray, np.ndarray], object]  # of two arrays into a third, which may be the first
Refine = Callable[[np.ndarray], object]  # applied to a result, in place

PART = 1 << 20  # bytes that NumPy processes at a time: large enough to amortize calls, small enough for caches


def unrefined(array: np.ndarray) -> None:
    """Leaves results unchanged."""


class Fold(NamedTuple):
    """A reduction of the arrays of several ranks to one.

    Attributes:
      combine: the reduction of two arrays.
      refine: a function applied to the result.
      code: the engine's code of the dtype, if it supports the reduction; else -1.
      divisor: the divisor of sums in the engine.
    """

    combine: Combine
    refine: Refine = unrefined
    code: int = -1
    divisor: int = 1

    def __call__(self, values: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> None:
        """Reduces flat arrays in their order, and writes the result to all `results`, which may be values.

        Args:
          values: the arrays.
          results: the arrays for the result, this rank's first.
        """
        if self.code < 0:
            self.by_numpy(values, results)
        else:
            own, others = [bits_of(array) for array in values], [bits_of(array) for array in results]
            add_up(self.code, own, others, self.divisor)

    def by_numpy(self, values: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> None:
        """The same, by NumPy."""
        length = PART // values[0].itemsize
        for start in range(0, values[0].size, length):
            part = slice(start, start + length)
            one, *others = [array[part] for array in values]
            total = np.empty_like(one)
            self.combine(one, others[0], total)
            for other in others[1:]:
                self.combine(total, other, total)
            self.refine(total)
            for result in results:
                result[part] = total
