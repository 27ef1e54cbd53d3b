"""IndexedSlices: a tensor that is zero except in some of its rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from
from gradtape._engine.ops.joining import concat
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.composite import CompositeTensor
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.typing import ShapeLike, TensorLike


class IndexedSlices(CompositeTensor):
    """Rows of a larger tensor: its row `indices[i]` is `values[i]`; rows that are listed twice are summed.

    The gradient of `gather` from a variable is an IndexedSlices. `convert_to_tensor` returns the dense tensor.

    Args:
      values: a tensor of shape (n, d1, ..., dm).
      indices: integers of shape (n,).
      dense_shape: the shape (d0, d1, ..., dm) of the dense tensor, a tensor or sequence of integers.

    Example:
      >>> slices = tf.IndexedSlices(tf.constant([[1.0], [2.0], [3.0]]), [0, 2, 2], dense_shape=[3, 1])
      >>> tf.convert_to_tensor(slices).numpy()
      array([[1.],
             [0.],
             [5.]], dtype=float32)
    """

    def __init__(self, values: TensorLike, indices: TensorLike, dense_shape: ShapeLike | None = None) -> None:
        self._values: Any = values
        self._indices = indices
        self._dense_shape = dense_shape

    @property
    def values(self) -> Any:
        """The rows."""
        return self._values

    @property
    def indices(self) -> Any:
        """Which rows they are."""
        return self._indices

    @property
    def dense_shape(self) -> Any:
        """The dense tensor's shape, or None if it is not known."""
        return self._dense_shape

    @property
    def shape(self) -> TensorShape:
        """The dense tensor's shape."""
        if self._dense_shape is None:
            return TensorShape(None)
        return TensorShape(np.asarray(self._dense_shape).tolist())

    @property
    def dtype(self) -> Any:
        """The dtype of the values."""
        return self._values.dtype

    @property
    def device(self) -> str:
        """The device of the values."""
        return self._values.device

    def __str__(self) -> str:
        shape = "" if self._dense_shape is None else f", dense_shape={self._dense_shape!s}"
        return f"IndexedSlices(indices={self._indices!s}, values={self._values!s}{shape})"

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self._values, self._indices, self._dense_shape)

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Tensor:
        """The dense tensor. Raises ValueError if the dense shape is unknown."""
        if self._dense_shape is None:
            raise ValueError(
                f"Tensor conversion requested for IndexedSlices for argument `{name or 'value'}` without dense_shape: "
                f"{self}"
            )
        if dtype is not None and not dtype.is_compatible_with(self.dtype):
            raise ValueError(
                f"Incompatible tensor conversion requested to `dtype` {dtype.name} for IndexedSlices ({self}) "
                f"with dtype {self.dtype.name}"
            )
        from gradtape._src.ops.segments import unsorted_segment_sum  # imported lazily, for faster startup

        return unsorted_segment_sum(self._values, self._indices, self.shape[0])

    def _parts(self) -> tuple[Any, ...]:
        return self._values, self._indices, self._dense_shape

    def _with_values(self, values: Any) -> IndexedSlices:
        return IndexedSlices(values, self._indices, self._dense_shape)

    def _add_to(self, other: Any) -> Any:
        """The sum with a dense tensor, which is dense, or with other IndexedSlices, which concatenates both."""
        if not isinstance(other, IndexedSlices):
            return as_tensor(other) + as_tensor(self)
        indices = np.concatenate([np.asarray(self._indices), np.asarray(other.indices)])
        values = concat([as_tensor(self._values), as_tensor(other.values)], 0)
        return IndexedSlices(values, tensor_from(indices), self._dense_shape)


def values_of(x: Any) -> Tensor:
    """A tensor of x, or the values of a sparse tensor or IndexedSlices."""
    return as_tensor(x.values if isinstance(x, CompositeTensor) else x)


def with_values(x: Any, values: Tensor) -> Any:
    """The values, at the positions of x if that is a sparse tensor or IndexedSlices."""
    return x._with_values(values) if isinstance(x, CompositeTensor) else values
