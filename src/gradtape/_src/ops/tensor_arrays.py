"""TensorArray: a list of tensors of one dtype, written and read by index."""

from __future__ import annotations

from typing import Any

from gradtape._engine.api.api import as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import InvalidArgumentError, OutOfRangeError
from gradtape._src.core.operands import int_of, ints_of
from gradtape._src.core.string_tensor import as_any_tensor
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.ops.creation import zeros
from gradtape._src.ops.joining import concat, split as split_tensor, stack, unstack as unstack_tensor
from gradtape._src.ops.shapes import reshape


class TensorArray:
    """A list of tensors of one dtype and shape. Elements that were not written read as zeros.

    It is modified in place, and every method that modifies it returns it, so that programs which use the returned
    array work unchanged. Gradients flow through writes and reads.

    Args:
      dtype: the dtype of the tensors.
      size: their number.
      dynamic_size: whether writing beyond the end extends it.
      clear_after_read: whether a tensor is released after it was read; True by default.
      tensor_array_name, handle, flow, name: not used.
      infer_shape: whether all tensors must have the shape of the first.
      element_shape: the shape of each tensor.
      colocate_with_first_write_call: not used.

    Raises:
      ValueError: no size is given.

    Example:
      >>> squares = tf.TensorArray(tf.float32, size=3)
      >>> for i in range(3):
      ...     squares = squares.write(i, float(i) ** 2)
      >>> squares.stack().numpy()
      array([0., 1., 4.], dtype=float32)
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        if size is None:
            raise ValueError("Size must be declared for TensorArrays when eager execution is enabled.")
        self._dtype = dtypes.as_dtype(dtype)
        self._dynamic = bool(dynamic_size)
        self._clears = clear_after_read is None or bool(clear_after_read)
        self._infers = infer_shape
        self._shape = TensorShape(element_shape)
        self._tensors: list[Tensor | None] = [None] * int_of(size, "TensorListReserve", "num_elements")
        self._cleared: set[int] = set()

    def _parts(self) -> tuple[Any, tuple[Tensor, ...]]:
        """The state besides the tensors, and the tensors."""
        written = tuple(place for place, tensor in enumerate(self._tensors) if tensor is not None)
        shape = None if self._shape.rank is None else tuple(self._shape.as_list())
        size, cleared = len(self._tensors), tuple(sorted(self._cleared))
        known = (self._dtype.name, self._dynamic, self._clears, self._infers, shape, size, cleared, written)
        return known, tuple(tensor for tensor in self._tensors if tensor is not None)

    @classmethod
    def _of_parts(cls, known: Any, tensors: tuple[Tensor, ...]) -> TensorArray:
        """An array from the result of `_parts`."""
        dtype, dynamic, clears, infers, shape, size, cleared, written = known
        made = cls(dtype, size, dynamic, clears, infer_shape=infers, element_shape=shape)
        made._cleared = set(cleared)
        for place, tensor in zip(written, tensors, strict=True):
            made._tensors[place] = tensor
        return made

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype of the tensors."""
        return self._dtype

    @property
    def dynamic_size(self) -> bool:
        """Whether writing beyond the end extends it."""
        return self._dynamic

    @property
    def element_shape(self) -> TensorShape:
        """The shape of the tensors, as far as it is known."""
        return self._shape

    @property
    def handle(self) -> None:
        """None: there is no resource handle."""
        return None

    @property
    def flow(self) -> Tensor:
        """A zero; TensorFlow's graphs use it to order operations."""
        return as_tensor(0)

    def size(self, name: str | None = None) -> Tensor:
        """The number of tensors.

        Args:
          name: not used; TensorFlow names operations by it.

        Returns:
          An int32 scalar tensor.

        Example:
          >>> tf.TensorArray(tf.float32, size=3).size().numpy()
          np.int32(3)
        """
        return as_tensor(len(self._tensors), dtypes.int32)

    def identity(self) -> TensorArray:
        """The array itself.

        Returns:
          The array.

        Example:
          >>> array = tf.TensorArray(tf.float32, size=1)
          >>> array.identity() is array
          True
        """
        return self

    def close(self, name: str | None = None) -> None:
        """Releases all tensors.

        Args:
          name: not used; TensorFlow names operations by it.

        Example:
          >>> array = tf.TensorArray(tf.float32, size=1)
          >>> array.close()
          >>> array.size().numpy()
          np.int32(0)
        """
        self._tensors.clear()

    def mark_used(self) -> None:
        """Does nothing: unused arrays do not raise warnings.

        Example:
          >>> tf.TensorArray(tf.float32, size=1).mark_used()
        """

    def read(self, index: Any, name: str | None = None) -> Tensor:
        """The tensor at an index.

        Args:
          index: an integer.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor; zeros if none was written.

        Raises:
          OutOfRangeError: the index is out of range.
          InvalidArgumentError: it was read before, and cleared.

        Example:
          >>> tf.TensorArray(tf.float32, size=2).unstack([1.0, 2.0]).read(1).numpy()
          np.float32(2.0)
        """
        place = int_of(index, "TensorListSetItem", "index")
        if place < 0:
            raise OutOfRangeError(None, None, f"Reading from negative indices (index {place}) is not allowed.")
        if place >= len(self._tensors):
            raise OutOfRangeError(
                None, None, f"Tried to read from index {place} but array size is: {len(self._tensors)} "
            )
        if place in self._cleared:
            raise InvalidArgumentError(
                None,
                None,
                f"Could not read index {place} twice because it was cleared after a previous read (perhaps try setting "
                "clear_after_read = false?)",
            )
        found = self._tensors[place]
        if found is None:
            return self._zeros()
        if self._clears:
            self._tensors[place] = None
            self._cleared.add(place)
        return found

    def _zeros(self) -> Tensor:
        """The value of elements that were not written."""
        sizes = self._shape.as_list() if self._shape.rank is not None else []
        return zeros(tuple(size or 0 for size in sizes), self._dtype)

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """Writes a tensor at an index.

        Args:
          index: an integer.
          value: a tensor, or a value convertible to one.
          name: not used; TensorFlow names operations by it.

        Returns:
          The array.

        Raises:
          OutOfRangeError: the index is negative, or beyond the end of an array of fixed size.
          InvalidArgumentError: the dtype does not match.
          ValueError: the shape does not match.

        Example:
          >>> tf.TensorArray(tf.int32, size=0, dynamic_size=True).write(1, 5).stack().numpy()
          array([0, 5], dtype=int32)
        """
        place = int_of(index, "TensorListSetItem", "index")
        if place < 0:
            raise OutOfRangeError(None, None, f"Writing to negative indices (index {place}) is not allowed.")
        if place >= len(self._tensors):
            if not self._dynamic:
                raise OutOfRangeError(
                    None,
                    None,
                    f"Tried to write to index {place} but array is not resizeable and size is: {len(self._tensors)} ",
                )
            self._tensors += [None] * (place + 1 - len(self._tensors))
        tensor = self._tensor(value)
        if tensor.dtype != self._dtype:
            raise InvalidArgumentError(
                None,
                None,
                f"TensorArray dtype is {self._dtype.name} but Op is trying to write dtype {tensor.dtype.name} ",
            )
        if not self._shape.is_compatible_with(tensor.shape):
            raise ValueError(f"Incompatible shape for value ({tensor.shape}), expected ({self._shape})")
        if self._infers:
            self._shape = self._shape.merge_with(tensor.shape)
        self._tensors[place] = tensor
        return self

    def _tensor(self, value: Any) -> Any:
        return as_any_tensor(value) if self._dtype is dtypes.string else as_tensor(value, hint=self._dtype)

    def stack(self, name: str | None = None) -> Tensor:
        """Stacks all tensors along a new first axis.

        Args:
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor.

        Raises:
          InvalidArgumentError: the shapes differ.

        Example:
          >>> tf.TensorArray(tf.float32, size=2).stack().numpy()
          array([0., 0.], dtype=float32)
        """
        return self._stacked(self._tensors)

    def _stacked(self, tensors: list[Tensor | None]) -> Tensor:
        if not tensors:
            sizes = self._shape.as_list() if self._shape.rank is not None else []
            return zeros((0, *(size or 0 for size in sizes)), self._dtype)
        return stack([self._zeros() if tensor is None else tensor for tensor in tensors])

    def gather(self, indices: Any, name: str | None = None) -> Tensor:
        """Stacks the tensors at some indices along a new first axis.

        Args:
          indices: integers.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor.

        Raises:
          InvalidArgumentError: the shapes differ.

        Example:
          >>> tf.TensorArray(tf.float32, size=3).unstack([1.0, 2.0, 3.0]).gather([2, 0]).numpy()
          array([3., 1.], dtype=float32)
        """
        return self._stacked([self._tensors[place] for place in ints_of(indices, "TensorListGather", "indices")])

    def concat(self, name: str | None = None) -> Tensor:
        """Concatenates all tensors along their first axis.

        Args:
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor.

        Raises:
          InvalidArgumentError: the shapes differ beyond the first axis, or the tensors are scalars.

        Example:
          >>> tf.TensorArray(tf.float32, size=2).unstack([[1.0], [2.0]]).concat().numpy()
          array([1., 2.], dtype=float32)
        """
        return concat([self._zeros() if tensor is None else tensor for tensor in self._tensors], 0)

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """Writes the slices of a tensor along its first axis.

        Args:
          value: a tensor, or a value convertible to one.
          name: not used; TensorFlow names operations by it.

        Returns:
          The array.

        Raises:
          ValueError: there are more slices than elements.

        Example:
          >>> tf.TensorArray(tf.float32, size=2).unstack([1.0, 2.0]).stack().numpy()
          array([1., 2.], dtype=float32)
        """
        tensors = unstack_tensor(self._tensor(value))
        if len(tensors) > len(self._tensors) and not self._dynamic:
            raise ValueError(
                f"Cannot unstack {len(tensors)} tensors into a TensorArray of static size {len(self._tensors)} "
            )
        del self._tensors[len(tensors) :]
        for place, tensor in enumerate(tensors):
            self.write(place, tensor)
        return self

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """Writes the slices of a tensor along its first axis to some indices.

        Args:
          indices: integers, one for each slice.
          value: a tensor, or a value convertible to one.
          name: not used; TensorFlow names operations by it.

        Returns:
          The array.

        Raises:
          OutOfRangeError: an index is out of range.

        Example:
          >>> tf.TensorArray(tf.float32, size=2).scatter([1, 0], [3.0, 4.0]).stack().numpy()
          array([4., 3.], dtype=float32)
        """
        for place, tensor in zip(
            ints_of(indices, "TensorListGather", "indices"),
            unstack_tensor(self._tensor(value)),
            strict=False,
        ):
            self.write(place, tensor)
        return self

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """Writes pieces of a tensor along its first axis.

        Args:
          value: a tensor, or a value convertible to one.
          lengths: the length of each piece.
          name: not used; TensorFlow names operations by it.

        Returns:
          The array.

        Raises:
          InvalidArgumentError: the lengths do not add up to the tensor's.

        Example:
          >>> tf.TensorArray(tf.float32, size=2, infer_shape=False).split([1.0, 2.0, 3.0], [1, 2]).read(1).numpy()
          array([2., 3.], dtype=float32)
        """
        tensor, sizes = self._tensor(value), ints_of(lengths, "TensorListSplit", "lengths")
        if tensor.ndim == 0:
            tensor = reshape(tensor, (1,))
        if sum(sizes) != tensor.shape[0]:
            raise InvalidArgumentError(
                None,
                None,
                "Expected sum of lengths to be equal to values.shape[0], but sum of lengths is "
                f"{sum(sizes)} and value's shape is: {list(tensor.shape)}",
            )
        infers, self._infers = self._infers, False
        try:
            for place, piece in enumerate(split_tensor(tensor, sizes)):
                self.write(place, piece)
        finally:
            self._infers = infers
        return self
