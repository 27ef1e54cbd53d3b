"""The positions of the largest and the smallest elements along an axis."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, as_tensor, tensor_from, view
from gradtape._engine.ops.extremes import evaluate_greatest, evaluate_least
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import dims_text, index_dtype, one_axis, scalar_of
from gradtape._src.core.typing import DTypeLike, IntLike, TensorLike
from gradtape._src.table.rows import ALL, call, integer, op, real, values

NAN, INF = math.nan, math.inf


def _places(op: str, find: Any, worst: float, input: Any, axis: Any, dtype: dtypes.DType) -> Tensor:
    tensor = as_tensor(input)
    asked = scalar_of(op, 0 if axis is None else axis, "dim must be a scalar, but received tensor of shape: {shape}")
    place = one_axis(asked, tensor.ndim, op, "Expected dimension in the range [{low}, {high}), but got {axis}")
    if tensor.dtype in (dtypes.float32, dtypes.float64) and 0 not in tuple(tensor.shape):
        return apply_cast((_GREATEST if worst < 0 else _LEAST)(tensor, attributes=(place,)), dtype)
    return _FOUND(tensor, attributes=(op, find, worst, asked, place, dtype))


def _found(tensor: Tensor, op: str, find: Any, worst: float, asked: int, place: int, dtype: dtypes.DType) -> Tensor:
    array = view(tensor)
    if array.size == 0:
        others = array.shape[:place] + array.shape[place + 1 :]
        if array.shape[place] == 0 and math.prod(others):
            raise invalid_argument(op, f"Reduction axis {asked} is empty in shape {dims_text(array.shape)}", "")
        return tensor_from(np.zeros(others, np.int64), dtype)
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), worst, array)
    return tensor_from(find(array, axis=place), dtype)


_GREATEST = Primitive("ArgMax", evaluate_greatest, batch="axis_first")
_LEAST = Primitive("ArgMin", evaluate_least, batch="axis_first")
_FOUND = Primitive("ArgMax", _found, batch="places")  # for other dtypes, and for empty tensors


def _place_edges() -> list[Any]:
    return [
        *(call(values([1.0, 1.0, NAN])), call(values([NAN, 1.0, 0.0, 0.0])), call(real(2, 3)), call(real(0, 2), 1)),
        *(call(real(2, 3), -1, output_type="int32"), call(integer([[3, 1], [3, 5]]), axis=1), call([2, 1, 7])),
        *(call(values([NAN, NAN])), call(values([-INF, NAN])), call(values([[INF, INF]]), 1)),
        call(integer([True, True], "bool")),
    ]


@op("math.argmax", "argmax", dtypes=ALL, orders="0", edges=_place_edges)
def argmax(
    input: TensorLike, axis: IntLike | None = None, output_type: DTypeLike = dtypes.int64, name: str | None = None
) -> Tensor:
    """The position of the largest element along an axis; the first one of equal elements.

    Args:
      input: a tensor of at least one axis.
      axis: the axis; None for axis 0.
      output_type: the dtype of the result.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with one axis less. It has no gradient.

    Raises:
      InvalidArgumentError: the axis is out of range or empty.

    Example:
      >>> tf.argmax([[1, 5, 3], [4, 2, 6]], axis=1).numpy()
      array([1, 2])
    """
    dtype = index_dtype("ArgMax", output_type, "output_type", "int16, uint16, int32, int64")
    return _places("ArgMax", np.argmax, -INF, input, axis, dtype)


@op("math.argmin", "argmin", dtypes=ALL, orders="0", edges=_place_edges)
def argmin(
    input: TensorLike, axis: IntLike | None = None, output_type: DTypeLike = dtypes.int64, name: str | None = None
) -> Tensor:
    """The position of the smallest element along an axis; the first one of equal elements.

    Args:
      input: a tensor of at least one axis.
      axis: the axis; None for axis 0.
      output_type: the dtype of the result.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with one axis less. It has no gradient.

    Raises:
      InvalidArgumentError: the axis is out of range or empty.

    Example:
      >>> tf.argmin([[1, 5, 3], [4, 2, 6]], axis=1).numpy()
      array([0, 1])
    """
    return _places("ArgMin", np.argmin, INF, input, axis, index_dtype("ArgMin", output_type, "output_type"))
