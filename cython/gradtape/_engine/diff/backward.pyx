"""The reverse sweep.

`sweep` seeds the targets' cotangents and scans the log backwards. Each entry that has a cotangent and depends on
something watched gives cotangents to its operands; the scan ends when no cotangent waits below. A variable's reads hand
theirs to the variable's own node. Where no outer window covers the log and the tape is not persistent, entries are
dropped as they are passed, so memory falls as the sweep proceeds.
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
from gradtape._engine.record.log cimport (FAMILY_SIZE, Marks, Sweeping, Thread, Window, here, place_of_mark, is_active,
                                          last_position, thread)
from gradtape._engine.record.primitive cimport Primitive, examining, traced, tracer
from gradtape._engine.tensor.conversion cimport convert
from gradtape._engine.tensor.tensor cimport Readable, Tensor, dtype_object, fetch, new_scalar, operators, tracing

from gradtape._engine.ops.movement import join
from gradtape._src.core.errors import InternalError, InvalidArgumentError, unequal_summands


# Cotangent slots. A page of slots mirrors a page of the log; a slot's low bits say that its node is a source, whose
# cotangent must stay, or a Call with a cotangent at a further output.

cdef enum:
    SOURCE = 1
    CALLED = 2
    TAGS = 3
    OWN_PAGES = 4
    OWN_FAMILIES = 8             # of marks, at first

cdef int64_t NOWHERE = (<int64_t>1) << 62          # above every node

ctypedef PyObject* Slot

cdef struct SlotStorage

cdef struct Sweep:
    Sweeping at                      # the window that is swept: another one once a rule has reset its tape
    int64_t low                      # the window's first position; NOWHERE if it has none
    int64_t stop                     # where the scan stops, at or above it
    uint64_t own                     # how many positions from there on are surely the window's; others must be looked up
    uint64_t certain                 # how many positions from there on are known to depend on what is watched
    int64_t first_page
    int64_t count                    # pages
    Slot** pages
    int64_t waiting                  # positions with a cotangent that the scan must still visit
    int64_t high                     # highest position that has one
    int64_t lowest                   # lowest and highest positions ever touched
    int64_t highest
    Slot* extras                     # slots beside the window's marks
    Py_ssize_t held                  # how many of the extras hold a cotangent
    Marks* marks                     # a copy, for rules may add to the window's, which moves them
    Py_ssize_t mark_capacity
    Py_ssize_t batch                  # cotangents swept together, behind an axis of so many; 0: one, without that axis
    SlotStorage* storage

# Where a sweep keeps its slots, all NULL between sweeps, and the marks; only of long logs the pages of slots are elsewhere.
cdef struct SlotStorage:
    Slot* pages[OWN_PAGES]
    Slot* extras
    Marks* marks
    Py_ssize_t families              # that it has places for
    SlotStorage* next

cdef SlotStorage* _idle_storage = NULL
cdef Slot* _spare_pages[16]
cdef int _spare_count = 0


cdef Slot* slot_page() except NULL:
    global _spare_count
    cdef Slot* page
    if _spare_count:
        _spare_count -= 1
        return _spare_pages[_spare_count]
    page = <Slot*>calloc(PAGE_SIZE, sizeof(Slot))
    if page == NULL:
        raise MemoryError("gradtape could not allocate a page of cotangents")
    return page


cdef void give_slots(Sweep* sweep, int64_t place) noexcept:
    """Takes back a page of slots that hold nothing."""
    global _spare_count
    if _spare_count < 16:
        _spare_pages[_spare_count] = sweep.pages[place]
        _spare_count += 1
    else:
        free(sweep.pages[place])
    sweep.pages[place] = NULL


cdef void leave_slots(Sweep* sweep, int64_t place) noexcept:
    """Takes back the slots of a page that the scan has passed, unless sources or outputs still hold some: pages further down
    then find in cache what they need."""
    cdef const size_t* slots = <const size_t*>sweep.pages[place]
    cdef size_t left = 0
    cdef int i
    for i in range(PAGE_SIZE):
        left |= slots[i]
    if left == 0:
        give_slots(sweep, place)


cdef inline PyObject* pointer(Slot slot) noexcept:
    return <PyObject*>(<size_t>slot & ~<size_t>TAGS)


cdef inline size_t tags(Slot slot) noexcept:
    return <size_t>slot & TAGS


cdef inline bint covered(Sweep* sweep, int64_t node) noexcept:
    """Whether the node is a position that has a slot."""
    return node >= sweep.low and (node >> PAGE_BITS) - sweep.first_page < sweep.count


cdef inline bint wanted(Sweep* sweep, int64_t node) noexcept:
    """Whether the node is watched or depends on what is."""
    return <uint64_t>(node - sweep.low) < sweep.certain or is_active(<Window>sweep.at.window, node)


cdef Slot* slot_at(Sweep* sweep, int64_t position) except NULL:
    """The slot of a covered position."""
    cdef int64_t place = (position >> PAGE_BITS) - sweep.first_page
    if sweep.pages[place] == NULL:
        sweep.pages[place] = slot_page()
    if position < sweep.lowest:
        sweep.lowest = position
    if position > sweep.highest:
        sweep.highest = position
    return &sweep.pages[place][position & PAGE_MASK]


cdef inline bint is_foreign(Sweep* sweep, int64_t position) noexcept:
    """Whether a covered position is another window's alone, recorded while this one did not: to this one it is a leaf at most."""
    return <uint64_t>(position - sweep.low) >= sweep.own and not (<Window>sweep.at.window).covers(position)


