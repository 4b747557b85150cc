#include "kernels/engine.h"

#include <string.h>

#include "base/checked.h"

/* The entry of an output in one axis's table. */
static int64_t entry(const tap_table *t, int64_t output) {
    return output - t->outputs.begin;
}

/* The source voxel d, h at the strip's first voxel along w. */
static const char *source(const worker *k, int64_t d, int64_t h) {
    const job *j = k->job;
    return (const char *)j->src->data + (k->src_origin + d * j->src_step[0] + h * j->src_step[1]);
}

static char *target(const worker *k, const int64_t at[AXES]) {
    const job *j = k->job;
    return (char *)j->dst->data + (k->dst_origin + at[AXIS_H] * j->dst->stride[AXIS_H] * j->dst_bytes);
}

/* Where a row of outputs is computed: in place, or in scratch when the output's voxels are apart, or when
 * they go past the caches. */
static void *out_begin(const worker *k, const int64_t at[AXES]) {
    const job *j = k->job;
    return j->dst->stride[AXIS_W] == 1 && !j->stream ? target(k, at) : k->out_row;
}

static void out_end(const worker *k, const int64_t at[AXES]) {
    const job *j = k->job;
    int64_t stride = j->dst->stride[AXIS_W];
    if (j->stream)
        j->rows->stream_copy(target(k, at), k->out_row, k->strip.outputs * j->dst_bytes);
    else if (stride != 1)
        j->rows->pick->scatter[j->dst_bytes](target(k, at), k->out_row, stride, k->strip.outputs);
}

/*
 * Ask for source rows of the next output row. Rows that lie apart start a new stream each, which the
 * processor is slow to notice: they are asked for whole. Rows that follow those just read need no more than a
 * start, so that memory is not idle while this row is finished; more would get in the way of what the
 * processor does.
 */
static void prefetch_next(const worker *k, const int64_t at[AXES]) {
    enum { LINE = 64, START = 4 * LINE };
    const job *j = k->job;
    const tap_table *d = j->kernel->axis[0], *h = j->kernel->axis[1];
    if (at[AXIS_H] + 1 >= k->end_h || j->src->stride[AXIS_W] != 1)
        return;
    const int64_t ed = entry(d, at[AXIS_D]), eh = entry(h, at[AXIS_H] + 1);
    const int64_t latest = h->last[eh - 1];
    int64_t bytes = (k->last[k->strip.outputs - 1] + 1) * j->src_bytes;
    if (h->first[eh] <= latest + 1)
        bytes = min_i64(bytes, START);
    for (int64_t y = max_i64(h->first[eh], latest + 1); y <= h->last[eh]; y++)
        for (int64_t z = d->first[ed]; z <= d->last[ed]; z++)
            for (int64_t b = 0; b < bytes; b += LINE)
                __builtin_prefetch(source(k, z, y) + b, 0, 2);
    __asm__ volatile(""); /* gcc 12 drops calls of functions that do nothing but prefetch */
}

void copy_row(worker *k, const int64_t at[AXES]) {
    const job *j = k->job;
    const tap_table *d = j->kernel->axis[0], *h = j->kernel->axis[1];
    const char *from = source(k, d->first[entry(d, at[AXIS_D])], h->first[entry(h, at[AXIS_H])]);
    const int64_t stride = j->src->stride[AXIS_W], n = k->strip.outputs;
    const vxs_dtype src = j->kernel->src_dtype, dst = j->kernel->dst_dtype;
    void *out = out_begin(k, at);
    prefetch_next(k, at);
    if (from == k->copied_from) {
        if (out != k->copied_to)
            memcpy(out, k->copied_to, (size_t)(n * j->dst_bytes));
    } else if (src != dst) {
        j->rows->pick->values[src](k->medium_row, from, stride, &k->strip);
        j->rows->pick->convert[j->rows->pick->medium_of[src]][dst](out, k->medium_row, n);
    } else if (stride == 1 && k->strip.step == 1) {
        memcpy(out, from, (size_t)(n * j->dst_bytes));
    } else {
        j->rows->pick->bytes[j->src_bytes](out, from, stride, &k->strip);
    }
    k->copied_from = from;
    k->copied_to = out;
    out_end(k, at);
}

/* The source row h combined along d, from the ring or into it. */
static const void *ring_row(worker *k, int64_t h, const int64_t d[2], const double *weight, int64_t n) {
    const job *j = k->job;
    int slot = (int)(h & 1); /* the two taps are neighbours, or one and the same */
    if (k->ring_h[slot] != h)
        j->blend->two[j->kernel->src_dtype](k->ring[slot], source(k, d[0], h), source(k, d[1], h),
                                            j->src->stride[AXIS_W], weight, n);
    k->ring_h[slot] = h;
    return k->ring[slot];
}

