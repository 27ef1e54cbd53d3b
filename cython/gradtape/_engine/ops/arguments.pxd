"""Conversion of ops' arguments."""

cpdef object first_dtype(object values)
cpdef tuple common_tensors(object values)
cdef tuple alike_tensors(object values, str op)            # at least one, all of the same dtype, as `op` requires
cdef tuple whole_numbers(object value, str op, str attribute)
cpdef list ints_of(object value, str op, str attribute, str allowed=*)
cpdef object int_of(object value, str op, str attribute, str allowed=*)
cpdef object int_attribute(object value, str attribute)
