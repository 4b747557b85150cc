/* Integer sums below 2^52. */
#include "kernels/rows/prologue.h"

#define NAME           area_int64
#define COLUMN         int64_t
#define ACC            int64_t
#define EACH_SOURCE    "kernels/rows/each_int32_less.inc"
#define SOURCE_ROWS(f) INT16_ROWS(f), INT32_ROWS(f)
#define DIVISOR        double
#define QUOTIENT(s, c) JOIN(from_double, U_ID)((double)(s) / (c))
#define PRODUCT(s, r)  JOIN(from_double, U_ID)((double)(s) * (r))
#include "kernels/rows/area_accumulator.inc"
