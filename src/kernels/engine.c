#include "kernels/engine_rows.h"

#include <string.h>

enum { LINE = 64 };

void *out_begin(const worker *k, const int64_t at[AXES]) {
    const job *j = k->job;
    if (j->stream)
        return (char *)k->out_row + k->held;
    return j->dst->stride[AXIS_W] == 1 ? target(k, at) : k->out_row;
}

/* Past the caches: what is in out_row is `held` bytes of a line and this row. */
static void stream_row(worker *k, const int64_t at[AXES]) {
    const job *j = k->job;
    const int64_t bytes = k->held + k->strip.outputs * j->dst_bytes;
    char *to = target(k, at) - k->held;
    const bool joined = j->dst->stride[AXIS_H] == k->strip.outputs && at[AXIS_H] + 1 < k->end_h;
    const int64_t rest = joined ? min_i64((int64_t)((uintptr_t)(to + bytes) % LINE), bytes) : 0;
    j->rows->stream_copy(to, k->out_row, bytes - rest);
    if (rest > 0 && rest < bytes)
        memmove(k->out_row, (char *)k->out_row + bytes - rest, (size_t)rest);
    k->held = rest;
}

void out_end(worker *k, const int64_t at[AXES]) {
    const job *j = k->job;
    const int64_t stride = j->dst->stride[AXIS_W];
    if (j->stream)
        stream_row(k, at);
    else if (stride != 1)
        j->rows->pick->scatter[j->dst_bytes](target(k, at), k->out_row, stride, k->strip.outputs);
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

/* Whether the source row h, a lower tap, is in the ring already, or the next output row takes it. */
static bool needed_again(const worker *k, const int64_t at[AXES], int64_t h) {
    const tap_table *t = k->job->kernel->axis[1];
    const bool more = at[AXIS_H] + 1 < k->end_h;
    return k->ring_h[h & 1] == h || (more && t->first[entry(t, at[AXIS_H] + 1)] <= h);
}

/* When source rows of a row to come are asked for. */
typedef enum asking { ASK_AT_ONCE, ASK_IN_HALVES, ASK_WHILE_FINISHING } asking;

/* A crowd of rows is asked for bit by bit: while floats are read, memory has nothing to spare, but it has
 * while a row is finished; integers, whose blends in double take longer, do better before each of two taps
 * along h. */
static asking asking_of(const worker *k, const int64_t at[AXES]) {
    const resample_kernel *kernel = k->job->kernel;
    if (!engine_is_crowd(k, at))
        return ASK_AT_ONCE;
    if (dtype_class_of(kernel->src_dtype) == DTYPE_F && kernel->axis[2]->weight)
        return ASK_WHILE_FINISHING;
    return kernel->axis[0]->weight && kernel->axis[1]->weight ? ASK_IN_HALVES : ASK_AT_ONCE;
}

/* Into k->row: two rows along h of two each along d. */
static void blend_both(worker *k, const int64_t at[AXES], const int64_t src_d[2], const int64_t src_h[2],
                       int64_t n, bool in_halves) {
    const job *j = k->job;
    const double *d = j->kernel->axis[0]->weight + 2 * entry(j->kernel->axis[0], at[AXIS_D]);
    const double *h = j->kernel->axis[1]->weight + 2 * entry(j->kernel->axis[1], at[AXIS_H]);
    const bool again = needed_again(k, at, src_h[1]);
    if (in_halves)
        engine_ask_half(k, at, false);
    const void *upper = ring_row(k, src_h[0], src_d, d, n);
    if (in_halves)
        engine_ask_half(k, at, true);
    if (again)
        j->blend->two[j->blended](k->row, upper, ring_row(k, src_h[1], src_d, d, n), 1, h, n);
    else
        j->blend->onto[j->kernel->src_dtype](k->row, upper, source(k, src_d[0], src_h[1]),
                                             source(k, src_d[1], src_h[1]), j->src->stride[AXIS_W], d, h, n);
}

/* The row to finish along w: n voxels combined along d and h. */
static const void *blend_dh(worker *k, const int64_t at[AXES], int64_t n, bool in_halves) {
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
        blend_both(k, at, src_d, src_h, n, in_halves);
    }
    return k->row;
}

void blend_row(worker *k, const int64_t at[AXES]) {
    const job *j = k->job;
    const asking way = asking_of(k, at);
    const void *row = blend_dh(k, at, k->last[k->strip.outputs - 1] + 1, way == ASK_IN_HALVES);
    const vxs_dtype dst = j->kernel->dst_dtype;
    void *out = out_begin(k, at);
    const early_lines early = way == ASK_WHILE_FINISHING ? engine_early_row(k, at) : (early_lines){0};
    if (way == ASK_AT_ONCE)
        engine_prefetch_next(k, at);
    if (j->kernel->axis[2]->weight)
        j->blend->finish[dst](out, row, &k->strip, 1, &early);
    else
        j->blend->finish_same[dst](out, row, k->strip.outputs);
    out_end(k, at);
}

void each_row(worker *k, int64_t at[AXES]) {
    for (; at[AXIS_H] < k->end_h; at[AXIS_H]++)
        k->job->row(k, at);
}
