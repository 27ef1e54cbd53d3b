"""Elementwise ops."""

from cpython.ref cimport PyObject

from gradtape._engine.compute.program cimport Program
from gradtape._engine.record.primitive cimport Primitive
from gradtape._engine.tensor.tensor cimport Tensor

cdef Program ADD_PROGRAM
cdef Program SELECT_PROGRAM
cdef Primitive ADD_RUN

cdef Tensor elementwise(Program program, Tensor a, Tensor b, Tensor c)
# The same for pointers, as casting a pointer to an object would count a reference.
ctypedef Tensor (*Elementwise)(PyObject* program, PyObject* a, PyObject* b, PyObject* c)
cdef Tensor elementwise_list(Program program, list operands)
# The same, written to the storage of `out`, one of the operands (IN, count), which must have no other reference. Returns False and does
# nothing if the result has another shape or dtype, or a tape or an observer must see the op.
cdef bint overwrite(Program program, Tensor out, PyObject** operands, int count) except -1
# The same in the storage of any tensor of the result's shape and dtype, which may be that of operands as large. The operands are of
# one native dtype, or bool. Nothing is recorded.
cdef int write_elementwise(Program program, Tensor out, PyObject** operands, int count, int dtype_code) except -1
cdef Tensor add(Tensor a, Tensor b)
cdef Tensor conjugated(Tensor a)
cdef tuple given(Tensor first, Tensor second, Tensor third)      # the operands that are not None
cdef Tensor added_run(Tensor a, Tensor b)
