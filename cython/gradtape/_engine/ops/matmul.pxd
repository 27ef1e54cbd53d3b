"""Matrix products."""

from gradtape._engine.record.entries cimport Entry
from gradtape._engine.tensor.tensor cimport Tensor

cdef Tensor matmul(Tensor a, Tensor b, bint transpose_a, bint transpose_b)
cdef bint add_cotangent(Entry* entry, Tensor g, int operand, Tensor total) noexcept
cdef Tensor added_product(Entry* entry, Tensor g, int operand, Tensor total)
cdef int forget_transposes() except -1             # called at the end of a sweep
