"""Small products that a second thread computes while the first goes on."""

from libc.stdint cimport int64_t

# op(a) op(b) of row-major matrices, of which op(a) has m rows and k columns, op(b) n columns.
cdef struct Product:
    bint double_precision, transpose_a, transpose_b
    bint accumulate              # adds to what is there
    Py_ssize_t m, n, k
    long after[3]                # of those that its owner put into the queue, counted from 1, what gives a, b and what is there; 0: none

# What some work took with the queue and without. Each in turn is tried again from time to time, and the better way kept until then:
# what one core has written comes to another sooner or later, by where the system has the two, and others may need the second.
cdef struct Trial:
    int turn                     # how often it was done since a trial began
    bint pays
    int64_t least[2]             # nanoseconds without and with it, in the last trial

# Whether the queue is the caller's until it vacates it: nobody else may have it meanwhile, nor is it worth it on one core, or where
# `trial` tells otherwise. began (OUT): for `note_time`.
cdef bint occupy(Trial* trial, int64_t* began) noexcept
cdef void vacate() noexcept                                # once all is settled
cdef void note_time(Trial* trial, bint occupied, int64_t began) noexcept    # the work is done
cdef long queued() noexcept                                # how many products ever were put into the queue
# Puts a product into the queue: direct_product of a and b (IN) into c (OUT). All three must last, and nobody may write to a and b or
# read c, until it is settled. base: `queued` when its owner put in the first; at most MOST_QUEUED of them may be unsettled.
cdef void enqueue(const Product* product, long base, const void* a, const void* b, void* c) noexcept
cdef void settle(long count) noexcept                      # returns when the first `count` are done; those not begun are done here

cdef enum:
    MOST_QUEUED = 64
