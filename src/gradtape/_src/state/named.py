"""NamedVariable: the variables of optimizers, layers, metrics and seeds, with a path that tells their owner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradtape._engine.api.api import as_tensor
from gradtape._engine.record.primitive import is_traced
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import replication
from gradtape._src.core.typing import DTypeLike, TensorLike
from gradtape._src.state.variable import Variable


class NamedVariable(Variable):
    """A variable with a path: "adam/iteration" counts the steps of the optimizer "adam".

    Args:
      initial_value: the value.
      name: its name.
      path: the names of its owners, joined by "/".
      dtype: its dtype; that of the value by default.

    Example:
      >>> tf.optimizers.Adam(name="adam").iterations
      <Variable path=adam/iteration, shape=(), dtype=int64, value=0>
    """

    _name: str
    _path: str

    def __init__(self, initial_value: TensorLike, name: str, path: str, dtype: DTypeLike | None = None) -> None:
        self._name, self._path = name, f"{path}/{name}"
        value = as_tensor(initial_value, dtype)
        if replication.several:
            value = replication.initial_value(value, self._path)
        self._initialise(value, False, name)

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def path(self) -> str:
        """The names of its owners and its own, joined by "/"."""
        return self._path

    @property
    def value(self) -> Tensor:  # type: ignore[override]  # Keras' is a property
        """Its current value, a tensor."""
        return self.read_value()

    def __repr__(self) -> str:
        # While a function is traced values are not shown, as they would be those of its first call.
        value = "" if is_traced() else f", value={self.numpy()}"
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype.name}{value}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> NamedVariable:
        copied = _restored(*self.__reduce__()[1])
        memo[id(self)] = copied
        return copied

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _restored, (type(self), self.numpy(), self.trainable, dict(vars(self)))


def _restored(kind: type[NamedVariable], value: Any, trainable: bool, attributes: dict[str, Any]) -> NamedVariable:
    made = kind.__new__(kind)
    made._initialise(as_tensor(value), trainable, attributes["_name"])
    vars(made).update(attributes)
    return made
