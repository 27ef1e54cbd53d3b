/* e**x, tanh and sigmoid of float32 by AVX-512 intrinsics: table look-ups in registers and scaling by powers of two. Four vectors
 * are interleaved statement by statement, as the latency of one is more than out-of-order execution can hide.
 *
 * tanh is a polynomial about the centre of one of 14 intervals, without a division; beyond 9.5 it is 1. Its table is printed by
 * fit_tanh.py. Without AVX-512 the functions are NULL, and the loops over elementary.pxi are used.
 */
#ifndef GRADTAPE_EXPONENTIALS
#define GRADTAPE_EXPONENTIALS

#include "vectors.h"

#if defined(HAS_VECTORS) && defined(__AVX512F__)

static const float TANH_CENTRES[16] = {
    2.500004f, 3.4999804f, 5.0000973f, 6.9990463f, 8.998093f, 0, 0, 0,
    0.15624928f, 0.21875001f, 0.3125013f, 0.43749937f, 0.62498766f, 0.87500185f, 1.2500032f, 1.7499933f
};
static const float TANH_FACTORS[7][16] = {
  { 0.9866144f, 0.9981778f, 0.9999092f, 0.99999833f, 0.99999994f, 0, 0, 0,
    0.15499003f, 0.21532635f, 0.30271092f, 0.41156954f, 0.5545912f, 0.70390654f, 0.84828454f, 0.9413748f },
  { 0.026592122f, 0.003641098f, 0.00018182628f, 3.3375882e-06f, 6.091489e-08f, 0, 0, 1.0f,
    0.9759781f, 0.95363456f, 0.9083661f, 0.8306105f, 0.69242865f, 0.5045156f, 0.2804132f, 0.113813475f },
  { -0.026235938f, -0.0036344177f, -0.00018165012f, -3.3129543e-06f, 1.7102973e-07f, 0, 0, -4.021738e-08f,
    -0.15126702f, -0.20534292f, -0.27497253f, -0.34185377f, -0.3840147f, -0.3551318f, -0.23787035f, -0.107141145f },
  { 0.01701729f, 0.0024118195f, 0.00011879716f, 2.1810188e-06f, 4.1793776e-08f, 0, 0, -0.3333288f,
    -0.30188113f, -0.27366248f, -0.21955156f, -0.13617378f, -0.01784463f, 0.08180538f, 0.108325936f, 0.06292886f },
  { -0.008050764f, -0.0011976089f, -5.9779417e-05f, -1.1414058e-06f, -4.845912e-07f, 0, 0, -0.00016577297f,
    0.09750413f, 0.12790342f, 0.15821959f, 0.16988549f, 0.13788484f, 0.060791668f, -0.012583648f, -0.023523273f },
  { 0.0028874755f, 0.00049039326f, 2.8477529e-05f, 5.2376856e-07f, 7.841271e-09f, 0, 0, 0.13600034f,
    0.10718699f, 0.084947444f, 0.04550542f, -0.005961633f, -0.054333776f, -0.058547243f, -0.019690203f, 0.0034821988f },
  { -0.000698922f, -0.00015705326f, -9.215013e-06f, -1.448379e-07f, 2.6228392e-07f, 0, 0, -0.019574327f,
    -0.22395761f, -0.37489057f, -0.08729613f, -0.04547159f, -0.023530986f, 0.013088938f, 0.015076216f, 0.0020827916f }
};

#define SIDE 4                                    /* vectors that are interleaved */
#define OF_ALL(statement) UNROLL(4) for (int j = 0; j < vectors; j++) { statement; }
#define ALL(x) _mm512_set1_ps(x)
#define BITS(x) _mm512_castps_si512(x)
#define NUMBER(x) _mm512_castsi512_ps(x)
#define SIGN _mm512_set1_epi32((int)0x80000000u)

/* 2**(k/16) rounded to float32, and the rounding errors. */
static const float POWERS[16] = {
    1, 1.0442737f, 1.0905077f, 1.1387886f, 1.1892071f, 1.2418578f, 1.2968396f, 1.3542556f,
    1.4142135f, 1.4768262f, 1.5422108f, 1.6104903f, 1.6817929f, 1.7562522f, 1.8340081f, 1.9152066f
};
static const float POWERS_REST[16] = {
    0, 4.83347e-08f, -1.307754e-08f, 5.3862223e-08f, 3.7976353e-08f, 4.496838e-08f, -4.0189995e-08f, -1.0123349e-08f,
    2.4203235e-08f, -4.500899e-08f, 8.070905e-09f, 9.836217e-09f, -2.4755327e-08f, -9.23577e-09f, -1.1239278e-08f, 9.845328e-09f
};

