"""How a tree of steps becomes code: which steps are live, last uses, and the action of each step. Included in `plan`."""

cdef int prepare(Node root, Py_ssize_t slots, bint recorded, bint fuses, list arguments) except -1:
    """Compiles a tree. Steps are fused only if the function is called often, as compiling fused programs takes time."""
    number(root, {}, {}, {}, recorded)
    known = {slot: given_form[:2] for slot, given_form in enumerate(arguments)}
    encode(root, slots, fuses and not recorded, recorded, known, set())
    return 0


cdef set encode(Node node, Py_ssize_t slots, bint fuses, bint recorded, dict known, set splats):
    """Makes the code of a node and its descendants. Returns the slots that they read from earlier steps.

    known: forms of slots that exist beforehand; splats: those of them that may hold a splat.
    """
    cdef set live = set()
    cdef Step step
    cdef int i
    cdef list plan = [], ends = []
    cdef Schedule schedule = None
    cdef set seen
    cdef Code code
    if fuses:
        splats = splats_of(node.numbered, splats)
    if node.guard is None:
        live.update(node.given_slots)
    else:
        beyond = {**known, **{slot: form_of(step, slot) for step in node.numbered for slot in step.result_slots}} if fuses else known
        for child in node.children.values():
            live |= encode(<Node>child, slots, fuses, recorded, beyond, splats)
        live.add(node.asked.operands[0])
    seen = set(live)
    if fuses:
        node.numbered = live_steps(fused_steps(live_steps(node.numbered, live), live, known), live)
        schedule = scheduled(node.numbered, known)
        if schedule is not None:
            node.numbered = schedule.steps
            live.update(schedule.reads_at_end)
    for step in reversed(node.numbered):
        if not is_needed(step, live):
            continue
        last = []
        for i in range(step.result_count):
            slot = step.results[i]
            if slot in live:
                live.discard(slot)
            else:
                last.append(slot)
        for slot in [step.operands[i] for i in range(step.operand_count)] if schedule is None else schedule.reads[step]:
            if slot not in live:
                live.add(slot)
                last.append(slot)
        ends.append(last)
        plan.append(step)
    plan.reverse()
    ends.reverse()
    code = Code(plan)
    code.slots = slots
    if node.guard is None:
        code.given = node.given
    else:
        code.asked = node.asked
        code.children = {outcome: (<Node>beyond).code for outcome, beyond in node.children.items()}
    code.certain = 0 if node.guard is None else len(plan)
    for i in range(len(plan)):
        step = plan[i]
        if may_diverge(step):
            code.certain = max(code.certain, i + 1)
        encode_step(&code.actions[i], step, ends[i], recorded)
        if schedule is not None:
            encode_queued(&code.actions[i], step, schedule)
    code.products = 0 if schedule is None else schedule.count
    if fuses:
        lay_out(code, ends, seen, known, splats)
    node.code = code
    return live


cdef list live_steps(list steps, set live):
    """The steps that live slots depend on or that have side effects."""
    cdef set needed = set(live)
    cdef list kept = []
    cdef Step step
    cdef int i
    for step in reversed(steps):
        if not is_needed(step, needed):
            continue
        for i in range(step.operand_count):
            needed.add(step.operands[i])
        kept.append(step)
    kept.reverse()
    return kept


cdef bint is_needed(Step step, set live) except -1:
    """Whether a step has side effects, exceptions that the function handles, or a result that is live."""
    cdef int i
    if step.kind > READ or step.handled:
        return True
    for i in range(step.result_count):
        if step.results[i] in live:
            return True
    return False


