"""How the ranks' arrays become one: added up by the engine in one pass over memory, else by NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from gradtape._engine.base.sums import add_up
from gradtape._src.distributed.compression import bits_of

Combine = Callable[[np.ndarray, np.ndarray, np.ndarray], object]  # of two arrays into a third, which may be the first
Refine = Callable[[np.ndarray], object]  # what is done to a result, in place

PART = 1 << 20  # bytes that NumPy combines, refines and copies at a time: calls cost little of it, and caches hold it


def as_it_is(array: np.ndarray) -> None:
    """What is done to results that are not yet what they will be."""


class Fold(NamedTuple):
    """How arrays of several ranks become one.

    Attributes:
      combine: how two become one.
      refine: what is done to the result.
      code: the engine's of the dtype, where it can do all of it; else -1.
      divisor: by which the engine divides sums.
    """

    combine: Combine
    refine: Refine = as_it_is
    code: int = -1
    divisor: int = 1

    def __call__(self, values: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> None:
        """Combines flat arrays in their order, and writes what becomes of them to all results, which may be values.

        Args:
          values: the arrays.
          results: for the result, this rank's first.
        """
        if self.code < 0:
            self.by_numpy(values, results)
        else:
            own, others = [bits_of(array) for array in values], [bits_of(array) for array in results]
            add_up(self.code, own, others, self.divisor)

    def by_numpy(self, values: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> None:
        """The same, by calls of NumPy."""
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
