/* Sampling: tiles of points from coordinates to values. */
#include "kernels/points.h"
#include "kernels/rows/prologue.h"

/* ---- coordinates ---- */

#define GRID_ROW(name, real)                                                                                 \
    static inline void name##_body(points *p, const real *grid, int64_t step_w, int64_t step_c,              \
                                   const int64_t size[3]) {                                                  \
        const real d = (real)size[0], h = (real)size[1], w = (real)size[2];                                  \
        real *restrict u_d = (real *)p->u[0], *restrict u_h = (real *)p->u[1],                               \
                       *restrict u_w = (real *)p->u[2];                                                      \
        const int64_t count = p->count;                                                                      \
        for (int64_t i = 0; i < count; i++) {                                                                \
            const real *g = grid + i * step_w;                                                               \
            u_w[i] = ((g[0] + 1) * w - 1) * (real)0.5;                                                       \
            u_h[i] = ((g[step_c] + 1) * h - 1) * (real)0.5;                                                  \
            u_d[i] = ((g[2 * step_c] + 1) * d - 1) * (real)0.5;                                              \
        }                                                                                                    \
    }                                                                                                        \
    static void name(points *p, const void *grid, int64_t step_w, int64_t step_c, const int64_t size[3]) {   \
        if (step_w == 3 && step_c == 1)                                                                      \
            name##_body(p, grid, 3, 1, size);                                                                \
        else                                                                                                 \
            name##_body(p, grid, step_w, step_c, size);                                                      \
    }
GRID_ROW(grid_row_float, float)
GRID_ROW(grid_row_double, double)
#undef GRID_ROW

static void affine_row(double *restrict u, double start, double step, double shift, int64_t w,
                       int64_t count) {
    if (w + count <= INT32_MAX) /* the conversion of 32 bits is the one that vectorises */
        for (int32_t i = 0; i < (int32_t)count; i++)
            u[i] = (start + step * (double)((int32_t)w + i)) + shift;
    else
        for (int64_t i = 0; i < count; i++)
            u[i] = (start + step * (double)(w + i)) + shift;
}

#define WIDEN_ROW(name, real)                                                                                \
    static void name(double *restrict to, const void *field, int64_t step, int64_t n) {                      \
        for (int64_t i = 0; i < n; i++)                                                                      \
            to[i] = ((const real *)field)[i * step];                                                         \
    }
WIDEN_ROW(widen_row_float, float)
WIDEN_ROW(widen_row_double, double)
#undef WIDEN_ROW

/* ---- taps ---- */

#define TAGGED(name)      JOIN(name, REAL_TAG)
#define BLEND_NAMED(name) JOIN(name, BLEND)

#define REAL        float
#define REAL_TAG    float
#define MATH(name)  name##f
#define FAST_MAX    0x1p22
#define ROUND_MAGIC 0x1.8p23f
#include "kernels/rows/points_taps.inc"

#define REAL        double
#define REAL_TAG    double
#define MATH(name)  name
#define FAST_MAX    0x1p30
#define ROUND_MAGIC 0x1.8p52
#include "kernels/rows/points_taps.inc"

#define OFFSETS(name, integer)                                                                               \
    static void name(points *p, const point_source *src) {                                                   \
        const integer d0 = (integer)src->begin[0], h0 = (integer)src->begin[1], w0 = (integer)src->begin[2]; \
        const integer step_d = (integer)src->stride[0], step_h = (integer)src->stride[1],                    \
                      step_w = (integer)src->stride[2];                                                      \
        const int32_t *restrict d = p->index[0], *restrict h = p->index[1], *restrict w = p->index[2];       \
        const int32_t *restrict flag = p->flag;                                                              \
        int64_t *restrict offset = p->offset;                                                                \
        const int64_t count = p->count;                                                                      \
        for (int64_t i = 0; i < count; i++) {                                                                \
            const integer k = (d[i] - d0) * step_d + (h[i] - h0) * step_h + (w[i] - w0) * step_w;            \
            offset[i] = flag[i] & POINT_OUTSIDE ? 0 : k;                                                     \
        }                                                                                                    \
    }
