#include "kernels/cubic.h"

#include <omp.h>
#include <string.h>

#include "base/checked.h"
#include "geometry/spline.h"
#include "kernels/cache.h"
#include "kernels/isa.h"
#include "kernels/rows.h"
#include "kernels/shares.h"

enum {
    SPAN = 256,           /* source rows and columns of a tile: then its halo is a small part of it */
    W_MOST = 512,         /* output columns: a plane of them stays in the second-level cache */
    SLOT_BYTES = 8 << 20, /* of all output planes after d */
    PLANES = 24,          /* output planes that share the conversion of their source */
    PLANE_ROWS = 160,
    ITEMS_PER_THREAD = 2,
    VECTOR_MOST = 8, /* doubles: what is transposed is rounded up to so many rows */
    ROW_BYTES = TILE_WIDTH * (int)sizeof(double)
};

bool cubic_is_needed(const axis_map axis[3]) {
    for (int a = 0; a < 3; a++)
        if (axis[a].kind == TAP_BAND || axis[a].kind == TAP_FILTER)
            return true;
    return false;
}

/* From output to output, in voxels. */
static double step_of(const axis_map *map) {
    if (!map->align)
        return (double)map->in / (double)map->out;
    return map->out > 1 ? (double)(map->in - 1) / (double)(map->out - 1) : 0;
}

/* How many outputs certainly need no more than so many voxels, which one output does not exceed. */
static int64_t outputs_within(const axis_map *map, int64_t voxels) {
    const double spare = (double)max_i64(voxels - 1 - axis_map_max_taps(map), 0), step = step_of(map);
    return spare >= step * (double)(map->out - 1) ? map->out : (int64_t)(spare / step) + 1;
}

/* Rows that the filter has beyond the voxels, where both ends are mirrored. */
static int64_t mirrored_rows(const axis_map *map) {
    return map->kind == TAP_FILTER ? 2 * (map->reach + SPLINE_TAPS / 2) : 0;
}

cubic_sizes cubic_sizes_of(const axis_map axis[3]) {
    const axis_map *d = &axis[0], *h = &axis[1], *w = &axis[2];
    cubic_sizes s = {.h_most = outputs_within(h, SPAN), .w_most = min_i64(outputs_within(w, SPAN), W_MOST)};
    s.columns = div_ceil(min_i64(w->in, SPAN), TILE_WIDTH);
    s.out_columns = div_ceil(s.w_most, TILE_WIDTH);
    s.slot_rows = round_up(min_i64(h->in, SPAN) + mirrored_rows(h), VECTOR_MOST) + VECTOR_MOST;
    s.line_rows = s.columns * TILE_WIDTH + mirrored_rows(w);
    s.planes = min_i64(PLANES, outputs_within(d, PLANE_ROWS));
    s.planes = max_i64(1, min_i64(s.planes, SLOT_BYTES / ROW_BYTES / (s.columns * s.slot_rows)));
    s.plane_rows =
        (int64_t)((double)(s.planes - 1) * step_of(d)) + 1 + axis_map_max_taps(d) + mirrored_rows(d);
    s.filter_rows = max_i64(s.plane_rows, max_i64(s.slot_rows, s.line_rows));
    return s;
}

/* The buffers of a worker one after the other: how many rows each has. */
enum { BUFFERS = 8 };

static void buffer_rows(const cubic_sizes *s, int64_t rows[BUFFERS]) {
    const int64_t of_buffers[BUFFERS] = {s->plane_rows,
                                         s->line_rows,
                                         s->filter_rows + SPLINE_BETWEEN,
                                         s->filter_rows,
                                         TILE_WIDTH,
                                         1,
                                         s->planes * s->columns * s->slot_rows,
                                         s->out_columns * s->slot_rows};
    memcpy(rows, of_buffers, sizeof of_buffers);
}

int64_t cubic_scratch_bytes(const axis_map axis[3]) {
    const cubic_sizes s = cubic_sizes_of(axis);
    int64_t rows[BUFFERS], all = 0;
    buffer_rows(&s, rows);
    for (int i = 0; i < BUFFERS; i++)
        all += rows[i];
    return all * ROW_BYTES;
}

