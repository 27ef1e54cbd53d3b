"""A few parked threads for long loops."""

from libc.stdint cimport int64_t

# One part of a loop that was cut into `parts`; runs without the interpreter.
ctypedef void (*Part)(void* context, int part, int parts) noexcept nogil

cdef int thread_count() noexcept nogil
cdef void run_parts(Part work, void* context, int parts) noexcept nogil     # returns when every part is done
cdef void look_out() noexcept nogil     # from now on workers look out for the next loop for a moment before they sleep
cdef int alert_threads() noexcept nogil  # how many look out just now and need not be woken

# Has a worker run `work(context, 0, 1)` while the caller goes on; False where none is to be had. It is to return when a loop waits.
cdef bint lend_worker(Part work, void* context) noexcept nogil
cdef bint loop_waits() noexcept nogil
cdef int64_t clock() noexcept nogil      # nanoseconds since some moment
