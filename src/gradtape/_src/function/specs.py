"""Type specs: what a function's tensors are, their values apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gradtape._doors import as_tensor
from gradtape._src.core import dtypes
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._tensor import Tensor
from gradtape._variable import BaseVariable


class TensorSpec:
    """A tensor's shape, in which None stands for any size, and its dtype.

    Args:
      shape: the shape; None for any.
      dtype: the dtype, float32 unless given.
      name: the name of the argument that it describes.

    Example:
      >>> tf.TensorSpec([None, 2], tf.float32)
      TensorSpec(shape=(None, 2), dtype=tf.float32, name=None)
      >>> @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
      ... def total(x):
      ...     return tf.reduce_sum(x)
      >>> total([1.0, 2.0]).numpy(), total([1.0, 2.0, 3.0]).numpy()
      (np.float32(3.0), np.float32(6.0))
    """

    __slots__ = ("_dtype", "_name", "_shape")

    def __init__(self, shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> None:
        self._shape = TensorShape(shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._name = name

    @property
    def shape(self) -> TensorShape:
        """The shape."""
        return self._shape

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype."""
        return self._dtype

    @property
    def name(self) -> str | None:
        """The name, or None."""
        return self._name

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """The spec of a tensor.

        Args:
          tensor: a tensor.
          name: the spec's name.

        Returns:
          A TensorSpec.

        Example:
          >>> tf.TensorSpec.from_tensor(tf.constant([1, 2]))
          TensorSpec(shape=(2,), dtype=tf.int32, name=None)
        """
        return cls(tensor.shape, tensor.dtype, name)

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> TensorSpec:
        """A spec of the same shape and dtype, under another name if one is given.

        Args:
          spec: what has a shape and a dtype.
          name: the new name.

        Returns:
          A TensorSpec.

        Example:
          >>> tf.TensorSpec.from_spec(tf.TensorSpec([2], tf.int32), name="x")
          TensorSpec(shape=(2,), dtype=tf.int32, name='x')
        """
        return cls(spec.shape, spec.dtype, name or getattr(spec, "name", None))

    def is_compatible_with(self, spec_or_tensor: Any) -> bool:
        """Whether a tensor, or all that a spec describes, may be what this one describes.

        Args:
          spec_or_tensor: a tensor, a spec, or what converts to a tensor.

        Returns:
          A bool.

        Example:
          >>> tf.TensorSpec([None, 2]).is_compatible_with(tf.zeros([3, 2]))
          True
        """
        other = spec_or_tensor if hasattr(spec_or_tensor, "dtype") else as_tensor(spec_or_tensor)
        dtype = dtypes.as_dtype(other.dtype)
        return dtype == self.dtype and self.shape.is_compatible_with(TensorShape(other.shape))

    def is_subtype_of(self, other: Any) -> bool:
        """Whether all that this spec describes is described by the other.

        Args:
          other: a spec.

        Returns:
          A bool.

        Example:
          >>> tf.TensorSpec([2]).is_subtype_of(tf.TensorSpec([None]))
          True
        """
        return isinstance(other, TensorSpec) and self.dtype == other.dtype and covers(other.shape, self.shape)

    def most_specific_common_supertype(self, others: Iterable[Any]) -> TensorSpec | None:
        """The narrowest spec that describes all that this and the others do; None where there is none.

        Args:
          others: specs.

        Returns:
          A TensorSpec or None.

        Example:
          >>> tf.TensorSpec([2, 3]).most_specific_common_supertype([tf.TensorSpec([2, 4])])
          TensorSpec(shape=(2, None), dtype=tf.float32, name=None)
        """
        shape = self.shape
        for other in others:
            if not isinstance(other, TensorSpec) or (other.dtype, other.name) != (self.dtype, self.name):
                return None
            shape = common_shape(shape, other.shape)
        return TensorSpec(shape, self.dtype, self.name)

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self.shape}, dtype={self.dtype!r}, name={self.name!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TensorSpec):
            return NotImplemented
        return (self._key(), self.name) == (other._key(), other.name)

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> tuple[Any, ...]:
        return TensorSpec, (self.shape, self.dtype, self.name)

    def _key(self) -> tuple[Any, ...]:
        sizes = None if self.shape.rank is None else tuple(self.shape.as_list())
        return sizes, self.dtype


def covers(wide: TensorShape, narrow: TensorShape) -> bool:
    """Whether every shape that the narrow one stands for is one that the wide one stands for."""
    if wide.rank is None:
        return True
    if narrow.rank != wide.rank:
        return False
    return all(size is None or size == other for size, other in zip(wide.as_list(), narrow.as_list(), strict=True))


def common_shape(one: TensorShape, other: TensorShape) -> TensorShape:
    """The narrowest shape that stands for both."""
    if one.rank is None or one.rank != other.rank:
        return TensorShape(None)
    return TensorShape([a if a == b else None for a, b in zip(one.as_list(), other.as_list(), strict=True)])


def type_spec_from_value(value: Any) -> TensorSpec:
    """The spec that describes a value.

    Args:
      value: a tensor, a variable, or what converts to a tensor.

    Returns:
      A TensorSpec.

    Raises:
      TypeError: no spec describes such a value.

    Example:
      >>> tf.type_spec_from_value(tf.constant([1.0, 2.0]))
      TensorSpec(shape=(2,), dtype=tf.float32, name=None)
    """
    if isinstance(value, Tensor | BaseVariable):
        return TensorSpec(value.shape, value.dtype)
    try:
        return TensorSpec.from_tensor(as_tensor(value))
    except (TypeError, ValueError):
        raise TypeError(f"Could not build a TypeSpec for {value} with type {type(value).__name__}") from None
