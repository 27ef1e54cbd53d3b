"""The log: entries in pages, windows over them, and each thread's place in it."""

cimport cython

from cpython.ref cimport Py_DECREF, PyObject
from libc.stdint cimport int64_t, uint64_t
from gradtape._engine.base.shape cimport Extent, release_extent, retain_extent

cdef enum:
    PAGE_BITS = 9
    PAGE_SIZE = 512              # entries
    PAGE_MASK = 511
    MAX_INPUTS = 3               # operands of an inline entry; ops with more record a Call
    RESULT_SLOT = 2              # place of the op's own output among the saved values

cdef enum EntryKind:
    VACANT = 0                   # never recorded, or dropped
    OP = 1                       # op is a Primitive: up to three operands and one result
    CALL = 3                     # op is a Call: more of either, or a vjp in Python
    READ = 4                     # a variable was read: operand 0 is the variable's own number
    MARK = 5                     # a watched tensor's number: a leaf
    OUTPUT = 6                   # further output of the Call at position operand 0; which one stands in place of operand 1

# What most entries do without.
cdef struct Rest:
    Extent* extents[MAX_INPUTS]  # owned: operands' shapes where they differ from the result's, else NULL
    PyObject* third              # owned: the third operand, where the reverse rule reads it
    int64_t third_input          # its number
    int64_t attribute            # a small attribute of the op; the place in `held` for a Call
    Rest* next                   # among the spare ones

cdef struct Entry:               # one line of cache
    unsigned char kind
    unsigned char dead           # the output tensor no longer exists
    unsigned char count          # operands
    int horizon                  # part of a tangent: seen only by windows of an earlier generation; 0: seen by all
    PyObject* op                 # borrowed: primitives live for ever, Calls live in their page's `held`
    int64_t inputs[2]            # operands' numbers but for the third's
    PyObject* saved[3]           # owned: what the reverse rule reads: the first and the second operand, the result
    Rest* rest                   # owned, or NULL

# Marks on sixteen neighbouring numbers: variables are read in the order in which they were made more often than not.
cdef struct Marks:
    int64_t family               # what the numbers have in common, and 1 more, as 0 is a free place
    int place                    # families that were marked before
    unsigned int members         # a bit per number

cdef enum:
    FAMILY_BITS = 4
    FAMILY_SIZE = 16
    FAMILY_MASK = 15

# Room of a tape of ordinary size, all zeros where it is not in use, so that a training step asks the system for nothing.
cdef struct Room:
    void* directory[4]
    Marks marks[16]
    uint64_t active[24]

@cython.final
cdef class Page:
    """PAGE_SIZE entries at fixed addresses; entry i has position number * PAGE_SIZE + i."""
    cdef Entry* entries
    cdef int64_t number
    cdef int owners              # windows that cover it
    cdef int capacity
    cdef void** coverers         # those windows, borrowed
    cdef void* own_coverers[4]
    cdef int holding             # entries that hold anything or have a Call
    cdef int letting_go          # loops under way that clear entries, which may run a program's code: it is not used again meanwhile
    cdef int first               # entries before this one are vacant
    cdef int last                # and those from this one on, once its thread has left it
    cdef list held               # Calls: kept here so that the cycle collector sees them; None until there was one

cdef class Call:
    """A primitive's call with more operands or outputs than an inline entry holds, or whose vjp is Python."""
    cdef readonly object primitive
    cdef readonly tuple saved            # tensors that the vjp reads
    cdef readonly object attributes      # static ones
    cdef readonly list outputs           # (shape, dtype code) of each output, to make zeros
    cdef list stated                     # the same of each input, where the rule is a program's own; None: it gives what is right
    cdef int64_t* inputs
    cdef readonly int input_count
    cdef readonly int output_count
    cdef list own                        # place in `saved` of each output, or -1; None if it saves none of them

# A sweep under way, as the window knows it that is swept.
cdef struct Sweeping:
    PyObject* window             # owned: another one once the tape has let go of what it recorded
    Sweeping* next

