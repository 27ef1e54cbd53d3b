"""Seeds of iterations, which reproduce TensorFlow's random numbers."""

from __future__ import annotations

from gradtape._src.random import philox


class SeedGenerator:
    """The seeds of a node's iterations: each time a new pair derived from the node's pair, or always the latter.

    Args:
      seed: the step's own seed, or None.
      fresh: whether each iteration has a new pair.
    """

    def __init__(self, seed: int | None, fresh: bool) -> None:
        self.key, self.high = philox.op_seeds(seed)
        self.fresh = fresh
        self.drawn = 0

    def next(self) -> tuple[int, int]:
        """The seeds of the next iteration: a Philox key and the high half of the counter."""
        if not self.fresh:
            return self.key, self.high
        stream = philox.Stream(self.key, 0, self.high).skip(self.drawn // 4)
        words = philox.bits(stream, 4).tolist()
        first = self.drawn % 4
        self.drawn += 2
        return words[first], words[first + 1]
