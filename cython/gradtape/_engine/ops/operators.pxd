"""Python's operators on tensors and variables."""

from gradtape._engine.compute.program cimport Program
from gradtape._engine.tensor.tensor cimport Tensor

cdef Tensor operand_like(object value, Tensor other)      # the other operand, in the tensor's dtype where that loses nothing
cdef Tensor strict_operand(object value, Tensor other)    # in its dtype or not at all: TypeError or ValueError
# An op on floating operands of one dtype; None where that needs asking.
cdef Tensor floating_elementwise(Program program, object a, object b)
