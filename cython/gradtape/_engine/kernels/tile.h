/* Register-blocked products of small matrices. This file includes itself once per element type.
 *
 *   tiles_*: c (OUT, m x n) = or += a b, b with unit column stride, a with any strides (its elements are broadcast).
 *   dots_*:  c (OUT, m x n) = or += a b, a with unit column stride, b with unit row stride (by dot products).
 *   panel_of_*: copies a panel for tiles_* from a b of any strides.
 *   interleave_*, panels_*: copies a into the order in which tiles read it; the product of such an a.
 *
 * A tile of `rows` x `vectors` vector registers of c stays in registers during the loop over k. If a tile is too small to keep
 * the multipliers busy, `steps` values of k have separate accumulators. Columns beyond the last whole vector are masked.
 * Vector types (vectors.h) make the code independent of automatic vectorisation; compilers without them get plain loops.
 */
#ifndef REAL

#include <stddef.h>
#include <string.h>
#include "vectors.h"

#ifdef HAS_VECTORS
  #define PANEL_HEIGHT 6
  #define STRIP_BYTES (MOST_VECTORS * VECTOR_BYTES)     /* of one row of b in a panel */
#else
  #define PANEL_HEIGHT 1
  #define STRIP_BYTES 128
#endif

/* The data that will be copied next: `runs` of `bytes` bytes, `stride` bytes apart. Every tile prefetches `lines` cache lines. */
typedef struct {
    const char* at;
    ptrdiff_t runs, bytes, stride, offset, lines;
} Ahead;

/* A matrix (IN, one of its strides is 1) of elements of `item` bytes, to be prefetched into L2 while `tiles` tiles are computed. */
static inline Ahead ahead_of(const void* a, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t a_row, ptrdiff_t a_col, ptrdiff_t item,
                             ptrdiff_t tiles) {
    Ahead next = {(const char*)a, a_col == 1 ? rows : columns, (a_col == 1 ? columns : rows) * item,
                  (a_col == 1 ? a_row : a_col) * item, 0, 0};
    if (((size_t)a | (size_t)next.stride) & 63)
        next.bytes += 63;                      /* an unaligned run may touch one more line */
    next.lines = next.runs * ((next.bytes + 63) / 64) / (tiles > 0 ? tiles : 1) + 1;
    return next;
}

/* The first of the next four rows. The last four may overlap the previous ones. */
static inline ptrdiff_t next_four(ptrdiff_t p, ptrdiff_t rows) {
    return p + 8 <= rows || p + 4 >= rows ? p + 4 : rows - 4;
}

static inline void fetch(Ahead* next) {
    for (ptrdiff_t line = 0; line < next->lines && next->runs > 0; line++) {
        FETCH_TO_L2(next->at + next->offset);
        next->offset += 64;
        if (next->offset >= next->bytes)
            next->at += next->stride, next->offset = 0, next->runs--;
    }
}

/* Parameters that all tiles of a product share: depth, strides in elements, lanes of the last vector of columns. */
typedef struct {
    ptrdiff_t k, a_row, a_col, b_row, c_row;
    int lanes, accumulate;
} Layout;

#define FOUR TILE(four)
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

#ifdef HAS_VECTORS

#define WIDTH ((int)(VECTOR_BYTES / sizeof(REAL)))

/* sums += one column of a times one row of b. a: pointers to every fourth row, or to the first of adjacent elements. */
ALWAYS_INLINE void TILE(one_step)(const int rows, const int vectors, const int adjacent, VECTOR (*sums)[4], const char** a,
                                ptrdiff_t a_row, const REAL* b, int lanes) {
    VECTOR b_now[4];
    UNROLL(4)
    for (int j = 0; j < vectors - 1; j++)
        b_now[j] = *(const VECTOR*)(b + j * WIDTH);
    b_now[vectors - 1] = TILE(load)(b + (vectors - 1) * WIDTH, lanes);
    UNROLL(16)
    for (int i = 0; i < rows; i++) {
        const REAL* element = (const REAL*)(adjacent ? a[0] + i * sizeof(REAL) : a[i >> 2] + (i & 3) * a_row);
        if (vectors == 1)
            MULTIPLY_ADD_ONE(TILE(FUSED), WIDTH, sums[i][0], b_now[0], element);
        else {
            VECTOR a_now = TILE(splat)(element);
            UNROLL(4)
            for (int j = 0; j < vectors; j++)
                MULTIPLY_ADD(TILE(FUSED), sums[i][j], b_now[j], a_now);
        }
    }
}

