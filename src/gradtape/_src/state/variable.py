"""Variable: a named, assignable tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.record.primitive import effect_kind
from gradtape._engine.state.variable import with_operators
from gradtape._engine.tensor.tensor import Reference, Tensor, variables_are
from gradtape._src.core import errors, nest, replication
from gradtape._src.core.operands import dims_text, not_allowed
from gradtape._src.core.replication import VariableAggregation, VariableSynchronization
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.typing import DTypeLike, ShapeLike, TensorLike
from gradtape._src.state.naming import name_prefix
from gradtape._src.state.parts import VariableParts

_WRITES = effect_kind("writes")


@variables_are
@with_operators
class Variable(VariableParts):
    """A mutable tensor. Tapes watch trainable variables automatically.

    Args:
      initial_value: the value, or a callable that returns it.
      trainable: whether tapes watch it automatically; True by default.
      name: its name, "Variable" by default.
      dtype: its dtype, by default the value's.
      constraint: stored as an attribute.
      shape: a shape that every value must have; unknown sizes may change with each assignment.
      synchronization: when the values of a strategy's replicas are aggregated, a `tf.VariableSynchronization`;
        variables with ON_READ are not trainable by default.
      aggregation: how they are aggregated, a `tf.VariableAggregation`.
      validate_shape, caching_device, variable_def, import_scope: not used.
      experimental_enable_variable_lifting: not used.

    Raises:
      ValueError: the initial value is missing or has a wrong shape; synchronization or aggregation is invalid.

    Example:
      >>> w = tf.Variable([1.0, 2.0], name="w")
      >>> with tf.GradientTape() as tape:
      ...     loss = tf.reduce_sum(w * w)
      >>> w.assign_sub(0.25 * tape.gradient(loss, w)).numpy()
      array([0.5, 1. ], dtype=float32)
    """

    constraint: Any = None
    synchronization: VariableSynchronization = VariableSynchronization.AUTO
    aggregation: VariableAggregation = VariableAggregation.NONE

    def __init__(
        self,
        initial_value: TensorLike | Callable[[], TensorLike] | None = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: DTypeLike | None = None,
        import_scope: Any = None,
        constraint: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: ShapeLike | None = None,
        experimental_enable_variable_lifting: bool = True,
    ) -> None:
        if initial_value is None:
            raise ValueError(
                "The `initial_value` arg to `tf.Variable` must be specified except when you are not providing a "
                "`variable_def`. "
                "You provided neither."
            )
        try:
            value = as_tensor(initial_value() if callable(initial_value) else initial_value, dtype)
        except errors.TextOperand:
            message = "Variables hold numbers. Keep strings in a Python attribute"
            raise errors.UnimplementedError(None, None, message) from None
        wanted = None if shape is None else TensorShape(shape)
        if wanted is not None and not value.shape.is_compatible_with(wanted):
            raise ValueError(
                f"In this `tf.Variable` creation, the initial value's shape ({value.shape}) is not compatible with "
                f"the explicitly supplied `shape` argument ({shape})."
            )
        open_shape = wanted if wanted is not None and not wanted.is_fully_defined() else None
        if not isinstance(name, str | None):
            raise ValueError("name for name_scope must be a string.")
        scoped = name_prefix() + ("Variable" if name is None else name)
        if synchronization is not None or aggregation is not None:
            self._combine(synchronization, aggregation, name)
        if trainable is None:
            trainable = self.synchronization is not VariableSynchronization.ON_READ
        if replication.several:
            value = replication.initial_value(value, scoped)
        self._initialise(value, bool(trainable), scoped, open_shape)
        if replication.several:
            self._replicate(replication.replicated())
        if constraint is not None:
            if not callable(constraint):
                raise ValueError(
                    f"Argument `constraint` must be None or a callable. a callable. Got a {type(constraint)}:  "
                    f"{constraint}"
                )
            # Otherwise the class' attribute is used, and the variable needs none of its own.
            self.constraint = constraint

    def _combine(self, synchronization: Any, aggregation: Any, name: str | None) -> None:
        """Sets when and how the replicas' values are aggregated."""
        for what, kind, given in (
            ("synchronization", VariableSynchronization, synchronization),
            ("aggregation", VariableAggregation, aggregation),
        ):
            try:
                found = getattr(type(self), what) if given is None else kind(given)
            except ValueError:
                raise ValueError(f"Invalid variable {what} mode: {given} for variable: {name}") from None
            setattr(self, what, found)
        if self.synchronization is VariableSynchronization.NONE and replication.current() is not None:
            raise ValueError(
                "`NONE` variable synchronization mode is not supported with tf.distribute strategy. Please change the "
                f"`synchronization` for variable: {name}"
            )

    def _replicate(self, strategy: Any) -> None:
        """Makes the variable part of a strategy's replicas, or of none."""
        if strategy is None:
            return
        if self.synchronization is VariableSynchronization.AUTO:
            self.synchronization = VariableSynchronization.ON_WRITE
        on_read = self.synchronization is VariableSynchronization.ON_READ
        if type(self) is Variable and (on_read or self.aggregation is not VariableAggregation.NONE):
            from gradtape._src.state.replicated import ReplicatedVariable  # imported when first used

            self.__class__ = ReplicatedVariable
            self._replicate(strategy)

    def ref(self) -> Reference[Variable]:
        """A hashable reference to the variable, for sets and keys of dicts.

        Returns:
          A reference, whose `deref()` returns the variable.

        Example:
          >>> v = tf.Variable(1.0)
          >>> {v.ref(): "v"}[v.ref()], v.ref().deref() is v
          ('v', True)
        """
        return Reference(self)

    experimental_ref = ref

    def __copy__(self) -> Variable:
        # A copy shares the value with the original, assignments included.
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        copied = type(self)(
            self.numpy(),
            self.trainable,
            name=self.name.removesuffix(":0"),
            constraint=self.constraint,
            synchronization=self.synchronization,
            aggregation=self.aggregation,
        )
        memo[id(self)] = copied
        return copied

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.numpy(), self.trainable, self.name.removesuffix(":0"), self.constraint)

    def is_initialized(self, name: str | None = None) -> Tensor:
        """Always True: a variable has a value from its creation.

        Args:
          name: not used; TensorFlow names operations by it.

        Returns:
          A bool scalar tensor.

        Example:
          >>> tf.Variable(1.0).is_initialized().numpy()
          np.True_
        """
        return as_tensor(True)

    @property
    def initializer(self) -> None:
        """None: a variable is initialized when it is created."""
        return None

    def load(self, value: Any, session: Any = None) -> None:
        """Assigns a value; the TensorFlow 1 form of `assign`.

        Args:
          value: a value of the variable's shape, convertible to its dtype.
          session: not used.

        Raises:
          ValueError: the value has another shape or dtype.

        Example:
          >>> v = tf.Variable(1.0)
          >>> v.load(2.0)
          >>> v.numpy()
          np.float32(2.0)
        """
        self.assign(value)

    def count_up_to(self, limit: int) -> Tensor:
        """Adds 1 to an integer scalar unless it has reached the limit.

        Args:
          limit: the upper bound.

        Returns:
          A scalar tensor: the previous value.

        Raises:
          OutOfRangeError: the value is the limit.
          InvalidArgumentError: the variable is not an int32 or int64 scalar.

        Example:
          >>> v = tf.Variable(1)
          >>> v.count_up_to(3).numpy(), v.numpy()
          (np.int32(1), np.int32(2))
        """
        value = self.read_value()
        if value.dtype.name not in ("int32", "int64"):
            raise not_allowed("CountUpTo", value.dtype, "int32, int64")
        if value.ndim:
            raise errors.invalid_argument("CountUpTo", f"input is not a scalar: {dims_text(value.shape)}", None)
        if int(value) >= limit:
            raise errors.from_op(errors.OutOfRangeError, "CountUpTo", f"Reached limit of {limit}")
        before = as_tensor(value.numpy())
        self.assign_add(1)
        return before

    def set_shape(self, shape: TensorShape | Sequence[int | None]) -> None:
        """Checks that the variable has this shape.

        Args:
          shape: the shape, in which None stands for any size.

        Raises:
          ValueError: it has another one.

        Example:
          >>> tf.Variable([1.0, 2.0]).set_shape([None])
        """
        if not self.shape.is_compatible_with(shape):
            raise ValueError(f"Shapes {self.shape} and {tuple(shape)} are not compatible")


def _restore(value: np.ndarray, trainable: bool, name: str, constraint: Any = None) -> Variable:
    return Variable(value, trainable, name=name, constraint=constraint)


nest.register_leaf(Variable)
