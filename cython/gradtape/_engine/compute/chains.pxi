"""Finds chains of instructions, whose intermediate values stay in vector registers. Included in `program`."""

cdef int link_kind(const Instruction* step, int value, bint exponentials) noexcept:
    """The kind of link that applies an instruction to the value of a register; NO_LINK if there is none."""
    if step.a == value:
        if step.code == NEG:
            return LINK_NEG
        if step.code == SQUARE:
            return LINK_SQUARE
        if exponentials and (step.code == EXP or step.code == SIGMOID or step.code == TANH):
            return LINK_EXP if step.code == EXP else LINK_SIGMOID if step.code == SIGMOID else LINK_TANH
        if step.b != value:
            return (LINK_ADD if step.code == ADD else LINK_SUB if step.code == SUB else LINK_MUL if step.code == MUL
                    else LINK_DIV if step.code == DIV else LINK_TANH_GRAD if step.code == TANH_GRAD
                    else LINK_SIGMOID_GRAD if step.code == SIGMOID_GRAD else NO_LINK)
    elif step.b == value:
        return (LINK_ADD_TO if step.code == ADD else LINK_SUB_FROM if step.code == SUB else LINK_MUL_BY if step.code == MUL
                else LINK_DIV_FROM if step.code == DIV else LINK_TANH_GRAD_OF if step.code == TANH_GRAD
                else LINK_SIGMOID_GRAD_OF if step.code == SIGMOID_GRAD else NO_LINK)
    return NO_LINK


cdef int find_chains(Chaining* chaining, const Instruction* steps, int count, list read_once, int constants, int temporaries,
                     bint exponentials) except -1:
    """Joins instructions (IN) into chains if each reads the result of the previous one. A result that only the next link reads is
    not stored. The links of `chaining` are OUT. Registers in [constants, temporaries) hold constants."""
    cdef int k, kind, start = -1
    cdef bint second
    cdef Link* links = chaining.links
    for k in range(count):
        kind = NO_LINK
        links[k] = Link(NO_LINK, 0, 0, 0, 0, steps[k].a)
        if kernels.chain32 == NULL:
            continue
        if start >= 0:
            kind = link_kind(&steps[k], steps[k - 1].out, exponentials)
        if kind != NO_LINK:
            links[start].chained = k - start + 1
            if read_once[k - 1]:
                links[k - 1].out = -1
        else:
            # Begin with the operand that is not a constant, as links keep constants in a vector register.
            if constants <= steps[k].a < temporaries:
                kind = link_kind(&steps[k], steps[k].b, exponentials)
                links[k].first = steps[k].b
            if kind == NO_LINK:
                kind = link_kind(&steps[k], steps[k].a, exponentials)
                links[k].first = steps[k].a
            start = k if kind != NO_LINK else -1
        second = (kind == LINK_ADD or kind == LINK_SUB or kind == LINK_MUL or kind == LINK_DIV or kind == LINK_TANH_GRAD
                  or kind == LINK_SIGMOID_GRAD)
        links[k].kind = kind
        links[k].other = steps[k].b if second else steps[k].a
        links[k].out = steps[k].out
    find_shorts(chaining, steps, count, constants, temporaries)
    return 0


cdef unsigned long long bit_of(int register, int constants, int temporaries) noexcept:
    """The bit of a constant's register in a mask; 0 for other registers and for constants beyond MOST_SHORT."""
    return 1ULL << (register - constants) if constants <= register < min(temporaries, constants + MOST_SHORT) else 0


cdef bint takes_constants(int kind) noexcept:
    """Whether the kernel can keep a link's constant operand in one vector register."""
    return (kind != LINK_TANH_GRAD and kind != LINK_TANH_GRAD_OF and kind != LINK_SIGMOID_GRAD and kind != LINK_SIGMOID_GRAD_OF)


cdef int find_shorts(Chaining* chaining, const Instruction* steps, int count, int constants, int temporaries) except -1:
    """Finds the constants that only links (of `chaining`, IN and OUT) read, and marks these as reading a vector register."""
    cdef Link* links = chaining.links
    cdef unsigned long long shorts = 0, others = 0
    cdef int k, chain_end = 0
    for k in range(count):
        if links[k].chained:
            others |= bit_of(links[k].first, constants, temporaries)
            chain_end = k + links[k].chained
        if k >= chain_end:
            others |= (bit_of(steps[k].a, constants, temporaries) | bit_of(steps[k].b, constants, temporaries)
                       | bit_of(steps[k].c, constants, temporaries))
        elif not takes_constants(links[k].kind):
            others |= bit_of(links[k].other, constants, temporaries)
    for k in range(count):
        if links[k].kind != NO_LINK and bit_of(links[k].other, constants, temporaries) & ~others:
            links[k].still = True
            shorts |= bit_of(links[k].other, constants, temporaries)
    chaining.shorts = shorts
    chaining.short_count = (<object>shorts).bit_count()
    return 0
