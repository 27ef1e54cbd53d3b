"""Softmax, and the cross entropies and other losses of tf.nn."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._doors import (
    apply_broadcast_to,
    apply_cast,
    apply_elementwise,
    apply_reduce,
    apply_reshape,
    as_tensor,
    empty,
    of_alike,
    tensor_from,
    view,
)
from gradtape._ops import record
from gradtape._tensor import Tensor
from gradtape.dtypes import int32, int64
from gradtape.errors import InvalidArgumentError, invalid_argument
from gradtape.operands import common_tensors, dims_text, int_of, not_allowed
from gradtape.table import call, integer, op, real, values

__all__ = [
    "l2_loss",
    "log_poisson_loss",
    "log_softmax",
    "sigmoid_cross_entropy_with_logits",
    "softmax",
    "softmax_cross_entropy_with_logits",
    "sparse_softmax_cross_entropy_with_logits",
    "weighted_cross_entropy_with_logits",
]

_FLOATING = "half, bfloat16, float, double"
_DENSE, _SPARSE = "SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits"


def _logits(value: Any, op: str) -> Tensor:
    """A floating tensor. Raises InvalidArgumentError for one of another dtype."""
    logits = as_tensor(value)
    if not logits.dtype.is_floating:
        raise not_allowed(op, logits.dtype, _FLOATING)
    return logits


def _axis(axis: int | None, x: Tensor, op: str) -> int:
    """The axis counted from 0; the last one where it is None."""
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


def _log_softmax(array: np.ndarray, axis: int) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        shifted = array - array.max(axis=axis, keepdims=True, initial=-np.inf)
        return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


@op(
    *("nn.softmax", "math.softmax"),
    samples=lambda: [call(real(3)), call(real(2, 3)), call(real(2, 3, 2), axis=1), call(real(2, 3), axis=-2)],
    edges=lambda: [call(values([[1e4, 0.0, -1e4], [-np.inf, 0.0, 1.0]]))],
)
def softmax(logits: Any, axis: int | None = None, name: str | None = None) -> Tensor:
    """exp(logits) over its sum along an axis, the last by default. Raises InvalidArgumentError for an axis it lacks."""
    x = _logits(logits, "Softmax")
    axis = _axis(axis, x, "Softmax")
    out, array = empty(x.shape, x.dtype)
    source = view(x)
    if source.size:
        with np.errstate(invalid="ignore"):
            np.subtract(source, source.max(axis=axis, keepdims=True), out=array)
            np.exp(array, out=array)
            array /= array.sum(axis=axis, keepdims=True)
    return record("Softmax", _softmax_rule, (x,), out, (out,), axis)


def _softmax_rule(call: Any, needs: Any, g: Tensor) -> tuple[Tensor]:
    (s,) = call.saved
    return ((g - apply_reduce(0, g * s, call.attributes, True, "Sum")) * s,)


@op(
    *("nn.log_softmax", "math.log_softmax"),
    samples=lambda: [call(real(3)), call(real(2, 3)), call(real(2, 3, 2), axis=1), call(real(2, 3), axis=-2)],
    edges=lambda: [call(values([[1e4, 0.0, -1e4], [np.nan, 0.0, 1.0]]))],
)
def log_softmax(logits: Any, axis: int | None = None, name: str | None = None) -> Tensor:
    """log(softmax(logits)), exact where softmax underflows. Raises InvalidArgumentError for an axis it lacks."""
    x = _logits(logits, "LogSoftmax")
    axis = _axis(axis, x, "LogSoftmax")
    out = tensor_from(_log_softmax(view(x), axis), x.dtype)
    return record("LogSoftmax", _log_softmax_rule, (x,), out, (out,), axis)


def _log_softmax_rule(call: Any, needs: Any, g: Tensor) -> tuple[Tensor]:
    (y,) = call.saved
    return (g - apply_elementwise("exp", y) * apply_reduce(0, g, call.attributes, True, "Sum"),)


@op(
    "nn.softmax_cross_entropy_with_logits",
    samples=lambda: [
        call([[0.2, 0.5, 0.3], [0.0, 1.0, 0.0]], real(2, 3)),
        call([[0.2, 0.5], [0.8, 0.5]], real(2, 2), axis=0),
    ],
)
def softmax_cross_entropy_with_logits(labels: Any, logits: Any, axis: int = -1, name: str | None = None) -> Tensor:
    """Cross entropy of labels, distributions along an axis, and softmax(logits); the axis goes.

    Both operands get gradients; the one of the logits takes the labels to sum to 1. Raises InvalidArgumentError for
    shapes that do not broadcast and an axis that they lack.
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
    axis = _axis(axis, x, _DENSE)
    with np.errstate(invalid="ignore"):
        loss = -np.sum(view(p) * _log_softmax(view(x), axis), axis=axis)
    out = tensor_from(loss, x.dtype)
    return record(_DENSE, _cross_entropy_rule, (p, x), out, (p, x), axis)


