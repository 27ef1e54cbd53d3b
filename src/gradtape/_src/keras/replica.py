"""Training loops of one replica among several."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from gradtape._src.core import nest, replication
from gradtape._src.distributed.collectives import allgather, allreduce, broadcast_all, grouped_allreduce
from gradtape._src.distributed.datasets import part_of, rows_of, rows_within
from gradtape._src.distributed.reduction import Max, Sum
from gradtape._src.distributed.training import broadcast_variables
from gradtape._src.keras.distribution import Alone
from gradtape._src.ops.creation import zeros


class Replica(Alone):
    """A model that is one of several replicas."""

    def __init__(self, strategy: Any) -> None:
        self.strategy = strategy

    def scope(self) -> Any:
        return contextlib.nullcontext() if replication.current() is self.strategy else self.strategy.scope()

    def begin(self, model: Any) -> None:
        optimizer = model.optimizer
        if optimizer is not None:
            optimizer._bind()
        variables = list(model.variables) + (list(optimizer.variables) if optimizer is not None else [])
        broadcast_variables({id(variable): variable for variable in variables}.values())

    def _part(self, data: Any, own: bool) -> tuple[Any, int]:
        """The replica's part of a batch, and its number of examples relative to the global batch."""
        if own:
            return data, int(allreduce(rows_of(data), op=Sum, name="examples"))
        count = rows_of(data)
        return rows_within(data, part_of(count, self.strategy._rank, self.strategy._count)), count

    def stepping(self, model: Any, step: Callable[[Any], Any], own: bool) -> Callable[[Any], Any]:
        def replica_step(data: Any) -> Any:
            part, count = self._part(data, own)
            examples = rows_of(part)
            self.strategy._set_share(examples, max(count, 1))
            if examples:
                return self._stepped(step, part)
            # It takes part in all exchanges with an example of weight 0.
            kept = [(variable, variable.read_value()) for metric in model.metrics for variable in metric.variables]
            part = rows_within(data, slice(0, 1)) if rows_of(data) else _one_example(data)
            logs = self._stepped(step, part)
            for metric in model.metrics:
                metric.reset_state()
            for variable, value in kept:
                variable.assign(value)
            return logs

        return replica_step

    def _stepped(self, step: Callable[[Any], Any], part: Any) -> Any:
        self.strategy._parts = True
        try:
            with replication.Entered(self.strategy, True):
                return step(part)
        finally:
            self.strategy._parts = False

    def results(self, model: Any, logs: Any) -> Any:
        return model._results_or(logs)

    def predicting(self, step: Callable[[Any], Any], own: bool) -> Callable[[Any], Any]:
        def replica_step(data: Any) -> Any:
            part, _ = self._part(data, own)
            examples = rows_of(part)
            with replication.Entered(self.strategy, True):
                outputs = step(part if examples else rows_within(data, slice(0, 1)))
            return nest.map_structure(lambda output: allgather(output[:examples], name="predictions"), outputs)

        return replica_step

    def ended(self, model: Any, asks: bool) -> bool:
        if asks:
            model.stop_training = bool(int(allreduce(int(model.stop_training), op=Max, name="stop_training")))
        return bool(model.stop_training)

    def settle(self, model: Any) -> None:
        """Averages layers' statistics of inputs, such as moving averages; values equal on all are unchanged."""
        kept = [variable for variable in model.non_trainable_variables if variable.dtype.is_floating]
        if not kept:
            return
        own = [variable.read_value() for variable in kept]
        first = broadcast_all(own, 0, [variable.name for variable in kept])
        away = grouped_allreduce([value - base for value, base in zip(own, first, strict=True)], name="state")
        for variable, base, distance in zip(kept, first, away, strict=True):
            variable.assign(base + distance)


def _one_example(data: Any) -> Any:
    """An example of zeros, for empty batches."""
    return nest.map_structure(lambda leaf: zeros([1, *leaf.shape[1:]], leaf.dtype), data)
