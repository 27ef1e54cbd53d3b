"""Nested Python sequences as rectangular data.

`survey` infers the shape from the first elements and the dtype from the first leaf, as TensorFlow does. `fill` then stores all
leaves in one dtype, and reports if one does not fit. Bools are accepted among numbers, integers among floats; no other kinds may
be mixed.
"""

cimport numpy as cnp
from cpython.bool cimport PyBool_Check
from cpython.bytes cimport PyBytes_Check
from cpython.complex cimport PyComplex_Check
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_Check
from cpython.list cimport PyList_Check, PyList_GET_ITEM, PyList_GET_SIZE
from cpython.long cimport PyLong_AsDouble, PyLong_AsLongLongAndOverflow, PyLong_Check
from cpython.sequence cimport PySequence_Check
from cpython.tuple cimport PyTuple_Check, PyTuple_GET_ITEM, PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_Check
from libc.math cimport INFINITY, fabs
from libc.stdint cimport int32_t, int64_t

from gradtape._engine.base.types cimport BOOL, F32, F64, I64, MAX_RANK

import numpy as np

cnp.import_array()

cdef double LARGEST_FLOAT32 = np.finfo(np.float32).max
cdef type _float64 = np.float64
cdef type _half = np.float16
cdef type _floating = np.floating
cdef type _integer = np.integer
cdef type _bool = np.bool_


def held(value):
    """The value with its lists replaced by tuples. NumPy fails if a list changes while it is read, by methods of an item."""
    return tuple([held(item) for item in value]) if isinstance(value, (list, tuple)) else value


cdef inline bint is_sequence(object value) except -1:
    if PyList_Check(value) or PyTuple_Check(value):
        return True
    if PyFloat_Check(value) or PyLong_Check(value) or PyUnicode_Check(value) or PyBytes_Check(value) or isinstance(value, np.generic):
        return False
    if cnp.PyArray_Check(value):
        return cnp.PyArray_NDIM(value) > 0
    # Convertible objects with a dtype are other kinds of tensors, which convert themselves; a TensorShape has none.
    return PySequence_Check(value) and not (hasattr(value, "__tf_tensor__") and hasattr(value, "dtype"))


cdef inline object leaf(object value):
    """A leaf as a scalar, also if it is an array of rank 0."""
    return value[()] if cnp.PyArray_Check(value) else value


cdef int survey(object value, Py_ssize_t* dims, int* rank) except -1:
    """Stores the shape (OUT) and returns the kind of the first leaf, a `Leaf`.

    Raises ValueError if the first leaf is not a number or the nesting is deeper than MAX_RANK.
    """
    cdef object kind
    rank[0] = 0
    while is_sequence(value):
        if rank[0] == MAX_RANK:
            raise ValueError(f"Sequences nested deeper than {MAX_RANK} levels are not supported: that is gradtape's highest rank. "
                             "Merge axes with np.reshape first.")
        dims[rank[0]] = len(value)
        rank[0] += 1
        if dims[rank[0] - 1] == 0:
            return EMPTY
        value = value[0]
    value = leaf(value)
    kind = type(value)
    if kind is _float64:
        return DOUBLE
    if PyFloat_Check(value):
        return FLOAT
    if PyBool_Check(value) or kind is _bool:
        return BOOLEAN
    if PyLong_Check(value) or isinstance(value, _integer):
        return INTEGER
    if isinstance(value, _floating):
        return HALF if kind is _half else FLOAT
    if PyComplex_Check(value) or isinstance(value, np.complexfloating):
        return COMPLEX
    if PyUnicode_Check(value) or PyBytes_Check(value):
        return UNSUPPORTED
    if hasattr(value, "__tf_tensor__"):
        value.__tf_tensor__(None, None)                         # that of string tensors raises a more specific exception
    raise ValueError(f"Attempt to convert a value ({value!r}) with an unsupported type ({kind}) to a Tensor.")


cdef int fill(object value, int dtype_code, bint asked, const Py_ssize_t* dims, int rank, char* out) except -1:
    """Stores the leaves of a sequence of this shape in out (OUT) as float32, float64, int32, int64 or bool; returns an `Outcome`."""
    cdef Py_ssize_t place = 0
    return walk(value, dtype_code, asked, dims, rank, out, &place)


