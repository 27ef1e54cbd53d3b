"""The log is the program: ops append entries to their thread's log, tapes are windows over it.

Nodes. Every tensor that was recorded or watched has one node id, never changed. The node of a recorded tensor is
its entry's position; a thread's positions carry the thread's tag in the bits from TAG_SHIFT up, so nodes are unique
in the process. Variables have nodes of their own below the first tag. Node 0 means never recorded or watched.

A tensor that dies flags its entry; before a page is added, `collect` drops entries that no live tensor reaches.
"""

cimport cython

from cpython.exc cimport PyErr_Fetch, PyErr_Restore
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcpy, memset

from gradtape._engine.record.entries cimport (CALL, MARK, PAGE_BITS, PAGE_MASK, PAGE_SIZE, VACANT, Call, Entry, Page, clear, drop,
                                              operand_node)

cdef extern from "Python.h":
    bint PyGC_Disable()
    bint PyGC_Enable()
    PyObject* PyThreadState_GetDict()

cdef extern from *:
    """
    #include "compiler.h"
    static THREAD_LOCAL_POINTER PyObject* gradtape_thread = 0;
    """
    PyObject* gradtape_thread


cdef enum:
    TAG_SHIFT = 50
    MAX_TAG = (1 << 13) - 1
    WARM = 96                # entries of a page that a thread's tapes take turns with, so that they stay in cache

cdef Collect collect = NULL
cdef int64_t _tags = 0
cdef list _ended = []            # where ended threads' positions stopped, for further threads to go on from
cdef int64_t _variables = 0
cdef int64_t _epochs = 0
observers = followers = 0


cdef int64_t new_variable_node() noexcept:
    global _variables
    _variables += 1
    return _variables


cdef Thread thread():
    return <Thread>here()


cdef PyObject* here() except NULL:
    return gradtape_thread if gradtape_thread != NULL else make_thread()


cdef void collect_by(Collect how) noexcept:
    global collect
    collect = how


cdef PyObject* known_thread() noexcept:
    return gradtape_thread


cdef PyObject* make_thread() except NULL:
    """The thread's own dictionary keeps the state alive and drops it when the thread ends."""
    global gradtape_thread, _tags
    cdef Thread made = Thread.__new__(Thread)
    cdef ThreadExit at_exit = ThreadExit.__new__(ThreadExit)
    at_exit.thread = <PyObject*>made
    if _ended:
        made.next = _ended.pop()
    elif _tags == MAX_TAG:
        raise RuntimeError(f"gradtape can be used in at most {MAX_TAG} threads at a time")
    else:
        _tags += 1
        made.next = (_tags << TAG_SHIFT) + PAGE_SIZE
    made.limit = made.next
    made.accumulators = []
    made.trackers = []
    made.watchers = []
    renew_epoch(made)
    (<dict>PyThreadState_GetDict())["gradtape's end"] = at_exit
    (<dict>PyThreadState_GetDict())["gradtape"] = made
    gradtape_thread = <PyObject*>made
    return gradtape_thread


cdef int renew_epoch(Thread thread) except -1:
    global _epochs
    _epochs += 1
    thread.epoch = _epochs
    return 0


@cython.final
cdef class ThreadExit:
    """Forgets a thread's state as Python leaves the thread: should it run Python again, it gets a new one, even if a tape holds the old."""
    cdef PyObject* thread

    def __dealloc__(self):
        global gradtape_thread
        if gradtape_thread == self.thread:
            gradtape_thread = NULL


@cython.final
cdef class Thread:
    def __dealloc__(self):
        global gradtape_thread, observers
        if gradtape_thread == <PyObject*>self:
            gradtape_thread = NULL
        observers -= self.opened
        if self.next:
            _ended.append(((self.next >> PAGE_BITS) + 1) << PAGE_BITS)


cdef int ensure_page(Thread thread) except -1:
    """A page at the thread's next position that no window owns yet."""
    if thread.page is not None and thread.page.owners == 0 and not thread.page.clearing and not thread.page.holding:
        if thread.next == thread.limit or (thread.next & PAGE_MASK) > WARM:
            thread.next = ((thread.next + PAGE_SIZE - 1) >> PAGE_BITS) << PAGE_BITS
            thread.page.number = thread.next >> PAGE_BITS
            thread.limit = thread.next + PAGE_SIZE
        thread.page.first = thread.next & PAGE_MASK
        thread.page.held = None
        return 0
    if thread.page is not None and thread.next < thread.limit:
        thread.page.last = thread.next & PAGE_MASK
    thread.next = ((thread.next + PAGE_SIZE - 1) >> PAGE_BITS) << PAGE_BITS
    thread.limit = thread.next
    return turn_to(thread, new_page(thread))


