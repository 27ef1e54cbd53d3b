"""Plans: trees of traces, and the loop that replays them."""

from cpython.ref cimport PyObject
from libc.stdint cimport int64_t

cdef object MISSED                   # returned by a replay that met an outcome of a guard for which there is no trace

cdef class Plan:
    """All traces of one signature, and their code for replays."""
    cdef readonly object root            # a Node; None before the first trace, and after a failure
    cdef readonly int leaves
    cdef readonly int resets             # how often a trace differed from the tree though all guards had the same outcomes
    cdef readonly int slots
    cdef list arguments                  # dimensions as bytes, dtype code and size of each
    cdef readonly int64_t replays        # number of replays
    cdef object lock                     # held while planning
    cdef readonly bint recorded          # outer tapes record the replays
    cdef readonly str failure            # why the function runs eagerly; None: it does not
    cdef bint follow(self, object trace, object outputs, list output_slots) except -1
    # Replays the function on tensors (IN, borrowed). Returns its result, or MISSED, in which case there were no side effects.
    cdef object replay(self, PyObject** arguments, Py_ssize_t count)
