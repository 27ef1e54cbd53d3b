"""Arenas: where results of a plan lie that nobody else sees."""

from cpython.ref cimport PyObject

from gradtape._engine.base.buffer cimport Block
cdef class Layout:
    """An offset for the result of each slot, by when it is made and last needed; results that are not needed at once may share one."""
    cdef readonly Py_ssize_t size        # bytes
    cdef readonly dict regions           # offset, size and how many slots lie there, by slot that is needed
    cdef list gaps                       # (offset, size) of what nobody needs, by offset
    cdef list places                     # (slot, offset, form) of all; a form is dimensions as bytes and a dtype code
    cdef int add(self, int slot, tuple form, int over) except -1             # where another slot lies, unless that is -1
    cdef bint alone(self, int slot) except -1                                # whether no other slot lies there
    cdef int end(self, int slot) except -1                                   # nobody needs it any more

cdef Py_ssize_t bytes_of(tuple form) except -1

cdef class Arena:
    """The tensors of a layout, of which one repetition at a time may make use; they have storage only then."""
    cdef Block* block
    cdef Py_ssize_t size, count
    cdef int* slots
    cdef PyObject** tensors              # by slot, borrowed
    cdef Py_ssize_t* offsets             # by tensor
    cdef list distinct                   # tensors: slots of one offset, shape and dtype have the same
    cdef int enter(self, PyObject** slots) except -1         # puts them into their slots (OUT, borrowed)
    cdef void leave(self, PyObject** slots) noexcept         # takes them out
    # Gives a slot (IN, OUT) that is not among them a copy where an op shares its operand's storage with its result.
    cdef int keep_apart(self, PyObject** slot) except -1
    cdef int give_up(self, PyObject** slots) except -1       # replaces them by copies, which the slots own
