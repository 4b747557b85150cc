/* Integer sums of 32 bits. */
#define NAME           area_int32
#define COLUMN         int32_t
#define EACH_SOURCE    "kernels/rows/each_int16.inc"
#define SOURCE_ROWS(f) INT16_ROWS(f)
#define DIVISOR        double
#define FROM           from_double
#include "kernels/rows/area_int32.inc"
