"""Cotangent slots, in which a sweep accumulates cotangents. Included in `backward`, to be inlined.

A page of slots mirrors a page of the log. A slot is a pointer to the cotangent with two tag bits: SOURCE, the node is a source, whose
cotangent must stay, and CALLED, the node is a Call one of whose further outputs has a cotangent.
"""

cdef enum:
    SOURCE = 1
    CALLED = 2
    TAGS = 3
    OWN_PAGES = 4
    OWN_FAMILIES = 8             # initial number of families of marks

cdef int64_t NOWHERE = (<int64_t>1) << 62          # above every node

ctypedef PyObject* Slot

cdef struct SlotStorage

cdef struct Sweep:
    Sweeping at                      # the window being swept; replaced if a vjp resets the tape
    int64_t low                      # the window's first position; NOWHERE if it has none
    int64_t stop                     # lowest position to run_vjp, at or above `low`
    uint64_t own                     # length of the range from `low` on that is known to belong to the window; others must be looked up
    uint64_t certain                 # length of the range from `low` on that is known to be active
    int64_t first_page
    int64_t count                    # pages
    Slot** pages
    int64_t waiting                  # number of positions with a cotangent still to be visited
    int64_t high                     # highest position with a cotangent
    int64_t lowest                   # lowest and highest positions ever touched
    int64_t highest
    Slot* extras                     # slots of marked nodes, by mark index
    Py_ssize_t held                  # number of extras that hold a cotangent
    Py_ssize_t first                 # lowest index of an extra that ever did
    Marks* marks                     # a copy: vjps may add marks to the window, which reallocates them
    Py_ssize_t mark_capacity
    Py_ssize_t batch                  # size of the cotangents' leading batch axis; 0: no batch axis
    SlotStorage* storage

# Storage for a sweep's slots, all NULL between sweeps, and marks. Only for long logs the directory of pages is allocated.
cdef struct SlotStorage:
    Slot* pages[OWN_PAGES]
    Slot* extras
    Marks* marks
    Py_ssize_t families              # capacity of extras and marks, in families
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


cdef void return_slots(Sweep* sweep, int64_t place) noexcept:
    """Returns a page of empty slots."""
    global _spare_count
    if _spare_count < 16:
        _spare_pages[_spare_count] = sweep.pages[place]
        _spare_count += 1
    else:
        free(sweep.pages[place])
    sweep.pages[place] = NULL


cdef void leave_slots(Sweep* sweep, int64_t place) noexcept:
    """Returns a page that the scan has passed if all its slots are empty, so that lower pages reuse memory that is in cache."""
    cdef const size_t* slots = <const size_t*>sweep.pages[place]
    cdef size_t left = 0
    cdef int i
    for i in range(PAGE_SIZE):
        left |= slots[i]
    if left == 0:
        return_slots(sweep, place)


cdef inline PyObject* pointer(Slot slot) noexcept:
    return <PyObject*>(<size_t>slot & ~<size_t>TAGS)


cdef inline size_t tags(Slot slot) noexcept:
    return <size_t>slot & TAGS


cdef inline bint covered(Sweep* sweep, int64_t node) noexcept:
    """Whether the node is a position that has a slot."""
    return node >= sweep.low and (node >> PAGE_BITS) - sweep.first_page < sweep.count


cdef inline bint wanted(Sweep* sweep, int64_t node) noexcept:
    """Whether the node is watched or depends on something watched."""
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
    """Whether a covered position was recorded while this window was closed: for this window it can only be a leaf."""
    return <uint64_t>(position - sweep.low) >= sweep.own and not (<Window>sweep.at.window).covers(position)


