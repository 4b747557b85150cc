/* The stream engine behind the interface of engine.h. */
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "pipeline/job.h"
#include "pipeline/stream.h"

static int64_t read_overhead(const void *context, int64_t bytes) {
    const resolved_job *job = context;
    return volume_read_overhead(&job->in, bytes, job->read_threads);
}

static int64_t write_overhead(const void *context, int64_t bytes) {
    const resolved_job *job = context;
    return job->only_compares ? 0 : volume_write_overhead(&job->out, &job->in, bytes);
}

static int64_t compute_bytes(const void *context, const int64_t out_extent[3], int64_t src_w) {
    const resolved_job *job = context;
    return saturating_add(job->stream.op.prepared_bytes(job->stream.op.self, out_extent),
                          job->stream.op.scratch_bytes(job->stream.op.self, src_w, job->threads));
}

static void prepare(resolved_job *job) {
    const bool filtered = volume_spec_is_filtered(&job->out, &job->in);
    stream_shape *s = &job->stream.shape;
    *s = (stream_shape){.in_filtered = job->in.read_filtered,
                        .in_voxel_bytes = (int64_t)dtype_bytes(job->in.dtype),
                        .out_voxel_bytes = (int64_t)dtype_bytes(job->out.dtype),
                        .max_taps_d = job->stream.op.max_taps_d,
                        .source = job->stream.op.source,
                        .context = job->stream.op.self};
    memcpy(s->in, job->in.shape, sizeof s->in);
    memcpy(s->out, job->out.shape, sizeof s->out);
    memcpy(s->in_chunk, job->in.read_chunk, sizeof s->in_chunk);
    memcpy(s->tile, job->tile, sizeof s->tile);
    memcpy(s->write_unit, job->out.chunked ? job->out.chunk : s->tile, sizeof s->write_unit);
    job->stream.costs =
        (stream_costs){.read_overhead = read_overhead,
                       .write_overhead = write_overhead,
                       .compute_bytes = compute_bytes,
                       .write_call_bytes = filtered ? VOLUME_FILTERED_CALL_BYTES : VOLUME_CALL_BYTES,
                       .context = job};
}

static vxs_status plan(const resolved_job *job, const box *region, int ranks, engine_plan *plan) {
    region_plan *p = &plan->stream;
    vxs_status status =
        region_plan_make(p, &job->stream.shape, &job->stream.costs, region, ranks, job->memory);
    plan->memory_bytes = p->memory_bytes;
    plan->epochs = status == VXS_OK ? region_plan_epochs(p) : 0;
    plan->rounds = status == VXS_OK ? region_plan_rounds(p) : 0;
    return status;
}

static void add_round(const engine_plan *plan, int64_t epoch_index, int64_t round, tile_set *done) {
    tile_set_add_round(done, &plan->stream, epoch_index, round);
}

static vxs_status run(const resolved_job *job, const engine_run *run, round_times *times) {
    const stream_job stream = {.comm = run->comm,
                               .op = &job->stream.op,
                               .plan = &run->plan->stream,
                               .in = run->in,
                               .threads = job->threads,
                               .sink = run->sink};
    return stream_run(&stream, times);
}

/* ---- what the plan tells ---- */

enum { MOST_COUNTED = 1 << 24 };

/* Input voxels along an axis that some tap touches, each counted once; of very long axes, those between the
 * first and the last. */
static int64_t touched(const resolved_job *job, int axis) {
    int64_t in = job->in.shape[AXIS_D + axis], out = job->out.shape[AXIS_D + axis];
    const stream_operator *op = &job->stream.op;
    if (out >= in || out > MOST_COUNTED)
        return range_size(op->source(op->self, axis, (range){0, out}));
    int64_t count = 0, seen = 0;
    for (int64_t i = 0; i < out; i++) {
        range taps = op->source(op->self, axis, (range){i, i + 1});
        count += max_i64(0, taps.end - max_i64(taps.begin, seen));
        seen = max_i64(seen, taps.end);
    }
    return count;
}

/* Length of a range read along an axis of a volume, in voxels taken off the disk. */
static int64_t fetched(const epoch *e, int volume_axis, range read) {
    box b = e->region;
    b.axis[volume_axis] = read;
    b = epoch_fetched_box(e, &b);
    return range_size(b.axis[volume_axis]);
}

/* Planes that a part reads along d: runs of needed planes. */
static int64_t planes_read(const epoch *e, int part_d) {
    range own = epoch_own_range(e, 0, part_d);
    int64_t planes = 0;
    for (range run = epoch_next_run(e, own, own.begin); range_size(run) > 0;
         run = epoch_next_run(e, own, run.end))
        planes += fetched(e, AXIS_D, run);
    return planes;
}

/* Voxels along the leading axes that are read, over all epochs. */
static int64_t leading_read(const region_plan *p) {
    int64_t sum = 0, step = p->strips[0] * p->strips[1];
    for (int64_t i = 0; i < region_plan_epochs(p); i += step) {
        epoch e = region_plan_epoch(p, i);
        sum += fetched(&e, AXIS_N, e.region.axis[AXIS_N]) * fetched(&e, AXIS_C, e.region.axis[AXIS_C]);
    }
    return sum;
}

typedef struct axis_sums {
    int64_t read, needed, kept, ghosts;
    int64_t stays; /* outputs that are computed by the rank that writes them */
} axis_sums;

static int64_t stays(const epoch *e, int axis, int part) {
    epoch whole = *e;
    bool counted = axis > 0 && e->pass[axis - 1] > 0;
    if (counted || (e->shares[axis] > 1 && part % e->shares[axis] != 0))
        return 0;
    whole.passes[0] = whole.passes[1] = 1;
    return range_size(epoch_piece_range(&whole, axis, part));
}

