/* Register-blocked products of small matrices. This file includes itself once per element type.
 *
 *   tiles_*: c (OUT, m x n) = or += a b, b with unit column stride, a with any strides (its elements are broadcast).
 *   dots_*:  c (OUT, m x n) = or += a b, a with unit column stride, b with unit row stride (rows of both are multiplied).
 *   transpose_*: a panel of b for tiles_* out of a b with unit row stride.
 *
 * A tile of ROWS x VECTORS vector registers of c stays in registers while k runs; where a tile is too small to keep the
 * multipliers busy, STEPS values of k go to separate accumulators. Columns beyond the last whole vector are masked.
 * With GNU C these are vector extensions, so that nothing is left to the vectoriser's judgement; other compilers get loops.
 */
#ifndef REAL

#include <stddef.h>
#include <string.h>

#ifdef __GNUC__
  #define TILE_INLINE static inline __attribute__((always_inline))
  #if defined(__AVX512F__)
    #include <immintrin.h>
    #define VECTOR_BYTES 64
    #define MOST_VECTORS 4
  #elif defined(__AVX2__)
    #include <immintrin.h>
    #define VECTOR_BYTES 32
    #define MOST_VECTORS 2
  #else
    #define VECTOR_BYTES 16
    #define MOST_VECTORS 2
  #endif
  typedef float vector32 __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));
  typedef double vector64 __attribute__((vector_size(VECTOR_BYTES), aligned(8), may_alias));
  typedef float four32 __attribute__((vector_size(16), aligned(4), may_alias));
  typedef double four64 __attribute__((vector_size(32), aligned(8), may_alias));
  typedef int fourmask32 __attribute__((vector_size(16)));
  typedef long long fourmask64 __attribute__((vector_size(32)));

  /* load: the first `lanes` elements from p, zeros after them; store: the reverse; across: the sum of all lanes. */
  #if defined(__AVX512F__)
  TILE_INLINE vector32 load32(const float* p, int lanes) {
      return (vector32)_mm512_maskz_loadu_ps((__mmask16)((1u << lanes) - 1), p);
  }
  TILE_INLINE vector64 load64(const double* p, int lanes) {
      return (vector64)_mm512_maskz_loadu_pd((__mmask8)((1u << lanes) - 1), p);
  }
  TILE_INLINE void store32(float* p, vector32 x, int lanes) {
      _mm512_mask_storeu_ps(p, (__mmask16)((1u << lanes) - 1), (__m512)x);
  }
  TILE_INLINE void store64(double* p, vector64 x, int lanes) {
      _mm512_mask_storeu_pd(p, (__mmask8)((1u << lanes) - 1), (__m512d)x);
  }
  TILE_INLINE float across32(vector32 x) { return _mm512_reduce_add_ps((__m512)x); }
  TILE_INLINE double across64(vector64 x) { return _mm512_reduce_add_pd((__m512d)x); }
  #elif defined(__AVX2__)
  TILE_INLINE __m256i first32(int lanes) {
      return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  TILE_INLINE __m256i first64(int lanes) {
      return _mm256_cmpgt_epi64(_mm256_set1_epi64x(lanes), _mm256_setr_epi64x(0, 1, 2, 3));
  }
  TILE_INLINE vector32 load32(const float* p, int lanes) { return (vector32)_mm256_maskload_ps(p, first32(lanes)); }
  TILE_INLINE vector64 load64(const double* p, int lanes) { return (vector64)_mm256_maskload_pd(p, first64(lanes)); }
  TILE_INLINE void store32(float* p, vector32 x, int lanes) { _mm256_maskstore_ps(p, first32(lanes), (__m256)x); }
  TILE_INLINE void store64(double* p, vector64 x, int lanes) { _mm256_maskstore_pd(p, first64(lanes), (__m256d)x); }
  TILE_INLINE float across32(vector32 x) {
      __m128 y = _mm_add_ps(_mm256_castps256_ps128((__m256)x), _mm256_extractf128_ps((__m256)x, 1));
      y = _mm_add_ps(y, _mm_movehl_ps(y, y));
      return _mm_cvtss_f32(_mm_add_ss(y, _mm_movehdup_ps(y)));
  }
  TILE_INLINE double across64(vector64 x) { return (x[0] + x[2]) + (x[1] + x[3]); }
  #else
  TILE_INLINE vector32 load32(const float* p, int lanes) {
      vector32 x = {0};
      if (lanes == 4) return *(const vector32*)p;
      memcpy(&x, p, lanes * sizeof(float));
      return x;
  }
  TILE_INLINE vector64 load64(const double* p, int lanes) {
      vector64 x = {0};
      if (lanes == 2) return *(const vector64*)p;
      x[0] = p[0];
      return x;
  }
  TILE_INLINE void store32(float* p, vector32 x, int lanes) { memcpy(p, &x, lanes * sizeof(float)); }
  TILE_INLINE void store64(double* p, vector64 x, int lanes) { memcpy(p, &x, lanes * sizeof(double)); }
  TILE_INLINE float across32(vector32 x) { return (x[0] + x[2]) + (x[1] + x[3]); }
  TILE_INLINE double across64(vector64 x) { return x[0] + x[1]; }
  #endif
#endif

#define VECTOR TILE(vector)
#define FOUR TILE(four)
#define FOURMASK TILE(fourmask)
#define REAL float
#define TILE(name) name##32
#include "tile.h"
#undef REAL
#undef TILE
#define REAL double
#define TILE(name) name##64
#include "tile.h"
#undef REAL
#undef TILE

#else /* once per element type */

#ifdef __GNUC__

#define WIDTH ((int)(VECTOR_BYTES / sizeof(REAL)))

/* sums += one column of a times one row of b. */
TILE_INLINE void TILE(one_step)(const int rows, const int vectors, VECTOR (*sums)[4], const REAL* a, ptrdiff_t a_row,
                                const REAL* b, int lanes) {
    VECTOR b_now[4];
    #pragma GCC unroll 4
    for (int j = 0; j < vectors - 1; j++)
        b_now[j] = *(const VECTOR*)(b + j * WIDTH);
    b_now[vectors - 1] = TILE(load)(b + (vectors - 1) * WIDTH, lanes);
    #pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
        #pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            sums[i][j] += b_now[j] * a[i * a_row];
}

TILE_INLINE void TILE(one_tile)(const int rows, const int vectors, ptrdiff_t k, const REAL* a, ptrdiff_t a_row, ptrdiff_t a_col,
                                const REAL* b, ptrdiff_t b_row, REAL* c, ptrdiff_t c_row, int lanes, int accumulate) {
    const int steps = rows * vectors >= 8 ? 1 : rows * vectors >= 4 ? 2 : rows * vectors >= 2 ? 4 : 8;
    VECTOR sums[8][8][4];
    #pragma GCC unroll 8
    for (int s = 0; s < steps; s++)
        #pragma GCC unroll 8
        for (int i = 0; i < rows; i++)
            #pragma GCC unroll 4
            for (int j = 0; j < vectors; j++)
                sums[s][i][j] = (VECTOR){0};
    for (; k >= steps; k -= steps)
        #pragma GCC unroll 8
        for (int s = 0; s < steps; s++, a += a_col, b += b_row)
            TILE(one_step)(rows, vectors, sums[s], a, a_row, b, lanes);
    if (steps > 1)
        for (; k > 0; k--, a += a_col, b += b_row)
            TILE(one_step)(rows, vectors, sums[0], a, a_row, b, lanes);
    #pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
        REAL* to = c + i * c_row;
        #pragma GCC unroll 8
        for (int s = 1; s < steps; s++)
            #pragma GCC unroll 4
            for (int j = 0; j < vectors; j++)
                sums[0][i][j] += sums[s][i][j];
        #pragma GCC unroll 4
        for (int j = 0; j < vectors - 1; j++) {
            if (accumulate)
                sums[0][i][j] += *(VECTOR*)(to + j * WIDTH);
            *(VECTOR*)(to + j * WIDTH) = sums[0][i][j];
        }
        if (accumulate)
            sums[0][i][vectors - 1] += TILE(load)(to + (vectors - 1) * WIDTH, lanes);
        TILE(store)(to + (vectors - 1) * WIDTH, sums[0][i][vectors - 1], lanes);
    }
}

