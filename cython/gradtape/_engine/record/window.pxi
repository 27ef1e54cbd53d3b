"""Windows: what one tape recorded and watches, and which entries depend on that. Included in `log`."""

cdef void mark_active(Window window, Entry* entries, int64_t position, int64_t stop) noexcept:
    """Sets the activity bits of positions on one page: of entries that read something active."""
    cdef Entry* entry
    cdef int64_t place
    cdef int i, count
    while position < stop:
        entry = &entries[position & PAGE_MASK]
        if entry.kind != VACANT and entry.kind != MARK and not (entry.horizon and window.generation >= entry.horizon):
            count = (<Call>entry.op).input_count if entry.kind == CALL else entry.count
            for i in range(count):
                if is_active(window, (<Call>entry.op).inputs[i] if entry.kind == CALL else operand_node(entry, i)):
                    place = position - (window.first_page << PAGE_BITS)
                    window.active[place >> 6] |= (<uint64_t>1) << (place & 63)
                    break
        position += 1


cdef int segment_from(const int64_t* segments, int count, int64_t position) noexcept:
    """The index of the first segment (IN) that ends after the position."""
    cdef int low = 0, high = count, middle
    if high and 0 <= segments[2 * high - 1] <= position:
        return high
    # Only the last may be open.
    high -= 1
    while low < high:
        middle = (low + high) >> 1
        if segments[2 * middle + 1] <= position:
            low = middle + 1
        else:
            high = middle
    return low


cdef bint in_segments(const int64_t* segments, int count, int64_t position) noexcept:
    cdef int s = segment_from(segments, count, position)
    return s < count and position >= segments[2 * s]


# The former segments of a window that was reset, while its entries are being dropped.
cdef struct FormerSegments:
    int64_t* segments
    int64_t own[4]
    int count


