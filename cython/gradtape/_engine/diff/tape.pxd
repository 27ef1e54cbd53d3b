"""GradientTape, compiled."""

from gradtape._engine.record.log cimport Window

cdef class GradientTape(Window):
    cdef dict __dict__
    cdef bint keeps                      # persistent
    cdef bint spent                      # a non-persistent tape that has given its gradients
    cdef bint entered                    # has recorded something since it was made or reset
    cdef int enter(self) except -1
    cdef int watch_one(self, object item) except -1
    cdef int release(self) except -1
    cdef int renew(self) except -1
    cdef int check_usable(self, object place) except -1
    cdef bint drops(self) noexcept
