"""tf.compat.v1's optimizers for eager programs, which take the loss as a function and create slots on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gradtape._engine.api.api import apply_cast, apply_elementwise, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.autodiff.tape import GradientTape
from gradtape._src.core import dtypes, replication
from gradtape._src.ops.control_flow import init_scope
from gradtape._src.ops.creation import convert_to_tensor, zeros_like
from gradtape._src.state.variable import Variable


class Optimizer:
    """Base of TensorFlow 1's optimizers.

    Args:
      name: its name.

    Example:
      >>> isinstance(tf.compat.v1.train.AdamOptimizer(), tf.compat.v1.train.Optimizer)
      True
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._slots: dict[tuple[str, Any], Variable] = {}

    def _step(self, gradient: Tensor, variable: Any) -> None:
        """Updates a variable."""
        raise NotImplementedError

    def _finish(self) -> None:
        """Called after the updates of all variables."""

    def _prepare(self) -> None:
        """Called before the updates."""

    def get_name(self) -> str:
        """The optimizer's name.

        Returns:
          A str.

        Example:
          >>> tf.compat.v1.train.AdamOptimizer().get_name()
          'Adam'
        """
        return self._name

    def get_slot(self, var: Any, name: str) -> Variable | None:
        """A slot variable of a variable.

        Args:
          var: the variable.
          name: its name: "momentum", or Adam's "m" and "v".

        Returns:
          A variable, or None if it does not exist yet.

        Example:
          >>> w = tf.Variable(1.0)
          >>> optimizer = tf.compat.v1.train.MomentumOptimizer(0.1, 0.9)
          >>> optimizer.apply_gradients([(tf.constant(2.0), w)])
          >>> optimizer.get_slot(w, "momentum").numpy()
          np.float32(2.0)
        """
        return self._slots.get((name, var.ref()))

    def _slot(self, variable: Any, name: str) -> Variable:
        key = (name, variable.ref())
        if key not in self._slots:
            with init_scope():
                made = Variable(
                    zeros_like(variable), trainable=False, name=f"{variable.name.removesuffix(':0')}/{name}"
                )
            self._slots[key] = made
        return self._slots[key]

    def compute_gradients(
        self,
        loss: Callable[[], Any],
        var_list: Iterable[Any] | None = None,
        gate_gradients: int = 1,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """The gradients of a function's result.

        Args:
          loss: a function without arguments.
          var_list: the variables; None for the trainable ones that the function reads.
          gate_gradients, aggregation_method, colocate_gradients_with_ops: not used.
          grad_loss: the result's cotangent; None for ones.

        Returns:
          A list of pairs: a gradient and its variable.

        Raises:
          RuntimeError: the loss is not a function.

        Example:
          >>> w = tf.Variable(3.0)
          >>> [(gradient, _)] = tf.compat.v1.train.AdamOptimizer().compute_gradients(lambda: w * w)
          >>> gradient.numpy()
          np.float32(6.0)
        """
        if not callable(loss):
            raise RuntimeError(
                "`loss` passed to Optimizer.compute_gradients should be a function when eager execution is enabled."
            )
        with GradientTape() as tape:
            if var_list is not None:
                var_list = list(var_list)
                tape.watch(var_list)
            value = loss()
        variables = list(tape.watched_variables() if var_list is None else var_list)
        return list(zip(tape.gradient(value, variables, grad_loss), variables, strict=True))

    def apply_gradients(
        self,
        grads_and_vars: Iterable[tuple[Any, Any]],
        global_step: Any = None,
        name: str | None = None,
        skip_gradients_aggregation: bool = False,
    ) -> None:
        """Updates variables with gradients.

        Args:
          grads_and_vars: pairs of a gradient and its variable; variables whose gradient is None are unchanged.
          global_step: a variable to which 1 is added, or None.
          name, skip_gradients_aggregation: not used.

        Raises:
          ValueError: there are no variables, or no gradients.

        Example:
          >>> w = tf.Variable(3.0)
          >>> tf.compat.v1.train.GradientDescentOptimizer(0.5).apply_gradients([(tf.constant(2.0), w)])
          >>> w.numpy()
          np.float32(2.0)
        """
        pairs = list(grads_and_vars)
        if not pairs:
            raise ValueError("No variables provided.")
        if all(gradient is None for gradient, _ in pairs):
            raise ValueError(f"No gradients provided for any variable: {[str(variable) for _, variable in pairs]}.")
        if replication.several:
            gradients, variables = zip(*pairs, strict=True)
            pairs = list(zip(replication.summed(list(gradients), list(variables)), variables, strict=True))
        self._prepare()
        for gradient, variable in pairs:
            if gradient is not None:
                self._step(convert_to_tensor(gradient), variable)
        self._finish()
        if global_step is not None:
            global_step.assign_add(as_tensor(1, global_step.dtype))

    def minimize(
        self,
        loss: Callable[[], Any],
        global_step: Any = None,
        var_list: Iterable[Any] | None = None,
        gate_gradients: int = 1,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> None:
        """Minimizes a function by one step: `compute_gradients`, then `apply_gradients`.

        Args:
          loss: a function without arguments.
          global_step: a variable to which 1 is added, or None.
          var_list: the variables; None for the trainable ones that the function reads.
          gate_gradients, aggregation_method, colocate_gradients_with_ops, name: not used.
          grad_loss: the result's cotangent; None for ones.

        Raises:
          RuntimeError: the loss is not a function.
          ValueError: there are no variables, or no gradients.

        Example:
          >>> w = tf.Variable(3.0)
          >>> tf.compat.v1.train.GradientDescentOptimizer(0.5).minimize(lambda: w * w)
          >>> w.numpy()
          np.float32(0.0)
        """
        pairs = self.compute_gradients(loss, var_list, grad_loss=grad_loss)
        self.apply_gradients(pairs, global_step)


def _of(value: Any, dtype: dtypes.DType) -> Tensor:
    """A rate, or a function's result, in a variable's dtype."""
    return apply_cast(as_tensor(value() if callable(value) and not hasattr(value, "dtype") else value), dtype)


class GradientDescentOptimizer(Optimizer):
    """TensorFlow 1's gradient descent: variable -= learning_rate * gradient.

    Args:
      learning_rate: the rate, or a function that returns it.
      use_locking: not used.
      name: its name.

    Example:
      >>> w = tf.Variable([1.0, 2.0])
      >>> tf.compat.v1.train.GradientDescentOptimizer(0.1).minimize(lambda: tf.reduce_sum(w * w))
      >>> w.numpy()
      array([0.8, 1.6], dtype=float32)
    """

    def __init__(self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent") -> None:
        super().__init__(name)
        self._rate = learning_rate

    def _step(self, gradient: Tensor, variable: Any) -> None:
        variable.assign_sub(_of(self._rate, variable.dtype) * gradient)


class MomentumOptimizer(Optimizer):
    """TensorFlow 1's momentum: momentum_t = momentum * momentum_t + gradient; variable -= learning_rate * momentum_t.

    With sparse gradients the momentum of all rows decays.

    Args:
      learning_rate: the rate, or a function that returns it.
      momentum: the decay rate of the momentum, or a function that returns it.
      use_locking: not used.
      name: its name.
      use_nesterov: whether to use Nesterov momentum, which looks ahead.

    Example:
      >>> w = tf.Variable(1.0)
      >>> optimizer = tf.compat.v1.train.MomentumOptimizer(0.1, 0.5)
      >>> for _ in range(2):
      ...     optimizer.apply_gradients([(tf.constant(1.0), w)])
      >>> w.numpy().round(3)
      np.float32(0.75)
    """

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(name)
        self._rate, self._momentum, self._ahead = learning_rate, momentum, use_nesterov

    def _step(self, gradient: Tensor, variable: Any) -> None:
        rate, momentum = _of(self._rate, variable.dtype), _of(self._momentum, variable.dtype)
        slot = self._slot(variable, "momentum")
        moved = momentum * slot + gradient
        slot.assign(moved)
        variable.assign_sub(rate * (gradient + momentum * moved if self._ahead else moved))


class AdamOptimizer(Optimizer):
    """TensorFlow 1's Adam, in which epsilon is added before the bias correction.

    Kingma and Ba, Adam: A Method for Stochastic Optimization (2015), with the step size of its section 2.

    Args:
      learning_rate: the rate, or a function that returns it.
      beta1, beta2: the decay rates of the moments, or functions that return them.
      epsilon: a small number that keeps the divisor from 0, or a function that returns it.
      use_locking: not used.
      name: its name.
      use_own_namescope_for_non_slot_vars: not used.

    Example:
      >>> w = tf.Variable([1.0, 2.0])
      >>> tf.compat.v1.train.AdamOptimizer(0.1).minimize(lambda: tf.reduce_sum(w * w))
      >>> w.numpy().round(3)
      array([0.9, 1.9], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-08,
        use_locking: bool = False,
        name: str = "Adam",
        use_own_namescope_for_non_slot_vars: bool = False,
    ) -> None:
        super().__init__(name)
        self._rate, self._betas, self._epsilon = learning_rate, (beta1, beta2), epsilon
        self._powers: list[Variable] = []

    def _prepare(self) -> None:
        if not self._powers:
            with init_scope():
                self._powers = [Variable(_of(beta, dtypes.float32), trainable=False) for beta in self._betas]

    def _step(self, gradient: Tensor, variable: Any) -> None:
        kind = variable.dtype
        first, second = (_of(beta, kind) for beta in self._betas)
        power1, power2 = (apply_cast(as_tensor(power), kind) for power in self._powers)
        rate = _of(self._rate, kind) * apply_elementwise("sqrt", 1 - power2) / (1 - power1)
        slot1, slot2 = self._slot(variable, "m"), self._slot(variable, "v")
        moment1 = first * slot1 + (1 - first) * gradient
        moment2 = second * slot2 + (1 - second) * gradient * gradient
        slot1.assign(moment1)
        slot2.assign(moment2)
        root = apply_elementwise("sqrt", moment2)
        variable.assign_sub(rate * moment1 / (root + _of(self._epsilon, kind)))

    def _finish(self) -> None:
        for power, beta in zip(self._powers, self._betas, strict=True):
            power.assign(power * _of(beta, dtypes.float32))


_global_step: list[Variable] = []


def get_global_step(graph: Any = None) -> Variable | None:
    """The variable that `get_or_create_global_step` created.

    Args:
      graph: not used.

    Returns:
      The variable, or None.

    Example:
      >>> step = tf.compat.v1.train.get_or_create_global_step()
      >>> tf.compat.v1.train.get_global_step() is step
      True
    """
    return _global_step[0] if _global_step else None


def get_or_create_global_step(graph: Any = None) -> Variable:
    """The variable that counts steps, created on the first call.

    Args:
      graph: not used.

    Returns:
      An int64 variable, 0 at first.

    Example:
      >>> tf.compat.v1.train.get_or_create_global_step().dtype
      tf.int64
    """
    if not _global_step:
        with init_scope():
            _global_step.append(Variable(0, trainable=False, dtype=dtypes.int64, name="global_step"))
    return _global_step[0]
