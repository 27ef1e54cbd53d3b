"""TensorShape: the shape of a tensor, and of a value whose sizes are partly unknown."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from typing import Any, SupportsIndex, TypeAlias, overload

from gradtape._src.core.typing import ShapeLike

Dims = tuple[int | None, ...]
# To type checkers: a size is None only in shapes that no tensor has, and programs that compute with sizes need not ask.
Size: TypeAlias = "int | Any"


class TensorShape:
    """Sizes of a tensor's axes: indexes, compares and unpacks as a tuple of ints, formats as one value.

    ``TensorShape([3, 2])`` is fully known, as every tensor's shape is; ``TensorShape([None, 2])`` leaves the first size
    open and ``TensorShape(None)`` even the number of axes, for `tf.ensure_shape` and others.

    Args:
      dims: an iterable of sizes (ints, objects with ``__index__``, or None), one size, another TensorShape, or None.

    Raises:
      TypeError: a size is not an integer.
      ValueError: a size is negative.

    Example:
      >>> shape = tf.constant([[1, 2, 3], [4, 5, 6]]).shape
      >>> shape, shape[1], shape == (2, 3)
      (TensorShape([2, 3]), 3, True)
    """

    __slots__ = ("__dict__", "__weakref__", "_dims")
    _dims: Dims | None

    def __init__(self, dims: ShapeLike | None) -> None:
        self._dims = _sizes(dims)

    @classmethod
    def from_tuple(cls, dims: tuple[int, ...]) -> TensorShape:
        """The shape of these sizes, which are not validated: for callers that know them to be valid.

        Args:
          dims: a tuple of ints.

        Returns:
          A TensorShape.

        Example:
          >>> tf.TensorShape.from_tuple((2, 3))
          TensorShape([2, 3])
        """
        shape = cls.__new__(cls)
        shape._dims = dims
        return shape

    @property
    def rank(self) -> Size:
        """Number of axes, or None if unknown."""
        return None if self._dims is None else len(self._dims)

    @property
    def ndims(self) -> Size:
        """Number of axes, or None if unknown."""
        return self.rank

    @property
    def dims(self) -> list[Size] | Any:
        """The sizes as a list, None for an unknown rank."""
        return None if self._dims is None else list(self._dims)

    def as_list(self) -> list[Size]:
        """The sizes as a list, None for an unknown one.

        Returns:
          A list.

        Raises:
          ValueError: the rank is unknown.

        Example:
          >>> tf.TensorShape([None, 3]).as_list()
          [None, 3]
        """
        if self._dims is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self._dims)

    def num_elements(self) -> Size:
        """The product of the sizes.

        Returns:
          An int, or None if a size is unknown.

        Example:
          >>> tf.TensorShape([2, 3]).num_elements()
          6
        """
        dims: Any = self._dims
        return math.prod(dims) if self.is_fully_defined() else None

    def is_fully_defined(self) -> bool:
        """Whether every size is known.

        Returns:
          A bool.

        Example:
          >>> tf.TensorShape([2, None]).is_fully_defined()
          False
        """
        return self._dims is not None and None not in self._dims

    def is_compatible_with(self, other: ShapeLike | None) -> bool:
        """Whether some fully known shape is compatible with both shapes.

        Args:
          other: a TensorShape, or what makes one.

        Returns:
          A bool.

        Raises:
          TypeError, ValueError: the other is not a shape.

        Example:
          >>> tf.TensorShape([2, None]).is_compatible_with([None, 3])
          True
        """
        mine, others = self._dims, _sizes(other)
        if mine is None or others is None:
            return True
        return len(mine) == len(others) and all(
            a is None or b is None or a == b for a, b in zip(mine, others, strict=True)
        )

    def is_subtype_of(self, other: ShapeLike | None) -> bool:
        """Whether every tensor of this shape also has the other.

        Args:
          other: a TensorShape.

        Returns:
          A bool.

        Example:
          >>> tf.TensorShape([2, 3]).is_subtype_of(tf.TensorShape([None, 3]))
          True
        """
        mine, others = self._dims, _sizes(other)
        if others is None:
            return True
        return (
            mine is not None
            and len(mine) == len(others)
            and all(b is None or a == b for a, b in zip(mine, others, strict=True))
        )

    def merge_with(self, other: ShapeLike | None) -> TensorShape:
        """The shape that knows what either of two knows.

        Args:
          other: a TensorShape, or what makes one.

        Returns:
          A TensorShape.

        Raises:
          ValueError: they contradict each other.

        Example:
          >>> tf.TensorShape([2, None]).merge_with([None, 3])
          TensorShape([2, 3])
        """
        mine, others = self._dims, _sizes(other)
        if mine is None or others is None:
            return TensorShape(mine if others is None else others)
        if not self.is_compatible_with(others):
            raise ValueError(f"Shapes {self} and {TensorShape(others)} are not compatible")
        return TensorShape([b if a is None else a for a, b in zip(mine, others, strict=True)])

    def most_specific_compatible_shape(self, other: ShapeLike | None) -> TensorShape:
        """The most detailed shape that both this one and another are instances of.

        Args:
          other: a TensorShape, or what makes one.

        Returns:
          A TensorShape.

        Raises:
          TypeError, ValueError: the other is not a shape.

        Example:
          >>> tf.TensorShape([2, 3]).most_specific_compatible_shape([2, 4])
          TensorShape([2, None])
        """
        mine, others = self._dims, _sizes(other)
        if mine is None or others is None or len(mine) != len(others):
            return TensorShape(None)
        return TensorShape([a if a == b else None for a, b in zip(mine, others, strict=True)])

    def concatenate(self, other: ShapeLike | None) -> TensorShape:
        """This shape's axes followed by those of the other.

        Args:
          other: a TensorShape, or what makes one.

        Returns:
          A TensorShape.

        Raises:
          TypeError, ValueError: the other is not a shape.

        Example:
          >>> tf.TensorShape([2]).concatenate([3, 4])
          TensorShape([2, 3, 4])
        """
        mine, others = self._dims, _sizes(other)
        return TensorShape(None if mine is None or others is None else mine + others)

    def with_rank(self, rank: int) -> TensorShape:
        """This shape, or one of unknown sizes if the rank was unknown.

        Args:
          rank: the number of axes.

        Returns:
          A TensorShape.

        Raises:
          ValueError: invalid rank.

        Example:
          >>> tf.TensorShape(None).with_rank(2)
          TensorShape([None, None])
        """
        self.assert_has_rank(rank)
        return TensorShape([None] * rank) if self._dims is None else self

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """This shape, after checking that it has at least this many axes, or an unknown number.

        Args:
          rank: the number of axes.

        Returns:
          A TensorShape.

        Raises:
          ValueError: it has fewer.

        Example:
          >>> tf.TensorShape([2, 3]).with_rank_at_least(1)
          TensorShape([2, 3])
        """
        if self._dims is not None and len(self._dims) < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """This shape, after checking that it has at most this many axes, or an unknown number.

        Args:
          rank: the number of axes.

        Returns:
          A TensorShape.

        Raises:
          ValueError: it has more.

        Example:
          >>> tf.TensorShape([2, 3]).with_rank_at_most(2)
          TensorShape([2, 3])
        """
        if self._dims is not None and len(self._dims) > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    def assert_has_rank(self, rank: int) -> None:
        """Checks the number of axes, which may be unknown.

        Args:
          rank: the number of axes.

        Raises:
          ValueError: invalid rank.

        Example:
          >>> tf.TensorShape([2, 3]).assert_has_rank(2)
        """
        if self.rank not in (None, rank):
            raise ValueError(f"Shape {self} must have rank {rank}")

    def assert_same_rank(self, other: ShapeLike | None) -> None:
        """Checks that another shape has as many axes, or that either number is unknown.

        Args:
          other: a TensorShape, or what makes one.

        Raises:
          ValueError: the ranks differ.

        Example:
          >>> tf.TensorShape([2, 3]).assert_same_rank([None, None])
        """
        shape = TensorShape(other)
        if self.rank is not None and shape.rank is not None and self.rank != shape.rank:
            raise ValueError(f"Shapes {self} and {shape} must have the same rank")

    def assert_is_fully_defined(self) -> None:
        """Checks that every size is known.

        Raises:
          ValueError: one is not.

        Example:
          >>> tf.TensorShape([2, 3]).assert_is_fully_defined()
        """
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def assert_is_compatible_with(self, other: ShapeLike | None) -> None:
        """Checks that some fully known shape is compatible with both shapes.

        Args:
          other: a TensorShape, or what makes one.

        Raises:
          ValueError: none does.

        Example:
          >>> tf.TensorShape([2, 3]).assert_is_compatible_with([None, 3])
        """
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are incompatible")

    def __len__(self) -> int:
        if self._dims is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return len(self._dims)

    def __bool__(self) -> bool:
        return self._dims is not None

    def __iter__(self) -> Iterator[Size]:
        if self._dims is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter(self._dims)

    @overload
    def __getitem__(self, key: slice) -> TensorShape: ...
    @overload
    def __getitem__(self, key: SupportsIndex) -> Size: ...
    def __getitem__(self, key: Any) -> Any:
        if self._dims is None:
            if not isinstance(key, slice):
                return None
            if key.step is not None:
                raise ValueError("Steps are not yet handled")
            start, stop = key.start or 0, key.stop
            known = stop is not None and start >= 0 and stop >= 0
            return TensorShape([None] * max(stop - start, 0) if known else None)
        if isinstance(key, slice):
            return TensorShape.from_tuple(self._dims[key])  # type: ignore[arg-type]
        return self._dims[key]

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return TensorShape(other).concatenate(self)

    def __eq__(self, other: object) -> bool:
        try:
            return self._dims == _sizes(other)
        except (TypeError, ValueError):
            return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._dims)

    def __repr__(self) -> str:
        return f"TensorShape({None if self._dims is None else list(self._dims)})"

    def __str__(self) -> str:
        return "<unknown>" if self._dims is None else str(self._dims)

    def __reduce__(self) -> tuple[Any, ...]:
        return TensorShape, (self._dims,)

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        """The sizes as a tensor of int32, or of int64 if requested; ValueError if one is unknown."""
        from gradtape._engine.api.api import as_tensor
        from gradtape._src.core.dtypes import int32, int64

        if not self.is_fully_defined():
            raise ValueError(f"Cannot convert a partially known TensorShape {self} to a Tensor.")
        sizes: Any = self._dims
        if dtype not in (None, int32, int64):
            raise TypeError(
                f"Cannot convert TensorShape {self} to dtype {dtype}. Allowed dtypes are tf.int32 and tf.int64."
            )
        return as_tensor(sizes, dtype or (int64 if any(size >= 2**31 for size in sizes) else int32))


def _sizes(dims: Any) -> Dims | None:
    """Converts ``dims`` to sizes, and checks them."""
    if type(dims) is TensorShape:
        return dims._dims
    if dims is None:
        return None
    if isinstance(dims, str) and dims:
        raise TypeError(
            f"Failed to convert '{dims!r}' to a shape: '{dims[0]!r}'could not be converted to a dimension. "
            "A shape should either be single dimension (e.g. 10), or an iterable of dimensions (e.g. [1, 10, None])."
        )
    try:
        sizes = iter(dims)
    except TypeError:
        return (_size(dims),)
    return tuple([_size(size) for size in sizes])


def _size(value: Any) -> int | None:
    if value is None:
        return None
    try:
        size = operator.index(value)
    except TypeError:
        raise TypeError(
            "Dimension value must be integer or None or have an __index__ method, "
            f"got value '{value!r}' with type '{type(value)!r}'"
        ) from None
    if size < 0:
        raise ValueError(f"Dimension {size} must be >= 0")
    return size
