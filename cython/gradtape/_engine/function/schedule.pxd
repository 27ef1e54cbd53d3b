"""Which products of a plan are put into the queue, in which order steps are taken, and what each waits for."""

from gradtape._engine.compute.queue cimport Product
from gradtape._engine.function.trace cimport Step

cdef class Queued:
    """A product that is put into the queue."""
    cdef Product product
    cdef list operands                   # the slots that it reads and does not add to

cdef class Schedule:
    cdef readonly list steps             # in their order
    cdef dict queued                     # Queued by step
    cdef dict awaited                    # by step, how many products are settled before it
    cdef dict reads                      # by step, the slots that must be there: its own, and those of the products settled then
    cdef list reads_at_end               # those of the products that are settled when all steps are taken
    cdef int count                       # of products

# None where no second thread would be worth it. Every step matters; known: as for `fused_steps`.
cdef Schedule scheduled(list steps, dict known)
