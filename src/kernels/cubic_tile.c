/* One tile of cubic: along d into slots, along h into rows, along w, and out. */
#include <string.h>

#include "base/checked.h"
#include "geometry/spline.h"
#include "kernels/cubic.h"
#include "kernels/rows.h"

enum { PLANES_AHEAD = 8, LINE = 64 };

/* One axis of a tile. */
typedef struct side {
    const tap_table *table;
    int64_t entry;  /* of the first output in the table */
    int64_t count;  /* of outputs */
    range source;   /* voxels that are read */
    range blocks;   /* TAP_FILTER: that are filtered, whole */
    int64_t origin; /* the voxel of row 0: of the source, or where the mirrored line begins */
} side;

static side side_of(const tap_table *table, range outputs) {
    side s = {.table = table, .entry = outputs.begin - table->outputs.begin, .count = range_size(outputs)};
    s.source = (range){table->first[s.entry], table->last[s.entry + s.count - 1] + 1};
    s.origin = s.source.begin;
    if (table->map.kind == TAP_FILTER) {
        const int64_t first = table->start[s.entry], last = table->start[s.entry + s.count - 1] + SPLINE_TAPS;
        s.blocks = spline_blocks(table->map.in, (range){max_i64(first, 0), min_i64(last, table->map.in)});
        s.origin = s.blocks.begin - table->map.reach;
    }
    return s;
}

/* The sums that make outputs o .. o+n-1 of the side from rows whose first is voxel or coefficient origin. */
static row_sums sums_of(const side *s, int64_t o, int64_t n, int64_t origin, int64_t width) {
    const tap_table *t = s->table;
    return (row_sums){.start = t->start + s->entry + o,
                      .last = t->map.kind == TAP_BAND ? t->last + s->entry + o : NULL,
                      .weight = t->weight + (s->entry + o) * t->map.taps,
                      .taps = t->map.taps,
                      .origin = origin,
                      .outputs = n,
                      .out_step = 1,
                      .width = width};
}

static void copy_rows(double *out, const double *in, int64_t rows) {
    memcpy(out, in, (size_t)rows * TILE_WIDTH * sizeof(double));
}

/* rows: voxels from s->origin on. Those outside of the volume are what it mirrors. */
static void mirror(const side *s, double *rows) {
    const int64_t n = s->table->map.in, reach = s->table->map.reach;
    for (int64_t v = s->origin; v < 0; v++)
        copy_rows(rows + (v - s->origin) * TILE_WIDTH, rows + (-1 - v - s->origin) * TILE_WIDTH, 1);
    for (int64_t v = n; v < s->blocks.end + reach; v++)
        copy_rows(rows + (v - s->origin) * TILE_WIDTH, rows + (2 * n - 1 - v - s->origin) * TILE_WIDTH, 1);
}

/* The coefficients of the side's blocks into out, whose row 0 is coefficient blocks.begin - 2. */
static void filter(const cubic_worker *k, const side *s, double *out, double *rows, int64_t width) {
    const int64_t n = s->table->map.in, reach = s->table->map.reach;
    double *first = out + 2 * TILE_WIDTH;
    mirror(s, rows);
    for (int64_t b = s->blocks.begin; b < s->blocks.end; b += SPLINE_BLOCK)
        k->job->rows->spline->filter(first + (b - s->blocks.begin) * TILE_WIDTH,
                                     rows + (b - s->origin) * TILE_WIDTH,
                                     min_i64(SPLINE_BLOCK, s->blocks.end - b), reach, SPLINE_POLE, width);
    if (s->blocks.begin == 0) {
        copy_rows(out, first + TILE_WIDTH, 1);
        copy_rows(out + TILE_WIDTH, first, 1);
    }
    if (s->blocks.end == n) {
        double *end = first + range_size(s->blocks) * TILE_WIDTH;
        copy_rows(end, end - TILE_WIDTH, 1);
        copy_rows(end + TILE_WIDTH, end - 2 * TILE_WIDTH, 1);
    }
}

static const char *source_at(const cubic_job *j, const int64_t index[AXES]) {
    int64_t voxels = 0;
    for (int a = 0; a < AXES; a++)
        voxels += (index[a] - j->src->where.axis[a].begin) * j->src->stride[a];
    return (const char *)j->src->data + voxels * j->src_bytes;
}

