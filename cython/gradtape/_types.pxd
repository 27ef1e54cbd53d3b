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

# Vector instructions. Each has one hand-written loop in kernels.pxi and one hand-written derivative in _program.pyx.
cdef enum Code:
    # one operand
    COPY
    NEG
    ABS
    SIGN
    RECIP
    SQUARE
    SQRT
    RSQRT
    EXP
    EXPM1
    LOG
    LOG1P
    LOG1P_DECAY   # log(1 + e**-|x|): what rounds off the kinks of softplus and its relatives
    SIN
    COS
    TAN
    ASIN
    ACOS
    ATAN
    SINH
    COSH
    TANH
    ASINH
    ACOSH
    ATANH
    SIGMOID
    RELU          # the larger of it and 0, NaN as it is
    ERF
    ERFC
    LGAMMA
    DIGAMMA
    FLOOR
    CEIL
    RINT          # to the nearest, ties to even, as tf.round does
    TRUNC
    IS_NAN        # predicates give 1 or 0 in the operand's own type
    IS_INF
    IS_FINITE
    NOT
    # two operands
    ADD
    SUB
    MUL
    DIV
    POW
    ATAN2
    MINIMUM       # NaN if either operand is NaN, as TensorFlow
    MAXIMUM
    FLOOR_MOD     # sign of the divisor, as Python
    FMOD          # sign of the dividend, as C
    MUL_NO_NAN    # a*b, and 0 wherever b is 0 even if a is NaN or infinite
    DIV_NO_NAN    # a/b, and 0 wherever b is 0
    GATE          # a times 1 where b is positive, else 0: relu's reverse
    TANH_GRAD     # a*(1 - b*b): tanh's, where b is its result
    SIGMOID_GRAD  # a*b*(1 - b)
    NEXTAFTER
    EQ
    NE
    LT
    LE
    GT
    GE
    AND
    OR
    # three operands
    SELECT        # a != 0 ? b : c
    CODE_COUNT

cdef enum:
    XOR = CODE_COUNT     # bitwise operators' third code, beside AND and OR; no vector instruction
