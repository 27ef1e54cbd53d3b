"""tf.optimizers: the optimizers, each a rule of the engine under its names and defaults in Keras."""

from __future__ import annotations

from typing import Any

from gradtape import schedules
from gradtape.optimizer import Hyperparameter, Optimizer

__all__ = ["SGD", "Adam", "Optimizer", "schedules"]


class SGD(Optimizer):
    """Gradient descent, with momentum: v = momentum v - rate g, then w += v.

    With nesterov w += momentum v - rate g. Further arguments are :class:`Optimizer`'s.

    Raises:
      ValueError: a momentum that is no float in [0, 1].
    """

    _rule = "sgd"
    _slots = (("momentum",),)
    _configured = ("momentum", "nesterov")
    momentum = Hyperparameter(0)
    nesterov = Hyperparameter(1)

    def __init__(
        self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, **options: Any
    ) -> None:
        super().__init__(learning_rate, **options)
        if not isinstance(momentum, float) or momentum < 0 or momentum > 1:
            raise ValueError("`momentum` must be a float between [0, 1].")
        self.momentum = momentum
        self.nesterov = nesterov
        self._sparse = momentum == 0

    def _has_slots(self, group: tuple[str, ...]) -> bool:
        return self.momentum != 0


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015): w -= rate m / (sqrt(v) + epsilon) of bias-corrected means of g and g².

    With amsgrad (Reddi, Kale and Kumar 2018) v is the largest mean so far. Further arguments are :class:`Optimizer`'s.
    """

    _rule = "adam"
    _slots = (("momentum", "velocity"), ("velocity_hat",))
    _configured = ("beta_1", "beta_2", "epsilon", "amsgrad")
    beta_1 = Hyperparameter(0)
    beta_2 = Hyperparameter(1)
    epsilon = Hyperparameter(2)
    amsgrad = Hyperparameter(3)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2, self.epsilon, self.amsgrad = beta_1, beta_2, epsilon, amsgrad

    def _has_slots(self, group: tuple[str, ...]) -> bool:
        return group != ("velocity_hat",) or self.amsgrad
