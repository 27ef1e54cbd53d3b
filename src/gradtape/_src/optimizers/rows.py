"""tf.optimizers: the optimizers, each a rule of the engine under its names and defaults in Keras."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gradtape._src.optimizers.base import Hyperparameter, Optimizer
from gradtape._src.state.variable import Variable

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "serialize",
]



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


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019).

    Raises:
      ValueError: weight_decay is None.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Any,
    ) -> None:
        if weight_decay is None:
            raise ValueError("Argument `weight_decay` must be a float. Received: weight_decay=None")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **options)


class RMSprop(Optimizer):
    """RMSprop (Tieleman and Hinton 2012): w -= rate g / sqrt(mean of g² + epsilon), with momentum.

    With centered the mean's square is taken off, which leaves the variance. Further arguments are :class:`Optimizer`'s.
    """

    _rule = "rmsprop"
    _slots = (("velocity",), ("momentum",), ("average_gradient",))
    _configured = ("rho", "momentum", "epsilon", "centered")
    rho = Hyperparameter(0)
    momentum = Hyperparameter(1)
    epsilon = Hyperparameter(2)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered

    def _has_slots(self, group: tuple[str, ...]) -> bool:
        return {"velocity": True, "momentum": self.momentum > 0, "average_gradient": self.centered}[group[0]]


class Adagrad(Optimizer):
    """Adagrad (Duchi, Hazan and Singer 2011): w -= rate g / sqrt(sum of g² + epsilon).

    The sum starts at initial_accumulator_value. Further arguments are :class:`Optimizer`'s.
    """

    _rule = "adagrad"
    _slots = (("accumulator",),)
    _configured = ("initial_accumulator_value", "epsilon")
    _sparse = True
    epsilon = Hyperparameter(0)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def _initial_value(self, slot: str) -> float:
        return self.initial_accumulator_value if slot == "accumulator" else 0.0


class Adadelta(Optimizer):
    """Adadelta (Zeiler 2012): w -= rate g sqrt(mean of past changes² + epsilon) / sqrt(mean of g² + epsilon).

    Further arguments are :class:`Optimizer`'s.
    """

    _rule = "adadelta"
    _slots = (("accumulated_grad", "accumulated_delta_var"),)
    _configured = ("rho", "epsilon")
    rho = Hyperparameter(0)
    epsilon = Hyperparameter(1)

    def __init__(
        self, learning_rate: Any = 0.001, rho: float = 0.95, epsilon: float = 1e-7, **options: Any
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho, self.epsilon = rho, epsilon


class Adamax(Optimizer):
    """Adam with the infinity norm (Kingma and Ba 2015, section 7.1): u = max(beta_2 u, |g|) stands for sqrt(v).

    Further arguments are :class:`Optimizer`'s.
    """

    _rule = "adamax"
    _absolute = True
    _slots = (("momentum", "norm"),)
    _configured = ("beta_1", "beta_2", "epsilon")
    beta_1 = Hyperparameter(0)
    beta_2 = Hyperparameter(1)
    epsilon = Hyperparameter(2)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon


class Nadam(Adamax):
    """Adam with Nesterov's momentum (Dozat 2016). Arguments are :class:`Adamax`'s."""

    _rule = "nadam"
    _absolute = False
    _slots = (("momentum", "velocity"),)

    def build(self, variables: Iterable[Variable]) -> None:
        if self.built:
            return
        trainable = list(variables)
        super().build(trainable)
        self._u_product = Variable(1.0, trainable=False, dtype=trainable[0].dtype if trainable else None)
        self._variables.append(self._u_product)
        self._set_product(self._u_product)


class Ftrl(Optimizer):
    """Follow the regularized leader (McMahan et al. 2013), with shrinkage that acts on gradients alone.

    Further arguments are :class:`Optimizer`'s.

    Raises:
      ValueError: a strength or the accumulator's first value is negative, or learning_rate_power is positive.
    """

    _rule = "ftrl"
    _slots = (("accumulator", "linear"),)
    _configured = (
        "learning_rate_power",
        "initial_accumulator_value",
        "l1_regularization_strength",
        "l2_regularization_strength",
        "l2_shrinkage_regularization_strength",
        "beta",
    )
    learning_rate_power = Hyperparameter(0)
    l1_regularization_strength = Hyperparameter(1)
    l2_regularization_strength = Hyperparameter(2)
    l2_shrinkage_regularization_strength = Hyperparameter(3)
    beta = Hyperparameter(4)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.initial_accumulator_value = initial_accumulator_value
        self.learning_rate_power = learning_rate_power
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta
        for name in self._configured[1:5]:
            if getattr(self, name) < 0.0:
                raise ValueError(f"`{name}` needs to be positive or zero. Received: {name}={getattr(self, name)}.")
        if learning_rate_power > 0.0:
            raise ValueError(
                "`learning_rate_power` needs to be negative or zero. "
                f"Received: learning_rate_power={learning_rate_power}."
            )

    def _initial_value(self, slot: str) -> float:
        return self.initial_accumulator_value if slot == "accumulator" else 0.0


class Lion(Optimizer):
    """Lion (Chen et al. 2023): w -= rate sign(beta_1 m + (1 - beta_1) g). Further arguments are :class:`Optimizer`'s.

    Raises:
      ValueError: beta_1 is not in (0, 1].
    """

    _rule = "lion"
    _slots = (("momentum",),)
    _configured = ("beta_1", "beta_2")
    beta_1 = Hyperparameter(0)
    beta_2 = Hyperparameter(1)

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.99, **options: Any
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2 = beta_1, beta_2
        if beta_1 <= 0 or beta_1 > 1:
            raise ValueError(
                "Argument `beta_1` must be in the [0, 1] range. Otherwise, the optimizer degenerates to SignSGD. "
                f"Received: beta_1={beta_1}."
            )


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """The class and the configuration of an optimizer, of plain values."""
    return {
        "module": "keras.optimizers",
        "class_name": type(optimizer).__name__,
        "config": optimizer.get_config(),
        "registered_name": None,
    }


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Optimizer:
    """An optimizer made from what `serialize` gave; class names are read in any case.

    custom_objects: further classes by name. Raises ValueError for an unknown one.
    """
    kinds = {kind.__name__.lower(): kind for kind in (SGD, Adadelta, Adagrad, Adam, AdamW, Adamax, Ftrl, Lion, Nadam)}
    kinds |= {"rmsprop": RMSprop} | {name.lower(): kind for name, kind in (custom_objects or {}).items()}
    kind = kinds.get(str(config["class_name"]).lower())
    if kind is None:
        raise ValueError(f"Could not interpret optimizer identifier: {config['class_name']}")
    return kind.from_config(config.get("config", {}))


def get(identifier: Any) -> Optimizer | None:
    """An optimizer by its class's name, by what `serialize` gave, or itself; None for None.

    Raises ValueError for anything else.
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, str):
        return deserialize({"class_name": identifier})
    if isinstance(identifier, dict):
        return deserialize(identifier)
    raise ValueError(f"Could not interpret optimizer identifier: {identifier}")
