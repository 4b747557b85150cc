#include "kernels/label.h"

#include <omp.h>
#include <string.h>

#include "base/checked.h"
#include "kernels/isa.h"
#include "kernels/label_rows.h"

/* Blocks of rows per thread: enough that a slow core does not keep the others waiting. */
enum { BLOCKS_PER_THREAD = 8, ROW_FLOATS = LABEL_TILE + 16 };

/* What is computed, the same for all threads. */
typedef struct job {
    const label_kernel *kernel;
    const label_functions *functions;
    const box_view *src, *dst;
    size_t src_bytes, dst_bytes;       /* of an element */
    bool direct;                       /* rows are read where they are */
    int64_t tiles, blocks, block_rows; /* along w; along h */
} job;

/* One thread's rows as float32: source plane d, row h is row[d % 3][h % 3]. */
typedef struct worker {
    float row[3][3][ROW_FLOATS];
    uint8_t labels[LABEL_TILE];
} worker;

int64_t label_scratch_bytes(int threads) {
    return saturating_mul(round_up((int64_t)sizeof(worker), 64), threads > 1 ? threads : 1);
}

/* Of a range of outputs, those that have a neighbour on both sides. */
static range interior(range outputs, int64_t size) {
    return range_intersect(outputs, (range){1, size - 1});
}

/* Source row h of plane d, so that voxel `w` is at [0]; at holds the leading indices. */
static const float *source_row(worker *k, const job *j, const int64_t at[AXES], int64_t d, int64_t h, range w,
                               bool fresh) {
    const int64_t index[AXES] = {at[AXIS_N], at[AXIS_C], d, h, w.begin - 1};
    const void *from = box_view_at(j->src, j->src_bytes, index);
    if (j->direct)
        return (const float *)from + 1;
    float *row = k->row[d % 3][h % 3];
    if (fresh)
        j->functions->load[j->kernel->src_dtype](row, from, j->src->stride[AXIS_W], range_size(w) + 2);
    return row + 1;
}

static void store_row(const job *j, const int64_t at[AXES], int64_t w, const uint8_t *labels, int64_t n) {
    const int64_t index[AXES] = {at[AXIS_N], at[AXIS_C], at[AXIS_D], at[AXIS_H], w};
    j->functions->store[j->kernel->dst_dtype](box_view_at(j->dst, j->dst_bytes, index), labels,
                                              j->dst->stride[AXIS_W], n);
}

/* A row of a plane's tile; w: its columns, of which those with neighbours are labelled. first: the row before
 * it has not been labelled by this worker just now, so that nothing of this tile is loaded. */
static void label_one_row(worker *k, const job *j, const int64_t at[AXES], range w, bool first) {
    const label_kernel *kernel = j->kernel;
    const range inner = interior(w, kernel->shape[2]);
    memset(k->labels, 0, sizeof k->labels);
    if (range_size(inner) > 0) {
        const float *rows[9];
        for (int i = 0; i < 9; i++) {
            const int64_t d = at[AXIS_D] + i / 3 - 1, h = at[AXIS_H] + i % 3 - 1;
            rows[i] = source_row(k, j, at, d, h, inner, first || i % 3 == 2);
        }
        j->functions->row(k->labels + (inner.begin - w.begin), rows, range_size(inner),
                          kernel->minimum_label);
    }
    store_row(j, at, w.begin, k->labels, range_size(w));
}

/* One block of rows of one plane, in one tile. */
static void run_item(worker *k, const job *j, int64_t item) {
    const range *out = j->dst->where.axis;
    int64_t at[AXES], block = item % j->blocks, tile = item / j->blocks % j->tiles;
    item /= j->blocks * j->tiles;
    for (int a = AXIS_D; a >= AXIS_N; a--) {
        at[a] = out[a].begin + item % range_size(out[a]);
        item /= range_size(out[a]);
    }
    const int64_t begin_h = out[AXIS_H].begin + block * j->block_rows;
    const int64_t end_h = min_i64(begin_h + j->block_rows, out[AXIS_H].end);
    const int64_t begin_w = out[AXIS_W].begin + tile * LABEL_TILE;
    const range w = {begin_w, min_i64(begin_w + LABEL_TILE, out[AXIS_W].end)};
    const bool plane_inside = at[AXIS_D] > 0 && at[AXIS_D] < j->kernel->shape[0] - 1;
    bool first = true;
    for (at[AXIS_H] = begin_h; at[AXIS_H] < end_h; at[AXIS_H]++) {
        if (plane_inside && at[AXIS_H] > 0 && at[AXIS_H] < j->kernel->shape[1] - 1) {
            label_one_row(k, j, at, w, first);
            first = false;
        } else {
            memset(k->labels, 0, sizeof k->labels);
            store_row(j, at, w.begin, k->labels, range_size(w));
        }
    }
}

/* Cut the work: tiles along w, then planes, then blocks of rows. */
static int64_t cut_work(job *j) {
    const range *out = j->dst->where.axis;
    const int64_t planes = range_size(out[AXIS_N]) * range_size(out[AXIS_C]) * range_size(out[AXIS_D]);
    const int64_t rows = range_size(out[AXIS_H]);
    j->tiles = div_ceil(range_size(out[AXIS_W]), LABEL_TILE);
    int64_t blocks = div_ceil((int64_t)j->kernel->threads * BLOCKS_PER_THREAD, planes * j->tiles);
    j->block_rows = div_ceil(rows, min_i64(max_i64(blocks, 1), rows));
    j->blocks = div_ceil(rows, j->block_rows);
    return j->blocks * j->tiles * planes;
}

void label_kernel_run(const label_kernel *kernel, const box_view *src, const box_view *dst) {
    if (box_is_empty(&dst->where))
        return;
    job j = {.kernel = kernel,
             .functions = isa_row_functions()->label,
             .src = src,
             .dst = dst,
             .src_bytes = dtype_bytes(kernel->src_dtype),
             .dst_bytes = dtype_bytes(kernel->dst_dtype),
             .direct = kernel->src_dtype == VXS_FLOAT32 && src->stride[AXIS_W] == 1};
    const int64_t items = cut_work(&j), bytes = round_up((int64_t)sizeof(worker), 64);
    const int threads = (int)min_i64(max_i64(kernel->threads, 1), items);
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        worker *k = (worker *)((char *)kernel->scratch + omp_get_thread_num() * bytes);
#pragma omp for schedule(dynamic)
        for (int64_t item = 0; item < items; item++)
            run_item(k, &j, item);
    }
}