/* sums = a tile, with separate accumulators for `steps` columns. adjacent: rows of c are prefetched one by one during the loop,
 * rather than awaited all at once after it. */
ALWAYS_INLINE void TILE(run_of)(const int rows, const int vectors, const int adjacent, const Layout* layout, int lanes,
                              const REAL* a, const REAL* b, const REAL* c, VECTOR (*sums)[16][4]) {
    ptrdiff_t k = layout->k, a_row = layout->a_row * sizeof(REAL), a_col = layout->a_col * sizeof(REAL), b_row = layout->b_row;
    const int steps = rows * vectors >= 8 ? 1 : rows * vectors >= 4 ? 2 : rows * vectors >= 2 ? 4 : 8;
    ptrdiff_t part = adjacent ? k / rows / steps * steps : 0, now = adjacent ? k - (rows - 1) * part : k;
    const char* from[4];
    OPAQUE(a_col);                 /* otherwise the compiler would add a second loop for a stride of one element */
    UNROLL(4)
    for (int q = 0; q < 4; q++) {
        from[q] = (const char*)a + 4 * q * a_row;
        if (4 * q < rows && !(adjacent && q > 0))
            OPAQUE(from[q]);       /* otherwise it would keep every row's offset, which do not fit in registers */
    }
    UNROLL(8)
    for (int s = 0; s < steps; s++)
        UNROLL(16)
        for (int i = 0; i < rows; i++)
            UNROLL(4)
            for (int j = 0; j < vectors; j++)
                sums[s][i][j] = (VECTOR){0};
    DO_NOT_UNROLL
    for (int i = adjacent ? rows : 1; i > 0; i--, now = part, c += layout->c_row) {
        if (adjacent) {
            UNROLL(4)
            for (int j = 0; j < vectors; j++)
                FETCH_TO_WRITE(c + j * WIDTH);
            FETCH_TO_WRITE(c + vectors * WIDTH - 1);
        }
        for (; now >= steps; now -= steps)
            UNROLL(8)
            for (int s = 0; s < steps; s++, b += b_row) {
                TILE(one_step)(rows, vectors, adjacent, sums[s], from, a_row, b, lanes);
                UNROLL(4)
                for (int q = 0; q < 4; q++)
                    from[q] += a_col;
            }
    }
    if (steps > 1)
        for (k %= steps; k > 0; k--, b += b_row) {
            TILE(one_step)(rows, vectors, adjacent, sums[0], from, a_row, b, lanes);
            UNROLL(4)
            for (int q = 0; q < 4; q++)
                from[q] += a_col;
        }
    UNROLL(8)
    for (int s = 1; s < steps; s++)
        UNROLL(16)
        for (int i = 0; i < rows; i++)
            UNROLL(4)
            for (int j = 0; j < vectors; j++)
                sums[0][i][j] += sums[s][i][j];
}

/* c = or += a tile, whose rows' last vectors have `lanes` lanes. */
ALWAYS_INLINE void TILE(put)(const int rows, const int vectors, const int accumulate, VECTOR (*sums)[4], REAL* c, ptrdiff_t c_row,
                           int lanes) {
    UNROLL(16)
    for (int i = 0; i < rows; i++, c += c_row) {
        REAL* last = c + (vectors - 1) * WIDTH;
        UNROLL(4)
        for (int j = 0; j < vectors - 1; j++) {
            if (accumulate)
                sums[i][j] += *(VECTOR*)(c + j * WIDTH);
            *(VECTOR*)(c + j * WIDTH) = sums[i][j];
        }
        if (accumulate)
            sums[i][vectors - 1] += TILE(load)(last, lanes);
        TILE(store)(last, sums[i][vectors - 1], lanes);
    }
}

/* One tile; adjacent: each column of a is `rows` contiguous elements, and c is not in cache. */
ALWAYS_INLINE void TILE(one_tile)(const int rows, const int vectors, const int adjacent, const Layout* layout, int lanes,
                                const REAL* a, const REAL* b, REAL* c) {
    VECTOR sums[8][16][4];
    TILE(run_of)(rows, vectors, adjacent, layout, lanes, a, b, c, sums);
    if (layout->accumulate)
        TILE(put)(rows, vectors, 1, sums[0], c, layout->c_row, lanes);
    else
        TILE(put)(rows, vectors, 0, sums[0], c, layout->c_row, lanes);
}

