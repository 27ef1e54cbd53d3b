# Every loop of the engine over flat runs of floats, compiled once per instruction set.
#
# In all signatures `out` is OUT, `a`, `b`, `c` are IN. The loops are plain so that the compiler vectorises them.

from libc.math cimport (ceil, ceilf, copysign, copysignf, cos, fabs, fabsf, floor, floorf, fmod, fmodf, lgamma, log,
                        nextafter, nextafterf, pow, sin, sqrt, sqrtf, tan, trunc, truncf, INFINITY, NAN, M_PI)
from libc.string cimport memcpy, memset
from gradtape._types cimport *
from gradtape._kernels cimport (BLOCK_DEPTH32, BLOCK_DEPTH64, BLOCK_HEIGHT, FEW_COLUMNS, FEW_ROWS, PACKED_DEPTH, PANEL_COLUMNS,
                                Kernels, PROD, MAX, MIN, SUM, is_upright)

include "elementary.pxi"

ctypedef void (*Loop32)(float*, const float*, const float*, const float*, Py_ssize_t) noexcept nogil
ctypedef void (*Loop64)(double*, const double*, const double*, const double*, Py_ssize_t) noexcept nogil

cdef inline real sign_(real x) noexcept nogil:
    cdef real s = <real>(x > 0) - <real>(x < 0)
    return x if x != x else s

cdef inline real maximum_(real x, real y) noexcept nogil:
    return y if (y > x) | (y != y) else x

cdef inline real minimum_(real x, real y) noexcept nogil:
    return y if (y < x) | (y != y) else x

cdef inline real mul_no_nan_(real x, real y) noexcept nogil:
    cdef real product = x * y
    return <real>0 if y == 0 else product

cdef inline real div_no_nan_(real x, real y) noexcept nogil:
    cdef real quotient = x / y
    return <real>0 if y == 0 else quotient

cdef inline real gate_(real x, real y) noexcept nogil:
    return x * (<real>1 if y > 0 else <real>0)

cdef inline real tanh_grad_(real x, real y) noexcept nogil:
    # As 1 - y * y, but without what that loses where y is nearly 1.
    return x * ((<real>1 - y) * (<real>1 + y))

cdef inline real sigmoid_grad_(real x, real y) noexcept nogil:
    return x * (y * (<real>1 - y))

cdef inline real select_(real condition, real x, real y) noexcept nogil:
    return x if condition != 0 else y

cdef inline real floor_mod_(real x, real y) noexcept nogil:
    cdef real r = fmod_(x, y)
    return r + y if r != 0 and (r < 0) != (y < 0) else r

cdef void copy_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = a[i]

cdef void neg_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = -a[i]

cdef void abs_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = fabs_(a[i])

cdef void sign_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = sign_(a[i])

cdef void recip_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = 1 / a[i]

cdef void square_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = a[i] * a[i]

cdef void sqrt_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = sqrt_(a[i])

cdef void rsqrt_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = 1 / sqrt_(a[i])

cdef void exp_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = exp_(a[i])

cdef void expm1_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = expm1_(a[i])

cdef void log_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = log_(a[i])

cdef void log1p_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = log1p_(a[i])

cdef void log1p_decay_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = log1p_decay_(a[i])

cdef inline bint in_circle(const real* a, Py_ssize_t n) noexcept nogil:
    """Whether every element is small enough for the reduction of turned()."""
    cdef Py_ssize_t i
    cdef int outside = 0
    for i in range(n):
        outside |= not (fabs_(a[i]) <= CIRCLE_LIMIT)
    return not outside

cdef void sin_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, start, stop
    for start in range(0, n, 512):
        stop = min(start + 512, n)
        if in_circle(a + start, stop - start):
            for i in range(start, stop):
                out[i] = sin_(a[i])
        else:
            for i in range(start, stop):
                out[i] = <real>sin(a[i])

cdef void cos_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, start, stop
    for start in range(0, n, 512):
        stop = min(start + 512, n)
        if in_circle(a + start, stop - start):
            for i in range(start, stop):
                out[i] = cos_(a[i])
        else:
            for i in range(start, stop):
                out[i] = <real>cos(a[i])

