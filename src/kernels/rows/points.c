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
#include "kernels/rows/points_place.inc"
#define BLEND float
#include "kernels/rows/points_weights.inc"
#undef BLEND
#define BLEND double
#include "kernels/rows/points_weights.inc"
#undef BLEND
#undef REAL
#undef REAL_TAG
#undef MATH
#undef FAST_MAX
#undef ROUND_MAGIC

#define REAL        double
#define REAL_TAG    double
#define MATH(name)  name
#define FAST_MAX    0x1p30
#define ROUND_MAGIC 0x1.8p52
#include "kernels/rows/points_place.inc"
#define BLEND float
#include "kernels/rows/points_weights.inc"
#undef BLEND
#define BLEND double
#include "kernels/rows/points_weights.inc"
#undef BLEND
#undef REAL
#undef REAL_TAG
#undef MATH
#undef FAST_MAX
#undef ROUND_MAGIC

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

/* ---- values ---- */

/* Four outputs at a time: the two taps along w of each are one load of 8 bytes. */
typedef float four __attribute__((vector_size(16)));
typedef double two __attribute__((vector_size(16)));

static inline four pair_of_pairs(const float *a, const float *b) {
    double first, second;
    memcpy(&first, a, sizeof first);
    memcpy(&second, b, sizeof second);
    const two both = {first, second};
    return (four)both;
}

static inline four load_four(const double *row, int64_t i) {
    four v;
    memcpy(&v, (const float *)row + i, sizeof v);
    return v;
}

/* sum + lower tap * weight_0 + upper tap * weight_1, at the same place of four points */
static inline four add_pairs(four sum, const float *const v[4], int64_t up, four weight_0, four weight_1) {
    const four a = pair_of_pairs(v[0] + up, v[1] + up), b = pair_of_pairs(v[2] + up, v[3] + up);
    sum += __builtin_shufflevector(a, b, 0, 2, 4, 6) * weight_0;
    return sum + __builtin_shufflevector(a, b, 1, 3, 5, 7) * weight_1;
}

static inline void blend_four(float *out, const points *p, const point_source *src, int64_t i) {
    const float *base = src->data;
    const float *const v[4] = {base + p->offset[i], base + p->offset[i + 1], base + p->offset[i + 2],
                               base + p->offset[i + 3]};
    const int64_t d = src->up[0], h = src->up[1];
    const four x0 = load_four(p->weight[2][0], i), x1 = load_four(p->weight[2][1], i);
    const four y0 = load_four(p->weight[1][0], i), y1 = load_four(p->weight[1][1], i);
    const four z0 = load_four(p->weight[0][0], i), z1 = load_four(p->weight[0][1], i);
    const four a = x0 * y0, b = x1 * y0, c = x0 * y1, e = x1 * y1;
    four sum = {0, 0, 0, 0};
    sum = add_pairs(sum, v, 0, a * z0, b * z0);
    sum = add_pairs(sum, v, h, c * z0, e * z0);
    sum = add_pairs(sum, v, d, a * z1, b * z1);
    sum = add_pairs(sum, v, d + h, c * z1, e * z1);
    memcpy(out + i, &sum, sizeof sum);
}

/* Whether neighbours lie on cache lines of their own, by a few of them. */
static bool points_are_scattered(const points *p) {
    int far = 0;
    for (int64_t i = 1; i < p->count; i += POINTS / 8) {
        const int64_t step = p->offset[i] - p->offset[i - 1];
        far += step < -32 || step > 32;
    }
    return far > 4;
}

enum { AHEAD = 12 };

static inline void prefetch_four(const points *p, const point_source *src, int64_t i) {
    const float *base = src->data;
    for (int64_t k = i; k < i + 4; k++) {
        const float *v = base + p->offset[k];
        __builtin_prefetch(v);
        __builtin_prefetch(v + src->up[1]);
        __builtin_prefetch(v + src->up[0]);
        __builtin_prefetch(v + src->up[0] + src->up[1]);
    }
}

#define BODY       "kernels/rows/points_blend.inc"
#define BLEND      float
#define BLEND_FOUR blend_four
#define U          float
#define U_ID       VXS_FLOAT32
#include BODY
#undef U
#undef U_ID
#undef BLEND
#undef BLEND_FOUR
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
    .blend = {DTYPES(blend_points)},
    .odd = {odd_points_float, odd_points_double},
    .exact = {DTYPES(blend_exact)},
    .pick = {[1] = pick_points_1, [2] = pick_points_2, [4] = pick_points_4, [8] = pick_points_8},
};
