"""For tests and benchmarks: calls kernels on NumPy arrays, and has reference loops to compare them with.

All arrays are C-contiguous float32 or float64.
"""

from libc.math cimport INFINITY

from gradtape._engine.base.threads cimport thread_count
from gradtape._engine.base.types cimport real
from gradtape._engine.compute.matmul cimport blas_product, shared_product, direct_product, product
from gradtape._engine.kernels.dispatch cimport kernels, SUM, PROD, MAX, MIN

from gradtape._engine.compute import program

CODES = {name.upper(): code for name, code in program.CODES.items()}
KINDS = {"SUM": SUM, "PROD": PROD, "MAX": MAX, "MIN": MIN}


def run(str code, real[::1] out, const real[::1] a, const real[::1] b=None, const real[::1] c=None, Py_ssize_t repeat=1):
    """out (OUT, n) = the instruction `code` of a, b, c (IN, n), run `repeat` times."""
    cdef int number = CODES[code]
    cdef Py_ssize_t n = out.shape[0], _turn
    cdef real* to = &out[0] if n else NULL
    cdef const real* first = &a[0] if n else NULL
    cdef const real* second = &b[0] if n and b is not None else NULL
    cdef const real* third = &c[0] if n and c is not None else NULL
    if a.shape[0] != n or (b is not None and b.shape[0] != n) or (c is not None and c.shape[0] != n):
        raise ValueError("operands and result must have one length")
    for _turn in range(repeat):
        if real is float:
            kernels.run32(number, to, first, second, third, n)
        else:
            kernels.run64(number, to, first, second, third, n)


def total(const real[::1] a, Py_ssize_t repeat=1):
    """The sum of a (IN, n)."""
    cdef Py_ssize_t n = a.shape[0], _turn
    cdef const real* first = &a[0] if n else NULL
    cdef double result = 0
    for _turn in range(repeat):
        if real is float:
            result = kernels.sum32(first, n)
        else:
            result = kernels.sum64(first, n)
    return result


def reduce(str kind, real[:, ::1] out, const real[:, :, ::1] a, Py_ssize_t repeat=1):
    """out (OUT, outer x inner) = the reduction of a (IN, outer x reduced x inner) over its middle axis."""
    cdef int number = KINDS[kind]
    cdef Py_ssize_t _turn
    cdef real* to = &out[0, 0] if out.size else NULL
    cdef const real* first = &a[0, 0, 0] if a.size else NULL
    for _turn in range(repeat):
        if real is float:
            kernels.reduce32(number, first, to, a.shape[0], a.shape[1], a.shape[2])
        else:
            kernels.reduce64(number, first, to, a.shape[0], a.shape[1], a.shape[2])


def gemm(real[:, ::1] c, const real[:, :] a, const real[:, :] b, bint accumulate=False, Py_ssize_t repeat=1):
    """c (OUT, m x n) = or += a (IN, m x k, any strides) b (IN, k x n, any strides), by the direct kernel."""
    cdef Py_ssize_t item = sizeof(real), _turn
    cdef Py_ssize_t m = a.shape[0], k = a.shape[1], n = b.shape[1]
    cdef const real* left = &a[0, 0] if m * k else NULL
    cdef const real* right = &b[0, 0] if k * n else NULL
    cdef real* to = &c[0, 0] if m * n else NULL
    for _turn in range(repeat):
        if real is float:
            kernels.gemm32(m, n, k, left, a.strides[0] // item, a.strides[1] // item,
                           right, b.strides[0] // item, b.strides[1] // item, to, n, accumulate)
        else:
            kernels.gemm64(m, n, k, left, a.strides[0] // item, a.strides[1] // item,
                           right, b.strides[0] // item, b.strides[1] // item, to, n, accumulate)


def contract(real[:, :, ::1] c, const real[:, :, ::1] a, const real[:, :, ::1] b, bint transpose_a=False,
             bint transpose_b=False, str how="chosen", Py_ssize_t repeat=1):
    """c (OUT, batch x m x n) = op(a) op(b), computed as `product` would ("chosen"), or by "direct" kernels, "blocked", either of
    them "shared" among threads, or by "blas".

    An a or b (IN) of batch size 1 is broadcast.
    """
    cdef Py_ssize_t batch = c.shape[0], m = c.shape[1], n = c.shape[2], _turn
    cdef Py_ssize_t k = a.shape[1] if transpose_a else a.shape[2]
    cdef Py_ssize_t a_stride = 0 if a.shape[0] == 1 else m * k, b_stride = 0 if b.shape[0] == 1 else k * n
    cdef bint double_precision = real is double
    cdef const void* left = &a[0, 0, 0] if a.size else NULL
    cdef const void* right = &b[0, 0, 0] if b.size else NULL
    cdef void* to = &c[0, 0, 0] if c.size else NULL
    cdef int way = ["chosen", "direct", "blas", "blocked", "shared direct", "shared blocked"].index(how)
    for _turn in range(repeat):
        if way == 0:
            product(double_precision, transpose_a, transpose_b, batch, m, n, k, left, a_stride, right, b_stride, to)
        elif way == 1:
            direct_product(double_precision, transpose_a, transpose_b, batch, m, n, k, left, a_stride, right, b_stride, to, False)
        elif way == 2:
            blas_product(double_precision, transpose_a, transpose_b, batch, m, n, k, left, a_stride, right, b_stride, to)
        else:
            shared_product(double_precision, transpose_a, transpose_b, batch, m, n, k, left, a_stride, right, b_stride, to,
                           1 if way == 3 else thread_count(), way != 4)


def reference_total(const real[::1] a):
    """Reference for `total`: one running sum in double."""
    cdef double result = 0
    cdef Py_ssize_t i
    for i in range(a.shape[0]):
        result += a[i]
    return result


def reference_reduce(str kind, real[:, ::1] out, const real[:, :, ::1] a):
    """Reference for `reduce`: one running value per result element, sums in double."""
    cdef int number = KINDS[kind]
    cdef Py_ssize_t o, r, i
    cdef double value, x
    for o in range(a.shape[0]):
        for i in range(a.shape[2]):
            value = 0 if number == SUM else 1 if number == PROD else -INFINITY if number == MAX else INFINITY
            for r in range(a.shape[1]):
                x = a[o, r, i]
                if number == SUM:
                    value += x
                elif number == PROD:
                    value *= x
                elif x != x or (x > value if number == MAX else x < value):
                    value = x
            out[o, i] = <real>value


def reference_gemm(real[:, ::1] c, const real[:, :] a, const real[:, :] b, bint accumulate=False):
    """Reference for `gemm`: three loops, sums in double."""
    cdef Py_ssize_t i, j, q
    cdef double value
    for i in range(c.shape[0]):
        for j in range(c.shape[1]):
            value = c[i, j] if accumulate else 0
            for q in range(a.shape[1]):
                value += <double>a[i, q] * b[q, j]
            c[i, j] = <real>value