cdef class Window:
    """What one tape has seen: segments of the log of its thread, and what was watched."""
    cdef object __weakref__
    cdef Page foremost                   # the first page
    cdef list pages                      # page by number - first_page, where there are more; None in gaps
    cdef void** directory                # the same, borrowed; NULL in gaps
    cdef PyObject* older                 # while open: the window that its thread opened before, among those still open; borrowed
    cdef Sweeping* sweeps                # the sweeps over it that are under way
    cdef Room room
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
    cdef Marks* marks                    # watched numbers that lie outside [low, ...): a table, found by open addressing
    cdef Py_ssize_t mark_count
    cdef Py_ssize_t family_count
    cdef Py_ssize_t mark_capacity        # families that the table has room for
    cdef bint broken                     # a sweep that drops entries stopped half way
    cdef bint collected                  # its finalizer has run: it will not be told again, so it is never opened again
    cdef bint alone                      # nothing but its own ops was ever numbered in its only segment: all depend on a mark
    cdef uint64_t* active                # otherwise a bit per position from first_page on: depends on something watched
    cdef int64_t active_words
    cdef int64_t analysed                # positions below this have their bit
    cdef int generation                  # forward accumulators that its thread had entered before it first opened
    cdef void take_own_room(self) noexcept
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
    cdef int mark(self, int64_t number) except -1
    cdef int insert_mark(self, int64_t number) except -1
    cdef int analyse(self, int64_t end) except -1
    cdef int lapse(self) except -1
    cdef bint covers(self, int64_t position) noexcept
    cdef bint sole_owner(self) noexcept

@cython.final
cdef class Thread:
    """A thread's place in its log."""
    cdef int64_t floor                   # lowest position of an open window
    cdef uint64_t span                   # positions from floor on that are recorded; 0 when nothing records
    cdef int64_t next                    # number of the next entry
    cdef int64_t limit                   # end of the present page
    cdef Entry* entries                  # of the present page
    cdef Page page
    cdef PyObject* root                  # the open window that starts lowest, borrowed
    cdef PyObject* newest                # open windows, by `older`, borrowed: one that nobody holds any more closes as it ends
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
    """A forward accumulator's tangents by the number of their primal; dropped as the primal dies."""
    cdef dict table
    cdef bint entered            # its accumulator is active, or was until what pushes tangents put it aside
    cdef int generation
    cdef Thread owner

cdef Rest* spare_rests                   # all zeros but for `next` and the third operand's number
cdef int observers                       # open windows of all threads
cdef int followers                       # Tangents of all threads that hold anything

cdef Thread thread()
cdef PyObject* here() except NULL                      # the same, borrowed: hot places do not count references
cdef int next_page(Thread thread) except -1
cdef int make_room(Thread thread, int64_t count) except -1
cdef int64_t give_number(Thread thread) except -1
cdef int ensure_page(Thread thread) except -1
cdef bint marked_in_open_window(Thread thread, int64_t number) noexcept
cdef int64_t new_variable_number() noexcept
cdef void mark_dead(int64_t number) noexcept            # needs to be told only while there are observers
cdef void drop_tangents(int64_t number) noexcept        # and this only while there are followers
cdef int drop(Entry* entry, Page page) except -1
cdef Rest* make_rest() except NULL
cdef void end_rest(Entry* entry) noexcept
cdef Window newest_window(Thread thread)               # None where none is open
cdef Window older_window(Window window)
cdef int renew_epoch(Thread thread) except -1
cdef void span_from_root(Thread thread) noexcept
cdef int settle(Thread thread) except -1
cdef Level present_level(Thread thread) noexcept
cdef int return_to(Thread thread, Level level) except -1
cdef int track(Tangents tangents) except -1
cdef void untrack(Tangents tangents) noexcept

cdef inline bint on_open_window(Thread thread, int64_t number) noexcept:
    return <uint64_t>(number - thread.floor) < thread.span or (
        thread.marking != 0 and number != 0 and marked_in_open_window(thread, number))

