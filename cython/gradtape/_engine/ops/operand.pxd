"""How a program reads a tensor: contiguously, as one element, or by strides if it is broadcast."""

from gradtape._engine.base.shape cimport Extent
from gradtape._engine.base.types cimport BOOL
from gradtape._engine.compute.program cimport FULL, SCALAR, STRIDED, Operand
from gradtape._engine.tensor.tensor cimport Tensor


cdef inline int describe(Operand* operand, Tensor tensor, Extent* extent, int dtype_code) noexcept:
    """How a program reads a tensor for results of this extent."""
    cdef int i, shift
    cdef Py_ssize_t stride
    operand.data = tensor.data
    operand.bytes = tensor.dtype_code == BOOL
    if tensor.splat:
        operand.mode = SCALAR
    elif tensor.extent == extent or tensor.extent.size == extent.size:
        operand.mode = FULL           # shapes of equal size that broadcast differ only in axes of size 1
    elif tensor.extent.size == 1:
        operand.mode = SCALAR
    else:
        operand.mode = STRIDED
        shift = extent.rank - tensor.extent.rank
        stride = 1
        for i in range(extent.rank - 1, -1, -1):
            if i < shift or tensor.extent.dims[i - shift] == 1:
                operand.strides[i] = 0
            else:
                operand.strides[i] = stride
                stride *= tensor.extent.dims[i - shift]
    return 0
