/* Integer sums below 2^22, which a float divides exactly enough. */
#include "kernels/rows/prologue.h"

#define NAME           area_int32_small
#define COLUMN         int32_t
#define ACC            int32_t
#define EACH_SOURCE    "kernels/rows/each_int16.inc"
#define SOURCE_ROWS(f) INT16_ROWS(f)
#define DIVISOR        SMALL_REAL
#define QUOTIENT(s, c) JOIN(from_small, U_ID)((SMALL_REAL)(s) / (c))
#define PRODUCT(s, r)  JOIN(from_small, U_ID)((SMALL_REAL)(s) * (r))
#include "kernels/rows/area_accumulator.inc"
