# Every loop of the engine over flat runs of floats, compiled once per instruction set.
#
# In all signatures `out` is OUT, `a`, `b`, `c` are IN. The loops are plain so that the compiler vectorises them; what they
# call is branch-free where it can be.

from libc.math cimport (acos, acosf, acosh, acoshf, asin, asinf, asinh, asinhf, atan, atan2, atan2f, atanf, atanh, atanhf,
                        ceil, ceilf, copysign, copysignf, cos, cosf, cosh, coshf, erf, erfc, erfcf, erff, exp, expf, expm1,
                        expm1f, fabs, fabsf, floor, floorf, fmod, fmodf, lgamma, lgammaf, log, log1p, log1pf, logf,
                        nextafter, nextafterf, pow, powf, rint, rintf, sin, sinf, sinh, sinhf, sqrt, sqrtf, tan, tanf,
                        tanh, tanhf, trunc, truncf, INFINITY, NAN, M_PI)
from gradtape._types cimport *
from gradtape._kernels cimport Kernels, PROD, MAX, MIN, SUM

ctypedef void (*Loop32)(float*, const float*, const float*, const float*, Py_ssize_t) noexcept nogil
ctypedef void (*Loop64)(double*, const double*, const double*, const double*, Py_ssize_t) noexcept nogil

cdef inline real sqrt_(real x) noexcept nogil:
    if real is float:
        return sqrtf(x)
    else:
        return sqrt(x)

cdef inline real exp_(real x) noexcept nogil:
    if real is float:
        return expf(x)
    else:
        return exp(x)

cdef inline real expm1_(real x) noexcept nogil:
    if real is float:
        return expm1f(x)
    else:
        return expm1(x)

cdef inline real log_(real x) noexcept nogil:
    if real is float:
        return logf(x)
    else:
        return log(x)

cdef inline real log1p_(real x) noexcept nogil:
    if real is float:
        return log1pf(x)
    else:
        return log1p(x)

cdef inline real sin_(real x) noexcept nogil:
    if real is float:
        return sinf(x)
    else:
        return sin(x)

cdef inline real cos_(real x) noexcept nogil:
    if real is float:
        return cosf(x)
    else:
        return cos(x)

cdef inline real tan_(real x) noexcept nogil:
    if real is float:
        return tanf(x)
    else:
        return tan(x)

cdef inline real asin_(real x) noexcept nogil:
    if real is float:
        return asinf(x)
    else:
        return asin(x)

cdef inline real acos_(real x) noexcept nogil:
    if real is float:
        return acosf(x)
    else:
        return acos(x)

cdef inline real atan_(real x) noexcept nogil:
    if real is float:
        return atanf(x)
    else:
        return atan(x)

cdef inline real sinh_(real x) noexcept nogil:
    if real is float:
        return sinhf(x)
    else:
        return sinh(x)

cdef inline real cosh_(real x) noexcept nogil:
    if real is float:
        return coshf(x)
    else:
        return cosh(x)

cdef inline real tanh_(real x) noexcept nogil:
    if real is float:
        return tanhf(x)
    else:
        return tanh(x)

cdef inline real asinh_(real x) noexcept nogil:
    if real is float:
        return asinhf(x)
    else:
        return asinh(x)

cdef inline real acosh_(real x) noexcept nogil:
    if real is float:
        return acoshf(x)
    else:
        return acosh(x)

cdef inline real atanh_(real x) noexcept nogil:
    if real is float:
        return atanhf(x)
    else:
        return atanh(x)

cdef inline real erf_(real x) noexcept nogil:
    if real is float:
        return erff(x)
    else:
        return erf(x)

cdef inline real erfc_(real x) noexcept nogil:
    if real is float:
        return erfcf(x)
    else:
        return erfc(x)

cdef inline real lgamma_(real x) noexcept nogil:
    if real is float:
        return lgammaf(x)
    else:
        return lgamma(x)

cdef inline real floor_(real x) noexcept nogil:
    if real is float:
        return floorf(x)
    else:
        return floor(x)

cdef inline real ceil_(real x) noexcept nogil:
    if real is float:
        return ceilf(x)
    else:
        return ceil(x)

cdef inline real rint_(real x) noexcept nogil:
    if real is float:
        return rintf(x)
    else:
        return rint(x)

cdef inline real trunc_(real x) noexcept nogil:
    if real is float:
        return truncf(x)
    else:
        return trunc(x)

cdef inline real fabs_(real x) noexcept nogil:
    if real is float:
        return fabsf(x)
    else:
        return fabs(x)

cdef inline real pow_(real x, real y) noexcept nogil:
    if real is float:
        return powf(x, y)
    else:
        return pow(x, y)

cdef inline real atan2_(real x, real y) noexcept nogil:
    if real is float:
        return atan2f(x, y)
    else:
        return atan2(x, y)

cdef inline real fmod_(real x, real y) noexcept nogil:
    if real is float:
        return fmodf(x, y)
    else:
        return fmod(x, y)

cdef inline real nextafter_(real x, real y) noexcept nogil:
    if real is float:
        return nextafterf(x, y)
    else:
        return nextafter(x, y)

