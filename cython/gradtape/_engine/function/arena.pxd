"""Arenas: preallocated storage for results that are not visible outside of a plan."""

from cpython.ref cimport PyObject

from gradtape._engine.base.buffer cimport Block
cdef class Layout:
    """Assigns each slot's result an offset by its lifetime; results with disjoint lifetimes may share storage."""
    cdef readonly Py_ssize_t size        # bytes
    cdef readonly dict regions           # offset, size and number of slots in the region, by live slot
    cdef list gaps                       # free regions as (offset, size), by offset
    cdef list places                     # (slot, offset, form) of all; a form is dimensions as bytes and a dtype code
    cdef int add(self, int slot, tuple form, int over) except -1             # in the region of slot `over` unless that is -1
    cdef bint alone(self, int slot) except -1                                # whether no other live slot is in its region
    cdef int end(self, int slot) except -1                                   # ends the slot's lifetime

cdef Py_ssize_t bytes_of(tuple form) except -1

cdef class Arena:
    """The tensors of a layout, used by one replay at a time; they have storage only during it."""
    cdef Block* block
    cdef Py_ssize_t size, count
    cdef int* slots
    cdef PyObject** tensors              # by slot, borrowed
    cdef Py_ssize_t* offsets             # by tensor
    cdef list distinct                   # the tensors; slots with the same offset, shape and dtype share one
    cdef int enter(self, PyObject** slots) except -1         # stores the tensors in their slots (OUT, borrowed)
    cdef void leave(self, PyObject** slots) noexcept         # removes them from their slots
    # Replaces the tensor of another slot (IN, OUT) with a copy if it shares storage of the arena, as views of an operand do.
    cdef int keep_apart(self, PyObject** slot) except -1
    cdef int copy_out(self, PyObject** slots) except -1       # replaces the tensors with copies, owned by the slots
