"""The distribution strategy of each thread, and its interface to lower modules.

A strategy enters its scopes here. Nothing else is to be asked while there is one replica.
"""

from __future__ import annotations

import enum
from _thread import _local  # threading.local, without the rest of threading
from typing import Any


class AggregationMethod:
    """How TensorFlow's graphs add up gradients. A tape accumulates them in place.

    Example:
      >>> tf.AggregationMethod.ADD_N
      0
    """

    ADD_N = 0
    DEFAULT = 0
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


class VariableSynchronization(enum.Enum):
    """When the replicas' values of a variable become one.

    Raises:
      ValueError: no member has the value.

    Example:
      >>> tf.VariableSynchronization.ON_READ.name
      'ON_READ'
    """

    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3


class VariableAggregation(enum.Enum):
    """How the replicas' values of a variable become one.

    Raises:
      ValueError: no member has the value.

    Example:
      >>> tf.VariableAggregation.MEAN.name
      'MEAN'
    """

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3


class _Thread(_local):
    strategies: tuple[Any, ...] = ()  # whose scopes are open, the innermost last
    within_replica: bool = False  # whether this is what one replica does
    exchanged: bool = False  # whether gradients are already those of all replicas


_thread = _Thread()
# Whether any strategy of this process has several replicas: until then nothing else is looked at.
several = False


def current() -> Any:
    """The strategy whose scope is open, or None."""
    return _thread.strategies[-1] if _thread.strategies else None


def is_replica() -> bool:
    """Whether what happens now is one replica's doing."""
    return _thread.within_replica


def is_across() -> bool:
    """Whether a strategy's scope is open, outside of replicas."""
    strategy = current()
    return strategy is not None and not strategy.is_default and not _thread.within_replica


class Entered:
    """A block within a strategy's scope, or within one of its replicas.

    Args:
      strategy: the strategy.
      as_replica: whether what happens in the block is one replica's doing.
    """

    def __init__(self, strategy: Any, as_replica: bool) -> None:
        self._strategy, self._as_replica = strategy, as_replica
        self._before: list[tuple[tuple[Any, ...], bool]] = []

    def __enter__(self) -> Any:
        self._before.append((_thread.strategies, _thread.within_replica))
        _thread.strategies = (*_thread.strategies, self._strategy)
        _thread.within_replica = self._as_replica
        return self._strategy

    def __exit__(self, *error: Any) -> None:
        _thread.strategies, _thread.within_replica = self._before.pop()


def note_several() -> None:
    """Says that a strategy has several replicas."""
    global several
    several = True


def replicated() -> Any:
    """The strategy of several replicas whose scope is open, or None."""
    strategy = current() if several else None
    return strategy if strategy is not None and strategy.num_replicas_in_sync > 1 else None


def initial_value(value: Any, name: str) -> Any:
    """A variable's initial value: that of the first replica, if the variable is one of several replicas'."""
    strategy = replicated()
    return value if strategy is None else strategy._first_value(value, name)


def shared(loss: Any) -> Any:
    """A replica's loss as its part of the loss of the global batch."""
    strategy = replicated() if is_replica() else None
    return loss if strategy is None else strategy._shared(loss)


def alike(value: Any) -> Any:
    """Plain data as the first replica has it."""
    strategy = replicated()
    return value if strategy is None else strategy._alike(value)


def is_chief() -> bool:
    """Whether this process is the one that writes files and shows progress."""
    strategy = replicated()
    return strategy is None or strategy._rank == 0


class Exchanged:
    """A block in which gradients are already those of all replicas or ranks."""

    def __enter__(self) -> None:
        self._before, _thread.exchanged = _thread.exchanged, True

    def __exit__(self, *error: Any) -> None:
        _thread.exchanged = self._before


def is_exchanged() -> bool:
    """Whether gradients are already those of all replicas or ranks."""
    return _thread.exchanged


def summed(gradients: list[Any], variables: list[Any]) -> list[Any]:
    """Gradients for an optimizer: summed over the replicas if a replica takes the step.

    Raises RuntimeError outside of replicas, as each process would step with its own gradients.
    """
    strategy = None if is_exchanged() else replicated()
    if strategy is None:
        return gradients
    if not is_replica():
        raise RuntimeError(
            "An optimizer was applied in a strategy's scope, but outside of its replicas, where gradients are not "
            "summed. Call the step with strategy.run."
        )
    return list(strategy._summed(gradients, variables))


def replicas_of(function: str) -> int:
    """The number of replicas whose results are summed. RuntimeError in a strategy's scope outside of replicas."""
    if is_across():
        raise RuntimeError(
            f"You are calling `{function}` in cross replica context, while it was expected to be called in replica "
            "context."
        )
    strategy = replicated()
    return 1 if strategy is None else int(strategy.num_replicas_in_sync)
