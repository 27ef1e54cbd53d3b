"""Elementwise ops."""

from gradtape._engine.compute.program cimport Program
from gradtape._engine.record.primitive cimport Primitive
from gradtape._engine.tensor.tensor cimport Tensor

cdef Program ADD_PROGRAM
cdef Primitive ADD_RUN

cdef Tensor elementwise(Program program, Tensor a, Tensor b, Tensor c)
cdef Tensor elementwise_list(Program program, list operands)
cdef Tensor add(Tensor a, Tensor b)
cdef tuple given(Tensor first, Tensor second, Tensor third)      # operands without the absent ones
cdef Tensor added_run(Tensor a, Tensor b)
