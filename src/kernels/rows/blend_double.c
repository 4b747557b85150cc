/* Linear in double: float64 volumes and integers. */
#include "kernels/rows/permute.h"

#if CAN_PERMUTE
/* A group of outputs along w: half a vector. */
enum { NEAR = 4 };
typedef __m256d near_vector;
#define near_values(row, at) _mm256_castsi256_pd(near_64_bits(row, at))
#define load_weights         _mm256_loadu_pd
#define store_near           _mm256_storeu_pd
#endif

#define NAME        blend_double
#define ACC         double
#define FROM        from_double
#define EACH_SOURCE "kernels/rows/each_dtype.inc"
#define SOURCE_ROWS ROWS
#include "kernels/rows/blend_accumulator.inc"
