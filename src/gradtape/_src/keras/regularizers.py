"""Regularizers: penalties on weights that are added to the loss."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from gradtape._engine.api.api import apply_matmul, apply_reduce
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras import settings
from gradtape._src.keras.serialization import Kind
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.ops import elementwise
from gradtape._src.ops.clipping import l2_normalize
from gradtape._src.ops.creation import eye

KIND = Kind("regularizer")


@KIND.enter("regularizer")
class Regularizer:
    """Base of callables from a weight to its penalty, a scalar tensor.

    Example:
      >>> class SumOfCubes(tf.keras.regularizers.Regularizer):
      ...     def __call__(self, x):
      ...         return tf.reduce_sum(x**3)
      >>> SumOfCubes()(tf.constant([1.0, 2.0])).numpy()
      np.float32(9.0)
    """

    _arguments: ClassVar[tuple[str, ...] | None] = None

    def __call__(self, x: Any) -> Any:
        return 0.0

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments.

        Returns:
          A dict of plain data for `from_config`.

        Raises:
          NotImplementedError: the class does not define it.

        Example:
          >>> tf.keras.regularizers.L2(0.5).get_config()
          {'l2': 0.5}
        """
        if self._arguments is None:
            raise NotImplementedError(f"{self} does not implement get_config()")
        return {name: getattr(self, name) for name in self._arguments}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Regularizer:
        """Creates a regularizer from the result of `get_config`.

        Args:
          config: the dict.

        Returns:
          A regularizer of this class.

        Example:
          >>> tf.keras.regularizers.L2.from_config({"l2": 0.5}).l2
          0.5
        """
        return cls(**config)


@KIND.enter("l1l2")
class L1L2(Regularizer):
    """l1 times the sum of absolute values and l2 times the sum of squares.

    Args:
      l1, l2: the factors.

    Raises:
      ValueError: a factor is negative or not finite.

    Example:
      >>> tf.keras.regularizers.L1L2(l1=1.0, l2=10.0)(tf.constant([1.0, -2.0])).numpy()
      np.float32(53.0)
    """

    _arguments = ("l1", "l2")

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1: float = _factor(0.0 if l1 is None else l1, "l1")
        self.l2: float = _factor(0.0 if l2 is None else l2, "l2")

    def __call__(self, x: Any) -> Tensor:
        x = tensor_of(x)
        total = tensor_of(0.0, x.dtype)
        if self.l1:
            total += self.l1 * _sum(elementwise.abs(x))
        if self.l2:
            total += self.l2 * _sum(elementwise.square(x))
        return total


@KIND.enter("l1")
class L1(Regularizer):
    """l1 times the sum of absolute values.

    Args:
      l1: the factor.

    Raises:
      ValueError: the factor is negative or not finite.

    Example:
      >>> tf.keras.regularizers.L1(0.5)(tf.constant([1.0, -2.0])).numpy()
      np.float32(1.5)
    """

    _arguments = ("l1",)

    def __init__(self, l1: float | None = 0.01) -> None:
        self.l1: float = float(tensor_of(_factor(0.01 if l1 is None else l1, "l1")))

    def __call__(self, x: Any) -> Tensor:
        return self.l1 * _sum(elementwise.abs(tensor_of(x)))


@KIND.enter("l2")
class L2(Regularizer):
    """l2 times the sum of squares.

    Args:
      l2: the factor.

    Raises:
      ValueError: the factor is negative or not finite.

    Example:
      >>> tf.keras.regularizers.L2(0.5)(tf.constant([1.0, -2.0])).numpy()
      np.float32(2.5)
    """

    _arguments = ("l2",)

    def __init__(self, l2: float | None = 0.01) -> None:
        self.l2: float = _factor(0.01 if l2 is None else l2, "l2")

    def __call__(self, x: Any) -> Tensor:
        return self.l2 * _sum(elementwise.square(tensor_of(x)))


@KIND.enter("orthogonal_regularizer")
class OrthogonalRegularizer(Regularizer):
    """factor times the average absolute cosine between the rows, or columns, of a matrix.

    Args:
      factor: the factor.
      mode: "rows" or "columns".

    Raises:
      ValueError: the factor is negative or not finite, or the mode unknown; (when called) the weight is not a matrix.

    Example:
      >>> tf.keras.regularizers.OrthogonalRegularizer(1.0)(tf.constant([[1.0, 0.0], [3.0, 4.0]])).numpy().round(4)
      np.float32(0.6)
    """

    _arguments = ("factor", "mode")

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor: float = float(tensor_of(_factor(factor, "factor")))
        if mode not in {"rows", "columns"}:
            raise ValueError(
                f'Invalid value for argument `mode`. Expected one of {{"rows", "columns"}}. Received: mode={mode}'
            )
        self.mode = mode

    def __call__(self, inputs: Any) -> Tensor:
        x = tensor_of(inputs)
        if x.ndim != 2:
            raise ValueError(f"Inputs to OrthogonalRegularizer must have rank 2. Received: inputs.shape={inputs.shape}")
        rows = self.mode == "rows"
        x = l2_normalize(x, 1 if rows else 0, settings.epsilon() ** 2)
        size = x.shape[0 if rows else 1]
        between = apply_matmul(x, x, not rows, rows) * (1.0 - eye(size, dtype=x.dtype))
        return self.factor * 0.5 * _sum(elementwise.abs(between)) / (size * (size - 1.0) / 2.0)


def _sum(x: Tensor) -> Tensor:
    return apply_reduce("Sum", x, None, False)


def _factor(value: Any, name: str) -> float:
    if not isinstance(value, float | int) or not math.isfinite(value) or value < 0:
        raise ValueError(
            f"Invalid value for argument {name}: expected a non-negative float.Received: {name}={value}",
        )
    return float(value)


def serialize(regularizer: Any) -> Any:
    """Serializes a regularizer to plain data.

    Args:
      regularizer: the regularizer.

    Returns:
      A dict.

    Raises:
      TypeError: regularizer is an object without `get_config`.

    Example:
      >>> tf.keras.regularizers.serialize(tf.keras.regularizers.L2(0.5))["config"]
      {'l2': 0.5}
    """
    return KIND.serialize(regularizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Creates the regularizer from the result of `serialize`.

    Args:
      config: the data, or a name.
      custom_objects: additional classes and functions by name, besides keras' and registered ones.

    Returns:
      A regularizer.

    Raises:
      TypeError: the class is unknown.

    Example:
      >>> data = tf.keras.regularizers.serialize(tf.keras.regularizers.L2(0.5))
      >>> tf.keras.regularizers.deserialize(data).l2
      0.5
    """
    return KIND.deserialize(config, custom_objects)


def get(identifier: Any) -> Any:
    """The regularizer for an identifier.

    Args:
      identifier: a name such as "l2", a result of `serialize`, a class, a regularizer or another callable, or None.

    Returns:
      A callable; None for None.

    Raises:
      ValueError: unknown identifier.

    Example:
      >>> tf.keras.regularizers.get("l2").l2
      0.01
    """
    return KIND.get(identifier)
