/* Integer sums of 64 bits, divided as integers. */
#include "kernels/rows/prologue.h"

#define NAME           area_int64_large
#define COLUMN         int64_t
#define ACC            int64_t
#define EACH_SOURCE    "kernels/rows/each_int32_less.inc"
#define SOURCE_ROWS(f) INT16_ROWS(f), INT32_ROWS(f)
#define DIVISOR        int64_t
#define QUOTIENT(s, c) JOIN(from_ratio, U_ID)((s), (c))

#include "kernels/rows/area_accumulator.inc"
