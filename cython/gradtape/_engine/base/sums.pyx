"""Sums of processes' arrays, or their means, written to wherever these want them in one pass over memory."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from gradtape._engine.base.types cimport (
    BF16, C64, C128, DTYPE_COUNT, F16, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64, is_complex,
)

cdef extern from "sums.h" nogil:
    ctypedef struct Sums:
        const char* const* values
        char* const* results
        int values_count
        int results_count
        int divisor
        Py_ssize_t n

    void sums_float(const Sums*)
    void sums_double(const Sums*)
    void sums_half(const Sums*)
    void sums_bfloat(const Sums*)
    void sums_int8(const Sums*)
    void sums_int16(const Sums*)
    void sums_int32(const Sums*)
    void sums_int64(const Sums*)
    void sums_uint8(const Sums*)
    void sums_uint16(const Sums*)
    void sums_uint32(const Sums*)
    void sums_uint64(const Sums*)

cdef enum:
    MOST = 64        # arrays
    LONG = 1 << 16   # bytes from which on other threads may run meanwhile

ctypedef void (*Function)(const Sums*) noexcept nogil
cdef Function functions[DTYPE_COUNT]
cdef int sizes[DTYPE_COUNT]


cdef void enter(int dtype_code, Function function, int size) noexcept:
    functions[dtype_code], sizes[dtype_code] = function, size


enter(F32, sums_float, 4)
enter(F64, sums_double, 8)
enter(F16, sums_half, 2)
enter(BF16, sums_bfloat, 2)
enter(C64, sums_float, 4)        # a complex number is two
enter(C128, sums_double, 8)
enter(I8, sums_int8, 1)
enter(I16, sums_int16, 2)
enter(I32, sums_int32, 4)
enter(I64, sums_int64, 8)
enter(U8, sums_uint8, 1)
enter(U16, sums_uint16, 2)
enter(U32, sums_uint32, 4)
enter(U64, sums_uint64, 8)


def add_up(int dtype_code, list values, list results, int divisor=1) -> None:
    """Adds up arrays, and divides the sums.

    Args:
      dtype_code: the arrays' `DTypeCode`.
      values: two arrays or more (IN), contiguous and of the same size; of halves the integers of their bits.
      results: arrays for the sums (OUT), which may be values; all but the first are other processes'.
      divisor: a positive number; 1 of complex numbers. Quotients of integers are cut off towards 0.
    """
    cdef Py_buffer views[MOST]
    cdef char* starts[MOST]
    cdef Sums sums
    cdef tuple arrays = (*values, *results)
    cdef int held = 0, count = <int>len(values), place
    cdef Py_ssize_t nbytes
    if not (0 <= dtype_code < DTYPE_COUNT and functions[dtype_code] != NULL):
        raise ValueError(f"no sums of the dtype of code {dtype_code}")
    if not (2 <= count < len(arrays) <= MOST and divisor > 0 and (divisor == 1 or not is_complex(dtype_code))):
        raise ValueError(f"{count} arrays are not added up to {len(arrays) - count} and divided by {divisor}")
    try:
        for place in range(len(arrays)):
            PyObject_GetBuffer(arrays[place], &views[place], PyBUF_SIMPLE if place < count else PyBUF_WRITABLE)
            held += 1
        nbytes = views[0].len
        for place in range(held):
            starts[place] = <char*>views[place].buf
            if views[place].len != nbytes or nbytes % sizes[dtype_code] or <size_t>starts[place] % sizes[dtype_code]:
                raise ValueError("arrays that are added up have the same size, of whole aligned elements")
        sums.values, sums.results = <const char* const*>starts, <char* const*>&starts[count]
        sums.values_count, sums.results_count = count, held - count
        sums.divisor, sums.n = divisor, nbytes // sizes[dtype_code]
        if nbytes < LONG:
            functions[dtype_code](&sums)
        else:
            with nogil:
                functions[dtype_code](&sums)
    finally:
        for place in range(held):
            PyBuffer_Release(&views[place])
