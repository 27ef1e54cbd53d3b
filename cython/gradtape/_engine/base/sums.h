/* Sums of several arrays, or their means, written to several places in one pass over memory. */
#ifndef GRADTAPE_SUMS_H
#define GRADTAPE_SUMS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "compiler.h"
#include "halves.h"

/* Values [IN] are added in their order and divided by `divisor` unless that is 1; results [OUT] get the same each, and may
 * be values, of the same elements. All results but the first are written past the caches: they are other processes', whose
 * caches and this one's would else hand lines to and fro. */
typedef struct {
    const char* const* values;
    char* const* results;
    int values_count, results_count, divisor;
    ptrdiff_t n; /* elements of each */
} Sums;

#define SUMS_LINE 64 /* bytes of each that are computed before they are written: a line of cache */

#define SUMS_FUNCTION(name, T, WIDE, ADD, SCALE, DIVIDE) \
    ALWAYS_INLINE void name##_line(const Sums* s, ptrdiff_t first, ptrdiff_t n, WIDE divisor, WIDE factor) { \
        T line[SUMS_LINE / sizeof(T)]; \
        const T *one = (const T*)s->values[0] + first, *other = (const T*)s->values[1] + first; \
        ptrdiff_t j; \
        int k; \
        for (j = 0; j < n; j++) \
            line[j] = (T)ADD(one[j], other[j]); \
        for (k = 2; k < s->values_count; k++) { \
            other = (const T*)s->values[k] + first; \
            for (j = 0; j < n; j++) \
                line[j] = (T)ADD(line[j], other[j]); \
        } \
        if (factor != 0) \
            for (j = 0; j < n; j++) \
                line[j] = (T)SCALE(line[j], factor); \
        else if (divisor != 1) \
            for (j = 0; j < n; j++) \
                line[j] = (T)DIVIDE(line[j], divisor); \
        for (k = 0; k < s->results_count; k++) \
            if (k && n == SUMS_LINE / sizeof(T)) \
                STREAM_LINE(s->results[k] + first * sizeof(T), line); \
            else \
                memcpy(s->results[k] + first * sizeof(T), line, n * sizeof(T)); \
    } \
    static void name(const Sums* s) { \
        const ptrdiff_t step = SUMS_LINE / sizeof(T); \
        const WIDE divisor = (WIDE)s->divisor; \
        /* A power of two's reciprocal is exact: products with it have the bits of quotients, and take less time. */ \
        const WIDE factor = (s->divisor & (s->divisor - 1)) || s->divisor == 1 ? 0 : 1 / divisor; \
        ptrdiff_t first = 0; \
        for (; first + step <= s->n; first += step) \
            name##_line(s, first, SUMS_LINE / sizeof(T), divisor, factor); \
        for (; first < s->n; first++) \
            name##_line(s, first, 1, divisor, factor); \
        STREAMED(); \
    }

#define SUMS_ADD(x, y) ((x) + (y))
#define SUMS_SCALE(x, factor) ((x) * (factor))
#define SUMS_DIVIDE(x, divisor) ((x) / (divisor))
SUMS_FUNCTION(sums_float, float, float, SUMS_ADD, SUMS_SCALE, SUMS_DIVIDE)
SUMS_FUNCTION(sums_double, double, double, SUMS_ADD, SUMS_SCALE, SUMS_DIVIDE)

#define SUMS_ADD_HALVES(x, y) half_of_float(float_of_half(x) + float_of_half(y))
#define SUMS_SCALE_HALF(x, factor) half_of_float(float_of_half(x) * (factor))
#define SUMS_DIVIDE_HALF(x, divisor) half_of_float(float_of_half(x) / (divisor))
SUMS_FUNCTION(sums_half, uint16_t, float, SUMS_ADD_HALVES, SUMS_SCALE_HALF, SUMS_DIVIDE_HALF)
#define SUMS_ADD_BFLOATS(x, y) bfloat_of_float(float_of_bfloat(x) + float_of_bfloat(y))
#define SUMS_SCALE_BFLOAT(x, factor) bfloat_of_float(float_of_bfloat(x) * (factor))
#define SUMS_DIVIDE_BFLOAT(x, divisor) bfloat_of_float(float_of_bfloat(x) / (divisor))
SUMS_FUNCTION(sums_bfloat, uint16_t, float, SUMS_ADD_BFLOATS, SUMS_SCALE_BFLOAT, SUMS_DIVIDE_BFLOAT)

/* Sums wrap, which in C those of unsigned integers do; quotients are cut off towards 0. There is no factor but 0. */
#define SUMS_ADD_INTEGERS(x, y) ((uint64_t)(x) + (uint64_t)(y))
SUMS_FUNCTION(sums_int8, int8_t, int64_t, SUMS_ADD_INTEGERS, SUMS_SCALE, SUMS_DIVIDE)
SUMS_FUNCTION(sums_int16, int16_t, int64_t, SUMS_ADD_INTEGERS, SUMS_SCALE, SUMS_DIVIDE)
SUMS_FUNCTION(sums_int32, int32_t, int64_t, SUMS_ADD_INTEGERS, SUMS_SCALE, SUMS_DIVIDE)
SUMS_FUNCTION(sums_int64, int64_t, int64_t, SUMS_ADD_INTEGERS, SUMS_SCALE, SUMS_DIVIDE)
SUMS_FUNCTION(sums_uint8, uint8_t, uint64_t, SUMS_ADD_INTEGERS, SUMS_SCALE, SUMS_DIVIDE)
SUMS_FUNCTION(sums_uint16, uint16_t, uint64_t, SUMS_ADD_INTEGERS, SUMS_SCALE, SUMS_DIVIDE)
SUMS_FUNCTION(sums_uint32, uint32_t, uint64_t, SUMS_ADD_INTEGERS, SUMS_SCALE, SUMS_DIVIDE)
SUMS_FUNCTION(sums_uint64, uint64_t, uint64_t, SUMS_ADD_INTEGERS, SUMS_SCALE, SUMS_DIVIDE)

#endif
