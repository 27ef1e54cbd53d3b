"""Argmax and argmin along an axis, for float32 and float64: the first of equal elements, ignoring NaN."""

from libc.math cimport INFINITY
from libc.stdint cimport int64_t

from gradtape._engine.base.shape cimport Extent, new_extent, release_extent
from gradtape._engine.base.types cimport F32, I64, MAX_RANK, is_native, real
from gradtape._engine.compute.loops cimport LONG_RUN
from gradtape._engine.record.primitive cimport Evaluate
from gradtape._engine.tensor.tensor cimport Tensor, new_tensor

cdef enum:
    LANES = 16               # elements compared at once


cdef inline int64_t place_in_row(const real* row, Py_ssize_t length, real sign) noexcept nogil:
    """The index of the greatest sign * element; 0 if all are -inf or NaN."""
    cdef real lanes[LANES]
    cdef real best = -INFINITY
    cdef Py_ssize_t i, j, blocks = length // LANES
    cdef int64_t place = 0
    if length < 4 * LANES:
        for i in range(length):
            if sign * row[i] > best:
                best, place = sign * row[i], i
        return place
    # Vector instructions find the greatest value per lane; its index is searched for afterwards.
    for j in range(LANES):
        lanes[j] = -INFINITY
    for i in range(blocks):
        for j in range(LANES):
            lanes[j] = sign * row[i * LANES + j] if sign * row[i * LANES + j] > lanes[j] else lanes[j]
    for j in range(LANES):
        best = max(best, lanes[j])
    for i in range(blocks * LANES, length):
        if sign * row[i] > best:
            best = sign * row[i]
    if best == -INFINITY:
        return 0
    while sign * row[place] != best:
        place += 1
    return place


cdef void find(const real* a, int64_t* out, Py_ssize_t outer, Py_ssize_t reduced, Py_ssize_t inner, real sign) noexcept nogil:
    """a: IN, outer x reduced x inner; out: OUT, outer x inner."""
    cdef Py_ssize_t i, j, k
    cdef real best
    for i in range(outer):
        if inner == 1:
            out[i] = place_in_row(a, reduced, sign)
        else:
            for k in range(inner):
                out[k] = 0
            for j in range(1, reduced):
                for k in range(inner):
                    best = sign * a[out[k] * inner + k]
                    if sign * a[j * inner + k] > (best if best == best else -INFINITY):
                        out[k] = j
            out += inner
        a += reduced * inner


cdef inline void find_in(Tensor a, Tensor out, Py_ssize_t outer, Py_ssize_t reduced, Py_ssize_t inner, double sign) noexcept nogil:
    if a.dtype_code == F32:
        find[float](<const float*>a.data, <int64_t*>out.data, outer, reduced, inner, <float>sign)
    else:
        find[double](<const double*>a.data, <int64_t*>out.data, outer, reduced, inner, sign)


cdef Tensor places(Tensor a, int64_t axis, double sign):
    cdef Extent* extent = a.extent
    cdef Extent* narrow
    cdef Py_ssize_t dims[MAX_RANK]
    cdef Py_ssize_t outer = 1, inner = 1
    cdef Tensor out
    cdef int i
    if not 0 <= axis < extent.rank or not is_native(a.dtype_code) or not extent.dims[axis]:
        raise ValueError(f"no places along axis {axis} of shape {list(a.shape)}, {a.dtype.name}")
    for i in range(extent.rank):
        if i < axis:
            outer *= extent.dims[i]
        elif i > axis:
            inner *= extent.dims[i]
        if i != axis:
            dims[i - (i > axis)] = extent.dims[i]
    narrow = new_extent(extent.rank - 1, dims)
    try:
        out = new_tensor(I64, narrow)
    finally:
        release_extent(narrow)
    if extent.size > LONG_RUN:
        with nogil:
            find_in(a, out, outer, extent.dims[axis], inner, sign)
    else:
        find_in(a, out, outer, extent.dims[axis], inner, sign)
    return out


cdef Tensor compute_greatest(Tensor a, Tensor b, Extent* shape, int64_t axis):
    return places(a, axis, 1)


cdef Tensor compute_least(Tensor a, Tensor b, Extent* shape, int64_t axis):
    return places(a, axis, -1)


def evaluate_greatest(Tensor tensor not None, axis) -> Tensor:
    """The indices of the greatest elements along an axis, int64."""
    return compute_greatest(tensor, None, NULL, axis)


def evaluate_least(Tensor tensor not None, axis) -> Tensor:
    """The indices of the least elements along an axis, int64."""
    return compute_least(tensor, None, NULL, axis)


cdef Evaluate compiled(object evaluate):
    if evaluate is evaluate_greatest:
        return compute_greatest
    if evaluate is evaluate_least:
        return compute_least
    return NULL
