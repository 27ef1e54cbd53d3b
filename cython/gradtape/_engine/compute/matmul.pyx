"""Matrix products over raw, row-major operands.

Small ones are computed by the kernels without packing. Large ones are computed by NumPy's BLAS or, if that uses only half of the
processor's vector width, by the same kernels block by block, divided among the parked threads.
"""

cimport numpy as cnp
from libc.string cimport memset

from gradtape._engine.base.buffer cimport Block, acquire, release
from gradtape._engine.base.threads cimport alert_threads, run_parts, spin_when_idle, thread_count
from gradtape._engine.base.types cimport ADD
from gradtape._engine.kernels.dispatch cimport (BLOCK_SCRATCH, FEW_ROWS, PACKED_DEPTH, PANEL_COLUMNS, is_upright, kernels,
                                                outruns_blas)

cnp.import_array()

cdef extern from "numpy/arrayobject.h":
    object PyArray_New(type subtype, int nd, const cnp.npy_intp* dims, int type_num, const cnp.npy_intp* strides,
                       void* data, int itemsize, int flags, object obj)
    object PyArray_MatrixProduct2(object a, object b, cnp.ndarray out)

# Direct products are faster than BLAS up to these numbers of multiply-adds, about where BLAS uses a second thread. They depend on
# the shape, as products that read each element once are limited by memory. Measured by `python benchmarks/product_thresholds.py`.
cdef enum:
    DIRECT_WORK = 1_000_000
    DIRECT_NARROW_WORK = 400_000      # a result of fewer than 16 rows or columns
    DIRECT_VECTOR_WORK = 100_000      # a result of one row or column
    SHARED_WORK = 2_000_000           # from here on waking a second thread is worthwhile
    SHARED_VECTOR_WORK = 500_000      # the same for a result of one row or column, which is limited by memory
    BLOCKED_WORK = 16_000_000         # from here on packing is worthwhile, unless a side of the result is narrow
    NARROW = 32
    DEEP = 4                          # products are divided along the depth if it is this many times the width and the height,
    DEEP_RESULT = 1 << 15             # and the result has at most this many elements
    TILE_ROWS = 48                    # parts begin at multiples of every height and width of the kernels' tiles: except for a few
    TILE_COLUMNS = 64                 # rows or columns, dividing a product does not change results
    PANEL_ROWS = 6                    # the same for blocked parts
    ALERT_WORK = 200_000              # as SHARED_WORK, while other threads are spinning
    LONG_WORK = 1_000_000             # from here on the GIL is released


cdef inline bint _small(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k) noexcept nogil:
    cdef Py_ssize_t narrow = min(m, n)
    return m * n * k <= (DIRECT_VECTOR_WORK if narrow == 1 else DIRECT_NARROW_WORK if narrow < 16 else DIRECT_WORK)


cdef bint is_short(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k) noexcept:
    return 0 < m * n * k < ALERT_WORK and _small(m, n, k)


cdef bint transpose_invariant(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k) noexcept:
    return m > FEW_ROWS and n > 1 and k <= PACKED_DEPTH and m * n * k <= DIRECT_NARROW_WORK


cdef object _matrix(bint double_precision, bint transpose, Py_ssize_t rows, Py_ssize_t columns, const void* data):
    """A rows x columns view of row-major memory, or of its transpose."""
    cdef cnp.npy_intp item = 8 if double_precision else 4
    cdef cnp.npy_intp dims[2]
    cdef cnp.npy_intp strides[2]
    dims[0] = rows
    dims[1] = columns
    strides[0] = item if transpose else columns * item
    strides[1] = rows * item if transpose else item
    return PyArray_New(cnp.ndarray, 2, dims, cnp.NPY_FLOAT64 if double_precision else cnp.NPY_FLOAT32, strides,
                       <void*>data, 0, cnp.NPY_ARRAY_WRITEABLE | cnp.NPY_ARRAY_ALIGNED, None)


