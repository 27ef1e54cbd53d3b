"""Joining tensors along an axis, and splitting them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_broadcast_to,
    apply_cast,
    apply_identity,
    apply_reshape,
    as_tensor,
    install_packing,
)
from gradtape._engine.ops import joining
from gradtape._engine.ops.arguments import first_dtype
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import as_dtype
from gradtape._src.core.errors import TextOperand
from gradtape._src.core.operands import TENSORS
from gradtape._src.core.text_codes import moved
from gradtape._src.core.typing import IntLike, TensorLike
from gradtape._src.table.rows import ALL, call, integer, op, real, values


@op(
    "concat",
    dtypes=ALL,
    samples=lambda: [
        *(call([real(2, 3), real(1, 3)], 0), call([real(2, 1), real(2, 3), real(2, 2)], axis=-1), call([real(2)], 0)),
        *(call([real(0, 2), real(1, 2)], 0), call([real(2, 1, 2), real(2, 2, 2)], 1), call(real(2, 2), 0)),
    ],
    edges=lambda: [call([[1, 2], [3]], 0), call([integer([[1]]), integer([[2]])], 1), call([[True], [False]], 0)],
)
def concat(values: TensorLike, axis: IntLike, name: str = "concat") -> Tensor:
    """Joins tensors along an axis.

    Args:
      values: a sequence of tensors of one dtype, whose sizes are equal along all other axes.
      axis: the axis; negative ones count from the last.
      name: shown in error messages.

    Returns:
      A tensor with the elements of all.

    Raises:
      InvalidArgumentError: the shapes or dtypes differ, the axis is out of range, or there are no tensors.

    Example:
      >>> tf.concat([[[1, 2]], [[3, 4], [5, 6]]], axis=0).numpy()
      array([[1, 2],
             [3, 4],
             [5, 6]], dtype=int32)
    """
    try:
        return joining.concat(values, axis, name)
    except TextOperand:
        parts = values if isinstance(values, list | tuple) else [values]
        return moved(lambda *parts: concat(parts, axis, name), *parts)


@op(
    "stack",
    dtypes=ALL,
    samples=lambda: [
        *(call([real(2, 3), real(2, 3)]), call([real(2), real(2)], axis=-1), call([real(), real()])),
        *(call([real(2, 2), real(2, 2), real(2, 2)], 1), call([real(0), real(0)])),
    ],
    edges=lambda: [
        call([values([math.nan]), values([1.0])]),
        call([1, 2]),
        call([[1, 2], [3, 4]], 1),
        call([True, False]),
    ],
)
def stack(values: TensorLike, axis: IntLike = 0, name: str = "stack") -> Tensor:
    """Joins tensors of one shape along a new axis.

    Args:
      values: a sequence of tensors of one shape and dtype.
      axis: the position of the new axis.
      name: shown in error messages.

    Returns:
      A tensor with one axis more than each of the values.

    Raises:
      ValueError: the axis is out of range.
      InvalidArgumentError: the shapes or dtypes differ.

    Example:
      >>> tf.stack([[1, 2], [3, 4]], axis=1).numpy()
      array([[1, 3],
             [2, 4]], dtype=int32)
    """
    try:
        return joining.stack(values, axis, name)
    except TextOperand:
        parts: Any = values
        return moved(lambda *parts: stack(parts, axis, name), *parts)


def _pack(values: Any, dtype: Any) -> Tensor:
    """A nested sequence that contains tensors as one tensor, of the first one's dtype, or cast to `dtype`.

    Numbers and sequences without tensors are converted to that dtype; TypeError if they cannot be.
    """
    first = first_dtype(values)
    wanted = first if dtype is None else as_dtype(dtype)

    def packed(value: Any, name: str) -> Tensor:
        if isinstance(value, TENSORS):
            return as_tensor(value) if wanted is None or wanted == first else apply_cast(as_tensor(value), wanted)
        if isinstance(value, list | tuple) and first_dtype(value) is not None:
            whole = all(isinstance(item, TENSORS) for item in value)
            return stack([packed(item, str(place)) for place, item in enumerate(value)], name=name if whole else "")
        return as_tensor(value, wanted)

    return packed(values, "packed")


install_packing(_pack)


@op(
    "unstack",
    dtypes=ALL,
    samples=lambda: [call(real(3, 2)), call(real(3, 2), axis=-1), call(real(2, 3, 2), 3, 1), call(real(2))],
    edges=lambda: [call([[1, 2], [3, 4]]), call(real(0, 2))],
)
def unstack(value: TensorLike, num: int | None = None, axis: IntLike = 0, name: str = "unstack") -> list[Tensor]:
    """The slices along an axis, without that axis.

    Args:
      value: a tensor of at least one axis.
      num: the expected number of slices; None for any.
      axis: the axis.
      name: shown in error messages.

    Returns:
      A list of tensors.

    Raises:
      ValueError: the axis is out of range.
      InvalidArgumentError: the axis does not have num slices.

    Example:
      >>> [t.numpy() for t in tf.unstack([[1, 2], [3, 4]])]
      [array([1, 2], dtype=int32), array([3, 4], dtype=int32)]
    """
    try:
        return joining.unstack(value, num, axis, name)
    except TextOperand:
        return moved(unstack, value, num=num, axis=axis, name=name)


@op(
    "split",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(4, 2), 2), call(real(2, 3), 3, axis=-1), call(real(2, 3), [1, 2], 1), call(real(2, 3), [1, -1], 1)),
        *(call(real(3), [0, 3]), call(real(0, 2), 2)),
    ],
    edges=lambda: [call([1, 2, 3, 4], 2), call([[1, 2, 3]], [1, 2], axis=1)],
)
def split(
    value: TensorLike,
    num_or_size_splits: int | Sequence[Any] | Tensor | np.ndarray,
    axis: IntLike = 0,
    num: int | None = None,
    name: str = "split",
) -> list[Tensor]:
    """Splits a tensor along an axis, into equal parts or parts of given sizes.

    Args:
      value: a tensor of at least one axis.
      num_or_size_splits: the number of equal parts, or the size of each part; one may be -1 for the remainder.
      axis: the axis.
      num: not used; the number of parts is known.
      name: shown in error messages.

    Returns:
      A list of tensors.

    Raises:
      ValueError: the sizes are a scalar tensor.
      InvalidArgumentError: the parts do not fill the axis, or the axis is out of range.

    Example:
      >>> [t.numpy() for t in tf.split([1, 2, 3, 4, 5], [2, -1])]
      [array([1, 2], dtype=int32), array([3, 4, 5], dtype=int32)]
    """
    try:
        return joining.split(value, num_or_size_splits, axis, num, name)
    except TextOperand:
        return moved(split, value, num_or_size_splits=num_or_size_splits, axis=axis, name=name)


@op(
    "meshgrid",
    dtypes=ALL,
    samples=lambda: [
        call(real(2), real(3)),
        call(real(2), real(3), real(2), indexing="ij"),
        call(real(3)),
        call(real(), real(2)),
    ],
    edges=lambda: [call([1, 2], [3, 4, 5]), call(integer([1, 2]), integer([3]), indexing="ij")],
)
def meshgrid(*args: TensorLike, **kwargs: Any) -> list[Tensor]:
    """The coordinates of all points of a grid: one tensor per vector, each of the grid's shape.

    Args:
      *args: vectors, the coordinates along each axis.
      **kwargs: `indexing` is "xy" (the default), for which the first vector runs along axis 1 and the second along
        axis 0, or "ij", which keeps their order. `name` is not used.

    Returns:
      A list of tensors.

    Raises:
      ValueError: unknown `indexing`.
      TypeError: an unknown keyword.

    Example:
      >>> x, y = tf.meshgrid([1, 2, 3], [10, 20])
      >>> x.numpy()
      array([[1, 2, 3],
             [1, 2, 3]], dtype=int32)
      >>> y.numpy()
      array([[10, 10, 10],
             [20, 20, 20]], dtype=int32)
    """
    indexing = kwargs.pop("indexing", "xy")
    kwargs.pop("name", None)
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError(f"Argument `indexing` parameter must be either 'xy' or 'ij', got '{indexing}'")
    vectors = [apply_reshape(vector, [-1]) for vector in args]
    axes = list(range(len(vectors)))
    if indexing == "xy" and len(axes) > 1:
        axes[:2] = [1, 0]
    sizes = [vectors[axis].shape[0] for axis in axes]
    return [
        apply_identity(apply_broadcast_to(apply_reshape(v, [-1 if i == axis else 1 for i in range(len(axes))]), sizes))
        for v, axis in zip(vectors, axes, strict=True)
    ]
