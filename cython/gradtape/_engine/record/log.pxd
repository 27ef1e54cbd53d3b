"""The log: pages of entries, windows over them, and each thread's recording state."""

cimport cython

from cpython.ref cimport Py_DECREF, PyObject
from libc.stdint cimport int64_t, uint64_t
from gradtape._engine.record.entries cimport MARK, OP, CALL, PAGE_BITS, PAGE_MASK, VACANT, Call, Entry, Page

# Marks on sixteen consecutive nodes, a bit each. Variables are mostly read in the order in which they were created, so their marks
# share cache lines.
cdef struct Marks:
    int64_t family               # node >> FAMILY_BITS, plus 1; 0: free place in the table
    int place                    # index of the family, in the order in which families were first marked
    unsigned int members         # a bit per node

cdef enum:
    FAMILY_BITS = 4
    FAMILY_SIZE = 16
    FAMILY_MASK = 15

# Inline storage for a tape of ordinary size, so that a training step allocates nothing. All zeros while it is not in use.
cdef struct OwnStorage:
    void* directory[4]
    Marks marks[16]
    uint64_t active[24]

# A sweep in progress, in the list of its window.
cdef struct Sweeping:
    PyObject* window             # owned; replaced if the tape is reset during the sweep
    Sweeping* next

cdef class Window:
    """What one tape recorded, segments of its thread's log, and what it watches."""
    cdef object __weakref__
    cdef Page foremost                   # the first page
    cdef list pages                      # by page number - first_page, if there are more than one; None in gaps
    cdef void** directory                # the same, borrowed; NULL in gaps
    cdef PyObject* older                 # while open: the next older open window of its thread; borrowed
    cdef Sweeping* sweeps                # sweeps in progress over this window
    cdef OwnStorage own
    cdef int64_t own_segments[4]
    cdef int64_t first_page
    cdef int64_t page_count
    cdef int64_t page_capacity
    cdef int64_t low                     # start of the first segment, or -1
    cdef int64_t* segments               # pairs (start, end), end = -1 while recording
    cdef int segment_count
    cdef int segment_capacity
    cdef Thread owner                    # the thread that records, while recording
    cdef bint watch_variables
    cdef list variables                  # watched variables in the order of watching; None until there is one
    cdef Marks* marks                    # watched nodes outside of [low, ...): hash table, open addressing
    cdef Py_ssize_t mark_count
    cdef Py_ssize_t family_count
    cdef Py_ssize_t mark_capacity        # places in the table
    cdef bint broken                     # a sweep that drops entries raised before its end
    cdef bint collected                  # its finalizer has run, and will not run again: it must not be opened any more
    cdef bint all_active                 # one segment, all of whose entries depend on what is watched: no activity bits are needed
    cdef uint64_t* active                # otherwise a bit per position from first_page on: it depends on something watched
    cdef int64_t active_words
    cdef int64_t analysed                # activity bits are valid below this position
    cdef int generation                  # its thread's number of entered forward accumulators when it first opened
    cdef void use_inline_storage(self) noexcept
    cdef void free_outgrown(self) noexcept
    cdef int move_to_sweeps(self) except -1
    cdef bint ends_on(self, Page page) noexcept
    cdef bint resume_last_page(self, Thread thread)
    cdef int add_segment(self, int64_t start) except -1
    cdef int rehash(self) except -1
    cdef int reserve_bits(self, int64_t position) except -1
    cdef int start(self, Thread thread) except -1
    cdef int stop(self) except -1
    cdef int forget(self) except -1
    cdef int mark(self, int64_t node) except -1
    cdef int insert_mark(self, int64_t node) except -1
    cdef int analyse(self, int64_t end) except -1
    cdef int keep_activity_bits(self) except -1
    cdef bint covers(self, int64_t position) noexcept
    cdef bint sole_owner(self) noexcept

@cython.final
cdef class Thread:
    """A thread's recording state."""
    cdef int64_t floor                   # lowest position of an open window
    cdef uint64_t span                   # nodes in [floor, floor + span) are recorded; 0 when nothing records
    cdef int64_t next                    # node of the next entry
    cdef int64_t limit                   # end of the current page
    cdef Entry* entries                  # of the current page
    cdef Page page
    cdef PyObject* root                  # the open window with the lowest start, borrowed
    cdef PyObject* newest                # open windows, linked by `older`; borrowed, as windows close when they are freed
    cdef int marking                     # number of open windows that have marks
    cdef int64_t epoch                   # changes whenever cached variable reads become stale; unique in the process
    cdef list accumulators               # Tangents of the active forward accumulators, outermost first
    cdef list tangent_tables             # Tangents of all its accumulators, active or not
    cdef int tangent_table_count         # length of that list
    cdef int generation                  # number of forward accumulators entered so far
    cdef int horizon                     # of entries recorded now: while tangents are pushed, the accumulator's generation
    cdef list watchers                   # lists to which variables are appended when they are read, for custom gradients
    cdef bint forward                    # any accumulator is active
    cdef int opened                      # number of open windows
    cdef int64_t window_changes          # incremented when a window or accumulator opens or closes, or a window gets its first mark
    cdef int paused                      # number of windows within stop_recording blocks
    cdef int stopped                     # depth of Unrecorded blocks
    cdef int64_t collected               # number of new pages after which the whole log is collected
    cdef int64_t grown                   # pages added since the last time
    cdef bint collecting

