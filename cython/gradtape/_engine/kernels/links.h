/* Links: arithmetic of a value and at most one more operand. In a chain each link applies to the result of the previous one; the
 * same kinds are used for arithmetic of an array and a broadcast row. */
#ifndef GRADTAPE_LINKS
#define GRADTAPE_LINKS

#include <stddef.h>
#include "compiler.h"

/* In ..._TO, ..._FROM, ..._BY and ..._OF the operand comes first. Only some kernels have the kinds from LINK_EXP on.
 * NO_LINK: the instruction is not a link. */
enum LinkKind {
    LINK_ADD, LINK_ADD_TO, LINK_SUB, LINK_SUB_FROM, LINK_MUL, LINK_MUL_BY, LINK_DIV, LINK_DIV_FROM, LINK_NEG, LINK_SQUARE,
    LINK_TANH_GRAD, LINK_TANH_GRAD_OF, LINK_SIGMOID_GRAD, LINK_SIGMOID_GRAD_OF, LINK_EXP, LINK_SIGMOID, LINK_TANH, NO_LINK
};

typedef struct {
    int kind;
    int other;       /* the operand's register */
    int out;         /* the register that the result is stored in; -1 if only the next link reads it */
    int still;       /* the operand is a constant, stored as 16 elements rather than as a block */
    int chained;     /* number of links of the chain that begins here; 0: none does */
    int first;       /* register of the chain's initial value */
} Link;

/* Prefetching of the cache lines that the next block writes, while the current one is computed: a store that misses waits for its
 * whole line. Lines that are read are left to the hardware's prefetchers, which were faster alone. */
typedef struct {
    const char* at;
    ptrdiff_t lines;        /* lines per instruction; 0: none */
} Prefetch;

ALWAYS_INLINE void prefetch(Prefetch* next, ptrdiff_t lines) {
    for (ptrdiff_t line = 0; line < lines; line++, next->at += 64)
        FETCH_TO_WRITE(next->at);
}

#endif