static void add_parts(const epoch *e, int axis, axis_sums *sums) {
    for (int part = 0; part < e->parts[axis]; part++) {
        range own = epoch_own_range(e, axis, part), need = epoch_need_range(e, axis, part);
        sums->read += axis == 0 ? planes_read(e, part) : fetched(e, AXIS_D + axis, own);
        sums->needed += range_size(need);
        sums->kept += axis == 0 ? epoch_traded_planes(e, part) : range_size(range_intersect(own, need));
        sums->ghosts += axis == 0 ? range_size(epoch_ghost_range(e, part)) : 0;
        sums->stays += stays(e, axis, part);
    }
}

/* Bytes of all ranks and epochs: products of sums along the axes, nothing is listed rank by rank. */
static void describe_totals(const resolved_job *job, vxs_report *r) {
    const region_plan *p = &job->plan.stream;
    axis_sums d = {0}, h = {0}, w = {0};
    epoch e = region_plan_epoch(p, 0);
    add_parts(&e, 0, &d);
    for (int64_t i = 0; i < region_plan_cuts(p, 1); i++) {
        e = region_plan_cut(p, 1, i);
        add_parts(&e, 1, &h);
    }
    for (int64_t i = 0; i < region_plan_cuts(p, 2); i++) {
        e = region_plan_cut(p, 2, i);
        add_parts(&e, 2, &w);
    }
    int64_t volumes =
        saturating_mul(job->stream.shape.in_voxel_bytes, job->in.shape[AXIS_N] * job->in.shape[AXIS_C]);
    r->planned_read_bytes = saturating_mul(job->stream.shape.in_voxel_bytes * leading_read(p),
                                           saturating_mul(d.read, saturating_mul(h.read, w.read)));
    int64_t needed = saturating_mul(h.needed, w.needed), kept = saturating_mul(h.kept, w.kept);
    int64_t ghosts = saturating_add(saturating_mul(d.ghosts, needed), saturating_mul(d.kept, needed - kept));
    r->planned_ghost_bytes = saturating_mul(volumes, ghosts);
    int64_t stay = saturating_mul(job->out.shape[AXIS_N] * job->out.shape[AXIS_C],
                                  saturating_mul(d.stays, saturating_mul(h.stays, w.stays)));
    r->planned_piece_bytes = r->output_bytes - saturating_mul(stay, job->stream.shape.out_voxel_bytes);
    r->needed_bytes = volumes;
    for (int axis = 0; axis < 3; axis++)
        r->needed_bytes = saturating_mul(r->needed_bytes, touched(job, axis));
}

static void warn_of_repeated_reads(const resolved_job *job, vxs_report *r) {
    size_t used = strlen(r->warnings);
    if (job->plan.stream.read_once_bytes > 0 && job->stream.shape.in_filtered)
        snprintf(r->warnings + used, sizeof r->warnings - used,
                 "input chunks span several channels and are read again for each %lld of them: --memory %lld "
                 "reads them once, and so does an output --chunk that spans as many\n",
                 (long long)(job->plan.stream.lead_block[0] * job->plan.stream.lead_block[1]),
                 (long long)job->plan.stream.read_once_bytes);
}

static void describe(const resolved_job *job, vxs_report *r) {
    for (int axis = 0; axis < 3; axis++)
        r->grid[axis] = job->plan.stream.parts[axis];
    warn_of_repeated_reads(job, r);
    describe_totals(job, r);
}

/* ---- its parts, for --dry-run ---- */

static void copy_box(const box *b, int64_t begin[AXES], int64_t end[AXES]) {
    for (int a = 0; a < AXES; a++) {
        begin[a] = b->axis[a].begin;
        end[a] = b->axis[a].end;
    }
}

static vxs_plan_part describe_part(const resolved_job *job, int64_t index, const epoch *e,
                                   const int part[3]) {
    box out = epoch_out_box(e, part), need = epoch_need_box(e, part), own = epoch_own_box(e, part);
    box ghosts = need, beside = need, kept = box_intersect(&need, &own);
    ghosts.axis[AXIS_D] = epoch_ghost_range(e, part[0]);
    beside.axis[AXIS_D] = kept.axis[AXIS_D] = (range){0, epoch_traded_planes(e, part[0])};
    vxs_plan_part p = {.epoch = index,
                       .rank = epoch_rank_of_part(e, part),
                       .writer = epoch_writer_of_part(e, part),
                       .rounds = region_plan_rounds(&job->plan.stream),
                       .memory_bytes = job->plan.stream.memory_bytes};
    copy_box(&out, p.out_begin, p.out_end);
    copy_box(&need, p.need_begin, p.need_end);
    copy_box(&own, p.own_begin, p.own_end);
    p.ghost_bytes = saturating_mul(box_voxels(&ghosts) + (box_voxels(&beside) - box_voxels(&kept)),
                                   job->stream.shape.in_voxel_bytes);
    return p;
}

static void visit_parts(const resolved_job *job, part_visit *visit, void *context) {
    for (int64_t i = 0; i < region_plan_epochs(&job->plan.stream); i++) {
        epoch e = region_plan_epoch(&job->plan.stream, i);
        int part[3];
        for (int64_t rank = 0; epoch_part_of_rank(&e, rank, part); rank++) {
            vxs_plan_part p = describe_part(job, i, &e, part);
            if (visit(&p, context))
                return;
        }
    }
}

const job_engine stream_engine = {.prepare = prepare,
                                  .plan = plan,
                                  .add_round = add_round,
                                  .run = run,
                                  .describe = describe,
                                  .visit = visit_parts};
