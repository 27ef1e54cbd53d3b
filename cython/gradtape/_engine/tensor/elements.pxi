"""Single elements of any dtype as double. Included in `tensor`."""

cdef void write_number(int dtype_code, char* target, double value) noexcept nogil:
    """Stores one element (OUT) of any dtype."""
    if dtype_code == F32:
        (<float*>target)[0] = <float>value
    elif dtype_code == F64:
        (<double*>target)[0] = value
    elif dtype_code == F16:
        (<uint16_t*>target)[0] = half_of_float(<float>value)
    elif dtype_code == BF16:
        (<uint16_t*>target)[0] = bfloat_of_float(<float>value)
    elif dtype_code == C64:
        (<float*>target)[0] = <float>value
        (<float*>target)[1] = 0
    elif dtype_code == C128:
        (<double*>target)[0] = value
        (<double*>target)[1] = 0
    elif dtype_code == I32:
        (<int32_t*>target)[0] = <int32_t>value
    elif dtype_code == I64:
        (<int64_t*>target)[0] = <int64_t>value
    elif dtype_code == U64:
        (<uint64_t*>target)[0] = <uint64_t>value
    elif dtype_code == U32:
        (<uint32_t*>target)[0] = <uint32_t>value
    elif dtype_code == I16:
        (<int16_t*>target)[0] = <int16_t>value
    elif dtype_code == U16:
        (<uint16_t*>target)[0] = <uint16_t>value
    elif dtype_code == I8:
        (<int8_t*>target)[0] = <int8_t>value
    else:
        (<uint8_t*>target)[0] = <uint8_t>value


cdef double scalar_value(Tensor tensor) noexcept:
    if tensor.dtype_code == F32:
        return (<float*>tensor.data)[0]
    if tensor.dtype_code == F64:
        return (<double*>tensor.data)[0]
    if tensor.dtype_code == F16:
        return float_of_half((<uint16_t*>tensor.data)[0])
    if tensor.dtype_code == BF16:
        return float_of_bfloat((<uint16_t*>tensor.data)[0])
    if tensor.dtype_code == I32:
        return (<int32_t*>tensor.data)[0]
    if tensor.dtype_code == I64:
        return <double>(<int64_t*>tensor.data)[0]
    if tensor.dtype_code == U64:
        return <double>(<uint64_t*>tensor.data)[0]
    if tensor.dtype_code == U32:
        return (<uint32_t*>tensor.data)[0]
    if tensor.dtype_code == I16:
        return (<int16_t*>tensor.data)[0]
    if tensor.dtype_code == U16:
        return (<uint16_t*>tensor.data)[0]
    if tensor.dtype_code == I8:
        return (<int8_t*>tensor.data)[0]
    return (<uint8_t*>tensor.data)[0]
