"""Losses of how far predicted sets overlap true ones, and of how near embeddings of a class are to each other."""

from __future__ import annotations

from typing import Any

from gradtape._engine.api.api import apply_cast, apply_matmul, apply_reshape
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import int32
from gradtape._src.keras import settings
from gradtape._src.keras.inputs import set_mask
from gradtape._src.keras.losses.base import KIND, LossFunctionWrapper, loss_function, prepared, total
from gradtape._src.keras.tensors import floating, tensor_of
from gradtape._src.ops import elementwise
from gradtape._src.ops.creation import eye
from gradtape._src.ops.masking import where
from gradtape._src.ops.statistics import reduce_logsumexp


@loss_function()
def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Tensor:
    """1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred)).

    Dice, Measures of the Amount of Ecologic Association between Species (1945).

    Args:
      y_true: true memberships.
      y_pred: predicted ones, of the same shape.
      axis: the axes that are summed over; None for all.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or an axis is out of range.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.losses.dice([[1.0, 0.0]], [[0.5, 0.5]]).numpy().round(4)
      np.float32(0.5)
    """
    y_true, y_pred = prepared(y_true, y_pred, match=False)
    both = total(y_true * y_pred, axis)
    return 1 - 2.0 * both / (total(y_true, axis) + total(y_pred, axis) + settings.epsilon())


@loss_function()
def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Tensor:
    """1 - i / (i + alpha * u + beta * v), i being the sum of y_true * y_pred, u and v those of what only the one
    has and what only the other.

    Salehi, Erdogmus and Gholipour, Tversky Loss Function for Image Segmentation (2017).

    Args:
      y_true: true memberships.
      y_pred: predicted ones, of the same shape.
      alpha, beta: the weights.
      axis: the axes that are summed over; None for all.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or an axis is out of range.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.losses.tversky([[1.0, 0.0]], [[0.5, 0.5]]).numpy().round(4)
      np.float32(0.5)
    """
    y_true, y_pred = prepared(y_true, y_pred, match=False)
    both = total(y_true * y_pred, axis)
    missed = total((1 - y_pred) * y_true, axis)
    wrong = total(y_pred * (1 - y_true), axis)
    return 1 - both / (both + missed * alpha + wrong * beta + settings.epsilon())


@loss_function()
def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Tensor:
    """For each embedding, how much nearer embeddings of other classes are than those of its class, by a margin.

    Sun et al., Circle Loss: A Unified Perspective of Pair Similarity Optimization (2020).

    Args:
      y_true: the numbers of the classes.
      y_pred: embeddings of length 1, of shape [examples, size].
      ref_labels, ref_embeddings: the classes and embeddings with which they are compared; their own by default.
      remove_diagonal: whether an embedding is not compared with the one at its own place.
      gamma: the scale.
      margin: how far apart similarities of the same and of other classes are to be.

    Returns:
      A tensor of one value for each example.

    Raises:
      InvalidArgumentError: y_pred is not a matrix, or there is not one label per row.
      ValueError: a value cannot be converted to a tensor.

    Example:
      >>> embeddings = tf.constant([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
      >>> tf.keras.losses.circle([0, 0, 1], embeddings).numpy().round(2)
      array([0. , 6.4, 0. ], dtype=float32)
    """
    y_pred, y_true = floating(y_pred), tensor_of(y_true, int32)
    others = y_pred if ref_embeddings is None else tensor_of(ref_embeddings, y_pred.dtype)
    labels = y_true if ref_labels is None else tensor_of(ref_labels, int32)
    distances = elementwise.maximum(1 - apply_matmul(y_pred, others, False, True), 0.0)
    if y_true.ndim == 1:
        y_true = apply_reshape(y_true, (-1, 1))
    alike = elementwise.equal(y_true, apply_reshape(labels, (1, -1)))
    unlike = elementwise.logical_not(alike)
    if remove_diagonal:
        own = apply_cast(eye(alike.shape[0], alike.shape[1], dtype=int32), unlike.dtype)
        alike = elementwise.logical_and(alike, elementwise.logical_not(own))
    positive, negative = apply_cast(alike, distances.dtype), apply_cast(unlike, distances.dtype)
    pull = elementwise.maximum((margin + distances) * positive, 0.0) * (margin - distances) * -gamma
    push = elementwise.maximum((1 + margin - distances) * negative, 0.0) * (1 - margin - distances) * gamma
    nothing = tensor_of(float("-inf"), distances.dtype)
    loss = elementwise.softplus(
        reduce_logsumexp(where(alike, pull, nothing), axis=1) + reduce_logsumexp(where(unlike, push, nothing), axis=1)
    )
    set_mask(loss, loss > 0)
    return loss


@KIND.enter()
class Dice(LossFunctionWrapper):
    """1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred)).

    Dice, Measures of the Amount of Ecologic Association between Species (1945).

    Args:
      {common}
      axis: the axes that are summed over; None for all.

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.losses.Dice()([[1.0, 0.0]], [[0.5, 0.5]]).numpy().round(4)
      np.float32(0.5)
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dice, reduction, name, dtype, axis=axis)


@KIND.enter()
class Tversky(LossFunctionWrapper):
    """1 - i / (i + alpha * u + beta * v), i being the sum of y_true * y_pred, u and v those of what only the one
    has and what only the other.

    Salehi, Erdogmus and Gholipour, Tversky Loss Function for Image Segmentation (2017).

    Args:
      alpha, beta: the weights.
      {common}
      axis: the axes that are summed over; None for all.

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> tf.keras.losses.Tversky()([[1.0, 0.0]], [[0.5, 0.5]]).numpy().round(4)
      np.float32(0.5)
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(tversky, reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)


@KIND.enter()
class Circle(LossFunctionWrapper):
    """The triplet loss: embeddings of other classes should be farther away than those of the same class, by a margin.

    Sun et al., Circle Loss: A Unified Perspective of Pair Similarity Optimization (2020).

    Args:
      gamma: the scale.
      margin: how far apart similarities of the same and of other classes are to be.
      remove_diagonal: whether an embedding is not compared with itself.
      {common}

    Raises:
      ValueError: unknown reduction.

    Example:
      >>> embeddings = tf.constant([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
      >>> tf.keras.losses.Circle()([0, 0, 1], embeddings).numpy().round(2)
      np.float32(3.2)
    """

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: Any = None,
    ) -> None:
        super().__init__(*(circle, reduction, name, dtype), gamma=gamma, margin=margin, remove_diagonal=remove_diagonal)
