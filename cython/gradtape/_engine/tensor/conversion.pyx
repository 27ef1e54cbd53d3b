"""Conversion to tensors: of numbers, arrays, sequences, and objects with a conversion method."""

cimport numpy as cnp
from cpython.float cimport PyFloat_AS_DOUBLE
from cpython.long cimport PyLong_AsDouble, PyLong_AsLongLongAndOverflow
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy

from gradtape._engine.base.shape cimport Extent, new_extent, release_extent, shared_extent
from gradtape._engine.base.types cimport (BF16, BOOL, C64, C128, F16, F32, F64, I32, I64, MAX_RANK, U64, is_complex, is_floating,
                                          is_half, is_native)
from gradtape._engine.tensor.sequence cimport (BOOLEAN, COMPLEX, DOUBLE, EMPTY, FILLED, FLOAT, FLOAT_FOUND, HALF, MIXED,
                                               OVERFLOWED, RAGGED, TOO_WIDE, UNSUPPORTED, WIDE_FOUND, fill, survey)
from gradtape._engine.tensor.tensor cimport (Readable, Tensor, as_array, codes_by_numpy, dtype_code_of, dtype_object,
                                             item_size, new_scalar, new_tensor, numpy_dtypes, operators, readable_tensor,
                                             type_numbers)

import numpy as np

from gradtape._engine.tensor.sequence import held
from gradtape._src.core.errors import TextOperand


cnp.import_array()


ctypedef fused source_type:
    float
    double
    int32_t
    int64_t


ctypedef fused target_type:
    float
    double


cdef inline void copy_as(const source_type* source, target_type* target, Py_ssize_t n) noexcept nogil:
    """source is IN, target is OUT."""
    cdef Py_ssize_t i
    for i in range(n):
        target[i] = <target_type>source[i]


cdef bint copy_floating(int type_number, const void* source, int dtype_code, void* target, Py_ssize_t n) noexcept nogil:
    """Copies contiguous data (IN) to a float32 or float64 tensor's (OUT); False if the source's type is not supported."""
    if type_number == cnp.NPY_LONGLONG:
        type_number = cnp.NPY_INT64
    if dtype_code == F32:
        if type_number == cnp.NPY_FLOAT32:
            memcpy(target, source, n * 4)
        elif type_number == cnp.NPY_FLOAT64:
            copy_as(<const double*>source, <float*>target, n)
        elif type_number == cnp.NPY_INT64:
            copy_as(<const int64_t*>source, <float*>target, n)
        elif type_number == cnp.NPY_INT32:
            copy_as(<const int32_t*>source, <float*>target, n)
        else:
            return False
    else:
        if type_number == cnp.NPY_FLOAT64:
            memcpy(target, source, n * 8)
        elif type_number == cnp.NPY_FLOAT32:
            copy_as(<const float*>source, <double*>target, n)
        elif type_number == cnp.NPY_INT64:
            copy_as(<const int64_t*>source, <double*>target, n)
        elif type_number == cnp.NPY_INT32:
            copy_as(<const int32_t*>source, <double*>target, n)
        else:
            return False
    return True


cdef Tensor from_array(object value, int dtype_code):
    """A tensor with a copy of an array's data, cast to the dtype (-1: the array's)."""
    cdef cnp.ndarray array = value
    cdef Extent* extent
    cdef Tensor tensor
    cdef int rank = cnp.PyArray_NDIM(array)
    if dtype_code < 0:
        dtype_code = array_code(array)
    if rank > MAX_RANK:
        raise ValueError(f"Tensors of rank {rank} are not supported: gradtape's limit is rank {MAX_RANK}.")
    extent = shared_extent(rank, <Py_ssize_t*>cnp.PyArray_DIMS(array))
    tensor = new_tensor(dtype_code, extent)
    release_extent(extent)
    if (is_native(dtype_code) and cnp.PyArray_IS_C_CONTIGUOUS(array) and cnp.PyArray_ISALIGNED(array)
            and cnp.PyArray_ISNOTSWAPPED(array)
            and copy_floating(cnp.PyArray_TYPE(array), cnp.PyArray_DATA(array), dtype_code, tensor.data, tensor.extent.size)):
        return tensor
    contiguous = np.ascontiguousarray(array, dtype=numpy_dtypes[dtype_code])
    memcpy(tensor.data, cnp.PyArray_DATA(contiguous), tensor.extent.size * item_size(dtype_code))
    return tensor


