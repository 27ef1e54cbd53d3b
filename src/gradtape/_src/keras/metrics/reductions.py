"""Sums and means, and means of what functions of true and predicted values return."""

from __future__ import annotations

from typing import Any

from gradtape._engine.api.api import apply_broadcast_to, apply_reduce
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.typing import Reduction
from gradtape._src.keras.function_wrapper import FunctionWrapper
from gradtape._src.keras.inputs import masks
from gradtape._src.keras.losses.base import KIND as LOSSES, masked_weights, same_rank, total
from gradtape._src.keras.metrics.base import Metric, metric
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.ops import elementwise

# Without comparing shapes, as they are known to be equal.
_add = BaseVariable.assign_add


def samplewise(values: Any, weights: Any, kernel: Reduction, dtype: dtypes.DType) -> tuple[Tensor, Tensor | None]:
    """A value for each example, times its weight, and the weights; values within an example are reduced."""
    mask = masks.get(values)
    values = tensor_of(values, dtype)
    if weights is not None:
        weights = tensor_of(weights, dtype)
        if mask is not None:
            weights = masked_weights(weights, mask, dtype, "sum")
        values, weights = same_rank(values, weights)
        rank = weights.ndim
        if values.ndim > rank:
            values = _reduced(kernel, values, rank)
        weights = apply_broadcast_to(weights, values.shape)
        values = values * weights
        if rank > 1:
            weights = _reduced(kernel, weights, 1)
    return _reduced(kernel, values, 1) if values.ndim > 1 else values, weights


def _reduced(kernel: Reduction, values: Tensor, first: int) -> Tensor:
    return apply_reduce(kernel, values, list(range(first, values.ndim)), False)


@metric()
class Sum(Metric):
    """The sum of values.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the weights do not broadcast.
      TypeError, ValueError: a value given to `update_state` is not a number.

    Example:
      >>> total = tf.keras.metrics.Sum()
      >>> total.update_state([1.0, 2.0, 4.0])
      >>> total.result().numpy()
      np.float32(7.0)
    """

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", self.dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Adds values.

        Args:
          values: tensors or numbers.
          sample_weight: weights of the examples, or of all values.

        Example:
          >>> total = tf.keras.metrics.Sum()
          >>> total.update_state([1.0, 2.0, 4.0], sample_weight=[1, 0, 1])
          >>> total.result().numpy()
          np.float32(5.0)
        """
        found, _ = samplewise(values, sample_weight, "Sum", self._computed_in)
        _add(self.total, total(found, None))

    def reset_state(self) -> None:
        self.total.assign(0)

    def result(self) -> Any:
        return self.total.read_value()


@metric()
class Mean(Metric):
    """The mean of values.

    Args:
      name: the metric's name.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: unknown dtype.
      InvalidArgumentError: the weights do not broadcast.
      TypeError, ValueError: a value given to `update_state` is not a number.

    Example:
      >>> mean = tf.keras.metrics.Mean()
      >>> mean.update_state([1.0, 2.0])
      >>> mean.update_state([6.0])
      >>> mean.result().numpy()
      np.float32(3.0)
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", self.dtype, name="total")
        self.count = self.add_variable((), "zeros", self.dtype, name="count")
        self._one = tensor_of(1.0, self._computed_in)

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Updates the metric with values.

        Args:
          values: tensors or numbers; of those within an example the mean counts.
          sample_weight: weights of the examples, or of all values.

        Example:
          >>> mean = tf.keras.metrics.Mean()
          >>> mean.update_state([1.0, 2.0, 4.0], sample_weight=[1, 0, 1])
          >>> mean.result().numpy()
          np.float32(2.5)
        """
        if sample_weight is None and type(values) is Tensor and not values.ndim and values.dtype is self._computed_in:
            _add(self.total, values)
            _add(self.count, self._one)
            return
        found, weights = samplewise(values, sample_weight, "Mean", self._computed_in)
        _add(self.total, total(found, None))
        if weights is not None:
            _add(self.count, total(weights, None))
        else:
            _add(self.count, tensor_of(float(len(found)), self._computed_in) if found.ndim else self._one)

    def reset_state(self) -> None:
        self.total.assign(0)
        self.count.assign(0)

    def result(self) -> Any:
        return elementwise.divide_no_nan(self.total.read_value(), self.count.read_value())


@metric()
class MeanMetricWrapper(FunctionWrapper, Mean):
    """The mean of what a function of true and predicted values returns.

    Args:
      fn: the function.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of its result, `floatx` by default.
      kwargs: further arguments that the function is called with.

    Raises:
      ValueError: unknown dtype.
      TypeError: fn is not callable or does not take a keyword, in `update_state`.

    Example:
      >>> metric = tf.keras.metrics.MeanMetricWrapper(tf.keras.losses.mean_squared_error)
      >>> metric.update_state([[0.0, 1.0]], [[1.0, 3.0]])
      >>> metric.result().numpy()
      np.float32(2.5)
    """

    def __init__(self, fn: Any, name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name=name, dtype=dtype)
        self._wrap(fn, kwargs)
        if type(self)._direction is None and any(fn is loss or type(fn) is loss for loss in LOSSES.objects.values()):
            self._direction = "down"

    def update_state(  # type: ignore[override]  # of true and predicted values, as Keras has it
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Updates the metric with a batch.

        Args:
          y_true: true values.
          y_pred: predicted values; what their mask leaves out does not count.
          sample_weight: weights of the examples, or of all values.

        Example:
          >>> metric = tf.keras.metrics.MeanSquaredError()
          >>> metric.update_state([[0.0], [1.0]], [[1.0], [3.0]], sample_weight=[1.0, 0.0])
          >>> metric.result().numpy()
          np.float32(1.0)
        """
        mask = masks.get(y_pred)
        values = self._computed(y_true, y_pred, **self._fn_kwargs)
        if mask is not None:
            sample_weight = masked_weights(
                None if sample_weight is None else tensor_of(sample_weight, self._computed_in),
                *(mask, self._computed_in, "sum"),
            )
        Mean.update_state(self, values, sample_weight)
