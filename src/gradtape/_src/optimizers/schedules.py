"""tf.optimizers.schedules: learning rate schedules, each a formula of the engine.

A schedule computes in the float type of its first learning rate, float32 unless that is a float64 array, as Keras
does; the step may be a number, a tensor or a variable of any shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from gradtape._engine.state.schedules import BaseSchedule, number_places
from gradtape._src.core.typing import TensorLike
from gradtape._src.optimizers.hyperparameters import Declared, bound, declare, hyperparameter

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
    """Base of the schedules: a callable from the step to a learning rate.

    Raises:
      NotImplementedError: the derived class has no `__call__`.

    Example:
      >>> class Warmup(tf.optimizers.schedules.LearningRateSchedule):
      ...     def __call__(self, step):
      ...         return 0.1 * tf.minimum(tf.cast(step, tf.float32) / 4.0, 1.0)
      >>> optimizer = tf.optimizers.SGD(Warmup(), name="sgd")
      >>> optimizer.iterations.assign(2)
      <Variable path=sgd/iteration, shape=(), dtype=int64, value=2>
      >>> round(float(optimizer.learning_rate), 6)
      0.05
    """

    def __call__(self, step: TensorLike) -> Any:
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `__call__(self, step)`."
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; subclasses must override it to be saved.

        Raises:
          NotImplementedError: always.
        """
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `get_config()` in order to be serializable."
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LearningRateSchedule:
        """Creates a schedule from the result of `get_config`.

        Args:
          config: names and values of the class's arguments.

        Returns:
          A schedule of this class.

        Raises:
          TypeError: an unknown argument.

        Example:
          >>> config = tf.optimizers.schedules.CosineDecay(0.5, decay_steps=10).get_config()
          >>> tf.optimizers.schedules.CosineDecay.from_config(config).decay_steps
          10
        """
        return cls(**config)


