/* Windows of 8-bit integers: columns in 16 bits, as many again in a vector. */
#define NAME           area_uint16
#define COLUMN         uint16_t
#define WIDENED(v)     _mm512_cvtepu16_epi32(v)
#define EACH_SOURCE    "kernels/rows/each_uint8.inc"
#define SOURCE_ROWS(f) [VXS_UINT8] = f##_VXS_UINT8
#define DIVISOR        SMALL_REAL
#define FROM           from_small
#include "kernels/rows/area_int32.inc"
