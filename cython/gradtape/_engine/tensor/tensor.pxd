"""Tensors: immutable values over pooled storage, and their data as NumPy's."""

cimport cython

from cpython.object cimport PyObject
from libc.stdint cimport int64_t
from gradtape._engine.base.buffer cimport Block
from gradtape._engine.base.shape cimport Extent
from gradtape._engine.base.types cimport DTYPE_COUNT

cdef class Readable:
    """Something whose present value is a tensor: a variable."""
    cdef Tensor read(self)

cdef PyObject* variable_type         # the public class of variables, which nearly all of them are of

cdef extern from "Python.h":
    PyObject* type_of "(PyObject*)Py_TYPE"(object o)

cdef enum:
    CELL_BYTES = 64              # of a value that needs no block: sixteen float32, a 4×4 matrix

@cython.final
cdef class Tensor:
    cdef char* data              # inline cell, or the block's bytes
    cdef Block* block            # NULL when inline
    cdef Extent* extent
    cdef int64_t node            # 0: never recorded or watched
    cdef short dtype_code
    cdef short splat             # only inside a sweep: one stored element stands for all of the extent
    cdef unsigned int tag        # its number in a trace; 0: in none
    cdef double cell[8]
    cdef object __weakref__
    cdef PyObject* attributes    # a dict, or NULL where none was ever set

# What the operators of Tensor and Variable call; set by the modules above it.
cdef struct Operators:
    object (*binary)(int code, object a, object b)
    object (*unary)(int code, object a)
    object (*power)(object a, object b)
    object (*matmul)(object a, object b)
    object (*getitem)(object a, object key)
    object (*equal)(object a, object b, bint negate)
    object (*pack)(object values, int dtype_code)        # a sequence that holds tensors becomes one tensor
    object (*bitwise)(int code, object a, object b)
    object (*floordiv)(object a, object b)
    object (*part_assigner)(object a)                    # what assigns to the part of a variable that was just read
    int (*value_read)(Tensor a, bint truth) except -1    # a program looks at a value (or asks whether it is true) while a trace is made

cdef Operators* operators() noexcept

cdef bint tracing                    # a thread is tracing a function

cdef Tensor new_tensor(int dtype_code, Extent* extent)               # contents undefined; takes a reference to extent
cdef Tensor unplaced(int dtype_code, Extent* extent)                 # without storage, which the caller gives it
cdef Tensor new_splat(int dtype_code, Extent* extent)              # of one element, undefined, that stands for all
cdef Tensor new_scalar(int dtype_code, double value)
cdef Tensor share(Tensor tensor, Extent* extent)                     # same storage under another shape of equal size
# Whether the caller holds the only reference to a tensor and its block, and no weak reference: its bytes may be overwritten with
# another value. For tensors without a block it is False: a new one costs as little.
cdef bint is_free(PyObject* tensor) noexcept
cdef object as_array(Tensor tensor)                                  # read-only view
cdef object to_numpy(Tensor tensor)                                  # writable copy; a NumPy scalar for rank 0
cdef object dtype_object(int dtype_code)
cdef int dtype_code_of(object dtype) except -1
cdef double scalar_value(Tensor tensor) noexcept                     # of a complex number the real part

cdef list numpy_dtypes               # by dtype code
cdef dict codes_by_numpy
cdef int[DTYPE_COUNT] type_numbers   # NumPy's, by dtype code
cdef void write_number(int dtype_code, char* target, double value) noexcept nogil

cdef extern from "compiler.h":
    void fetch "FETCH"(const void* p) noexcept nogil    # into cache: something that will be looked at in a while
cdef enum:
    FETCH_AHEAD = 32             # items of a long list
cdef inline Tensor usual_tensor(object value):
    """A tensor itself, a variable's value, None for anything else, variables of a subclass among it."""
    if type(value) is Tensor:
        return <Tensor>value
    if type_of(value) == variable_type:
        return (<Readable>value).read()
    return None
cdef inline Tensor readable_tensor(object value):
    """The same with variables of every class."""
    if type(value) is Tensor:
        return <Tensor>value
    if type_of(value) == variable_type or isinstance(value, Readable):
        return (<Readable>value).read()
    return None
cdef extern from *:
    """
    static inline int gradtape_item_size(int dtype_code) {
        static const unsigned char sizes[] = {4, 8, 2, 2, 8, 16, 1, 2, 4, 8, 1, 2, 4, 8, 1};
        return sizes[dtype_code];
    }
    """
    int item_size "gradtape_item_size"(int dtype_code) noexcept nogil      # bytes per element