/* The row to finish along w: n voxels combined along d and h. */
static const void *blend_dh(worker *k, const int64_t at[AXES], int64_t n) {
    const job *j = k->job;
    const tap_table *d = j->kernel->axis[0], *h = j->kernel->axis[1];
    const int64_t ed = entry(d, at[AXIS_D]), eh = entry(h, at[AXIS_H]), stride = j->src->stride[AXIS_W];
    const int64_t src_d[2] = {d->first[ed], d->last[ed]}, src_h[2] = {h->first[eh], h->last[eh]};
    const vxs_dtype src = j->kernel->src_dtype;
    if (!d->weight && !h->weight) {
        const char *only = source(k, src_d[0], src_h[0]);
        if (stride == 1 && src == j->blended)
            return only;
        j->blend->widen[src](k->row, only, stride, n);
    } else if (!d->weight || !h->weight) {
        const double *weight = d->weight ? d->weight + 2 * ed : h->weight + 2 * eh;
        j->blend->two[src](k->row, source(k, src_d[0], src_h[0]), source(k, src_d[1], src_h[1]), stride,
                           weight, n);
    } else {
        const void *upper = ring_row(k, src_h[0], src_d, d->weight + 2 * ed, n);
        const void *lower = ring_row(k, src_h[1], src_d, d->weight + 2 * ed, n);
        j->blend->two[j->blended](k->row, upper, lower, 1, h->weight + 2 * eh, n);
    }
    return k->row;
}

void blend_row(worker *k, const int64_t at[AXES]) {
    const job *j = k->job;
    const void *row = blend_dh(k, at, k->last[k->strip.outputs - 1] + 1);
    const vxs_dtype dst = j->kernel->dst_dtype;
    void *out = out_begin(k, at);
    prefetch_next(k, at);
    if (j->kernel->axis[2]->weight)
        j->blend->finish[dst](out, row, &k->strip, 1);
    else
        j->blend->finish_same[dst](out, row, k->strip.outputs);
    out_end(k, at);
}

/* A window too long for the row buffer, in pieces: the same sum, one voxel after the other. */
static void area_long(worker *k, const char *base, const int64_t step[3], int64_t kd, int64_t kh, int64_t kw,
                      void *out) {
    const job *j = k->job;
    const int32_t zero = 0;
    const strip one = {.outputs = 1, .step = 1, .taps = 1, .first = &zero, .last = &zero};
    _Alignas(16) char total[16] = {0};
    if (j->acc == ACC_DOUBLE)
        *(double *)total = -0.0; /* the one neutral start: -0 + -0 is -0 */
    for (int64_t w = 0; w < kw; w += j->row_voxels) {
        int64_t n = min_i64(j->row_voxels, kw - w);
        j->area->sum[j->kernel->src_dtype](k->row, base + w * step[2], j->src->stride[AXIS_W], step[0],
                                           step[1], kd, kh, n);
        j->area->reduce(total, k->row, n);
    }
    j->area->finish[j->kernel->dst_dtype](out, total, &one, kd * kh * kw);
}

void area_row(worker *k, const int64_t at[AXES]) {
    const job *j = k->job;
    const tap_table *d = j->kernel->axis[0], *h = j->kernel->axis[1], *w = j->kernel->axis[2];
    const int64_t ed = entry(d, at[AXIS_D]), eh = entry(h, at[AXIS_H]), ew = entry(w, at[AXIS_W]);
    const int64_t kd = d->last[ed] - d->first[ed] + 1, kh = h->last[eh] - h->first[eh] + 1;
    const int64_t width = w->last[ew + k->strip.outputs - 1] - w->first[ew] + 1;
    const int64_t *step = j->src_step, stride = j->src->stride[AXIS_W];
    const char *base = source(k, d->first[ed], h->first[eh]);
    void *out = out_begin(k, at);
    if (width > j->row_voxels) {
        area_long(k, base, step, kd, kh, width, out);
    } else {
        j->area->sum[j->kernel->src_dtype](k->row, base, stride, step[0], step[1], kd, kh, width);
        prefetch_next(k, at);
        j->area->finish[j->kernel->dst_dtype](out, k->row, &k->strip, kd * kh);
    }
    out_end(k, at);
}

void halve_row(worker *k, const int64_t at[AXES]) {
    const job *j = k->job;
    const tap_table *d = j->kernel->axis[0], *h = j->kernel->axis[1];
    const int64_t ed = entry(d, at[AXIS_D]), eh = entry(h, at[AXIS_H]);
    const int planes = (int)(d->last[ed] - d->first[ed]) + 1, lines = (int)(h->last[eh] - h->first[eh]) + 1;
    const void *rows[4] = {NULL};
    for (int y = 0; y < lines; y++)
        for (int z = 0; z < planes; z++)
            rows[2 * y + z] = source(k, d->first[ed] + z, h->first[eh] + y);
    prefetch_next(k, at);
    j->rows->halve->of[j->kernel->src_dtype](out_begin(k, at), rows, planes, lines, k->strip.outputs);
    out_end(k, at);
}
