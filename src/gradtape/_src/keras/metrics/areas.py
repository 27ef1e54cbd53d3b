"""The area under a curve of two rates at many thresholds."""

from __future__ import annotations

import enum
import operator
from typing import Any

import numpy as np

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras import settings
from gradtape._src.keras.losses.base import mean, total
from gradtape._src.keras.metrics.base import Metric, metric
from gradtape._src.keras.metrics.counts import Count, add_counts, are_even
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.keras.variable import Variable
from gradtape._src.ops import elementwise
from gradtape._src.ops.masking import where

_quotient = elementwise.divide_no_nan


class Curve(enum.Enum):
    """The kind of curve."""

    ROC = "ROC"
    PR = "PR"
    PRGAIN = "PRGAIN"


class Summation(enum.Enum):
    """The interpolation between thresholds."""

    INTERPOLATION = "interpolation"
    MAJORING = "majoring"
    MINORING = "minoring"


def _member(kind: Any, value: Any, known: dict[str, Any], message: str) -> Any:
    if isinstance(value, kind):
        return value
    if value not in known:
        raise ValueError(message.format(value))
    return known[value]


_CURVES = {name: curve for curve in Curve for name in (curve.value, curve.value.lower())}
_SUMMATIONS = {name: method for method in Summation for name in (method.value, method.value.title())}


