#include "kernels/sample.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/checked.h"
#include "kernels/cache.h"
#include "kernels/isa.h"
#include "kernels/sampling.h"
#include "kernels/shares.h"

/* fill as a voxel of the source: rounded half to even and clamped. */
static void make_fill(sampling *s) {
    const sample_kernel *kernel = s->kernel;
    double fill = kernel->options.padding == VXS_CONSTANT ? kernel->options.fill : 0;
    convert_fn *store = s->rows->pick->convert[MEDIUM_DOUBLE][kernel->src_dtype];
    memset(s->fill, 0, sizeof s->fill);
    if (!store) /* float16 and bool: dtypes of nearest that have no fill but 0 */
        return;
    store(s->fill, &fill, 1);
    s->source.fill = fill;
    widen_fn *widen = s->rows->blend[ACC_DOUBLE]->widen[kernel->src_dtype];
    if (kernel->src_dtype == VXS_FLOAT32)
        s->source.fill = (double)*(const float *)(const void *)s->fill;
    else if (widen)
        widen(&s->source.fill, s->fill, 1, 1);
    s->source.blend_fill = kernel->options.padding == VXS_CONSTANT;
}

static void describe_source(sampling *s) {
    point_source *from = &s->source;
    int64_t reach = 0; /* of any offset */
    for (int a = 0; a < 3; a++) {
        const range held = s->src->where.axis[AXIS_D + a];
        from->stride[a] = s->src->stride[AXIS_D + a];
        from->up[a] = range_size(held) > 1 ? from->stride[a] : 0;
        from->begin[a] = held.begin;
        from->held[a] = range_size(held);
        from->size[a] = s->kernel->in[a];
        int64_t stride = from->stride[a] < 0 ? -from->stride[a] : from->stride[a];
        reach = saturating_add(reach, saturating_mul(stride, range_size(held)));
    }
    s->src_empty = box_is_empty(&s->src->where);
    from->small = reach <= INT32_MAX;
    from->far = s->is_large;
}

const void *sampling_channel(const sampling *s, const int64_t at[AXES]) {
    const range *held = s->src->where.axis;
    const int64_t first[AXES] = {at[AXIS_N], at[AXIS_C], held[AXIS_D].begin, held[AXIS_H].begin,
                                 held[AXIS_W].begin};
    return s->src_empty ? NULL : box_view_at(s->src, s->src_bytes, first);
}

/* ---- linear ---- */

void sampling_correct_edges(void *row, points *p, const sampling *s, const point_source *from,
                            const int64_t at[AXES]) {
    const bool is_float = s->kernel->src_dtype == VXS_FLOAT32;
    const bool all = p->exact_only || s->src_empty;
    if (!all && !from->blend_fill && !p->functions->odd[is_float ? 0 : 1](row, p))
        return;
    if (p->u_is_left)
        points_locate(p, s->kernel, at);
    for (int64_t i = 0; i < p->count; i++) {
        if (!all && !(p->flag[i] & POINT_EDGE))
            continue;
        const double v = is_float ? (double)((float *)row)[i] : ((double *)row)[i];
        if (!all && !from->blend_fill && v == v)
            continue;
        point_taps taps[3];
        for (int a = 0; a < 3; a++)
            taps[a] = point_locate(p, s->kernel, a, i);
        s->points->exact[s->kernel->src_dtype](row, i, taps, from);
    }
}

void sampling_linear_end(void *to, const void *row, const points *p, const sampling *s) {
    s->rows->blend[s->kernel->src_dtype == VXS_FLOAT32 ? ACC_FLOAT : ACC_DOUBLE]
        ->finish_same[s->kernel->dst_dtype](to, row, p->count);
}

static void linear_row(void *to, points *p, const sampling *s, const point_source *from,
                       const int64_t at[AXES]) {
    _Alignas(64) double row[POINTS]; /* of the blend's type */
    if (!s->src_empty && !p->exact_only)
        s->points->blend[s->kernel->src_dtype](row, p, from);
    if (s->src_empty || p->exact_only || p->flags)
        sampling_correct_edges(row, p, s, from, at);
    sampling_linear_end(to, row, p, s);
}

/* ---- nearest ---- */

static void nearest_exact(void *row, const points *p, const sampling *s, const char *from) {
    for (int64_t i = 0; i < p->count; i++) {
        int64_t offset = 0;
        bool inside = true;
        for (int a = 0; a < 3; a++) {
            const point_taps t = point_locate(p, s->kernel, a, i);
            inside = inside && !t.nowhere && t.nearest >= 0 && t.nearest < s->kernel->in[a];
            if (inside)
                offset += (t.nearest - s->source.begin[a]) * s->source.stride[a];
        }
        memcpy((char *)row + (size_t)i * s->src_bytes,
               inside ? from + offset * (int64_t)s->src_bytes : s->fill, s->src_bytes);
    }
}

