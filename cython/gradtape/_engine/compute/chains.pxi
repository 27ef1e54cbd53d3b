"""Which instructions of a program make chains, whose values stay in registers. A part of `program`."""

cdef int link_kind(const Instruction* step, int value) noexcept:
    """The kind of link that an instruction is to a value in a register, NO_LINK where it is none."""
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
    """Joins instructions (IN, OUT) of which each takes the value of the one before; a value that only the next link reads is
    not stored. links is OUT. Registers from `constants` on, up to `temporaries`, are of constants."""
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
            # From the operand that is no constant: links take constants out of a register.
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
    """The bit of a constant in a mask of them, 0 for other registers and for constants that are too many."""
    return 1ULL << (register - constants) if constants <= register < min(temporaries, constants + MOST_SHORT) else 0


cdef unsigned long long short_constants(const Instruction* steps, Link* links, int count, int constants, int temporaries) noexcept:
    """The mask of the constants that links alone read, which take them out of a register (links, IN and OUT)."""
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
