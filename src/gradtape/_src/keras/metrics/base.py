"""Metric: state updated batch by batch, and a result computed from it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from gradtape._engine.api.api import full_like
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes, replication
from gradtape._src.keras import dtype_policy, initializers, settings
from gradtape._src.keras.inputs import leaves
from gradtape._src.keras.naming import auto_name, name_scope, to_snake_case
from gradtape._src.keras.serialization import Kind
from gradtape._src.keras.variable import Variable

KIND = Kind("metric")


def metric(*names: str) -> Any:
    """Decorator that registers a class of metrics by its name, in snake case, and aliases."""

    def entered(cls: Any) -> Any:
        return KIND.enter(to_snake_case(cls.__name__), *names)(cls)

    return entered


def _of_all_replicas(metric: Any, strategy: Any) -> Any:
    """A metric's result: outside of replicas' steps that of all of them, whose variables are added up for it."""
    if replication.is_replica():
        return type(metric).result(metric)
    own = [variable.read_value() for variable in metric.variables]
    try:
        for variable, total in zip(metric.variables, strategy._totals(own), strict=True):
            variable.assign(total)
        with replication.Entered(strategy, True):
            return type(metric).result(metric)
    finally:
        for variable, value in zip(metric.variables, own, strict=True):
            variable.assign(value)


@metric()
class Metric:
    """Base of metrics: a subclass creates variables, updates them in `update_state`, and returns the value in
    `result`.

    Called, a metric does both.

    Args:
      dtype: the dtype of its variables and its result, `floatx` by default.
      name: its name; by default the class' name in snake case.

    Raises:
      ValueError: unknown dtype.
      NotImplementedError: the class does not implement `update_state` or `result`.

    Example:
      >>> class Largest(tf.keras.metrics.Metric):
      ...     def __init__(self, name="largest"):
      ...         super().__init__(name=name)
      ...         self.value = self.add_weight(name="value", initializer="zeros")
      ...
      ...     def update_state(self, values, sample_weight=None):
      ...         self.value.assign(tf.maximum(self.value, tf.reduce_max(values)))
      ...
      ...     def result(self):
      ...         return self.value
      >>> largest = Largest()
      >>> largest.update_state([1.0, 5.0])
      >>> largest.update_state([2.0])
      >>> largest.result().numpy()
      np.float32(5.0)
    """

    # Whether larger ("up") or smaller ("down") values are better.
    _direction: str | None = None

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self._variables: list[Variable] = []
        self._metrics: list[Metric] = []
        self.name = name or auto_name(type(self).__name__)
        self._dtype_policy = dtype_policy.get(dtype or settings.floatx())
        self._computed_in = dtypes.as_dtype(self._dtype_policy.compute_dtype)
        strategy = replication.replicated()
        if strategy is not None:
            # In place of the class's method, which it calls.
            self.__dict__["result"] = functools.partial(_of_all_replicas, self, strategy)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Variable):
            self._hold(self._variables, value)
        elif isinstance(value, Metric | list | tuple | dict) and "_metrics" in self.__dict__:
            for part in leaves(value):
                if isinstance(part, Metric):
                    self._hold(self._metrics, part)
        object.__setattr__(self, name, value)

    @staticmethod
    def _hold(held: list[Any], value: Any) -> None:
        if not any(value is other for other in held):
            held.append(value)

    @property
    def dtype(self) -> str:
        """The name of the dtype of its variables and its result."""
        return self._computed_in.name

    @property
    def variables(self) -> list[Variable]:
        """Its variables, then those of the metrics that it holds."""
        return [*self._variables, *(variable for metric in self._metrics for variable in metric.variables)]

    def add_variable(
        self,
        shape: Any,
        initializer: Any,
        dtype: Any = None,
        aggregation: str | None = "sum",
        name: str | None = None,
    ) -> Variable:
        """Makes a variable of the metric.

        Args:
          shape: its shape.
          initializer: the initial value, as for `tf.keras.initializers.get`.
          dtype: its dtype, `floatx` by default.
          aggregation: not used.
          name: its name.

        Returns:
          The variable.

        Raises:
          RuntimeError: the metric's class does not call `super().__init__()`.

        Example:
          >>> tf.keras.metrics.Metric(name="mine").add_variable((2,), "ones", name="one").path
          'mine/one'
        """
        self._check_super_called()
        with name_scope(self.name.replace("/", ">"), caller=self):
            made = Variable(initializers.get(initializer), shape, dtype, trainable=False, name=name)
        self._hold(self._variables, made)
        return made

    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Variable:
        """Makes a variable of the metric.

        Args:
          shape: its shape.
          initializer: its initial value, as for `tf.keras.initializers.get`; zeros by default.
          dtype: its dtype, `floatx` by default.
          name: its name.

        Returns:
          The variable.

        Raises:
          RuntimeError: the metric's class does not call `super().__init__()`.

        Example:
          >>> tf.keras.metrics.Metric(name="mine").add_weight(name="total").numpy()
          np.float32(0.0)
        """
        return self.add_variable(shape, "zeros" if initializer is None else initializer, dtype, name=name)

    def _check_super_called(self) -> None:
        if "_computed_in" not in self.__dict__:
            raise RuntimeError("You forgot to call `super().__init__()` in the `__init__()` method. Go add it!")

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Updates the state with a batch; to be overridden by subclasses.

        Args:
          args, kwargs: the batch.

        Raises:
          NotImplementedError: always, unless a subclass overrides it.
        """
        raise NotImplementedError

    def result(self) -> Any:
        """The result over the batches since the last reset.

        Returns:
          A tensor, or a dict of them.

        Raises:
          NotImplementedError: the subclass does not define it.

        Example:
          >>> mean = tf.keras.metrics.Mean()
          >>> mean.update_state([1.0, 2.0])
          >>> mean.result().numpy()
          np.float32(1.5)
        """
        raise NotImplementedError

    def reset_state(self) -> None:
        """Sets the variables to 0.

        Example:
          >>> mean = tf.keras.metrics.Mean()
          >>> mean.update_state([1.0, 2.0])
          >>> mean.reset_state()
          >>> mean.result().numpy()
          np.float32(0.0)
        """
        for variable in self.variables:
            variable.assign(full_like(variable.read_value(), 0))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._check_super_called()
        self.update_state(*args, **kwargs)
        return self.result()

    def merge_state(self, metrics: Sequence[Metric]) -> None:
        """Adds the state of other metrics of the same class.

        Args:
          metrics: them.

        Raises:
          ValueError: one of them has other variables.

        Example:
          >>> one, other = tf.keras.metrics.Mean(), tf.keras.metrics.Mean()
          >>> one.update_state(1.0)
          >>> other.update_state(4.0)
          >>> one.merge_state([other])
          >>> one.result().numpy()
          np.float32(2.5)
        """
        for metric in metrics:
            if [variable.shape for variable in metric.variables] != [variable.shape for variable in self.variables]:
                raise ValueError(f"Metric {metric.name} is not compatible with {self.name}")
            for variable, other in zip(self.variables, metric.variables, strict=True):
                variable.assign_add(other.read_value())

    def stateless_update_state(self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any) -> list[Tensor]:
        """The variables after an update, given their values before.

        Args:
          metric_variables: values in place of the metric's variables.
          args, kwargs: the batch.

        Returns:
          The values after it, a list of tensors.

        Raises:
          ValueError: they are too few or too many.

        Example:
          >>> mean = tf.keras.metrics.Mean()
          >>> [float(value) for value in mean.stateless_update_state([1.0, 1.0], [2.0, 3.0])]
          [6.0, 3.0]
        """
        return self._with_variables(
            metric_variables,
            lambda: (self.update_state(*args, **kwargs), [variable.read_value() for variable in self.variables])[1],  # type: ignore[func-returns-value]
        )

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """The result, given values of the variables.

        Args:
          metric_variables: values in place of the metric's variables.

        Returns:
          A tensor, or a dict of them.

        Raises:
          ValueError: they are too few or too many.

        Example:
          >>> tf.keras.metrics.Mean().stateless_result([6.0, 3.0]).numpy()
          np.float32(2.0)
        """
        return self._with_variables(metric_variables, self.result)

    def stateless_reset_state(self) -> list[Tensor]:
        """The variables after a reset.

        Returns:
          A list of tensors.

        Example:
          >>> [float(value) for value in tf.keras.metrics.Mean().stateless_reset_state()]
          [0.0, 0.0]
        """

        def reset() -> list[Tensor]:
            self.reset_state()
            return [variable.read_value() for variable in self.variables]

        return self._with_variables([variable.read_value() for variable in self.variables], reset)

    def _with_variables(self, values: Sequence[Any], function: Any) -> Any:
        """Calls a function while the variables have given values."""
        variables = self.variables
        if len(values) != len(variables):
            raise ValueError(
                "Argument `metric_variables` must be a list of tensors corresponding 1:1 to "
                f"{type(self).__name__}().variables. Received list with length {len(values)}, but expected "
                f"{len(variables)} variables."
            )
        before = [variable.read_value() for variable in variables]
        try:
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
            return function()
        finally:
            for variable, value in zip(variables, before, strict=True):
                variable.assign(value)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments.

        Returns:
          A dict of plain data for `from_config`.

        Example:
          >>> tf.keras.metrics.Mean().get_config()
          {'name': 'mean', 'dtype': 'float32'}
        """
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        """Creates a metric from the result of `get_config`.

        Args:
          config: the dict.

        Returns:
          A metric of this class.

        Example:
          >>> tf.keras.metrics.Mean.from_config({"name": "mine"}).name
          'mine'
        """
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
