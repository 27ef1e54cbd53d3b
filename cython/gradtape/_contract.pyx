"""Matrix products over raw, row-major operands: direct kernels for small sizes, NumPy's BLAS for large ones."""

cimport numpy as cnp
from libc.string cimport memset

from gradtape._kernels cimport kernels

cnp.import_array()

cdef extern from "numpy/arrayobject.h":
    object PyArray_New(type subtype, int nd, const cnp.npy_intp* dims, int type_num, const cnp.npy_intp* strides,
                       void* data, int itemsize, int flags, object obj)
    object PyArray_MatrixProduct2(object a, object b, cnp.ndarray out)

# Direct products win up to about this many multiply-adds.
cdef Py_ssize_t DIRECT_WORK = 64 * 64 * 64


cdef object _matrix(bint double_precision, bint transpose, Py_ssize_t rows, Py_ssize_t columns, const void* data):
    """A rows x columns view of row-major memory (of its transpose when `transpose`), without copying."""
    cdef cnp.npy_intp item = 8 if double_precision else 4
    cdef cnp.npy_intp dims[2]
    cdef cnp.npy_intp strides[2]
    dims[0] = rows
    dims[1] = columns
    strides[0] = item if transpose else columns * item
    strides[1] = rows * item if transpose else item
    return PyArray_New(cnp.ndarray, 2, dims, cnp.NPY_FLOAT64 if double_precision else cnp.NPY_FLOAT32, strides,
                       <void*>data, 0, cnp.NPY_ARRAY_WRITEABLE | cnp.NPY_ARRAY_ALIGNED, None)


cdef inline void _direct(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t m, Py_ssize_t n,
                         Py_ssize_t k, const char* a, const char* b, char* c) noexcept nogil:
    cdef Py_ssize_t a_row = 1 if transpose_a else k, a_col = m if transpose_a else 1
    cdef Py_ssize_t b_row = 1 if transpose_b else n, b_col = k if transpose_b else 1
    if double_precision:
        kernels.gemm64(m, n, k, <const double*>a, a_row, a_col, <const double*>b, b_row, b_col, <double*>c, n, False)
    else:
        kernels.gemm32(m, n, k, <const float*>a, a_row, a_col, <const float*>b, b_row, b_col, <float*>c, n, False)


cdef int product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t batch,
                 Py_ssize_t m, Py_ssize_t n, Py_ssize_t k,
                 const void* a, Py_ssize_t a_batch_stride, const void* b, Py_ssize_t b_batch_stride,
                 void* c) except -1:
    cdef Py_ssize_t item = 8 if double_precision else 4
    cdef Py_ssize_t i
    cdef const char* left = <const char*>a
    cdef const char* right = <const char*>b
    cdef char* to = <char*>c
    if batch * m * n == 0:
        return 0
    if k == 0:
        memset(c, 0, batch * m * n * item)
        return 0
    if m * n * k <= DIRECT_WORK:
        if batch * m * n * k < DIRECT_WORK:
            for i in range(batch):
                _direct(double_precision, transpose_a, transpose_b, m, n, k, left + i * a_batch_stride * item,
                        right + i * b_batch_stride * item, to + i * m * n * item)
        else:
            with nogil:
                for i in range(batch):
                    _direct(double_precision, transpose_a, transpose_b, m, n, k, left + i * a_batch_stride * item,
                            right + i * b_batch_stride * item, to + i * m * n * item)
        return 0
    for i in range(batch):
        PyArray_MatrixProduct2(_matrix(double_precision, transpose_a, m, k, left + i * a_batch_stride * item),
                               _matrix(double_precision, transpose_b, k, n, right + i * b_batch_stride * item),
                               _matrix(double_precision, False, m, n, to + i * m * n * item))
    return 0
