/* From output voxels to taps, tile by tile. */
#include <math.h>

#include "base/checked.h"
#include "kernels/isa.h"
#include "kernels/points.h"

/* Beyond these sizes an axis has no fast rule: coordinates up to them can be rounded by adding a constant,
 * and fit 32 bits. */
static const int64_t size_max[2] = {(INT64_C(1) << 22) - 2, (INT64_C(1) << 30) - 2};

static int real_of(const sample_kernel *kernel) {
    return kernel->map.kind == SAMPLE_GRID && kernel->map.dtype == VXS_FLOAT32 ? 0 : 1;
}

static const void *grid_at(const sample_map *map, const int64_t at[AXES]) {
    const int64_t index[AXES] = {map->shared ? 0 : at[AXIS_N], at[AXIS_D], at[AXIS_H], at[AXIS_W], 0};
    return box_view_at(&map->points, dtype_bytes(map->dtype), index);
}

static void locate_grid(points *p, const sample_kernel *kernel, const int64_t at[AXES]) {
    const sample_map *map = &kernel->map;
    p->functions->grid[real_of(kernel)](p, grid_at(map, at), map->points.stride[3], map->points.stride[4],
                                        kernel->in);
}

/* A run of field voxels along w, and where along d and h it lies between others. */
typedef struct field_run {
    const points *points;
    const sample_map *map;
    int64_t d[2], h[2], w, n;
    const double *weight_d, *weight_h; /* NULL: the first alone */
} field_run;

enum { FIELD_RUN = POINTS + 2 }; /* no field is finer than the output */

static void field_row(double to[FIELD_RUN], const field_run *run, int component, int64_t d, int64_t h) {
    const points *p = run->points;
    const sample_map *map = run->map;
    const int64_t index[AXES] = {0, d, h, run->w, component};
    p->functions->widen[map->dtype == VXS_FLOAT64](
        to, box_view_at(&map->points, dtype_bytes(map->dtype), index), map->points.stride[3], run->n);
}

static void lerp_rows(double a[FIELD_RUN], const double b[FIELD_RUN], const double weight[2], int64_t n) {
    for (int64_t i = 0; i < n; i++)
        a[i] = a[i] * weight[0] + b[i] * weight[1];
}

/* Along d, at one h. */
static void field_between_d(double to[FIELD_RUN], const field_run *run, int component, int64_t h) {
    double other[FIELD_RUN];
    field_row(to, run, component, run->d[0], h);
    if (!run->weight_d)
        return;
    field_row(other, run, component, run->d[1], h);
    lerp_rows(to, other, run->weight_d, run->n);
}

static void field_between(double to[FIELD_RUN], const field_run *run, int component) {
    double other[FIELD_RUN];
    field_between_d(to, run, component, run->h[0]);
    if (!run->weight_h)
        return;
    field_between_d(other, run, component, run->h[1]);
    lerp_rows(to, other, run->weight_h, run->n);
}

static void locate_warp(points *p, const sample_kernel *kernel, const int64_t at[AXES]) {
    const sample_map *map = &kernel->map;
    const tap_table *td = map->axis[0], *th = map->axis[1], *tw = map->axis[2];
    const int64_t d = at[AXIS_D] - td->outputs.begin, h = at[AXIS_H] - th->outputs.begin,
                  w = at[AXIS_W] - tw->outputs.begin;
    const int64_t first = tw->first[w];
    const field_run run = {.points = p,
                           .map = map,
                           .d = {td->first[d], td->last[d]},
                           .h = {th->first[h], th->last[h]},
                           .w = first,
                           .n = tw->last[w + p->count - 1] - first + 1,
                           .weight_d = td->weight ? td->weight + 2 * d : NULL,
                           .weight_h = th->weight ? th->weight + 2 * h : NULL};
    for (int a = 0; a < 3; a++) {
        double row[FIELD_RUN], *u = p->u[a];
        field_between(row, &run, 2 - a);
        for (int64_t i = 0; i < p->count; i++) {
            double moved = row[tw->first[w + i] - first];
            if (tw->weight)
                moved = moved * tw->weight[2 * (w + i)] +
                        row[tw->last[w + i] - first] * tw->weight[2 * (w + i) + 1];
            const double voxel = (double)(at[AXIS_D + a] + (a == 2 ? i : 0));
            u[i] = (map->step[a] * voxel + map->shift[a]) + map->scale[a] * moved;
        }
    }
}

/* Whether all points of a row of outputs have the first's place on the axis; u is then held of it alone. */
static bool is_shared(const sample_kernel *kernel, int axis) {
    return kernel->map.kind == SAMPLE_AFFINE && kernel->map.matrix[4 * axis + 2] == 0;
}

void points_locate_axis(points *p, const sample_kernel *kernel, int a, const int64_t at[AXES]) {
    const double *m = kernel->map.matrix + 4 * a;
    const point_row row = {m[0] * (double)at[AXIS_D] + m[1] * (double)at[AXIS_H], at[AXIS_W], p->count};
    point_row *held = &p->row[a];
    if (held->start == row.start && held->w == row.w && held->count == row.count)
        return;
    p->functions->affine(p->u[a], row.start, m[2], m[3], row.w, is_shared(kernel, a) ? 1 : row.count);
    *held = row;
    p->stale |= 1 << a;
}