cdef inline Py_ssize_t place_of_family(const Marks* marks, Py_ssize_t capacity, int64_t number) noexcept nogil:
    """Where a number's family stands in a table of marks (IN), or the free place where it would: the table is never full. Four
    neighbouring families share a line of cache."""
    cdef int64_t family = number >> FAMILY_BITS
    cdef Py_ssize_t i = ((<Py_ssize_t>(<uint64_t>(family >> 2) * <uint64_t>0x9E3779B97F4A7C15 >> 20) << 2) | (family & 3)) & (capacity - 1)
    while marks[i].family and marks[i].family != family + 1:
        i = (i + 1) & (capacity - 1)
    return i

cdef inline Py_ssize_t place_of_mark(const Marks* marks, Py_ssize_t capacity, int64_t number) noexcept nogil:
    """The place of a marked number among all that families have room for, or -1. marks is IN."""
    cdef const Marks* found = &marks[place_of_family(marks, capacity, number)]
    if found.members >> (number & FAMILY_MASK) & 1:
        return <Py_ssize_t>found.place * FAMILY_SIZE + (number & FAMILY_MASK)
    return -1

cdef inline bint is_marked(Window window, int64_t number) noexcept:
    """Whether a number that is none of the window's positions is watched."""
    return window.marks[place_of_family(window.marks, window.mark_capacity, number)].members >> (number & FAMILY_MASK) & 1

cdef inline Rest* rest_of(Entry* entry) except NULL:
    """An entry's rest, made if it has none."""
    global spare_rests
    cdef Rest* rest = entry.rest
    if rest == NULL:
        rest = spare_rests
        if rest == NULL:
            rest = make_rest()
        else:
            spare_rests = rest.next
        entry.rest = rest
    return rest

cdef inline void clear_extent(Extent** extent) noexcept:
    if extent[0] != NULL:
        release_extent(extent[0])
        extent[0] = NULL

cdef inline int64_t operand_number(const Entry* entry, int operand) noexcept nogil:
    return entry.inputs[operand] if operand < 2 else entry.rest.third_input

cdef inline PyObject* saved_operand(Entry* entry, int operand) noexcept nogil:
    """An operand that the reverse rule reads, borrowed."""
    return entry.saved[operand] if operand < 2 else entry.rest.third

cdef inline Extent* operand_extent(const Entry* entry, int operand) noexcept nogil:
    """An operand's shape where it differs from the result's, else NULL."""
    return NULL if entry.rest == NULL else entry.rest.extents[operand]

cdef inline int64_t attribute_of(const Entry* entry) noexcept nogil:
    return 0 if entry.rest == NULL else entry.rest.attribute

cdef inline int set_attribute(Entry* entry, int64_t attribute) except -1:
    if attribute:
        rest_of(entry).attribute = attribute
    return 0

cdef inline int keep_extent(Entry* entry, int operand, Extent* extent) except -1:
    rest_of(entry).extents[operand] = retain_extent(extent)
    return 0

cdef inline void clear(Entry* entry) noexcept:
    """Makes an entry vacant, holding nothing. That may run a program's code; who calls this keeps the page from being used again."""
    cdef PyObject* saved
    cdef int i
    entry.kind = VACANT
    for i in range(3):
        saved = entry.saved[i]
        if saved != NULL:
            entry.saved[i] = NULL
            Py_DECREF(<object>saved)
    if entry.rest != NULL:
        end_rest(entry)

cdef inline int64_t last_position(Window window) noexcept:
    """The end of what a window covers."""
    return window.owner.next if window.owner is not None else window.segments[2 * window.segment_count - 1]

cdef inline bint is_active(Window window, int64_t number) noexcept:
    """Whether the number is watched or depends on what is; the caller has analysed up to it."""
    cdef int64_t place
    if number >= window.low and window.low >= 0:
        place = number - (window.first_page << PAGE_BITS)
        if window.alone:
            if number < last_position(window):
                return True
        elif 0 <= place < window.active_words * 64:
            return (window.active[place >> 6] >> (place & 63)) & 1
    return window.mark_count != 0 and number != 0 and is_marked(window, number)

cdef inline Entry* append(Thread thread) except NULL:
    """The next entry, clean; its number is thread.next - 1 afterwards."""
    if thread.next == thread.limit:
        next_page(thread)
    cdef Entry* entry = &thread.entries[thread.next & PAGE_MASK]
    thread.next += 1
    entry.horizon = thread.horizon
    return entry
