/* Integer sums below 2^22, which a float divides exactly enough. */
#include "kernels/rows/permute.h"

#if CAN_PERMUTE
#define NEAR                   8
#define near_values(row, at)   near_32_bits(row, at)
#define add_near(a, mask, b)   _mm256_mask_add_epi32(a, (__mmask8)(mask), a, b)
#define store_near(to, values) _mm256_storeu_si256((__m256i *)(to), values)
typedef __m256i near_vector;
#endif

#define NAME           area_int32_small
#define COLUMN         int32_t
#define ACC            int32_t
#define EACH_SOURCE    "kernels/rows/each_int16.inc"
#define SOURCE_ROWS(f) INT16_ROWS(f)
#define DIVISOR        SMALL_REAL
#define QUOTIENT(s, c) JOIN(from_small, U_ID)((SMALL_REAL)(s) / (c))
#define PRODUCT(s, r)  JOIN(from_small, U_ID)((SMALL_REAL)(s) * (r))
#include "kernels/rows/area_accumulator.inc"
