"""Conversion of float16 and bfloat16 to float32 and back."""

from libc.stdint cimport uint16_t

cdef extern from "halves.h":
    float float_of_half(uint16_t half) noexcept nogil
    uint16_t half_of_float(float value) noexcept nogil
    float float_of_bfloat(uint16_t number) noexcept nogil
    uint16_t bfloat_of_float(float value) noexcept nogil
    # Convert arrays; brain: bfloat16 rather than float16; source is IN, target is OUT.
    void widen_halves(bint brain, const uint16_t* source, float* target, Py_ssize_t n) noexcept nogil
    void round_to_halves(bint brain, const float* source, uint16_t* target, Py_ssize_t n) noexcept nogil
