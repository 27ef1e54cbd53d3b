"""The log: ops append entries to the log of their thread, and tapes are windows over it.

Every tensor that was recorded or watched has a node id, which never changes. For a recorded tensor it is the position of its
entry. Positions contain the thread's tag in the bits from TAG_SHIFT up, so they are unique in the process; variables have node ids
below the first tag. Node 0 means never recorded or watched.

A tensor that is freed flags its entry; before a page is added, `collect` drops entries that no live tensor depends on.
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
    WARM = 96                # consecutive tapes reuse the first entries of a page up to this one, which stay in cache

cdef Collect collect = NULL
cdef int64_t _tags = 0
cdef list _ended = []            # next positions of threads that have ended, to be reused by new threads
cdef int64_t _variables = 0
cdef int64_t _epochs = 0
open_windows = tangent_tables_of_process = 0


cdef int64_t new_variable_node() noexcept:
    global _variables
    _variables += 1
    return _variables


cdef Thread thread():
    return <Thread>thread_state()


cdef PyObject* thread_state() except NULL:
    return gradtape_thread if gradtape_thread != NULL else make_thread()


cdef void set_collector(Collect how) noexcept:
    global collect
    collect = how


cdef PyObject* existing_thread() noexcept:
    return gradtape_thread


cdef PyObject* make_thread() except NULL:
    """The thread's dictionary owns its state, and drops it when the thread ends."""
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
    made.tangent_tables = []
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
    """Detaches a thread's state when Python leaves the thread. If it runs Python again it gets a new one, even if a tape still holds
    the old one."""
    cdef PyObject* thread

    def __dealloc__(self):
        global gradtape_thread
        if gradtape_thread == self.thread:
            gradtape_thread = NULL


@cython.final
cdef class Thread:
    def __dealloc__(self):
        global gradtape_thread, open_windows
        if gradtape_thread == <PyObject*>self:
            gradtape_thread = NULL
        open_windows -= self.opened
        if self.next:
            _ended.append(((self.next >> PAGE_BITS) + 1) << PAGE_BITS)


cdef Window newest_window(Thread thread):
    return None if thread.newest == NULL else <Window>thread.newest


cdef Window older_window(Window window):
    return None if window.older == NULL else <Window>window.older


cdef int update_root(Thread thread) except -1:
    """Finds the open window with the lowest start, and sets from it which nodes the thread records."""
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
    """Called when a tensor with a node is freed: its entry, if an open window covers it, may be dropped."""
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
    """Called when a second tensor gets the node of a recorded one: the entry may be dropped only after both are freed."""
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
    if gradtape_thread == NULL or not (<Thread>gradtape_thread).tangent_table_count:
        return
    # Tensors may be freed while an exception is being raised; code below that checks for errors must not see it.
    PyErr_Fetch(&kind, &value, &traceback)
    for tangents in list((<Thread>gradtape_thread).tangent_tables):
        tangents.table.pop(node, None)
    PyErr_Restore(kind, value, traceback)


@cython.final
cdef class Tangents:
    pass


cdef int register_tangents(Tangents tangents) except -1:
    """From now on tangents are dropped when their primals are freed."""
    global tangent_tables_of_process
    tangents.owner.tangent_tables.append(tangents)
    tangents.owner.tangent_table_count += 1
    tangent_tables_of_process += 1
    return 0


cdef void unregister_tangents(Tangents tangents) noexcept:
    global tangent_tables_of_process
    cdef int before = tangents.owner.tangent_table_count
    tangents.owner.tangent_tables[:] = [other for other in tangents.owner.tangent_tables if other is not tangents]
    tangents.owner.tangent_table_count = len(tangents.owner.tangent_tables)
    tangent_tables_of_process -= before - tangents.owner.tangent_table_count


cdef Level present_level(Thread thread) noexcept:
    cdef Level level
    level.span = thread.span
    level.floor = thread.floor
    level.marking = thread.marking
    level.horizon = thread.horizon
    level.window_changes = thread.window_changes
    return level


cdef int return_to(Thread thread, Level level) except -1:
    """Restores what the thread records. If windows were opened, closed or reset meanwhile, it is computed again."""
    thread.horizon = level.horizon
    if thread.window_changes == level.window_changes:
        thread.span = level.span
        thread.floor = level.floor
        thread.marking = level.marking
        return 0
    update_root(thread)
    if level.horizon and level.span == 0:        # all windows were excluded while tangents are pushed
        thread.span = 0
        thread.floor = 0
        thread.marking = 0
    return 0


class Unrecorded:
    """A block within which its thread records nothing, on no tape or forward accumulator, active or new."""

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


include "window.pxi"
include "pages.pxi"
