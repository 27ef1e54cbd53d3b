"""Connectionist temporal classification: the loss of label sequences whose alignment with longer sequences is unknown.

Graves, Fernández, Gomez and Schmidhuber, Connectionist Temporal Classification: Labelling Unsegmented Sequence Data
with Recurrent Neural Networks (2006).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_reshape, apply_transpose, as_tensor, tensor_from, view
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import int64
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import int_of, not_allowed
from gradtape._src.core.typing import IntLike, TensorLike
from gradtape._src.table.rows import integer, op, real, single

# The logarithm of probability 0: finite, so that differences of two are not NaN.
NOTHING = -1e30
STEP = 1e-30


def _log_sum(*terms: np.ndarray) -> np.ndarray:
    """log(sum(exp(terms))), analytic in complex terms too."""
    largest = np.max(np.stack([term.real for term in terms]), axis=0)
    return largest + np.log(sum(np.exp(term - largest) for term in terms))


def _moved(x: np.ndarray, step: int) -> np.ndarray:
    """x moved along its last axis, filled with NOTHING."""
    out = np.full_like(x, NOTHING)
    if step > 0:
        out[..., step:] = x[..., :-step]
    else:
        out[..., :step] = x[..., -step:]
    return out


def _loss_and_gradient(logits: np.ndarray, known: tuple[Tensor, ...], blank: int) -> tuple[np.ndarray, np.ndarray]:
    """The losses, of shape [batch], and their derivatives by logits of shape [frames, batch, classes]; forward and
    backward through all paths, for the whole batch at once."""
    labels, label_lengths, lengths = _checked(logits.shape, known, blank)
    frames, batch, _ = logits.shape
    size = 2 * labels.shape[1] + 1
    states = np.full((batch, size), blank)
    states[:, 1::2] = labels
    # A state is reached from two states before unless that skips a blank between two equal labels.
    leaps = states != blank
    leaps[:, 2:] &= states[:, 2:] != states[:, :-2]
    leaps[:, :2] = False
    landings = np.zeros_like(leaps)
    landings[:, :-2] = leaps[:, 2:]
    shifted = logits - logits.real.max(-1, keepdims=True, initial=NOTHING)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    rows, places = np.arange(batch), np.arange(size)
    emitted = log_probabilities[:, rows[:, None], states]
    last = 2 * label_lengths[:, None]
    end = np.where((places == last) | ((places == last - 1) & (last > 0)), 0, NOTHING).astype(logits.dtype)
    forward = np.empty((frames, batch, size), logits.dtype)
    backward = np.empty_like(forward)
    before = np.where(places == 0, 0, NOTHING).astype(logits.dtype) + np.zeros((batch, 1))
    for t in range(frames):
        if t == 0:
            reached = np.where(places < 2, 0, NOTHING) + np.zeros_like(before)
        else:
            reached = _log_sum(before, _moved(before, 1), np.where(leaps, _moved(before, 2), NOTHING))
        before = forward[t] = np.where((t < lengths)[:, None], reached + emitted[t], before)
    after = end
    for t in range(frames - 1, -1, -1):
        if t + 1 < frames:
            left = after + emitted[t + 1]
            reached = _log_sum(left, _moved(left, -1), np.where(landings, _moved(left, -2), NOTHING))
            after = np.where((t + 1 < lengths)[:, None], reached, end)
        backward[t] = after
    total = before + end
    largest = total.real.max(-1, keepdims=True)
    total = largest[:, 0] + np.log(np.exp(total - largest).sum(-1))
    possible = total.real > NOTHING / 2
    occupied = np.exp(np.where(possible[:, None], forward + backward - total[:, None], NOTHING))
    gradient = np.exp(log_probabilities)
    np.subtract.at(gradient, (np.arange(frames)[:, None, None], rows[:, None], states), occupied)
    counted = (np.arange(frames)[:, None] < lengths) & possible
    return np.where(possible, -total, np.inf), np.where(counted[..., None], gradient, 0)


def _checked(
    shape: tuple[int, ...], known: tuple[Tensor, ...], blank: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, with blanks after their ends, and the lengths of both sequences; InvalidArgumentError if invalid."""
    frames, batch, classes = shape
    labels, label_lengths, lengths = map(view, known)
    if labels.ndim != 2 or labels.shape[0] != batch:
        raise invalid_argument("CTCLoss", f"labels must have shape [{batch}, longest], not {list(labels.shape)}", "")
    for found, most, what in ((label_lengths, labels.shape[1], "label_length"), (lengths, frames, "logit_length")):
        if found.shape != (batch,):
            raise invalid_argument("CTCLoss", f"{what} must have shape [{batch}], not {list(found.shape)}", "")
        if batch and not 0 <= found.min() <= found.max() <= most:
            raise invalid_argument("CTCLoss", f"{what} must lie in [0, {most}], not {found.tolist()}", "")
    counted = np.arange(labels.shape[1]) < label_lengths[:, None]
    wrong = labels[counted & ((labels < 0) | (labels >= classes) | (labels == blank))]
    if wrong.size:
        raise invalid_argument("CTCLoss", f"{wrong[0]} is no label among {classes} classes with {blank} for blanks", "")
    return np.where(counted, labels, blank), label_lengths, lengths