cdef bint shareable(Thread thread) noexcept:
    """Whether a tape had better go on with the present page, though others cover it: a page of its own would waste one that
    is nearly empty, or that a tape will return to."""
    return thread.page is not None and thread.page.owners and (
        thread.paused > 0 or (thread.next & PAGE_MASK) < PAGE_SIZE // 4)


cdef int next_page(Thread thread) except -1:
    """Makes a place for the next entry. What collecting drops may run a program's code, which may record, open tapes and close them:
    the thread is looked at anew then. From there on nothing of the program's runs until the page stands."""
    if thread.newest != NULL and not thread.collecting:
        collect(thread)
    while thread.next == thread.limit:
        if thread.newest == NULL:
            ensure_page(thread)
        else:
            cover_next(thread)
    return 0


cdef int reserve_entries(Thread thread, int64_t count) except -1:
    """Collects where so many entries need another page, so that nothing is dropped between them."""
    if thread.next + count > thread.limit and thread.newest != NULL and not thread.collecting:
        collect(thread)
    return 0


cdef int cover_next(Thread thread) except -1:
    """A page at the thread's next position that all its open windows cover."""
    cdef PyObject* window
    cdef PyObject* covering
    cdef Page page
    page = new_page(thread)
    window = thread.newest
    try:
        while window != NULL:
            adopt(<Window>window, page)
            window = (<Window>window).older
    except BaseException:
        covering = thread.newest
        while covering != window:
            release_page(<Window>covering, page)
            covering = (<Window>covering).older
        raise
    return turn_to(thread, page)


cdef Page new_page(Thread thread):
    """A page of the entries from the thread's next position on. The collector, whose finalizers record, waits."""
    cdef bint collecting = PyGC_Disable()
    cdef Page page
    try:
        page = Page.__new__(Page)
        page.number = thread.next >> PAGE_BITS
        return page
    finally:
        if collecting:
            PyGC_Enable()


cdef int turn_to(Thread thread, Page page) except -1:
    """Has the thread record on a page from its next position on."""
    cdef Page before = thread.page       # no-cython-lint: what it may hold is released last
    thread.page = page
    thread.limit = thread.next + PAGE_SIZE
    thread.entries = page.entries
    return 0


cdef int64_t give_node(Thread thread) except -1:
    """A node for a tensor that no entry made: forward accumulators know tensors by theirs."""
    if thread.next == thread.limit:
        next_page(thread)
    if thread.newest != NULL:
        (<Window>thread.newest).lapse()
    # No entry stands for it. A read may still stand there, on a page that another thread released; where the thread has none, its
    # last one may be another's by now.
    if thread.page is not None:
        thread.entries[thread.next & PAGE_MASK].kind = VACANT
    thread.next += 1
    return thread.next - 1


cdef int adopt(Window window, Page page) except -1:
    """Adds a page to what the window covers. Nothing of a program's runs meanwhile."""
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


cdef int abandon(Window window, Page page) noexcept:
    """Removes a window from those that cover a page; the last that came is mostly the first that leaves."""
    cdef int i
    for i in range(page.owners - 1, -1, -1):
        if page.coverers[i] == <void*>window:
            page.owners -= 1
            page.coverers[i] = page.coverers[page.owners]
            break
    return 0


cdef void* grow(void* old, void* own, Py_ssize_t old_bytes, Py_ssize_t new_bytes) except NULL:
    """More zeroed storage for an array that may still stand in its window's own storage, which is zeros again then."""
    cdef void* made = malloc(new_bytes) if old == own else realloc(old, new_bytes)
    if made == NULL:
        raise MemoryError("gradtape could not grow its log")
    if old == own:
        memcpy(made, old, old_bytes)
        memset(old, 0, old_bytes)
    memset(<char*>made + old_bytes, 0, new_bytes - old_bytes)
    return made


cdef Window newest_window(Thread thread):
    return None if thread.newest == NULL else <Window>thread.newest


cdef Window older_window(Window window):
    return None if window.older == NULL else <Window>window.older


cdef int settle(Thread thread) except -1:
    """Finds the lowest open window anew, and with it what the thread records."""
    cdef PyObject* window = thread.newest
    thread.root = NULL
    thread.marking = 0
    while window != NULL:
        if thread.root == NULL or (<Window>window).low < (<Window>thread.root).low:
            thread.root = window
        if (<Window>window).mark_count:
            thread.marking += 1
        window = (<Window>window).older
    span_from_root(thread)
    return 0


cdef void span_from_root(Thread thread) noexcept:
    thread.span = 0
    thread.floor = 0
    if thread.root != NULL and not thread.stopped:
        thread.floor = (<Window>thread.root).low
        thread.span = <uint64_t>(((thread.floor >> TAG_SHIFT) + 1) << TAG_SHIFT) - <uint64_t>thread.floor


cdef bint marked_in_open_window(Thread thread, int64_t node) noexcept:
    cdef PyObject* window = thread.newest
    if thread.stopped:
        return False
    if thread.marking == 1 and thread.root != NULL and (<Window>thread.root).mark_count:
        return is_marked(<Window>thread.root, node)
    while window != NULL:
        if (<Window>window).mark_count and is_marked(<Window>window, node):
            return True
        window = (<Window>window).older
    return False


cdef void mark_dead(int64_t node) noexcept:
    """Called as a numbered tensor dies: its entry, if an open window covers it, may be dropped."""
    cdef PyObject* at = gradtape_thread
    cdef PyObject* root
    cdef int64_t place
    if at == NULL:
        return
    if <uint64_t>(node - (<Thread>at).floor) < (<Thread>at).span:
        root = (<Thread>at).root
        place = (node >> PAGE_BITS) - (<Window>root).first_page
        if 0 <= place < (<Window>root).page_count and (<Window>root).directory[place] != NULL:
            (<Page>(<Window>root).directory[place]).entries[node & PAGE_MASK].dead += 1


cdef void mark_twin(Thread thread, int64_t node) noexcept:
    """Called as a recorded tensor gets a twin under its node id: only as both have died may its entry be dropped."""
    cdef int64_t place
    if <uint64_t>(node - thread.floor) < thread.span:
        place = (node >> PAGE_BITS) - (<Window>thread.root).first_page
        if 0 <= place < (<Window>thread.root).page_count and (<Window>thread.root).directory[place] != NULL:
            (<Page>(<Window>thread.root).directory[place]).entries[node & PAGE_MASK].dead -= 1


cdef void drop_tangents(int64_t node) noexcept:
    cdef PyObject* kind
    cdef PyObject* value
    cdef PyObject* traceback
    cdef Tangents tangents
    if gradtape_thread == NULL or not (<Thread>gradtape_thread).tracking:
        return
    # Tensors die while an exception is on its way too, which must not be in sight of what looks for errors.
    PyErr_Fetch(&kind, &value, &traceback)
    for tangents in list((<Thread>gradtape_thread).trackers):
        tangents.table.pop(node, None)
    PyErr_Restore(kind, value, traceback)


@cython.final
cdef class Tangents:
    pass


cdef int track(Tangents tangents) except -1:
    """From here on the tangents are told of dying primals."""
    global followers
    tangents.owner.trackers.append(tangents)
    tangents.owner.tracking += 1
    followers += 1
    return 0


cdef void untrack(Tangents tangents) noexcept:
    global followers
    cdef int before = tangents.owner.tracking
    tangents.owner.trackers[:] = [other for other in tangents.owner.trackers if other is not tangents]
    tangents.owner.tracking = len(tangents.owner.trackers)
    followers -= before - tangents.owner.tracking


cdef Level present_level(Thread thread) noexcept:
    cdef Level level
    level.span = thread.span
    level.floor = thread.floor
    level.marking = thread.marking
    level.horizon = thread.horizon
    level.turns = thread.turns
    return level


cdef int return_to(Thread thread, Level level) except -1:
    """Has the thread record what it did. Windows may have opened, closed and been reset: then it is found out anew."""
    thread.horizon = level.horizon
    if thread.turns == level.turns:
        thread.span = level.span
        thread.floor = level.floor
        thread.marking = level.marking
        return 0
    settle(thread)
    if level.horizon and level.span == 0:        # what pushes tangents had closed them all
        thread.span = 0
        thread.floor = 0
        thread.marking = 0
    return 0


class Unrecorded:
    """Within the block its thread records nothing, neither on tapes and forward accumulators that are active nor on new ones."""

    def __enter__(self):
        cdef Thread th = thread()
        th.stopped += 1
        self._before = present_level(th)
        th.span = 0
        th.floor = 0
        th.marking = 0
        th.forward = False
        renew_epoch(th)
        return self

    def __exit__(self, *exception):
        cdef Thread th = thread()
        th.stopped -= 1
        if th.stopped == 0:
            return_to(th, self._before)
            th.forward = len(th.accumulators) != 0
            renew_epoch(th)


cdef void mark_active(Window window, Entry* entries, int64_t position, int64_t stop) noexcept:
    """Sets the bits of those positions on a page whose entries read what is watched or depends on it."""
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
    """The first of some segments (IN) that does not end before the position."""
    cdef int low = 0, high = count, middle
    if high and 0 <= segments[2 * high - 1] <= position:
        return high
    # All but the last have an end.
    high -= 1
    while low < high:
        middle = (low + high) >> 1
        if segments[2 * middle + 1] <= position:
            low = middle + 1
        else:
            high = middle
    return low


cdef bint lies_in(const int64_t* segments, int count, int64_t position) noexcept:
    cdef int s = segment_from(segments, count, position)
    return s < count and position >= segments[2 * s]


# The segments of a window that is as new already, while what it recorded goes.
cdef struct Past:
    int64_t* segments
    int64_t own[4]
    int count


cdef class Window:
    def __cinit__(self):
        self.watch_variables = True
        self.take_own_storage()

    cdef void take_own_storage(self) noexcept:
        """Empty, in its own storage, which is all zeros."""
        self.low = -1
        self.alone = self.broken = False
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

    cdef void move_out(self) noexcept:
        """Frees what outgrew its own storage."""
        if self.directory != self.own.directory:
            free(self.directory)
        if self.segments != self.own_segments:
            free(self.segments)
        if self.marks != self.own.marks:
            free(self.marks)
        if self.active != self.own.active:
            free(self.active)

    def __del__(self):
        # Pages know their windows by address, so a window leaves them before the cycle collector takes it apart.
        self.collected = True
        self.stop()
        self.forget()

    def __dealloc__(self):
        self.move_out()

    cdef int start(self, Thread thread) except -1:
        """Opens a segment at the thread's next position."""
        global observers
        cdef int64_t covered = self.page_count
        if self.collected:
            raise RuntimeError("A tape that the garbage collector has ended cannot be entered again. Make a new one.")
        if thread.next == thread.limit:
            next_page(thread)
        elif (thread.newest == NULL and not (self.page_count and (self.ends_on(thread.page) or self.take_back(thread)))
                and not shareable(thread)):
            ensure_page(thread)
        if self.owner is None and self.segment_count and (thread.next >> TAG_SHIFT) != (self.low >> TAG_SHIFT):
            raise RuntimeError("A tape can only be re-entered in the thread that first entered it. "
                               "Make a new tape for this thread.")
        if self.owner is not None:
            raise ValueError("Tape is still recording, This can happen if you try to re-enter an already-active tape.")
        adopt(self, thread.page)
        if self.alone:
            self.lapse()
        if self.segment_count and self.segments[2 * self.segment_count - 1] == thread.next:
            self.segments[2 * self.segment_count - 1] = -1       # nothing was numbered meanwhile: the segment goes on
        else:
            self.add_segment(thread.next)
        if thread.newest != NULL and (<Window>thread.newest).alone:
            (<Window>thread.newest).lapse()
        if self.low < 0:
            self.alone = thread.newest == NULL and not thread.horizon
            self.low = thread.next
            self.analysed = thread.next
            # One that opens while tangents are pushed is of the pushing, and must see it.
            self.generation = thread.horizon - 1 if thread.horizon else thread.generation
        observers += 1
        thread.opened += 1
        thread.turns += 1
        self.owner = thread
        self.older = thread.newest
        thread.newest = <PyObject*>self
        # Nested tapes open and close in constant time: only the lowest window's closing asks for a search.
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
        """Whether the page is the last that the window covers."""
        return self.page_count != 0 and self.directory[self.page_count - 1] == <void*>page

    cdef bint take_back(self, Thread thread):
        """Goes on with the window's last page if the thread has released it and has numbered nothing beyond."""
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
        global observers
        cdef Thread thread = self.owner
        cdef PyObject* younger
        if thread is None:
            return 0
        self.segments[2 * self.segment_count - 1] = thread.next
        self.owner = None
        observers -= 1
        thread.opened -= 1
        thread.turns += 1
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
                # What Python rules hold may hold their tape in turn: it is the tape's alone, or that would never be collected.
                if thread.next < thread.limit:
                    thread.page.last = thread.next & PAGE_MASK
                thread.page = None
            return 0
        if thread.root == <PyObject*>self:
            settle(thread)
        elif self.mark_count:
            thread.marking -= 1
        renew_epoch(thread)
        return 0

    cdef int forget(self) except -1:
        """Lets go of all that was recorded and watched. The window is as new before anything of a program's own can run."""
        cdef Page page = self.foremost
        cdef list pages = self.pages
        cdef int64_t count = self.page_count
        cdef Past past
        if self.sweeps != NULL:
            return self.hand_over()
        past.segments = self.own_segments
        past.count = self.segment_count
        if self.segments != self.own_segments:
            past.segments = self.segments
            self.segments = self.own_segments
        elif past.count:
            memcpy(past.own, self.own_segments, sizeof(past.own))
            past.segments = past.own
        self.page_count = 0
        self.foremost = None
        self.pages = None
        # What was used of the window's own storage goes back to zeros, which the rest is.
        if pages is not None:
            for page in pages:
                if page is not None:
                    abandon(self, page)
            if self.directory == self.own.directory:
                memset(self.own.directory, 0, count * sizeof(void*))
        elif page is not None:
            abandon(self, page)
            self.directory[0] = NULL
        if self.mark_count and self.marks == self.own.marks:
            memset(self.own.marks, 0, self.mark_capacity * sizeof(Marks))
        if not self.alone and self.active == self.own.active:
            memset(self.own.active, 0, self.active_words * sizeof(uint64_t))
        self.move_out()
        self.take_own_storage()
        if pages is not None:
            for page in pages:
                if page is not None:
                    leave_page(&past, page)
        elif page is not None:
            leave_page(&past, page)
        if past.segments != past.own and past.count:
            free(past.segments)
        return 0

    cdef int hand_over(self) except -1:
        """Gives all that was recorded and watched to a window of their own to the sweeps that are under way, which hold it."""
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
        other.low, other.alone, other.broken = self.low, self.alone, self.broken
        other.segment_count, other.segment_capacity = self.segment_count, self.segment_capacity
        other.mark_count, other.family_count, other.mark_capacity = self.mark_count, self.family_count, self.mark_capacity
        other.active_words, other.analysed, other.generation = self.active_words, self.analysed, self.generation
        other.sweeps = sweep
        self.sweeps = NULL
        memset(&self.own, 0, sizeof(OwnStorage))
        self.take_own_storage()
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
            if self.alone:
                if node < last_position(self):
                    return 0
                self.lapse()
            self.analyse(last_position(self))
            self.reach(node)
            place = node - (self.first_page << PAGE_BITS)
            self.active[place >> 6] |= (<uint64_t>1) << (place & 63)
            return 0
        if not is_marked(self, node):
            self.insert_mark(node)
        return 0

    cdef int insert_mark(self, int64_t node) except -1:
        """Marks a node that is none of the window's positions and not marked yet."""
        # What was recorded before the mark must not come to depend on it.
        if not self.alone and self.low >= 0:
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
            self.owner.turns += 1
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

    cdef int reach(self, int64_t position) except -1:
        """Makes a place for the bit of a position."""
        cdef int64_t words = ((position - (self.first_page << PAGE_BITS)) >> 6) + 1
        if words > self.active_words:
            words = 2 * words + 8
            self.active = <uint64_t*>grow(self.active, self.own.active, self.active_words * 8, words * 8)
            self.active_words = words
        return 0

    cdef int lapse(self) except -1:
        """From here on the window is not alone, or not in one segment: what depends on its marks is found entry by entry."""
        cdef int64_t position, place
        if self.alone:
            self.alone = False
            self.analysed = last_position(self)
            self.reach(self.analysed)
            for position in range(self.low, self.analysed):
                place = position - (self.first_page << PAGE_BITS)
                self.active[place >> 6] |= (<uint64_t>1) << (place & 63)
        return 0

    cdef int analyse(self, int64_t end) except -1:
        """Extends the activity bits to positions below `end`."""
        cdef int64_t position = self.analysed, stop, page_stop, place
        cdef int s
        if self.alone or position >= end:
            return 0
        self.reach(end)
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
        return lies_in(self.segments, self.segment_count, position)

    cdef bint sole_owner(self) noexcept:
        cdef int64_t place
        for place in range(self.page_count):
            if self.directory[place] != NULL and (<Page>self.directory[place]).owners != 1:
                return False
        return True


cdef void leave_page(const Past* past, Page page) noexcept:
    """Empties a page that no window covers any more; of a shared one, drops the entries of a window that has left it."""
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
        drop_unneeded(page, past, end)
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


cdef int drop_unneeded(Page page, const Past* past, int64_t end) noexcept:
    """Drops the entries before `end` that were of a window that has left and that no window left on the page depends on."""
    cdef int i
    cdef int64_t position
    cdef Entry* entry
    for i in range(page.first, end):
        entry = &page.entries[i]
        if entry.kind == VACANT:
            continue
        position = (page.number << PAGE_BITS) + i
        if lies_in(past.segments, past.count, position) and not wanted_by_coverers(page, position):
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
        abandon(window, page)
    return 0
