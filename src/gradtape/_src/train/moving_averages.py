"""Averages of variables in which older values count less."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gradtape._engine.api.api import apply_cast, apply_elementwise, as_tensor
from gradtape._engine.state.variable import BaseVariable
from gradtape._src.core import dtypes
from gradtape._src.core.typing import TensorLike
from gradtape._src.ops.control_flow import init_scope
from gradtape._src.state.variable import Variable


class ExponentialMovingAverage:
    """Averages of variables that move towards their values with each `apply`.

    average -= (1 - decay) * (average - variable)

    Args:
      decay: how much of the average stays, near 1.
      num_updates: a number or variable that counts steps; decay is at most (1 + num_updates) / (10 + num_updates) then,
        so that first averages move faster.
      zero_debias: not used for variables, whose averages begin at their values.
      name: the suffix of the averages' names.

    Example:
      >>> v = tf.Variable(0.0)
      >>> ema = tf.train.ExponentialMovingAverage(decay=0.9)
      >>> ema.apply([v])  # the average begins here
      >>> v.assign(1.0)
      <tf.Variable 'Variable:0' shape=() dtype=float32, numpy=1.0>
      >>> ema.apply([v])
      >>> ema.average(v).numpy().round(3)
      np.float32(0.1)
    """

    def __init__(
        self,
        decay: TensorLike,
        num_updates: Any = None,
        zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ) -> None:
        self._decay = decay
        self._num_updates = num_updates
        self._name = name
        self._averages: dict[Any, tuple[Any, Variable]] = {}

    @property
    def name(self) -> str:
        """The suffix of the averages' names."""
        return self._name

    def apply(self, var_list: Iterable[Any] | None = None) -> None:
        """Moves the averages of variables towards their values; those that are new begin at them.

        Args:
          var_list: the variables; None for none, as there is no list of all variables.

        Raises:
          TypeError: one is not a variable, or not floating.

        Example:
          >>> v = tf.Variable(2.0)
          >>> ema = tf.train.ExponentialMovingAverage(0.5)
          >>> ema.apply([v])
          >>> ema.average(v).numpy()
          np.float32(2.0)
        """
        variables = list(var_list or ())
        for variable in variables:
            if not isinstance(variable, BaseVariable):
                raise TypeError(
                    "tf.train.ExponentialMovingAverage does not support non-Variable tensors when eager execution is "
                    "enabled."
                )
        for variable in variables:
            if not variable.dtype.is_floating:
                raise TypeError(f"The variables must be half, float, or double: {variable.name}")
            if variable.ref() not in self._averages:
                name = f"{variable.name.removesuffix(':0')}/{self.name}"
                with init_scope():
                    average = Variable(variable.read_value(), trainable=False, name=name)
                self._averages[variable.ref()] = (variable, average)
        decay = as_tensor(self._decay, dtypes.float32)
        if self._num_updates is not None:
            steps = apply_cast(as_tensor(self._num_updates), dtypes.float32)
            decay = apply_elementwise("minimum", decay, (1.0 + steps) / (10.0 + steps))
        moved = 1.0 - decay
        for variable in variables:
            average = self._averages[variable.ref()][1]
            average.assign_sub((average - variable) * apply_cast(moved, variable.dtype))

    def average(self, var: Any) -> Variable | None:
        """The variable that holds an average.

        Args:
          var: a variable.

        Returns:
          A variable that is not trainable; None if `apply` never had it.

        Example:
          >>> tf.train.ExponentialMovingAverage(0.9).average(tf.Variable(1.0)) is None
          True
        """
        found = self._averages.get(var.ref())
        return None if found is None else found[1]

    def average_name(self, var: Any) -> str:
        """The name of the variable that holds an average, or would.

        Args:
          var: a variable.

        Returns:
          A str.

        Example:
          >>> tf.train.ExponentialMovingAverage(0.9).average_name(tf.Variable(1.0, name="w"))
          'w/ExponentialMovingAverage'
        """
        return f"{var.name.removesuffix(':0')}/{self.name}"

    def variables_to_restore(self, moving_avg_variables: Iterable[Any] | None = None) -> dict[str, Any]:
        """The variables by the names under which their averages were saved.

        Args:
          moving_avg_variables: the variables; None for those that `apply` had.

        Returns:
          A dict of variables by name.

        Example:
          >>> v = tf.Variable(1.0, name="w")
          >>> list(tf.train.ExponentialMovingAverage(0.9).variables_to_restore([v]))
          ['w/ExponentialMovingAverage']
        """
        if moving_avg_variables is None:
            moving_avg_variables = [variable for variable, _ in self._averages.values()]
        return {self.average_name(variable): variable for variable in moving_avg_variables}
