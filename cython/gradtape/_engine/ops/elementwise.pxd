"""Elementwise ops."""

from gradtape._engine.compute.program cimport Program
from gradtape._engine.tensor.tensor cimport Tensor

cdef Tensor elementwise(Program program, Tensor a, Tensor b, Tensor c)
cdef Tensor elementwise_list(Program program, list operands)
cdef Tensor add(Tensor a, Tensor b)
