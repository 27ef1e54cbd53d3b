"""Scattering: slices added to, or written into, a tensor at coordinates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_elementwise, as_tensor, full, tensor_from, view
from gradtape._engine.ops.rows import add_rows, take_rows
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import OpError, TextOperand, invalid_argument
from gradtape._src.core.operands import common_tensors, dims_text, index_array, ints_of, one_dtype
from gradtape._src.core.steps import one_step
from gradtape._src.core.text_codes import moved
from gradtape._src.core.typing import ShapeLike, TensorLike
from gradtape._src.ops.gathering import PLACES, ignores_outside, row_numbers
from gradtape._src.table.rows import ALL, NUMBERS, call, integer, op, real, values


def _targets(op: str, indices: Any, updates: Tensor, shape: tuple[int, ...], policy: str = "") -> np.ndarray:
    """The row numbers that updates go to in a tensor of this shape; under "IGNORE" -1 for those out of range."""
    index = index_array(indices, op, allowed=PLACES)
    if index.ndim == 0:
        raise invalid_argument(op, "Indices shape must have rank at least one. Found:[]", None)
    depth = index.shape[-1]
    outer, given = index.shape[:-1], tuple(updates.shape)
    if not given:
        raise invalid_argument(op, "Updates shape must have rank at least one. Found:[]", None)
    if op == "ScatterNd":
        if given[: len(outer)] != outer:
            count = len(outer)
            raise invalid_argument(
                op,
                f"Dimensions [0,{count}) of indices[shape={dims_text(index.shape)}] must match dimensions "
                f"[0,{count}) of updates[shape={dims_text(given)}]",
                None,
            )
        if given[len(outer) :] != shape[depth:]:
            raise invalid_argument(
                op,
                f"Dimensions [{depth},{len(shape)}) of input[shape={dims_text(shape)}] must match dimensions "
                f"[{len(outer)},{len(given)}) of updates[shape={dims_text(given)}]",
                None,
            )
    elif given[: len(outer)] != outer:
        raise invalid_argument(
            op,
            f"Outer dimensions of indices and update must match. Indices shape: {dims_text(index.shape)}, updates "
            f"shape:{dims_text(given)}",
            None,
        )
    elif given[len(outer) :] != shape[depth:]:
        raise invalid_argument(
            op,
            f"Inner dimensions of output shape must match inner dimensions of updates shape. Output: "
            f"{dims_text(shape)} updates: {dims_text(given)}",
            None,
        )

    def refused(place: str, coordinates: list[int]) -> OpError:
        text = ", ".join(map(str, coordinates))
        return invalid_argument(op, f"indices{place} = [{text}] does not index into shape {dims_text(shape)}", None)

    return row_numbers(index, shape[:depth], None if ignores_outside(op, policy) else refused)


@op(
    "scatter_nd",
    dtypes=NUMBERS,
    samples=lambda: [
        *(call([[0], [2], [0]], real(3), [4]), call([[1], [0]], real(2, 3), [2, 3]), call([[0, 1]], real(1), [2, 2])),
        *(call([[[0], [1]], [[1], [1]]], real(2, 2), [3]), call(integer(np.zeros((0, 1), np.int32)), real(0), [3])),
    ],
    edges=lambda: [call([[0], [0]], integer([1, 2]), [2]), call([[1]], [5.0], [2])],
)
@one_step("indices", static=("shape",))
def scatter_nd(
    indices: TensorLike, updates: TensorLike, shape: ShapeLike, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """Adds updates at coordinates to a tensor of zeros.

    Args:
      indices: integers of shape [..., d]: coordinates along the first d axes of the result.
      updates: a tensor of shape indices.shape[:-1] + shape[d:].
      shape: the shape of the result.
      bad_indices_policy: "IGNORE" ignores updates at coordinates out of range, which otherwise raise.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape, in the dtype of `updates`. Updates of the same slice are summed.

    Raises:
      InvalidArgumentError: the shapes do not match, or a coordinate is out of range.

    Example:
      >>> tf.scatter_nd([[1], [3], [1]], [10, 20, 30], shape=[5]).numpy()
      array([ 0, 40,  0, 20,  0], dtype=int32)
    """
    sizes = tuple(ints_of(shape, "ScatterNd", "Tindices"))
    slices = as_tensor(updates)
    return add_rows("ScatterNd", slices, _targets("ScatterNd", indices, slices, sizes, bad_indices_policy), sizes)


def _scatter_samples() -> list[Any]:
    return [
        *(
            call(real(4), [[0], [2]], real(2)),
            call(real(2, 3), [[1]], real(1, 3)),
            call(real(2, 3), [[1, 2], [0, 0]], real(2)),
        ),
        *(call(real(3), integer(np.zeros((0, 1), np.int32)), real(0)),),
    ]


def _scatter_edges() -> list[Any]:
    return [
        *(call(values([1.0, 2.0, 3.0]), [[0], [0]], values([9.0, 8.0])), call(integer([1, 2, 3]), [[1]], [5])),
        *(call(values([1.0, 2.0]), [[0], [0]], values([1.0, 1.0])), call([1.0, 2.0], [[1]], [5.0])),
    ]


def _scattered(op: str, tensor: Any, indices: Any, updates: Any, policy: str = "") -> tuple[Tensor, Tensor, np.ndarray]:
    data, slices = common_tensors([tensor, updates])
    one_dtype(op, (data, slices))
    return data, slices, _targets(op, indices, slices, tuple(data.shape), policy)


@op("tensor_scatter_nd_update", dtypes=ALL, samples=_scatter_samples, edges=_scatter_edges)
@one_step("indices")
def tensor_scatter_nd_update(
    tensor: TensorLike, indices: TensorLike, updates: TensorLike, name: str | None = None
) -> Tensor:
    """A copy of a tensor with slices at coordinates replaced.

    Args:
      tensor: a tensor, which is not changed.
      indices: integers of shape [..., d]: coordinates along the first d axes of `tensor`.
      updates: a tensor of shape indices.shape[:-1] + tensor.shape[d:].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of `tensor`. If a slice has several updates the last one is used.

    Raises:
      InvalidArgumentError: the shapes do not match, or a coordinate is out of range.

    Example:
      >>> tf.tensor_scatter_nd_update([10, 20, 30], [[0], [2]], [1, 2]).numpy()
      array([ 1, 20,  2], dtype=int32)
    """
    try:
        data, slices, rows = _scattered("TensorScatterUpdate", tensor, indices, updates)
    except TextOperand:
        return moved(lambda data, slices: tensor_scatter_nd_update(data, indices, slices), tensor, updates)
    return _UPDATE(data, slices, attributes=(rows, slices.shape))


def _update(data: Tensor, slices: Tensor, rows: np.ndarray, _: Any) -> Tensor:
    array = np.array(view(data))
    if rows.size:
        array.reshape(-1, math.prod(slices.shape) // rows.size)[rows.reshape(-1)] = view(slices).reshape(rows.size, -1)
    return tensor_from(array)


def _update_vjp(call: Any, needs: Any, cotangent: Tensor) -> tuple[Tensor, Tensor]:
    rows, shape = call.attributes
    zeros = full(shape, 0, cotangent.dtype)
    return _UPDATE(cotangent, zeros, attributes=(rows, shape)), take_rows("GatherNd", cotangent, rows, shape)


_UPDATE = Primitive("TensorScatterUpdate", _update, _update_vjp, linear=True, complexes=True, batch="rows_put")


@op("tensor_scatter_nd_add", dtypes=NUMBERS, samples=_scatter_samples, edges=_scatter_edges)
@one_step("indices")
def tensor_scatter_nd_add(
    tensor: TensorLike, indices: TensorLike, updates: TensorLike, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """A copy of a tensor with updates added to slices at coordinates.

    Args:
      tensor: a tensor, which is not changed.
      indices: integers of shape [..., d]: coordinates along the first d axes of `tensor`.
      updates: a tensor of shape indices.shape[:-1] + tensor.shape[d:].
      bad_indices_policy: "IGNORE" ignores updates at coordinates out of range, which otherwise raise.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of `tensor`. Several updates of one slice are all added.

    Raises:
      InvalidArgumentError: the shapes do not match, or a coordinate is out of range.

    Example:
      >>> tf.tensor_scatter_nd_add([10, 20, 30], [[0], [2]], [1, 2]).numpy()
      array([11, 20, 32], dtype=int32)
    """
    data, slices, rows = _scattered("TensorScatterAdd", tensor, indices, updates, bad_indices_policy)
    return data + add_rows("ScatterNd", slices, rows, data.shape)


@op("tensor_scatter_nd_sub", dtypes=NUMBERS, samples=_scatter_samples, edges=_scatter_edges)
@one_step("indices")
def tensor_scatter_nd_sub(
    tensor: TensorLike, indices: TensorLike, updates: TensorLike, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """A copy of a tensor with updates subtracted from slices at coordinates.

    Args:
      tensor: a tensor, which is not changed.
      indices: integers of shape [..., d]: coordinates along the first d axes of `tensor`.
      updates: a tensor of shape indices.shape[:-1] + tensor.shape[d:].
      bad_indices_policy: "IGNORE" ignores updates at coordinates out of range, which otherwise raise.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of `tensor`. Several updates of one slice are all subtracted.

    Raises:
      InvalidArgumentError: the shapes do not match, or a coordinate is out of range.

    Example:
      >>> tf.tensor_scatter_nd_sub([10, 20, 30], [[0], [2]], [1, 2]).numpy()
      array([ 9, 20, 28], dtype=int32)
    """
    data, slices, rows = _scattered("TensorScatterSub", tensor, indices, updates, bad_indices_policy)
    return data - add_rows("ScatterNd", slices, rows, data.shape)


def _extremes(data: Tensor, slices: Tensor, rows: np.ndarray, choose: np.ufunc) -> Tensor:
    array = np.array(view(data))
    if rows.size:
        flat, places = array.reshape(-1, math.prod(slices.shape) // rows.size), rows.reshape(-1)
        inside = places >= 0
        choose.at(flat, places[inside], view(slices).reshape(rows.size, -1)[inside])
    return tensor_from(array)


def _extremes_vjp(call: Any, needs: Any, cotangent: Tensor) -> tuple[Tensor, Tensor]:
    """Ties share the cotangent, including the tensor's own value."""
    (data, slices, out), (rows, _) = call.saved, call.attributes
    kept = apply_cast(apply_elementwise("equal", data, out), cotangent.dtype)
    chosen = apply_elementwise("equal", slices, take_rows("GatherNd", out, rows, slices.shape))
    chosen = apply_cast(chosen, cotangent.dtype)
    ties = kept + add_rows("ScatterNd", chosen, rows, data.shape)
    return cotangent * kept / ties, take_rows("GatherNd", cotangent / ties, rows, slices.shape) * chosen


