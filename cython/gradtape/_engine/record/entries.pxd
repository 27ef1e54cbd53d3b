"""Entries, one per recorded op, in pages at fixed addresses, and Calls, for ops that do not fit into an entry."""

cimport cython

from cpython.ref cimport Py_DECREF, PyObject
from libc.stdint cimport int64_t
from gradtape._engine.base.shape cimport Extent, release_extent, retain_extent

cdef enum:
    PAGE_BITS = 9
    PAGE_SIZE = 512              # entries
    PAGE_MASK = 511
    MAX_INPUTS = 3               # operands of an OP entry; ops with more record a Call
    RESULT_SLOT = 2              # index of the result among the saved tensors

cdef enum EntryKind:
    VACANT = 0                   # never used, or dropped
    OP = 1                       # op is a Primitive: up to three operands and one result
    CALL = 3                     # op is a Call: more operands or results, or a vjp in Python
    READ = 4                     # a variable was read: operand 0 is the variable's node
    MARK = 5                     # a watched tensor: a leaf
    OUTPUT = 6                   # a further output of the Call at position inputs[0]; inputs[1] is the index of the output

# Fields that few entries need.
cdef struct Extension:
    Extent* extents[MAX_INPUTS]  # owned: operands' shapes if they differ from the result's, else NULL
    PyObject* third              # owned: the third operand, if the vjp reads it
    int64_t third_input          # its node
    int64_t attribute            # a small static attribute; for a Call its index in `held`
    Extension* next              # in the free list

cdef struct Entry:               # one cache line
    unsigned char kind
    unsigned char count          # operands
    short dead                   # 1: the result has been freed; decremented for each twin
    int horizon                  # recorded while tangents were pushed: visible only to windows of a lower generation; 0: visible to all
    PyObject* op                 # borrowed: primitives are never freed, Calls are owned by their page's `held`
    int64_t inputs[2]            # nodes of the first two operands
    PyObject* saved[3]           # owned: the first two operands and the result, if the vjp reads them
    Extension* extension         # owned, or NULL

@cython.final
cdef class Page:
    """PAGE_SIZE entries at fixed addresses; entry i has position number * PAGE_SIZE + i."""
    cdef Entry* entries
    cdef int64_t number
    cdef int owners              # number of windows that cover it
    cdef int capacity
    cdef void** coverers         # those windows, borrowed
    cdef void* own_coverers[4]
    cdef int holding             # number of OP and CALL entries
    cdef int clearing            # loops in progress that clear entries and may run user code: not reused meanwhile
    cdef int first               # entries before this one are vacant
    cdef int last                # and those from this one on, after its thread has moved on
    cdef list held               # Calls, so that the cycle collector sees them; None until there is one

cdef class Call:
    """A recorded call with more operands or results than an OP entry holds, or whose vjp is in Python."""
    cdef readonly object primitive
    cdef readonly tuple saved            # tensors that the vjp reads
    cdef readonly object attributes      # static
    cdef readonly list outputs           # (shape, dtype code) of each output, to make zeros
    cdef list stated                     # the same of each input, to check a custom gradient; None for the library's vjps
    cdef int64_t* inputs
    cdef readonly int input_count
    cdef readonly int output_count
    cdef list own                        # index in `saved` of each output, or -1; None if no output is saved

cdef Extension* spare_extensions                   # free list; all zeros but for `next` and `third_input`

cdef int drop(Entry* entry, Page page) except -1
cdef Extension* make_extension() except NULL
cdef void end_extension(Entry* entry) noexcept

cdef inline Extension* extension_of(Entry* entry) except NULL:
    """An entry's extension, created if necessary."""
    global spare_extensions
    cdef Extension* extension = entry.extension
    if extension == NULL:
        extension = spare_extensions
        if extension == NULL:
            extension = make_extension()
        else:
            spare_extensions = extension.next
        entry.extension = extension
    return extension

cdef inline void clear_extent(Extent** extent) noexcept:
    if extent[0] != NULL:
        release_extent(extent[0])
        extent[0] = NULL

cdef inline int64_t operand_node(const Entry* entry, int operand) noexcept nogil:
    return entry.inputs[operand] if operand < 2 else entry.extension.third_input

cdef inline PyObject* saved_operand(Entry* entry, int operand) noexcept nogil:
    """An operand that the vjp reads, borrowed."""
    return entry.saved[operand] if operand < 2 else entry.extension.third

cdef inline Extent* operand_extent(const Entry* entry, int operand) noexcept nogil:
    """An operand's shape if it differs from the result's, else NULL."""
    return NULL if entry.extension == NULL else entry.extension.extents[operand]

cdef inline int64_t attribute_of(const Entry* entry) noexcept nogil:
    return 0 if entry.extension == NULL else entry.extension.attribute

cdef inline int set_attribute(Entry* entry, int64_t attribute) except -1:
    if attribute:
        extension_of(entry).attribute = attribute
    return 0

cdef inline int keep_extent(Entry* entry, int operand, Extent* extent) except -1:
    extension_of(entry).extents[operand] = retain_extent(extent)
    return 0

cdef inline void clear(Entry* entry) noexcept:
    """Releases what an entry holds and makes it vacant. That may run user code; the caller keeps the page from being reused."""
    cdef PyObject* saved
    cdef int i
    entry.kind = VACANT
    for i in range(3):
        saved = entry.saved[i]
        if saved != NULL:
            entry.saved[i] = NULL
            Py_DECREF(<object>saved)
    if entry.extension != NULL:
        end_extension(entry)
