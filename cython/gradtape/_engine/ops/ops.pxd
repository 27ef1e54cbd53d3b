"""Dispatch: operations on tensors, each recorded where an operand is on an open window."""

cimport cython

from libc.stdint cimport int64_t
from gradtape._engine.base.shape cimport Extent
from gradtape._engine.compute.program cimport Program
from gradtape._engine.record.log cimport Entry
from gradtape._engine.record.primitive cimport Primitive
from gradtape._engine.tensor.tensor cimport Tensor

cdef Primitive IDENTITY, CAST


cdef Tensor elementwise(Program program, Tensor a, Tensor b, Tensor c)
cdef Tensor elementwise_list(Program program, list operands)
cdef object program_cotangent(Entry* entry, Tensor cotangent, int operand, Py_ssize_t rows)
cdef Tensor reduce(int kind, Tensor a, int64_t axes, bint keepdims)
cdef Tensor sum_to(Tensor a, Extent* extent)
cdef Tensor broadcast_to(Tensor a, Extent* extent)
cdef Extent* behind_rows(Extent* extent, int rank, Py_ssize_t rows) except NULL
cdef Tensor reshape(Tensor a, Extent* extent)
cdef Tensor transpose(Tensor a, int64_t permutation)
cdef Tensor matmul(Tensor a, Tensor b, bint transpose_a, bint transpose_b)
cdef Tensor cast(Tensor a, int dtype_code)
cdef Tensor add(Tensor a, Tensor b)
cdef int forget_transposes() except -1             # at the end of a sweep
cdef bint add_cotangent(Entry* entry, Tensor g, int operand, Tensor total) noexcept
cdef Tensor added_run(Tensor a, Tensor b)
cdef Tensor added_product(Entry* entry, Tensor g, int operand, Tensor total)
cdef Tensor filled(int dtype_code, Extent* extent, double value)
cdef Tensor identity(Tensor a)
cdef Tensor constant(Tensor a)
cdef Tensor uniform(int dtype_code, Extent* extent, double value)
cdef Tensor spread(Tensor a)
cdef str entry_name(Entry* entry)
cdef object incompatible(str op, Tensor a, Tensor b)
cdef object mixed_dtypes(str op, Tensor a, Tensor b, int place)
cdef object expected_dtype(str op, int wanted, Tensor a, int place)
cdef object undivided(Tensor a, Tensor b)
cdef object unsupported(str op, int dtype_code, str allowed)