_MAX = Primitive("TensorScatterMax", _extremes, _extremes_vjp, saves=(0, 1, -1), batch="rows_put")
_MIN = Primitive("TensorScatterMin", _extremes, _extremes_vjp, saves=(0, 1, -1), batch="rows_put")


@op("tensor_scatter_nd_max", dtypes=NUMBERS, samples=_scatter_samples, edges=_scatter_edges)
@one_step("indices")
def tensor_scatter_nd_max(
    tensor: TensorLike, indices: TensorLike, updates: TensorLike, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """A copy of a tensor with the elementwise maximum of slices and updates at coordinates.

    Args:
      tensor: a tensor, which is not changed.
      indices: integers of shape [..., d]: coordinates along the first d axes of `tensor`.
      updates: a tensor of shape indices.shape[:-1] + tensor.shape[d:].
      bad_indices_policy: "IGNORE" ignores updates at coordinates out of range, which otherwise raise.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of `tensor`. Equal values share the gradient.

    Raises:
      InvalidArgumentError: the shapes do not match, or a coordinate is out of range.

    Example:
      >>> tf.tensor_scatter_nd_max([10, 20, 30], [[0], [2]], [15, 15]).numpy()
      array([15, 20, 30], dtype=int32)
    """
    data, slices, rows = _scattered("TensorScatterMax", tensor, indices, updates, bad_indices_policy)
    return _MAX(data, slices, attributes=(rows, np.maximum))


@op("tensor_scatter_nd_min", dtypes=NUMBERS, samples=_scatter_samples, edges=_scatter_edges)
@one_step("indices")
def tensor_scatter_nd_min(
    tensor: TensorLike, indices: TensorLike, updates: TensorLike, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """A copy of a tensor with the elementwise minimum of slices and updates at coordinates.

    Args:
      tensor: a tensor, which is not changed.
      indices: integers of shape [..., d]: coordinates along the first d axes of `tensor`.
      updates: a tensor of shape indices.shape[:-1] + tensor.shape[d:].
      bad_indices_policy: "IGNORE" ignores updates at coordinates out of range, which otherwise raise.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of `tensor`. Equal values share the gradient.

    Raises:
      InvalidArgumentError: the shapes do not match, or a coordinate is out of range.

    Example:
      >>> tf.tensor_scatter_nd_min([10, 20, 30], [[0], [2]], [15, 15]).numpy()
      array([10, 20, 15], dtype=int32)
    """
    data, slices, rows = _scattered("TensorScatterMin", tensor, indices, updates, bad_indices_policy)
    return _MIN(data, slices, attributes=(rows, np.minimum))
