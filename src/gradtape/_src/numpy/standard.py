"""Functions of the array API standard whose arguments differ from NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_reshape, tensor_from, view
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import DType, as_dtype, finfo as limits
from gradtape._src.numpy import creation, picking, reductions, shapes
from gradtape._src.numpy.documented import AXES, AXIS, DTYPE, SHAPES, documented
from gradtape._src.numpy.elementwise import NUMPY
from gradtape._src.numpy.promotion import alike, as_array, supported
from gradtape._src.ops import bitwise
from gradtape._src.ops.complex_numbers import conj
from gradtape._src.ops.joining import concat as _concat
from gradtape._src.ops.sorting import searchsorted as _searchsorted

_INTEGERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
_NAMES = ("bool", *_INTEGERS, "float32", "float64", "complex64", "complex128")
_KINDS: dict[str, Callable[[DType], bool]] = {
    "bool": lambda dtype: dtype.is_bool,
    "signed integer": lambda dtype: dtype.is_integer and not dtype.is_unsigned,
    "unsigned integer": lambda dtype: dtype.is_unsigned,
    "integral": lambda dtype: dtype.is_integer,
    "real floating": lambda dtype: dtype.is_floating,
    "complex floating": lambda dtype: dtype.is_complex,
    "numeric": lambda dtype: dtype.is_numeric,
}


def _numpys(dtype: Any) -> Any:
    return np.dtype(dtype.as_numpy_dtype if isinstance(dtype, DType) else dtype)


class finfo_object(NamedTuple):
    """The properties of a floating dtype.

    Attributes:
      bits: its size.
      eps: the distance from 1 to the next larger number.
      max: the largest number.
      min: the smallest number.
      smallest_normal: the smallest positive normal number.
      dtype: the dtype; for complex numbers the dtype of their parts, which the other attributes describe too.

    Example:
      >>> tf.array_api.finfo(tf.float32).bits
      32
    """

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


class iinfo_object(NamedTuple):
    """The limits of an integer dtype.

    Attributes:
      bits: its size.
      max: the largest number.
      min: the smallest number.
      dtype: the dtype.

    Example:
      >>> tf.array_api.iinfo(tf.int32).max
      2147483647
    """

    bits: int
    max: int
    min: int
    dtype: DType


def _dtype_of(value: Any) -> Any:
    return value.dtype if hasattr(value, "dtype") else value


@documented(
    "The properties of a floating dtype.",
    "tf.array_api.finfo(tf.float32).bits",
    "32",
    "Its limits.",
    raises=(
        "TypeError: type is not a dtype of numbers or bools.",
        "ValueError: type is not a floating or complex dtype.",
    ),
)
def finfo(type: Any) -> finfo_object:
    dtype = supported(_dtype_of(type))
    found = limits(dtype)
    eps, most, least, normal = (float(part) for part in (found.eps, found.max, found.min, found.smallest_normal))
    return finfo_object(found.bits, eps, most, least, normal, as_dtype(np.dtype(found.dtype)))


@documented(
    "The properties of an integer dtype.",
    "tf.array_api.iinfo(tf.uint8).max",
    "255",
    "Its limits.",
    raises=("TypeError: type is not a dtype of numbers or bools.", "ValueError: type is not an integer dtype."),
)
def iinfo(type: Any) -> iinfo_object:
    dtype = supported(_dtype_of(type))
    found = np.iinfo(dtype.as_numpy_dtype)
    return iinfo_object(found.bits, int(found.max), int(found.min), dtype)


@documented(
    "Whether a dtype belongs to a kind.",
    "tf.array_api.isdtype(tf.int32, 'integral')",
    "True",
    "A bool.",
    raises=("TypeError: dtype or kind is not a dtype.", "ValueError: kind is not the name of a kind."),
)
def isdtype(dtype: Any, kind: Any) -> bool:
    if isinstance(kind, tuple):
        return any(isdtype(dtype, one) for one in kind)
    if isinstance(kind, str) and kind not in _KINDS:
        raise ValueError(f"there is no kind {kind!r} of dtypes; there are {', '.join(_KINDS)}")
    return _KINDS[kind](as_dtype(dtype)) if isinstance(kind, str) else _numpys(dtype) == _numpys(kind)


@documented(
    "Whether one dtype can represent another's values.",
    "tf.array_api.can_cast(tf.int32, tf.int64)",
    "True",
    "A bool.",
    raises=("TypeError: an argument is not a dtype.",),
)
def can_cast(type1: Any, type2: Any) -> bool:
    return bool(np.can_cast(_numpys(_dtype_of(type1)), _numpys(type2)))


@documented(
    "Casts a tensor to another dtype.",
    "tf.array_api.astype(tf.constant(1.5), tf.int32).numpy()",
    "np.int32(1)",
    raises=(DTYPE,),
)
def astype(x: Any, dtype: Any, copy: bool = True) -> Tensor:
    return apply_cast(as_array(x), supported(dtype))


@documented(
    "Permutes the axes.",
    "tf.array_api.permute_dims(tf.ones([2, 3]), (1, 0)).shape",
    "TensorShape([3, 2])",
    raises=(AXES, "InvalidArgumentError: the number of axes is not that of the operand."),
)
def permute_dims(x: Any, axes: Any) -> Tensor:
    return shapes.transpose(x, axes)


@documented(
    "Transposed matrices.",
    "tf.array_api.matrix_transpose(tf.ones([2, 3])).shape",
    "TensorShape([3, 2])",
    raises=("ValueError: x has less than two axes.",),
)
def matrix_transpose(x: Any) -> Tensor:
    return shapes.swapaxes(x, -1, -2)


@documented(
    "Joins tensors along an axis.",
    "tf.array_api.concat([[1], [2]]).numpy()",
    "array([1, 2])",
    raises=(
        "InvalidArgumentError: axis is out of range, or shapes differ along another axis.",
        "ValueError: there are no arrays.",
    ),
)
def concat(arrays: Any, axis: int | None = 0) -> Tensor:
    return shapes.concatenate(arrays, axis)


@documented(
    "The slices of a tensor along an axis.",
    "len(tf.array_api.unstack(tf.ones([2, 3])))",
    "2",
    "A tuple of tensors.",
    raises=(AXIS,),
)
def unstack(x: Any, axis: int = 0) -> tuple[Tensor, ...]:
    tensor = shapes.moveaxis(x, axis, 0)
    return tuple(tensor[place] for place in range(tensor.shape[0]))


@documented(
    "Inner products of vectors.",
    "tf.array_api.vecdot([1, 2], [3, 4]).numpy()",
    "np.int64(11)",
    raises=(SHAPES, "ValueError: axis is out of range."),
)
def vecdot(x1: Any, x2: Any, axis: int = -1) -> Tensor:
    a, b = alike(x1, x2)
    return reductions.sum(conj(a) * b, axis, a.dtype)


@documented("Rounds elements to the nearest integers.", "tf.array_api.round([1.5, 2.5]).numpy()", "array([2., 2.])")
def round(x: Any) -> Tensor:
    tensor = as_array(x)
    return tensor_from(np.round(view(tensor))) if tensor.dtype.is_complex else picking.round(tensor)


@documented(
    "The indices of nonzero elements.",
    "tf.array_api.nonzero([0, 2])[0].numpy()",
    "array([1])",
    "A tensor per axis.",
    raises=("ValueError: x has no axes.",),
)
def nonzero(x: Any) -> tuple[Tensor, ...]:
    return tuple(picking.nonzero(x))


@documented(
    "Clips values to an interval.",
    "tf.array_api.clip([1, 5], max=4).numpy()",
    "array([1, 4])",
    raises=("InvalidArgumentError: an operand is complex, or the shapes do not broadcast.",),
)
def clip(x: Any, min: Any = None, max: Any = None) -> Tensor:
    return picking.clip(x, min, max)


@documented(
    "Bits shifted left.",
    "tf.array_api.bitwise_left_shift([1], 3).numpy()",
    "array([8])",
    raises=("InvalidArgumentError: the operands are not integers, or the shapes do not broadcast.",),
)
def bitwise_left_shift(x1: Any, x2: Any) -> Tensor:
    x, places = alike(x1, x2)
    return bitwise.left_shift(x, places)


@documented(
    "Bits shifted right.",
    "tf.array_api.bitwise_right_shift([8], 3).numpy()",
    "array([1])",
    raises=("InvalidArgumentError: the operands are not integers, or the shapes do not broadcast.",),
)
def bitwise_right_shift(x1: Any, x2: Any) -> Tensor:
    x, places = alike(x1, x2)
    return bitwise.right_shift(x, places)


@documented(
    "x1 with the sign of x2.",
    "tf.array_api.copysign([1.0], -2.0).numpy()",
    "array([-1.])",
    raises=(
        "TypeError: an operand is complex.",
        "InvalidArgumentError: both operands are bools or unsigned integers, or the shapes do not broadcast.",
    ),
)
def copysign(x1: Any, x2: Any) -> Tensor:
    x, y = alike(x1, x2)
    size = NUMPY["abs"](x)
    return picking.where(NUMPY["signbit"](y), -size, size)


@documented(
    "Cumulative sums.",
    "tf.array_api.cumulative_sum([1, 2]).numpy()",
    "array([1, 3])",
    raises=("ValueError: axis is out of range, or None although x has several axes.", DTYPE),
)
def cumulative_sum(x: Any, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Tensor:
    return _running(reductions.cumsum, x, axis, dtype, include_initial, 0)


@documented(
    "Cumulative products.",
    "tf.array_api.cumulative_prod([2, 3]).numpy()",
    "array([2, 6])",
    raises=("ValueError: axis is out of range, or None although x has several axes.", DTYPE),
)
def cumulative_prod(x: Any, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Tensor:
    return _running(reductions.cumprod, x, axis, dtype, include_initial, 1)


def _running(function: Any, x: Any, axis: int | None, dtype: Any, include_initial: bool, start: int) -> Tensor:
    tensor = as_array(x)
    if axis is None and tensor.ndim != 1:
        raise ValueError("a tensor of several axes needs the axis")
    (place,) = shapes.axes_of((0 if axis is None else axis,), tensor.ndim)
    found = function(tensor, place, dtype)
    if not include_initial:
        return found
    head = creation.full([1 if other == place else size for other, size in enumerate(found.shape)], start, found.dtype)
    return _concat([head, found], axis=place)


@documented(
    "Standard deviations.",
    "tf.array_api.std([1.0, 3.0]).numpy()",
    "np.float64(1.0)",
    raises=(AXES, "TypeError: x is complex."),
)
def std(x: Any, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Tensor:
    return reductions.std(x, axis, None, correction, keepdims)  # type: ignore[arg-type]


@documented(
    "Variances.", "tf.array_api.var([1.0, 3.0]).numpy()", "np.float64(1.0)", raises=(AXES, "TypeError: x is complex.")
)
def var(x: Any, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Tensor:
    return reductions.var(x, axis, None, correction, keepdims)  # type: ignore[arg-type]


@documented(
    "The indices that sort elements.",
    "tf.array_api.argsort([3, 1], descending=True).numpy()",
    "array([0, 1])",
    raises=(AXIS,),
)
def argsort(x: Any, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    tensor = as_array(x)
    if not descending:
        return picking.argsort(tensor, axis)
    # Equal elements keep their order.
    backwards = shapes.flip(picking.argsort(shapes.flip(tensor, axis), axis), axis)
    return tensor.shape[axis] - 1 - backwards


@documented(
    "Sorts elements.", "tf.array_api.sort([3, 1, 2], descending=True).numpy()", "array([3, 2, 1])", raises=(AXIS,)
)
def sort(x: Any, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    return picking.take_along_axis(x, argsort(x, axis, descending), axis)


@documented(
    "The indices at which to insert values into a sorted array.",
    "tf.array_api.searchsorted([1, 2, 3], [2]).numpy()",
    "array([1])",
    raises=(
        "InvalidArgumentError: x1 has no axes, or several rows.",
        "ValueError: side is neither 'left' nor 'right'.",
    ),
)
def searchsorted(x1: Any, x2: Any, side: str = "left", sorter: Any = None) -> Tensor:
    x, values = alike(x1, x2)
    if sorter is not None:
        x = picking.take(x, sorter)
    found = _searchsorted(x, apply_reshape(values, (-1,)), side, as_dtype("int64"))
    return apply_reshape(found, values.shape)


class unique_result(NamedTuple):
    """The distinct elements of a tensor, and the other requested results; None for the others.

    Attributes:
      values: the distinct elements, sorted.
      indices: the index of each one's first occurrence.
      inverse_indices: for each element its index in `values`.
      counts: the number of occurrences of each.

    Example:
      >>> tf.array_api.unique_all([3, 1, 3]).counts.numpy()
      array([1, 2])
    """

    values: Tensor
    indices: Tensor
    inverse_indices: Tensor
    counts: Tensor


@documented(
    "Distinct elements, their indices, inverse indices and counts.",
    "tf.array_api.unique_all([3, 1, 3]).indices.numpy()",
    "array([1, 0])",
    "Values, indices, inverse indices and counts.",
)
def unique_all(x: Any) -> unique_result:
    tensor = as_array(x)
    _, *places = np.unique(view(tensor), return_index=True, return_inverse=True, return_counts=True, equal_nan=False)
    first, inverse, counts = (tensor_from(place, as_dtype("int64")) for place in places)
    return unique_result(picking.take(tensor, first), first, apply_reshape(inverse, tensor.shape), counts)


@documented("Distinct elements, sorted.", "tf.array_api.unique_values([3, 1, 3]).numpy()", "array([1, 3])")
def unique_values(x: Any) -> Tensor:
    return unique_all(x).values


class unique_counts_result(NamedTuple):
    """The distinct elements of a tensor and their counts.

    Attributes:
      values: the distinct elements, sorted.
      counts: the number of occurrences of each.

    Example:
      >>> tf.array_api.unique_counts([3, 1, 3]).counts.numpy()
      array([1, 2])
    """

    values: Tensor
    counts: Tensor


class unique_inverse_result(NamedTuple):
    """The distinct elements of a tensor and for each element its index among them.

    Attributes:
      values: the distinct elements, sorted.
      inverse_indices: for each element its index in `values`.

    Example:
      >>> tf.array_api.unique_inverse([3, 1, 3]).inverse_indices.numpy()
      array([1, 0, 1])
    """

    values: Tensor
    inverse_indices: Tensor


@documented(
    "Distinct elements and their counts.",
    "tf.array_api.unique_counts([3, 1, 3]).counts.numpy()",
    "array([1, 2])",
    "Values and counts.",
)
def unique_counts(x: Any) -> unique_counts_result:
    found = unique_all(x)
    return unique_counts_result(found.values, found.counts)


@documented(
    "Distinct elements, and the index of each element among them.",
    "tf.array_api.unique_inverse([3, 1, 3]).inverse_indices.numpy()",
    "array([1, 0, 1])",
    "Values and inverse indices.",
)
def unique_inverse(x: Any) -> unique_inverse_result:
    found = unique_all(x)
    return unique_inverse_result(found.values, found.inverse_indices)


class Info:
    """Inspection of the array API namespace.

    Example:
      >>> tf.array_api.__array_namespace_info__().default_dtypes()["real floating"]
      tf.float64
    """

    def capabilities(self) -> dict[str, Any]:
        """Its capabilities.

        Returns:
          A dict.

        Example:
          >>> tf.array_api.__array_namespace_info__().capabilities()["boolean indexing"]
          True
        """
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 12}

    def default_device(self) -> str:
        """The only device.

        Returns:
          Text.

        Example:
          >>> tf.array_api.__array_namespace_info__().default_device()
          'cpu'
        """
        return "cpu"

    def devices(self) -> list[str]:
        """The available devices.

        Returns:
          A list of strings.

        Example:
          >>> tf.array_api.__array_namespace_info__().devices()
          ['cpu']
        """
        return ["cpu"]

    def default_dtypes(self, *, device: Any = None) -> dict[str, DType]:
        """The default dtypes of Python numbers.

        Args:
          device: not used.

        Returns:
          Dtypes by kind.

        Example:
          >>> tf.array_api.__array_namespace_info__().default_dtypes()["integral"]
          tf.int64
        """
        whole = as_dtype("int64")
        floating = {"real floating": as_dtype("float64"), "complex floating": as_dtype("complex128")}
        return {**floating, "integral": whole, "indexing": whole}

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, DType]:
        """The supported dtypes.

        Args:
          device: not used.
          kind: the kind requested; None for all.

        Returns:
          Dtypes by name.

        Raises:
          ValueError: kind is not the name of a kind.

        Example:
          >>> sorted(tf.array_api.__array_namespace_info__().dtypes(kind="real floating"))
          ['float32', 'float64']
        """
        found = {name: as_dtype(name) for name in _NAMES}
        return found if kind is None else {name: dtype for name, dtype in found.items() if isdtype(dtype, kind)}
