"""Tensors from values, shapes and ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradtape._engine.api.api import (
    apply_broadcast_to,
    apply_cast,
    apply_reshape,
    as_tensor,
    empty,
    full,
    full_like,
    tensor_from,
    view,
)
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes, errors
from gradtape._src.core.composite import CompositeTensor
from gradtape._src.core.operands import NUMERIC, WIDE, check_memory, dims_text, dtype_word, int_of, ints_of, not_allowed
from gradtape._src.core.string_tensor import StringTensor, holds_text
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.text_codes import compared, moved
from gradtape._src.core.typing import DTypeLike, IntLike, ShapeLike, TensorLike
from gradtape._src.ops.joining import concat
from gradtape._src.ops.shapes import expand_dims

if TYPE_CHECKING:
    from numpy.typing import NDArray

# In the order in which operands of a range promote each other.
_RANGE_DTYPES = (
    *(dtypes.uint8, dtypes.int8, dtypes.uint16, dtypes.int16, dtypes.uint32, dtypes.int32, dtypes.uint64, dtypes.int64),
    *(dtypes.bfloat16, dtypes.float16, dtypes.float32, dtypes.float64),
)


def convert_to_tensor(
    value: TensorLike, dtype: DTypeLike | None = None, dtype_hint: DTypeLike | None = None, name: str | None = None
) -> Tensor:
    """Converts a value to a tensor.

    Args:
      value: a tensor, variable, array, number, string or nested sequence of these.
      dtype: the dtype that the result must have; None for the value's own. Python floats become float32, Python
        integers int32.
      dtype_hint: the dtype of the result if the values can be converted to it.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor: the value itself if it is a tensor, a variable's current value, or a copy of the data.

    Raises:
      TypeError: the value cannot be converted to the dtype, or has a dtype that gradtape does not support.
      ValueError: it is ragged, or a tensor of another dtype.

    Example:
      >>> tf.convert_to_tensor([[1, 2], [3, 4]])
      <tf.Tensor: shape=(2, 2), dtype=int32, numpy=
      array([[1, 2],
             [3, 4]], dtype=int32)>
      >>> tf.convert_to_tensor([1, 2], dtype=tf.float64).dtype
      tf.float64
    """
    try:
        return as_tensor(value, dtype, dtype_hint)
    except (TypeError, ValueError, errors.TextOperand):
        text = _text(value, dtype)
        if text is None:
            raise
        return text


def _text(value: Any, dtype: Any) -> Any:
    """The string tensor for a value of strings; None for one of numbers.

    Called only after the engine, which supports only numbers, rejected the value, so that numbers cost no time here.
    """
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    if wanted is not dtypes.string and (wanted is not None or not holds_text(value)):
        if wanted is not None and isinstance(value, StringTensor):
            raise ValueError(
                f"Tensor conversion requested dtype {wanted.name} for Tensor with dtype string: {value!r}"
            ) from None
        if wanted is not None and holds_text(value):
            raise TypeError(f"Cannot convert {value!r} to EagerTensor of dtype {dtype_word(wanted)}") from None
        return None
    try:
        return value if isinstance(value, StringTensor) else StringTensor(value)
    except TypeError:
        if isinstance(value, list | tuple) and holds_text(value):
            raise ValueError("Can't convert Python sequence with mixed types to Tensor.") from None
        raise TypeError(f"Cannot convert {value!r} to EagerTensor of dtype string") from None


def constant(
    value: TensorLike, dtype: DTypeLike | None = None, shape: ShapeLike | None = None, name: str = "Const"
) -> Tensor:
    """A tensor with a copy of the value.

    Args:
      value: a number, array, string or nested sequence of these; a tensor is returned unchanged.
      dtype: its dtype; by default float32, int32 or bool for Python numbers, and an array's own dtype.
      shape: its shape; a value of one element is broadcast to it, any other is reshaped.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that dtype and shape.

    Raises:
      TypeError: the value cannot be converted to the dtype or does not fill the shape.
      ValueError: the value is ragged.

    Example:
      >>> tf.constant([1.0, 2.0, 3.0])
      <tf.Tensor: shape=(3,), dtype=float32, numpy=array([1., 2., 3.], dtype=float32)>
      >>> tf.constant(7, shape=(2, 3)).numpy()
      array([[7, 7, 7],
             [7, 7, 7]], dtype=int32)
      >>> tf.constant("text")
      <tf.Tensor: shape=(), dtype=string, numpy=b'text'>
    """
    if dtype is not None and isinstance(value, Tensor) and value.dtype != dtype:
        wanted = dtypes.as_dtype(dtype)
        raise TypeError(f"Expected tensor {value} with dtype {wanted!r}, but got dtype {value.dtype!r}.")
    try:
        tensor = as_tensor(value, dtype)
    except (TypeError, ValueError, errors.TextOperand):
        text = _text(value, dtype)
        if text is None:
            raise
        tensor = text
    if shape is None:
        return tensor
    asked_shape = TensorShape(view(shape) if isinstance(shape, Tensor) else shape)
    shape, asked, present = tuple(asked_shape), asked_shape.num_elements(), tensor.shape.num_elements()
    if isinstance(tensor, StringTensor) and present in (1, asked):
        array = np.asarray(tensor)
        return StringTensor(array.reshape(shape) if present == asked else np.broadcast_to(array.reshape(()), shape))
    if present == asked:
        return apply_reshape(tensor, shape)
    if present == 1:
        return apply_broadcast_to(apply_reshape(tensor, ()), shape)
    raise TypeError(
        f"Eager execution of tf.constant with unsupported shape. Tensor {tensor.numpy()} (converted from {value}) has "
        f"{present} elements, but got `shape` {TensorShape(shape)} with {asked} elements)."
    )


def zeros(shape: ShapeLike, dtype: DTypeLike = dtypes.float32, name: str | None = None, layout: Any = None) -> Tensor:
    """A tensor of zeros.

    Args:
      shape: its shape, a sequence or a vector of sizes.
      dtype: its dtype.
      layout: not used; it is for multiple devices.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: a size is negative.

    Example:
      >>> tf.zeros([2, 3]).numpy()
      array([[0., 0., 0.],
             [0., 0., 0.]], dtype=float32)
    """
    try:
        return full(shape, 0, dtype)
    except TypeError:
        if dtypes.as_dtype(dtype) is not dtypes.string:
            raise
        return fill(shape, StringTensor(b""))


def ones(shape: ShapeLike, dtype: DTypeLike = dtypes.float32, name: str | None = None, layout: Any = None) -> Tensor:
    """A tensor of ones.

    Args:
      shape: its shape, a sequence or a vector of sizes.
      dtype: its dtype.
      layout: not used; it is for multiple devices.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: a size is negative.

    Example:
      >>> tf.ones([3], tf.int32).numpy()
      array([1, 1, 1], dtype=int32)
    """
    return full(shape, 1, dtype)


def zeros_like(
    input: TensorLike, dtype: DTypeLike | None = None, name: str | None = None, layout: Any = None
) -> Tensor:
    """A tensor of zeros with another tensor's shape.

    Args:
      input: the other tensor, or a value convertible to one.
      dtype: the dtype; None for that of `input`.
      layout: not used; it is for multiple devices.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of `input` and that dtype.

    Raises:
      TypeError, ValueError: `input` does not convert to a tensor.

    Example:
      >>> tf.zeros_like([[1, 2], [3, 4]]).numpy()
      array([[0, 0],
             [0, 0]], dtype=int32)
    """
    try:
        return full_like(as_tensor(input), 0, dtype)
    except errors.TextOperand:
        return moved(zeros_like, input) if dtype is None else compared(zeros_like, input, dtype=dtype)


def ones_like(input: TensorLike, dtype: DTypeLike | None = None, name: str | None = None, layout: Any = None) -> Tensor:
    """A tensor of ones with another tensor's shape.

    Args:
      input: the other tensor, or a value convertible to one.
      dtype: the dtype; None for that of `input`.
      layout: not used; it is for multiple devices.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of `input` and that dtype.

    Raises:
      TypeError, ValueError: `input` does not convert to a tensor.

    Example:
      >>> tf.ones_like([1.5, 2.5]).numpy()
      array([1., 1.], dtype=float32)
    """
    return full_like(as_tensor(input), 1, dtype)


def is_tensor(x: Any) -> bool:
    """Whether x is a tensor, a variable, IndexedSlices or a SparseTensor.

    Args:
      x: any object.

    Returns:
      A bool.

    Example:
      >>> tf.is_tensor(tf.constant(1.0)), tf.is_tensor(1.0)
      (True, False)
    """
    return isinstance(x, Tensor | BaseVariable | CompositeTensor | StringTensor)


def fill(dims: ShapeLike, value: TensorLike, name: str | None = None, layout: Any = None) -> Tensor:
    """A tensor filled with one value.

    Args:
      dims: the shape, a sequence or a vector of sizes.
      value: a number or a scalar tensor.
      layout: not used; it is for multiple devices.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape, in the value's dtype. The gradient flows to `value`.

    Raises:
      InvalidArgumentError: the value has axes, or a size is negative.

    Example:
      >>> tf.fill([2, 3], 9).numpy()
      array([[9, 9, 9],
             [9, 9, 9]], dtype=int32)
    """
    try:
        tensor = as_tensor(value)
    except errors.TextOperand:
        return moved(lambda value: fill(dims, value), value)
    if tensor.ndim and tensor.shape != (1,):
        raise errors.invalid_argument("Fill", f"value must represent a scalar, got shape {dims_text(tensor.shape)}")
    return apply_broadcast_to(apply_reshape(tensor, ()), ints_of(dims, "Fill", "index_type"))


def eye(
    num_rows: IntLike,
    num_columns: IntLike | None = None,
    batch_shape: ShapeLike | None = None,
    dtype: DTypeLike = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """The identity matrix: ones on the diagonal, zeros elsewhere.

    Args:
      num_rows: the number of rows.
      num_columns: the number of columns; None for as many as rows.
      batch_shape: leading axes along which the matrix is repeated.
      dtype: the dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor whose last axes have sizes num_rows and num_columns, after those of batch_shape.

    Raises:
      InvalidArgumentError: a size is negative.

    Example:
      >>> tf.eye(2, 3).numpy()
      array([[1., 0., 0.],
             [0., 1., 0.]], dtype=float32)
    """
    num_columns = num_rows if num_columns is None else num_columns
    counts = [as_tensor(count, hint=dtypes.int32) if _is_number(count) else None for count in (num_rows, num_columns)]
    if any(count is None or count.ndim or not count.dtype.is_integer for count in counts):
        raise TypeError(
            "Arguments `num_rows` and `num_columns` must be positive integer values. Received: "
            f"num_rows={num_rows}, num_columns={num_columns}"
        )
    rows, columns = (int(count) for count in counts)  # type: ignore[arg-type]
    matrix, array = empty((rows, columns), dtype)
    array[...] = 0
    np.fill_diagonal(array, 1)
    if batch_shape is None:
        return matrix
    lead = [batch_shape] if isinstance(batch_shape, int) else ints_of(batch_shape, "Fill", "index_type")
    return apply_broadcast_to(matrix, (*lead, rows, columns))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | np.generic | np.ndarray | Tensor | BaseVariable)


def range(
    start: TensorLike,
    limit: TensorLike | None = None,
    delta: TensorLike = 1,
    dtype: DTypeLike | None = None,
    name: str = "range",
) -> Tensor:
    """Evenly spaced numbers: start, start + delta, ... up to but excluding limit.

    Args:
      start: the first number; if limit is not given, this is the limit and the first number is 0.
      limit: the end, which is excluded.
      delta: the difference between numbers; it may be negative.
      dtype: the dtype; None for the widest of the operands', floats over integers.
      name: not used.

    Returns:
      A vector of ceil(|limit - start| / |delta|) numbers.

    Raises:
      InvalidArgumentError: delta is 0 or points away from limit, or an operand has axes.

    Example:
      >>> tf.range(5).numpy()
      array([0, 1, 2, 3, 4], dtype=int32)
      >>> tf.range(3.0, 0.0, -1.5).numpy()
      array([3. , 1.5], dtype=float32)
    """
    if limit is None:
        start, limit = 0, start
    tensors = [as_tensor(value, None if isinstance(value, Tensor) else dtype) for value in (start, limit, delta)]
    for tensor in tensors:
        if tensor.dtype not in _RANGE_DTYPES:
            raise not_allowed("Range", tensor.dtype, NUMERIC, "Tidx")
    if dtype is None:
        dtype = max((tensor.dtype for tensor in tensors), key=_RANGE_DTYPES.index)
    dtype = dtypes.as_dtype(dtype)
    first, end, step = (apply_cast(tensor, dtype).numpy() for tensor in tensors)
    for label, value in (("start", first), ("limit", end), ("delta", step)):
        if shape := np.shape(held(value)):
            raise errors.invalid_argument("Range", f"{label} must be a scalar, not shape {list(shape)}", "")
    if step == 0:
        raise errors.invalid_argument("Range", f"Requires delta != 0: {step}", "")
    if step > 0 and not first <= end:
        raise errors.invalid_argument("Range", f"Requires start <= limit when delta > 0: {first}/{end}", "")
    if step < 0 and not first >= end:
        raise errors.invalid_argument("Range", f"Requires start >= limit when delta < 0: {first}/{end}", "")
    if dtype.is_floating:
        reach = np.ceil(np.abs((np.float64(end) - np.float64(first)) / np.float64(step)))
    else:
        reach = -(-abs(int(end) - int(first)) // abs(int(step)))
    if not reach < WIDE:
        raise errors.invalid_argument("Range", f"Requires ((limit - start) / delta) <= {WIDE - 1}", None)
    check_memory((int(reach),), dtypes.int64)
    places = np.arange(int(reach))
    if dtype.is_floating:
        return tensor_from(first + places.astype(dtype.as_numpy_dtype) * step, dtype)
    # Integers wrap around, uint64's in their own numbers, and the results are within the dtype's.
    numbers = np.uint64 if dtype.is_unsigned else np.int64
    return tensor_from(places.astype(numbers) * numbers(step) + numbers(first), dtype)


def linspace(start: TensorLike, stop: TensorLike, num: IntLike, name: str | None = None, axis: int = 0) -> Tensor:
    """Evenly spaced values from start to stop, both included.

    Args:
      start: the first value, or a tensor of them.
      stop: the last value, of the dtype of `start`; both broadcast.
      num: number of values.
      axis: the position of the new axis.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with a new axis of size num; integers give float64. The gradient flows to start and stop.

    Raises:
      InvalidArgumentError: num is negative.

    Example:
      >>> tf.linspace(0.0, 1.0, 5).numpy()
      array([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float32)
    """
    first = as_tensor(start)
    last = as_tensor(stop, first.dtype)
    numbers = as_tensor(num, hint=dtypes.int32)
    if not numbers.dtype.is_integer:
        raise TypeError(
            f"Argument `tensor` (name: num) must be of type integer. Received `tensor` = {num} of dtype: "
            f"{numbers.dtype}"
        )
    count = int_of(numbers, "LinSpace", "Tidx")
    if count < 0:
        raise errors.invalid_argument("Range", f"Requires start <= limit when delta > 0: 1/{count}", "")
    whole = first - last
    first, last = (expand_dims(apply_broadcast_to(end, whole.shape), axis) for end in (first, last))
    delta = (last - first) / max(count - 1, 1)
    first, last = apply_cast(first, delta.dtype), apply_cast(last, delta.dtype)
    place = axis if axis >= 0 else axis + first.ndim
    check_memory((count,), delta.dtype)
    steps: NDArray[Any] = np.arange(1, max(count - 1, 1), dtype=delta.dtype.as_numpy_dtype)
    inner = first + delta * steps.reshape([-1 if i == place else 1 for i in np.arange(first.ndim)])
    # The ends are exact, even if their difference overflows.
    return concat([first, inner, last] if count > 1 else [first[(slice(None),) * place + (slice(count),)]], place)


def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """The value of a tensor as an array; every tensor has one.

    Args:
      tensor: a tensor, or an array or number, which are returned unchanged.
      partial: not used; in TensorFlow's graphs a part of a tensor may be known.

    Returns:
      An array, or None for a variable, whose value changes.

    Example:
      >>> tf.get_static_value(tf.constant([1, 2]))
      array([1, 2], dtype=int32)
    """
    if isinstance(tensor, BaseVariable):
        return None
    return tensor.numpy() if isinstance(tensor, Tensor) else tensor


def is_symbolic_tensor(tensor: Any) -> bool:
    """Whether it is a symbolic tensor of a graph: never, as operations run eagerly.

    Args:
      tensor: not used.

    Returns:
      False.

    Example:
      >>> tf.is_symbolic_tensor(tf.constant(1.0))
      False
    """
    return False
