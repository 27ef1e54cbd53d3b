"""Ops that change shape, order and dtype, and sums over broadcast axes."""

from libc.stdint cimport int64_t

from gradtape._engine.base.shape cimport Extent
from gradtape._engine.record.primitive cimport Primitive
from gradtape._engine.tensor.tensor cimport Tensor

cdef Primitive IDENTITY, CAST

cdef Tensor filled(int dtype_code, Extent* extent, double value)
cdef Tensor splat(int dtype_code, Extent* extent, double value)
cdef Tensor materialize(Tensor a)
cdef Tensor identity(Tensor a)
cdef Tensor constant(Tensor a)
cdef Tensor reshape(Tensor a, Extent* extent)
cdef Tensor broadcast_to(Tensor a, Extent* extent)
cdef Tensor sum_to(Tensor a, Extent* extent)
cdef Tensor transpose(Tensor a, int64_t permutation)
cdef Tensor cast(Tensor a, int dtype_code)
cdef Tensor widened(Tensor a)                     # half precision converted to float32; others unchanged
cdef Tensor rounded(Tensor a, int dtype_code)     # float32 converted to half precision
cdef int reduce_into(int kind, Tensor a, int64_t axes, Tensor out) except -1

cdef Extent* batched_extent(Extent* extent, int rank, Py_ssize_t batch) except NULL
cdef Tensor reshape_batch(Tensor a, Extent* extent, Py_ssize_t batch)
cdef Tensor sum_to_batch(Tensor a, Extent* extent, Py_ssize_t batch)
cdef Tensor broadcast_batch(Tensor a, Extent* extent, Py_ssize_t batch)
