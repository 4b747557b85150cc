/* Windows of floats. */
#include "kernels/rows/prologue.h"

static inline double one_nan(double v) {
    return v == v ? v : (double)NAN;
}

#define NAME           area_double
#define COLUMN         double
#define ACC            double
#define EACH_SOURCE    "kernels/rows/each_float.inc"
#define SOURCE_ROWS(f) FLOAT_ROWS(f)
#define DIVISOR        double
#define QUOTIENT(s, c) JOIN(from_double, U_ID)(one_nan((s) / (c)))
#define PRODUCT(s, r)  JOIN(from_double, U_ID)(one_nan((s) * (r)))
#include "kernels/rows/area_accumulator.inc"
