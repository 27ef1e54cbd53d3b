# All of the engine's loops over flat arrays of floats, compiled once per instruction set.
#
# In all signatures `out` is OUT, `a`, `b`, `c` are IN. The loops are simple so that the compiler vectorises them.

from libc.math cimport (ceil, ceilf, copysign, copysignf, cos, fabs, fabsf, floor, floorf, fmod, fmodf, lgamma, log,
                        nextafter, nextafterf, pow, sin, sqrt, sqrtf, tan, trunc, truncf, INFINITY, NAN, M_PI)
from libc.stdint cimport int64_t, uint16_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset
from gradtape._engine.base.halves cimport round_to_halves, widen_halves
from gradtape._engine.base.types cimport *
from gradtape._engine.kernels.dispatch cimport (BLOCK_DEPTH32, BLOCK_DEPTH64, BLOCK_HEIGHT, FEW_COLUMNS, FEW_ROWS, Link, PACKED_DEPTH,
                                                PANEL_COLUMNS, Prefetch, Kernels, PROD, MAX, MIN, SUM, is_upright)

include "elementary.pxi"

ctypedef void (*Loop32)(float*, const float*, const float*, const float*, Py_ssize_t) noexcept nogil
ctypedef void (*Loop64)(double*, const double*, const double*, const double*, Py_ssize_t) noexcept nogil

cdef inline bint in_reduction_range(const real* a, Py_ssize_t n) noexcept nogil:
    """Whether all elements are small enough for the argument reduction of sin, cos and tan."""
    cdef Py_ssize_t i
    cdef int outside = 0
    for i in range(n):
        outside |= not (fabs_(a[i]) <= CIRCLE_LIMIT)
    return not outside

cdef Loop32 loops32[CODE_COUNT]
cdef Loop64 loops64[CODE_COUNT]

cdef void enter(int code, Loop32 single_precision, Loop64 double_precision) noexcept:
    loops32[code] = single_precision
    loops64[code] = double_precision

include "instruction_loops.pxi"

cdef void run32(int code, float* out, const float* a, const float* b, const float* c, Py_ssize_t n) noexcept nogil:
    loops32[code](out, a, b, c, n)

cdef void run64(int code, double* out, const double* a, const double* b, const double* c, Py_ssize_t n) noexcept nogil:
    loops64[code](out, a, b, c, n)

cdef void fill(real* out, real value, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = value

cdef extern from "rows.h" nogil:
    void broadcast32(int op, float* out, const float* a, const float* b, int step, Py_ssize_t rows, Py_ssize_t width) noexcept
    void broadcast64(int op, double* out, const double* a, const double* b, int step, Py_ssize_t rows, Py_ssize_t width) noexcept

cdef extern from "chains.h" nogil:
    void chain32 "run_chain32"(const Link* links, int count, const float* first, float** registers, Py_ssize_t n, Prefetch* next) noexcept
    void chain64 "run_chain64"(const Link* links, int count, const double* first, double** registers, Py_ssize_t n, Prefetch* next) noexcept
    bint EXPONENTIALS32

cdef extern from "exponentials.h" nogil:
    void exp_in_vectors(float* out, const float* a, const float* b, const float* c, Py_ssize_t n) noexcept
    void sigmoid_in_vectors(float* out, const float* a, const float* b, const float* c, Py_ssize_t n) noexcept
    void tanh_in_vectors(float* out, const float* a, const float* b, const float* c, Py_ssize_t n) noexcept

cdef void replace_loop(int code, Loop32 single_precision) noexcept:
    """Replaces a loop if the instruction set has a special one."""
    if single_precision != NULL:
        loops32[code] = single_precision

replace_loop(EXP, exp_in_vectors)
replace_loop(SIGMOID, sigmoid_in_vectors)
replace_loop(TANH, tanh_in_vectors)

include "reductions.pxi"
include "products.pxi"

cdef Kernels kernels_here
kernels_here.run32 = run32
kernels_here.run64 = run64
kernels_here.chain32 = chain32
kernels_here.chain64 = chain64
kernels_here.exponentials32 = EXPONENTIALS32
kernels_here.fill32 = fill[float]
kernels_here.fill64 = fill[double]
kernels_here.broadcast32 = broadcast32
kernels_here.broadcast64 = broadcast64
kernels_here.sum32 = sum_run[float]
kernels_here.sum64 = sum_run[double]
kernels_here.reduce32 = reduce_run[float]
kernels_here.reduce64 = reduce_run[double]
kernels_here.vector_bytes = VECTOR_BYTES
kernels_here.gemm32 = gemm_run[float]
kernels_here.gemm64 = gemm_run[double]
kernels_here.blocked32 = blocked_run[float]
kernels_here.blocked64 = blocked_run[double]


def table():
    """The address of this set's table of kernels."""
    return <size_t>&kernels_here