/* All rows of a strip of `vectors` vectors of columns, `most` rows at a time. */
TILE_INLINE void TILE(strip)(const int most, const int vectors, ptrdiff_t m, ptrdiff_t k, const REAL* a, ptrdiff_t a_row,
                             ptrdiff_t a_col, const REAL* b, ptrdiff_t b_row, REAL* c, ptrdiff_t c_row, int lanes,
                             int accumulate) {
    for (; m >= most; m -= most, a += most * a_row, c += most * c_row)
        TILE(one_tile)(most, vectors, k, a, a_row, a_col, b, b_row, c, c_row, lanes, accumulate);
    switch (m) {
        case 1: TILE(one_tile)(1, vectors, k, a, a_row, a_col, b, b_row, c, c_row, lanes, accumulate); break;
        case 2: TILE(one_tile)(2, vectors, k, a, a_row, a_col, b, b_row, c, c_row, lanes, accumulate); break;
        case 3: TILE(one_tile)(3, vectors, k, a, a_row, a_col, b, b_row, c, c_row, lanes, accumulate); break;
        case 4: TILE(one_tile)(4, vectors, k, a, a_row, a_col, b, b_row, c, c_row, lanes, accumulate); break;
        case 5: TILE(one_tile)(5, vectors, k, a, a_row, a_col, b, b_row, c, c_row, lanes, accumulate); break;
        case 6: if (most > 6) TILE(one_tile)(6, vectors, k, a, a_row, a_col, b, b_row, c, c_row, lanes, accumulate); break;
        case 7: if (most > 6) TILE(one_tile)(7, vectors, k, a, a_row, a_col, b, b_row, c, c_row, lanes, accumulate); break;
        default: break;
    }
}

