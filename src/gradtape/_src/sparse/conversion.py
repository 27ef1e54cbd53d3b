"""Sparse tensors from dense ones and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_elementwise, as_tensor, tensor_from
from gradtape._engine.ops.rows import take_rows
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import check_memory, dims_text
from gradtape._src.core.steps import one_step
from gradtape._src.core.string_tensor import StringTensor, as_any_tensor
from gradtape._src.core.typing import DTypeLike, IntLike, TensorLike
from gradtape._src.ops.creation import ones
from gradtape._src.ops.indexed_slices import IndexedSlices
from gradtape._src.sparse.sparse_tensor import SparseTensor, checked, made, places_of, rows_of, sizes_of


def from_dense(tensor: TensorLike, name: str | None = None) -> SparseTensor:
    """Converts a dense tensor, storing elements that are not 0 or not empty strings.

    Args:
      tensor: a tensor of at least one axis.
      name: not used; TensorFlow names operations by it.

    Returns:
      A SparseTensor of the shape and dtype of `tensor`, in row-major order. The gradient flows to its elements.

    Raises:
      InvalidArgumentError: the tensor has no axes.

    Example:
      >>> tf.sparse.from_dense([[0, 7], [0, 0]]).indices.numpy()
      array([[0, 1]])
    """
    dense: Any = as_any_tensor(tensor)
    if dense.ndim == 0:
        raise invalid_argument("Where", "WhereOp : Unhandled input dimensions: 0", "")
    text = type(dense) is StringTensor
    array = dense.numpy() if text else np.asarray(dense)
    places = np.argwhere(array != (b"" if text else 0))
    rows = np.ravel_multi_index(tuple(places.T), array.shape)
    values = StringTensor.of_bytes(array.reshape(-1)[rows]) if text else take_rows("GatherNd", dense, rows, rows.shape)
    return made(places, values, array.shape)


def to_dense(
    sp_input: SparseTensor, default_value: Any = None, validate_indices: bool = True, name: str | None = None
) -> Any:
    """A dense tensor with the values at their positions.

    Args:
      sp_input: a SparseTensor.
      default_value: a number, or text, for the other positions; 0, or empty text by default.
      validate_indices: whether positions that are out of row-major order or repeated are an error. Otherwise the last
        value of repeated positions is used.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of `sp_input`. Gradients flow to the values.

    Raises:
      TypeError: it is not a SparseTensor.
      InvalidArgumentError: a position is outside the shape or out of order, or default_value has axes.

    Example:
      >>> tf.sparse.to_dense(tf.sparse.eye(2, 3), default_value=-1.0).numpy()
      array([[ 1., -1., -1.],
             [-1.,  1., -1.]], dtype=float32)
    """
    checked(sp_input)
    sizes = sizes_of(sp_input)
    if type(sp_input.values) is StringTensor:
        found = np.full(math.prod(sizes), StringTensor(default_value or b"").numpy(), object)
        found[_rows(places_of(sp_input), sizes, validate_indices)] = sp_input.values.numpy()
        return StringTensor.of_bytes(found.reshape(sizes))
    if default_value is not None:
        default_value = as_tensor(default_value, sp_input.dtype)
        if default_value.ndim:
            raise invalid_argument("SparseToDense", "default_value should be a scalar.", None)
    return _scattered(sp_input.values, sp_input.indices, sizes, default_value, validate_indices)


@one_step("indices", static=("sizes",))
def _scattered(values: Tensor, indices: Tensor, sizes: Any, default: Tensor | None, validate: bool) -> Tensor:
    check_memory(sizes, dtypes.int64)
    rows = _rows(np.asarray(indices), tuple(sizes), validate)
    stored = np.full(math.prod(sizes), -1)
    stored[rows] = np.arange(len(rows))
    stored = stored.reshape(sizes)
    dense = take_rows("SparseToDense", values, stored, stored.shape)
    return dense if default is None else apply_elementwise("select", tensor_from(stored >= 0), dense, default)


def _rows(places: np.ndarray, sizes: tuple[int, ...], validate: bool) -> np.ndarray:
    """The row-major index of each position. Raises InvalidArgumentError for one outside or, if asked, out of order."""
    rows = rows_of("SparseToDense", places, sizes)
    wrong = np.diff(rows) <= 0
    if validate and wrong.any():
        first = int(np.argmax(wrong)) + 1
        place = f"indices[{first}] = {dims_text(places[first])}"
        if rows[first] == rows[first - 1]:
            raise invalid_argument("SparseToDense", f"{place} is repeated", "")
        raise invalid_argument(
            "SparseToDense",
            f"{place} is out of order. Many sparse ops require sorted indices.\n"
            "    Use `tf.sparse.reorder` to create a correctly ordered copy.\n\n",
            "",
        )
    return rows


def to_indicator(sp_input: SparseTensor, vocab_size: IntLike, name: str | None = None) -> Tensor:
    """A dense indicator of the values in each row of a sparse tensor.

    Args:
      sp_input: a SparseTensor of integers from 0 to vocab_size - 1.
      vocab_size: the number of indicators.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of bool, of the shape of `sp_input` with vocab_size as the last size.

    Raises:
      TypeError: it is not a SparseTensor.
      InvalidArgumentError: a number is outside of the range.

    Example:
      >>> tf.sparse.to_indicator(tf.SparseTensor([[0, 0], [1, 1]], [2, 0], [2, 2]), 3).numpy()
      array([[False, False,  True],
             [ True, False, False]])
    """
    places = np.column_stack([places_of(checked(sp_input))[:, :-1], np.asarray(sp_input.values).astype(np.int64)])
    sizes = (*sizes_of(sp_input)[:-1], int(as_tensor(vocab_size)))
    found = np.zeros(sizes, bool)
    found.reshape(-1)[rows_of("SparseToDense", places, sizes)] = True
    return tensor_from(found)


def eye(
    num_rows: IntLike, num_columns: IntLike | None = None, dtype: DTypeLike = dtypes.float32, name: str | None = None
) -> SparseTensor:
    """A matrix with ones on its diagonal.

    Args:
      num_rows: its number of rows.
      num_columns: its number of columns; that of rows by default.
      dtype: the dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A SparseTensor.

    Raises:
      TypeError: the dtype is unknown.

    Example:
      >>> tf.sparse.eye(2, 3).indices.numpy()
      array([[0, 0],
             [1, 1]])
    """
    rows = int(as_tensor(num_rows))
    columns = rows if num_columns is None else int(as_tensor(num_columns))
    count = min(rows, columns)
    return made(np.repeat(np.arange(count), 2).reshape(-1, 2), ones([count], dtype), (rows, columns))


def mask(a: IndexedSlices, mask_indices: TensorLike, name: str | None = None) -> IndexedSlices:
    """IndexedSlices without some of their rows.

    Args:
      a: IndexedSlices.
      mask_indices: the indices of the rows to omit.
      name: not used; TensorFlow names operations by it.

    Returns:
      IndexedSlices.

    Raises:
      AttributeError: a is not a `tf.IndexedSlices`.

    Example:
      >>> slices = tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([4, 7]))
      >>> tf.sparse.mask(slices, [4]).values.numpy()
      array([[2.]], dtype=float32)
    """
    numbers = np.asarray(a.indices)
    kept = np.flatnonzero(~np.isin(numbers, np.asarray(mask_indices)))
    values = as_tensor(a.values)
    rows = take_rows("GatherV2", values, kept, (kept.size, *values.shape[1:]))
    return IndexedSlices(rows, tensor_from(numbers[kept]), a.dense_shape)
