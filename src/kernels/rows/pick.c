/* Nearest: voxels as they are, bytes by size or values by dtype on their way to another; and conversions. */
#include "base/half.h"
#include "kernels/rows/prologue.h"

#define BODY "kernels/rows/values.inc"
#include "kernels/rows/each_dtype.inc"
#undef BODY

#include "kernels/rows/pick_lines.h"
#include "kernels/rows/pick_permute.h"

#define BODY                          "kernels/rows/pick.inc"
#define MEDIUM                        U
#define AS_MEDIUM(v)                  (v)
#define PICK_MANY(out, in, stride, s) ((stride) == 1 ? JOIN(pick_many, U_ID)(out, in, s) : 0)
#define U                             uint8_t
#define U_ID                          bytes1
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
#undef PICK_MANY

#define PICK_MANY(out, in, stride, s) 0
#define MEDIUM                                                                                               \
    __typeof__(_Generic((U)0, float : 0.0, double : 0.0, uint64_t : (uint64_t)0, default : (int64_t)0))
#include "kernels/rows/each_dtype.inc"
#undef MEDIUM
#undef AS_MEDIUM

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

#define BODY "kernels/rows/convert.inc"
#include "kernels/rows/each_dtype.inc"
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

#define SIZES(f) [1] = f##_bytes1, [2] = f##_bytes2, [4] = f##_bytes4, [8] = f##_bytes8

const pick_functions FOR_ISA(picks) = {
    .bytes = {SIZES(pick)},
    .rows = PICK_LINES_TABLE,
    .scatter = {SIZES(scatter)},
    .values = {ROWS(pick), [VXS_FLOAT16] = pick_VXS_FLOAT16, [VXS_BOOL] = pick_VXS_BOOL},
    .medium_of = {[VXS_UINT64] = MEDIUM_UINT64,
                  [VXS_FLOAT32] = MEDIUM_DOUBLE,
                  [VXS_FLOAT64] = MEDIUM_DOUBLE,
                  [VXS_FLOAT16] = MEDIUM_DOUBLE},
    .convert = {[MEDIUM_INT64] = {ROWS(convert_int64_t)},
                [MEDIUM_UINT64] = {ROWS(convert_uint64_t)},
                [MEDIUM_DOUBLE] = {ROWS(convert_double)}},
};
