"""Matrix products."""

from libc.stdint cimport int64_t

from gradtape._engine.record.entries cimport Entry
from gradtape._engine.tensor.tensor cimport Tensor

cdef Tensor matmul(Tensor a, Tensor b, bint transpose_a, bint transpose_b)
# Whether operands of so many axes are multiplied as two matrices are, the rows of all batches being rows of one: where it is
# False, `write` of a product must not be called, nor where there is nothing to multiply.
cdef bint multiplies_rows(int64_t attribute, Py_ssize_t left_rank, Py_ssize_t right_rank) noexcept
cdef bint add_cotangent(Entry* entry, Tensor g, int operand, Tensor total) noexcept
cdef Tensor added_product(Entry* entry, Tensor g, int operand, Tensor total)
cdef int forget_transposes() except -1             # called at the end of a sweep