cdef void direct_product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t batch,
                         Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const void* a, Py_ssize_t a_batch_stride,
                         const void* b, Py_ssize_t b_batch_stride, void* c, bint accumulate) noexcept nogil:
    cdef Py_ssize_t a_row = 1 if transpose_a else k, a_col = m if transpose_a else 1
    cdef Py_ssize_t b_row = 1 if transpose_b else n, b_col = k if transpose_b else 1
    cdef Py_ssize_t i
    if double_precision:
        for i in range(batch):
            kernels.gemm64(m, n, k, <const double*>a + i * a_batch_stride, a_row, a_col,
                           <const double*>b + i * b_batch_stride, b_row, b_col, <double*>c + i * m * n, n, accumulate)
    else:
        for i in range(batch):
            kernels.gemm32(m, n, k, <const float*>a + i * a_batch_stride, a_row, a_col,
                           <const float*>b + i * b_batch_stride, b_row, b_col, <float*>c + i * m * n, n, accumulate)


cdef int blas_product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t batch,
                      Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const void* a, Py_ssize_t a_batch_stride,
                      const void* b, Py_ssize_t b_batch_stride, void* c) except -1:
    cdef Py_ssize_t item = 8 if double_precision else 4
    cdef Py_ssize_t i
    for i in range(batch):
        PyArray_MatrixProduct2(
            _matrix(double_precision, transpose_a, m, k, <const char*>a + i * a_batch_stride * item),
            _matrix(double_precision, transpose_b, k, n, <const char*>b + i * b_batch_stride * item),
            _matrix(double_precision, False, m, n, <char*>c + i * m * n * item))
    return 0


# A product divided into parts along one of its sides. Each blocked part has its own scratch memory. If the product is divided along
# its depth, each part but the first writes to its own sums, which are added to the result afterwards.
cdef enum Cut:
    ROWS
    COLUMNS
    DEPTH

cdef struct Share:
    bint double_precision, blocked
    Cut cut
    Py_ssize_t length, grain     # size of the divided side; parts begin at multiples of the grain
    Py_ssize_t m, n, k, a_row, a_col, b_row, b_col
    const char* a
    const char* b
    char* c
    char* scratch
    char* sums


cdef void one_share(void* context, int part, int parts) noexcept nogil:
    cdef Share* job = <Share*>context
    cdef Py_ssize_t item = 8 if job.double_precision else 4
    cdef Py_ssize_t pieces = job.length // job.grain, first = pieces * part // parts * job.grain
    cdef Py_ssize_t last = job.length if part + 1 == parts else pieces * (part + 1) // parts * job.grain
    cdef Py_ssize_t m = job.m, n = job.n, k = job.k
    cdef const char* a = job.a
    cdef const char* b = job.b
    cdef char* c = job.c
    cdef char* scratch = job.scratch + part * BLOCK_SCRATCH * item
    if job.cut == ROWS:
        m = last - first
        a += first * job.a_row * item
        c += first * job.n * item
    elif job.cut == COLUMNS:
        n = last - first
        b += first * job.b_col * item
        c += first * item
    else:
        k = last - first
        a += first * job.a_col * item
        b += first * job.b_row * item
        c = job.sums + (part - 1) * m * n * item if part else c
    if job.double_precision and job.blocked:
        kernels.blocked64(m, n, k, <const double*>a, job.a_row, job.a_col, <const double*>b, job.b_row, job.b_col,
                          <double*>c, job.n, <double*>scratch)
    elif job.double_precision:
        kernels.gemm64(m, n, k, <const double*>a, job.a_row, job.a_col, <const double*>b, job.b_row, job.b_col,
                       <double*>c, job.n, False)
    elif job.blocked:
        kernels.blocked32(m, n, k, <const float*>a, job.a_row, job.a_col, <const float*>b, job.b_row, job.b_col,
                          <float*>c, job.n, <float*>scratch)
    else:
        kernels.gemm32(m, n, k, <const float*>a, job.a_row, job.a_col, <const float*>b, job.b_row, job.b_col,
                       <float*>c, job.n, False)


