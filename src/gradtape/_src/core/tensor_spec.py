"""TypeSpec and TensorSpec: descriptions of values before they exist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType, as_dtype
from gradtape._src.core.string_tensor import StringTensor, as_any_tensor
from gradtape._src.core.tensor_shape import TensorShape


class TypeSpec:
    """Base class of `tf.TensorSpec` and other type specifications.

    Example:
      >>> isinstance(tf.TensorSpec([2]), tf.TypeSpec)
      True
    """

    __slots__ = ()

    @property
    def value_type(self) -> type:
        """The class of the values that the specification is of."""
        raise NotImplementedError(f"{type(self).__name__}.value_type")

    def is_subtype_of(self, other: TypeSpec) -> bool:
        """Whether every value of this specification matches the other.

        Args:
          other: a specification.

        Returns:
          A bool.

        Example:
          >>> tf.TensorSpec([2, 3]).is_subtype_of(tf.TensorSpec([None, 3]))
          True
        """
        return self == other

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a value matches, or some value matches both specifications.

        Args:
          spec_or_value: a specification or a value.

        Returns:
          A bool.

        Example:
          >>> tf.TensorSpec([None, 3]).is_compatible_with(tf.zeros([2, 3]))
          True
        """
        return self == spec_or_value

    def most_specific_common_supertype(self, others: Sequence[TypeSpec]) -> TypeSpec | None:
        """The most detailed specification that this one and all others are subtypes of.

        Args:
          others: specifications.

        Returns:
          A specification, or None if there is none.

        Example:
          >>> tf.TensorSpec([2, 3]).most_specific_common_supertype([tf.TensorSpec([2, 4])])
          TensorSpec(shape=(2, None), dtype=tf.float32, name=None)
        """
        return self if all(self == other for other in others) else None

    def most_specific_compatible_type(self, other: TypeSpec) -> TypeSpec:
        """The most detailed specification that this one and another are subtypes of.

        Args:
          other: a specification.

        Returns:
          A specification.

        Raises:
          ValueError: there is none.

        Example:
          >>> tf.TensorSpec([2]).most_specific_compatible_type(tf.TensorSpec([3]))
          TensorSpec(shape=(None,), dtype=tf.float32, name=None)
        """
        found = self.most_specific_common_supertype([other])
        if found is None:
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        return found


class TensorSpec(TypeSpec):
    """The shape and dtype of a tensor.

    Args:
      shape: a `tf.TensorShape` or what makes one; None for an unknown number of axes.
      dtype: a dtype.
      name: a name, or None.

    Raises:
      TypeError: the dtype is unknown.

    Example:
      >>> tf.TensorSpec([None, 3], tf.float64)
      TensorSpec(shape=(None, 3), dtype=tf.float64, name=None)
    """

    __slots__ = ("_dtype", "_name", "_shape")

    def __init__(self, shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> None:
        self._shape = TensorShape(shape)
        self._dtype = as_dtype(dtype)
        self._name = name

    @property
    def shape(self) -> TensorShape:
        """The known shape."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """The element type."""
        return self._dtype

    @property
    def name(self) -> str | None:
        """The name, or None."""
        return self._name

    @property
    def value_type(self) -> type:
        """`tf.Tensor`."""
        return Tensor

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> TensorSpec:
        """The specification of a value like another's.

        Args:
          spec: what has a shape and a dtype.
          name: the new name; that of `spec` if None.

        Returns:
          A TensorSpec.

        Example:
          >>> tf.TensorSpec.from_spec(tf.TensorSpec([2]), name="x")
          TensorSpec(shape=(2,), dtype=tf.float32, name='x')
        """
        return cls(spec.shape, spec.dtype, name or spec.name)

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """The specification that a tensor fits.

        Args:
          tensor: a tensor.
          name: a name, or None.

        Returns:
          A TensorSpec.

        Raises:
          ValueError: it is not a tensor.

        Example:
          >>> tf.TensorSpec.from_tensor(tf.zeros([2, 3]))
          TensorSpec(shape=(2, 3), dtype=tf.float32, name=None)
        """
        if not isinstance(tensor, Tensor | StringTensor):
            raise ValueError(f"`tensor` should be a tf.Tensor, but got type {type(tensor)}.")
        return cls(tensor.shape, tensor.dtype, name)

    def is_subtype_of(self, other: TypeSpec) -> bool:
        """Whether every tensor of this specification matches the other.

        Args:
          other: a specification.

        Returns:
          A bool.

        Example:
          >>> tf.TensorSpec([2, 3]).is_subtype_of(tf.TensorSpec([None, 3]))
          True
        """
        return (
            isinstance(other, TensorSpec)
            and (self._name is None or self._name == other._name)
            and self._dtype is other._dtype
            and self._shape.is_subtype_of(other._shape)
        )

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a tensor matches, or some tensor matches both specifications.

        Args:
          spec_or_value: a specification, a tensor or a variable.

        Returns:
          A bool.

        Example:
          >>> tf.TensorSpec([None, 3]).is_compatible_with(tf.TensorSpec([2, None]))
          True
        """
        return isinstance(spec_or_value, TensorSpec | Tensor | StringTensor | BaseVariable) and (
            spec_or_value.dtype is self._dtype and self._shape.is_compatible_with(spec_or_value.shape)
        )

    def most_specific_common_supertype(self, others: Sequence[TypeSpec]) -> TensorSpec | None:
        """The most detailed specification that this one and all others are subtypes of.

        Args:
          others: specifications.

        Returns:
          A TensorSpec, or None if dtypes or names differ.

        Example:
          >>> tf.TensorSpec([2, 3]).most_specific_common_supertype([tf.TensorSpec([2, 4])])
          TensorSpec(shape=(2, None), dtype=tf.float32, name=None)
        """
        shape = self._shape
        for other in others:
            if not isinstance(other, TensorSpec) or (other._dtype, other._name) != (self._dtype, self._name):
                return None
            shape = shape.most_specific_compatible_shape(other._shape)
        return TensorSpec(shape, self._dtype, self._name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorSpec) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self._shape, self._dtype))

    def _key(self) -> tuple[Any, ...]:
        return self._shape, self._dtype, self._name

    def __repr__(self) -> str:
        shape = "<unknown>" if self._shape.rank is None else str(tuple(self._shape))
        return f"TensorSpec(shape={shape}, dtype={self._dtype!r}, name={self._name!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return TensorSpec, self._key()


