"""Exceptions of ops, with TensorFlow's messages."""

from gradtape._engine.record.entries cimport Entry
from gradtape._engine.tensor.tensor cimport Tensor

cdef str kernel_name(str name)
cdef str entry_name(Entry* entry)
cdef object incompatible(str op, Tensor a, Tensor b)
cdef object expected_dtype(str op, int dtype_code, Tensor tensor, int place)
cdef object mixed_dtypes(str op, Tensor a, Tensor b, int place)
cdef object undivided(Tensor a, Tensor b)
cdef object not_allowed(str op, int dtype_code, str attribute, str allowed)
cdef object unsupported(str op, int dtype_code, str allowed)
