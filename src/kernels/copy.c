/* Nearest, and volumes that only change their type: every output is one voxel. */
#include <string.h>

#include "kernels/engine_rows.h"

enum { LINE = 64, EARLY_BYTES = 8192, EARLY_ROWS = 16 };

static void copy_row(worker *k, const int64_t at[AXES]) {
    const job *j = k->job;
    const tap_table *d = j->kernel->axis[0], *h = j->kernel->axis[1];
    const char *from = source(k, d->first[entry(d, at[AXIS_D])], h->first[entry(h, at[AXIS_H])]);
    const int64_t stride = j->src->stride[AXIS_W], n = k->strip.outputs;
    const vxs_dtype src = j->kernel->src_dtype, dst = j->kernel->dst_dtype;
    void *out = out_begin(k, at);
    engine_prefetch_next(k, at);
    if (from == k->copied_from && k->held == 0) {
        if (out != k->copied_to)
            memmove(out, k->copied_to, (size_t)(n * j->dst_bytes)); /* scratch, behind what was held */
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

/* Rows of a plane whose voxels are copied as they are, between views with stride 1 along w. */
typedef struct plain_rows {
    const char *plane;    /* source row 0 */
    const int64_t *first; /* source rows of the outputs */
    int64_t step;         /* bytes between source rows */
    int64_t bytes;        /* of a source row, up to the last voxel needed */
    int64_t ahead;        /* rows to ask for early; 0: none */
    bool split;           /* loads of a row cross its lines */
} plain_rows;

/* Whether row i is another one than the row before it. */
static bool is_new(const plain_rows *p, int64_t i) {
    return i == 0 || p->first[i] != p->first[i - 1];
}

#define ASK_FOR(row, locality)                                                                               \
    for (int64_t b = 0; b < p->bytes; b += LINE)                                                             \
        __builtin_prefetch((row) + b, 0, locality);                                                          \
    __asm__ volatile("") /* gcc 12 drops calls of functions that do nothing but prefetch */

/* Rows to come, into the second-level cache: the first level keeps track of too few lines on their way, so
 * that asking there takes twice as long. A load across two lines waits for both, so then the next row is
 * brought nearer. */
static void ask_for_rows(const plain_rows *p, int64_t i, int64_t rows) {
    if (i + p->ahead < rows && is_new(p, i + p->ahead)) {
        ASK_FOR(p->plane + p->first[i + p->ahead] * p->step, 2);
    }
    if (p->split && i + 1 < rows && is_new(p, i + 1)) {
        ASK_FOR(p->plane + p->first[i + 1] * p->step, 3);
    }
}

static int64_t rows_ahead(const job *j, int64_t row_bytes) {
    return j->early ? min_i64(max_i64(EARLY_BYTES / row_bytes, 1), EARLY_ROWS) : 0;
}

/* Rows that are picked out of whole lines, all at once where they can be; false: nothing is done. */
static bool copy_lines(worker *k, int64_t at[AXES]) {
    const job *j = k->job;
    const tap_table *d = j->kernel->axis[0], *h = j->kernel->axis[1];
    const int64_t row_bytes = (k->strip.last[k->strip.outputs - 1] + 1) * j->src_bytes;
    pick_rows_fn *const pick_rows = j->rows->pick->rows[j->src_bytes];
    pick_block b = {.plane = source(k, d->first[entry(d, at[AXIS_D])], 0),
                    .first = h->first + entry(h, at[AXIS_H]),
                    .rows = k->end_h - at[AXIS_H],
                    .src_step = j->src_step[1],
                    .dst_step = j->dst->stride[AXIS_H] * j->dst_bytes,
                    .ahead = rows_ahead(j, row_bytes),
                    .dst = target(k, at),
                    .scratch = j->stream ? k->out_row : NULL};
    const bool follow = j->dst->stride[AXIS_H] == k->strip.outputs;
    if (!pick_rows || h->map.out > h->map.in || b.dst_step < 0 || (j->stream && !follow))
        return false;
    worker_plan_picks(k, b.plane + b.first[0] * b.src_step, j->src_bytes);
    if (k->strip.picks.lines == 0)
        return false;
    pick_rows(&b, &k->strip);
    k->copied_from = NULL; /* its copy was in the scratch */
    at[AXIS_H] = k->end_h;
    return true;
}

static void copy_plain(worker *k, int64_t at[AXES]) {
    const job *j = k->job;
    const tap_table *d = j->kernel->axis[0], *h = j->kernel->axis[1];
    pick_fn *const pick = j->rows->pick->bytes[j->src_bytes];
    const int64_t n = k->end_h - at[AXIS_H], last = k->strip.last[k->strip.outputs - 1];
    plain_rows p = {.plane = source(k, d->first[entry(d, at[AXIS_D])], 0),
                    .first = h->first + entry(h, at[AXIS_H]),
                    .step = j->src_step[1],
                    .bytes = (last + 1) * j->src_bytes,
                    .split = k->strip.step != 2};
    p.ahead = rows_ahead(j, p.bytes);
    for (int64_t i = 0; i < n; i++, at[AXIS_H]++) {
        const char *from = p.plane + p.first[i] * p.step;
        void *out = out_begin(k, at);
        if (p.ahead > 0)
            ask_for_rows(&p, i, n);
        if (from == k->copied_from && k->held == 0) {
            if (out != k->copied_to)
                memmove(out, k->copied_to, (size_t)(k->strip.outputs * j->dst_bytes));
        } else if (k->strip.step == 1) {
            memcpy(out, from, (size_t)p.bytes);
        } else {
            pick(out, from, 1, &k->strip);
        }
        k->copied_from = from;
        k->copied_to = out;
        out_end(k, at);
    }
}

void copy_rows(worker *k, int64_t at[AXES]) {
    const job *j = k->job;
    if (j->src->stride[AXIS_W] == 1 && j->dst->stride[AXIS_W] == 1 &&
        j->kernel->src_dtype == j->kernel->dst_dtype) {
        if (!copy_lines(k, at))
            copy_plain(k, at);
        return;
    }
    for (; at[AXIS_H] < k->end_h; at[AXIS_H]++)
        copy_row(k, at);
}