/* From src's dtype to dst's, which is another. */
static void nearest_end(void *to, const void *picked, const points *p, const sampling *s) {
    const vxs_dtype src = s->kernel->src_dtype, dst = s->kernel->dst_dtype;
    _Alignas(64) double between[POINTS];
    const strip all = {.outputs = p->count, .step = 1};
    s->rows->pick->values[src](between, picked, 1, &all);
    s->rows->pick->convert[s->rows->pick->medium_of[src]][dst](to, between, p->count);
}

static void nearest_row(void *to, const points *p, const sampling *s, const void *from) {
    const vxs_dtype src = s->kernel->src_dtype, dst = s->kernel->dst_dtype;
    _Alignas(64) double picked[POINTS];
    void *row = src == dst ? to : picked;
    if (p->exact_only || s->src_empty) {
        nearest_exact(row, p, s, from);
    } else {
        s->points->pick[s->src_bytes](row, p, from);
        for (int64_t i = 0; p->flags && i < p->count; i++)
            if (p->flag[i] & POINT_OUTSIDE)
                memcpy((char *)row + (size_t)i * s->src_bytes, s->fill, s->src_bytes);
    }
    if (src != dst)
        nearest_end(to, picked, p, s);
}

/* ---- rows of outputs ---- */

static void place_tile(points *p, const sampling *s, const int64_t at[AXES]) {
    if (!s->src_empty && points_place_grid(p, s->kernel, at, &s->source))
        return;
    points_locate(p, s->kernel, at);
    points_place(p, s->kernel);
    if (!s->src_empty && !p->exact_only)
        s->points->offsets(p, &s->source);
}

void sampling_put(const sampling *s, void *out, const void *row, int64_t count) {
    const int64_t stride = s->dst->stride[AXIS_W];
    if (stride != 1)
        s->rows->pick->scatter[s->dst_bytes](out, row, stride, count);
    else if (s->stream)
        s->rows->stream_copy(out, row, count * (int64_t)s->dst_bytes);
    else
        memcpy(out, row, (size_t)count * s->dst_bytes);
}

/* One tile of points, for all channels; from: the source, with the first channel's data. */
static void sample_tile(points *p, const sampling *s, point_source *from, int64_t at[AXES]) {
    const range channels = s->dst->where.axis[AXIS_C];
    const int64_t stride = s->dst->stride[AXIS_W];
    _Alignas(64) char apart[POINTS * WIDEST]; /* of outputs that are not side by side, or stream */
    place_tile(p, s, at);
    for (at[AXIS_C] = channels.begin; at[AXIS_C] < channels.end; at[AXIS_C]++) {
        void *out = box_view_at(s->dst, s->dst_bytes, at), *to = stride == 1 && !s->stream ? out : apart;
        if (range_size(channels) > 1)
            from->data = sampling_channel(s, at);
        if (s->kernel->options.mode == VXS_NEAREST)
            nearest_row(to, p, s, from->data);
        else
            linear_row(to, p, s, from, at);
        if (to == apart)
            sampling_put(s, out, apart, p->count);
    }
}

/* A few rows of one plane. */
static void sample_block(row_block *b, points *p, const sampling *s, int64_t item) {
    const range *out = s->dst->where.axis;
    int64_t at[AXES] = {0}, plane = item / s->blocks;
    at[AXIS_N] = out[AXIS_N].begin + plane / range_size(out[AXIS_D]);
    at[AXIS_D] = out[AXIS_D].begin + plane % range_size(out[AXIS_D]);
    const int64_t first = out[AXIS_H].begin + item % s->blocks * s->block_rows;
    const int64_t last = min_i64(first + s->block_rows, out[AXIS_H].end);
    point_source from = s->source;
    at[AXIS_C] = out[AXIS_C].begin;
    if (s->by_row) {
        sampling_rows(b, p, at, (range){first, last});
        return;
    }
    from.data = sampling_channel(s, at);
    for (int64_t w = out[AXIS_W].begin; w < out[AXIS_W].end; w += POINTS) /* rows below share coordinates */
        for (at[AXIS_H] = first; at[AXIS_H] < last; at[AXIS_H]++) {
            at[AXIS_W] = w;
            p->count = min_i64(POINTS, out[AXIS_W].end - w);
            sample_tile(p, s, &from, at);
        }
}

static sampling sampling_of(const sample_kernel *kernel, const box_view *src, const box_view *dst) {
    sampling s = {.kernel = kernel,
                  .src = src,
                  .dst = dst,
                  .points = isa_row_functions()->points,
                  .rows = isa_row_functions(),
                  .src_bytes = dtype_bytes(kernel->src_dtype),
                  .dst_bytes = dtype_bytes(kernel->dst_dtype)};
    make_fill(&s);
    return s;
}

