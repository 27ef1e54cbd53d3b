"""tf.optimizers: the optimizers, one class each.

Each class declares the engine's rule, the slots it reads in its order, and its hyperparameters with Keras' names and
defaults. The constructor, `get_config` and `deserialize` are derived from these. A docstring explains
the class' own arguments; those of its base are added to it.
"""

from __future__ import annotations

from gradtape._src.optimizers.base import Optimizer
from gradtape._src.optimizers.hyperparameters import explain, hyperparameter
from gradtape._src.optimizers.variables import Slot

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Nadam",
    "RMSprop",
    "ScheduleFreeAdamW",
]


class SGD(Optimizer, rule="sgd", learning_rate=0.01, state=((Slot("momentum", when="momentum"),),)):
    """Gradient descent, with momentum: v = momentum v - rate g, then w += v.

    Source: Polyak 1964, https://doi.org/10.1016/0041-5553(64)90137-5; Nesterov momentum as in Sutskever et al. 2013,
    https://proceedings.mlr.press/v28/sutskever13.html.

    Args:
      momentum: the weight of the previous update.
      nesterov: whether to use Nesterov momentum: w += momentum v - rate g.

    Raises:
      ValueError: momentum is not a float in [0, 1].

    Example:
      >>> w = tf.Variable([1.0, 2.0])
      >>> optimizer = tf.optimizers.SGD(0.5, momentum=0.5)
      >>> for _ in range(2):
      ...     optimizer.apply([tf.constant([1.0, -1.0])], [w])
      >>> w.numpy()
      array([-0.25,  3.25], dtype=float32)
    """

    momentum: float = hyperparameter(default=0.0)
    nesterov: bool = hyperparameter(default=False)

    def _check(self) -> None:
        if not isinstance(self.momentum, float) or self.momentum < 0 or self.momentum > 1:
            raise ValueError("`momentum` must be a float between [0, 1].")


class Adam(
    Optimizer,
    rule="adam",
    learning_rate=0.001,
    state=((Slot("momentum"), Slot("velocity")), (Slot("velocity_hat", when="amsgrad"),)),
):
    """Adam: w -= rate m / (sqrt(v) + epsilon), where m and v are bias-corrected moving averages of g and g².

    Source: Kingma and Ba 2015, https://arxiv.org/abs/1412.6980; amsgrad: Reddi, Kale and Kumar 2018,
    https://openreview.net/forum?id=ryQu7f-RZ.

    Args:
      beta_1: the decay rate of m.
      beta_2: the decay rate of v.
      epsilon: a small number that keeps the divisor from zero.
      amsgrad: whether to use the largest v so far instead of v.

    Example:
      >>> w = tf.Variable([1.0, 2.0])
      >>> tf.optimizers.Adam(0.5).apply([tf.constant([3.0, -4.0])], [w])
      >>> w.numpy().round(3)
      array([0.5, 2.5], dtype=float32)
    """

    beta_1: float = hyperparameter(default=0.9)
    beta_2: float = hyperparameter(default=0.999)
    epsilon: float = hyperparameter(default=1e-7)
    amsgrad: bool = hyperparameter(default=False)


class AdamW(Adam):
    """Adam with decoupled weight decay: w -= rate weight_decay w before each step.

    Source: Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101.

    Args:
      weight_decay: the factor that is multiplied by the learning rate in each step.

    Raises:
      ValueError: weight_decay is None.

    Example:
      >>> w = tf.Variable([1.0, 2.0])
      >>> tf.optimizers.AdamW(0.5, weight_decay=0.5).apply([tf.zeros(2)], [w])
      >>> w.numpy()
      array([0.75, 1.5 ], dtype=float32)
    """

    weight_decay: float | None = hyperparameter(default=0.004)

    def _check(self) -> None:
        if self.weight_decay is None:
            raise ValueError("Argument `weight_decay` must be a float. Received: weight_decay=None")


