"""Scores of several classes or outputs: F scores and R2."""

from __future__ import annotations

import warnings
from typing import Any

from gradtape._engine.api.api import apply_broadcast_to, apply_cast, apply_reduce
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras import settings
from gradtape._src.keras.losses.base import mean, same_rank, total
from gradtape._src.keras.metrics.base import Metric, metric
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.keras.variable import Variable
from gradtape._src.ops import elementwise
from gradtape._src.ops.masking import where
from gradtape._src.ops.shapes import expand_dims


def _two_axes(name: str, y_true: Tensor, y_pred: Tensor) -> int:
    """The number of outputs; ValueError unless there are two axes, of examples and of outputs."""
    if y_pred.ndim != 2 or y_true.ndim != 2:
        raise ValueError(
            f"{name} expects 2D inputs with shape (batch_size, output_dim). Received input shapes: "
            f"y_pred.shape={y_pred.shape} and y_true.shape={y_true.shape}."
        )
    return int(y_pred.shape[-1])


@metric()
class FBetaScore(Metric):
    """(1 + beta**2) * precision * recall / (beta**2 * precision + recall) of each class.

    Args:
      average: None for a score of each class; "macro" for their mean; "weighted" for their mean by how often a class is
        true; "micro" for one score of all decisions.
      beta: the weight of recall relative to precision.
      threshold: the value above which predictions count as positive; None for the largest one of each example.
      name: the metric's name.
      dtype: the dtype of its variables and its result, `floatx` by default.

    Raises:
      ValueError: an argument is invalid.

    Example:
      >>> metric = tf.keras.metrics.FBetaScore(beta=2.0, threshold=0.5)
      >>> metric.update_state([[1, 1, 1], [1, 0, 0], [1, 1, 0]], [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]])
      >>> metric.result().numpy().round(4)
      array([0.3846, 0.9091, 0.8333], dtype=float32)
    """

    _direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                "Invalid `average` argument value. Expected one of: {None, 'micro', 'macro', 'weighted'}. "
                f"Received: average={average}"
            )
        if not isinstance(beta, float):
            raise ValueError(
                "Invalid `beta` argument value. It should be a Python float. "
                f"Received: beta={beta} of type '{type(beta)}'"
            )
        if beta <= 0.0:
            raise ValueError(f"Invalid `beta` argument value. It should be > 0. Received: beta={beta}")
        if threshold is not None:
            if not isinstance(threshold, float):
                raise ValueError(
                    "Invalid `threshold` argument value. It should be a Python float. "
                    f"Received: threshold={threshold} of type '{type(threshold)}'"
                )
            if threshold > 1.0 or threshold <= 0.0:
                raise ValueError(
                    "Invalid `threshold` argument value. It should verify 0 < threshold <= 1. "
                    f"Received: threshold={threshold}"
                )
        self.average, self.beta, self.threshold = average, beta, threshold
        self.axis = None if average == "micro" else 0
        self._counts: tuple[Variable, ...] = ()

    def _build(self, classes: int) -> None:
        shape = () if self.average == "micro" else (classes,)
        names = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")
        self._counts = tuple([self.add_variable(shape, "zeros", self.dtype, name=name) for name in names])
        for name, variable in zip(names, self._counts, strict=True):
            setattr(self, name, variable)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Updates the metric with a batch.

        Args:
          y_true: true values, 0 or 1, of shape [examples, classes].
          y_pred: predicted values, of the same shape.
          sample_weight: weights of the examples.

        Raises:
          ValueError: the shapes have another rank.

        Example:
          >>> metric = tf.keras.metrics.FBetaScore()
          >>> metric.update_state([[1, 0], [0, 1]], [[0.9, 0.1], [0.8, 0.2]], sample_weight=[1.0, 0.0])
          >>> metric.result().numpy().round(4)
          array([1., 0.], dtype=float32)
        """
        dtype = self._computed_in
        y_true, y_pred = tensor_of(y_true, dtype), tensor_of(y_pred, dtype)
        if not self._counts:
            self._build(_two_axes("FBetaScore", y_true, y_pred))
        if self.threshold is None:
            greatest = apply_reduce("Max", y_pred, -1, True)
            chosen = elementwise.logical_and(y_pred >= greatest, elementwise.abs(y_pred) > 1e-9)
        else:
            chosen = y_pred > self.threshold
        yes = apply_cast(chosen, dtype)
        weights = None if sample_weight is None else expand_dims(tensor_of(sample_weight, dtype), 1)
        found = (yes * y_true, yes * (1 - y_true), (1 - yes) * y_true, y_true)
        for variable, values in zip(self._counts, found, strict=True):
            variable.assign_add(total(values if weights is None else values * weights, self.axis))

    def result(self) -> Any:
        epsilon = settings.epsilon()
        right, wrong, missed, times = (variable.read_value() for variable in self._counts)
        precision, recall = right / (right + wrong + epsilon), right / (right + missed + epsilon)
        square = self.beta**2
        score = precision * recall / (square * precision + recall + epsilon) * (1 + square)
        if self.average == "weighted":
            return total(score * (times / (total(times, None) + epsilon)), None)
        return score if self.average is None else mean(score, None)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "average": self.average,
            "beta": self.beta,
            "threshold": self.threshold,
        }


@metric()
class F1Score(FBetaScore):
    """2 * precision * recall / (precision + recall) of each class.

    Args:
      average: None for a score of each class; "macro" for their mean; "weighted" for their mean by how often a class is
        true; "micro" for one score of all decisions.
      threshold: the value above which predictions count as positive; None for the largest one of each example.
      name: the metric's name.
      dtype: the dtype of its variables and its result, `floatx` by default.

    Raises:
      ValueError: an argument is invalid.

    Example:
      >>> metric = tf.keras.metrics.F1Score(threshold=0.5)
      >>> metric.update_state([[1, 1, 1], [1, 0, 0], [1, 1, 0]], [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]])
      >>> metric.result().numpy().round(4)
      array([0.5   , 0.8   , 0.6667], dtype=float32)
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config


