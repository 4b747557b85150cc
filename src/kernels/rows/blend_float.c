/* Linear in float: float volumes, and integers whose blends a float holds exactly. */
#include "kernels/rows/permute.h"

#if CAN_PERMUTE
/* A group of outputs along w: half a vector. */
enum { NEAR = 8 };
typedef __m256 near_vector;
#define near_values(row, at) _mm256_castsi256_ps(near_32_bits(row, at))
#define load_weights         _mm256_loadu_ps
#define store_near           _mm256_storeu_ps
#endif

#define NAME           blend_float
#define ACC            float
#define FROM           from_float
#define EACH_SOURCE    "kernels/rows/each_blend_float.inc"
#define SOURCE_ROWS(f) INT16_ROWS(f), [VXS_FLOAT32] = f##_VXS_FLOAT32
#include "kernels/rows/blend_accumulator.inc"
