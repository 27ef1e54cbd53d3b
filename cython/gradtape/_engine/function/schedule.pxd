"""Schedules which matrix products of a plan are queued for a second thread, the order of steps, and what each step waits for."""

from gradtape._engine.compute.queue cimport Product
from gradtape._engine.function.trace cimport Step

cdef class Queued:
    """A product to be queued."""
    cdef Product product
    cdef list operands                   # the slots that it reads, except for the one that it adds to

cdef class Schedule:
    cdef readonly list steps             # in the order of execution
    cdef dict queued                     # Queued by step
    cdef dict awaited                    # by step, the number of products that must be finished before it
    cdef dict reads                      # by step, the slots that must still be alive: its operands, and those of the products awaited then
    cdef list reads_at_end               # those of the products awaited after the last step
    cdef int count                       # number of queued products

# None where no second thread would be worth it. Every step matters; known: as for `fused_steps`.
cdef Schedule scheduled(list steps, dict known)
