# Elementary functions of one number: minimax polynomials on the reduced range, fitted with mpmath, written without branches so
# that loops over them are vectorised. Measured error bounds, in units in the last place, asserted by tests/test_kernels.py:
#
#   function                                    float32   float64
#   exp, log, log1p                               1         1
#   expm1                                         1.5       2
#   log1p_decay                                   1.6       1.6
#   sin, cos                                      1.5       1.6
#   tanh, sigmoid, sinh, cosh                     2.2       2.5
#   tan                                           0.6       3
#   asin, acos, atan, asinh, acosh, atanh         0.6       2.5
#   erf                                           1.6       3
#   erfc                                          0.6       5
#   pow (float64: the C library's), atan2         1         2.5
#
# They are exact at 0, 1 and the infinities, return NaN for NaN, subnormal numbers where these are the result, and infinity on
# overflow. Argument reductions are the usual ones: exponentials by rounding x / ln 2 with a two-part ln 2, logarithms to
# [2/3, 4/3], circular functions by a multi-part pi / 2 (Cody and Waite, Software Manual for the Elementary Functions).

cdef extern from * nogil:
    """
    #include <stdint.h>
    #include <string.h>
    static inline uint32_t bits32(float x) { uint32_t u; memcpy(&u, &x, sizeof u); return u; }
    static inline float from_bits32(uint32_t u) { float x; memcpy(&x, &u, sizeof x); return x; }
    static inline uint64_t bits64(double x) { uint64_t u; memcpy(&u, &x, sizeof u); return u; }
    static inline double from_bits64(uint64_t u) { double x; memcpy(&x, &u, sizeof x); return x; }
    /* Factors of (e**r - 1 - r) / r**2 for |r| <= ln 2 / 2 in float32. */
    #define EXPM1_0 0.50000000465607842606f
    #define EXPM1_1 0.16666666818313945787f
    #define EXPM1_2 0.041666353976846625513f
    #define EXPM1_3 0.0083332727698904188765f
    #define EXPM1_4 0.0013941066290460631039f
    #define EXPM1_5 0.00019914321705745642942f
    """
    const float EXPM1_0, EXPM1_1, EXPM1_2, EXPM1_3, EXPM1_4, EXPM1_5
    unsigned int bits32(float x)
    float from_bits32(unsigned int u)
    unsigned long long bits64(double x)
    double from_bits64(unsigned long long u)

# Adding and subtracting one of these rounds a number to an integer, which is also in the low bits of the sum.
cdef enum:
    ROUNDER32 = 12582912                 # 1.5 * 2**23
    ROUNDER64 = 6755399441055744         # 1.5 * 2**52

cdef inline real fabs_(real x) noexcept nogil:
    if real is float:
        return fabsf(x)
    else:
        return fabs(x)

cdef inline real copysign_(real x, real y) noexcept nogil:
    if real is float:
        return copysignf(x, y)
    else:
        return copysign(x, y)

cdef inline real sqrt_(real x) noexcept nogil:
    if real is float:
        return sqrtf(x)
    else:
        return sqrt(x)

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

cdef inline real trunc_(real x) noexcept nogil:
    if real is float:
        return truncf(x)
    else:
        return trunc(x)

cdef inline real rint_(real x) noexcept nogil:
    # The sum with `rounder` has no bits for a fraction; every number beyond `rounder` is an integer, infinite or NaN.
    cdef real rounder = 8388608 if real is float else 4503599627370496
    cdef real size = fabs_(x)
    return copysign_((size + rounder) - rounder, x) if size < rounder else x

# Polynomials by pairs of terms (Estrin 1960): half as many dependent additions as in Horner's scheme.

cdef inline real poly3(real x, real c0, real c1, real c2, real c3) noexcept nogil:
    return (c3 * x + c2) * (x * x) + (c1 * x + c0)

cdef inline real poly5(real x, real c0, real c1, real c2, real c3, real c4, real c5) noexcept nogil:
    cdef real square = x * x
    return ((c5 * x + c4) * square + (c3 * x + c2)) * square + (c1 * x + c0)

