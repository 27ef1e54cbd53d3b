"""Softmax and the losses of tf.nn."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._ops import (
    apply_cast,
    apply_elementwise,
    apply_reduce,
    apply_reshape,
    as_tensor,
    empty,
    record,
    tensor_from,
    view,
)
from gradtape._tensor import Tensor
from gradtape.errors import InvalidArgumentError
from gradtape.table import call, integer, op, real, values

__all__ = [
    "l2_loss",
    "log_softmax",
    "softmax",
    "softmax_cross_entropy_with_logits",
    "sparse_softmax_cross_entropy_with_logits",
]


def _axis(axis: int | None, rank: int, name: str) -> int:
    """The axis counted from 0; the last one where it is None."""
    place = -1 if axis is None else int(axis)
    if not -rank <= place < max(rank, 1):
        message = f"{name}: a tensor of rank {rank} has no axis {place}. Give one in [{-rank}, {rank})."
        raise InvalidArgumentError(None, None, message)
    return place % rank if rank else 0


def _log_softmax(array: np.ndarray, axis: int) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        shifted = array - array.max(axis=axis, keepdims=True, initial=-np.inf)
        return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


@op(
    "nn.softmax",
    samples=lambda: [call(real(3)), call(real(2, 3)), call(real(2, 3, 2), axis=1), call(real(2, 3), axis=-2)],
    edges=lambda: [call(values([[1e4, 0.0, -1e4], [-np.inf, 0.0, 1.0]]))],
)
def softmax(logits: Any, axis: int | None = None, name: str | None = None) -> Tensor:
    """exp(logits) over its sum along an axis, the last by default. Raises InvalidArgumentError for an axis it lacks."""
    x = as_tensor(logits)
    axis = _axis(axis, x.ndim, "softmax")
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
    "nn.log_softmax",
    samples=lambda: [call(real(3)), call(real(2, 3)), call(real(2, 3, 2), axis=1), call(real(2, 3), axis=-2)],
    edges=lambda: [call(values([[1e4, 0.0, -1e4], [np.nan, 0.0, 1.0]]))],
)
def log_softmax(logits: Any, axis: int | None = None, name: str | None = None) -> Tensor:
    """log(softmax(logits)), exact where softmax underflows. Raises InvalidArgumentError for an axis it lacks."""
    x = as_tensor(logits)
    axis = _axis(axis, x.ndim, "log_softmax")
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
    unequal
    shapes.
    """
    x = as_tensor(logits)
    p = as_tensor(labels)
    p = p if p.dtype == x.dtype else apply_cast(p, x.dtype)
    axis = _axis(axis, x.ndim, "softmax_cross_entropy_with_logits")
    if tuple(p.shape) != tuple(x.shape):
        if not p.shape.is_compatible_with(x.shape) and len(p.shape) != len(x.shape):
            raise InvalidArgumentError(None, None, _unequal(x, p))
        try:
            zero = x * 0 + p * 0
        except InvalidArgumentError:
            raise InvalidArgumentError(None, None, _unequal(x, p)) from None
        x, p = x + zero, p + zero
    with np.errstate(invalid="ignore"):
        loss = -np.sum(view(p) * _log_softmax(view(x), axis), axis=axis)
    out = tensor_from(loss, x.dtype)
    return record("SoftmaxCrossEntropyWithLogits", _cross_entropy_rule, (p, x), out, (p, x), axis)


def _unequal(logits: Tensor, labels: Tensor) -> str:
    return (
        f"logits and labels must be broadcastable: logits_size={list(logits.shape)} labels_size={list(labels.shape)}"
    ).replace(", ", ",")


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
    a label
    that is no class.
    """
    x = as_tensor(logits)
    places = view(as_tensor(labels)).astype(np.int64)
    shape = tuple(x.shape)
    if not shape:
        raise ValueError("`logits` cannot be a scalar. Received logits of rank 0.")
    if places.shape != shape[:-1]:
        raise ValueError(
            "`labels.shape` must equal `logits.shape` except for the last dimension. "
            f"Received: labels.shape={places.shape} and logits.shape={shape}"
        )
    wrong = places[(places < 0) | (places >= shape[-1])]
    if wrong.size:
        raise InvalidArgumentError(
            None,
            None,
            f"Received a label value of {wrong.flat[0]} which is outside the valid range of [0, {shape[-1]}).  "
            f"Label values: {' '.join(map(str, places.ravel()))}",
        )
    loss = -np.take_along_axis(_log_softmax(view(x), -1), places[..., None], axis=-1)[..., 0]
    out = tensor_from(loss, x.dtype)
    return record("SparseSoftmaxCrossEntropyWithLogits", _sparse_rule, (x,), out, (x,), places)


def _sparse_rule(call: Any, needs: Any, g: Tensor) -> tuple[Tensor]:
    (logits,) = call.saved
    one, array = empty(logits.shape, logits.dtype)
    array.fill(0)
    np.put_along_axis(array, call.attributes[..., None], 1, axis=-1)
    return ((softmax(logits) - one) * _widened(g, g.ndim),)


@op("nn.l2_loss", samples=lambda: [call(real(2, 3)), call(real()), call(real(0))])
def l2_loss(t: Any, name: str | None = None) -> Tensor:
    """Half the sum of squares."""
    return apply_reduce(0, apply_elementwise("square", as_tensor(t)), None, False, "L2Loss") * 0.5
