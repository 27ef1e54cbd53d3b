"""The log: windows over pages of entries, and each thread's place in it."""

cimport cython

from cpython.ref cimport Py_DECREF, PyObject
from libc.stdint cimport int64_t, uint64_t
from gradtape._engine.record.entries cimport MARK, OP, CALL, PAGE_BITS, PAGE_MASK, VACANT, Call, Entry, Page

# Marks on sixteen neighbouring nodes: variables are read in the order in which they were made more often than not.
cdef struct Marks:
    int64_t family               # what the nodes have in common, and 1 more, as 0 is a free place
    int place                    # families that were marked before
    unsigned int members         # a bit per node

cdef enum:
    FAMILY_BITS = 4
    FAMILY_SIZE = 16
    FAMILY_MASK = 15

# Storage of a tape of ordinary size, all zeros where it is not in use, so that a training step asks the system for nothing.
cdef struct OwnStorage:
    void* directory[4]
    Marks marks[16]
    uint64_t active[24]

# A sweep under way, as the window knows it that is swept.
cdef struct Sweeping:
    PyObject* window             # owned: another one once the tape has freed what it recorded
    Sweeping* next

cdef class Window:
    """What one tape has seen: segments of the log of its thread, and what was watched."""
    cdef object __weakref__
    cdef Page foremost                   # the first page
    cdef list pages                      # page by number - first_page, where there are more; None in gaps
    cdef void** directory                # the same, borrowed; NULL in gaps
    cdef PyObject* older                 # while open: the window that its thread opened before, among those still open; borrowed
    cdef Sweeping* sweeps                # the sweeps over it that are under way
    cdef OwnStorage own
    cdef int64_t own_segments[4]
    cdef int64_t first_page
    cdef int64_t page_count
    cdef int64_t page_capacity
    cdef int64_t low                     # position of the first segment's start, or -1
    cdef int64_t* segments               # pairs (start, end), end = -1 while recording
    cdef int segment_count
    cdef int segment_capacity
    cdef Thread owner                    # the thread that records, while recording
    cdef bint watch_variables
    cdef list variables                  # watched variables in order; None until there was one
    cdef Marks* marks                    # watched nodes that lie outside [low, ...): a table, found by open addressing
    cdef Py_ssize_t mark_count
    cdef Py_ssize_t family_count
    cdef Py_ssize_t mark_capacity        # families that the table has room for
    cdef bint broken                     # a sweep that drops entries stopped half way
    cdef bint collected                  # its finalizer has run: it will not be told again, so it is never opened again
    cdef bint alone                      # nothing but its own ops ever got a node in its only segment: all depend on a mark
    cdef uint64_t* active                # otherwise a bit per position from first_page on: depends on something watched
    cdef int64_t active_words
    cdef int64_t analysed                # positions below this have their bit
    cdef int generation                  # forward accumulators that its thread had entered before it first opened
    cdef void take_own_storage(self) noexcept
    cdef void move_out(self) noexcept
    cdef int hand_over(self) except -1
    cdef bint ends_on(self, Page page) noexcept
    cdef bint take_back(self, Thread thread)
    cdef int add_segment(self, int64_t start) except -1
    cdef int rehash(self) except -1
    cdef int reach(self, int64_t position) except -1
    cdef int start(self, Thread thread) except -1
    cdef int stop(self) except -1
    cdef int forget(self) except -1
    cdef int mark(self, int64_t node) except -1
    cdef int insert_mark(self, int64_t node) except -1
    cdef int analyse(self, int64_t end) except -1
    cdef int lapse(self) except -1
    cdef bint covers(self, int64_t position) noexcept
    cdef bint sole_owner(self) noexcept

@cython.final
cdef class Thread:
    """A thread's place in its log."""
    cdef int64_t floor                   # lowest position of an open window
    cdef uint64_t span                   # positions from floor on that are recorded; 0 when nothing records
    cdef int64_t next                    # node of the next entry
    cdef int64_t limit                   # end of the present page
    cdef Entry* entries                  # of the present page
    cdef Page page
    cdef PyObject* root                  # the open window that starts lowest, borrowed
    cdef PyObject* newest                # open windows, by `older`, borrowed: one without references closes as it ends
    cdef int marking                     # open windows that have marks
    cdef int64_t epoch                   # changes whenever cached variable reads go stale; unique in the process
    cdef list accumulators               # Tangents of the active forward accumulators, outermost first
    cdef list trackers                   # Tangents that hold anything, active or not
    cdef int tracking                    # how many those are
    cdef int generation                  # forward accumulators entered so far
    cdef int horizon                     # of entries recorded now
    cdef list watchers                   # lists that collect the variables read, for custom gradients
    cdef bint forward                    # any accumulator is active
    cdef int opened                      # open windows
    cdef int64_t turns                   # windows and accumulators opened and closed so far, and windows first marked in
    cdef int paused                      # windows that will go on recording when their stop_recording block ends
    cdef int stopped                     # blocks entered within which the thread records nothing
    cdef int64_t collected               # after how many pages more the whole log is collected
    cdef int64_t grown                   # pages added since
    cdef bint collecting