@metric()
class R2Score(Metric):
    """The coefficient of determination: 1 - the sum of squared errors / that of squared distances from the true mean.

    Args:
      class_aggregation: None for a score of each output, "uniform_average" for their mean, or
        "variance_weighted_average" for their mean by the variance of the true values.
      num_regressors: number of independent variables per model, for which the score is then adjusted; 0 for the plain
        score.
      name: the metric's name.
      dtype: the dtype of its variables and its result, `floatx` by default.

    Raises:
      ValueError: an argument is invalid.

    Example:
      >>> metric = tf.keras.metrics.R2Score()
      >>> metric.update_state([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])
      >>> metric.result().numpy().round(4)
      np.float32(0.5714)
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        known = (None, "uniform_average", "variance_weighted_average")
        if class_aggregation not in known:
            raise ValueError(
                f"Invalid value for argument `class_aggregation`. Expected one of {known}. "
                f"Received: class_aggregation={class_aggregation}"
            )
        if num_regressors < 0:
            raise ValueError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. "
                f"Received: num_regressors={num_regressors}"
            )
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_variable((), "zeros", self.dtype, name="num_samples")
        self._sums: tuple[Variable, ...] = ()

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Updates the metric with a batch.

        Args:
          y_true: true values, of shape [examples, outputs].
          y_pred: predicted values, of the same shape.
          sample_weight: weights of the examples.

        Raises:
          ValueError: the shapes have another rank.

        Example:
          >>> metric = tf.keras.metrics.R2Score()
          >>> metric.update_state([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]], sample_weight=[0.0, 1.0, 1.0])
          >>> metric.result().numpy().round(4)
          np.float32(-1.0)
        """
        dtype = self._computed_in
        y_true, y_pred = same_rank(tensor_of(y_true, dtype), tensor_of(y_pred, dtype))
        if not self._sums:
            outputs = _two_axes("R2Score", y_true, y_pred)
            names = ("squared_sum", "sum", "residual", "count")
            self._sums = tuple([self.add_variable((outputs,), "zeros", self.dtype, name=name) for name in names])
            self.squared_sum, self.sum, self.total_mse, self.count = self._sums
        weights = tensor_of(1.0 if sample_weight is None else sample_weight, dtype)
        if weights.ndim == 1:
            weights = expand_dims(weights, 1)
        weights = apply_broadcast_to(weights, y_true.shape)
        weighted = y_true * weights
        self.sum.assign_add(total(weighted, 0))
        self.squared_sum.assign_add(total(y_true * weighted, 0))
        self.total_mse.assign_add(total(elementwise.squared_difference(y_true, y_pred) * weights, 0))
        self.count.assign_add(total(weights, 0))
        self.num_samples.assign_add(float(y_true.shape[0] * y_true.shape[1]))

    def result(self) -> Any:
        squares, sums, errors, count = (variable.read_value() for variable in self._sums)
        variation = squares - sums * (sums / count)
        score = 1 - errors / variation
        score = where(elementwise.is_inf(score), 0.0, score)
        if self.class_aggregation == "uniform_average":
            score = mean(score, None)
        elif self.class_aggregation == "variance_weighted_average":
            score = total(variation * score, None) / total(variation, None)
        if not self.num_regressors:
            return score
        samples, regressors = self.num_samples.read_value(), self.num_regressors
        if regressors > samples - 1:
            warnings.warn(
                "More independent predictors than datapoints in adjusted R2 score. Falling back to standard R2 score.",
                stacklevel=2,
            )
            return score
        if regressors == samples - 1:
            warnings.warn(
                "Division by zero in Adjusted R2 score. Falling back to standard R2 score.",
                stacklevel=2,
            )
            return score
        return 1.0 - (1.0 - score) * (samples - 1.0) / (samples - float(regressors) - 1.0)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }
