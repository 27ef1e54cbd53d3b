"""NumPy's dtype promotion, in which Python numbers take the dtype of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, as_tensor, tensor_from
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import DType, as_dtype, bfloat16
from gradtape._src.core.operands import TENSORS
from gradtape._src.numpy.documented import documented


def supported(dtype: Any) -> DType:
    """NumPy's dtype, or the smallest dtype that holds it and that tensors support.

    Raises:
      TypeError: there is none.
    """
    found = np.dtype(dtype.as_numpy_dtype if isinstance(dtype, DType) else dtype)
    wider = {"i": ("int32", "int64"), "u": ("int32", "int64"), "f": ("float32", "float64")}.get(found.kind, ())
    for name in (found.name, *wider):
        try:
            if np.dtype(name).itemsize >= found.itemsize:
                return as_dtype(name)
        except TypeError:
            continue
    raise TypeError(f"there are no tensors of dtype {found}")


def _holds_tensors(value: Any) -> bool:
    return isinstance(value, TENSORS) or (isinstance(value, list | tuple) and any(map(_holds_tensors, value)))


def as_array(value: Any, dtype: DType | None = None) -> Tensor:
    """Converts a value to a tensor of the given dtype, or the one that NumPy gives it."""
    if _holds_tensors(value):
        tensor = as_tensor(value)
    else:
        array = np.asarray(held(value))
        tensor = tensor_from(np.array(array), supported(array.dtype))
    return tensor if dtype is None or tensor.dtype == dtype else apply_cast(tensor, dtype)


def _kind(value: Any) -> Any:
    """The argument of NumPy's promotion for a value: a dtype, or a Python number."""
    if isinstance(value, TENSORS):
        return np.dtype(value.dtype.as_numpy_dtype)
    if isinstance(value, DType):
        return np.dtype(value.as_numpy_dtype)
    if isinstance(value, type | np.dtype | bool | int | float):
        return value
    if _holds_tensors(value):
        return np.result_type(*map(_kind, value))
    return np.asarray(held(value)).dtype


def common(*values: Any) -> DType:
    """The dtype in which NumPy computes with values."""
    kinds = [*map(_kind, values)]
    of_arrays = [kind for kind in kinds if isinstance(kind, np.dtype)]
    # Next to bfloat16, which NumPy does not know, it would treat Python numbers as double.
    if of_arrays and np.result_type(*of_arrays).name == "bfloat16":
        return bfloat16
    return supported(np.result_type(*kinds))


def alike(*values: Any) -> tuple[Tensor, ...]:
    """Converts values to tensors of the dtype in which NumPy computes with them."""
    dtype = common(*values)
    return tuple(as_array(value, dtype) for value in values)


def floating(*values: Any) -> tuple[Tensor, ...]:
    """Converts values to tensors of the floating or complex dtype in which NumPy computes with them."""
    dtype = common(*values)
    if not (dtype.is_floating or dtype.is_complex):
        dtype = as_dtype("float64")
    return tuple(as_array(value, dtype) for value in values)


@documented(
    "The dtype of the result of an op on these values or dtypes.",
    "np.result_type(np.ones(2), 1)",
    "tf.float64",
    "A dtype.",
    raises=("TypeError, ValueError: an argument is neither a dtype nor convertible to a tensor.",),
)
def result_type(*arrays_and_dtypes: Any) -> DType:
    return common(*arrays_and_dtypes)


@documented(
    "The dtype that holds the values of two dtypes.",
    "np.promote_types(tf.float32, tf.int32)",
    "tf.float64",
    "A dtype.",
    raises=("TypeError: an argument is not a dtype of numbers or bools.",),
)
def promote_types(type1: Any, type2: Any) -> DType:
    return common(*(np.dtype(as_dtype(kind).as_numpy_dtype) for kind in (type1, type2)))
