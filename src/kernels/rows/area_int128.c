/* Integer sums that 64 bits may not hold. */
#include "kernels/rows/prologue.h"

#define NAME           area_int128
#define COLUMN         __int128
#define ACC            __int128
#define EACH_SOURCE    "kernels/rows/each_int64_less.inc"
#define SOURCE_ROWS(f) INT32_ROWS(f), INT64_ROWS(f)
#define DIVISOR        int64_t
#define QUOTIENT(s, c) JOIN(from_ratio, U_ID)((s), (c))

#include "kernels/rows/area_accumulator.inc"
