"""Kernels chosen once at import for this processor. All are nogil loops over flat, contiguous runs."""

from gradtape._engine.kernels.rules cimport Rules

# Reductions over the middle axis of a contiguous (outer, reduced, inner) array.
cdef enum Reduction:
    SUM
    PROD
    MAX
    MIN

# Sizes of the blocks that large products are cut into, in elements, and the scratch that one cutting needs.
cdef enum:
    BLOCK_HEIGHT = 516
    BLOCK_DEPTH32 = 160           # of a panel that L1 holds
    BLOCK_DEPTH64 = 128           # the same would fit, but rounds off more than four units in the last place
    BLOCK_SCRATCH = 92800            # BLOCK_HEIGHT * BLOCK_DEPTH32, and a panel of BLOCK_DEPTH32 * 64
    PACKED_DEPTH = 128            # of a panel of a small product's transposed operand
    FEW_ROWS = 4                  # up to here multiplying rows costs less than packing a panel
    FEW_COLUMNS = 12              # up to here columns of a, where they are contiguous, fill vectors better than rows of b
    HIGH = 16                     # rows from which it is worth transposing a result of few columns
    PANEL_COLUMNS = 64            # of a panel

cdef extern from "links.h":
    enum LinkKind:
        LINK_ADD, LINK_ADD_TO, LINK_SUB, LINK_SUB_FROM, LINK_MUL, LINK_MUL_BY, LINK_DIV, LINK_DIV_FROM, LINK_NEG, LINK_SQUARE,
        LINK_TANH_GRAD, LINK_TANH_GRAD_OF, LINK_SIGMOID_GRAD, LINK_SIGMOID_GRAD_OF, LINK_EXP, LINK_SIGMOID, LINK_TANH, NO_LINK
    ctypedef struct Link:
        int kind
        int other
        int out
        int still
        int chained
        int first
    ctypedef struct Prefetch:
        const char* at
        Py_ssize_t lines
    void prefetch(Prefetch* next, Py_ssize_t lines) noexcept nogil

cdef struct Kernels:
    int vector_bytes
    # One vector instruction (Code) over n elements; a, b, c are IN (unused ones NULL), out is OUT.
    # out may be identical to any operand; otherwise runs do not overlap.
    void (*run32)(int code, float* out, const float* a, const float* b, const float* c, Py_ssize_t n) noexcept nogil
    void (*run64)(int code, double* out, const double* a, const double* b, const double* c, Py_ssize_t n) noexcept nogil
    # The arithmetic of `count` links, beginning with the value of `first` (IN), on n elements of registers (IN, OUT), of which
    # two are identical or do not overlap, and their share of what is to be prefetched (`next`, IN and OUT); NULL where the kernels
    # have no chains.
    void (*chain32)(const Link* links, int count, const float* first, float** registers, Py_ssize_t n, Prefetch* next) noexcept nogil
    void (*chain64)(const Link* links, int count, const double* first, double** registers, Py_ssize_t n, Prefetch* next) noexcept nogil
    bint exponentials32                # chain32 has LINK_EXP, LINK_SIGMOID and LINK_TANH
    # n elements (OUT) of one value.
    void (*fill32)(float* out, float value, Py_ssize_t n) noexcept nogil
    void (*fill64)(double* out, double value, Py_ssize_t n) noexcept nogil
    # out (OUT, rows x width) = a op b, of a (IN, rows x width) and a row b (IN, width) or, where step is 0, one element of it.
    # op: LINK_ADD, SUB, MUL, DIV, and SUB_FROM and DIV_FROM, which take a from b and divide b by a.
    void (*broadcast32)(int op, float* out, const float* a, const float* b, int step, Py_ssize_t rows, Py_ssize_t width) noexcept nogil
    void (*broadcast64)(int op, double* out, const double* a, const double* b, int step, Py_ssize_t rows, Py_ssize_t width) noexcept nogil
    # Sum of n elements; float32 input is accumulated in lanes per block of at most 1024 and in double across blocks.
    double (*sum32)(const float* a, Py_ssize_t n) noexcept nogil
    double (*sum64)(const double* a, Py_ssize_t n) noexcept nogil
    # out[o, i] (OUT) = reduction over r of a[o, r, i] (IN); empty reductions give the identity (0, 1, -inf, inf);
    # MAX and MIN give NaN where any element is NaN.
    void (*reduce32)(int kind, const float* a, float* out, Py_ssize_t outer, Py_ssize_t reduced, Py_ssize_t inner) noexcept nogil
    void (*reduce64)(int kind, const double* a, double* out, Py_ssize_t outer, Py_ssize_t reduced, Py_ssize_t inner) noexcept nogil
    # c (OUT, m x n, row stride ldc) = or += op(a) op(b): small products, register-blocked, no packing.
    # Element (i, k) of op(a) is a[i*sa_row + k*sa_col]; (k, j) of op(b) is b[k*sb_row + j*sb_col].
    void (*gemm32)(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const float* a, Py_ssize_t sa_row, Py_ssize_t sa_col,
                   const float* b, Py_ssize_t sb_row, Py_ssize_t sb_col, float* c, Py_ssize_t ldc, bint accumulate) noexcept nogil
    void (*gemm64)(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const double* a, Py_ssize_t sa_row, Py_ssize_t sa_col,
                   const double* b, Py_ssize_t sb_row, Py_ssize_t sb_col, double* c, Py_ssize_t ldc, bint accumulate) noexcept nogil
    # c (OUT, m x n, row stride c_row) = a b for operands that do not fit in cache, with a stride of 1 in a and in b;
    # scratch (OUT): BLOCK_SCRATCH elements to work in.
    void (*blocked32)(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const float* a, Py_ssize_t a_row, Py_ssize_t a_col,
                      const float* b, Py_ssize_t b_row, Py_ssize_t b_col, float* c, Py_ssize_t c_row, float* scratch) noexcept nogil
    void (*blocked64)(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const double* a, Py_ssize_t a_row, Py_ssize_t a_col,
                      const double* b, Py_ssize_t b_row, Py_ssize_t b_col, double* c, Py_ssize_t c_row, double* scratch) noexcept nogil

cdef bint outruns_blas        # large products are faster here than in NumPy's BLAS
cdef Kernels kernels          # filled at import, never changed afterwards
cdef Rules rules              # likewise

cdef inline bint is_upright(Py_ssize_t m, Py_ssize_t n, Py_ssize_t a_row, Py_ssize_t b_col, Py_ssize_t lanes) noexcept nogil:
    """Whether a direct m x n result is computed as the transpose of its transpose, by panels of PANEL_COLUMNS rows: columns of
    a, which must be contiguous, then fill vectors of so many lanes that few columns would not."""
    return a_row == 1 and b_col == 1 and n <= FEW_COLUMNS and n % lanes != 0 and m >= HIGH