class _Row(BaseSchedule, LearningRateSchedule, Declared):
    """A schedule computed by the engine: subclasses define the formula's name and its parameters."""

    _formula = "pieces"
    _places: ClassVar[Mapping[str, int]] = number_places("pieces")

    def __init_subclass__(cls, formula: str | None = None) -> None:
        if formula is not None:
            cls._formula, cls._places = formula, number_places(formula)
        declare(cls)

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        given = bound(type(self), arguments, keywords)
        for name, value in given.arguments.items():
            setattr(self, name, value)
        self._check()

    def _check(self) -> None:
        """Raises ValueError for invalid parameters."""
        for name in ("decay_steps", "first_decay_steps"):
            if getattr(self, name, 1) <= 0:
                raise ValueError(f"Argument `{name}` must be > 0. Received: {name}={getattr(self, name)}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _blank, (type(self),), self.__dict__.copy()

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments.

        Returns:
          A dict from the names of the constructor's arguments to their values.

        Example:
          >>> tf.optimizers.schedules.ExponentialDecay(0.5, decay_steps=10, decay_rate=0.25).get_config()["decay_rate"]
          0.25
        """
        return {name: getattr(self, name) for name in self._fields}


def _blank(kind: type[_Row]) -> _Row:
    return kind.__new__(kind)


class ExponentialDecay(_Row, formula="exponential"):
    """Exponential decay: initial_learning_rate · decay_rate^(step / decay_steps).

    Args:
      initial_learning_rate: the rate at step 0.
      decay_steps: the number of steps in which the rate is multiplied by decay_rate.
      decay_rate: that factor.
      staircase: whether the exponent is rounded down.
      name: a name.

    Raises:
      ValueError: decay_steps is not positive.

    Example:
      >>> float(tf.optimizers.schedules.ExponentialDecay(0.5, decay_steps=10, decay_rate=0.25)(5))
      0.25
    """

    initial_learning_rate: float = hyperparameter()
    decay_steps: float = hyperparameter()
    decay_rate: float = hyperparameter()
    staircase: bool = hyperparameter(default=False)
    name: str = hyperparameter(default="ExponentialDecay")


class InverseTimeDecay(_Row, formula="inverse_time"):
    """Inverse time decay: initial_learning_rate / (1 + decay_rate · step / decay_steps).

    Args:
      initial_learning_rate: the rate at step 0.
      decay_steps: the number of steps in which the divisor grows by decay_rate.
      decay_rate: the growth of the divisor.
      staircase: whether step / decay_steps is rounded down.
      name: a name.

    Raises:
      ValueError: decay_steps is not positive.

    Example:
      >>> float(tf.optimizers.schedules.InverseTimeDecay(0.5, decay_steps=10, decay_rate=1.0)(10))
      0.25
    """

    initial_learning_rate: float = hyperparameter()
    decay_steps: float = hyperparameter()
    decay_rate: float = hyperparameter()
    staircase: bool = hyperparameter(default=False)
    name: str = hyperparameter(default="InverseTimeDecay")


class PolynomialDecay(_Row, formula="polynomial"):
    """Polynomial decay to end_learning_rate, constant after decay_steps.

    (initial_learning_rate - end_learning_rate) · (1 - step / decay_steps)^power + end_learning_rate.

    Args:
      initial_learning_rate: the rate at step 0.
      decay_steps: the step at which end_learning_rate is reached.
      end_learning_rate: the final rate.
      power: the exponent.
      cycle: whether to use the next multiple of decay_steps after each one, so that the rate rises again.
      name: a name.

    Raises:
      ValueError: decay_steps is not positive.

    Example:
      >>> float(tf.optimizers.schedules.PolynomialDecay(1.0, decay_steps=4, end_learning_rate=0.5)(2))
      0.75
    """

    initial_learning_rate: float = hyperparameter()
    decay_steps: float = hyperparameter()
    end_learning_rate: float = hyperparameter(default=0.0001)
    power: float = hyperparameter(default=1.0)
    cycle: bool = hyperparameter(default=False)
    name: str = hyperparameter(default="PolynomialDecay")


class CosineDecay(_Row, formula="cosine"):
    """Cosine decay to alpha times the initial rate, constant after decay_steps.

    initial_learning_rate · ((1 - alpha) · (1 + cos(π · step / decay_steps)) / 2 + alpha).

    Source: Loshchilov and Hutter 2016, https://arxiv.org/abs/1608.03983; the warm-up: Goyal et al. 2017,
    https://arxiv.org/abs/1706.02677.

    Args:
      initial_learning_rate: the rate at step 0.
      decay_steps: the length of the half cosine in steps.
      alpha: the final rate as a fraction of the cosine's initial one.
      name: a name.
      warmup_target: the rate to which a linear warm-up leads, where the cosine then starts; None: no warm-up.
      warmup_steps: the number of warm-up steps.

    Raises:
      ValueError: decay_steps is not positive.

    Example:
      >>> tf.optimizers.schedules.CosineDecay(1.0, decay_steps=10)([0, 5, 10]).numpy().round(3)
      array([1. , 0.5, 0. ], dtype=float32)
    """

    initial_learning_rate: float = hyperparameter()
    decay_steps: float = hyperparameter()
    alpha: float = hyperparameter(default=0.0)
    name: str = hyperparameter(default="CosineDecay")
    warmup_target: float | None = hyperparameter(default=None)
    warmup_steps: float = hyperparameter(default=0)


class CosineDecayRestarts(_Row, formula="cosine_restarts"):
    """Cosine decay with restarts, each period t_mul times as long and m_mul times as high as the previous one.

    initial_learning_rate · ((1 - alpha) · m_mul^i · (1 + cos(π · fraction)) / 2 + alpha), where fraction is the elapsed
    part of the i-th period.

    Source: Loshchilov and Hutter 2016, https://arxiv.org/abs/1608.03983.

    Args:
      initial_learning_rate: the rate at step 0.
      first_decay_steps: the number of steps of the first period.
      t_mul: the factor by which each period is longer than the previous one.
      m_mul: the factor by which each period starts higher than the previous one.
      alpha: the final rate of each period as a fraction of the initial rate.
      name: a name.

    Raises:
      ValueError: first_decay_steps is not positive.

    Example:
      >>> tf.optimizers.schedules.CosineDecayRestarts(1.0, first_decay_steps=10)([0, 5, 10]).numpy().round(3)
      array([1. , 0.5, 1. ], dtype=float32)
    """

    initial_learning_rate: float = hyperparameter()
    first_decay_steps: float = hyperparameter()
    t_mul: float = hyperparameter(default=2.0)
    m_mul: float = hyperparameter(default=1.0)
    alpha: float = hyperparameter(default=0.0)
    name: str = hyperparameter(default="SGDRDecay")


class PiecewiseConstantDecay(_Row, formula="pieces"):
    """Piecewise constant: values[0] up to and including step boundaries[0], values[1] up to boundaries[1], and so on.

    Args:
      boundaries: the last step of each value but the last.
      values: the learning rates, one more than boundaries.
      name: a name.

    Raises:
      ValueError: the number of values is not that of boundaries plus one.

    Example:
      >>> tf.optimizers.schedules.PiecewiseConstantDecay([2, 4], [1.0, 0.5, 0.25])([2, 3, 5]).numpy()
      array([1.  , 0.5 , 0.25], dtype=float32)
    """

    boundaries: Sequence[Any] = hyperparameter()
    values: Sequence[Any] = hyperparameter()
    name: str = hyperparameter(default="PiecewiseConstant")

    def _check(self) -> None:
        boundaries, values = self.boundaries, self.values
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of boundaries should be 1 less than the length of values. Received: "
                f"boundaries={boundaries} of length {len(boundaries)}, and values={values} of length {len(values)}."
            )


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """Serializes a schedule to a dict of its class name and configuration.

    Args:
      learning_rate_schedule: the schedule.

    Returns:
      A dict with "class_name", "config", "module" and "registered_name", in Keras' format.

    Raises:
      NotImplementedError: the class does not override `get_config`.

    Example:
      >>> tf.optimizers.schedules.serialize(tf.optimizers.schedules.CosineDecay(0.1, 10))["class_name"]
      'CosineDecay'
    """
    kind = type(learning_rate_schedule)
    return {
        "module": "keras.optimizers.schedules" if kind.__module__ == __name__ else kind.__module__,
        "class_name": kind.__name__,
        "config": learning_rate_schedule.get_config(),
        "registered_name": None if kind.__module__ == __name__ else kind.__name__,
    }


def deserialize(config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> LearningRateSchedule:
    """Creates a schedule from the result of `serialize`.

    Args:
      config: the description.
      custom_objects: additional classes by name.

    Returns:
      The schedule.

    Raises:
      ValueError: the class is missing or unknown.

    Example:
      >>> config = tf.optimizers.schedules.serialize(tf.optimizers.schedules.CosineDecay(0.5, decay_steps=10))
      >>> float(tf.optimizers.schedules.deserialize(config)(0))
      0.5
    """
    if not isinstance(config, Mapping) or "class_name" not in config:
        raise ValueError(f"Unknown `config` as a `dict`, config={config}")
    name = config["class_name"]
    kind = (custom_objects or {}).get(name) or (globals()[name] if name in __all__ else None)
    if kind is None:
        raise ValueError(f"Unknown learning rate schedule {name!r}. Give its class in `custom_objects`.")
    return kind.from_config(config.get("config", {}))