/* Every tile is a function of its own, as loops inlined into one function would compete for its registers. */
typedef void (*TILE(Tile))(const Layout*, const REAL*, const REAL*, REAL*);
#define TILE_OF(rows, vectors, adjacent) \
    NEVER_INLINE void TILE(tile_##rows##_##vectors##_##adjacent##_)(const Layout* layout, const REAL* a, \
                                                                                      const REAL* b, REAL* c) { \
        if (layout->lanes == WIDTH) \
            TILE(one_tile)(rows, vectors, adjacent, layout, WIDTH, a, b, c); \
        else \
            TILE(one_tile)(rows, vectors, adjacent, layout, layout->lanes, a, b, c); \
    }
#define TILES_OF(vectors) \
    TILE_OF(1, vectors, 0) TILE_OF(2, vectors, 0) TILE_OF(3, vectors, 0) TILE_OF(4, vectors, 0) TILE_OF(5, vectors, 0) \
    TILE_OF(6, vectors, 0) TILE_OF(6, vectors, 1)
#define NAME(rows, vectors) TILE(tile_##rows##_##vectors##_0_)
#define NAMES(vectors) \
    0, NAME(1, vectors), NAME(2, vectors), NAME(3, vectors), NAME(4, vectors), NAME(5, vectors), NAME(6, vectors)
TILES_OF(1) TILES_OF(2) TILE_OF(7, 1, 0) TILE_OF(8, 1, 0)
#if MOST_VECTORS > 2
TILES_OF(3) TILES_OF(4) TILE_OF(16, 1, 0) TILE_OF(7, 2, 0) TILE_OF(8, 2, 0) TILE_OF(12, 2, 0) TILE_OF(7, 3, 0) TILE_OF(8, 3, 0)
#endif

/* By number of vectors of columns: the tiles of up to 8 rows, the highest tile and its height, the tile for an interleaved a. */
static const struct { TILE(Tile) of[9], highest; int most; TILE(Tile) adjacent; } TILE(shapes)[5] = {
    {{0}, 0, 0, 0},
    #if MOST_VECTORS > 2
    {{NAMES(1), NAME(7, 1), NAME(8, 1)}, NAME(16, 1), 16, TILE(tile_6_1_1_)},
    {{NAMES(2), NAME(7, 2), NAME(8, 2)}, NAME(12, 2), 12, TILE(tile_6_2_1_)},
    {{NAMES(3), NAME(7, 3), NAME(8, 3)}, NAME(8, 3), 8, TILE(tile_6_3_1_)},
    {{NAMES(4)}, NAME(6, 4), 6, TILE(tile_6_4_1_)},
    #else
    {{NAMES(1), NAME(7, 1), NAME(8, 1)}, NAME(8, 1), 8, TILE(tile_6_1_1_)},
    {{NAMES(2)}, NAME(6, 2), 6, TILE(tile_6_2_1_)},
    #endif
};
#undef TILE_OF
#undef TILES_OF
#undef NAME
#undef NAMES

/* Computes all rows of a strip of `vectors` vectors of columns. */
ALWAYS_INLINE void TILE(strip)(ptrdiff_t vectors, ptrdiff_t m, const Layout* layout, const REAL* a, const REAL* b, REAL* c) {
    const ptrdiff_t most = TILE(shapes)[vectors].most;
    for (; m >= most; m -= most, a += most * layout->a_row, c += most * layout->c_row)
        TILE(shapes)[vectors].highest(layout, a, b, c);
    if (m > 8) {
        TILE(shapes)[vectors].of[8](layout, a, b, c);
        m -= 8, a += 8 * layout->a_row, c += 8 * layout->c_row;
    }
    if (m > 0)
        TILE(shapes)[vectors].of[m](layout, a, b, c);
}

static void TILE(tiles)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const REAL* a, ptrdiff_t a_row, ptrdiff_t a_col,
                        const REAL* b, ptrdiff_t b_row, REAL* c, ptrdiff_t c_row, int accumulate) {
    Layout layout = {k, a_row, a_col, b_row, c_row, WIDTH, accumulate};
    for (; n > MOST_VECTORS * WIDTH; n -= MOST_VECTORS * WIDTH, b += MOST_VECTORS * WIDTH, c += MOST_VECTORS * WIDTH)
        TILE(strip)(MOST_VECTORS, m, &layout, a, b, c);
    layout.lanes = (int)((n - 1) & (WIDTH - 1)) + 1;
    if (n > 0)
        TILE(strip)((n + WIDTH - 1) / WIDTH, m, &layout, a, b, c);
}

