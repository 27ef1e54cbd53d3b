"""Linear combinations of tensors: sums, scalar multiples, polynomials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradtape._engine.api.api import apply_identity, as_tensor, full_like
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import unequal_summands
from gradtape._src.core.operands import dims_text, one_dtype
from gradtape._src.core.typing import DTypeLike, ShapeLike, TensorLike
from gradtape._src.ops.indexed_slices import values_of, with_values
from gradtape._src.table.rows import NUMBERS, call, integer, op, real


@op(
    *("math.add_n", "add_n"),
    dtypes=NUMBERS,
    samples=lambda: [call([real(2, 3), real(2, 3), real(2, 3)]), call([real()]), call([real(0), real(0)])],
    edges=lambda: [call([integer([1, 2]), integer([3, 4])])],
)
def add_n(inputs: Sequence[TensorLike], name: str | None = None) -> Tensor:
    """Adds tensors of one shape, in order.

    Args:
      inputs: a sequence of tensors of one shape and dtype, or of IndexedSlices, which become dense.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      ValueError: the sequence is empty, or contains None.
      InvalidArgumentError: shapes or dtypes differ.

    Example:
      >>> tf.add_n([[1, 2], [3, 4], [5, 6]]).numpy()
      array([ 9, 12], dtype=int32)
    """
    listed = list(inputs)
    if not listed or any(item is None for item in listed):
        raise ValueError(
            "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and shape."
        )
    total = apply_identity(listed[0])
    tensors = [as_tensor(item, hint=total.dtype) for item in listed[1:]]
    one_dtype("AddN", (total, *tensors))
    for i, tensor in enumerate(tensors, 1):
        if tensor.shape != total.shape:
            raise unequal_summands(dims_text(total.shape), i, dims_text(tensor.shape), len(listed))
    for tensor in tensors:
        total = total + tensor
    return total


@op(
    "math.accumulate_n",
    dtypes=NUMBERS,
    samples=lambda: [call([real(2, 3), real(2, 3)]), call([real()])],
)
def accumulate_n(
    inputs: Sequence[TensorLike],
    shape: ShapeLike | None = None,
    tensor_dtype: DTypeLike | None = None,
    name: str | None = None,
) -> Tensor:
    """Adds tensors of one shape; the same as `add_n`.

    Args:
      inputs: a list of tensors of one shape and dtype.
      shape: not used; it is that of the tensors.
      tensor_dtype: not used.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      ValueError: the list is empty, or the shapes differ.

    Example:
      >>> tf.math.accumulate_n([[1, 2], [3, 4]]).numpy()
      array([4, 6], dtype=int32)
    """
    if not isinstance(inputs, list | tuple) or not inputs:
        raise ValueError("inputs must be a list of at least one Tensor with the same dtype and shape")
    tensors = [as_tensor(item) for item in inputs]
    for tensor in tensors[1:]:
        if tensor.shape != tensors[0].shape:
            raise ValueError(f"Shapes {tensors[0].shape} and {tensor.shape} are not compatible")
    return add_n(tensors)


@op(
    *("math.scalar_mul", "scalar_mul"),
    dtypes=NUMBERS,
    samples=lambda: [call(2.0, real(3)), call(real(), real(2, 3))],
    edges=lambda: [call(2, integer([1, 2]))],
)
def scalar_mul(scalar: TensorLike, x: Any, name: str | None = None) -> Any:
    """Multiplies a tensor by a scalar.

    Args:
      scalar: a number or a scalar tensor.
      x: a tensor of the same dtype, or IndexedSlices, whose values are multiplied.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of x, or IndexedSlices.

    Raises:
      ValueError: `scalar` is not a scalar.

    Example:
      >>> tf.scalar_mul(2.0, [1.0, 2.0]).numpy()
      array([2., 4.], dtype=float32)
    """
    tensor = values_of(x)
    factor = as_tensor(scalar, tensor.dtype)
    if factor.ndim:
        raise ValueError(f"The input scalar must be a 0-D value. Received shape {factor.shape}.")
    return with_values(x, factor * tensor)


@op(
    "math.polyval",
    dtypes=NUMBERS,
    samples=lambda: [
        *(call([real(), real(), real()], real(2, 2)), call([real(2, 1), real()], real(3)), call([real(3)], real(2))),
    ],
    edges=lambda: [call([], real(2)), call([1, 2, 3], 2), call([1, 2], integer([3, 4]))],
)
def polyval(coeffs: TensorLike, x: TensorLike, name: str | None = None) -> Tensor:
    """The value at x of a polynomial, by Horner's rule.

    Args:
      coeffs: a list of coefficients, from the highest power down; 0 if empty.
      x: a tensor, or a value convertible to one.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and the coefficients broadcast to.

    Raises:
      ValueError: `coeffs` is not a list.

    Example:
      >>> tf.math.polyval([3.0, 0.0, 1.0], 2.0).numpy()
      np.float32(13.0)
    """
    if not isinstance(coeffs, list):
        raise ValueError(f"Argument coeffs must be list type. Received type {type(coeffs)}.")
    tensor = as_tensor(x)
    if not coeffs:
        return full_like(tensor, 0)
    value, *rest = map(as_tensor, coeffs)
    for coefficient in rest:
        value = coefficient + value * tensor
    return value
