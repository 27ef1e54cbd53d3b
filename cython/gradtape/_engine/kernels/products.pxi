# Matrix products: chooses the loop of tile.h for the strides, packs operands that have no such loop, and computes products whose
# operands do not fit into the cache by packed blocks.

cdef extern from "tile.h" nogil:
    void tiles32(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const float* a, Py_ssize_t a_row, Py_ssize_t a_col,
                 const float* b, Py_ssize_t b_row, float* c, Py_ssize_t c_row, int accumulate) noexcept
    void tiles64(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const double* a, Py_ssize_t a_row, Py_ssize_t a_col,
                 const double* b, Py_ssize_t b_row, double* c, Py_ssize_t c_row, int accumulate) noexcept
    void dots32(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const float* a, Py_ssize_t a_row, const float* b,
                Py_ssize_t b_col, float* c, Py_ssize_t c_row, int accumulate) noexcept
    void dots64(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const double* a, Py_ssize_t a_row, const double* b,
                Py_ssize_t b_col, double* c, Py_ssize_t c_row, int accumulate) noexcept
    ctypedef struct Ahead:
        Py_ssize_t runs
    Ahead ahead_of(const void* a, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t a_row, Py_ssize_t a_col, Py_ssize_t item,
                   Py_ssize_t tiles) noexcept
    void panels32(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const float* a, const float* b, Py_ssize_t b_row, float* c,
                  Py_ssize_t c_row, int accumulate, Ahead* next_a, Ahead* next_b) noexcept
    void panels64(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const double* a, const double* b, Py_ssize_t b_row, double* c,
                  Py_ssize_t c_row, int accumulate, Ahead* next_a, Ahead* next_b) noexcept
    void interleave32(Py_ssize_t m, Py_ssize_t k, const float* a, Py_ssize_t a_row, Py_ssize_t a_col, float* to) noexcept
    void interleave64(Py_ssize_t m, Py_ssize_t k, const double* a, Py_ssize_t a_row, Py_ssize_t a_col, double* to) noexcept
    enum: VECTOR_BYTES, STRIP_BYTES, PANEL_HEIGHT
    void panel_of32(Py_ssize_t rows, Py_ssize_t columns, const float* b, Py_ssize_t b_row, Py_ssize_t b_col,
                    float* panel) noexcept
    void panel_of64(Py_ssize_t rows, Py_ssize_t columns, const double* b, Py_ssize_t b_row, Py_ssize_t b_col,
                    double* panel) noexcept

cdef enum:
    PASS_DEPTH = 512     # rows of b per pass over all tiles, so that they stay in cache from one tile to the next
    FEW_DEPTH = 16       # the same for few rows of a, which read b only once: rows of b that are read in parallel
    WIDE = 512           # columns from which FEW_DEPTH is used, as each pass updates all of c

cdef inline void tiles(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const real* a, Py_ssize_t a_row, Py_ssize_t a_col,
                       const real* b, Py_ssize_t b_row, real* c, Py_ssize_t c_row, bint accumulate) noexcept nogil:
    if real is float:
        tiles32(m, n, k, a, a_row, a_col, b, b_row, c, c_row, accumulate)
    else:
        tiles64(m, n, k, a, a_row, a_col, b, b_row, c, c_row, accumulate)

cdef void packed(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const real* a, Py_ssize_t a_row, Py_ssize_t a_col,
                 const real* b, Py_ssize_t b_row, Py_ssize_t b_col, real* c, Py_ssize_t c_row,
                 bint accumulate) noexcept nogil:
    """A product by row-major panels of b, copied to the stack."""
    cdef real panel[PACKED_DEPTH * PANEL_COLUMNS]
    cdef Py_ssize_t start, rows, columns
    while n > 0:
        columns = min(n, PANEL_COLUMNS)
        start = 0
        while start < k:
            rows = min(k - start, PACKED_DEPTH)
            if real is float:
                panel_of32(rows, columns, b + start * b_row, b_row, b_col, panel)
            else:
                panel_of64(rows, columns, b + start * b_row, b_row, b_col, panel)
            tiles(m, columns, rows, a + start * a_col, a_row, a_col, panel, columns, c, c_row, accumulate or start > 0)
            start += rows
        n -= columns
        b += columns * b_col
        c += columns

cdef void upright(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const real* a, Py_ssize_t a_col, const real* b, Py_ssize_t b_row,
                  real* c) noexcept nogil:
    """A product that is_upright, of a column-major a (IN) and a row-major b (IN)."""
    cdef real panel[FEW_COLUMNS * PANEL_COLUMNS]
    cdef Py_ssize_t start, rows
    while m > 0:
        rows = min(m, PANEL_COLUMNS)
        start = 0
        while start < k:
            tiles(n, rows, min(k - start, PASS_DEPTH), b + start * b_row, 1, b_row, a + start * a_col, a_col, panel, rows, start > 0)
            start += PASS_DEPTH
        if real is float:
            panel_of32(rows, n, panel, 1, rows, c)
        else:
            panel_of64(rows, n, panel, 1, rows, c)
        m -= rows
        a += rows
        c += rows * n

