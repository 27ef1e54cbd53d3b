/* Chains of arithmetic: each instruction uses the result of the previous one, which stays in vector registers, strip by strip.
 * Separate instructions would be limited by loads and stores.
 *
 * Inline assembly ensures that instructions are not contracted, and that of two NaNs the first operand is the result, as in the
 * loops of single instructions. For compilers and instruction sets without it there are no chains.
 * This file includes itself once per element type; it needs vectors.h.
 */
#ifndef REAL

#include "links.h"
#include "vectors.h"
#include "exponentials.h"

#if defined(HAS_VECTORS) && defined(ARITHMETIC)
  /* Vectors of a strip: half of the registers, or as many as leave room for what exponentials work with. */
  #ifdef __AVX512F__
    #define STRIP 16
    #define SHORT_STRIP 8
    #define EXPONENTIALS32 1
  #else
    #define STRIP 8
    #define SHORT_STRIP 8
    #define EXPONENTIALS32 0
  #endif
  #define SUFFIX "ps"
  #define REAL float
  #define TILE(name) name##32
  #if EXPONENTIALS32
    #define OF_EXPONENTIALS(name) \
        if (vectors <= SHORT_STRIP) \
            UNROLL(2) for (int j = 0; j < vectors; j += SIDE) name##_values((__m512*)value + j, vectors < SIDE ? vectors : SIDE);
  #endif
  #include "chains.h"
  #undef SUFFIX
  #undef REAL
  #undef TILE
  #undef OF_EXPONENTIALS
  #define SUFFIX "pd"
  #define REAL double
  #define TILE(name) name##64
  #include "chains.h"
  #undef SUFFIX
  #undef REAL
  #undef TILE
#else
  #define run_chain32 NULL
  #define run_chain64 NULL
  #define EXPONENTIALS32 0
#endif

#else /* once per element type */

#define WIDTH ((int)(VECTOR_BYTES / sizeof(REAL)))
#define VALUE TILE(vector)
/* For every vector of a strip. The last vector of a run may be incomplete, and is loaded with `lanes`. */
#define OF_ALL(statement) for (int j = 0; j < vectors; j++) { statement; }
#define OTHER(name) VALUE name = whole ? *(const VALUE*)(other + j * WIDTH) : TILE(load)(other, lanes)
#define TAKE(instruction) \
    if (link->still) { OF_ALL(ARITHMETIC(instruction SUFFIX, value[j], value[j], constant)) } \
    else { OF_ALL(if (whole) ARITHMETIC(instruction SUFFIX, value[j], value[j], *(const VALUE*)(other + j * WIDTH)); \
                  else { OTHER(b); ARITHMETIC(instruction SUFFIX, value[j], value[j], b); }) } break
#define TAKE_FROM(instruction) \
    if (link->still) { OF_ALL(ARITHMETIC(instruction SUFFIX, value[j], constant, value[j])) } \
    else { OF_ALL(OTHER(b); ARITHMETIC(instruction SUFFIX, value[j], b, value[j])) } break
/* Here the operand is never `still`. */
#define SCALE(factor) OF_ALL(OTHER(b); VALUE by = factor; ARITHMETIC("vmul" SUFFIX, value[j], value[j], by)) break
#define SCALE_OTHER(factor) OF_ALL(OTHER(b); VALUE by = factor; ARITHMETIC("vmul" SUFFIX, value[j], b, by)) break

ALWAYS_INLINE void TILE(chain_strip)(const Link* link, const Link* end, const REAL* first, REAL** registers, ptrdiff_t at,
                               const int vectors, const int whole, int lanes) {
    VALUE value[STRIP];
    OF_ALL(value[j] = whole ? *(const VALUE*)(first + at + j * WIDTH) : TILE(load)(first + at, lanes))
    for (; link < end; link++) {
        const REAL* other = registers[link->other] + (link->still ? 0 : at);
        VALUE constant = {0};
        if (link->still) constant = *(const VALUE*)other;
        switch (link->kind) {
            case LINK_ADD: TAKE("vadd");
            case LINK_ADD_TO: TAKE_FROM("vadd");
            case LINK_SUB: TAKE("vsub");
            case LINK_SUB_FROM: TAKE_FROM("vsub");
            case LINK_MUL: TAKE("vmul");
            case LINK_MUL_BY: TAKE_FROM("vmul");
            case LINK_DIV: TAKE("vdiv");
            case LINK_DIV_FROM: TAKE_FROM("vdiv");
            case LINK_TANH_GRAD: SCALE(((REAL)1 - b) * ((REAL)1 + b));
            case LINK_TANH_GRAD_OF: SCALE_OTHER(((REAL)1 - value[j]) * ((REAL)1 + value[j]));
            case LINK_SIGMOID_GRAD: SCALE(b * ((REAL)1 - b));
            case LINK_SIGMOID_GRAD_OF: SCALE_OTHER(value[j] * ((REAL)1 - value[j]));
#ifdef OF_EXPONENTIALS
            case LINK_EXP: OF_EXPONENTIALS(exp) break;
            case LINK_SIGMOID: OF_EXPONENTIALS(sigmoid) break;
            case LINK_TANH: OF_EXPONENTIALS(tanh) break;
#endif
            case LINK_NEG: OF_ALL(value[j] = -value[j]) break;
            default: OF_ALL(ARITHMETIC("vmul" SUFFIX, value[j], value[j], value[j])) break;
        }
        if (link->out >= 0) {
            REAL* out = registers[link->out] + at;
            OPAQUE(out);
            OF_ALL(if (whole) *(VALUE*)(out + j * WIDTH) = value[j]; else TILE(store)(out, value[j], lanes))
        }
    }
}

static void TILE(run_chain)(const Link* links, int count, const REAL* first, REAL** registers, ptrdiff_t n, Prefetch* next) {
    ptrdiff_t at = 0;
    const ptrdiff_t lines = next->lines ? (next->lines * count * SHORT_STRIP * WIDTH + n - 1) / n : 0;       /* of a short strip */
#ifdef OF_EXPONENTIALS
    int exponentials = 0;
    for (int k = 0; k < count; k++) exponentials |= links[k].kind >= LINK_EXP;
    if (exponentials)
        for (; at + SHORT_STRIP * WIDTH <= n; at += SHORT_STRIP * WIDTH) {
            prefetch(next, lines);
            TILE(chain_strip)(links, links + count, first, registers, at, SHORT_STRIP, 1, WIDTH);
        }
#endif
    for (; at + STRIP * WIDTH <= n; at += STRIP * WIDTH) {
        prefetch(next, lines * (STRIP / SHORT_STRIP));
        TILE(chain_strip)(links, links + count, first, registers, at, STRIP, 1, WIDTH);
    }
    for (; at + 4 * WIDTH <= n; at += 4 * WIDTH)
        TILE(chain_strip)(links, links + count, first, registers, at, 4, 1, WIDTH);
    for (; at + WIDTH <= n; at += WIDTH)
        TILE(chain_strip)(links, links + count, first, registers, at, 1, 1, WIDTH);
    if (at < n)
        TILE(chain_strip)(links, links + count, first, registers, at, 1, 0, (int)(n - at));
}

#undef WIDTH
#undef VALUE
#undef OF_ALL
#undef OTHER
#undef TAKE
#undef SCALE
#undef SCALE_OTHER
#undef TAKE_FROM

#endif
