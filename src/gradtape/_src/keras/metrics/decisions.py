"""Metrics of binary decisions: counts, precision, recall, and one rate at a given value of another."""

from __future__ import annotations

import operator
from typing import Any, ClassVar

import numpy as np

from gradtape._engine.api.api import apply_reduce
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.metrics.base import Metric, metric
from gradtape._src.keras.metrics.counts import LOWEST, Count, add_counts, are_even, listed
from gradtape._src.keras.variable import Variable
from gradtape._src.ops import elementwise
from gradtape._src.ops.masking import where

_NAMES = {count: count.name.lower() for count in Count}


class _AtThresholds(Metric):
    """Base of metrics whose variables count decisions at thresholds."""

    thresholds: list[float]
    top_k: int | None = None
    class_id: int | None = None

    def _count(self, thresholds: list[float], *counts: Count, name: str | None = None) -> None:
        self.thresholds = thresholds
        self._even = are_even(thresholds)
        self._counted: dict[Count, Variable] = {}
        for count in counts:
            made = self.add_variable((len(thresholds),), "zeros", name=name or _NAMES[count])
            self._counted[count] = made
            setattr(self, name or _NAMES[count], made)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Updates the metric with a batch.

        Args:
          y_true: true values, 0 or 1.
          y_pred: predicted probabilities, of the same shape.
          sample_weight: weights of the examples, or of all values.

        Raises:
          ValueError: class_id is given, but there is no axis of classes.

        Example:
          >>> metric = tf.keras.metrics.TruePositives()
          >>> metric.update_state([0, 1, 1, 1], [1, 0, 1, 1], sample_weight=[0, 0, 1, 0])
          >>> metric.result().numpy()
          np.float32(1.0)
        """
        add_counts(
            *(self._counted, y_true, y_pred, self.thresholds, self._even, self.top_k, self.class_id, sample_weight)
        )

    def _rate(self, of: Count, beside: Count) -> Tensor:
        """One count divided by the sum of two, 0 if that is 0."""
        counted = self._counted[of].read_value()
        return elementwise.divide_no_nan(counted, counted + self._counted[beside].read_value())

    def _only(self, values: Tensor) -> Tensor:
        """The only value if there is one threshold."""
        return values[0] if len(self.thresholds) == 1 else values


class _OneCount(_AtThresholds):
    """Base of metrics that are a count."""

    _of: ClassVar[Count]

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self._count(listed(thresholds), self._of, name="accumulator")

    def result(self) -> Any:
        return self._only(self._counted[self._of].read_value())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


@metric()
class FalsePositives(_OneCount):
    """The number of false positives.

    Args:
      thresholds: the value above which predictions count as positive, 0.5 by default; a list for one count each.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: a threshold is outside [0, 1].

    Example:
      >>> metric = tf.keras.metrics.FalsePositives()
      >>> metric.update_state([0, 1, 1, 1], [1, 0, 1, 1])
      >>> metric.result().numpy()
      np.float32(1.0)
    """

    _of = Count.FALSE_POSITIVES


@metric()
class FalseNegatives(_OneCount):
    """The number of false negatives.

    Args:
      thresholds: the value above which predictions count as positive, 0.5 by default; a list for one count each.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: a threshold is outside [0, 1].

    Example:
      >>> metric = tf.keras.metrics.FalseNegatives()
      >>> metric.update_state([0, 1, 1, 1], [1, 0, 1, 1])
      >>> metric.result().numpy()
      np.float32(1.0)
    """

    _of = Count.FALSE_NEGATIVES


@metric()
class TrueNegatives(_OneCount):
    """The number of true negatives.

    Args:
      thresholds: the value above which predictions count as positive, 0.5 by default; a list for one count each.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: a threshold is outside [0, 1].

    Example:
      >>> metric = tf.keras.metrics.TrueNegatives()
      >>> metric.update_state([0, 1, 1, 1], [1, 0, 1, 1])
      >>> metric.result().numpy()
      np.float32(0.0)
    """

    _of = Count.TRUE_NEGATIVES


@metric()
class TruePositives(_OneCount):
    """The number of true positives.

    Args:
      thresholds: the value above which predictions count as positive, 0.5 by default; a list for one count each.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: a threshold is outside [0, 1].

    Example:
      >>> metric = tf.keras.metrics.TruePositives()
      >>> metric.update_state([0, 1, 1, 1], [1, 0, 1, 1])
      >>> metric.result().numpy()
      np.float32(2.0)
    """

    _of = Count.TRUE_POSITIVES


class _Rate(_AtThresholds):
    """Base of precision and recall."""

    _beside: ClassVar[Count]
    _direction = "up"

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        self._count(listed(thresholds, 0.5 if top_k is None else LOWEST), Count.TRUE_POSITIVES, self._beside)

    def result(self) -> Any:
        return self._only(self._rate(Count.TRUE_POSITIVES, self._beside))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


@metric()
class Precision(_Rate):
    """The fraction of positive predictions that are right, 0 if there are none.

    Args:
      thresholds: the value above which predictions count as positive, 0.5 by default; a list for a value at each.
      top_k: if given, only this many largest predictions of an example are positive.
      class_id: if given, only this class counts.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: a threshold is outside [0, 1].

    Example:
      >>> metric = tf.keras.metrics.Precision()
      >>> metric.update_state([0, 1, 1, 1], [1, 0, 1, 1])
      >>> metric.result().numpy().round(4)
      np.float32(0.6667)
    """

    _beside = Count.FALSE_POSITIVES


@metric()
class Recall(_Rate):
    """The fraction of positives that are predicted as positive, 0 if there are none.

    Args:
      thresholds: the value above which predictions count as positive, 0.5 by default; a list for a value at each.
      top_k: if given, only this many largest predictions of an example are positive.
      class_id: if given, only this class counts.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: a threshold is outside [0, 1].

    Example:
      >>> metric = tf.keras.metrics.Recall()
      >>> metric.update_state([0, 1, 1, 1], [1, 0, 1, 1])
      >>> metric.result().numpy().round(4)
      np.float32(0.6667)
    """

    _beside = Count.FALSE_NEGATIVES


class _WhereGiven(_AtThresholds):
    """Base of metrics that are the largest value of one rate at thresholds where another is not below a given one.

    Rates are pairs of counts: of the first among both.
    """

    _name: ClassVar[str]
    _given: ClassVar[tuple[Count, Count]]
    _wanted: ClassVar[tuple[Count, Count]]
    _direction = "up"

    def __init__(
        self,
        value: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        if value < 0 or value > 1:
            raise ValueError(
                f"Argument `{self._name}` must be in the range [0, 1]. Received: {self._name}={value}",
            )
        super().__init__(name=name, dtype=dtype)
        if num_thresholds <= 0:
            raise ValueError(
                f"Argument `num_thresholds` must be an integer > 0. Received: num_thresholds={num_thresholds}"
            )
        self.value, self.num_thresholds, self.class_id = value, num_thresholds, class_id
        setattr(self, self._name, value)
        count = operator.index(num_thresholds)
        steps = (np.arange(count) / (count - 1)).tolist() if count > 1 else [0.5]
        self._count(steps, Count.TRUE_POSITIVES, Count.FALSE_POSITIVES, Count.TRUE_NEGATIVES, Count.FALSE_NEGATIVES)
        self._even = num_thresholds > 1

    def result(self) -> Any:
        wanted = where(self._rate(*self._given) >= self.value, self._rate(*self._wanted), 0.0)
        return apply_reduce("Max", wanted, None, False)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "class_id": self.class_id,
            "num_thresholds": self.num_thresholds,
            self._name: self.value,
        }


_SENSITIVITY = _RECALL = (Count.TRUE_POSITIVES, Count.FALSE_NEGATIVES)
_SPECIFICITY = (Count.TRUE_NEGATIVES, Count.FALSE_POSITIVES)
_PRECISION = (Count.TRUE_POSITIVES, Count.FALSE_POSITIVES)


@metric()
class SensitivityAtSpecificity(_WhereGiven):
    """The largest sensitivity at thresholds where the specificity is not below a given value.

    Sensitivity is the fraction of positives that are predicted as positive,
    specificity the fraction of negatives that are predicted as negative.

    Args:
      specificity: the given value.
      num_thresholds: the number of thresholds that divide [0, 1].
      class_id: if given, only this class counts.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: the value is outside [0, 1], or there are no thresholds.

    Example:
      >>> metric = tf.keras.metrics.SensitivityAtSpecificity(0.5)
      >>> metric.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
      >>> metric.result().numpy().round(4)
      np.float32(0.5)
    """

    _name, _given, _wanted = "specificity", _SPECIFICITY, _SENSITIVITY

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)


@metric()
class SpecificityAtSensitivity(_WhereGiven):
    """The largest specificity at thresholds where the sensitivity is not below a given value.

    Specificity is the fraction of negatives that are predicted as negative,
    sensitivity the fraction of positives that are predicted as positive.

    Args:
      sensitivity: the given value.
      num_thresholds: the number of thresholds that divide [0, 1].
      class_id: if given, only this class counts.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: the value is outside [0, 1], or there are no thresholds.

    Example:
      >>> metric = tf.keras.metrics.SpecificityAtSensitivity(0.5)
      >>> metric.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
      >>> metric.result().numpy().round(4)
      np.float32(0.6667)
    """

    _name, _given, _wanted = "sensitivity", _SENSITIVITY, _SPECIFICITY

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)


@metric()
class PrecisionAtRecall(_WhereGiven):
    """The largest precision at thresholds where the recall is not below a given value.

    Precision is the fraction of positive predictions that are right,
    recall the fraction of positives that are predicted as positive.

    Args:
      recall: the given value.
      num_thresholds: the number of thresholds that divide [0, 1].
      class_id: if given, only this class counts.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: the value is outside [0, 1], or there are no thresholds.

    Example:
      >>> metric = tf.keras.metrics.PrecisionAtRecall(0.8)
      >>> metric.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
      >>> metric.result().numpy().round(4)
      np.float32(0.5)
    """

    _name, _given, _wanted = "recall", _RECALL, _PRECISION

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)


@metric()
class RecallAtPrecision(_WhereGiven):
    """The largest recall at thresholds where the precision is not below a given value.

    Recall is the fraction of positives that are predicted as positive,
    precision the fraction of positive predictions that are right.

    Args:
      precision: the given value.
      num_thresholds: the number of thresholds that divide [0, 1].
      class_id: if given, only this class counts.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of its result, `floatx` by default.

    Raises:
      ValueError: the value is outside [0, 1], or there are no thresholds.

    Example:
      >>> metric = tf.keras.metrics.RecallAtPrecision(0.5)
      >>> metric.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
      >>> metric.result().numpy().round(4)
      np.float32(1.0)
    """

    _name, _given, _wanted = "precision", _PRECISION, _RECALL

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
