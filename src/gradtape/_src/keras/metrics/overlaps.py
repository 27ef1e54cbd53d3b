"""Intersection over union of the sets of true and of predicted members of classes."""

from __future__ import annotations

import warnings
from typing import Any

from gradtape._engine.api.api import apply_broadcast_to, apply_cast, apply_reshape
from gradtape._src.core import dtypes
from gradtape._src.keras import settings
from gradtape._src.keras.losses.base import total
from gradtape._src.keras.metrics.base import Metric, metric
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.linalg.diagonals import diag_part
from gradtape._src.ops import elementwise
from gradtape._src.ops.extremes import argmax
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.masking import where
from gradtape._src.ops.segments import unsorted_segment_sum


@metric()
class IoU(Metric):
    """Intersection over union of true and predicted members of some classes, averaged over these.

    Args:
      num_classes: the number of classes.
      target_class_ids: the classes that count.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of the counts, int64 by default.
      ignore_class: a class to ignore.
      sparse_y_true: whether true values are numbers of classes; else they are one-hot.
      sparse_y_pred: whether predictions are class indices; otherwise that of the largest counts.
      axis: the axis of classes.

    Raises:
      ValueError: the class is out of range.

    Example:
      >>> metric = tf.keras.metrics.IoU(num_classes=2, target_class_ids=[0])
      >>> metric.update_state([0, 0, 1, 1], [0, 1, 0, 1])
      >>> metric.result().numpy().round(4)
      np.float32(0.3333)
    """

    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Any,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(name=name, dtype=dtype or "int64")
        self.num_classes, self.ignore_class, self.axis = num_classes, ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self.total_cm = self.add_variable(
            (num_classes, num_classes), "zeros", self.dtype, name="total_confusion_matrix"
        )
        if max(target_class_ids) >= num_classes:
            raise ValueError(f"Target class id {max(target_class_ids)} is out of range, which is [0, {num_classes}).")
        self.target_class_ids = list(target_class_ids)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Updates the metric with a batch.

        Args:
          y_true: true values.
          y_pred: predicted values.
          sample_weight: weights of the values.

        Example:
          >>> metric = tf.keras.metrics.MeanIoU(num_classes=2)
          >>> metric.update_state([0, 0, 1, 1], [0, 1, 0, 1], sample_weight=[1, 0, 0, 1])
          >>> metric.result().numpy().round(4)
          np.float32(1.0)
        """
        dtype, classes = self._computed_in, self.num_classes
        true = tensor_of(y_true if self.sparse_y_true else argmax(tensor_of(y_true), self.axis), dtype)
        found = tensor_of(y_pred if self.sparse_y_pred else argmax(tensor_of(y_pred), self.axis), dtype)
        true, found = apply_reshape(true, (-1,)), apply_reshape(found, (-1,))
        if "float" in str(getattr(sample_weight, "dtype", "")) and dtype.is_integer:
            warnings.warn(
                "You are passing weight as `float`, but dtype is `int`. This may result in an incorrect weight due to "
                "type casting Consider using integer weights.",
                stacklevel=2,
            )
        weights = tensor_of(1 if sample_weight is None else sample_weight, dtype)
        weights = apply_broadcast_to(apply_reshape(weights, (-1,)) if weights.ndim > 1 else weights, true.shape)
        counts = elementwise.logical_and(
            elementwise.logical_and(true >= 0, true < classes), elementwise.logical_and(found >= 0, found < classes)
        )
        if self.ignore_class is not None:
            counts = elementwise.logical_and(counts, elementwise.not_equal(true, self.ignore_class))
        places = where(counts, true * classes + found, tensor_of(-1, dtype))
        added = unsorted_segment_sum(weights, apply_cast(places, dtypes.int32), classes * classes)
        self.total_cm.assign_add(apply_reshape(added, (classes, classes)))

    def result(self) -> Any:
        matrix = self.total_cm.read_value()
        both = diag_part(matrix)
        either = total(matrix, 0) + total(matrix, 1) - both
        both, either = (apply_cast(gather(values, self.target_class_ids), dtypes.float32) for values in (both, either))
        there = either > 1e-9
        overlap = where(there, both / (either + settings.epsilon()), 0.0)
        return total(overlap, None) / (total(apply_cast(there, dtypes.float32), None) + settings.epsilon())

    def get_config(self) -> dict[str, Any]:
        names = ("num_classes", "target_class_ids", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@metric()
class BinaryIoU(IoU):
    """Intersection over union of what is and what is predicted to be a yes, or a no.

    Args:
      target_class_ids: which of 0 and 1 count.
      threshold: what predictions reach to be a yes.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of the counts, int64 by default.

    Raises:
      ValueError: the class is out of range.

    Example:
      >>> metric = tf.keras.metrics.BinaryIoU(target_class_ids=[0, 1], threshold=0.3)
      >>> metric.update_state([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])
      >>> metric.result().numpy().round(4)
      np.float32(0.3333)
    """

    def __init__(
        self,
        target_class_ids: Any = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state(y_true, tensor_of(y_pred, dtypes.float32) >= self.threshold, sample_weight)

    def get_config(self) -> dict[str, Any]:
        names = ("target_class_ids", "threshold", "name", "dtype")
        return {name: getattr(self, name) for name in names}


@metric()
class MeanIoU(IoU):
    """Intersection over union of true and predicted members of classes, averaged over all of them.

    Args:
      num_classes: the number of classes.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of the counts, int64 by default.
      ignore_class: a class to ignore.
      sparse_y_true: whether true values are numbers of classes; else they are one-hot.
      sparse_y_pred: whether predictions are class indices; otherwise that of the largest counts.
      axis: the axis of classes.

    Raises:
      ValueError: unknown dtype, or num_classes is not positive.
      InvalidArgumentError: the sizes given to `update_state` differ, or the axis is out of range.

    Example:
      >>> metric = tf.keras.metrics.MeanIoU(num_classes=2)
      >>> metric.update_state([0, 0, 1, 1], [0, 1, 0, 1])
      >>> metric.result().numpy().round(4)
      np.float32(0.3333)
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        every = list(range(num_classes))
        super().__init__(num_classes, every, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["target_class_ids"]
        return config


@metric()
class OneHotIoU(IoU):
    """Intersection over union of true and predicted members of some classes, true values being one-hot.

    Args:
      num_classes: the number of classes.
      target_class_ids: the classes that count.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of the counts, int64 by default.
      ignore_class: a class to ignore.
      sparse_y_pred: whether predictions are class indices; otherwise that of the largest counts.
      axis: the axis of classes.

    Raises:
      ValueError: the class is out of range.

    Example:
      >>> metric = tf.keras.metrics.OneHotIoU(num_classes=2, target_class_ids=[0])
      >>> metric.update_state([[1, 0], [1, 0], [0, 1]], [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])
      >>> metric.result().numpy().round(4)
      np.float32(0.5)
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Any,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["sparse_y_true"]
        return config


@metric()
class OneHotMeanIoU(MeanIoU):
    """Intersection over union of true and predicted members of classes, averaged over all, true values being one-hot.

    Args:
      num_classes: the number of classes.
      name: the metric's name; by default the class' name in snake case.
      dtype: the dtype of the counts, int64 by default.
      ignore_class: a class to ignore.
      sparse_y_pred: whether predictions are class indices; otherwise that of the largest counts.
      axis: the axis of classes.

    Raises:
      ValueError: unknown dtype, or num_classes is not positive.
      InvalidArgumentError: the sizes given to `update_state` differ, or the axis is out of range.

    Example:
      >>> metric = tf.keras.metrics.OneHotMeanIoU(num_classes=2)
      >>> metric.update_state([[1, 0], [1, 0], [0, 1]], [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])
      >>> metric.result().numpy().round(4)
      np.float32(0.5)
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["sparse_y_true"]
        return config