cdef inline Entry* entry_at(Sweep* sweep, int64_t position) noexcept:
    """The entry of a covered position; NULL if it was dropped with its page."""
    cdef int64_t place = (position >> PAGE_BITS) - sweep.first_page
    cdef void* page = (<Window>sweep.at.window).directory[place]         # never reallocated during a sweep
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
    sweep.certain = <uint64_t>(last - window.low) if window.all_active else 0
    sweep.first_page = window.first_page
    sweep.count = window.page_count
    sweep.mark_capacity = window.mark_capacity
    sweep.held = 0
    sweep.first = window.family_count * FAMILY_SIZE
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
    """Allocates storage for so many families of marks; the hash table is twice as large."""
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
    """Releases all remaining cotangents and returns the storage."""
    global _idle_storage
    cdef Sweeping** link
    cdef int64_t position, place, stop
    cdef Py_ssize_t i
    cdef Slot* slot
    cdef Slot* last
    cdef PyObject* left
    forget_transposes()
    position = sweep.lowest
    while position <= sweep.highest:
        slot = sweep.pages[(position >> PAGE_BITS) - sweep.first_page]
        stop = min(((position >> PAGE_BITS) + 1) << PAGE_BITS, sweep.highest + 1)
        if slot != NULL:
            slot += position & PAGE_MASK
            last = slot + (stop - position)
            while slot < last:
                if slot[0] != NULL:
                    left = pointer(slot[0])
                    slot[0] = NULL
                    if left != NULL:
                        Py_DECREF(<object>left)
                slot += 1
        position = stop
    for place in range(sweep.count):
        if sweep.pages[place] != NULL:
            return_slots(sweep, place)
    i = sweep.first
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
    # Only now: releasing cotangents may run user code, which may reset the tape.
    link = &(<Window>sweep.at.window).sweeps
    while link[0] != &sweep.at:
        link = &link[0].next
    link[0] = sweep.at.next
    Py_DECREF(<Window>sweep.at.window)
    return 0


cdef inline Py_ssize_t mark_place(Sweep* sweep, int64_t node) noexcept:
    """The index of a node's slot among the extras, or -1."""
    return place_of_mark(sweep.marks, sweep.mark_capacity, node)


cdef inline int merge(Slot* slot, object cotangent) except -1:
    """Adds a cotangent to a slot."""
    if pointer(slot[0]) != NULL:
        return add_to(slot, cotangent)
    Py_INCREF(cotangent)
    slot[0] = <Slot>(<size_t><PyObject*>cotangent | <size_t>slot[0])
    return 0


cdef inline bint nothing_records() noexcept:
    cdef PyObject* at = thread_state()
    return (<Thread>at).span == 0 and not (<Thread>at).forward


cdef inline bint is_unshared(PyObject* held) noexcept:
    """Whether a slot's cotangent is an ordinary tensor with no other reference, so that it may be written to."""
    return ((held.ob_refcnt == 1 or (tracing and held.ob_refcnt == 2 and traced() and tracer.holds(<Tensor>held)))
            and type(<object>held) is Tensor and not (<Tensor>held).splat
            and ((<Tensor>held).block == NULL or (<Tensor>held).block.refs == 1))


cdef int add_to(Slot* slot, object cotangent) except -1:
    """Adds to the cotangent of a slot; in place if that has no other reference and nothing records."""
    cdef PyObject* old = pointer(slot[0])
    cdef Tensor sum_, more
    if type(cotangent) is Tensor and type(<object>old) is Tensor:
        more = <Tensor>cotangent
        if (is_unshared(old) and not more.splat and nothing_records() and is_native(more.dtype_code)
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
    """Replaces the cotangent of a slot."""
    cdef PyObject* old = pointer(slot[0])
    Py_INCREF(total)
    slot[0] = <Slot>(<size_t><PyObject*>total | tags(slot[0]))
    Py_DECREF(<object>old)
    return 0


cdef object total_cotangent(object a, object b):
    """The sum of two cotangents. A user's custom gradient may return anything for a leaf: numbers, arrays, other shapes."""
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
    """Adds a cotangent to an active node. Operands lie below the position being visited, so `high` need not be updated."""
    cdef Slot* slots
    cdef Entry* entry
    if <uint64_t>(node - sweep.low) < sweep.own:
        entry = entry_at(sweep, node)
        slots = sweep.pages[(node >> PAGE_BITS) - sweep.first_page]
        if slots != NULL and slots[node & PAGE_MASK] == NULL and entry != NULL and OP <= entry.kind <= CALL:
            # The first cotangent of a result, by far the most frequent case.
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
            if place < sweep.first:
                sweep.first = place
        merge(&sweep.extras[place], cotangent)
    return 0


cdef PyObject* total_of(Sweep* sweep, int64_t node) noexcept:
    """The cotangent accumulated for an active node, borrowed; NULL if there is none."""
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
    """Replaces the cotangent that `total_of` returns."""
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
