/* Integer sums below 2^22, which a float divides exactly enough. */
#define NAME           area_int32_small
#define COLUMN         int32_t
#define EACH_SOURCE    "kernels/rows/each_int16.inc"
#define SOURCE_ROWS(f) INT16_ROWS(f)
#define DIVISOR        SMALL_REAL
#define FROM           from_small
#include "kernels/rows/area_int32.inc"
