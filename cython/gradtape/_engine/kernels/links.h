/* Arithmetic of a value with one more operand: of the rows of an array with one row, and of the links of a chain, each of which
 * takes the value that the one before it made. */
#ifndef GRADTAPE_LINKS
#define GRADTAPE_LINKS

/* Of those named ..._TO, ..._FROM and ..._BY the operand comes first. NO_LINK: an instruction that is none. */
enum LinkKind {
    LINK_ADD, LINK_ADD_TO, LINK_SUB, LINK_SUB_FROM, LINK_MUL, LINK_MUL_BY, LINK_DIV, LINK_DIV_FROM, LINK_NEG, LINK_SQUARE,
    LINK_TANH_GRAD, LINK_SIGMOID_GRAD, NO_LINK
};

typedef struct {
    int kind;
    int other;       /* the operand's register */
    int out;         /* the register that keeps the value, -1 where only the next link reads it */
    int still;       /* the operand is a constant, of which there is one vector, or 16 elements */
} Link;

#endif
