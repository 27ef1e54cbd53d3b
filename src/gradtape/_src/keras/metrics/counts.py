"""Counts of right and wrong decisions at thresholds, for precision, recall and areas under curves."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_broadcast_to, apply_cast, apply_reduce, apply_reshape
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras import settings
from gradtape._src.keras.losses.base import same_rank, total
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.keras.variable import Variable
from gradtape._src.ops import elementwise
from gradtape._src.ops.creation import range as numbers
from gradtape._src.ops.masking import one_hot
from gradtape._src.ops.scans import cumsum
from gradtape._src.ops.segments import unsorted_segment_sum
from gradtape._src.ops.shapes import expand_dims
from gradtape._src.ops.sorting import top_k as greatest

LOWEST = -1e10


class Count(enum.Enum):
    """The kinds of counts."""

    TRUE_POSITIVES = "tp"
    FALSE_POSITIVES = "fp"
    TRUE_NEGATIVES = "tn"
    FALSE_NEGATIVES = "fn"


def listed(thresholds: Any, default: float = 0.5) -> list[float]:
    """Thresholds as a list; ValueError if one is outside [0, 1]."""
    if thresholds is None:
        return [default]
    found = list(thresholds) if isinstance(thresholds, list | tuple) else [thresholds]
    wrong = [threshold for threshold in found if threshold is None or threshold < 0 or threshold > 1]
    if wrong:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {wrong}")
    return found


def are_even(thresholds: Sequence[float]) -> bool:
    """Whether thresholds divide [0, 1] evenly."""
    if len(thresholds) < 3:
        return False
    even = np.arange(len(thresholds), dtype=np.float32) / (len(thresholds) - 1)
    return bool(np.allclose(thresholds, even, atol=settings.epsilon()))


def add_counts(
    variables: Mapping[Count, Variable],
    y_true: Any,
    y_pred: Any,
    thresholds: Sequence[float] | np.ndarray,
    even: bool,
    top_k: int | None = None,
    class_id: int | None = None,
    sample_weight: Any = None,
    multi_label: bool = False,
    label_weights: Any = None,
) -> None:
    """Adds the counts of a batch to each variable, at each threshold.

    even: whether the thresholds divide [0, 1] evenly; multi_label: whether each class is counted apart.
    """
    dtype = next(iter(variables.values())).dtype
    y_pred, y_true = same_rank(tensor_of(y_pred, dtype), tensor_of(y_true, dtype))
    weights = None
    if sample_weight is not None:
        _, weights = same_rank(y_true, expand_dims(tensor_of(sample_weight, dtype), -1), expand=False)
    if top_k is not None:
        y_pred = _only_greatest(y_pred, top_k)
    if class_id is not None:
        if y_pred.ndim == 1:
            raise ValueError(
                "When class_id is provided, y_pred must be a 2D array with shape (num_samples, num_classes), found "
                f"shape: {y_pred.shape}"
            )
        y_true, y_pred = y_true[..., class_id, None], y_pred[..., class_id, None]
    if weights is not None:
        weights = apply_broadcast_to(weights, y_pred.shape)
    if label_weights is not None:
        labels = apply_broadcast_to(expand_dims(label_weights, 0), y_pred.shape)
        weights = labels if weights is None else weights * labels
    yes = apply_cast(elementwise.not_equal(y_true, 0), dtype)
    if not multi_label:
        yes, y_pred = apply_reshape(yes, (-1,)), apply_reshape(y_pred, (-1,))
        weights = None if weights is None else apply_reshape(weights, (-1,))
    no = 1.0 - yes
    if weights is not None:
        yes, no = yes * weights, no * weights
    right, wrong = (_sorted_counts if even else _compared_counts)(yes, no, y_pred, thresholds)
    found = {Count.TRUE_POSITIVES: lambda: right, Count.FALSE_POSITIVES: lambda: wrong}
    found[Count.TRUE_NEGATIVES] = lambda: total(no, 0) - wrong
    found[Count.FALSE_NEGATIVES] = lambda: total(yes, 0) - right
    for count, variable in variables.items():
        variable.assign_add(found[count]())


def _compared_counts(
    yes: Tensor, no: Tensor, y_pred: Tensor, thresholds: Sequence[float] | np.ndarray
) -> tuple[Tensor, Tensor]:
    """The weights of true and of false positives, every prediction being compared with every threshold."""
    levels = apply_reshape(tensor_of(np.asarray(held(thresholds)), y_pred.dtype), (-1, *(1 for _ in y_pred.shape)))
    positive = apply_cast(y_pred > levels, y_pred.dtype)
    return total(positive * yes, 1), total(positive * no, 1)


def _sorted_counts(
    yes: Tensor, no: Tensor, y_pred: Tensor, thresholds: Sequence[float] | np.ndarray
) -> tuple[Tensor, Tensor]:
    """The same where thresholds divide [0, 1] evenly: predictions are counted between two of them, and added up."""
    levels = len(thresholds)
    places = elementwise.ceil(elementwise.clip_by_value(y_pred, 0.0, 1.0) * float(levels - 1)) - 1
    if thresholds[0] < 0.0 or thresholds[-1] > 1.0:
        # Thresholds just outside take in 0 itself.
        places = elementwise.relu(places)
    places = apply_cast(places, dtypes.int32)
    classes = math.prod(y_pred.shape[1:])
    if y_pred.ndim > 1:
        # A row of positions for each class; what is below all thresholds stays negative.
        places = (places + elementwise.minimum(places, 0) * levels) * classes + numbers(classes)

    def counted(weights: Tensor) -> Tensor:
        each = unsorted_segment_sum(apply_reshape(weights, (-1,)), apply_reshape(places, (-1,)), levels * classes)
        return cumsum(apply_reshape(each, (levels, *y_pred.shape[1:])), axis=0, reverse=True)

    return counted(yes), counted(no)


def _only_greatest(y_pred: Tensor, k: int) -> Tensor:
    """Predictions, those that are not among the k largest made very small."""
    _, places = greatest(y_pred, k)
    kept = apply_reduce("Sum", one_hot(places, y_pred.shape[-1], dtype=y_pred.dtype), -2, False)
    return y_pred * kept + LOWEST * (1 - kept)
