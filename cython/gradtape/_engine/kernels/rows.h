/* Sums and broadcast arithmetic in vectors. This file includes itself once per element type.
 *
 *   sum_run_*: the sum of an array; sum_rows_*: the elementwise sum of rows.
 *   broadcast_*: arithmetic of rows with one row or a scalar.
 */
#ifndef REAL

#include "vectors.h"
#include "links.h"

#define REAL float
#define TILE(name) name##32
#include "rows.h"
#undef REAL
#undef TILE
#define REAL double
#define TILE(name) name##64
#include "rows.h"
#undef REAL
#undef TILE

#else /* once per element type */

#ifdef HAS_VECTORS

#define WIDTH ((int)(VECTOR_BYTES / sizeof(REAL)))

/* The sum of rows for a strip of `vectors` vectors, with four accumulators each, for every fourth row. */
ALWAYS_INLINE void TILE(sum_strip)(const int vectors, const REAL* a, ptrdiff_t rows, ptrdiff_t stride, REAL* to, int lanes) {
    VECTOR sums[4][4];
    UNROLL(4)
    for (int s = 0; s < 4; s++)
        UNROLL(4)
        for (int j = 0; j < vectors; j++)
            sums[s][j] = (VECTOR){0};
    for (; rows >= 4; rows -= 4)
        UNROLL(4)
        for (int s = 0; s < 4; s++, a += stride) {
            UNROLL(4)
            for (int j = 0; j < vectors - 1; j++)
                sums[s][j] += *(const VECTOR*)(a + j * WIDTH);
            sums[s][vectors - 1] += TILE(load)(a + (vectors - 1) * WIDTH, lanes);
        }
    for (; rows > 0; rows--, a += stride) {
        UNROLL(4)
        for (int j = 0; j < vectors - 1; j++)
            sums[0][j] += *(const VECTOR*)(a + j * WIDTH);
        sums[0][vectors - 1] += TILE(load)(a + (vectors - 1) * WIDTH, lanes);
    }
    UNROLL(4)
    for (int j = 0; j < vectors; j++)
        sums[0][j] = (sums[0][j] + sums[1][j]) + (sums[2][j] + sums[3][j]);
    UNROLL(4)
    for (int j = 0; j < vectors - 1; j++)
        *(VECTOR*)(to + j * WIDTH) = sums[0][j];
    TILE(store)(to + (vectors - 1) * WIDTH, sums[0][vectors - 1], lanes);
}

/* to (OUT, width) = the sum of the rows of a (IN), which are `stride` apart. */
static void TILE(sum_rows)(const REAL* a, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t width, REAL* to) {
    for (; width > 0; width -= MOST_VECTORS * WIDTH, a += MOST_VECTORS * WIDTH, to += MOST_VECTORS * WIDTH) {
        ptrdiff_t left = (width + WIDTH - 1) / WIDTH;
        int lanes = width < MOST_VECTORS * WIDTH ? (int)(width - (left - 1) * WIDTH) : WIDTH;
        switch (left) {
            case 1: TILE(sum_strip)(1, a, rows, stride, to, lanes); break;
            #if MOST_VECTORS > 2
            case 2: TILE(sum_strip)(2, a, rows, stride, to, lanes); break;
            case 3: TILE(sum_strip)(3, a, rows, stride, to, lanes); break;
            #endif
            default: TILE(sum_strip)(MOST_VECTORS, a, rows, stride, to, lanes); break;
        }
    }
}

static REAL TILE(sum_run)(const REAL* a, ptrdiff_t n) {
    VECTOR sums[8] = {{0}};
    for (; n >= 8 * WIDTH; n -= 8 * WIDTH, a += 8 * WIDTH)
        UNROLL(8)
        for (int j = 0; j < 8; j++)
            sums[j] += *(const VECTOR*)(a + j * WIDTH);
    for (; n >= WIDTH; n -= WIDTH, a += WIDTH)
        sums[0] += *(const VECTOR*)a;
    if (n > 0)
        sums[1] += TILE(load)(a, (int)n);
    return TILE(across)(((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7])));
}

ALWAYS_INLINE VECTOR TILE(combine)(const int op, VECTOR x, VECTOR y) {
    return op == LINK_ADD ? x + y : op == LINK_SUB ? x - y : op == LINK_MUL ? x * y : op == LINK_DIV ? x / y
         : op == LINK_SUB_FROM ? y - x : y / x;
}