@metric()
class AUC(Metric):
    """The area under the curve of true over false positives (ROC), or of precision over recall (PR).

    It is computed at thresholds between 0 and 1; the more of them, the more exact it is. Davis and Goadrich, The
    Relationship between Precision-Recall and ROC Curves (2006).

    Args:
      num_thresholds: the number of thresholds that divide [0, 1], unless they are given.
      curve: "ROC", "PR" or "PRGAIN".
      summation_method: how high the curve is between two thresholds: "interpolation", "minoring" (as the lower end) or
        "majoring" (as the higher).
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of its result, `floatx` by default.
      thresholds: a list of them.
      multi_label: whether the areas of several labels are computed apart and then averaged.
      num_labels: number of labels.
      label_weights: their weights.
      from_logits: whether predictions are logits.

    Raises:
      ValueError: an argument is invalid.

    Example:
      >>> metric = tf.keras.metrics.AUC(num_thresholds=3)
      >>> metric.update_state([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
      >>> metric.result().numpy()
      np.float32(0.75)
    """

    _direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: Any = "ROC",
        summation_method: Any = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        self._given = thresholds is not None
        if self._given:
            inner = sorted(thresholds)
        elif num_thresholds <= 1:
            raise ValueError(
                f"Argument `num_thresholds` must be an integer > 1. Received: num_thresholds={num_thresholds}"
            )
        else:
            inner = (np.arange(1, operator.index(num_thresholds) - 1) / (num_thresholds - 1)).tolist()
        self.num_thresholds = len(inner) + 2
        self._even = not self._given or are_even([0.0, *inner, 1.0])
        # Just outside [0, 1], so that all predictions are between two of them.
        self._thresholds = np.array([0.0 - settings.epsilon(), *inner, 1.0 + settings.epsilon()])
        self.curve = _member(
            *(Curve, curve, _CURVES),
            'Invalid AUC curve value: "{}". Expected values are ["PR", "ROC", "PRGAIN"]',
        )
        self.summation_method = _member(
            *(Summation, summation_method, _SUMMATIONS),
            'Invalid AUC summation method value: "{}". Expected values are ["interpolation", "majoring", "minoring"]',
        )
        super().__init__(name=name, dtype=dtype)
        self.multi_label, self.num_labels = multi_label, num_labels
        self.label_weights = None if label_weights is None else tensor_of(label_weights, self._computed_in)
        self._from_logits = from_logits
        self._counted: dict[Count, Variable] = {}
        if not multi_label:
            if num_labels:
                raise ValueError("`num_labels` is needed only when `multi_label` is True.")
            self._build(())
        elif num_labels:
            self._build((num_labels,))

    @property
    def thresholds(self) -> list[float]:
        """The thresholds, in order."""
        return list(self._thresholds)

    def _build(self, labels: tuple[int, ...]) -> None:
        counts = (Count.TRUE_POSITIVES, Count.FALSE_POSITIVES, Count.TRUE_NEGATIVES, Count.FALSE_NEGATIVES)
        for count in counts:
            self._counted[count] = self.add_variable((self.num_thresholds, *labels), "zeros", name=count.name.lower())
            setattr(self, count.name.lower(), self._counted[count])

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Updates the metric with a batch.

        Args:
          y_true: true values, 0 or 1.
          y_pred: predicted probabilities, or their logits, of the same shape.
          sample_weight: weights of the examples, or of all values.

        Raises:
          ValueError: multi_label is set, but there is no axis of labels.

        Example:
          >>> metric = tf.keras.metrics.AUC(num_thresholds=3)
          >>> metric.update_state([0, 0, 1, 1], [0, 0.5, 0.3, 0.9], sample_weight=[1, 0, 0, 1])
          >>> metric.result().numpy()
          np.float32(1.0)
        """
        predicted = tensor_of(y_pred)
        if not self._counted:
            if predicted.ndim != 2:
                raise ValueError(
                    f"`y_pred` must have rank 2 when `multi_label=True`. Found rank {predicted.ndim}. Full shape "
                    f"received for `y_pred`: {tuple(predicted.shape)}"
                )
            self._build((predicted.shape[1],))
        add_counts(
            self._counted,
            y_true,
            elementwise.sigmoid(predicted) if self._from_logits else predicted,
            self._thresholds,
            self._even,
            sample_weight=sample_weight,
            multi_label=self.multi_label,
            label_weights=None if self.multi_label else self.label_weights,
        )

    def result(self) -> Any:
        if self.curve is Curve.PR and self.summation_method is Summation.INTERPOLATION:
            return self._averaged(self._precision_recall_steps())
        x, y = self._curve()
        if self.summation_method is Summation.INTERPOLATION:
            heights = (y[:-1] + y[1:]) / 2.0
        elif self.summation_method is Summation.MINORING:
            heights = elementwise.minimum(y[:-1], y[1:])
        else:
            heights = elementwise.maximum(y[:-1], y[1:])
        return self._averaged((x[:-1] - x[1:]) * heights)

    def _values(self) -> list[Tensor]:
        """True and false positives, true and false negatives."""
        return [variable.read_value() for variable in self._counted.values()]

    def _curve(self) -> tuple[Tensor, Tensor]:
        """The points of the curve at the thresholds."""
        right, wrong, refused, missed = self._values()
        recall = _quotient(right, right + missed)
        if self.curve is Curve.ROC:
            return _quotient(wrong, wrong + refused), recall
        if self.curve is Curve.PR:
            return recall, _quotient(right, right + wrong)
        scale = _quotient(right + missed, refused + wrong)
        none = elementwise.equal(right, 0.0)
        recall_gain = where(none, 0.0, 1.0 - scale * _quotient(missed, right))
        return elementwise.maximum(recall_gain, 0.0), where(none, 1.0, 1.0 - scale * _quotient(wrong, right))

    def _precision_recall_steps(self) -> Tensor:
        """The area between two thresholds, true positives being interpolated rather than precision."""
        right, wrong, _, missed = self._values()
        positives = right + wrong
        gained, more = right[:-1] - right[1:], positives[:-1] - positives[1:]
        slope = _quotient(gained, elementwise.maximum(more, 0.0))
        intercept = right[1:] - slope * positives[1:]
        both = elementwise.logical_and(positives[:-1] > 0, positives[1:] > 0)
        ratio = where(both, _quotient(positives[:-1], elementwise.maximum(positives[1:], 0.0)), 1.0)
        area = slope * (gained + intercept * elementwise.log(ratio))
        return _quotient(area, elementwise.maximum(right[1:] + missed[1:], 0.0))

    def _averaged(self, steps: Tensor) -> Tensor:
        """The sum of areas; of several labels, the mean of their sums."""
        if not self.multi_label:
            return total(steps, None)
        areas = total(steps, 0)
        if self.label_weights is None:
            return mean(areas, None)
        return _quotient(total(areas * self.label_weights, None), total(self.label_weights, None))

    def get_config(self) -> dict[str, Any]:
        weights = self.label_weights
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve.value,
            "summation_method": self.summation_method.value,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": None if weights is None else weights.numpy().tolist(),
            "from_logits": self._from_logits,
        }
        if self._given:
            config["thresholds"] = [float(threshold) for threshold in self._thresholds[1:-1]]
        return config
