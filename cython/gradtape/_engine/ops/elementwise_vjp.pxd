"""Cotangents of elementwise ops."""

from gradtape._engine.record.entries cimport Entry
from gradtape._engine.tensor.tensor cimport Tensor

cdef object program_cotangent(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch)