OFFSETS(offsets_small, int32_t)
OFFSETS(offsets_large, int64_t)
#undef OFFSETS

static void offsets(points *p, const point_source *src) {
    (src->small ? offsets_small : offsets_large)(p, src);
}

#ifdef __AVX512F__
#include "kernels/rows/points_avx512.inc"
#include "kernels/rows/points_row_avx512.inc"
#include "kernels/rows/points_alike_avx512.inc"
#define GRID_PLACE  place_grid
#define WINDOWS     windows
#define PRODUCTS    products
#define BLEND_ALIKE blend_alike
#define BLEND_APART blend_apart
#define BLEND_ROWS  INT16_ROWS(blend_rows), [VXS_FLOAT32] = blend_rows_VXS_FLOAT32
#else
#define GRID_PLACE  NULL
#define WINDOWS     NULL
#define PRODUCTS    NULL
#define BLEND_ALIKE NULL
#define BLEND_APART NULL
#define BLEND_ROWS  NULL
#endif

/* ---- values ---- */

#include "kernels/rows/points_pairs.inc"

#define BODY        "kernels/rows/points_blend.inc"
#define BLEND       float
#define BLEND_GROUP blend_group
#define U           float
#define U_ID        VXS_FLOAT32
#include BODY
#undef U
#undef U_ID
#undef BLEND
#undef BLEND_GROUP
#define BLEND double
#define U     double
#define U_ID  VXS_FLOAT64
#include BODY
#undef U
#undef U_ID
#include "kernels/rows/each_int16.inc"
#include "kernels/rows/each_int32.inc"
#undef BLEND
#undef BODY

#define ODD_POINTS(name, real)                                                                               \
    static bool name(const void *row, const points *p) {                                                     \
        const real *restrict v = row;                                                                        \
        const int32_t *restrict flag = p->flag;                                                              \
        const int64_t count = p->count;                                                                      \
        int32_t odd = 0;                                                                                     \
        for (int64_t i = 0; i < count; i++)                                                                  \
            odd |= v[i] == v[i] ? 0 : flag[i];                                                               \
        return odd & POINT_EDGE;                                                                             \
    }
ODD_POINTS(odd_points_float, float)
ODD_POINTS(odd_points_double, double)
#undef ODD_POINTS

#define PICK(name, type)                                                                                     \
    static void name(void *to, const points *p, const void *src) {                                           \
        type *restrict out = to;                                                                             \
        const type *restrict in = src;                                                                       \
        for (int64_t i = 0; i < p->count; i++)                                                               \
            out[i] = in[p->offset[i]];                                                                       \
    }
PICK(pick_points_1, uint8_t)
PICK(pick_points_2, uint16_t)
PICK(pick_points_4, uint32_t)
PICK(pick_points_8, uint64_t)
#undef PICK

#define DTYPES(f) INT16_ROWS(f), INT32_ROWS(f), FLOAT_ROWS(f)

extern const point_functions FOR_ISA(point_rows);

const point_functions FOR_ISA(point_rows) = {
    .grid = {grid_row_float, grid_row_double},
    .affine = affine_row,
    .widen = {widen_row_float, widen_row_double},
    .place_linear = {{place_linear_float_float, place_linear_double_float},
                     {place_linear_float_double, place_linear_double_double}},
    .place_nearest = {place_nearest_float, place_nearest_double},
    .locate = {locate_float, locate_double},
    .offsets = offsets,
    .grid_place = GRID_PLACE,
    .blend = {DTYPES(blend_points)},
    .blend_rows = {BLEND_ROWS},
    .blend_alike = BLEND_ALIKE,
    .blend_apart = BLEND_APART,
    .products = PRODUCTS,
    .windows = WINDOWS,
    .odd = {odd_points_float, odd_points_double},
    .exact = {DTYPES(blend_exact)},
    .pick = {[1] = pick_points_1, [2] = pick_points_2, [4] = pick_points_4, [8] = pick_points_8},
};
