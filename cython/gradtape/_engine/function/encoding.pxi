"""Compiles a tree of steps to code: value numbering, constant folding, fusion, scheduling, last uses. Included in `plan`."""

cdef int prepare(Node root, Py_ssize_t slots, bint recorded, bint fuses, list arguments) except -1:
    """Compiles a tree. Steps are fused only if the function is called often, as compiling fused programs takes time."""
    number(root, {}, {}, {}, recorded)
    known = {slot: given_form[:2] for slot, given_form in enumerate(arguments)}
    encode(root, slots, fuses and not recorded, recorded, known, set())
    return 0


cdef int number(Node node, dict known, dict names, dict constants, bint recorded) except -1:
    """Eliminates common subexpressions and folds constants. known: slot by `key_of` its step; names: replacement by slot;
    constants: tensor by slot."""
    cdef Step step, renamed
    cdef Tensor folded
    node.numbered = []
    for step in node.steps:
        renamed = renamed_step(step, names)
        if not recorded:
            if step.kind == ASSIGN:
                known.pop((READ, <size_t><PyObject*>step.variable), None)
            elif step.kind == EFFECT:
                forget_reads(step, known)
            elif step.kind != SCRIPTED and (step.kind != CONSTANT or step.constant.block == NULL):
                key = key_of(renamed)
                first = known.setdefault(key, step.results[0])
                if first != step.results[0]:
                    names[step.results[0]] = first
                    continue
                if step.kind != READ and step.kind != CONSTANT:
                    folded = folded_step(renamed, constants)
                    if folded is not None:
                        renamed = Step(CONSTANT, 0, 1)
                        renamed.results[0] = step.results[0]
                        renamed.constant = folded
            if renamed.kind == CONSTANT:
                constants[renamed.results[0]] = renamed.constant
        node.numbered.append(renamed)
    if node.guard is None:
        node.given = renamed_places(node.outputs, names)
        node.given_slots = [names.get(slot, slot) for slot in node.output_slots]
        return 0
    node.asked = renamed_step(node.guard, names)
    for child in node.children.values():
        number(<Node>child, dict(known), dict(names), dict(constants), recorded)
    return 0


cdef int forget_reads(Step step, dict known) except -1:
    """Forgets the reads of variables that an effect may write."""
    if step.effect == DRAWS or step.effect == SHOWS:
        for variable in step.writes or ():
            known.pop((READ, <size_t><PyObject*>variable), None)
        return 0
    for key in [key for key in known if key[0] == READ and (
            step.writes is None or any([<size_t><PyObject*>variable == key[1] for variable in step.writes]))]:
        del known[key]
    return 0


cdef object key_of(Step step):
    """A key that is equal for steps which compute the same value."""
    cdef Tensor tensor
    if step.kind == READ:
        return READ, <size_t><PyObject*>step.variable
    if step.kind == CONSTANT:
        tensor = step.constant
        return (CONSTANT, tensor.dtype_code, tensor.splat, dims_of(tensor.extent),
                tensor.data[:(1 if tensor.splat else tensor.extent.size) * item_size(tensor.dtype_code)])
    operands = (<char*>step.operands)[:step.operand_count * sizeof(int)]
    if step.kind == COMPILED:
        return COMPILED, <size_t><PyObject*>step.primitive, operands, step.attribute, dims_of(step.shape)
    return step.kind, <size_t><PyObject*>step.primitive, operands


cdef Tensor folded_step(Step step, dict constants):
    """The result of a step whose operands are constants; None for others."""
    cdef int i
    if step.operand_count == 0 or step.shape == NULL or (step.shape.size > MOST_FOLDED and step.primitive is not EVEN):
        return None
    operands = []
    for i in range(step.operand_count):
        if step.operands[i] not in constants:
            return None
        operands.append(constants[step.operands[i]])
    found = step.primitive.again(tuple(operands), (step.attribute, tensor_shape(step.shape)) if step.kind == COMPILED else ())
    return <Tensor>found[0]


cdef Step renamed_step(Step step, dict names):
    """The step with its operands' slots renamed."""
    cdef Step made
    cdef int i
    for i in range(step.operand_count):
        if step.operands[i] in names:
            break
    else:
        return step
    made = Step(step.kind, step.operand_count, step.result_count)
    memcpy(made.results, step.results, step.result_count * sizeof(int))
    for i in range(step.operand_count):
        made.operands[i] = names.get(step.operands[i], step.operands[i])
    made.primitive, made.attributes, made.attribute = step.primitive, step.attributes, step.attribute
    made.shape = NULL if step.shape == NULL else retain_extent(step.shape)
    made.dtype_code, made.forms, made.variable, made.function = step.dtype_code, step.forms, step.variable, step.function
    made.arguments = renamed_places(step.arguments, names)
    made.effect, made.writes, made.outcome, made.constant = step.effect, step.writes, step.outcome, step.constant
    made.code, made.instruction, made.handled = step.code, step.instruction, step.handled
    return made


cdef object renamed_places(object packed, dict names):
    if type(packed) is Place:
        return Place(names.get((<Place>packed).slot, (<Place>packed).slot))
    if type(packed) is tuple or type(packed) is list:
        return type(packed)([renamed_places(item, names) for item in packed])
    if type(packed) is Built:
        return Built((<Built>packed).make, renamed_places((<Built>packed).parts, names))
    return packed


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


cdef Extent* extent_of(tuple form) except NULL:
    return new_extent(<int>rank_of(form), <const Py_ssize_t*><const char*><bytes>form[0])


cdef Py_ssize_t rank_of(tuple form) noexcept:
    return len(form[0]) // <Py_ssize_t>sizeof(Py_ssize_t)


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
