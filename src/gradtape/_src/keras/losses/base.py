"""Loss: values per example, weighted, masked and reduced; and losses that wrap a function."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

from gradtape._engine.api.api import apply_cast, apply_reduce
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras import dtype_policy, settings
from gradtape._src.keras.function_wrapper import FunctionWrapper
from gradtape._src.keras.functions import KerasOp, P, keras_op
from gradtape._src.keras.inputs import mapped, masks
from gradtape._src.keras.naming import auto_name
from gradtape._src.keras.serialization import Kind
from gradtape._src.keras.tensors import floating, tensor_of
from gradtape._src.ops import elementwise
from gradtape._src.ops.masking import where
from gradtape._src.ops.shapes import expand_dims, squeeze

KIND = Kind("loss")

# The lines that the docstrings of losses share.
COMMON = """reduction: what becomes of the values of examples: "sum_over_batch_size" (or "mean"), their mean; "sum";
    "mean_with_sample_weight", their sum over that of the weights; "none" or None, themselves.
  name: the loss' name.
  dtype: the dtype in which it is computed, `floatx` unless given."""

_MEANS = ("sum_over_batch_size", "mean")
_REDUCTIONS = {"sum_over_batch_size", "sum", None, "none", "mean", "mean_with_sample_weight"}


class Reduction:
    """The names of reductions, as programs written for Keras 2 have them.

    Example:
      >>> loss = tf.keras.losses.MeanSquaredError(reduction=tf.keras.losses.Reduction.NONE)
      >>> loss([[0.0], [0.0]], [[1.0], [2.0]]).numpy()
      array([1., 4.], dtype=float32)
    """

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All of them.

        Returns:
          A tuple of str.

        Example:
          >>> tf.keras.losses.Reduction.all()
          ('auto', 'none', 'sum', 'sum_over_batch_size')
        """
        return cls.AUTO, cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE

    @classmethod
    def validate(cls, key: Any) -> None:
        """Checks that a name is one of them.

        Args:
          key: the name.

        Raises:
          ValueError: an unknown value.

        Example:
          >>> tf.keras.losses.Reduction.validate("sum")
        """
        if key not in cls.all():
            raise ValueError(f'Invalid Reduction Key: {key}. Expected keys are "{cls.all()}"')


