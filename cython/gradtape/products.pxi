# Matrix products: which loop of tile.h fits the strides, the little packing that the others need, and products whose
# operands do not fit in cache, packed block by block.

cdef extern from "tile.h" nogil:
    void tiles32(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const float* a, Py_ssize_t a_row, Py_ssize_t a_col,
                 const float* b, Py_ssize_t b_row, float* c, Py_ssize_t c_row, int accumulate) noexcept
    void tiles64(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const double* a, Py_ssize_t a_row, Py_ssize_t a_col,
                 const double* b, Py_ssize_t b_row, double* c, Py_ssize_t c_row, int accumulate) noexcept
    void dots32(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const float* a, Py_ssize_t a_row, const float* b,
                Py_ssize_t b_col, float* c, Py_ssize_t c_row, int accumulate) noexcept
    void dots64(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const double* a, Py_ssize_t a_row, const double* b,
                Py_ssize_t b_col, double* c, Py_ssize_t c_row, int accumulate) noexcept
    void transpose32(Py_ssize_t rows, Py_ssize_t columns, const float* b, Py_ssize_t b_col, float* panel) noexcept
    void transpose64(Py_ssize_t rows, Py_ssize_t columns, const double* b, Py_ssize_t b_col, double* panel) noexcept

cdef enum:
    PANEL_ROWS = 128
    PANEL_COLUMNS = 64
    FEW_ROWS = 4         # up to here multiplying rows costs less than packing a panel

cdef inline void tiles(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const real* a, Py_ssize_t a_row, Py_ssize_t a_col,
                       const real* b, Py_ssize_t b_row, real* c, Py_ssize_t c_row, bint accumulate) noexcept nogil:
    if real is float:
        tiles32(m, n, k, a, a_row, a_col, b, b_row, c, c_row, accumulate)
    else:
        tiles64(m, n, k, a, a_row, a_col, b, b_row, c, c_row, accumulate)

cdef void packed(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const real* a, Py_ssize_t a_row, Py_ssize_t a_col,
                 const real* b, Py_ssize_t b_row, Py_ssize_t b_col, real* c, Py_ssize_t c_row,
                 bint accumulate) noexcept nogil:
    """Products with a b of any strides, through row-major panels of it on the stack."""
    cdef real panel[PANEL_ROWS * PANEL_COLUMNS]
    cdef Py_ssize_t start, p, j, rows, columns
    while n > 0:
        columns = min(n, PANEL_COLUMNS)
        start = 0
        while start < k:
            rows = min(k - start, PANEL_ROWS)
            if b_row == 1:
                if real is float:
                    transpose32(rows, columns, b + start, b_col, panel)
                else:
                    transpose64(rows, columns, b + start, b_col, panel)
            else:
                for p in range(rows):
                    for j in range(columns):
                        panel[p * columns + j] = b[(start + p) * b_row + j * b_col]
            tiles(m, columns, rows, a + start * a_col, a_row, a_col, panel, columns, c, c_row, accumulate or start > 0)
            start += rows
        n -= columns
        b += columns * b_col
        c += columns

cdef void gemm_run(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const real* a, Py_ssize_t sa_row, Py_ssize_t sa_col,
                   const real* b, Py_ssize_t sb_row, Py_ssize_t sb_col, real* c, Py_ssize_t ldc,
                   bint accumulate) noexcept nogil:
    cdef Py_ssize_t i
    if k == 0:
        for i in range(m):
            memset(c + i * ldc, 0, 0 if accumulate else n * sizeof(real))
    elif n == 1 and ldc == 1 and sa_row == 1 and m > 1:
        # One column: the transposed product has one row and runs along a's columns. Last ones first: if a product that ran
        # forwards has read a before, those are still in cache.
        tiles(1, m, k, b + (k - 1) * sb_row, 0, -sb_row, a + (k - 1) * sa_col, -sa_col, c, m, accumulate)
    elif n == 1 and sb_row == 1 and sa_col == 1 and ldc == 1:
        if real is float:
            dots32(1, m, k, b, 0, a, sa_row, c, m, accumulate)
        else:
            dots64(1, m, k, b, 0, a, sa_row, c, m, accumulate)
    elif sb_col == 1 or n == 1:
        tiles(m, n, k, a, sa_row, sa_col, b, sb_row, c, ldc, accumulate)
    elif sb_row == 1 and sa_col == 1 and m <= FEW_ROWS:
        if real is float:
            dots32(m, n, k, a, sa_row, b, sb_col, c, ldc, accumulate)
        else:
            dots64(m, n, k, a, sa_row, b, sb_col, c, ldc, accumulate)
    else:
        packed(m, n, k, a, sa_row, sa_col, b, sb_row, sb_col, c, ldc, accumulate)

cdef void pack(Py_ssize_t rows, Py_ssize_t columns, const real* a, Py_ssize_t a_row, Py_ssize_t a_col, real* out) noexcept nogil:
    """out (OUT) = a (IN, one of its strides is 1) row after row."""
    cdef Py_ssize_t i
    if a_col == 1:
        for i in range(rows):
            memcpy(out + i * columns, a + i * a_row, columns * sizeof(real))
    elif real is float:
        transpose32(rows, columns, a, a_col, out)
    else:
        transpose64(rows, columns, a, a_col, out)

cdef void blocked_run(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const real* a, Py_ssize_t a_row, Py_ssize_t a_col,
                      const real* b, Py_ssize_t b_row, Py_ssize_t b_col, real* c, Py_ssize_t c_row,
                      real* room) noexcept nogil:
    """Goto and van de Geijn (2008): a block of a stays in L2, a panel of b is taken through L1. room: BLOCK_ROOM elements."""
    cdef Py_ssize_t start = 0, top, left, depth, height, columns
    cdef real* panel = room + BLOCK_HEIGHT * BLOCK_DEPTH
    while start < k:
        depth = min(k - start, BLOCK_DEPTH)
        top = 0
        while top < m:
            height = min(m - top, BLOCK_HEIGHT)
            pack(height, depth, a + top * a_row + start * a_col, a_row, a_col, room)
            left = 0
            while left < n:
                columns = min(n - left, PANEL_COLUMNS)
                pack(depth, columns, b + start * b_row + left * b_col, b_row, b_col, panel)
                tiles(height, columns, depth, room, depth, 1, panel, columns, c + top * c_row + left, c_row, start > 0)
                left += columns
            top += height
        start += depth
