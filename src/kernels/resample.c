#include "kernels/resample.h"

#include <float.h>
#include <omp.h>

#include "base/checked.h"
#include "kernels/cache.h"
#include "kernels/cubic.h"
#include "kernels/engine.h"
#include "kernels/isa.h"
#include "kernels/shares.h"

/* Blocks of rows per thread: enough that a slow core does not keep the others waiting. */
enum { BLOCKS_PER_THREAD = 8 };

/* A source of so many bytes is not in the caches next to the cores. */
enum { EARLY_FROM_BYTES = 1 << 22 };

static int64_t row_voxels_of(int64_t src_w) {
    return min_i64(max_i64(src_w, 1), ROW_VOXELS);
}

int64_t resample_scratch_bytes(vxs_dtype src_dtype, const axis_map axis[3], int64_t src_w, int threads) {
    (void)src_dtype;
    if (cubic_is_needed(axis))
        return saturating_mul(cubic_scratch_bytes(axis), threads > 1 ? threads : 1);
    int64_t outputs = min_i64(STRIP_OUTPUTS, axis[2].out);
    return saturating_mul(worker_bytes(row_voxels_of(src_w), outputs), threads > 1 ? threads : 1);
}

/* The narrowest accumulator that provably holds every window's sum: voxels times the greatest magnitude. */
static accumulator area_accumulator(vxs_dtype src, int64_t column_voxels, int64_t row_voxels) {
    const int64_t window_voxels = saturating_mul(column_voxels, row_voxels);
    if (dtype_class_of(src) == DTYPE_F)
        return ACC_DOUBLE;
    int64_t sum = saturating_mul(window_voxels, INT64_C(1) << (8 * min_i64((int64_t)dtype_bytes(src), 4)));
    if (dtype_bytes(src) == 8)
        return ACC_INT128;
    if (dtype_bytes(src) == 1 && column_voxels <= UINT8_MAX && sum <= 1 << 22 && row_voxels <= ROW_VOXELS / 4)
        return src == VXS_UINT8 ? ACC_UINT16 : ACC_INT16;
    if (dtype_bytes(src) <= 2 && sum <= INT32_MAX)
        return sum <= 1 << 22 ? ACC_INT32_SMALL : ACC_INT32;
    if (sum <= INT64_C(1) << 52)
        return ACC_INT64;
    /* 2^47 voxels of 16 bits would be needed to overflow: no machine holds them */
    return dtype_bytes(src) <= 2 || sum < INT64_MAX ? ACC_INT64_LARGE : ACC_INT128;
}

/* Integers blend in float where it holds the exact result, which then rounds as one in double does. */
static accumulator blend_accumulator(const resample_kernel *kernel) {
    int bits = 8 * (int)dtype_bytes(kernel->src_dtype);
    if (dtype_class_of(kernel->src_dtype) == DTYPE_F)
        return kernel->src_dtype == VXS_FLOAT32 ? ACC_FLOAT : ACC_DOUBLE;
    for (int a = 0; a < 3; a++) {
        const int weight_bits = axis_map_weight_bits(&kernel->axis[a]->map);
        if (weight_bits < 0 || (bits += weight_bits) > FLT_MANT_DIG)
            return ACC_DOUBLE;
    }
    return bits <= FLT_MANT_DIG ? ACC_FLOAT : ACC_DOUBLE;
}

/* Whether all weights of a blend are halves. Those of integers are means of windows then: the same exact
 * sums, rounded once. */
static bool blends_halves(const resample_kernel *kernel) {
    for (int a = 0; a < 3; a++)
        if (kernel->axis[a]->map.kind == TAP_WEIGHTED && !axis_map_halves(&kernel->axis[a]->map))
            return false;
    return true;
}

static bool blends_are_means(const resample_kernel *kernel) {
    return blends_halves(kernel) && dtype_class_of(kernel->src_dtype) == DTYPE_I;
}