static void locate_affine(points *p, const sample_kernel *kernel, const int64_t at[AXES]) {
    p->stale = 0;
    for (int a = 0; a < 3; a++)
        points_locate_axis(p, kernel, a, at);
}

bool points_are_fast(const sample_kernel *kernel) {
    const int64_t most = size_max[real_of(kernel)];
    return kernel->in[0] <= most && kernel->in[1] <= most && kernel->in[2] <= most;
}

void points_locate(points *p, const sample_kernel *kernel, const int64_t at[AXES]) {
    static void (*const by_kind[])(points *, const sample_kernel *, const int64_t[AXES]) = {
        [SAMPLE_GRID] = locate_grid, [SAMPLE_AFFINE] = locate_affine, [SAMPLE_WARP] = locate_warp};
    p->stale = 7;
    p->u_is_left = false;
    by_kind[kernel->map.kind](p, kernel, at);
}

static point_axis axis_of(const sample_kernel *kernel, int axis) {
    return (point_axis){kernel->in[axis], kernel->options.padding};
}

point_taps point_locate(const points *p, const sample_kernel *kernel, int axis, int64_t i) {
    const point_axis a = axis_of(kernel, axis);
    return p->functions->locate[real_of(kernel)](p->u[axis], is_shared(kernel, axis) ? 0 : i, &a);
}

sample_taps point_taps_of(const points *p, const sample_kernel *kernel, int64_t i) {
    const bool nearest = kernel->options.mode == VXS_NEAREST;
    sample_taps t = {.mask = nearest ? 1 : 255};
    for (int a = 0; a < 3; a++) {
        const point_taps one = point_locate(p, kernel, a, i);
        t.first[a] = nearest ? one.nearest : one.first;
        if (one.nowhere || t.first[a] < (nearest ? 0 : -1) || t.first[a] >= kernel->in[a])
            t.mask = 0;
    }
    static const int up[3] = {0xF0, 0xCC, 0xAA}; /* the bits of the upper taps */
    for (int a = 0; a < 3 && !nearest; a++) {
        if (t.first[a] < 0)
            t.mask &= up[a];
        if (t.first[a] + 1 >= kernel->in[a])
            t.mask &= ~up[a];
    }
    return t;
}

void sample_kernel_taps(const sample_kernel *kernel, const box *out, sample_taps *taps) {
    const range *r = out->axis;
    const int64_t rows = range_size(r[AXIS_H]), planes = range_size(r[AXIS_D]), width = range_size(r[AXIS_W]);
    const point_functions *functions = isa_row_functions()->points;
#pragma omp parallel for num_threads(max_i64(kernel->threads, 1)) schedule(static)
    for (int64_t row = 0; row < planes * rows; row++) {
        points p = {.functions = functions};
        int64_t at[AXES] = {r[AXIS_N].begin, 0, r[AXIS_D].begin + row / rows, r[AXIS_H].begin + row % rows,
                            r[AXIS_W].begin};
        for (; at[AXIS_W] < r[AXIS_W].end; at[AXIS_W] += p.count) {
            p.count = min_i64(POINTS, r[AXIS_W].end - at[AXIS_W]);
            points_locate(&p, kernel, at);
            for (int64_t i = 0; i < p.count; i++)
                taps[row * width + at[AXIS_W] - r[AXIS_W].begin + i] = point_taps_of(&p, kernel, i);
        }
    }
}

bool points_place_grid(points *p, const sample_kernel *kernel, const int64_t at[AXES],
                       const point_source *src) {
    const sample_map *map = &kernel->map;
    bool fits = p->functions->grid_place && points_are_fast(kernel) && src->small &&
                kernel->options.mode == VXS_LINEAR && kernel->src_dtype == VXS_FLOAT32 &&
                map->kind == SAMPLE_GRID && map->dtype == VXS_FLOAT32 && map->points.stride[3] == 3 &&
                map->points.stride[4] == 1;
    for (int a = 0; a < 3; a++)
        fits = fits && kernel->in[a] >= 2;
    if (!fits)
        return false;
    p->exact_only = false;
    p->u_is_left = true;
    p->functions->grid_place(p, grid_at(map, at), kernel->options.padding, src);
    return true;
}

static void spread_reals(double row[POINTS], bool is_float, int64_t count) {
    if (is_float)
        for (int64_t i = 1; i < count; i++)
            ((float *)row)[i] = ((float *)row)[0];
    else
        for (int64_t i = 1; i < count; i++)
            row[i] = row[0];
}

/* The first point's place is that of all. */
static void spread(points *p, int axis, bool weights_are_float) {
    for (int64_t i = 1; i < p->count; i++) {
        p->index[axis][i] = p->index[axis][0];
        p->axis_flag[axis][i] = p->axis_flag[axis][0];
    }
    for (int tap = 0; tap < 2; tap++)
        spread_reals(p->weight[axis][tap], weights_are_float, p->count);
}

