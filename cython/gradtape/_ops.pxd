"""Dispatch: operations on tensors, each recorded where an operand is on an open window."""

cimport cython

from libc.stdint cimport int64_t
from gradtape._extent cimport Extent
from gradtape._log cimport Call, Entry, Thread
from gradtape._program cimport Program
from gradtape._tensor cimport Tensor

# Cotangent of one operand; None where none flows. Where `rows` is not 0, the cotangent and what is returned have an axis of
# so many rows before the axes of the op's result and operand: a Jacobian's cotangents, swept together.
ctypedef object (*ReverseRule)(Entry* entry, Tensor cotangent, int operand, Py_ssize_t rows)

@cython.final
cdef class Op:
    """A structural op compiled into the engine."""
    cdef readonly str name
    cdef ReverseRule rule
    cdef bint linear                  # its forward rule is itself
    cdef bint takes_rows              # its rule may be asked for rows
    cdef bint adds                    # `add_cotangent` knows it

# What forward accumulation and generic forward rules need from the rooms above.
cdef struct ForwardHooks:
    int (*push)(Thread thread, Entry* entry, Tensor out) except -1
    int (*push_call)(Thread thread, Call call, object outputs) except -1

cdef ForwardHooks* forward_hooks() noexcept

cdef Op IDENTITY

cdef Op make_op(str name, ReverseRule rule, bint linear, bint takes_rows)
cdef int record_structural(Thread thread, Op op, Tensor out, Tensor a, Tensor b, int saves, int64_t attribute) except -1

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
cdef Tensor filled(int dtype_code, Extent* extent, double value)
cdef Tensor identity(Tensor a)
cdef Tensor uniform(int dtype_code, Extent* extent, double value)
cdef Tensor spread(Tensor a)
cdef bint is_examining() noexcept
cdef str entry_name(Entry* entry)
cdef object incompatible(str op, Tensor a, Tensor b)
cdef object mixed_dtypes(str op, Tensor a, Tensor b, int place)
cdef object expected_dtype(str op, int wanted, Tensor a, int place)
cdef bint takes_integers(str name)
cdef object undivided(Tensor a, Tensor b)
cdef object unsupported(str op, int dtype_code, str allowed)
