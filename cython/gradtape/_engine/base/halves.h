/* Conversion of float16 and bfloat16 to float32, which is exact, and back, rounded to nearest, ties to even. The loops have no
   branches, so that compilers can vectorize them. */

#ifndef GRADTAPE_HALVES_H
#define GRADTAPE_HALVES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t bits_of_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

static inline float float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static inline float float_of_half(uint16_t half) {
    /* Shifts half's fields to float32's positions; multiplying by 2^112 corrects the exponent's bias, also for subnormals. */
    uint32_t bits = bits_of_float(float_of_bits((uint32_t)(half & 0x7fff) << 13) * 0x1p112f);
    bits = (half & 0x7c00) == 0x7c00 ? bits | 0x7f800000 : bits;
    return float_of_bits(bits | (uint32_t)(half & 0x8000) << 16);
}

static inline uint16_t half_of_float(float value) {
    uint32_t bits = bits_of_float(value), sign = bits >> 16 & 0x8000, size = bits & 0x7fffffff;
    /* Normal: subtracts the difference of the biases, and adds half a unit in the last place, or a bit less to round ties to even. */
    uint32_t normal = (size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13;
    /* Subnormal: adding 1/2, which has the same last place, rounds. */
    uint32_t small = bits_of_float(float_of_bits(size < 0x38800000 ? size : 0) + 0.5f) - 0x3f000000;
    uint32_t large = size > 0x7f800000 ? 0x7e00 : 0x7c00;
    uint32_t finite = size < 0x38800000 ? small : normal;
    return (uint16_t)(sign | (size >= 0x47800000 ? large : finite));
}

static inline float float_of_bfloat(uint16_t number) {
    return float_of_bits((uint32_t)number << 16);
}

static inline uint16_t bfloat_of_float(float value) {
    uint32_t bits = bits_of_float(value);
    uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? (bits >> 16 & 0x8000) | 0x7fc0 : rounded);
}

static inline void widen_halves(int brain, const uint16_t* source, float* target, ptrdiff_t n) {
    ptrdiff_t i;
    if (brain)
        for (i = 0; i < n; i++)
            target[i] = float_of_bfloat(source[i]);
    else
        for (i = 0; i < n; i++)
            target[i] = float_of_half(source[i]);
}

static inline void round_to_halves(int brain, const float* source, uint16_t* target, ptrdiff_t n) {
    ptrdiff_t i;
    if (brain)
        for (i = 0; i < n; i++)
            target[i] = bfloat_of_float(source[i]);
    else
        for (i = 0; i < n; i++)
            target[i] = half_of_float(source[i]);
}

#endif