/* A weight as the blend has it. */
static void set_weight(double *row, bool is_float, double weight) {
    if (is_float)
        *(float *)(void *)row = (float)weight;
    else
        *row = weight;
}

/* place_linear of the first point alone: a tap out of bounds leaves its place to one within. */
point_place points_place_shared(const points *p, const sample_kernel *kernel, int a) {
    const int64_t n = kernel->in[a];
    const point_taps t = point_locate(p, kernel, a, 0);
    const bool lower = !t.nowhere && t.first >= 0 && t.first < n,
               upper = !t.nowhere && t.first >= -1 && t.first < n - 1;
    const int64_t index = t.nowhere ? 0 : max_i64(min_i64(t.first, n - 2), 0);
    const double from_lower = lower ? t.weight[0] : 0, from_upper = upper ? t.weight[1] : 0;
    const bool moved_up = t.first<index, moved_down = t.first> index;
    return (point_place){.index = index,
                         .weight = {moved_up     ? from_upper
                                    : moved_down ? 0
                                                 : from_lower,
                                    moved_up     ? 0
                                    : moved_down ? from_lower
                                                 : from_upper},
                         .flag = (lower && upper ? 0 : POINT_EDGE) | (lower || upper ? 0 : POINT_OUTSIDE)};
}

static void place_first(points *p, const sample_kernel *kernel, int a) {
    const point_place place = points_place_shared(p, kernel, a);
    for (int tap = 0; tap < 2; tap++)
        set_weight(p->weight[a][tap], kernel->src_dtype == VXS_FLOAT32, place.weight[tap]);
    p->index[a][0] = (int32_t)place.index;
    p->axis_flag[a][0] = place.flag;
}

/* Of an axis that is shared, the first point's place. */
static void place_axis(points *p, const sample_kernel *kernel, int a) {
    const int real = real_of(kernel), blend = kernel->src_dtype == VXS_FLOAT32 ? 0 : 1;
    const point_axis axis = axis_of(kernel, a);
    const int64_t count = p->count;
    if (kernel->options.mode == VXS_NEAREST) {
        p->count = is_shared(kernel, a) ? 1 : count;
        p->functions->place_nearest[real](p, a, &axis);
        p->count = count;
    } else if (is_shared(kernel, a)) {
        place_first(p, kernel, a);
    } else {
        p->functions->place_linear[real][blend](p, a, &axis);
    }
}

/* No stores to p but of the row: it must vectorise. */
static void join_flags(points *p) {
    const int32_t *restrict d = p->axis_flag[0], *restrict h = p->axis_flag[1], *restrict w = p->axis_flag[2];
    int32_t *restrict flag = p->flag;
    const int64_t count = p->count;
    int32_t flags = 0;
    for (int64_t i = 0; i < count; i++) {
        flag[i] = d[i] | h[i] | w[i];
        flags |= flag[i];
    }
    p->flags = flags;
}

void points_place(points *p, const sample_kernel *kernel) {
    p->flags = 0;
    p->exact_only = !points_are_fast(kernel);
    if (p->exact_only)
        return;
    for (int a = 0; a < 3; a++)
        if (p->stale >> a & 1) {
            place_axis(p, kernel, a);
            if (is_shared(kernel, a))
                spread(p, a, kernel->src_dtype == VXS_FLOAT32);
        }
    join_flags(p);
}

bool points_share_rows(const sample_kernel *kernel) {
    return is_shared(kernel, 0) && is_shared(kernel, 1) && !is_shared(kernel, 2);
}

/* From the source rows of a row of outputs to those of the next, or to the next source rows where that shares
 * some. */
static int64_t bytes_to_next_row(const sample_kernel *kernel, const point_source *src) {
    const double along_d = kernel->map.matrix[1], along_h = kernel->map.matrix[5];
    if (!(fabs(along_d) < (double)src->held[0] && fabs(along_h) < (double)src->held[1]))
        return 0;
    const int64_t d = llrint(along_d), h = llrint(along_h), whole = d || h ? h : 1;
    return (d * src->stride[0] + whole * src->stride[1]) * (int64_t)dtype_bytes(kernel->src_dtype);
}

void points_place_w(points *p, const sample_kernel *kernel, const point_source *src) {
    p->exact_only = false;
    if (!(p->stale >> 2 & 1))
        return;
    place_axis(p, kernel, 2);
    p->w_flags = 0;
    for (int64_t i = 0; i < p->count; i++)
        p->w_flags |= p->axis_flag[2][i];
    p->functions->windows(p, src);
    p->ahead_bytes = src->far ? bytes_to_next_row(kernel, src) : 0;
    p->stale = 0;
}

void points_join_flags(points *p, int of_row) {
    const int32_t *restrict w = p->axis_flag[2], both = of_row;
    int32_t *restrict flag = p->flag;
    const int64_t count = p->count;
    for (int64_t i = 0; i < count; i++)
        flag[i] = both | w[i];
    p->flags = of_row | p->w_flags;
}
