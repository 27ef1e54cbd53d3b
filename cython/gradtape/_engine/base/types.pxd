"""Constants of the engine and predicates on them: element types, limits, instruction codes. Imports no other module."""

cdef enum:
    MAX_RANK = 12        # axes of a tensor
    MAX_OPERANDS = 8     # operands of one elementwise program

cdef enum DTypeCode:
    # The order makes each predicate a single comparison. First the two dtypes that programs and kernels support natively (others
    # are computed in one of them or by NumPy), then the other differentiable ones, then the rest.
    F32 = 0
    F64 = 1
    F16 = 2
    BF16 = 3
    C64 = 4
    C128 = 5
    I8 = 6
    I16 = 7
    I32 = 8
    I64 = 9
    U8 = 10
    U16 = 11
    U32 = 12
    U64 = 13
    BOOL = 14
    DTYPE_COUNT = 15

cdef inline bint is_native(int dtype_code) noexcept nogil:
    """Whether programs and kernels support the dtype natively."""
    return dtype_code <= F64

cdef inline bint is_floating(int dtype_code) noexcept nogil:
    return dtype_code <= BF16

cdef inline bint is_half(int dtype_code) noexcept nogil:
    """Whether the dtype is of half precision: computed in float32, with results rounded."""
    return dtype_code == F16 or dtype_code == BF16

cdef inline bint is_complex(int dtype_code) noexcept nogil:
    return dtype_code == C64 or dtype_code == C128

cdef inline bint is_differentiable(int dtype_code) noexcept nogil:
    return dtype_code <= C128

ctypedef fused real:
    float
    double

# The codes of vector instructions (Code) and their number (CODE_COUNT).
include "instruction_codes.pxi"

cdef enum:
    XOR = CODE_COUNT     # a code for bitwise operators only, as AND and OR; there is no such vector instruction
