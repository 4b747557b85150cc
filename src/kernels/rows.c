#include "kernels/rows.h"

#include <math.h>
#include <string.h>

typedef __int128 int128;

/* Voxels whose intermediate values stay in the first-level cache. */
enum { TILE = 512 };

#define JOIN_(a, b)  a##_##b
#define JOIN(a, b)   JOIN_(a, b)
#define NAMED(a, id) JOIN(JOIN(a, TAG), id)
#define ACC_NAMED(a) JOIN(a, ACC_TAG)

#define BODY "kernels/convert.inc"
#include "kernels/each_dtype.inc"
#undef BODY

#define ACC  __typeof__(_Generic((U)0, float : 0.0f, default : 0.0))
#define BODY "kernels/blend_rows.inc"
#include "kernels/each_dtype.inc"
#undef BODY
#undef ACC

#define BODY    "kernels/blend_finish.inc"
#define ACC     float
#define ACC_TAG float
#define TAG     float
#define FROM    from_float
#include "kernels/blend_tile.inc"
#include "kernels/each_dtype.inc"
#undef ACC
#undef ACC_TAG
#undef TAG
#undef FROM
#define ACC     double
#define ACC_TAG double
#define TAG     double
#define FROM    from_double
#include "kernels/blend_tile.inc"
#include "kernels/each_dtype.inc"
#undef ACC
#undef ACC_TAG
#undef TAG
#undef FROM
#undef BODY

/* Area: sums of each source dtype in the accumulators that may hold them, then each accumulator into each
 * target dtype. */
#define SUMS   "kernels/area_sum.inc"
#define FINISH "kernels/area_finish.inc"

#define ACC     int32_t
#define ACC_TAG int32
#define TAG     int32
#include "kernels/area_windows.inc"
#define BODY SUMS
#include "kernels/each_int16.inc"
#undef BODY
#define BODY           FINISH
#define DIVISOR        double
#define QUOTIENT(s, c) JOIN(from_double, U_ID)((double)(s) / (c))
#define PRODUCT(s, r)  JOIN(from_double, U_ID)((double)(s) * (r))
#include "kernels/each_dtype.inc"
#undef TAG
#undef DIVISOR
#undef QUOTIENT
#undef PRODUCT
#define TAG            int32_small
#define DIVISOR        float
#define QUOTIENT(s, c) JOIN(from_small, U_ID)((float)(s) / (c))
#define PRODUCT(s, r)  JOIN(from_small, U_ID)((float)(s) * (r))
#include "kernels/each_int16.inc"
#include "kernels/each_int32.inc"
#include "kernels/each_int64.inc"
#undef BODY
#undef DIVISOR
#undef QUOTIENT
#undef PRODUCT
#undef ACC
#undef ACC_TAG
#undef TAG

#define ACC     int64_t
#define ACC_TAG int64
#define TAG     int64
#include "kernels/area_windows.inc"
#define BODY SUMS
#include "kernels/each_int16.inc"
#include "kernels/each_int32.inc"
#undef BODY
#define BODY           FINISH
#define DIVISOR        double
#define QUOTIENT(s, c) JOIN(from_double, U_ID)((double)(s) / (c))
#define PRODUCT(s, r)  JOIN(from_double, U_ID)((double)(s) * (r))
#include "kernels/each_dtype.inc"
#undef TAG
#undef DIVISOR
#undef QUOTIENT
#undef PRODUCT
#define TAG            int64_large
#define DIVISOR        int64_t
#define QUOTIENT(s, c) JOIN(from_ratio, U_ID)((s), (c))
#include "kernels/each_dtype.inc"
#undef BODY
#undef ACC
#undef ACC_TAG
#undef TAG

#define ACC     int128
#define ACC_TAG int128
#define TAG     int128
#include "kernels/area_windows.inc"
#define BODY SUMS
#include "kernels/each_int32.inc"
#include "kernels/each_int64.inc"
#undef BODY
#define BODY FINISH
#include "kernels/each_dtype.inc"
#undef BODY
#undef DIVISOR
#undef QUOTIENT
#undef PRODUCT
#undef ACC
#undef ACC_TAG
#undef TAG

#define ACC     double
#define ACC_TAG double
#define TAG     double
#include "kernels/area_windows.inc"
#define BODY SUMS
#include "kernels/each_float.inc"
#undef BODY
static inline double one_nan(double v) {
    return v == v ? v : (double)NAN;
}
#define BODY           FINISH
#define DIVISOR        double
#define QUOTIENT(s, c) JOIN(from_double, U_ID)(one_nan((s) / (c)))
#define PRODUCT(s, r)  JOIN(from_double, U_ID)(one_nan((s) * (r)))
#include "kernels/each_dtype.inc"
#undef BODY
#undef DIVISOR
#undef QUOTIENT
#undef PRODUCT
#undef ACC
#undef ACC_TAG
#undef TAG

/* Nearest: bytes by size, or values by dtype into their medium. */
#define BODY         "kernels/pick.inc"
#define MEDIUM       U
#define AS_MEDIUM(v) (v)
#define U            uint8_t
#define U_ID         bytes1
#include BODY
#undef U
#undef U_ID
#define U    uint16_t
#define U_ID bytes2
#include BODY
#undef U
#undef U_ID
#define U    uint32_t
#define U_ID bytes4
#include BODY
#undef U
#undef U_ID
#define U    uint64_t
#define U_ID bytes8
#include BODY
#undef U
#undef U_ID
#undef MEDIUM

#define MEDIUM                                                                                               \
    __typeof__(_Generic((U)0, float : 0.0, double : 0.0, uint64_t : (uint64_t)0, default : (int64_t)0))
