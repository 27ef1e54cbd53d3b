"""The kernels, chosen at import for this processor: nogil loops over flat, contiguous data."""

from gradtape._engine.kernels.rules cimport Rules

# Reductions over the middle axis of a contiguous (outer, reduced, inner) array.
cdef enum Reduction:
    SUM
    PROD
    MAX
    MIN

# Sizes of the blocks of large products, in elements.
cdef enum:
    BLOCK_HEIGHT = 516
    BLOCK_DEPTH32 = 160           # depth of a panel that fits into L1
    BLOCK_DEPTH64 = 128           # the same depth would fit, but with rounding errors of more than four units in the last place
    BLOCK_SCRATCH = 92800            # BLOCK_HEIGHT * BLOCK_DEPTH32, and a panel of BLOCK_DEPTH32 * 64
    PACKED_DEPTH = 128            # depth of a panel of a small product's transposed operand
    FEW_ROWS = 4                  # up to this height multiplying rows is faster than packing a panel
    FEW_COLUMNS = 12              # up to this width contiguous columns of a fill vectors better than rows of b
    HIGH = 16                     # height from which transposing a result of few columns is worthwhile
    PANEL_COLUMNS = 64            # width of a panel

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
    # One vector instruction (Code) on n elements; a, b, c are IN (unused ones NULL), out is OUT.
    # out may be identical to any operand; otherwise arrays must not overlap.
    void (*run32)(int code, float* out, const float* a, const float* b, const float* c, Py_ssize_t n) noexcept nogil
    void (*run64)(int code, double* out, const double* a, const double* b, const double* c, Py_ssize_t n) noexcept nogil
    # A chain of `count` links, beginning with the value of `first` (IN), on n elements of registers (IN, OUT), any two of which
    # are identical or do not overlap, and its share of the prefetches (`next`, IN and OUT). NULL if there are no chains.
    void (*chain32)(const Link* links, int count, const float* first, float** registers, Py_ssize_t n, Prefetch* next) noexcept nogil
    void (*chain64)(const Link* links, int count, const double* first, double** registers, Py_ssize_t n, Prefetch* next) noexcept nogil
    bint exponentials32                # chain32 has LINK_EXP, LINK_SIGMOID and LINK_TANH
    # Fills n elements (OUT) with a value.
    void (*fill32)(float* out, float value, Py_ssize_t n) noexcept nogil
    void (*fill64)(double* out, double value, Py_ssize_t n) noexcept nogil
    # out (OUT, rows x width) = a op b for a (IN, rows x width) and a row b (IN, width) or, if step is 0, a scalar b.
    # op: LINK_ADD, SUB, MUL, DIV, SUB_FROM (b - a) or DIV_FROM (b / a).
    void (*broadcast32)(int op, float* out, const float* a, const float* b, int step, Py_ssize_t rows, Py_ssize_t width) noexcept nogil
    void (*broadcast64)(int op, double* out, const double* a, const double* b, int step, Py_ssize_t rows, Py_ssize_t width) noexcept nogil
    # Sum of n elements (IN). float32 is accumulated in lanes within blocks of at most 1024 elements, and in double across blocks.
    double (*sum32)(const float* a, Py_ssize_t n) noexcept nogil
    double (*sum64)(const double* a, Py_ssize_t n) noexcept nogil
    # out[o, i] (OUT) = reduction over r of a[o, r, i] (IN); empty reductions give the identity (0, 1, -inf, inf);
    # MAX and MIN give NaN if any element is NaN.
    void (*reduce32)(int kind, const float* a, float* out, Py_ssize_t outer, Py_ssize_t reduced, Py_ssize_t inner) noexcept nogil
    void (*reduce64)(int kind, const double* a, double* out, Py_ssize_t outer, Py_ssize_t reduced, Py_ssize_t inner) noexcept nogil
    # c (OUT, m x n, row stride ldc) = or += op(a) op(b): small products, register-blocked, no packing.
    # Element (i, k) of op(a) is a[i*sa_row + k*sa_col]; (k, j) of op(b) is b[k*sb_row + j*sb_col].
    void (*gemm32)(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const float* a, Py_ssize_t sa_row, Py_ssize_t sa_col,
                   const float* b, Py_ssize_t sb_row, Py_ssize_t sb_col, float* c, Py_ssize_t ldc, bint accumulate) noexcept nogil
    void (*gemm64)(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const double* a, Py_ssize_t sa_row, Py_ssize_t sa_col,
                   const double* b, Py_ssize_t sb_row, Py_ssize_t sb_col, double* c, Py_ssize_t ldc, bint accumulate) noexcept nogil
    # c (OUT, m x n, row stride c_row) = a b for operands that do not fit into the cache, each with one stride of 1.
    # scratch (OUT): BLOCK_SCRATCH elements.
    void (*blocked32)(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const float* a, Py_ssize_t a_row, Py_ssize_t a_col,
                      const float* b, Py_ssize_t b_row, Py_ssize_t b_col, float* c, Py_ssize_t c_row, float* scratch) noexcept nogil
    void (*blocked64)(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const double* a, Py_ssize_t a_row, Py_ssize_t a_col,
                      const double* b, Py_ssize_t b_row, Py_ssize_t b_col, double* c, Py_ssize_t c_row, double* scratch) noexcept nogil

cdef bint outruns_blas        # large products are faster here than in NumPy's BLAS
cdef Kernels kernels          # filled at import, never changed afterwards
cdef Rules rules              # likewise

cdef inline bint is_upright(Py_ssize_t m, Py_ssize_t n, Py_ssize_t a_row, Py_ssize_t b_col, Py_ssize_t lanes) noexcept nogil:
    """Whether a direct m x n product is computed in transposed form, by panels of PANEL_COLUMNS rows: contiguous columns of a
    then fill vectors of that many lanes, which the few columns of the result would not."""
    return a_row == 1 and b_col == 1 and n <= FEW_COLUMNS and n % lanes != 0 and m >= HIGH
