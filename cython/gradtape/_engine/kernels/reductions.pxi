# Sums, products and extrema over contiguous elements and over columns. The order of additions depends only on the sizes, not on
# addresses or threads, so results are bitwise reproducible.

cdef extern from "rows.h" nogil:
    float sum_run32(const float* a, Py_ssize_t n) noexcept
    double sum_run64(const double* a, Py_ssize_t n) noexcept
    void sum_rows32(const float* a, Py_ssize_t rows, Py_ssize_t stride, Py_ssize_t width, float* to) noexcept
    void sum_rows64(const double* a, Py_ssize_t rows, Py_ssize_t stride, Py_ssize_t width, double* to) noexcept

cdef enum:
    LANES = 64           # accumulators of a contiguous reduction
    FEW = 16             # elements from which a sum has several accumulators; fewer are added in order, as TensorFlow does
    BLOCK = 1024         # elements that are added in their own type; the sums of blocks are added in double
    BLOCK_ROWS = 64      # the same for rows
    COLUMNS = 256        # columns reduced together
    MANY = 16            # rows that can be reduced together from which on that is faster

cdef inline real joined(int kind, real x, real y) noexcept nogil:
    if kind == SUM:
        return x + y
    elif kind == PROD:
        return x * y
    elif kind == MAX:
        return maximum_(x, y)
    else:
        return minimum_(x, y)

cdef inline real identity(int kind, real like) noexcept nogil:
    if kind == SUM:
        return 0
    elif kind == PROD:
        return 1
    else:
        return -<real>INFINITY if kind == MAX else <real>INFINITY

cdef inline real run_of(int kind, const real* a, Py_ssize_t n) noexcept nogil:
    """The reduction of n elements in their own type, with LANES accumulators."""
    cdef real lanes[LANES]
    cdef real result
    cdef Py_ssize_t i = 0, j, half = LANES // 2
    if kind == SUM and n >= FEW:
        if real is float:
            return sum_run32(a, n)
        else:
            return sum_run64(a, n)
    if n < LANES:
        result = identity[real](kind, 0)
        for i in range(n):
            result = joined[real](kind, result, a[i])
        return result
    for j in range(LANES):
        lanes[j] = a[j]
    i = LANES
    while i + LANES <= n:
        for j in range(LANES):
            lanes[j] = joined[real](kind, lanes[j], a[i + j])
        i += LANES
    for j in range(n - i):
        lanes[j] = joined[real](kind, lanes[j], a[i + j])
    while half > 0:
        for j in range(half):
            lanes[j] = joined[real](kind, lanes[j], lanes[j + half])
        half //= 2
    return lanes[0]

cdef double sum_run(const real* a, Py_ssize_t n) noexcept nogil:
    cdef double total = 0
    cdef Py_ssize_t start = 0
    while start < n:
        total += run_of[real](SUM, a + start, min(n - start, BLOCK))
        start += BLOCK
    return total

cdef inline void rows_of(int kind, const real* a, Py_ssize_t rows, Py_ssize_t stride, Py_ssize_t width,
                         real* to) noexcept nogil:
    """to[i] (OUT, width) = the reduction of column i over at least one row."""
    cdef Py_ssize_t r = 1, i
    cdef const real* row
    if kind == SUM:
        if real is float:
            sum_rows32(a, rows, stride, width, to)
        else:
            sum_rows64(a, rows, stride, width, to)
        return
    for i in range(width):
        to[i] = a[i]
    while kind == PROD and r + 4 <= rows:     # nested extrema would not be vectorised
        row = a + r * stride
        for i in range(width):
            to[i] = joined[real](kind, to[i], joined[real](
                kind, joined[real](kind, row[i], row[stride + i]),
                joined[real](kind, row[2 * stride + i], row[3 * stride + i])))
        r += 4
    while r < rows:
        row = a + r * stride
        for i in range(width):
            to[i] = joined[real](kind, to[i], row[i])
        r += 1

cdef void sum_of_rows(const real* a, Py_ssize_t rows, Py_ssize_t stride, Py_ssize_t width, real* to) noexcept nogil:
    """rows_of for sums of up to COLUMNS columns: blocks of rows are added in their own type, the sums of blocks in double."""
    cdef double total[COLUMNS]
    cdef Py_ssize_t start = BLOCK_ROWS, i
    rows_of[real](SUM, a, min(rows, BLOCK_ROWS), stride, width, to)
    if rows > BLOCK_ROWS:
        for i in range(width):
            total[i] = to[i]
        while start < rows:
            rows_of[real](SUM, a + start * stride, min(rows - start, BLOCK_ROWS), stride, width, to)
            for i in range(width):
                total[i] += to[i]
            start += BLOCK_ROWS
        for i in range(width):
            to[i] = <real>total[i]

cdef inline void columns_of(int kind, const real* a, Py_ssize_t rows, Py_ssize_t stride, Py_ssize_t width,
                            real* to) noexcept nogil:
    if kind == SUM:
        sum_of_rows(a, rows, stride, width, to)
    else:
        rows_of[real](kind, a, rows, stride, width, to)

cdef inline void reduce_kind(int kind, const real* a, real* out, Py_ssize_t outer, Py_ssize_t reduced,
                             Py_ssize_t inner) noexcept nogil:
    cdef real lanes[COLUMNS]
    cdef Py_ssize_t together = COLUMNS // 2 // inner       # several narrow rows are reduced as one wide row
    cdef Py_ssize_t whole, r, i, start
    for r in range(outer):
        if inner == 1:
            out[0] = <real>sum_run(a, reduced) if kind == SUM else run_of[real](kind, a, reduced)
        elif reduced >= (MANY if kind == SUM else 2) * together and together > 1:
            whole = reduced // together * together
            columns_of[real](kind, a, reduced // together, together * inner, together * inner, lanes)
            rows_of[real](kind, lanes, together, inner, inner, out)
            for start in range(whole, reduced):
                for i in range(inner):
                    out[i] = joined[real](kind, out[i], a[start * inner + i])
        else:
            start = 0
            while start < inner:
                columns_of[real](kind, a + start, reduced, inner, min(inner - start, COLUMNS), out + start)
                start += COLUMNS
        a += reduced * inner
        out += inner

cdef void reduce_run(int kind, const real* a, real* out, Py_ssize_t outer, Py_ssize_t reduced,
                     Py_ssize_t inner) noexcept nogil:
    cdef Py_ssize_t i
    if reduced == 0 or inner == 0:
        for i in range(outer * inner):
            out[i] = identity[real](kind, 0)
    elif kind == SUM:
        reduce_kind[real](SUM, a, out, outer, reduced, inner)
    elif kind == PROD:
        reduce_kind[real](PROD, a, out, outer, reduced, inner)
    elif kind == MAX:
        reduce_kind[real](MAX, a, out, outer, reduced, inner)
    else:
        reduce_kind[real](MIN, a, out, outer, reduced, inner)
