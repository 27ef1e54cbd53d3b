"""Which results are in the arena, and at which place. Included in `plan`."""

cdef enum:
    LARGEST_PLACED = SHARED_LIMIT    # largest result in an arena, in bytes; allocation costs little of the time of larger ones


cdef int lay_out(Code code, list ends, set seen, dict known, set splats) except -1:
    """Lays out in the arena the results that only the node's own actions read, none of which keeps a reference.

    ends: per action the slots that are not read afterwards; seen: slots that are visible elsewhere; known: forms of slots that
    exist beforehand; splats: slots that may hold a splat.
    """
    cdef Layout layout = Layout()
    cdef dict forms = dict(known)
    cdef Action* action
    cdef Step step
    cdef Py_ssize_t i
    cdef int k, over
    for step in code.steps:
        for k in range(step.result_count):
            forms[step.results[k]] = form_of(step, step.results[k])
    for i in range(code.count - 1, -1, -1):
        action, step = &code.actions[i], code.steps[i]
        action.placed = has_place(action, step, forms, splats) and seen.isdisjoint(step.result_slots)
        if not action.placed:
            seen.update(step.result_slots)
        if not only_reads(action, step, i >= code.certain):
            seen.update(step.operand_slots)
        elif not action.placed and (action.kind == ADD_PRODUCT or action.kind == COMPILED and step.primitive.shares):
            seen.add(step.operands[step.operand_count - 1])          # the result may share its storage
    for i in range(code.count):
        action, step = &code.actions[i], code.steps[i]
        if action.placed and action.kind == COMPILED and step.primitive.shares:
            action.placed = step.operands[0] in layout.regions
        if action.placed:
            over = place_of_operand(action, step, layout, forms)
            for k in range(step.result_count):
                layout.add(step.results[k], forms[step.results[k]], over)
        held = [slot for slot in ends[i] if slot not in layout.regions]
        placed = [slot for slot in ends[i] if slot in layout.regions]
        action.held_count = len(held)
        for k in range(action.end_count):
            action.ends[k] = held[k] if k < action.held_count else placed[k - action.held_count]
        for slot in placed:
            layout.end(slot)
    if layout.places:
        code.layout, code.arena = layout, Arena(layout)
    return 0


cdef bint has_place(Action* action, Step step, dict forms, set splats) except -1:
    """Whether an action can write its results into given storage."""
    cdef bint elementwise = action.kind == PROGRAM or action.kind == LONG_PROGRAM
    cdef int k
    for k in range(step.result_count):
        form = forms[step.results[k]]
        if form is None or not 0 < bytes_of(form) <= LARGEST_PLACED or not (elementwise or form[1] <= F64):
            return False
    for k in range(step.operand_count):
        form = forms.get(step.operands[k])
        if form is None or not (form[1] == step.attribute or form[1] == BOOL if elementwise else
                                form[1] <= F64 and bytes_of(form) and step.operands[k] not in splats):
            return False
    if elementwise:
        return step.attribute <= F64
    if action.kind == COMPILED:
        if step.primitive in MATMULS:
            return multiplies_rows(step.attribute, rank_of(forms[step.operands[0]]), rank_of(forms[step.operands[1]]))
        return step.primitive.write != NULL or step.primitive.shares
    return step.result_count and (action.kind == ADD_PRODUCT or action.kind == JOIN or action.kind == PART)


cdef bint only_reads(Action* action, Step step, bint certain) noexcept:
    """Whether an action neither keeps references to its operands nor passes them to Python."""
    if action.kind == PROGRAM or action.kind == LONG_PROGRAM:
        return step.attribute <= F64
    if action.kind == ASSIGN:
        return certain and step.variable.open_shape is None
    return action.kind == COMPILED or action.kind < 0


cdef int place_of_operand(Action* action, Step step, Layout layout, dict forms) except -2:
    """The slot of an operand whose storage the action's result may take over; -1 if there is none."""
    cdef int k, slot
    if action.kind == COMPILED and step.primitive.shares:
        return step.operands[0]
    for k in range(step.operand_count):
        slot = step.operands[k]
        if ((action.ending >> k) & 1 if action.kind != ADD_PRODUCT else k == 2 and action.attribute & LAST_USE):
            if slot in layout.regions and layout.alone(slot) and forms[slot] == forms[step.results[0]]:
                return slot
    return -1


cdef set splats_of(list steps, set before):
    """The slots that may hold a splat after the steps."""
    cdef set found = set(before)
    cdef Step step
    for step in steps:
        if ((step.kind == CONSTANT and step.constant.splat) or (step.kind == COMPILED and not found.isdisjoint(step.operand_slots))
                or (step.kind == COMPILED and step.primitive is EVEN) or step.kind == SCRIPTED
                and type(step.primitive.evaluate) is functools.partial and step.primitive.evaluate.func is evaluate_everywhere):
            found.update(step.result_slots)
    return found
