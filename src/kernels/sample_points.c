/* From output voxels to taps, tile by tile. */
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
            u[i] = (double)(at[AXIS_D + a] + (a == 2 ? i : 0)) + map->scale[a] * moved;
        }
    }
}

static void locate_affine(points *p, const sample_kernel *kernel, const int64_t at[AXES]) {
    p->stale = 0;
    for (int a = 0; a < 3; a++) {
        const double *m = kernel->map.matrix + 4 * a;
        const point_row row = {m[0] * (double)at[AXIS_D] + m[1] * (double)at[AXIS_H], at[AXIS_W], p->count};
        point_row *held = &p->row[a];
        if (held->start == row.start && held->w == row.w && held->count == row.count)
            continue;
        p->functions->affine(p->u[a], row.start, m[2], m[3], row.w, row.count);
        *held = row;
        p->stale |= 1 << a;
    }
}

void points_locate(points *p, const sample_kernel *kernel, const int64_t at[AXES]) {
    static void (*const by_kind[])(points *, const sample_kernel *, const int64_t[AXES]) = {
        [SAMPLE_GRID] = locate_grid, [SAMPLE_AFFINE] = locate_affine, [SAMPLE_WARP] = locate_warp};
    p->stale = 7;
    by_kind[kernel->map.kind](p, kernel, at);
}

static point_axis axis_of(const sample_kernel *kernel, int axis) {
    return (point_axis){kernel->in[axis], kernel->options.padding};
}

point_taps point_locate(const points *p, const sample_kernel *kernel, int axis, int64_t i) {
    const point_axis a = axis_of(kernel, axis);
    return p->functions->locate[real_of(kernel)](p->u[axis], i, &a);
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
    bool fits = p->functions->grid_place && src->small && kernel->options.mode == VXS_LINEAR &&
                kernel->src_dtype == VXS_FLOAT32 && map->kind == SAMPLE_GRID && map->dtype == VXS_FLOAT32 &&
                map->points.stride[3] == 3 && map->points.stride[4] == 1;
    for (int a = 0; a < 3; a++)
        fits = fits && kernel->in[a] >= 2 && kernel->in[a] <= size_max[0];
    if (!fits)
        return false;
    p->exact_only = false;
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

static void place_axis(points *p, const sample_kernel *kernel, int a) {
    const int real = real_of(kernel), blend = kernel->src_dtype == VXS_FLOAT32 ? 0 : 1;
    const point_axis axis = axis_of(kernel, a);
    const bool same = kernel->map.kind == SAMPLE_AFFINE && kernel->map.matrix[4 * a + 2] == 0;
    const int64_t count = p->count;
    p->count = same ? 1 : count;
    if (kernel->options.mode == VXS_NEAREST)
        p->functions->place_nearest[real](p, a, &axis);
    else
        p->functions->place_linear[real][blend](p, a, &axis);
    p->count = count;
    if (same)
        spread(p, a, blend == 0);
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
    const int real = real_of(kernel);
    p->flags = 0;
    p->exact_only = false;
    for (int a = 0; a < 3; a++)
        p->exact_only = p->exact_only || kernel->in[a] > size_max[real];
    if (p->exact_only)
        return;
    for (int a = 0; a < 3; a++)
        if (p->stale >> a & 1)
            place_axis(p, kernel, a);
    join_flags(p);
}
