"""Pages of the log: how a thread gets the next one, which windows cover one, and how its entries are dropped. Included in `log`."""

cdef int ensure_page(Thread thread) except -1:
    """Makes sure that the thread's next position is on a page that no window covers yet."""
    if thread.page is not None and thread.page.owners == 0 and not thread.page.clearing and not thread.page.holding:
        if thread.next == thread.limit or (thread.next & PAGE_MASK) > WARM:
            thread.next = ((thread.next + PAGE_SIZE - 1) >> PAGE_BITS) << PAGE_BITS
            thread.page.number = thread.next >> PAGE_BITS
            thread.limit = thread.next + PAGE_SIZE
        thread.page.first = thread.next & PAGE_MASK
        thread.page.held = None
        # `gc.freeze` may have made the page permanent; cycles through it would never be collected.
        PyObject_GC_UnTrack(<PyObject*>thread.page)
        PyObject_GC_Track(<PyObject*>thread.page)
        return 0
    if thread.page is not None and thread.next < thread.limit:
        thread.page.last = thread.next & PAGE_MASK
    thread.next = ((thread.next + PAGE_SIZE - 1) >> PAGE_BITS) << PAGE_BITS
    thread.limit = thread.next
    return switch_to(thread, new_page(thread))


cdef bint should_share_page(Thread thread) noexcept:
    """Whether a new tape should continue on the current page although other windows cover it, because the page is nearly empty or a
    paused tape will return to it."""
    return thread.page is not None and thread.page.owners and (
        thread.paused > 0 or (thread.next & PAGE_MASK) < PAGE_SIZE // 4)


cdef int next_page(Thread thread) except -1:
    """Makes room for the next entry. Collecting may run user code that records, opens tapes and closes them, so the thread's state is
    read again afterwards. From then on no user code runs until the page is there."""
    if thread.newest != NULL and not thread.collecting:
        collect(thread)
    while thread.next == thread.limit:
        if thread.newest == NULL:
            ensure_page(thread)
        else:
            cover_next(thread)
    return 0


cdef int reserve_entries(Thread thread, int64_t count) except -1:
    """Collects now if so many entries need another page, so that nothing is dropped between them."""
    if thread.next + count > thread.limit and thread.newest != NULL and not thread.collecting:
        collect(thread)
    return 0


cdef int cover_next(Thread thread) except -1:
    """Adds a page at the thread's next position, covered by all its open windows."""
    cdef PyObject* window
    cdef PyObject* covering
    cdef Page page
    page = new_page(thread)
    window = thread.newest
    try:
        while window != NULL:
            cover(<Window>window, page)
            window = (<Window>window).older
    except BaseException:
        covering = thread.newest
        while covering != window:
            release_page(<Window>covering, page)
            covering = (<Window>covering).older
        raise
    return switch_to(thread, page)


cdef Page new_page(Thread thread):
    """A page that begins at the thread's next position. The cycle collector is off meanwhile: finalizers might record."""
    cdef bint collecting = PyGC_Disable()
    cdef Page page
    try:
        page = Page.__new__(Page)
        page.number = thread.next >> PAGE_BITS
        return page
    finally:
        if collecting:
            PyGC_Enable()


cdef int switch_to(Thread thread, Page page) except -1:
    """Makes a page the thread's current one, from its next position on."""
    cdef Page before = thread.page       # no-cython-lint: released last, which may run user code
    thread.page = page
    thread.limit = thread.next + PAGE_SIZE
    thread.entries = page.entries
    return 0


cdef int64_t allocate_node(Thread thread) except -1:
    """A node id for a tensor that was not recorded, for forward accumulators, which identify tensors by node."""
    if thread.next == thread.limit:
        next_page(thread)
    if thread.newest != NULL:
        (<Window>thread.newest).keep_activity_bits()
    # The node has no entry. The position may still hold a READ, on a page that another thread released. Without a current page,
    # `entries` must not be touched: they may belong to another thread by now.
    if thread.page is not None:
        thread.entries[thread.next & PAGE_MASK].kind = VACANT
    thread.next += 1
    return thread.next - 1


cdef int cover(Window window, Page page) except -1:
    """Adds a page to those that the window covers. No user code runs meanwhile."""
    cdef int64_t place, capacity
    cdef bint collecting
    if window.page_count == 0:
        window.first_page = page.number
    place = page.number - window.first_page
    if place < window.page_count and window.directory[place] == <void*>page:
        return 0
    if page.owners == page.capacity:
        page.coverers = <void**>grow(page.coverers, page.own_coverers, page.capacity * sizeof(void*),
                                     2 * page.capacity * sizeof(void*))
        page.capacity *= 2
    if place >= window.page_capacity:
        capacity = 2 * place + 4
        window.directory = <void**>grow(window.directory, window.own.directory, window.page_capacity * sizeof(void*),
                                        capacity * sizeof(void*))
        window.page_capacity = capacity
    if place == 0:
        window.foremost = page
    else:
        if window.pages is None:
            collecting = PyGC_Disable()
            try:
                window.pages = [window.foremost]
            finally:
                if collecting:
                    PyGC_Enable()
        while len(window.pages) <= place:
            window.pages.append(None)
        window.pages[place] = page
    window.directory[place] = <void*>page
    window.page_count = max(window.page_count, place + 1)
    page.coverers[page.owners] = <void*>window
    page.owners += 1
    return 0


cdef int uncover(Window window, Page page) noexcept:
    """Removes a window from those that cover a page; searched from the end, as windows mostly nest."""
    cdef int i
    for i in range(page.owners - 1, -1, -1):
        if page.coverers[i] == <void*>window:
            page.owners -= 1
            page.coverers[i] = page.coverers[page.owners]
            break
    return 0


cdef void* grow(void* old, void* own, Py_ssize_t old_bytes, Py_ssize_t new_bytes) except NULL:
    """Enlarges an array of a window, which may still be in its inline storage; that is zeroed again. The new part is zeros."""
    cdef void* made = malloc(new_bytes) if old == own else realloc(old, new_bytes)
    if made == NULL:
        raise MemoryError("gradtape could not grow its log")
    if old == own:
        memcpy(made, old, old_bytes)
        memset(old, 0, old_bytes)
    memset(<char*>made + old_bytes, 0, new_bytes - old_bytes)
    return made


cdef void leave_page(const FormerSegments* former, Page page) noexcept:
    """Clears a page that no window covers any more; on a page that others cover, drops the entries of the window that has left."""
    cdef Thread thread
    cdef Entry* entry
    cdef Entry* stop
    cdef bint present = False
    cdef int end = page.last
    if gradtape_thread != NULL:
        thread = <Thread>gradtape_thread
        if page is thread.page:
            present = True
            if thread.next < thread.limit:
                end = thread.next & PAGE_MASK
    page.clearing += 1
    if page.owners:
        drop_unneeded(page, former, end)
    else:
        if page.holding or present:
            entry = &page.entries[page.first]
            stop = &page.entries[end]
            while entry < stop:
                if entry.kind != VACANT:
                    clear(entry)
                entry += 1
            page.holding = 0
        if page.held:
            page.held = None
    page.clearing -= 1


cdef int drop_unneeded(Page page, const FormerSegments* former, int64_t end) noexcept:
    """Drops the entries before `end` that belong to the former segments and that no other window of the page needs."""
    cdef int i
    cdef int64_t position
    cdef Entry* entry
    for i in range(page.first, end):
        entry = &page.entries[i]
        if entry.kind == VACANT:
            continue
        position = (page.number << PAGE_BITS) + i
        if in_segments(former.segments, former.count, position) and not wanted_by_coverers(page, position):
            drop(entry, page)
    return 0


cdef bint wanted_by_coverers(Page page, int64_t position) noexcept:
    cdef Window window
    cdef int k
    for k in range(page.owners):
        window = <Window>page.coverers[k]
        if window.covers(position):
            window.analyse(last_position(window))
            if is_active(window, position):
                return True
    return False


cdef int release_page(Window window, Page page) except -1:
    cdef int64_t place = page.number - window.first_page
    if 0 <= place < window.page_count and window.directory[place] == <void*>page:
        window.directory[place] = NULL
        if place == 0:
            window.foremost = None
        if window.pages is not None:
            window.pages[place] = None
        uncover(window, page)
    return 0
