/* One tile of cubic: along d into slots, along w into columns and back, along h, and out. */
#include <string.h>

#include "base/checked.h"
#include "kernels/cubic.h"
#include "kernels/rows.h"

enum { PLANES_AHEAD = 8, LINE = 64, STRIP = 32 };

/* One axis of a tile. */
typedef struct side {
    const tap_table *table;
    int64_t entry;  /* of the first output in the table */
    int64_t count;  /* of outputs */
    range source;   /* voxels that are read */
    range summed;   /* TAP_FILTER: coefficients that the sums read, from -2 to in+1; else the source */
    int64_t origin; /* the voxel of row 0: of the source, or where the mirrored line begins */
} side;

static side side_of(const tap_table *table, range outputs) {
    side s = {.table = table, .entry = outputs.begin - table->outputs.begin, .count = range_size(outputs)};
    s.source = (range){table->first[s.entry], table->last[s.entry + s.count - 1] + 1};
    s.summed = s.source;
    if (table->map.kind == TAP_FILTER)
        s.summed = (range){table->start[s.entry], table->start[s.entry + s.count - 1] + SPLINE_TAPS};
    s.origin = s.summed.begin - (table->map.kind == TAP_FILTER ? table->map.reach : 0);
    return s;
}

/* The sums that make outputs o .. o+n-1 of the side from the rows of its summed range. */
static row_sums sums_of(const side *s, int64_t o, int64_t n, int64_t width) {
    const tap_table *t = s->table;
    return (row_sums){.start = t->start + s->entry + o,
                      .last = t->map.kind == TAP_BAND ? t->last + s->entry + o : NULL,
                      .weight = t->weight + (s->entry + o) * t->map.taps,
                      .taps = t->map.taps,
                      .origin = s->summed.begin,
                      .outputs = n,
                      .out_step = 1,
                      .width = width};
}

/* rows: voxels from s->origin on. Those outside of the volume are what it mirrors. */
static void mirror(const side *s, double *rows, int64_t width) {
    const int64_t n = s->table->map.in, end = s->summed.end + s->table->map.reach;
    const size_t bytes = (size_t)width * sizeof *rows;
    for (int64_t v = s->origin; v < 0; v++)
        memcpy(rows + (v - s->origin) * TILE_WIDTH, rows + (-1 - v - s->origin) * TILE_WIDTH, bytes);
    for (int64_t v = n; v < end; v++)
        memcpy(rows + (v - s->origin) * TILE_WIDTH, rows + (2 * n - 1 - v - s->origin) * TILE_WIDTH, bytes);
}