/* Combines a strip of `vectors` vectors of every row of a with one row. */
ALWAYS_INLINE void TILE(combine_strip)(const int op, const int vectors, REAL* out, const REAL* a, const VECTOR* row, ptrdiff_t rows,
                                     ptrdiff_t stride, int lanes) {
    for (; rows > 0; rows--, a += stride, out += stride) {
        UNROLL(4)
        for (int j = 0; j < vectors - 1; j++)
            *(VECTOR*)(out + j * WIDTH) = TILE(combine)(op, *(const VECTOR*)(a + j * WIDTH), row[j]);
        TILE(store)(out + (vectors - 1) * WIDTH,
                    TILE(combine)(op, TILE(load)(a + (vectors - 1) * WIDTH, lanes), row[vectors - 1]), lanes);
    }
}

ALWAYS_INLINE void TILE(combine_rows)(const int op, REAL* out, const REAL* a, const REAL* b, int step, ptrdiff_t rows, ptrdiff_t width) {
    const ptrdiff_t most = MOST_VECTORS * WIDTH;
    ptrdiff_t stride = step ? width : most;
    VECTOR row[MOST_VECTORS];
    if (!step) {                               /* a scalar: the array is treated as rows of `most` elements */
        UNROLL(4)
        for (int j = 0; j < MOST_VECTORS; j++)
            row[j] = TILE(splat)(b);
        width *= rows;
        rows = width / most;
        TILE(combine_strip)(op, MOST_VECTORS, out, a, row, rows, most, WIDTH);
        a += rows * most, out += rows * most, width -= rows * most;
        rows = 1;
    }
    for (; width > 0; width -= most, a += most, out += most, b += most) {
        ptrdiff_t vectors = width < most ? (width + WIDTH - 1) / WIDTH : MOST_VECTORS;
        int lanes = width < most ? (int)(width - (vectors - 1) * WIDTH) : WIDTH;
        for (ptrdiff_t j = 0; step && j < vectors; j++)
            row[j] = TILE(load)(b + j * WIDTH, j < vectors - 1 ? WIDTH : lanes);
        switch (vectors) {
            case 1: TILE(combine_strip)(op, 1, out, a, row, rows, stride, lanes); break;
            #if MOST_VECTORS > 2
            case 2: TILE(combine_strip)(op, 2, out, a, row, rows, stride, lanes); break;
            case 3: TILE(combine_strip)(op, 3, out, a, row, rows, stride, lanes); break;
            #endif
            default: TILE(combine_strip)(op, MOST_VECTORS, out, a, row, rows, stride, lanes); break;
        }
    }
}

/* out (OUT, rows x width) = a op b for a (IN, rows x width) and a row b (IN, width) or, if step is 0, a scalar b. op: LINK_ADD, SUB,
 * MUL, DIV, SUB_FROM or DIV_FROM. */
static void TILE(broadcast)(int op, REAL* out, const REAL* a, const REAL* b, int step, ptrdiff_t rows, ptrdiff_t width) {
    switch (op) {
        case LINK_ADD: TILE(combine_rows)(LINK_ADD, out, a, b, step, rows, width); break;
        case LINK_SUB: TILE(combine_rows)(LINK_SUB, out, a, b, step, rows, width); break;
        case LINK_MUL: TILE(combine_rows)(LINK_MUL, out, a, b, step, rows, width); break;
        case LINK_DIV: TILE(combine_rows)(LINK_DIV, out, a, b, step, rows, width); break;
        case LINK_SUB_FROM: TILE(combine_rows)(LINK_SUB_FROM, out, a, b, step, rows, width); break;
        default: TILE(combine_rows)(LINK_DIV_FROM, out, a, b, step, rows, width); break;
    }
}

#undef WIDTH

#else /* no vectors */

static void TILE(sum_rows)(const REAL* a, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t width, REAL* to) {
    for (ptrdiff_t j = 0; j < width; j++)
        to[j] = 0;
    for (; rows > 0; rows--, a += stride)
        for (ptrdiff_t j = 0; j < width; j++)
            to[j] += a[j];
}

static void TILE(broadcast)(int op, REAL* out, const REAL* a, const REAL* b, int step, ptrdiff_t rows, ptrdiff_t width) {
    for (ptrdiff_t i = 0; i < rows * width; i++) {
        REAL x = a[i], y = b[step ? i % width : 0];
        out[i] = op == LINK_ADD ? x + y : op == LINK_SUB ? x - y : op == LINK_MUL ? x * y : op == LINK_DIV ? x / y
               : op == LINK_SUB_FROM ? y - x : y / x;
    }
}

static REAL TILE(sum_run)(const REAL* a, ptrdiff_t n) {
    REAL sums[16] = {0};
    for (ptrdiff_t i = 0; i < n; i++)
        sums[i & 15] += a[i];
    for (int j = 1; j < 16; j++)
        sums[0] += sums[j];
    return sums[0];
}

#endif
#endif
