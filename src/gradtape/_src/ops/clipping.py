"""Norms: scaling to unit length, clipping, and embedding lookup with bounded norms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from gradtape._engine.api.api import apply_cast, apply_elementwise, apply_reduce, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.operands import not_allowed
from gradtape._src.core.typing import Axes, TensorLike
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.indexed_slices import values_of, with_values
from gradtape._src.ops.joining import concat
from gradtape._src.table.rows import call, op, real, values


def _squares(t: Tensor, axes: Any, keepdims: bool) -> Tensor:
    return apply_reduce("Sum", apply_elementwise("square", t), axes, keepdims)


@op(
    *("nn.l2_normalize", "math.l2_normalize", "linalg.l2_normalize"),
    samples=lambda: [call(real(2, 3)), call(real(2, 3), axis=1), call(real(2, 3), [0, 1], 20.0)],
)
def l2_normalize(
    x: TensorLike, axis: Axes = None, epsilon: float = 1e-12, name: str | None = None, dim: Axes = None
) -> Tensor:
    """Divides x by its Euclidean norm along axes: x / sqrt(max(sum(x**2), epsilon)).

    Args:
      x: a floating or complex tensor.
      axis: the axis or axes along which the squares are summed; None for all.
      epsilon: the lower bound of the sum of squares.
      dim: an old name of axis.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of x.

    Raises:
      TypeError: x has an integer dtype.
      InvalidArgumentError: an axis is out of range.

    Example:
      >>> tf.linalg.l2_normalize([[3.0, 4.0], [0.0, 2.0]], axis=1).numpy().round(4)
      array([[0.6, 0.8],
             [0. , 1. ]], dtype=float32)
    """
    x = as_tensor(x)
    axis = dim if axis is None else axis
    squares = _squares(apply_elementwise("abs", x), axis, True) if x.dtype.is_complex else _squares(x, axis, True)
    factor = apply_elementwise("rsqrt", apply_elementwise("maximum", squares, epsilon))
    return x * (apply_cast(factor, x.dtype) if x.dtype.is_complex else factor)


@op("clip_by_norm", samples=lambda: [call(real(2, 3), 1.0), call(real(2, 3), 100.0), call(real(2, 3), 0.5, axes=[1])])
def clip_by_norm(t: Any, clip_norm: TensorLike, axes: Axes = None, name: str | None = None) -> Any:
    """Scales t down to a Euclidean norm of at most clip_norm; a smaller norm leaves t unchanged.

    Args:
      t: a floating tensor, or IndexedSlices, whose values are scaled.
      clip_norm: the largest norm; a negative one counts as 0.
      axes: the axes over which norms are taken; None for one norm of all elements.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of t, or IndexedSlices.

    Raises:
      ValueError: the shape of clip_norm would change that of t.
      InvalidArgumentError: t has an integer dtype.

    Example:
      >>> tf.clip_by_norm([3.0, 4.0], 1.0).numpy().round(4)
      array([0.6, 0.8], dtype=float32)
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
    return with_values(t, scaled / apply_elementwise("maximum", norm, limit))


def _same_shape(before: Tensor, after: Tensor) -> None:
    if before.shape != after.shape:
        raise ValueError(f"Shapes {before.shape} and {after.shape} are incompatible")


def clip_by_value(t: Any, clip_value_min: TensorLike, clip_value_max: TensorLike, name: str | None = None) -> Any:
    """Limits t to the interval between two bounds.

    The gradient flows to t where it is within the bounds, and to the bound elsewhere.

    Args:
      t: a tensor of numbers, or IndexedSlices, whose values are limited.
      clip_value_min: the lower bound, a number or a tensor that broadcasts to t.
      clip_value_max: the upper bound, likewise. If it is below the lower bound, the result is the lower bound.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of t, or IndexedSlices.

    Raises:
      ValueError: a bound's shape would change that of t.
      TypeError: t has an integer dtype and a bound is not an integer.
      InvalidArgumentError: a bound does not broadcast, or is a tensor of another dtype.

    Example:
      >>> tf.clip_by_value([-2.0, 0.5, 9.0], 0.0, 1.0).numpy()
      array([0. , 0.5, 1. ], dtype=float32)
    """
    values = values_of(t)
    low, high = (
        as_tensor(bound, values.dtype) if isinstance(bound, int | float) else as_tensor(bound, hint=values.dtype)
        for bound in (clip_value_min, clip_value_max)
    )
    clipped = apply_elementwise("clip_by_value", values, low, high)
    _same_shape(values, clipped)
    return with_values(t, clipped)