/* Whether every output along the axis is a mean of that many voxels, side by side. */
static bool reduces_by(const axis_map *map, int64_t factor) {
    return map->in == factor * map->out && (factor == 1 || map->kind != TAP_COPY);
}

/* Whether w is reduced by 2 and d and h by 1 or 2, from a dtype to itself. */
static bool is_half(const job *j) {
    const axis_map *d = &j->kernel->axis[0]->map, *h = &j->kernel->axis[1]->map,
                   *w = &j->kernel->axis[2]->map;
    return j->kernel->src_dtype == j->kernel->dst_dtype && j->src->stride[AXIS_W] == 1 && reduces_by(w, 2) &&
           (reduces_by(d, 1) || reduces_by(d, 2)) && (reduces_by(h, 1) || reduces_by(h, 2));
}

static bool source_is_near(const job *j) {
    return box_voxels(&j->src->where) * j->src_bytes <= j->cache_bytes / 2;
}

/* The function that halves, NULL where there is none for the job. */
static halve_fn *halve_of(const job *j, halve_fn *const of[VXS_DTYPES]) {
    return is_half(j) ? of[j->kernel->src_dtype] : NULL;
}

/* In the caches, what is done for each row besides would take as long as its voxels do. */
static bool halves_in_blocks(const job *j) {
    return source_is_near(j) && !j->stream && j->dst->stride[AXIS_W] == 1;
}

static bool any_kind(const resample_kernel *kernel, tap_kind kind) {
    return kernel->axis[0]->map.kind == kind || kernel->axis[1]->map.kind == kind ||
           kernel->axis[2]->map.kind == kind;
}

/* What to do with a row, and in which accumulator: a window on any axis makes it a sum, a weight a blend. */
static void choose_engine(job *j) {
    const resample_kernel *kernel = j->kernel;
    const axis_map *d = &kernel->axis[0]->map, *h = &kernel->axis[1]->map, *w = &kernel->axis[2]->map;
    const bool blends = any_kind(kernel, TAP_WEIGHTED);
    j->span_max = j->row_voxels;
    j->block = each_row;
    if (any_kind(kernel, TAP_WINDOW) || (blends && blends_are_means(kernel))) {
        int64_t voxels = saturating_mul(axis_map_max_taps(d), axis_map_max_taps(h));
        j->acc = area_accumulator(kernel->src_dtype, voxels, axis_map_max_taps(w));
        j->halve = halve_of(j, j->rows->halve->mean);
        j->row = area_row;
        j->block = area_rows;
    } else if (blends) {
        j->acc = blend_accumulator(kernel);
        j->halve = blends_halves(kernel) ? halve_of(j, j->rows->halve->blend) : NULL;
        j->row = blend_row;
    } else {
        j->block = copy_rows;
        j->span_max = INT32_MAX; /* no row is buffered; offsets are 32 bits wide */
    }
    if (j->halve) {
        j->row = halve_row;
        j->block = halves_in_blocks(j) ? halve_rows : each_row;
    }
    j->blend = j->rows->blend[j->acc];
    j->area = j->rows->area[j->acc];
    j->blended = j->acc == ACC_FLOAT ? VXS_FLOAT32 : VXS_FLOAT64;
}

/* Cut the work: strips along w whose sources fit the buffers, then planes, then blocks of rows. */
static void cut_work(job *j) {
    const axis_map *w = &j->kernel->axis[2]->map;
    const range *out = j->dst->where.axis;
    int64_t fit = range_size(out[AXIS_W]);
    if (range_size(j->src->where.axis[AXIS_W]) > j->span_max)
        fit = (int64_t)((double)j->span_max * ((double)w->out / (double)w->in)) - 2;
    j->strips = div_ceil(range_size(out[AXIS_W]), min_i64(max_i64(fit, 1), STRIP_OUTPUTS));
    j->strip_outputs = div_ceil(range_size(out[AXIS_W]), j->strips);
    j->strips = div_ceil(range_size(out[AXIS_W]), j->strip_outputs);
    int64_t planes = range_size(out[AXIS_N]) * range_size(out[AXIS_C]) * range_size(out[AXIS_D]);
    int64_t rows = range_size(out[AXIS_H]);
    int64_t blocks =
        div_ceil((int64_t)j->kernel->threads * BLOCKS_PER_THREAD, saturating_mul(planes, j->strips));
    j->block_rows = div_ceil(rows, min_i64(max_i64(blocks, 1), rows));
    j->blocks = div_ceil(rows, j->block_rows);
}

