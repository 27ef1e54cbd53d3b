"""GradientTape: the compiled tape under TensorFlow's names."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager

from gradtape._tape import Tape


class UnconnectedGradients(enum.Enum):
    """What a gradient is where the target does not depend on the source."""

    NONE = "none"
    ZERO = "zero"


class GradientTape(Tape):
    """Records operations for automatic differentiation.

    Trainable variables are watched by themselves, tensors after `watch`. `gradient` may be called once, or any number of
    times on a persistent tape.

    Args:
      persistent: whether `gradient` may be called more than once. What was recorded is then held until the tape is deleted.
      watch_accessed_variables: whether trainable variables are watched when they are read inside the block.
    """

    __slots__ = ()

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Within this block nothing is recorded on this tape; what is computed there is a constant to it."""
        recording = self._pause()
        try:
            yield
        finally:
            if recording:
                self._resume()