cdef Tensor floating_of(Tensor tensor, int dtype_code):
    cdef Tensor result = new_tensor(dtype_code, tensor.extent)
    copy_floating(type_numbers[tensor.dtype_code], tensor.data, dtype_code, result.data, tensor.extent.size)
    return result


cdef type _np_float64 = np.float64
cdef type _np_float32 = np.float32
cdef type _np_int64 = np.int64


cdef extern from "numpy/arrayscalars.h":
    ctypedef struct Float32Scalar "PyFloat32ScalarObject":
        float obval
    ctypedef struct Int64Scalar "PyInt64ScalarObject":
        int64_t obval


cdef Tensor convert_numbers(object value, int dtype_code):
    """A tensor of a floating dtype from a Python number or a contiguous, aligned array of numbers.

    None for all other values, for which `convert` is to be called. Most operands that are not tensors are of these kinds.
    """
    cdef int overflow = 0
    cdef int64_t whole
    cdef Extent* extent
    cdef Tensor tensor
    cdef cnp.ndarray array
    if type(value) is float or type(value) is _np_float64:
        return new_scalar(dtype_code, PyFloat_AS_DOUBLE(value))
    if cnp.PyArray_CheckExact(value):
        array = <cnp.ndarray>value
        if (cnp.PyArray_NDIM(array) > MAX_RANK
                or not cnp.PyArray_CHKFLAGS(array, cnp.NPY_ARRAY_C_CONTIGUOUS | cnp.NPY_ARRAY_ALIGNED)
                or not cnp.PyArray_ISNOTSWAPPED(array) or not has_fast_copy(cnp.PyArray_TYPE(array))):
            return None
        extent = shared_extent(cnp.PyArray_NDIM(array), <Py_ssize_t*>cnp.PyArray_DIMS(array))
        tensor = new_tensor(dtype_code, extent)
        release_extent(extent)
        copy_floating(cnp.PyArray_TYPE(array), cnp.PyArray_DATA(array), dtype_code, tensor.data, tensor.extent.size)
        return tensor
    if type(value) is int:
        whole = PyLong_AsLongLongAndOverflow(value, &overflow)
        return None if overflow else new_scalar(dtype_code, <double>whole)
    if type(value) is _np_float32:
        return new_scalar(dtype_code, (<Float32Scalar*>value).obval)
    if type(value) is _np_int64:
        return new_scalar(dtype_code, <double>(<Int64Scalar*>value).obval)
    return None


cdef inline bint has_fast_copy(int type_number) noexcept nogil:
    """Whether copy_floating supports the type."""
    return (type_number == cnp.NPY_FLOAT32 or type_number == cnp.NPY_FLOAT64 or type_number == cnp.NPY_INT64
            or type_number == cnp.NPY_INT32 or type_number == cnp.NPY_LONGLONG)


cdef int array_code(cnp.ndarray array) except -1:
    code = codes_by_numpy.get(array.dtype)
    if code is None:
        if array.dtype.kind in "SU" or (array.dtype.kind == "O" and array.size and isinstance(array.flat[0], (str, bytes))):
            raise TextOperand()
        if array.dtype.kind in "OMmV" or array.dtype.char in "gG":
            raise ValueError(f"Failed to convert a NumPy array to a Tensor (Unsupported object type {type(array.flat[0]).__name__})."
                             if array.dtype.kind == "O" and array.size else
                             f"Failed to convert a NumPy array to a Tensor (Unsupported numpy type: {array.dtype}).")
        return dtype_code_of(array.dtype)
    return code


cdef Tensor convert(object value, int dtype_code, bint preferred):
    cdef Tensor tensor = readable_tensor(value)
    if tensor is not None:
        return expect(tensor, dtype_code, preferred)
    if dtype_code >= 0 and is_native(dtype_code):
        tensor = convert_numbers(value, dtype_code)
        if tensor is not None:
            return tensor
        if type(value) is int:
            return new_scalar(dtype_code, whole_as_double(value))
    if cnp.PyArray_Check(value):
        return from_array(value, conversion_code(value, dtype_code))
    if not preferred or dtype_code < 0:
        return convert_object(value, dtype_code)
    try:
        return convert_object(value, dtype_code)
    except (TypeError, ValueError):
        return convert_object(value, -1)


