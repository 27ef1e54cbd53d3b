"""The interface between training loops and distribution, and its trivial implementation."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any


class Alone:
    """A model without replicas: no distribution."""

    def scope(self) -> Any:
        """A context in which the loop runs."""
        return contextlib.nullcontext()

    def begin(self, model: Any) -> None:
        """Before the loop."""

    def stepping(self, model: Any, step: Callable[[Any], Any], own: bool) -> Callable[[Any], Any]:
        """The step for the loop; `own`: whether batches are already the replica's own."""
        return step

    def results(self, model: Any, logs: Any) -> Any:
        """The results of a single batch, of which the step has returned logs."""
        return logs

    def predicting(self, step: Callable[[Any], Any], own: bool) -> Callable[[Any], Any]:
        """The step for predictions."""
        return step

    def ended(self, model: Any, asks: bool) -> bool:
        """Whether training ends; `asks`: whether callbacks are called for batches, and may end it there."""
        return bool(model.stop_training)

    def settle(self, model: Any) -> None:
        """After an epoch."""


def distribution_of(strategy: Any) -> Alone:
    """The implementation for a strategy, or None."""
    if strategy is None or strategy.num_replicas_in_sync == 1:
        return Alone()
    from gradtape._src.keras.replica import Replica

    return Replica(strategy)
