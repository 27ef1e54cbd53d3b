"""Sums, means and extremes over axes."""

from libc.stdint cimport int64_t

from gradtape._engine.tensor.tensor cimport Tensor

cdef Tensor reduce(int kind, Tensor a, int64_t axes, bint keepdims)
