"""Access from Python to the entries of a window and to the vjp of a single entry, for explanations and diagnoses."""

from libc.stdint cimport int64_t

from gradtape._engine.base.shape cimport tensor_shape
from gradtape._engine.diff.backward cimport dense, call_vjp, given_seed
from gradtape._engine.ops.elementwise_vjp cimport program_cotangent
from gradtape._engine.record.entries cimport (CALL, MARK, OP, OUTPUT, PAGE_BITS, PAGE_MASK, READ, RESULT_SLOT, VACANT, Call, Entry, Page,
                                              attribute_of, operand_extent, operand_node, saved_operand)
from gradtape._engine.record.log cimport Window, is_active, last_position
from gradtape._engine.record.primitive cimport Primitive
from gradtape._engine.state.variable cimport BaseVariable
from gradtape._engine.tensor.tensor cimport Tensor


def kinds() -> dict:
    """The kinds of entries by name."""
    return {"op": OP, "call": CALL, "read": READ, "mark": MARK, "output": OUTPUT}


def entries(Window window not None) -> list:
    """The entries of the window that have not been dropped, in order.

    Each is (position, kind, primitive, nodes, shapes, operands, results, attribute, active). For an op: the operands' nodes, 0 for
    constants; their shapes if they differ from the result's, else None; the operands and results that its vjp reads, None for the
    others; whether it depends on something watched. For a read, nodes is the variable's node; for an output, the position of its
    call and its index.
    """
    cdef list found = []
    cdef int64_t position, end, place
    cdef Entry* entry
    if window.low < 0:
        return found
    end = last_position(window)
    if not window.all_active:
        window.analyse(end)
    position = window.low
    while position < end:
        place = (position >> PAGE_BITS) - window.first_page
        if place >= window.page_count or window.directory[place] == NULL or not window.covers(position):
            position += 1
            continue
        entry = &(<Page>window.directory[place]).entries[position & PAGE_MASK]
        if entry.kind != VACANT:
            found.append((position, entry.kind, *fields(entry), bool(is_active(window, position))))
        position += 1
    return found


cdef tuple fields(Entry* entry):
    cdef Call call
    cdef list saved
    cdef int i, place
    if entry.kind == OP:
        saved = [None if saved_of(entry, i) is None else saved_of(entry, i) for i in range(entry.count)]
        return (<Primitive>entry.op, tuple([operand_node(entry, i) for i in range(entry.count)]),
                tuple([None if operand_extent(entry, i) == NULL else tensor_shape(operand_extent(entry, i)) for i in range(entry.count)]),
                tuple(saved), (None if entry.saved[RESULT_SLOT] == NULL else <Tensor>entry.saved[RESULT_SLOT],), attribute_of(entry))
    if entry.kind == CALL:
        call = <Call>entry.op
        operands, results = [None] * call.input_count, [None] * call.output_count
        for i, place in enumerate((<Primitive>call.primitive).saves):
            if place >= 0:
                operands[place] = call.saved[i]
            else:
                results[-1 - place] = call.saved[i]
        return (call.primitive, tuple([call.inputs[i] for i in range(call.input_count)]), (None,) * call.input_count,
                tuple(operands), tuple(results), call.attributes)
    if entry.kind == OUTPUT:
        return None, (entry.inputs[0], entry.inputs[1]), (), (), (), 0
    return None, (entry.inputs[0],) if entry.kind == READ else (), (), (), (), 0


cdef object saved_of(Entry* entry, int operand):
    if operand == 2 and entry.extension == NULL:
        return None
    return None if saved_operand(entry, operand) == NULL else <Tensor>saved_operand(entry, operand)


def cotangents(Window window not None, int64_t position, list given) -> list:
    """Runs the vjp of the op at a position on cotangents of its results, one each; returns a cotangent per operand, None for
    operands that do not depend on anything watched or have no cotangent."""
    cdef int64_t place = (position >> PAGE_BITS) - window.first_page
    cdef Entry* entry
    cdef Call call
    cdef Page page
    cdef int i
    cdef tuple needs
    if position < window.low or not 0 <= place < window.page_count or window.directory[place] == NULL:
        raise ValueError("The tape holds no such entry.")
    page = <Page>window.directory[place]
    page.clearing += 1                          # vjps may run user code that ends the tape: keep the entry
    try:
        entry = &page.entries[position & PAGE_MASK]
        if entry.kind == OP:
            return [cotangent(window, entry, <Tensor?>given[0], i) for i in range(entry.count)]
        if entry.kind != CALL:
            raise ValueError("The tape holds no such entry.")
        call = <Call>entry.op
        needs = tuple([bool(is_active(window, call.inputs[i])) for i in range(call.input_count)])
        found = call_vjp(call, needs, given)
        found = list(found) if type(found) is list or type(found) is tuple else [found]
        return [found[i] if needs[i] else None for i in range(call.input_count)]
    finally:
        page.clearing -= 1


cdef object cotangent(Window window, Entry* entry, Tensor given, int operand):
    cdef object found
    if entry.kind != OP or not is_active(window, operand_node(entry, operand)):
        return None
    if (<Primitive>entry.op).compiled_vjp == NULL:
        found = program_cotangent(entry, given, operand, 0)
    else:
        found = (<Primitive>entry.op).compiled_vjp(entry, given, operand, 0)
    return dense(found) if type(found) is Tensor else found


def node_of_variable(BaseVariable variable not None) -> int:
    """The variable's node, which the entries of its reads refer to."""
    return variable.node


def value_read(BaseVariable variable not None, int64_t position):
    """The tensor returned by the read at a position, or None if the variable has been read again or assigned since."""
    if variable.cached is None or variable.cached.node != position or variable.epoch == 0:
        return None
    return variable.cached


def checked_seed(Tensor target not None, given) -> Tensor:
    """A target's `output_gradients` as a tensor; raises InvalidArgumentError for a wrong shape or dtype."""
    return given_seed(target, given)
