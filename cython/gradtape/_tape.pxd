"""The reverse sweep and the compiled base of GradientTape."""

from gradtape._log cimport Window

cdef class Tape(Window):
    cdef bint keeps                      # persistent
    cdef bint spent                      # a non-persistent tape that has given its gradients
    cdef bint entered                    # has recorded something since it was made or reset
    cdef list seen_variables             # what a spent tape had watched
    cdef int watch_one(self, object item) except -1
    cdef list readable_targets(self, list targets)
    cdef list sweep(self, list targets, list sources, list seeds)
