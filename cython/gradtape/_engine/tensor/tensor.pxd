"""Tensors: immutable arrays in pooled storage, and their conversion to NumPy arrays."""

cimport cython

from cpython.object cimport PyObject
from libc.stdint cimport int64_t
from gradtape._engine.base.buffer cimport Block
from gradtape._engine.base.shape cimport Extent
from gradtape._engine.base.types cimport DTYPE_COUNT

cdef class Readable:
    """Base class of variables: an object whose current value is a tensor."""
    cdef Tensor read(self)

cdef PyObject* variable_type         # the public class of variables, for a fast check before isinstance

cdef extern from "Python.h":
    PyObject* type_of "(PyObject*)Py_TYPE"(object o)

cdef enum:
    CELL_BYTES = 64              # largest data stored inline, without a block: 16 float32, a 4×4 matrix

@cython.final
cdef class Tensor:
    cdef char* data              # points to `cell`, or into the block
    cdef Block* block            # NULL if the data are in `cell`
    cdef Extent* extent
    cdef int64_t node            # 0: never recorded or watched
    cdef short dtype_code
    cdef short splat             # only within sweeps and replays: all elements are equal, and only one is stored
    cdef unsigned int tag        # its number in a trace; 0: not in a trace
    cdef double cell[8]
    cdef object __weakref__
    cdef PyObject* attributes    # a dict, or NULL if no attribute was ever set

# Implementations of the operators of Tensor and Variable, set by the modules that define them, which import this one.
cdef struct Operators:
    object (*binary)(int code, object a, object b)
    object (*unary)(int code, object a)
    object (*power)(object a, object b)
    object (*matmul)(object a, object b)
    object (*getitem)(object a, object key)
    object (*equal)(object a, object b, bint negate)
    object (*pack)(object values, int dtype_code)        # converts a sequence that contains tensors
    object (*bitwise)(int code, object a, object b)
    object (*floordiv)(object a, object b)
    object (*part_assigner)(object a)                    # function that assigns to the part of a variable that `a` was read from
    int (*value_read)(Tensor a, bint truth) except -1    # called during tracing if Python reads a value (truth: only whether it is true)

cdef Operators* operators() noexcept

cdef bint tracing                    # some thread is tracing a function

cdef Tensor new_tensor(int dtype_code, Extent* extent)               # contents undefined; takes a reference to extent
cdef Tensor unplaced(int dtype_code, Extent* extent)                 # without storage, which the caller provides
cdef Tensor new_splat(int dtype_code, Extent* extent)              # a splat, whose one stored element is undefined
cdef Tensor new_scalar(int dtype_code, double value)
cdef Tensor share(Tensor tensor, Extent* extent)                     # the same storage with another shape of equal size
# Whether the caller has the only reference to a tensor and its block, and there is no weak reference, so that its data may be
# overwritten. False for tensors without a block, as new ones cost as little.
cdef bint is_free(PyObject* tensor) noexcept
cdef object as_array(Tensor tensor)                                  # read-only view
cdef object to_numpy(Tensor tensor)                                  # writable copy; a NumPy scalar for rank 0
cdef object dtype_object(int dtype_code)
cdef int dtype_code_of(object dtype) except -1
cdef double scalar_value(Tensor tensor) noexcept                     # the first element, or its real part

cdef list numpy_dtypes               # by dtype code
cdef dict codes_by_numpy
cdef int[DTYPE_COUNT] type_numbers   # NumPy's, by dtype code
cdef void write_number(int dtype_code, char* target, double value) noexcept nogil

cdef extern from "compiler.h":
    void fetch "FETCH"(const void* p) noexcept nogil    # prefetches a cache line
cdef enum:
    FETCH_AHEAD = 32             # distance of prefetching in long lists, in items
cdef inline Tensor tensor_or_none(object value):
    """A tensor itself, the value of a variable that is not of a subclass; None for anything else."""
    if type(value) is Tensor:
        return <Tensor>value
    if type_of(value) == variable_type:
        return (<Readable>value).read()
    return None
cdef inline Tensor readable_tensor(object value):
    """The same, including variables of subclasses."""
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
