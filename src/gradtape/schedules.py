"""tf.optimizers.schedules: learning rates as functions of the step.

A schedule computes in the float type of its first learning rate, float32 unless that is a float64 array, as Keras
does; the
step may be a number, a tensor or a variable of any shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._doors import as_tensor, tensor_from, view
from gradtape._sequence import held
from gradtape._tensor import Tensor

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]


class LearningRateSchedule:
    """Base of the schedules: a callable from the step's number to a learning rate."""

    _arguments: tuple[str, ...] = ()  # of the constructor, as attributes

    def __call__(self, step: Any) -> Any:
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `__call__(self, step)`."
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a schedule like this one."""
        if not self._arguments:
            raise NotImplementedError(
                f"Learning rate schedule '{type(self).__name__}' must override `get_config()` in order to be "
                f"serializable."
            )
        return {name: getattr(self, name) for name in self._arguments}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LearningRateSchedule:
        """A schedule made from what `get_config` gave."""
        return cls(**config)


class _Decay(LearningRateSchedule):
    """A learning rate that falls over a number of steps."""

    _length = "decay_steps"  # the argument that must be positive

    def _keep(self, arguments: dict[str, Any]) -> None:
        """Sets the constructor's arguments as attributes. Raises ValueError unless the number of steps is positive."""
        for name in self._arguments:
            setattr(self, name, arguments[name])
        if arguments[self._length] <= 0:
            raise ValueError(
                f"Argument `{self._length}` must be > 0. Received: {self._length}={arguments[self._length]}"
            )

    def __call__(self, step: Any) -> Tensor:
        start = view(as_tensor(self.initial_learning_rate))
        cast: Callable[[Any], Any] = start.dtype.type
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = self._rate(view(as_tensor(step)).astype(start.dtype), start, cast)
        return tensor_from(rate)

    def _rate(self, step: np.ndarray, start: np.ndarray, cast: Callable[[Any], Any]) -> np.ndarray:
        """The rate at `step` from `start` on; `cast` makes scalars of their dtype."""
        raise NotImplementedError