class CompositeSpec(TypeSpec):
    """The base of specifications of tensors that are stored as several, such as `tf.SparseTensorSpec`.

    Args:
      shape: the dense tensor's shape, a `tf.TensorShape` or what makes one; None for an unknown number of axes.
      dtype: the dtype of its values.

    Raises:
      TypeError: the dtype is unknown.
    """

    __slots__ = ("_dtype", "_shape")

    def __init__(self, shape: Any = None, dtype: Any = dtypes.float32) -> None:
        self._shape = TensorShape(shape)
        self._dtype = as_dtype(dtype)

    @property
    def shape(self) -> TensorShape:
        """The known shape of the dense tensor."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """The dtype of the values."""
        return self._dtype

    @property
    def value_type(self) -> type:
        """The class of the tensors."""
        raise NotImplementedError(f"{type(self).__name__}.value_type")

    def _parts(self) -> tuple[TensorSpec, ...]:
        """The specifications of the component tensors."""
        raise NotImplementedError(f"{type(self).__name__}._parts")

    def is_subtype_of(self, other: TypeSpec) -> bool:
        """Whether every tensor of this specification matches the other.

        Args:
          other: a specification.

        Returns:
          A bool.

        Example:
          >>> tf.SparseTensorSpec([2, 3]).is_subtype_of(tf.SparseTensorSpec([None, 3]))
          True
        """
        return type(other) is type(self) and (self._dtype is other._dtype and self._shape.is_subtype_of(other._shape))

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a tensor matches, or some tensor matches both specifications.

        Args:
          spec_or_value: a specification or a tensor.

        Returns:
          A bool.

        Example:
          >>> tf.SparseTensorSpec([None, 3]).is_compatible_with(tf.SparseTensorSpec([2, None]))
          True
        """
        if not isinstance(spec_or_value, (type(self), self.value_type)):
            return False
        value: Any = spec_or_value
        return value.dtype is self._dtype and self._shape.is_compatible_with(value.shape)

    def most_specific_common_supertype(self, others: Sequence[TypeSpec]) -> TypeSpec | None:
        """The most detailed specification that this one and all others are subtypes of.

        Args:
          others: specifications.

        Returns:
          A specification, or None if dtypes differ.

        Example:
          >>> tf.SparseTensorSpec([2, 3]).most_specific_common_supertype([tf.SparseTensorSpec([2, 4])])
          SparseTensorSpec(TensorShape([2, None]), tf.float32)
        """
        shape = self._shape
        for other in others:
            if type(other) is not type(self) or other._dtype is not self._dtype:
                return None
            shape = shape.most_specific_compatible_shape(other._shape)
        return type(self)(shape, self._dtype)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and (other._shape, other._dtype) == (self._shape, self._dtype)

    def __hash__(self) -> int:
        return hash((self._shape, self._dtype))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._shape!r}, {self._dtype!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._shape, self._dtype)


def type_spec_from_value(value: Any) -> TypeSpec:
    """The spec that describes a value.

    Args:
      value: a tensor, a variable, or what converts to a tensor.

    Returns:
      A TensorSpec, or the specification of another kind of tensor.

    Raises:
      TypeError: no spec describes such a value.

    Example:
      >>> tf.type_spec_from_value(tf.constant([1.0, 2.0]))
      TensorSpec(shape=(2,), dtype=tf.float32, name=None)
    """
    if isinstance(value, Tensor | StringTensor | BaseVariable):
        return TensorSpec(value.shape, value.dtype)
    if hasattr(value, "_type_spec"):
        return value._type_spec
    try:
        return TensorSpec.from_tensor(as_any_tensor(value))
    except (TypeError, ValueError):
        raise TypeError(f"Could not build a TypeSpec for {value} with type {type(value).__name__}") from None
