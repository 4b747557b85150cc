/* Windows of 8-bit integers: columns in 16 bits, as many again in a vector. */
#include "kernels/rows/prologue.h"

#define NAME           area_uint16
#define COLUMN         uint16_t
#define ACC            int32_t
#define EACH_SOURCE    "kernels/rows/each_uint8.inc"
#define SOURCE_ROWS(f) [VXS_UINT8] = f##_VXS_UINT8
#define DIVISOR        SMALL_REAL
#define QUOTIENT(s, c) JOIN(from_small, U_ID)((SMALL_REAL)(s) / (c))
#define PRODUCT(s, r)  JOIN(from_small, U_ID)((SMALL_REAL)(s) * (r))
#include "kernels/rows/area_accumulator.inc"
