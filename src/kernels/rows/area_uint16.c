/* Windows of 8-bit integers: columns in 16 bits, as many again in a vector. */
#include "kernels/rows/permute.h"

#if CAN_PERMUTE
#define NEAR                   16
#define near_values(row, at)   _mm512_cvtepu16_epi32(near_16_bits(row, at))
#define add_near(a, mask, b)   _mm512_mask_add_epi32(a, mask, a, b)
#define store_near(to, values) _mm512_storeu_si512(to, values)
typedef __m512i near_vector;
#endif

#define NAME           area_uint16
#define COLUMN         uint16_t
#define ACC            int32_t
#define EACH_SOURCE    "kernels/rows/each_uint8.inc"
#define SOURCE_ROWS(f) [VXS_UINT8] = f##_VXS_UINT8
#define DIVISOR        SMALL_REAL
#define QUOTIENT(s, c) JOIN(from_small, U_ID)((SMALL_REAL)(s) / (c))
#define PRODUCT(s, r)  JOIN(from_small, U_ID)((SMALL_REAL)(s) * (r))
#include "kernels/rows/area_accumulator.inc"
