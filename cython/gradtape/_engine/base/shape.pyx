"""Extents: shapes as reference-counted records, so that a result shares its operand's shape by one increment."""

from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdlib cimport malloc

from gradtape._src.core.tensor_shape import TensorShape

cdef extern from *:
    """
    #define GRADTAPE_MAX_SIZE ((Py_ssize_t)1 << 46)
    """
    Py_ssize_t MAX_SIZE "GRADTAPE_MAX_SIZE"

cdef enum:
    RECENT = 16

cdef Extent* _free = NULL
cdef Extent* _recent[RECENT]           # cache of recent shapes of arrays
cdef Extent _scalar
_scalar.refs = 1 << 40
_scalar.size = 1
_scalar.rank = 0
_scalar.text = NULL


cdef Extent* scalar_extent() noexcept:
    return &_scalar


cdef Extent* new_extent(int rank, const Py_ssize_t* dims) except NULL:
    global _free
    cdef Extent* extent
    cdef int i
    if rank == 0:
        return retain_extent(&_scalar)
    if rank > MAX_RANK:
        raise ValueError(f"Tensors of rank {rank} are not supported: gradtape's limit is rank {MAX_RANK}. "
                         "Merge axes with tf.reshape.")
    extent = _free
    if extent == NULL:
        extent = <Extent*>malloc(sizeof(Extent))
        if extent == NULL:
            raise MemoryError("gradtape could not allocate a shape")
    else:
        _free = extent.next
    extent.refs = 1
    extent.rank = rank
    extent.text = NULL
    extent.size = 1
    for i in range(rank):
        extent.dims[i] = dims[i]
        # Division is slow, so it is skipped if both numbers are below 2**23, whose product cannot be too large.
        if (extent.size | dims[i]) >> 23 != 0 and dims[i] > 0 and extent.size > MAX_SIZE // dims[i]:
            extent.next = _free
            _free = extent
            raise ResourceExhausted([dims[axis] for axis in range(rank)])
        extent.size *= dims[i]
    return extent


cdef Extent* shared_extent(int rank, const Py_ssize_t* dims) except NULL:
    """A cached extent of this shape. Training steps convert arrays of the same shapes again and again; with shared extents
    comparing pointers is enough."""
    cdef Extent* extent
    cdef int i, place
    if rank == 0:
        return retain_extent(&_scalar)
    place = <int>(dims[0] + 3 * dims[rank - 1]) & (RECENT - 1)
    extent = _recent[place]
    if extent != NULL and extent.rank == rank:
        for i in range(rank):
            if extent.dims[i] != dims[i]:
                break
        else:
            return retain_extent(extent)
    extent = new_extent(rank, dims)
    if _recent[place] != NULL:
        release_extent(_recent[place])
    _recent[place] = retain_extent(extent)
    return extent


def ResourceExhausted(dims):
    from gradtape._src.core.errors import ResourceExhaustedError
    return ResourceExhaustedError(None, None, f"A tensor of shape {list(dims)} is too large to allocate")


cdef void recycle_extent(Extent* extent) noexcept:
    global _free
    if extent.text != NULL:
        Py_DECREF(<object>extent.text)
        extent.text = NULL
    extent.next = _free
    _free = extent


cdef object tensor_shape(Extent* extent):
    cdef object made
    if extent.text == NULL:
        made = TensorShape(tuple([extent.dims[i] for i in range(extent.rank)]))
        Py_INCREF(made)
        extent.text = <PyObject*>made
    return <object>extent.text


cdef Extent* extent_from(object shape) except NULL:
    cdef Py_ssize_t dims[MAX_RANK]
    cdef Py_ssize_t dim
    cdef int rank = 0
    if isinstance(shape, int):
        shape = (shape,)
    elif not isinstance(shape, (tuple, list)):
        if shape is None:
            raise ValueError("Attempt to convert a value (None) with an unsupported type (<class 'NoneType'>) to a Tensor: a shape "
                             "must hold integers.")
        if isinstance(shape, (str, bytes, float)):
            raise TypeError(f"Cannot convert {shape!r} to EagerTensor of dtype int32: a shape must hold integers.")
        array = getattr(shape, "numpy", None)
        if array is not None:
            shape = array()
        if hasattr(shape, "tolist"):
            shape = shape.tolist()
            if isinstance(shape, (int, float)):
                shape = (shape,)
        shape = tuple(shape)
    if len(shape) > MAX_RANK:
        raise ValueError(f"Tensors of rank {len(shape)} are not supported: gradtape's limit is rank {MAX_RANK}.")
    for item in shape:
        if item is None:
            raise ValueError(f"Shape {tuple(shape)} is not fully defined: every dimension must be an integer.")
        if isinstance(item, float):
            raise TypeError(f"Shape {tuple(shape)} must hold integers, got the float {item}.")
        try:
            dim = item.__index__() if hasattr(item, "__index__") else int(item)
        except OverflowError:
            raise ValueError("Can't convert Python sequence with out-of-range integer to Tensor. "
                             "A dimension is below 2**63.") from None
        if dim < 0:
            raise InvalidDims(tuple(shape))
        dims[rank] = dim
        rank += 1
    return new_extent(rank, dims)


def InvalidDims(shape):
    from gradtape._src.core.errors import InvalidArgumentError
    return InvalidArgumentError(None, None, f"Dimensions must be >= 0, got the shape {list(shape)}")


cdef Extent* broadcast_extents(Extent* a, Extent* b) except? NULL:
    cdef Py_ssize_t dims[MAX_RANK]
    cdef int rank = a.rank if a.rank >= b.rank else b.rank
    cdef int i
    cdef Py_ssize_t da, db
    cdef bint like_a = True, like_b = True
    if b.rank == 0 or same_extent(a, b):
        return retain_extent(a)
    if a.rank == 0:
        return retain_extent(b)
    for i in range(rank):
        da = a.dims[i - rank + a.rank] if i >= rank - a.rank else 1
        db = b.dims[i - rank + b.rank] if i >= rank - b.rank else 1
        if da == db or db == 1:
            dims[i] = da
        elif da == 1:
            dims[i] = db
        else:
            return NULL
        if dims[i] != da:
            like_a = False
        if dims[i] != db:
            like_b = False
    if like_a and a.rank == rank:
        return retain_extent(a)
    if like_b and b.rank == rank:
        return retain_extent(b)
    return new_extent(rank, dims)


cdef object dims_text(Extent* extent):
    return "[" + ",".join([str(extent.dims[i]) for i in range(extent.rank)]) + "]"
