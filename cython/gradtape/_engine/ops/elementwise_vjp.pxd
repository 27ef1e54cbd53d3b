"""Cotangents of elementwise ops."""

from gradtape._engine.base.shape cimport Extent
from gradtape._engine.compute.program cimport Program
from gradtape._engine.record.entries cimport Entry
from gradtape._engine.tensor.tensor cimport Tensor

cdef object program_cotangent(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch)

# Fused ops for sweeps that no tape or observer sees.
cdef Tensor everywhere(Program derivative, Tensor first, Tensor second, Tensor third, Extent* extent)
cdef Tensor total(Program program, Tensor first, Tensor second, Tensor third, Extent* over, Extent* extent)