/* One block of rows of one plane, in one strip. */
static void run_item(worker *k, int64_t item) {
    const job *j = k->job;
    const range *out = j->dst->where.axis;
    int64_t at[AXES];
    int64_t block = item % j->blocks;
    item /= j->blocks;
    for (int a = AXIS_D; a >= AXIS_N; a--) {
        at[a] = out[a].begin + item % range_size(out[a]);
        item /= range_size(out[a]);
    }
    range rows = {out[AXIS_H].begin + block * j->block_rows, 0};
    rows.end = min_i64(rows.begin + j->block_rows, out[AXIS_H].end);
    range left = {out[AXIS_W].begin + item * j->strip_outputs, 0};
    left.end = min_i64(left.begin + j->strip_outputs, out[AXIS_W].end);
    while (left.begin < left.end) {
        at[AXIS_W] = left.begin;
        left.begin = worker_prepare(k, left).end;
        worker_new_plane(k);
        worker_locate(k, at);
        k->end_h = rows.end;
        at[AXIS_H] = rows.begin;
        j->block(k, at);
    }
}

void resample_kernel_run(const resample_kernel *kernel, const box_view *src, const box_view *dst) {
    if (box_is_empty(&dst->where))
        return;
    const axis_map maps[3] = {kernel->axis[0]->map, kernel->axis[1]->map, kernel->axis[2]->map};
    if (cubic_is_needed(maps)) {
        cubic_run(kernel, src, dst);
        return;
    }
    job j = {.kernel = kernel,
             .rows = isa_row_functions(),
             .src = src,
             .dst = dst,
             .src_bytes = (int64_t)dtype_bytes(kernel->src_dtype),
             .dst_bytes = (int64_t)dtype_bytes(kernel->dst_dtype),
             .cache_bytes = cache_bytes_or_last(kernel->cache_bytes),
             .row_voxels = row_voxels_of(range_size(src->where.axis[AXIS_W]))};
    for (int a = 0; a < 3; a++)
        j.src_step[a] = src->stride[AXIS_D + a] * j.src_bytes;
    j.early = src->stride[AXIS_W] == 1 && box_voxels(&src->where) * j.src_bytes > EARLY_FROM_BYTES;
    const axis_map *h = &kernel->axis[1]->map;
    j.apart = j.early && h->in > saturating_mul(axis_map_max_taps(h), h->out);
    j.stream = dst->stride[AXIS_W] == 1 && box_voxels(&dst->where) * j.dst_bytes > j.cache_bytes / 2;
    choose_engine(&j);
    cut_work(&j);
    const range *out = dst->where.axis;
    const int64_t items =
        j.strips * j.blocks * range_size(out[AXIS_N]) * range_size(out[AXIS_C]) * range_size(out[AXIS_D]);
    const int64_t bytes = worker_bytes(j.row_voxels, min_i64(STRIP_OUTPUTS, kernel->axis[2]->map.out));
    const int threads = (int)min_i64(max_i64(kernel->threads, 1), items);
    shares work;
    shares_deal(&work, items, threads);
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        worker k;
        worker_init(&k, &j, (char *)kernel->scratch + omp_get_thread_num() * bytes);
        share_walk walk = {omp_get_thread_num(), 0};
        for (int64_t item; (item = shares_next(&work, &walk)) >= 0;)
            run_item(&k, item);
        if (j.stream)
            j.rows->stream_end();
    }
}