cdef int walk(object value, int dtype_code, bint asked, const Py_ssize_t* dims, int rank, char* out,
              Py_ssize_t* place) except -1:
    cdef Py_ssize_t i
    cdef int outcome
    cdef object item             # holds a reference while the item is read
    if rank == 0:
        if is_sequence(value):
            return MIXED
        outcome = store(leaf(value), dtype_code, asked, out, place[0])
        place[0] += 1
        return outcome
    if not is_sequence(value) or len(value) != dims[0]:
        return RAGGED
    if cnp.PyArray_Check(value) and copied(value, dtype_code, asked, dims, rank, out, place):
        return FILLED
    for i in range(dims[0]):
        # The actual size is checked each time, as methods of an item may change the list, and a subclass may override len().
        if PyList_Check(value):
            if i >= PyList_GET_SIZE(value):
                return RAGGED
            item = <object>PyList_GET_ITEM(value, i)
        elif PyTuple_Check(value):
            if i >= PyTuple_GET_SIZE(value):
                return RAGGED
            item = <object>PyTuple_GET_ITEM(value, i)
        else:
            item = value[i]
        outcome = walk(item, dtype_code, asked, dims + 1, rank - 1, out, place)
        if outcome != FILLED:
            return outcome
    return FILLED


cdef bint copied(cnp.ndarray array, int dtype_code, bint asked, const Py_ssize_t* dims, int rank, char* out,
                 Py_ssize_t* place) except -1:
    """Copies a whole array of numbers to floats if no element has to be checked; otherwise returns False."""
    cdef int i
    cdef cnp.npy_intp size = 1
    if not (dtype_code == F64 or dtype_code == F32 and (asked or array.dtype.itemsize <= 4)) or array.dtype.kind not in "fiu":
        return False
    if cnp.PyArray_NDIM(array) != rank:
        return False
    for i in range(rank):
        if cnp.PyArray_DIM(array, i) != dims[i]:
            return False
        size *= dims[i]
    target = cnp.PyArray_SimpleNewFromData(1, &size, cnp.NPY_FLOAT32 if dtype_code == F32 else cnp.NPY_FLOAT64,
                                           out + place[0] * (4 if dtype_code == F32 else 8))
    with np.errstate(over="ignore"):
        target[:] = array.reshape(-1)
    place[0] += size
    return True


cdef inline int store(object value, int dtype_code, bint asked, char* out, Py_ssize_t place) except -1:
    cdef double real
    cdef int64_t whole
    cdef int overflow = 0
    if dtype_code == F32 or dtype_code == F64:
        if PyFloat_Check(value):
            real = PyFloat_AS_DOUBLE(value)
        elif PyLong_Check(value) or isinstance(value, _integer):
            try:
                real = PyLong_AsDouble(value if PyLong_Check(value) else int(value))
            except OverflowError:
                return OVERFLOWED
        elif isinstance(value, _floating):
            real = float(value)
        else:
            return MIXED
        if dtype_code == F32:
            if not asked and fabs(real) > LARGEST_FLOAT32 and fabs(real) != INFINITY:
                return OVERFLOWED
            (<float*>out)[place] = <float>real
        else:
            (<double*>out)[place] = real
        return FILLED
    if dtype_code == BOOL:
        if PyBool_Check(value) or type(value) is _bool:
            out[place] = 1 if value else 0
            return FILLED
        return MIXED
    if PyLong_Check(value):
        whole = PyLong_AsLongLongAndOverflow(value, &overflow)
    elif isinstance(value, _integer):
        whole = PyLong_AsLongLongAndOverflow(int(value), &overflow)
    elif PyFloat_Check(value) or isinstance(value, _floating):
        return FLOAT_FOUND
    else:
        return MIXED
    if overflow:
        return TOO_WIDE
    if dtype_code == I64:
        (<int64_t*>out)[place] = whole
    elif whole == <int32_t>whole:
        (<int32_t*>out)[place] = <int32_t>whole
    else:
        return WIDE_FOUND
    return FILLED
