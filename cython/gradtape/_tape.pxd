"""The reverse sweep and the compiled base of GradientTape."""

from gradtape._log cimport Window

cdef class Tape(Window):
    cdef bint keeps                      # persistent
    cdef bint spent                      # a non-persistent tape that has given its gradients
    cdef bint entered                    # has recorded something since it was made or reset
    cdef list seen_variables             # what a spent tape had watched
    cdef int watch_one(self, object item) except -1
    cdef int release(self) except -1
    cdef int check_usable(self, object place) except -1
    cdef list sweep(self, tuple targets, tuple sources, list seeds, Py_ssize_t rows)