cdef int shared_product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t batch,
                        Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const void* a, Py_ssize_t a_batch_stride,
                        const void* b, Py_ssize_t b_batch_stride, void* c, int parts, bint blocked) except -1:
    cdef Share job
    cdef Py_ssize_t item = 8 if double_precision else 4, i
    cdef Py_ssize_t scratch, sums = 0
    cdef Block* block = NULL
    cdef int part
    job.double_precision, job.blocked = double_precision, blocked
    job.m, job.n, job.k = m, n, k
    job.a_row, job.a_col = 1 if transpose_a else k, m if transpose_a else 1
    job.b_row, job.b_col = 1 if transpose_b else n, k if transpose_b else 1
    if m * n * k >= SHARED_WORK and k >= DEEP * max(m, n) and m * n <= DEEP_RESULT:
        job.cut, job.length, job.grain = DEPTH, k, 1
    elif m >= n:
        job.cut, job.length, job.grain = ROWS, m, PANEL_ROWS if blocked else TILE_ROWS
        if not blocked and is_upright(m, n, job.a_row, job.b_col, kernels.vector_bytes // item):
            job.grain = PANEL_COLUMNS
    else:
        job.cut, job.length, job.grain = COLUMNS, n, TILE_COLUMNS
    parts = max(1, min(parts, job.length // job.grain))
    scratch = parts * BLOCK_SCRATCH * item if blocked else 0
    if job.cut == DEPTH:
        sums = (parts - 1) * m * n * item
    job.scratch = job.sums = NULL
    if scratch + sums > 0:
        block = acquire(scratch + sums)
        job.scratch, job.sums = block.data, block.data + scratch
    with nogil:
        for i in range(batch):
            job.a = <const char*>a + i * a_batch_stride * item
            job.b = <const char*>b + i * b_batch_stride * item
            job.c = <char*>c + i * m * n * item
            run_parts(one_share, &job, parts)
            if job.cut == DEPTH:
                for part in range(parts - 1):
                    if double_precision:
                        kernels.run64(ADD, <double*>job.c, <double*>job.c, <double*>job.sums + part * m * n, NULL, m * n)
                    else:
                        kernels.run32(ADD, <float*>job.c, <float*>job.c, <float*>job.sums + part * m * n, NULL, m * n)
    if block != NULL:
        release(block)
    return 0


cdef int product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t batch,
                 Py_ssize_t m, Py_ssize_t n, Py_ssize_t k,
                 const void* a, Py_ssize_t a_batch_stride, const void* b, Py_ssize_t b_batch_stride,
                 void* c) except -1:
    cdef Py_ssize_t work
    if batch * m * n == 0:
        return 0
    if k == 0:
        memset(c, 0, batch * m * n * (8 if double_precision else 4))
        return 0
    if b_batch_stride == 0 and batch > 1 and not transpose_a and a_batch_stride == m * k:
        # The whole batch is multiplied by one matrix: a single product of all rows.
        m *= batch
        batch = 1
    if not outruns_blas and not _small(m, n, k):
        return blas_product(double_precision, transpose_a, transpose_b, batch, m, n, k, a, a_batch_stride,
                            b, b_batch_stride, c)
    work = m * n * k
    # Results must not depend on whether threads are spinning. With few rows or columns they would, as the depth of passes differs.
    if work >= ALERT_WORK and (work >= (SHARED_WORK if min(m, n) > 1 else SHARED_VECTOR_WORK)
                               or alert_threads() > 0 and min(m, n) > FEW_ROWS):
        return shared_product(double_precision, transpose_a, transpose_b, batch, m, n, k, a, a_batch_stride, b, b_batch_stride,
                              c, thread_count(), work >= BLOCKED_WORK and m >= NARROW and n >= NARROW)
    if batch * m * n * k < LONG_WORK:
        direct_product(double_precision, transpose_a, transpose_b, batch, m, n, k, a, a_batch_stride,
                       b, b_batch_stride, c, False)
    else:
        with nogil:
            direct_product(double_precision, transpose_a, transpose_b, batch, m, n, k, a, a_batch_stride,
                           b, b_batch_stride, c, False)
    return 0


cdef bint add_product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t m, Py_ssize_t n, Py_ssize_t k,
                      const void* a, const void* b, void* c) noexcept:
    if not is_short(m, n, k):
        return False
    direct_product(double_precision, transpose_a, transpose_b, 1, m, n, k, a, 0, b, 0, c, True)
    return True


if outruns_blas:
    spin_when_idle()      # threads may spin, as no product uses BLAS, whose threads they would compete with
