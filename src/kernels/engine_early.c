/* Asking for source rows before they are needed. */
#include "kernels/engine_rows.h"

enum {
    LINE = 64,
    START_BYTES = 4 * LINE,
    EARLY_BYTES = 4096,
    EARLY_ROWS = 8,
    CROWD_BYTES = 2048,
    FINISH_BYTES = 6 * EARLY_BYTES
};

/* The source rows that output row h, not a block's first, is the first to need. */
static range fresh_rows(const worker *k, int64_t output_h) {
    const tap_table *h = k->job->kernel->axis[1];
    const int64_t eh = entry(h, output_h);
    return (range){max_i64(h->first[eh], h->last[eh - 1] + 1), h->last[eh] + 1};
}

/* Ask for so many bytes of source rows, of all planes of an output at `at`. */
static void ask_for(const worker *k, const int64_t at[AXES], range rows, int64_t bytes) {
    const tap_table *d = k->job->kernel->axis[0];
    const int64_t ed = entry(d, at[AXIS_D]);
    for (int64_t y = rows.begin; y < rows.end; y++)
        for (int64_t z = d->first[ed]; z <= d->last[ed]; z++) {
            const char *row = source(k, z, y);
            for (int64_t b = 0; b < bytes; b += LINE)
                __builtin_prefetch(row + b, 0, 2);
        }
    __asm__ volatile(""); /* gcc 12 drops calls of functions that do nothing but prefetch */
}

static int64_t source_row_bytes(const worker *k) {
    return (k->last[k->strip.outputs - 1] + 1) * k->job->src_bytes;
}

/* Whether an output row, not a block's first, is there, and its source rows lie apart from those of the row
 * before it and are to be asked for early. */
static bool lies_apart(const worker *k, int64_t output_h) {
    const tap_table *h = k->job->kernel->axis[1];
    if (!k->job->apart || output_h >= k->end_h)
        return false;
    const int64_t eh = entry(h, output_h);
    return h->first[eh] > h->last[eh - 1] + 1;
}

/* Bytes of source that an output row takes. */
static int64_t window_bytes(const worker *k, const int64_t at[AXES]) {
    const tap_table *d = k->job->kernel->axis[0], *h = k->job->kernel->axis[1];
    const int64_t ed = entry(d, at[AXIS_D]), eh = entry(h, at[AXIS_H]);
    return (d->last[ed] - d->first[ed] + 1) * (h->last[eh] - h->first[eh] + 1) * source_row_bytes(k);
}

/* Whose rows that lie apart are to be asked for at an output row, so many bytes ahead; it may lie behind the
 * block. */
static int64_t row_ahead(const worker *k, const int64_t at[AXES], int64_t bytes) {
    const int64_t window = window_bytes(k, at);
    return at[AXIS_H] + (2 * window > bytes ? 1 : min_i64(bytes / window, EARLY_ROWS));
}

/*
 * Ask for source rows of an output row to come. Rows that lie apart start a new stream each, which the
 * processor is slow to notice: they are asked for whole, and early. Rows that follow those just read need no
 * more than a start, so that memory is not idle while this row is finished; more would get in the way of what
 * the processor does.
 */
void engine_prefetch_next(const worker *k, const int64_t at[AXES]) {
    if (lies_apart(k, at[AXIS_H] + 1)) {
        const int64_t next = row_ahead(k, at, EARLY_BYTES);
        if (next < k->end_h)
            ask_for(k, at, fresh_rows(k, next), source_row_bytes(k));
    } else if (k->job->early && at[AXIS_H] + 1 < k->end_h) {
        ask_for(k, at, fresh_rows(k, at[AXIS_H] + 1), min_i64(source_row_bytes(k), START_BYTES));
    }
}

/* Rows of so many planes of an output at `at`, in runs of lines: rows that follow each other are one. */
static early_lines lines_of(const worker *k, const int64_t at[AXES], range rows, int64_t planes) {
    const tap_table *d = k->job->kernel->axis[0];
    const int64_t first = d->first[entry(d, at[AXIS_D])], bytes = source_row_bytes(k);
    const bool follow = k->job->src_step[1] == bytes;
    const int64_t each = follow ? range_size(rows) : 1;
    early_lines e = {.lines = div_ceil(each * bytes, LINE), .share = each * k->line_share};
    if ((follow ? 1 : range_size(rows)) * planes > EARLY_RUNS)
        return (early_lines){0};
    for (int64_t z = first; z < first + planes; z++)
        for (int64_t y = rows.begin; y < rows.end; y += each)
            e.run[e.runs++] = source(k, z, y);
    return e;
}

bool engine_is_crowd(const worker *k, const int64_t at[AXES]) {
    if (!k->job->apart || window_bytes(k, at) <= CROWD_BYTES)
        return false;
    return lies_apart(k, at[AXIS_H] + 1) || lies_apart(k, row_ahead(k, at, FINISH_BYTES));
}

void engine_ask_half(const worker *k, const int64_t at[AXES], bool second) {
    const int64_t next = row_ahead(k, at, EARLY_BYTES);
    if (!lies_apart(k, next))
        return;
    const range rows = fresh_rows(k, next);
    const int64_t middle = min_i64(rows.begin + 1, rows.end);
    ask_for(k, at, second ? (range){middle, rows.end} : (range){rows.begin, middle}, source_row_bytes(k));
}

early_lines engine_early_row(const worker *k, const int64_t at[AXES]) {
    const tap_table *d = k->job->kernel->axis[0];
    const int64_t ed = entry(d, at[AXIS_D]), next = row_ahead(k, at, FINISH_BYTES);
    if (!lies_apart(k, next))
        return (early_lines){0};
    return lines_of(k, at, fresh_rows(k, next), d->last[ed] - d->first[ed] + 1);
}

early_lines engine_early_planes(const worker *k, const int64_t at[AXES], int64_t planes) {
    return lines_of(k, at, fresh_rows(k, at[AXIS_H] + 1), planes);
}
