"""Conversion of ops' arguments: of several operands to tensors, and of integers that become attributes."""

cimport numpy as cnp
from cpython.long cimport PyLong_AsLongLongAndOverflow

from gradtape._engine.base.types cimport I32, I64
from gradtape._engine.ops.messages cimport not_allowed
from gradtape._engine.tensor.conversion cimport convert, dtype_word
from gradtape._engine.tensor.tensor cimport Readable, Tensor, as_array, dtype_code_of, operators, tracing

import numpy as np

from gradtape._engine.ops.messages import dtype_not_allowed, one_dtype, shape_text
from gradtape._src.core.errors import invalid_argument

cnp.import_array()

# Attributes of operands of integers that keep the dtype they come in, so that floats and bools are refused; others are
# asked for as int32, which Python's floats do not become.
cdef frozenset AS_THEY_COME = frozenset(("Tindices", "Tshift", "Taxis", "Index"))


def view(Tensor tensor):
    """The tensor's data as a read-only NumPy array, without a copy. Outside of evaluations this is traced as a guard."""
    if tracing:
        operators().value_read(tensor, False)
    return as_array(tensor)


# Several operands

cpdef object first_dtype(object values):
    """The dtype of the first tensor or variable in a nested sequence, or None."""
    for value in values:
        if isinstance(value, (Tensor, Readable)):
            return value.dtype
        if isinstance(value, (list, tuple)):
            found = first_dtype(value)
            if found is not None:
                return found
    return None


cpdef tuple common_tensors(object values):
    """Values as tensors: what is none yet in the dtype of the first tensor or variable, or else of the first value.

    Raises TypeError or ValueError where a value does not convert to it. Tensors keep their dtypes: see `one_dtype`.
    """
    cdef tuple given = tuple(values)
    cdef list tensors
    cdef object dtype = None
    for value in given:
        if type(value) is not Tensor:
            break
    else:
        return given
    for value in given:
        if isinstance(value, (Tensor, Readable)):
            dtype = value.dtype
            break
    tensors = []
    for value in given:
        tensors.append(convert(value, -1 if dtype is None or isinstance(value, (Tensor, Readable)) else dtype_code_of(dtype), False))
        if dtype is None:
            dtype = (<Tensor>tensors[0]).dtype
    return tuple(tensors)


cdef tuple alike_tensors(object values, str op):
    """`common_tensors`, all of the same dtype; InvalidArgumentError if one differs."""
    cdef tuple tensors = tuple(values)
    cdef int dtype_code = -1
    for value in tensors:
        if type(value) is not Tensor or (dtype_code != (<Tensor>value).dtype_code and dtype_code >= 0):
            break
        dtype_code = (<Tensor>value).dtype_code
    else:
        return tensors
    tensors = common_tensors(tensors)
    one_dtype(op, tensors)
    return tensors


# Integers

cdef inline bint is_int64(object value):
    """Whether it is a Python int within the range of int64."""
    cdef int overflow = 0
    if type(value) is not int:
        return False
    PyLong_AsLongLongAndOverflow(value, &overflow)
    return overflow == 0


cdef tuple whole_numbers(object value, str op, str attribute):
    """The integers of an argument, and its rank; `attribute` is TensorFlow's name of the attribute for their dtype."""
    cdef Tensor tensor
    cdef list found = []
    if type(value) is list or type(value) is tuple:
        for item in value:
            if type(item) is Tensor and (<Tensor>item).extent.rank == 0 and (
                    (<Tensor>item).dtype_code == I32 or (<Tensor>item).dtype_code == I64):
                item = int(item)
            elif not is_int64(item):
                break
            found.append(item)
        else:
            return found, 1
    if type(value) is float:
        raise TypeError(f"Cannot convert {value} to EagerTensor of dtype int32")
    tensor = convert(value, I32, True)
    if tensor.dtype_code != I32 and tensor.dtype_code != I64:
        raise not_allowed(op, tensor.dtype_code, attribute, "int32, int64")
    return view(tensor).reshape(-1).tolist(), tensor.extent.rank


def index_array(indices, str op, str attribute="Tindices", str allowed="int32, int64"):
    """Integers of a tensor, list or array as a contiguous int64 array without other writers.

    Args:
      indices: what the caller was given.
      op, attribute, allowed: TensorFlow's op, its name for the dtype of this operand, and the dtypes it takes there.

    Raises:
      InvalidArgumentError: they are of another dtype.
      TypeError or ValueError: they are no numbers, or a float where int32 is asked for.
    """
    cdef bint kept = attribute in AS_THEY_COME
    cdef Tensor tensor
    if isinstance(indices, float) and not kept and not isinstance(indices, np.generic):
        raise TypeError(f"Cannot convert {indices} to EagerTensor of dtype int32")
    tensor = convert(indices, -1 if kept else I32, not kept)
    if tensor.dtype.name not in allowed.split(", "):
        raise dtype_not_allowed(op, dtype_word(tensor.dtype_code), allowed, attribute)
    return np.asarray(view(tensor), np.int64, order="C")


cpdef list ints_of(object value, str op, str attribute, str allowed="int32, int64"):
    """A scalar or vector of integers as a list; see `index_array` for the other arguments and the errors."""
    if is_int64(value):
        return [value]
    if isinstance(value, (list, tuple)):
        for item in value:
            if not is_int64(item):
                break
        else:
            return list(value)
    array = index_array(value, op, attribute, allowed)
    if array.ndim > 1:
        raise invalid_argument(op, f"expected a vector of integers, got shape {shape_text(array.shape)}", None)
    return array.reshape(-1).tolist()


cpdef object int_of(object value, str op, str attribute, str allowed="int32, int64"):
    """A scalar integer: a Python int, or a tensor or array of one; see `index_array` for the rest."""
    if is_int64(value):
        return value
    array = index_array(value, op, attribute, allowed)
    if array.size != 1:
        raise invalid_argument(op, f"expected a scalar, got shape {shape_text(array.shape)}", "")
    return int(array.reshape(()))


cpdef object int_attribute(object value, str attribute):
    """An integer that is not an operand: anything that int() accepts, truncated like int(); else TypeError."""
    if type(value) is int:
        return value
    if not isinstance(value, str):
        try:
            return int(value)
        except (TypeError, ValueError, OverflowError):
            pass
    raise TypeError(f"Expected int for argument '{attribute}' not {value!r}.")
