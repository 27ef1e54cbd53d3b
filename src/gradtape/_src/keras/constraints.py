"""Constraints: what weights are made to fulfil after each step of an optimizer."""

from __future__ import annotations

from typing import Any, ClassVar

from gradtape._engine.api.api import apply_reduce
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras import settings
from gradtape._src.keras.serialization import Kind
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.ops import elementwise

KIND = Kind("constraint")


@KIND.enter("constraint")
class Constraint:
    """Base of what is called with a weight and returns the value that it has to take.

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
        """A constraint as `get_config` describes it.

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
    """Negative weights become 0.

    Example:
      >>> tf.keras.constraints.NonNeg()(tf.constant([-1.0, 2.0])).numpy()
      array([0., 2.], dtype=float32)
    """

    def __call__(self, w: Any) -> Tensor:
        return elementwise.maximum(tensor_of(w), 0)


class _Norm(Constraint):
    """Base of constraints of the Euclidean norm along an axis."""

    axis: Any

    def __call__(self, w: Any) -> Tensor:
        weights = tensor_of(w)
        norms = elementwise.sqrt(apply_reduce("Sum", elementwise.square(weights), self.axis, True))
        return self._scaled(weights, norms, settings.epsilon() + norms)

    def _scaled(self, weights: Tensor, norms: Tensor, divisor: Tensor) -> Tensor:
        raise NotImplementedError


@KIND.enter("max_norm")
class MaxNorm(_Norm):
    """Weights are scaled down so that their norm along an axis is no greater than a bound.

    Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting (2014).

    Args:
      max_value: the bound.
      axis: the axis, or axes, along which the norm is taken.

    Example:
      >>> tf.keras.constraints.MaxNorm(1.0)(tf.constant([[3.0], [4.0]])).numpy().round(4)
      array([[0.6],
             [0.8]], dtype=float32)
    """

    _arguments = ("max_value", "axis")

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        self.max_value, self.axis = max_value, axis

    def _scaled(self, weights: Tensor, norms: Tensor, divisor: Tensor) -> Tensor:
        return weights * (elementwise.clip_by_value(norms, 0, self.max_value) / divisor)


@KIND.enter("unit_norm")
class UnitNorm(_Norm):
    """Weights are scaled so that their norm along an axis is 1.

    Args:
      axis: the axis, or axes, along which the norm is taken.

    Example:
      >>> tf.keras.constraints.UnitNorm()(tf.constant([[3.0], [4.0]])).numpy().round(4)
      array([[0.6],
             [0.8]], dtype=float32)
    """

    _arguments = ("axis",)

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def _scaled(self, weights: Tensor, norms: Tensor, divisor: Tensor) -> Tensor:
        return weights / divisor


@KIND.enter("min_max_norm")
class MinMaxNorm(_Norm):
    """Weights are scaled so that their norm along an axis comes to lie between bounds.

    Args:
      min_value, max_value: the bounds.
      rate: how much of the way there one step goes, a number of (0, 1].
      axis: the axis, or axes, along which the norm is taken.

    Example:
      >>> tf.keras.constraints.MinMaxNorm(1.0, 2.0)(tf.constant([[0.3], [0.4]])).numpy().round(4)
      array([[0.6],
             [0.8]], dtype=float32)
    """

    _arguments = ("min_value", "max_value", "rate", "axis")

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0) -> None:
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def _scaled(self, weights: Tensor, norms: Tensor, divisor: Tensor) -> Tensor:
        clipped = elementwise.clip_by_value(norms, self.min_value, self.max_value)
        return weights * ((self.rate * clipped + (1 - self.rate) * norms) / divisor)


def serialize(constraint: Any) -> Any:
    """A constraint as plain data.

    Args:
      constraint: it.

    Returns:
      A dict.

    Example:
      >>> tf.keras.constraints.serialize(tf.keras.constraints.NonNeg())["class_name"]
      'NonNeg'
    """
    return KIND.serialize(constraint)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The constraint that `serialize` wrote.

    Args:
      config: its data, or the name of one.
      custom_objects: classes and functions by name that may occur in it, besides keras' and registered ones.

    Returns:
      A constraint.

    Raises:
      TypeError: it names a class that is not known.

    Example:
      >>> data = tf.keras.constraints.serialize(tf.keras.constraints.UnitNorm(1))
      >>> tf.keras.constraints.deserialize(data).axis
      1
    """
    return KIND.deserialize(config, custom_objects)


def get(identifier: Any) -> Any:
    """The constraint that something stands for.

    Args:
      identifier: a name such as "non_neg", what `serialize` wrote, a class, a constraint or another callable, or None.

    Returns:
      A callable; None for None.

    Raises:
      ValueError: it stands for none.

    Example:
      >>> tf.keras.constraints.get("unit_norm").axis
      0
    """
    return KIND.get(identifier)