@KIND.enter()
class Loss:
    """Base of losses: subclasses compute the loss of each example in `call`.

    Called with true and predicted values, and with weights of the examples if there are any, a loss returns a tensor
    without axes unless its reduction is "none". Predictions' masks count as weights.

    Args:
      name: the loss' name; by default the class' name in snake case.
      reduction: what becomes of the values of examples: "sum_over_batch_size" (or "mean"), their mean; "sum";
    "mean_with_sample_weight", their sum over that of the weights; "none" or None, themselves.
      dtype: the dtype in which it is computed, `floatx` by default.

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> class Largest(tf.keras.losses.Loss):
      ...     def call(self, y_true, y_pred):
      ...         return tf.reduce_max(tf.abs(y_true - y_pred), axis=-1)
      >>> Largest()([[0.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [0.0, 4.0]]).numpy()
      np.float32(3.0)
    """

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        self.name: str = name or auto_name(type(self).__name__)
        self.reduction: str | None = standardize_reduction(reduction)
        self._dtype_policy = dtype_policy.get(dtype or settings.floatx())
        self._computed_in = dtypes.as_dtype(self._dtype_policy.compute_dtype)

    @property
    def dtype(self) -> str:
        """The name of the dtype in which the loss is computed."""
        return self._computed_in.name

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        dtype = self._computed_in
        mask = masks.get(y_pred)
        predicted = y_pred if type(y_pred) is Tensor and y_pred.dtype is dtype else _as_tensors(y_pred, dtype)
        losses = self.call(self._targets(y_true, dtype), predicted)
        if type(losses) is not Tensor or losses.dtype is not dtype:
            losses = tensor_of(losses, dtype)
        own = masks.get(losses)
        if own is not None:
            mask = own if mask is None else elementwise.logical_and(mask, own)
        if mask is None and sample_weight is None:
            return reduce_values(losses, self.reduction)
        return weighted(losses, sample_weight, mask, self.reduction, dtype)

    def _targets(self, y_true: Any, dtype: dtypes.DType) -> Any:
        return y_true if type(y_true) is Tensor and y_true.dtype is dtype else _as_tensors(y_true, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Computes the loss of each example; to be overridden by subclasses.

        Args:
          y_true: true values, tensors of the loss' dtype.
          y_pred: predicted values, likewise.

        Returns:
          A tensor.

        Raises:
          NotImplementedError: always, unless a subclass overrides it.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments but the dtype.

        Returns:
          A dict of plain data for `from_config`.

        Example:
          >>> tf.keras.losses.MeanSquaredError().get_config()
          {'name': 'mean_squared_error', 'reduction': 'sum_over_batch_size'}
        """
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        """Creates a loss from the result of `get_config`.

        Args:
          config: the dict.

        Returns:
          A loss of this class.

        Example:
          >>> tf.keras.losses.Huber.from_config({"delta": 2.0}).get_config()["delta"]
          2.0
        """
        return cls(**config)


@KIND.enter()
class LossFunctionWrapper(FunctionWrapper, Loss):
    """A loss that calls a function of true and predicted values.

    Args:
      fn: the function.
      {common}
      kwargs: further arguments that it is called with.
    """

    def __init__(
        self,
        fn: Any,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self._wrap(fn, kwargs)

    @property
    def fn(self) -> Any:
        """The function."""
        return self._fn

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if cls.__doc__ and "{common}" in cls.__doc__:
            cls.__doc__ = inspect.cleandoc(cls.__doc__).replace("{common}", COMMON)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if type(y_true) is Tensor and type(y_pred) is Tensor:
            if y_true.ndim != y_pred.ndim:
                y_true, y_pred = same_rank(y_true, y_pred)
        else:
            y_true, y_pred = _paired(y_true, y_pred)
        return self._computed(y_true, y_pred, **self._fn_kwargs)

    def __repr__(self) -> str:
        return f"<LossFunctionWrapper({self.fn}, kwargs={self._fn_kwargs})>"


LossFunctionWrapper.__doc__ = inspect.cleandoc(LossFunctionWrapper.__doc__ or "").replace("{common}", COMMON)


def loss_function(*names: str) -> Callable[[Callable[P, Any]], KerasOp[P]]:
    """Decorator that registers a loss function by its name and aliases."""

    def entered(function: Callable[P, Any]) -> KerasOp[P]:
        entering: Callable[[KerasOp[P]], KerasOp[P]] = KIND.enter(*names)
        return entering(keras_op(function))

    return entered


def _as_tensors(value: Any, dtype: dtypes.DType | None) -> Any:
    """Values as tensors of a dtype: a list of numbers is one, a structure of tensors is one of tensors."""
    if isinstance(value, dict) or (isinstance(value, list | tuple) and any(map(_is_whole, value))):
        return mapped(lambda part: tensor_of(part, dtype), value)
    return tensor_of(value, dtype)


def _is_whole(value: Any) -> bool:
    return isinstance(value, Tensor | BaseVariable | dict) or hasattr(value, "__array__")


def _paired(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Two structures with their leaves at the same rank."""
    if isinstance(y_true, dict):
        pairs = {key: _paired(value, y_pred[key]) for key, value in y_true.items()}
        return {key: pair[0] for key, pair in pairs.items()}, {key: pair[1] for key, pair in pairs.items()}
    if isinstance(y_true, list | tuple):
        found = [_paired(*pair) for pair in zip(y_true, y_pred, strict=True)]
        return type(y_true)(pair[0] for pair in found), type(y_true)(pair[1] for pair in found)
    return same_rank(y_true, y_pred)


def standardize_reduction(reduction: Any) -> Any:
    """The reduction; ValueError if it is unknown."""
    if reduction not in _REDUCTIONS:
        raise ValueError(
            f"Invalid value for argument `reduction`. Expected one of {_REDUCTIONS}. Received: reduction={reduction}"
        )
    return reduction


def same_rank(one: Any, other: Any, expand: bool = True) -> tuple[Any, Any]:
    """Two tensors, the one with a superfluous last axis of size 1 without it, or the other with a new one.

    expand: whether a vector with a matrix gets one.
    """
    difference = one.ndim - other.ndim
    if difference == 1 and one.shape[-1] == 1:
        return (one, expand_dims(other, -1)) if other.ndim == 1 and expand else (squeeze(one, -1), other)
    if difference == -1 and other.shape[-1] == 1:
        return (expand_dims(one, -1), other) if one.ndim == 1 and expand else (one, squeeze(other, -1))
    return one, other


def reduce_values(values: Tensor, reduction: Any, weights: Any = None) -> Tensor:
    """Reduces the values of examples."""
    rank = values.ndim
    if reduction is None or reduction == "none" or not rank or (rank == 1 and not len(values)):
        return values
    if reduction == "sum":
        return total(values, None)
    if reduction == "mean_with_sample_weight" and weights is not None:
        return elementwise.divide_no_nan(total(values, None), total(weights, None))
    # The mean of nothing is 0 here.
    return total(values, None) if rank > 1 and 0 in values.shape else mean(values, None)


def weighted(values: Tensor, weights: Any, mask: Any, reduction: Any, dtype: dtypes.DType) -> Tensor:
    """Applies weights and mask to the values of examples, and reduces them."""
    weights = masked_weights(None if weights is None else tensor_of(weights, dtype), mask, dtype, reduction)
    values, weights = same_rank(values, weights)
    return reduce_values(values * weights, reduction, weights)


def masked_weights(weights: Any, mask: Any, dtype: dtypes.DType, reduction: Any) -> Any:
    """Weights times a mask, which for means is rescaled to count only unmasked values."""
    if mask is None:
        return weights
    kept = apply_cast(tensor_of(mask), dtype)
    if reduction in _MEANS:
        everything = tensor_of(float(math.prod(kept.shape)), dtype)
        scale = elementwise.divide_no_nan(everything, total(kept, None))
        kept = where(elementwise.not_equal(kept, 0), scale, tensor_of(0.0, dtype))
    if weights is None:
        return kept
    kept, weights = same_rank(kept, weights)
    return weights * kept


def weight_of(mask: Any, weights: Any, reduction: Any) -> Tensor | None:
    """By what a mean over some examples counts beside means over others; None: by the number of examples."""
    dtype = dtypes.as_dtype(settings.floatx())
    counted = None if mask is None else apply_cast(tensor_of(mask), dtype)
    if reduction == "mean_with_sample_weight" and weights is not None:
        weights = tensor_of(weights, dtype)
        if counted is not None:
            counted, weights = same_rank(counted, weights)
            weights = weights * counted
        counted = weights
    means = reduction in _MEANS or reduction == "mean_with_sample_weight"
    return total(counted, None) if means and counted is not None else None


def prepared(y_true: Any, y_pred: Any, match: bool = True) -> tuple[Tensor, Tensor]:
    """Converts true and predicted values to floating tensors of one dtype and, if required, one rank."""
    y_pred = y_pred if type(y_pred) is Tensor and y_pred.dtype.is_floating else floating(y_pred)
    y_true = tensor_of(y_true, y_pred.dtype)
    return same_rank(y_true, y_pred) if match and y_true.ndim != y_pred.ndim else (y_true, y_pred)


def mean(values: Tensor, axis: Any = -1) -> Tensor:
    """The mean over an axis."""
    return apply_reduce("Mean", values, axis, False)


def total(values: Tensor, axis: Any = -1) -> Tensor:
    """The sum over an axis."""
    return apply_reduce("Sum", values, axis, False)
