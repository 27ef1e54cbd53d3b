/* Links: arithmetic of a value and at most one more operand. In a chain each link applies to the result of the previous one; the
 * same kinds are used for arithmetic of an array and a broadcast row. */
#ifndef GRADTAPE_LINKS
#define GRADTAPE_LINKS

#include <stddef.h>
#include "compiler.h"

/* Of those named ..._TO, ..._FROM, ..._BY and ..._OF the operand comes first. From LINK_EXP on, only where kernels have it.
 * NO_LINK: an instruction that is none. */
enum LinkKind {
    LINK_ADD, LINK_ADD_TO, LINK_SUB, LINK_SUB_FROM, LINK_MUL, LINK_MUL_BY, LINK_DIV, LINK_DIV_FROM, LINK_NEG, LINK_SQUARE,
    LINK_TANH_GRAD, LINK_TANH_GRAD_OF, LINK_SIGMOID_GRAD, LINK_SIGMOID_GRAD_OF, LINK_EXP, LINK_SIGMOID, LINK_TANH, NO_LINK
};

typedef struct {
    int kind;
    int other;       /* the operand's register */
    int out;         /* the register that keeps the value, -1 where only the next link reads it */
    int still;       /* the operand is a constant, of which there is one vector, or 16 elements */
    int chained;     /* links of a chain that begins here; 0: none does */
    int first;       /* the register of the value with which it begins */
} Link;

/* Lines of memory that the next block writes, asked for while this one is computed: a store that misses waits for all of its line.
 * What is read comes sooner by itself than if it is asked for too. */
typedef struct {
    const char* at;
    ptrdiff_t lines;        /* that go with an instruction; 0: none do */
} Prefetch;

ALWAYS_INLINE void prefetch(Prefetch* next, ptrdiff_t lines) {
    for (ptrdiff_t line = 0; line < lines; line++, next->at += 64)
        FETCH_TO_WRITE(next->at);
}

#endif
