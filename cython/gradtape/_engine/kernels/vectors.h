/* Vector types of the instruction set, their loads and stores, and sums of their lanes. */
#ifndef GRADTAPE_VECTORS_H
#define GRADTAPE_VECTORS_H

#include <stddef.h>
#include <string.h>
#include "compiler.h"

#define VECTOR TILE(vector)               /* a vector of REAL; TILE(name) appends the width of REAL to a name */

#ifdef HAS_VECTORS
  #if defined(__AVX512F__)
    #include <immintrin.h>
    #define VECTOR_BYTES 64
    #define MOST_VECTORS 4
  #elif defined(__AVX2__)
    #include <immintrin.h>
    #define VECTOR_BYTES 32
    #define MOST_VECTORS 2
  #elif defined(__aarch64__)
    #define VECTOR_BYTES 16
    #define MOST_VECTORS 4                     /* twice as many as with SSE and AVX, as there are twice as many registers */
  #else
    #define VECTOR_BYTES 16
    #define MOST_VECTORS 2
  #endif
  VECTOR_OF(float, VECTOR_BYTES, vector32);
  VECTOR_OF(double, VECTOR_BYTES, vector64);
  VECTOR_OF(float, 16, four32);
  VECTOR_OF(double, 32, four64);

  /* load: the first `lanes` elements from p, followed by zeros; store: stores the first `lanes` elements;
   * across: the sum of all lanes; across_four: those of four vectors. */
  #if defined(__AVX512F__)
  ALWAYS_INLINE vector32 load32(const float* p, int lanes) {
      return (vector32)_mm512_maskz_loadu_ps((__mmask16)((1u << lanes) - 1), p);
  }
  ALWAYS_INLINE vector64 load64(const double* p, int lanes) {
      return (vector64)_mm512_maskz_loadu_pd((__mmask8)((1u << lanes) - 1), p);
  }
  ALWAYS_INLINE void store32(float* p, vector32 x, int lanes) {
      _mm512_mask_storeu_ps(p, (__mmask16)((1u << lanes) - 1), (__m512)x);
  }
  ALWAYS_INLINE void store64(double* p, vector64 x, int lanes) {
      _mm512_mask_storeu_pd(p, (__mmask8)((1u << lanes) - 1), (__m512d)x);
  }
  #define FUSED32 "vfmadd231ps"
  #define FUSED64 "vfmadd231pd"
  ALWAYS_INLINE float across32(vector32 x) { return _mm512_reduce_add_ps((__m512)x); }
  /* Transposes 16 columns into 4 rows of a panel (see transpose_*): the quarters of each vector are from columns 4 apart. */
  ALWAYS_INLINE __m512 quarters(const float* b, ptrdiff_t b_col) {
      __m512 x = _mm512_castps128_ps512(_mm_loadu_ps(b));
      x = _mm512_insertf32x4(x, _mm_loadu_ps(b + 4 * b_col), 1);
      x = _mm512_insertf32x4(x, _mm_loadu_ps(b + 8 * b_col), 2);
      return _mm512_insertf32x4(x, _mm_loadu_ps(b + 12 * b_col), 3);
  }
  ALWAYS_INLINE void transpose_sixteen(const float* b, ptrdiff_t b_col, float* to, ptrdiff_t columns) {
      __m512 w = quarters(b, b_col), x = quarters(b + b_col, b_col);
      __m512 y = quarters(b + 2 * b_col, b_col), z = quarters(b + 3 * b_col, b_col);
      __m512d wx = (__m512d)_mm512_unpacklo_ps(w, x), yz = (__m512d)_mm512_unpacklo_ps(y, z);
      _mm512_storeu_pd(to, _mm512_unpacklo_pd(wx, yz));
      _mm512_storeu_pd(to + columns, _mm512_unpackhi_pd(wx, yz));
      wx = (__m512d)_mm512_unpackhi_ps(w, x), yz = (__m512d)_mm512_unpackhi_ps(y, z);
      _mm512_storeu_pd(to + 2 * columns, _mm512_unpacklo_pd(wx, yz));
      _mm512_storeu_pd(to + 3 * columns, _mm512_unpackhi_pd(wx, yz));
  }
  ALWAYS_INLINE double across64(vector64 x) { return _mm512_reduce_add_pd((__m512d)x); }
  ALWAYS_INLINE __m512 paired32(vector32 x, vector32 y) {
      return _mm512_add_ps(_mm512_unpacklo_ps((__m512)x, (__m512)y), _mm512_unpackhi_ps((__m512)x, (__m512)y));
  }
  ALWAYS_INLINE __m512d paired64(vector64 x, vector64 y) {
      return _mm512_add_pd(_mm512_unpacklo_pd((__m512d)x, (__m512d)y), _mm512_unpackhi_pd((__m512d)x, (__m512d)y));
  }
  ALWAYS_INLINE void across_four32(const vector32* x, four32* sums) {
      __m512d y = (__m512d)paired32(x[0], x[1]), z = (__m512d)paired32(x[2], x[3]);
      __m512 all = _mm512_add_ps((__m512)_mm512_unpacklo_pd(y, z), (__m512)_mm512_unpackhi_pd(y, z));
      __m256 half = _mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
      *sums = (four32)_mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
  }
  ALWAYS_INLINE void across_four64(const vector64* x, four64* sums) {
      __m512d y = paired64(x[0], x[1]), z = paired64(x[2], x[3]);
      __m512d all = _mm512_add_pd(_mm512_shuffle_f64x2(y, z, 0x88), _mm512_shuffle_f64x2(y, z, 0xdd));
      __m256d low = _mm512_castpd512_pd256(all), high = _mm512_extractf64x4_pd(all, 1);
      *sums = (four64)_mm256_add_pd(_mm256_permute2f128_pd(low, high, 0x20), _mm256_permute2f128_pd(low, high, 0x31));
  }
  #elif defined(__AVX2__)
  ALWAYS_INLINE __m256i first32(int lanes) {
      return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  ALWAYS_INLINE __m256i first64(int lanes) {
      return _mm256_cmpgt_epi64(_mm256_set1_epi64x(lanes), _mm256_setr_epi64x(0, 1, 2, 3));
  }
  ALWAYS_INLINE vector32 load32(const float* p, int lanes) { return (vector32)_mm256_maskload_ps(p, first32(lanes)); }
  ALWAYS_INLINE vector64 load64(const double* p, int lanes) { return (vector64)_mm256_maskload_pd(p, first64(lanes)); }
  ALWAYS_INLINE void store32(float* p, vector32 x, int lanes) { _mm256_maskstore_ps(p, first32(lanes), (__m256)x); }
  ALWAYS_INLINE void store64(double* p, vector64 x, int lanes) { _mm256_maskstore_pd(p, first64(lanes), (__m256d)x); }
  ALWAYS_INLINE float across32(vector32 x) {
      __m128 y = _mm_add_ps(_mm256_castps256_ps128((__m256)x), _mm256_extractf128_ps((__m256)x, 1));
      y = _mm_add_ps(y, _mm_movehl_ps(y, y));
      return _mm_cvtss_f32(_mm_add_ss(y, _mm_movehdup_ps(y)));
  }
  ALWAYS_INLINE double across64(vector64 x) { return (x[0] + x[2]) + (x[1] + x[3]); }
  #else
  ALWAYS_INLINE vector32 load32(const float* p, int lanes) {
      vector32 x = {0};
      if (lanes == 4) return *(const vector32*)p;
      memcpy(&x, p, lanes * sizeof(float));
      return x;
  }
  ALWAYS_INLINE vector64 load64(const double* p, int lanes) {
      vector64 x = {0};
      if (lanes == 2) return *(const vector64*)p;
      x[0] = p[0];
      return x;
  }
  ALWAYS_INLINE void store32(float* p, vector32 x, int lanes) { memcpy(p, &x, lanes * sizeof(float)); }
  ALWAYS_INLINE void store64(double* p, vector64 x, int lanes) { memcpy(p, &x, lanes * sizeof(double)); }
  ALWAYS_INLINE float across32(vector32 x) { return (x[0] + x[2]) + (x[1] + x[3]); }
  ALWAYS_INLINE double across64(vector64 x) { return x[0] + x[1]; }
  #endif
  ALWAYS_INLINE vector32 splat32(const float* p) { return *p - (vector32){0}; }
  ALWAYS_INLINE vector64 splat64(const double* p) { return *p - (vector64){0}; }
  #ifndef __AVX512F__
  ALWAYS_INLINE void across_four32(const vector32* x, four32* sums) {
      *sums = (four32){across32(x[0]), across32(x[1]), across32(x[2]), across32(x[3])};
  }
  ALWAYS_INLINE void across_four64(const vector64* x, four64* sums) {
      *sums = (four64){across64(x[0]), across64(x[1]), across64(x[2]), across64(x[3])};
  }
  #endif
#else
  #define VECTOR_BYTES 16
#endif

#endif
