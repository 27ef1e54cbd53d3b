"""What ops make of their arguments."""

cpdef object first_dtype(object values)
cpdef tuple common_tensors(object values)
cdef tuple alike_tensors(object values, str op)            # of one dtype, which `op` asks for; there is one at least
cdef tuple whole_numbers(object value, str op, str attribute)
cpdef list ints_of(object value, str op, str attribute, str allowed=*)
cpdef object int_of(object value, str op, str attribute, str allowed=*)
cpdef object int_attribute(object value, str attribute)
