"""The reverse sweep.

`sweep` seeds the targets' cotangents and scans the log backwards. Each entry that has a cotangent and depends on something watched
runs its vjp and accumulates the operands' cotangents in their slots; the scan ends when no slot is waiting. Cotangents of a
variable's reads are accumulated for the variable. Unless the tape is persistent or another window covers the log, entries are
dropped as they are passed, which frees memory during the sweep.
"""

from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from gradtape._engine.base.shape cimport Extent, broadcast_extents, dims_text, extent_from, release_extent, same_extent
from gradtape._engine.base.types cimport ADD, F32, is_complex, is_differentiable, is_native
from gradtape._engine.kernels.dispatch cimport kernels
from gradtape._engine.ops.elementwise cimport add, added_run, conjugated
from gradtape._engine.ops.elementwise_vjp cimport program_cotangent
from gradtape._engine.ops.matmul cimport add_cotangent, added_product, forget_transposes
from gradtape._engine.ops.messages cimport entry_name, mixed_dtypes
from gradtape._engine.ops.structural cimport IDENTITY, materialize, broadcast_to, filled, splat
from gradtape._engine.record.entries cimport (Call, Entry, Page, clear, drop, operand_node, CALL, MARK, OUTPUT, PAGE_BITS,
                                              PAGE_MASK, PAGE_SIZE, OP, READ, VACANT)
from gradtape._engine.record.log cimport (FAMILY_SIZE, Marks, Sweeping, Thread, Window, thread_state, place_of_mark, is_active,
                                          last_position, thread)
from gradtape._engine.record.primitive cimport Primitive, examining, traced, tracer
from gradtape._engine.tensor.conversion cimport convert
from gradtape._engine.tensor.tensor cimport Readable, Tensor, dtype_object, fetch, new_scalar, operators, tracing

from gradtape._engine.ops.joining import stack
from gradtape._src.core.errors import InternalError, InvalidArgumentError, unequal_summands

include "slots.pxi"

cdef enum:
    MIN_ROWS_TO_TRACE = 16           # rows of a Jacobian from which vjps in Python are traced and evaluated by batch rules

cdef extern from "compiler.h":
    object owned "OWNED"(PyObject* o)


cdef object _batched = None     # imported when first needed, as it belongs to a higher module


cdef Tensor row_of(Tensor cotangents, Py_ssize_t row):
    return operators().getitem(cotangents, row)


cdef object stacked(list cotangents):
    """Stacks the rows of an operand's cotangents; None if all are."""
    cdef Tensor known = None
    cdef Py_ssize_t row
    for row in range(len(cotangents)):
        if cotangents[row] is not None:
            known = cotangents[row] = dense(cotangents[row])
    if known is None:
        return None
    return stack([filled(known.dtype_code, known.extent, 0.0) if cotangent is None else cotangent for cotangent in cotangents])


cdef inline int run_vjp(Sweep* sweep, Entry* entry, Tensor cotangent) except -1:
    """Runs the vjp of an OP entry."""
    cdef int i
    cdef object given
    cdef PyObject* total
    cdef int64_t node
    cdef bint derived = (<Primitive>entry.op).compiled_vjp == NULL
    for i in range(entry.count):
        node = operand_node(entry, i)
        if wanted(sweep, node):
            if derived:
                given = program_cotangent(entry, cotangent, i, sweep.batch)
            else:
                if (<Primitive>entry.op).adds and sweep.batch == 0 and nothing_records():
                    total = total_of(sweep, node)
                    if total != NULL and is_unshared(total):
                        if tracing and traced():
                            given = added_product(entry, cotangent, i, <Tensor>total)
                            if given is not None:
                                set_total(sweep, node, given)
                                continue
                        elif add_cotangent(entry, cotangent, i, <Tensor>total):
                            continue
                given = (<Primitive>entry.op).compiled_vjp(entry, cotangent, i, sweep.batch)
            if given is not None:
                accumulate(sweep, node, given)
    return 0