@op(
    "nn.embedding_lookup",
    samples=lambda: [
        *(call(real(3, 2), [2, 0, 2]), call(real(3, 2), [[0, 1], [2, 2]], 1.0), call(real(3, 2, 2), [1, 1], 2.0)),
        call([real(2, 3), real(1, 3)], [2, 0]),
    ],
)
def embedding_lookup(
    params: TensorLike, ids: TensorLike, max_norm: TensorLike | None = None, name: str | None = None
) -> Tensor:
    """Rows of params by index, each scaled down to a Euclidean norm of at most max_norm.

    The gradient of a variable is IndexedSlices, so that an optimizer touches only the rows that were read.

    Args:
      params: a tensor or variable of at least one axis; a list of them is joined along the first axis.
      ids: integers, indices into the first axis of params.
      max_norm: maximum norm of rows; None leaves rows unchanged.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape ids.shape + params.shape[1:] and the dtype of params.

    Raises:
      ValueError: there are no params.
      InvalidArgumentError: an id is out of range.

    Example:
      >>> table = tf.Variable([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
      >>> tf.nn.embedding_lookup(table, [2, 0]).numpy()
      array([[3., 3.],
             [1., 1.]], dtype=float32)
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
def global_norm(t_list: Sequence[TensorLike | None], name: str | None = None) -> Tensor:
    """The Euclidean norm of all tensors together: the root of the sum of all their squares.

    Args:
      t_list: a sequence of floating tensors and IndexedSlices, whose values are used; None entries are ignored.
      name: not used; TensorFlow names operations by it.

    Returns:
      A scalar tensor; 0 if all entries are None.

    Raises:
      TypeError: t_list is not a sequence.
      InvalidArgumentError: a tensor has an integer dtype.

    Example:
      >>> tf.linalg.global_norm([tf.constant([3.0, 0.0]), tf.constant([[4.0]])]).numpy()
      np.float32(5.0)
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
    t_list: Sequence[TensorLike | None],
    clip_norm: TensorLike,
    use_norm: TensorLike | None = None,
    name: str | None = None,
) -> tuple[list[Any], Tensor]:
    """Scales tensors down together, by one factor, to a global norm of at most clip_norm.

    The factor is clip_norm / max(global_norm, clip_norm). Pascanu, Mikolov and Bengio, On the Difficulty of Training
    Recurrent Neural Networks (2013).

    Args:
      t_list: a sequence of floating tensors and IndexedSlices, whose values are scaled; None entries stay None.
      clip_norm: the largest global norm.
      use_norm: the global norm, if it is already known.
      name: not used; TensorFlow names operations by it.

    Returns:
      The list of scaled tensors, and the global norm before scaling. A norm that is not finite makes every tensor NaN.

    Raises:
      TypeError: t_list is not a sequence.
      InvalidArgumentError: a tensor has an integer dtype.

    Example:
      >>> clipped, norm = tf.clip_by_global_norm([tf.constant([3.0, 0.0]), tf.constant([4.0])], 2.5)
      >>> [t.numpy() for t in clipped], norm.numpy()
      ([array([1.5, 0. ], dtype=float32), array([2.], dtype=float32)], np.float32(5.0))
    """
    norm = global_norm(t_list) if use_norm is None else as_tensor(use_norm)
    if isinstance(t_list, str) or not isinstance(t_list, Sequence):
        raise TypeError(f"`t_list` should be a sequence of tensors. Received {type(t_list)}.")
    one = as_tensor(1.0, norm.dtype)
    scale = clip_norm * apply_elementwise("minimum", one / norm, one / clip_norm) + (norm - norm)

    def scaled(t: Any) -> Any:
        values = values_of(t)
        return with_values(t, values * apply_cast(scale, values.dtype))

    return [None if t is None else scaled(t) for t in t_list], norm