cdef double whole_as_double(object value) except? -1:
    try:
        return PyLong_AsDouble(value)
    except OverflowError:
        raise fill_error(TOO_WIDE) from None


cdef inline Tensor expect(Tensor tensor, int dtype_code, bint preferred):
    if dtype_code >= 0 and tensor.dtype_code != dtype_code and not preferred:
        raise ValueError(f"Tensor conversion requested dtype {dtype_object(dtype_code).name} for Tensor with dtype "
                         f"{dtype_object(tensor.dtype_code).name}: {tensor!r}")
    return tensor


cdef int conversion_code(cnp.ndarray array, int dtype_code) except -2:
    """The dtype to convert an array to if `dtype_code` is requested: its own if it must not be cast to that, as complex to real."""
    cdef int number = cnp.PyArray_TYPE(array)
    if dtype_code >= 0 and (cnp.PyTypeNum_ISINTEGER(number) or cnp.PyTypeNum_ISFLOAT(number) or cnp.PyTypeNum_ISBOOL(number)
                            or number == cnp.NPY_OBJECT or number == type_numbers[<int>BF16]
                            or (cnp.PyTypeNum_ISCOMPLEX(number) and is_complex(dtype_code))):
        return dtype_code
    return array_code(array)


cdef Tensor convert_object(object value, int dtype_code):
    """A tensor of a value that is neither a tensor nor an array: a number, a sequence, or an object with a conversion method."""
    cdef object array
    cdef Tensor tensor
    if type(value) is int or type(value) is float or type(value) is bool:
        return from_sequence(value, dtype_code)
    if isinstance(value, cnp.generic):
        array = np.asarray(value)
        return from_array(array, conversion_code(array, dtype_code))
    if isinstance(value, (list, tuple)) and holds_tensor(value, MAX_RANK):
        return operators().pack(value, dtype_code)
    as_dtype_tensor = getattr(value, "__tf_tensor__", None)
    if as_dtype_tensor is not None:
        array = as_dtype_tensor(None if dtype_code < 0 else dtype_object(dtype_code), None)
        tensor = readable_tensor(array)
        if tensor is None:
            raise TypeError(f"__tf_tensor__ of {value!r} must return a tensor, it returned {array!r}.")
        return expect(tensor, dtype_code, False)
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        return from_array(array, conversion_code(array, dtype_code))
    return from_sequence(value, dtype_code)


cdef bint holds_tensor(object sequence, int levels) except -1:
    """Whether a sequence contains a tensor, down to `levels` levels of nesting, as it may contain itself."""
    for item in sequence:
        if isinstance(item, (Tensor, Readable)):
            return True
        if levels > 0 and isinstance(item, (list, tuple)) and holds_tensor(item, levels - 1):
            return True
    return False


cdef object cannot_convert(object value, int dtype_code, str remedy):
    return TypeError(f"Cannot convert {value!r} to EagerTensor of dtype {dtype_word(dtype_code)}{remedy}")


cdef str dtype_word(int dtype_code):
    return ("float", "double", "half", "bfloat16", "complex64", "complex128", "int8", "int16", "int32", "int64", "uint8", "uint16",
            "uint32", "uint64", "bool")[dtype_code]


cdef object fill_error(int outcome):
    """The exception for an outcome of `fill`: TensorFlow's message, followed by the remedy."""
    if outcome == MIXED:
        return ValueError("Can't convert Python sequence with mixed types to Tensor. "
                          "Make every element a number of one kind.")
    if outcome == RAGGED:
        return ValueError("Can't convert non-rectangular Python sequence to Tensor. Give all rows of an axis one length.")
    if outcome == OVERFLOWED:
        return ValueError("Can't convert Python sequence with a value out of range for a double-precision float. "
                          "Pass dtype=tf.float64 for values beyond float32.")
    return ValueError("Can't convert Python sequence with out-of-range integer to Tensor. "
                      "Pass a dtype that holds it: tf.int64, or a floating one.")