# A thread's recording state, saved to be restored.
cdef struct Level:
    uint64_t span
    int64_t floor
    int marking
    int horizon
    int64_t window_changes

@cython.final
cdef class Tangents:
    """A forward accumulator's tangents, by node of their primal. Each is dropped when its primal is freed."""
    cdef dict table
    cdef bint entered            # its accumulator is active, or only suspended while tangents are pushed
    cdef int generation
    cdef Thread owner

cdef int open_windows                    # number of open windows in all threads
cdef int tangent_tables_of_process       # number of Tangents in all threads

cdef Thread thread()
cdef PyObject* thread_state() except NULL                      # the same, borrowed, without reference counting
cdef int next_page(Thread thread) except -1
cdef int reserve_entries(Thread thread, int64_t count) except -1
cdef int64_t allocate_node(Thread thread) except -1
cdef int ensure_page(Thread thread) except -1
cdef bint marked_in_open_window(Thread thread, int64_t node) noexcept
cdef int64_t new_variable_node() noexcept
cdef void mark_dead(int64_t node) noexcept            # only needed while `open_windows` is not 0
cdef void mark_twin(Thread thread, int64_t node) noexcept
cdef void drop_tangents(int64_t node) noexcept        # only needed while `tangent_tables_of_process` is not 0
cdef Window newest_window(Thread thread)               # None if none is open
cdef Window older_window(Window window)
cdef int renew_epoch(Thread thread) except -1
cdef void span_from_root(Thread thread) noexcept
cdef int update_root(Thread thread) except -1
cdef int release_page(Window window, Page page) except -1
cdef bint wanted_by_coverers(Page page, int64_t position) noexcept
cdef PyObject* existing_thread() noexcept                  # NULL if the thread has no state yet

# Dropping entries that no window needs is implemented in record.collection, which imports this module.
ctypedef int (*Collect)(Thread thread) except -1
cdef void set_collector(Collect collect) noexcept
cdef Level present_level(Thread thread) noexcept
cdef int return_to(Thread thread, Level level) except -1
cdef int register_tangents(Tangents tangents) except -1
cdef void unregister_tangents(Tangents tangents) noexcept

cdef inline bint on_open_window(Thread thread, int64_t node) noexcept:
    return <uint64_t>(node - thread.floor) < thread.span or (
        thread.marking != 0 and node != 0 and marked_in_open_window(thread, node))

cdef inline Py_ssize_t place_of_family(const Marks* marks, Py_ssize_t capacity, int64_t node) noexcept nogil:
    """The place of a node's family in a table of marks (IN), or the free place to insert it: the table is never full. Four
    consecutive families share a cache line."""
    cdef int64_t family = node >> FAMILY_BITS
    cdef Py_ssize_t i = ((<Py_ssize_t>(<uint64_t>(family >> 2) * <uint64_t>0x9E3779B97F4A7C15 >> 20) << 2) | (family & 3)) & (capacity - 1)
    while marks[i].family and marks[i].family != family + 1:
        i = (i + 1) & (capacity - 1)
    return i

cdef inline Py_ssize_t place_of_mark(const Marks* marks, Py_ssize_t capacity, int64_t node) noexcept nogil:
    """The index of a marked node, FAMILY_SIZE times its family's index plus its offset, or -1. marks is IN."""
    cdef const Marks* found = &marks[place_of_family(marks, capacity, node)]
    if found.members >> (node & FAMILY_MASK) & 1:
        return <Py_ssize_t>found.place * FAMILY_SIZE + (node & FAMILY_MASK)
    return -1

cdef inline bint is_marked(Window window, int64_t node) noexcept:
    """Whether a node that is not one of the window's positions is watched."""
    return window.marks[place_of_family(window.marks, window.mark_capacity, node)].members >> (node & FAMILY_MASK) & 1

cdef inline int64_t last_position(Window window) noexcept:
    """The end of the window's last segment."""
    return window.owner.next if window.owner is not None else window.segments[2 * window.segment_count - 1]

cdef inline bint is_active(Window window, int64_t node) noexcept:
    """Whether the node is watched or depends on something watched; the caller has called `analyse` up to it."""
    cdef int64_t place
    if node >= window.low and window.low >= 0:
        place = node - (window.first_page << PAGE_BITS)
        if window.all_active:
            if node < last_position(window):
                return True
        elif 0 <= place < window.active_words * 64:
            return (window.active[place >> 6] >> (place & 63)) & 1
    return window.mark_count != 0 and node != 0 and is_marked(window, node)

cdef inline bint has_page(Thread thread) noexcept:
    """Whether there is a page to append to. Ask again after anything that may run user code: the last window may have been closed,
    and have taken the page with it."""
    return thread.page is not None

cdef inline Entry* append(Thread thread) except NULL:
    """The next entry, all zeros; its node is thread.next - 1 afterwards. The thread must have a page, or be at its limit."""
    if thread.next == thread.limit:
        next_page(thread)
    cdef Entry* entry = &thread.entries[thread.next & PAGE_MASK]
    thread.next += 1
    entry.horizon = thread.horizon
    return entry
