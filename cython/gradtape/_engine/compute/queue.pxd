"""A queue of small matrix products that a second thread computes while the first one continues."""

from libc.stdint cimport int64_t

# op(a) op(b) of row-major matrices, of which op(a) has m rows and k columns, op(b) n columns.
cdef struct Product:
    bint double_precision, transpose_a, transpose_b
    bint accumulate              # adds to c
    Py_ssize_t m, n, k
    long after[3]                # numbers, from 1, of the owner's products whose results are a, b and the initial c; 0: none

# Measures some work with and without the queue. Trials of both are repeated from time to time, and the faster one is used in
# between: the latency between cores depends on which ones the system has assigned, and others may need the second core.
cdef struct Trial:
    int turn                     # number of times that the work was done since the trial began
    bint pays                    # the queue is faster
    int64_t least[2]             # shortest time in nanoseconds without and with the queue in the last trial

# Acquires the queue, until `vacate`. False if another thread has it, there is only one core, or work is faster without it by `trial`.
# began (OUT): for `note_time`.
cdef bint occupy(Trial* trial, int64_t* began) noexcept
cdef void vacate() noexcept                                # all products must be settled
cdef void note_time(Trial* trial, bint occupied, int64_t began) noexcept    # at the end of the work
cdef long queued() noexcept                                # total number of products enqueued so far
# Enqueues a product: direct_product of a and b (IN) into c (OUT). Until it is settled all three must stay alive, a and b must not be
# written and c not be read. base: `queued` before the owner's first product; at most MOST_QUEUED products may be unsettled.
cdef void enqueue(const Product* product, long base, const void* a, const void* b, void* c) noexcept
cdef void settle(long count) noexcept                      # waits until the first `count` are done, computing those not begun itself

cdef enum:
    MOST_QUEUED = 64
