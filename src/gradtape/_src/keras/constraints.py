"""Constraints on weights, applied after each step of an optimizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from gradtape._engine.api.api import apply_reduce
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras import settings
from gradtape._src.keras.serialization import Kind
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.ops import elementwise

if TYPE_CHECKING:
    from gradtape._src.core.typing import Axes

KIND = Kind("constraint")


@KIND.enter("constraint")
class Constraint:
    """Base of callables from a weight to its constrained value.

    Example:
      >>> class Rounded(tf.keras.constraints.Constraint):
      ...     def __call__(self, w):
      ...         return tf.round(w)
      >>> Rounded()(tf.constant([0.6])).numpy()
      array([1.], dtype=float32)
    """

    _arguments: ClassVar[tuple[str, ...]] = ()

    def __call__(self, w: Any) -> Any:
        return w

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments.

        Returns:
          A dict of plain data for `from_config`.

        Example:
          >>> tf.keras.constraints.UnitNorm(axis=1).get_config()
          {'axis': 1}
        """
        return {name: getattr(self, name) for name in self._arguments}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Constraint:
        """Creates a constraint from the result of `get_config`.

        Args:
          config: the dict.

        Returns:
          A constraint of this class.

        Example:
          >>> tf.keras.constraints.UnitNorm.from_config({"axis": 1}).axis
          1
        """
        return cls(**config)


@KIND.enter("non_neg")
class NonNeg(Constraint):
    """Replaces negative weights by 0.

    Raises:
      InvalidArgumentError: the weights are complex or text.
      ValueError: the weights cannot be converted to a tensor.

    Example:
      >>> tf.keras.constraints.NonNeg()(tf.constant([-1.0, 2.0])).numpy()
      array([0., 2.], dtype=float32)
    """

    def __call__(self, w: Any) -> Tensor:
        return elementwise.maximum(tensor_of(w), 0)


class _Norm(Constraint):
    """Base of constraints on the Euclidean norm along an axis."""

    axis: Axes

    def __call__(self, w: Any) -> Tensor:
        weights = tensor_of(w)
        norms = elementwise.sqrt(apply_reduce("Sum", elementwise.square(weights), self.axis, True))
        return self._scaled(weights, norms, settings.epsilon() + norms)

    def _scaled(self, weights: Tensor, norms: Tensor, divisor: Tensor) -> Tensor:
        raise NotImplementedError


@KIND.enter("max_norm")
class MaxNorm(_Norm):
    """Scales weights down so that their norm along an axis does not exceed a bound.

    Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting (2014).

    Args:
      max_value: the bound.
      axis: the axis, or axes, of the norm.

    Raises:
      InvalidArgumentError: an axis is out of range, or the weights are not floating.
      ValueError: the weights cannot be converted to a tensor.

    Example:
      >>> tf.keras.constraints.MaxNorm(1.0)(tf.constant([[3.0], [4.0]])).numpy().round(4)
      array([[0.6],
             [0.8]], dtype=float32)
    """

    _arguments = ("max_value", "axis")

    def __init__(self, max_value: float = 2, axis: Axes = 0) -> None:
        self.max_value = max_value
        self.axis: Axes = axis

    def _scaled(self, weights: Tensor, norms: Tensor, divisor: Tensor) -> Tensor:
        return weights * (elementwise.clip_by_value(norms, 0, self.max_value) / divisor)


@KIND.enter("unit_norm")
class UnitNorm(_Norm):
    """Scales weights so that their norm along an axis is 1.

    Args:
      axis: the axis, or axes, of the norm.

    Raises:
      InvalidArgumentError: an axis is out of range, or the weights are not floating.
      ValueError: the weights cannot be converted to a tensor.

    Example:
      >>> tf.keras.constraints.UnitNorm()(tf.constant([[3.0], [4.0]])).numpy().round(4)
      array([[0.6],
             [0.8]], dtype=float32)
    """

    _arguments = ("axis",)

    def __init__(self, axis: Axes = 0) -> None:
        self.axis: Axes = axis

    def _scaled(self, weights: Tensor, norms: Tensor, divisor: Tensor) -> Tensor:
        return weights / divisor


@KIND.enter("min_max_norm")
class MinMaxNorm(_Norm):
    """Scales weights so that their norm along an axis is within bounds.

    Args:
      min_value, max_value: the bounds.
      rate: the fraction of the way to the bounds per step, a number in (0, 1].
      axis: the axis, or axes, of the norm.

    Raises:
      InvalidArgumentError: an axis is out of range, or the weights are not floating.
      ValueError: the weights cannot be converted to a tensor.

    Example:
      >>> tf.keras.constraints.MinMaxNorm(1.0, 2.0)(tf.constant([[0.3], [0.4]])).numpy().round(4)
      array([[0.6],
             [0.8]], dtype=float32)
    """

    _arguments = ("min_value", "max_value", "rate", "axis")

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Axes = 0) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis: Axes = axis

    def _scaled(self, weights: Tensor, norms: Tensor, divisor: Tensor) -> Tensor:
        clipped = elementwise.clip_by_value(norms, self.min_value, self.max_value)
        return weights * ((self.rate * clipped + (1 - self.rate) * norms) / divisor)


def serialize(constraint: Any) -> Any:
    """Serializes a constraint to plain data.

    Args:
      constraint: the constraint.

    Returns:
      A dict.

    Raises:
      TypeError: constraint is an object without `get_config`.

    Example:
      >>> tf.keras.constraints.serialize(tf.keras.constraints.NonNeg())["class_name"]
      'NonNeg'
    """
    return KIND.serialize(constraint)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Creates the constraint from the result of `serialize`.

    Args:
      config: the data, or a name.
      custom_objects: additional classes and functions by name, besides keras' and registered ones.

    Returns:
      A constraint.

    Raises:
      TypeError: the class is unknown.

    Example:
      >>> data = tf.keras.constraints.serialize(tf.keras.constraints.UnitNorm(1))
      >>> tf.keras.constraints.deserialize(data).axis
      1
    """
    return KIND.deserialize(config, custom_objects)


def get(identifier: Any) -> Any:
    """The constraint for an identifier.

    Args:
      identifier: a name such as "non_neg", a result of `serialize`, a class, a constraint or another callable, or None.

    Returns:
      A callable; None for None.

    Raises:
      ValueError: unknown identifier.

    Example:
      >>> tf.keras.constraints.get("unit_norm").axis
      0
    """
    return KIND.get(identifier)