/* As tiles_*, for at most STRIP_BYTES of columns and an a (IN) written by interleave_*. */
static void TILE(panels)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const REAL* a, const REAL* b, ptrdiff_t b_row, REAL* c,
                         ptrdiff_t c_row, int accumulate, Ahead* next_a, Ahead* next_b) {
    ptrdiff_t vectors = (n + WIDTH - 1) / WIDTH;
    Layout layout = {k, 1, PANEL_HEIGHT, b_row, c_row, (int)((n - 1) & (WIDTH - 1)) + 1, accumulate};
    for (; m >= PANEL_HEIGHT; m -= PANEL_HEIGHT, a += PANEL_HEIGHT * k, c += PANEL_HEIGHT * c_row) {
        fetch(next_a);
        fetch(next_b);
        TILE(shapes)[vectors].adjacent(&layout, a, b, c);
    }
    layout.a_col = m;
    if (m > 0)
        TILE(strip)(vectors, m, &layout, a, b, c);
}

/* sums += `lanes` elements of a times those of every column of b. b: pointers to every fourth column. */
ALWAYS_INLINE void TILE(dot_step)(const int columns, VECTOR* sums, const REAL* a, const char** b, ptrdiff_t b_col, int lanes) {
    VECTOR a_now = TILE(load)(a, lanes);
    UNROLL(8)
    for (int j = 0; j < columns; j++)
        sums[j] += a_now * TILE(load)((const REAL*)(b[j >> 2] + (j & 3) * b_col), lanes);
}

/* The products of one row of a and `columns` columns of b. */
ALWAYS_INLINE void TILE(one_dot)(const int columns, ptrdiff_t whole, int lanes, const REAL* a, const REAL* b, ptrdiff_t b_col,
                               REAL* c, int accumulate) {
    VECTOR sums[8];
    const char* from[2];
    b_col *= sizeof(REAL);
    UNROLL(2)
    for (int q = 0; q < 2; q++) {
        from[q] = (const char*)b + 4 * q * b_col;
        if (4 * q < columns)
            OPAQUE(from[q]);       /* as in one_tile */
    }
    UNROLL(8)
    for (int j = 0; j < columns; j++)
        sums[j] = (VECTOR){0};
    for (; whole > 0; whole--, a += WIDTH, from[0] += VECTOR_BYTES, from[1] += VECTOR_BYTES)
        TILE(dot_step)(columns, sums, a, from, b_col, WIDTH);
    TILE(dot_step)(columns, sums, a, from, b_col, lanes);
    UNROLL(2)
    for (int j = 0; j + 4 <= columns; j += 4) {
        FOUR across;
        TILE(across_four)(sums + j, &across);
        if (accumulate)
            across += *(FOUR*)(c + j);
        *(FOUR*)(c + j) = across;
    }
    if (columns == 1)
        c[0] = TILE(across)(sums[0]) + (accumulate ? c[0] : 0);
}

static void TILE(dots)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const REAL* a, ptrdiff_t a_row, const REAL* b, ptrdiff_t b_col,
                       REAL* c, ptrdiff_t c_row, int accumulate) {
    ptrdiff_t whole = (k - 1) / WIDTH;
    int lanes = (int)(k - whole * WIDTH);
    for (; m > 0; m--, a += a_row, c += c_row) {
        ptrdiff_t j = 0;
        for (; j + 8 <= n; j += 8)
            TILE(one_dot)(8, whole, lanes, a, b + j * b_col, b_col, c + j, accumulate);
        if (j + 4 <= n) {
            TILE(one_dot)(4, whole, lanes, a, b + j * b_col, b_col, c + j, accumulate);
            j += 4;
        }
        for (; j < n; j++)
            TILE(one_dot)(1, whole, lanes, a, b + j * b_col, b_col, c + j, accumulate);
    }
}

/* Transposes 4 columns into 4 rows of a panel. */
ALWAYS_INLINE void TILE(transpose_four)(const REAL* b, ptrdiff_t b_col, REAL* to, ptrdiff_t columns) {
    FOUR w = *(const FOUR*)b, x = *(const FOUR*)(b + b_col);
    FOUR y = *(const FOUR*)(b + 2 * b_col), z = *(const FOUR*)(b + 3 * b_col);
    FOUR wx = SHUFFLED(w, x, 0, 4, 1, 5), yz = SHUFFLED(y, z, 0, 4, 1, 5);
    *(FOUR*)to = SHUFFLED(wx, yz, 0, 1, 4, 5);
    *(FOUR*)(to + columns) = SHUFFLED(wx, yz, 2, 3, 6, 7);
    wx = SHUFFLED(w, x, 2, 6, 3, 7), yz = SHUFFLED(y, z, 2, 6, 3, 7);
    *(FOUR*)(to + 2 * columns) = SHUFFLED(wx, yz, 0, 1, 4, 5);
    *(FOUR*)(to + 3 * columns) = SHUFFLED(wx, yz, 2, 3, 6, 7);
}