/* A run of a source row as doubles. */
static void widen(const cubic_worker *k, double *out, const int64_t index[AXES], int64_t n) {
    const cubic_job *j = k->job;
    j->rows->blend[ACC_DOUBLE]->widen[j->kernel->src_dtype](out, source_at(j, index), j->src->stride[AXIS_W],
                                                            n);
}

/* The same run of all planes. They lie so far apart that each is a new stream, which no cache foresees. */
static void widen_planes(const cubic_worker *k, range planes, int64_t at[AXES], int64_t n) {
    const cubic_job *j = k->job;
    const int64_t bytes = j->src->stride[AXIS_W] == 1 ? n * j->src_bytes : 0;
    at[AXIS_D] = planes.begin;
    const char *row = source_at(j, at);
    const int64_t step = j->src->stride[AXIS_D] * j->src_bytes;
    for (int64_t p = 0; p < range_size(planes); p++, row += step, at[AXIS_D]++) {
        for (int64_t b = 0; b < bytes && p + PLANES_AHEAD < range_size(planes); b += LINE)
            __builtin_prefetch(row + PLANES_AHEAD * step + b);
        widen(k, k->planes + p * TILE_WIDTH, at, n);
    }
}

/* Row h of all output planes, in a tile of columns: at[AXIS_H], at[AXIS_W] on. out_step in rows. */
static void along_d(cubic_worker *k, const side *d, int64_t at[AXES], int64_t n, double *out,
                    int64_t out_step) {
    if (d->table->map.kind == TAP_COPY) {
        for (int64_t p = 0; p < d->count; p++) {
            at[AXIS_D] = d->table->first[d->entry + p];
            widen(k, out + p * out_step * TILE_WIDTH, at, n);
        }
        return;
    }
    widen_planes(k, d->source, at, n);
    row_sums sums = sums_of(d, 0, d->count, d->origin, n);
    sums.out_step = out_step;
    k->job->rows->spline->sums(out, k->planes, &sums);
}

/* All rows that some output needs, into the slots. */
static void fill_slots(cubic_worker *k, const box *outputs, const side sides[3]) {
    const cubic_sizes *size = &k->job->sizes;
    const side *h = &sides[1], *w = &sides[2];
    const int64_t slot = size->slot_rows * TILE_WIDTH;
    const int64_t *first = h->table->first + h->entry, *last = h->table->last + h->entry;
    int64_t at[AXES] = {outputs->axis[AXIS_N].begin, outputs->axis[AXIS_C].begin};
    for (int64_t i = 0; i <= size->planes * size->columns; i++)
        k->slot[i] = k->slots + i * slot;
    for (int64_t y = h->source.begin, o = 0; y < h->source.end; y++) {
        while (last[o] < y)
            o++;
        if (y < first[o])
            continue; /* far apart, outputs leave voxels out */
        for (int64_t c = 0, x = w->source.begin; x < w->source.end; c++, x += TILE_WIDTH) {
            at[AXIS_H] = y;
            at[AXIS_W] = x;
            along_d(k, &sides[0], at, min_i64(TILE_WIDTH, w->source.end - x),
                    k->slot[c] + (y - h->origin) * TILE_WIDTH, size->columns * size->slot_rows);
        }
    }
}

/* Coefficients instead of voxels in the slots of a plane. */
static void filter_slots(cubic_worker *k, int64_t plane, const side *h, int64_t width) {
    const cubic_sizes *size = &k->job->sizes;
    double **spare = &k->slot[size->planes * size->columns];
    for (int64_t c = 0; c * TILE_WIDTH < width; c++) {
        double **slot = &k->slot[plane * size->columns + c], *voxels = *slot;
        filter(k, h, *spare, voxels, min_i64(TILE_WIDTH, width - c * TILE_WIDTH));
        *slot = *spare;
        *spare = voxels;
    }
}

/* Rows o .. o+n-1 of the side from a slot. */
static const double *along_h(cubic_worker *k, const side *h, const double *slot, int64_t o, int64_t n,
                             int64_t width) {
    if (h->table->map.kind == TAP_COPY) {
        copy_rows(k->rows, slot + (h->table->first[h->entry + o] - h->origin) * TILE_WIDTH, n);
        return k->rows;
    }
    const bool filtered = h->table->map.kind == TAP_FILTER;
    const row_sums sums = sums_of(h, o, n, filtered ? h->blocks.begin - 2 : h->origin, width);
    k->job->rows->spline->sums(k->rows, slot, &sums);
    return k->rows;
}

