"""The engine's vocabulary: element types, ranks, instruction codes. Constants and questions about them; nothing stands below."""

cdef enum:
    MAX_RANK = 12        # axes of a tensor
    MAX_OPERANDS = 8     # operands of one elementwise program

cdef enum DTypeCode:
    # Of these two programs and kernels know the arithmetic; what else is computed with is computed through one of them, or by
    # NumPy. So they stand first, then what else has gradients, then what has none: each question is one comparison.
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
    """Whether programs and kernels compute with it as it is."""
    return dtype_code <= F64

cdef inline bint is_floating(int dtype_code) noexcept nogil:
    return dtype_code <= BF16

cdef inline bint is_half(int dtype_code) noexcept nogil:
    """Whether it is computed with in float32, and what results is rounded to it."""
    return dtype_code == F16 or dtype_code == BF16

cdef inline bint is_complex(int dtype_code) noexcept nogil:
    return dtype_code == C64 or dtype_code == C128

cdef inline bint is_differentiable(int dtype_code) noexcept nogil:
    return dtype_code <= C128

ctypedef fused real:
    float
    double

# The codes of vector instructions (Code), and how many there are (CODE_COUNT).
include "instruction_codes.pxi"

cdef enum:
    XOR = CODE_COUNT     # bitwise operators' third code, beside AND and OR; no vector instruction