cdef void tan_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, start, stop
    for start in range(0, n, 512):
        stop = min(start + 512, n)
        if in_circle(a + start, stop - start):
            for i in range(start, stop):
                out[i] = tan_(a[i])
        else:
            for i in range(start, stop):
                out[i] = <real>tan(a[i])

cdef void asin_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = asin_(a[i])

cdef void acos_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = acos_(a[i])

cdef void atan_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = atan_(a[i])

cdef void sinh_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = sinh_(a[i])

cdef void cosh_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = cosh_(a[i])

cdef void tanh_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = tanh_(a[i])

cdef void asinh_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = asinh_(a[i])

cdef void acosh_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = acosh_(a[i])

cdef void atanh_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = atanh_(a[i])

cdef void sigmoid_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = sigmoid_(a[i])

cdef void relu_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = maximum_(a[i], <real>0)

cdef void erf_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = erf_(a[i])

cdef void erfc_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = erfc_(a[i])

cdef void lgamma_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = lgamma_(a[i])

cdef void digamma_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = digamma_(a[i])

cdef void floor_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = floor_(a[i])

cdef void ceil_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = ceil_(a[i])

cdef void rint_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = rint_(a[i])

cdef void trunc_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = trunc_(a[i])

cdef void is_nan_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>(a[i] != a[i])

cdef void is_inf_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>(fabs_(a[i]) == INFINITY)

cdef void is_finite_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>(fabs_(a[i]) < INFINITY)

cdef void not_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>(a[i] == 0)

cdef void add_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = a[i] + b[i]

cdef void sub_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = a[i] - b[i]

cdef void mul_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = a[i] * b[i]

cdef void div_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = a[i] / b[i]

cdef void pow_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = pow_(a[i], b[i])

cdef void atan2_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = atan2_(a[i], b[i])

cdef void minimum_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = minimum_(a[i], b[i])

cdef void maximum_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = maximum_(a[i], b[i])

cdef void floor_mod_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = floor_mod_(a[i], b[i])

cdef void fmod_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = fmod_(a[i], b[i])

cdef void mul_no_nan_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = mul_no_nan_(a[i], b[i])

cdef void div_no_nan_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = div_no_nan_(a[i], b[i])

cdef void gate_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = gate_(a[i], b[i])

cdef void tanh_grad_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = tanh_grad_(a[i], b[i])

cdef void sigmoid_grad_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = sigmoid_grad_(a[i], b[i])

cdef void nextafter_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = nextafter_(a[i], b[i])

cdef void eq_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>(a[i] == b[i])

cdef void ne_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>(a[i] != b[i])

cdef void lt_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>(a[i] < b[i])

cdef void le_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>(a[i] <= b[i])

cdef void gt_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>(a[i] > b[i])

cdef void ge_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>(a[i] >= b[i])

cdef void and_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>((a[i] != 0) & (b[i] != 0))

cdef void or_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>((a[i] != 0) | (b[i] != 0))

cdef void select_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = select_(a[i], b[i], c[i])

cdef Loop32 loops32[CODE_COUNT]
cdef Loop64 loops64[CODE_COUNT]

cdef void enter(int code, Loop32 single_precision, Loop64 double_precision) noexcept:
    loops32[code] = single_precision
    loops64[code] = double_precision