# What a thread records at a moment, to return to.
cdef struct Level:
    uint64_t span
    int64_t floor
    int marking
    int horizon
    int64_t turns

@cython.final
cdef class Tangents:
    """A forward accumulator's tangents by the node of their primal; dropped as the primal dies."""
    cdef dict table
    cdef bint entered            # its accumulator is active, or was until what pushes tangents put it aside
    cdef int generation
    cdef Thread owner

cdef int observers                       # open windows of all threads
cdef int followers                       # Tangents of all threads that hold anything

cdef Thread thread()
cdef PyObject* here() except NULL                      # the same, borrowed: hot places do not count references
cdef int next_page(Thread thread) except -1
cdef int reserve_entries(Thread thread, int64_t count) except -1
cdef int64_t give_node(Thread thread) except -1
cdef int ensure_page(Thread thread) except -1
cdef bint marked_in_open_window(Thread thread, int64_t node) noexcept
cdef int64_t new_variable_node() noexcept
cdef void mark_dead(int64_t node) noexcept            # needs to be told only while there are observers
cdef void mark_twin(Thread thread, int64_t node) noexcept
cdef void drop_tangents(int64_t node) noexcept        # and this only while there are followers
cdef Window newest_window(Thread thread)               # None where none is open
cdef Window older_window(Window window)
cdef int renew_epoch(Thread thread) except -1
cdef void span_from_root(Thread thread) noexcept
cdef int settle(Thread thread) except -1
cdef int release_page(Window window, Page page) except -1
cdef bint wanted_by_coverers(Page page, int64_t position) noexcept
cdef PyObject* known_thread() noexcept                  # NULL where the thread has done nothing yet

# What drops entries that no window needs stands above, in record.collection.
ctypedef int (*Collect)(Thread thread) except -1
cdef void collect_by(Collect collect) noexcept
cdef Level present_level(Thread thread) noexcept
cdef int return_to(Thread thread, Level level) except -1
cdef int track(Tangents tangents) except -1
cdef void untrack(Tangents tangents) noexcept

cdef inline bint on_open_window(Thread thread, int64_t node) noexcept:
    return <uint64_t>(node - thread.floor) < thread.span or (
        thread.marking != 0 and node != 0 and marked_in_open_window(thread, node))

cdef inline Py_ssize_t place_of_family(const Marks* marks, Py_ssize_t capacity, int64_t node) noexcept nogil:
    """Where a node's family stands in a table of marks (IN), or the free place where it would: the table is never full. Four
    neighbouring families share a line of cache."""
    cdef int64_t family = node >> FAMILY_BITS
    cdef Py_ssize_t i = ((<Py_ssize_t>(<uint64_t>(family >> 2) * <uint64_t>0x9E3779B97F4A7C15 >> 20) << 2) | (family & 3)) & (capacity - 1)
    while marks[i].family and marks[i].family != family + 1:
        i = (i + 1) & (capacity - 1)
    return i

cdef inline Py_ssize_t place_of_mark(const Marks* marks, Py_ssize_t capacity, int64_t node) noexcept nogil:
    """The place of a marked node among all that families have room for, or -1. marks is IN."""
    cdef const Marks* found = &marks[place_of_family(marks, capacity, node)]
    if found.members >> (node & FAMILY_MASK) & 1:
        return <Py_ssize_t>found.place * FAMILY_SIZE + (node & FAMILY_MASK)
    return -1

cdef inline bint is_marked(Window window, int64_t node) noexcept:
    """Whether a node that is none of the window's positions is watched."""
    return window.marks[place_of_family(window.marks, window.mark_capacity, node)].members >> (node & FAMILY_MASK) & 1

cdef inline int64_t last_position(Window window) noexcept:
    """The end of what a window covers."""
    return window.owner.next if window.owner is not None else window.segments[2 * window.segment_count - 1]

cdef inline bint is_active(Window window, int64_t node) noexcept:
    """Whether the node is watched or depends on what is; the caller has analysed up to it."""
    cdef int64_t place
    if node >= window.low and window.low >= 0:
        place = node - (window.first_page << PAGE_BITS)
        if window.alone:
            if node < last_position(window):
                return True
        elif 0 <= place < window.active_words * 64:
            return (window.active[place >> 6] >> (place & 63)) & 1
    return window.mark_count != 0 and node != 0 and is_marked(window, node)

cdef inline bint has_page(Thread thread) noexcept:
    """Whether there is a page to append to. Who has let a program's code run since a window was seen open asks again: its last
    window may have closed and taken the page with it."""
    return thread.page is not None

cdef inline Entry* append(Thread thread) except NULL:
    """The next entry, clean; its node is thread.next - 1 afterwards. The thread has a page, or is at its limit."""
    if thread.next == thread.limit:
        next_page(thread)
    cdef Entry* entry = &thread.entries[thread.next & PAGE_MASK]
    thread.next += 1
    entry.horizon = thread.horizon
    return entry
