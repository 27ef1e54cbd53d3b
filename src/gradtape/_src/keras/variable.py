"""Variable: the variables of layers, metrics and seeds, with their path in a model."""

from __future__ import annotations

from typing import Any

from gradtape._engine.api.api import apply_cast
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes, replication
from gradtape._src.keras.keras_tensor import standardize_shape
from gradtape._src.keras.naming import auto_name, check, current_path
from gradtape._src.keras.settings import standardize_dtype
from gradtape._src.keras.structure import changed
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.state.named import NamedVariable


class Variable(NamedVariable):
    """A variable with a path: "dense/kernel" is the kernel of the layer "dense".

    Args:
      initializer: the initial value, or a callable from a shape and a dtype to it, or such a callable's name.
      shape: the shape with which the initializer is called.
      dtype: the dtype; by default that of the initial value, or `floatx`.
      trainable: whether tapes watch it and layers list it as trainable.
      autocast: whether layers with another floating compute dtype read it in that dtype.
      aggregation, synchronization, layout: not used; there is one device.
      name: its name without "/"; "variable" with a number by default.

    Raises:
      ValueError: an initializer without a shape, or a shape that contains None.

    Example:
      >>> v = tf.keras.Variable("ones", shape=(2,), name="v")
      >>> v.assign_add([1.0, 2.0]).numpy()
      array([2., 3.], dtype=float32)
    """

    regularizer: Any = None
    overwrite_with_gradient = False
    _autocast = True
    # `trainable` as set later; tapes use the initial value.
    _trainable: bool

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str | None = "auto",
        name: str | None = None,
        layout: Any = None,
    ) -> None:
        self._name = check(name or auto_name("variable"))
        parent = current_path()
        self._path = f"{parent}/{self._name}" if parent else self._name
        self._trainable = bool(trainable)
        self._autocast = autocast
        if isinstance(initializer, str):
            from gradtape._src.keras import initializers

            initializer = initializers.get(initializer)
        if callable(initializer):
            if shape is None:
                raise ValueError(
                    "When creating a Variable from an initializer, the `shape` argument should be specified. "
                    f"Received: initializer={initializer} and shape={shape}"
                )
            shape = self._complete(shape)
            name = standardize_dtype(dtype)
            value = initializer(shape, dtype=name)
        else:
            name = None if dtype is None else standardize_dtype(dtype)
            value = initializer
        value = tensor_of(value, None if name is None else dtypes.as_dtype(name))
        if replication.several:
            value = replication.initial_value(value, self._path)
        self._initialise(value, self._trainable, self._name)

    def _complete(self, shape: Any) -> tuple[int, ...]:
        sizes = standardize_shape(shape)
        if None in sizes:
            raise ValueError(
                "Shapes used to initialize variables must be fully-defined (no `None` dimensions). Received: "
                f"shape={sizes} for variable path='{self._path}'"
            )
        return sizes  # type: ignore[return-value]

    @property
    def trainable(self) -> bool:
        """Whether layers list it as trainable. May be set."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: Any) -> None:
        self._trainable = bool(value)
        changed()

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Sets the value.

        Args:
          value: a tensor, or a value convertible to one, of the variable's shape; it is cast to the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.
          read_value: whether to return the variable.

        Returns:
          The variable, or None.

        Raises:
          ValueError: the shape does not match.

        Example:
          >>> tf.keras.Variable([1.0, 2.0]).assign([3, 4]).numpy()
          array([3., 4.], dtype=float32)
        """
        value = self._cast(value)
        if value.shape != self.shape:
            raise ValueError(
                "The shape of the target variable and the shape of the target value in `variable.assign(value)` must "
                f"match. variable.shape={self.shape}, Received: value.shape={value.shape}. Target variable: {self}"
            )
        return NamedVariable.assign(self, value, read_value=read_value)

    def assign_add(
        self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Adds to the value.

        Args:
          delta: the summand; it is cast to the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.
          read_value: whether to return the variable.

        Returns:
          The variable, or None.

        Raises:
          ValueError: the sum has a different shape.

        Example:
          >>> tf.keras.Variable([1.0, 2.0]).assign_add(1).numpy()
          array([2., 3.], dtype=float32)
        """
        delta = self._cast(delta)
        if delta.shape != self.shape:
            return self.assign(self + delta, read_value=read_value)
        return NamedVariable.assign_add(self, delta, read_value=read_value)

    def assign_sub(
        self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Subtracts from the value.

        Args:
          delta: the subtrahend; it is cast to the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.
          read_value: whether to return the variable.

        Returns:
          The variable, or None.

        Raises:
          ValueError: the difference has a different shape.

        Example:
          >>> tf.keras.Variable([1.0, 2.0]).assign_sub(1).numpy()
          array([0., 1.], dtype=float32)
        """
        delta = self._cast(delta)
        if delta.shape != self.shape:
            return self.assign(self - delta, read_value=read_value)
        return NamedVariable.assign_sub(self, delta, read_value=read_value)

    def _cast(self, value: Any) -> Tensor:
        if type(value) is Tensor:
            return value if value.dtype is self.dtype else apply_cast(value, self.dtype)
        return tensor_of(value, self.dtype)