class RMSprop(
    Optimizer,
    rule="rmsprop",
    learning_rate=0.001,
    state=(
        (Slot("velocity"),),
        (Slot("momentum", when="momentum"),),
        (Slot("average_gradient", when="centered"),),
    ),
):
    """RMSprop: w -= rate g / sqrt(v + epsilon), where v is a moving average of g².

    Source: Tieleman and Hinton 2012, https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf.

    Args:
      rho: the decay rate of v.
      momentum: the weight of the previous update.
      epsilon: a small number that keeps the divisor from zero.
      centered: whether to subtract the squared moving average of g from v, which gives the variance.

    Example:
      >>> w = tf.Variable([1.0, 2.0])
      >>> tf.optimizers.RMSprop(0.5, rho=0.75).apply([tf.constant([3.0, -4.0])], [w])
      >>> w.numpy().round(3)
      array([0., 3.], dtype=float32)
    """

    rho: float = hyperparameter(default=0.9)
    momentum: float = hyperparameter(default=0.0)
    epsilon: float = hyperparameter(default=1e-7)
    centered: bool = hyperparameter(default=False)


class Adagrad(
    Optimizer, rule="adagrad", learning_rate=0.001, state=((Slot("accumulator", "initial_accumulator_value"),),)
):
    """Adagrad: w -= rate g / sqrt(sum of all g² + epsilon).

    Source: Duchi, Hazan and Singer 2011, https://jmlr.org/papers/v12/duchi11a.html.

    Args:
      initial_accumulator_value: the initial value of the sum.
      epsilon: a small number that keeps the divisor from zero.

    Example:
      >>> w = tf.Variable([1.0, 2.0])
      >>> tf.optimizers.Adagrad(0.5, initial_accumulator_value=0.0).apply([tf.constant([3.0, -4.0])], [w])
      >>> w.numpy().round(3)
      array([0.5, 2.5], dtype=float32)
    """

    initial_accumulator_value: float = hyperparameter(default=0.1)
    epsilon: float = hyperparameter(default=1e-7)


class Adadelta(
    Optimizer,
    rule="adadelta",
    learning_rate=0.001,
    state=((Slot("accumulated_grad"), Slot("accumulated_delta_var")),),
):
    """Adadelta: w -= rate d, with d = g sqrt(u + epsilon) / sqrt(v + epsilon); moving averages v of g² and u of d².

    Source: Zeiler 2012, https://arxiv.org/abs/1212.5701.

    Args:
      rho: the decay rate of the averages.
      epsilon: a small number that makes the first step nonzero and keeps the divisor from zero.

    Example:
      >>> w = tf.Variable([1.0, 2.0])
      >>> tf.optimizers.Adadelta(1.0, rho=0.75, epsilon=0.25).apply([tf.constant([3.0, -4.0])], [w])
      >>> w.numpy().round(3)
      array([0.051, 2.97 ], dtype=float32)
    """

    rho: float = hyperparameter(default=0.95)
    epsilon: float = hyperparameter(default=1e-7)


class Adamax(Optimizer, rule="adamax", learning_rate=0.001, state=((Slot("momentum"), Slot("norm")),)):
    """Adam with the infinity norm: w -= rate m / (u + epsilon), with u = max(beta_2 u, |g|) and m as Adam's.

    Source: Kingma and Ba 2015, section 7.1, https://arxiv.org/abs/1412.6980.

    Args:
      beta_1: the decay rate of the average of the gradients.
      beta_2: the decay rate of u.
      epsilon: a small number that keeps the divisor from zero.

    Example:
      >>> w = tf.Variable([1.0, 2.0])
      >>> tf.optimizers.Adamax(0.5).apply([tf.constant([3.0, -4.0])], [w])
      >>> w.numpy().round(3)
      array([0.5, 2.5], dtype=float32)
    """

    beta_1: float = hyperparameter(default=0.9)
    beta_2: float = hyperparameter(default=0.999)
    epsilon: float = hyperparameter(default=1e-7)