/* Runs of outputs, one below the other: doubles become voxels. */
static void put(cubic_worker *k, const int64_t at[AXES], const double *values, int64_t rows, int64_t n) {
    const cubic_job *j = k->job;
    const int64_t stride = j->dst->stride[AXIS_W];
    int64_t voxels = 0;
    for (int a = 0; a < AXES; a++)
        voxels += (at[a] - j->dst->where.axis[a].begin) * j->dst->stride[a];
    char *to = (char *)j->dst->data + voxels * j->dst_bytes;
    convert_fn *finish = j->rows->blend[ACC_DOUBLE]->finish_same[j->kernel->dst_dtype];
    for (int64_t r = 0; r < rows; r++, to += j->dst->stride[AXIS_H] * j->dst_bytes) {
        finish(stride == 1 ? to : k->out_row, values + r * TILE_WIDTH, n);
        if (stride != 1)
            j->rows->pick->scatter[j->dst_bytes](to, k->out_row, stride, n);
    }
}

/* The rows at at[AXIS_H] on, n of them, from lines: k->line holds column by column what w needs. */
static void along_w(cubic_worker *k, const side *w, int64_t at[AXES], int64_t n) {
    const spline_functions *f = k->job->rows->spline;
    const bool filtered = w->table->map.kind == TAP_FILTER;
    const int64_t begin = at[AXIS_W];
    if (filtered)
        filter(k, w, k->coefficients, k->line, n);
    for (int64_t o = 0; o < w->count; o += TILE_WIDTH) {
        const int64_t count = min_i64(TILE_WIDTH, w->count - o);
        const row_sums sums = sums_of(w, o, count, filtered ? w->blocks.begin - 2 : w->origin, n);
        f->sums(k->sums, filtered ? k->coefficients : k->line, &sums);
        f->transpose(k->turned, k->sums);
        at[AXIS_W] = begin + o;
        put(k, at, k->turned, n, count);
    }
}

/* Where w is copied: the rows as they are. */
static void put_rows(cubic_worker *k, const side *w, const int64_t rows_at[AXES], int64_t column,
                     const double *rows, int64_t n) {
    int64_t at[AXES];
    memcpy(at, rows_at, sizeof at);
    at[AXIS_W] += column * TILE_WIDTH;
    put(k, at, rows, n, min_i64(TILE_WIDTH, w->count - column * TILE_WIDTH));
}

static void finish_plane(cubic_worker *k, const box *outputs, const side sides[3], int64_t plane) {
    const side *h = &sides[1], *w = &sides[2];
    const int64_t columns = div_ceil(range_size(w->source), TILE_WIDTH);
    if (h->table->map.kind == TAP_FILTER)
        filter_slots(k, plane, h, range_size(w->source));
    for (int64_t o = 0; o < h->count; o += TILE_WIDTH) {
        const int64_t n = min_i64(TILE_WIDTH, h->count - o);
        int64_t at[AXES];
        for (int a = 0; a < AXES; a++)
            at[a] = outputs->axis[a].begin;
        at[AXIS_D] += plane;
        at[AXIS_H] += o;
        for (int64_t c = 0; c < columns; c++) {
            const double *rows = along_h(k, h, k->slot[plane * k->job->sizes.columns + c], o, n,
                                         min_i64(TILE_WIDTH, range_size(w->source) - c * TILE_WIDTH));
            if (w->table->map.kind == TAP_COPY)
                put_rows(k, w, at, c, rows, n);
            else
                k->job->rows->spline->transpose(
                    k->line + (w->source.begin - w->origin + c * TILE_WIDTH) * TILE_WIDTH, rows);
        }
        if (w->table->map.kind != TAP_COPY)
            along_w(k, w, at, n);
    }
}

void cubic_tile(cubic_worker *k, const box *outputs) {
    side sides[3];
    for (int a = 0; a < 3; a++)
        sides[a] = side_of(k->job->kernel->axis[a], outputs->axis[AXIS_D + a]);
    fill_slots(k, outputs, sides);
    for (int64_t p = 0; p < sides[0].count; p++)
        finish_plane(k, outputs, sides, p);
}