static void TILE(tiles)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const REAL* a, ptrdiff_t a_row, ptrdiff_t a_col,
                        const REAL* b, ptrdiff_t b_row, REAL* c, ptrdiff_t c_row, int accumulate) {
    while (n > 0) {
        ptrdiff_t left = (n + WIDTH - 1) / WIDTH;
        int vectors = left < MOST_VECTORS ? (int)left : MOST_VECTORS;
        int lanes = n < vectors * WIDTH ? (int)(n - (vectors - 1) * WIDTH) : WIDTH;
        switch (vectors) {
            case 1: TILE(strip)(8, 1, m, k, a, a_row, a_col, b, b_row, c, c_row, lanes, accumulate); break;
            case 2: TILE(strip)(MOST_VECTORS == 2 ? 6 : 8, 2, m, k, a, a_row, a_col, b, b_row, c, c_row, lanes, accumulate); break;
            #if MOST_VECTORS > 2
            case 3: TILE(strip)(8, 3, m, k, a, a_row, a_col, b, b_row, c, c_row, lanes, accumulate); break;
            case 4: TILE(strip)(6, 4, m, k, a, a_row, a_col, b, b_row, c, c_row, lanes, accumulate); break;
            #endif
        }
        n -= vectors * WIDTH;
        b += vectors * WIDTH;
        c += vectors * WIDTH;
    }
}

/* One row of a times `columns` columns of b. */
TILE_INLINE void TILE(one_dot)(const int columns, ptrdiff_t k, const REAL* a, const REAL* b, ptrdiff_t b_col, REAL* c,
                               int accumulate) {
    VECTOR sums[8], a_now;
    ptrdiff_t p;
    #pragma GCC unroll 8
    for (int j = 0; j < columns; j++)
        sums[j] = (VECTOR){0};
    for (p = 0; p + WIDTH <= k; p += WIDTH) {
        a_now = *(const VECTOR*)(a + p);
        #pragma GCC unroll 8
        for (int j = 0; j < columns; j++)
            sums[j] += a_now * *(const VECTOR*)(b + j * b_col + p);
    }
    if (p < k) {
        a_now = TILE(load)(a + p, (int)(k - p));
        #pragma GCC unroll 8
        for (int j = 0; j < columns; j++)
            sums[j] += a_now * TILE(load)(b + j * b_col + p, (int)(k - p));
    }
    #pragma GCC unroll 8
    for (int j = 0; j < columns; j++)
        c[j] = TILE(across)(sums[j]) + (accumulate ? c[j] : 0);
}