cdef inline real poly7(real x, real c0, real c1, real c2, real c3, real c4, real c5, real c6, real c7) noexcept nogil:
    cdef real square = x * x
    return ((c7 * x + c6) * square + (c5 * x + c4)) * (square * square) + ((c3 * x + c2) * square + (c1 * x + c0))

cdef inline real nearest(real x) noexcept nogil:
    """x rounded to an integer, for |x| below 2**22 (2**51)."""
    if real is float:
        return (x + <float>ROUNDER32) - <float>ROUNDER32
    else:
        return (x + <double>ROUNDER64) - <double>ROUNDER64

cdef inline real without_powers_of_two(real x, real n) noexcept nogil:
    """x - n ln 2, with ln 2 as the sum of a part short enough for an exact product and the rest."""
    if real is float:
        return (x - n * <float>0.693359375) - n * <float>-2.12194440054690583e-4
    else:
        return (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10

cdef inline real expm1_near_0(real r) noexcept nogil:
    """e**r - 1 for |r| <= ln 2 / 2."""
    if real is float:
        return poly5[float](r, EXPM1_0, EXPM1_1, EXPM1_2, EXPM1_3, EXPM1_4, EXPM1_5) * (r * r) + r
    else:
        return poly5[double](r, 0.49999999999999999986, 0.16666666666666676654, 0.041666666666666701757,
                               0.0083333333333215642582, 0.0013888888888866676563,
                               poly5[double](r, 0.00019841269886306843548, 0.00002480158736083198386,
                                               2.7557244016447074033e-6, 2.7557242546487158177e-7, 2.5109107734947822311e-8,
                                               2.0924504981520729902e-9)) * (r * r) + r

cdef inline real exp_scaled(real x, int exponent) noexcept nogil:
    """e**x * 2**exponent for x <= 97 (721 in double), where it overflows already, and |exponent| <= 4."""
    cdef real lowest = -110 if real is float else -752
    # Rounds as `nearest` does, but with two biases added to the integer in the low bits, to be split into two biased exponents.
    cdef real rounder = <float>(ROUNDER32 + 254) if real is float else <double>(ROUNDER64 + 2046)
    cdef real rounded, first
    cdef unsigned int i, half
    cdef unsigned long long j, middle
    x = lowest if x < lowest else x
    rounded = x * <real>1.44269504088896340736 + rounder
    x = expm1_near_0(without_powers_of_two(x, rounded - rounder))
    # Two factors, as the whole power may be subnormal or overflow although the product does not.
    if real is float:
        i = bits32(rounded) + <unsigned int>exponent
        half = i >> 1
        first = from_bits32(half << 23)
        return (x * first + first) * from_bits32((i - half) << 23)
    else:
        j = bits64(rounded) + <unsigned long long>exponent
        middle = j >> 1
        first = from_bits64(middle << 52)
        return (x * first + first) * from_bits64((j - middle) << 52)

cdef inline real exp_(real x) noexcept nogil:
    cdef real highest = 97 if real is float else 721
    return exp_scaled[real](highest if x > highest else x, 0)

cdef inline real exp_parts(real x, real* half_power) noexcept nogil:
    """The y with e**x = 2 half_power (1 + y), half_power (OUT) being a power of two, for x <= 89 (710 in double).

    If e**x is far below the last place of 1, 2 half_power (1 + y) may be any number as small.
    """
    cdef real lowest = -18 if real is float else -38
    # Rounds as `nearest` does, but with the power's biased exponent rather than the integer itself in the low bits.
    cdef real rounder = <float>(ROUNDER32 + 126) if real is float else <double>(ROUNDER64 + 1022)
    cdef real rounded
    x = lowest if x < lowest else x
    rounded = x * <real>1.44269504088896340736 + rounder
    if real is float:
        half_power[0] = from_bits32(bits32(rounded) << 23)
    else:
        half_power[0] = from_bits64(bits64(rounded) << 52)
    return expm1_near_0(without_powers_of_two(x, rounded - rounder))

cdef inline real expm1_(real x) noexcept nogil:
    cdef real smallest = 1e-8 if real is float else 1e-17     # below which e**x - 1 rounds to x
    cdef real highest = 89 if real is float else 710          # above which it overflows
    cdef real half_power
    cdef real y = exp_parts[real](highest if x > highest else x, &half_power)
    y = <real>2 * (half_power * y + (half_power - <real>0.5))
    return x if fabs_(x) < smallest else y

cdef inline real log_sum(real k, real f, real low) noexcept nogil:
    """k ln 2 + log(1 + f) + low, for f in [-1/3, 1/3] and a low below the last place of the rest."""
    cdef real half_square = <real>0.5 * f * f
    cdef real s, z, rest
    if real is float:
        rest = poly7[float](f, 0.33333224037728583481, -0.24999688983033088444, 0.20010034864004655725,
                              -0.16685445512927868374, 0.14011039040195538189, -0.12115484401336668478,
                              0.13961983308798318932, -0.13189910228445367465) * f * (f * f)
        low += k * <float>-2.12194440054690583e-4
        return k * <float>0.693359375 + (f - (half_square - (rest + low)))
    else:
        # 2 atanh(s) for s = f / (2 + f), arranged so that the largest terms are exact.
        s = f / (2 + f)
        z = s * s
        rest = z * poly7[double](z, 0.66666666666666595915, 0.40000000000056956889, 0.28571428555765985716,
                                   0.22222224303096760139, 0.18181665497120170676, 0.15391123855231026045,
                                   0.13173405061975221961, 0.13844322486889133693)
        low += k * 1.90821492927058770002e-10
        return k * 6.93147180369123816490e-01 - ((half_square - (s * (half_square + rest) + low)) - f)

cdef inline real split(real x, real* k) noexcept nogil:
    """The m in [2/3, 4/3) with x = m 2**k, for a positive, normal x; stores k (OUT)."""
    cdef unsigned int u, v
    cdef unsigned long long w, y
    if real is float:
        u = bits32(x)
        v = ((u - 0x3f2aaaab) & 0x7fffff) + 0x3f2aaaab
        k[0] = <float>(<int>(u - v) >> 23)
        return from_bits32(v)
    else:
        # Few processors convert 64-bit integers: k is put into the low bits of a double, with an offset that makes it positive.
        w = bits64(x)
        y = ((w - 0x3fe5555555555555ULL) & 0xfffffffffffffULL) + 0x3fe5555555555555ULL
        k[0] = from_bits64(((w - y + (1100ULL << 52)) >> 52) | 0x4330000000000000ULL) - (4503599627370496.0 + 1100.0)
        return from_bits64(y)

cdef inline real log_edges(real y, real x) noexcept nogil:
    """The logarithm of any x, given y, which is the logarithm of a positive, finite x."""
    y = y if x < INFINITY else x
    y = -<real>INFINITY if x == 0 else y
    return <real>NAN if x < 0 else y

cdef inline real log_(real x) noexcept nogil:
    cdef real smallest = 1.17549435e-38 if real is float else 2.2250738585072014e-308
    cdef real up = 8388608 if real is float else 4503599627370496
    cdef real places = 23 if real is float else 52
    cdef bint subnormal = x < smallest
    cdef real k, m
    m = split[real](x * up if subnormal else x, &k)
    k = k - places if subnormal else k
    return log_edges[real](log_sum[real](k, m - <real>1, 0), x)

cdef inline real log1p_(real x) noexcept nogil:
    cdef real u = <real>1 + x
    cdef real k, f, lost
    f = split[real](u, &k) - <real>1
    lost = (<real>1 - (u - x) if x > 1 else x - (u - <real>1)) / u
    f = x if k == 0 else f
    lost = 0 if k == 0 else lost
    return copysign_[real](log_edges[real](log_sum[real](k, f, lost), u), x)

cdef inline real log1p_decay_(real x) noexcept nogil:
    # log(1 + z) for z = e**-|x| <= 1, a simpler case: no powers of two and no special values.
    cdef real z = exp_scaled[real](-fabs_(x), 0)
    cdef bint small = z < <real>0.33333333333333
    cdef real less = z - <real>1
    # The rounding error of z - 1, which is not 0 only below 1/2, relative to 1 + z, which is about 1.43 there.
    cdef real lost = <real>0.7 * (z - (less + <real>1))
    return log_sum[real](<real>0 if small else <real>1, z if small else <real>0.5 * less, <real>0 if small else lost)

cdef inline real tanh_(real x) noexcept nogil:
    # (1 - z) / (1 + z) for z = e**(-2|x|), both halved, with z as the parts of exp_parts so that each sum is rounded once.
    cdef real half_power
    cdef real y = exp_parts[real](<real>-2 * fabs_(x), &half_power)
    y = -(half_power * y + (half_power - <real>0.5)) / (half_power * y + (half_power + <real>0.5))
    return copysign_[real](y, x)

cdef inline real sigmoid_(real x) noexcept nogil:
    cdef real z = exp_scaled[real](-fabs_(x), 0)
    return (z if x < 0 else <real>1) / (<real>1 + z)

cdef inline real sinh_(real x) noexcept nogil:
    cdef real highest = 97 if real is float else 721
    cdef real size = fabs_(x)
    cdef real t = expm1_(size)
    t = <real>0.5 * (t + t / (t + <real>1))
    return copysign_[real](exp_scaled[real](highest if size > highest else size, -1) if size > 20 else t, x)

cdef inline real cosh_(real x) noexcept nogil:
    cdef real highest = 97 if real is float else 721
    cdef real size = fabs_(x)
    cdef real t = exp_scaled[real](highest if size > highest else size, -1)
    return t + <real>0.25 / t

# Circular functions. The argument reduction is accurate for quotients below 2**20; for larger ones the loops use the C library.

cdef enum:
    CIRCLE_LIMIT = 1000000

cdef inline double reduced_angle(double x, double n) noexcept nogil:
    """x - n pi / 2, with pi / 2 in parts of 33, 33 and 53 bits so that the first products are exact."""
    return ((x - n * 1.57079632673412561417e+00) - n * 6.07710050630396597660e-11) - n * 2.02226624879595063154e-21

cdef inline float sine_or_cosine32(float x, int quarters) noexcept nogil:
    cdef double whole = x
    cdef double n = nearest[double](whole * 0.63661977236758134308)
    cdef int quarter = quarters + <int>n
    cdef float r = <float>reduced_angle(whole, n)
    cdef float z = r * r
    cdef float sine = r + r * z * (<float>-0.16666666641429323259 + z * (<float>0.0083333293625853718473 + z * (
        <float>-0.0001983932722884145085 + z * <float>2.7182380827797182383e-6)))
    cdef float cosine = 1 - (<float>0.5 * z - z * z * (<float>0.041666666622476932256 + z * (
        <float>-0.0013888883723009834724 + z * (<float>0.000024799511918165664529 + z * <float>-2.7209562381665631557e-7))))
    return from_bits32(bits32(cosine if quarter & 1 else sine) ^ (<unsigned int>(quarter & 2) << 30))

cdef inline double sine64(double r, double z) noexcept nogil:
    return r + r * z * poly5[double](z, -0.16666666666666631657, 0.0083333333333223154212, -0.00019841269829725038078,
                                       2.7557313661938241345e-6, -2.5050753240872361921e-8, 1.5896503411577039142e-10)

cdef inline double cosine64(double z) noexcept nogil:
    cdef double half = 0.5 * z
    cdef double near = 1 - half
    return near + (((1 - near) - half) + z * z * poly5[double](
        z, 0.041666666666666598737, -0.0013888888888873988517, 0.000024801587289394312005, -2.755731432609190733e-7,
        2.0875719592647579719e-9, -1.1359451352572065553e-11))

cdef inline double sine_or_cosine64(double x, unsigned long long quarters) noexcept nogil:
    cdef double shifted = x * 0.63661977236758134308 + <double>ROUNDER64
    cdef unsigned long long quarter = bits64(shifted) + quarters
    cdef double r = reduced_angle(x, shifted - <double>ROUNDER64)
    cdef double z = r * r
    return from_bits64(bits64(cosine64(z) if quarter & 1 else sine64(r, z)) ^ ((quarter & 2) << 62))

cdef inline real sin_(real x) noexcept nogil:
    if real is float:
        return sine_or_cosine32(x, 0)
    else:
        return sine_or_cosine64(x, 0)

cdef inline real cos_(real x) noexcept nogil:
    if real is float:
        return sine_or_cosine32(x, 1)
    else:
        return sine_or_cosine64(x, 1)

cdef inline double tan64(double x) noexcept nogil:
    cdef double shifted = x * 0.63661977236758134308 + <double>ROUNDER64
    cdef double r = reduced_angle(x, shifted - <double>ROUNDER64)
    cdef double z = r * r
    cdef double sine = sine64(r, z), cosine = cosine64(z)
    cdef bint odd = bits64(shifted) & 1
    return (-cosine if odd else sine) / (sine if odd else cosine)

cdef inline real tan_(real x) noexcept nogil:
    return <real>tan64(x)

# The rest is computed in double, also for float32.

cdef inline double atan_ratio(double y, double x) noexcept nogil:
    """The angle of (x, y) for x, y >= 0, not both 0 and not both infinite."""
    # tan(a - b) = (tan a - tan b) / (1 + tan a tan b), with b = 0, pi / 4 or pi / 2.
    cdef bint steep = y > 2.414213562373095 * x
    cdef bint middle = y > 0.41421356237309503 * x
    cdef double t = (-x if steep else (y - x if middle else y)) / (y if steep else (y + x if middle else x))
    cdef double z = t * t
    cdef double odd = t * z * poly5[double](
        z, -0.3333333333333332756, 0.19999999999997683062, -0.14285714285389759921, 0.11111111088287049117,
        -0.090909081484710368825, poly5[double](
            z, 0.076922828477900531715, -0.066662280730861265196, 0.058770346766505984268, -0.052184872560572342707,
            0.045038862499155478265, -0.03348229581798360754 + z * 0.015203112399291747675))
    cdef double low = 6.123233995736766e-17 if steep else (3.061616997868383e-17 if middle else 0.0)
    return (1.5707963267948966 if steep else (0.7853981633974483 if middle else 0.0)) + (t + (odd + low))

cdef inline real atan_(real x) noexcept nogil:
    return <real>copysign(atan_ratio(fabs(x), 1.0), x)

cdef inline real atan2_(real y, real x) noexcept nogil:
    cdef double up = fabs(y), along = fabs(x), angle
    # Undefined ratios: 0/0 is taken as 0, inf/inf as 1.
    cdef bint endless = (up == INFINITY) & (along == INFINITY)
    cdef double scale = 0.25 if (up > 1e300) | (along > 1e300) else 1.0
    up = 1.0 if endless else up * scale
    along = 1.0 if endless | ((up == 0) & (along == 0)) else along * scale
    angle = atan_ratio(up, along)
    angle = 3.14159265358979311600 - (angle - 1.2246467991473532e-16) if copysign(1.0, x) < 0 else angle
    return <real>copysign(angle, y)

cdef inline double asin_core(double x) noexcept nogil:
    """asin(x) - x for |x| <= 1/2."""
    cdef double z = x * x
    return x * z * poly5[double](
        z, 0.16666666666666659498, 0.07500000000002559179, 0.044642857139658457961, 0.030381944646313078039,
        0.022372151549326742866, poly5[double](
            z, 0.017352946358825487111, 0.013961859465573841722, 0.01158610674452599661, 0.0094811061131358353826,
            0.010023585338065661648, 0.0006357074043681379322 + z * (
                0.024928620968250142469 + z * (-0.026282003946342177541 + z * 0.033720491778424833121))))

cdef inline real asin_(real x) noexcept nogil:
    # asin x = pi / 2 - 2 asin(sqrt((1 - x) / 2)) for large x.
    cdef double size = fabs(x)
    cdef bint large = size > 0.5
    cdef double y = sqrt(0.5 * (1 - size)) if large else size
    cdef double rest = asin_core(y)
    cdef double angle = 1.5707963267948966 - (2 * (y + rest) - 6.123233995736766e-17) if large else y + rest
    return <real>copysign(angle, x)

cdef inline real acos_(real x) noexcept nogil:
    cdef double size = fabs(x)
    cdef bint large = size > 0.5
    cdef double y = sqrt(0.5 * (1 - size)) if large else <double>x
    cdef double rest = asin_core(y)
    cdef double far = 2 * (y + rest)
    far = 3.14159265358979311600 - (far - 1.2246467991473532e-16) if x < 0 else far
    return <real>(far if large else 1.5707963267948966 - (y + (rest - 6.123233995736766e-17)))

cdef inline real asinh_(real x) noexcept nogil:
    cdef double size = fabs(x)
    cdef bint large = size > 1e9
    cdef double square = size * size
    cdef double inner = size - 1 if large else size + square / (1 + sqrt(square + 1))
    cdef double y = log1p_(inner)
    return <real>copysign(y + 0.69314718055994530942 if large else y, x)

cdef inline real acosh_(real x) noexcept nogil:
    cdef double t = <double>x - 1
    cdef bint large = t > 1e9
    cdef double y = log1p_(t if large else t + sqrt(t * (t + 2)))
    y = y + 0.69314718055994530942 if large else y
    return <real>(NAN if x < 1 else y)

cdef inline real atanh_(real x) noexcept nogil:
    cdef double size = fabs(x)
    return <real>copysign(0.5 * log1p_(2 * size / (1 - size)), x)

cdef inline double erf_near_0(double x) noexcept nogil:
    """erf(x) for |x| <= 1/2."""
    cdef double z = x * x
    return x * poly5[double](
        z, 1.1283791670955125739, -0.37612638903183750529, 0.11283791670954870019, -0.026866170645000067603,
        0.0052239776220234607418, poly3[double](
            z, -0.00085483265114060573943, 0.00012055286243325918615, -0.000014923004808361970987,
            1.6371261008121683743e-6 + z * -1.4621112923386238913e-7))

cdef inline double erfc_far(double x) noexcept nogil:
    """erfc(x) for x >= 1/2: e**-(x*x) / (1 + 2x) times a polynomial in (x - 3) / (x + 3)."""
    # x*x in two parts, as the exponential would amplify its rounding error.
    cdef double y = 28.0 if x > 28.0 else x
    cdef double head = from_bits64(bits64(y) & 0xfffffffff8000000ULL)
    cdef double t = (y - 3) / (y + 3)
    cdef double d = (y - head) * (y + head)
    cdef double p = poly5[double](
        t, 1.2530080582697296518, -0.13562110612458120332, -0.047562294353450667857, 0.12964515870276417353,
        -0.11927366341531398377, poly5[double](
            t, 0.068308027343857021299, -0.023770514918462229271, 0.0025293918179704811294, 0.0018886903551058860289,
            -0.00077983228835280064741, poly5[double](
                t, -0.0001051597469263885116, 0.00012509943226517832158, 4.949088529039384595e-6, -0.000020100784216980664844,
                -7.2972249211047707978e-7, poly7[double](
                    t, 3.4726232806109273921e-6, 3.5184394196187652666e-7, -6.1615988584536285562e-7, -1.3298805152958310087e-7,
                    1.0007038134442719662e-7, 3.3056457502198542578e-8, -1.1132468973475995975e-8, -3.8808836790185225917e-9))))
    return exp_(-head * head) * ((1 - d * (1 - d * (0.5 - d / 6))) * p / (1 + 2 * y))

cdef inline float erf32(float size) noexcept nogil:
    """erf for size >= 0 in single precision, as errors of the exponential do not matter in 1 - erfc."""
    cdef float y = <float>5 if size > 5 else size
    cdef float z = y * y
    cdef float t = (y - <float>3) / (y + <float>3)
    cdef float p = poly5[float](
        t, 1.2530080588917796015, -0.13562110021783652053, -0.047562387619026658741, 0.1296448537531124162,
        -0.11927146701235712757, poly5[float](
            t, 0.068312797689205958953, -0.023788450838385716536, 0.002496956870103885678, 0.0019480218557192817559,
            -0.00067825833848620542099, -0.00017219004182246783203))
    cdef float far = <float>1 - exp_[float](-z) * (p / (<float>1 + <float>2 * y))
    cdef float near = y + y * (<float>0.1283791659034704979 + z * poly5[float](
        z, -0.37612627062089866957, 0.11283599224716207726, -0.026854399549637910688, 0.0051894395230105514119,
        -0.0008019908808594457013, 0.000078857382381100292664))
    return far if size > 1 else near

cdef inline real erf_(real x) noexcept nogil:
    cdef double size, far
    if real is float:
        return copysignf(erf32(fabsf(x)), x)
    else:
        size = fabs(x)
        far = 1 - erfc_far(size)
        return copysign(far if size > 0.5 else erf_near_0(size), x)

cdef inline real erfc_(real x) noexcept nogil:
    cdef double size = fabs(x)
    cdef double far = erfc_far(size)
    far = 2 - far if x < 0 else far
    return <real>(far if size > 0.5 else 1 - erf_near_0(x))

cdef inline double digamma64(double x) noexcept nogil:
    # Recurrence to x >= 10, then the asymptotic series (Abramowitz and Stegun 6.3.18); reflection (6.3.7) below zero.
    cdef double shift = 0.0, r
    if x <= 0.0:
        if x == floor(x):
            return NAN
        shift = -M_PI / tan(M_PI * (x - rint_(x)))
        x = 1.0 - x
    while x < 10.0:
        shift -= 1.0 / x
        x += 1.0
    r = 1.0 / (x * x)
    return shift + log(x) - 0.5 / x - r * (1 / 12.0 - r * (1 / 120.0 - r * (1 / 252.0 - r * (
        1 / 240.0 - r * (1 / 132.0 - r * (691 / 32760.0 - r * (1 / 12.0)))))))

cdef inline real digamma_(real x) noexcept nogil:
    return <real>digamma64(x)

cdef inline real lgamma_(real x) noexcept nogil:
    return <real>lgamma(x)

cdef inline real pow_(real x, real y) noexcept nogil:
    cdef double base, exponent, size, half, power, edge, sign
    if real is double:
        return pow(x, y)
    else:
        # In double the error of y log|x| is far below a float's last place. Signs and special values are as in C's pow.
        base = x
        exponent = y
        size = fabs(base)
        power = exp_(exponent * log_(size))
        power = 1.0 if size == 1 else power
        power = power if exponent == exponent else exponent
        half = 0.5 * exponent
        edge = NAN if size < INFINITY else 1.0
        edge = edge if base < 0 else 1.0
        sign = 1.0 if rint_(half) == half else -1.0
        sign = sign if rint_(exponent) == exponent else edge
        sign = sign if copysign(1.0, base) < 0 else 1.0
        power = 1.0 if exponent == 0 else sign * power
        return <float>(1.0 if base == 1 else power)

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

# Selections. Ties and special values are as in TensorFlow.

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
    # 1 - y * y, without cancellation for y near 1.
    return x * ((<real>1 - y) * (<real>1 + y))

cdef inline real sigmoid_grad_(real x, real y) noexcept nogil:
    return x * (y * (<real>1 - y))

cdef inline real select_(real condition, real x, real y) noexcept nogil:
    return x if condition != 0 else y

cdef inline real floor_mod_(real x, real y) noexcept nogil:
    cdef real r = fmod_(x, y)
    return r + y if r != 0 and (r < 0) != (y < 0) else r