cdef inline int visit_op(Sweep* sweep, Entry* entry, Slot* slot) except -1:
    """Takes the cotangent of an OP entry and runs its vjp. If the result is a source the cotangent stays in its slot, too."""
    cdef object cotangent
    if tags(slot[0]) & SOURCE:
        cotangent = <object>pointer(slot[0])
    else:
        cotangent = owned(slot[0])
        slot[0] = NULL
    if entry.op == <PyObject*>IDENTITY:
        # IndexedSlices are passed on unchanged.
        if wanted(sweep, entry.inputs[0]):
            accumulate(sweep, entry.inputs[0], cotangent)
    else:
        if type(cotangent) is not Tensor or ((<Tensor>cotangent).splat and (<Primitive>entry.op).compiled_vjp != NULL):
            cotangent = dense(cotangent)
        run_vjp(sweep, entry, <Tensor>cotangent)
    return 0


cdef int visit_call(Sweep* sweep, int64_t position, Call call) except -1:
    """Takes the cotangents of all outputs of a CALL entry and runs its vjp."""
    cdef list arguments = []
    cdef Slot* slot
    cdef PyObject* own
    cdef int i
    cdef tuple needs = tuple([wanted(sweep, call.inputs[i]) for i in range(call.input_count)])
    for i in range(call.output_count):
        slot = slot_at(sweep, position + i)
        own = pointer(slot[0])
        if own == NULL:
            shape, code = call.outputs[i]
            arguments.append(zeros((sweep.batch, *shape) if sweep.batch else shape, code))
        else:
            arguments.append(dense(<object>own))
            if not tags(slot[0]) & SOURCE:
                slot[0] = NULL
                Py_DECREF(<object>own)
            elif i == 0:
                slot[0] = <Slot>(<size_t>slot[0] & ~<size_t>CALLED)
    if sweep.batch:
        given = batch_cotangents(call, needs, arguments, sweep.batch)
    else:
        given = checked_vjp(call, needs, arguments, False)
    for i in range(call.input_count):
        if needs[i] and given[i] is not None:
            cotangent = given[i]
            if call.stated is not None and sweep.batch == 0 and not is_leaf(sweep, call.inputs[i]):
                cotangent = fitted_cotangent(call, i, cotangent)
            accumulate(sweep, call.inputs[i], cotangent)
    return 0


cdef bint is_leaf(Sweep* sweep, int64_t node) noexcept:
    """Whether an active node was watched rather than computed: its cotangent is only summed, not passed to a vjp."""
    cdef Entry* entry
    if not covered(sweep, node) or is_foreign(sweep, node):
        return True
    entry = entry_at(sweep, node)
    return entry == NULL or entry.kind == VACANT or entry.kind == MARK or entry.kind == READ


cdef Tensor fitted_cotangent(Call call, int operand, object given):
    """A cotangent returned by a user's custom gradient, checked and broadcast to the operand's shape, which vjps rely on."""
    cdef int code
    cdef Tensor cotangent
    cdef Extent* extent
    cdef Extent* common
    shape, code = call.stated[operand]
    cotangent = convert(given, code, True)
    extent = extent_from(shape)
    try:
        common = broadcast_extents(cotangent.extent, extent)
        fits = common != NULL and same_extent(common, extent)
        if common != NULL:
            release_extent(common)
        if cotangent.dtype_code != code or not fits:
            raise InvalidArgumentError(
                None, None, f"The gradient function of '{(<Primitive>call.primitive).name}' gave a "
                            f"{dtype_object(cotangent.dtype_code).name} gradient of "
                            f"shape {dims_text(cotangent.extent)} for argument {operand}, a {dtype_object(code).name} tensor of "
                            f"shape {dims_text(extent)}. Return a gradient of the argument's dtype, and of its shape or one that "
                            "broadcasts to it.")
        return broadcast_to(cotangent, extent)
    finally:
        release_extent(extent)


cdef Call conjugated_call(Call call):
    """A copy of the call with conjugates of the saved tensors, if any is complex."""
    cdef Call made
    if not any([is_complex((<Tensor>saved).dtype_code) for saved in call.saved]):
        return call
    made = Call.__new__(Call)
    made.primitive, made.attributes, made.outputs, made.input_count = call.primitive, call.attributes, call.outputs, call.input_count
    made.saved = tuple([conjugated(<Tensor>saved) for saved in call.saved])
    return made


