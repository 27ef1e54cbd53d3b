"""Norms: scaling to unit length, clipping, and rows looked up with their norms bounded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from gradtape._doors import apply_cast, apply_elementwise, apply_reduce, as_tensor
from gradtape._src.core.operands import not_allowed
from gradtape._src.ops.arrays import concat
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.indexed_slices import like, values_of
from gradtape._src.table.rows import call, op, real, values
from gradtape._tensor import Tensor


def _squares(t: Tensor, axes: Any, keepdims: bool) -> Tensor:
    return apply_reduce(0, apply_elementwise("square", t), axes, keepdims, "Sum")


@op(
    *("nn.l2_normalize", "math.l2_normalize", "linalg.l2_normalize"),
    samples=lambda: [call(real(2, 3)), call(real(2, 3), axis=1), call(real(2, 3), [0, 1], 20.0)],
)
def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None, dim: Any = None) -> Tensor:
    """x over its Euclidean norm along axes, its square taken as at least epsilon. `dim` is an old name of axis."""
    x = as_tensor(x)
    axis = dim if axis is None else axis
    return x * apply_elementwise("rsqrt", apply_elementwise("maximum", _squares(x, axis, True), epsilon))


@op("clip_by_norm", samples=lambda: [call(real(2, 3), 1.0), call(real(2, 3), 100.0), call(real(2, 3), 0.5, axes=[1])])
def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """t, or the values of IndexedSlices, scaled down to a Euclidean norm, over axes if given, of at most clip_norm.

    A negative clip_norm counts as 0. ValueError where its shape would change t's; InvalidArgumentError for integers.
    """
    values = values_of(t)
    if not values.dtype.is_floating:
        raise not_allowed("Sqrt", values.dtype, "bfloat16, half, float, double, complex64, complex128")
    limit = apply_elementwise("maximum", as_tensor(clip_norm, hint=values.dtype), 0)
    limit = apply_cast(limit, values.dtype)
    squares = _squares(values, axes, True)
    positive = squares > 0
    # Guarded on both sides, so that a zero tensor has the gradient of the identity and not NaN.
    safe = apply_elementwise("select", positive, squares, 1.0)
    norm = apply_elementwise("select", positive, apply_elementwise("sqrt", safe), squares)
    scaled = values * limit
    _same_shape(values, scaled)
    return like(t, scaled / apply_elementwise("maximum", norm, limit))


def _same_shape(before: Tensor, after: Tensor) -> None:
    if before.shape != after.shape:
        raise ValueError(f"Shapes {before.shape} and {after.shape} are incompatible")


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """t, or the values of IndexedSlices, where they are between the bounds, else the bound; t has the gradient there.

    Raises:
      ValueError: a bound's shape would change t's.
      TypeError: t is of integers and a bound is no integer.
      InvalidArgumentError: a bound does not broadcast, or is a tensor of another dtype.
    """
    values = values_of(t)
    low, high = (
        as_tensor(bound, values.dtype) if isinstance(bound, int | float) else as_tensor(bound, hint=values.dtype)
        for bound in (clip_value_min, clip_value_max)
    )
    clipped = apply_elementwise("clip_by_value", values, low, high)
    _same_shape(values, clipped)
    return like(t, clipped)


@op(
    "nn.embedding_lookup",
    samples=lambda: [
        *(call(real(3, 2), [2, 0, 2]), call(real(3, 2), [[0, 1], [2, 2]], 1.0), call(real(3, 2, 2), [1, 1], 2.0)),
        call([real(2, 3), real(1, 3)], [2, 0]),
    ],
)
def embedding_lookup(params: Any, ids: Any, max_norm: Any = None, name: str | None = None) -> Tensor:
    """Rows of params by number, each scaled down to a norm of at most max_norm; a list is joined along its first axis.

    The result's shape is ids.shape + params.shape[1:]. The gradient of a variable is IndexedSlices. Raises ValueError
    for no params and InvalidArgumentError for an id outside their first axis.
    """
    if params is None:
        raise ValueError("params must be specified")
    if isinstance(params, list | tuple) and not params:
        raise ValueError("Length of params is currently 0. Need at least one param.")
    if isinstance(params, list | tuple):
        params = params[0] if len(params) == 1 else concat(params, 0)
    ids = as_tensor(ids)
    rows = gather(params, ids)
    return rows if max_norm is None else clip_by_norm(rows, max_norm, list(range(ids.ndim, rows.ndim)))


@op(
    "linalg.global_norm",
    samples=lambda: [call([real(2, 3), real(2)]), call([real(3), None])],
    edges=lambda: [call([]), call([None]), call([values([0.0])]), call((values([math.inf]), values([1.0])))],
)
def global_norm(t_list: Sequence[Any], name: str | None = None) -> Tensor:
    """Euclidean norm of all tensors together, and of the values of IndexedSlices; None entries are left out.

    Raises:
      TypeError: there is no sequence of them.
      InvalidArgumentError: one is of integers.
    """
    if not isinstance(t_list, Sequence) or isinstance(t_list, str):
        raise TypeError(f"`t_list` should be a sequence of tensors. Received {type(t_list)}.")
    tensors = [values_of(t) for t in t_list if t is not None]
    for tensor in tensors:
        if not tensor.dtype.is_floating:
            raise not_allowed("L2Loss", tensor.dtype, "half, bfloat16, float, double")
    squares = [_squares(tensor, None, False) for tensor in tensors]
    return apply_elementwise("sqrt", sum(squares[1:], squares[0]) if squares else as_tensor(0.0))


def clip_by_global_norm(
    t_list: Sequence[Any], clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Tensor]:
    """Tensors, and the values of IndexedSlices, scaled down together to a global norm of at most clip_norm; that norm.

    use_norm: the norm, where it is known. A norm that is not finite makes every tensor NaN. TypeError where there is
    no sequence.
    """
    norm = global_norm(t_list) if use_norm is None else as_tensor(use_norm)
    if isinstance(t_list, str) or not isinstance(t_list, Sequence):
        raise TypeError(f"`t_list` should be a sequence of tensors. Received {type(t_list)}.")
    one = as_tensor(1.0, norm.dtype)
    scale = clip_norm * apply_elementwise("minimum", one / norm, one / clip_norm) + (norm - norm)

    def scaled(t: Any) -> Any:
        values = values_of(t)
        return like(t, values * apply_cast(scale, values.dtype))

    return [None if t is None else scaled(t) for t in t_list], norm
