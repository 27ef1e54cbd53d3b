"""A few parked threads for long loops."""

from libc.stdint cimport int64_t

# Computes one of the parts of a loop; runs without the GIL.
ctypedef void (*Part)(void* context, int part, int parts) noexcept nogil

cdef int thread_count() noexcept nogil
cdef void run_parts(Part work, void* context, int parts) noexcept nogil     # returns when every part is done
cdef void spin_when_idle() noexcept nogil     # makes workers spin for the next loop for a moment before they sleep, from now on
cdef int alert_threads() noexcept nogil  # number of workers that are spinning now and need not be woken

# Has a worker run `work(context, 0, 1)` while the caller continues; False if none is available. `work` must return if `loop_waits`.
cdef bint lend_worker(Part work, void* context) noexcept nogil
cdef bint loop_waits() noexcept nogil
cdef int64_t clock() noexcept nogil      # monotonic, in nanoseconds
