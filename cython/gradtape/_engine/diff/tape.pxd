"""GradientTape, compiled."""

from gradtape._engine.record.log cimport Window

cdef class GradientTape(Window):
    cdef dict __dict__
    cdef bint persistent                      # persistent
    cdef bint spent                      # a non-persistent tape whose gradients were computed
    cdef bint entered                    # entered since it was created or reset
    cdef int enter(self) except -1
    cdef int watch_one(self, object item) except -1
    cdef int release(self) except -1
    cdef int renew(self) except -1
    cdef int check_usable(self, object place) except -1
    cdef bint may_drop(self) noexcept
