"""How a replay evaluates its actions: results in slots, in the arena, or in an operand's place. Included in `plan`."""

cdef inline int put(PyObject** slots, Py_ssize_t slot, object tensor) except -1:
    cdef PyObject* before = slots[slot]
    Py_INCREF(tensor)
    slots[slot] = <PyObject*>tensor
    Py_XDECREF(before)
    return 0


cdef inline void clear_slot(PyObject** slots, Py_ssize_t slot) noexcept:
    cdef PyObject* before = slots[slot]
    slots[slot] = NULL
    Py_XDECREF(before)


cdef inline Tensor operand(const Action* action, PyObject** slots, int place):
    return <Tensor>slots[action.operands[place]] if action.operands[place] >= 0 else None


cdef inline int evaluate(Action* action, PyObject** slots) except -1:
    """Evaluates as eager execution does: active tapes and tracers record it."""
    cdef Step step
    cdef int i
    if action.ending and in_place(action, slots):
        return 0
    if action.kind == PROGRAM:
        return put(slots, action.out, elementwise(<Program>action.primitive, <Tensor>slots[action.operands[0]],
                                                  operand(action, slots, 1), operand(action, slots, 2)))
    if action.kind == COMPILED:
        return put(slots, action.out, action.compute(<Tensor>slots[action.operands[0]], operand(action, slots, 1), action.shape,
                                                     action.attribute))
    if action.kind == TOTAL:
        return put(slots, action.out, total(<Program>action.primitive, <Tensor>slots[action.operands[0]], operand(action, slots, 1),
                                            operand(action, slots, 2), action.over, action.shape))
    if action.kind == EVERYWHERE:
        return put(slots, action.out, everywhere(<Program>action.primitive, <Tensor>slots[action.operands[0]],
                                                 operand(action, slots, 1), operand(action, slots, 2), action.shape))
    if action.kind == ADD_PRODUCT:
        return put(slots, action.out, sum_with_product(action, slots))
    step = <Step>action.step
    if action.kind == CONSTANT:
        return put(slots, action.out, step.constant)
    if action.kind == JOIN:
        return put(slots, action.out, joined(action, slots))
    if action.kind == PART:
        return put_parts(action, slots, False)
    if action.kind == SUMMED:
        return put(slots, action.out, reduced_program(<Program>action.primitive, [<Tensor>slots[step.operands[i]] for i in range(
            step.operand_count)], action.over, action.attribute))
    if action.kind == LONG_PROGRAM:
        return put(slots, action.out, elementwise_list(<Program>step.primitive,
                                                       [<Tensor>slots[step.operands[i]] for i in range(step.operand_count)]))
    given = tuple([<Tensor>slots[step.operands[i]] for i in range(step.operand_count)])
    results = step.primitive(*given, attributes=step.attributes)
    return take(step, slots, list(results) if type(results) is tuple else [results])


cdef int read(Action* action, PyObject** slots) except -1:
    """Reads a variable. Only the slot holds the result, as variables are written in place only if nothing else holds their value."""
    cdef Tensor value = (<Step>action.step).variable.read()
    if value.extent != action.shape and not same_extent(value.extent, action.shape):
        raise OtherForm(f"{(<Step>action.step).name} gave a tensor of shape {tensor_shape(value.extent)}")
    return put(slots, action.out, value)


cdef int write(Action* action, PyObject** slots) except -1:
    """Evaluates into the arena. Replays use it only if they are not recorded or observed."""
    cdef Step step = <Step>action.step
    cdef Tensor out = <Tensor>slots[action.out]
    cdef PyObject* given[MAX_OPERANDS]
    cdef int i
    if action.kind == PROGRAM or action.kind == LONG_PROGRAM:
        for i in range(step.operand_count):
            given[i] = slots[step.operands[i]]
        return write_elementwise(<Program>action.primitive, out, given, step.operand_count, <int>action.attribute)
    if action.kind == COMPILED:
        if action.write == NULL:
            return 0                     # the result shares the operand's storage
        return action.write(out, <Tensor>slots[action.operands[0]], operand(action, slots, 1), action.attribute)
    if action.kind == ADD_PRODUCT:
        return add_product_to(action, slots, placed_total(action, slots, False))
    if action.kind == JOIN:
        return join_into(action, slots, out)
    return put_parts(action, slots, True)


cdef bint in_place(Action* action, PyObject** slots) except -1:
    """Has a program overwrite an operand that is not read afterwards and not shared; False, and nothing is done, if there is none."""
    cdef Step step = <Step>action.step
    cdef PyObject* given[MAX_OPERANDS]
    cdef PyObject* before = slots[action.out]
    cdef int i
    for i in range(step.operand_count):
        given[i] = slots[step.operands[i]]
    for i in range(step.operand_count):
        if (action.ending >> i) & 1 and is_free(given[i]) and overwrite(<Program>action.primitive, <Tensor>given[i], given,
                                                                        step.operand_count):
            slots[step.operands[i]] = NULL
            slots[action.out] = given[i]
            Py_XDECREF(before)
            return True
    return False