/* panel (OUT, rows x columns) = the transpose of the columns x rows elements at b, whose rows are b_col apart. */
static void TILE(transpose)(ptrdiff_t rows, ptrdiff_t columns, const REAL* b, ptrdiff_t b_col, REAL* panel) {
    ptrdiff_t j = 0, p;
    if (rows >= 4) {
        #ifdef __AVX512F__
        if (sizeof(REAL) == 4)
            for (; j + 16 <= columns; j += 16)
                for (p = 0; p < rows; p = next_four(p, rows))
                    transpose_sixteen((const float*)b + j * b_col + p, b_col, (float*)panel + p * columns + j, columns);
        #endif
        for (; j + 4 <= columns; j += 4)
            for (p = 0; p < rows; p = next_four(p, rows))
                TILE(transpose_four)(b + j * b_col + p, b_col, panel + p * columns + j, columns);
    }
    for (; j < columns; j++)
        for (p = 0; p < rows; p++)
            panel[p * columns + j] = b[j * b_col + p];
}

/* to (OUT, m x k) = a (IN, one of its strides is 1) in panels of PANEL_HEIGHT rows, each by columns. */
static void TILE(interleave)(ptrdiff_t m, ptrdiff_t k, const REAL* a, ptrdiff_t a_row, ptrdiff_t a_col, REAL* to) {
    for (; m > 0; m -= PANEL_HEIGHT, a += PANEL_HEIGHT * a_row) {
        ptrdiff_t rows = m < PANEL_HEIGHT ? m : PANEL_HEIGHT, p = 0;
        if (a_col == 1 && rows >= 4)
            for (; p + 4 <= k; p += 4, to += 4 * rows) {      /* the first four rows and the last four, which may overlap */
                TILE(transpose_four)(a + p, a_row, to, rows);
                TILE(transpose_four)(a + (rows - 4) * a_row + p, a_row, to + rows - 4, rows);
            }
        for (; p < k; p++, to += rows)
            if (a_row == 1 && rows >= 4) {
                FOUR first = *(const FOUR*)(a + p * a_col), last = *(const FOUR*)(a + rows - 4 + p * a_col);
                *(FOUR*)to = first;
                *(FOUR*)(to + rows - 4) = last;
            }
            else
                for (ptrdiff_t i = 0; i < rows; i++)
                    to[i] = a[i * a_row + p * a_col];
    }
}

/* panel (OUT, rows x columns) = b (IN), whose rows are b_row apart and whose columns are b_col apart. */
static void TILE(panel_of)(ptrdiff_t rows, ptrdiff_t columns, const REAL* b, ptrdiff_t b_row, ptrdiff_t b_col, REAL* panel) {
    ptrdiff_t p, j, whole = columns & ~(ptrdiff_t)(WIDTH - 1);
    int lanes = (int)(columns - whole);
    if (b_row == 1) {
        TILE(transpose)(rows, columns, b, b_col, panel);
        return;
    }
    for (p = 0; p < rows; p++, b += b_row, panel += columns) {
        if (b_col == 1) {
            for (j = 0; j < whole; j += WIDTH)
                *(VECTOR*)(panel + j) = *(const VECTOR*)(b + j);
            if (lanes > 0)
                TILE(store)(panel + j, TILE(load)(b + j, lanes), lanes);
        }
        else
            for (j = 0; j < columns; j++)
                panel[j] = b[j * b_col];
    }
}

#undef WIDTH

#else /* no vectors */

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

static void TILE(panel_of)(ptrdiff_t rows, ptrdiff_t columns, const REAL* b, ptrdiff_t b_row, ptrdiff_t b_col, REAL* panel) {
    for (ptrdiff_t p = 0; p < rows; p++)
        for (ptrdiff_t j = 0; j < columns; j++)
            panel[p * columns + j] = b[p * b_row + j * b_col];
}

static void TILE(interleave)(ptrdiff_t m, ptrdiff_t k, const REAL* a, ptrdiff_t a_row, ptrdiff_t a_col, REAL* to) {
    for (ptrdiff_t i = 0; i < m; i++)
        for (ptrdiff_t p = 0; p < k; p++)
            *to++ = a[i * a_row + p * a_col];
}

static void TILE(panels)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const REAL* a, const REAL* b, ptrdiff_t b_row, REAL* c,
                         ptrdiff_t c_row, int accumulate, Ahead* next_a, Ahead* next_b) {
    (void)next_a, (void)next_b;
    TILE(tiles)(m, n, k, a, k, 1, b, b_row, c, c_row, accumulate);
}

#endif
#endif
