"""Common subexpressions, by value numbering, and constant folding. Included in `plan`."""

cdef enum:
    MOST_FOLDED = 1 << 14    # largest result of constant folding, in elements


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