/* What the side's sums read, from voxels from s->origin on: these, or their coefficients. */
static const double *summed_rows(const cubic_worker *k, const side *s, double *rows, int64_t width) {
    const cubic_job *j = k->job;
    if (s->table->map.kind != TAP_FILTER)
        return rows;
    mirror(s, rows, width);
    j->rows->spline->filter(k->coefficients, k->between, rows + s->table->map.reach * TILE_WIDTH,
                            range_size(s->summed), j->factors, s->table->map.wide, width);
    return k->coefficients;
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

/* The same run of all planes that d reads. They lie so far apart that each is a new stream, which no cache
 * foresees. */
static void widen_planes(const cubic_worker *k, const side *d, int64_t at[AXES], int64_t n) {
    const cubic_job *j = k->job;
    const int64_t bytes = j->src->stride[AXIS_W] == 1 ? n * j->src_bytes : 0;
    const int64_t step = j->src->stride[AXIS_D] * j->src_bytes, planes = range_size(d->source);
    double *to = k->planes + (d->source.begin - d->origin) * TILE_WIDTH;
    at[AXIS_D] = d->source.begin;
    const char *row = source_at(j, at);
    for (int64_t p = 0; p < planes; p++, row += step, at[AXIS_D]++, to += TILE_WIDTH) {
        for (int64_t b = 0; b < bytes && p + PLANES_AHEAD < planes; b += LINE)
            __builtin_prefetch(row + PLANES_AHEAD * step + b);
        widen(k, to, at, n);
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
    widen_planes(k, d, at, n);
    row_sums sums = sums_of(d, 0, d->count, n);
    sums.out_step = out_step;
    k->job->rows->spline->sums(out, summed_rows(k, d, k->planes, n), &sums);
}

static double *slot_of(const cubic_worker *k, int64_t plane, int64_t column) {
    return k->slots + (plane * k->job->sizes.columns + column) * k->job->sizes.slot_rows * TILE_WIDTH;
}

/* All rows that some output needs, into the slots. */
static void fill_slots(cubic_worker *k, const box *outputs, const side sides[3]) {
    const cubic_sizes *size = &k->job->sizes;
    const side *h = &sides[1], *w = &sides[2];
    const int64_t *first = h->table->first + h->entry, *last = h->table->last + h->entry;
    int64_t at[AXES] = {outputs->axis[AXIS_N].begin, outputs->axis[AXIS_C].begin};
    for (int64_t y = h->source.begin, o = 0; y < h->source.end; y++) {
        while (last[o] < y)
            o++;
        if (y < first[o])
            continue; /* far apart, outputs leave voxels out */
        for (int64_t c = 0, x = w->source.begin; x < w->source.end; c++, x += TILE_WIDTH) {
            at[AXIS_H] = y;
            at[AXIS_W] = x;
            along_d(k, &sides[0], at, min_i64(TILE_WIDTH, w->source.end - x),
                    slot_of(k, 0, c) + (y - h->origin) * TILE_WIDTH, size->columns * size->slot_rows);
        }
    }
}

/* All rows of a plane from its slots into k->wide. Up to TILE_WIDTH of them at a time stand side by side. */
static void along_w(cubic_worker *k, const side *h, const side *w, int64_t plane) {
    const spline_functions *f = k->job->rows->spline;
    const int64_t slot = k->job->sizes.slot_rows * TILE_WIDTH, voxels = range_size(w->source);
    double *line = k->line + (w->source.begin - w->origin) * TILE_WIDTH;
    for (int64_t y = h->source.begin; y < h->source.end; y += TILE_WIDTH) {
        const int64_t rows = min_i64(TILE_WIDTH, h->source.end - y), at = (y - h->origin) * TILE_WIDTH;
        for (int64_t x = 0; x < voxels; x += TILE_WIDTH)
            f->transpose(line + x * TILE_WIDTH, slot_of(k, plane, x / TILE_WIDTH) + at, rows,
                         min_i64(TILE_WIDTH, voxels - x));
        const double *summed = summed_rows(k, w, k->line, rows);
        for (int64_t o = 0; o < w->count; o += STRIP) {
            const int64_t count = min_i64(STRIP, w->count - o);
            const row_sums sums = sums_of(w, o, count, rows);
            f->sums(k->sums, summed, &sums);
            f->transpose(k->wide + o / TILE_WIDTH * slot + at + o % TILE_WIDTH, k->sums, count, rows);
        }
    }
}

static char *output_at(const cubic_job *j, const int64_t at[AXES]) {
    int64_t voxels = 0;
    for (int a = 0; a < AXES; a++)
        voxels += (at[a] - j->dst->where.axis[a].begin) * j->dst->stride[a];
    return (char *)j->dst->data + voxels * j->dst_bytes;
}

/* Runs of outputs, one below the other: doubles become voxels. */
static void put(cubic_worker *k, char *to, const double *values, int64_t rows, int64_t n) {
    const cubic_job *j = k->job;
    const int64_t stride = j->dst->stride[AXIS_W];
    convert_fn *finish = j->rows->blend[ACC_DOUBLE]->finish_same[j->kernel->dst_dtype];
    for (int64_t r = 0; r < rows; r++, to += j->dst->stride[AXIS_H] * j->dst_bytes) {
        finish(stride == 1 ? to : k->out_row, values + r * TILE_WIDTH, n);
        if (stride != 1)
            j->rows->pick->scatter[j->dst_bytes](to, k->out_row, stride, n);
    }
}

/* A tile of columns along h: rows from h->origin on, n columns, out to the voxels at at. */
static void along_h(cubic_worker *k, const side *h, int64_t at[AXES], double *rows, int64_t n) {
    const cubic_job *j = k->job;
    const int64_t begin = at[AXIS_H], step = j->dst->stride[AXIS_H];
    const bool direct = j->kernel->dst_dtype == VXS_FLOAT32 && j->dst->stride[AXIS_W] == 1;
    const bool copies = h->table->map.kind == TAP_COPY;
    const double *summed = summed_rows(k, h, rows, n);
    for (int64_t o = 0; o < h->count; o += TILE_WIDTH) {
        const int64_t count = min_i64(TILE_WIDTH, h->count - o);
        row_sums sums = sums_of(h, o, count, n);
        sums.stream = j->stream;
        at[AXIS_H] = begin + o;
        char *to = output_at(j, at);
        if (copies) {
            put(k, to, rows + (h->table->first[h->entry + o] - h->origin) * TILE_WIDTH, count, n);
        } else if (direct) {
            j->rows->spline->sums_float((float *)(void *)to, step, summed, &sums);
        } else {
            j->rows->spline->sums(k->sums, summed, &sums);
            put(k, to, k->sums, count, n);
        }
    }
    at[AXIS_H] = begin;
}

static void finish_plane(cubic_worker *k, const box *outputs, const side sides[3], int64_t plane) {
    const side *h = &sides[1], *w = &sides[2];
    const bool copies = w->table->map.kind == TAP_COPY;
    int64_t at[AXES];
    for (int a = 0; a < AXES; a++)
        at[a] = outputs->axis[a].begin;
    at[AXIS_D] += plane;
    if (!copies)
        along_w(k, h, w, plane);
    for (int64_t c = 0, o = 0; o < w->count; c++, o += TILE_WIDTH, at[AXIS_W] += TILE_WIDTH) {
        double *wide = k->wide + c * k->job->sizes.slot_rows * TILE_WIDTH;
        along_h(k, h, at, copies ? slot_of(k, plane, c) : wide, min_i64(TILE_WIDTH, w->count - o));
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