static void TILE(dots)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const REAL* a, ptrdiff_t a_row, const REAL* b, ptrdiff_t b_col,
                       REAL* c, ptrdiff_t c_row, int accumulate) {
    for (; m > 0; m--, a += a_row, c += c_row) {
        ptrdiff_t j = 0;
        for (; j + 8 <= n; j += 8)
            TILE(one_dot)(8, k, a, b + j * b_col, b_col, c + j, accumulate);
        if (j + 4 <= n) {
            TILE(one_dot)(4, k, a, b + j * b_col, b_col, c + j, accumulate);
            j += 4;
        }
        for (; j < n; j++)
            TILE(one_dot)(1, k, a, b + j * b_col, b_col, c + j, accumulate);
    }
}

/* panel (OUT, rows x columns) = the transpose of the columns x rows elements at b, whose rows are b_col apart. */
static void TILE(transpose)(ptrdiff_t rows, ptrdiff_t columns, const REAL* b, ptrdiff_t b_col, REAL* panel) {
    ptrdiff_t j = 0;
    for (; j + 4 <= columns; j += 4) {
        const REAL* from = b + j * b_col;
        REAL* to = panel + j;
        ptrdiff_t p = 0;
        for (; p + 4 <= rows; p += 4, from += 4, to += 4 * columns) {
            FOUR w = *(const FOUR*)from, x = *(const FOUR*)(from + b_col);
            FOUR y = *(const FOUR*)(from + 2 * b_col), z = *(const FOUR*)(from + 3 * b_col);
            FOUR wx = __builtin_shuffle(w, x, (FOURMASK){0, 4, 1, 5}), yz = __builtin_shuffle(y, z, (FOURMASK){0, 4, 1, 5});
            *(FOUR*)to = __builtin_shuffle(wx, yz, (FOURMASK){0, 1, 4, 5});
            *(FOUR*)(to + columns) = __builtin_shuffle(wx, yz, (FOURMASK){2, 3, 6, 7});
            wx = __builtin_shuffle(w, x, (FOURMASK){2, 6, 3, 7}), yz = __builtin_shuffle(y, z, (FOURMASK){2, 6, 3, 7});
            *(FOUR*)(to + 2 * columns) = __builtin_shuffle(wx, yz, (FOURMASK){0, 1, 4, 5});
            *(FOUR*)(to + 3 * columns) = __builtin_shuffle(wx, yz, (FOURMASK){2, 3, 6, 7});
        }
        for (; p < rows; p++, from++, to += columns)
            for (int i = 0; i < 4; i++)
                to[i] = from[i * b_col];
    }
    for (; j < columns; j++)
        for (ptrdiff_t p = 0; p < rows; p++)
            panel[p * columns + j] = b[j * b_col + p];
}

#undef WIDTH

#else /* not GNU C */

static void TILE(tiles)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const REAL* a, ptrdiff_t a_row, ptrdiff_t a_col,
                        const REAL* b, ptrdiff_t b_row, REAL* c, ptrdiff_t c_row, int accumulate) {
    for (ptrdiff_t i = 0; i < m; i++) {
        for (ptrdiff_t j = 0; j < n && !accumulate; j++)
            c[i * c_row + j] = 0;
        for (ptrdiff_t p = 0; p < k; p++)
            for (ptrdiff_t j = 0; j < n; j++)
                c[i * c_row + j] += a[i * a_row + p * a_col] * b[p * b_row + j];
    }
}

static void TILE(dots)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const REAL* a, ptrdiff_t a_row, const REAL* b, ptrdiff_t b_col,
                       REAL* c, ptrdiff_t c_row, int accumulate) {
    for (ptrdiff_t i = 0; i < m; i++)
        for (ptrdiff_t j = 0; j < n; j++) {
            REAL sum = accumulate ? c[i * c_row + j] : 0;
            for (ptrdiff_t p = 0; p < k; p++)
                sum += a[i * a_row + p] * b[j * b_col + p];
            c[i * c_row + j] = sum;
        }
}

static void TILE(transpose)(ptrdiff_t rows, ptrdiff_t columns, const REAL* b, ptrdiff_t b_col, REAL* panel) {
    for (ptrdiff_t p = 0; p < rows; p++)
        for (ptrdiff_t j = 0; j < columns; j++)
            panel[p * columns + j] = b[j * b_col + p];
}

#endif
#endif