cdef Tensor total_to_add_to(Action* action, PyObject** slots, bint queues):
    """The tensor that a product is added to: the operand if it is not shared, else a copy."""
    cdef PyObject* held = slots[action.operands[2]]
    cdef Tensor out = <Tensor>held
    # Two references are the slot's and that of `out`.
    if not (action.attribute & LAST_USE and held.ob_refcnt == 2 and (out.block == NULL or out.block.refs == 1)):
        if queues:
            settle(queued())
        out = new_tensor(out.dtype_code, out.extent)
        memcpy(out.data, (<Tensor>held).data, out.extent.size * item_size(out.dtype_code))
    return out


cdef Tensor placed_total(Action* action, PyObject** slots, bint queues):
    """The same in the arena: the operand is copied unless it has the same place."""
    cdef Tensor held = <Tensor>slots[action.operands[2]], out = <Tensor>slots[action.out]
    if held.data != out.data:
        if queues:
            settle(queued())
        memcpy(out.data, held.data, out.extent.size * item_size(out.dtype_code))
    return out


cdef int queue_product(Action* action, PyObject** slots, long base, bint placed) except -1:
    """Queues a product. placed: its result is in the arena."""
    cdef Tensor left = <Tensor>slots[action.operands[0]], right = <Tensor>slots[action.operands[1]], out
    if placed:
        out = placed_total(action, slots, True) if action.kind == ADD_PRODUCT else <Tensor>slots[action.out]
    else:
        out = total_to_add_to(action, slots, True) if action.kind == ADD_PRODUCT else new_tensor(left.dtype_code, action.shape)
    enqueue(action.product, base, left.data, right.data, out.data)
    return 0 if placed else put(slots, action.out, out)


cdef int add_product_to(Action* action, PyObject** slots, Tensor out) except -1:
    cdef Tensor left = <Tensor>slots[action.operands[0]], right = <Tensor>slots[action.operands[1]]
    cdef bint left_transposed = action.attribute & 1, right_transposed = (action.attribute >> 1) & 1
    if not add_product(out.dtype_code == F64, left_transposed, right_transposed, out.extent.dims[0], out.extent.dims[1],
                       left.extent.dims[0 if left_transposed else 1], left.data, right.data, out.data):
        raise RuntimeError("a product was added that is not added so")
    return 0


cdef Tensor sum_with_product(Action* action, PyObject** slots):
    """The result of `evaluate_added_product`."""
    cdef Tensor out = total_to_add_to(action, slots, False)
    add_product_to(action, slots, out)
    return out


cdef Tensor joined(Action* action, PyObject** slots):
    """The result of `evaluate_assembly`."""
    cdef Tensor out = new_tensor((<Tensor>slots[action.operands[0]]).dtype_code, action.over)
    join_into(action, slots, out)
    return out


cdef int join_into(Action* action, PyObject** slots, Tensor out) except -1:
    cdef Step step = <Step>action.step
    cdef Tensor part
    cdef Py_ssize_t outer = action.attribute, item = item_size(out.dtype_code), run, offset = 0
    cdef int i
    if out.extent.size:
        for i in range(step.operand_count):
            part = <Tensor>slots[step.operands[i]]
            run = part.extent.size // outer * item
            copy_runs(out.data + offset, out.extent.size // outer * item, part.data, run, run, outer)
            offset += run
    return 0


cdef int put_parts(Action* action, PyObject** slots, bint placed) except -1:
    """Stores the results of `evaluate_parts` in their slots. placed: they are in the arena."""
    cdef Step step = <Step>action.step
    cdef Tensor tensor = <Tensor>slots[step.operands[0]], out
    cdef Py_ssize_t outer = action.attribute, item = item_size(tensor.dtype_code), run, offset = 0
    cdef int i
    for i in range(step.result_count):
        out = <Tensor>slots[step.results[i]] if placed else new_tensor(tensor.dtype_code, action.parts[i])
        if out.extent.size:
            run = out.extent.size // outer * item
            copy_runs(out.data, run, tensor.data + offset, tensor.extent.size // outer * item, run, outer)
            offset += run
        if not placed:
            put(slots, step.results[i], out)
    return 0


class OtherForm(Exception):
    """The shape or dtype of a result differs from the trace's."""


cdef int take(Step step, PyObject** slots, list results) except -1:
    """Stores results of Python functions in their slots, after checking that shapes and dtypes are the traced ones."""
    cdef Tensor result
    cdef int i
    if len(results) != step.result_count:
        raise OtherForm(f"{step.name} gave {len(results)} tensors, not {step.result_count}")
    for i in range(step.result_count):
        result = results[i]
        dims, code = step.forms[i]
        if result.dtype_code != code or dims_of(result.extent) != dims:
            raise OtherForm(f"{step.name} gave a tensor of shape {tensor_shape(result.extent)}, not {tuple(memoryview(dims).cast('n'))}")
        put(slots, step.results[i], result)
    return 0
