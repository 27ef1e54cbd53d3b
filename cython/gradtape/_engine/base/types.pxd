"""The engine's vocabulary: element types, ranks, instruction codes. Constants only; no room below it."""

cdef enum:
    MAX_RANK = 12        # axes of a tensor
    MAX_OPERANDS = 8     # operands of one elementwise program

cdef enum DTypeCode:
    F32 = 0
    F64 = 1
    I32 = 2
    I64 = 3
    U8 = 4
    BOOL = 5

ctypedef fused real:
    float
    double

# The codes of vector instructions (Code), and how many there are (CODE_COUNT).
include "instruction_codes.pxi"

cdef enum:
    XOR = CODE_COUNT     # bitwise operators' third code, beside AND and OR; no vector instruction
