"""Extents: immutable shapes, shared by tensors, log entries and vjps."""

from cpython.ref cimport PyObject
from gradtape._engine.base.types cimport MAX_RANK

cdef struct Extent:
    Py_ssize_t refs
    Py_ssize_t size                 # elements
    Py_ssize_t dims[MAX_RANK]
    PyObject* text                  # its TensorShape, made on first use
    Extent* next                    # in the free list
    int rank

cdef Extent* scalar_extent() noexcept                                            # borrowed, immortal
cdef Extent* new_extent(int rank, const Py_ssize_t* dims) except NULL            # one reference
cdef Extent* shared_extent(int rank, const Py_ssize_t* dims) except NULL         # the same, cached: for shapes of arrays
cdef void recycle_extent(Extent* extent) noexcept
cdef object tensor_shape(Extent* extent)                                         # a TensorShape
cdef Extent* extent_from(object shape) except NULL      # from ints, sequences, arrays, tensors, TensorShape; one reference
cdef Extent* broadcast_extents(Extent* a, Extent* b) except? NULL                # one reference; NULL without an error: incompatible
cdef object dims_text(Extent* extent)                                            # "[2,3]", as TensorFlow's messages print shapes

cdef inline Extent* retain_extent(Extent* extent) noexcept:
    extent.refs += 1
    return extent

cdef inline void release_extent(Extent* extent) noexcept:
    extent.refs -= 1
    if extent.refs == 0:
        recycle_extent(extent)

cdef inline bytes dims_of(Extent* extent):
    """The dimensions as bytes, for use as a key."""
    return (<char*>extent.dims)[:extent.rank * sizeof(Py_ssize_t)]

cdef inline bint same_extent(Extent* a, Extent* b) noexcept nogil:
    cdef int i
    if a == b:
        return True
    if a.rank != b.rank or a.size != b.size:
        return False
    for i in range(a.rank):
        if a.dims[i] != b.dims[i]:
            return False
    return True
