"""Loops over flat data, divided among threads if they are long."""

from gradtape._engine.base.shape cimport Extent
from gradtape._engine.compute.program cimport Operand, Program

cdef enum:
    LONG_RUN = 1 << 15          # elements from which a loop releases the GIL

# Whether to divide a loop with independent parts, given its work, elements times instructions; and the first element of a part.
cdef bint worth_cutting(Py_ssize_t work) noexcept nogil
cdef Py_ssize_t place_of_cut(Py_ssize_t length, int part, int parts) noexcept nogil

# Runs a program into `out` (OUT), which has the given extent; if `total`, out is the sum over all elements.
cdef int execute(Program program, bint double_precision, void* out, Operand* operands, Extent* extent, bint total) except -1

# out (OUT) = the sum of a program's values, bitwise the same as storing and reducing them. False, and nothing is done, if an
# operand is STRIDED.
cdef bint execute_sum(Program program, bint double_precision, void* out, Operand* operands, Py_ssize_t size) except -1

# out (OUT, n) = the instruction `code` of a and b (IN, n). Does not release the GIL.
cdef void run_instruction(int code, bint double_precision, char* out, const char* a, const char* b, Py_ssize_t n) noexcept

# out (OUT) = the reduction of a (IN, outer x reduced x inner) over its middle axis.
cdef void reduce_run(int kind, int dtype_code, const char* a, char* out, Py_ssize_t outer, Py_ssize_t reduced,
                     Py_ssize_t inner) noexcept
