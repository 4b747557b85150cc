#include "reference/sample.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "reference/reference.h"
#include "reference/value.h"

/* One axis of one point. */
typedef struct axis_point {
    bool nowhere; /* neither tap can be in bounds */
    int64_t i0;   /* the lower tap; the upper one is i0+1 */
    double weight[2];
    int64_t nearest;
} axis_point;

typedef struct job {
    const char *src; /* [in[0]][in[1]][in[2]] */
    vxs_dtype src_dtype, dst_dtype;
    vxs_sample_options options;
    const reference_map *map;
    int64_t in[3], out[3];
    int64_t batch;
    value fill;
} job;

/* Everything between a coordinate u and its taps, in the grid's type. */
#define SAMPLE_AXIS(real, name, f)                                                                           \
    static real clip_##name(real u, real n) {                                                                \
        u = u < 0 ? 0 : u;                                                                                   \
        return u < n - 1 ? u : n - 1; /* NaN goes to n-1 */                                                  \
    }                                                                                                        \
    static real reflect_##name(real u, real n) {                                                             \
        real a = fabs##f(u + (real)0.5), e = fmod##f(a, n), flips = floor##f(a / n);                         \
        bool even = !isfinite(flips) || fmod##f(flips, 2) == 0;                                              \
        return even ? e - (real)0.5 : (n - e) - (real)0.5;                                                   \
    }                                                                                                        \
    static axis_point point_##name(real u, int64_t size, vxs_padding padding) {                              \
        real n = (real)size;                                                                                 \
        axis_point p = {.nowhere = false};                                                                   \
        if (padding == VXS_REFLECTION)                                                                       \
            u = reflect_##name(u, n);                                                                        \
        if (padding == VXS_REFLECTION || padding == VXS_BORDER)                                              \
            u = clip_##name(u, n);                                                                           \
        if (!(u >= -2 && u <= n + 1)) {                                                                      \
            p.nowhere = true;                                                                                \
            return p;                                                                                        \
        }                                                                                                    \
        p.i0 = (int64_t)floor##f(u);                                                                         \
        p.weight[0] = (real)(p.i0 + 1) - u;                                                                  \
        p.weight[1] = u - (real)p.i0;                                                                        \
        p.nearest = (int64_t)nearbyint##f(u);                                                                \
        return p;                                                                                            \
    }

SAMPLE_AXIS(float, float, f)
SAMPLE_AXIS(double, double, )

static double real_at(const void *data, vxs_dtype dtype, int64_t k) {
    return dtype == VXS_FLOAT32 ? (double)((const float *)data)[k] : ((const double *)data)[k];
}

static int64_t output_index(const job *j, const int64_t o[3]) {
    return (o[0] * j->out[1] + o[1]) * j->out[2] + o[2];
}

static void grid_points(const job *j, const int64_t o[3], axis_point p[3]) {
    const reference_map *map = j->map;
    int64_t batch = map->batches > 1 ? j->batch : 0;
    int64_t k = 3 * (batch * j->out[0] * j->out[1] * j->out[2] + output_index(j, o));
    for (int a = 0; a < 3; a++)
        if (map->dtype == VXS_FLOAT32) {
            float g = ((const float *)map->data)[k + 2 - a];
            float u = ((g + 1) * (float)j->in[a] - 1) / 2;
            p[a] = point_float(u, j->in[a], j->options.padding);
        } else {
            double g = ((const double *)map->data)[k + 2 - a];
            double u = ((g + 1) * (double)j->in[a] - 1) / 2;
            p[a] = point_double(u, j->in[a], j->options.padding);
        }
}

static void affine_points(const job *j, const int64_t o[3], axis_point p[3]) {
    for (int a = 0; a < 3; a++) {
        const double *m = (const double *)j->map->data + 4 * a;
        double u = ((m[0] * (double)o[0] + m[1] * (double)o[1]) + m[2] * (double)o[2]) + m[3];
        p[a] = point_double(u, j->in[a], j->options.padding);
    }
}

/* An axis of the field that has the output's size is copied, as in resample. */
static double lerp(const job *j, int axis, reference_linear t, double a, double b) {
    return j->map->field[axis] == j->out[axis] ? a : a * t.l0 + b * t.l1;
}

static double displacement(const job *j, const int64_t o[3], int axis) {
    const int64_t *field = j->map->field;
    reference_linear t[3];
    for (int a = 0; a < 3; a++)
        t[a] = reference_linear_taps(VXS_COORDS_EXACT, false, true, field[a], j->out[a], o[a]);
    double along_h[2];
    for (int x = 0; x < 2; x++) {
        double along_d[2];
        for (int y = 0; y < 2; y++) {
            int64_t h = y ? t[1].i1 : t[1].i0, w = x ? t[2].i1 : t[2].i0;
            int64_t k0 = (t[0].i0 * field[1] + h) * field[2] + w,
                    k1 = (t[0].i1 * field[1] + h) * field[2] + w;
            along_d[y] = lerp(j, 0, t[0], real_at(j->map->data, j->map->dtype, 3 * k0 + 2 - axis),
                              real_at(j->map->data, j->map->dtype, 3 * k1 + 2 - axis));
        }
        along_h[x] = lerp(j, 1, t[1], along_d[0], along_d[1]);
    }
    return lerp(j, 2, t[2], along_h[0], along_h[1]);
}

