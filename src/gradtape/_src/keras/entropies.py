"""Cross entropies of targets with probabilities or logits, elementwise or along classes."""

from __future__ import annotations

import warnings
from typing import Any

from gradtape._engine.api.api import apply_cast, apply_reduce, apply_reshape
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import int32, int64
from gradtape._src.keras import settings
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.tensors import logits, tensor_of
from gradtape._src.nn.cross_entropies import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits,
)
from gradtape._src.ops import elementwise


def _logits_of(output: Tensor, from_logits: bool, kind: str, name: str) -> tuple[Tensor, bool]:
    """The output, and whether it is logits; results of `softmax` or `sigmoid` are replaced by their arguments."""
    given = logits.get(output)
    if given is None:
        return output, from_logits
    if from_logits:
        warnings.warn(
            f'"`{name}` received `from_logits=True`, but the `output` argument was produced by a {kind} activation and '
            "thus does not represent logits. Was this intended?",
            stacklevel=4,
        )
    return given, True


def _alike(target: Tensor, output: Tensor) -> None:
    if target.ndim != output.ndim:
        raise ValueError(
            "Arguments `target` and `output` must have the same rank (ndim). Received: "
            f"target.shape={target.shape}, output.shape={output.shape}"
        )
    if target.shape != output.shape:
        raise ValueError(
            "Arguments `target` and `output` must have the same shape. Received: "
            f"target.shape={target.shape}, output.shape={output.shape}"
        )


def _probabilities(output: Tensor) -> Tensor:
    """Clips values so that they and their complements have finite logarithms."""
    epsilon = settings.epsilon()
    return elementwise.clip_by_value(output, epsilon, 1.0 - epsilon)


@keras_op
def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Tensor:
    """Cross entropy of two distributions over classes.

    Args:
      target: the true distributions.
      output: the predicted ones, which are scaled to sum to 1; or their logits. For a result of
        `tf.keras.activations.softmax`, its argument is used.
      from_logits: whether `output` is logits.
      axis: the axis of classes.

    Returns:
      A tensor without that axis.

    Raises:
      ValueError: the shapes differ, or are scalar.

    Example:
      >>> tf.keras.ops.categorical_crossentropy([[0.0, 1.0]], [[0.25, 0.75]]).numpy().round(4)
      array([0.2877], dtype=float32)
    """
    target, output = tensor_of(target), tensor_of(output)
    if not target.ndim:
        raise ValueError(
            "Arguments `target` and `output` must be at least rank 1. Received: "
            f"target.shape={target.shape}, output.shape={output.shape}"
        )
    _alike(target, output)
    output, from_logits = _logits_of(output, from_logits, "Softmax", "categorical_crossentropy")
    if from_logits:
        return softmax_cross_entropy_with_logits(labels=target, logits=output, axis=axis)
    output = _probabilities(output / apply_reduce("Sum", output, axis, True))
    return -apply_reduce("Sum", target * elementwise.log(output), axis, False)


@keras_op
def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Tensor:
    """Cross entropy of true classes and predicted distributions over classes.

    Args:
      target: the indices of the true classes.
      output: the predicted distributions, which are scaled to sum to 1; or their logits. For a result of
        `tf.keras.activations.softmax`, its argument is used.
      from_logits: whether `output` is logits.
      axis: the axis of classes, which must be the last.

    Returns:
      A tensor of the targets' shape.

    Raises:
      ValueError: the shapes do not fit, or the axis is not the last.

    Example:
      >>> tf.keras.ops.sparse_categorical_crossentropy([1], [[0.25, 0.75]]).numpy().round(4)
      array([0.2877], dtype=float32)
    """
    target, output = tensor_of(target), tensor_of(output)
    rank = output.ndim
    if axis not in (-1, rank - 1):
        raise ValueError(f"Only axis=-1 is currently supported. Received: axis={axis}")
    output, from_logits = _logits_of(output, from_logits, "Softmax", "sparse_categorical_crossentropy")
    if target.dtype is not int64 and target.dtype is not int32:
        target = apply_cast(target, int64)
    if target.ndim == rank and target.shape[-1] == 1:
        target = apply_reshape(target, tuple(target.shape[:-1]))
    if not rank:
        raise ValueError(f"Argument `output` must be at least rank 1. Received: output.shape={output.shape}")
    if target.ndim != rank - 1:
        raise ValueError(
            "Argument `output` must have rank (ndim) `target.ndim - 1`. Received: "
            f"target.shape={target.shape}, output.shape={output.shape}"
        )
    if not from_logits:
        output = elementwise.log(_probabilities(output))
    try:
        return sparse_softmax_cross_entropy_with_logits(target, output)
    except ValueError:
        raise ValueError(
            "Arguments `target` and `output` must have the same shape up until the last dimension: "
            f"target.shape={target.shape}, output.shape={output.shape}"
        ) from None


@keras_op
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Tensor:
    """Cross entropy of true and predicted probabilities, elementwise.

    Args:
      target: the true probabilities.
      output: the predicted ones, or their logits. For a result of `tf.keras.activations.sigmoid`, its argument is
        used.
      from_logits: whether `output` is logits.

    Returns:
      A tensor of the same shape.

    Raises:
      ValueError: the shapes differ.

    Example:
      >>> tf.keras.ops.binary_crossentropy([1.0, 0.0], [0.75, 0.75]).numpy().round(4)
      array([0.2877, 1.3863], dtype=float32)
    """
    target, output = tensor_of(target), tensor_of(output)
    _alike(target, output)
    output, from_logits = _logits_of(output, from_logits, "Sigmoid", "binary_crossentropy")
    if from_logits:
        return sigmoid_cross_entropy_with_logits(target, output)
    output = _probabilities(output)
    return -(target * elementwise.log(output) + (1 - target) * elementwise.log(1 - output))
