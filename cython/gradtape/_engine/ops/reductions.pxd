"""Reductions: sums, means, extremes and products over axes."""

from libc.stdint cimport int64_t

from gradtape._engine.base.shape cimport Extent
from gradtape._engine.compute.program cimport Program
from gradtape._engine.record.primitive cimport Primitive
from gradtape._engine.tensor.tensor cimport Tensor

cdef Primitive EVEN              # a splat

cdef enum:
    MEAN = 10                    # a fifth reduction: a sum divided by its count

cdef int kind_of(str name) except -1     # of a reduction, by TensorFlow's kernel name

cdef bint reduces_all(Primitive primitive, int64_t attribute, int rank) noexcept     # whether it is a sum or mean over all axes
cdef Primitive summed(Program program)
cdef Tensor reduced_program(Program program, list operands, Extent* over, int64_t attribute)
cdef Tensor reduce(int kind, Tensor a, int64_t axes, bint keepdims)