cdef int encode_step(Action* action, Step step, list ends, bint recorded) except -1:
    cdef int i
    action.kind = step.kind
    action.out = step.results[0] if step.result_count else -1
    for i in range(3):
        action.operands[i] = step.operands[i] if i < step.operand_count else -1
    action.ends = <int*>malloc((len(ends) + 1) * sizeof(int))
    if action.ends == NULL:
        raise MemoryError()
    for i in range(len(ends)):
        action.ends[i] = ends[i]
    action.end_count = len(ends)
    if not recorded and (step.kind == PROGRAM or step.kind == LONG_PROGRAM):
        for i in range(step.operand_count):
            action.ending |= (step.operands[i] in ends) << i
    action.step = <PyObject*>step
    action.primitive = <PyObject*>step.primitive
    action.compute = NULL if step.primitive is None else step.primitive.compute
    action.write = NULL if step.primitive is None else step.primitive.write
    action.shape = step.shape
    action.attribute = step.attribute
    if step.kind == EFFECT and is_dense_step(step):
        action.kind = TAKE
    if step.kind == SCRIPTED and step.primitive.evaluate is evaluate_added_product:
        action.kind = ADD_PRODUCT
        action.attribute = step.attributes[0] | (step.attributes[1] << 1) | (LAST_USE if step.operands[2] in ends else 0)
    if step.kind == SCRIPTED and not recorded and step.primitive.evaluate is evaluate_assembly:
        action.kind = JOIN
        action.attribute = step.attributes[1]
        action.over = extent_of(step.forms[0])
    if step.kind == SCRIPTED and not recorded and step.primitive.evaluate is evaluate_parts:
        action.attribute = step.attributes[1]
        action.parts = <Extent**>calloc(step.result_count + 1, sizeof(Extent*))
        if action.parts == NULL:
            raise MemoryError()
        for i in range(step.result_count):
            action.parts[i] = extent_of(step.forms[i])
        action.kind = PART
    if step.kind == SCRIPTED and not recorded and step.result_count == 1:
        action.compute = compiled_extremes(step.primitive.evaluate)
        if action.compute == NULL and is_native(step.forms[0][1]):
            action.compute = compiled_softmax(step.primitive.evaluate)
        if action.compute != NULL:
            action.kind = COMPILED
            action.attribute = step.attributes[0] if step.attributes else 0
    if step.kind == SCRIPTED and type(step.primitive.evaluate) is functools.partial:
        evaluate_on, (program,) = step.primitive.evaluate.func, step.primitive.evaluate.args
        if evaluate_on is evaluate_summed:
            action.kind = SUMMED
            action.primitive = <PyObject*>program
            shape, action.attribute = step.attributes
            action.over = extent_from(shape)
        if evaluate_on is evaluate_total or evaluate_on is evaluate_everywhere:
            action.kind = TOTAL if evaluate_on is evaluate_total else EVERYWHERE
            action.primitive = <PyObject*>program
            if step.shape == NULL:
                step.shape = extent_from(step.attributes[len(step.attributes) - 1])
            action.shape = step.shape
            if action.kind == TOTAL:
                action.over = extent_from(step.attributes[0])
    return 0


cdef int encode_queued(Action* action, Step step, Schedule schedule) except -1:
    cdef Queued left = schedule.queued.get(step)
    action.awaited = schedule.awaited.get(step, 0)
    if left is not None:
        action.product = <Product*>malloc(sizeof(Product))
        if action.product == NULL:
            raise MemoryError()
        action.product[0] = left.product
    return 0


cdef Extent* extent_of(tuple form) except NULL:
    return new_extent(<int>rank_of(form), <const Py_ssize_t*><const char*><bytes>form[0])


cdef Py_ssize_t rank_of(tuple form) noexcept:
    return len(form[0]) // <Py_ssize_t>sizeof(Py_ssize_t)


cdef bint is_dense_step(Step step) except -1:
    """Whether an effect is an optimizer's step whose gradients are all dense tensors."""
    if not isinstance(getattr(step.function, "__self__", None), BaseOptimizer) or step.function.__name__ != "_take":
        return False
    pairs, = step.arguments
    if step.effect != WRITES or not all([type(pair) is tuple and len(pair) == 2 and type(pair[0]) is Place for pair in pairs]):
        return False
    step.attributes = [pair[1] for pair in pairs]
    return True


cdef bint may_diverge(Step step) noexcept:
    """Whether the function may go on otherwise after a step: as shapes of its results differ, or an exception is handled."""
    if step.handled:
        return True
    if step.kind == READ:
        return step.variable.open_shape is not None
    return (step.kind == SCRIPTED and step.primitive.varies) or (
        step.kind == EFFECT and step.result_count and step.effect != DRAWS and step.effect != EXCHANGES)
