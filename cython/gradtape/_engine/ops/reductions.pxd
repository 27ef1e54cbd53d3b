"""Sums, means and extremes over axes."""

from libc.stdint cimport int64_t

from gradtape._engine.record.primitive cimport Primitive
from gradtape._engine.tensor.tensor cimport Tensor

cdef Primitive EVEN              # one value everywhere, which is stored once

cdef Tensor reduce(int kind, Tensor a, int64_t axes, bint keepdims)