def _widened(g: Tensor, axis: int) -> Tensor:
    shape = list(g.shape)
    shape.insert(axis, 1)
    return apply_reshape(g, shape)


def _cross_entropy_rule(call: Any, needs: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None]:
    labels, logits = call.saved
    g = _widened(g, call.attributes)
    return (
        -log_softmax(logits, call.attributes) * g if needs[0] else None,
        (softmax(logits, call.attributes) - labels) * g if needs[1] else None,
    )


@op(
    "nn.sparse_softmax_cross_entropy_with_logits",
    samples=lambda: [
        *(call(integer([1, 0]), real(2, 3)), call(integer(2), real(3))),
        call(integer([[0], [1]]), real(2, 1, 2)),
    ],
)
def sparse_softmax_cross_entropy_with_logits(labels: Any, logits: Any, name: str | None = None) -> Tensor:
    """Cross entropy of the classes that integer labels name and softmax(logits) along the last axis.

    labels: of the logits' shape without the last axis. Raises ValueError for other shapes, InvalidArgumentError for
    a label that is no class.
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
    if named.shape != x.shape[:-1]:
        raise ValueError(
            "`labels.shape` must equal `logits.shape` except for the last dimension. "
            f"Received: labels.shape={named.shape} and logits.shape={x.shape}"
        )
    x = _logits(x, _SPARSE)
    if named.dtype not in (int32, int64):
        raise not_allowed(_SPARSE, named.dtype, "int32, int64", "Tlabels")
    places, classes = view(named).astype(np.int64), x.shape[-1]
    wrong = places[(places < 0) | (places >= classes)]
    if wrong.size:
        raise invalid_argument(
            _SPARSE,
            f"Received a label value of {wrong.flat[0]} which is outside the valid range of [0, {classes}).  "
            f"Label values: {' '.join(map(str, places.ravel()))}",
            "",
        )
    loss = -np.take_along_axis(_log_softmax(view(x), -1), places[..., None], axis=-1)[..., 0]
    out = tensor_from(loss, x.dtype)
    return record(_SPARSE, _sparse_rule, (x,), out, (x,), places)


def _sparse_rule(call: Any, needs: Any, g: Tensor) -> tuple[Tensor]:
    (logits,) = call.saved
    one, array = empty(logits.shape, logits.dtype)
    array.fill(0)
    np.put_along_axis(array, call.attributes[..., None], 1, axis=-1)
    return ((softmax(logits) - one) * _widened(g, g.ndim),)


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
    """Cross entropy of labels, probabilities of one shape with the logits, and sigmoid(logits), element by element.

    max(x, 0) - x z + log(1 + exp(-|x|)) for logits x and labels z. Raises ValueError for unequal shapes or a missing
    operand.
    """
    _both(labels, logits, "sigmoid_cross_entropy_with_logits")
    logits, labels = common_tensors((logits, labels))
    _one_shape(("logits", logits), ("labels", labels))
    return apply_elementwise("sigmoid_cross_entropy_with_logits", labels, logits)


def weighted_cross_entropy_with_logits(labels: Any, logits: Any, pos_weight: Any, name: str | None = None) -> Tensor:
    """:func:`sigmoid_cross_entropy_with_logits` with the terms of positive labels multiplied by pos_weight."""
    x, z = common_tensors((logits, labels))
    _one_shape(("logits", x), ("labels", z))
    return apply_elementwise("weighted_cross_entropy_with_logits", z, x, pos_weight)


def log_poisson_loss(targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None) -> Tensor:
    """The loss whose minimum over log_input is the logarithm of the targets' Poisson rate.

    Args:
      targets: tensor of counts.
      log_input: tensor of the same shape, the logarithm of the predicted rate; ValueError for another shape.
      compute_full_loss: whether to add Stirling's approximation of the logarithm of targets!, constant in log_input.
      name: not read.
    """
    x, z = common_tensors((log_input, targets))
    _one_shape(("log_input", x), ("targets", z))
    return apply_elementwise("log_poisson_full_loss" if compute_full_loss else "log_poisson_loss", z, x)


@op("nn.l2_loss", samples=lambda: [call(real(2, 3)), call(real()), call(real(0))])
def l2_loss(t: Any, name: str | None = None) -> Tensor:
    """Half the sum of squares."""
    return apply_reduce(0, apply_elementwise("square", _logits(t, "L2Loss")), None, False, "L2Loss") * 0.5
