/* Integer sums of 32 bits. */
#include "kernels/rows/prologue.h"

#define NAME           area_int32
#define COLUMN         int32_t
#define ACC            int32_t
#define EACH_SOURCE    "kernels/rows/each_int16.inc"
#define SOURCE_ROWS(f) INT16_ROWS(f)
#define DIVISOR        double
#define QUOTIENT(s, c) JOIN(from_double, U_ID)((double)(s) / (c))
#define PRODUCT(s, r)  JOIN(from_double, U_ID)((double)(s) * (r))
#include "kernels/rows/area_accumulator.inc"
