"""Variable: a named, assignable tensor."""

from __future__ import annotations

from typing import Any

from gradtape._ops import as_tensor
from gradtape._tensor import Reference
from gradtape._variable import BaseVariable


class Variable(BaseVariable):
    """A value that can be assigned to; trainable ones are watched by tapes.

    Args:
      initial_value: the value, or a callable that returns it.
      trainable: whether tapes watch it by themselves; True unless said otherwise.
      validate_shape, caching_device, import_scope, constraint, synchronization, aggregation,
        experimental_enable_variable_lifting: accepted as TensorFlow accepts them.
      name: its name, "Variable" unless given.
      dtype: its dtype, the value's own unless given.
      shape: a shape that the value must have.

    Raises:
      ValueError: no initial value, or one of another shape.
    """

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: Any = None,
        constraint: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
        experimental_enable_variable_lifting: bool = True,
    ) -> None:
        if initial_value is None:
            raise ValueError(
                "The `initial_value` arg to `tf.Variable` must be specified except when you are not providing a `variable_def`. "
                "You provided neither."
            )
        value = as_tensor(initial_value() if callable(initial_value) else initial_value, dtype)
        if shape is not None and not value.shape.is_compatible_with(shape):
            raise ValueError(f"In this `tf.Variable` creation, the initial value's shape ({value.shape}) is not compatible with "
                             f"the explicitly supplied `shape` argument ({shape}).")
        self._initialise(value, True if trainable is None else bool(trainable), name or "Variable")
        self.constraint = constraint

    def ref(self) -> Reference:
        """A hashable reference to the variable; `.deref()` gives it back."""
        return Reference(self)