cdef object batch_cotangents(Call call, tuple needs, list arguments, Py_ssize_t batch):
    """Runs a vjp in Python on a batch of cotangents: traced and evaluated by batch rules if possible, otherwise row by row."""
    global _batched
    cdef list places = []
    cdef Py_ssize_t row

    def of_one(list cotangents):
        given = checked_vjp(call, needs, cotangents, True)
        places[:] = [place for place in range(len(given)) if needs[place] and given[place] is not None]
        return [dense(given[place]) for place in places]

    if batch >= MIN_ROWS_TO_TRACE and call.stated is None:
        if _batched is None:
            from gradtape._src.ops.batching import together as _batched
        made = _batched(of_one, arguments, batch)
        if made is not None:
            given = [None] * call.input_count
            for place, cotangent in zip(places, made):
                given[place] = cotangent
            return given
    found = [checked_vjp(call, needs, [row_of(argument, row) for argument in arguments], True) for row in range(batch)]
    return [stacked(list(cotangents)) for cotangents in zip(*found)]


cdef object call_vjp(Call call, tuple needs, object cotangents):
    return (<Primitive>call.primitive).vjp(conjugated_call(call) if (<Primitive>call.primitive).holomorphic else call, needs, *cotangents)


cdef object checked_vjp(Call call, tuple needs, list cotangents, bint fit):
    """Runs a vjp in Python, and checks that it returns one cotangent or None per operand."""
    cdef int i
    given = call_vjp(call, needs, cotangents)
    if type(given) is not list and type(given) is not tuple:
        given = (given,)
    given = tuple(given)           # a list might change while its items are accumulated
    if len(given) != call.input_count:
        raise InternalError(None, None, f"Recorded operation '{(<Primitive>call.primitive).name}' returned too "
                                        f"{'few' if len(given) < call.input_count else 'many'} gradients. Expected "
                                        f"{call.input_count} but received {len(given)}")
    if fit and call.stated is not None:
        return [fitted_cotangent(call, i, given[i]) if needs[i] and given[i] is not None else None for i in range(call.input_count)]
    return given


def zeros(shape, int dtype_code) -> Tensor:
    """Zeros of a shape."""
    cdef Extent* extent = extent_from(shape)
    cdef Tensor made = filled(dtype_code, extent, 0.0)
    release_extent(extent)
    return made


cdef int scan(Sweep* sweep, bint dropping) except -1:
    """Visits positions from the highest one with a cotangent down to `stop`, or until no slot is waiting."""
    cdef int64_t position = sweep.high, place = 0, start = position + 1
    cdef Slot* slots = NULL
    cdef Slot* slot
    cdef Slot* main
    cdef Entry* entry
    cdef PyObject* own
    cdef Call call
    cdef Page page
    while sweep.waiting > 0 and position >= sweep.stop:
        if position < start:
            if slots != NULL:
                leave_slots(sweep, place)
            place = (position >> PAGE_BITS) - sweep.first_page
            start = (position >> PAGE_BITS) << PAGE_BITS
            slots = sweep.pages[place]
            if slots == NULL:
                position = start - 1
                continue
        slot = &slots[position & PAGE_MASK]
        own = pointer(slot[0])
        if own == NULL and not tags(slot[0]) & CALLED:
            position -= 1
            continue
        entry = entry_at(sweep, position)
        if entry == NULL or entry.kind == VACANT or entry.kind == MARK or (
                tags(slot[0]) & SOURCE and is_foreign(sweep, position)):
            position -= 1
            continue
        fetch(entry - 8)
        sweep.waiting -= 1
        sweep.high = position
        if entry.kind == OP:
            visit_op(sweep, entry, slot)
        elif entry.kind == READ:
            # The result of a variable's read that is itself a source.
            accumulate(sweep, entry.inputs[0], <object>own)
        elif entry.kind == OUTPUT:
            main = slot_at(sweep, entry.inputs[0])
            if pointer(main[0]) == NULL and not tags(main[0]) & CALLED:
                sweep.waiting += 1
            main[0] = <Slot>(<size_t>main[0] | CALLED)
        elif entry.kind == CALL:
            slot[0] = <Slot>(<size_t>slot[0] & ~<size_t>CALLED)
            call = <Call>entry.op          # held, as its vjp may drop the entry
            visit_call(sweep, position, call)
            call = None
        if dropping:
            if entry.kind == CALL:
                page = <Page>(<Window>sweep.at.window).directory[(position >> PAGE_BITS) - sweep.first_page]
                drop(entry, page)
                page = None
            elif entry.kind == OP:
                (<Page>(<Window>sweep.at.window).directory[(position >> PAGE_BITS) - sweep.first_page]).holding -= 1
                clear(entry)
        position -= 1
    return 0


