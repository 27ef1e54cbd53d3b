"""Scans: cumulative sums and products along an axis."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_elementwise, apply_transpose, as_tensor, tensor_from, view
from gradtape._engine.ops.rows import take_rows
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import NUMERIC, flag, not_allowed, scalar_of
from gradtape._src.core.typing import IntLike, TensorLike
from gradtape._src.table.rows import NUMBERS, call, integer, op, real, values

NAN, INF = math.nan, math.inf


def _samples() -> list[Any]:
    return [
        *(call(real(3)), call(real(2, 3), axis=-1), call(real(2, 3), 0, exclusive=True)),
        *(call(real(2, 3), 1, reverse=True), call(real(2, 2, 3), 1, True, True), call(real(0)), call(real(2, 0), 1)),
    ]


def _exclusive(sample: Any) -> bool:
    return sample.keywords.get("exclusive", False) or len(sample.arguments) > 2


def _scan(tensor: Tensor, axis: Any, exclusive: Any, reverse: Any, op: str) -> tuple[int, bool, bool]:
    """The attributes of a scan."""
    place, rank = scalar_of(op, axis, "ScanOp: axis must be a scalar, not {shape}"), tensor.ndim
    if not -rank <= place < rank:
        got = place if place >= 0 else place + rank
        raise invalid_argument(op, f"ScanOp: Expected scan axis in the range [{-rank}, {rank}), but got {got}", "")
    return place % rank, flag(exclusive, "exclusive"), flag(reverse, "reverse")


def _run(
    accumulate: Callable[[np.ndarray, int], np.ndarray],
    array: np.ndarray,
    axis: int,
    exclusive: bool,
    reverse: bool,
    start: float,
) -> np.ndarray:
    """Accumulates along an axis, from the end if reverse; if exclusive, each position excludes its own element."""
    if array.shape[axis] == 0:
        return array
    if reverse:
        array = np.flip(array, axis)
    with np.errstate(all="ignore"):
        out = accumulate(array, axis)
    if exclusive:
        head = np.full_like(np.take(out, [0], axis), start)
        out = np.concatenate([head, np.delete(out, -1, axis)], axis)
    return np.flip(out, axis) if reverse else out


@op(
    *("math.cumsum", "cumsum"),
    dtypes=NUMBERS,
    samples=_samples,
    edges=lambda: [
        *(call(values([1.0, NAN, 2.0])), call(values([INF, -INF, 2.0]), exclusive=True)),
        *(call(integer([[1, 2], [3, 4]]), axis=1), call([1, 2, 3], reverse=True)),
    ],
)
def cumsum(
    x: TensorLike, axis: IntLike = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Cumulative sums along an axis.

    Args:
      x: a tensor of numbers.
      axis: the axis.
      exclusive: whether each position has the sum of the elements before it, excluding its own; the first is then 0.
      reverse: whether sums run from the end of the axis.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of x.

    Raises:
      InvalidArgumentError: x has dtype bool, or the axis is out of range.

    Example:
      >>> tf.cumsum([1, 2, 3, 4]).numpy()
      array([ 1,  3,  6, 10], dtype=int32)
      >>> tf.cumsum([1, 2, 3, 4], exclusive=True, reverse=True).numpy()
      array([9, 7, 4, 0], dtype=int32)
    """
    tensor = as_tensor(x)
    if tensor.dtype.is_bool:
        raise not_allowed("Cumsum", tensor.dtype, NUMERIC)
    return _CUMSUM(tensor, attributes=_scan(tensor, axis, exclusive, reverse, "Cumsum"))


def _cumsum(tensor: Tensor, axis: int, exclusive: bool, reverse: bool) -> Tensor:
    return tensor_from(_run(lambda a, i: np.cumsum(a, i, a.dtype), view(tensor), axis, exclusive, reverse, 0))


def _cumsum_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    axis, exclusive, reverse = call.attributes
    return cumsum(cotangent, axis, exclusive, not reverse)


_CUMSUM = Primitive("Cumsum", _cumsum, _cumsum_vjp, linear=True, complexes=True, batch="axis_first")