cdef Tensor from_sequence(object value, int dtype_code):
    """A tensor of a number or a nested sequence of numbers, of the requested dtype or, if that is -1, of the inferred one."""
    cdef Py_ssize_t dims[MAX_RANK]
    cdef int rank = 0, outcome, kind = survey(value, dims, &rank), code
    cdef Extent* extent = new_extent(rank, dims)
    cdef Tensor tensor
    try:
        if kind == EMPTY:
            return new_tensor(dtype_code if dtype_code >= 0 else F32, extent)
        if kind == UNSUPPORTED:
            if dtype_code >= 0:
                raise cannot_convert(value, dtype_code, "")
            raise TextOperand()
        if kind == COMPLEX or is_complex(dtype_code):
            return complex_from(value, dtype_code, dims, rank)
        if is_filled(dtype_code):
            tensor = new_tensor(dtype_code, extent)
            if fill(value, dtype_code, True, dims, rank, tensor.data) == FILLED:
                return tensor
        elif dtype_code >= 0 and (kind != BOOLEAN or rank > 0 or dtype_code == U64 or is_half(dtype_code)):
            tensor = narrowed(value, dtype_code, extent, dims, rank)
            if tensor is not None:
                return tensor
        code = F64 if kind == DOUBLE else F32 if kind == FLOAT or kind == HALF else BOOL if kind == BOOLEAN else I32
        tensor = new_tensor(code, extent)
        outcome = fill(value, code, False, dims, rank, tensor.data)
        if outcome == WIDE_FOUND or outcome == FLOAT_FOUND:
            code = I64 if outcome == WIDE_FOUND else F32
            tensor = new_tensor(code, extent)
            outcome = fill(value, code, False, dims, rank, tensor.data)
        if outcome == FLOAT_FOUND:
            code = F32
            tensor = new_tensor(code, extent)
            outcome = fill(value, code, False, dims, rank, tensor.data)
        if outcome != FILLED:
            if outcome == OVERFLOWED and dtype_code > F64:
                raise cannot_convert(value, dtype_code, "")
            raise fill_error(outcome)
        if dtype_code < 0 and kind == HALF:
            return from_array(as_array(tensor), F16)
        if dtype_code < 0 or dtype_code == code:
            return tensor
        if not is_floating(dtype_code) and dtype_code != BOOL and (code == I32 or code == I64):
            raise fill_error(WIDE_FOUND)
        raise cannot_convert(value, dtype_code, remedy_for(dtype_code, code))
    finally:
        release_extent(extent)


cdef inline bint is_filled(int dtype_code) noexcept:
    """Whether `fill` supports the dtype. Other dtypes are converted from one that it supports."""
    return 0 <= dtype_code <= F64 or dtype_code == I32 or dtype_code == I64 or dtype_code == BOOL


cdef Tensor narrowed(object value, int dtype_code, Extent* extent, const Py_ssize_t* dims, int rank):
    """A tensor of a dtype that `fill` does not support, by way of a wider one; None if the numbers do not fit."""
    cdef Tensor wide = new_tensor(F32 if is_half(dtype_code) else I64, extent)
    cdef int outcome = fill(value, wide.dtype_code, True, dims, rank, wide.data)
    if outcome == TOO_WIDE and dtype_code == U64:
        try:
            return from_array(np.array(held(value), np.uint64).reshape([dims[axis] for axis in range(rank)]), U64)
        except (OverflowError, TypeError, ValueError):
            return None
    if outcome != FILLED:
        return None
    array = as_array(wide)
    if not is_half(dtype_code) and array.size:
        limits = np.iinfo(numpy_dtypes[dtype_code])
        if array.min() < limits.min or array.max() > limits.max:
            return None
    return from_array(array, dtype_code)


cdef Tensor complex_from(object value, int dtype_code, const Py_ssize_t* dims, int rank):
    """A complex tensor of a sequence of this shape, which may also contain real numbers."""
    if dtype_code >= 0 and not is_complex(dtype_code):
        raise cannot_convert(value, dtype_code, ". Take tf.math.real of it, or another dtype")
    try:
        array = np.array(held(value), None if dtype_code < 0 else numpy_dtypes[dtype_code])
    except (TypeError, ValueError, OverflowError):
        raise fill_error(MIXED) from None
    if array.dtype.kind != "c":
        raise fill_error(RAGGED if array.dtype.kind == "O" else MIXED)
    return from_array(array, C64 if array.dtype.itemsize == 8 else C128)


cdef str remedy_for(int wanted, int found):
    if is_floating(found) and not is_floating(wanted) or wanted == BOOL:
        return f". Convert it first: tf.cast(value, tf.{dtype_object(wanted).name})"
    return ""