/* y = e**y for y of at most 97 or NaN: 2**(n/16) is a table entry times a power of two. */
ALWAYS_INLINE void exponentials(__m512* y, const int vectors) {
    __m512 power[SIDE], high[SIDE], low[SIDE], square[SIDE], sum[SIDE];
    OF_ALL(y[j] = _mm512_max_ps(ALL(-110), y[j]))
    /* Rounds to sixteenths: the sum's last bits count them, and its last four select the table entry. */
    OF_ALL(power[j] = _mm512_fmadd_ps(y[j], ALL(1.44269504088896340736f), ALL(786432)))
    OF_ALL(high[j] = _mm512_permutexvar_ps(BITS(power[j]), _mm512_loadu_ps(POWERS)))
    OF_ALL(low[j] = _mm512_permutexvar_ps(BITS(power[j]), _mm512_loadu_ps(POWERS_REST)))
    OF_ALL(power[j] = _mm512_sub_ps(power[j], ALL(786432)))
    OF_ALL(y[j] = _mm512_fnmadd_ps(power[j], ALL(0.693359375f), y[j]))
    OF_ALL(y[j] = _mm512_fnmadd_ps(power[j], ALL(-2.12194440054690583e-4f), y[j]))
    OF_ALL(sum[j] = _mm512_fmadd_ps(y[j], ALL(1.0f / 6), ALL(0.5f)))
    OF_ALL(square[j] = _mm512_mul_ps(y[j], y[j]))
    OF_ALL(y[j] = _mm512_fmadd_ps(sum[j], square[j], y[j]))
    OF_ALL(y[j] = _mm512_fmadd_ps(high[j], y[j], low[j]))
    OF_ALL(y[j] = _mm512_add_ps(y[j], high[j]))
    OF_ALL(y[j] = _mm512_scalef_ps(y[j], power[j]))          /* by 2**floor(power) */
}

ALWAYS_INLINE void exp_values(__m512* y, const int vectors) {
    OF_ALL(y[j] = _mm512_min_ps(ALL(97), y[j]))
    exponentials(y, vectors);
}

ALWAYS_INLINE void sigmoid_values(__m512* y, const int vectors) {
    __mmask16 negative[SIDE];
    OF_ALL(negative[j] = _mm512_cmp_ps_mask(y[j], ALL(0), _CMP_LT_OQ))
    OF_ALL(y[j] = NUMBER(_mm512_or_epi32(BITS(y[j]), SIGN)))
    exponentials(y, vectors);
    OF_ALL(y[j] = _mm512_div_ps(_mm512_mask_blend_ps(negative[j], ALL(1), y[j]), _mm512_add_ps(ALL(1), y[j])))
}

ALWAYS_INLINE void tanh_values(__m512* x, const int vectors) {
    __m512 size[SIDE], y[SIDE];
    __m512i entry[SIDE];
    #define FACTOR(k) _mm512_permutexvar_ps(entry[j], _mm512_loadu_ps(TANH_FACTORS[k]))
    OF_ALL(size[j] = _mm512_min_ps(ALL(9.5f), _mm512_abs_ps(x[j])))
    /* The exponent and the first bit of the fraction; the look-up uses the last four bits of these. */
    OF_ALL(entry[j] = _mm512_max_epi32(_mm512_srli_epi32(BITS(size[j]), 22), _mm512_set1_epi32(247)))
    OF_ALL(size[j] = _mm512_sub_ps(size[j], _mm512_permutexvar_ps(entry[j], _mm512_loadu_ps(TANH_CENTRES))))
    OF_ALL(y[j] = _mm512_fmadd_ps(FACTOR(6), size[j], FACTOR(5)))
    OF_ALL(y[j] = _mm512_fmadd_ps(y[j], size[j], FACTOR(4)))
    OF_ALL(y[j] = _mm512_fmadd_ps(y[j], size[j], FACTOR(3)))
    OF_ALL(y[j] = _mm512_fmadd_ps(y[j], size[j], FACTOR(2)))
    OF_ALL(y[j] = _mm512_fmadd_ps(y[j], size[j], FACTOR(1)))
    OF_ALL(y[j] = _mm512_fmadd_ps(y[j], size[j], FACTOR(0)))
    /* y with the sign of x. */
    OF_ALL(x[j] = NUMBER(_mm512_ternarylogic_epi32(BITS(y[j]), BITS(x[j]), SIGN, 0xd8)))
    #undef FACTOR
}

#define STRIP_OF(name) \
    ALWAYS_INLINE void name##_strip(float* out, const float* a, const int vectors, const int whole, int lanes) { \
        __m512 y[SIDE]; \
        OF_ALL(y[j] = whole ? _mm512_loadu_ps(a + j * 16) : (__m512)load32(a, lanes)) \
        name##_values(y, vectors); \
        OF_ALL(if (whole) _mm512_storeu_ps(out + j * 16, y[j]); else store32(out, (vector32)y[j], lanes)) \
    }
STRIP_OF(exp)
STRIP_OF(sigmoid)
STRIP_OF(tanh)

#define LOOP(name) \
    static void name##_in_vectors(float* out, const float* a, const float* b, const float* c, ptrdiff_t n) { \
        ptrdiff_t at = 0; \
        for (; at + SIDE * 16 <= n; at += SIDE * 16) name##_strip(out + at, a + at, SIDE, 1, 16); \
        for (; at + 16 <= n; at += 16) name##_strip(out + at, a + at, 1, 1, 16); \
        if (at < n) name##_strip(out + at, a + at, 1, 0, (int)(n - at)); \
    }
LOOP(exp)
LOOP(sigmoid)
LOOP(tanh)

#undef OF_ALL
#undef ALL
#undef BITS
#undef NUMBER
#undef SIGN
#undef LOOP

#else
  #define exp_in_vectors NULL
  #define sigmoid_in_vectors NULL
  #define tanh_in_vectors NULL
#endif

#endif