cdef void gemm_run(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const real* a, Py_ssize_t sa_row, Py_ssize_t sa_col,
                   const real* b, Py_ssize_t sb_row, Py_ssize_t sb_col, real* c, Py_ssize_t ldc,
                   bint accumulate) noexcept nogil:
    cdef Py_ssize_t i, start, depth
    if k == 0:
        for i in range(m):
            memset(c + i * ldc, 0, 0 if accumulate else n * sizeof(real))
    elif n == 1 and ldc == 1 and sa_row == 1 and m > 1:
        # One column: the transposed product has one row, and reads a by columns. In reverse order, as the last columns are
        # still in cache if a previous product has read a in forward order.
        tiles(1, m, k, b + (k - 1) * sb_row, 0, -sb_row, a + (k - 1) * sa_col, -sa_col, c, m, accumulate)
    elif n == 1 and sb_row == 1 and sa_col == 1 and ldc == 1:
        if real is float:
            dots32(1, m, k, b, 0, a, sa_row, c, m, accumulate)
        else:
            dots64(1, m, k, b, 0, a, sa_row, c, m, accumulate)
    elif ldc == n and not accumulate and is_upright(m, n, sa_row, sb_col, VECTOR_BYTES // <Py_ssize_t>sizeof(real)):
        upright(m, n, k, a, sa_col, b, sb_row, c)
    elif sb_col == 1 or n == 1:
        start = 0
        depth = FEW_DEPTH if m <= FEW_ROWS and n >= WIDE else PASS_DEPTH
        while start < k:
            tiles(m, n, min(k - start, depth), a + start * sa_col, sa_row, sa_col, b + start * sb_row, sb_row, c, ldc,
                  accumulate or start > 0)
            start += depth
    elif sb_row == 1 and sa_col == 1 and m <= FEW_ROWS:
        if real is float:
            dots32(m, n, k, a, sa_row, b, sb_col, c, ldc, accumulate)
        else:
            dots64(m, n, k, a, sa_row, b, sb_col, c, ldc, accumulate)
    else:
        packed(m, n, k, a, sa_row, sa_col, b, sb_row, sb_col, c, ldc, accumulate)

cdef inline Py_ssize_t part_of(Py_ssize_t left, Py_ssize_t most, Py_ssize_t grain) noexcept nogil:
    """The size of the next part of what is left, at most `most`: the last two parts are of about equal size."""
    return most if left >= 2 * most else left if left <= most else min(most, ((left + 1) // 2 + grain - 1) // grain * grain)

cdef void blocked_run(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const real* a, Py_ssize_t a_row, Py_ssize_t a_col,
                      const real* b, Py_ssize_t b_row, Py_ssize_t b_col, real* c, Py_ssize_t c_row,
                      real* scratch) noexcept nogil:
    """Goto and van de Geijn (2008): a block of a stays in L2, a panel of b in L1. scratch: BLOCK_SCRATCH elements.

    The next block and panel are prefetched while the tiles of the current ones are computed.
    """
    cdef Py_ssize_t most = BLOCK_DEPTH32 if real is float else BLOCK_DEPTH64
    cdef Py_ssize_t start = 0, top = 0, left, depth = part_of(k, most, 1), height = part_of(m, BLOCK_HEIGHT, PANEL_HEIGHT)
    cdef Py_ssize_t next_start, next_top, next_depth, next_height, columns, tiles, strip = STRIP_BYTES // sizeof(real)
    cdef real* panel = scratch + BLOCK_HEIGHT * most
    cdef Ahead next_a, next_b
    while start < k:
        next_start, next_top, next_depth = start, top + height, depth
        if next_top == m:
            next_start, next_top, next_depth = start + depth, 0, part_of(k - start - depth, most, 1)
        next_height = part_of(m - next_top, BLOCK_HEIGHT, PANEL_HEIGHT)
        tiles = height // PANEL_HEIGHT
        next_a = ahead_of(a + next_top * a_row + next_start * a_col, next_height, next_depth, a_row, a_col, sizeof(real),
                          tiles * ((n + strip - 1) // strip))
        if real is float:
            interleave32(height, depth, a + top * a_row + start * a_col, a_row, a_col, scratch)
        else:
            interleave64(height, depth, a + top * a_row + start * a_col, a_row, a_col, scratch)
        left = 0
        while left < n:
            columns = min(n - left, strip)
            if left + strip < n:
                next_b = ahead_of(b + start * b_row + (left + strip) * b_col, depth, min(n - left - strip, strip), b_row, b_col,
                                  sizeof(real), tiles)
            else:
                next_b = ahead_of(b + next_start * b_row, next_depth, min(n, strip), b_row, b_col, sizeof(real), tiles)
            if real is float:
                panel_of32(depth, columns, b + start * b_row + left * b_col, b_row, b_col, panel)
                panels32(height, columns, depth, scratch, panel, columns, c + top * c_row + left, c_row, start > 0, &next_a, &next_b)
            else:
                panel_of64(depth, columns, b + start * b_row + left * b_col, b_row, b_col, panel)
                panels64(height, columns, depth, scratch, panel, columns, c + top * c_row + left, c_row, start > 0, &next_a, &next_b)
            left += columns
        start, top, depth, height = next_start, next_top, next_depth, next_height