void cubic_worker_init(cubic_worker *k, const cubic_job *j, void *scratch) {
    double *buffer[BUFFERS], *from = scratch;
    int64_t rows[BUFFERS];
    buffer_rows(&j->sizes, rows);
    for (int i = 0; i < BUFFERS; from += rows[i++] * TILE_WIDTH)
        buffer[i] = from;
    *k = (cubic_worker){j,         buffer[0], buffer[1], buffer[2], buffer[3],
                        buffer[4], buffer[6], buffer[7], buffer[5]};
    /* Columns that a tile leaves out are computed all the same: from numbers, though not from data. */
    memset(k->planes, 0, (size_t)(rows[0] * ROW_BYTES));
}

/* Tiles of the same size, or one less. */
typedef struct cut {
    range outputs;
    int64_t count;
} cut;

/* multiple: of so many tiles, as long as there are outputs. */
static cut cut_of(range outputs, int64_t most, int64_t multiple) {
    const int64_t tiles = round_up(div_ceil(range_size(outputs), most), multiple);
    return (cut){outputs, min_i64(tiles, range_size(outputs))};
}

static range part_of(const cut *c, int64_t index) {
    const int64_t all = range_size(c->outputs), each = all / c->count, rest = all % c->count;
    const int64_t begin = c->outputs.begin + index * each + min_i64(index, rest);
    return (range){begin, begin + each + (index < rest)};
}

/* As few tiles as memory allows, but enough for all threads. */
static void cut_work(const cubic_job *j, cut cuts[3]) {
    const range *out = j->dst->where.axis;
    const int64_t threads = max_i64(j->kernel->threads, 1),
                  wanted = threads > 1 ? threads * ITEMS_PER_THREAD : 1;
    cuts[1] = cut_of(out[AXIS_H], j->sizes.h_most, 1);
    cuts[2] = cut_of(out[AXIS_W], j->sizes.w_most, 1);
    int64_t others = range_size(out[AXIS_N]) * range_size(out[AXIS_C]) * cuts[1].count * cuts[2].count;
    const int64_t d = range_size(out[AXIS_D]);
    const int64_t planes = max_i64(1, d / max_i64(1, div_ceil(wanted, others)));
    const int64_t multiple = others % threads ? threads : 1; /* none has one more to do */
    cuts[0] = cut_of(out[AXIS_D], min_i64(j->sizes.planes, planes), multiple);
    others = others / cuts[1].count * cuts[0].count;
    const int64_t rows = div_ceil(range_size(out[AXIS_H]), max_i64(1, div_ceil(wanted, others)));
    if (cuts[1].count * others < wanted)
        cuts[1] = cut_of(out[AXIS_H], min_i64(j->sizes.h_most, max_i64(rows, TILE_WIDTH)), 1);
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
    cubic_tile(k, &outputs);
}

void cubic_run(const resample_kernel *kernel, const box_view *src, const box_view *dst) {
    const axis_map maps[3] = {kernel->axis[0]->map, kernel->axis[1]->map, kernel->axis[2]->map};
    cubic_job j = {.kernel = kernel,
                   .rows = isa_row_functions(),
                   .src = src,
                   .dst = dst,
                   .src_bytes = (int64_t)dtype_bytes(kernel->src_dtype),
                   .dst_bytes = (int64_t)dtype_bytes(kernel->dst_dtype),
                   .sizes = cubic_sizes_of(maps)};
    const int64_t cache_bytes = cache_bytes_or_last(kernel->cache_bytes);
    j.stream = box_voxels(&dst->where) * j.dst_bytes > cache_bytes / 2;
    spline_factors(j.factors);
    cut cuts[3];
    cut_work(&j, cuts);
    const range *out = dst->where.axis;
    const int64_t items =
        range_size(out[AXIS_N]) * range_size(out[AXIS_C]) * cuts[0].count * cuts[1].count * cuts[2].count;
    const int64_t bytes = cubic_scratch_bytes(maps);
    const int threads = (int)min_i64(max_i64(kernel->threads, 1), items);
    shares work;
    shares_deal(&work, items, threads);
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        cubic_worker k;
        cubic_worker_init(&k, &j, (char *)kernel->scratch + omp_get_thread_num() * bytes);
        share_walk walk = {omp_get_thread_num(), 0};
        for (int64_t item; (item = shares_next(&work, &walk)) >= 0;)
            run_item(&k, cuts, item);
        if (j.stream)
            j.rows->stream_end();
    }
}
