"""Plans: trees of traces, and the loop that repeats them."""

from cpython.ref cimport PyObject
from libc.stdint cimport int64_t

cdef object MISSED                   # what a repetition gives that was led where no trace has been

cdef class Plan:
    """All traces of one signature, and how they are repeated."""
    cdef readonly object root            # a Node; None before the first trace, and after a failure
    cdef readonly int leaves
    cdef readonly int resets             # how often Python took another way with the same values
    cdef readonly int slots
    cdef list arguments                  # dimensions as bytes, dtype code and size of each
    cdef readonly int64_t repetitions
    cdef object lock                     # of who plans
    cdef readonly bint recorded          # tapes around the function record its repetitions
    cdef readonly str failure            # why the function runs eagerly; None: it does not
    cdef bint follow(self, object trace, object outputs, list output_slots) except -1
    # The result of these tensors (IN, borrowed), or MISSED, and nothing has happened.
    cdef object repeat(self, PyObject** arguments, Py_ssize_t count)
