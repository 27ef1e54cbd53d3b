"""SparseTensor: a tensor of which only some elements are stored, each with its place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from
from gradtape._engine.ops.rows import take_rows
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.composite import CompositeTensor
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import WIDE, dims_text
from gradtape._src.core.string_tensor import StringTensor, as_any_tensor
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.tensor_spec import CompositeSpec, TensorSpec
from gradtape._src.core.typing import ShapeLike, TensorLike


class SparseTensor(CompositeTensor):
    """A tensor of which some elements are stored, with their positions; the others are 0.

    Gradients go through `values`. Most functions of `tf.sparse` want the positions in the order of rows, as
    `tf.sparse.reorder` gives them.

    Args:
      indices: the positions, integers of shape [n, rank].
      values: the elements at these positions, of shape [n], of any dtype.
      dense_shape: the shape, of `rank` integers.

    Raises:
      ValueError: the shapes do not belong together, or a tensor that is given is not of int64.
      TypeError: indices or dense_shape are no integers.

    Example:
      >>> matrix = tf.SparseTensor([[0, 1], [2, 0]], [1.0, 2.0], dense_shape=[3, 2])
      >>> tf.sparse.to_dense(matrix).numpy()
      array([[0., 1.],
             [0., 0.],
             [2., 0.]], dtype=float32)
    """

    __array_ufunc__ = None  # NumPy leaves arithmetic to the operators here

    def __init__(self, indices: TensorLike, values: Any, dense_shape: ShapeLike) -> None:
        self._indices = _int64("indices", indices)
        self._values: Any = as_any_tensor(values)
        self._dense_shape = _int64(
            "dense_shape", tuple(dense_shape) if type(dense_shape) is TensorShape else dense_shape
        )
        for part, rank in ((self._indices, 2), (self._values, 1), (self._dense_shape, 1)):
            if part.ndim != rank:
                raise ValueError(f"Shape {_shape_text(part)} must have rank {rank}")
        _check_equal(self._indices.shape[0], self._values.shape[0])
        _check_equal(self._indices.shape[1], self._dense_shape.shape[0])

    _leaves_out_zeros = True

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """A sparse tensor of what has `indices`, `values` and `dense_shape`.

        Args:
          sparse_tensor_value: a SparseTensor, or what has these attributes.

        Returns:
          A SparseTensor.

        Raises:
          TypeError: it has no such attributes.

        Example:
          >>> tf.SparseTensor.from_value(tf.sparse.eye(2)).shape
          TensorShape([2, 2])
        """
        if not all(hasattr(sparse_tensor_value, name) for name in ("indices", "values", "dense_shape")):
            raise TypeError(
                f"Argument sparse_tensor_value={sparse_tensor_value} is neither a SparseTensor nor SparseTensorValue."
            )
        return cls(sparse_tensor_value.indices, sparse_tensor_value.values, sparse_tensor_value.dense_shape)

    @property
    def indices(self) -> Tensor:
        """The positions, of shape [n, rank]."""
        return self._indices

    @property
    def values(self) -> Any:
        """The elements at these positions, of shape [n]."""
        return self._values

    @property
    def dense_shape(self) -> Tensor:
        """The shape, as a vector of int64."""
        return self._dense_shape

    @property
    def shape(self) -> TensorShape:
        """The shape."""
        return TensorShape(np.asarray(self._dense_shape).tolist())

    @property
    def dtype(self) -> Any:
        """The dtype of the values."""
        return self._values.dtype

    @property
    def op(self) -> Any:
        """Not there: values are computed at once. Reading it raises AttributeError."""
        raise AttributeError("Tensor.op is undefined when eager execution is enabled.")

    @property
    def graph(self) -> Any:
        """Not there: values are computed at once. Reading it raises AttributeError."""
        raise AttributeError("Tensor.graph is undefined when eager execution is enabled.")

    def get_shape(self) -> TensorShape:
        """The shape.

        Returns:
          A TensorShape.

        Example:
          >>> tf.sparse.eye(2, 3).get_shape()
          TensorShape([2, 3])
        """
        return self.shape

    def set_shape(self, shape: ShapeLike) -> None:
        """Asserts that the shape is as said.

        Args:
          shape: a TensorShape or what makes one.

        Raises:
          ValueError: it is not.

        Example:
          >>> tf.sparse.eye(2).set_shape([2, None])
        """
        self.shape.assert_is_compatible_with(TensorShape(shape))

    def consumers(self) -> list[Any]:
        """Operations that use the tensor: none are kept.

        Returns:
          An empty list.

        Example:
          >>> tf.sparse.eye(2).consumers()
          []
        """
        return []

    def with_values(self, new_values: TensorLike) -> SparseTensor:
        """Other values at the same positions.

        Args:
          new_values: a vector of as many values.

        Returns:
          A SparseTensor.

        Raises:
          ValueError: there are more or fewer.

        Example:
          >>> tf.sparse.eye(2).with_values([3.0, 4.0]).values.numpy()
          array([3., 4.], dtype=float32)
        """
        return SparseTensor(self._indices, new_values, self._dense_shape)

    @property
    def _type_spec(self) -> SparseTensorSpec:
        return SparseTensorSpec(self.shape, self.dtype)

    def _parts(self) -> tuple[Any, ...]:
        return self._indices, self._values, self._dense_shape

    def _with_values(self, values: Any) -> SparseTensor:
        return self.with_values(values)

    def __mul__(self, y: Any) -> SparseTensor:
        from gradtape._src.sparse.arithmetic import multiply

        return multiply(self, y)

    __rmul__ = __mul__

    def __truediv__(self, y: Any) -> SparseTensor:
        from gradtape._src.sparse.arithmetic import divide

        return divide(self, y)

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Tensor:
        """Refuses: `tf.sparse.to_dense` makes a dense tensor."""
        raise ValueError(
            f"Attempt to convert a value ({self!r}) with an unsupported type ({type(self)}) to a Tensor. "
            "Use tf.sparse.to_dense, an op of tf.sparse, or tf.sparse.map_values(function, tensor)."
        )

    def __repr__(self) -> str:
        return f"SparseTensor(indices={self._indices!s}, values={self._values!s}, dense_shape={self._dense_shape!s})"

    def __reduce__(self) -> tuple[Any, ...]:
        return SparseTensor, self._parts()


class SparseTensorSpec(CompositeSpec):
    """The shape and dtype of a `tf.SparseTensor`.

    Args:
      shape: the shape, a `tf.TensorShape` or what makes one; None for an unknown number of axes.
      dtype: the dtype of the values.

    Raises:
      TypeError: there is no such dtype.

    Example:
      >>> tf.SparseTensorSpec([None, 3], tf.float64)
      SparseTensorSpec(TensorShape([None, 3]), tf.float64)
    """

    __slots__ = ()

    @property
    def value_type(self) -> type:
        """`tf.SparseTensor`."""
        return SparseTensor

    def _parts(self) -> tuple[TensorSpec, ...]:
        rank = self._shape.rank
        return (
            TensorSpec([None, rank], dtypes.int64),
            TensorSpec([None], self._dtype),
            TensorSpec([rank], dtypes.int64),
        )


def _int64(name: str, value: Any) -> Tensor:
    try:
        return as_tensor(value, dtypes.int64)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _shape_text(part: Tensor | StringTensor) -> str:
    return f"({', '.join(map(str, part.shape))}{',' if part.ndim == 1 else ''})"


def _check_equal(count: int, other: int) -> None:
    if count != other:
        raise ValueError(f"Dimensions {count} and {other} are not compatible")


def checked(value: Any) -> SparseTensor:
    """A sparse tensor; TypeError for anything else."""
    if not isinstance(value, SparseTensor):
        raise TypeError("Input must be a SparseTensor.")
    return value


def places_of(tensor: SparseTensor) -> np.ndarray:
    """The positions, of shape [n, rank], as NumPy reads them."""
    return np.asarray(tensor.indices)


def sizes_of(tensor: SparseTensor) -> tuple[int, ...]:
    """The shape, as integers."""
    return tuple(np.asarray(tensor.dense_shape).tolist())


def rows_of(op: str, places: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    """The number of each place in the order of rows. Raises InvalidArgumentError for one outside, or one that int64
    does not hold."""
    check_within(op, places, sizes)
    if math.prod(sizes) >= WIDE:
        raise invalid_argument(op, f"a tensor of shape {dims_text(sizes)} has more than 2**63 elements", "")
    return np.ravel_multi_index(tuple(places.T), sizes)


def check_within(op: str, places: np.ndarray, sizes: tuple[int, ...]) -> None:
    """Raises InvalidArgumentError for a place outside."""
    outside = ((places < 0) | (places >= np.array(sizes))).any(1)
    if outside.any():
        first = int(np.argmax(outside))
        raise invalid_argument(
            op,
            f"indices[{first}] = {dims_text(places[first])} is out of bounds: need 0 <= index < {dims_text(sizes)}",
            "",
        )


def ordering(places: np.ndarray) -> np.ndarray:
    """What sorts positions into the order of rows; equal ones stay as they are."""
    return np.lexsort(places.T[::-1])


def taken(values: Any, index: np.ndarray) -> Any:
    """Values by number, of text or of numbers; of these, 0 where the number is negative."""
    if type(values) is StringTensor:
        return StringTensor.of_bytes(values.numpy()[index])
    return take_rows("GatherV2", values, index, index.shape)


def made(places: np.ndarray, values: Any, sizes: Any) -> SparseTensor:
    """A sparse tensor of positions and sizes that NumPy has."""
    return SparseTensor(
        tensor_from(np.ascontiguousarray(places, np.int64)), values, tensor_from(np.array(sizes, np.int64))
    )


def chosen(tensor: SparseTensor, index: np.ndarray, places: np.ndarray, sizes: Any) -> SparseTensor:
    """Some of a tensor's values, by number, at other positions."""
    return made(places, taken(tensor.values, index), sizes)
