"""What becomes a tensor."""

from gradtape._engine.tensor.tensor cimport Tensor

cdef Tensor convert_numbers(object value, int dtype_code)            # a number or numbers in a floating dtype, or None: see there
cdef Tensor floating_of(Tensor tensor, int dtype_code)               # of integers: the same values in a floating dtype
cdef Tensor convert(object value, int dtype_code, bint preferred)    # dtype_code -1: whatever the value suggests
cdef Tensor from_array(object array, int dtype_code)
cdef str dtype_word(int dtype_code)                                  # as TensorFlow's messages call a dtype
