"""Norms: scaling to unit length, clipping, and rows looked up with their norms bounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradtape._ops import apply_elementwise, apply_reduce, as_tensor
from gradtape._tensor import Tensor
from gradtape.arrays import concat
from gradtape.gathering import gather
from gradtape.table import call, op, real

__all__ = ["clip_by_global_norm", "clip_by_norm"]


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
def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """t scaled down so that its Euclidean norm, over axes if given, is at most clip_norm."""
    t = as_tensor(t)
    squares = _squares(t, axes, True)
    positive = squares > 0
    # Guarded on both sides, so that a zero tensor has the gradient of the identity and not NaN.
    safe = apply_elementwise("select", positive, squares, 1.0)
    norm = apply_elementwise("select", positive, apply_elementwise("sqrt", safe), squares)
    return t * clip_norm / apply_elementwise("maximum", norm, clip_norm)


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


@op("linalg.global_norm", samples=lambda: [call([real(2, 3), real(2)]), call([real(3), None])])
def global_norm(t_list: Sequence[Any], name: str | None = None) -> Tensor | None:
    """Euclidean norm of all tensors together; None entries are left out."""
    squares = [_squares(as_tensor(t), None, False) for t in t_list if t is not None]
    return apply_elementwise("sqrt", sum(squares[1:], squares[0])) if squares else None


def clip_by_global_norm(
    t_list: Sequence[Any], clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Tensor | None], Tensor]:
    """Tensors scaled down together so that their global norm is at most clip_norm, and that norm before.

    use_norm: the norm, where it is known. An infinite norm makes every tensor NaN.
    """
    norm = global_norm(t_list) if use_norm is None else as_tensor(use_norm)
    scale = clip_norm * apply_elementwise("minimum", 1.0 / norm, 1.0 / clip_norm) + (norm - norm)
    return [None if t is None else as_tensor(t) * scale for t in t_list], norm