#include "kernels/each_dtype.inc"
#undef MEDIUM
#undef AS_MEDIUM

/* IEEE 754 half precision; every half is a double. */
static inline double half_value(uint16_t bits) {
    int exponent = (bits >> 10) & 31, fraction = bits & 1023;
    double v = exponent == 31 ? (fraction ? (double)NAN : (double)INFINITY)
               : exponent     ? ldexp(1024 + fraction, exponent - 25)
                              : ldexp(fraction, -24);
    return bits >> 15 ? -v : v;
}

#define MEDIUM       double
#define AS_MEDIUM(v) half_value(v)
#define U            uint16_t
#define U_ID         VXS_FLOAT16
#include BODY
#undef MEDIUM
#undef AS_MEDIUM
#undef U
#undef U_ID
#define MEDIUM       int64_t
#define AS_MEDIUM(v) ((v) != 0)
#define U            uint8_t
#define U_ID         VXS_BOOL
#include BODY
#undef MEDIUM
#undef AS_MEDIUM
#undef U
#undef U_ID
#undef BODY

#define SCATTER(name, type)                                                                                  \
    static void name(void *dst, const void *src, int64_t stride, int64_t n) {                                \
        type *restrict out = dst;                                                                            \
        const type *restrict in = src;                                                                       \
        for (int64_t i = 0; i < n; i++)                                                                      \
            out[i * stride] = in[i];                                                                         \
    }
SCATTER(scatter_bytes1, uint8_t)
SCATTER(scatter_bytes2, uint16_t)
SCATTER(scatter_bytes4, uint32_t)
SCATTER(scatter_bytes8, uint64_t)
#undef SCATTER

#define INT16_ROWS(f)                                                                                        \
    [VXS_UINT8] = f##_VXS_UINT8, [VXS_INT8] = f##_VXS_INT8, [VXS_UINT16] = f##_VXS_UINT16,                   \
    [VXS_INT16] = f##_VXS_INT16
#define INT32_ROWS(f) [VXS_UINT32] = f##_VXS_UINT32, [VXS_INT32] = f##_VXS_INT32
#define INT64_ROWS(f) [VXS_UINT64] = f##_VXS_UINT64, [VXS_INT64] = f##_VXS_INT64
#define FLOAT_ROWS(f) [VXS_FLOAT32] = f##_VXS_FLOAT32, [VXS_FLOAT64] = f##_VXS_FLOAT64
#define ROWS(f)       INT16_ROWS(f), INT32_ROWS(f), INT64_ROWS(f), FLOAT_ROWS(f)
#define SIZES(f)      [1] = f##_bytes1, [2] = f##_bytes2, [4] = f##_bytes4, [8] = f##_bytes8

static const row_functions functions = {
    .blend2 = {ROWS(blend2)},
    .blend4 = {ROWS(blend4)},
    .widen = {ROWS(widen)},
    .finish_blend = {[ACC_FLOAT] = {ROWS(finish_blend_float)}, [ACC_DOUBLE] = {ROWS(finish_blend_double)}},
    .finish_same = {[ACC_FLOAT] = {ROWS(finish_same_float)}, [ACC_DOUBLE] = {ROWS(finish_same_double)}},
    .sum = {[ACC_DOUBLE] = {FLOAT_ROWS(sum_double)},
            [ACC_INT32_SMALL] = {INT16_ROWS(sum_int32)},
            [ACC_INT32] = {INT16_ROWS(sum_int32)},
            [ACC_INT64] = {INT16_ROWS(sum_int64), INT32_ROWS(sum_int64)},
            [ACC_INT64_LARGE] = {INT16_ROWS(sum_int64), INT32_ROWS(sum_int64)},
            [ACC_INT128] = {INT32_ROWS(sum_int128), INT64_ROWS(sum_int128)}},
    .reduce = {[ACC_DOUBLE] = reduce_double,
               [ACC_INT32_SMALL] = reduce_int32,
               [ACC_INT32] = reduce_int32,
               [ACC_INT64] = reduce_int64,
               [ACC_INT64_LARGE] = reduce_int64,
               [ACC_INT128] = reduce_int128},
    .finish_area = {[ACC_DOUBLE] = {ROWS(finish_area_double)},
                    [ACC_INT32_SMALL] = {INT16_ROWS(finish_area_int32_small),
                                         INT32_ROWS(finish_area_int32_small),
                                         INT64_ROWS(finish_area_int32_small), FLOAT_ROWS(finish_area_int32)},
                    [ACC_INT32] = {ROWS(finish_area_int32)},
                    [ACC_INT64] = {ROWS(finish_area_int64)},
                    [ACC_INT64_LARGE] = {ROWS(finish_area_int64_large)},
                    [ACC_INT128] = {ROWS(finish_area_int128)}},
    .pick_bytes = {SIZES(pick)},
    .scatter = {SIZES(scatter)},
    .pick_values = {ROWS(pick), [VXS_FLOAT16] = pick_VXS_FLOAT16, [VXS_BOOL] = pick_VXS_BOOL},
    .medium_of = {[VXS_UINT64] = MEDIUM_UINT64,
                  [VXS_FLOAT32] = MEDIUM_DOUBLE,
                  [VXS_FLOAT64] = MEDIUM_DOUBLE,
                  [VXS_FLOAT16] = MEDIUM_DOUBLE},
    .convert = {[MEDIUM_INT64] = {ROWS(convert_int64_t)},
                [MEDIUM_UINT64] = {ROWS(convert_uint64_t)},
                [MEDIUM_DOUBLE] = {ROWS(convert_double)}},
};

const row_functions *row_functions_get(void) {
    return &functions;
}
