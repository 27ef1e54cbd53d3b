"""Reading and assigning parts of a variable: slices, rows by index, slices by coordinates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from
from gradtape._engine.ops.rows import sums_of_rows
from gradtape._engine.record.primitive import as_effect, effect_kind
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import errors
from gradtape._src.core.operands import NUMERIC, dims_text, index_array, not_allowed
from gradtape._src.core.typing import TensorLike
from gradtape._src.ops.gathering import gather, gather_nd

if TYPE_CHECKING:
    from typing_extensions import Self

_WRITES = effect_kind("writes")
# Held once: each access creates an equal one.
_ADD, _SUBTRACT = np.add.at, np.subtract.at


class VariableParts(BaseVariable):
    """The methods of a variable that read and assign parts of its value."""

    def _assign_part(self, key: Any, value: Any, name: str | None = None) -> Self:
        """Implements ``self[key].assign(value)``: sets a part to a value that broadcasts to it."""
        return as_effect(_WRITES, self._put_part, key, as_tensor(value, self.dtype), writes=[self])

    def _put_part(self, key: Any, value: Tensor) -> Self:
        from gradtape._src.ops.indexing import plain_key

        array, part = np.array(self.numpy()), as_tensor(value, self.dtype)
        place = plain_key(key)
        wanted = array[place].shape
        values = np.asarray(held(part))
        # Extra leading axes of size 1 have no effect.
        while values.ndim > len(wanted) and len(values) == 1:
            values = values[0]
        if values.ndim > len(wanted) or not _fills(values.shape, wanted):
            raise errors.invalid_argument(
                "ResourceStridedSliceAssign",
                f"Cannot broadcast input shape {dims_text(part.shape)} into final shape {dims_text(wanted)}",
                "strided_slice/_assign",
            )
        array[place] = values
        return self.assign(array)

    def sparse_read(self, indices: TensorLike, name: str | None = None) -> Tensor:
        """The rows at these indices, as `tf.gather` returns them.

        Args:
          indices: integers, indices into the first axis.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor of shape indices.shape + shape[1:].

        Raises:
          InvalidArgumentError: an index is out of range.

        Example:
          >>> tf.Variable([10, 20, 30]).sparse_read([2, 0]).numpy()
          array([30, 10], dtype=int32)
        """
        return gather(self.read_value(), indices)

    def gather_nd(self, indices: TensorLike, name: str | None = None) -> Tensor:
        """The slices at these coordinates, as `tf.gather_nd` returns them.

        Args:
          indices: integers of shape [..., d]: coordinates along the first d axes.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor of shape indices.shape[:-1] + shape[d:].

        Raises:
          InvalidArgumentError: a coordinate is out of range.

        Example:
          >>> tf.Variable([[1, 2], [3, 4]]).gather_nd([[1, 0]]).numpy()
          array([3], dtype=int32)
        """
        return gather_nd(self.read_value(), indices)

    def scatter_add(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Self:
        """Adds to rows. All updates of a repeated index are added.

        Args:
          sparse_delta: IndexedSlices of the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          TypeError: sparse_delta is not IndexedSlices.
          InvalidArgumentError: an index is out of range, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_add(tf.IndexedSlices(tf.constant([1.0, 2.0]), [2, 0])).numpy()
          array([12., 20., 31.], dtype=float32)
        """
        return self._scatter("ResourceScatterAdd", _ADD, sparse_delta)

    def scatter_sub(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Self:
        """Subtracts from rows. All updates of a repeated index are subtracted.

        Args:
          sparse_delta: IndexedSlices of the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          TypeError: sparse_delta is not IndexedSlices.
          InvalidArgumentError: an index is out of range, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_sub(tf.IndexedSlices(tf.constant([1.0, 2.0]), [2, 0])).numpy()
          array([ 8., 20., 29.], dtype=float32)
        """
        return self._scatter("ResourceScatterSub", _SUBTRACT, sparse_delta)

    def scatter_max(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Self:
        """Sets elements of rows to the maximum of themselves and the updates.

        Args:
          sparse_delta: IndexedSlices of the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          TypeError: sparse_delta is not IndexedSlices.
          InvalidArgumentError: an index is out of range, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_max(tf.IndexedSlices(tf.constant([50.0, 5.0]), [2, 0])).numpy()
          array([10., 20., 50.], dtype=float32)
        """
        return self._scatter("ResourceScatterMax", np.maximum.at, sparse_delta)

    def scatter_min(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Self:
        """Sets elements of rows to the minimum of themselves and the updates.

        Args:
          sparse_delta: IndexedSlices of the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          TypeError: sparse_delta is not IndexedSlices.
          InvalidArgumentError: an index is out of range, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_min(tf.IndexedSlices(tf.constant([50.0, 5.0]), [2, 0])).numpy()
          array([ 5., 20., 30.], dtype=float32)
        """
        return self._scatter("ResourceScatterMin", np.minimum.at, sparse_delta)

    def scatter_mul(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Self:
        """Multiplies rows. For a repeated index, by all updates.

        Args:
          sparse_delta: IndexedSlices of the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          TypeError: sparse_delta is not IndexedSlices.
          InvalidArgumentError: an index is out of range, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_mul(tf.IndexedSlices(tf.constant([2.0, 3.0]), [2, 0])).numpy()
          array([30., 20., 60.], dtype=float32)
        """
        return self._scatter("ResourceScatterMul", np.multiply.at, sparse_delta)

    def scatter_div(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Self:
        """Divides rows. For a repeated index, by all updates. Integer quotients are truncated towards 0.

        Args:
          sparse_delta: IndexedSlices of the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          TypeError: sparse_delta is not IndexedSlices.
          InvalidArgumentError: an index is out of range, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_div(tf.IndexedSlices(tf.constant([2.0, 4.0]), [2, 0])).numpy()
          array([ 2.5, 20. , 15. ], dtype=float32)
        """
        return self._scatter("ResourceScatterDiv", _divide_at, sparse_delta)

    def scatter_update(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Self:
        """Replaces rows. For a repeated index, by the last update.

        Args:
          sparse_delta: IndexedSlices of the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          TypeError: sparse_delta is not IndexedSlices.
          InvalidArgumentError: an index is out of range, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_update(tf.IndexedSlices(tf.constant([1.0, 2.0]), [2, 0])).numpy()
          array([ 2., 20.,  1.], dtype=float32)
        """
        return self._scatter("ResourceScatterUpdate", _put_at, sparse_delta)

    def batch_scatter_update(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Self:
        """Replaces elements in each of a batch.

        Args:
          sparse_delta: IndexedSlices whose indices have leading axes that enumerate the variable's own, and a last
            axis of positions along the next axis.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          InvalidArgumentError: an index is out of range, or the shapes do not match.

        Example:
          >>> v = tf.Variable([[1, 2, 3], [4, 5, 6]])
          >>> v.batch_scatter_update(tf.IndexedSlices(tf.constant([[9], [8]]), tf.constant([[0], [2]]))).numpy()
          array([[9, 2, 3],
                 [4, 5, 8]], dtype=int32)
        """
        places = index_array(sparse_delta.indices, "ResourceScatterNdUpdate")
        before = np.indices(places.shape)[:-1]
        return self.scatter_nd_update(np.stack([*before, places], -1), sparse_delta.values)

    def scatter_nd_add(self, indices: TensorLike, updates: TensorLike, name: str | None = None) -> Self:
        """Adds to slices at coordinates.

        Args:
          indices: integers of shape [..., d]: coordinates along the first d axes.
          updates: a tensor of the variable's dtype and of shape indices.shape[:-1] + shape[d:].
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          InvalidArgumentError: a coordinate is out of range, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_nd_add([[2], [0]], [1.0, 2.0]).numpy()
          array([12., 20., 31.], dtype=float32)
        """
        return self._scatter_nd("ResourceScatterNdAdd", _ADD, indices, updates)

    def scatter_nd_sub(self, indices: TensorLike, updates: TensorLike, name: str | None = None) -> Self:
        """Subtracts from slices at coordinates.

        Args:
          indices: integers of shape [..., d]: coordinates along the first d axes.
          updates: a tensor of the variable's dtype and of shape indices.shape[:-1] + shape[d:].
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          InvalidArgumentError: a coordinate is out of range, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_nd_sub([[2], [0]], [1.0, 2.0]).numpy()
          array([ 8., 20., 29.], dtype=float32)
        """
        return self._scatter_nd("ResourceScatterNdSub", _SUBTRACT, indices, updates)

    def scatter_nd_max(self, indices: TensorLike, updates: TensorLike, name: str | None = None) -> Self:
        """Sets slices at coordinates to the maximum of themselves and the updates.

        Args:
          indices: integers of shape [..., d]: coordinates along the first d axes.
          updates: a tensor of the variable's dtype and of shape indices.shape[:-1] + shape[d:].
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          InvalidArgumentError: a coordinate is out of range, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_nd_max([[2], [0]], [50.0, 5.0]).numpy()
          array([10., 20., 50.], dtype=float32)
        """
        return self._scatter_nd("ResourceScatterNdMax", np.maximum.at, indices, updates)

    def scatter_nd_min(self, indices: TensorLike, updates: TensorLike, name: str | None = None) -> Self:
        """Sets slices at coordinates to the minimum of themselves and the updates.

        Args:
          indices: integers of shape [..., d]: coordinates along the first d axes.
          updates: a tensor of the variable's dtype and of shape indices.shape[:-1] + shape[d:].
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          InvalidArgumentError: a coordinate is out of range, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_nd_min([[2], [0]], [50.0, 5.0]).numpy()
          array([ 5., 20., 30.], dtype=float32)
        """
        return self._scatter_nd("ResourceScatterNdMin", np.minimum.at, indices, updates)

    def scatter_nd_update(self, indices: TensorLike, updates: TensorLike, name: str | None = None) -> Self:
        """Replaces slices at coordinates. For repeated coordinates by the last update.

        Args:
          indices: integers of shape [..., d]: coordinates along the first d axes.
          updates: a tensor of the variable's dtype and of shape indices.shape[:-1] + shape[d:].
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          InvalidArgumentError: a coordinate is out of range, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_nd_update([[2], [0]], [1.0, 2.0]).numpy()
          array([ 2., 20.,  1.], dtype=float32)
        """
        return self._scatter_nd("ResourceScatterNdUpdate", _put_at, indices, updates)

    def _scatter(self, op: str, change: Callable[..., Any], sparse_delta: Any) -> Self:
        if not hasattr(sparse_delta, "indices") or not hasattr(sparse_delta, "values"):
            raise TypeError(f"Argument `sparse_delta` must be a `tf.IndexedSlices`. Received arg: {sparse_delta}")
        self._check_dtype(op, "dtype")
        given = as_tensor(sparse_delta.indices), as_tensor(sparse_delta.values, self.dtype)
        return as_effect(_WRITES, self._put_rows, op, change, *given, writes=[self])

    def _put_rows(self, op: str, change: Callable[..., Any], places: Tensor, values: Tensor) -> Self:
        indices, updates = index_array(places, op), np.asarray(held(values))
        shape = self.read_value().shape
        if updates.ndim and updates.shape[: indices.ndim] != indices.shape:
            raise errors.invalid_argument(
                op,
                f"The shape of indices ({dims_text(indices.shape)}) must be a prefix of the shape of updates "
                f"({dims_text(updates.shape)})",
            )
        if not shape.rank or (updates.ndim and updates.shape != (*indices.shape, *shape[1:])):
            found = [dims_text(sizes) for sizes in (updates.shape, indices.shape, shape)]
            raise errors.invalid_argument(
                op,
                "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got updates.shape "
                f"{found[0]}, indices.shape {found[1]}, params.shape {found[2]}",
            )
        outside = (indices < 0) | (indices >= shape[0])
        if outside.any():
            place = _first(outside)
            text = dims_text(place) if indices.ndim else ""
            raise errors.invalid_argument(op, f"indices{text} = {indices[place]} is not in [0, {shape[0]})")
        return self._change(op, change, (indices,), updates)

    def _scatter_nd(self, op: str, change: Callable[..., Any], indices: Any, updates: Any) -> Self:
        self._check_dtype(op, "T")
        given = as_tensor(indices), as_tensor(updates, self.dtype)
        return as_effect(_WRITES, self._put_slices, op, change, *given, writes=[self])

    def _put_slices(self, op: str, change: Callable[..., Any], indices: Tensor, updates: Tensor) -> Self:
        places, values = index_array(indices, op), np.asarray(held(updates))
        shape = tuple(self.read_value().shape)
        if places.ndim == 0:
            raise errors.invalid_argument(op, "Indices shape must have rank at least one. Found:[]")
        count, depth = places.ndim - 1, places.shape[-1]
        if values.shape[:count] != places.shape[:-1]:
            raise errors.invalid_argument(
                op,
                f"Dimensions [0,{count}) of indices[shape={dims_text(places.shape)}] must match dimensions "
                f"[0,{count}) of updates[shape={dims_text(values.shape)}]",
            )
        if depth > len(shape) or values.shape[count:] != shape[depth:]:
            raise errors.invalid_argument(
                op,
                f"Dimensions [{depth},{len(shape)}) of input[shape={dims_text(shape)}] must match dimensions "
                f"[{count},{values.ndim}) of updates[shape={dims_text(values.shape)}]",
            )
        outside = np.asarray(((places < 0) | (places >= np.asarray(shape[:depth], np.int64))).any(-1))
        if outside.any():
            place = _first(outside)
            text = dims_text(place) if outside.ndim else ""
            coordinates = ", ".join(map(str, places[place].tolist()))
            raise errors.invalid_argument(
                op, f"indices{text} = [{coordinates}] does not index into shape {dims_text(shape)}"
            )
        return self._change(op, change, tuple(np.moveaxis(places, -1, 0)), values)

    def _check_dtype(self, op: str, attribute: str) -> None:
        if self.dtype.is_bool and not op.endswith("Update"):
            raise not_allowed(op, self.dtype, NUMERIC, attribute)

    def _change(self, op: str, change: Callable[..., Any], places: tuple[np.ndarray, ...], updates: np.ndarray) -> Self:
        """Applies a change at positions, one array of indices per leading axis."""
        if places and change in (_ADD, _SUBTRACT):
            return self.assign(self._with_added(places, -updates if change is _SUBTRACT else updates))
        array = np.array(self.numpy())
        if change is _divide_at and array.dtype.kind != "f" and not updates.all():
            raise errors.invalid_argument(op, "updates must not contain 0")
        change(array, places, updates)
        return self.assign(array)

    def _with_added(self, places: tuple[np.ndarray, ...], updates: np.ndarray) -> Tensor:
        """The value with updates added in order, as a scatter of rows."""
        before, depth = self.read_value(), len(places)
        shape = tuple(before.shape)
        rows = np.ravel_multi_index(places, shape[:depth]) if places[0].size else np.zeros(places[0].shape, np.int64)
        values = tensor_from(np.broadcast_to(updates, (*rows.shape, *shape[depth:])), self.dtype)
        return sums_of_rows(values, np.asarray(rows, np.int64), shape, before)


def _first(found: np.ndarray) -> tuple[Any, ...]:
    """The index of the first true element."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(found)), found.shape))


def _fills(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether a value of this shape broadcasts to the requested one."""
    return all(size in (1, whole) for size, whole in zip(reversed(shape), reversed(wanted), strict=False))


def _put_at(array: np.ndarray, places: Any, updates: np.ndarray) -> None:
    array[places] = updates


def _divide_at(array: np.ndarray, places: Any, updates: np.ndarray) -> None:
    if array.dtype.kind == "f":
        np.divide.at(array, places, updates)
        return
    # For repeated indices each quotient is truncated before the next division.
    for place in np.ndindex(places[0].shape):
        row = tuple(axis[place] for axis in places)
        divisor = updates[place] if updates.ndim else updates
        array[row] = (array[row] - np.fmod(array[row], divisor)) // divisor
