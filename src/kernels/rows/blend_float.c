/* Linear in float: float volumes, and integers whose blends a float holds exactly. */
#include "kernels/rows/prologue.h"

#define NAME           blend_float
#define ACC            float
#define FROM           from_float
#define EACH_SOURCE    "kernels/rows/each_blend_float.inc"
#define SOURCE_ROWS(f) INT16_ROWS(f), [VXS_FLOAT32] = f##_VXS_FLOAT32
#include "kernels/rows/blend_accumulator.inc"
