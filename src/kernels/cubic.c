#include "kernels/cubic.h"

#include <omp.h>
#include <string.h>

#include "base/checked.h"
#include "geometry/spline.h"
#include "kernels/isa.h"
#include "kernels/rows.h"

enum {
    SPAN = 448,           /* source rows and columns of a tile: then its halo is a small part of it */
    SLOT_BYTES = 4 << 20, /* of all output planes before h */
    PLANES = 16,          /* output planes that share the conversion of their source */
    PLANE_ROWS = 160,
    ITEMS_PER_THREAD = 4,
    ROW_BYTES = TILE_WIDTH * (int)sizeof(double)
};

bool cubic_is_needed(const axis_map axis[3]) {
    for (int a = 0; a < 3; a++)
        if (axis[a].kind == TAP_BAND || axis[a].kind == TAP_FILTER)
            return true;
    return false;
}

/* How many outputs certainly need no more than SPAN voxels. */
static int64_t outputs_in_span(const axis_map *map) {
    const double spare = (double)(SPAN - axis_map_max_taps(map) - 2);
    return (int64_t)min_i64((int64_t)(spare * ((double)map->out / (double)map->in)), map->out - 1) + 1;
}

static int64_t mirrored_rows(const axis_map *map) {
    return map->kind == TAP_FILTER ? 2 * map->reach : 0;
}

cubic_sizes cubic_sizes_of(const axis_map axis[3]) {
    const axis_map *d = &axis[0], *h = &axis[1], *w = &axis[2];
    cubic_sizes s = {.h_most = outputs_in_span(h), .w_most = outputs_in_span(w)};
    s.columns = div_ceil(min_i64(w->in, SPAN), TILE_WIDTH);
    s.slot_rows = min_i64(h->in, SPAN) + mirrored_rows(h);
    s.line_rows = s.columns * TILE_WIDTH + mirrored_rows(w);
    const int64_t taps = axis_map_max_taps(d), step = div_ceil(d->in, d->out);
    s.planes = min_i64(min_i64(PLANES, d->out), 1 + (PLANE_ROWS - taps) / step);
    s.planes = max_i64(1, min_i64(s.planes, SLOT_BYTES / ROW_BYTES / (s.columns * s.slot_rows)));
    s.plane_rows = taps + (s.planes - 1) * step;
    return s;
}

static int64_t slots_of(const cubic_sizes *s) {
    return s->planes * s->columns + 1;
}

int64_t cubic_scratch_bytes(const axis_map axis[3]) {
    const cubic_sizes s = cubic_sizes_of(axis);
    const int64_t rows = s.plane_rows + slots_of(&s) * s.slot_rows + 2 * s.line_rows + 3 * TILE_WIDTH + 1;
    return rows * ROW_BYTES + round_up(slots_of(&s) * (int64_t)sizeof(double *), ROW_BYTES);
}

static void *take(char **free_scratch, int64_t rows) {
    void *here = *free_scratch;
    *free_scratch += rows * ROW_BYTES;
    return here;
}

void cubic_worker_init(cubic_worker *k, const cubic_job *j, void *scratch) {
    char *from = scratch;
    const cubic_sizes *s = &j->sizes;
    *k = (cubic_worker){.job = j};
    k->planes = take(&from, s->plane_rows);
    k->rows = take(&from, TILE_WIDTH);
    k->sums = take(&from, TILE_WIDTH);
    k->turned = take(&from, TILE_WIDTH);
    k->out_row = take(&from, 1);
    k->line = take(&from, s->line_rows);
    k->coefficients = take(&from, s->line_rows);
    k->slots = take(&from, slots_of(s) * s->slot_rows);
    k->slot = (double **)(void *)from;
    /* Columns and rows that a tile leaves out are computed all the same: from numbers, though not from data.
     */
    memset(k->planes, 0, (size_t)(s->plane_rows * ROW_BYTES));
    memset(k->rows, 0, (size_t)(3 * TILE_WIDTH * ROW_BYTES));
}

/* Tiles of nearly the same size. */
typedef struct cut {
    int64_t begin, end, size, count;
} cut;

static cut cut_of(range outputs, int64_t most) {
    const int64_t count = div_ceil(range_size(outputs), most);
    return (cut){outputs.begin, outputs.end, div_ceil(range_size(outputs), count), count};
}

static range part_of(const cut *c, int64_t index) {
    const int64_t begin = c->begin + index * c->size;
    return (range){begin, min_i64(begin + c->size, c->end)};
}

/* As few tiles as memory allows, but enough for all threads. */
static void cut_work(const cubic_job *j, cut cuts[3]) {
    const range *out = j->dst->where.axis;
    const int64_t wanted = (int64_t)j->kernel->threads * (j->kernel->threads > 1 ? ITEMS_PER_THREAD : 1);
    cuts[1] = cut_of(out[AXIS_H], j->sizes.h_most);
    cuts[2] = cut_of(out[AXIS_W], j->sizes.w_most);
    int64_t others = range_size(out[AXIS_N]) * range_size(out[AXIS_C]) * cuts[1].count * cuts[2].count;
    const int64_t d = range_size(out[AXIS_D]);
    const int64_t planes = max_i64(1, d / max_i64(1, div_ceil(wanted, others)));
    cuts[0] = cut_of(out[AXIS_D], min_i64(j->sizes.planes, planes));
    others = others / cuts[1].count * cuts[0].count;
    const int64_t rows = div_ceil(range_size(out[AXIS_H]), max_i64(1, div_ceil(wanted, others)));
    if (cuts[1].count * others < wanted)
        cuts[1] = cut_of(out[AXIS_H], min_i64(j->sizes.h_most, max_i64(rows, TILE_WIDTH)));
}

static void run_item(cubic_worker *k, const cut cuts[3], int64_t item) {
    const range *out = k->job->dst->where.axis;
    box outputs;
    for (int a = 2; a >= 0; a--) {
        outputs.axis[AXIS_D + a] = part_of(&cuts[a], item % cuts[a].count);
        item /= cuts[a].count;
    }
    for (int a = AXIS_C; a >= AXIS_N; a--) {
        const int64_t at = out[a].begin + item % range_size(out[a]);
        outputs.axis[a] = (range){at, at + 1};
        item /= range_size(out[a]);
    }
    if (!box_is_empty(&outputs))
        cubic_tile(k, &outputs);
}

void cubic_run(const resample_kernel *kernel, const box_view *src, const box_view *dst) {
    const axis_map maps[3] = {kernel->axis[0]->map, kernel->axis[1]->map, kernel->axis[2]->map};
    const cubic_job j = {.kernel = kernel,
                         .rows = isa_row_functions(),
                         .src = src,
                         .dst = dst,
                         .src_bytes = (int64_t)dtype_bytes(kernel->src_dtype),
                         .dst_bytes = (int64_t)dtype_bytes(kernel->dst_dtype),
                         .sizes = cubic_sizes_of(maps)};
    cut cuts[3];
    cut_work(&j, cuts);
    const range *out = dst->where.axis;
    const int64_t items =
        range_size(out[AXIS_N]) * range_size(out[AXIS_C]) * cuts[0].count * cuts[1].count * cuts[2].count;
    const int64_t bytes = cubic_scratch_bytes(maps);
    const int threads = (int)min_i64(max_i64(kernel->threads, 1), items);
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        cubic_worker k;
        cubic_worker_init(&k, &j, (char *)kernel->scratch + omp_get_thread_num() * bytes);
#pragma omp for schedule(dynamic)
        for (int64_t item = 0; item < items; item++)
            run_item(&k, cuts, item);
    }
}