class ExponentialDecay(_Decay):
    """initial_learning_rate · decay_rate^(step / decay_steps), the exponent rounded down if staircase."""

    _arguments = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")

    def __init__(
        self,
        initial_learning_rate: Any,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        name = type(self).__name__ if name is None else name
        self._keep(locals())

    def _rate(self, step: np.ndarray, start: np.ndarray, cast: Callable[[Any], Any]) -> np.ndarray:
        periods = step / cast(self.decay_steps)
        return start * cast(self.decay_rate) ** (np.floor(periods) if self.staircase else periods)


class InverseTimeDecay(ExponentialDecay):
    """initial_learning_rate / (1 + decay_rate · step / decay_steps), the quotient rounded down if staircase."""

    def _rate(self, step: np.ndarray, start: np.ndarray, cast: Callable[[Any], Any]) -> np.ndarray:
        periods = step / cast(self.decay_steps)
        return start / (1 + cast(self.decay_rate) * (np.floor(periods) if self.staircase else periods))


class PolynomialDecay(_Decay):
    """From initial_learning_rate to end_learning_rate along (1 - step / decay_steps)^power, and constant from there.

    With cycle, decay_steps grows to the multiple that the step has not passed, so that the rate rises again.
    """

    _arguments = ("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle", "name")

    def __init__(
        self,
        initial_learning_rate: Any,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self._keep(locals())

    def _rate(self, step: np.ndarray, start: np.ndarray, cast: Callable[[Any], Any]) -> np.ndarray:
        end, steps = cast(self.end_learning_rate), cast(self.decay_steps)
        if self.cycle:
            steps = steps * np.where(step == 0, cast(1), np.ceil(step / steps))
        else:
            step = np.minimum(step, steps)
        return (start - end) * (1 - step / steps) ** cast(self.power) + end


class CosineDecay(_Decay):
    """Half a cosine from initial_learning_rate to alpha times it (Loshchilov and Hutter 2016), and constant from there.

    With a warmup_target the rate first rises to it on a straight line over warmup_steps, and decays from it.
    """

    _arguments = ("initial_learning_rate", "decay_steps", "alpha", "name", "warmup_target", "warmup_steps")

    def __init__(
        self,
        initial_learning_rate: Any,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self._keep(locals())

    def _rate(self, step: np.ndarray, start: np.ndarray, cast: Callable[[Any], Any]) -> np.ndarray:
        steps, warmup = cast(self.decay_steps), cast(0 if self.warmup_target is None else self.warmup_steps)
        top = start if self.warmup_target is None else cast(self.warmup_target)
        step = np.minimum(step, steps + warmup)
        cosine = cast(0.5) * (1 + np.cos(cast(math.pi) * ((step - warmup) / steps)))
        decayed = top * (cast(1 - self.alpha) * cosine + cast(self.alpha))
        if warmup == 0:
            return decayed
        return np.where(step < warmup, (top - start) * (step / warmup) + start, decayed)


class CosineDecayRestarts(_Decay):
    """Half cosines one after the other (Loshchilov and Hutter 2016).

    The first takes first_decay_steps and starts at initial_learning_rate, each next one takes t_mul times as long
    and starts
    at m_mul times the rate; each ends at alpha times its start.
    """

    _arguments = ("initial_learning_rate", "first_decay_steps", "t_mul", "m_mul", "alpha", "name")
    _length = "first_decay_steps"

    def __init__(
        self,
        initial_learning_rate: Any,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self._keep(locals())

    def _rate(self, step: np.ndarray, start: np.ndarray, cast: Callable[[Any], Any]) -> np.ndarray:
        longer, alpha = cast(self.t_mul), cast(self.alpha)
        fraction = step / cast(self.first_decay_steps)
        if longer == 1:
            restarts = np.floor(fraction)
            fraction = fraction - restarts
        else:
            restarts = np.floor(np.log(1 - fraction * (1 - longer)) / np.log(longer))
            before = (1 - longer**restarts) / (1 - longer)
            fraction = (fraction - before) / longer**restarts
        cosine = cast(0.5) * cast(self.m_mul) ** restarts * (1 + np.cos(cast(math.pi) * fraction))
        return start * ((1 - alpha) * cosine + alpha)


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[0] up to and including step boundaries[0], values[1] up to boundaries[1], and so on."""

    _arguments = ("boundaries", "values", "name")

    def __init__(self, boundaries: list[Any], values: list[Any], name: str = "PiecewiseConstant") -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of boundaries should be 1 less than the length of values. "
                f"Received: boundaries={boundaries} of length {len(boundaries)}, and values={values} of length "
                f"{len(values)}."
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        now = view(as_tensor(step))
        values = np.array([view(as_tensor(value)) for value in self.values])
        boundaries = np.asarray(held(self.boundaries)).astype(now.dtype)
        return tensor_from(values[np.searchsorted(boundaries, now, side="left")])


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """A schedule as a dictionary of plain values."""
    kind = type(learning_rate_schedule)
    return {
        "module": "keras.optimizers.schedules" if kind.__module__ == __name__ else kind.__module__,
        "class_name": kind.__name__,
        "config": learning_rate_schedule.get_config(),
        "registered_name": None,
    }


def deserialize(config: dict[str, Any], custom_objects: dict[str, type] | None = None) -> LearningRateSchedule:
    """A schedule from what `serialize` gave; custom_objects: further classes by name. Raises ValueError for unknown
    ones."""
    name = config["class_name"]
    kind = (custom_objects or {}).get(name) or (globals()[name] if name in __all__ else None)
    if kind is None:
        raise ValueError(f"Unknown learning rate schedule {name!r}. Give its class in `custom_objects`.")
    return kind.from_config(config["config"])
