#include "kernels/label.h"

#include <omp.h>
#include <string.h>

#include "base/checked.h"
#include "kernels/isa.h"
#include "kernels/label_rows.h"
#include "kernels/shares.h"

/* Blocks of rows per thread: enough that a slow core does not keep the others waiting. */
enum { BLOCKS_PER_THREAD = 8, ROW_FLOATS = LABEL_TILE + 16 };

/* What is computed, the same for all threads. */
typedef struct job {
    const label_kernel *kernel;
    const label_functions *functions;
    const box_view *src, *dst;
    size_t src_bytes, dst_bytes;       /* of an element */
    bool direct, direct_out;           /* rows are read, and written, where they are */
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

/* The rows around row at, so that the voxel at[AXIS_W] is at [0] of each, with one before it and one after n
 * of them. fresh: none of them has been loaded for the row before this one. */
static void source_rows(worker *k, const job *j, const int64_t at[AXES], int64_t n, bool fresh,
                        const float *rows[9]) {
    const char *centre = box_view_at(j->src, j->src_bytes, at);
    for (int i = 0; i < 9; i++) {
        const int64_t dz = i / 3 - 1, dy = i % 3 - 1;
        const int64_t voxels =
            dz * j->src->stride[AXIS_D] + dy * j->src->stride[AXIS_H] - j->src->stride[AXIS_W];
        const char *from = centre + voxels * (int64_t)j->src_bytes;
        float *row = k->row[(at[AXIS_D] + dz) % 3][(at[AXIS_H] + dy) % 3];
        if (!j->direct && (fresh || dy == 1))
            j->functions->load[j->kernel->src_dtype](row, from, j->src->stride[AXIS_W], n + 2);
        rows[i] = (j->direct ? (const float *)(const void *)from : row) + 1;
    }
}

/* The row at `at`, n voxels of a tile; inside: it is no border of the plane. fresh: as above. */
static void label_one_row(worker *k, const job *j, const int64_t at[AXES], int64_t n, bool inside,
                          bool fresh) {
    void *to = box_view_at(j->dst, j->dst_bytes, at);
    uint8_t *labels = j->direct_out ? to : k->labels;
    const range inner = interior((range){at[AXIS_W], at[AXIS_W] + n}, j->kernel->shape[2]);
    if (inside && range_size(inner) > 0) {
        const float *rows[9];
        const int64_t first[AXES] = {at[AXIS_N], at[AXIS_C], at[AXIS_D], at[AXIS_H], inner.begin};
        source_rows(k, j, first, range_size(inner), fresh, rows);
        labels[0] = labels[n - 1] = 0;
        j->functions->row(labels + (inner.begin - at[AXIS_W]), rows, range_size(inner),
                          j->kernel->minimum_label);
    } else {
        memset(labels, 0, (size_t)n);
    }
    if (!j->direct_out)
        j->functions->store[j->kernel->dst_dtype](to, labels, j->dst->stride[AXIS_W], n);
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
    const int64_t n = min_i64(LABEL_TILE, out[AXIS_W].end - begin_w);
    const bool plane_inside = at[AXIS_D] > 0 && at[AXIS_D] < j->kernel->shape[0] - 1;
    bool fresh = true;
    at[AXIS_W] = begin_w;
    for (at[AXIS_H] = begin_h; at[AXIS_H] < end_h; at[AXIS_H]++) {
        const bool inside = plane_inside && at[AXIS_H] > 0 && at[AXIS_H] < j->kernel->shape[1] - 1;
        label_one_row(k, j, at, n, inside, fresh);
        fresh = fresh && !inside;
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
             .direct = kernel->src_dtype == VXS_FLOAT32 && src->stride[AXIS_W] == 1,
             .direct_out = kernel->dst_dtype == VXS_UINT8 && dst->stride[AXIS_W] == 1};
    const int64_t items = cut_work(&j), bytes = round_up((int64_t)sizeof(worker), 64);
    const int threads = (int)min_i64(max_i64(kernel->threads, 1), items);
    shares work;
    shares_deal(&work, items, threads);
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        worker *k = (worker *)((char *)kernel->scratch + omp_get_thread_num() * bytes);
        share_walk walk = {omp_get_thread_num(), 0};
        for (int64_t item; (item = shares_next(&work, &walk)) >= 0;)
            run_item(k, &j, item);
    }
}
