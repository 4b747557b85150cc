/* Windows of floats. */
#include "kernels/rows/permute.h"

#if CAN_PERMUTE
#define NEAR                   4
#define near_values(row, at)   _mm256_castsi256_pd(near_64_bits(row, at))
#define add_near(a, mask, b)   _mm256_mask_add_pd(a, (__mmask8)(mask), a, b)
#define store_near(to, values) _mm256_storeu_pd(to, values)
typedef __m256d near_vector;
#endif

#define NAME           area_double
#define COLUMN         double
#define ACC            double
#define EACH_SOURCE    "kernels/rows/each_float.inc"
#define SOURCE_ROWS(f) FLOAT_ROWS(f)
#define DIVISOR        double
#define QUOTIENT(s, c) JOIN(from_double, U_ID)(ONE_NAN((s) / (c)))
#define PRODUCT(s, r)  JOIN(from_double, U_ID)(ONE_NAN((s) * (r)))
#include "kernels/rows/area_accumulator.inc"