cdef class Window:
    def __cinit__(self):
        self.watch_variables = True
        self.use_inline_storage()

    cdef void use_inline_storage(self) noexcept:
        """Makes the window empty, using its inline storage, which is all zeros."""
        self.low = -1
        self.all_active = self.broken = False
        self.directory = self.own.directory
        self.page_capacity = 4
        self.page_count = 0
        self.segments = self.own_segments
        self.segment_capacity = 2
        self.segment_count = 0
        self.marks = self.own.marks
        self.mark_capacity = 16
        self.mark_count = self.family_count = 0
        self.active = self.own.active
        self.active_words = 24

    cdef void free_outgrown(self) noexcept:
        """Frees arrays that have outgrown the inline storage."""
        if self.directory != self.own.directory:
            free(self.directory)
        if self.segments != self.own_segments:
            free(self.segments)
        if self.marks != self.own.marks:
            free(self.marks)
        if self.active != self.own.active:
            free(self.active)

    def __del__(self):
        # Pages hold the addresses of their windows, so a window leaves them before the cycle collector clears it.
        self.collected = True
        self.stop()
        self.forget()

    def __dealloc__(self):
        self.free_outgrown()

    cdef int start(self, Thread thread) except -1:
        """Opens a segment at the thread's next position."""
        global open_windows
        cdef int64_t covered = self.page_count
        if self.collected:
            raise RuntimeError("A tape that the garbage collector has ended cannot be entered again. Make a new one.")
        if thread.next == thread.limit:
            next_page(thread)
        elif (thread.newest == NULL and not (self.page_count and (self.ends_on(thread.page) or self.resume_last_page(thread)))
                and not should_share_page(thread)):
            ensure_page(thread)
        if self.owner is None and self.segment_count and (thread.next >> TAG_SHIFT) != (self.low >> TAG_SHIFT):
            raise RuntimeError("A tape can only be re-entered in the thread that first entered it. "
                               "Make a new tape for this thread.")
        if self.owner is not None:
            raise ValueError("Tape is still recording, This can happen if you try to re-enter an already-active tape.")
        cover(self, thread.page)
        if self.all_active:
            self.keep_activity_bits()
        if self.segment_count and self.segments[2 * self.segment_count - 1] == thread.next:
            self.segments[2 * self.segment_count - 1] = -1       # no node was given meanwhile: continue the segment
        else:
            self.add_segment(thread.next)
        if thread.newest != NULL and (<Window>thread.newest).all_active:
            (<Window>thread.newest).keep_activity_bits()
        if self.low < 0:
            self.all_active = thread.newest == NULL and not thread.horizon
            self.low = thread.next
            self.analysed = thread.next
            # A window that is opened while tangents are pushed must see the entries of that push.
            self.generation = thread.horizon - 1 if thread.horizon else thread.generation
        open_windows += 1
        thread.opened += 1
        thread.window_changes += 1
        self.owner = thread
        self.older = thread.newest
        thread.newest = <PyObject*>self
        # Nested tapes open and close in constant time: only closing the lowest window needs a search.
        if thread.root == NULL and not covered:
            thread.collected = thread.grown = 0                      # they count pages of an earlier log
        if thread.root == NULL or self.low < (<Window>thread.root).low:
            thread.root = <PyObject*>self
            span_from_root(thread)
        if self.mark_count:
            thread.marking += 1
        renew_epoch(thread)
        if covered and covered < self.page_count and self.older == NULL and not thread.collecting:
            collect(thread)
        return 0

    cdef bint ends_on(self, Page page) noexcept:
        """Whether the page is the last one that the window covers."""
        return self.page_count != 0 and self.directory[self.page_count - 1] == <void*>page

    cdef bint resume_last_page(self, Thread thread):
        """Makes the window's last page the thread's current one again, if the thread has released it and used no later page."""
        cdef Page page
        if thread.page is not None or self.page_count == 0 or self.directory[self.page_count - 1] == NULL:
            return False
        page = <Page>self.directory[self.page_count - 1]
        if page.number != thread.next >> PAGE_BITS:
            return False
        page.last = PAGE_SIZE
        thread.page = page
        return True

    cdef int add_segment(self, int64_t start) except -1:
        if self.segment_count == self.segment_capacity:
            self.segments = <int64_t*>grow(self.segments, self.own_segments, self.segment_capacity * 2 * sizeof(int64_t),
                                           self.segment_capacity * 4 * sizeof(int64_t))
            self.segment_capacity *= 2
        self.segments[2 * self.segment_count] = start
        self.segments[2 * self.segment_count + 1] = -1
        self.segment_count += 1
        return 0

    cdef int stop(self) except -1:
        """Closes the open segment."""
        global open_windows
        cdef Thread thread = self.owner
        cdef PyObject* younger
        if thread is None:
            return 0
        self.segments[2 * self.segment_count - 1] = thread.next
        self.owner = None
        open_windows -= 1
        thread.opened -= 1
        thread.window_changes += 1
        if thread.newest == <PyObject*>self:
            thread.newest = self.older
        else:
            younger = thread.newest
            while (<Window>younger).older != <PyObject*>self:
                younger = (<Window>younger).older
            (<Window>younger).older = self.older
        self.older = NULL
        if thread.newest == NULL:
            thread.root = NULL
            thread.marking = 0
            thread.span = 0
            thread.floor = 0
            if thread.page.held and thread.paused <= 0:
                # Closures of Python vjps may refer to their tape: only the tape may own the page, or the cycle is never collected.
                if thread.next < thread.limit:
                    thread.page.last = thread.next & PAGE_MASK
                thread.page = None
            return 0
        if thread.root == <PyObject*>self:
            update_root(thread)
        elif self.mark_count:
            thread.marking -= 1
        renew_epoch(thread)
        return 0

    cdef int forget(self) except -1:
        """Drops everything recorded and watched. The window is empty again before any user code can run."""
        cdef Page page = self.foremost
        cdef list pages = self.pages
        cdef int64_t count = self.page_count
        cdef FormerSegments former
        if self.sweeps != NULL:
            return self.move_to_sweeps()
        former.segments = self.own_segments
        former.count = self.segment_count
        if self.segments != self.own_segments:
            former.segments = self.segments
            self.segments = self.own_segments
        elif former.count:
            memcpy(former.own, self.own_segments, sizeof(former.own))
            former.segments = former.own
        self.page_count = 0
        self.foremost = None
        self.pages = None
        # The part of the inline storage that was used is zeroed; the rest is zeros already.
        if pages is not None:
            for page in pages:
                if page is not None:
                    uncover(self, page)
            if self.directory == self.own.directory:
                memset(self.own.directory, 0, count * sizeof(void*))
        elif page is not None:
            uncover(self, page)
            self.directory[0] = NULL
        if self.mark_count and self.marks == self.own.marks:
            memset(self.own.marks, 0, self.mark_capacity * sizeof(Marks))
        if not self.all_active and self.active == self.own.active:
            memset(self.own.active, 0, self.active_words * sizeof(uint64_t))
        self.free_outgrown()
        self.use_inline_storage()
        if pages is not None:
            for page in pages:
                if page is not None:
                    leave_page(&former, page)
        elif page is not None:
            leave_page(&former, page)
        if former.segments != former.own and former.count:
            free(former.segments)
        return 0

    cdef int move_to_sweeps(self) except -1:
        """Moves everything recorded and watched to a new window, owned by the sweeps in progress."""
        cdef Window other = Window.__new__(Window)
        cdef Sweeping* sweep = self.sweeps
        cdef Page page
        cdef int64_t place
        cdef int i
        for place in range(self.page_count):
            page = <Page>self.directory[place] if self.directory[place] != NULL else None
            if page is not None:
                for i in range(page.owners):
                    if page.coverers[i] == <void*>self:
                        page.coverers[i] = <void*>other
        other.foremost, other.pages = self.foremost, self.pages
        self.foremost = self.pages = None
        other.own = self.own
        memcpy(other.own_segments, self.own_segments, sizeof(self.own_segments))
        if self.directory != self.own.directory:
            other.directory = self.directory
        if self.segments != self.own_segments:
            other.segments = self.segments
        if self.marks != self.own.marks:
            other.marks = self.marks
        if self.active != self.own.active:
            other.active = self.active
        other.first_page, other.page_count, other.page_capacity = self.first_page, self.page_count, self.page_capacity
        other.low, other.all_active, other.broken = self.low, self.all_active, self.broken
        other.segment_count, other.segment_capacity = self.segment_count, self.segment_capacity
        other.mark_count, other.family_count, other.mark_capacity = self.mark_count, self.family_count, self.mark_capacity
        other.active_words, other.analysed, other.generation = self.active_words, self.analysed, self.generation
        other.sweeps = sweep
        self.sweeps = NULL
        memset(&self.own, 0, sizeof(OwnStorage))
        self.use_inline_storage()
        while sweep != NULL:
            sweep.window = <PyObject*>other
            Py_INCREF(other)
            Py_DECREF(self)
            sweep = sweep.next
        return 0

    cdef int mark(self, int64_t node) except -1:
        """Watches a node from here on."""
        cdef int64_t place
        if self.low >= 0 and node >= self.low and (node >> TAG_SHIFT) == (self.low >> TAG_SHIFT):
            if self.all_active:
                if node < last_position(self):
                    return 0
                self.keep_activity_bits()
            self.analyse(last_position(self))
            self.reserve_bits(node)
            place = node - (self.first_page << PAGE_BITS)
            self.active[place >> 6] |= (<uint64_t>1) << (place & 63)
            return 0
        if not is_marked(self, node):
            self.insert_mark(node)
        return 0

    cdef int insert_mark(self, int64_t node) except -1:
        """Marks a node that is not one of the window's positions and not marked yet."""
        # Entries recorded before the mark must not become active by it.
        if not self.all_active and self.low >= 0:
            self.analyse(last_position(self))
        cdef Marks* marks = &self.marks[place_of_family(self.marks, self.mark_capacity, node)]
        if marks.family == 0:
            if 2 * self.family_count >= self.mark_capacity:
                self.rehash()
                marks = &self.marks[place_of_family(self.marks, self.mark_capacity, node)]
            marks.family = (node >> FAMILY_BITS) + 1
            marks.place = <int>self.family_count
            self.family_count += 1
        marks.members |= <unsigned int>1 << (node & FAMILY_MASK)
        self.mark_count += 1
        if self.owner is not None and self.mark_count == 1:
            self.owner.marking += 1
            self.owner.window_changes += 1
        return 0

    cdef int rehash(self) except -1:
        cdef Marks* old = self.marks
        cdef Py_ssize_t i, old_capacity = self.mark_capacity
        self.mark_capacity = 4 * old_capacity
        self.marks = <Marks*>calloc(self.mark_capacity, sizeof(Marks))
        if self.marks == NULL:
            self.marks = old
            self.mark_capacity = old_capacity
            raise MemoryError("gradtape could not grow a tape's watched set")
        for i in range(old_capacity):
            if old[i].family:
                self.marks[place_of_family(self.marks, self.mark_capacity, (old[i].family - 1) << FAMILY_BITS)] = old[i]
        if old == self.own.marks:
            memset(old, 0, old_capacity * sizeof(Marks))
        else:
            free(old)
        return 0

    cdef int reserve_bits(self, int64_t position) except -1:
        """Makes room for the activity bit of a position."""
        cdef int64_t words = ((position - (self.first_page << PAGE_BITS)) >> 6) + 1
        if words > self.active_words:
            words = 2 * words + 8
            self.active = <uint64_t*>grow(self.active, self.own.active, self.active_words * 8, words * 8)
            self.active_words = words
        return 0

    cdef int keep_activity_bits(self) except -1:
        """From now on activity is kept in bits, entry by entry; all entries so far are active."""
        cdef int64_t position, place
        if self.all_active:
            self.all_active = False
            self.analysed = last_position(self)
            self.reserve_bits(self.analysed)
            for position in range(self.low, self.analysed):
                place = position - (self.first_page << PAGE_BITS)
                self.active[place >> 6] |= (<uint64_t>1) << (place & 63)
        return 0

    cdef int analyse(self, int64_t end) except -1:
        """Computes the activity bits of positions below `end`."""
        cdef int64_t position = self.analysed, stop, page_stop, place
        cdef int s
        if self.all_active or position >= end:
            return 0
        self.reserve_bits(end)
        for s in range(segment_from(self.segments, self.segment_count, position), self.segment_count):
            stop = self.segments[2 * s + 1]
            if stop < 0 or stop > end:
                stop = end
            if position < self.segments[2 * s]:
                position = self.segments[2 * s]
            while position < stop:
                place = (position >> PAGE_BITS) - self.first_page
                if place >= self.page_count:
                    break
                page_stop = ((position >> PAGE_BITS) + 1) << PAGE_BITS
                if self.directory[place] == NULL:
                    position = page_stop
                    continue
                page_stop = min(stop, page_stop)
                mark_active(self, (<Page>self.directory[place]).entries, position, page_stop)
                position = page_stop
        self.analysed = end
        return 0

    cdef bint covers(self, int64_t position) noexcept:
        return in_segments(self.segments, self.segment_count, position)

    cdef bint sole_owner(self) noexcept:
        cdef int64_t place
        for place in range(self.page_count):
            if self.directory[place] != NULL and (<Page>self.directory[place]).owners != 1:
                return False
        return True