cdef inline Entry* entry_at(Sweep* sweep, int64_t position) noexcept:
    """The entry of a covered position; NULL if it was dropped with its page."""
    cdef int64_t place = (position >> PAGE_BITS) - sweep.first_page
    cdef void* page = (<Window>sweep.at.window).directory[place]         # a window that is swept loses no place for a page
    return NULL if page == NULL else &(<Page>page).entries[position & PAGE_MASK]


cdef int begin(Sweep* sweep, Window window, Py_ssize_t batch) except -1:
    global _idle_storage
    cdef int64_t last
    sweep.batch = batch
    sweep.waiting = 0
    sweep.high = -1
    sweep.lowest = NOWHERE
    sweep.highest = -1
    sweep.low = sweep.stop = window.low if window.low >= 0 else NOWHERE
    last = last_position(window) if window.segment_count else 0
    sweep.own = <uint64_t>(last - window.low) if window.segment_count == 1 else 0
    sweep.certain = <uint64_t>(last - window.low) if window.alone else 0
    sweep.first_page = window.first_page
    sweep.count = window.page_count
    sweep.mark_capacity = window.mark_capacity
    sweep.held = 0
    sweep.storage = _idle_storage
    if _idle_storage == NULL:
        sweep.storage = <SlotStorage*>zeroed(1, sizeof(SlotStorage))
        widen_storage(sweep.storage, OWN_FAMILIES)
    else:
        _idle_storage = _idle_storage.next
    if window.family_count > sweep.storage.families:
        widen_storage(sweep.storage, window.mark_capacity // 2)
    sweep.pages = sweep.storage.pages
    sweep.extras = sweep.storage.extras
    sweep.marks = sweep.storage.marks
    if sweep.count > OWN_PAGES:
        sweep.pages = <Slot**>zeroed(sweep.count, sizeof(Slot*))
    memcpy(sweep.marks, window.marks, window.mark_capacity * sizeof(Marks))
    Py_INCREF(window)
    sweep.at.window = <PyObject*>window
    sweep.at.next = window.sweeps
    window.sweeps = &sweep.at
    return 0


cdef int widen_storage(SlotStorage* storage, Py_ssize_t families) except -1:
    """Storage for so many families of marks, which their table has twice the places for."""
    cdef Slot* extras = <Slot*>zeroed(families * FAMILY_SIZE, sizeof(Slot))
    cdef Marks* marks = <Marks*>malloc(2 * families * sizeof(Marks))
    if marks == NULL:
        free(extras)
        raise MemoryError("gradtape could not allocate its cotangents")
    free(storage.extras)
    free(storage.marks)
    storage.extras, storage.marks, storage.families = extras, marks, families
    return 0


cdef void* zeroed(Py_ssize_t count, Py_ssize_t size) except NULL:
    cdef void* made = calloc(count, size)
    if made == NULL:
        raise MemoryError("gradtape could not allocate its cotangents")
    return made


cdef int end(Sweep* sweep) except -1:
    """Lets go of every cotangent left, and returns the slot pages clean."""
    global _idle_storage
    cdef Sweeping** link
    cdef int64_t position, place, stop
    cdef Py_ssize_t i
    cdef Slot* page
    cdef PyObject* left
    forget_transposes()
    position = sweep.lowest
    while position <= sweep.highest:
        page = sweep.pages[(position >> PAGE_BITS) - sweep.first_page]
        stop = min(((position >> PAGE_BITS) + 1) << PAGE_BITS, sweep.highest + 1)
        if page == NULL:
            position = stop
            continue
        while position < stop:
            if page[position & PAGE_MASK] != NULL:
                left = pointer(page[position & PAGE_MASK])
                page[position & PAGE_MASK] = NULL
                if left != NULL:
                    Py_DECREF(<object>left)
            position += 1
    for place in range(sweep.count):
        if sweep.pages[place] != NULL:
            give_slots(sweep, place)
    i = 0
    while sweep.held:
        left = sweep.extras[i]
        if left != NULL:
            sweep.held -= 1
            sweep.extras[i] = NULL
            Py_DECREF(<object>left)
        i += 1
    if sweep.pages != sweep.storage.pages:
        free(sweep.pages)
    sweep.storage.next = _idle_storage
    _idle_storage = sweep.storage
    # Here and not before: letting go of cotangents may run a program's code, which may reset the tape.
    link = &(<Window>sweep.at.window).sweeps
    while link[0] != &sweep.at:
        link = &link[0].next
    link[0] = sweep.at.next
    Py_DECREF(<Window>sweep.at.window)
    return 0


cdef inline Py_ssize_t mark_place(Sweep* sweep, int64_t node) noexcept:
    """Where a mark's slot stands among the extras, or -1."""
    return place_of_mark(sweep.marks, sweep.mark_capacity, node)


cdef inline int merge(Slot* slot, object cotangent) except -1:
    """Adds a cotangent to a slot."""
    if pointer(slot[0]) != NULL:
        return add_to(slot, cotangent)
    Py_INCREF(cotangent)
    slot[0] = <Slot>(<size_t><PyObject*>cotangent | <size_t>slot[0])
    return 0


cdef inline bint nobody_records() noexcept:
    cdef PyObject* at = here()
    return (<Thread>at).span == 0 and not (<Thread>at).forward


cdef inline bint is_own(PyObject* held) noexcept:
    """Whether what a slot holds is an ordinary tensor that nobody else holds."""
    return ((held.ob_refcnt == 1 or (tracing and held.ob_refcnt == 2 and traced() and tracer.holds(<Tensor>held)))
            and type(<object>held) is Tensor and not (<Tensor>held).splat
            and ((<Tensor>held).block == NULL or (<Tensor>held).block.refs == 1))


cdef int add_to(Slot* slot, object cotangent) except -1:
    """Adds to the cotangent of a slot; in place where the slot is its only holder and nothing records."""
    cdef PyObject* old = pointer(slot[0])
    cdef Tensor sum_, more
    if type(cotangent) is Tensor and type(<object>old) is Tensor:
        more = <Tensor>cotangent
        if (is_own(old) and not more.splat and nobody_records() and is_native(more.dtype_code)
                and (<Tensor>old).dtype_code == more.dtype_code and same_extent((<Tensor>old).extent, more.extent)):
            if tracing and traced():
                return set_slot(slot, added_run(<Tensor>old, more))
            sum_ = <Tensor>old
            if more.dtype_code == F32:
                kernels.run32(ADD, <float*>sum_.data, <const float*>sum_.data, <const float*>more.data, NULL, sum_.extent.size)
            else:
                kernels.run64(ADD, <double*>sum_.data, <const double*>sum_.data, <const double*>more.data, NULL, sum_.extent.size)
            return 0
    return set_slot(slot, total_cotangent(<object>old, cotangent))


cdef inline int set_slot(Slot* slot, object total) except -1:
    """Puts another cotangent in the place of a slot's."""
    cdef PyObject* old = pointer(slot[0])
    Py_INCREF(total)
    slot[0] = <Slot>(<size_t><PyObject*>total | tags(slot[0]))
    Py_DECREF(<object>old)
    return 0


cdef object total_cotangent(object a, object b):
    """The sum of two cotangents. What a program's own rules give to a leaf may be anything: numbers, arrays, other shapes."""
    cdef Tensor x, y
    if type(a) is not Tensor or type(b) is not Tensor:
        if hasattr(a, "_add_to") or hasattr(b, "_add_to"):
            return add_slices(a, b)
        if type(a) is Tensor:
            return total_cotangent(a, convert(b, (<Tensor>a).dtype_code, True))
        return total_cotangent(convert(a, (<Tensor>b).dtype_code if type(b) is Tensor else -1, True), b)
    x, y = <Tensor>a, <Tensor>b
    if x.dtype_code != y.dtype_code:
        raise mixed_dtypes("AddN", x, y, 1)
    if not same_extent(x.extent, y.extent):
        raise unequal_summands(dims_text(x.extent), 1, dims_text(y.extent), 2)
    return add(x, y)


cdef object add_slices(object a, object b):
    """The sum of two cotangents of which at least one is IndexedSlices."""
    if type(a) is Tensor:
        return b._add_to(materialize(<Tensor>a))
    return a._add_to(materialize(<Tensor>b) if type(b) is Tensor else b)


cdef Tensor dense(object cotangent):
    """A cotangent as an ordinary tensor."""
    return materialize(<Tensor>cotangent) if type(cotangent) is Tensor else convert(cotangent, -1, False)


cdef inline int accumulate(Sweep* sweep, int64_t node, object cotangent) except -1:
    """Gives a cotangent to a node that is known to be active. Inputs lie below the position that is visited, so that this
    need not look for the highest."""
    cdef Slot* slots
    cdef Entry* entry
    if <uint64_t>(node - sweep.low) < sweep.own:
        entry = entry_at(sweep, node)
        slots = sweep.pages[(node >> PAGE_BITS) - sweep.first_page]
        if slots != NULL and slots[node & PAGE_MASK] == NULL and entry != NULL and OP <= entry.kind <= CALL:
            # The first of a result's cotangents, by far the most frequent case.
            Py_INCREF(cotangent)
            slots[node & PAGE_MASK] = <Slot>cotangent
            sweep.waiting += 1
            if node < sweep.lowest:
                sweep.lowest = node
            return 0
    return accumulate_any(sweep, node, cotangent)


cdef int accumulate_any(Sweep* sweep, int64_t node, object cotangent) except -1:
    cdef Slot* slot
    cdef Entry* entry
    cdef Py_ssize_t place
    if covered(sweep, node):
        entry = NULL if is_foreign(sweep, node) else entry_at(sweep, node)
        slot = slot_at(sweep, node)
        if entry == NULL or entry.kind == VACANT or entry.kind == MARK:
            if tags(slot[0]) & SOURCE:
                merge(slot, cotangent)
            return 0
        if entry.kind != READ or tags(slot[0]) & SOURCE:
            if pointer(slot[0]) == NULL and not tags(slot[0]) & CALLED:
                sweep.waiting += 1
            return merge(slot, cotangent)
        node = entry.inputs[0]
    place = mark_place(sweep, node)
    if place >= 0:
        if sweep.extras[place] == NULL:
            sweep.held += 1
        merge(&sweep.extras[place], cotangent)
    return 0


cdef PyObject* total_of(Sweep* sweep, int64_t node) noexcept:
    """What has come together for an active node; NULL if nothing has. Where this is only the slot's, it may be added to."""
    cdef Slot* slots
    cdef Slot slot
    cdef Entry* entry
    cdef Py_ssize_t place
    if covered(sweep, node):
        entry = NULL if is_foreign(sweep, node) else entry_at(sweep, node)
        slots = sweep.pages[(node >> PAGE_BITS) - sweep.first_page]
        slot = NULL if slots == NULL else slots[node & PAGE_MASK]
        if entry == NULL or entry.kind != READ or tags(slot) & SOURCE:
            return pointer(slot)
        node = entry.inputs[0]
    place = mark_place(sweep, node)
    return NULL if place < 0 else sweep.extras[place]


cdef int set_total(Sweep* sweep, int64_t node, Tensor total) except -1:
    """Puts another total in the place of the one that `total_of` finds."""
    cdef Slot* slot = NULL
    cdef Entry* entry
    if covered(sweep, node):
        entry = NULL if is_foreign(sweep, node) else entry_at(sweep, node)
        slot = slot_at(sweep, node)
        if not (entry == NULL or entry.kind != READ or tags(slot[0]) & SOURCE):
            node = entry.inputs[0]
            slot = NULL
    if slot == NULL:
        slot = &sweep.extras[mark_place(sweep, node)]
    return set_slot(slot, total)


cdef object compiled_cotangent(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch):
    cdef Primitive primitive = <Primitive>entry.op
    cdef Py_ssize_t row
    if batch == 0 or primitive.batched:
        return primitive.vjp(entry, cotangent, operand, batch)
    return stacked([primitive.vjp(entry, one_of_batch(cotangent, row), operand, 0) for row in range(batch)])


cdef Tensor one_of_batch(Tensor cotangents, Py_ssize_t row):
    return operators().getitem(cotangents, row)


cdef object stacked(list cotangents):
    """Cotangents of an operand, row by row, as one; None where none flows."""
    cdef Tensor known = None
    cdef Py_ssize_t row
    for row in range(len(cotangents)):
        if cotangents[row] is not None:
            known = cotangents[row] = dense(cotangents[row])
    if known is None:
        return None
    return join("Pack", [filled(known.dtype_code, known.extent, 0.0) if cotangent is None else cotangent
                         for cotangent in cotangents], 0, True)


cdef inline int visit(Sweep* sweep, Entry* entry, Tensor cotangent) except -1:
    """Runs the reverse rule of an inline entry."""
    cdef int i
    cdef object given
    cdef PyObject* total
    cdef int64_t node
    cdef bint derived = (<Primitive>entry.op).vjp == NULL
    for i in range(entry.count):
        node = operand_node(entry, i)
        if wanted(sweep, node):
            if derived:
                given = program_cotangent(entry, cotangent, i, sweep.batch)
            else:
                if (<Primitive>entry.op).adds and sweep.batch == 0 and nobody_records():
                    total = total_of(sweep, node)
                    if total != NULL and is_own(total):
                        if tracing and traced():
                            given = added_product(entry, cotangent, i, <Tensor>total)
                            if given is not None:
                                set_total(sweep, node, given)
                                continue
                        elif add_cotangent(entry, cotangent, i, <Tensor>total):
                            continue
                given = compiled_cotangent(entry, cotangent, i, sweep.batch)
            if given is not None:
                accumulate(sweep, node, given)
    return 0


cdef int visit_call(Sweep* sweep, int64_t position, Call call) except -1:
    """Runs a Python reverse rule: cotangents of all outputs in, of all inputs out."""
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
        found = [call_cotangents(call, needs, [one_of_batch(argument, row) for argument in arguments], True)
                 for row in range(sweep.batch)]
        given = [stacked(list(cotangents)) for cotangents in zip(*found)]
    else:
        given = call_cotangents(call, needs, arguments, False)
    for i in range(call.input_count):
        if needs[i] and given[i] is not None:
            cotangent = given[i]
            if call.stated is not None and sweep.batch == 0 and not is_leaf(sweep, call.inputs[i]):
                cotangent = fitted(call, i, cotangent)
            accumulate(sweep, call.inputs[i], cotangent)
    return 0


cdef bint is_leaf(Sweep* sweep, int64_t node) noexcept:
    """Whether an active node was watched, not computed: nothing reads its cotangent but its sum."""
    cdef Entry* entry
    if not covered(sweep, node) or is_foreign(sweep, node):
        return True
    entry = entry_at(sweep, node)
    return entry == NULL or entry.kind == VACANT or entry.kind == MARK or entry.kind == READ


cdef Tensor fitted(Call call, int operand, object given):
    """A cotangent that a program's own rule gave, of the operand's shape and dtype, as reverse rules trust it to be."""
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
    """The same with the conjugates of what it saved, where that is complex."""
    cdef Call made
    if not any([is_complex((<Tensor>saved).dtype_code) for saved in call.saved]):
        return call
    made = Call.__new__(Call)
    made.primitive, made.attributes, made.outputs, made.input_count = call.primitive, call.attributes, call.outputs, call.input_count
    made.saved = tuple([conjugated(<Tensor>saved) for saved in call.saved])
    return made


cdef object given_by_rule(Call call, tuple needs, object cotangents):
    return (<Primitive>call.primitive).rule(conjugated_call(call) if (<Primitive>call.primitive).holomorphic else call, needs, *cotangents)


cdef object call_cotangents(Call call, tuple needs, list cotangents, bint fit):
    """What a Python reverse rule gives: one cotangent or None per input."""
    cdef int i
    given = given_by_rule(call, needs, cotangents)
    if type(given) is not list and type(given) is not tuple:
        given = (given,)
    given = tuple(given)           # what its items run as they are added up may shorten a list
    if len(given) != call.input_count:
        raise InternalError(None, None, f"Recorded operation '{(<Primitive>call.primitive).name}' returned too "
                                        f"{'few' if len(given) < call.input_count else 'many'} gradients. Expected "
                                        f"{call.input_count} but received {len(given)}")
    if fit and call.stated is not None:
        return [fitted(call, i, given[i]) if needs[i] and given[i] is not None else None for i in range(call.input_count)]
    return given


def zeros(shape, int dtype_code) -> Tensor:
    """Zeros of a shape, for an output that no cotangent reached."""
    cdef Extent* extent = extent_from(shape)
    cdef Tensor made = filled(dtype_code, extent, 0.0)
    release_extent(extent)
    return made


cdef int scan(Sweep* sweep, bint dropping) except -1:
    """From the highest cotangent down to where the scan stops, or until none waits."""
    cdef int64_t position = sweep.high, place = 0, start = position + 1
    cdef Slot* slots = NULL
    cdef Slot* slot
    cdef Slot* main
    cdef Entry* entry
    cdef PyObject* own
    cdef object cotangent
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
            cotangent = <object>own
            if not tags(slot[0]) & SOURCE:
                slot[0] = NULL
                Py_DECREF(cotangent)
            if entry.op == <PyObject*>IDENTITY:
                # IndexedSlices pass as they are.
                if wanted(sweep, entry.inputs[0]):
                    accumulate(sweep, entry.inputs[0], cotangent)
            else:
                if type(cotangent) is not Tensor or ((<Tensor>cotangent).splat and (<Primitive>entry.op).vjp != NULL):
                    cotangent = dense(cotangent)
                visit(sweep, entry, <Tensor>cotangent)
            cotangent = None
        elif entry.kind == READ:
            # A variable's read that is a source itself.
            accumulate(sweep, entry.inputs[0], <object>own)
        elif entry.kind == OUTPUT:
            main = slot_at(sweep, entry.inputs[0])
            if pointer(main[0]) == NULL and not tags(main[0]) & CALLED:
                sweep.waiting += 1
            main[0] = <Slot>(<size_t>main[0] | CALLED)
        elif entry.kind == CALL:
            slot[0] = <Slot>(<size_t>slot[0] & ~<size_t>CALLED)
            call = <Call>entry.op          # held: what it runs may let go of it
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


cdef int scan_telling(Sweep* sweep, bint dropping, const Source* sources, Py_ssize_t count, dict direct, object told) except -1:
    """Scans, and calls told(place, cotangent) for each source as soon as its cotangent is known: behind the lowest entry that
    reads the source."""
    cdef Py_ssize_t i
    cdef int64_t position
    cdef PyObject* cotangent
    cdef list order = sorted([(-lowest, i) for i, lowest in enumerate(lowest_readers(sweep, sources, count))])
    for lowest, i in order:
        position = -lowest
        if position <= sweep.high:
            sweep.stop = position
            scan_examined(sweep, dropping)
            sweep.high = position - 1
        cotangent = finished(cotangent_of(sweep, sources[i].node), direct, sources[i].identity)
        given = <object>cotangent
        Py_DECREF(given)
        told(i, given)
    sweep.stop = sweep.low
    return scan_examined(sweep, dropping)


cdef list lowest_readers(Sweep* sweep, const Source* sources, Py_ssize_t count):
    """Per source the position of the lowest entry that gives it a cotangent; NOWHERE where none does. Nothing comes to a watched
    tensor in the log below its own entry."""
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


cdef int scan_examined(Sweep* sweep, bint dropping) except -1:
    """Scans, and tells what is raised where it came from: the op whose reverse rule ran, and its node."""
    cdef Entry* entry
    try:
        return scan(sweep, dropping)
    except Exception as error:
        entry = entry_at(sweep, sweep.high) if covered(sweep, sweep.high) else NULL
        if hasattr(error, "arose_in_reverse") and entry != NULL:
            error.arose_in_reverse(entry_name(entry), sweep.high)
        raise


cdef int sweep(Window window, bint dropping, PyObject** targets, Py_ssize_t target_count, list seeds, const Source* sources,
               Py_ssize_t source_count, bint tensors, Py_ssize_t batch, PyObject** found, object told) except -1:
    cdef Sweep swept
    cdef Slot* slot
    cdef PyObject* cotangent
    cdef Py_ssize_t i
    cdef dict direct = None
    if window.low >= 0 and not window.alone:
        window.analyse(last_position(window))
    begin(&swept, window, batch)
    try:
        for i in range(source_count if tensors else 0):       # a variable's node has no slot of its own
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
            elif stands_in(targets[i], sources, source_count):
                direct = with_direct(direct, targets[i], seed_of(targets[i], seeds, i, batch))
            elif seeds is not None:
                seed_of(targets[i], seeds, i, batch)      # for its checks
        (<Window>swept.at.window).broken = dropping
        if told is not None:
            scan_telling(&swept, dropping, sources, source_count, direct, told)
        elif examining:
            scan_examined(&swept, dropping)
        else:
            scan(&swept, dropping)
        (<Window>swept.at.window).broken = False
        for i in range(source_count):
            cotangent = cotangent_of(&swept, sources[i].node)
            if direct is not None or (cotangent != NULL and (type(<object>cotangent) is not Tensor or (<Tensor>cotangent).splat)):
                found[i] = finished(cotangent, direct, sources[i].identity)
            else:
                if cotangent == NULL:
                    cotangent = <PyObject*>None
                Py_INCREF(<object>cotangent)
                found[i] = cotangent
    finally:
        end(&swept)
    return 0


cdef dict with_direct(dict direct, PyObject* target, Tensor seed):
    """Notes the cotangent of a target that is a source itself and depends on nothing else."""
    cdef object place = <size_t>target
    if direct is None:
        direct = {}
    direct[place] = add(<Tensor>direct[place], seed) if place in direct else seed
    return direct


cdef PyObject* finished(PyObject* found, dict direct, PyObject* source) except NULL:
    """A source's cotangent, or None, as it leaves the sweep, owned."""
    cdef object cotangent = None if found == NULL else <object>found
    cdef object given = None if direct is None else direct.get(<size_t>source)
    if given is not None:
        cotangent = given if cotangent is None else add(cotangent, given)
    if type(cotangent) is Tensor:
        cotangent = materialize(<Tensor>cotangent)
    Py_INCREF(cotangent)
    return <PyObject*>cotangent


cdef PyObject* cotangent_of(Sweep* sweep, int64_t node) except? NULL:
    """The cotangent that has come together at a source, borrowed; NULL without an error: none."""
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


cdef bint stands_in(PyObject* one, const Source* many, Py_ssize_t count) noexcept:
    cdef Py_ssize_t i
    for i in range(count):
        if many[i].identity == one:
            return True
    return False


cdef Tensor seed_of(PyObject* target, list seeds, Py_ssize_t place, Py_ssize_t batch):
    """The cotangent that a target starts with: ones unless given."""
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
    """A cotangent given by the caller, checked."""
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
