/* Linear in double: float64 volumes and integers. */
#include "kernels/rows/prologue.h"

#define NAME        blend_double
#define ACC         double
#define FROM        from_double
#define EACH_SOURCE "kernels/rows/each_dtype.inc"
#define SOURCE_ROWS ROWS
#include "kernels/rows/blend_accumulator.inc"