@op(
    "math.cumprod",
    dtypes=NUMBERS,
    samples=_samples,
    edges=lambda: [
        *(call(values([1.0, NAN, 2.0])), call(values([INF, 2.0, -1.0]), reverse=True)),
        *(call(integer([[1, 2], [3, 4]]), axis=1), call([1, 2, 3], exclusive=True)),
    ],
    notes="Derivatives are right where factors are 0; TensorFlow's are 0 at and after them",
)
def cumprod(
    x: TensorLike, axis: IntLike = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Cumulative products along an axis.

    Args:
      x: a tensor of numbers.
      axis: the axis.
      exclusive: whether each position has the product of the elements before it, excluding its own; the first is 1.
      reverse: whether products run from the end of the axis.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of x. Gradients are right where elements are 0.

    Raises:
      InvalidArgumentError: x has dtype bool, or the axis is out of range.

    Example:
      >>> tf.math.cumprod([1, 2, 3, 4]).numpy()
      array([ 1,  2,  6, 24], dtype=int32)
    """
    tensor = as_tensor(x)
    if tensor.dtype.is_bool:
        raise not_allowed("Cumprod", tensor.dtype, NUMERIC)
    return _CUMPROD(tensor, attributes=_scan(tensor, axis, exclusive, reverse, "Cumprod"))


def _cumprod(tensor: Tensor, axis: int, exclusive: bool, reverse: bool) -> Tensor:
    return tensor_from(_run(lambda a, i: np.cumprod(a, i, a.dtype), view(tensor), axis, exclusive, reverse, 1))


# Whether no element is 0, which decides how products are differentiated.
HAS_NO_ZERO = Primitive("All", lambda x: tensor_from(np.asarray(view(x).all())), complexes=True)


def _cumprod_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    """Sums of products divided by the factor, as in TensorFlow; without a division if a factor is 0.

    For inclusive products from the start, a factor's derivative is the product of those before it, times the sum s of
    the later cotangents, each times the factors between: s is its own cotangent plus the next factor times the next s.
    """
    (x,), (axis, exclusive, reverse) = call.saved, call.attributes
    if HAS_NO_ZERO(x):
        sums = cumsum(cumprod(x, axis, exclusive, reverse) * cotangent, axis, exclusive, not reverse)
        return sums / x
    order = np.array([axis, *(i for i in range(x.ndim) if i != axis)])
    size = x.shape[axis]
    places = np.arange(size) if reverse else np.arange(size)[::-1]  # from the last one on
    earlier = np.append(-1, places[:-1])
    turned, given = apply_transpose(x, order), apply_transpose(cotangent, order)
    terms = take_rows("GatherV2", given, earlier if exclusive else places, given.shape)
    factors = take_rows("GatherV2", turned, earlier, turned.shape)
    sums = linear_recurrence(terms, factors, np.arange(size) <= exclusive)
    sums = take_rows("GatherV2", sums, np.argsort(places), turned.shape)
    sums = apply_transpose(sums, np.argsort(order))
    # An infinity before a factor does not affect its derivative if no cotangent comes from later positions.
    return apply_elementwise("multiply_no_nan", cumprod(x, axis, True, reverse), sums)


def linear_recurrence(terms: Tensor, factors: Tensor, starts: np.ndarray) -> Tensor:
    """Rows r with r[k] = terms[k] + factors[k] * r[k - 1], or just terms[k] if starts[k]; starts[0] must be True."""
    return _RECURRENCE(terms, factors, attributes=(starts,))


def _recurrence(terms: Tensor, factors: Tensor, starts: np.ndarray) -> Tensor:
    out = np.array(view(terms))
    with np.errstate(all="ignore"):
        for k in np.flatnonzero(~starts):
            out[k] += view(factors)[k] * out[k - 1]
    return tensor_from(out)


def _recurrence_vjp(call: Any, needs: Any, cotangent: Tensor) -> tuple[Tensor, Tensor]:
    """The terms' cotangents are a recurrence from the end; a factor's is its term's times the previous row."""
    (factors, rows), (starts,) = call.saved, call.attributes
    shape, size = rows.shape, len(starts)
    back, index = np.arange(size)[::-1], np.arange(size)
    ends = np.append(starts[1:], True)[::-1]  # the ends of runs, from the end
    following = np.where(ends, -1, back + 1)
    of_terms = linear_recurrence(
        take_rows("GatherV2", cotangent, back, shape), take_rows("GatherV2", factors, following, shape), ends
    )
    of_terms = take_rows("GatherV2", of_terms, back, shape)
    return of_terms, of_terms * take_rows("GatherV2", rows, np.where(starts, -1, index - 1), shape)


_RECURRENCE = Primitive(
    "LinearRecurrence", _recurrence, _recurrence_vjp, saves=(1, -1), holomorphic=True, batch="recurrence"
)
_CUMPROD = Primitive("Cumprod", _cumprod, _cumprod_vjp, saves=(0,), holomorphic=True, batch="axis_first")


@op(
    "math.cumulative_logsumexp",
    samples=lambda: [sample for sample in _samples() if not _exclusive(sample)],
    edges=lambda: [
        *(sample for sample in _samples() if _exclusive(sample)),
        *(call(values([1.0, 2.0, -INF])), call(values([NAN, 1.0])), call(values([1.0, NAN, 2.0]))),
        *(call(values([INF, 1.0])), call(values([-INF, -INF, 1.0])), call(values([1.0, 2.0]), exclusive=True)),
    ],
    tolerance=1e-9,
)
def cumulative_logsumexp(
    x: TensorLike, axis: IntLike = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Cumulative log(sum(exp(x))) along an axis, without overflow.

    Args:
      x: a floating tensor.
      axis: the axis.
      exclusive: whether each position excludes its own element; the first is then -inf.
      reverse: whether sums run from the end of the axis.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of x.

    Raises:
      InvalidArgumentError: x is not a floating tensor, or the axis is out of range.

    Example:
      >>> tf.math.cumulative_logsumexp([0.0, 0.0, 1000.0]).numpy().round(4)
      array([0.000e+00, 6.931e-01, 1.000e+03], dtype=float32)
    """
    tensor = as_tensor(x)
    if not tensor.dtype.is_floating:
        raise not_allowed("CumulativeLogsumexp", tensor.dtype, "bfloat16, half, float, double")
    return _LOGSUMEXP(tensor, attributes=_scan(tensor, axis, exclusive, reverse, "CumulativeLogsumexp"))


def _logsumexp(tensor: Tensor, axis: int, exclusive: bool, reverse: bool) -> Tensor:
    return tensor_from(_run(_logsumexp_along, view(tensor), axis, exclusive, reverse, -INF))


def _logsumexp_along(array: np.ndarray, axis: int) -> np.ndarray:
    out = np.empty_like(array)
    steps, sums = np.moveaxis(array, axis, 0), np.moveaxis(out, axis, 0)
    total = np.full(steps.shape[1:], -INF, array.dtype)
    with np.errstate(all="ignore"):
        for i, step in enumerate(steps):
            # A comparison with NaN is false, so NaN counts as the smaller, as in TensorFlow.
            larger, smaller = np.where(total < step, step, total), np.where(step < total, step, total)
            total = np.where(larger == -INF, larger, larger + np.log1p(np.exp(smaller - larger)))
            sums[i] = total = np.where(np.isinf(larger), larger, total)
    return out


def _logsumexp_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    """exp(x) times the cumulative sums of cotangent / exp(result)."""
    (x, result), (axis, exclusive, reverse) = call.saved, call.attributes
    return _WEIGHTED(cotangent, x, -result, attributes=(axis, exclusive, not reverse))


_LOGSUMEXP = Primitive("CumulativeLogsumexp", _logsumexp, _logsumexp_vjp, saves=(0, -1), batch="axis_first")


def _weighted(u: Tensor, p: Tensor, q: Tensor, axis: int, exclusive: bool, reverse: bool) -> Tensor:
    """exp(p) times the cumulative sums of u exp(q), by logarithms, with positive and negative terms separate."""

    def part(terms: np.ndarray) -> np.ndarray:
        least = np.finfo(terms.dtype).min
        logs = np.where(terms > 0, np.log(terms), least) + view(q)
        # NaN weights add nothing, as in TensorFlow.
        logs = np.where(np.isnan(logs), least, logs)
        return np.exp(_run(_logsumexp_along, logs, axis, exclusive, reverse, -INF) + view(p))

    with np.errstate(all="ignore"):
        return tensor_from(part(view(u)) - part(-view(u)))


def _weighted_vjp(call: Any, needs: Any, cotangent: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The sum's transpose runs the other way with p and q exchanged."""
    (u, p, q, out), (axis, exclusive, reverse) = call.saved, call.attributes
    back = _WEIGHTED(cotangent, q, p, attributes=(axis, exclusive, not reverse))
    return back, cotangent * out, u * back


_WEIGHTED = Primitive("CumulativeWeights", _weighted, _weighted_vjp, saves=(0, 1, 2, -1), batch="axis_first")