def _double(x: Tensor) -> np.ndarray:
    return view(x).astype(np.float64)


def _loss(logits: Tensor, *known: Any) -> Tensor:
    return tensor_from(_loss_and_gradient(_double(logits), known[:3], known[3])[0], logits.dtype)


def _slope(logits: Tensor, *known: Any) -> Tensor:
    return tensor_from(_loss_and_gradient(_double(logits), known[:3], known[3])[1], logits.dtype)


def _curvature(logits: Tensor, direction: Tensor, *known: Any) -> Tensor:
    """The second derivative times a direction: the imaginary part of the slope a complex step away, which loses no
    digits, as nothing is subtracted (Squire and Trapp, Using Complex Variables to Estimate Derivatives, 1998)."""
    there = _double(logits) + 1j * STEP * _double(direction)
    return tensor_from(_loss_and_gradient(there, known[:3], known[3])[1].imag / STEP, logits.dtype)


def _loss_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor | None, ...]:
    slope = _SLOPE(*call.saved, attributes=call.attributes)
    return slope * apply_reshape(g, (1, -1, 1)), None, None, None


def _slope_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor | None, ...]:
    x, *known = call.saved
    return _CURVATURE(x, g, *known, attributes=call.attributes), None, None, None


def _curvature_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor | None, ...]:
    raise NotImplementedError("ctc_loss has no derivatives of the third order")


_LOSS = Primitive("CTCLoss", _loss, _loss_vjp, saves=(0, 1, 2, 3))
_SLOPE = Primitive("CTCLossGradient", _slope, _slope_vjp, saves=(0, 1, 2, 3))
_CURVATURE = Primitive("CTCLossCurvature", _curvature, _curvature_vjp, saves=(0,))


@op(
    "nn.ctc_loss",
    orders="2",
    orders_there="1",
    samples=lambda: [
        single(integer([[1, 2], [3, 0]]), real(5, 2, 4), [2, 1], [5, 4], blank_index=0),
        single(integer([[1, 1]]), real(4, 1, 3), [2], [4]),
        single(integer([[1, 2], [0, 0]]), real(2, 4, 4), [2, 2], [4, 3], logits_time_major=False, blank_index=-1),
    ],
    notes="Also in double precision and to the second order; a label sequence that frames are too few for has an "
    "infinite loss and the gradient 0, in TensorFlow a large loss",
)
def ctc_loss(
    labels: TensorLike,
    logits: TensorLike,
    label_length: TensorLike,
    logit_length: TensorLike,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: IntLike | None = None,
    name: str | None = None,
) -> Tensor:
    """The negative log probability that frames contain the labels in order, between blanks and repetitions.

    Args:
      labels: integers of shape [batch, longest]; label_length labels of each row count.
      logits: a floating tensor of shape [frames, batch, classes].
      label_length: the number of labels, of shape [batch].
      logit_length: the number of frames that count, of shape [batch].
      logits_time_major: whether frames come first; else logits have shape [batch, frames, classes].
      unique: not used; in TensorFlow it saves memory.
      blank_index: the class of a blank, counted from the end if negative; None for 0.
      name: not used; TensorFlow names operations by it.

    Returns:
      The losses, of shape [batch] and the dtype of the logits; infinite where there are too few frames.

    Raises:
      InvalidArgumentError: shapes do not fit, or a length, a label or the blank is out of range.

    Example:
      >>> tf.nn.ctc_loss([[1]], tf.zeros([2, 1, 2]), [1], [2], blank_index=0).numpy().round(4)
      array([0.2877], dtype=float32)
    """
    x = as_tensor(logits)
    if not x.dtype.is_floating:
        raise not_allowed("CTCLoss", x.dtype, "float, double")
    if x.ndim != 3:
        raise invalid_argument("CTCLoss", f"logits must have 3 axes, not {x.ndim}", "")
    if not logits_time_major:
        x = apply_transpose(x, [1, 0, 2])
    classes = x.shape[-1]
    blank = 0 if blank_index is None else int_of(blank_index, "CTCLoss", "blank_index")
    if not -classes <= blank < classes:
        raise invalid_argument("CTCLoss", f"blank_index must lie in [{-classes}, {classes}), not {blank}", "")
    blank %= classes
    known = [apply_cast(part, int64) for part in (labels, label_length, logit_length)]
    return _LOSS(x, *known, attributes=(blank,))