class Nadam(Optimizer, rule="nadam", learning_rate=0.001, state=((Slot("momentum"), Slot("velocity")),), product=True):
    """Adam with Nesterov momentum: w -= rate d / (sqrt(v / (1 - beta_2^t)) + epsilon).

    With moving averages m and v of g and g², and momenta u_t = beta_1 (1 - 0.96^t / 2) whose product up to t is U_t,
    d = u_(t+1) m / (1 - U_(t+1)) + (1 - u_t) g / (1 - U_t).

    Source: Dozat 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ.

    Args:
      beta_1: the limit of the momenta beta_1 (1 - 0.96^t / 2).
      beta_2: the decay rate of the average of g².
      epsilon: a small number that keeps the divisor from zero.

    Example:
      >>> w = tf.Variable([1.0, 2.0])
      >>> tf.optimizers.Nadam(0.5).apply([tf.constant([3.0, -4.0])], [w])
      >>> w.numpy().round(3)
      array([0.469, 2.531], dtype=float32)
    """

    beta_1: float = hyperparameter(default=0.9)
    beta_2: float = hyperparameter(default=0.999)
    epsilon: float = hyperparameter(default=1e-7)


class Ftrl(
    Optimizer,
    rule="ftrl",
    learning_rate=0.001,
    state=((Slot("accumulator", "initial_accumulator_value"), Slot("linear")),),
):
    """Follow the regularized leader, with shrinkage that affects only the gradients.

    The sum n of all g² becomes n', then z += g + 2 shrinkage w - (n'^p - n^p) / rate w with p = -learning_rate_power,
    and w = (clip(z, -l1, l1) - z) / (n'^p / rate + 2 l2 + beta / rate).

    Source: McMahan et al. 2013, https://research.google.com/pubs/archive/41159.pdf.

    Args:
      learning_rate_power: the exponent, not positive, with which the rate decreases as g² accumulate.
      initial_accumulator_value: the initial value of their sum.
      l1_regularization_strength: the L1 penalty, which keeps small weights at zero.
      l2_regularization_strength: the L2 penalty, which reduces weights.
      l2_shrinkage_regularization_strength: an L2 penalty that is added to the gradient only.
      beta: the paper's beta.

    Raises:
      ValueError: a strength or initial_accumulator_value is negative, or learning_rate_power is positive.

    Example:
      >>> w = tf.Variable([0.0, 0.0])
      >>> tf.optimizers.Ftrl(0.5, initial_accumulator_value=0.0).apply([tf.constant([3.0, -4.0])], [w])
      >>> w.numpy()
      array([-0.5,  0.5], dtype=float32)
    """

    learning_rate_power: float = hyperparameter(default=-0.5)
    initial_accumulator_value: float = hyperparameter(default=0.1)
    l1_regularization_strength: float = hyperparameter(default=0.0)
    l2_regularization_strength: float = hyperparameter(default=0.0)
    l2_shrinkage_regularization_strength: float = hyperparameter(default=0.0)
    beta: float = hyperparameter(default=0.0)

    def _check(self) -> None:
        for name in (
            "initial_accumulator_value",
            "l1_regularization_strength",
            "l2_regularization_strength",
            "l2_shrinkage_regularization_strength",
        ):
            if getattr(self, name) < 0.0:
                raise ValueError(f"`{name}` needs to be positive or zero. Received: {name}={getattr(self, name)}.")
        if self.learning_rate_power > 0.0:
            raise ValueError(
                "`learning_rate_power` needs to be negative or zero. "
                f"Received: learning_rate_power={self.learning_rate_power}."
            )


class Lion(Optimizer, rule="lion", learning_rate=0.001, state=((Slot("momentum"),),)):
    """Lion: w -= rate sign(beta_1 m + (1 - beta_1) g), where m is a moving average of g.

    Source: Chen et al. 2023, https://arxiv.org/abs/2302.06675.

    Args:
      beta_1: the weight of m in the step.
      beta_2: the decay rate of m.

    Raises:
      ValueError: beta_1 is not in (0, 1].

    Example:
      >>> w = tf.Variable([1.0, 2.0])
      >>> tf.optimizers.Lion(0.5).apply([tf.constant([3.0, -4.0])], [w])
      >>> w.numpy()
      array([0.5, 2.5], dtype=float32)
    """

    beta_1: float = hyperparameter(default=0.9)
    beta_2: float = hyperparameter(default=0.99)

    def _check(self) -> None:
        if self.beta_1 <= 0 or self.beta_1 > 1:
            raise ValueError(
                "Argument `beta_1` must be in the [0, 1] range. Otherwise, the optimizer degenerates to SignSGD. "
                f"Received: beta_1={self.beta_1}."
            )