enter(COPY, copy_loop[float], copy_loop[double])
enter(NEG, neg_loop[float], neg_loop[double])
enter(ABS, abs_loop[float], abs_loop[double])
enter(SIGN, sign_loop[float], sign_loop[double])
enter(RECIP, recip_loop[float], recip_loop[double])
enter(SQUARE, square_loop[float], square_loop[double])
enter(SQRT, sqrt_loop[float], sqrt_loop[double])
enter(RSQRT, rsqrt_loop[float], rsqrt_loop[double])
enter(EXP, exp_loop[float], exp_loop[double])
enter(EXPM1, expm1_loop[float], expm1_loop[double])
enter(LOG, log_loop[float], log_loop[double])
enter(LOG1P, log1p_loop[float], log1p_loop[double])
enter(LOG1P_DECAY, log1p_decay_loop[float], log1p_decay_loop[double])
enter(SIN, sin_loop[float], sin_loop[double])
enter(COS, cos_loop[float], cos_loop[double])
enter(TAN, tan_loop[float], tan_loop[double])
enter(ASIN, asin_loop[float], asin_loop[double])
enter(ACOS, acos_loop[float], acos_loop[double])
enter(ATAN, atan_loop[float], atan_loop[double])
enter(SINH, sinh_loop[float], sinh_loop[double])
enter(COSH, cosh_loop[float], cosh_loop[double])
enter(TANH, tanh_loop[float], tanh_loop[double])
enter(ASINH, asinh_loop[float], asinh_loop[double])
enter(ACOSH, acosh_loop[float], acosh_loop[double])
enter(ATANH, atanh_loop[float], atanh_loop[double])
enter(SIGMOID, sigmoid_loop[float], sigmoid_loop[double])
enter(RELU, relu_loop[float], relu_loop[double])
enter(ERF, erf_loop[float], erf_loop[double])
enter(ERFC, erfc_loop[float], erfc_loop[double])
enter(LGAMMA, lgamma_loop[float], lgamma_loop[double])
enter(DIGAMMA, digamma_loop[float], digamma_loop[double])
enter(FLOOR, floor_loop[float], floor_loop[double])
enter(CEIL, ceil_loop[float], ceil_loop[double])
enter(RINT, rint_loop[float], rint_loop[double])
enter(TRUNC, trunc_loop[float], trunc_loop[double])
enter(IS_NAN, is_nan_loop[float], is_nan_loop[double])
enter(IS_INF, is_inf_loop[float], is_inf_loop[double])
enter(IS_FINITE, is_finite_loop[float], is_finite_loop[double])
enter(NOT, not_loop[float], not_loop[double])
enter(ADD, add_loop[float], add_loop[double])
enter(SUB, sub_loop[float], sub_loop[double])
enter(MUL, mul_loop[float], mul_loop[double])
enter(DIV, div_loop[float], div_loop[double])
enter(POW, pow_loop[float], pow_loop[double])
enter(ATAN2, atan2_loop[float], atan2_loop[double])
enter(MINIMUM, minimum_loop[float], minimum_loop[double])
enter(MAXIMUM, maximum_loop[float], maximum_loop[double])
enter(FLOOR_MOD, floor_mod_loop[float], floor_mod_loop[double])
enter(FMOD, fmod_loop[float], fmod_loop[double])
enter(MUL_NO_NAN, mul_no_nan_loop[float], mul_no_nan_loop[double])
enter(DIV_NO_NAN, div_no_nan_loop[float], div_no_nan_loop[double])
enter(GATE, gate_loop[float], gate_loop[double])
enter(TANH_GRAD, tanh_grad_loop[float], tanh_grad_loop[double])
enter(SIGMOID_GRAD, sigmoid_grad_loop[float], sigmoid_grad_loop[double])
enter(NEXTAFTER, nextafter_loop[float], nextafter_loop[double])
enter(EQ, eq_loop[float], eq_loop[double])
enter(NE, ne_loop[float], ne_loop[double])
enter(LT, lt_loop[float], lt_loop[double])
enter(LE, le_loop[float], le_loop[double])
enter(GT, gt_loop[float], gt_loop[double])
enter(GE, ge_loop[float], ge_loop[double])
enter(AND, and_loop[float], and_loop[double])
enter(OR, or_loop[float], or_loop[double])
enter(SELECT, select_loop[float], select_loop[double])

cdef void run32(int code, float* out, const float* a, const float* b, const float* c, Py_ssize_t n) noexcept nogil:
    loops32[code](out, a, b, c, n)

cdef void run64(int code, double* out, const double* a, const double* b, const double* c, Py_ssize_t n) noexcept nogil:
    loops64[code](out, a, b, c, n)

cdef void fill(real* out, real value, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = value

cdef extern from "tile.h" nogil:
    void broadcast32(int op, float* out, const float* a, const float* b, int step, Py_ssize_t rows, Py_ssize_t width) noexcept
    void broadcast64(int op, double* out, const double* a, const double* b, int step, Py_ssize_t rows, Py_ssize_t width) noexcept

include "reductions.pxi"
include "products.pxi"

cdef Kernels kernels_here
kernels_here.run32 = run32
kernels_here.run64 = run64
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
    """The address of this set's filled table of kernels."""
    return <size_t>&kernels_here
