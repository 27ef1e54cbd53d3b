"""String tensors, which datasets and files yield.

The engine only computes with numbers, so this is a class apart from its Tensor: an immutable array of `bytes`
that prints, compares, indexes and converts as TensorFlow's string tensors do, and holds for every one in gradtape.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from, view
from gradtape._engine.ops.messages import refused, shape_text, unexpected_dtype
from gradtape._engine.tensor.tensor import Reference, Tensor
from gradtape._src.core import dtypes, formatting
from gradtape._src.core.errors import InvalidArgumentError, TextOperand
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.text import as_bytes


class StringTensor:
    """An immutable array of bytes.

    ``numpy()`` of a scalar gives `bytes`, and ``==`` compares with str, bytes, lists and other string tensors.

    Args:
      value: str, bytes, a nested list or an array of them, or another string tensor.

    Attributes:
      shape: a `tf.TensorShape`.
      dtype: `tf.string`.
      ndim: the number of axes.

    Raises:
      TypeError: an item is neither str nor bytes.
      ValueError: lists are not rectangular.

    Example:
      >>> name = next(iter(tf.data.Dataset.from_tensor_slices(["tape", "watch"])))
      >>> name
      <tf.Tensor: shape=(), dtype=string, numpy=b'tape'>
      >>> name.numpy().decode(), bool(name == "tape")
      ('tape', True)
    """

    __slots__ = ("__weakref__", "_array")
    __array_ufunc__ = None  # NumPy leaves arithmetic and comparison to the operators here
    _array: np.ndarray

    def __init__(self, value: Any) -> None:
        self._array = _bytes_array(value)

    @classmethod
    def of_bytes(cls, array: Any) -> StringTensor:
        """A string tensor of bytes, or of an array of objects that are all bytes and is not written afterwards."""
        tensor = cls.__new__(cls)
        tensor._array = np.empty((), object) if isinstance(array, bytes) else array
        if isinstance(array, bytes):
            tensor._array[()] = array
        tensor._array.flags.writeable = False
        return tensor

    @property  # type: ignore[misc]  # nobody sets it
    def __class__(self) -> type:
        """`tf.Tensor`, as programs ask whether they have one; the engine asks for `type` and is not misled."""
        return Tensor

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        """Raises, as numeric ops would use the result. Ops that take strings catch the error (`core/text_codes.py`)."""
        raise TextOperand

    @property
    def shape(self) -> TensorShape:
        """The sizes of the axes."""
        return TensorShape.from_tuple(self._array.shape)

    @property
    def dtype(self) -> dtypes.DType:
        """`tf.string`."""
        return dtypes.string

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._array.ndim

    def numpy(self) -> Any:
        """The value as NumPy holds it.

        Returns:
          `bytes` for a scalar, a new array of objects otherwise.

        Example:
          >>> next(iter(tf.data.Dataset.from_tensors(["a", "b"]))).numpy()
          array([b'a', b'b'], dtype=object)
        """
        return self._array.copy() if self._array.ndim else self._array.item()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self._array.astype(dtype or object)

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("Scalar tensor has no `len()`")
        return len(self._array)

    def __iter__(self) -> Iterator[StringTensor]:
        if not self._array.ndim:
            raise TypeError("Cannot iterate over a scalar tensor.")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> StringTensor:
        array = self._array
        if type(key) is int and array.ndim and -len(array) <= key < len(array):
            return StringTensor.of_bytes(array[key])
        places = tensor_from(np.arange(array.size).reshape(array.shape))[key]
        return StringTensor.of_bytes(array.reshape(-1)[view(places)])

    def __hash__(self) -> int:
        raise TypeError("Tensor is unhashable. Instead, use tensor.ref() as the key.")

    def get_shape(self) -> TensorShape:
        """The sizes of the axes, the same as `shape`."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Checks that the tensor has this shape, in which None matches any size; raises ValueError if not."""
        if not self.shape.is_compatible_with(shape):
            raise ValueError(f"Tensor's shape {self.shape} is not compatible with supplied shape {TensorShape(shape)}.")

    def ref(self) -> Reference[StringTensor]:
        """A hashable reference to the tensor, whose `deref()` gives it back."""
        return Reference(self)

    def __getattr__(self, name: str) -> Any:
        if name in ("name", "op", "graph"):
            raise AttributeError(f"Tensor.{name} is undefined when eager execution is enabled.")
        raise AttributeError(f"'Tensor' object has no attribute {name!r}")

    @property
    def device(self) -> str:
        """The one device there is, under TensorFlow's name."""
        return "/job:localhost/replica:0/task:0/device:CPU:0"

    def __bool__(self) -> bool:
        return bool(self._array.item())

    def __int__(self) -> int:
        return int(self._array.item())

    def __float__(self) -> float:
        return float(self._array.item())

    def __eq__(self, other: Any) -> Any:
        return False if other is None else _alike(equal, self, other, False)

    def __ne__(self, other: Any) -> Any:
        return True if other is None else _alike(not_equal, self, other, True)

    def __add__(self, other: Any) -> StringTensor:
        return added(self, other, "Add")

    def __radd__(self, other: Any) -> StringTensor:
        return added(other, self, "Add")

    def _no_number(self, other: Any = None) -> Any:
        """Arithmetic and order are of numbers."""
        if not isinstance(other, NoneType | Tensor) and not holds_text(other):
            raise TypeError(f"Cannot convert {other} to EagerTensor of dtype string")
        raise TextOperand

    # One in a line, as type checkers know the types of such assignments alone.
    __sub__ = _no_number
    __rsub__ = _no_number
    __mul__ = _no_number
    __rmul__ = _no_number
    __truediv__ = _no_number
    __rtruediv__ = _no_number
    __floordiv__ = _no_number
    __rfloordiv__ = _no_number
    __mod__ = _no_number
    __rmod__ = _no_number
    __pow__ = _no_number
    __rpow__ = _no_number
    __matmul__ = _no_number
    __rmatmul__ = _no_number
    __and__ = _no_number
    __or__ = _no_number
    __xor__ = _no_number
    __lt__ = _no_number
    __le__ = _no_number
    __gt__ = _no_number
    __ge__ = _no_number
    __neg__ = _no_number
    __abs__ = _no_number
    __invert__ = _no_number

    def __repr__(self) -> str:
        return formatting.tensor_repr(self._array, self.dtype.name)

    def __str__(self) -> str:
        return formatting.tensor_str(self._array, self.dtype.name)

    def __format__(self, spec: str) -> str:
        return formatting.tensor_format(self._array, spec)

    def __reduce__(self) -> tuple[Any, ...]:
        return StringTensor, (self._array,)


