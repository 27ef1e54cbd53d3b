"""Finds chains of instructions, whose intermediate values stay in vector registers. Included in `program`."""

cdef int link_kind(const Instruction* step, int value) noexcept:
    """The kind of link that applies an instruction to the chain's value; NO_LINK if there is none."""
    if step.a == value:
        if step.code == NEG:
            return LINK_NEG
        if step.code == SQUARE:
            return LINK_SQUARE
        if step.b != value:
            return (LINK_ADD if step.code == ADD else LINK_SUB if step.code == SUB else LINK_MUL if step.code == MUL
                    else LINK_DIV if step.code == DIV else LINK_TANH_GRAD if step.code == TANH_GRAD
                    else LINK_SIGMOID_GRAD if step.code == SIGMOID_GRAD else NO_LINK)
    elif step.b == value:
        return (LINK_ADD_TO if step.code == ADD else LINK_SUB_FROM if step.code == SUB else LINK_MUL_BY if step.code == MUL
                else LINK_DIV_FROM if step.code == DIV else NO_LINK)
    return NO_LINK


cdef int find_chains(Instruction* steps, Link* links, int count, list read_once, int constants, int temporaries) except -1:
    """Joins instructions (IN, OUT) into chains if each reads the result of the previous one. A result that only the next link reads
    is not stored. links is OUT. Registers in [constants, temporaries) hold constants."""
    cdef int k, kind, start = -1
    cdef bint second
    if kernels.chain32 == NULL:
        return 0
    for k in range(count):
        steps[k].first = steps[k].a
        kind = NO_LINK if start < 0 else link_kind(&steps[k], steps[k - 1].out)
        if kind != NO_LINK:
            steps[start].chained = k - start + 1
            if read_once[k - 1]:
                links[k - 1].out = -1
        else:
            # Begin with the operand that is not a constant, as links keep constants in a vector register.
            if constants <= steps[k].a < temporaries:
                kind = link_kind(&steps[k], steps[k].b)
                steps[k].first = steps[k].b
            if kind == NO_LINK:
                kind = link_kind(&steps[k], steps[k].a)
                steps[k].first = steps[k].a
            start = k if kind != NO_LINK else -1
        second = (kind == LINK_ADD or kind == LINK_SUB or kind == LINK_MUL or kind == LINK_DIV or kind == LINK_TANH_GRAD
                  or kind == LINK_SIGMOID_GRAD)
        links[k] = Link(kind, steps[k].b if second else steps[k].a, steps[k].out, 0)
    return 0


cdef unsigned long long bit_of(int register, int constants, int temporaries) noexcept:
    """The bit of a constant's register in a mask; 0 for other registers and for constants beyond MOST_SHORT."""
    return 1ULL << (register - constants) if constants <= register < min(temporaries, constants + MOST_SHORT) else 0


cdef unsigned long long short_constants(const Instruction* steps, Link* links, int count, int constants, int temporaries) noexcept:
    """The mask of the constants that only links (IN, OUT) read. The links are marked as reading them from a vector register."""
    cdef unsigned long long shorts = 0, others = 0
    cdef int k, chain_end = 0
    for k in range(count):
        if steps[k].chained:
            others |= bit_of(steps[k].first, constants, temporaries)
            chain_end = k + steps[k].chained
        if k >= chain_end:
            others |= (bit_of(steps[k].a, constants, temporaries) | bit_of(steps[k].b, constants, temporaries)
                       | bit_of(steps[k].c, constants, temporaries))
        elif links[k].kind == LINK_TANH_GRAD or links[k].kind == LINK_SIGMOID_GRAD:
            others |= bit_of(links[k].other, constants, temporaries)
    for k in range(count):
        if links[k].kind != NO_LINK and bit_of(links[k].other, constants, temporaries) & ~others:
            links[k].still = True
            shorts |= bit_of(links[k].other, constants, temporaries)
    return shorts
