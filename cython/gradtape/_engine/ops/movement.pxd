"""Data movement: ops that only copy elements."""

from gradtape._engine.base.shape cimport Extent
from gradtape._engine.record.primitive cimport Primitive
from gradtape._engine.tensor.tensor cimport Tensor

cdef enum:
    LONG_COPY = 1 << 17          # bytes from which the GIL is released

# `outer` runs of `run` bytes; target is OUT, source is IN. Long copies release the GIL.
cdef void copy_runs(char* target, Py_ssize_t target_stride, const char* source, Py_ssize_t source_stride, Py_ssize_t run,
                    Py_ssize_t outer) noexcept
cdef Tensor chunks(Tensor a, Extent* extent, Py_ssize_t outer, Py_ssize_t offset)
cdef Tensor joined(str name, tuple tensors, int place, bint stacked)
cdef list parted(str name, Tensor tensor, int place, Py_ssize_t count, bint dropped)
cpdef tuple part(str name, Tensor tensor, list shapes, Py_ssize_t outer)
cdef Primitive named(str name, evaluate, vjp, str batch)
