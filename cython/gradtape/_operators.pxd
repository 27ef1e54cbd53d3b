"""Python's operators on tensors and variables."""

from gradtape._tensor cimport Tensor

cdef Tensor operand_like(object value, Tensor other)      # the other operand, in the tensor's dtype where that loses nothing
cdef Tensor strict_operand(object value, Tensor other)    # in its dtype or not at all: TypeError or ValueError
