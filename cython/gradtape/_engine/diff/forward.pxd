"""Forward accumulation: tangents of live tensors."""

from gradtape._engine.record.log cimport Tangents

cdef class Accumulator:
    cdef Tangents tangents
    cdef bint recording
    cdef object __weakref__