static void warp_points(const job *j, const int64_t o[3], axis_point p[3]) {
    for (int a = 0; a < 3; a++) {
        double u =
            (j->map->step[a] * (double)o[a] + j->map->shift[a]) + j->map->scale[a] * displacement(j, o, a);
        p[a] = point_double(u, j->in[a], j->options.padding);
    }
}

static bool in_bounds(const job *j, const int64_t i[3]) {
    for (int a = 0; a < 3; a++)
        if (i[a] < 0 || i[a] >= j->in[a])
            return false;
    return true;
}

static value voxel(const job *j, const int64_t i[3]) {
    return value_load(j->src, j->src_dtype, (i[0] * j->in[1] + i[1]) * j->in[2] + i[2]);
}

static value nearest_value(const job *j, const axis_point p[3]) {
    int64_t i[3] = {p[0].nearest, p[1].nearest, p[2].nearest};
    return in_bounds(j, i) ? voxel(j, i) : j->fill;
}

/* 8 taps, d, h, w with w fastest. What is out of bounds adds fill*weight, or nothing where there is no fill.
 */
#define LINEAR_VALUE(real, name)                                                                             \
    static value name(const job *j, const axis_point p[3]) {                                                 \
        real sum = 0;                                                                                        \
        bool any = false;                                                                                    \
        for (int tap = 0; tap < 8; tap++) {                                                                  \
            int up[3] = {tap >> 2, tap >> 1 & 1, tap & 1};                                                   \
            int64_t i[3];                                                                                    \
            for (int a = 0; a < 3; a++)                                                                      \
                i[a] = p[a].i0 + up[a];                                                                      \
            real x = (real)p[2].weight[up[2]], y = (real)p[1].weight[up[1]], z = (real)p[0].weight[up[0]];   \
            real weight = (x * y) * z;                                                                       \
            if (in_bounds(j, i)) {                                                                           \
                any = true;                                                                                  \
                sum += (real)value_to_double(voxel(j, i)) * weight;                                          \
            } else if (j->options.padding == VXS_CONSTANT) {                                                 \
                sum += (real)value_to_double(j->fill) * weight;                                              \
            }                                                                                                \
        }                                                                                                    \
        return any ? value_of_real(sum) : j->fill;                                                           \
    }

LINEAR_VALUE(float, linear_float)
LINEAR_VALUE(double, linear_double)

static value sample(const job *j, const int64_t o[3]) {
    static void (*const points[])(const job *, const int64_t[3], axis_point[3]) = {
        [REFERENCE_GRID] = grid_points, [REFERENCE_AFFINE] = affine_points, [REFERENCE_WARP] = warp_points};
    axis_point p[3];
    points[j->map->kind](j, o, p);
    if (p[0].nowhere || p[1].nowhere || p[2].nowhere)
        return j->fill;
    if (j->options.mode == VXS_NEAREST)
        return nearest_value(j, p);
    return j->src_dtype == VXS_FLOAT32 ? linear_float(j, p) : linear_double(j, p);
}

static bool is_possible(vxs_dtype src, vxs_dtype dst, const vxs_sample_options *options) {
    bool numbers = value_kind_of(src) <= VALUE_F && value_kind_of(dst) <= VALUE_F;
    bool wide = (value_kind_of(src) == VALUE_I && reference_value_bytes(src) == 8) ||
                (value_kind_of(dst) == VALUE_I && reference_value_bytes(dst) == 8);
    return numbers && (options->mode == VXS_NEAREST || (options->mode == VXS_LINEAR && !wide)) &&
           (unsigned)options->padding < VXS_PADDINGS;
}

static void sample_volume(const job *j, char *dst) {
    int64_t k = 0, o[3];
    for (o[0] = 0; o[0] < j->out[0]; o[0]++)
        for (o[1] = 0; o[1] < j->out[1]; o[1]++)
            for (o[2] = 0; o[2] < j->out[2]; o[2]++)
                value_store(dst, j->dst_dtype, k++, sample(j, o));
}

int reference_sample(const void *src, vxs_dtype src_dtype, const int64_t in_shape[5],
                     const reference_map *map, void *dst, vxs_dtype dst_dtype, const int64_t out_dhw[3],
                     const vxs_sample_options *options) {
    job j = {.src_dtype = src_dtype, .dst_dtype = dst_dtype, .options = *options, .map = map};
    if (!is_possible(src_dtype, dst_dtype, options))
        return VXS_USAGE;
    for (int a = 0; a < 5; a++)
        if (in_shape[a] < 1 || (a < 3 && out_dhw[a] < 1))
            return VXS_USAGE;
    memcpy(j.in, in_shape + 2, sizeof j.in);
    memcpy(j.out, out_dhw, sizeof j.out);
    char fill[16];
    value_store(fill, src_dtype, 0, value_of_real(options->padding == VXS_CONSTANT ? options->fill : 0));
    j.fill = value_load(fill, src_dtype, 0);
    size_t in_bytes = (size_t)(j.in[0] * j.in[1] * j.in[2]) * reference_value_bytes(src_dtype);
    size_t out_bytes = (size_t)(j.out[0] * j.out[1] * j.out[2]) * reference_value_bytes(dst_dtype);
    for (int64_t volume = 0; volume < in_shape[0] * in_shape[1]; volume++) {
        j.src = (const char *)src + (size_t)volume * in_bytes;
        j.batch = volume / in_shape[1];
        sample_volume(&j, (char *)dst + (size_t)volume * out_bytes);
    }
    return VXS_OK;
}
