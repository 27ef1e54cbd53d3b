"""Softmax, cross entropies and other losses of tf.nn."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_broadcast_to,
    apply_cast,
    apply_elementwise,
    apply_reduce,
    apply_reshape,
    as_tensor,
    of_alike,
)
from gradtape._engine.ops.softmax import (
    evaluate_cross_entropy,
    evaluate_log_softmax,
    evaluate_softmax,
    evaluate_sparse_cross_entropy,
    evaluate_surplus,
)
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import int32, int64
from gradtape._src.core.errors import InvalidArgumentError, invalid_argument
from gradtape._src.core.operands import common_tensors, dims_text, int_of, not_allowed
from gradtape._src.core.typing import TensorLike
from gradtape._src.table.rows import call, integer, op, real, values

_FLOATING = "half, bfloat16, float, double"
_DENSE, _SPARSE = "SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits"


def _logits(value: Any, op: str) -> Tensor:
    """A floating tensor. Raises InvalidArgumentError for one of another dtype."""
    logits = as_tensor(value)
    if not logits.dtype.is_floating:
        raise not_allowed(op, logits.dtype, _FLOATING)
    return logits


def _axis(axis: int | None, x: Tensor, op: str) -> int:
    """The axis counted from 0; the last one if it is None."""
    if axis is None and not x.ndim:
        raise invalid_argument(op, "logits must have >= 1 dimension, got []", "")
    place = -1 if axis is None else int_of(axis, "Softmax", "Tidx")
    if not -x.ndim <= place < x.ndim:
        raise InvalidArgumentError(
            None,
            None,
            f"`dim` must be in the range [{-x.ndim}, {x.ndim}) where {x.ndim} is the number of dimensions in the "
            f"input. Received: dim={place}",
        )
    return place % x.ndim


@op(
    *("nn.softmax", "math.softmax"),
    samples=lambda: [call(real(3)), call(real(2, 3)), call(real(2, 3, 2), axis=1), call(real(2, 3), axis=-2)],
    edges=lambda: [call(values([[1e4, 0.0, -1e4], [-np.inf, 0.0, 1.0]]))],
)
def softmax(logits: TensorLike, axis: int | None = None, name: str | None = None) -> Tensor:
    """exp(logits) over its sum along an axis.

    Args:
      logits: a floating tensor of at least one axis.
      axis: the axis; None for the last.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype, which sums to 1 along the axis.

    Raises:
      InvalidArgumentError: the logits do not have the axis, or are not floating.

    Example:
      >>> tf.nn.softmax([0.0, 1.0, 2.0]).numpy().round(4)
      array([0.09  , 0.2447, 0.6652], dtype=float32)
    """
    x = _logits(logits, "Softmax")
    return _SOFTMAX(x, attributes=(_axis(axis, x, "Softmax"),))


def _softmax_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor]:
    (s,), (axis,) = call.saved, call.attributes
    return ((g - apply_reduce("Sum", g * s, axis, True)) * s,)


_SOFTMAX = Primitive("Softmax", evaluate_softmax, _softmax_vjp, saves=(-1,), batch="axis_first")


@op(
    *("nn.log_softmax", "math.log_softmax"),
    samples=lambda: [call(real(3)), call(real(2, 3)), call(real(2, 3, 2), axis=1), call(real(2, 3), axis=-2)],
    edges=lambda: [call(values([[1e4, 0.0, -1e4], [np.nan, 0.0, 1.0]]))],
)
def log_softmax(logits: TensorLike, axis: int | None = None, name: str | None = None) -> Tensor:
    """log(softmax(logits)), accurate even where softmax underflows.

    Args:
      logits: a floating tensor of at least one axis.
      axis: the axis; None for the last.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: the logits do not have the axis, or are not floating.

    Example:
      >>> tf.nn.log_softmax([0.0, 1000.0]).numpy()
      array([-1000.,     0.], dtype=float32)
    """
    x = _logits(logits, "LogSoftmax")
    return _LOG_SOFTMAX(x, attributes=(_axis(axis, x, "LogSoftmax"),))


def _log_softmax_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor]:
    (y,), (axis,) = call.saved, call.attributes
    return (g - apply_elementwise("exp", y) * apply_reduce("Sum", g, axis, True),)


_LOG_SOFTMAX = Primitive("LogSoftmax", evaluate_log_softmax, _log_softmax_vjp, saves=(-1,), batch="axis_first")


@op(
    "nn.softmax_cross_entropy_with_logits",
    samples=lambda: [
        call([[0.2, 0.5, 0.3], [0.0, 1.0, 0.0]], real(2, 3)),
        call([[0.2, 0.5], [0.8, 0.5]], real(2, 2), axis=0),
    ],
)
def softmax_cross_entropy_with_logits(
    labels: TensorLike, logits: TensorLike, axis: int = -1, name: str | None = None
) -> Tensor:
    """Cross entropy of labels and softmax(logits): the sum of -labels * log_softmax(logits) along an axis.

    Args:
      labels: probabilities along the axis.
      logits: a floating tensor; both broadcast.
      axis: the axis of classes.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor without the axis. Both operands get gradients; that of the logits assumes that the labels sum to 1.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or the operands do not have the axis.

    Example:
      >>> tf.nn.softmax_cross_entropy_with_logits([[0.0, 1.0]], [[0.0, 2.0]]).numpy().round(4)
      array([0.1269], dtype=float32)
    """
    x = _logits(logits, _DENSE)
    p = as_tensor(labels)
    p = p if p.dtype == x.dtype else apply_cast(p, x.dtype)
    if x.shape != p.shape:
        try:
            shape = np.broadcast_shapes(tuple(x.shape), tuple(p.shape))
        except ValueError:
            sizes = f"logits_size={dims_text(x.shape)} labels_size={dims_text(p.shape)}"
            raise invalid_argument(_DENSE, f"logits and labels must be broadcastable: {sizes}", "") from None
        x, p = apply_broadcast_to(x, shape), apply_broadcast_to(p, shape)
    return _CROSS_ENTROPY(p, x, attributes=(_axis(axis, x, _DENSE),))


def _widened(g: Tensor, axis: int) -> Tensor:
    """A tensor with a new axis of size 1."""
    if axis == g.ndim == 1:
        return apply_reshape(g, (-1, 1))
    shape = list(g.shape)
    shape.insert(axis, 1)
    return apply_reshape(g, shape)


def _cross_entropy_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None]:
    (labels, logits), (axis,) = call.saved, call.attributes
    g = _widened(g, axis)
    return (
        -log_softmax(logits, axis) * g if needs[0] else None,
        (softmax(logits, axis) - labels) * g if needs[1] else None,
    )


_CROSS_ENTROPY = Primitive(_DENSE, evaluate_cross_entropy, _cross_entropy_vjp, saves=(0, 1), batch="axis_first")


@op(
    "nn.sparse_softmax_cross_entropy_with_logits",
    samples=lambda: [
        *(call(integer([1, 0]), real(2, 3)), call(integer(2), real(3))),
        call(integer([[0], [1]]), real(2, 1, 2)),
    ],
)
def sparse_softmax_cross_entropy_with_logits(labels: TensorLike, logits: TensorLike, name: str | None = None) -> Tensor:
    """Cross entropy of integer class labels and softmax(logits) along the last axis.

    Args:
      labels: int32 or int64, of the logits' shape without the last axis.
      logits: a floating tensor of shape [..., classes].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of the labels.

    Raises:
      ValueError: the labels have another shape.
      InvalidArgumentError: a label is not a class, or the labels are not integers.

    Example:
      >>> tf.nn.sparse_softmax_cross_entropy_with_logits([1], [[0.0, 2.0]]).numpy().round(4)
      array([0.1269], dtype=float32)
    """
    _both(labels, logits, "sparse_softmax_cross_entropy_with_logits")
    x, named = as_tensor(logits), as_tensor(labels)
    if not x.ndim:
        raise ValueError(f"`logits` cannot be a scalar. Received logits={logits!s}`")
    if named.ndim != x.ndim - 1:
        raise ValueError(
            "`labels.shape.rank` must equal `logits.shape.rank - 1`. "
            f"Received: labels.shape={named.shape} of rank {named.ndim} and logits.shape={x.shape} of rank {x.ndim}"
        )
    if len(named) != len(x) if named.ndim == 1 else named.shape != x.shape[:-1]:
        raise ValueError(
            "`labels.shape` must equal `logits.shape` except for the last dimension. "
            f"Received: labels.shape={named.shape} and logits.shape={x.shape}"
        )
    x = _logits(x, _SPARSE)
    if named.dtype is not int32 and named.dtype is not int64:
        raise not_allowed(_SPARSE, named.dtype, "int32, int64", "Tlabels")
    return _SPARSE_CROSS_ENTROPY(named, x)


def _sparse_cross_entropy_vjp(call: Any, needs: Any, g: Tensor) -> tuple[None, Tensor]:
    return None, _SURPLUS(*call.saved) * _widened(g, g.ndim)


def _surplus_vjp(call: Any, needs: Any, g: Tensor) -> tuple[None, Tensor]:
    s = softmax(call.saved[0])
    return None, (g - apply_reduce("Sum", g * s, -1, True)) * s


_SPARSE_CROSS_ENTROPY = Primitive(
    _SPARSE, evaluate_sparse_cross_entropy, _sparse_cross_entropy_vjp, saves=(0, 1), batch="leading"
)
_SURPLUS = Primitive("SparseSoftmaxCrossEntropyGrad", evaluate_surplus, _surplus_vjp, saves=(1,), batch="leading")


def _both(labels: Any, logits: Any, name: str) -> None:
    if labels is None or logits is None:
        given = f"Received: labels={labels} and logits={logits}"
        raise ValueError(f"Both `labels` and `logits` must be provided for {name}{given}")


def _one_shape(first: tuple[str, Tensor], second: tuple[str, Tensor]) -> None:
    (one, x), (other, y) = first, second
    if x.shape != y.shape:
        raise ValueError(f"`{one}` and `{other}` must have the same shape, received ({x.shape} vs {y.shape}).")


@of_alike("sigmoid_cross_entropy_with_logits")
def sigmoid_cross_entropy_with_logits(labels: Any = None, logits: Any = None, name: str | None = None) -> Tensor:
    """Cross entropy of labels and sigmoid(logits), elementwise.

    It is max(x, 0) - x z + log(1 + exp(-|x|)) for logits x and labels z, which does not overflow.

    Args:
      labels: probabilities, of the logits' shape.
      logits: a floating tensor.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape.

    Raises:
      ValueError: the shapes differ, or an operand is missing.

    Example:
      >>> tf.nn.sigmoid_cross_entropy_with_logits(labels=[1.0, 0.0], logits=[2.0, 2.0]).numpy().round(4)
      array([0.1269, 2.1269], dtype=float32)
    """
    _both(labels, logits, "sigmoid_cross_entropy_with_logits")
    logits, labels = common_tensors((logits, labels))
    _one_shape(("logits", logits), ("labels", labels))
    return apply_elementwise("sigmoid_cross_entropy_with_logits", labels, logits)


def weighted_cross_entropy_with_logits(
    labels: TensorLike, logits: TensorLike, pos_weight: TensorLike, name: str | None = None
) -> Tensor:
    """Cross entropy of labels and sigmoid(logits), in which the terms of positive labels are weighted by pos_weight.

    Args:
      labels: probabilities, of the logits' shape.
      logits: a floating tensor.
      pos_weight: the weight, a number or a tensor that broadcasts. Above 1 it favours recall, below 1 precision.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the logits' shape.

    Raises:
      ValueError: the shapes of labels and logits differ.

    Example:
      >>> tf.nn.weighted_cross_entropy_with_logits([1.0, 0.0], [2.0, 2.0], pos_weight=3.0).numpy().round(4)
      array([0.3808, 2.1269], dtype=float32)
    """
    x, z = common_tensors((logits, labels))
    _one_shape(("logits", x), ("labels", z))
    return apply_elementwise("weighted_cross_entropy_with_logits", z, x, pos_weight)


def log_poisson_loss(
    targets: TensorLike, log_input: TensorLike, compute_full_loss: bool = False, name: str | None = None
) -> Tensor:
    """The negative log-likelihood of Poisson targets whose log rate is predicted: exp(log_input) - log_input *
    targets.

    Args:
      targets: a tensor of counts.
      log_input: a tensor of the same shape, the logarithm of the predicted rate.
      compute_full_loss: whether to add Stirling's approximation of log(targets!), which does not depend on log_input.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape.

    Raises:
      ValueError: the shapes differ.

    Example:
      >>> tf.nn.log_poisson_loss([1.0, 2.0], [0.0, 1.0]).numpy().round(4)
      array([1.    , 0.7183], dtype=float32)
    """
    x, z = common_tensors((log_input, targets))
    _one_shape(("log_input", x), ("targets", z))
    return apply_elementwise("log_poisson_full_loss" if compute_full_loss else "log_poisson_loss", z, x)


@op("nn.l2_loss", samples=lambda: [call(real(2, 3)), call(real()), call(real(0))])
def l2_loss(t: TensorLike, name: str | None = None) -> Tensor:
    """Half the sum of squares.

    Args:
      t: a floating tensor.
      name: not used; TensorFlow names operations by it.

    Returns:
      A scalar tensor.

    Raises:
      InvalidArgumentError: the operand has an integer dtype.

    Example:
      >>> tf.nn.l2_loss([3.0, 4.0]).numpy()
      np.float32(12.5)
    """
    return apply_reduce("Sum", apply_elementwise("square", _logits(t, "L2Loss")), None, False, op="L2Loss") * 0.5
