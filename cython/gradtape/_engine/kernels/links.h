/* Links: arithmetic of a value and at most one more operand. In a chain each link applies to the result of the previous one; the
 * same kinds are used for arithmetic of an array and a broadcast row. */
#ifndef GRADTAPE_LINKS
#define GRADTAPE_LINKS

/* In ..._TO, ..._FROM and ..._BY the operand comes first. NO_LINK: the instruction is not a link. */
enum LinkKind {
    LINK_ADD, LINK_ADD_TO, LINK_SUB, LINK_SUB_FROM, LINK_MUL, LINK_MUL_BY, LINK_DIV, LINK_DIV_FROM, LINK_NEG, LINK_SQUARE,
    LINK_TANH_GRAD, LINK_SIGMOID_GRAD, NO_LINK
};

typedef struct {
    int kind;
    int other;       /* the operand's register */
    int out;         /* the register that the result is stored in; -1 if only the next link reads it */
    int still;       /* the operand is a constant, stored as 16 elements rather than as a block */
} Link;

#endif