class Lamb(Optimizer, rule="lamb", learning_rate=0.001, state=((Slot("momentum"), Slot("velocity")),)):
    """Lamb: Adam's update d, scaled by norms: w -= rate d |w| / |d|, or rate d if a norm is zero.

    Source: You et al. 2020, https://arxiv.org/abs/1904.00962.

    Args:
      beta_1: the decay rate of the average of g.
      beta_2: the decay rate of the average of g².
      epsilon: a small number that keeps d's divisor from zero.

    Example:
      >>> w = tf.Variable([3.0, 4.0])
      >>> tf.optimizers.Lamb(0.5).apply([tf.constant([3.0, -4.0])], [w])
      >>> w.numpy().round(3)
      array([1.232, 5.768], dtype=float32)
    """

    beta_1: float = hyperparameter(default=0.9)
    beta_2: float = hyperparameter(default=0.999)
    epsilon: float = hyperparameter(default=1e-7)


class Adafactor(
    Optimizer,
    rule="adafactor",
    learning_rate=0.001,
    state=((Slot("row", without=-1), Slot("column", without=-2), Slot("velocity")),),
):
    """Adafactor: w -= rate g / sqrt(v), where for matrices only the means of v over rows and columns are kept.

    The rate is min(learning_rate, 1 / sqrt(t)) max(epsilon_2, rms(w)), and less if g / sqrt(v) is clipped.

    Source: Shazeer and Stern 2018, https://arxiv.org/abs/1804.04235.

    Args:
      beta_2_decay: the exponent with which 1 - decay of the means decreases.
      epsilon_1: a constant added to g².
      epsilon_2: the minimum size of a parameter in the scaling of the rate.
      clip_threshold: the maximum root mean square of g / sqrt(v).
      relative_step: no effect, as in Keras: the rate always decreases as 1 / sqrt(t).

    Example:
      >>> w = tf.Variable([[1.0, 1.0], [1.0, 1.0]])
      >>> tf.optimizers.Adafactor(0.5).apply([tf.constant([[2.0, 2.0], [2.0, 2.0]])], [w])
      >>> w.numpy()
      array([[0.5, 0.5],
             [0.5, 0.5]], dtype=float32)
    """

    beta_2_decay: float = hyperparameter(default=-0.8)
    epsilon_1: float = hyperparameter(default=1e-30)
    epsilon_2: float = hyperparameter(default=1e-3)
    clip_threshold: float = hyperparameter(default=1.0)
    relative_step: bool = hyperparameter(default=True)


class ScheduleFreeAdamW(
    Optimizer,
    rule="schedule_free_adamw",
    learning_rate=0.0025,
    state=((Slot("momentum", "variable"), Slot("velocity")),),
):
    """Schedule-free Adam: averages its iterates z instead of using a schedule; w lies between z and the average.

    z -= rate g / (sqrt(v / (1 - beta_2^t)) + epsilon), with x the mean of all z, and w = (1 - beta_1) z + beta_1 x.

    Source: Defazio et al. 2024, https://arxiv.org/abs/2405.15682.

    Args:
      beta_1: the weight of the average in w.
      beta_2: the decay rate of the average of g².
      epsilon: a small number that keeps the divisor from zero.
      warmup_steps: the number of steps in which the rate rises to its value.

    Example:
      >>> w = tf.Variable([1.0, 2.0])
      >>> tf.optimizers.ScheduleFreeAdamW(0.5).apply([tf.constant([3.0, -4.0])], [w])
      >>> w.numpy().round(3)
      array([0.5, 2.5], dtype=float32)
    """

    beta_1: float = hyperparameter(default=0.9)
    beta_2: float = hyperparameter(default=0.999)
    epsilon: float = hyperparameter(default=1e-8)
    warmup_steps: int = hyperparameter(default=0)


ROWS = (SGD, Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lamb, Lion, Nadam, RMSprop, ScheduleFreeAdamW)
for _kind in ROWS:
    explain(_kind)
