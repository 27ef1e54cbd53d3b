# Written by cython/generate.py.

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
