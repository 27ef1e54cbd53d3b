"""Connectionist temporal classification: the probability of a sequence of labels, whenever each of them is uttered."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_elementwise, apply_reduce
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.steps import one_step
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.losses.base import KIND, LossFunctionWrapper, loss_function
from gradtape._src.keras.tensors import floating, tensor_of
from gradtape._src.nn.cross_entropies import log_softmax
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.joining import stack
from gradtape._src.ops.masking import where
from gradtape._src.ops.padding import pad
from gradtape._src.ops.statistics import reduce_logsumexp

_NEVER = -1e30  # the logarithm of a probability of 0; -inf would make gradients NaN


@keras_op
@one_step("target", "target_length", "output_length")
def ctc_loss(target: Any, output: Any, target_length: Any, output_length: Any, mask_index: int = 0) -> Tensor:
    """Minus the log-probability of sequences of labels, whenever each label is uttered.

    Graves, Fernández, Gomez and Schmidhuber, Connectionist Temporal Classification (2006).

    Args:
      target: the labels, integers of shape [examples, labels].
      output: logits of shape [examples, frames, classes].
      target_length: the number of labels of each example.
      output_length: the number of frames of each example.
      mask_index: the class for no label.

    Returns:
      A tensor of one value per example; inf if the labels do not fit into the frames.

    Raises:
      InvalidArgumentError: a class or length is out of range, or output does not have three axes, one row for each
        target.
      ValueError: an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.ctc_loss([[1]], tf.zeros([1, 2, 2]), [1], [2]).numpy().round(4)
      array([0.2877], dtype=float32)
    """
    logp = log_softmax(floating(output))
    labels, lengths, frames = (
        np.asarray(tensor_of(value)).astype(np.int64) for value in (target, target_length, output_length)
    )
    # Between labels, and at both ends, there may be none: states are the labels with the mask around each.
    states = np.full((labels.shape[0], 2 * labels.shape[1] + 1), held(mask_index))
    states[:, 1::2] = labels
    skips = np.full(states.shape, _NEVER)
    skips[:, 2:][(states[:, 2:] != mask_index) & (states[:, 2:] != states[:, :-2])] = 0.0
    start = np.full(states.shape, _NEVER)
    start[:, :2] = 0.0
    skip, begin = tensor_of(skips, logp.dtype), tensor_of(start, logp.dtype)
    uttered = gather(logp, states, axis=2, batch_dims=1)
    alpha = begin + uttered[:, 0]
    for frame in range(1, logp.shape[1]):
        before = pad(alpha[:, :-1], [[0, 0], [1, 0]], constant_values=_NEVER)
        skipped = pad(alpha[:, :-2], [[0, 0], [2, 0]], constant_values=_NEVER) + skip
        moved = reduce_logsumexp(stack([alpha, before, skipped]), axis=0) + uttered[:, frame]
        alpha = where((frame < frames)[:, None], moved, alpha)
    ends = np.stack([2 * lengths, np.maximum(2 * lengths - 1, 0)], axis=1)
    unlabelled = np.stack([np.zeros_like(lengths, bool), lengths == 0], axis=1)
    last = where(unlabelled, tensor_of(_NEVER, logp.dtype), gather(alpha, ends, axis=1, batch_dims=1))
    loss = -reduce_logsumexp(last, axis=1)
    return where(loss < -_NEVER / 2, loss, tensor_of(np.inf, loss.dtype))


@loss_function()
def ctc(y_true: Any, y_pred: Any) -> Tensor:
    """Minus the log-probability of sequences of labels, whenever each label is uttered.

    Graves, Fernández, Gomez and Schmidhuber, Connectionist Temporal Classification (2006).

    Args:
      y_true: the labels, integers of shape [examples, labels], with 0 for none.
      y_pred: logits of shape [examples, frames, classes], where class 0 means no label.

    Returns:
      A tensor of one value for each example.

    Raises:
      ValueError: the shapes have another rank.

    Example:
      >>> tf.keras.losses.ctc(tf.constant([[1, 0]]), tf.zeros([1, 2, 2])).numpy().round(4)
      array([0.2877], dtype=float32)
    """
    labels, logits = tensor_of(y_true), floating(y_pred)
    if labels.ndim != 2:
        raise ValueError(
            "Targets `y_true` are expected to be a tensor of shape `(batch_size, max_length)` in integer format. "
            f"Received: y_true.shape={labels.shape}"
        )
    if logits.ndim != 3:
        raise ValueError(
            "Logits `y_pred` are expected to be a tensor of shape `(batch_size, max_length, num_classes)`. "
            f"Received: y_pred.shape={logits.shape}"
        )
    lengths = apply_reduce("Sum", apply_cast(apply_elementwise("not_equal", labels, 0), dtypes.int32), -1, False)
    frames = np.full(logits.shape[0], logits.shape[1])
    return ctc_loss.__wrapped__(apply_cast(labels, dtypes.int32), logits, lengths, frames)


@KIND.enter()
class CTC(LossFunctionWrapper):
    """Minus the log-probability of sequences of labels, whenever each label is uttered.

    Graves, Fernández, Gomez and Schmidhuber, Connectionist Temporal Classification (2006).

    Args:
      {common}

    Raises:
      ValueError: unknown reduction; (when called) shapes have other ranks than for `ctc`.

    Example:
      >>> tf.keras.losses.CTC()(tf.constant([[1, 0]]), tf.zeros([1, 2, 2])).numpy().round(4)
      np.float32(0.2877)
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "ctc", dtype: Any = None
    ) -> None:
        super().__init__(ctc, reduction, name, dtype)
