"""Entries: one recorded op each, in pages at fixed addresses, and Calls, which hold what does not fit into one."""

cimport cython

from cpython.ref cimport Py_DECREF, PyObject
from libc.stdint cimport int64_t
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
cdef struct Extension:
    Extent* extents[MAX_INPUTS]  # owned: operands' shapes where they differ from the result's, else NULL
    PyObject* third              # owned: the third operand, where the reverse rule reads it
    int64_t third_input          # its node
    int64_t attribute            # a small attribute of the op; the place in `held` for a Call
    Extension* next                   # among the spare ones

cdef struct Entry:               # one line of cache
    unsigned char kind
    unsigned char count          # operands
    short dead                   # 1: the output tensor no longer exists; less by each twin that it has
    int horizon                  # part of a tangent: seen only by windows of an earlier generation; 0: seen by all
    PyObject* op                 # borrowed: primitives live for ever, Calls live in their page's `held`
    int64_t inputs[2]            # operands' nodes but for the third's
    PyObject* saved[3]           # owned: what the reverse rule reads: the first and the second operand, the result
    Extension* extension                   # owned, or NULL

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
    cdef int clearing            # loops under way that clear entries, which may run a program's code: it is not used again meanwhile
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

cdef Extension* spare_extensions                   # all zeros but for `next` and the third operand's node

cdef int drop(Entry* entry, Page page) except -1
cdef Extension* make_extension() except NULL
cdef void end_extension(Entry* entry) noexcept

cdef inline Extension* extension_of(Entry* entry) except NULL:
    """An entry's extension, made if it has none."""
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
    """An operand that the reverse rule reads, borrowed."""
    return entry.saved[operand] if operand < 2 else entry.extension.third

cdef inline Extent* operand_extent(const Entry* entry, int operand) noexcept nogil:
    """An operand's shape where it differs from the result's, else NULL."""
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
    """Makes an entry vacant, holding nothing. That may run a program's code; who calls this keeps the page from being used again."""
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