cdef int scan_with_callback(Sweep* sweep, bint dropping, const Source* sources, Py_ssize_t count, dict direct,
                            object on_cotangent) except -1:
    """Scans, and calls on_cotangent(index, cotangent) for each source as soon as its cotangent is complete: after the lowest entry that
    reads the source."""
    cdef Py_ssize_t i
    cdef int64_t position
    cdef PyObject* cotangent
    cdef list order = sorted([(-lowest, i) for i, lowest in enumerate(lowest_readers(sweep, sources, count))])
    for lowest, i in order:
        position = -lowest
        if position <= sweep.high:
            sweep.stop = position
            scan_naming_op(sweep, dropping)
            sweep.high = position - 1
        cotangent = final_cotangent(cotangent_of(sweep, sources[i].node), direct, sources[i].identity)
        given = <object>cotangent
        Py_DECREF(given)
        on_cotangent(i, given)
    sweep.stop = sweep.low
    return scan_naming_op(sweep, dropping)


cdef list lowest_readers(Sweep* sweep, const Source* sources, Py_ssize_t count):
    """Per source the position of the lowest entry that reads it, NOWHERE if none does. For a watched tensor in the log it is its own
    position, below which nothing can read it."""
    cdef int64_t position = sweep.low
    cdef int64_t stop = last_position(<Window>sweep.at.window)
    cdef Py_ssize_t i, place
    cdef int k
    cdef Entry* entry
    cdef list lowest = [NOWHERE] * (sweep.storage.families * FAMILY_SIZE)
    while sweep.low != NOWHERE and position < stop:
        entry = entry_at(sweep, position)
        if entry == NULL:
            position = ((position >> PAGE_BITS) + 1) << PAGE_BITS
            continue
        if entry.kind == READ:
            note_reader(sweep, lowest, entry.inputs[0], position)
        elif entry.kind == OP:
            for k in range(entry.count):
                note_reader(sweep, lowest, operand_node(entry, k), position)
        elif entry.kind == CALL:
            for k in range((<Call>entry.op).input_count):
                note_reader(sweep, lowest, (<Call>entry.op).inputs[k], position)
        position += 1
    found = []
    for i in range(count):
        if covered(sweep, sources[i].node):
            found.append(sources[i].node)
            continue
        place = mark_place(sweep, sources[i].node) if sources[i].node != 0 else -1
        found.append(NOWHERE if place < 0 else lowest[place])
    return found


cdef inline int note_reader(Sweep* sweep, list lowest, int64_t node, int64_t position) except -1:
    cdef Py_ssize_t place
    if node == 0 or covered(sweep, node):
        return 0
    place = mark_place(sweep, node)
    if place >= 0 and lowest[place] == NOWHERE:
        lowest[place] = position
    return 0


cdef int scan_naming_op(Sweep* sweep, bint dropping) except -1:
    """Scans, and adds to exceptions the name and node of the op whose vjp raised."""
    cdef Entry* entry
    try:
        return scan(sweep, dropping)
    except Exception as error:
        entry = entry_at(sweep, sweep.high) if covered(sweep, sweep.high) else NULL
        if hasattr(error, "arose_in_reverse") and entry != NULL:
            error.arose_in_reverse(entry_name(entry), sweep.high)
        raise


cdef int sweep(Window window, bint dropping, PyObject** targets, Py_ssize_t target_count, list seeds, const Source* sources,
               Py_ssize_t source_count, bint tensors, Py_ssize_t batch, PyObject** found, object on_cotangent) except -1:
    cdef Sweep swept
    cdef Slot* slot
    cdef PyObject* cotangent
    cdef Py_ssize_t i
    cdef dict direct = None
    if window.low >= 0 and not window.all_active:
        window.analyse(last_position(window))
    begin(&swept, window, batch)
    try:
        for i in range(source_count if tensors else 0):       # variables have extra slots, no positions
            if covered(&swept, sources[i].node):
                slot = slot_at(&swept, sources[i].node)
                slot[0] = <Slot>(<size_t>slot[0] | SOURCE)
        for i in range(target_count):
            if wanted(&swept, node_of(targets[i])) and (
                    type(<object>targets[i]) is not Tensor or is_differentiable((<Tensor>targets[i]).dtype_code)):
                accumulate(&swept, node_of(targets[i]), seed_of(targets[i], seeds, i, batch))
                if covered(&swept, node_of(targets[i])):
                    swept.high = max(swept.high, node_of(targets[i]))
                    swept.highest = max(swept.highest, swept.high)
            elif is_source(targets[i], sources, source_count):
                direct = add_direct(direct, targets[i], seed_of(targets[i], seeds, i, batch))
            elif seeds is not None:
                seed_of(targets[i], seeds, i, batch)      # for its checks
        (<Window>swept.at.window).broken = dropping
        if on_cotangent is not None:
            scan_with_callback(&swept, dropping, sources, source_count, direct, on_cotangent)
        elif examining:
            scan_naming_op(&swept, dropping)
        else:
            scan(&swept, dropping)
        (<Window>swept.at.window).broken = False
        for i in range(source_count):
            cotangent = cotangent_of(&swept, sources[i].node)
            if direct is not None or (cotangent != NULL and (type(<object>cotangent) is not Tensor or (<Tensor>cotangent).splat)):
                found[i] = final_cotangent(cotangent, direct, sources[i].identity)
            else:
                if cotangent == NULL:
                    cotangent = <PyObject*>None
                Py_INCREF(<object>cotangent)
                found[i] = cotangent
    finally:
        end(&swept)
    return 0


