"""Variables: mutable values, each of which owns a tensor."""

from libc.stdint cimport int64_t
from gradtape._engine.record.log cimport Window
from gradtape._engine.tensor.tensor cimport Readable, Tensor

cdef class BaseVariable(Readable):
    cdef object __weakref__
    cdef Tensor held             # the value; never returned, so that assignment may write to it
    cdef Tensor cached           # the last read, valid while `epoch` equals the thread's
    cdef int64_t epoch
    cdef int64_t node            # the variable's node id
    cdef bint is_trainable
    cdef str given_name
    cdef object open_shape       # a partially unknown shape that values must match, or None
    cdef int store(self, Tensor value) except -1
    cdef Tensor held_value(self)    # `held`, if Variable.__init__ has run
    cdef char* writable(self) except NULL
    cdef int shift(self, object delta, int code) except -1
    cdef int store_traced(self, Tensor value) except -1
    cdef int shift_traced(self, Tensor change, int code) except -1
    cdef Tensor shown(self)      # `held`, read by Python

cdef int watch_variable(Window window, BaseVariable variable) except -1
