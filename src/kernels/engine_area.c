/* Rows of windows. */
#include "kernels/engine_rows.h"

enum { EARLY_PLANES = 2 };

/* A window too long for the row buffer, in pieces: the same sum, one voxel after the other. */
static void area_long(worker *k, const char *base, const window_lines *lines, int64_t kw, void *out) {
    const job *j = k->job;
    const int32_t zero = 0;
    const early_lines none = {0};
    const strip one = {.outputs = 1, .step = 1, .taps = 1, .first = &zero, .last = &zero};
    _Alignas(16) char total[16] = {0};
    if (j->acc == ACC_DOUBLE)
        *(double *)total = -0.0; /* the one neutral start: -0 + -0 is -0 */
    for (int64_t w = 0; w < kw; w += j->row_voxels) {
        int64_t n = min_i64(j->row_voxels, kw - w);
        j->area->sum[j->kernel->src_dtype](k->row, NULL, NULL, base + w * j->src_step[2], lines, n);
        j->area->reduce(total, k->row, n);
    }
    j->area->finish[j->kernel->dst_dtype](out, total, &one, lines->planes * lines->lines * kw, &none);
}

/* Whether the next output row's windows begin with the line that this one's end with. */
static bool shares_line(const worker *k, const int64_t at[AXES]) {
    const tap_table *h = k->job->kernel->axis[1];
    const int64_t eh = entry(h, at[AXIS_H]);
    return at[AXIS_H] + 1 < k->end_h && h->first[eh + 1] == h->last[eh];
}

/* Windows that share a line with the one above take its sum along d from the ring; what they share with the
 * one below they leave there. */
static void sum_lines(worker *k, const int64_t at[AXES], const char *base, const window_lines *lines,
                      int64_t width) {
    const job *j = k->job;
    const tap_table *h = j->kernel->axis[1];
    const int64_t eh = entry(h, at[AXIS_H]);
    const bool can_keep = j->acc != ACC_INT128; /* too wide for the ring */
    const void *first = can_keep && k->ring_h[0] == h->first[eh] ? k->ring[0] : NULL;
    void *keep = can_keep && shares_line(k, at) ? k->ring[1] : NULL;
    j->area->sum[j->kernel->src_dtype](k->row, first, keep, base, lines, width);
    void *kept = k->ring[1];
    k->ring[1] = k->ring[0];
    k->ring[0] = kept;
    k->ring_h[0] = keep ? h->last[eh] : -1;
}

/* Windows that share lines read many short runs of rows: they ask for the next windows' lines as they go. */
static int64_t bytes_ahead(const worker *k, const int64_t at[AXES]) {
    const tap_table *h = k->job->kernel->axis[1];
    const int64_t eh = entry(h, at[AXIS_H]);
    return k->job->early && shares_line(k, at) ? (h->first[eh + 1] - h->first[eh]) * k->job->src_step[1] : 0;
}

void area_row(worker *k, const int64_t at[AXES]) {
    const job *j = k->job;
    const tap_table *d = j->kernel->axis[0], *h = j->kernel->axis[1], *w = j->kernel->axis[2];
    const int64_t ed = entry(d, at[AXIS_D]), eh = entry(h, at[AXIS_H]), ew = entry(w, at[AXIS_W]);
    const int64_t width = w->last[ew + k->strip.outputs - 1] - w->first[ew] + 1;
    window_lines lines = {.stride = j->src->stride[AXIS_W],
                          .step_d = j->src_step[0],
                          .step_h = j->src_step[1],
                          .planes = d->last[ed] - d->first[ed] + 1,
                          .lines = h->last[eh] - h->first[eh] + 1,
                          .ahead = bytes_ahead(k, at)};
    const char *base = source(k, d->first[ed], h->first[eh]);
    void *out = out_begin(k, at);
    if (width > j->row_voxels) {
        area_long(k, base, &lines, width, out);
    } else {
        const int64_t planes = min_i64(EARLY_PLANES, lines.planes);
        const early_lines early = lines.ahead > 0 ? engine_early_planes(k, at, planes) : (early_lines){0};
        lines.ahead_from = early.runs > 0 ? planes : 0;
        sum_lines(k, at, base, &lines, width);
        if (lines.ahead == 0)
            engine_prefetch_next(k, at);
        j->area->finish[j->kernel->dst_dtype](out, k->row, &k->strip, lines.planes * lines.lines, &early);
    }
    out_end(k, at);
}

/*
 * Rows whose windows lie side by side along h, which read the source once and without end. What a row needs
 * besides is held here, since the source drives tables and jobs out of the caches, and to wait for them again
 * at every row takes up to a tenth of the time of the reading.
 */
static void rows_side_by_side(worker *k, int64_t at[AXES], int64_t width) {
    const job *j = k->job;
    const tap_table *d = j->kernel->axis[0], *h = j->kernel->axis[1];
    const int64_t ed = entry(d, at[AXIS_D]), end = k->end_h, step_h = j->src_step[1];
    const int64_t *first = h->first - h->outputs.begin, *last = h->last - h->outputs.begin;
    const bool in_place = !j->stream && j->dst->stride[AXIS_W] == 1;
    const int64_t step_out = j->dst->stride[AXIS_H] * j->dst_bytes;
    window_lines lines = {.stride = j->src->stride[AXIS_W],
                          .step_d = j->src_step[0],
                          .step_h = step_h,
                          .planes = d->last[ed] - d->first[ed] + 1};
    sum_fn *const sum = j->area->sum[j->kernel->src_dtype];
    finish_fn *const finish = j->area->finish[j->kernel->dst_dtype];
    const strip s = k->strip;
    const early_lines none = {0};
    const char *plane = source(k, d->first[ed], 0);
    char *out = target(k, at);
    for (; at[AXIS_H] < end; at[AXIS_H]++, out += step_out) {
        const int64_t y = at[AXIS_H];
        lines.lines = last[y] - first[y] + 1;
        sum(k->row, NULL, NULL, plane + first[y] * step_h, &lines, width);
        finish(in_place ? out : out_begin(k, at), k->row, &s, lines.planes * lines.lines, &none);
        if (!in_place)
            out_end(k, at);
    }
}

void area_rows(worker *k, int64_t at[AXES]) {
    const tap_table *h = k->job->kernel->axis[1], *w = k->job->kernel->axis[2];
    const int64_t ew = entry(w, at[AXIS_W]);
    const int64_t width = w->last[ew + k->strip.outputs - 1] - w->first[ew] + 1;
    if (axis_map_max_taps(&h->map) * h->map.out == h->map.in && width <= k->job->row_voxels)
        rows_side_by_side(k, at, width);
    else
        each_row(k, at);
}
