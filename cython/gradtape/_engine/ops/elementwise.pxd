"""Elementwise ops."""

from cpython.ref cimport PyObject

from gradtape._engine.compute.program cimport Program
from gradtape._engine.record.primitive cimport Primitive
from gradtape._engine.tensor.tensor cimport Tensor

cdef Program ADD_PROGRAM
cdef Primitive ADD_RUN

cdef Tensor elementwise(Program program, Tensor a, Tensor b, Tensor c)
# The same on pointers, for callers that have them: casting a pointer to an object would count a reference.
ctypedef Tensor (*Elementwise)(PyObject* program, PyObject* a, PyObject* b, PyObject* c)
cdef Tensor elementwise_list(Program program, list operands)
# The same in the storage of `out`, one of the operands (IN, count), to which there must be no other reference; False, and nothing
# is done, where the result is not of its shape and dtype, or a tape or an observer is to see the op.
cdef bint overwrite(Program program, Tensor out, PyObject** operands, int count) except -1
# The same in the storage of any tensor of the result's shape and dtype, which may be that of operands as large. The operands are of
# one native dtype, or bool. Nothing is recorded.
cdef int write_elementwise(Program program, Tensor out, PyObject** operands, int count, int dtype_code) except -1
cdef Tensor add(Tensor a, Tensor b)
cdef Tensor conjugated(Tensor a)
cdef tuple given(Tensor first, Tensor second, Tensor third)      # operands without the absent ones
cdef Tensor added_run(Tensor a, Tensor b)
