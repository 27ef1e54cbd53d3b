"""tf.optimizers.schedules: learning rates as functions of the step."""

from __future__ import annotations

from typing import Any

__all__ = ["LearningRateSchedule"]


class LearningRateSchedule:
    """Base of the schedules: a callable from the step's number to a learning rate."""

    def __call__(self, step: Any) -> Any:
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `__call__(self, step)`."
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a schedule like this one."""
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `get_config()` in order to be serializable."
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LearningRateSchedule:
        """A schedule made from what `get_config` gave."""
        return cls(**config)
