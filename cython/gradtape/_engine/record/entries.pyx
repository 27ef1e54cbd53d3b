"""Entries of the log and their memory.

Pages never move, and are owned by the windows that cover them.
"""

cimport cython
from cpython.ref cimport Py_DECREF, PyObject
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

cdef extern from *:
    """
    /* Memory aligned to a cache line; the address to free is stored just before it. */
    static void* gradtape_lines(size_t n) {
        char* made = (char*)malloc(n + 63 + sizeof(void*));
        void** start;
        if (!made) return 0;
        start = (void**)(((size_t)made + sizeof(void*) + 63) & ~(size_t)63);
        start[-1] = made;
        return start;
    }
    static void gradtape_free_lines(void* lines) { free(((void**)lines)[-1]); }
    """
    void* gradtape_lines(size_t n) noexcept
    void gradtape_free_lines(void* lines) noexcept

cdef enum:
    SPARES = 16              # initial limit of the free list, in pages


# Free list of pages' entries, linked by the `op` of the first entry. Its limit grows if storage that was freed is needed again.
cdef Entry* _spare = NULL
cdef int64_t _spare_count = 0
cdef int64_t _kept = SPARES      # limit
cdef bint _lost = False          # storage was freed because the limit was reached


cdef Entry* take_entries() except NULL:
    """Storage of a page, zeroed now, which also brings it into cache."""
    global _spare, _spare_count, _kept, _lost
    cdef Entry* entries = _spare
    if entries == NULL:
        if _lost:
            _kept *= 4
            _lost = False
        entries = <Entry*>gradtape_lines(PAGE_SIZE * sizeof(Entry))
        if entries == NULL:
            raise MemoryError("gradtape could not allocate a page of its log")
    else:
        _spare = <Entry*>entries.op
        _spare_count -= 1
    memset(entries, 0, PAGE_SIZE * sizeof(Entry))
    return entries


cdef void return_entries(Entry* entries) noexcept:
    """Returns the storage of a page whose entries hold nothing."""
    global _spare, _spare_count, _lost
    if _spare_count == _kept:
        _lost = True
        gradtape_free_lines(entries)
        return
    entries.op = <PyObject*>_spare
    _spare = entries
    _spare_count += 1


cdef Extension* make_extension() except NULL:
    cdef Extension* extension = <Extension*>calloc(1, sizeof(Extension))
    if extension == NULL:
        raise MemoryError("gradtape could not allocate an entry of its log")
    return extension


cdef void end_extension(Entry* entry) noexcept:
    global spare_extensions
    cdef Extension* extension = entry.extension
    cdef PyObject* third = extension.third
    entry.extension = NULL
    clear_extent(&extension.extents[0])
    clear_extent(&extension.extents[1])
    clear_extent(&extension.extents[2])
    extension.third = NULL
    extension.attribute = 0
    extension.next = spare_extensions
    spare_extensions = extension
    if third != NULL:
        Py_DECREF(<object>third)


@cython.final
cdef class Page:
    def __cinit__(self):
        self.entries = take_entries()
        self.last = PAGE_SIZE
        self.coverers = self.own_coverers
        self.capacity = 4

    def __dealloc__(self):
        cdef int i
        if self.coverers != self.own_coverers:
            free(self.coverers)
        if self.entries != NULL:
            if self.holding:
                for i in range(PAGE_SIZE):
                    if self.entries[i].kind != VACANT:
                        clear(&self.entries[i])
            return_entries(self.entries)


cdef class Call:
    def __dealloc__(self):
        free(self.inputs)


cdef int drop(Entry* entry, Page page) except -1:
    """Clears an entry; the caller holds its page."""
    if entry.kind == CALL:
        return drop_call(entry, page)
    if OP <= entry.kind < CALL:
        page.holding -= 1
    clear(entry)
    return 0


cdef int drop_call(Entry* entry, Page page) except -1:
    cdef int64_t place = attribute_of(entry)
    cdef object call = page.held[place]                  # no-cython-lint: held until the entry is cleared
    page.holding -= 1
    page.held[place] = None
    clear(entry)
    return 0
