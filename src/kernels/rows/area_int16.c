/* Windows of 8-bit integers with a sign: columns in 16 bits. */
#define NAME           area_int16
#define COLUMN         int16_t
#define WIDENED(v)     _mm512_cvtepi16_epi32(v)
#define EACH_SOURCE    "kernels/rows/each_int8.inc"
#define SOURCE_ROWS(f) [VXS_INT8] = f##_VXS_INT8
#define DIVISOR        SMALL_REAL
#define FROM           from_small
#include "kernels/rows/area_int32.inc"
