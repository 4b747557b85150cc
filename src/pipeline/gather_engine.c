/* The gather engine behind the interface of engine.h. */
#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "pipeline/gather.h"
#include "pipeline/job.h"

static int64_t read_overhead(const void *context, int64_t bytes) {
    const resolved_job *job = context;
    return volume_read_overhead(&job->in, bytes, job->read_threads);
}

static int64_t point_overhead(const void *context, int64_t bytes) {
    const resolved_job *job = context;
    return volume_read_overhead(&job->points, bytes, job->gather.point_threads);
}

static int64_t write_overhead(const void *context, int64_t bytes) {
    const resolved_job *job = context;
    return job->only_compares ? 0 : volume_write_overhead(&job->out, &job->in, bytes);
}

/* The part of the budget that may go into decoding the grid's chunks on several threads. */
enum { POINT_SHARE = 8 };

static void prepare(resolved_job *job) {
    const sample_operator *op = &job->operator.sample;
    gather_shape *s = &job->gather.shape;
    const bool has_points = op->kind != SAMPLE_AFFINE;
    job->gather.point_threads =
        has_points ? volume_read_threads(&job->points, job->threads, job->memory / POINT_SHARE) : 1;
    *s = (gather_shape){.in_filtered = job->in.read_filtered,
                        .in_voxel_bytes = (int64_t)dtype_bytes(job->in.dtype),
                        .out_voxel_bytes = (int64_t)dtype_bytes(job->out.dtype),
                        .point_bytes = has_points ? 3 * (int64_t)dtype_bytes(op->map_dtype) : 0,
                        .table_bytes = sample_tables_output_bytes(op),
                        .scratch_bytes = sample_scratch_bytes(op, job->threads),
                        .coarse = op->kind == SAMPLE_WARP,
                        .batched = op->kind == SAMPLE_GRID && !op->shared,
                        .read_overhead = read_overhead,
                        .point_overhead = point_overhead,
                        .write_overhead = write_overhead,
                        .context = job};
    memcpy(s->in, job->in.shape, sizeof s->in);
    memcpy(s->out, job->out.shape, sizeof s->out);
    memcpy(s->in_chunk, job->in.read_chunk, sizeof s->in_chunk);
    memcpy(s->tile, job->tile, sizeof s->tile);
}

static vxs_status plan(const resolved_job *job, const box *region, int ranks, engine_plan *plan) {
    gather_plan *p = &plan->gather;
    vxs_status status = gather_plan_make(p, &job->gather.shape, region, ranks, job->memory);
    plan->memory_bytes = p->memory_bytes;
    plan->epochs = 1;
    plan->rounds = p->rounds;
    return status;
}

static void add_round(const engine_plan *plan, int64_t epoch_index, int64_t round, tile_set *done) {
    (void)epoch_index;
    for (int64_t rank = 0; rank < plan->gather.ranks; rank++) {
        const box piece = gather_plan_piece(&plan->gather, round, rank);
        tile_set_add(done, &piece);
    }
}

static vxs_status run(const resolved_job *job, const engine_run *run, round_times *times) {
    const gather_job gather = {.comm = run->comm,
                               .op = &job->operator.sample,
                               .plan = &run->plan->gather,
                               .in = run->in,
                               .points = run->points,
                               .threads = job->threads,
                               .sink = run->sink};
    return gather_run(&gather, times);
}

/* ---- what the plan tells ---- */

/* One coordinate of the input voxels that a box of outputs comes from under an affine map: from corner to
 * corner. */
