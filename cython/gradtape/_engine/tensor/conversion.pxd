"""Conversion to tensors."""

from gradtape._engine.tensor.tensor cimport Tensor

cdef Tensor convert_numbers(object value, int dtype_code)            # fast path for numbers and arrays in a floating dtype, or None
cdef Tensor floating_of(Tensor tensor, int dtype_code)               # casts integers to a floating dtype
cdef Tensor convert(object value, int dtype_code, bint preferred)    # dtype_code -1: inferred from the value
cdef Tensor from_array(object array, int dtype_code)
cdef str dtype_word(int dtype_code)                                  # a dtype's name in TensorFlow's error messages
