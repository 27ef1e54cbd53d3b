"""Variables with a value per replica of a strategy, which are aggregated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradtape._engine.api.api import as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import replication
from gradtape._src.core.replication import VariableAggregation, VariableSynchronization
from gradtape._src.state.variable import Variable

# Attributes of a variable that depend on its value, besides the methods below.
_OF_VALUES = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lt", "le", "gt", "ge", "eq", "ne"),
    *("radd", "rsub", "rmul", "rtruediv", "rfloordiv", "rmod", "rpow", "rmatmul"),
    *("neg", "pos", "abs", "float", "int", "bool", "complex", "index", "array", "getitem", "format", "iter"),
)


class ReplicatedVariable(Variable):
    """A variable with an aggregation of replicas' values; created by `tf.Variable` in a strategy's scope.

    If they are synchronized on write (`ON_WRITE`), replicas assign one value, aggregated from theirs. If they are
    synchronized on read (`ON_READ`), each assigns its own, which a replica reads unchanged; outside of
    `run` the variable's methods and operators read the aggregated value: all ranks must read it.
    """

    _strategy: Any

    def _replicate(self, strategy: Any) -> None:
        if self.aggregation is VariableAggregation.MEAN and not self.dtype.is_floating:
            raise ValueError(
                "creating distributed tf.Variable with aggregation=MEAN and a non-floating dtype is not supported, "
                "please use a different aggregation or dtype"
            )
        self._strategy = strategy

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        raise NotImplementedError(
            "A variable of a strategy's replicas cannot be copied. Create another in the same scope."
        )

    # Writing

    def _told(self, value: Any, method: str) -> Any:
        """The value that this replica assigns, aggregated if necessary."""
        on_read = self.synchronization is VariableSynchronization.ON_READ
        if replication.is_replica():
            if on_read or self.aggregation is VariableAggregation.NONE:
                return value
            return self._strategy._aggregated(as_tensor(value, self.dtype), self.aggregation, self.name)
        if on_read and self.aggregation is VariableAggregation.SUM:
            if method != "assign":
                raise ValueError(
                    f"SyncOnReadVariable does not support `{method}` in cross-replica context when aggregation is set "
                    "to `tf.VariableAggregation.SUM`."
                )
            parts = as_tensor(self._strategy.num_replicas_in_sync, self.dtype)
            value = as_tensor(value, self.dtype)
            return value // parts if self.dtype.is_integer else value / parts
        return value

    def assign(self, value: Any, use_locking: Any = False, name: Any = None, read_value: bool = True) -> Any:
        """Sets the value; see `tf.Variable.assign`."""
        return super().assign(self._told(value, "assign"), use_locking, name, read_value)

    def assign_add(self, delta: Any, use_locking: Any = False, name: Any = None, read_value: bool = True) -> Any:
        """Adds to the value; see `tf.Variable.assign_add`."""
        return super().assign_add(self._told(delta, "assign_add"), use_locking, name, read_value)

    def assign_sub(self, delta: Any, use_locking: Any = False, name: Any = None, read_value: bool = True) -> Any:
        """Subtracts from the value; see `tf.Variable.assign_sub`."""
        return super().assign_sub(self._told(delta, "assign_sub"), use_locking, name, read_value)

    def _adopt(self, value: Any) -> None:  # which restores values
        super()._adopt(self._told(value, "assign"))

    def _change(self, *args: Any, **kwargs: Any) -> Any:
        self._check_part()
        return super()._change(*args, **kwargs)

    def _assign_part(self, *args: Any, **kwargs: Any) -> Any:
        self._check_part()
        return super()._assign_part(*args, **kwargs)

    def _check_part(self) -> None:
        if replication.is_replica() and self.synchronization is not VariableSynchronization.ON_READ:
            raise NotImplementedError("Replicas' changes of a part of a variable do not become one; assign it whole.")

    # Reading

    def value(self) -> Tensor:
        """The value; see the class."""
        own = super().value()
        if replication.is_replica() or self.synchronization is not VariableSynchronization.ON_READ:
            return own
        if self.aggregation is VariableAggregation.NONE:
            raise ValueError(
                "Could not convert from `tf.VariableAggregation` VariableAggregation.NONE to`tf.distribute.ReduceOp` "
                "type"
            )
        return self._strategy._aggregated(own, self.aggregation, self.name)

    read_value = value

    def numpy(self) -> Any:
        """The value as a NumPy array; see the class."""
        return self.value().numpy()


def _of_value(name: str) -> Callable[..., Any]:
    """A special method that calls the same method of the variable's value."""

    def call(self: ReplicatedVariable, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.value(), name)(*args, **kwargs)

    return call


for _name in _OF_VALUES:
    setattr(ReplicatedVariable, f"__{_name}__", _of_value(f"__{_name}__"))