cdef inline real copysign_(real x, real y) noexcept nogil:
    if real is float:
        return copysignf(x, y)
    else:
        return copysign(x, y)

cdef inline double digamma64(double x) noexcept nogil:
    # Recurrence to x >= 10, then the asymptotic series (Abramowitz & Stegun 6.3.18); reflection (6.3.7) below zero.
    cdef double shift = 0.0, r, y
    if x <= 0.0:
        if x == floor(x):
            return -INFINITY if x == 0.0 else NAN
        y = x - floor(x)
        shift = -M_PI / tan(M_PI * y)
        x = 1.0 - x
    while x < 10.0:
        shift -= 1.0 / x
        x += 1.0
    r = 1.0 / (x * x)
    return shift + log(x) - 0.5 / x - r * (1 / 12.0 - r * (1 / 120.0 - r * (1 / 252.0 - r * (
        1 / 240.0 - r * (1 / 132.0 - r * (691 / 32760.0 - r * (1 / 12.0)))))))

cdef inline real digamma_(real x) noexcept nogil:
    return <real>digamma64(x)

cdef inline real sigmoid_(real x) noexcept nogil:
    cdef real z = exp_(-fabs_(x))
    return (z if x < 0 else <real>1) / (1 + z)

cdef inline real sign_(real x) noexcept nogil:
    cdef real s = <real>(x > 0) - <real>(x < 0)
    return x if x != x else s

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

cdef void sin_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = sin_(a[i])

cdef void cos_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = cos_(a[i])

cdef void tan_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = tan_(a[i])

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
        out[i] = a[i] if a[i] < b[i] or a[i] != a[i] else b[i]

cdef void maximum_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = a[i] if a[i] > b[i] or a[i] != a[i] else b[i]

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
        out[i] = <real>0 if b[i] == 0 else a[i] * b[i]

cdef void div_no_nan_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>0 if b[i] == 0 else a[i] / b[i]

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
        out[i] = b[i] if a[i] != 0 else c[i]

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

cdef enum:
    BLOCK = 1024
    LANES = 32

cdef double sum_run(const real* a, Py_ssize_t n) noexcept nogil:
    cdef double total = 0
    cdef real lanes[LANES]
    cdef real rest
    cdef Py_ssize_t i, j, stop, start = 0
    if n < LANES:
        rest = 0
        for i in range(n):
            rest += a[i]
        return rest
    while start < n:
        stop = min(start + BLOCK, n)
        for j in range(LANES):
            lanes[j] = 0
        i = start
        while i + LANES <= stop:
            for j in range(LANES):
                lanes[j] += a[i + j]
            i += LANES
        rest = 0
        while i < stop:
            rest += a[i]
            i += 1
        for j in range(16):
            lanes[j] += lanes[j + 16]
        for j in range(8):
            lanes[j] += lanes[j + 8]
        for j in range(4):
            lanes[j] += lanes[j + 4]
        total += ((lanes[0] + lanes[2]) + (lanes[1] + lanes[3])) + rest
        start = stop
    return total

cdef void reduce_run(int kind, const real* a, real* out, Py_ssize_t outer, Py_ssize_t reduced,
                     Py_ssize_t inner) noexcept nogil:
    cdef Py_ssize_t o, r, i
    cdef const real* row
    cdef real* to
    cdef real value
    for o in range(outer):
        to = out + o * inner
        if kind == SUM and inner == 1:
            to[0] = <real>sum_run(a + o * reduced, reduced)
            continue
        for i in range(inner):
            to[i] = 0 if kind == SUM else (1 if kind == PROD else (-INFINITY if kind == MAX else INFINITY))
        for r in range(reduced):
            row = a + (o * reduced + r) * inner
            for i in range(inner):
                value = row[i]
                if kind == SUM:
                    to[i] += value
                elif kind == PROD:
                    to[i] *= value
                elif kind == MAX:
                    to[i] = value if value > to[i] or value != value else to[i]
                else:
                    to[i] = value if value < to[i] or value != value else to[i]

cdef void gemm_run(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const real* a, Py_ssize_t sa_row, Py_ssize_t sa_col,
                   const real* b, Py_ssize_t sb_row, Py_ssize_t sb_col, real* c, Py_ssize_t ldc,
                   bint accumulate) noexcept nogil:
    cdef Py_ssize_t i, j, q
    cdef real total
    for i in range(m):
        for j in range(n):
            total = c[i * ldc + j] if accumulate else 0
            for q in range(k):
                total += a[i * sa_row + q * sa_col] * b[q * sb_row + j * sb_col]
            c[i * ldc + j] = total

cdef Kernels kernels_here
kernels_here.run32 = run32
kernels_here.run64 = run64
kernels_here.sum32 = sum_run[float]
kernels_here.sum64 = sum_run[double]
kernels_here.reduce32 = reduce_run[float]
kernels_here.reduce64 = reduce_run[double]
kernels_here.gemm32 = gemm_run[float]
kernels_here.gemm64 = gemm_run[double]


def table():
    """The address of this set's filled table of kernels."""
    return <size_t>&kernels_here