/* Whether the output, or all that is touched, would not stay in the caches. */
static bool is_too_large(const sampling *s) {
    const sample_kernel *kernel = s->kernel;
    const int64_t cache_bytes = cache_bytes_or_last(kernel->cache_bytes);
    const int64_t out = box_voxels(&s->dst->where) * (int64_t)s->dst_bytes;
    const int64_t in = box_voxels(&s->src->where) * (int64_t)s->src_bytes;
    const bool has_grid = kernel->map.kind != SAMPLE_AFFINE;
    const int64_t grid =
        has_grid ? box_voxels(&kernel->map.points.where) * (int64_t)dtype_bytes(kernel->map.dtype) : 0;
    return out > cache_bytes / 2 || in + grid + out > cache_bytes;
}

void sampling_points(const sample_kernel *kernel, const box_view *src, const box_view *dst) {
    if (box_is_empty(&dst->where))
        return;
    sampling s = sampling_of(kernel, src, dst);
    s.is_large = is_too_large(&s);
    describe_source(&s);
    s.by_row = sampling_goes_by_row(&s);
    s.stream = dst->stride[AXIS_W] == 1 && s.is_large;
    const range *out = dst->where.axis;
    const int64_t planes = range_size(out[AXIS_N]) * range_size(out[AXIS_D]);
    s.block_rows = planes * range_size(out[AXIS_H]) < FEW_ROWS ? FEWER_ROWS : BLOCK_ROWS;
    s.blocks = div_ceil(range_size(out[AXIS_H]), s.block_rows);
    const int64_t items = s.blocks * planes;
    const int threads = (int)min_i64(max_i64(kernel->threads, 1), items);
    shares work;
    shares_deal(&work, items, threads);
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        points p = {.functions = s.points};
        row_block b;
        sampling_rows_begin(&b, &s);
        share_walk walk = {omp_get_thread_num(), 0};
        for (int64_t item; (item = shares_next(&work, &walk)) >= 0;)
            sample_block(&b, &p, &s, item);
        if (s.stream)
            s.rows->stream_end();
    }
}

void sample_kernel_run(const sample_kernel *kernel, const box_view *src, const box_view *dst) {
    (kernel->resamples ? sampling_resampled : sampling_points)(kernel, src, dst);
}

/* ---- gathered voxels ---- */

static void finish_linear(void *to, const points *p, const sampling *s, const char *voxels) {
    _Alignas(64) double row[POINTS];
    for (int64_t i = 0; i < p->count; i++) {
        point_taps taps[3];
        point_source from = s->source;
        from.data = voxels + i * 8 * (int64_t)s->src_bytes;
        for (int a = 0; a < 3; a++) {
            taps[a] = point_locate(p, s->kernel, a, i);
            from.begin[a] = taps[a].first;
            from.stride[a] = 4 >> a;
            from.size[a] = s->kernel->in[a];
        }
        s->points->exact[s->kernel->src_dtype](row, i, taps, &from);
    }
    sampling_linear_end(to, row, p, s);
}

static void finish_nearest(void *to, const points *p, const sampling *s, const char *voxels) {
    _Alignas(64) double picked[POINTS];
    const bool same = s->kernel->src_dtype == s->kernel->dst_dtype;
    char *row = same ? to : (char *)picked;
    for (int64_t i = 0; i < p->count; i++) {
        const sample_taps t = point_taps_of(p, s->kernel, i);
        memcpy(row + i * (int64_t)s->src_bytes, t.mask ? voxels + i * 8 * (int64_t)s->src_bytes : s->fill,
               s->src_bytes);
    }
    if (!same)
        nearest_end(to, picked, p, s);
}

void sample_kernel_finish(const sample_kernel *kernel, const void *voxels, const box_view *dst) {
    sampling s = sampling_of(kernel, NULL, dst);
    const range *out = dst->where.axis;
    const int64_t planes = range_size(out[AXIS_D]), rows = range_size(out[AXIS_H]),
                  width = range_size(out[AXIS_W]);
#pragma omp parallel for num_threads(max_i64(kernel->threads, 1)) schedule(static)
    for (int64_t row = 0; row < planes * rows; row++) {
        points p = {.functions = s.points};
        int64_t at[AXES] = {out[AXIS_N].begin, out[AXIS_C].begin, out[AXIS_D].begin + row / rows,
                            out[AXIS_H].begin + row % rows, out[AXIS_W].begin};
        for (; at[AXIS_W] < out[AXIS_W].end; at[AXIS_W] += p.count) {
            const int64_t first = row * width + at[AXIS_W] - out[AXIS_W].begin;
            p.count = min_i64(POINTS, out[AXIS_W].end - at[AXIS_W]);
            points_locate(&p, kernel, at);
            (kernel->options.mode == VXS_NEAREST ? finish_nearest : finish_linear)(
                box_view_at(dst, s.dst_bytes, at), &p, &s,
                (const char *)voxels + first * 8 * (int64_t)s.src_bytes);
        }
    }
}
