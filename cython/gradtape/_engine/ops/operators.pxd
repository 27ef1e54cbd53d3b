"""Python's operators on tensors and variables."""

from gradtape._engine.compute.program cimport Program
from gradtape._engine.tensor.tensor cimport Tensor

cdef Tensor operand_like(object value, Tensor other)      # the other operand, in the tensor's dtype if that is lossless
cdef Tensor strict_operand(object value, Tensor other)    # in the tensor's dtype, else TypeError or ValueError
# An op on floating operands of one dtype; None if more checks are needed.
cdef Tensor floating_elementwise(Program program, object a, object b)