cdef dict add_direct(dict direct, PyObject* target, Tensor seed):
    """Notes the seed of a target that is itself a source and depends on no other."""
    cdef object place = <size_t>target
    if direct is None:
        direct = {}
    direct[place] = add(<Tensor>direct[place], seed) if place in direct else seed
    return direct


cdef PyObject* final_cotangent(PyObject* found, dict direct, PyObject* source) except NULL:
    """A source's final cotangent, materialized, or None; an owned reference."""
    cdef object cotangent = None if found == NULL else <object>found
    cdef object given = None if direct is None else direct.get(<size_t>source)
    if given is not None:
        cotangent = given if cotangent is None else add(cotangent, given)
    if type(cotangent) is Tensor:
        cotangent = materialize(<Tensor>cotangent)
    Py_INCREF(cotangent)
    return <PyObject*>cotangent


cdef PyObject* cotangent_of(Sweep* sweep, int64_t node) except? NULL:
    """The cotangent accumulated for a source, borrowed; NULL without an exception: none."""
    cdef Py_ssize_t place
    if node == 0:
        return NULL
    if covered(sweep, node):
        return pointer(slot_at(sweep, node)[0])
    if sweep.held:
        place = mark_place(sweep, node)
        if place >= 0:
            return sweep.extras[place]
    return NULL


cdef bint is_source(PyObject* one, const Source* many, Py_ssize_t count) noexcept:
    cdef Py_ssize_t i
    for i in range(count):
        if many[i].identity == one:
            return True
    return False


cdef Tensor seed_of(PyObject* target, list seeds, Py_ssize_t place, Py_ssize_t batch):
    """The initial cotangent of a target: ones unless given."""
    cdef Tensor tensor
    if batch:
        return seeds[0]
    tensor = <Tensor>target if type(<object>target) is Tensor else (<Readable>target).read()
    if seeds is not None and place < len(seeds) and seeds[place] is not None:
        return given_seed(tensor, seeds[place])
    return ones(tensor)


cdef Tensor ones(Tensor tensor):
    cdef Thread th
    if tensor.extent.rank == 0:
        return new_scalar(tensor.dtype_code, 1.0)
    th = thread()
    if (tensor.extent.size > 1 and is_native(tensor.dtype_code) and th.span == 0 and not th.forward
            and not examining):
        return splat(tensor.dtype_code, tensor.extent, 1.0)
    return filled(tensor.dtype_code, tensor.extent, 1.0)


cdef Tensor given_seed(Tensor tensor, object given):
    """A target's cotangent given by the caller, checked."""
    cdef Tensor seed
    seed = convert(given, -1, False)
    if seed.dtype_code != tensor.dtype_code:
        raise InvalidArgumentError(
            None, None, f"output_gradients of dtype {dtype_object(seed.dtype_code).name} do not match their target of dtype "
                        f"{dtype_object(tensor.dtype_code).name}. Give each target a cotangent of its own dtype.")
    if not same_extent(seed.extent, tensor.extent):
        raise InvalidArgumentError(
            None, None, f"output_gradients of shape {dims_text(seed.extent)} do not match their target of shape "
                        f"{dims_text(tensor.extent)}. Give each target a cotangent of its own shape.")
    return seed
