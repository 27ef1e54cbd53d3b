"""Drops entries on which no live tensor depends, so that discarded results hold no memory."""

from cpython.ref cimport PyObject
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free

from gradtape._engine.base.buffer cimport on_growth
from gradtape._engine.record.entries cimport (CALL, OUTPUT, PAGE_BITS, PAGE_MASK, PAGE_SIZE, RESULT_SLOT, VACANT, Call, Entry, Page,
                                              clear, drop, operand_node)
from gradtape._engine.record.log cimport (Thread, Window, set_collector, existing_thread, last_position, newest_window, older_window,
                                          release_page, wanted_by_coverers)

cdef extern from "Python.h":
    PyObject* PyTuple_GET_ITEM(object tuple, Py_ssize_t place)


cdef int collect_current_thread() except -1:
    """Collects all of the thread's log; called when the memory of tensors has doubled."""
    cdef Thread th
    cdef PyObject* at = existing_thread()
    if at != NULL:
        th = <Thread>at
        if th.newest != NULL and not th.collecting:
            th.collected = 0
            collect(th)
    return 0


on_growth(collect_current_thread)


cdef int collect(Thread thread) except -1:
    """Drops entries that no window needs or on which no live tensor depends: on the last page always, on all pages if their number
    has doubled, or grown fourfold if the last time found nothing to drop. Empty pages are removed."""
    # Dropping may run user code, which may record, reset and close tapes.
    cdef Window root = <Window>thread.root
    cdef Window window
    cdef int64_t count = root.page_count, first_page = root.first_page, first = count - 1
    cdef int64_t place, left = 0
    cdef unsigned char** needed
    cdef Page page
    cdef int held
    cdef bint whole, found = False, left_some
    thread.grown += 1
    whole = thread.grown >= thread.collected
    if whole:
        first = 0
    needed = <unsigned char**>calloc(count - first + 1, sizeof(unsigned char*))
    if needed == NULL:
        raise MemoryError("gradtape could not collect its log")
    thread.collecting = True
    try:
        place = count - 1
        while place >= first:
            page = any_page(thread, first_page + place)
            if page is not None:
                held = page.holding
                page.clearing += 1
                try:
                    left_some = collect_page(thread, page, needed, first_page + first, whole)
                finally:
                    page.clearing -= 1
                if left_some:
                    left += 1
                    found = found or page.holding < held
                elif page is not thread.page:
                    found = True
                    window = newest_window(thread)
                    while window is not None:
                        release_page(window, page)
                        window = older_window(window)
            place -= 1
    finally:
        thread.collecting = False
        for place in range(count - first):
            free(needed[place])
        free(needed)
    if whole:
        thread.grown = 0
        # Removed pages leave gaps in the directory, which cost time in a scan, too.
        thread.collected = max(4, left if found else 3 * left, count >> 9)
    return 0


cdef int mark_needed(unsigned char** needed, int64_t first_page, int64_t node, int64_t position) except -1:
    """Notes that the entry at a position reads the node."""
    cdef int64_t place = (node >> PAGE_BITS) - first_page
    if place < 0 or node >= position:
        return 0
    if needed[place] == NULL:
        needed[place] = <unsigned char*>calloc(PAGE_SIZE, 1)
        if needed[place] == NULL:
            raise MemoryError("gradtape could not collect its log")
    needed[place][node & PAGE_MASK] = 1
    return 0


cdef Page any_page(Thread thread, int64_t number):
    """The page with a number if an open window covers it."""
    cdef Window window
    cdef PyObject* next_ = thread.newest
    cdef int64_t place
    while next_ != NULL:
        window = <Window>next_
        place = number - window.first_page
        if 0 <= place < window.page_count and window.directory[place] != NULL:
            return <Page>window.directory[place]
        next_ = window.older
    return None


cdef bint is_unreferenced(Entry* entry):
    """Whether nothing refers to the entry's result, except the entry itself if its vjp reads it."""
    cdef PyObject* result = entry.saved[RESULT_SLOT]
    if entry.dead > 0:
        return True
    if entry.kind == CALL:
        return only_call_refers_to(<Call>entry.op, 0)
    return result != NULL and result.ob_refcnt == 1


cdef bint only_call_refers_to(Call call, int output):
    """Whether the Call has the only reference to its output."""
    return (call.own is not None and call.own[output] >= 0
            and PyTuple_GET_ITEM(call.saved, call.own[output]).ob_refcnt == 1)


cdef Entry* entry_of(Thread thread, int64_t position):
    """The entry at a position, or NULL if no open window covers it."""
    cdef Page page = any_page(thread, position >> PAGE_BITS)
    return NULL if page is None else &page.entries[position & PAGE_MASK]


cdef bint only_needed_by_call(Thread thread, Entry* entry):
    """Whether only its Call refers to a further output, which is then dropped with the Call."""
    cdef Entry* main = entry_of(thread, entry.inputs[0])
    return main != NULL and main.kind == CALL and only_call_refers_to(<Call>main.op, <int>entry.inputs[1])


cdef int drop_outputs(Thread thread, int64_t position, int count) except -1:
    """Drops the entries of a Call's further outputs."""
    cdef Entry* entry
    cdef int i
    for i in range(1, count):
        entry = entry_of(thread, position + i)
        if entry != NULL and entry.kind == OUTPUT:
            clear(entry)
    return 0


cdef bint collect_page(Thread thread, Page page, unsigned char** needed, int64_t first_page, bint whole) except -1:
    """Drops what can be dropped on one page; returns whether anything is left."""
    cdef int64_t position
    cdef int i, j
    cdef bint left = False, closed = False
    # If a page has only one window, nearly all its entries are active in it; all of them with `all_active`.
    cdef bint ask = page.owners > 1 or (whole and not (page.owners and (<Window>page.coverers[0]).all_active))
    cdef unsigned char* needed_here
    cdef Entry* entry
    cdef Call call
    cdef Window window
    for i in range(page.owners):
        window = <Window>page.coverers[i]
        if ask:
            window.analyse(last_position(window))
        # Entries of a closed window may be read from pages that are not scanned here; those of a window that a sweep is emptying,
        # by entries that were dropped already.
        closed = closed or window.owner is None or window.broken
    i = PAGE_SIZE
    while i > 0:
        i -= 1
        entry = &page.entries[i]
        if entry.kind == VACANT:
            continue
        position = (page.number << PAGE_BITS) + i
        needed_here = needed[page.number - first_page]
        if ((not closed and (needed_here == NULL or not needed_here[i]) and is_unreferenced(entry))
                or (ask and not wanted_by_coverers(page, position))):
            if entry.kind == CALL and (<Call>entry.op).own is not None:
                drop_outputs(thread, position, (<Call>entry.op).output_count)
            drop(entry, page)
            entry.dead = 0
            continue
        left = True
        if entry.kind == OUTPUT and not closed and (needed_here == NULL or not needed_here[i]) and only_needed_by_call(thread, entry):
            continue
        if entry.kind == CALL:
            call = <Call>entry.op
            for j in range(call.input_count):
                mark_needed(needed, first_page, call.inputs[j], position)
        else:
            for j in range(entry.count):
                mark_needed(needed, first_page, operand_node(entry, j), position)
    return left


set_collector(collect)
