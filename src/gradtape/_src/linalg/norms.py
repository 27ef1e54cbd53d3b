"""Norms of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_conjugate,
    apply_elementwise,
    apply_reduce,
    apply_reshape,
    apply_transpose,
    as_tensor,
)
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.operands import not_allowed
from gradtape._src.core.typing import Axes, TensorLike
from gradtape._src.linalg.matrices import apart
from gradtape._src.table.rows import call, op, real, values

EUCLIDEAN: tuple[Any, ...] = ("euclidean", "fro", 2)


def _norm_axes(axis: Any, ord: Any) -> tuple[int, ...] | None:
    """The axes of vectors or matrices; ValueError for invalid axes, or an order that is not defined for them."""
    if isinstance(axis, tuple | list) and len(axis) == 2:
        axes = tuple(axis)
        known = ["euclidean", "fro", 1, 2, np.inf]
        if axes[0] == axes[1] or not all(isinstance(place, int) for place in axes):
            raise ValueError(f"'axis' must be None, an integer, or a tuple of 2 unique integers, got {axes}")
        if ord not in known:
            raise ValueError(f"'ord' must be a supported matrix norm in {known}, got {ord}")
        return axes
    if not (axis is None or isinstance(axis, int)):
        raise ValueError(f"'axis' must be None, an integer, or a tuple of 2 unique integers, got {axis}")
    if ord != "euclidean" and (isinstance(ord, str) or not ord > 0):
        raise ValueError(f"'ord' must be a supported vector norm, got {ord}")
    return None if axis is None else (axis,)


@op(
    *("norm", "linalg.norm"),
    samples=lambda: [
        *(call(real(3)), call(real(2, 3)), call(real(2, 3), 1), call(real(2, 3), np.inf, axis=-1)),
        *(call(real(2, 3), 3, axis=0, keepdims=True), call(real(2, 3, 2), "fro", axis=[0, 2])),
        *(call(real(2, 3), 1, axis=[0, 1]), call(real(2, 3), np.inf, axis=(-2, -1)), call(real(2, 3), 2.5)),
        *(call(real(3, 3, through=apart), 2, axis=[0, 1]), call(real(2, 3, 2), 2, axis=(-1, 0), keepdims=True)),
        call(real(2, 2, 3), 1, axis=[2, 0], keepdims=True),
    ],
    edges=lambda: [
        *(call(values([0.0, 0.0])), call(values([0.0, 3.0]), 1), call(values([0.0, 3.0]), 3), call(values([]))),
        *(call(values([2.0, -2.0]), np.inf), call(values([np.nan, 1.0]), np.inf), call(values([np.inf, 1.0]))),
        *(call(values([[1.0, 0.0], [0.0, 1.0]]), 2, axis=[0, 1]), call(real(0, 2), 2, axis=[0, 1])),
        call(values([[0.0, 0.0], [0.0, 0.0]]), 2, axis=[0, 1]),
        *(call([3, -4], 1), call([3, -4], np.inf), call(values([[1.0, 1.0]]), np.inf, axis=[0, 1])),
    ],
    tolerance=1e-9,
)
def norm(
    tensor: TensorLike, ord: Any = "euclidean", axis: Axes = None, keepdims: bool | None = None, name: str | None = None
) -> Tensor:
    """The norm of all elements, of vectors along an axis, or of matrices on two axes.

    Args:
      tensor: a floating or complex tensor.
      ord: "euclidean", or a positive number p for the p-th root of the sum of p-th powers, infinity for the largest;
        for matrices "euclidean" or "fro" for the root of the sum of squares, 2 for the largest singular value, 1 and
        infinity for the largest sum of the absolute values of a column or a row.
      axis: the axis of vectors, a pair of axes of matrices, or None for one vector of all elements.
      keepdims: whether these axes are kept, with size 1; None for no.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the operand's dtype; for complex numbers a real one, unless `ord` is a root of a sum of squares.

    Raises:
      ValueError: the norm is unknown, or the axis out of range.
      InvalidArgumentError: the operand has an integer dtype.

    Example:
      >>> tf.norm([3.0, 4.0]).numpy()
      np.float32(5.0)
      >>> tf.norm([[1.0, -5.0], [2.0, 2.0]], ord=np.inf, axis=[0, 1]).numpy()
      np.float32(6.0)
    """
    axes, x, kept = _norm_axes(axis, ord), as_tensor(tensor), bool(keepdims)
    pair = axes if axes is not None and len(axes) == 2 else None
    if ord == 2 and pair:
        return _largest_singular_value(x, pair, kept)
    if ord in EUCLIDEAN:
        if not (x.dtype.is_floating or x.dtype.is_complex):
            raise not_allowed("Sqrt", x.dtype, "bfloat16, half, float, double, complex64, complex128")
        return apply_elementwise("sqrt", apply_reduce("Sum", x * apply_conjugate(x), axes, kept))
    size = apply_elementwise("abs", x)
    if pair and x.ndim:
        rows, columns = (place % x.ndim for place in pair)
        summed, greatest = (rows, columns) if ord == 1 else (columns, rows)
        result = apply_reduce("Max", apply_reduce("Sum", size, summed, True), greatest, True)
        return result if kept else apply_reduce("Sum", result, [rows, columns], False)
    if ord == np.inf:
        return apply_reduce("Max", size, axes, kept)
    if ord == 1:
        return apply_reduce("Sum", size, axes, kept)
    return apply_reduce("Sum", size**ord, axes, kept) ** (1.0 / ord)


def _largest_singular_value(x: Tensor, axes: Any, keepdims: bool) -> Tensor:
    from gradtape._src.linalg.spectra import svd  # imported lazily, for faster startup

    last = [place % max(1, x.ndim) for place in axes]
    others = [place for place in range(x.ndim) if place not in last]
    # Absolute values, so that the gradient of a matrix of zeros is 0, as in TensorFlow.
    sizes = apply_elementwise("abs", svd(apply_transpose(x, [*others, *last]), compute_uv=False))
    largest = apply_reduce("Max", sizes, -1, False)
    if not keepdims:
        return largest
    return apply_reshape(largest, [1 if place in last else size for place, size in enumerate(x.shape)])


@op(
    "linalg.normalize",
    samples=lambda: [
        *(call(real(3)), call(real(2, 3), axis=-1), call(real(2, 3), 1, axis=0), call(real(2, 3), 2, axis=[0, 1])),
    ],
    edges=lambda: [call(values([0.0, 0.0])), call(values([np.inf, 1.0])), call(values([]))],
    tolerance=1e-9,
)
def normalize(
    tensor: TensorLike, ord: Any = "euclidean", axis: Axes = None, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Divides a tensor by its norm.

    Args:
      tensor: a floating tensor.
      ord: the norm, as for `norm`.
      axis: the axis of vectors, a pair of axes of matrices, or None for one vector of all elements.
      name: not used; TensorFlow names operations by it.

    Returns:
      The divided tensor, and the norm, whose axes are kept.

    Raises:
      ValueError: the norm is unknown, or the axis out of range.

    Example:
      >>> unit, length = tf.linalg.normalize([3.0, 4.0])
      >>> unit.numpy().round(4), length.numpy()
      (array([0.6, 0.8], dtype=float32), array([5.], dtype=float32))
    """
    x = as_tensor(tensor)
    size = norm(x, ord, axis, True)
    return x / size, size