def added(x: Any, y: Any, op: str = "AddV2") -> StringTensor:
    """Joins strings elementwise; their shapes broadcast."""
    return StringTensor.of_bytes(_paired(op, np.add, x, y))


def equal(x: Any, y: Any) -> Tensor:
    """Whether strings are equal, elementwise; their shapes broadcast."""
    return tensor_from(np.asarray(_paired("Equal", np.equal, x, y), bool))


def not_equal(x: Any, y: Any) -> Tensor:
    """Whether strings differ, elementwise; their shapes broadcast."""
    return tensor_from(np.asarray(_paired("NotEqual", np.not_equal, x, y), bool))


def _alike(function: Any, x: Any, y: Any, otherwise: bool) -> Tensor:
    """The operator's result; if shapes do not broadcast, not equal."""
    try:
        return function(x, y)
    except InvalidArgumentError as error:
        if "Incompatible shapes" not in error.message:
            raise
        return as_tensor(otherwise)


def _paired(op: str, function: np.ufunc, x: Any, y: Any) -> Any:
    """Python's operator on every pair of strings. TypeError or InvalidArgumentError if one holds numbers."""
    arrays = []
    for place, value in enumerate((x, y)):
        if type(value) is Tensor or (op == "Add" and not holds_text(value)):
            raise unexpected_dtype(op, place, "string", as_tensor(value).dtype.name)
        try:
            arrays.append(StringTensor(value)._array)
        except TypeError:
            raise TypeError(f"Cannot convert {value} to EagerTensor of dtype string") from None
    first, second = arrays
    try:
        np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        raise refused("shapes", op=op, left=shape_text(first.shape), right=shape_text(second.shape)) from None
    return function(first, second, dtype=object)


def holds_text(value: Any) -> bool:
    """Whether a value is a string, or a list or array that begins with one."""
    for _ in range(64):  # no array has this many axes, but a list may contain itself
        if not (isinstance(value, list | tuple) and value):
            break
        value = value[0]
    if isinstance(value, np.ndarray | np.generic):
        kind = value.dtype.kind
        return kind in "SU" or (kind == "O" and value.size > 0 and isinstance(value.reshape(-1)[0], str | bytes))
    return isinstance(value, str | bytes | StringTensor)


def as_any_tensor(value: Any, dtype: dtypes.DType | None = None) -> Tensor | StringTensor:
    """Converts a value to a tensor of strings or numbers."""
    if type(value) is Tensor and (dtype is None or value.dtype is dtype):
        return value
    if dtype is dtypes.string or (dtype is None and holds_text(value)):
        return value if type(value) is StringTensor else StringTensor(value)
    return as_tensor(value, dtype)


def _bytes_array(value: Any) -> np.ndarray:
    """A read-only array of objects that are all bytes."""
    if isinstance(value, StringTensor):
        return value._array
    if isinstance(value, str | bytes | bytearray):
        array = np.empty((), object)
        array[()] = as_bytes(value)
    else:
        given = value if isinstance(value, np.ndarray) else np.array(_plain(value), object)
        array = np.empty(given.shape, object)
        for place, item in zip(np.ndindex(given.shape), given.reshape(-1), strict=True):
            if isinstance(item, list):
                raise ValueError("Can't convert non-rectangular Python sequence to Tensor.")
            array[place] = as_bytes(item)
    array.flags.writeable = False
    return array


def _plain(value: Any) -> Any:
    """Nested lists and tuples with string tensors replaced by arrays of their contents."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.numpy().tolist() if isinstance(value, StringTensor) and value.ndim else _item(value)


def _item(value: Any) -> Any:
    return value.numpy() if isinstance(value, StringTensor) else value