static range affine_source(const resolved_job *job, const box *out, int axis) {
    const double *m = job->map + 4 * axis;
    const int64_t size = job->in.shape[AXIS_D + axis];
    double low = m[3], high = m[3];
    for (int a = 0; a < 3; a++) {
        const double begin = m[a] * (double)out->axis[AXIS_D + a].begin;
        const double end = m[a] * (double)(out->axis[AXIS_D + a].end - 1);
        low += fmin(begin, end);
        high += fmax(begin, end);
    }
    if (job->options->sample.padding == VXS_REFLECTION && (low < 0 || high > (double)size - 1))
        return (range){0, size};
    const bool outside = high <= -1 || low >= (double)size;
    if (outside && job->options->sample.padding != VXS_BORDER)
        return (range){0, 0};
    low = fmin(fmax(floor(low), 0), (double)size - 1);
    high = fmin(fmax(floor(high) + 1, 0), (double)size - 1);
    return (range){(int64_t)low, (int64_t)high + 1};
}

/* Of an affine map; of the others only the data can tell: empty. */
static box source_of(const resolved_job *job, const box *out) {
    box b = *out;
    if (job->operator.sample.kind != SAMPLE_AFFINE || box_is_empty(out))
        return (box){{{0, 0}}};
    for (int axis = 0; axis < 3; axis++)
        b.axis[AXIS_D + axis] = affine_source(job, out, axis);
    return b;
}

static box in_chunks(const resolved_job *job, const box *source) {
    box b = *source;
    for (int a = 0; a < AXES && !box_is_empty(source); a++)
        b.axis[a] = range_align(source->axis[a], job->in.read_chunk[a], job->in.shape[a]);
    return b;
}

static int64_t pieces_of(const gather_plan *p) {
    int64_t pieces = 1;
    for (int a = 0; a < AXES; a++)
        pieces = saturating_mul(pieces, a == AXIS_C ? 1 : p->pieces[a]);
    return pieces;
}

static int64_t points_read(const resolved_job *job) {
    int64_t bytes = job->gather.shape.point_bytes / 3;
    for (int a = 0; a < AXES && bytes > 0; a++)
        bytes = saturating_mul(bytes, job->points.shape[a]);
    return bytes;
}

/* More pieces than this are not counted one by one. */
enum { MOST_COUNTED = 1 << 22 };

static void describe(const resolved_job *job, vxs_report *r) {
    const gather_plan *p = &job->plan.gather;
    r->pieces = pieces_of(p);
    for (int a = 0; a < AXES; a++)
        r->piece[a] = p->piece[a];
    r->planned_read_bytes = points_read(job);
    for (int64_t i = 0; i < min_i64(r->pieces, MOST_COUNTED); i++) {
        box piece = gather_plan_piece(p, i / p->ranks, i % p->ranks);
        piece = source_of(job, &piece);
        piece = in_chunks(job, &piece);
        r->planned_read_bytes = saturating_add(
            r->planned_read_bytes, saturating_mul(box_voxels(&piece), job->gather.shape.in_voxel_bytes));
    }
}

static void copy_box(const box *b, int64_t begin[AXES], int64_t end[AXES]) {
    for (int a = 0; a < AXES; a++) {
        begin[a] = b->axis[a].begin;
        end[a] = b->axis[a].end;
    }
}

/* Every round is listed as an epoch of one round, since its pieces lie apart. */
static void visit_pieces(const resolved_job *job, part_visit *visit, void *context) {
    const gather_plan *p = &job->plan.gather;
    for (int64_t i = 0; i < pieces_of(p); i++) {
        const box out = gather_plan_piece(p, i / p->ranks, i % p->ranks);
        const box source = source_of(job, &out), read = in_chunks(job, &source);
        vxs_plan_part part = {.epoch = i / p->ranks,
                              .rank = i % p->ranks,
                              .writer = i % p->ranks,
                              .rounds = 1,
                              .memory_bytes = job->plan.memory_bytes};
        copy_box(&out, part.out_begin, part.out_end);
        copy_box(&source, part.need_begin, part.need_end);
        copy_box(&read, part.own_begin, part.own_end);
        if (visit(&part, context))
            return;
    }
}

const job_engine gather_engine = {.prepare = prepare,
                                  .plan = plan,
                                  .add_round = add_round,
                                  .run = run,
                                  .describe = describe,
                                  .visit = visit_pieces};
